"""Find a ZIP code and words for a place in a text, as residents write them in both languages."""

from __future__ import annotations

import re

MAX_PLACE = 80
MAX_WORDS_AS_PLACE = 9

_ZIP = re.compile(r"(?<![\w$#-])(\d{5})(?:-\d{4})?(?![\w-])")
_STREET = (
    "street|st|avenue|ave|av|boulevard|blvd|road|rd|drive|dr|lane|ln|way|court|ct|highway|hwy|parkway|pkwy|"
    "alley|terrace"
)
_SPOT = (
    "park|library|station|church|school|plaza|mall|bridge|hospital|clinic|airport|market|walmart|target|mcdonalds|"
    "parque|biblioteca|estacion|iglesia|escuela|puente|mercado|terminal|bart|downtown|centro"
)
_ORDINAL = r"\d{1,3}(?:st|nd|rd|th)"
_NOT_A_NAME = "the|a|on|in|of|this|that|my|his|her|la|el|mi|su|una|un|are|is|from|to|go|no|any|by|near"

_AND = r"(?:and|&|at|y|con|/)"
_AFTER_CALLE = "con|y|porque|desde|hace|sin|pero|no|hoy|esta|ahora|por|me"
_WHERE_I_AM = "me|here|mi|m\u00ed|aqui|aqu\u00ed|where|donde|d\u00f3nde|my|you"
_ENDS_PLACE = (
    "and i|and we|y no|y necesito|please|por favor|porfa|because|porque|but|pero|with my|con mis?|need|necesito"
)
_CAPITAL = r"[A-Z\u00c1\u00c9\u00cd\u00d3\u00da\u00d1]"

_PATTERNS = [
    re.compile(rf"\b\d{{1,5}}\s+(?:[nsew]\.?\s+)?(?:[\w'.]+\s+){{1,3}}(?:{_STREET})\b", re.I),
    re.compile(r"\b\d{1,5}\s+(?:de\s+la\s+)?(?:calle|avenida)\s+[\w']+", re.I),
    re.compile(rf"\b{_ORDINAL}\s+(?:{_STREET})?\s*{_AND}\s*[\w']+(?:\s+(?:{_STREET}))?\b", re.I),
    re.compile(
        rf"\b(?!(?:{_NOT_A_NAME})\b)[\w']+\s*{_AND}\s*(?:la\s+)?{_ORDINAL}(?:\s+(?:{_STREET}))?\b",
        re.I,
    ),
    re.compile(r"\b(?:la|calle)\s+\d{1,3}\s+(?:y|con)\s+(?:la\s+)?[\w']+", re.I),
    re.compile(rf"\b{_ORDINAL}(?:\s+(?:{_STREET}))?\b", re.I),
    re.compile(
        r"\b(?:avenida|bulevar|carretera|colonia|barrio)\s+[\w'.]+(?:\s+(?:de|del|la|las|los)\s+[\w']+)?",
        re.I,
    ),
    re.compile(rf"\bcalle\s+(?!(?:{_AFTER_CALLE})\b)[\w'.]+", re.I),
    re.compile(rf"\b(?!(?:{_NOT_A_NAME})\b)[A-Z][\w']+(?:\s+[A-Z][\w']+)?\s+(?:{_STREET})\b"),
]
_NEAR = re.compile(
    r"\b(?:near|close to|next to|by the|across from|behind|corner of|cerca de|cerca del|junto a|junto al|al lado de|"
    r"al lado del|frente a|frente al|atr[a\u00e1]s de|detr[a\u00e1]s de|esquina de)\s+"
    rf"(?!(?:{_WHERE_I_AM})\b)((?:(?!\b(?:{_ENDS_PLACE})\b)[^,.;!?\n]){{2,60}})",
    re.I,
)
_IN_NAME = re.compile(
    r"\b(?:in|at|en|on)\s+(?:the\s+|la\s+|el\s+)?"
    rf"((?:(?!English|Spanish|Ingl|Espa|I\b|I'm|My|Mi|God|Dios){_CAPITAL}[\w']+)(?:\s+{_CAPITAL}[\w']+){{0,2}})"
)
_SPOT_NAMED = re.compile(rf"\b(?:at|by|in|en|por)\s+(?:the|la|el)\s+((?:[\w']+\s+){{0,2}}(?:{_SPOT}))\b", re.I)
_NAMED = [_NEAR, _IN_NAME, _SPOT_NAMED]
_LEAD = re.compile(
    r"^\s*(?:(?:i'?m|i am|we are|we're|its|it's|it is|estoy|estamos|vivo|i live|i stay|me quedo|ando|soy de|yo|am|"
    r"es|est\u00e1)\s+)?(?:(?:in|at|on|around|en|por|cerca de|near|from|de)\s+)?",
    re.I,
)


def zip_code(text: str) -> str | None:
    """The last five-digit ZIP code in a text: of two, the second is usually the correction."""
    found = _ZIP.findall(text)
    return found[-1] if found else None


def place(text: str) -> str | None:
    """Words of a message that surely name a place, in the resident's own spelling; None when there are none."""
    found = [match.group(match.lastindex or 0) for p in _PATTERNS + _NAMED if (match := p.search(text))]
    return max((_trim(words) for words in found), key=len, default=None)


def as_place(text: str) -> str | None:
    """A whole answer to "What ZIP code or place?" read as a place; None when it is a story rather than a place."""
    rest = _ZIP.sub(" ", text)
    rest = _LEAD.sub("", rest.strip(), count=1)
    trimmed = _trim(rest)
    if not re.search(r"[^\W\d_]{2,}", trimmed) or len(trimmed.split()) > MAX_WORDS_AS_PLACE:
        return None
    return trimmed


def _trim(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,.;:!?\u00a1\u00bf-\"'")[:MAX_PLACE].strip()
