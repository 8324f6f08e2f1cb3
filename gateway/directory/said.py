"""Reads facts out of free words, both languages at once: how old somebody is, and when it must be open.

Only what is said plainly counts; what is read here moves a service up or down and decides nothing else.
"""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.directory.folding import fold

OLDEST = 110
PEOPLE = (
    r"mom|mother|dad|father|grandma|grandpa|grandmother|grandfather|nana|granny|aunt|uncle|son|daughter|kid|boy|girl|child"
    r"|husband|wife|brother|sister|nephew|niece|senior|man|woman|teen|baby|mama|papa|madre|padre|abuel\w+|tia|tio|hij[oa]"
    r"|nin[oa]|bebe|espos[oa]|herman[oa]|sobrin[oa]|niet[oa]|senor|senora|persona|hombre|mujer|muchach[oa]|joven|she|he"
)
NO_YEARS = (
    r"min|miles|mi\b|weeks?|months?|meses|semanas|dias?|days?|hours?|horas|hij\w+|kids?|children|nin\w+|jobs?|trabajos?"
    r"|dollars|dolares|%|\$|people|personas|deudas|multas"
)
AS_A_WORD = (  # "my mom 2 know", "my son 4 free"
    r"[24] (?:know|get|see|eat|be|go|come|help|find|pay|stay|sleep|live|do|take|use|give|buy|move|the|a|my|her|his"
    r"|me|us|free)\b"
)
AGE = re.compile(
    r"\b(?:i ?'?a?m|age|aged|soy de|tengo|tiene|edad)(?: about| like| casi| como)? (\d{1,3})\b"
    rf"(?! ?(?:{NO_YEARS}))"
    r"|\b(\d{1,3}) ?-?(?:years?|yrs?|yo|anos)\b(?:[ -](?:old|de edad))?(?! ago| atras| in| de carcel)"
    rf"|\b(?:{PEOPLE})(?:(?: is| es|,| de| d| age| aged| (?:q |que )?tiene) (\d{{1,3}})"
    rf"| ((?!{AS_A_WORD})\d{{1,3}}))\b"
    rf"(?! ?(?:{NO_YEARS}))"
    r"|\bat (\d{2})\b(?! ?(?:am|pm|:|o'?clock|st\b|th\b|w\b|e\b|n\b|s\b))"
)
SIXTIES = re.compile(r"\bin (?:his|her|my|their) (?:late |early |mid )?(\d)0'?s\b")
DAYS = (
    ("monday", "lunes"),
    ("tuesday", "martes"),
    ("wednesday", "miercoles"),
    ("thursday", "jueves"),
    ("friday", "viernes"),
    ("saturday", "sabado"),
    ("sunday", "domingo"),
)
DAY_NAMES = "|".join(name for names in DAYS for name in names)
DAY = re.compile(rf"\b({DAY_NAMES})s?\b")
WEEKEND = re.compile(r"\b(?:weekends?|fin(?:es)? de semana)\b")
TOMORROW = re.compile(r"\btomorrow\b|(?<!la )(?<!por la )\bmanana\b(?! temprano por)")
EVENING = re.compile(r"\b(?:tonight|this evening|esta noche|evenings?|at night|en la noche|por la noche|after work)\b")
AFTERNOON = re.compile(r"\b(?:this afternoon|afternoons?|esta tarde|por la tarde|en la tarde)\b")
CLOCK = re.compile(
    r"\b(?:at|a las?|after|despues de las?|until|hasta las?) (\d{1,2})(?::(\d\d))? ?(am|pm)?\b"
    r"|\b(\d{1,2})(?::(\d\d))? ?(am|pm)\b"
)
# Help is wanted before that day and not on it: "rent is due friday", "me cortan la luz el lunes".
DUE = re.compile(
    r"\b(?:due|shut\w*|cut\w*|turn\w* (?:it |them |us )?off|disconnect\w*|evict\w*|court|hearing|kick\w*|lock\w*|lose"
    r"|losing|owe|owed|pay|rent|bills?|deadline|notice|expires?|runs? out|running out"
    r"|vence\w*|corta\w*|corten|corte|desaloj\w*|juicio|audiencia|pagar|pago|debo|debemos|renta|recibo|echa\w*|echen"
    r"|saca\w*|saquen|plazo|quitan|quitar\w*|se acaba|desconect\w*"
    rf"|(?:by|before|b4|until|til+|antes del?|hasta)(?: el| este| this| next)? (?:{DAY_NAMES}|tomorrow|manana))\b"
)
OPEN = re.compile(r"\b(?:open|opens|abiert[oa]s?|abren?|atienden?)\b")
AT_EVENING, AT_AFTERNOON, AT_MORNING = time(19), time(14, 30), time(10)
LATEST_MORNING = 7  # "at 6" without am or pm is the evening


def ages_in(text: str) -> tuple[int, ...]:
    """The ages that somebody names, in years."""
    plain = fold(text).replace("'", "")
    found = [int(next(filter(None, match.groups()))) for match in AGE.finditer(plain)]
    found += [int(match[1]) * 10 + 5 for match in SIXTIES.finditer(plain)]
    return tuple(dict.fromkeys(age for age in found if 0 < age <= OLDEST))


def moment_in(text: str, now: datetime, home: str | None) -> datetime | None:
    """When it must be open, if a day or an hour is named; None for now, and for a day on which something is due."""
    if due_in(text):
        return None
    plain = fold(text)
    here = now.astimezone(ZoneInfo(home)) if home else now
    days, clock = _days(plain, here), _clock(plain)
    if days is None and clock is None:
        return None
    at = datetime.combine(here.date() + timedelta(days=days or 0), clock or AT_MORNING, here.tzinfo)
    return at if at > here else None


def due_in(text: str) -> bool:
    """Whether a day is named on which something is due: help is wanted before it."""
    plain = fold(text)
    return bool(DUE.search(plain) and (DAY.search(plain) or TOMORROW.search(plain) or WEEKEND.search(plain)))


def open_in(text: str) -> bool:
    """Whether they say that it must be open."""
    return bool(OPEN.search(fold(text)))


def weekday(name: str) -> int | None:
    """The number of a day by its name in English or folded Spanish, Monday is 0; None for what is no day."""
    return next((number for number, names in enumerate(DAYS) if name in names), None)


def _days(plain: str, here: datetime) -> int | None:
    if TOMORROW.search(plain):
        return 1
    named = DAY.search(plain)
    if named:
        return ((weekday(named[1]) or 0) - here.weekday()) % 7
    return (5 - here.weekday()) % 7 if WEEKEND.search(plain) else None


def _clock(plain: str) -> time | None:
    match = CLOCK.search(plain)
    if match:
        hour = int(match[1] or match[4])
        half = match[3] or match[6]
        minute = int(match[2] or match[5] or 0)
        if half == "pm" or (half is None and hour <= LATEST_MORNING):
            hour += 12 if hour < 12 else 0  # noqa: PLR2004 - a clock has twelve hours
        return time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004
    if EVENING.search(plain):
        return AT_EVENING
    return AT_AFTERNOON if AFTERNOON.search(plain) else None
