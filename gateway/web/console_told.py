"""What a resident told the screening, in plain words, for whoever takes the thread over: nobody is to ask it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.marking import N_
from gateway.web.console_language import say

LABELS = {
    "safe_to_text": N_("Safe to text"),
    "screen_safety": N_("Anyone in danger"),
    "for_whom": N_("For"),
    "needs": N_("Needs"),
    "place": N_("Place"),
    "zip": N_("ZIP"),
    "people": N_("People"),
    "ages": N_("Ages"),
    "when": N_("When"),
    "access": N_("Access"),
    "speaks": N_("Speaks"),
    "team_consent": N_("A team may come"),
    "mediation_consent": N_("A mediator may step in"),
    "feedback": N_("Feedback"),
}
"""Every answer that is shown, in the order in which a person wants to know it."""

VALUES = {"self": "themselves", "other": "someone else", "not_asked": "not answered"}


class Told(NamedTuple):
    """One answer: what it is about, and what was said."""

    label: str
    value: str


def answers(kept: Mapping[str, Any]) -> list[Told]:
    """What is kept with the conversation, without what was never told."""
    return [Told(say(label), _plain(kept[name])) for name, label in LABELS.items() if kept.get(name)]


def asked_for(kept: Mapping[str, Any]) -> str:
    """What people are asked to come for and where, in one line: the last word of such a talk is a mere "no"."""
    return ", ".join(_plain(kept[name]) for name in ("needs", "place", "zip") if kept.get(name))


def _plain(value: Any) -> str:
    parts = value if isinstance(value, list) else str(value).split(",")
    return ", ".join(say(VALUES.get(part.strip(), part.strip().replace("_", " "))) for part in map(str, parts))
