"""The commands that the gateway obeys, as the custom payloads in which they travel."""

from __future__ import annotations

from typing import Any

from bot.actions.said import MEDIATION_NEEDS, PEOPLE_NEEDS, PLACELESS_NEEDS, TEAM_NEEDS, Known

Command = dict[str, Any]

ROUTINE, URGENT, EMERGENCY = "routine", "urgent", "emergency"
CITY = "city"

ASKED_FOR_PERSON_LEVEL = URGENT
"""domain.md 1.1, "Live person now": asks for a person."""
COULD_NOT_HELP_LEVEL = URGENT
"""domain.md 1.1, "Live person now": bot unsure twice."""
_TEAM_LEVELS = {"welfare_check": URGENT, "distress_in_public": URGENT}

_SAFETY_VALUES = {"yes": "danger_now", "no": "no_danger", "unsure": "unsure", "not_asked": "not_asked"}


def find_services(known: Known) -> Command:
    """Search for everything that the resident named and that a directory can answer."""
    return {
        "command": "find_services",
        "needs": [need for need in known.needs if need not in PEOPLE_NEEDS],
        "zip": known.zip,
        "place": known.place,
        "for_whom": known.for_whom if known.for_whom in ("self", "other") else None,
    }


def escalate(reason: str, level: str, need: str | None) -> Command:
    """Ask the gateway to bring in a person. The gateway says so itself, once that is a fact in the database."""
    return {"command": "escalate", "reason": reason, "level": level, "need": need}


def danger(known: Known, *, life_at_stake: bool) -> Command:
    """Someone is hurt or in danger, as the resident said or was not sure of."""
    return escalate("danger_said", EMERGENCY if life_at_stake else URGENT, first_need(known))


def request_team(known: Known) -> Command:
    """A team may go to the confirmed place. Who may come, and when, is the gateway's to say: it knows the town."""
    needs = [need for need in known.needs if need in TEAM_NEEDS]
    return {"command": "request_team", "needs": needs, "place": known.place, "zip": known.zip}


def team_not_agreed(known: Known) -> Command:
    """People were asked for, but no place was given, or neither yes nor no was said to it: a person reads it."""
    need = next((need for need in known.needs if need in TEAM_NEEDS), None)
    return escalate("team_request", _TEAM_LEVELS.get(need or "", ROUTINE), need)


def open_mediation(known: Known) -> Command:
    """Somebody may come in between two sides of a dispute; what is told stays on this side."""
    need = next((need for need in known.needs if need in MEDIATION_NEEDS), None)
    return {"command": "open_mediation", "need": need, "zip": known.zip}


def mediation_not_agreed() -> Command:
    """A dispute was told, and neither yes nor no was said to a person in between: a person reads it."""
    return escalate("bot_could_not_help", COULD_NOT_HELP_LEVEL, MEDIATION_NEEDS[0])


def refer_elsewhere(kind: str) -> Command:
    """A matter that another line takes."""
    return {"command": "refer_elsewhere", "kind": kind}


def record(field: str, value: str) -> Command:
    """Something the resident said that belongs on the record."""
    told = _SAFETY_VALUES.get(value, value) if field == "screen_safety" else value
    return {"command": "record", "field": field, "value": told}


def set_language(language: str) -> Command:
    """Answer in this language, which the resident said they speak, until they ask for another."""
    return {"command": "set_language", "language": language}


def first_need(known: Known) -> str | None:
    """The need that was named first, if any."""
    return known.needs[0] if known.needs else None


def needs_place(needs: tuple[str, ...]) -> bool:
    """Whether a place makes the answer to any of these needs better."""
    return any(need not in PLACELESS_NEEDS for need in needs)
