"""What the console calls things, for the people who work in it; one place, so that a translation finds all of it."""

from typing import Any

from flask import g

from gateway import language
from gateway.escalations import DISPOSITIONS, LOWER_REASONS
from gateway.labels import READINGS, VERDICTS
from gateway.models import Conversation

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
    "no_disposition": "Not resolved: choose how it ended.",
    "no_reason": "Not lowered: choose a lower level and the reason.",
    "opted_out": "Nothing was sent: the resident opted out of texts.",
}
REFUSALS = {
    "form_expired": "This page was too old. Nothing was changed. Go back, reload and try again.",
    "other_origin": "This did not come from the console. Nothing was changed.",
    "log_in_needed": "Log in to go on.",
    "no_such_escalation": "There is no such thread.",
    "may_not_call": "Only the owner and supervisors see a number, and only of someone in danger who opted out.",
    "no_such_alarm": "There is no such alarm in this thread. Nothing was changed.",
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
    "store_unavailable": "The store does not answer. Nothing was changed. Residents still get safety texts.",
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
        "dispositions": {key: text for key, text in DISPOSITIONS.items() if key != "returned_to_bot"},
        "all_dispositions": DISPOSITIONS,
        "readings": READINGS,
        "verdicts": VERDICTS,
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
