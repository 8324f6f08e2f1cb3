"""Reads the hours of a whole week from one sentence: "Mon-Fri 9-5, Sat by appointment", "lunes a viernes de 9 a 5"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time

from gateway.directory.clock_text import LAST_MINUTE, SPAN, span_of
from gateway.directory.day_text import EVERY_DAY, Day, Phrase, Token, code, gathered, plain, token_at
from gateway.directory.day_text import INITIALS as SPANISH_INITIALS

LONGEST = 2_000  # characters; no week takes more
ALL_DAY = re.compile(
    r"24\s*/\s*7(?:\s*/\s*365)?\b"
    r"|(?:las )?24[ -]?(?:hours?|hrs?|horas)\b(?: (?:a|per|each|al|del|por) (?:day|dia)| diarias)?"
    r"|around the clock\b|all day\b|todo el dia\b"
)
CLOSED = re.compile(r"(?:is |are )?(?:closed|cerrad[oa]s?)\b(?: (?:for|on|para|por|en|los|el))*")
APPOINTMENT = re.compile(
    r"(?:by |with |con |por |solo con )?(?:previa )?(?:appointments?|appts?|citas?)\b\.?"
    r"(?: (?:only|previa|required|solamente))?"
)
OR = re.compile(r"(?:or|o|also|tambien)\b")
BREAK = re.compile(r"[;\n.]")
# Words that change nothing about when a place is open.
HARMLESS = re.compile(
    r"(?:hours?|horas?|horario|office|oficina|open|opens|abierto|abre|abren|from|de|del|el|los|las|la|at|the|is|are|we|year"
    r"|walk[ -]?ins?|welcome|available|disponible|disponibles|service|services|business|operating|regular|atencion"
    r"|lunch|almuerzo|monday's|a year|days|only|solo|for|on|daytime)\b|[:()|*]"
)
DAY_WORDS = frozenset(("day", "days", "nth", "counted", "every"))
WITHIN_DAYS = DAY_WORDS | {"to", "and", "month", "except", "holiday"}

Span = tuple[time, time]


@dataclass
class Part:
    """Some days, and what is said of them."""

    days: list[Day]
    spans: list[Span] = field(default_factory=list)
    closed: bool = False
    doubtful: bool = False
    instead: bool = False

    @property
    def said(self) -> bool:
        """Whether anything was said of its days yet."""
        return bool(self.spans) or self.closed or self.doubtful


@dataclass(frozen=True)
class Week:
    """What a sentence says: spans by day, the days on which nobody can tell, and what becomes of holidays.

    ``doubtful`` holds days such as ``(0, 5)``, every Saturday. ``otherwise`` is true when hours beside the listed
    ones are possible ("or by appointment").
    """

    spans: tuple[tuple[Day, time, time], ...]
    doubtful: frozenset[Day] = frozenset()
    closed_on_holidays: bool = False
    otherwise: bool = False


def read(text: str) -> Week | None:
    """The week that a text tells, in English or Spanish; None when it is not about hours or cannot be made out.

    What follows some days and cannot be read makes those days doubtful; words before any day, or a text that says two
    things of the same days, are not guessed at.
    """
    if len(text) > LONGEST:
        return None
    tokens = list(_tokens(text))
    reading = _TimesFirst() if _times_first(tokens) else _Reading()
    for item in _items(tokens):
        if not reading.take(item):
            return None
    return reading.week()


def rows(week: Week) -> list[dict[str, str]]:
    """The columns of HSDS schedules that say the same, in words; days with the same hours share one."""
    by_hours: dict[tuple[str, str, bool], list[Day]] = {}
    for day, opens, closes in week.spans:
        by_hours.setdefault((f"{opens:%H:%M}", f"{closes:%H:%M}", bool(day[0])), []).append(day)
    found = [
        {"freq": _freq(counted=counted), "byday": ",".join(map(code, days)), "opens_at": opens, "closes_at": closes}
        for (opens, closes, counted), days in by_hours.items()
    ]
    for counted in (False, True):
        if days := sorted(day for day in week.doubtful if bool(day[0]) == counted):
            found.append({"freq": _freq(counted=counted), "byday": ",".join(map(code, days))})
    if week.otherwise:
        found.append({"freq": "DAILY", "notes": "Or by appointment"})
    return found


def _freq(*, counted: bool) -> str:
    return "MONTHLY" if counted else "WEEKLY"


@dataclass(frozen=True)
class Item:
    """A piece of the sentence: days, a span, or a word such as "closed"."""

    kind: str
    phrase: Phrase | None = None
    span: Span | None = None


def _tokens(text: str) -> Iterator[Token]:
    folded, spanish = plain(text), SPANISH_INITIALS.search(text) is not None
    position = 0
    while position < len(folded):
        if folded[position] in " \t\r":
            position += 1
            continue
        token = _token(text, folded, position, spanish=spanish)
        yield token
        position = token.end


def _token(text: str, folded: str, position: int, *, spanish: bool) -> Token:
    for kind, pattern in (("all_day", ALL_DAY), ("closed", CLOSED), ("appointment", APPOINTMENT), ("or", OR)):
        if found := pattern.match(folded, position):
            return Token(kind, found.end())
    if (clock := SPAN.match(folded, position)) and (position == 0 or not folded[position - 1].isalnum()):
        span = span_of(clock["opens"], clock["closes"])
        return Token("span" if span else "odd", clock.end(), span)
    token = token_at(text, folded, position, codes=False, spanish=spanish)
    if token.kind in DAY_WORDS | {"to", "and", "month", "except", "holiday"}:
        return token
    for kind, pattern in (("break", BREAK), ("harmless", HARMLESS)):
        if found := pattern.match(folded, position):
            return Token(kind, found.end())
    return Token("harmless", token.end) if token.kind == "filler" else token


def _times_first(tokens: list[Token]) -> bool:
    """Whether the hours stand before their days: "9am-5pm Monday-Friday"."""
    kinds = [token.kind for token in tokens if token.kind in DAY_WORDS | {"span", "all_day", "odd"}]
    return bool(kinds) and kinds[0] not in DAY_WORDS and kinds[-1] in DAY_WORDS


def _items(tokens: list[Token]) -> Iterator[Item]:
    run: list[Token] = []
    for token in [*tokens, Token("break", 0)]:
        if token.kind in WITHIN_DAYS and (run or token.kind in DAY_WORDS):
            run.append(token)
            continue
        if run:
            yield from _of_run(run)
            run = []
        if token.kind == "span" and isinstance(token.value, tuple):
            yield Item("span", span=token.value)
        elif token.kind == "all_day":
            yield Item("span", span=(time(0), LAST_MINUTE))
        elif token.kind not in {"harmless", "to", "and", "break", "month"}:
            yield Item(token.kind)


def _of_run(run: list[Token]) -> Iterator[Item]:
    """The days of a run of words; what trails behind them ("Mon -", "Mon-Fri and") belongs to what follows."""
    trailing: list[Token] = []
    while run and run[-1].kind in {"to", "and", "except", "every"}:
        trailing.append(run.pop())
    phrase = gathered(run)
    yield Item("days", phrase=phrase) if phrase else Item("odd_days")
    if any(token.kind == "except" for token in trailing):
        yield Item("except")


class _Reading:
    """Takes a sentence in which the days stand before their hours."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.next_closed = False
        self.next_instead = False
        self.or_else = False
        self.closed_on_holidays = False
        self.otherwise = False

    def take(self, item: Item) -> bool:
        """Take the next piece; False when the sentence makes no sense."""
        taken = {
            "days": self._days, "span": self._span, "closed": self._closed, "except": self._except,
            "appointment": self._appointment, "or": self._or, "holiday": self._holiday,
        }.get(item.kind, self._unread)(item)  # fmt: skip
        if item.kind != "or":
            self.or_else = False
        return taken

    def week(self) -> Week | None:
        """What was said, when every day can be told apart."""
        spans: dict[Day, list[Span]] = {}
        doubtful: set[Day] = set()
        for part in self.parts:
            for day in part.days:
                if part.instead:
                    spans.pop(day, None)
                if part.closed and not part.doubtful:
                    spans.pop(day, None)
                elif part.doubtful or not part.spans or _overlap(spans.get(day, []), part.spans):
                    doubtful.add(day)
                else:
                    spans.setdefault(day, []).extend(part.spans)
        told = tuple((day, *span) for day in spans if day not in doubtful for span in spans[day])
        if not self.parts or not (told or doubtful or any(part.closed for part in self.parts)):
            return None
        return Week(told, frozenset(doubtful), self.closed_on_holidays, self.otherwise)

    def _days(self, item: Item) -> bool:
        if item.phrase is None:
            return False
        self.closed_on_holidays |= item.phrase.no_holidays
        self.parts.append(Part(item.phrase.days, closed=self.next_closed, instead=self.next_instead))
        self.next_closed = self.next_instead = False
        return True

    def _span(self, item: Item) -> bool:
        if item.span is None:
            return False
        if self.next_closed:
            self.next_closed = False
            return self._break(item.span)
        if not self.parts and item.span == (time(0), LAST_MINUTE):
            self.parts.append(Part([(0, day) for day in sorted(EVERY_DAY)]))
        if not self.parts:
            return False
        part = self.parts[-1]
        if part.instead:
            part.closed = False
        part.doubtful |= part.closed or _overlap(part.spans, [item.span])
        if item.span not in part.spans:
            part.spans.append(item.span)
        return True

    def _break(self, pause: Span) -> bool:
        """ "closed 12-1 for lunch" """
        if not self.parts or not self.parts[-1].spans:
            return False
        part = self.parts[-1]
        whole = next((span for span in part.spans if span[0] < pause[0] < pause[1] < span[1]), None)
        if whole is None:
            return False
        part.spans.remove(whole)
        part.spans += [(whole[0], pause[0]), (pause[1], whole[1])]
        return True

    def _closed(self, item: Item) -> bool:
        if self.parts and not self.parts[-1].said:
            self.parts[-1].closed = True
        else:
            self.next_closed = True
        return True

    def _except(self, item: Item) -> bool:
        self.next_closed = self.next_instead = bool(self.parts)
        return self.next_closed

    def _appointment(self, item: Item) -> bool:
        if not self.parts:
            return False
        if self.or_else and self.parts[-1].said:
            self.otherwise = True
        else:
            self.parts[-1].doubtful = True
        return True

    def _or(self, item: Item) -> bool:
        self.or_else = True
        return True

    def _holiday(self, item: Item) -> bool:
        self.closed_on_holidays |= self.next_closed
        told = self.next_closed
        self.next_closed = False
        return told or self._unread(item)

    def _unread(self, item: Item) -> bool:
        if not self.parts:
            return False
        self.parts[-1].doubtful = True
        return True


class _TimesFirst(_Reading):
    """Takes a sentence in which the hours stand before their days: "9am-5pm Monday-Friday"."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[Span] = []

    def _span(self, item: Item) -> bool:
        if self.next_closed or item.span is None:
            return False
        if _overlap(self.spans, [item.span]):
            return False
        self.spans.append(item.span)
        return True

    def _days(self, item: Item) -> bool:
        closed = self.next_closed
        if not super()._days(item):
            return False
        self.parts[-1].spans, self.spans = ([], self.spans) if closed else (self.spans, [])
        return True

    def _closed(self, item: Item) -> bool:
        self.next_closed = True
        return True

    def _unread(self, item: Item) -> bool:
        return False


def _overlap(spans: list[Span], others: list[Span]) -> bool:
    return any(a[0] < _end(b) and b[0] < _end(a) for a in spans for b in others if a != b)


def _end(span: Span) -> time:
    return span[1] if span[1] > span[0] else time.max
