"""Cut a message into the parts that may each tell a need: "food and diapers, also a ride" tells three."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[,.;!?\n]+|\b(?:and|also|plus|n|y|e|tambi[e\u00e9]n|adem[a\u00e1]s)\b|&", re.I)
_LEAST_WORDS = 2
_MOST = 6


def clauses(text: str) -> list[str]:
    """The parts of two words or more, six at most; none when the message has only one such part."""
    parts = [part.strip() for part in _BETWEEN.split(text)]
    long_enough = [part for part in parts if len(part.split()) >= _LEAST_WORDS][:_MOST]
    return long_enough if len(long_enough) > 1 else []
