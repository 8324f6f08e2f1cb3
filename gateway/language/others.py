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
SOMEONE = r"(?:(?:someone|somebody|anyone|anybody|a person|alguien) (?:(?:who|that|que) )?(?:speaks?|hable|habla) )"
BEFORE = re.compile(
    r"^(?:(?:hi|hello|hola|please|por favor|yes|si|ok) )?"
    r"(?:(?:can|could|do) (?:you|u|we|i) (?:please )?)?"
    rf"(?:(?:solo|only|i only|i|we|yo|me|is there|se|mwen|m|eu|je|toi) )*(?:{SPEAK} )?{SOMEONE}?"
    r"(?:(?:a|an|un|una|the|some) )?(?:(?:interpreter|translator|interprete|traductor) (?:(?:in|for|de|en|to) )?)?"
    r"(?:(?:in|en|an|em) )?"
)
AFTER = re.compile(
    r"(?: (?:please|pls|plz|por favor|porfa|only|solo|solamente|language|speaker|interpreter|translator|silvouple|"
    r"sil vou ple|tanpri|thanks|gracias))*$"
)


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
    return next((_by_name()[form] for form in forms if form in _by_name()), None)


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
