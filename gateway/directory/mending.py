"""Puts one row right: types, times, days and places as real exports write them, and says what it changed."""

import math
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import InvalidOperation
from typing import Any

from gateway.directory import times, values
from gateway.directory.cleaning import is_nothing, plain_text, storable
from gateway.directory.flatten import NAMESPACE, Record, given_id
from gateway.directory.objects import BY_NAME, Kind
from gateway.directory.outgoing import WHOSE
from gateway.directory.values import LANGUAGES, SPREADSHEET_ID
from gateway.invisible import FLIPS
from gateway.models.directory import ID_LENGTH

STATUSES = ("active", "inactive", "defunct", "temporarily closed")
ACTIVE = (
    *("true", "yes", "open", "current", "live", "published", "approved"),
    *("activo", "activa", "abierto", "abierta", "si", "sí", "vigente", "publicado", "publicada"),
)
DIGITS_OF_A_PHONE = 3  # 911, 988, 211
SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
DEFAULTS = {
    "service": {"status": "active"},
    "location": {"location_type": "physical"},
    "attribute": {"link_entity": "service"},
}
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
DEEPEST = 20  # levels of nested cells that are kept


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
        number = isinstance(value, float) and not math.isfinite(value)  # JSON has none of these
        self.row["extra"] = (self.row["extra"] or {}) | {storable(name): str(value) if number else value}


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
        mended.personal.append(storable(name))
        return
    mended.unknown.append(storable(name))
    mended.keep(name, cell)


def _whole(value: Any, depth: int = 0) -> Any:
    """Nested cells as they came, without people and what cannot be stored."""
    if depth > DEEPEST:
        return None
    if isinstance(value, dict):
        items = {storable(str(key)): cell for key, cell in value.items() if not PERSONAL.search(str(key).lower())}
        cells = {key: _whole(cell, depth + 1) for key, cell in items.items()}
        return {key: cell for key, cell in cells.items() if cell not in (None, "", [], {})}
    if isinstance(value, list):
        return [cell for cell in (_whole(cell, depth + 1) for cell in value) if cell not in (None, "", [], {})]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return storable(value) if isinstance(value, str) else value


def _finish(mended: Mended, kind: Kind, record: Record) -> None:
    row = mended.row
    assert row is not None  # noqa: S101 - rows are dropped only at the end
    for name, value in DEFAULTS.get(kind.name, {}).items():
        if row[name] is None:
            row[name] = value
            mended.notes.append(f"{name} was empty, read as {value!r}")
    if rule := RULES.get(kind.name):
        rule(row, mended)
    _name_it(mended, kind, record)
    missing = [name for name in kind.required if row[name] is None]
    if missing:
        mended.refused = f"{', '.join(missing)} missing"
    if mended.refused:
        mended.row = None


def _plain(value: Any, mended: Mended) -> Any:
    """One cell without blanks at its ends; None when there is nothing in it."""
    if isinstance(value, str):
        clean = storable(value)
        if clean != value:
            mended.notes.append("a NUL character was removed" if "\x00" in value else "a broken character was replaced")
        if (shown := FLIPS.sub("", clean)) != clean:
            mended.notes.append("an invisible sign was removed")
        return shown.strip() or None
    if isinstance(value, list):
        return "; ".join(str(item) for item in value if not isinstance(item, dict | list)) or None
    return None if value == {} else value


def _set(mended: Mended, kind: Kind, name: str, value: Any) -> None:
    assert mended.row is not None  # noqa: S101 - rows are dropped only at the end
    if value is None:
        return
    if isinstance(value, str) and is_nothing(value):
        mended.notes.append(f"{name} {value!r} read as empty")
        return
    if name in kind.references:
        mended.row[name] = _id(value)
        return
    if isinstance(value, str) and kind.types[name] is str and (plain := plain_text(value)) != value:
        mended.notes.append(f"{name} held mark-up; it was made plain text")
        value = plain
    try:
        found = values.OWN.get((kind.name, name), values.READ[kind.types[name]])(value)
    except (ValueError, InvalidOperation, OverflowError):
        _set_odd(mended, kind, name, value)
        return
    if isinstance(found, str) and len(found) > kind.lengths.get(name, len(found)):
        mended.kept.append(f"{name} {_short(value)!r} is too long; kept as text")
        mended.keep(name, value)
    else:
        mended.row[name] = found


def _set_odd(mended: Mended, kind: Kind, name: str, value: Any) -> None:
    """A cell that its column cannot hold: what can be read of it goes there, and all of it stays as text."""
    assert mended.row is not None  # noqa: S101
    if kind.types[name] is str and isinstance(value, dict) and isinstance(value.get("en"), str):
        mended.row[name] = values.text_of(plain_text(value["en"]))
        mended.notes.append(f"{name} is there in several languages; the English was taken, all kept")
    elif (odd := values.ODD.get(name)) and (found := odd(str(value))) is not None:
        mended.row[name] = found
        mended.notes.append(f"{name} {_short(value)!r} read as {found}; also kept as text")
    else:
        mended.kept.append(f"{name} {_short(value)!r} is not a {kind.types[name].__name__}; kept as text")
    mended.keep(name, _whole(value))
    if name == "amount":
        mended.row["amount_description"] = mended.row["amount_description"] or values.text_of(value)


def _id(value: Any) -> str:
    """Ids longer than the column are replaced, everywhere alike."""
    if isinstance(value, dict) and len(value) == 1:  # {"$oid": "…"}, as some stores write an id
        value = next(iter(value.values()))
    text = SPREADSHEET_ID.sub("", storable(str(value)).strip())
    return text if len(text) <= ID_LENGTH else str(uuid.uuid5(NAMESPACE, text))


def _name_it(mended: Mended, kind: Kind, record: Record) -> None:
    assert mended.row is not None  # noqa: S101
    if kind.name == "translation":
        named = {key: mended.row[key] for key in WHOSE}
        mended.row["id"] = given_id(kind.name, named)
    elif mended.row["id"] is None and not kind.standing:
        mended.row["id"] = given_id(kind.name, record.fields)
        mended.notes.append("it had no id and was given one")


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
    if row["extension"] is not None:
        row["extension"] = SPREADSHEET_ID.sub("", row["extension"])
    number = row["number"] = row["number"] and SPREADSHEET_ID.sub("", row["number"])
    if number is not None and SHORTENED.fullmatch(number):
        mended.refused = f"{_short(number)!r} is a number that a spreadsheet has shortened"
    elif number is not None and sum(character.isdigit() for character in number) < DIGITS_OF_A_PHONE:
        mended.refused = f"{_short(number)!r} is not a phone number"
    row["type"] = row["type"] and row["type"].lower()


def _language(row: dict[str, Any], mended: Mended) -> None:
    if row["code"] is None and row["name"] is not None:
        name = row["name"].lower()
        row["code"] = name if name in LANGUAGES.values() else LANGUAGES.get(name)
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


def _attribute(row: dict[str, Any], mended: Mended) -> None:
    if "link_entity" in (row["extra"] or {}):
        mended.refused = "link_entity names no object"


def _translation(row: dict[str, Any], mended: Mended) -> None:
    kind = BY_NAME.get(row["object"] or "")
    if kind is None or kind.types.get(row["field"] or "") is not str:
        mended.refused = "it names no field of text that HSDS has"


RULES: dict[str, Callable[[dict[str, Any], Mended], None]] = {
    "attribute": _attribute,
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
