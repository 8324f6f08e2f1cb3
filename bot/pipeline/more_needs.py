"""Needs beside the one that a whole message was taken for: told by its parts, or named by the gateway's words.

The directory knows thousands of words for what it has (`needs.yml`, `topics.yml`). Nobody who asks for "a lawer" should
hear that they were not understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bot.pipeline.reader import Reading

NAMELESS = "other"
"""What a directory has beside the needs that have a name: libraries, furniture, the arts."""
_NEED = "need_"
_SURE = 0.5
_CERTAIN = 0.9
# From here on the model's need stands alone: beside a sure one the words are as often something that was not asked for.
_SURE_OF_NEED = 0.8
_SURE_OF_PEOPLE = 0.65
# From here on a part of a message counts as a need of its own: on rows left out of training four of five needs are
# found where a message tells several, and nine of ten messages that tell one get no other.
_SURE_OF_CLAUSE = 0.8
# Needs for which people come, or that are not told beside others: the gateway's words never name them.
_OF_PEOPLE = frozenset(("domestic_violence", "welfare_check", "dispute", "distress_in_public", "syringe_pickup"))
# Intents behind which a need may hide that the model did not hear; behind the others only where it guesses.
_UNHEARD = frozenset(("nlu_fallback", "inform"))
_MISHEARD = frozenset(("out_of_scope", "complaint", "wrong_number"))
_GUESSED = 0.8
_SMALL_TALK = frozenset(("thanks", "bye", "acknowledge", "greet"))
_WHO = frozenset(("baby", "youth", "seniors", "veterans"))
_ONLY_WHO = frozenset(("seniors", "veterans"))  # who asks for day care or toys names the others by a matter
_MAY_TELL_NEEDS = (None, "safety", "for_whom", "needs")


class Words(NamedTuple):
    """The needs that the gateway's words name in a text, and those that they may: "hospital" asks for a doctor or tells
    where somebody is."""

    named: Sequence[str]
    hinted: Sequence[str]


def by_clauses(reading: Reading, in_clauses: Sequence[dict[str, Any]]) -> None:
    """Add what the parts of a message tell by themselves, where the whole of it tells a need."""
    if not reading.intent.startswith(_NEED):
        return
    for told in in_clauses:
        if told["name"].startswith(_NEED) and told["confidence"] >= _SURE_OF_CLAUSE:
            reading.add("need", told["name"][len(_NEED) :])


def by_words(reading: Reading, words: Words, *, doubts_danger: bool) -> None:
    """Add what the gateway's words name, where the message tells a need, or nothing that is surer; never under a
    question for something else. What they only may name counts where they name nothing.

    `doubts_danger` is whether danger is the best of several unsure guesses: then nothing else is made of it.
    """
    named = _said_to_be_needed(reading, words.named or words.hinted)
    if not named or reading.open_question not in _MAY_TELL_NEEDS:
        return
    if not reading.intent.startswith(_NEED):
        if doubts_danger or not _hides_a_need(reading, words.named):
            return
        reading.decide(_first(named), _SURE)
    elif _stands_alone(reading):
        return
    for need in named:
        if need != NAMELESS or not reading.needs:
            reading.add("need", need)


def _hides_a_need(reading: Reading, named: Sequence[str]) -> bool:
    if reading.intent in _MISHEARD:
        return reading.confidence < _GUESSED and any(need not in _ONLY_WHO for need in named)
    if reading.intent in _SMALL_TALK:
        return bool(named) and reading.confidence < _SURE
    return reading.intent in _UNHEARD and reading.confidence < _CERTAIN


def _said_to_be_needed(reading: Reading, named: Sequence[str]) -> Sequence[str]:
    """Without the needs that only say who somebody is: "a bed for me and my baby" asks for a bed."""
    others = [need for need in named if need not in _WHO]
    is_answer = reading.open_question == "for_whom"
    heard = any(need not in _WHO for need in reading.found.get("need", ()))
    return others if others or is_answer or heard else named


def _stands_alone(reading: Reading) -> bool:
    """Whether the model is sure; earlier where somebody is to go out: who is worried about a neighbor of 82 asks for no
    list for seniors."""
    is_of_people = reading.intent[len(_NEED) :] in _OF_PEOPLE
    return reading.confidence >= (_SURE_OF_PEOPLE if is_of_people else _SURE_OF_NEED)


def _first(named: Sequence[str]) -> str:
    """The intent of the first need that has a name."""
    return next((_NEED + need for need in named if need != NAMELESS), "inform")
