"""What a text is about where no known word says it, learned from rows: "the bank set a sale date" is a foreclosure.

The words of ``topics.yml`` are read first; this net (:mod:`gateway.risk.linear`) guesses beside them, of what residents
tell and of what publishers write. It learned from ``rows/``, which were written for this project, and ``make matters``
trains it anew.
"""

import logging
import zipfile
import zlib
from functools import cache
from pathlib import Path

from gateway.directory.topics import MARK
from gateway.risk.linear import Linear

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights.zip"
ROWS = HERE / "rows"
NOTHING = "-"  # the class of what asks for nothing
AT_LARGE = "="  # before a need: the class of what asks for it and for nothing in particular
MOST, LEAST = 3, 0.1  # so many are told, and no chance below this
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error)


def guesses(text: str) -> tuple[tuple[str, float], ...]:
    """The topics that a text may be about with the chance of each, 0 to 1, the likeliest first; among them that it asks
    for nothing, or for a need at large, which are no topics.

    None where the weights cannot be read, which is logged: search goes on by the words that it knows. No text is kept.
    """
    read = net()
    if read is None:
        return ()
    chances = read.chances(text)
    found = ((read.names[place], float(chances[place])) for place in (-chances).argsort()[:MOST])
    return tuple((MARK + name, chance) for name, chance in found if chance >= LEAST)


@cache
def net() -> Linear | None:
    """The net that ships, read once per process."""
    try:
        return Linear(WEIGHTS)
    except UNREADABLE as failure:
        log.error("what texts are about is not guessed, %s cannot be read: %s", WEIGHTS.name, failure)
        return None
