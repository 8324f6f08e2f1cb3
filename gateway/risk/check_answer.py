"""What an answer to "Are you safe right now?" means; whoever is not sure is not safe."""

import re
from functools import cache

from gateway.risk.sayings import Sayings, read_sayings

SAFE, UNSAFE, PERSON = "safe", "unsafe", "person"
_MARKS = re.compile(r"[.,;:!?¡¿()/-]+")


def check_answer(text: str) -> str | None:
    """``unsafe``, ``person`` or ``safe``; None for words that are no answer. The worse of two meanings counts.

    Raises CardError when its words cannot be read.
    """
    # "Yes, thanks." is one answer: how it is cut up does not matter in so short a text.
    return sayings().first(_MARKS.sub(" ", text))


@cache
def sayings() -> Sayings:
    """The words of check_answer.yml, read once per process."""
    return read_sayings("check_answer.yml")
