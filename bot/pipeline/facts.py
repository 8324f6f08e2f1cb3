"""Facts that a message tells beside its need: how many people, their ages, when, what limits them, their language.

Found by patterns alone, in both languages at once. A value is a number or a code, so that it means the same in either
language. What is not told clearly is left out: a fact helps a person to read on, and nothing is decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.pipeline.counts import Mark, ages, people
from bot.pipeline.moments import moments
from bot.pipeline.plain import unaccented

NAMES = ("people", "ages", "when", "access", "speaks")
MOST = 6
"""More values of one kind than this are no longer a fact about somebody."""


@dataclass(frozen=True)
class Fact:
    """`value` is a number or a code; `words` are the resident's own, in small letters without accents."""

    name: str
    value: str
    words: str


def facts(text: str) -> list[Fact]:
    """Every fact of a message, kind by kind in the order of `NAMES`, within a kind as they are told."""
    low = unaccented(text).replace("\u2019", "'")
    kinds: dict[str, Iterable[Mark]] = {
        "people": people(low),
        "ages": ages(low),
        "when": moments(low),
        "access": _coded(_ACCESS, low),
        "speaks": _speaks(low),
    }
    return [Fact(name, m.value, low[m.begin : m.end]) for name in NAMES for m in _apart(kinds[name])[:MOST]]


def told(text: str) -> dict[str, str]:
    """The facts of a message as one text each: values once, joined by commas. People counted apart are added up."""
    values: dict[str, list[str]] = {}
    for fact in facts(text):
        values.setdefault(fact.name, []).append(fact.value)
    return {
        name: _summed(found) if name == "people" else ",".join(dict.fromkeys(found)) for name, found in values.items()
    }


def _summed(numbers: list[str]) -> str:
    return str(sum(map(int, numbers)))


def _apart(marks: Iterable[Mark]) -> list[Mark]:
    """Of marks that overlap the one that begins first, and of those the longest; in the order of the text."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.begin, -m.end)):
        if not kept or mark.begin >= kept[-1].end:
            kept.append(mark)
    return kept


_PETS = (
    r"dogs?|doggo|pups?|puppy|puppies|pit ?bulls?|chihuahua|husky|terrier|cats?|kitt(?:y|en)|pets|perr(?:it)?[oa]s?|"
    r"gat(?:it)?[oa]s?|mascotas?|pitbull"
)
_OWN = "a|my|his|her|our|mi|un|una|su|mis|sus|2|two|dos"
_ACCESS_PATTERNS: dict[str, str] = {
    "wheelchair": (
        r"wheel ?chairs?(?: accessible| bound)?|power chair|(?:in|use) (?:a|her|his|my) chair|(?:mobility )?scooter|"
        r"(?:usa |uso )?silla (?:de ruedas?|electrica)(?: electrica)?|(?:con|en) (?:mi |su )?silla|rampa|ramp|"
        r"handicap\w*"
    ),
    "walking": (
        r"walker|cane|crutches|(?:cant|can't) (?:do|climb) (?:the )?stairs|(?:cant|can't) walk(?: far| good)?|"
        r"andador|muletas|"
        r"baston|no (?:puedo|puede|aguanta) caminar|no camin[oa](?: bien)?|bad (?:hip|knees?|legs?)|"
        r"(?:my )?knees? (?:are |is )?"
        r"(?:gone|shot|bad)|broke (?:my|her|his) (?:hip|leg|foot)|amputee|protesis|(?:operad[oa]|"
        r"operaron) de la (?:rodilla|cadera)"
    ),
    "homebound": (
        r"home ?bound|house ?bound|bed ?ridden|bed ?bound|encamad[oa]|postrad[oa]|en cama|cant leave (?:the|"
        r"my) house"
    ),
    "deaf": (
        r"deaf(?: in one ear)?|hard of hearing|hearing aids?|asl|sign language|sign interpreter|sord[oa]s?|"
        r"sordomud[oa]s?|"
        r"lengua(?:je)? de senas|no oigo(?: bien)?|no oye(?: bien)?"
    ),
    "blind": (
        r"(?:legally )?blind|cieg[oa]s?|ceguera|no veo?(?: bien)|ya no veo|low vision|"
        r"(?:my )?eyes (?:are )?(?:bad|gone)"
    ),
    "pregnant": (
        r"pregnant(?: \d months)?|preggo|preg|"
        r"(?<!ropa de )(?<!salir )(?<!quedar )embarazad[oa]s?(?: de \d meses)?|prenada|"
        r"meses de embarazo|(?:months|weeks) along|de [4-9] meses y"
    ),
    "disabled": (
        r"disabled|(?:with|w/?) (?:a )?disabilit(?:y|ies)|special needs|discapacitad[oa]s?|"
        r"con (?:una )?discapacidad"
    ),
    "autism": r"autis(?:m|tic)|autis(?:mo|ta)|non ?verbal|down'?s? syndrome|sindrome de down",
    "memory": r"dementia|alzh?eimer'?s?|demencia|sundowns",
    "breathing": (
        r"(?:on )?oxygen(?: tank| concentrator| machine)?|cpap|copd|nebulizer|breathing machine|"
        r"asthma(?:tic)?|bad lungs|"
        r"(?:tanque de |maquina de |usa )?oxigeno|nebulizador|respirador|asmatic[oa]|asma"
    ),
    "illness": (
        r"diabet(?:ic|es)[oa]?|insulin pump|seizures?|epilep(?:sy|tic|sia)|parkinson'?s?|stroke(?: survivor)?|"
        r"pacemaker|dialysis|"
        r"colostomy(?: bag)?|bolsa de colostomia|diabetic[oa]|marcapasos|dialisis|artritis|arthritis|"
        r"cardiac[oa]|bad heart|cancer|"
        r"esclerosis|celiac|allergic|alergic[oa]"
    ),
    "no_car": (
        r"no (?:car(?! seat)|ride|way to get there)|w/? ?o(?:ut)?(?: a)? car|without a car|(?:dont|"
        r"don't) (?:drive|got a car|have a car)|"
        r"(?:cant|can't) drive|car is dead|(?:ya )?no (?:manejo|maneja|tengo carro|tiene carro|tenemos carro)|"
        r"sin (?:carro|auto|coche)"
    ),
    "animal": (
        rf"service dog|perro (?:de servicio|guia)|(?:with|w/?|n|and|bring|tak\w+|accept\w*|allow\w*|con|y|acept\w+|"
        rf"dej\w+ entrar|got|tengo) (?:(?:{_OWN}) )*(?:\w+ )?(?:{_PETS})|(?:{_PETS}) (?:n|and|y) (?:me|i|yo)|"
        rf"(?:{_PETS}) can come"
    ),
}
_ACCESS = [(code, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for code, pattern in _ACCESS_PATTERNS.items()]

_LANGUAGES = {
    "en": (
        r"(?:in |en )?(?:english|ingles) (?:please|pls|plz|por favor|porfa\w*|only)|prefiero (?:el )?ingles|"
        r"(?:quiero|puede|manda\w*|seguir|hablar\w*|mejor) (?:\w+ )?(?:(?:en|in) )?(?:english|ingles)|"
        r"(?:back|switch|change|cambi\w+|pasemos|hablame|escrib\w+)(?: it)? (?:to|a|al|en|in) (?:english|ingles)"
    ),
    "es": "spanish|spansh|espanish|espanol|castellano",
    "ase": r"\basl\b|sign language|sign(?= interpreter)|lengua(?:je)? de senas",
    "ht": "(?:haitian )?(?:creole|kreyol)|criollo haitiano",
    "vi": "vietnamese|vietnamita",
    "zh": "chinese|mandarin|cantonese|chino|cantones",
    "tl": "tagalog|filipino",
    "pt": "portuguese|portugues",
    "ar": "arabic|arabe",
    "ru": "russian|ruso",
    "ko": "korean|coreano",
    "fr": "french|frances",
    "fa": "farsi|persian|dari",
    "pa": "punjabi",
    "hi": "hindi",
    "so": "somali",
    "hy": "armenian",
    "hmn": "hmong",
    "am": "amharic",
    "km": "khmer|cambodian",
    "uk": "ukrainian|ucraniano",
    "mam": r"mam(?= |$|[,.?!])",
    "quc": r"k'?iche'?|quiche",
    "kjb": r"q'?anjob'?al|kanjobal",
    "kek": r"q'?eqchi'?",
    "mix": "mixteco?",
    "zap": "zapotec[oa]?",
    "nah": "nahuatl",
    "tzo": "tzotzil",
    "tzh": "tzeltal",
    "qu": "quechua",
    "ay": "aymara",
    "gn": "guarani",
}
_TONGUE = [(code, re.compile(rf"(?<!\w)(?:{names})(?!\w)")) for code, names in _LANGUAGES.items()]
# "English class" is what someone wants to learn; "no english" and "my english is bad" say what is not spoken well.
_NOT_SPOKEN = re.compile(
    r"\b(?:learn|teach|aprender|clases? de|cursos? de|estudi\w+|study|practice|tutor(?: de)?|profe de|no|not|dont \w+|"
    r"don't \w+|doesnt \w+|little|bad|my|level|mi|nada de|poco|poquito|no (?:se )?(?:habl|entiend|le)\w+|came in|ni|"
    r"translate .*|traduce .*|dice .*) (?:any |good |the |mucho |el |to |al |en )?$"
)
_NOT_SPOKEN_AFTER = re.compile(
    r" (?:class(?:es)?|lessons?|course|tutor|food|teacher|as a second|restaurant|lady|man|is (?:bad|not|so)|level|"
    r"es malo|no es)\b"
)


def _coded(patterns: list[tuple[str, re.Pattern[str]]], low: str) -> Iterator[Mark]:
    for code, pattern in patterns:
        for match in pattern.finditer(low):
            yield Mark(match.start(), match.end(), code)


def _speaks(low: str) -> Iterator[Mark]:
    for mark in _coded(_TONGUE, low):
        if not _NOT_SPOKEN.search(low[: mark.begin]) and not _NOT_SPOKEN_AFTER.match(low, mark.end):
            yield mark
