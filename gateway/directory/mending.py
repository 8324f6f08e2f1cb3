"""Puts one row right: types, times, days and places as real exports write them, and says what it changed."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from dateutil import parser as dates

from gateway.directory import times
from gateway.directory.flatten import NAMESPACE, Record, given_id
from gateway.directory.objects import BY_NAME, Kind
from gateway.models.directory import ID_LENGTH

STATUSES = ("active", "inactive", "defunct", "temporarily closed")
ACTIVE = ("open", "current", "live", "published", "approved")
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
DIGITS_OF_A_PHONE = 3  # 911, 988, 211
DEFAULTS = {
    "service": {"status": "active"},
    "location": {"location_type": "physical"},
    "attribute": {"link_entity": "service"},
}
LARGEST_INTEGER = 2**31 - 1
A_TEST = re.compile(
    r"(?i)\blorem ipsum\b|\bnot a real (?:service|organi[sz]ation|entry|program|location)\b|\bjust a test service\b"
    r"|\bfor test?ting purposes\b"
)
# Columns of a publisher's own that name people.
PERSONAL = re.compile(
    r"(?:^|_)(?:admin|administrator|assurer|author|contacts?|created_by|director|editor|manager|metadata|modified_by|owner|person"
    r"|personnel|reviewer|staff|submitter|updated_by|verified_by|volunteer)(?:_|$)"
)
ADDRESSES_ONLY = re.compile(r"\W*[^\s@,;]+@[^\s@,;]+(?:[\s,;]+[^\s@,;]+@[^\s@,;]+)*\W*")  # of e-mail
SPREADSHEET_ID = re.compile(r"(?<=\d)\.0+$")
ISO_DAY = re.compile(r"(?:19|2[01])\d{2}-\d{2}-\d{2}")
SPREADSHEET_DAY = re.compile(r"[2-6]\d{4}(?:\.\d+)?")  # days since SPREADSHEET_ZERO, from 1954 to 2091
SPREADSHEET_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a day and no moment
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


@dataclass
class Mended:
    """A row ready for its table (None when refused), and what became of its cells.

    ``notes`` say what was put right, ``kept`` which text stands in ``extra`` because it fits no column. ``unknown`` are
    columns that HSDS does not have, which are in ``extra`` too; ``personal`` those that are about a person and nowhere.
    """

    row: dict[str, Any] | None
    notes: list[str] = field(default_factory=list)
    refused: str | None = None
    unknown: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)

    def keep(self, name: str, value: Any) -> None:
        """Put a cell into ``extra``, under the publisher's name for it."""
        assert self.row is not None  # noqa: S101 - rows are dropped only at the end
        self.row["extra"] = (self.row["extra"] or {}) | {name: value}


def mend(record: Record) -> Mended:
    """Clean one row. Rules for a whole object come after those for single cells."""
    kind = BY_NAME[record.kind]
    row: dict[str, Any] = dict.fromkeys(kind.columns)
    mended = Mended(row=row)
    for name, value in record.fields.items():
        if name in kind.types:
            _set(mended, kind, name, _plain(value, mended))
        else:
            _keep_unknown(mended, name, value)
    row.update(record.ours)
    _finish(mended, kind, record)
    return mended


def _keep_unknown(mended: Mended, name: str, value: Any) -> None:
    """Cells without a column are kept, but for those about people: nobody here needs to know who keeps a record."""
    cell = _whole(value) if isinstance(value, dict | list) else _plain(value, mended)
    if cell in (None, [], {}):
        return
    if PERSONAL.search(name.lower().replace(" ", "_")) or ADDRESSES_ONLY.fullmatch(str(cell)):
        mended.personal.append(name)
        return
    mended.unknown.append(name)
    mended.keep(name, cell)


def _whole(value: Any) -> Any:
    """Nested cells as they came, without people and NUL characters."""
    if isinstance(value, dict):
        cells = {key: _whole(cell) for key, cell in value.items() if not PERSONAL.search(str(key).lower())}
        return {key: cell for key, cell in cells.items() if cell not in (None, "", [], {})}
    if isinstance(value, list):
        return [cell for cell in map(_whole, value) if cell not in (None, "", [], {})]
    return value.replace("\x00", "") if isinstance(value, str) else value


def _finish(mended: Mended, kind: Kind, record: Record) -> None:
    row = mended.row
    assert row is not None  # noqa: S101 - rows are dropped only at the end
    _name_it(mended, kind, record)
    for name, value in DEFAULTS.get(kind.name, {}).items():
        if row[name] is None:
            row[name] = value
            mended.notes.append(f"{name} was empty, read as {value!r}")
    if rule := RULES.get(kind.name):
        rule(row, mended)
    missing = [name for name in kind.required if row[name] is None]
    if missing:
        mended.refused = f"{', '.join(missing)} missing"
    if mended.refused:
        mended.row = None


def _plain(value: Any, mended: Mended) -> Any:
    """One cell without blanks at its ends; None when there is nothing in it."""
    if isinstance(value, str):
        if "\x00" in value:
            mended.notes.append("a NUL character was removed")
        return value.replace("\x00", "").strip() or None
    if isinstance(value, list):
        return "; ".join(str(item) for item in value if not isinstance(item, dict | list)) or None
    return None if value == {} else value


def _set(mended: Mended, kind: Kind, name: str, value: Any) -> None:
    assert mended.row is not None  # noqa: S101 - rows are dropped only at the end
    if value is None:
        return
    if name == "id" or name in kind.parents or name in {"link_id", "object_id", "parent_id"}:
        mended.row[name] = _id(value)
        return
    read = READ[kind.types[name]]
    try:
        mended.row[name] = read(value)
    except (ValueError, InvalidOperation, OverflowError):
        _set_odd(mended, kind, name, value)


def _set_odd(mended: Mended, kind: Kind, name: str, value: Any) -> None:
    """A cell that its column cannot hold: what can be read of it goes there, and all of it stays as text."""
    assert mended.row is not None  # noqa: S101
    if (odd := ODD.get(name)) and (found := odd(str(value))) is not None:
        mended.row[name] = found
        mended.notes.append(f"{name} {_short(value)!r} read as {found}; also kept as text")
    else:
        mended.kept.append(f"{name} {_short(value)!r} is not a {kind.types[name].__name__}; kept as text")
    mended.keep(name, value)
    if name == "amount":
        mended.row["amount_description"] = mended.row["amount_description"] or _text(value)


def _id(value: Any) -> str:
    """Ids longer than the column are replaced, everywhere alike."""
    text = SPREADSHEET_ID.sub("", str(value).strip())
    return text if len(text) <= ID_LENGTH else str(uuid.uuid5(NAMESPACE, text))


def _name_it(mended: Mended, kind: Kind, record: Record) -> None:
    assert mended.row is not None  # noqa: S101
    if kind.name == "translation":
        named = {key: mended.row[key] for key in ("object", "object_id", "field", "language")}
        mended.row["id"] = given_id(kind.name, named)
    elif mended.row["id"] is None and not kind.standing:
        mended.row["id"] = given_id(kind.name, record.fields)
        mended.notes.append("it had no id and was given one")


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if "\n" not in str(value) else str(value)


def _number(value: Any) -> float:
    number = float(str(value).strip().lstrip("$").replace(",", ""))
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN is the one unequal to itself
        raise ValueError(value)
    return number


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number) or abs(number) > LARGEST_INTEGER:
        raise ValueError(value)
    return int(number)


def _amount(value: Any) -> Decimal:
    amount = Decimal(str(value).strip().lstrip("$").replace(",", "")).quantize(Decimal("0.01"))
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
    if EVERY_YEAR.search(text):
        raise ValueError(value)
    first, second = (dates.parse(text, default=default, tzinfos=_zone) for default in DEFAULT_DAYS)
    if first != second or not EARLIEST_YEAR <= first.year <= LATEST_YEAR:
        raise ValueError(value)
    return first


def _zone(name: str | None, seconds: int | None) -> int | None:
    """Seconds from UTC; unknown letters are no reason to lose the day."""
    return seconds if seconds is not None else ZONES.get((name or "").upper())


def _years(text: str) -> float | None:
    """An age said with a word or a sign: "18+", "65 years", "6 months"."""
    found = AGE.fullmatch(text)
    if found is None:
        return None
    return round(float(found["number"]) / (12 if found["months"] else 1), 2)


ODD: dict[str, Callable[[str], Any]] = {"minimum_age": _years, "maximum_age": _years}
READ: dict[type[Any], Callable[[Any], Any]] = {
    str: _text,
    float: _number,
    int: _integer,
    Decimal: _amount,
    date: _date,
    datetime: _moment,
    bool: bool,
    time: str,  # the schedule's own rule reads it together with its neighbours
}


def _service(row: dict[str, Any], mended: Mended) -> None:
    status = str(row["status"]).strip().lower().replace("_", " ").replace("-", " ")
    status = "active" if status in ACTIVE else status
    if status not in STATUSES:
        mended.notes.append(f"status {_short(row['status'])!r} is none that HSDS knows; read as inactive")
        status = "inactive"
    if status == "active" and A_TEST.search(f"{row['name']} {row['description']}"):
        status = "inactive"
        mended.notes.append("it says of itself that it is a test; read as inactive")
    row["status"] = status


def _location(row: dict[str, Any], mended: Mended) -> None:
    latitude, longitude = row["latitude"], row["longitude"]
    if latitude is None and longitude is None:
        return
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # noqa: PLR2004 - degrees
        if _swapped(latitude, longitude):
            row["latitude"], row["longitude"] = longitude, latitude
            mended.notes.append("latitude and longitude were exchanged")
            return
        row["latitude"] = row["longitude"] = None
        mended.notes.append("latitude and longitude are not a point on earth; left empty")
    elif abs(latitude) < 1 and abs(longitude) < 1:
        row["latitude"] = row["longitude"] = None
        mended.notes.append("latitude and longitude are zero; left empty")


def _swapped(latitude: float | None, longitude: float | None) -> bool:
    """Only where one number cannot be a latitude and the other can."""
    if latitude is None or longitude is None:
        return False
    return 90 < abs(latitude) <= 180 and abs(longitude) <= 90  # noqa: PLR2004 - degrees


def _phone(row: dict[str, Any], mended: Mended) -> None:
    number = row["number"]
    if number is not None and sum(character.isdigit() for character in number) < DIGITS_OF_A_PHONE:
        mended.refused = f"{_short(number)!r} is not a phone number"
    row["type"] = row["type"] and row["type"].lower()


def _language(row: dict[str, Any], mended: Mended) -> None:
    if row["code"] is None and row["name"] is not None:
        row["code"] = LANGUAGES.get(row["name"].lower())
    if row["code"] is None and row["name"] is None:
        mended.refused = "neither a name nor a code"


def _schedule(row: dict[str, Any], mended: Mended) -> None:
    mended.notes += times.mend(row)


def _holiday(row: dict[str, Any], mended: Mended) -> None:
    """Hours are read one by one; what cannot be read leaves the day without hours only where it says "closed"."""
    for name in ("opens_at", "closes_at"):
        if row[name] is None:
            continue
        try:
            row[name] = times.time_of(row[name])
        except ValueError:
            mended.refused = f"{name} {_short(row[name])!r} is not a time"


def _translation(row: dict[str, Any], mended: Mended) -> None:
    kind = BY_NAME.get(row["object"] or "")
    if kind is None or kind.types.get(row["field"] or "") is not str:
        mended.refused = "it names no field of text that HSDS has"


RULES: dict[str, Callable[[dict[str, Any], Mended], None]] = {
    "service": _service,
    "location": _location,
    "phone": _phone,
    "language": _language,
    "schedule": _schedule,
    "holiday_schedule": _holiday,
    "translation": _translation,
}
WHITE = re.compile(r"\s+")


def _short(value: Any) -> str:
    text = WHITE.sub(" ", str(value))
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - fits a line of the report
