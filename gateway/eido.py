"""The packet as an Emergency Incident Data Object (NENA-STA-021.1), for a 911 centre that wants the file.

It is downloaded by a responder; nothing sends it. Only the least that a hand-off needs is in it, and every value of a
registry is one that the standard lists.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from gateway import handoff_words, pidf
from gateway.community import Community
from gateway.handoff911 import NAMES, ON_FILE, QUOTE, RESPONDER, Fact, newest
from gateway.handoff_script import zip_of
from gateway.models import Escalation, Handoff, Responder
from gateway.risk import Level

VERSION = "1.0"
# Category of the screen -> Incident Type, Common Registry. What has no code of its own is a call for assistance.
TYPES = {
    "suicide": "SUICTHRT", "self_harm": "SUICTHRT", "overdose": "OD", "poison": "OD", "partner_violence": "DVA",
    "violence": "ASSAULT", "sexual_assault": "ASSAULT", "medical": "SICK", "withdrawal": "SICK", "psychosis": "EDP",
    "fire": "FUNK", "gas": "GASLEAK", "exposure": "EXPOSURE", "child": "ABUSE", "elder": "ABUSE",
    "welfare_check": "WELFARE",
}  # fmt: skip
ASSISTANCE = "CITASST"
PRIORITY = {Level.EMERGENCY: 1, Level.URGENT: 2, Level.ROUTINE: 3}
AGENCY, CENTRE, INCIDENT, LOCATION, PERSON, CALLBACK, NOTE = "agency", "psap", "incident", "loc", "person", "cb", "note"


def document(  # noqa: PLR0913 - a hand-off is these facts
    known: Sequence[Fact],
    row: Escalation,
    handoff: Handoff,
    community: Community,
    responder: Responder,
    now: datetime,
    *,
    categories: Sequence[str] = (),
    element: str = "frontdoor.invalid",
) -> dict[str, Any]:
    """The JSON. ``known`` may hold the number to call back; ``element`` is the host name that ids are made with."""
    made = _Document(community, responder, now.astimezone(community.clock), element)
    place, number = _place(known), newest(known, "callback").value
    told = number if number != ON_FILE else None
    where = {"locationReference": [made.to(LOCATION)]} if place else {}
    parts = {
        "$id": f"urn:emergency:uid:incidentid:{row.conversation.public_id.hex[:12]}-{handoff.id}:{element}",
        "eidoVersion": VERSION,
        "issuingElementIdentification": element,
        "agencyComponent": made.agencies(),
        "agentComponent": [made.agent()],
        "incidentComponent": made.incident(row, f"{row.id}-{handoff.id}", incident_type(categories), where),
        "personComponent": [made.person(_roles(known), where, has_number=told is not None)],
        "notesComponent": [made.part(NOTE, notesActionComments=_notes(known), agentReference=made.to(made.who))],
    }
    if place:
        parts["locationComponent"] = [made.location(known, place)]
    if told:
        parts["callbackComponent"] = [made.part(CALLBACK, callBackInformationUri=[f"tel:{told}"])]
    return parts | made.stamp()


def incident_type(categories: Sequence[str]) -> str:
    """The registry's code for what was found, the first that has one."""
    return next((TYPES[each] for each in categories if each in TYPES), ASSISTANCE)


class _Document:
    """What every part of one document has in common: who wrote it, when, and how ids are made."""

    def __init__(self, community: Community, responder: Responder, at: datetime, element: str) -> None:
        self.community, self.at, self.element = community, at.isoformat(timespec="seconds"), element
        self.who = f"responder{responder.id}"

    def stamp(self) -> dict[str, Any]:
        return {
            "lastUpdateTimeStamp": self.at,
            "updatedByAgencyReference": self.to(AGENCY),
            "updatedByAgentReference": self.to(self.who),
        }

    def to(self, name: str) -> dict[str, str]:
        return {"$ref": f"{name}@{self.element}"}

    def part(self, name: str, **fields: Any) -> dict[str, Any]:
        return {"$id": f"{name}@{self.element}", **self.stamp(), **fields}

    def agencies(self) -> list[dict[str, Any]]:
        return [
            self.part(
                AGENCY,
                agencyRoleDescriptionRegistryText=["CallReceiving"],
                agencyType=["mental_health"],
                incidentOwningAgencyIndicator=False,
            ),
            self.part(CENTRE, agencyRoleDescriptionRegistryText=["TransferredTo"], agencyType=["psap"]),
        ]

    def agent(self) -> dict[str, Any]:
        return self.part(self.who, agentRoleRegistryText=["Call Taking"], agencyReference=self.to(AGENCY))

    def incident(self, row: Escalation, number: str, kind: str, where: dict[str, Any]) -> dict[str, Any]:
        return self.part(
            INCIDENT,
            incidentTypeCommonRegistryText=kind,
            incidentStatusCommonRegistryText=["Active"],
            internalIncidentId=number,
            incidentCommonPriorityNumber=PRIORITY.get(Level(row.level), 3),
            personReference=[self.to(PERSON)],
            notesReference=[self.to(NOTE)],
            **where,
        )

    def person(self, roles: list[str], where: dict[str, Any], *, has_number: bool) -> dict[str, Any]:
        number = {"callBackReference": self.to(CALLBACK)} if has_number else {}
        return self.part(PERSON, personIncidentRoleRegistryText=roles, **number, **where)

    def location(self, known: Sequence[Fact], place: str) -> dict[str, Any]:
        fact, zip_code = newest(known, "place"), zip_of(known)
        stated = None if place == f"ZIP {zip_code}" else place
        described = place if fact.confirmed else f"{place}; {pidf.UNCHECKED}"
        return self.part(
            LOCATION,
            locationTypeDescriptionRegistryText="InitialIncident",
            locationByValue=pidf.document(
                stated, zip_code, self.community, f"resident@{self.element}", confirmed=fact.confirmed
            ),
            locationDescriptionText=described,
        )


def _place(known: Sequence[Fact]) -> str | None:
    """What was told as a place; words that only speak of one stand in the notes."""
    zip_code, place = zip_of(known), newest(known, "place")
    stated = None if place.kind == QUOTE else place.value
    return stated or (f"ZIP {zip_code}" if zip_code else None)


def _roles(known: Sequence[Fact]) -> list[str]:
    """Who writes is the caller; whether they are the one in need is said only where they said it."""
    return ["Caller", "InvolvedPerson"] if newest(known, "about").value == "self" else ["Caller"]


def _notes(known: Sequence[Fact]) -> str:
    """Every fact with its source and time, as HTML; whatever a person wrote is escaped."""
    lines = []
    for name in NAMES:
        held = [each for each in known if each.name == name and each.value not in (None, ON_FILE)]
        for fact in held if name not in {"caller", "callback"} else []:
            lines.append(f"<li>{escape(handoff_words.name(name, 'en'))}: {_told(fact)}</li>")
        if not held and name not in {"caller", "callback"}:
            lines.append(f"<li>{escape(handoff_words.name(name, 'en'))}: not known, {_asked(newest(known, name))}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _asked(fact: Fact) -> str:
    return "asked, no answer" if fact.asked else "not asked"


def _told(fact: Fact) -> str:
    value = escape(fact.said_in("en") or "")
    at = f", {escape(fact.at.isoformat(timespec='seconds'))}" if fact.at else ""
    source = f"told by {escape(fact.by or '')}" if fact.source == RESPONDER else escape(fact.source)
    sure = "confirmed" if fact.confirmed else "unverified"
    return f"{f'&quot;{value}&quot;' if fact.kind == QUOTE else value} ({source}{at}, {sure})"
