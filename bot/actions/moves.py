"""What the bot does when a message is not an answer: danger, a person, more, another place, thanks, not understood."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import commands, speak
from bot.actions.consent import YES
from bot.actions.listed import asks_about_listed
from bot.actions.privacy import asks_who_reads
from bot.actions.said import FORM, Known, Said, known, said
from bot.actions.words import city_words
from bot.pipeline.plain import plain, unaccented
from bot.pipeline.trouble import tells_trouble

_MISSES_UNTIL_PERSON = 2
_LIKELY = 0.12
_HINTS = 3
_NEED = "need_"

_END_FORM = [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("menu", None), SlotSet("misses", 0)]
_START_FORM = [ActiveLoop(FORM), SlotSet("requested_slot", None)]


class Move(ABC, Action):
    """One action of the bot: what was said and is known goes in, texts and commands go out."""

    ends_turn = True
    """Whether the bot listens after this action. Left alone, Rasa puts an open question again after every such move."""
    answers_of_list = False
    """Whether a question about a place that was just listed is read as one, though the model took it for this move."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> speak.Events:
        now, heard = known(tracker), said(tracker)
        if self.answers_of_list and now.served and not now.open_question and asks_about_listed(heard.text):
            speak.say(dispatcher, "utter_listed")
            return [SlotSet("misses", 0), FollowupAction("action_listen")]
        events = self.act(dispatcher, now, heard)
        starts_form = any(event["event"] == "active_loop" and event["name"] for event in events)
        return events if starts_form or not self.ends_turn else [*events, FollowupAction("action_listen")]

    @abstractmethod
    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        """Speak and command through the dispatcher; the events change the slots."""


def _go_on(dispatcher: CollectingDispatcher, now: Known) -> speak.Events:
    """Put the open question again; with none open, begin or resume the screening unless services were just given."""
    if now.open_question:
        speak.ask(dispatcher, now.open_question)
        return []
    return [] if now.served else list(_START_FORM)


class Danger(Move):
    """Someone is hurt or in danger: a person, at once. What is said then is fixed, and the gateway says it."""

    def name(self) -> str:
        return "action_danger"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        speak.command(
            dispatcher,
            commands.record("screen_safety", "yes"),
            commands.danger(now, life_at_stake=heard.life_at_stake),
        )
        return [*_END_FORM, SlotSet("safety", "handed_over"), SlotSet("served", True)]


class AskPerson(Move):
    """The resident wants a person. The gateway says what happens next; the bot promises nothing."""

    def name(self) -> str:
        return "action_ask_person"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        level = commands.ASKED_FOR_PERSON_LEVEL
        speak.command(dispatcher, commands.escalate("asked_for_person", level, commands.first_need(now)))
        return list(_END_FORM)


class More(Move):
    """The next services of the last search; before any search, the open question again."""

    answers_of_list = True

    def name(self) -> str:
        return "action_more"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        if now.served and now.needs and not now.open_question:
            speak.command(dispatcher, {"command": "more_services"})
            return [SlotSet("misses", 0)]
        return speak.introduce(dispatcher, now) + _go_on(dispatcher, now)


class AnotherPlace(Move):
    """Forget the place and ask for another, or take the one that came with the request."""

    answers_of_list = True

    def name(self) -> str:
        return "action_another_place"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        cleared = [SlotSet(name, None) for name in ("zip", "place", "spot", "place_asked", "team_ok")]
        if now.open_question:
            speak.ask(dispatcher, now.open_question)
            return cleared
        return cleared + list(_START_FORM)


_MERE_CHANGE = re.compile(
    r"\b(?:languages?|idiomas?|lengua|lenguaje|tradu\w+|translat\w*|wrong|other|otr[ao]|cambi\w+|change|switch|"
    r"understand|entiend\w+)\b"
)


class ChangeLanguage(Move):
    """Answer in the other language from now on. The rule repeats the open question in a second action."""

    ends_turn = False

    def name(self) -> str:
        return "action_change_language"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        wanted = heard.language if heard.language in ("en", "es") else None
        if wanted is None and not _MERE_CHANGE.search(plain(heard.text)):
            # Another language, of a name that the gateway does not know: to answer in Spanish would be no help.
            speak.say(dispatcher, "utter_cannot_help")
            speak.command(dispatcher, commands.escalate("bot_could_not_help", commands.COULD_NOT_HELP_LEVEL, None))
            return []
        language = wanted or ("en" if now.language == "es" else "es")
        speak.command(dispatcher, commands.set_language(language))
        return [SlotSet("language", language)]


class Repeat(Move):
    """The open question again, in the language that holds now."""

    def name(self) -> str:
        return "action_repeat"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        if now.open_question:
            speak.ask(dispatcher, now.open_question)
            return []
        if now.served:
            speak.say(dispatcher, "utter_anything_else")
            return []
        return list(_START_FORM)


class Explain(Move):
    """Why the open question is asked, and who reads along where that is what is asked."""

    def name(self) -> str:
        return "action_explain"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        events = speak.introduce(dispatcher, now)
        why = f"utter_why_{now.open_question or 'all'}"
        speak.say(dispatcher, "utter_who_reads" if asks_who_reads(heard.text) else why)
        return events + _go_on(dispatcher, now)


class About(Move):
    """What this is and who reads along."""

    def name(self) -> str:
        return "action_about"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        speak.say(dispatcher, "utter_who_reads" if asks_who_reads(heard.text) and now.introduced else "utter_about")
        return [SlotSet("introduced", True), *_go_on(dispatcher, now)]


class Thanks(Move):
    """Kind words; with nothing open the resident is done."""

    def name(self) -> str:
        return "action_thanks"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        events = speak.introduce(dispatcher, now)
        if now.open_question:
            speak.say(dispatcher, "utter_thanks_open")
            speak.ask(dispatcher, now.open_question)
            return events
        speak.say(dispatcher, "utter_thanks")
        speak.command(dispatcher, {"command": "close"})
        return events


class Goodbye(Move):
    """The resident goes, whatever was open."""

    answers_of_list = True

    def name(self) -> str:
        return "action_goodbye"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        events = speak.introduce(dispatcher, now)
        speak.say(dispatcher, "utter_bye")
        speak.command(dispatcher, {"command": "close"})
        return [*events, *_END_FORM]


class OptOut(Move):
    """The resident asks in a sentence not to be texted. The one confirmation is the gateway's (FCC, 47 CFR 64.1200)."""

    def name(self) -> str:
        return "action_opt_out"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        speak.command(dispatcher, {"command": "opt_out"})
        return list(_END_FORM)


class OwnWords(Move):
    """None of the menu fits: ask for the need in the resident's own words, which are then read as a need."""

    def name(self) -> str:
        return "action_own_words"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        events = speak.introduce(dispatcher, now)
        speak.say(dispatcher, "utter_own_words")
        events += [SlotSet("menu", None), SlotSet("misses", 0)]
        # Under a later question "a wheelchair ramp" would be read as a place. Safety stays the first to be answered.
        is_later = now.open_question not in (None, "safety", "needs")
        return [*events, SlotSet("requested_slot", "needs")] if is_later else events


class Skipped(Move):
    """ "Skip" or "I do not know" that no question takes: the need is asked for in own words, then a person is asked."""

    answers_of_list = True

    def name(self) -> str:
        return "action_skipped"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        if now.open_question is None:
            return [] if now.served and _here(dispatcher) else list(_START_FORM)
        if now.misses + 1 >= _MISSES_UNTIL_PERSON:
            return _ask_person(dispatcher, now)
        events = speak.introduce(dispatcher, now)
        speak.say(dispatcher, "utter_own_words")
        return [*events, SlotSet("menu", None), SlotSet("misses", now.misses + 1)]


class Acknowledged(Move):
    """ "ok", "yes" or "no" that answers nothing: never silence."""

    answers_of_list = True

    def name(self) -> str:
        return "action_acknowledged"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        if now.open_question:
            return _missed(dispatcher, now, heard)
        if not now.served:
            return list(_START_FORM)
        if heard.intent == "affirm" and (refused := _consent_not_given(now)):
            # A yes that comes late is no consent by itself: what it would agree to is put again.
            return [SlotSet(refused, None), SlotSet("served", False), *_START_FORM]
        if heard.intent == "affirm":
            speak.say(dispatcher, "utter_own_words")
        else:
            _here(dispatcher)
        return [SlotSet("misses", 0)]


class NotUnderstood(Move):
    """Say so once, with a hint; the second time in a row a person is asked."""

    answers_of_list = True

    def name(self) -> str:
        return "action_not_understood"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        return _elsewhere(dispatcher, now, heard) or _missed(dispatcher, now, heard)


class OutOfScope(Move):
    """Something this line does not do: say what it does do, once."""

    answers_of_list = True

    def name(self) -> str:
        return "action_out_of_scope"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        elsewhere = _elsewhere(dispatcher, now, heard)
        if elsewhere:
            return elsewhere
        if now.misses + 1 >= _MISSES_UNTIL_PERSON:
            return _ask_person(dispatcher, now)
        events = speak.introduce(dispatcher, now)
        speak.say(dispatcher, "utter_out_of_scope")
        return [*events, *_go_on(dispatcher, now), SlotSet("misses", now.misses + 1)]


class Complaint(Move):
    """The help was bad: an apology, a note for the town, and the way to a person; the second time a person at once."""

    def name(self) -> str:
        return "action_complaint"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        events = speak.introduce(dispatcher, now)
        did_not_help = now.served and now.needs and not now.misses and tells_trouble(plain(heard.text))
        speak.say(dispatcher, "utter_complaint_more" if did_not_help else "utter_complaint")
        speak.command(dispatcher, commands.record("feedback", "complaint"))
        if now.misses + 1 >= _MISSES_UNTIL_PERSON:
            level = commands.ASKED_FOR_PERSON_LEVEL
            speak.command(dispatcher, commands.escalate("bot_could_not_help", level, commands.first_need(now)))
            return [*events, *_END_FORM]
        return [*events, SlotSet("misses", now.misses + 1)]


class WrongNumber(Move):
    """Someone who is not looking for help: a polite line, and how to hear no more from us."""

    def name(self) -> str:
        return "action_wrong_number"

    def act(self, dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
        speak.say(dispatcher, "utter_wrong_number")
        return [SlotSet("introduced", True), *_END_FORM]


def _consent_not_given(now: Known) -> str | None:
    """The question of consent that the last screening ended without a yes to, if any."""
    if now.wants_team and now.place and now.team_ok not in (None, YES):
        return "team_ok"
    return "mediation_ok" if now.wants_mediation and now.mediation_ok not in (None, YES) else None


def _here(dispatcher: CollectingDispatcher) -> bool:
    speak.say(dispatcher, "utter_here")
    return True


def _elsewhere(dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
    """A matter of the city's own line. The open question stays open; put here, it would stand before the answer."""
    if not any(re.search(rf"\b{re.escape(word)}(?:s|es)?\b", unaccented(heard.text)) for word in city_words()):
        return []
    events = speak.introduce(dispatcher, now)
    speak.command(dispatcher, commands.refer_elsewhere(commands.CITY))
    return [*events, SlotSet("misses", 0)]


def _missed(dispatcher: CollectingDispatcher, now: Known, heard: Said) -> speak.Events:
    if now.misses + 1 >= _MISSES_UNTIL_PERSON:
        return _ask_person(dispatcher, now)
    events = speak.introduce(dispatcher, now)
    menu = _hint(dispatcher, now, heard)
    if not menu:
        speak.say(dispatcher, f"utter_again_{now.open_question or 'needs'}")
        menu = list(now.menu)
    return [*events, SlotSet("misses", now.misses + 1), SlotSet("menu", menu or None)]


def _ask_person(dispatcher: CollectingDispatcher, now: Known) -> speak.Events:
    level = commands.COULD_NOT_HELP_LEVEL
    speak.say(dispatcher, "utter_cannot_help")
    speak.command(dispatcher, commands.escalate("bot_could_not_help", level, commands.first_need(now)))
    return [*_END_FORM, SlotSet("introduced", True)]


def _hint(dispatcher: CollectingDispatcher, now: Known, heard: Said) -> list[str]:
    """Offer the two likeliest needs as 1 and 2, when the need is what was being asked."""
    if now.open_question not in (None, "needs"):
        return []
    likely = [name[len(_NEED) :] for name, share in heard.ranking if name.startswith(_NEED) and share >= _LIKELY]
    likely = likely[: _HINTS - 1]
    if len(likely) < _HINTS - 1:
        return []
    names = [speak.need_name(need, now.language) for need in likely]
    speak.say(dispatcher, "utter_did_you_mean", first=names[0], second=names[1])
    return [*likely, "something_else"]
