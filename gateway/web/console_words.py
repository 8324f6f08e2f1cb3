"""What the console calls things, for the people who work in it; one place, so that a translation finds all of it."""

from typing import Any

from flask import g

from gateway import language
from gateway.escalations import DISPOSITIONS, LOWER_REASONS
from gateway.labels import READINGS, VERDICTS
from gateway.models import Conversation


def N_(text: str) -> str:
    """Mark words that are translated where they are drawn."""
    return text


LEVELS = {
    "emergency": "Emergency",
    "urgent": "Urgent",
    "routine": "Routine",
    "none": "No danger found",
}
REASONS = {
    "risk": "Possible danger",
    "asked_for_person": "Asked for a person",
    "bot_could_not_help": "The bot could not help",
    "bot_unavailable": "The bot is not available",
    "interpreter": "Needs an interpreter",
    "danger_said": "Said there is danger",
    "not_safe": "Says they are not safe",
    "check_unanswered": "Did not say whether they are safe",
    "team_request": "Asks for a team to come",
    "stop_in_danger": "Opted out, may be in danger",
    "mediation": "Asks for a mediator",
    "text_failed": "A text could not be delivered",
    "could_not_process": "A message could not be read by the computer",
}
CHANNELS = {"sms": "Text message", "webchat": "Web chat"}
LANGUAGES = {"en": "English", "es": "Spanish"}
UNKNOWN_LANGUAGE = "Language not known"
AUTHORS = {"resident": "Resident", "bot": "Bot", "system": "Front Door", "responder": "Responder"}
STATUSES = {"waiting": "Waiting", "claimed": "Claimed", "resolved": "Resolved"}
DELIVERIES = {
    "queued": "Waiting to be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "delivered": "Delivered",
    "failed": "Not delivered",
    "cancelled": "Cancelled, not sent",
}
ACTS = {
    "open": "Opened",
    "raise": "Raised",
    "claim": "Claimed",
    "release": "Put back into the queue",
    "lower": "Lowered",
    "silent": "Resident silent",
    "opted_out": "Opted out: cannot be texted, call",
    "show_number": "Looked at the number",
    "resolve": "Resolved",
    "interpreter": "Interpreter needed",
    "lapse": "Back in the queue: its owner was not there",
    "pass_on": "Passed on to a desk",
    "transfer": "Passed on",
    "offer": "Somebody was asked to take it",
    "decline": "Said no to taking it",
    "take_over": "Taken over",
    "assign": "Given to somebody",
    "join": "Joined",
    "leave": "Left",
    "note": "Wrote a note",
    "tell_service": "Told of a service",
    "view_earlier": "Read an earlier conversation",
}
LABELS = {
    "ok": "Nothing missed",
    "missed": "Danger missed",
    "true": "Real danger",
    "over_call": "False alarm",
    "unclear": "Unclear",
}
# Shown, never obeyed: what a resident says about their own words lowers nothing (decision 10).
RETRACTIONS = {
    "joke": "Says it was a joke",
    "false_alarm": "Says it was a false alarm",
    "found": "Says the person was found",
    "never_mind": "Takes it back",
}
# Of whom and of when the words tell, beside what was found; what is unsaid has no words here and is not shown.
WHO = {"self": "the resident", "other": "someone else", "public": "people in general"}
WHEN = {"now": "now", "days": "these days", "past": "long ago", "hypothetical": "if or perhaps"}
SET_ASIDE = {
    "denied": "denied",
    "reported": "from a film, a class, a form or the news",
    "laughed": "said laughing",
    "idiom": "a saying",
    "beside": "harmless by the words beside it",
}
PROBLEMS = {
    "empty": "Nothing was sent: the message is empty.",
    "too_long": "Nothing was sent: the message has more than 1,600 characters.",
    "note_empty": "No note was kept: it is empty.",
    "note_too_long": "No note was kept: it has more than 1,600 characters.",
    "no_disposition": "Not resolved: choose how it ended.",
    "no_reason": "Not lowered: choose a lower level and the reason.",
    "pair_incomplete": "Nothing was sent: fill in the place of the ready reply first.",
    "opted_out": "Nothing was sent: the resident opted out of texts.",
    "full_danger": "You have as much as one person should hold. Somebody is in danger here: take it if you can.",
    "full_routine": "You have as much as one person should hold, and somebody else has room. It was not claimed.",
    "resting": "You are on a break. Take it all the same only if nobody else can.",
    "resting_routine": "You are on a break, and somebody else has room. It was not claimed.",
    "colleague_full": "Not passed on: they have as much as one person should hold. Ask them instead.",
    "colleague_not_here": "Not passed on: their console is not open, so the thread would fall back to the queue.",
    "no_such_colleague": "Nothing was changed: choose somebody from the list.",
    "no_such_desk": "Nothing was changed: choose a desk from the list.",
    "no_take_over_reason": "Not taken over: choose the reason.",
    "yourself": "Nothing was changed: that is you.",
}
REFUSALS = {
    "form_expired": "This page was too old. Nothing was changed. Go back, reload and try again.",
    "other_origin": "This did not come from the console. Nothing was changed.",
    "log_in_needed": "Log in to go on.",
    "no_such_escalation": "There is no such thread.",
    "bad_ids": "This page asked for threads in a way that is not known. Reload it.",
    "not_your_thread": "Only the owner of a thread writes in it. Nothing was kept.",
    "may_not_read_earlier": "Only the owner of a thread and supervisors read earlier conversations.",
    "no_such_conversation": "There is no such conversation of this resident.",
    "no_such_pair": "There is no such ready reply. Nothing was sent.",
    "may_not_call": "Only the owner and supervisors see a number, and only of someone in danger who opted out.",
    "no_such_alarm": "There is no such alarm in this thread. Nothing was changed.",
    "second_factor_needed": "Set up a second step first: here a password alone opens nothing.",
    "admins_only": "Only admins may say who works here.",
    "log_in_again": "Log in again first. Nothing was changed.",
    "no_such_log_in": "This log-in has ended already.",
    "no_such_passkey": "There is no such passkey. Nothing was changed.",
    "no_factor": "Set up an app or a passkey first.",
    "no_such_person": "There is no such person. Nothing was changed.",
    "no_such_invitation": "This link is worth nothing any more.",
    "passkey_refused": "The passkey was not taken.",
    "supervisors_only": "Only supervisors may read this.",
    "responders_only": "Only people who answer residents may read this.",
    "editors_only": "Only editors of the directory may change it.",
    "no_such_week": "There is no such week, or it is not over.",
    "not_in_sample": "This message is not in the sample. Nothing was changed.",
    "already_read": "Two people have read this message. Nothing was changed.",
    "unknown_label": "Choose one of the three. Nothing was changed.",
    "level_not_lower": "Nothing was changed: the new level must be lower than the one it has.",
    "bad_date": "Choose a day that is over, as 2026-09-01.",
    "no_such_referral": "There is no such service in this thread. Nothing was changed.",
    "referral_moved": "More is known of this service by now. Nothing was changed. Look, then try again.",
    "no_link_for_this_service": "The provider cannot be asked about this service.",
    "busy": "Too many people are logging in at once. Try again in a moment.",
    "no_such_service": "There is no such service in the directory. Nothing was changed.",
    "no_such_place": "There is no such place in the directory. Nothing was changed.",
    "unfit": "Choose at least one need that it meets. Nothing was changed.",
    "no_such_import": "There is no such import.",
    "cannot_be_undone": "This import cannot be taken back any more: what it changed is no longer written down.",
    "import_decided": "Somebody decided this already. Nothing was changed.",
    "second_person_needed": "You have said yes already. A second person must agree. Nothing was changed.",
    "say_that_you_know": "Nothing was changed: this takes many services away. Go back and tick that you know it.",
    "set_is_at_work": "Something was asked for this list already. Decide that first. Nothing was changed.",
    "too_many_uploads": "Too many lists wait already. Decide or withdraw one of them first. Nothing was taken.",
    "file_too_large": "This file is too large: at most 100 MB are taken here. Send it as a ZIP.",
    "request_entity_too_large": "This file is too large: at most 100 MB are taken here. Send it as a ZIP.",
    "dataset_is_ours": "This name is taken by what editors added here or by what comes with us. Choose another name.",
    "import_at_work": "An import is at work. Nothing was changed: try again in a minute.",
    "no_such_correction": "There is no such correction. Nothing was changed.",
    "correction_decided": "Somebody has decided this already. Nothing was changed.",
    "unknown_correction": "Choose what is wrong. Nothing was changed.",
    "unknown_decision": "Choose one of the two. Nothing was changed.",
    "unknown_closure": "Choose until when and why. Nothing was changed.",
    "no_such_closure": "There is no such closure. Nothing was changed.",
    "closure_ended": "It is open again already. Nothing was changed.",
    "record_changed": "Somebody changed this record meanwhile. Nothing of yours was kept: read it again, then write.",
    "store_unavailable": "The store does not answer. Nothing was changed. Residents still get safety texts.",
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
        "plain": plain,
        "span": span,
        "spoken": spoken,
        "tongue": tongue,
    }


def plain(code: str) -> str:
    """A code that has no words of its own, made readable: ``domestic_violence`` is "domestic violence"."""
    return code.replace("_", " ")


def tongue(code: str | None) -> str:
    """The name of a language as it is stored: ``es`` is "Spanish", ``other:ht`` is "Haitian Creole (ht)"."""
    if code in LANGUAGES:
        return LANGUAGES[code]
    kind, _, iso = (code or "").partition(":")
    if kind != "other" or not iso:
        return UNKNOWN_LANGUAGE
    known = language.name(iso)
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
