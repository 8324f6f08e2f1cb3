"""The screening: which question comes next, given what is known and what was just said. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.actions import commands, corrections
from bot.actions.commands import Command
from bot.actions.consent import NO, UNCLEAR, YES, read_consent, refuses_company
from bot.actions.said import CONSENTS, MEDIATION_NEEDS, OWN_NEEDS, Known, Said
from bot.actions.unfinished import breaks_off, doubts_something_else
from bot.coming_back import RESUME

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
    if before.open_question == "safety" and breaks_off(said.text):
        # The sentence goes on in the next text: it answers nothing, and is no miss.
        return Step(before, next_question="safety")
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
    """The first question that is still worth asking; None when the screening is over."""
    if known.safety in ("yes", "unsure"):
        return None
    if known.safety is None:
        return "safety"
    if known.for_whom is None and not (known.needs and all(need in OWN_NEEDS for need in known.needs)):
        return "for_whom"
    if not known.needs:
        return "needs"
    return _next_consent(known) or _next_place(known) or _next_contact(known)


def _next_consent(known: Known) -> str | None:
    """Consent is asked only where people would come or step in, and only for a place that a team could go to.

    A team needs more than a ZIP code to go to, and the place is read back with the question.
    """
    if known.wants_team and not (known.place or known.place_asked):
        return "spot"
    if known.wants_team and known.place and known.team_ok is None:
        return "team_ok"
    return "mediation_ok" if known.wants_mediation and known.mediation_ok is None else None


def _next_place(known: Known) -> str | None:
    """Where to search, and where a mediator is wanted; a mediator who is not wanted needs no place."""
    wanted = tuple(need for need in known.needs if need not in MEDIATION_NEEDS or known.mediation_ok == "yes")
    return "place" if commands.needs_place(wanted) and not known.has_place else None


def _next_contact(known: Known) -> str | None:
    agreed = (known.wants_team and known.team_ok == "yes") or (known.wants_mediation and known.mediation_ok == "yes")
    if agreed and known.channel == "sms" and known.text_ok is None:
        return "text_ok"
    return None


def _new_round(before: Known, said: Said) -> Known:
    """After services were given, a new need begins anew; a new place or person alone searches again.

    So does another need from someone who left a screening half done hours ago: the old one is dropped.
    """
    if not before.served:
        is_dropped = before.back == RESUME and said.needs and not set(said.needs) & set(before.needs)
        return replace(before, needs=()) if is_dropped else before
    is_same_search = not said.needs and (said.intent == "another_place" or said.has_news)
    needs = before.needs if is_same_search else ()
    return replace(before, served=False, needs=needs, misses=0, team_ok=None, mediation_ok=None)


def _merge(before: Known, said: Said) -> Known:
    has_place = bool(said.zip or said.place)
    merged = replace(
        before,
        needs=_needs(before, said),
        for_whom=said.for_whom or before.for_whom,
        zip=said.zip if has_place else before.zip,
        place=said.place if has_place else before.place,
    )
    # Consent was given for the place that was read back, and for no other.
    return merged if merged.place == before.place else replace(merged, team_ok=None)


def _needs(before: Known, said: Said) -> tuple[str, ...]:
    """What is needed now: "no, not food, a shelter" takes food back, and "no, a shelter" means that instead."""
    told = tuple(need for need in said.needs if need not in said.denied)
    earlier = tuple(need for need in before.needs if need not in said.denied)
    # A "no" under the safety question answers that question.
    if told and before.open_question not in (None, "safety", "needs") and corrections.mends(said.text):
        earlier = ()
    return tuple(dict.fromkeys(earlier + told))[:MAX_NEEDS]


def _answer(known: Known, said: Said) -> Known:
    """Read yes, no, skip and "I do not know" as the answer to the open question."""
    if known.open_question in CONSENTS:
        return _consent(known, said)
    if known.open_question == "safety":
        answers = {"affirm": "yes", "deny": "no", "safe": "no", "unsure": "unsure", "skip": "not_asked"}
        if said.intent == "unsure" and doubts_something_else(said.text):
            return replace(known, safety=said.answer)
        return replace(known, safety=said.answer or answers.get(said.intent))
    if known.open_question == "for_whom" and said.intent in _SKIPS and not said.for_whom:
        return replace(known, for_whom="skipped")
    if known.open_question in ("place", "spot") and said.intent in (*_SKIPS, "deny") and not (said.zip or said.place):
        return known if said.for_whom else replace(known, place_asked="skipped")
    return known


def _consent(known: Known, said: Said) -> Known:
    told = read_consent(said, known.open_question or "")
    if known.open_question == "text_ok" and known.team_ok == YES and refuses_company(said.text):
        return replace(known, team_ok=NO)  # it is about who comes, and the question about texts stands
    if known.open_question == "team_ok":
        # "No, at 5th and Main" names a better place, which is read back in its turn.
        return known if said.place and told != "yes" else replace(known, team_ok=told)
    if known.open_question == "mediation_ok":
        return replace(known, mediation_ok=told)
    return replace(known, text_ok=told)


_GIVEN_UP: dict[str, dict[str, Any]] = {
    "safety": {"safety": "not_asked"},
    "for_whom": {"for_whom": "skipped"},
    "spot": {"place_asked": "skipped"},
    "place": {"place_asked": "skipped"},
    **{consent: {consent: UNCLEAR} for consent in CONSENTS},
}
"""What stands for the answer to a question that was put twice in vain. Without a need there is no help: it has none."""


def _unanswered(known: Known, question: str) -> Known:
    """A question is put twice; who then still tells something else is helped without its answer."""
    if known.misses + 1 < _ASKED_OFTEN_ENOUGH or question not in _GIVEN_UP:
        return replace(known, misses=known.misses + 1)
    return replace(known, misses=0, **_GIVEN_UP[question])


def _records(before: Known, after: Known) -> list[Command]:
    told = [
        ("screen_safety", before.safety, after.safety),
        ("for_whom", before.for_whom, after.for_whom),
        ("zip", before.zip, after.zip),
        ("place", before.place, after.place),
        ("team_consent", before.team_ok, after.team_ok),
        ("mediation_consent", before.mediation_ok, after.mediation_ok),
        ("safe_to_text", before.text_ok, after.text_ok),
    ]
    records = [commands.record(name, new) for name, old, new in told if new and new not in (old, "skipped", UNCLEAR)]
    return records + [commands.record("need", need) for need in after.needs if need not in before.needs]
