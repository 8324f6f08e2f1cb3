"""One service as the console shows it and as its form has it: every field as text, in the publisher's or our words."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, text
from sqlalchemy.orm import Session

from gateway.directory import details, freshness
from gateway.directory.folding import fold
from gateway.directory.hours_words import day_words, week_of, week_words
from gateway.directory.needs import TAXONOMY
from gateway.directory.topics import MARK
from gateway.directory.week_text import Week
from gateway.models.directory import (
    Accessibility,
    Address,
    CostOption,
    Language,
    Location,
    Organization,
    Phone,
    RequiredDocument,
    Schedule,
    Service,
    ServiceAtLocation,
)
from gateway.models.listing import Closure, SearchEntry, ServiceNeed

PAGE = 30
LAST_PAGE = 100
FIELDS = (
    *("name", "description", "status", "url", "email", "fees_description", "eligibility_description"),
    *("minimum_age", "maximum_age", "application_process", "wait_time", "alert"),
)
NUMBERS = frozenset(("minimum_age", "maximum_age", "latitude", "longitude", "amount"))
IN_SPANISH = ("name", "description", "fees_description", "eligibility_description")
OF_LOCATION = ("latitude", "longitude")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_ADDRESS = ("address_1", "address_2", "city", "postal_code")
OF_COST = ("option", "amount", "currency", "amount_description", "valid_from", "valid_to")
# What nobody vouches for is as old as its record.
DAY = f"coalesce(hits.verified_on, {freshness.SINCE})"
SHOWN = ("all", "stale", "unchecked", "hidden")
FOUND = f"""
WITH hits AS (
  SELECT dataset, service_id, max(verified_on) AS verified_on FROM search_entry
  WHERE CAST(:query AS text) IS NULL OR document @@ to_tsquery('simple', CAST(:query AS text))
  GROUP BY dataset, service_id)
SELECT s.dataset, s.id, s.name, s.status, o.name AS organization, hits.verified_on,
       {freshness.SINCE} AS since,
       (SELECT min(a.city) FROM service_at_location l JOIN address a
        ON (a.dataset, a.location_id) = (l.dataset, l.location_id)
        WHERE (l.dataset, l.service_id) = (s.dataset, s.id)) AS city,
       (SELECT count(*) FROM correction c
        WHERE (c.dataset, c.service_id) = (s.dataset, s.id) AND c.state = 'open') AS corrections,
       EXISTS (SELECT 1 FROM closure c WHERE c.dataset = s.dataset AND c.ended_at IS NULL
               AND (c.service_id = s.id OR (c.service_id IS NULL AND c.location_id IN (
                 SELECT l.location_id FROM service_at_location l
                 WHERE (l.dataset, l.service_id) = (s.dataset, s.id))))
               AND c.from_at <= :now AND (c.to_at IS NULL OR c.to_at > :now)) AS closed
FROM hits JOIN service s ON (s.dataset, s.id) = (hits.dataset, hits.service_id)
LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id)
{freshness.SINCE_OF}
WHERE CASE :shown WHEN 'stale' THEN {DAY} < :stale_day AND s.dataset <> :shipped
                  WHEN 'unchecked' THEN hits.verified_on IS NULL AND s.dataset <> :shipped
                                        AND coalesce({DAY} >= :stale_day, true)
                  WHEN 'hidden' THEN s.status <> 'active' ELSE true END
ORDER BY lower(s.name), s.dataset, s.id LIMIT :most OFFSET :start
"""  # noqa: S608 - literals of our own


OUTRIGHT = """
SELECT a.id, lower(t.code) AS need FROM attribute a
JOIN taxonomy_term t ON (t.dataset, t.id) = (a.dataset, a.taxonomy_term_id)
LEFT JOIN taxonomy x ON (x.dataset, x.id) = (t.dataset, t.taxonomy_id)
WHERE a.dataset = :dataset AND a.link_entity = 'service' AND a.link_id = :key
  AND coalesce(x.name, t.taxonomy) = :taxonomy ORDER BY a.id
"""
GIVEN_THERE = """
SELECT DISTINCT s.id, s.name, s.status FROM service s
JOIN service_at_location l ON (l.dataset, l.service_id) = (s.dataset, s.id)
WHERE l.dataset = :dataset AND l.location_id = :key ORDER BY s.name, s.id LIMIT 500
"""


@dataclass(frozen=True)
class PlaceRecord:
    """A place: its addresses, the services that are given there (id, name, status), and until when it is closed."""

    location: Location
    addresses: Sequence[Address]
    services: list[tuple[str, str, str]]
    closures: Sequence[Closure]
    timezone: str | None

    @property
    def id(self) -> str:
        """As its page is named."""
        return f"{self.location.dataset}:{self.location.id}"

    @property
    def name(self) -> str:
        """Its own name, else its street; nothing of an address that is not shown."""
        if self.location.confidential:
            return self.location.name or "A place whose address is not shown"
        street = next((each.address_1 for each in self.addresses if each.address_1), None)
        return self.location.name or street or self.location.id


@dataclass(frozen=True)
class Record:
    """A service with its parts. ``week`` are its hours in one line, ``days`` by weekday where every week is alike;
    ``timezone`` that of its place, where known. ``needs`` are those that it meets, ``topics`` what it is about in
    particular, the surest first; ``by_hand`` is whether an editor or the publisher said the needs outright.
    ``closures`` are its own and those of its places."""

    service: Service
    organization: str | None
    places: Sequence[tuple[Location, Sequence[Address]]]
    phones: Sequence[Phone]
    schedules: Sequence[Schedule]
    week: str
    days: list[str] | None
    spanish: dict[str, str]
    check: freshness.Check
    closures: Sequence[Closure]
    timezone: str | None
    languages: Sequence[Language] = ()
    documents: Sequence[RequiredDocument] = ()
    access: Sequence[Accessibility] = ()
    costs: Sequence[CostOption] = ()
    needs: Sequence[str] = ()
    topics: Sequence[str] = ()
    by_hand: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Dataset and id."""
        return self.service.dataset, self.service.id

    @property
    def id(self) -> str:
        """As search and referrals name it."""
        return ":".join(self.key)

    @property
    def numbers(self) -> list[Phone]:
        """Its phones without those that ring at the same place: many publishers give a number twice."""
        told = {(phone.number, phone.extension, phone.type): phone for phone in reversed(self.phones)}
        return list(reversed(told.values()))

    @property
    def form(self) -> dict[str, str]:
        """What the form holds, by the names of its fields."""
        found: dict[str, str] = {}
        for name in FIELDS:
            found[f"service.{name}"] = _text(getattr(self.service, name))
            if name in IN_SPANISH:
                found[f"es.{name}"] = self.spanish.get(name, "")
        found["languages"] = ", ".join(dict.fromkeys(_text(row.name or row.code) for row in self.languages))
        found["documents"] = "\n".join(_text(row.document) for row in self.documents if row.document)
        return found | self._costs() | self._contact() | self._hours() | self._place()

    def _costs(self) -> dict[str, str]:
        found = {f"cost_option.{row.id}.{name}": _text(getattr(row, name)) for row in self.costs for name in OF_COST}
        return found | {f"new_cost.{name}": "" for name in OF_COST} | {"new_cost.currency": "USD"}

    def _contact(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for phone in self.phones:
            found |= {f"phone.{phone.id}": phone.number, f"phone_extension.{phone.id}": _text(phone.extension)}
            found[f"phone_type.{phone.id}"] = _text(phone.type)
        return found | {"new_phone": "", "new_phone_type": "voice"}

    def _hours(self) -> dict[str, str]:
        by_day = {f"day.{name}": words for name, words in zip(DAYS, self.days or [], strict=bool(self.days))}
        return {"hours": self.week} | by_day

    def _place(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for location, addresses in self.places:
            if location.confidential:
                continue
            for each in addresses:
                found |= {f"address.{each.id}.{name}": _text(getattr(each, name)) for name in OF_ADDRESS}
            found |= {f"location.{location.id}.{name}": _text(getattr(location, name)) for name in OF_LOCATION}
            said = [row for row in self.access if row.location_id == location.id]
            found[f"access.{location.id}"] = "\n".join(access_words(row) for row in said)
        return found

    @property
    def seen(self) -> str:
        """A mark of the form as it stands, to tell whether somebody changed it meanwhile."""
        return hashlib.sha256(json.dumps(self.form, sort_keys=True).encode()).hexdigest()[:32]


def find(  # noqa: PLR0913 - what is looked for, and which of it
    session: Session, asked: str, shown: str, page: int, now: datetime, rules: freshness.Rules
) -> tuple[list[Any], bool]:
    """A page of the services whose texts have all the words asked for, by name; and whether there are more."""
    words = re.findall(r"\w+", fold(asked))[:8]
    values = {
        "query": " & ".join(f"{word}:*" for word in words) or None,
        "shown": shown,
        "stale_day": now.date() - timedelta(days=rules.stale_days),
        "shipped": freshness.SHIPPED,
        "now": now,
        "most": PAGE + 1,
        "start": PAGE * min(max(page, 0), LAST_PAGE),
    }
    rows = list(session.execute(text(FOUND), values))
    return rows[:PAGE], len(rows) > PAGE


def load(session: Session, service_id: str, now: datetime, rules: freshness.Rules) -> Record | None:
    """A service by ``dataset:id``; None where there is none."""
    dataset, _, key = service_id.partition(":")
    service = session.get(Service, (dataset, key))
    if service is None:
        return None
    organization = session.get(Organization, (dataset, service.organization_id)) if service.organization_id else None
    pairs = session.scalars(
        select(ServiceAtLocation)
        .where(ServiceAtLocation.dataset == dataset, ServiceAtLocation.service_id == key)
        .order_by(ServiceAtLocation.id)
    ).all()
    there = [pair.location_id for pair in pairs]
    places = _places(session, dataset, there)
    week = _week(session, service, pairs, now)
    helps_with = _helps_with(session, dataset, key)
    return Record(
        service=service,
        organization=organization.name if organization else None,
        places=places,
        phones=_phones(session, service, pairs),
        schedules=_schedules(session, service, pairs),
        week=week_words(week, "en"),
        days=day_words(week),
        spanish=_spanish(session, dataset, key),
        check=freshness.checks(session, [(dataset, key)], now.date(), rules)[dataset, key],
        closures=_closures(session, dataset, Closure.service_id == key, there, now),
        timezone=zone_of(session, dataset, key),
        languages=_rows(session, Language, dataset, Language.service_id == key),
        documents=_rows(session, RequiredDocument, dataset, RequiredDocument.service_id == key),
        costs=_rows(session, CostOption, dataset, CostOption.service_id == key),
        access=_rows(session, Accessibility, dataset, Accessibility.location_id.in_(there)),
        needs=[code for code in helps_with if not code.startswith(MARK)],
        topics=[code.removeprefix(MARK) for code in helps_with if code.startswith(MARK)],
        by_hand=bool(outright(session, dataset, key)),
    )


def _helps_with(session: Session, dataset: str, key: str) -> Sequence[str]:
    """Needs and topics as they are stored, the surest first."""
    return session.scalars(
        select(ServiceNeed.need)
        .where(ServiceNeed.dataset == dataset, ServiceNeed.service_id == key)
        .order_by(ServiceNeed.weight.desc(), ServiceNeed.need)
    ).all()


def outright(session: Session, dataset: str, key: str) -> dict[str, str]:
    """The attributes that say outright which needs a service meets: the need by the attribute's id."""
    rows = session.execute(text(OUTRIGHT), {"dataset": dataset, "key": key, "taxonomy": TAXONOMY})
    return {row.id: row.need for row in rows}


def load_place(session: Session, place_id: str, now: datetime) -> PlaceRecord | None:
    """A location by ``dataset:id``; None where there is none."""
    dataset, _, key = place_id.partition(":")
    found = _places(session, dataset, [key])
    if not found:
        return None
    [(location, addresses)] = found
    rows = session.execute(text(GIVEN_THERE), {"dataset": dataset, "key": key})
    services = [(row.id, row.name, row.status) for row in rows]
    zone = _zone(session, dataset, SearchEntry.location_id == key)
    closures = _closures(session, dataset, false(), [key], now)
    return PlaceRecord(location, addresses, services, closures, zone)


def zone_of(session: Session, dataset: str, key: str) -> str | None:
    """The time zone of a service's place, where known."""
    return _zone(session, dataset, SearchEntry.service_id == key)


def access_words(row: Accessibility) -> str:
    """What a row says of how a place serves people with disabilities, on one line."""
    return " ".join(" ".join(part.split()) for part in (row.description, row.details) if part)


def _zone(session: Session, dataset: str, which: ColumnElement[bool]) -> str | None:
    return session.scalar(select(func.min(SearchEntry.timezone)).where(SearchEntry.dataset == dataset, which))


def _rows(session: Session, kind: Any, dataset: str, which: Any) -> Any:
    return session.scalars(select(kind).where(kind.dataset == dataset, which).order_by(kind.id)).all()


def _closures(
    session: Session, dataset: str, own: ColumnElement[bool], places: list[str], now: datetime
) -> Sequence[Closure]:
    """What holds or will hold: of the service, and of all that is at its places."""
    at_places = Closure.service_id.is_(None) & Closure.location_id.in_(places)
    return session.scalars(
        select(Closure)
        .where(Closure.dataset == dataset, or_(own, at_places), Closure.ended_at.is_(None))
        .where(or_(Closure.to_at.is_(None), Closure.to_at > now))
        .order_by(Closure.from_at, Closure.id)
    ).all()


def _places(session: Session, dataset: str, ids: list[str]) -> list[tuple[Location, Sequence[Address]]]:
    rows = session.scalars(select(Location).where(Location.dataset == dataset, Location.id.in_(ids)))
    addresses = session.scalars(
        select(Address).where(Address.dataset == dataset, Address.location_id.in_(ids)).order_by(Address.id)
    ).all()
    return [(row, [each for each in addresses if each.location_id == row.id]) for row in rows]


def _phones(session: Session, service: Service, pairs: Sequence[ServiceAtLocation]) -> Sequence[Phone]:
    owners = [
        Phone.service_id == service.id,
        Phone.location_id.in_([pair.location_id for pair in pairs]),
        Phone.service_at_location_id.in_([pair.id for pair in pairs]),
    ]
    if service.organization_id:
        owners.append(Phone.organization_id == service.organization_id)
    return session.scalars(select(Phone).where(Phone.dataset == service.dataset, or_(*owners)).order_by(Phone.id)).all()


def _schedules(session: Session, service: Service, pairs: Sequence[ServiceAtLocation]) -> Sequence[Schedule]:
    """Those of the service itself and of it at its places; a place's own hours are of all that is there."""
    own = or_(Schedule.service_id == service.id, Schedule.service_at_location_id.in_([pair.id for pair in pairs]))
    return session.scalars(select(Schedule).where(Schedule.dataset == service.dataset, own).order_by(Schedule.id)).all()


def _week(session: Session, service: Service, pairs: Sequence[ServiceAtLocation], now: datetime) -> Week:
    first = pairs[0] if pairs else None
    row = SimpleNamespace(
        dataset=service.dataset,
        service_id=service.id,
        location_id=first.location_id if first else "",
        service_at_location_id=first.id if first else None,
    )
    [rules] = details.schedules(session, [row])
    return week_of(rules, now.date())


def _spanish(session: Session, dataset: str, key: str) -> dict[str, str]:
    """The Spanish texts that are told of a service, by field."""
    told = details.translations(session, [(dataset, key)], "es")
    return {field: words for (_, kind, _, field), words in told.items() if kind == "service"}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)
