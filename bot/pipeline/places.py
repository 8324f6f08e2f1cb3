"""Find a ZIP code and the words of a street or corner in a text; what else is a place, the tagger learned."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.pipeline.plain import unaccented
from bot.pipeline.tagger import towns

MAX_PLACE = 80
MAX_WORDS_AS_PLACE = 9

_ZIP = re.compile(r"(?<![\w$#-])(\d{5})(?:-\d{4})?(?![\w-])")
_STREET = (
    "street|st|avenue|ave|av|boulevard|blvd|road|rd|drive|dr|lane|ln|way|court|ct|highway|hwy|parkway|pkwy|"
    "alley|terrace"
)
_ORDINAL = r"\d{1,3}(?:st|nd|rd|th)"
_NOT_A_NAME = "the|a|on|in|of|this|that|my|his|her|la|el|mi|su|una|un|are|is|from|to|go|no|any|by|near"

_AND = r"(?:and|&|at|y|con|/)"
_AFTER_CALLE = "con|y|porque|desde|hace|sin|pero|no|hoy|esta|ahora|por|me"

_PATTERNS = [
    re.compile(rf"\b\d{{1,5}}\s+(?:[nsew]\.?\s+)?(?:[\w'.]+\s+){{1,3}}(?:{_STREET})\b", re.I),
    re.compile(r"\b\d{1,5}\s+(?:de\s+la\s+)?(?:calle|avenida)\s+[\w']+", re.I),
    re.compile(rf"\b{_ORDINAL}\s+(?:{_STREET})?\s*{_AND}\s*[\w']+(?:\s+(?:{_STREET}))?\b", re.I),
    re.compile(
        rf"\b(?!(?:{_NOT_A_NAME})\b)[\w']+\s*{_AND}\s*(?:la\s+)?{_ORDINAL}(?:\s+(?:{_STREET}))?\b",
        re.I,
    ),
    re.compile(r"\b(?:la|calle)\s+\d{1,3}\s+(?:y|con)\s+(?:la\s+)?[\w']+", re.I),
    re.compile(
        r"\b(?:avenida|bulevar|carretera|colonia|barrio)\s+[\w'.]+(?:\s+(?:de|del|la|las|los)\s+[\w']+)?",
        re.I,
    ),
    re.compile(rf"\bcalle\s+(?!(?:{_AFTER_CALLE})\b)[\w'.]+", re.I),
    re.compile(rf"\b(?!(?:{_NOT_A_NAME})\b)[A-Z][\w']+(?:\s+[A-Z][\w']+)?\s+(?:{_STREET})\b"),
]
# Words that point at a place without naming one: nobody can be sent there, and no directory knows it.
_HERE = r"here|there|outside|home|downstairs|aqu[i\u00ed]|ac[a\u00e1]|ah[i\u00ed]|all[i\u00ed]|all[a\u00e1]|afuera|casa"
_OWN = "house|place|car|casa|carro|coche|troca|cuarto|room|apartment|apt|apartamento|depa|tent|carpa"
_POINTS = re.compile(
    rf"(?:right |over |aqu[i\u00ed] )?(?:{_HERE})(?: mismo| mismito)?|"
    rf"(?:(?:at|in|outside|en|frente a|in front of|afuera de) )?(?:my|mi|the|la) (?:{_OWN})",
    re.I,
)
_LEAD = re.compile(
    r"^\s*(?:(?:i'?m|i am|we are|we're|its|it's|it is|estoy|estamos|vivo|i live|i stay|me quedo|ando|soy de|yo|am|"
    r"es|est\u00e1)\s+)?(?:(?:in|at|on|around|en|por|cerca de|near|from|de)\s+)?",
    re.I,
)


# Words that no place ends with: the message goes on there. A ZIP code is told apart from the place.
_GOES_ON = (
    r"\d{5}|tonight|tonite|today|tomorrow|tmrw|now|rn|please|pls|plz|thats|that|who|has|have|had|is|are|was|"
    r"and|but|so|for|"
    r"with|w|check|there|i|im|i'm|they|he|she|we|my|at|on|by|to|open|hoy|ahora|ahorita|ma\u00f1ana|manana|"
    r"por favor|porfa|"
    r"esta noche|que|y|no|pero|con|sin|para|mi|se|hay|estoy|esta|tengo|en|el|los|desde|hasta|since|because|cuz|"
    r"if|from|until|til|till|still"
)
_BEHIND = re.compile(rf"(?:[ ,.;]+(?:{_GOES_ON}))+$", re.I)
_BEFORE = re.compile(r"^\d{5}[ ,.;]+(?=\D)")


def zip_code(text: str) -> str | None:
    """The last five-digit ZIP code in a text: of two, the second is usually the correction."""
    found = _ZIP.findall(text)
    return found[-1] if found else None


def place(text: str, told: Sequence[str] = ()) -> str | None:
    """Words of a message that name a place, in the resident's own spelling; None when there are none.

    `told` is what the tagger found. The patterns of streets and corners serve where it found nothing.
    """
    named = [words for words in told if not _POINTS.fullmatch(words)]
    found = named or [match.group(match.lastindex or 0) for p in _PATTERNS if (match := p.search(text))]
    return max((_BEFORE.sub("", _BEHIND.sub("", _trim(words))) for words in found), key=len, default=None) or _by_zip(
        text
    )


def _by_zip(text: str) -> str | None:
    """The town that stands alone beside a ZIP code: "fresno 93702"."""
    rest = _trim(_ZIP.sub(" ", text, count=1))
    return rest if _ZIP.search(text) and unaccented(rest) in towns() else None


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
