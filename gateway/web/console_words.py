"""What the console calls things, for the people who work in it; one place, so that a translation finds all of it."""

from typing import Any

from flask import g

from gateway import language
from gateway.escalations import DISPOSITIONS, LOWER_REASONS
from gateway.labels import READINGS, VERDICTS
from gateway.marking import N_
from gateway.models import Conversation
from gateway.web import console_language

LEVELS = {
    "emergency": N_("Emergency"),
    "urgent": N_("Urgent"),
    "routine": N_("Routine"),
    "none": N_("No danger found"),
}
REASONS = {
    "risk": N_("Possible danger"),
    "asked_for_person": N_("Asked for a person"),
    "bot_could_not_help": N_("The bot could not help"),
    "bot_unavailable": N_("The bot is not available"),
    "interpreter": N_("Needs an interpreter"),
    "danger_said": N_("Said there is danger"),
    "not_safe": N_("Says they are not safe"),
    "check_unanswered": N_("Did not say whether they are safe"),
    "team_request": N_("Asks for a team to come"),
    "stop_in_danger": N_("Opted out, may be in danger"),
    "mediation": N_("Asks for a mediator"),
    "text_failed": N_("A text could not be delivered"),
    "could_not_process": N_("A message could not be read by the computer"),
}
CHANNELS = {"sms": N_("Text message"), "webchat": N_("Web chat")}
LANGUAGES = {"en": N_("English"), "es": N_("Spanish")}
UNKNOWN_LANGUAGE = "Language not known"
AUTHORS = {"resident": N_("Resident"), "bot": N_("Bot"), "system": N_("Front Door"), "responder": N_("Responder")}
STATUSES = {"waiting": N_("Waiting"), "claimed": N_("Claimed"), "resolved": N_("Resolved")}
DELIVERIES = {
    "queued": N_("Waiting to be sent"),
    "sending": N_("Being sent"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "failed": N_("Not delivered"),
    "cancelled": N_("Cancelled, not sent"),
}
ACTS = {
    "open": N_("Opened"),
    "raise": N_("Raised"),
    "claim": N_("Claimed"),
    "release": N_("Put back into the queue"),
    "lower": N_("Lowered"),
    "silent": N_("Resident silent"),
    "opted_out": N_("Opted out: cannot be texted, call"),
    "by_text": N_("The resident went on by text"),
    "show_number": N_("Looked at the number"),
    "resolve": N_("Resolved"),
    "interpreter": N_("Interpreter needed"),
    "lapse": N_("Back in the queue: its owner was not there"),
    "pass_on": N_("Passed on to a desk"),
    "transfer": N_("Passed on"),
    "offer": N_("Somebody was asked to take it"),
    "decline": N_("Said no to taking it"),
    "take_over": N_("Taken over"),
    "assign": N_("Given to somebody"),
    "join": N_("Joined"),
    "leave": N_("Left"),
    "note": N_("Wrote a note"),
    "tell_service": N_("Told of a service"),
    "view_earlier": N_("Read an earlier conversation"),
    "want_picture": N_("Asked for what came with a text"),
    "look_at_picture": N_("Looked at a picture"),
}
LABELS = {
    "ok": N_("Nothing missed"),
    "missed": N_("Danger missed"),
    "true": N_("Real danger"),
    "over_call": N_("False alarm"),
    "unclear": N_("Unclear"),
}
# Shown, never obeyed: what a resident says about their own words lowers nothing (decision 10).
RETRACTIONS = {
    "joke": N_("Says it was a joke"),
    "false_alarm": N_("Says it is over, or was a false alarm"),
    "found": N_("Says the person was found"),
    "never_mind": N_("Takes it back"),
}
# Of whom and of when the words tell, beside what was found; what is unsaid has no words here and is not shown.
# What screening noted beside a finding, as the risk package writes it.
NOTES = {"long past": N_("by itself read as something of the past")}
NOTED = {
    "read as: ": N_("read as: %(rest)s"),
    "raised to ": N_("raised to: %(rest)s"),
    "lowered to ": N_("lowered to: %(rest)s"),
    "speaks for it: ": N_("speaks for it: %(rest)s"),
    "danger ": N_("danger %(rest)s"),
    "language: ": N_("language: %(rest)s"),
}
WHO = {"self": N_("the resident"), "other": N_("someone else"), "public": N_("people in general")}
WHEN = {"now": N_("now"), "days": N_("these days"), "past": N_("long ago"), "hypothetical": N_("if or perhaps")}
SET_ASIDE = {
    "denied": N_("denied"),
    "reported": N_("from a film, a class, a form or the news"),
    "laughed": N_("said laughing"),
    "idiom": N_("a saying"),
    "beside": N_("harmless by the words beside it"),
}
PROBLEMS = {
    "empty": N_("Nothing was sent: the message is empty."),
    "too_long": N_("Nothing was sent: the message has more than 1,600 characters."),
    "note_empty": N_("No note was kept: it is empty."),
    "note_too_long": N_("No note was kept: it has more than 1,600 characters."),
    "no_disposition": N_("Not resolved: choose how it ended."),
    "no_reason": N_("Not lowered: choose a lower level and the reason."),
    "pair_incomplete": N_("Nothing was sent: fill in the place of the ready reply first."),
    "opted_out": N_("Nothing was sent: the resident opted out of texts."),
    "not_safe_to_text": N_(
        "Nothing was sent: they said a text is not safe. Tick that it goes all the same, then send."
    ),
    "full_danger": N_("You have as much as one person should hold. Somebody is in danger here: take it if you can."),
    "full_routine": N_("You have as much as one person should hold, and somebody else has room. It was not claimed."),
    "resting": N_("You are on a break. Take it all the same only if nobody else can."),
    "resting_routine": N_("You are on a break, and somebody else has room. It was not claimed."),
    "colleague_full": N_("Not passed on: they have as much as one person should hold. Ask them instead."),
    "colleague_not_here": N_("Not passed on: their console is not open, so the thread would fall back to the queue."),
    "no_such_colleague": N_("Nothing was changed: choose somebody from the list."),
    "no_such_desk": N_("Nothing was changed: choose a desk from the list."),
    "no_take_over_reason": N_("Not taken over: choose the reason."),
    "yourself": N_("Nothing was changed: that is you."),
}
REFUSALS = {
    "form_expired": N_("This page was too old. Nothing was changed. Go back, reload and try again."),
    "other_origin": N_("This did not come from the console. Nothing was changed."),
    "log_in_needed": N_("Log in to go on."),
    "no_such_escalation": N_("There is no such thread."),
    "bad_ids": N_("This page asked for threads in a way that is not known. Reload it."),
    "not_your_thread": N_("Only the owner of a thread writes in it. Nothing was kept."),
    "may_not_read_earlier": N_("Only the owner of a thread and supervisors read earlier conversations."),
    "not_on_thread": N_("Only who has, joined or listens to a thread sees what came with its texts."),
    "no_such_attachment": N_("There is no such picture in this thread, or it was forgotten."),
    "press_first": N_("Press the picture on the thread's page first: each look is written down."),
    "no_such_conversation": N_("There is no such conversation of this resident."),
    "no_such_pair": N_("There is no such ready reply. Nothing was sent."),
    "may_not_call": N_("Only the owner and supervisors see a number, and only of someone in danger who opted out."),
    "no_such_alarm": N_("There is no such alarm in this thread. Nothing was changed."),
    "second_factor_needed": N_("Set up a second step first: here a password alone opens nothing."),
    "admins_only": N_("Only admins may say who works here."),
    "log_in_again": N_("Log in again first. Nothing was changed."),
    "no_such_log_in": N_("This log-in has ended already."),
    "no_such_passkey": N_("There is no such passkey. Nothing was changed."),
    "no_factor": N_("Set up an app or a passkey first."),
    "no_such_person": N_("There is no such person. Nothing was changed."),
    "no_such_invitation": N_("This link is worth nothing any more."),
    "passkey_refused": N_("The passkey was not taken."),
    "supervisors_only": N_("Only supervisors may read this."),
    "responders_only": N_("Only people who answer residents may read this."),
    "editors_only": N_("Only editors of the directory may change it."),
    "no_such_week": N_("There is no such week, or it is not over."),
    "not_in_sample": N_("This message is not in the sample. Nothing was changed."),
    "already_read": N_("Two people have read this message. Nothing was changed."),
    "unknown_label": N_("Choose one of the three. Nothing was changed."),
    "level_not_lower": N_("Nothing was changed: the new level must be lower than the one it has."),
    "bad_date": N_("Choose a day that is over, as 2026-09-01."),
    "no_such_referral": N_("There is no such service in this thread. Nothing was changed."),
    "referral_moved": N_("More is known of this service by now. Nothing was changed. Look, then try again."),
    "no_link_for_this_service": N_("The provider cannot be asked about this service."),
    "busy": N_("Too many people are logging in at once. Try again in a moment."),
    "no_such_service": N_("There is no such service in the directory. Nothing was changed."),
    "no_such_place": N_("There is no such place in the directory. Nothing was changed."),
    "unfit": N_("Choose at least one need that it meets. Nothing was changed."),
    "no_such_import": N_("There is no such import."),
    "cannot_be_undone": N_("This import cannot be taken back any more: what it changed is no longer written down."),
    "import_decided": N_("Somebody decided this already. Nothing was changed."),
    "second_person_needed": N_("You have said yes already. A second person must agree. Nothing was changed."),
    "say_that_you_know": N_("Nothing was changed: this takes many services away. Go back and tick that you know it."),
    "set_is_at_work": N_("Something was asked for this list already. Decide that first. Nothing was changed."),
    "too_many_uploads": N_("Too many lists wait already. Decide or withdraw one of them first. Nothing was taken."),
    "file_too_large": N_("This file is too large: at most 100 MB are taken here. Send it as a ZIP."),
    "request_entity_too_large": N_("This file is too large: at most 100 MB are taken here. Send it as a ZIP."),
    "dataset_is_ours": N_(
        "This name is taken by what editors added here or by what comes with us. Choose another name."
    ),
    "import_at_work": N_("An import is at work. Nothing was changed: try again in a minute."),
    "no_such_correction": N_("There is no such correction. Nothing was changed."),
    "correction_decided": N_("Somebody has decided this already. Nothing was changed."),
    "unknown_correction": N_("Choose what is wrong. Nothing was changed."),
    "unknown_decision": N_("Choose one of the two. Nothing was changed."),
    "unknown_closure": N_("Choose until when and why. Nothing was changed."),
    "no_such_closure": N_("There is no such closure. Nothing was changed."),
    "closure_ended": N_("It is open again already. Nothing was changed."),
    "record_changed": N_(
        "Somebody changed this record meanwhile. Nothing of yours was kept: read it again, then write."
    ),
    "store_unavailable": N_("The store does not answer. Nothing was changed. Residents still get safety texts."),
}

# What the page's own scripts say; words.js fills in what stands in braces.
PAGE_WORDS = {
    "live": N_("Live"),
    "not_live": N_("Not live"),
    "level_routine": N_("routine"),
    "level_urgent": N_("urgent"),
    "level_emergency": N_("emergency"),
    "new_waiting": N_("New: {level} is waiting"),
    "look_now": N_("Look now at a thread that waits"),
    "new_danger": N_("New danger in a thread of yours"),
    "stopped_writing": N_("A resident in danger has stopped writing"),
    "broadcast": N_("A message from a supervisor"),
    "urgent_broadcast": N_("An urgent message from a supervisor"),
    "characters": N_("{count} characters"),
    "one_text": N_("{units} {encoding} · 1 text"),
    "texts": N_("{units} {encoding} · {count} texts"),
}

WORDS = {
    "levels": LEVELS,
    "reasons": REASONS,
    "channels": CHANNELS,
    "authors": AUTHORS,
    "statuses": STATUSES,
    "deliveries": DELIVERIES,
    "acts": ACTS,
    "labels": LABELS,
    "problems": PROBLEMS,
    "retractions": RETRACTIONS,
    "who": WHO,
    "when": WHEN,
    "set_aside": SET_ASIDE,
    "lower_reasons": LOWER_REASONS,
    "refusals": REFUSALS,
}


def for_templates() -> dict[str, Any]:
    """The words and the person who is logged in, for every page of the console."""
    return {
        "words": WORDS,
        "all_dispositions": DISPOSITIONS,
        "readings": READINGS,
        "verdicts": VERDICTS,
        "page_words": PAGE_WORDS,
        "me": g.get("responder"),
        "screen_note": screen_note,
        "plain": plain,
        "span": span,
        "spoken": spoken,
        "tongue": tongue,
    }


def plain(code: str) -> str:
    """A code that has no words of its own, made readable: ``domestic_violence`` is "domestic violence"."""
    return code.replace("_", " ")


def screen_note(note: str) -> str:
    """What screening noted beside a finding, in the words of whoever reads: it is stored in English."""
    if note in NOTES:
        return console_language.say(NOTES[note])
    for begins, words in NOTED.items():
        if note.startswith(begins):
            rest = note.removeprefix(begins)
            return console_language.say(words, rest=console_language.say(LEVELS.get(rest, rest)))
    return note


def tongue(code: str | None) -> str:
    """The name of a language as it is stored: ``es`` is "Spanish", ``other:ht`` is "Haitian Creole (ht)"."""
    if code in LANGUAGES:
        return LANGUAGES[code]
    kind, _, iso = (code or "").partition(":")
    if kind != "other" or not iso:
        return UNKNOWN_LANGUAGE
    known = console_language.name_of(iso) or language.name(iso)
    return f"{known} ({iso})" if known else iso


def spoken(conversation: Conversation) -> str:
    """What a conversation is written in, as an interpreter is looked for: a third language first, if one was heard."""
    other = (conversation.language_memory or {}).get("other")
    if not other:
        return tongue(conversation.language)
    both = [f"other:{other}", *([conversation.language] if conversation.language else [])]
    return ", ".join(map(tongue, both))


def span(seconds: int) -> str:
    """How long somebody waits, as the page's own clock shows it: 45 s, 3 min, 2 h 05."""
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds} s"
    if seconds < 3600:  # noqa: PLR2004
        return f"{seconds // 60} min"
    if seconds < 86_400:  # noqa: PLR2004
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d}"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3600} h"
