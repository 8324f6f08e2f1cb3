"""The screening: which question comes next, given what is known and what was just said. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.actions import commands
from bot.actions.commands import Command
from bot.actions.said import OWN_NEEDS, Known, Said

MAX_NEEDS = 8
MENUS: dict[str, tuple[str, ...]] = {
    "for_whom": ("self", "other"),
    "needs": ("food", "shelter", "housing", "health", "utilities", "something_else"),
}
"""What the digits mean under the question just asked. bot/data/conversation/screening.yml lists the same."""

_SKIPS = ("skip", "unsure")
_REPEATS = ("greet",)
_INTERRUPTIONS = frozenset(
    (
        *("danger", "ask_person", "change_language", "stop_texts", "why_ask", "about_program", "more", "bye"),
        *("complaint", "wrong_number"),
    )
)
"""Intents that win over every question, whatever else the message tells: "he is hitting my mom" is not about whom."""
_ASKED_OFTEN_ENOUGH = 2


@dataclass
class Step:
    """The outcome of one message: what is known now, what to put on the record, and the next question, if any."""

    known: Known
    records: list[Command] = field(default_factory=list)
    next_question: str | None = None
    accepted: bool = True


def advance(before: Known, said: Said) -> Step:
    """Take in one message. `accepted` is false when it answers nothing, so that a rule for its intent may speak."""
    if before.open_question and said.intent in _INTERRUPTIONS:
        return Step(before, accepted=False)
    start = _new_round(before, said) if before.open_question is None else before
    step = Step(_merge(start, said))
    step.known = _answer(step.known, said)
    is_new = replace(step.known, misses=0) != replace(before, misses=0)
    is_repeat = said.intent in _REPEATS or said.has_news
    step.accepted = is_new or is_repeat or before.open_question is None
    question = before.open_question
    if question and step.accepted and next_question(step.known) == question:
        step.known = _unanswered(step.known, question)
        step.accepted = next_question(step.known) != question or step.known.misses < _ASKED_OFTEN_ENOUGH
    elif is_new:
        step.known = replace(step.known, misses=0)
    step.records = _records(before, step.known)
    step.next_question = next_question(step.known)
    return step


def next_question(known: Known) -> str | None:
    """The first of the four questions that is still worth asking; None when the screening is over."""
    if known.safety in ("yes", "unsure"):
        return None
    if known.safety is None:
        return "safety"
    if known.for_whom is None and not (known.needs and all(need in OWN_NEEDS for need in known.needs)):
        return "for_whom"
    if not known.needs:
        return "needs"
    if commands.needs_place(known.needs) and not known.has_place:
        return "place"
    return None


def _new_round(before: Known, said: Said) -> Known:
    """After services were given, a new need begins anew; a new place or person alone searches again."""
    if not before.served:
        return before
    is_same_search = not said.needs and (said.intent == "another_place" or said.has_news)
    return replace(before, served=False, needs=before.needs if is_same_search else (), misses=0)


def _merge(before: Known, said: Said) -> Known:
    needs = tuple(dict.fromkeys(before.needs + said.needs))[:MAX_NEEDS]
    has_place = bool(said.zip or said.place)
    return replace(
        before,
        needs=needs,
        for_whom=said.for_whom or before.for_whom,
        zip=said.zip if has_place else before.zip,
        place=said.place if has_place else before.place,
    )


def _answer(known: Known, said: Said) -> Known:
    """Read yes, no, skip and "I do not know" as the answer to the open question."""
    if known.open_question == "safety":
        answers = {"affirm": "yes", "deny": "no", "safe": "no", "unsure": "unsure", "skip": "not_asked"}
        return replace(known, safety=said.answer or answers.get(said.intent))
    if known.open_question == "for_whom" and said.intent in _SKIPS and not said.for_whom:
        return replace(known, for_whom="skipped")
    if known.open_question == "place" and said.intent in (*_SKIPS, "deny") and not (said.zip or said.place):
        return known if said.for_whom else replace(known, place_asked="skipped")
    return known


def _unanswered(known: Known, question: str) -> Known:
    """A question is put twice; who then still tells something else is helped without its answer."""
    if known.misses + 1 < _ASKED_OFTEN_ENOUGH:
        return replace(known, misses=known.misses + 1)
    given_up = replace(known, misses=0)
    if question == "safety":
        return replace(given_up, safety="not_asked")
    if question == "for_whom":
        return replace(given_up, for_whom="skipped")
    if question == "place":
        return replace(given_up, place_asked="skipped")
    return replace(known, misses=known.misses + 1)


def _records(before: Known, after: Known) -> list[Command]:
    told = [
        ("screen_safety", before.safety, after.safety),
        ("for_whom", before.for_whom, after.for_whom),
        ("zip", before.zip, after.zip),
        ("place", before.place, after.place),
    ]
    records = [commands.record(name, new) for name, old, new in told if new and new not in (old, "skipped")]
    return records + [commands.record("need", need) for need in after.needs if need not in before.needs]
