"""The screening form's validation, and what a finished screening leads to."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import commands, speak
from bot.actions.said import FORM, TEAM_NEEDS, Known, known, said
from bot.actions.screening import MENUS, Step, advance


class ValidateScreening(Action):
    """Takes in a message and chooses the next question. Nothing returned means: not an answer, let a rule speak."""

    def name(self) -> str:
        return f"validate_{FORM}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> speak.Events:
        before = known(tracker)
        step = advance(before, said(tracker))
        if not step.accepted:
            return []
        events = speak.introduce(dispatcher, before, step.known.needs)
        speak.command(dispatcher, *step.records)
        return events + _slots(step) + [SlotSet("requested_slot", step.next_question)]


def _slots(step: Step) -> speak.Events:
    now = step.known
    menu = MENUS.get(step.next_question or "")
    return [
        SlotSet("safety", now.safety),
        SlotSet("for_whom", now.for_whom),
        SlotSet("needs", list(now.needs) or None),
        SlotSet("zip", now.zip),
        SlotSet("place", now.place),
        SlotSet("place_asked", now.place_asked),
        SlotSet("served", now.served),
        SlotSet("misses", now.misses),
        SlotSet("menu", list(menu) if menu else None),
    ]


class Conclude(Action):
    """The end of the screening: danger goes to a person, a team request to the team, the rest to the directory."""

    def name(self) -> str:
        return "action_conclude"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> speak.Events:
        now = known(tracker)
        done = [SlotSet("served", True), SlotSet("misses", 0), SlotSet("menu", None)]
        if now.safety in ("yes", "unsure"):
            speak.say(dispatcher, "utter_danger")
            speak.command(dispatcher, commands.danger(now, life_at_stake=said(tracker).life_at_stake))
            return [*done, SlotSet("safety", "handed_over")]
        _answer_needs(dispatcher, now)
        return done


def _answer_needs(dispatcher: CollectingDispatcher, now: Known) -> None:
    teams = [need for need in now.needs if need in TEAM_NEEDS]
    if teams:
        speak.say(dispatcher, "utter_team")
    if set(now.needs) - set(teams):
        speak.command(dispatcher, commands.find_services(now))
    speak.command(dispatcher, *(commands.team(need) for need in teams))
