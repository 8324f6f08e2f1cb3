"""What a responder's text asks for: an order in either language, words for a thread that it names, or plain words.

Accents, capitals and punctuation around an order do not count. What begins as an order and goes on as something else is
neither obeyed nor sent to anybody: it is asked about.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from gateway import keywords

CLAIM, NOTE, DONE, BACK, HELP, STOP, START = "claim", "note", "done", "back", "help", "stop", "start"
NUMBER, NAMED, PLAIN, UNCLEAR = "number", "named", "plain", "unclear"
ORDERS = {
    "claim": CLAIM, "reclamar": CLAIM, "reclamo": CLAIM,
    "note": NOTE, "nota": NOTE,
    "done": DONE, "listo": DONE, "lista": DONE,
    "back": BACK, "devolver": BACK, "devuelvo": BACK,
    "help": HELP, "ayuda": HELP,
}  # fmt: skip
_CODE = r"#?\s*(\d{2,4})"
_ALONE = re.compile(_CODE)
_NUMBERED = re.compile(rf"{_CODE}(?!\d)\s*(.*)", re.DOTALL)
# "41: words" names a thread. "10:30 is fine" does not, and "41 Elm Street" is words.
_NAMED = re.compile(rf"{_CODE}\s*[:：](?!\d)\s*(\S.*)", re.DOTALL)
_ORDER = re.compile(r"([^\W\d_]+)[\s:#.,;-]*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """One text, read: ``code`` is the thread that it names, ``words`` what goes with the order or to the resident."""

    command: str
    code: int | None = None
    words: str = field(default="", repr=False)


def read(text: str, *, stopped: bool = False) -> Said:
    """What this text asks for. ``stopped`` says that texts to this phone are stopped now, so that YES means START."""
    whole = keywords.INVISIBLE.sub("", text).strip()
    keyword = keywords.read(whole, opted_out=stopped)
    if keyword in {keywords.Keyword.STOP, keywords.Keyword.START}:
        return Said(STOP if keyword is keywords.Keyword.STOP else START)
    bare = keywords.AROUND.sub("", whole)
    if found := _ALONE.fullmatch(bare):
        return Said(NUMBER, int(found[1]))
    if found := _NAMED.fullmatch(whole):
        return Said(NAMED, int(found[1]), found[2].strip())
    found = _ORDER.fullmatch(bare)
    order = ORDERS.get(folded(found[1])) if found else None
    if found is None or order is None:
        return Said(PLAIN, words=whole)
    if order == NOTE:
        return _note(whole)
    return _order(order, found[2], whole)


def folded(text: str) -> str:
    """Without accents and capitals, single spaces."""
    apart = unicodedata.normalize("NFKD", text)
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).casefold().split())


def _order(order: str, rest: str, whole: str) -> Said:
    numbered = _NUMBERED.fullmatch(rest)
    code, more = (int(numbered[1]), numbered[2]) if numbered else (None, rest)
    if order == DONE:
        return Said(DONE, code, folded(more.lstrip(" :.,;-")))
    fits = not more.strip() and (order != HELP or code is None)
    return Said(order, code) if fits else Said(UNCLEAR, words=whole)


def _note(whole: str) -> Said:
    """The words of a note as they were written; a thread is named with a colon, as "note 41 Elm Street" is words."""
    found = _ORDER.fullmatch(whole.lstrip("¡¿ "))
    rest = found[2].strip() if found else ""
    named = _NAMED.fullmatch(rest)
    return Said(NOTE, int(named[1]), named[2].strip()) if named else Said(NOTE, words=rest)
