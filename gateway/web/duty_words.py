"""What the console calls shifts, rotas, drills and rest; beside :mod:`gateway.web.console_words`."""

from datetime import datetime

from gateway.marking import N_
from gateway.rota import DAYS
from gateway.web import console_words

DAY_NAMES = dict(zip(DAYS, (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun")), strict=True))
MEANS = {"console": N_("Console"), "push": N_("Push"), "sms": N_("Text"), "voice": N_("Call")}
PAGE_STATES = {
    "planned": N_("not sent"),
    "sent": N_("sent"),
    "delivered": N_("arrived"),
    "acknowledged": N_("answered"),
    "timed_out": N_("no answer"),
    "failed": N_("failed"),
    "skipped": N_("not sent"),
}
WHY = {
    "no_device": N_("no device"),
    "unverified": N_("number not verified"),
    "opted_out": N_("texts stopped"),
    "wrong_number": N_("wrong number"),
    "resting": N_("on a break"),
    "full": N_("had as much as one person should hold"),
    "claimed": N_("somebody else was first"),
    "declined": N_("they said that they cannot"),
    "busy": N_("busy"),
    "no_answer": N_("not picked up"),
    "failed": N_("the call did not get through"),
    "drill_over": N_("the drill was over"),
    "restarted": N_("it began anew"),
}
THEMES = {
    "suicide": N_("Suicide"),
    "self_harm": N_("Self-harm"),
    "overdose": N_("Overdose"),
    "sexual_assault": N_("Sexual assault"),
    "partner_violence": N_("Violence by a partner"),
    "child": N_("Harm to a child"),
    "elder": N_("Harm to an older person"),
    "trafficking": N_("Trafficking"),
    "violence": N_("Violence"),
    "psychosis": N_("Hearing or seeing what others do not"),
}
OUTCOMES = {
    "passed": N_("Passed"),
    "failed": N_("Failed"),
    "broken_off": N_("Broken off, as somebody waited in danger"),
    "skipped": N_("Skipped"),
}
SKIPPED = {
    "danger": N_("somebody waited in danger"),
    "not_begun": N_("nothing began it within its hour. Does the worker run?"),
}
PROBLEMS = {
    "not_on_call": N_("Not done: choose somebody who answers residents."),
    "no_day": N_("Not done: choose at least one day."),
    "no_time": N_("Not done: give a beginning and an end that is after it, at most 36 hours later and not over yet."),
    "no_date": N_("Not done: give a date."),
    "weeks": N_("Not done: every 1 to 8 weeks."),
    "ends_before": N_("Not done: the last day is before the first."),
    "not_your_shift": N_("Not done: that is not your shift."),
    "shift_over": N_("Not done: that shift is over."),
    "not_begun": N_("Not done: that shift has not begun. Ask for a swap instead."),
    "asked_already": N_("You asked already. It is still open."),
    "swap_settled": N_("Not done: that swap is settled. Somebody may have been faster."),
    "not_asked": N_("Not done: somebody else was asked."),
    "own_shift": N_("That is your own shift."),
    "on_call_then": N_("Not done: you are on call yourself at that time, so there would be one person less."),
    "drill_runs": N_("A drill runs already."),
    "drill_in_danger": N_("Not done: somebody waits in danger. Run the drill later."),
    "not_yours": N_("Not done: that is for somebody else to do."),
    "debrief_over": N_("That talk is settled already."),
}

console_words.REASONS.update({"drill": N_("Drill: no resident waits")})
console_words.ACTS.update(
    {
        "page": N_("Paged"),
        "page_anew": N_("Danger again while nobody came: paging began anew"),
        "ladder_failed": N_("Paging failed and is tried again"),
        "told_nobody": N_("Resident told that nobody has answered yet"),
        "decline_page": N_("Said on the phone that they cannot"),
    }
)
console_words.CHANNELS.update({"drill": N_("Drill")})

WORDS = {
    "days": DAY_NAMES,
    "means": MEANS,
    "states": PAGE_STATES,
    "why": WHY,
    "outcomes": OUTCOMES,
    "skipped": SKIPPED,
    "themes": THEMES,
    "problems": PROBLEMS,
    "languages": console_words.LANGUAGES,
}
"""All of it, as the templates know it: ``duty``."""


def day_of(local: datetime) -> str:
    """The name of the day of a local time."""
    return DAY_NAMES[DAYS[local.weekday()]]
