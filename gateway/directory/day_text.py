"""Reads days as publishers write them: "Mon-Fri", "1st & 3rd Sat", "MTWThF", "el segundo martes de cada mes"."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.directory.recurrence import ORDER

DAYS = {
    "monday": 0, "mondays": 0, "mon": 0, "mons": 0, "lunes": 0, "lun": 0,
    "tuesday": 1, "tuesdays": 1, "tues": 1, "tue": 1, "martes": 1, "mar": 1,
    "wednesday": 2, "wednesdays": 2, "weds": 2, "wed": 2, "miercoles": 2, "mierc": 2, "mie": 2, "mier": 2,
    "thursday": 3, "thursdays": 3, "thurs": 3, "thur": 3, "thu": 3, "jueves": 3, "jue": 3,
    "friday": 4, "fridays": 4, "fri": 4, "viernes": 4, "vie": 4, "vier": 4,
    "saturday": 5, "saturdays": 5, "sat": 5, "sats": 5, "sabado": 5, "sabados": 5, "sab": 5,
    "sunday": 6, "sundays": 6, "sun": 6, "suns": 6, "domingo": 6, "domingos": 6, "dom": 6,
}  # fmt: skip
CODES = {code.lower(): number for number, code in enumerate(ORDER)} | {
    "lu": 0, "ma": 1, "mi": 2, "ju": 3, "vi": 4, "do": 6,
}  # fmt: skip
ENGLISH = {"m": 0, "t": 1, "w": 2, "th": 3, "r": 3, "f": 4, "s": 5}
SPANISH = {"l": 0, "m": 1, "x": 2, "j": 3, "v": 4, "s": 5, "d": 6}
NTH = {
    "1st": 1, "first": 1, "primer": 1, "primero": 1, "primera": 1, "primeros": 1, "1er": 1, "1ro": 1, "1o": 1,
    "2nd": 2, "second": 2, "segundo": 2, "segundos": 2, "2do": 2, "2o": 2,
    "3rd": 3, "third": 3, "tercer": 3, "tercero": 3, "terceros": 3, "3er": 3, "3ro": 3, "3o": 3,
    "4th": 4, "fourth": 4, "cuarto": 4, "cuartos": 4, "4to": 4, "4o": 4,
    "5th": 5, "fifth": 5, "quinto": 5, "quintos": 5, "5to": 5, "5o": 5,
    "last": -1, "ultimo": -1, "ultimos": -1,
}  # fmt: skip
EVERY_DAY = frozenset(range(7))
LONGEST = 1_000  # characters; no list of days takes more
GROUPS = tuple(
    (re.compile(names + r"\b"), days)
    for names, days in (
        (
            r"(?:daily|every\s?day|each day|all (?:week|days)|diari[oa]s?|diariamente|todos los dias|cada dia)",
            EVERY_DAY,
        ),
        (r"(?:nightly|every night|(?:todas las|cada) noches?)", EVERY_DAY),
        (r"(?:(?:7|seven) days(?: (?:a|per|each|of the) week)?|toda la semana)", EVERY_DAY),
        (r"(?:(?:los )?(?:7|siete) dias(?: (?:de|a|por) la semana)?)", EVERY_DAY),
        (r"(?:week\s?days?|business days|work(?:ing)?days|entre semana)", frozenset(range(5))),
        (r"(?:(?:los )?dias (?:de semana|habiles|laborables))", frozenset(range(5))),
        (r"(?:week\s?ends?|(?:los )?fin(?:es)? de semana)", frozenset((5, 6))),
    )
)
COMPACT = re.compile(r"(?:Th|Tu|Sa|Su|M|T|W|R|F|S)+")
PIECE = re.compile(r"Th|Tu|Sa|Su|M|T|W|R|F|S")
PIECES = {"M": 0, "T": 1, "Tu": 1, "W": 2, "Th": 3, "R": 3, "F": 4, "S": 5, "Sa": 5, "Su": 6}
INITIALS = re.compile(r"(?<![^\s,/&-])[LXJVD](?![^\s,/&.-])")
COUNTED = re.compile(r"([+-]?\d)(mo|tu|we|th|fr|sa|su)\b")
TO = re.compile(r"-|–|—|\b(?:to|through|thru|till?|until|al?|hasta)\b")
AND = re.compile(r"[,/&+]|\b(?:and|y|e|plus)\b")
MONTH = re.compile(
    r"(?:of|in) (?:the|each|every) month|of month|(?:each|every|per) month|del mes|de cada mes|(?:cada|al) mes"
)
EVERY = re.compile(r"\b(?:every|each|cada|todos los)\b")
EXCEPT = re.compile(r"\b(?:except(?: for| on)?|excluding|but not|but|not|excepto|menos|salvo)\b")
HOLIDAYS = re.compile(
    r"(?:(?:on|all|major|federal|legal|public|bank|state|the|los|dias|observed) ){0,4}"
    r"(?:holidays|holiday|festivos|feriados)\b"
)
FILLER = re.compile(r"\b(?:on|the|only|open|de|del|el|los|la|weekly|solo|solamente|abierto)\b|[.()]")
WORD = re.compile(r"[a-z0-9+]+")
PHRASES = (("month", MONTH), ("except", EXCEPT), ("holiday", HOLIDAYS))
PARTICLES = (("every", EVERY), ("to", TO), ("and", AND), ("filler", FILLER))

NAMING = frozenset(("day", "days", "counted"))

Day = tuple[int, int]  # which one of its month (0: every), and the day of the week (0: Monday)


@dataclass(frozen=True)
class Token:
    """One word of a phrase about days, with what it stands for and where it ends."""

    kind: str
    end: int
    value: object = None


@dataclass
class Phrase:
    """Days as they are gathered from the words. ``no_holidays``: "except holidays" stood among them."""

    days: list[Day] = field(default_factory=list)
    removed: list[Day] = field(default_factory=list)
    no_holidays: bool = False
    taking_away: bool = False
    every: bool = False
    nths: list[int] = field(default_factory=list)
    nths_used: bool = True
    last: Token | None = None

    def take(self, token: Token, *, ranged: bool, monthly: bool) -> bool:
        """Take one more word, the end of a range where ``ranged``; False when it makes no sense here."""
        if token.kind == "nth":
            return self._take_nth(int(str(token.value)), ranged=ranged, monthly=monthly)
        if token.kind in NAMING:
            return self._take_days(token, ranged=ranged)
        if token.kind == "every":
            self.nths, self.every = [], True
        elif token.kind == "except":
            self.taking_away, self.nths, self.last = True, [], None
        elif token.kind == "holiday":
            self.no_holidays = self.taking_away
            return self.taking_away
        return True

    def _take_nth(self, nth: int, *, ranged: bool, monthly: bool) -> bool:
        if self.every and not monthly and nth == 2:  # noqa: PLR2004 - "every second": or every other?
            return False
        if ranged:
            if self.nths_used or not self.nths or nth < self.nths[-1]:
                return False
            self.nths += range(self.nths[-1] + 1, nth + 1)
        else:
            self.nths = [nth] if self.nths_used else [*self.nths, nth]
        self.nths_used = False
        return True

    def _take_days(self, token: Token, *, ranged: bool) -> bool:
        days = self._ranged(token) if ranged else self._named(token)
        target = self.removed if self.taking_away else self.days
        target += [day for day in days if day not in target]
        self.nths_used, self.last = True, None if ranged else token
        return bool(days)

    def _named(self, token: Token) -> list[Day]:
        if isinstance(token.value, tuple):
            return [token.value]
        if isinstance(token.value, frozenset):
            return [] if self.nths else [(0, day) for day in sorted(token.value)]
        return [(nth, int(str(token.value))) for nth in self.nths or [0]]

    def _ranged(self, token: Token) -> list[Day]:
        if self.nths or token.kind != "day" or self.last is None or self.last.kind != "day":
            return []
        first, last = int(str(self.last.value)), int(str(token.value))
        return [(0, number % 7) for number in range(first, last + 1 if first <= last else last + 8)]


def days_of(value: str) -> list[str] | None:
    """Days as HSDS has them ("MO", "4SA"), from those, from names in English or Spanish, or from spans; else None.

    A closed vocabulary: one word that is not in it, and nothing is taken for a day.
    """
    found = phrase(value)
    return [code(day) for day in found.days] if found else None


def code(day: Day) -> str:
    """ "MO", "4SA", "-1FR"."""
    nth, weekday = day
    return f"{nth or ''}{ORDER[weekday]}"


def phrase(text: str, *, codes: bool = True) -> Phrase | None:
    """The days that a text names, if it names days and nothing else. ``codes``: "mo" in small letters is a day too."""
    tokens = list(tokens_of(text, codes=codes)) if len(text) <= LONGEST else []
    if not tokens or any(token.kind == "unknown" for token in tokens):
        return None
    return gathered(tokens)


def tokens_of(text: str, *, codes: bool) -> Iterator[Token]:
    """The words of a text; one that is no word about days is "unknown"."""
    folded, spanish = plain(text), INITIALS.search(text) is not None
    position = 0
    while position < len(folded):
        if folded[position].isspace():
            position += 1
            continue
        token = token_at(text, folded, position, codes=codes, spanish=spanish)
        yield token
        position = token.end


def token_at(text: str, folded: str, position: int, *, codes: bool, spanish: bool) -> Token:
    """The word that stands at a place; ``folded`` is the text in small letters without accents, equally long."""
    if found := _phrase_at(folded, position):
        return found
    counted = COUNTED.match(folded, position)
    if counted and not _ordinal(text, counted):
        return Token("counted", counted.end(), (int(counted[1]), CODES[counted[2]]))
    word = WORD.match(folded, position)
    named = _named(text[position : word.end()], word[0], codes=codes, spanish=spanish) if word else None
    if word and named:
        return Token(named[0], word.end(), named[1])
    for kind, pattern in PARTICLES:
        if particle := pattern.match(folded, position):
            return Token(kind, particle.end())
    return Token("unknown", word.end() if word else position + 1)


def _phrase_at(folded: str, position: int) -> Token | None:
    for names, days in GROUPS:
        if found := names.match(folded, position):
            return Token("days", found.end(), days)
    for kind, pattern in PHRASES:
        if found := pattern.match(folded, position):
            return Token(kind, found.end())
    return None


def _ordinal(text: str, found: re.Match[str]) -> bool:
    """ "4th" is the fourth of something, and so is "4TH" before a word; by itself "4TH" is the fourth Thursday."""
    if found[2] != "th" or not found[1].isdigit():
        return False
    return text[found.start(2) : found.end()] != "TH" or re.match(r"\s+\w", text[found.end() :]) is not None


def gathered(tokens: list[Token]) -> Phrase | None:
    """The days that tokens name; None where they make no sense together or name none."""
    found = Phrase()
    monthly = any(token.kind == "month" for token in tokens)
    said = [token for token in tokens if token.kind != "filler"]
    for before, token in zip([None, *said], [*said, None], strict=True):
        ranged = before is not None and before.kind == "to"
        if ranged and (token is None or token.kind not in {"day", "nth"}):
            return None
        if token is not None and not found.take(token, ranged=ranged, monthly=monthly):
            return None
    if any(day not in found.days for day in found.removed):
        return None
    found.days = [day for day in found.days if day not in found.removed]
    numbered = any(nth for nth, _ in found.days)
    return found if found.days and (numbered or not monthly) and (found.nths_used or not found.nths) else None


def plain(text: str) -> str:
    """Small letters without accents, letter for letter."""
    return "".join((unicodedata.normalize("NFD", letter.lower()) or " ")[0] for letter in text)


def _named(given: str, word: str, *, codes: bool, spanish: bool) -> tuple[str, object] | None:
    if word in NTH:
        return "nth", NTH[word]
    if word in DAYS:
        return "day", DAYS[word]
    if word in CODES and (codes or given.isupper()):
        return "day", CODES[word]
    letters = SPANISH if spanish else ENGLISH
    if word in letters and (given.isupper() or given == "Th"):
        return "day", letters[word]
    return _compact(given)


def _compact(given: str) -> tuple[str, object] | None:
    """ "MWF", "MTWThF", "TTh": initials without a space, in the order of the week."""
    if not COMPACT.fullmatch(given):
        return None
    days = [PIECES[piece] for piece in PIECE.findall(given)]
    if len(days) < 2 or days != sorted(set(days)):  # noqa: PLR2004 - one alone is no list
        return None
    return "days", frozenset(days)
