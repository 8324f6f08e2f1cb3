"""Puts one row right: types, times, days and places as real exports write them, and says what it changed."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from dateutil import parser as dates

from gateway.directory import times
from gateway.directory.flatten import NAMESPACE, Record, given_id
from gateway.directory.objects import BY_NAME, Kind
from gateway.models.directory import ID_LENGTH

STATUSES = ("active", "inactive", "defunct", "temporarily closed")
ACTIVE = ("open", "current", "live", "published", "approved")
LANGUAGES = {"english": "en", "spanish": "es", "español": "es", "chinese": "zh", "tagalog": "tl", "vietnamese": "vi"}
DIGITS_OF_A_PHONE = 3  # 911, 988, 211
DEFAULTS = {
    "service": {"status": "active"},
    "location": {"location_type": "physical"},
    "attribute": {"link_entity": "service"},
}
LARGEST_INTEGER = 2**31 - 1


@dataclass
class Mended:
    """A row ready for its table (None when refused), what was put right, and columns that HSDS does not have."""

    row: dict[str, Any] | None
    notes: list[str] = field(default_factory=list)
    refused: str | None = None
    unknown: list[str] = field(default_factory=list)


def mend(record: Record) -> Mended:
    """Clean one row. Rules for a whole object come after those for single cells."""
    kind = BY_NAME[record.kind]
    mended = Mended(row=dict.fromkeys(kind.columns))
    for name, value in record.fields.items():
        cell = _plain(value, mended)
        if name in kind.types:
            _set(mended, kind, name, cell)
        elif cell is not None:
            mended.unknown.append(name)
    _finish(mended, kind, record)
    return mended


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
    try:
        mended.row[name] = READ[kind.types[name]](value)
    except (ValueError, InvalidOperation, OverflowError):
        mended.notes.append(f"{name} {_short(value)!r} is not a {kind.types[name].__name__}; left empty")


def _id(value: Any) -> str:
    """Ids longer than the column are replaced, everywhere alike."""
    text = str(value).strip()
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
    return dates.parse(str(value), default=datetime(2000, 1, 1, tzinfo=UTC)).date()


def _moment(value: Any) -> datetime:
    moment = dates.parse(str(value), default=datetime(2000, 1, 1, tzinfo=UTC))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


READ: dict[type[Any], Callable[[Any], Any]] = {
    str: _text,
    float: _number,
    int: _integer,
    Decimal: _amount,
    date: _date,
    datetime: _moment,
    time: str,  # the schedule's own rule reads it together with its neighbours
}


def _service(row: dict[str, Any], mended: Mended) -> None:
    status = str(row["status"]).strip().lower().replace("_", " ").replace("-", " ")
    status = "active" if status in ACTIVE else status
    if status not in STATUSES:
        mended.notes.append(f"status {_short(row['status'])!r} is none that HSDS knows; read as inactive")
        status = "inactive"
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
    "translation": _translation,
}
WHITE = re.compile(r"\s+")


def _short(value: Any) -> str:
    text = WHITE.sub(" ", str(value))
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - fits a line of the report
