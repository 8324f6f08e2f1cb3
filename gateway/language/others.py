"""Languages that we do not answer in: their names, the greetings that give them away, and when we surely heard one.

A guess at a language is nothing to act on alone: :func:`stranger` says when it is sure enough for a person to be asked.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from gateway.language import tables
from gateway.language.letters import fold, normal, words

if TYPE_CHECKING:
    from gateway.language.detection import Detection

OTHER = "other:"
FIRST_WORDS = 2
LATER_WORDS, LATER_MARGIN = 3, 1.6
OURS = r"(?:english|ingles|spanish|espanol)"
# "no english, kreyol": what they cannot do is no part of the request.
REFUSED = re.compile(
    r"^(?:(?:sorry|perdon|hi|hello|hola) )?(?:i |yo )?(?:no|dont|do not|not)"
    r"(?: (?:speak|hablo|entiendo|understand|know|read))? (?:any |much |good )?"
    rf"{OURS}(?: (?:or|and|ni|o|y|no) {OURS})*\b ?(?:but|pero)? ?"
)
SPEAK = (
    r"(?:speaks?|talk|write|hablo|hablan?|hablamos|hable|pale|falo|parle|noi|"
    r"need|want|prefer|necesito|quiero|prefiero|have)"
)
WHO_SPEAKS = r"(?:someone|somebody|anyone|anybody|a person|alguien) (?:(?:who|that|que|q) )?(?:speaks?|habl[ae])"
BEFORE = re.compile(
    r"^(?:(?:hi|hello|hola|please|por favor|yes|si|ok) )?"
    r"(?:(?:can|could|do) (?:you|u|we|i) (?:please )?)?"
    rf"(?:(?:solo|only|i only|i|we|yo|me|is there|se|mwen|m|eu|je|toi) )*(?:{SPEAK} )?(?:{WHO_SPEAKS} )?"
    r"(?:(?:a|an|un|una|the|some) )?(?:(?:interpreter|translator|interprete|traductor) (?:(?:in|for|de|en|to) )?)?"
    r"(?:(?:in|en|an|em) )?"
)
AFTER = re.compile(
    r"(?: (?:please|pls|plz|por favor|porfa|only|solo|solamente|language|speaker|interpreter|translator|silvouple|"
    r"sil vou ple|tanpri|thanks|gracias))*$"
)
# A language named at the end of a sentence that asks us for it: "can you text me in tagalog", "cambiar a francés". Who
# tells of somebody else ("the doctor speaks French") asks for nothing.
_INTERPRETER = r"(?:interpret\w*|translat\w*|traduct\w*)"
_SAY = (
    r"(?:text|write|talk|speak|message|answer|reply|respond|send|continue|explain|put|set|get|read|do (?:it|this|that)|"
    r"need|want|prefer|use|habl\w+|escri\w+|contest\w+|mand\w+|prefier\w+|pon\w+|segu\w+|segui\w+|expli\w+|puede[ns]?|quiero|necesito)"
)
ASKING = re.compile(
    rf"(?:\b{_SAY}\b.*\b(?:in|into|en|em)"
    r"|\b(?:switch|change|cambi\w+|pas\w+|go)(?: (?:it|this|me|lo|el idioma|the language))? (?:to|a|al)"
    r"|^(?:(?:hola|hi|hello|sorry|perdon|yo|solo|nomas|we|i|only) )*(?:hablo|hablamos|speak)(?: only| solo)?"
    rf"|(?:\b{_INTERPRETER}|{WHO_SPEAKS})(?: (?:in|for|de|en|del))?"
    r"|\b(?:lengua|idioma)(?: de)?) $"
)
ENDINGS = re.compile(
    r"(?: (?:if possible|if you can|if (?:you|u) have it|instead|"
    r"si se puede|si es posible|no mas|nomas|por video|by video))+$"
)
PHRASED = ("", "in ", "en ", "hablo ")
LONGEST_ASKED = 12  # words; a longer message tells more than a language, and that must be read


def name(iso: str) -> str | None:
    """The English name of a language, for responders; None for a code that we do not know."""
    found = _listed().get(iso)
    return found[0] if found else None


def asked_other(text: str) -> str | None:
    """The ISO 639 code of the language, neither English nor Spanish, that the whole message asks for by name."""
    written = normal(text).strip().lower()
    if found := _by_name().get(_bare(written)):
        return found
    whole = REFUSED.sub("", _bare(fold(written).replace("'", "")))
    plain = AFTER.sub("", whole)
    forms = (whole, plain, BEFORE.sub("", whole), BEFORE.sub("", plain))
    return next((_by_name()[form] for form in forms if form in _by_name()), None) or _asked_in(plain)


def _asked_in(plain: str) -> str | None:
    """The language that a sentence asks for at its end, where it asks us and does not tell of somebody else."""
    said = AFTER.sub("", ENDINGS.sub("", plain))
    if len(said.split()) > LONGEST_ASKED:
        return None
    if said in _by_name():
        return _by_name()[said]
    for start in (found.start() for found in re.finditer(r"(?<= )\S", said)):
        # Names that are ordinary words, too, are listed in a phrase only.
        iso = next((_by_name()[form + said[start:]] for form in PHRASED if form + said[start:] in _by_name()), None)
        if iso is not None and ASKING.search(said[:start]):
            return iso
    return None


def greeted(plain: str) -> str | None:
    """The language whose greeting or opening a normalised text is, if it is one that our list holds."""
    said = " ".join(fold(word) for word in words(plain))
    if found := _phrases().get(said):
        return found
    return next((iso for opening, iso in _openings() if said.startswith(opening)), None)


def stranger(detection: "Detection", *, known: bool, asked: bool = False) -> str | None:
    """The ISO code of another language, where a text is surely in it; None where it is not, or may not be.

    ``known`` says that a conversation in English or Spanish is under way: then a word or two change nothing. ``asked``
    says that the resident was just asked for their language: then one word will do.
    """
    if not detection.lang.startswith(OTHER):
        return None
    if detection.by == "script":
        sure = True
    elif known:
        sure = detection.words >= LATER_WORDS and detection.margin >= LATER_MARGIN
    else:
        sure = asked or detection.by == "phrase" or detection.words >= FIRST_WORDS
    return detection.lang.removeprefix(OTHER) if sure else None


def load() -> None:
    """Read every list now; the other functions would do it when they are first called."""
    _listed(), _by_name(), _phrases(), _openings()


def _bare(text: str) -> str:
    return re.sub(r"[\s\-]+", " ", re.sub(r"[^\w\s\-'\u0300-\u036f\u0900-\u109f\u1780-\u17ff]+", " ", text)).strip()


@cache
def _listed() -> dict[str, tuple[str, tuple[str, ...]]]:
    rows = ([part.strip() for part in line.split("|")] for line in tables.content("languages.txt"))
    return {iso: (english, tuple(called.strip() for called in named.split(";"))) for iso, english, named in rows}


@cache
def _by_name() -> dict[str, str]:
    return {
        _bare(form): iso
        for iso, (_, named) in _listed().items()
        for called in named
        for form in (called, fold(called).replace("'", ""))
    }


@cache
def _phrases() -> dict[str, str]:
    return {fold(phrase): iso for iso, phrase in _all_phrases() if not phrase.endswith("*")}


@cache
def _openings() -> tuple[tuple[str, str], ...]:
    return tuple((fold(phrase[:-1]), iso) for iso, phrase in _all_phrases() if phrase.endswith("*"))


def _all_phrases() -> list[tuple[str, str]]:
    rows = (line.split(":", 1) for line in tables.content("phrases.txt"))
    return [(iso.strip(), phrase.strip()) for iso, listed in rows for phrase in listed.split(";")]
