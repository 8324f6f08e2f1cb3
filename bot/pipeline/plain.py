"""One way of writing a text for comparison: lower case, no accents, no punctuation, single spaces."""

from __future__ import annotations

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w]+")


def unaccented(text: str) -> str:
    """The text without accents and marks; "ñ" becomes "n", as many residents write it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def plain(text: str) -> str:
    """The words of a text, unaccented and lower case, with single spaces between them."""
    return _NOT_WORD.sub(" ", unaccented(text).replace("'", "").replace("\u2019", "")).strip()
