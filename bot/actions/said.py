"""What a message said and what is known so far, read from Rasa's tracker in our own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.actions import corrections
from bot.actions.words import need_words

if TYPE_CHECKING:
    from rasa_sdk import Tracker

FORM = "screening"
QUESTIONS = ("safety", "for_whom", "needs", "spot", "team_ok", "mediation_ok", "place", "text_ok")
"""The screening's questions in their order (domain.md 1.2): safety first, the place only when it is used.

`spot` is the place that a team would go to, `team_ok` and `mediation_ok` ask for consent, `text_ok` whether it is safe
to text this number; they are asked only where people are to be sent or to step in. Nobody tells a ZIP code for a
mediator whom they do not want."""

CONSENTS = ("team_ok", "mediation_ok", "text_ok")
"""Questions of yes or no; whatever is not a clear yes is none."""

TEAM_NEEDS = ("welfare_check", "distress_in_public", "syringe_pickup")
"""Needs that end with people going out."""

MEDIATION_NEEDS = ("dispute",)
"""Needs that end with a person in between."""

PEOPLE_NEEDS = TEAM_NEEDS + MEDIATION_NEEDS
"""Needs that no list of services answers."""

PLACELESS_NEEDS = ("mental_health", "domestic_violence")
"""Needs answered by lines that serve everywhere. Where someone flees from is not asked for a phone number."""

OWN_NEEDS = ("dispute", "syringe_pickup", "distress_in_public", "welfare_check")
"""Needs for which "is this for you or someone else" has no use."""


@dataclass(frozen=True)
class Said:
    """The latest message: its intent and the values found in it."""

    intent: str
    needs: tuple[str, ...] = ()
    for_whom: str | None = None
    zip: str | None = None
    place: str | None = None
    language: str | None = None
    answer_in: str | None = None
    answer: str | None = None
    life_at_stake: bool = False
    ranking: tuple[tuple[str, float], ...] = ()
    text: str = ""
    denied: tuple[str, ...] = ()

    @property
    def has_news(self) -> bool:
        """Whether the message told a need, a place or a person."""
        return bool(self.needs or self.for_whom or self.zip or self.place)


@dataclass(frozen=True)
class Known:
    """What is known of this conversation: the slots."""

    open_question: str | None = None
    safety: str | None = None
    for_whom: str | None = None
    needs: tuple[str, ...] = ()
    zip: str | None = None
    place: str | None = None
    place_asked: str | None = None
    language: str = "en"
    introduced: bool = False
    served: bool = False
    misses: int = 0
    menu: tuple[str, ...] = field(default=())
    team_ok: str | None = None
    mediation_ok: str | None = None
    text_ok: str | None = None
    channel: str = "sms"
    back: str | None = None

    @property
    def wants_team(self) -> bool:
        """Whether one of the needs is for people to go out."""
        return any(need in TEAM_NEEDS for need in self.needs)

    @property
    def wants_mediation(self) -> bool:
        """Whether one of the needs is for a person in between."""
        return any(need in MEDIATION_NEEDS for need in self.needs)

    @property
    def has_place(self) -> bool:
        """Whether a place was given, or was asked for and not given."""
        return bool(self.zip or self.place or self.place_asked)


def said(tracker: Tracker) -> Said:
    """The latest message of a tracker."""
    message = tracker.latest_message
    found: dict[str, list[str]] = {}
    for entity in message.get("entities") or []:
        found.setdefault(entity["entity"], []).append(str(entity["value"]))
    ranking = tuple((str(r.get("name")), float(r.get("confidence") or 0)) for r in message.get("intent_ranking") or [])

    text = str(message.get("text") or "")
    known_needs = tuple(tracker.slots.get("needs") or ())
    denied = corrections.denied(text, need_words(), known_needs)

    def one(name: str) -> str | None:
        return found[name][-1] if found.get(name) else None

    place = one("place")
    if place and corrections.denied(place, need_words(), known_needs):
        place = None  # a whole answer taken for a place, though it takes a need back

    return Said(
        intent=(message.get("intent") or {}).get("name") or "nlu_fallback",
        # "Not food, a shelter" reads as a wish for something else, of which the model names nothing.
        needs=tuple(found.get("need", ())) or corrections.instead(text, need_words(), denied),
        for_whom=one("for_whom"),
        zip=one("zip"),
        place=place,
        language=one("language"),
        answer_in=one("answer_in"),
        answer=one("answer"),
        life_at_stake="life" in found,
        ranking=ranking,
        text=text,
        denied=denied,
    )


def known(tracker: Tracker) -> Known:
    """The slots of a tracker. A question is open only while the form is active."""
    slots: dict[str, Any] = tracker.slots
    is_active = (tracker.active_loop or {}).get("name") == FORM
    return Known(
        open_question=slots.get("requested_slot") if is_active else None,
        safety=slots.get("safety"),
        for_whom=slots.get("for_whom"),
        needs=tuple(slots.get("needs") or ()),
        zip=slots.get("zip"),
        place=slots.get("place"),
        place_asked=slots.get("place_asked"),
        language=slots.get("language") or "en",
        introduced=bool(slots.get("introduced")),
        served=bool(slots.get("served")),
        misses=int(slots.get("misses") or 0),
        menu=tuple(slots.get("menu") or ()),
        team_ok=slots.get("team_ok"),
        mediation_ok=slots.get("mediation_ok"),
        text_ok=slots.get("text_ok"),
        channel=tracker.get_latest_input_channel() or "sms",
        back=slots.get("back"),
    )
