"""How actions speak: a response by its name, the introduction on the first turn, a need's name, the open question."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.commands import Command
from bot.actions.said import FORM, PEOPLE_NEEDS, Known
from bot.actions.words import need_names
from bot.coming_back import FRESH, RESUME
from bot.pipeline.more_needs import NAMELESS

_NAMED_AT_MOST = 2
_LONGEST_PLACE = 45
_QUIET_NEEDS = frozenset(
    ("domestic_violence", "mental_health", "substance_use", "naloxone", "syringe_pickup", "legal", "dispute", "health")
)
"""Needs that are not named to whoever holds the phone after hours: it may be another person."""
_AND = {"en": " and ", "es": " y "}

Events = list[dict[str, Any]]


def say(dispatcher: CollectingDispatcher, response: str, **values: str) -> None:
    """Say one of the texts of bot/data, in the language of the conversation."""
    dispatcher.utter_message(response=response, **values)


def command(dispatcher: CollectingDispatcher, *commands: Command) -> None:
    """Send commands to the gateway, in this order."""
    for item in commands:
        dispatcher.utter_message(json_message=item)


def introduce(dispatcher: CollectingDispatcher, known: Known, needs: tuple[str, ...] = ()) -> Events:
    """On the first turn say that this is a computer, not 911, and how to reach a person; later nothing.

    Who comes back after hours in the middle of a screening is welcomed, after a week as a new resident is.
    """
    if known.back == RESUME:
        _welcome_back(dispatcher, known)
        return [SlotSet("back", None), SlotSet("introduced", True)]
    if known.introduced:
        return []
    if known.back == FRESH:
        say(dispatcher, "utter_hello_again")
        return [SlotSet("back", None), SlotSet("introduced", True)]
    _say_heard(dispatcher, known, needs, "utter_hello_need", "utter_hello")
    return [SlotSet("introduced", True)]


def note(dispatcher: CollectingDispatcher, known: Known, needs: tuple[str, ...]) -> None:
    """Say that a message was taken in, where the question that it did not answer is about to be put again."""
    _say_heard(dispatcher, known, needs, "utter_noted_need", "utter_noted")


def _say_heard(dispatcher: CollectingDispatcher, known: Known, needs: tuple[str, ...], naming: str, bare: str) -> None:
    """One response with the names of the needs that were heard in it, or another where there are none."""
    looked_for = [need for need in needs if need not in (*PEOPLE_NEEDS, NAMELESS)]
    named = [need_name(need, known.language) for need in looked_for[:_NAMED_AT_MOST]]
    if named:
        say(dispatcher, naming, heard=_AND[known.language].join(named))
    else:
        say(dispatcher, bare)


def _welcome_back(dispatcher: CollectingDispatcher, known: Known) -> None:
    named = [need_name(need, known.language) for need in known.needs if need not in (*_QUIET_NEEDS, NAMELESS)]
    if named and len(named) == len(known.needs):
        say(dispatcher, "utter_welcome_back", heard=_AND[known.language].join(named[:_NAMED_AT_MOST]))
    else:
        say(dispatcher, "utter_welcome_back_open")


def ask(dispatcher: CollectingDispatcher, question: str) -> None:
    """Put a question of the screening (again)."""
    say(dispatcher, f"utter_ask_{FORM}_{question}")


def need_name(need: str, language: str) -> str:
    """What a need is called in a sentence; raises `KeyError` for a need without a name."""
    return need_names()[need][language]


def shown(place: str | None) -> str | None:
    """A place short enough to be read back in one text."""
    if place is None or len(place) <= _LONGEST_PLACE:
        return place
    return place[:_LONGEST_PLACE].rsplit(" ", 1)[0] or place[:_LONGEST_PLACE]
