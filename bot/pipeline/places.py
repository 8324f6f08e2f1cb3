"""Find a ZIP code and the words of a street or corner in a text; what else is a place, the tagger learned."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.pipeline.edges import NO_NAMES, unlittered
from bot.pipeline.plain import unaccented
from bot.pipeline.spots import BESIDE, spot, whole
from bot.pipeline.tagger import towns

MAX_PLACE = 80
MAX_WORDS_AS_PLACE = 9

_ZIP = re.compile(r"(?<![\w$#-])(\d{5})(?:-\d{4})?(?![\w-])")
_STREET = (
    "street|st|avenue|ave|av|boulevard|blvd|road|rd|drive|dr|lane|ln|way|court|ct|highway|hwy|parkway|pkwy|"
    "alley|terrace"
)
_ORDINAL = r"\d{1,3}(?:st|nd|rd|th|e?ra|da|ta)"
_NOT_A_NAME = "the|a|on|in|of|this|that|my|his|her|la|el|mi|su|una|un|are|is|from|to|go|no|any|by|near"

_NOT_A_STREET = "am|pm|and|she|he|they|i|we|no|dont|don't|cant|can't|to|need"

_AND = r"(?:and|&|at|y|con|/)"
_AFTER_CALLE = (
    "con|y|porque|desde|hace|sin|pero|no|hoy|esta|ahora|por|me|a|en|de|se|que|ya|donde|despu[e\u00e9]s|todo|vendiendo|pidiendo|"
    "ayud\\w*|es|tiene|hay|and|durmiendo|cerca|\\w+(?:a|ie)ndo"
)

_PATTERNS = [
    re.compile(rf"\b\d{{1,5}}\s+(?:[nsew]\.?\s+)?(?:(?!(?:{_NOT_A_STREET})\b)[\w'.]+\s+){{1,3}}(?:{_STREET})\b", re.I),
    re.compile(r"\b\d{1,5}\s+(?:de\s+la\s+)?(?:calle|avenida)\s+[\w']+", re.I),
    re.compile(rf"\b{_ORDINAL}\s+(?:{_STREET})?\s*{_AND}\s*[\w']+(?:\s+(?:{_STREET}))?\b", re.I),
    re.compile(
        rf"\b(?!(?:{_NOT_A_NAME})\b)[\w']+\s*{_AND}\s*(?:la\s+)?{_ORDINAL}(?:\s+(?:{_STREET}))?\b",
        re.I,
    ),
    re.compile(r"(?<!\ba )\b(?:la|calle)\s+\d{1,3}\s+(?:y|con)\s+(?:la\s+)?[\w']+", re.I),
    re.compile(
        rf"\b(?:avenida|bulevar|carretera|colonia|barrio)\s+(?!(?:{_AFTER_CALLE})\b)[\w'.]+(?:\s+(?:de"
        rf"|del|la|las|los)\s+[\w']+)?",
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
# Before a place, words that say where it lies from the writer: the landmark is what a team and a directory know.
_AT = re.compile(rf"^(?:(?:right|just|out|over|down|aqui|aca|ahi|alla|mas o menos) )*(?:{BESIDE}|at|on|in|en|por|x) +")
# A day, an hour, a distance or an article alone, which stand where places stand: "by the 8th", "on christmas day".
_NO_PLACE = re.compile(
    r"(?:the|la|el|los|las|de|al)|(?:(?:la|the) )?(?:calle|street)|"
    r"the \d{1,2}(?:st|nd|rd|th)|\d{1,2}(?: ?[ap]m|/\d{1,2}|:\d\d)|"
    r"\d+ (?:step|degrees|miles)|\d+ y \d+|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"lunes|martes|miercoles|jueves|viernes|sabado|domingo|enero|febrero|marzo|abril|mayo|junio|julio|agosto|"
    r"septiembre|octubre|noviembre|diciembre|christmas(?: day)?|navidad|spring|summer|winter"
)
_POINTERS = re.compile(r"^(?:right|just|over|aqui|aca|ahi|alla) +(?=(?:the|la|el) )")


# Words that no place ends with: the message goes on there. A ZIP code is told apart from the place.
_GOES_ON = (
    r"\d{5}|tonight|tonite|today|tomorrow|tmrw|now|rn|please|pls|plz|thats|that|who|has|have|had|is|are|was|"
    r"and|but|so|for|"
    r"with|w|check|there|i|im|i'm|they|he|she|we|my|at|on|by|to|open|hoy|ahora|ahorita|ma\u00f1ana|manana|"
    r"por favor|porfa|"
    r"esta noche|que|y|no|pero|con|sin|para|mi|se|hay|estoy|esta|tengo|en|el|los|desde|hasta|since|because|cuz|"
    r"if|from|until|til|till|still|right|somewhere|hurry|pref|asap|necesito|ocupo|busco|vendiendo|al"
    r"|del|o|or|rapido|urgente|instead|mejor|thanks|thx|ty|gracias|porfavor|favor|xfa|xfavor|vivimos|estamos|"
    r"right now|ahora mismo|ahorita mismo|ya|q|k|n|bc|pa|last night|anoche|area|not|dont|sola|solo|durmiendo|de|la|"
    r"ayer|tiene|tienen|dan|abre|abren|cierra|temprano|todavia|tambien|antier|anteayer|esta manana|esta ma\u00f1ana"
)
_BEHIND = re.compile(rf"(?:[ ,.;]+(?:{_GOES_ON}))+$", re.I)
# Before a place that the writer is not at: "no estoy en san francisco, estoy en hayward".
_ELSEWHERE = re.compile(
    r"\b(?:no estoy en|not in|no soy de|left|sali de|vengo de|came from|moving to|me mudo a|going to|"
    r"voy a|get to|ir a)(?: (?:the|la|el))? *$"
)
_BEFORE = re.compile(r"^\d{5}[ ,.;]+(?=\D)")


def zip_code(text: str) -> str | None:
    """The last five-digit ZIP code in a text: of two, the second is usually the correction."""
    found = _ZIP.findall(text)
    return found[-1] if found else None


def place(text: str, told: Sequence[str] = ()) -> str | None:
    """Words of a message that name a place, in the resident's own spelling; None when there are none.

    `told` is what the tagger found. Patterns serve where it found nothing: of streets and corners, of a town beside a
    ZIP code, of places that others are near.
    """
    named = [words for words in told if not _POINTS.fullmatch(words)]
    found = _meant(text, named) or [match.group(match.lastindex or 0) for p in _PATTERNS if (match := p.search(text))]
    cut = [_cut(whole(text, words)) for words in found]
    return max(cut, key=len, default="") or _by_zip(text) or _cut(whole(text, spot(text) or "")) or None


def _meant(text: str, named: list[str]) -> list[str]:
    """Of several places those that the writer is neither gone from nor on the way to."""
    low = unaccented(text)
    if len(named) < 2 or len(low) != len(text):  # noqa: PLR2004 - several
        return named
    return [words for words in named if not _ELSEWHERE.search(low[: text.find(words)])] or named


def _cut(words: str) -> str:
    """The place alone, without what leads to it and what goes on behind it; empty when that only points."""
    words = _trim(words)
    # "East LA", "Reading PA": in capitals beside small letters these are no words that the message goes on with.
    rest = _BEFORE.sub("", words if re.search(r"[a-z] (?:LA|PA|IN|OR|DE)$", words) else _BEHIND.sub("", words))
    low = unaccented(rest)
    if len(low) == len(rest) and (match := _AT.match(low) or _POINTERS.match(low)):
        rest = rest[match.end() :]
    rest = unlittered(rest)
    low = unaccented(rest)
    return "" if _POINTS.fullmatch(rest) or _NO_PLACE.fullmatch(low) or NO_NAMES.fullmatch(low) else rest


def _by_zip(text: str) -> str | None:
    """The town that stands alone beside a ZIP code: "fresno 93702"."""
    rest = _trim(_ZIP.sub(" ", text, count=1))
    return rest if _ZIP.search(text) and unaccented(rest) in towns() else None


# A question of their own is no answer to ours: "what time does it open", "¿está lejos?".
_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|but|ok|y|pero|oiga|disculpe) )*(?:what time|when|how (?:far|long|much|many|do"
    r"|can)|why|who|whats the|"
    r"(?:do|does|is|are|can|will) (?:they|it|that|you|i|we|u)|what (?:do|if|is|are|about)|(?:a "
    r"|hasta |desde )?que (?:hora|es|"
    r"pasa|si|dia|necesito|puedo)|cuando|como|cuant[oa]s?|por ?que|quien|quienes|tienen|hay que"
    r"|es gratis|(?:esta|queda) "
    r"(?:muy )?(?:lejos|cerca)\b|piden|puedo|pueden|puede)\b(?!.*\b(?:calle|avenida|street|ave)\b)"
)


def as_place(text: str) -> str | None:
    """A whole answer to "What ZIP code or place?" read as a place; None for a story, and for a question."""
    if _QUESTION.match(unaccented(text)):
        return None
    rest = _ZIP.sub(" ", text)
    rest = _LEAD.sub("", rest.strip(), count=1)
    trimmed = _trim(rest)
    if not re.search(r"[^\W\d_]{2,}", trimmed) or len(trimmed.split()) > MAX_WORDS_AS_PLACE:
        return None
    return trimmed


def _trim(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,.;:!?\u00a1\u00bf-\"'")[:MAX_PLACE].strip()
