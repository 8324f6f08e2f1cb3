"""Turn the small state that the gateway keeps into a Rasa tracker for one turn, and back again."""

from __future__ import annotations

from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

STATE_VERSION = 1
MAX_STATE_BYTES = 4096
_MAX_TEXT = 120
_MAX_ITEMS = 12

FACTS = ("people", "ages", "when", "access", "speaks")
TEXTS = (
    *("safety", "for_whom", "zip", "place", "spot", "place_asked", "team_ok", "mediation_ok", "text_ok"),
    *(REQUESTED_SLOT, *FACTS),
)
FLAGS = ("introduced", "served", "again")
COUNTS = ("misses",)
LISTS = ("needs", "menu")
NAMES = TEXTS + FLAGS + COUNTS + LISTS
"""Every slot that lives from one turn to the next. What is not named here is forgotten."""

_open: dict[str, DialogueStateTracker] = {}


class TurnTrackerStore(TrackerStore):
    """Holds the trackers of the turns under way, and nothing else: the bot keeps no conversation."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        if tracker.sender_id in _open:
            _open[tracker.sender_id] = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return _open.get(sender_id)

    async def keys(self) -> list[str]:
        return list(_open)


def begin(
    sender_id: str, domain: Domain, state: dict[str, Any] | None, given: dict[str, str | None]
) -> DialogueStateTracker:
    """Build the tracker of one turn from the state and from what holds for it alone (`given`: language, name, …)."""
    slots, loop = read_state(state)
    events: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    events += [SlotSet(name, value) for name, value in {**slots, **given}.items()]
    if loop in domain.form_names:
        events.append(ActiveLoop(loop))
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    tracker = DialogueStateTracker.from_events(sender_id, events, slots=domain.slots, domain=domain)
    _open[sender_id] = tracker
    return tracker


def end(sender_id: str) -> DialogueStateTracker | None:
    """Forget the turn, and give back its tracker as it stands now."""
    return _open.pop(sender_id, None)


def read_state(state: dict[str, Any] | None) -> tuple[dict[str, Any], str | None]:
    """Take the known slots and the active loop out of a state, dropping whatever does not have its shape."""
    if not isinstance(state, dict) or not isinstance(state.get("slots"), dict):
        return {}, None
    slots = {name: _checked(name, value) for name, value in state["slots"].items() if name in NAMES}
    loop = state.get("loop")
    return {k: v for k, v in slots.items() if v is not None}, loop if isinstance(loop, str) else None


def write_state(tracker: DialogueStateTracker) -> dict[str, Any]:
    """The compact state of a tracker: known slots that are set, and the active loop."""
    values = {name: _checked(name, tracker.get_slot(name)) for name in NAMES}
    return {
        "v": STATE_VERSION,
        "slots": {name: value for name, value in values.items() if value not in (None, [], False, 0)},
        "loop": tracker.active_loop_name,
    }


def _checked(name: str, value: Any) -> Any:
    if name in TEXTS:
        return value[:_MAX_TEXT] if isinstance(value, str) else None
    if name in FLAGS:
        return value if isinstance(value, bool) else None
    if name in COUNTS:
        is_count = isinstance(value, (int, float)) and not isinstance(value, bool)
        return int(max(0, min(value, 9))) if is_count else None
    if isinstance(value, list):
        return [item[:_MAX_TEXT] for item in value[:_MAX_ITEMS] if isinstance(item, str)]
    return None
