"""Puts the facts that a message told on the record, whatever else the turn led to."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.trackers import DialogueStateTracker

from bot import turns


def records(state: dict[str, Any] | None, tracker: DialogueStateTracker, room: int) -> list[dict[str, Any]]:
    """A `record` command for each fact that is new or changed since `state`; `room` at most: needs go first."""
    before, _ = turns.read_state(state)
    now = turns.write_state(tracker)["slots"]
    new = [name for name in turns.FACTS if name in now and now[name] != before.get(name)]
    return [{"command": "record", "field": name, "value": now[name]} for name in new[: max(0, room)]]
