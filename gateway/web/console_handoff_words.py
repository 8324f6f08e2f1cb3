"""What the console calls hand-offs, closings and second looks; beside :mod:`gateway.web.console_words`."""

from gateway.marking import N_
from gateway.web import console_words

STATES = {
    "prepared": N_("Prepared, not told yet"),
    "told": N_("Told"),
    "answered": N_("They answered"),
    "closed": N_("Put away"),
}
CONSENTS = {
    "given": N_("They said yes"),
    "refused": N_("They said no"),
    "no_answer": N_("Asked, no answer yet"),
    "not_asked": N_("Not asked"),
}
REASONS = {
    "imminent": N_("Somebody may die or be badly hurt soon"),
    "minor": N_("A child is in danger"),
    "cannot_answer": N_("They cannot answer"),
}
OUTCOMES = {
    "accepted": N_("They take it on"),
    "declined": N_("They do not take it on"),
    "referred_back": N_("They send it back to us"),
    "no_answer": N_("Nobody answered"),
    "unknown": N_("Not known"),
}
SOURCES = {
    "resident": N_("the resident"),
    "screening": N_("the computer's reading"),
    "responder": N_("a responder"),
    "carrier": N_("the phone company"),
    "nobody": N_("nobody"),
}
NAMES = {
    "place": N_("Place"),
    "caller": N_("Who calls"),
    "callback": N_("Call-back number"),
    "what": N_("What happened"),
    "about": N_("Who it is about"),
    "weapons": N_("Weapons"),
    "people": N_("People there"),
    "medical": N_("Medical"),
    "access": N_("Limits"),
    "language": N_("Language"),
    "age": N_("Age"),
    "need": N_("Asks for"),
}
EVENTS = {
    "prepared": N_("Prepared"),
    "shown": N_("Looked at"),
    "printed": N_("Opened to print"),
    "downloaded": N_("File downloaded"),
    "asked": N_("Resident asked"),
    "consent": N_("Answer of the resident noted"),
    "told": N_("Told"),
    "answered": N_("Their answer noted"),
    "corrected": N_("Fact added"),
    "closed": N_("Put away"),
}
ACTS = {
    **{f"handoff_{act}": label for act, label in {
        "prepared": N_("Hand-off prepared"),
        "asked": N_("Asked before handing over"),
        "consent": N_("Answer before handing over noted"),
        "told": N_("Handed over"),
        "answered": N_("Answer to the hand-off noted"),
        "corrected": N_("Fact added to the hand-off"),
        "closed": N_("Hand-off put away"),
        "number": N_("Opened the number for the hand-off"),
    }.items()},
    "second_look": N_("Second look"),
    "reopen": N_("Opened again after a second look"),
}  # fmt: skip
LOOKS = {"agree": N_("Agreed"), "reopen": N_("Opened again")}
FOLLOW_UPS = {"none": N_("None"), "asked": N_("Offered by text")}
PROBLEMS = {
    "reason_needed": N_("Not noted: say why it is told without a yes."),
    "consent_needed": N_("Not noted: 988 and 211 are told only of people who said yes."),
    "supervisor_needed": N_(
        "Not noted: they said no. Name the supervisor who decided with you, or say why none could be reached."
    ),
    "no_such_supervisor": N_("Not noted: that person is no supervisor."),
    "handoff_moved": N_("Nothing was changed: somebody went on with this hand-off. Look, then try again."),
    "cannot_ask": N_("Nothing was sent: claim the thread first."),
    "opted_out": N_("Nothing was sent: the resident opted out of texts."),
    "not_safe_to_text": N_("Nothing was sent: the resident said that texts are not safe."),
    "no_such_message": N_("Nothing was noted: choose a message of the resident."),
    "answer_before_question": N_("Nothing was noted: that message came before the question."),
    "unknown_fact": N_("Nothing was noted: choose what it is about, and write what you know."),
    "unknown_consent": N_("Nothing was noted: choose what they said."),
    "unknown_outcome": N_("Nothing was noted: choose what they answered."),
    "say_why": N_("Not opened: say why, for whoever reads it next."),
    "unknown_look": N_("Choose one of the two. Nothing was changed."),
}
CLOSING_PROBLEMS = {
    "unknown_closing": N_("Not closed: something chosen is on no list. Reload and try again."),
    "no_follow_up_after_danger": N_("Not closed: after danger nobody is asked how it went. Take the tick away."),
}
REFUSALS = {
    "no_such_handoff": N_("There is no such hand-off."),
    "not_yours_to_hand_over": N_("Somebody else has this thread: ask them, or a supervisor. Nothing was changed."),
    "unknown_service": N_("Choose 911, 988 or 211. Nothing was changed."),
    "no_file_for_this": N_("A file is made for 911 alone."),
    "no_such_closing": N_("There is nothing to look at: it was not closed as an emergency."),
    "own_closing": N_("You closed it yourself: somebody else looks at it. Nothing was changed."),
    "looked_at_already": N_("Somebody else has looked at it. Nothing was changed."),
}

console_words.ACTS.update(ACTS)
console_words.REFUSALS.update(REFUSALS)
console_words.PROBLEMS.update(CLOSING_PROBLEMS)
console_words.REASONS.update(
    {"wrote_again": N_("Wrote again after a danger"), "second_look": N_("Second look: open again")}
)

WORDS = {
    "states": STATES,
    "consents": CONSENTS,
    "why": REASONS,
    "outcomes": OUTCOMES,
    "sources": SOURCES,
    "facts": NAMES,
    "events": EVENTS,
    "problems": PROBLEMS,
    "looks": LOOKS,
    "follow_ups": FOLLOW_UPS,
}
"""All of it, as every template knows it: ``handing``."""
