"""What the town's own system is told of a dispatch: as little as a team needs to be found and kept safe.

Every call tells the whole as it stands, so that who missed one misses nothing
([the contract](docs/dispatch-webhook.md)). Nothing of the thread is in it, and no name.
"""

import json
import uuid
from datetime import datetime
from typing import Any

from gateway import dispatch_telling, dispatches, teams
from gateway.community import Community
from gateway.conversations import phone_contact, safe_to_text
from gateway.dispatch_facts import GIVEN
from gateway.dispatch_states import ENDED
from gateway.keys import Keys
from gateway.models import Dispatch, DispatchEvent, Escalation

CHANGED, PING = "dispatch.changed", "ping"
TIMES = (
    "assigned_at", "accepted_at", "en_route_at", "on_scene_at", "transport_at", "destination_at", "clear_at",
    "ended_at", "more_help_at", "sos_at", "sos_cleared_at",
)  # fmt: skip


def of(  # noqa: PLR0913 - what is told of which dispatch, and by whose rules
    community: Community, keys: Keys, source: str, dispatch: Dispatch, event: DispatchEvent, row: Escalation
) -> dict[str, Any]:
    """A dispatch as it stands after ``event``, its newest; ``source`` is the address of this front door."""
    team = teams.by_code(community, dispatch.team)
    return {
        "id": key(source, event),
        "type": CHANGED,
        "source": source,
        "at": _time(event.at),
        "dispatch": {
            "id": dispatch.id,
            "code": dispatch_telling.code(row),
            "sequence": event.id,
            "version": dispatch.version,
            "step": event.detail["act"],
            "state": dispatch.state,
            "times": {name.removesuffix("_at"): _time(getattr(dispatch, name)) for name in TIMES},
            "eta_minutes": dispatch.eta_minutes,
            "sos": dispatches.sos_open(dispatch),
            "team": {"code": dispatch.team, "name": team.name if team else dispatch.team},
            "place": None if dispatch.state in ENDED else _place(dispatch),
            "needs": dispatch.needs,
            "safety_flags": dispatch.safety_flags,
            "languages": dispatch.languages,
            "disposition": dispatch.disposition,
            **_as_the_town_wishes(community, keys, dispatch, row),
        },
    }


def ping(source: str, now: datetime) -> dict[str, Any]:
    """A call that tells of nothing: to see whether calls get through and their signature is understood."""
    return {"id": str(uuid.uuid4()), "type": PING, "source": source, "at": _time(now)}


def key(source: str, event: DispatchEvent) -> str:
    """The same for every try to tell of one event, and of no other event of any front door."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source}/dispatch-events/{event.id}@{event.at.timestamp()}"))


def written(body: dict[str, Any]) -> bytes:
    """The very bytes that are signed and sent; the same body always gives the same."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _place(dispatch: Dispatch) -> dict[str, Any]:
    return {
        "text": dispatch.place,
        "confirmed": dispatch.place_confirmed,
        "precision": dispatch.place_precision,
    }


def _as_the_town_wishes(community: Community, keys: Keys, dispatch: Dispatch, row: Escalation) -> dict[str, Any]:
    """What is told only where the town's file says so, and only while the team may need it."""
    wanted = () if dispatch.state in ENDED else community.outside_system.tell
    told = {
        "phone": lambda: _phone(keys, dispatch, row),
        "people": lambda: dispatch.people,
        "what_to_know": lambda: dispatch.what_to_know,
    }
    return {name: told[name]() for name in wanted}


def _phone(keys: Keys, dispatch: Dispatch, row: Escalation) -> str | None:
    """The resident's number, if they said yes to a team and somebody else who reads their phone does them no harm."""
    contact = phone_contact(row.conversation)
    may = dispatch.consent == GIVEN and safe_to_text(row.conversation)
    return keys.open(contact.address_sealed) if may and contact.address_sealed else None


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
