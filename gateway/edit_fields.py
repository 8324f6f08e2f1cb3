"""The fields of the editors' form: what may stand in each, and how each is written into the record.

A list of things (languages, papers, ways in) is one field with a line or a comma between them; what is on it no more is
taken away, what is new is added, and the rest stays as the publisher wrote it.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import corrections, edit_costs
from gateway.directory import mending, overlay, staging, values, week_text
from gateway.directory.details import WEB
from gateway.directory.overlay import By, Place
from gateway.directory.records import DAYS, NUMBERS, Record, access_words
from gateway.models import Responder
from gateway.models.listing import Translation

LONGEST_NAME, LONGEST_TEXT, LONGEST_NUMBER, LONGEST_EXTENSION = 200, 5_000, 40, 8
FEWEST_DIGITS = 3
OLDEST = 120  # years
FARTHEST = {"latitude": 90, "longitude": 180}  # degrees
PHONE_TYPES = ("voice", "text", "fax", "cell", "video", "pager", "textphone")
OF_PHONE = {"phone": "number", "phone_extension": "extension", "phone_type": "type"}
MONDAY = (0, 0)
NOT_WRITTEN = "new_phone_type"  # goes with the new phone


def changes(form: Mapping[str, str], draft: Mapping[str, str]) -> dict[str, str]:
    """What the draft says otherwise than the record. Hours by day come out as hours in one line, which go before."""
    changed = {name: clean(draft[name]) for name in form if name in draft and clean(draft[name]) != form[name]}
    changed.pop(NOT_WRITTEN, None)
    by_day = [name for name in changed if name.startswith("day.")]
    if by_day and "hours" not in changed:
        told = {day: clean(draft.get(f"day.{day}", form.get(f"day.{day}", ""))) for day in DAYS}
        changed["hours"] = "; ".join(f"{day.capitalize()} {words}" for day, words in told.items() if words)
    gone = {name.partition(".")[2] for name, value in changed.items() if name.startswith("phone.") and not value}
    beside = {f"{kind}.{key}" for key in gone for kind in OF_PHONE if kind != "phone"}
    left = {name: value for name, value in changed.items() if name not in by_day and name not in beside}
    return edit_costs.gathered(left, whole_of(form, draft))


def faults_of(changed: Mapping[str, str], form: Mapping[str, str], draft: Mapping[str, str]) -> dict[str, str]:
    """Why values cannot be kept, as codes of the console's words, by field."""
    found = {name: fault for name, value in changed.items() if (fault := fault_of(name, value))}
    days = [name for name in draft if name.startswith("day.") and name in form and clean(draft[name]) != form[name]]
    line_stands = clean(draft.get("hours", "")) == form.get("hours", "")
    bad = [name for name in days if line_stands and clean(draft[name]) and not _is_day(clean(draft[name]))]
    if bad:
        found = {name: fault for name, fault in found.items() if name != "hours"}
        found |= dict.fromkeys(bad, "hours_not_read")
    whole = {**form, **changed}
    low, high = whole.get("service.minimum_age"), whole.get("service.maximum_age")
    touched = {"service.minimum_age", "service.maximum_age"} & changed.keys()
    if touched and low and high and not touched & found.keys() and float(low) > float(high):
        found["service.maximum_age"] = "ages_crossed"
    for name in changed:
        if name.endswith((".latitude", ".longitude")):
            stem = name.rpartition(".")[0]
            if bool(whole[f"{stem}.latitude"]) != bool(whole[f"{stem}.longitude"]):
                found.setdefault(name, "half_a_point")
    return edit_costs.faults_of(changed, whole_of(form, draft), fault_of) | found


def fault_of(name: str, value: str) -> str | None:
    """Why a value cannot be kept in a field; None where it can."""
    if name in {"service.name", "service.status"} and not value:
        return "empty"
    if len(value) > (LONGEST_NAME if name.endswith("name") else LONGEST_TEXT):
        return "too_long"
    kind, field = name.partition(".")[0], name.rpartition(".")[2]
    rule = RULES.get(name) or RULES.get(f"*.{field}") or RULES.get(kind)
    if rule is None or not value and kind != "phone_type" or rule(value):
        return None
    return {"hours": "hours_not_read", "languages": "language_unknown"}.get(name, "not_valid")


def write(  # noqa: PLR0913 - who changes what of which record
    session: Session,
    who: Responder,
    now: datetime,
    record: Record,
    change: tuple[str, str],
    draft: Mapping[str, str],
) -> None:
    """One changed field: its history, and the value now and for later imports. ``draft`` has what goes with it."""
    name, value = change
    dataset, key = record.key
    kind, _, rest = name.partition(".")
    place = _place(dataset, key, kind, rest)
    before = _price(record, rest) if kind == edit_costs.GONE else record.form.get(name)
    entry = corrections.edited(session, place, key, before or None, value or None, who, now)
    wire, by = staging.driver(session), By(who.id, now, entry.id)
    if kind in LISTS:
        LISTS[kind](wire, record, rest, value, by)
    elif kind == "es":
        _translate(session, dataset, key, rest, value)
    elif kind == "hours":
        _hours_anew(session, record, value, by)
    elif kind == edit_costs.NEW:
        row = {"service_id": key} | edit_costs.new_row(whole_of(record.form, draft))
        overlay.add(wire, Place(dataset, "cost_option", new_id()), row, by)
    elif kind == edit_costs.GONE:
        overlay.remove(wire, Place(dataset, "cost_option", rest), by)
    elif kind == "new_phone":
        new_type = draft.get(NOT_WRITTEN, "")
        number = {"service_id": key, "number": value, "type": new_type if new_type in PHONE_TYPES else "voice"}
        overlay.add(wire, Place(dataset, "phone", new_id()), number, by)
    elif kind == "phone" and not value:
        overlay.remove(wire, place, by)
    else:
        given = float(value) if value and place.field in NUMBERS else value
        overlay.put(wire, place, given or None if isinstance(given, str) else given, by)


def hours(session: Session, dataset: str, key: str, words: str, by: By) -> None:
    """Add the schedules that a week in words makes."""
    week = week_text.read(words) if words else None
    for row in week_text.rows(week) if week else []:
        columns = {**row, "service_id": key, "as_given": words}
        overlay.add(staging.driver(session), Place(dataset, "schedule", new_id()), columns, by)


def whole_of(form: Mapping[str, str], draft: Mapping[str, str]) -> dict[str, str]:
    """The form as it would be kept."""
    return {name: clean(draft.get(name, value)) for name, value in form.items()}


def clean(value: str) -> str:
    """A value as it is kept: no NUL, plain line ends, nothing around it."""
    return value.replace("\x00", "").replace("\r\n", "\n").strip()


def new_id() -> str:
    """An id for a row of the town's own."""
    return f"town-{uuid.uuid4().hex}"


def _place(dataset: str, key: str, kind: str, rest: str) -> Place:
    """The cell that a field of the form is; lists, hours and a new phone are of the service as a whole."""
    if kind in OF_PHONE:
        return Place(dataset, "phone", rest, OF_PHONE[kind])
    if kind in {"address", "location", edit_costs.ROW}:
        identity, _, field = rest.rpartition(".")
        return Place(dataset, kind, identity, field)
    if kind == "access":
        return Place(dataset, "location", rest, "accessibility")
    cost = dict.fromkeys((edit_costs.NEW, edit_costs.GONE), "cost")
    field = (cost | {"es": f"{rest}_es", "new_phone": "phone", "service": rest}).get(kind, kind)
    return Place(dataset, "service", key, field)


def _languages(wire: Any, record: Record, _: str, value: str, by: By) -> None:
    wanted = dict.fromkeys(_language_code(word) for word in _pieces(value))
    kept = set()
    for row in record.languages:
        code = _language_code(row.code or row.name or "")
        if code in wanted:
            kept.add(code)
        else:
            overlay.remove(wire, Place(record.key[0], "language", row.id), by)
    for code in wanted:
        if code and code not in kept:
            name = next((name.capitalize() for name, known in values.LANGUAGES.items() if known == code), code)
            told = {"service_id": record.key[1], "code": code, "name": name}
            overlay.add(wire, Place(record.key[0], "language", new_id()), told, by)


def _documents(wire: Any, record: Record, _: str, value: str, by: By) -> None:
    rows = [(row.id, row.document or "") for row in record.documents]
    own = {"service_id": record.key[1]}
    _lines(wire, record, "required_document", rows, value, lambda line: own | {"document": line}, by)


def _access(wire: Any, record: Record, location: str, value: str, by: By) -> None:
    rows = [(row.id, access_words(row)) for row in record.access if row.location_id == location]
    own = {"location_id": location}
    _lines(wire, record, "accessibility", rows, value, lambda line: own | {"description": line}, by)


def _lines(  # noqa: PLR0913 - rows of which object, and what becomes of them
    wire: Any,
    record: Record,
    kind: str,
    rows: list[tuple[str, str]],
    value: str,
    made: Callable[[str], dict[str, Any]],
    by: By,
) -> None:
    wanted = [line.strip() for line in value.splitlines() if line.strip()]
    for identity, said in rows:
        if said not in wanted:
            overlay.remove(wire, Place(record.key[0], kind, identity), by)
    there = {said for _, said in rows}
    for line in dict.fromkeys(wanted):
        if line not in there:
            overlay.add(wire, Place(record.key[0], kind, new_id()), made(line), by)


def _translate(session: Session, dataset: str, key: str, field: str, value: str) -> None:
    """The town's own Spanish; without it the publisher's is told again."""
    wanted = {"dataset": dataset, "object": "service", "object_id": key, "field": field, "language": "es"}
    row = session.scalar(select(Translation).filter_by(**wanted, source=overlay.TOWN))
    if row is not None and not value:
        session.delete(row)
    elif row is not None:
        row.text = value
    elif value:
        session.add(Translation(**wanted, id=new_id(), source=overlay.TOWN, text=value))
    session.flush()


def _hours_anew(session: Session, record: Record, words: str, by: By) -> None:
    for row in record.schedules:
        overlay.remove(staging.driver(session), Place(record.key[0], "schedule", row.id), by)
    hours(session, *record.key, words, by)


def _pieces(value: str) -> list[str]:
    return [word.strip() for word in re.split(r"[,;\n]", value) if word.strip()]


def _language_code(word: str) -> str | None:
    try:
        return values.language_of(word)
    except ValueError:
        return None


def _is_week(words: str) -> bool:
    return bool((week := week_text.read(words)) and week_text.rows(week))


def _is_day(words: str) -> bool:
    """Whether words are the hours of one day, or that it is closed: nothing that is left in doubt."""
    week = week_text.read(f"Mon {words}")
    return week is not None and not week.doubtful and {day for day, _, _ in week.spans} <= {MONDAY}


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _price(record: Record, key: str) -> str:
    return next((edit_costs.words_of(row) for row in record.costs if row.id == key), "")


def _dials(value: str) -> bool:
    return len(value) <= LONGEST_NUMBER and len(re.sub(r"\D", "", value)) >= FEWEST_DIGITS


def _number(value: str, low: float, high: float) -> bool:
    return bool(re.fullmatch(r"-?\d{1,3}(\.\d{1,8})?", value)) and low <= float(value) <= high


RULES: dict[str, Callable[[str], object]] = {
    "service.status": lambda value: value in mending.STATUSES,
    "service.url": WEB.match,
    "service.email": lambda value: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value),
    "service.minimum_age": lambda value: _number(value, 0, OLDEST),
    "service.maximum_age": lambda value: _number(value, 0, OLDEST),
    "*.amount": lambda value: re.fullmatch(r"\d{1,7}(\.\d{1,2})?", value),
    "*.currency": lambda value: re.fullmatch(r"[A-Z]{3}", value),
    "*.valid_from": _is_date,
    "*.valid_to": _is_date,
    "*.latitude": lambda value: _number(value, -FARTHEST["latitude"], FARTHEST["latitude"]),
    "*.longitude": lambda value: _number(value, -FARTHEST["longitude"], FARTHEST["longitude"]),
    "hours": _is_week,
    "languages": lambda value: all(map(_language_code, _pieces(value))),
    "new_phone": _dials,
    "phone": _dials,
    "phone_type": lambda value: not value or value in PHONE_TYPES,
    "phone_extension": lambda value: re.fullmatch(rf"\w{{1,{LONGEST_EXTENSION}}}", value),
}
LISTS: dict[str, Callable[[Any, Record, str, str, By], None]] = {
    "languages": _languages,
    "documents": _documents,
    "access": _access,
}
