"""What a message takes back: "no, not food, a shelter" is no wish for food. Pure: the words of the needs are given."""

from __future__ import annotations

import re

from bot.pipeline.plain import unaccented

Words = tuple[tuple[str, str], ...]
"""Pairs of a need's word, unaccented, and its need; the longest word first, so that it hides shorter ones in it."""

_PARTS = re.compile(r"[,.;:!?\n]+|\b(?:but|just|only|pero|sino|solo|nomas|y|and)\b")
_ARTICLES = r"(?:(?:a|an|any|the|some|more|for|about|un|una|el|la|los|las|de|mas|por|para)\s+){0,2}"
# "I have no food" and "no tengo comida" tell a need, so only these refuse one outright.
_REFUSED = re.compile(
    r"\b(?:not|(?:dont|do not|doesnt|didnt|did not) (?:need|want|mean)|not looking for|instead of|rather than"
    r"|no longer need|no (?:lo )?"
    r"(?:quiero|necesito|busco|ocupo|pedi|pido|dije|es|era)|en (?:vez|lugar) de) " + _ARTICLES
)
_BARE_NO = re.compile(r"^(?:(?:no|nope|nah)\s+)+" + _ARTICLES)
_NO_BEHIND = re.compile(r"\s+no$")
# "No tengo comida" and "no food at home" go on telling; "no, a shelter" and "no i need a shelter" take something back.
_MENDS = re.compile(
    r"^(?:(?:no|nope|nah)"
    r"(?:\s*[,.;:!]|\s+(?:no[, ]|not |i (?:need|want|mean)|its |a |an |un |una |es |quiero |necesito ))"
    r"|(?:actually|i mean|i meant|instead|wait|mejor|quise decir|quiero decir|me equivoque|perdon|sorry)\b)"
)
_ADDS = re.compile(r"\b(?:also|too|as well|plus|and i need|tambien|ademas|aparte|igual)\b")


def mends(text: str) -> bool:
    """Whether a message begins as one that corrects what was said before, and does not merely add to it."""
    words = unaccented(text).strip()
    return bool(_MENDS.match(words)) and not _ADDS.search(words)


def denied(text: str, words: Words, known: tuple[str, ...]) -> tuple[str, ...]:
    """The needs that a message refuses. A bare "no food" refuses only what was named before, beside another need."""
    refused: list[str] = []
    doubtful: list[str] = []
    wanted: list[str] = []
    for part in _parts(text):
        rest = part
        for pattern in (_REFUSED, _BARE_NO):
            match = pattern.search(part)
            need = _need_at(part[match.end() :], words) if match else None
            if match and need:
                (refused if pattern is _REFUSED else doubtful).append(need)
                rest = part[: match.start()]
                break
        else:
            bare = _NO_BEHIND.sub("", part)
            need = _need_at(bare, words) if bare != part else None
            if need:
                refused.append(need)
                rest = ""
        wanted += needs_in(rest, words)
    if any(need not in doubtful for need in wanted):
        refused += [need for need in doubtful if need in known]
    return tuple(need for need in dict.fromkeys(refused) if need not in wanted)


def instead(text: str, words: Words, refused: tuple[str, ...]) -> tuple[str, ...]:
    """The needs that a message names beside those that it refuses; none of a message that refuses nothing."""
    return tuple(need for need in needs_in(unaccented(text), words) if need not in refused) if refused else ()


def needs_in(text: str, words: Words) -> list[str]:
    """The needs whose words stand in an unaccented text, the longest word first."""
    found: list[str] = []
    for word, need in words:
        if word not in text:
            continue  # hundreds of words, and each would be a pattern
        pattern = re.compile(rf"\b{re.escape(word)}\b")
        if pattern.search(text):
            text = pattern.sub("_", text)
            found.append(need)
    return list(dict.fromkeys(found))


def _parts(text: str) -> list[str]:
    plain = unaccented(text).replace("'", "").replace("\u2019", "")
    return [part.strip() for part in _PARTS.split(plain) if part and part.strip()]


def _need_at(text: str, words: Words) -> str | None:
    """The need whose word a text begins with."""
    return next(
        (need for word, need in words if text.startswith(word) and re.match(rf"{re.escape(word)}\b", text)), None
    )
