"""What the console calls the supervisor's board and the broadcasts; beside :mod:`gateway.web.console_words`."""

from gateway.marking import N_
from gateway.web.console_dispatch_words import TEAM_ALARMS
from gateway.web.console_words import LANGUAGES
from gateway.web.duty_words import DAY_NAMES

REASONS = {
    "waits": N_("Nobody has taken it"),
    "danger": N_("New danger, not answered yet"),
    "unanswered": N_("A message waits for an answer"),
    "text_failed": N_("The last text did not arrive"),
    **TEAM_ALARMS,
}
LASTS = {60: N_("1 hour"), 240: N_("4 hours"), 720: N_("12 hours"), 1_440: N_("24 hours")}
PROBLEMS = {
    "broadcast_empty": N_("Not sent: it is empty."),
    "broadcast_too_long": N_("Not sent: it has more than 500 characters."),
    "no_such_desk": N_("Not sent: choose a desk from the list."),
    "no_such_time": N_("Not sent: choose how long it stands."),
    "broadcast_stands": N_("Not sent: the same message stands already."),
    "too_many_broadcasts": N_("Not sent: ten messages stand already. End one of them first."),
    "no_such_broadcast": N_("There is no such message."),
    "broadcast_over": N_("It had ended already."),
    "no_such_colleague": N_("Nothing was changed: choose somebody from the list."),
    "colleague_not_here": N_("Not given: their console is not open, so the thread would fall back to the queue."),
    "cannot_claim": N_("Not given: somebody has taken it, or it changed meanwhile."),
    "cannot_assign": N_("Not given: somebody has taken it, or it changed meanwhile."),
    "epoch_missing": N_("Nothing was changed: somebody was faster. Look, then try again."),
}
WORDS = {"reasons": REASONS, "lasts": LASTS, "problems": PROBLEMS, "languages": LANGUAGES, "days": DAY_NAMES}
"""All of it, as the templates of these pages know it: ``board_words``."""
