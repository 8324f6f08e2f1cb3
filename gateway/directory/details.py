"""What is told about a service that was found: numbers, address, hours, in the language asked for."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import TextualSelect, column, text
from sqlalchemy.orm import Session

from gateway.directory.freshness import CHECKED_BY, CHECKS, SAID_TO_BE_CLOSED
from gateway.directory.recurrence import Rule
from gateway.directory.wanted import FoundService, OpenState

LONGEST_NUMBER, LONGEST_EXTENSION = 24, 8  # characters; what is longer is no number
FIRST_NUMBER = re.compile(r"(?<!\d)(?:\+?1[ .-]*)?\(?\d{3}\)?[ .-]*\d{3}[ .-]*\d{4}(?!\d)")
NUMBER_MARKS = re.compile(r"[^\w\s().+/#*-]|_")
LOCAL_DIGITS, LONG_DISTANCE_DIGITS = 10, 11
SPOKEN = (None, "voice", "cell", "cellphone", "hotline", "main", "phone")
TEXTED = ("text", "sms")
SPAN = re.compile(r"(\d+),(\d+)")  # of minutes, as Postgres writes a range
WEEKS_KEPT = 4_096
WEB = re.compile(r"^https?://[^\s\"'<>]+$")

WANTED_OF = """
WITH wanted AS (SELECT * FROM unnest(CAST(:datasets AS text[]), CAST(:services AS text[]), CAST(:locations AS text[]),
     CAST(:pairs AS text[])) WITH ORDINALITY AS w(dataset, service_id, location_id, service_at_location_id, place){few})
"""
WANTED = WANTED_OF.format(few="")
RULE_NAMES = (
    "freq", "byday", "bymonthday", "byyearday", "byweekno", "interval", "count", "wkst", "dtstart", "until",
    "valid_from", "valid_to", "opens_at", "closes_at", "words",
)  # fmt: skip
RULE = ", ".join(f"s.{name}" for name in RULE_NAMES[:-1]) + ", concat_ws(' ', s.notes, s.description) AS words"
OWNERS = ("location_id", "service_id", "service_at_location_id")  # of hours, the closest last
SCHEDULES = WANTED + " UNION ALL ".join(
    f"SELECT {closeness} AS closeness, w.place, {RULE} FROM wanted w"  # noqa: S608 - literals of our own
    f" JOIN schedule s ON (s.dataset, s.{owner}) = (w.dataset, w.{owner})"
    for closeness, owner in enumerate(OWNERS)
)
TOLD_LAST = "array_position(ARRAY['machine', 'feed', 'town'], t.source)"
# Of one service, the closest first: of its pair with the location, its own, the location's, the organization's.
PHONES = " UNION ALL ".join(
    f"SELECT {distance} AS distance, p.id, p.number, p.extension, p.type, p.description"  # noqa: S608
    f" FROM phone p WHERE (p.dataset, p.{owner}) = (w.dataset, {whose}.{owner})"
    for distance, (whose, owner) in enumerate((
        ("w", "service_at_location_id"), ("w", "service_id"), ("w", "location_id"), ("s", "organization_id"),
    ))
)  # fmt: skip
# With its phones, its words in a language and its checks: a question of their own would cost as much as their answer.
TOLD_OF_SERVICE = """
dataset id name url email description eligibility_description fees_description application_process wait_time alert
interpretation_services
""".split()
TOLD_BESIDE = """
place organization location location_id confidential given_latitude address_1 city postal_code phones assured vouched
seen by_kind since closed words
""".split()
SERVICES = f"""
SELECT {", ".join(f"s.{name}" for name in TOLD_OF_SERVICE)}, w.place, o.name AS organization, l.name AS location,
       l.id AS location_id, l.confidential, l.latitude AS given_latitude, a.address_1, a.city, a.postal_code, p.phones,
       {CHECKS}, {SAID_TO_BE_CLOSED},
       (SELECT json_agg(json_build_array(t.object, t.object_id, t.field, t.text) ORDER BY {TOLD_LAST})
        FROM (SELECT 'service' AS object, s.id AS object_id UNION ALL SELECT 'phone', unnest(p.ids)) AS k
        JOIN translation t ON (t.dataset, t.object, t.object_id) = (w.dataset, k.object, k.object_id)
        AND t.language = :language) AS words
FROM wanted w JOIN service s ON (s.dataset, s.id) = (w.dataset, w.service_id)
LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id)
LEFT JOIN location l ON (l.dataset, l.id) = (w.dataset, w.location_id)
LEFT JOIN LATERAL (SELECT * FROM address a WHERE (a.dataset, a.location_id) = (w.dataset, w.location_id)
                   ORDER BY a.address_type = 'physical' DESC NULLS LAST, a.id LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT json_agg(p ORDER BY p.distance, p.id) AS phones, array_agg(p.id) AS ids
                   FROM ({PHONES}) AS p) AS p ON true
{CHECKED_BY}
ORDER BY w.place
"""  # noqa: S608
TRANSLATIONS = f"""
SELECT t.dataset, t.object, t.object_id, t.field, t.text FROM translation t
JOIN unnest(CAST(:datasets AS text[]), CAST(:ids AS text[])) AS w(dataset, id)
  ON (w.dataset, w.id) = (t.dataset, t.object_id)
WHERE t.language = :language
ORDER BY {TOLD_LAST}
"""  # noqa: S608
DOCUMENTS = f"""
{WANTED}
SELECT w.place, coalesce(t.text, d.document) AS document FROM wanted w
JOIN required_document d ON (d.dataset, d.service_id) = (w.dataset, w.service_id) AND d.document <> ''
LEFT JOIN LATERAL (SELECT text FROM translation t WHERE (t.dataset, t.object, t.object_id, t.field, t.language)
    = (d.dataset, 'required_document', d.id, 'document', :language)
    ORDER BY {TOLD_LAST} DESC LIMIT 1) t ON true
ORDER BY w.place, d.id
"""  # noqa: S608

# Once: to look for the parameters of such a text takes as long as to send it.
_SCHEDULES, _TRANSLATIONS, _DOCUMENTS = text(SCHEDULES), text(TRANSLATIONS), text(DOCUMENTS)


def schedules(session: Session, rows: Sequence[Any]) -> list[list[Rule]]:
    """The rules for each row: those of the service at its location, else of the service, else of the location."""
    found: dict[int, list[Any]] = defaultdict(list)
    for rule in session.execute(_SCHEDULES, wanted_rows(rows)):
        found[rule.place].append(rule)
    return [closest(found[number]) for number in range(1, len(rows) + 1)]


def closest(listed: Sequence[Any]) -> list[Any]:
    """Those of the rules or days of one row that say it most closely."""
    most = max((one.closeness for one in listed), default=0)
    return [one for one in listed if one.closeness == most]


def load(
    session: Session, chosen: Sequence[tuple[Any, float | None, OpenState]], language: str
) -> list[tuple[FoundService, Any]]:
    """Everything to be told about the chosen rows, in their order; each with the row that tells of its checks."""
    if not chosen:
        return []
    values = wanted_rows([row for row, _, _ in chosen]) | {"language": language}
    services = session.execute(_services(len(chosen)), values)
    return [
        (_told(service, distance, state), service)
        for service, (_, distance, state) in zip(services, chosen, strict=True)
    ]


@cache
def _services(count: int) -> TextualSelect:
    """The question for so many services: Postgres takes a list for ten long, and plans each time to find it shorter."""
    return text(wanted_of(count) + SERVICES).columns(*map(column, (*TOLD_OF_SERVICE, *TOLD_BESIDE)))


def wanted_of(count: int) -> str:
    """:data:`WANTED` for so many rows."""
    return WANTED_OF.format(few=f" LIMIT {count}")


def number_of(number: str, extension: str | None = None) -> str:
    """A number as people write it: 415-555-0101, 1-800-222-1222, 988; anything else as the publisher has it.

    Of several in one cell it is the first. It is whole or empty, never a part of one, and at most 34 characters long.
    """
    if len(number) > LONGEST_NUMBER:
        found = FIRST_NUMBER.search(number)
        number = found.group() if found else ""
    digits = re.sub(r"\D", "", number)
    plain = re.fullmatch(r"[\d\s().+–-]*", number) is not None
    if plain and len(digits) == LOCAL_DIGITS:
        number = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    elif plain and len(digits) == LONG_DISTANCE_DIGITS and digits[0] == "1":
        number = f"1-{digits[1:4]}-{digits[4:7]}-{digits[7:]}"
    number = " ".join(NUMBER_MARKS.sub(" ", number.replace("–", "-")).split())
    if not re.search(r"[\dA-Za-z]", number):
        return ""
    told = " ".join((extension or "").split())
    return number + (f" x{told}" if told and re.fullmatch(rf"\w{{1,{LONGEST_EXTENSION}}}", told) else "")


Words = dict[tuple[str, str, str, str], str]


def translations(session: Session, named: Sequence[tuple[str, str]], language: str) -> Words:
    """The texts of rows (by dataset and id) in a language: the town's before the publisher's before a machine's."""
    values = {"datasets": [d for d, _ in named], "ids": [i for _, i in named], "language": language}
    rows = session.execute(_TRANSLATIONS, values)
    return {(row.dataset, row.object, row.object_id, row.field): row.text for row in rows}


def _told(service: Any, distance: float | None, state: OpenState) -> FoundService:
    phones = [SimpleNamespace(**phone) for phone in service.phones or ()]
    words = {(*names, field): said for *names, field, said in service.words or ()}

    def said(field: str) -> str | None:
        given: str | None = getattr(service, field)
        return words.get(("service", service.id, field), given)

    spoken = next((phone for phone in phones if phone.type in SPOKEN), None)
    texted = next((phone for phone in phones if phone.type in TEXTED), None)
    return FoundService(
        id=f"{service.dataset}:{service.id}",
        name=said("name") or service.name,
        organization=service.organization,
        phone=(number_of(spoken.number, spoken.extension) or None) if spoken else None,
        text_number=(number_of(texted.number) or None) if texted else None,
        address=None if service.confidential else service.address_1,
        city=service.city,
        distance_miles=round(distance, 1) if distance is not None and not service.confidential else None,
        open_state=state,
        url=service.url if service.url and WEB.match(service.url) else None,
        description=said("description"),
        phone_note=words.get(("phone", spoken.id, "description")) if spoken else None,
        text_word=_word(texted, words) if texted else None,
        eligibility=said("eligibility_description"),
        fees=said("fees_description"),
        how_to_apply=said("application_process"),
        wait_time=said("wait_time"),
        alert=said("alert"),
        interpretation=said("interpretation_services"),
        email=service.email,
        location=service.location,
        postal_code=None if service.confidential else service.postal_code,
        location_id=service.location_id,
        address_public=not service.confidential,
        latitude=None if service.confidential else service.given_latitude,
    )


def with_index(service: FoundService, row: Any) -> FoundService:
    """The service with what the index knows of it beside; nothing of its point where nobody may be told.

    Nor of one that the publisher does not give: the middle of the ZIP code serves to search, and a map of it would send
    people to a wrong door.
    """
    public = service.address_public and service.latitude is not None
    return replace(
        service,
        verified_on=service.verified_on or row.verified_on,
        latitude=row.latitude if public else None,
        longitude=row.longitude if public else None,
        cost=row.cost,
        languages=tuple(row.languages),
        access=tuple(row.access),
        timezone=row.timezone,
        week=None if row.hours is None else spans(row.hours),
    )


@lru_cache(maxsize=WEEKS_KEPT)
def spans(week: str) -> tuple[tuple[int, int], ...]:
    """The minutes of a week as Postgres writes its ranges; kept, because half of a directory opens at nine."""
    return tuple((int(start), int(end)) for start, end in SPAN.findall(week))


def documents(session: Session, rows: Sequence[Any], language: str) -> list[tuple[str, ...]]:
    """The papers to bring, for each row, in the language where the directory has them so."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in session.execute(_DOCUMENTS, {**wanted_rows(rows), "language": language}):
        found[row.place].append(" ".join(row.document.split()))
    return [tuple(dict.fromkeys(found[number])) for number in range(1, len(rows) + 1)]


def _word(phone: Any, words: dict[tuple[str, ...], str]) -> str | None:
    """The word to send to a text line, when its description is just that word."""
    word: str = words.get(("phone", phone.id, "description"), phone.description or "")
    return word if re.fullmatch(r"[A-Z0-9]{2,15}", word) else None


def wanted_rows(rows: Sequence[Any]) -> dict[str, list[str | None]]:
    """The values of :data:`WANTED` for rows of the index."""
    return {
        "datasets": [row.dataset for row in rows],
        "services": [row.service_id for row in rows],
        "locations": [row.location_id for row in rows],
        "pairs": [row.service_at_location_id for row in rows],
    }
