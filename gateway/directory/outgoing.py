"""One row as HSDS 3.1 wants it: ids that are UUIDs, addresses of pages that are URIs, rules that its schema knows.

Source: the JSON schemas of openreferral/specification 3.1. What cannot be said in HSDS is left out and counted.
"""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from gateway.directory import place
from gateway.directory.flatten import given_id
from gateway.directory.objects import Kind

# Its bytes are plain letters, so that Postgres can make the same ids from md5() of a text.
NAMESPACE = uuid.UUID(bytes=b"front-door/hsds:")
UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")  # RFC 9562
EVERY_DAY = "MO,TU,WE,TH,FR,SA,SU"
SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*):(?!\d+(?:/|$))")
HOST = re.compile(r"(?i)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?::\d+)?(?:[/?#]|$)")
URI = re.compile(
    r"(?i)[a-z][a-z0-9+.-]*:(?://(?:(?:[a-z0-9\-._~!$&'()*+,;=:]|%[0-9a-f]{2})*@)?"
    r"(?:[a-z0-9\-._~]|%[0-9a-f]{2})*(?::\d*)?(?=[/?#]|$)|(?!//))"
    r"(?:[a-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-f]{2})*"
    r"(?:\?(?:[a-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?(?:#(?:[a-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-f]{2})*)?"
)
RESERVED = "-._~:/?#@!$&'()*+,;="
STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
PAGES = {
    "accessibility": ("url",),
    "location": ("url",),
    "organization": ("website",),
    "schedule": ("schedule_link",),
    "service": ("url",),
}
NAMES = {
    "organization": ("uri",),
    "required_document": ("uri",),
    "taxonomy": ("uri",),
    "taxonomy_term": ("term_uri",),
}
# Cells of HSDS that have no column here and lie in ``extra``.
FROM_EXTRA = {
    "organization": ("tax_status", "tax_id", "year_incorporated", "legal_status", "logo"),
    "service": ("fees",),
}
RULE_CELLS = (
    "freq",
    "interval",
    "count",
    "until",
    "byday",
    "byweekno",
    "bymonthday",
    "byyearday",
    "opens_at",
    "closes_at",
)
TYPES = ("physical", "postal", "virtual")
US = ("US", "USA", "United States")
STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA PR RI SC SD TN TX UT VT VA WA WV WI WY".split()
)
WHOSE = ("object", "object_id", "field", "language")  # what a translation is of
WHOLE_ADDRESS = ("address_1", "city", "state_province", "postal_code", "country")

Cells = dict[str, Any]


def uuid_of(dataset: str, kind: str, given: str) -> str:
    """The UUID of an object outside: its own id where that is one, else always the same one made from it."""
    if UUID.fullmatch(given):
        return given
    return str(uuid.uuid3(NAMESPACE, f"{dataset}/{kind}/{given}"))


def cells(kind: Kind, row: Mapping[str, Any], said: Counter[str]) -> Cells | None:
    """The cells of a row that HSDS 3.1 can hold, None where the whole object cannot be said.

    ``said`` counts what was left out or filled, by a sentence about it.
    """
    extra = row.get("extra") or {}
    out = {name: row[name] for name in columns(kind) if row[name] is not None}
    out |= {name: extra[name] for name in FROM_EXTRA.get(kind.name, ()) if extra.get(name) is not None}
    _ids(kind, out, row["dataset"])
    for name in (*PAGES.get(kind.name, ()), *NAMES.get(kind.name, ())):
        if name in out:
            _keep(out, name, uri_of(out[name], page=name in PAGES.get(kind.name, ())), f"{kind.name}.{name}", said)
    if "email" in out and "@" not in out["email"]:
        _keep(out, "email", None, f"{kind.name}.email", said)
    rule = RULES.get(kind.name)
    if rule is not None and not rule(out, said):
        return None
    return {name: plain(value) for name, value in out.items()}


def columns(kind: Kind) -> list[str]:
    """The columns of HSDS that an object has here, its id first."""
    return ["id", *(name for name in kind.types if name != "id")]


def uri_of(text: str, *, page: bool = True) -> str | None:
    """A valid URI from what a publisher wrote ("www.example.org/a b"), or None. A ``page`` is only http or https."""
    words = text.split()
    given = (words[0] if page else quote(text.strip(), safe=RESERVED + "%")) if words else ""
    if not SCHEME.match(given) and HOST.match(given):
        given = f"http://{given}"
    scheme = SCHEME.match(given)
    if scheme is None or (page and scheme[1].lower() not in {"http", "https"}):
        return None
    if scheme[1].lower() in {"javascript", "data", "vbscript"}:
        return None
    encoded = STRAY_PERCENT.sub("%25", quote(given, safe=RESERVED + "%"))
    head, mark, fragment = encoded.partition("#")
    encoded = head + mark + fragment.replace("#", "%23")
    valid = URI.fullmatch(encoded) and (not page or "://" in encoded)
    return encoded if valid else None


def plain(value: Any) -> Any:
    """A cell as JSON can hold it: dates and times in ISO 8601, whole numbers without a point."""
    if isinstance(value, time):
        return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        value = float(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ids(kind: Kind, out: Cells, dataset: str) -> None:
    for column, named in kind.referred(out).items():
        out[column] = uuid_of(dataset, named, out[column])
    if kind.name == "translation":  # the id that an import gives it, by what it is of
        out["id"] = given_id(kind.name, {name: out[name] for name in WHOSE})


def _keep(out: Cells, name: str, value: Any, what: str, said: Counter[str]) -> None:
    if value is None:
        del out[name]
        said[f"{what} does not fit HSDS and was left out"] += 1
    elif value != out[name]:
        out[name] = value
        said[f"{what} was made to fit HSDS"] += 1


def _described(out: Cells, said: Counter[str]) -> bool:
    """HSDS wants a description; the name stands in."""
    if "description" not in out:
        out["description"] = out["name"]
        said["a missing description was filled with the name"] += 1
    return True


def _organization(out: Cells, said: Counter[str]) -> bool:
    year = str(out.get("year_incorporated", ""))
    if year:
        _keep(out, "year_incorporated", int(year) if year.isdecimal() else None, "organization.year_incorporated", said)
    return _described(out, said)


def _location(out: Cells, said: Counter[str]) -> bool:
    if out["location_type"] not in TYPES:
        _keep(out, "location_type", "physical", "location.location_type", said)
    return True


def _phone(out: Cells, said: Counter[str]) -> bool:
    extension = out.get("extension")
    if extension is not None:  # a number in HSDS: "0123" and "12 or 14" are none
        fits = extension.isdecimal() and extension.isascii() and str(int(extension)) == extension
        _keep(out, "extension", int(extension) if fits else None, "phone.extension", said)
    return True


def _address(out: Cells, said: Counter[str]) -> bool:
    _by_zip(out, said)
    if "country" not in out and out.get("state_province", "").upper() in STATES:
        out["country"] = US[0]
        said["address.country was filled with US"] += 1
    if out.get("address_type") not in TYPES:
        out["address_type"] = "physical"
        said["address.address_type was filled with physical"] += 1
    whole = all(name in out for name in WHOLE_ADDRESS)
    if not whole:
        said["address was left out, because HSDS wants street, city, state, postal code and country"] += 1
    return whole


def _by_zip(out: Cells, said: Counter[str]) -> None:
    """A city or state that nobody wrote, from the ZIP code: editors of one town do not write its state."""
    there = place.by_zip(place.zip_in(out.get("postal_code", ""))) if out.get("country", US[0]) in US else None
    for name, value in (("city", there.city), ("state_province", there.state)) if there else ():
        if name not in out:
            out[name] = value
            said[f"address.{name} was filled from the ZIP code"] += 1


def _schedule(out: Cells, said: Counter[str]) -> bool:
    if out.get("freq") == "DAILY" and out.get("interval", 1) == 1 and "bymonthday" not in out:
        out["freq"] = "WEEKLY"
        out.setdefault("byday", EVERY_DAY)
        said["schedule.freq DAILY was written as every day of the week"] += 1
    elif out.get("freq", "WEEKLY") not in {"WEEKLY", "MONTHLY"}:
        told = [f"{name}: {plain(out.pop(name))}" for name in RULE_CELLS if name in out]
        out["notes"] = "; ".join([*filter(None, [out.get("notes")]), *told])
        said["schedule.freq is none that HSDS knows; the rule was left out"] += 1
    if "timezone" in out:  # a distance from UTC in HSDS 3
        given = re.fullmatch(r"(?:UTC|GMT)?([+-]?\d{1,2})(?::?00)?", out["timezone"].strip())
        _keep(out, "timezone", int(given[1]) if given else None, "schedule.timezone", said)
    if "wkst" in out and out["wkst"].upper()[:2] not in EVERY_DAY.split(","):
        _keep(out, "wkst", None, "schedule.wkst", said)
    elif "wkst" in out:
        out["wkst"] = out["wkst"].upper()[:2]
    return True


RULES: dict[str, Callable[[Cells, Counter[str]], bool]] = {
    "address": _address,
    "location": _location,
    "organization": _organization,
    "phone": _phone,
    "schedule": _schedule,
    "taxonomy": _described,
    "taxonomy_term": _described,
}
