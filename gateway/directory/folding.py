"""Brings a text to the form in which words are compared."""

import unicodedata


def fold(text: str) -> str:
    """Small letters without accents, single blanks."""
    if text.isascii():  # most texts are, and this is asked a thousand times for each search
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
