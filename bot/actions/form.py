"""The screening form's validation, and what a finished screening leads to."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import commands, speak
from bot.actions.consent import UNCLEAR, YES
from bot.actions.corrections import needs_in
from bot.actions.listed import aside
from bot.actions.said import FORM, PEOPLE_NEEDS, Known, known, said
from bot.actions.screening import MENUS, Step, advance
from bot.actions.words import need_words
from bot.coming_back import SERVED
from bot.pipeline.plain import unaccented


class ValidateScreening(Action):
    """Takes in a message and chooses the next question. Nothing returned means: not an answer, let a rule speak."""

    def name(self) -> str:
        return f"validate_{FORM}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> speak.Events:
        before = known(tracker)
        heard = said(tracker)
        if aside(before, heard, _names_need):
            return [SlotSet("requested_slot", None)]
        step = advance(before, heard)
        if not step.accepted:
            return []
        if heard.answer_in:
            speak.command(dispatcher, commands.set_language(heard.answer_in))
        events = speak.introduce(dispatcher, before, step.known.needs)
        if before.back == SERVED and not before.open_question:
            speak.say(dispatcher, "utter_back_again")
            events = [*events, SlotSet("back", None)]
        if before.open_question and step.next_question == before.open_question and heard.has_news:
            speak.note(dispatcher, before, heard.needs)
        speak.command(dispatcher, *step.records)
        return events + _slots(step) + [SlotSet("requested_slot", step.next_question)]


def _names_need(text: str) -> bool:
    return bool(needs_in(unaccented(text), need_words()))


def _slots(step: Step) -> speak.Events:
    now = step.known
    menu = MENUS.get(step.next_question or "")
    return [
        SlotSet("safety", now.safety),
        SlotSet("for_whom", now.for_whom),
        SlotSet("needs", list(now.needs) or None),
        SlotSet("zip", now.zip),
        SlotSet("place", now.place),
        SlotSet("spot", speak.shown(now.place)),
        SlotSet("place_asked", now.place_asked),
        SlotSet("team_ok", now.team_ok),
        SlotSet("mediation_ok", now.mediation_ok),
        SlotSet("text_ok", now.text_ok),
        SlotSet("served", now.served),
        SlotSet("misses", now.misses),
        SlotSet("menu", list(menu) if menu else None),
    ]


class Conclude(Action):
    """The end of the screening: danger goes to a person, a team request to the team, the rest to the directory."""

    def name(self) -> str:
        return "action_conclude"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> speak.Events:
        now, heard = known(tracker), said(tracker)
        if told := aside(now, heard, _names_need):
            speak.say(dispatcher, told)
            return [SlotSet("served", True), SlotSet("misses", 0), SlotSet("menu", None)]
        done = [SlotSet("served", True), SlotSet("misses", 0), SlotSet("menu", None)]
        if now.safety in ("yes", "unsure"):
            speak.command(dispatcher, commands.danger(now, life_at_stake=heard.life_at_stake))
            return [*done, SlotSet("safety", "handed_over")]
        _answer_needs(dispatcher, now)
        return done


def _answer_needs(dispatcher: CollectingDispatcher, now: Known) -> None:
    """Services, a team, a person in between: each with what happens next, which the gateway says once it is a fact."""
    _say_what_was_not_asked(dispatcher, now)
    if set(now.needs) - set(PEOPLE_NEEDS):
        speak.command(dispatcher, commands.find_services(now))
    if now.wants_mediation:
        _answer_dispute(dispatcher, now)
    if now.wants_team:
        _answer_team(dispatcher, now)


def _say_what_was_not_asked(dispatcher: CollectingDispatcher, now: Known) -> None:
    if now.wants_team and now.place and now.team_ok != YES:
        speak.say(dispatcher, "utter_team_unclear" if now.team_ok == UNCLEAR else "utter_team_declined")
    if now.wants_mediation and now.mediation_ok != YES:
        speak.say(dispatcher, "utter_mediation_unclear" if now.mediation_ok == UNCLEAR else "utter_mediation_declined")


def _answer_dispute(dispatcher: CollectingDispatcher, now: Known) -> None:
    if now.mediation_ok == YES:
        speak.command(dispatcher, commands.open_mediation(now))
    elif now.mediation_ok == UNCLEAR:
        speak.command(dispatcher, commands.mediation_not_agreed())


def _answer_team(dispatcher: CollectingDispatcher, now: Known) -> None:
    if not now.place:
        speak.say(dispatcher, "utter_team_no_place")
        speak.command(dispatcher, commands.team_not_agreed(now))
    elif now.team_ok == YES:
        speak.command(dispatcher, commands.request_team(now))
    elif now.team_ok == UNCLEAR:
        speak.command(dispatcher, commands.team_not_agreed(now))
