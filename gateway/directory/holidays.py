"""On which days listed hours may not hold: the federal holidays of the US, and what a town or a publisher adds."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter

DAY = timedelta(days=1)
MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6
FEDERAL_NAME, NO_NAME = "federal", "none"
OF_THE_TOWN = "town"
YEARLY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")


def _nth(month: int, weekday: int, number: int) -> Callable[[int], date]:
    def of(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))

    return of


def _last_monday_of_may(year: int) -> date:
    end = date(year, 5, 31)
    return end - timedelta(days=end.weekday())


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


# 5 U.S.C. 6103(a). Inauguration Day is one for federal offices in Washington alone.
FEDERAL_DAYS: dict[str, Callable[[int], date]] = {
    "new_years_day": _fixed(1, 1),
    "martin_luther_king": _nth(1, MONDAY, 3),
    "presidents_day": _nth(2, MONDAY, 3),
    "memorial_day": _last_monday_of_may,
    "juneteenth": _fixed(6, 19),
    "independence_day": _fixed(7, 4),
    "labor_day": _nth(9, MONDAY, 1),
    "columbus_day": _nth(10, MONDAY, 2),
    "veterans_day": _fixed(11, 11),
    "thanksgiving": _nth(11, THURSDAY, 4),
    "christmas": _fixed(12, 25),
}
DAYS: dict[str, Callable[[int], date]] = FEDERAL_DAYS | {
    "kings_day": _fixed(1, 6),
    "lincolns_birthday": _fixed(2, 12),
    "casimir_pulaski": _nth(3, MONDAY, 1),
    "cesar_chavez": _fixed(3, 31),
    "good_friday": lambda year: easter(year) - 2 * DAY,
    "easter": easter,
    "patriots_day": _nth(4, MONDAY, 3),
    "election_day": lambda year: _nth(11, MONDAY, 1)(year) + DAY,
    "day_after_thanksgiving": lambda year: FEDERAL_DAYS["thanksgiving"](year) + DAY,
    "christmas_eve": _fixed(12, 24),
    "new_years_eve": _fixed(12, 31),
}
MOVED = frozenset(("new_years_day", "juneteenth", "independence_day", "veterans_day", "christmas"))  # off a weekend

# As publishers write them, in small letters without accents and marks.
NAMES = {
    "new_years_day": r"new years?( day)?|ano nuevo|dia de ano nuevo",
    "martin_luther_king": r"(dr )?(martin luther king|m ?l ?k)( jr)?( day| birthday)?|dia de martin luther king( jr)?",
    "presidents_day": r"presidents?( day)?|(george )?washingtons? birthday|dia de los presidentes",
    "memorial_day": r"memorial( day)?|dia de (los caidos|conmemoracion)",
    "juneteenth": r"juneteenth( (day|national independence day))?|dia de la emancipacion",
    "independence_day": r"independence( day)?|(the )?(4th|fourth) of july|july (4th|4)|dia de la independencia"
    r"|(4|cuatro) de julio",
    "labor_day": r"labou?r( day)?|dia del trabajo",
    "columbus_day": r"columbus( day)?|indigenous peoples?( day)?|dia de la raza|dia de colon"
    r"|dia de los pueblos indigenas",
    "veterans_day": r"veterans?( day)?|dia de los veteranos",
    "thanksgiving": r"thanksgiving( day)?|(dia de )?accion de gracias",
    "christmas": r"christmas( day)?|xmas|(dia de )?navidad",
    "kings_day": r"(three )?kings day|dia de (los )?reyes",
    "lincolns_birthday": r"(abraham )?lincolns? birthday",
    "casimir_pulaski": r"(casimir )?pulaski( day)?",
    "cesar_chavez": r"cesar chavez( day)?|dia de cesar chavez",
    "good_friday": r"good friday|viernes santo",
    "easter": r"easter( sunday)?|pascua|domingo de (pascua|resurreccion)",
    "patriots_day": r"patriots?( day)?",
    "election_day": r"(general )?election day|dia de (las )?elecciones",
    "day_after_thanksgiving": r"(the )?day after thanksgiving( day)?|black friday"
    r"|dia despues de(l dia de)? accion de gracias",
    "christmas_eve": r"christmas eve|nochebuena",
    "new_years_eve": r"new years? eve|nochevieja|fin de ano",
}
ALL_OF_THEM = re.compile(
    r"(on )?((all|most|the|major|legal|public|federal|national|state|us|bank|and|observed) )*holidays?"
    r"|(los |en )*(dias )?(feriados|festivos)( federales| oficiales| nacionales)*"
)
PARTS = re.compile(r"\s*(?:[\n;,/]|(?<!day after)\band\b|&|\by\b)\s*")


@dataclass(frozen=True)
class Calendar:
    """Which days are holidays: ``codes`` of :data:`DAYS`, and days of the town's own.

    A federal holiday that falls on a weekend counts on that day and on the workday that stands for it.
    """

    codes: frozenset[str]
    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def on(self, day: date) -> str | None:
        """The code of the holiday on this day, "town" for one of the town's own, or None."""
        found = _in_year(self.codes, day.year).get(day)
        if found is None and (day in self.dates or (day.month, day.day) in self.yearly):
            return OF_THE_TOWN
        return found


FEDERAL = Calendar(frozenset(FEDERAL_DAYS))


def calendar(names: Iterable[str]) -> Calendar:
    """A calendar from "federal", codes such as "cesar_chavez", dates "2026-12-24" and yearly days "12-24".

    Raises ValueError that says which name is not known, and which are.
    """
    codes: set[str] = set()
    dates: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for name in names:
        written = YEARLY.fullmatch(name)
        if name == FEDERAL_NAME:
            codes |= FEDERAL_DAYS.keys()
        elif name in DAYS:
            codes.add(name)
        elif written and written.group(1):
            dates.add(date.fromisoformat(name))
        elif written:
            leap = date.fromisoformat(f"2024-{name}")
            yearly.add((leap.month, leap.day))
        else:
            known = ", ".join((FEDERAL_NAME, *sorted(DAYS)))
            raise ValueError(f"{name!r} is no holiday: write a date such as 2026-12-24 or 12-24, or one of {known}")
    return Calendar(frozenset(codes), frozenset(dates), frozenset(yearly))


def read(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The codes of the holidays that a publisher lists, in English or Spanish, and the parts that were not read."""
    codes: set[str] = set()
    unread: list[str] = []
    for part in filter(None, PARTS.split(_joined(text))):
        plain = _plain(part)
        code = next((code for code, names in NAMES.items() if re.fullmatch(names, plain)), None)
        if code:
            codes.add(code)
        elif ALL_OF_THEM.fullmatch(plain):
            codes |= FEDERAL_DAYS.keys()
        elif plain not in {"", "jr"}:
            unread.append(part.strip())
    return frozenset(codes), tuple(unread)


def _joined(text: str) -> str:
    """ "Martin Luther King, Jr. Day" is one name."""
    return re.sub(r",\s*(?=jr\b)", " ", text, flags=re.IGNORECASE)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(letter for letter in bare if unicodedata.category(letter) != "Mn" and letter not in "'’‘.`")
    return " ".join(re.sub(r"[^a-z0-9]+", " ", kept).split())


@lru_cache(maxsize=512)
def _in_year(codes: frozenset[str], year: int) -> dict[date, str]:
    """The holidays whose day, or whose observed day, lies in a year; New Year's may be observed on 31 December."""
    found: dict[date, str] = {}
    for code in sorted(codes):
        for day in (DAYS[code](year), DAYS[code](year + 1)):
            for kept in {day, _observed(code, day)}:
                if kept.year == year:
                    found.setdefault(kept, code)
    return found


def _observed(code: str, day: date) -> date:
    """5 U.S.C. 6103(b) and Executive Order 11582: Saturday's on the Friday before, Sunday's on the Monday after."""
    if code in MOVED and day.weekday() == SATURDAY:
        return day - DAY
    return day + DAY if code in MOVED and day.weekday() == SUNDAY else day
