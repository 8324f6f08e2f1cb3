"""Whether the words that a responder texts speak of danger, and whether that may be their own."""

import re

from gateway import risk
from gateway.risk import Level
from gateway.risk.raising import CARD

SELF = "self"
# A question to whom they answer, and nothing else.
ASKED = re.compile(r"(?:are|do|did|have|were) you\b[^.!?\n]*\?*|¿[^.!?\n]*\?", re.IGNORECASE)


def spoken_of(words: str) -> bool:
    """Whether these words, were they a resident's, call for help; screening that fails counts as danger."""
    return risk.screen(words).level >= Level.URGENT


def may_be_their_own(words: str) -> bool:
    """Whether words of danger from somebody who answers another person may be about themselves.

    To ask outright is what helps ("are you thinking about suicide?"), and the net takes much of what is said to people
    in danger for danger: what it alone finds, and a question that is all there is, is not held up.
    """
    found = risk.screen(words)
    ruled = [each for each in found.findings if not each.card_id.startswith(f"{CARD}.")]
    asked = ASKED.fullmatch(words.strip()) is not None and all(each.who != SELF for each in ruled)
    return found.not_screened is not None or (bool(ruled) and not asked)
