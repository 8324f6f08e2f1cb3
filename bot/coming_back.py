"""What is left of a half-done screening when a resident comes back after hours or days. Pure."""

from __future__ import annotations

from typing import Any

WELCOME_HOURS = 12
"""From here on the open question is forgotten by whoever was asked it: it is put anew, after a welcome."""
FRESH_HOURS = 7 * 24
"""From here on what was told may no longer be true: the screening is dropped, with a kind word."""

RESUME, FRESH, SERVED = "resume", "fresh", "served"


def come_back(state: dict[str, Any] | None, away_hours: int) -> tuple[dict[str, Any] | None, str | None]:
    """The state to go on with, and how to greet: `resume`, `fresh`, `served` (services were given) or nothing.

    A day-old "nobody is in danger" says nothing about today, so safety is asked again. Place, need and person stay for
    a week.
    """
    slots = state.get("slots") if isinstance(state, dict) else None
    if state is None or not isinstance(slots, dict) or away_hours < WELCOME_HOURS:
        return state, None
    if away_hours >= FRESH_HOURS:
        return None, FRESH if slots.get("introduced") else None
    kept = {name: value for name, value in slots.items() if name not in _FORGOTTEN}
    back = RESUME if state.get("loop") else SERVED if slots.get("served") else None
    return {**state, "slots": kept, "loop": None}, back


_FORGOTTEN = frozenset(("safety", "requested_slot", "menu", "misses", "team_ok", "mediation_ok", "text_ok"))
