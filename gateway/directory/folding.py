"""Brings a text to the form in which words are compared."""

import re
import unicodedata

I_WOULD = re.compile(r"\bi'd\b|\bid(?= (?:like|love|rather|prefer|appreciate|be|really)\b)")


def fold(text: str) -> str:
    """Small letters without accents, single blanks."""
    if text.isascii():  # most texts are, and this is asked a thousand times for each search
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def fold_closed(text: str) -> str:
    """The same without apostrophes, so that "can't" and "cant" are one word; "I'd" is no ID."""
    plain = fold(text).replace("\u2019", "'")
    return I_WOULD.sub("i would", plain).replace("'", "")
