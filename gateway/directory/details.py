"""What is told about a service that was found: numbers, address, hours, in the language asked for."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory.recurrence import Rule
from gateway.directory.wanted import FoundService, OpenState

LONGEST_NUMBER = 30
LOCAL_DIGITS, LONG_DISTANCE_DIGITS = 10, 11
SPOKEN = (None, "voice", "cell", "cellphone", "hotline", "main", "phone")
TEXTED = ("text", "sms")
WEB = re.compile(r"^https?://[^\s\"'<>]+$")

WANTED = """
WITH wanted AS (SELECT * FROM unnest(CAST(:datasets AS text[]), CAST(:services AS text[]), CAST(:locations AS text[]),
     CAST(:pairs AS text[])) WITH ORDINALITY AS w(dataset, service_id, location_id, service_at_location_id, place))
"""
RULE = (
    "w.place, s.freq, s.byday, s.bymonthday, s.byyearday, s.byweekno, s.interval, s.count, s.wkst, s.dtstart, s.until,"
    " s.valid_from, s.valid_to, s.opens_at, s.closes_at, concat_ws(' ', s.notes, s.description) AS words"
)
SCHEDULES = WANTED + " UNION ALL ".join(
    f"SELECT {closeness} AS closeness, {RULE} FROM wanted w"  # noqa: S608 - literals of our own
    f" JOIN schedule s ON (s.dataset, s.{owner}) = (w.dataset, w.{owner})"
    for closeness, owner in enumerate(("location_id", "service_id", "service_at_location_id"))
)
PHONES = WANTED + " UNION ALL ".join(
    f"SELECT {distance} AS distance, w.place, p.dataset, p.id, p.number, p.extension, p.type, p.description"  # noqa: S608
    f" FROM wanted w JOIN phone p ON (p.dataset, p.{owner}) = (w.dataset, w.{owner})"
    for distance, owner in enumerate(("service_at_location_id", "service_id", "location_id"))
)
PHONES += """
UNION ALL SELECT 3, w.place, p.dataset, p.id, p.number, p.extension, p.type, p.description FROM wanted w
  JOIN service s ON (s.dataset, s.id) = (w.dataset, w.service_id)
  JOIN phone p ON (p.dataset, p.organization_id) = (s.dataset, s.organization_id)
ORDER BY 1, 4
"""
SERVICES = f"""
{WANTED}
SELECT w.place, s.*, o.name AS organization, l.name AS location, l.id AS location_id, l.confidential,
       a.address_1, a.city, a.postal_code
FROM wanted w JOIN service s ON (s.dataset, s.id) = (w.dataset, w.service_id)
LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id)
LEFT JOIN location l ON (l.dataset, l.id) = (w.dataset, w.location_id)
LEFT JOIN LATERAL (SELECT * FROM address a WHERE (a.dataset, a.location_id) = (w.dataset, w.location_id)
                   ORDER BY a.address_type = 'physical' DESC NULLS LAST, a.id LIMIT 1) a ON true
ORDER BY w.place
"""  # noqa: S608
TRANSLATIONS = """
SELECT t.dataset, t.object, t.object_id, t.field, t.text FROM translation t
JOIN unnest(CAST(:datasets AS text[]), CAST(:ids AS text[])) AS w(dataset, id)
  ON (w.dataset, w.id) = (t.dataset, t.object_id)
WHERE t.language = :language
ORDER BY array_position(ARRAY['machine', 'feed', 'town'], t.source)  -- the last one is told
"""


def schedules(session: Session, rows: Sequence[Any]) -> list[list[Rule]]:
    """The rules for each row: those of the service at its location, else of the service, else of the location."""
    found: dict[int, dict[int, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in session.execute(text(SCHEDULES), _wanted(rows)):
        found[rule.place][rule.closeness].append(cast(Rule, rule))
    return [found[number][max(found[number])] if found[number] else [] for number in range(1, len(rows) + 1)]


def load(session: Session, chosen: Sequence[tuple[Any, float | None, OpenState]], language: str) -> list[FoundService]:
    """Everything to be told about the chosen rows, in their order."""
    if not chosen:
        return []
    values = _wanted([row for row, _, _ in chosen])
    phones: dict[int, list[Any]] = defaultdict(list)
    for phone in session.execute(text(PHONES), values):
        phones[phone.place].append(phone)
    services = session.execute(text(SERVICES), values).all()
    named = [(s.dataset, s.id) for s in services] + [(p.dataset, p.id) for found in phones.values() for p in found]
    words = _translations(session, named, language)
    return [
        _told(service, phones[service.place], words, distance, state)
        for service, (_, distance, state) in zip(services, chosen, strict=True)
    ]


def number_of(number: str, extension: str | None = None) -> str:
    """A number as people write it: 415-555-0101, 1-800-222-1222, 988; anything else as the publisher has it."""
    digits = re.sub(r"\D", "", number)
    plain = re.fullmatch(r"[\d\s().+–-]*", number) is not None
    if plain and len(digits) == LOCAL_DIGITS:
        number = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    elif plain and len(digits) == LONG_DISTANCE_DIGITS and digits[0] == "1":
        number = f"1-{digits[1:4]}-{digits[4:7]}-{digits[7:]}"
    return " ".join(number.split())[:LONGEST_NUMBER] + (f" x{extension}" if extension else "")


Words = dict[tuple[str, str, str, str], str]


def _translations(session: Session, named: list[tuple[str, str]], language: str) -> Words:
    values = {"datasets": [d for d, _ in named], "ids": [i for _, i in named], "language": language}
    rows = session.execute(text(TRANSLATIONS), values)
    return {(row.dataset, row.object, row.object_id, row.field): row.text for row in rows}


def _told(service: Any, phones: list[Any], words: Words, distance: float | None, state: OpenState) -> FoundService:
    def said(field: str) -> str | None:
        given: str | None = getattr(service, field)
        return words.get((service.dataset, "service", service.id, field), given)

    spoken = next((phone for phone in phones if phone.type in SPOKEN), None)
    texted = next((phone for phone in phones if phone.type in TEXTED), None)
    return FoundService(
        id=f"{service.dataset}:{service.id}",
        name=said("name") or service.name,
        organization=service.organization,
        phone=number_of(spoken.number, spoken.extension) if spoken else None,
        text_number=number_of(texted.number) if texted else None,
        address=None if service.confidential else service.address_1,
        city=service.city,
        distance_miles=round(distance, 1) if distance is not None and not service.confidential else None,
        open_state=state,
        url=service.url if service.url and WEB.match(service.url) else None,
        description=said("description"),
        phone_note=words.get((spoken.dataset, "phone", spoken.id, "description")) if spoken else None,
        text_word=_word(texted, words) if texted else None,
        eligibility=said("eligibility_description"),
        fees=said("fees_description"),
        location=service.location,
        postal_code=None if service.confidential else service.postal_code,
        location_id=service.location_id,
        address_public=not service.confidential,
    )


def _word(phone: Any, words: Words) -> str | None:
    """The word to send to a text line, when its description is just that word."""
    word: str = words.get((phone.dataset, "phone", phone.id, "description"), phone.description or "")
    return word if re.fullmatch(r"[A-Z0-9]{2,15}", word) else None


def _wanted(rows: Sequence[Any]) -> dict[str, list[str | None]]:
    return {
        "datasets": [row.dataset for row in rows],
        "services": [row.service_id for row in rows],
        "locations": [row.location_id for row in rows],
        "pairs": [row.service_at_location_id for row in rows],
    }
