"""Reads one cell as what its column holds: numbers, amounts, days, moments, ages, as real exports write them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dateutil import parser as dates

from gateway.directory.objects import kind_of

LONGEST_STATUS = 40  # characters
LARGEST_INTEGER = 2**31 - 1
LANGUAGES = {
    "american sign language": "ase",
    "arabic": "ar",
    "cantonese": "zh",
    "chinese": "zh",
    "chinese (cantonese)": "zh",
    "chinese (mandarin)": "zh",
    "english": "en",
    "español": "es",
    "french": "fr",
    "haitian creole": "ht",
    "hindi": "hi",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "mandarin": "zh",
    "polish": "pl",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "tagalog": "tl",
    "vietnamese": "vi",
}
LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}")
DEGREES_COMMA = re.compile(r"[+-]?\d{1,3},\d+")
SPREADSHEET_ID = re.compile(r"(?<=\d)\.0+$")
ISO_DAY = re.compile(r"(?:19|2[01])\d{2}-\d{2}-\d{2}")
SPREADSHEET_DAY = re.compile(r"[2-6]\d{4}(?:\.\d+)?")  # days since SPREADSHEET_ZERO, from 1954 to 2091
SPREADSHEET_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a day and no moment
SINCE_1970 = re.compile(r"(1\d{9})(?:\d{3})?")  # seconds, or thousandths of them: from 2001 to 2033
EVERY_YEAR = re.compile(r"\b0{2,3}\d{1,2}\b")  # how Ohana writes it: "January 01, 0001"
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
# Whatever a text does not say comes from these, so that it differs between the two.
DEFAULT_DAYS = (datetime(2000, 1, 1), datetime(2003, 2, 2))  # noqa: DTZ001
ZONES = {
    name: -3600 * hours
    for name, hours in {
        "EST": 5,
        "EDT": 4,
        "CST": 6,
        "CDT": 5,
        "MST": 7,
        "MDT": 6,
        "PST": 8,
        "PDT": 7,
        "AKST": 9,
        "AKDT": 8,
        "HST": 10,
    }.items()
}
AGE = re.compile(
    r"(?i)\W*(?:age[ds]?\s*)?(?P<number>\d{1,3}(?:\.\d+)?)\s*(?:(?P<months>mo(?:nth)?s?)|y(?:ea)?rs?\.?(?:[ -]old)?)?"
    r"\s*(?:\+|(?:and|or)\s+(?:over|older|up|above|under|younger))?\W*"
)


def text_of(value: Any) -> str:
    """A text on one line has single blanks. Raises ValueError for an object, such as names by language."""
    if isinstance(value, dict):
        raise ValueError(value)
    return " ".join(str(value).split()) if "\n" not in str(value) else str(value)


def years_of(text: str) -> float | None:
    """An age said with a word or a sign: "18+", "65 years", "6 months"."""
    found = AGE.fullmatch(text)
    if found is None:
        return None
    return round(float(found["number"]) / (12 if found["months"] else 1), 2)


def language_of(value: Any) -> str:
    """The code of a language: "Spanish", "ES", "es-MX" -> ``es``. Raises ValueError for what names none."""
    text = str(value).strip().lower()
    tag = LANGUAGE_TAG.fullmatch(text)
    if text in LANGUAGES or tag is None:
        if text not in LANGUAGES:
            raise ValueError(value)
        return LANGUAGES[text]
    return tag[1]


def _number(value: Any) -> float:
    number = float(_point(value))
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN is the one unequal to itself
        raise ValueError(value)
    return number


def _point(value: Any) -> str:
    """A number with a point and nothing else; a comma stands for it, or for thousands where three digits follow."""
    text = str(value).strip().lstrip("$").strip()
    if DECIMAL_COMMA.fullmatch(text):
        return text.replace(",", ".")
    return text.replace(",", "") if THOUSANDS.fullmatch(text) else text


def _degrees(value: Any) -> float:
    text = str(value).strip()
    return _number(text.replace(",", ".") if DEGREES_COMMA.fullmatch(text) else text)


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number) or abs(number) > LARGEST_INTEGER:
        raise ValueError(value)
    return int(number)


def _amount(value: Any) -> Decimal:
    amount = Decimal(_point(value)).quantize(Decimal("0.01"))
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 10:
        raise ValueError(value)
    return amount


def _date(value: Any) -> date:
    """A day that is said whole: "May", "10" and "5pm" are none, though a reader of dates would fill the rest."""
    return _whole_moment(value).date()


def _moment(value: Any) -> datetime:
    moment = _whole_moment(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _whole_moment(value: Any) -> datetime:
    text = str(value).strip()
    if ISO_DAY.fullmatch(text):
        return datetime.fromisoformat(text)
    if SPREADSHEET_DAY.fullmatch(text):
        return SPREADSHEET_ZERO + timedelta(days=int(float(text)))
    if since := SINCE_1970.fullmatch(text):
        return datetime.fromtimestamp(int(since[1]), UTC)
    if EVERY_YEAR.search(text):
        raise ValueError(value)
    first, second = (dates.parse(text, default=default, tzinfos=_zone) for default in DEFAULT_DAYS)
    if first != second or not EARLIEST_YEAR <= first.year <= LATEST_YEAR:
        raise ValueError(value)
    return first


def _zone(name: str | None, seconds: int | None) -> int | None:
    """Seconds from UTC; unknown letters are no reason to lose the day."""
    return seconds if seconds is not None else ZONES.get((name or "").upper())


READ: dict[type[Any], Callable[[Any], Any]] = {
    str: text_of,
    float: _number,
    int: _integer,
    Decimal: _amount,
    date: _date,
    datetime: _moment,
    bool: bool,
    time: str,  # the schedule's own rule reads it together with its neighbours
}
# Columns that are read otherwise than their type.
OWN: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("attribute", "link_entity"): lambda value: kind_of(str(value)),
    ("location", "latitude"): _degrees,
    ("location", "longitude"): _degrees,
    ("service", "status"): lambda value: text_of(value)[:LONGEST_STATUS],  # its rule knows which there are
    ("translation", "language"): language_of,
    ("translation", "object"): lambda value: kind_of(str(value)),
}
ODD: dict[str, Callable[[str], Any]] = {"minimum_age": years_of, "maximum_age": years_of}
