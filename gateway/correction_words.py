"""Reads "wrong 2" and «está mal el 2»: that a service of the last list is wrong, which one, and what about it.

Every word of the message must be known here, so that nothing else is ever taken for a report: "wrong 2 kids" is for
the bot. A question ("is 2 closed?") reports nothing. Without a number in the list a message must say what is wrong
("the phone number is wrong", «el horario está mal»). "Wrong" and «está mal» alone (:func:`bare`) mean other things,
but for the very next text after a list; "wrong number" always does.
"""

import re
from dataclasses import dataclass
from functools import cache

from gateway.directory.choices import number_words
from gateway.directory.folding import fold

WRONG, CLOSED = "wrong", "closed"
DEAD = "dead"  # what is said of a telephone; of anything else it is no report
DEAD_LINE = "dead line"  # the same beside a number of the list only: "phone is dead" is their own more often
IN_WORDS = 3  # services of one text; "el cuarto" is a room more often than the fourth of a list
LONGEST = 120  # characters; a report in more words is a sentence for the bot
PHRASES: dict[str, tuple[str, ...]] = {
    CLOSED: (
        *("closed for good", "closed forever", "closed down", "closed permanently", "permanently closed"),
        *("shut down", "out of business", "does not exist anymore", "does not exist", "doesnt exist anymore"),
        *("doesnt exist", "no longer exists", "no longer there", "not there anymore", "is gone", "gone"),
        *("ya no existe", "no existe", "cerro para siempre", "cerrado para siempre", "cerro definitivamente"),
        *("cerrado definitivamente", "ya no esta", "ya cerro", "cerro"),
    ),
    "hours": ("hours are", "hours", "hour", "horario", "horarios", "horas", "hora", "closed", "cerrado", "cerrada"),
    "phone": (
        *("phone number", "phone", "number to call", "numero de telefono", "telefono"),
        *("disconnected", "desconectado", "does not answer", "doesnt answer", "no answer", "no contestan"),
        *("dont answer", "nobody answers", "no one answers", "nadie contesta", "no contesta"),
    ),
    DEAD: (
        *("does not work", "doesnt work", "not working", "isnt working", "not in service", "out of service"),
        *("no longer in service", "no sirve", "no funciona", "fuera de servicio", "no existe ese numero"),
    ),
    DEAD_LINE: ("dead", "muerto"),
    "address": ("address", "moved", "direccion", "se mudo", "se mudaron", "they moved"),
    WRONG: (
        *("not right", "not correct", "not true", "wrong info", "wrong", "incorrect", "outdated", "out of date"),
        *("has changed", "changed", "cambio", "ha cambiado"),
        *("error", "mistake", "bad info", "esta mal", "estan mal", "incorrecto", "incorrecta", "equivocado"),
        *("equivocada", "no es correcto", "no es correcta", "desactualizado", "desactualizada", "mal"),
    ),
    "": (
        *("it", "its", "is", "are", "was", "the", "that", "of", "for", "on", "has", "have", "info", "information"),
        *("number", "one", "with", "there", "they", "at", "about", "please", "hi", "sorry", "place"),
        *("el", "la", "los", "las", "de", "del", "es", "son", "esta", "numero", "tiene", "hay", "un", "una", "en"),
        *("lo", "informacion", "por favor", "hola", "lugar", "y", "and", "this", "you gave me", "you sent me", "your"),
        *("now", "new", "should be", "to", "ahora", "nuevo", "nueva", "debe ser", "al", "a"),
        *("ese", "esa", "este", "eso", "su", "que me dio", "que me dieron", "que me mando", "que me mandaron"),
    ),
}
# What a message must hold beside the number to be a report by itself.
REPORTS = frozenset((WRONG, CLOSED))
ALONE = frozenset(("closed", "cerrado", "cerrada", "disconnected", "desconectado", "moved", "se mudo", "se mudaron"))
CODES = {phrase: code for code, phrases in PHRASES.items() for phrase in phrases}
# A telephone's number, in the words of who tried it; "wrong number" and «número equivocado» mean the one we write to.
NUMBER_IS = re.compile(
    r"\b(?:number|numero)(?: (?!\d).*?)? (?:is|was|has|changed|cambio|ha|isnt|does|doesnt|esta|es|no|not)\b"
)
BARE = re.compile(
    r"(?:(?:its|it is|thats|that is|this is) )?(?:wrong|incorrect|not right|not correct|not true)"
    r"|(?:eso )?(?:esta |es )?(?:mal|incorrect[oa]|equivocad[oa])|(?:eso )?no es (?:correct[oa]|cierto)"
)
INFORMATION = re.compile(r"\b(?:info|information|informacion)\b")
TELEPHONE = re.compile(r"(?<!\d)(?:1 ?)?\d{3} ?\d{3} ?\d{4}(?!\d)")  # the right one, which they may know
BETWEEN = re.compile(r"[\s.,;:!#()\-]+")


@dataclass(frozen=True)
class Report:
    """What somebody says of the services told last: its ``number`` there (None where they name none), ``kind`` wrong or
    closed (for good), and ``about`` the phone, the hours or the address, where they say so."""

    number: int | None
    kind: str
    about: str | None = None


def read(text: str) -> Report | None:
    """The report that a whole message is; None for any other message."""
    folded = _folded(text)
    if not folded or len(folded) > LONGEST or "?" in folded or "¿" in folded:
        return None
    told = _told(folded)
    if told is None:
        return None
    numbers, codes, alone = told
    about = _about(folded, codes)
    if DEAD_LINE in codes and not (numbers and about == "phone"):
        return None
    reported = bool(codes & REPORTS) or alone or (bool(codes & {DEAD, DEAD_LINE}) and about == "phone")
    if len(numbers) > 1 or not reported or not (numbers or _says_what(folded, codes, about)):
        return None
    kind = CLOSED if CLOSED in codes else WRONG
    return Report(next(iter(numbers), None), kind, None if kind == CLOSED else about)


def bare(text: str) -> Report | None:
    """The report that "wrong" or «está mal» is by itself; None for any other message."""
    return Report(None, WRONG) if BARE.fullmatch(_folded(text)) else None


def _folded(text: str) -> str:
    words = BETWEEN.sub(" ", fold(text).replace("'", "").replace("’", ""))
    return " ".join(TELEPHONE.sub(" ", words).split())


def _about(folded: str, codes: set[str]) -> str | None:
    tried = bool(codes & {WRONG, DEAD}) and NUMBER_IS.search(folded) is not None
    return next((code for code in ("phone", "address", "hours") if code in codes), "phone" if tried else None)


def _says_what(folded: str, codes: set[str], about: str | None) -> bool:
    """Whether a message that names no number of the list can only be about a service."""
    return about is not None or CLOSED in codes or INFORMATION.search(folded) is not None


def _told(folded: str) -> tuple[set[int], set[str], bool] | None:
    """The numbers and the codes of a message that holds nothing else."""
    numbers: set[int] = set()
    codes: set[str] = set()
    alone = False
    place = 0
    while place < len(folded):
        found = _word().match(folded, place)
        if found is None:
            return None
        if phrase := found["phrase"]:
            codes.add(CODES[phrase])
            alone = alone or phrase in ALONE
        else:
            numbers.add(_numbers()[found["number"]])
        place = found.end() + 1
    return numbers, codes, alone


@cache
def _word() -> re.Pattern[str]:
    phrases, numbers = ("|".join(map(re.escape, sorted(known, key=len, reverse=True))) for known in (CODES, _numbers()))
    return re.compile(rf"(?P<phrase>{phrases})(?!\w)|(?P<number>{numbers})(?!\w)")


@cache
def _numbers() -> dict[str, int]:
    return {word: number for word, number in number_words().items() if number <= IN_WORDS or word.isdecimal()}
