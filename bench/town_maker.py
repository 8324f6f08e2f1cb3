"""Makes up a region's directory as an HSDS package of any size: the same for the same seed, and no toy.

    python -m bench.town_maker FOLDER --services 50000 --seed 1

Three fifths of the services lie within 60 miles of one city and the rest over the whole country, as ZIP codes do: ten
times the services are ten times as many near every resident, which is the hard way to grow. Needs are as unequal as in
a 211 directory. There are near twins (the same name at the same place for other people or on other days), sites of one
organization, services that nothing but a phone reaches, hours of every kind and none at all, services that ended,
checks of all ages and none, Spanish for a fifth.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bench.town_words import DOCUMENTS, FOR_WHOM, NEEDS, OWNERS, STREETS, WORDS, Need, People
from gateway.directory import place

CENTRE = "94110"
REGION_MILES = 60.0
IN_REGION = 0.6
TWINS, SITES, PLACELESS, NATIONAL, ENDED, SPANISH, TAGGED, CHECKED = 0.12, 0.15, 0.07, 0.002, 0.04, 0.2, 0.7, 0.6
TODAY = date(2026, 11, 23)
HOURS: tuple[tuple[float, Sequence[dict[str, str]]], ...] = (
    (0.30, [{"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "09:00", "closes_at": "17:00"}]),
    (
        0.12,
        [
            {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "9am", "closes_at": "12 pm"},
            {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "1:00 PM", "closes_at": "4:30 PM"},
        ],
    ),
    (
        0.12,
        [
            {"freq": "WEEKLY", "byday": day, "opens_at": opens, "closes_at": closes}
            for day, opens, closes in (
                ("MO", "10:00", "18:00"), ("TU", "10:00", "20:00"), ("WE", "12:00", "18:00"), ("TH", "10:00", "18:00"),
                ("FR", "10:00", "14:00"),
            )
        ],
    ),
    (0.08, [{"freq": "WEEKLY", "byday": "SA,SU", "opens_at": "08:00", "closes_at": "12:00"}]),
    (0.07, [{"freq": "MONTHLY", "byday": "1SA,3SA", "opens_at": "10:00", "closes_at": "13:00"}]),
    (0.05, [{"freq": "MONTHLY", "byday": "4th Tuesday", "opens_at": "17:30", "closes_at": "19:30"}]),
    (0.05, [{"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "00:00", "closes_at": "00:00"}]),
    (0.05, [{"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "18:00", "closes_at": "07:00"}]),
    (0.05, [{"description": "By appointment, call first"}]),
    (0.11, []),
)  # fmt: skip
TONGUES = (("en", "English", 1.0), ("es", "Spanish", 0.35), ("zh", "Chinese", 0.08), ("vi", "Vietnamese", 0.05))
ACCESS = ("Wheelchair ramp", "Elevator", "Accessible parking", "Hearing loop")
COLUMNS: dict[str, str] = {
    "organization": "id name description website",
    "service": "id organization_id name description url status eligibility_description minimum_age maximum_age "
    "fees_description application_process assured_date",
    "location": "id location_type name latitude longitude",
    "service_at_location": "id service_id location_id",
    "address": "id location_id address_1 city state_province postal_code country address_type",
    "phone": "id service_id location_id number type",
    "schedule": "id service_id freq byday opens_at closes_at description",
    "language": "id service_id code name",
    "cost_option": "id service_id option amount currency",
    "required_document": "id service_id document",
    "accessibility": "id location_id description",
    "service_area": "id service_id name",
    "taxonomy": "id name description",
    "taxonomy_term": "id code name description taxonomy_id",
    "attribute": "id link_id link_entity taxonomy_term_id",
    "translation": "id object object_id field language text",
}

Cells = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """A location with its ZIP, to which services belong."""

    id: str
    organization: str
    where: place.Place
    name: str


@cache
def country() -> list[place.Place]:
    """The middle of every ZIP code that has one."""
    return [one for one in place.all_zips() if one.latitude and one.state in place.STATES]


@cache
def region() -> list[place.Place]:
    """Those of the region, each as often as chance will have it."""
    centre = place.by_zip(CENTRE)
    assert centre is not None
    here = centre.latitude, centre.longitude
    return [one for one in country() if place.miles(*here, one.latitude, one.longitude) < REGION_MILES]


class Maker:
    """Makes the rows of one directory, a service at a time."""

    def __init__(self, services: int, seed: int) -> None:
        self._services = services
        self._chance = random.Random(seed)
        self._numbers = dict.fromkeys(COLUMNS, 0)
        self._sites: list[Site] = []
        self._weights = [need.weight for need in NEEDS]

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Every row, parents first within each service."""
        yield "taxonomy", {"id": "t", "name": "Region taxonomy", "description": "Made up"}
        for need in NEEDS:
            yield "taxonomy_term", {
                "id": need.code, "code": need.code, "name": need.term, "description": need.term, "taxonomy_id": "t",
            }  # fmt: skip
        last: Cells | None = None
        for _ in range(self._services):
            twin_of = last if last is not None and self._happens(TWINS) else None
            last = {}
            yield from self._service(twin_of, last)

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share

    def _id(self, kind: str) -> str:
        self._numbers[kind] += 1
        return f"{kind[:4]}-{self._numbers[kind]}"

    def _service(self, twin_of: Cells | None, kept: Cells) -> Iterator[tuple[str, Cells]]:
        need = twin_of["need"] if twin_of else self._chance.choices(NEEDS, self._weights)[0]
        site = twin_of["site"] if twin_of else self._site_kept()
        if site is None:
            site = yield from self._new_site()
        name = twin_of["name"] if twin_of else self._name(need, site)
        kept |= {"need": need, "site": site, "name": name}
        for_whom = self._chance.choices(FOR_WHOM, [one.weight for one in FOR_WHOM])[0]
        if twin_of and for_whom.called and self._happens(0.5):
            name = f"{name} - {for_whom.called}"
        identity = self._id("service")
        yield "service", self._cells(identity, need, site, name, for_whom)
        yield from self._reached(identity, site)
        yield from self._known(identity, need, for_whom)

    def _site_kept(self) -> Site | None:
        """One more service at a site that there is already."""
        return self._chance.choice(self._sites) if self._sites and self._happens(SITES) else None

    def _new_site(self) -> Any:
        where = self._chance.choice(region() if self._happens(IN_REGION) else country())
        owner = self._chance.choice(OWNERS).format(
            city=where.city, word=self._chance.choice(WORDS), number=self._numbers["organization"] + 1
        )
        organization = self._id("organization")
        yield "organization", {
            "id": organization, "name": owner, "description": f"{owner} helps people in {where.city}",
            "website": f"https://www.{organization}.example.org",
        }  # fmt: skip
        identity = self._id("location")
        street = f"{self._chance.randint(1, 4999)} {self._chance.choice(STREETS)}"
        near = {"latitude": where.latitude, "longitude": where.longitude}
        shifted = {name: round(value + self._chance.gauss(0, 0.02), 5) for name, value in near.items()}
        yield "location", {"id": identity, "location_type": "physical", "name": f"{owner}, {street}"} | shifted
        yield "address", {
            "id": self._id("address"), "location_id": identity, "address_1": street, "city": where.city,
            "state_province": where.state, "postal_code": where.name[-5:], "country": "US", "address_type": "physical",
        }  # fmt: skip
        if self._happens(0.3):
            yield "accessibility", {
                "id": self._id("accessibility"), "location_id": identity,
                "description": self._chance.choice(ACCESS),
            }  # fmt: skip
        site = Site(identity, organization, where, owner)
        self._sites = [*self._sites[-500:], site]
        return site

    def _name(self, need: Need, site: Site) -> str:
        called = self._chance.choice(need.called)
        return f"{site.where.city} {called}" if self._happens(0.5) else called

    def _cells(self, identity: str, need: Need, site: Site, name: str, for_whom: People) -> Cells:
        chance = self._chance
        return {
            "id": identity,
            "organization_id": site.organization,
            "name": name,
            "description": f"{chance.choice(need.told)} {for_whom.told}".strip(),
            "url": f"https://www.{site.organization}.example.org/{identity}" if self._happens(0.6) else "",
            "status": chance.choice(("inactive", "defunct")) if self._happens(ENDED) else "active",
            "eligibility_description": for_whom.told,
            "minimum_age": for_whom.ages[0] if for_whom.ages else "",
            "maximum_age": for_whom.ages[1] if for_whom.ages else "",
            "fees_description": chance.choice(("", "", "Free", "Sliding scale", "$5 suggested")),
            "application_process": chance.choice(("", "Walk in", "Call for an appointment", "Ask a case manager")),
            "assured_date": TODAY - timedelta(days=chance.randint(0, 1_200)) if self._happens(CHECKED) else "",
        }

    def _reached(self, identity: str, site: Site) -> Iterator[tuple[str, Cells]]:
        """Where it is, which number it has, which people it serves by where they live."""
        national = self._happens(NATIONAL)
        if not national and not self._happens(PLACELESS):
            yield "service_at_location", {
                "id": self._id("service_at_location"), "service_id": identity, "location_id": site.id,
            }  # fmt: skip
        if self._happens(0.95):
            number = f"({self._chance.randint(201, 989)}) 555-{self._chance.randint(100, 199):04d}"
            yield "phone", {"id": self._id("phone"), "service_id": identity, "number": number, "type": "voice"}
        area = "United States" if national else f"{site.where.county}, {place.STATES.get(site.where.state, '')}"
        if national or self._happens(0.5):
            yield "service_area", {"id": self._id("service_area"), "service_id": identity, "name": area}

    def _known(self, identity: str, need: Need, for_whom: People) -> Iterator[tuple[str, Cells]]:
        """What else is known of it."""
        for rule in self._chance.choices([rules for _, rules in HOURS], [share for share, _ in HOURS])[0]:
            yield "schedule", {"id": self._id("schedule"), "service_id": identity} | rule
        for code, name, share in TONGUES:
            if self._happens(share * 0.6):
                yield "language", {"id": self._id("language"), "service_id": identity, "code": code, "name": name}
        if self._happens(0.3):
            yield "cost_option", {
                "id": self._id("cost_option"), "service_id": identity,
                "option": self._chance.choice(("Free", "Sliding scale", "Fee")),
            }  # fmt: skip
        if self._happens(0.3):
            yield "required_document", {
                "id": self._id("required_document"), "service_id": identity, "document": self._chance.choice(DOCUMENTS),
            }  # fmt: skip
        if self._happens(TAGGED):
            yield "attribute", {
                "id": self._id("attribute"), "link_id": identity, "link_entity": "service",
                "taxonomy_term_id": need.code,
            }  # fmt: skip
        if self._happens(SPANISH):
            yield "translation", {
                "id": self._id("translation"), "object": "service", "object_id": identity, "field": "description",
                "language": "es", "text": f"{need.told_es} {for_whom.told_es}".strip(),
            }  # fmt: skip


def write(folder: Path, services: int, seed: int = 1) -> dict[str, int]:
    """Write the package as CSV files into ``folder``; the number of rows of each object. Memory does not grow."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(COLUMNS, 0)
    with ExitStack() as stack:
        writers = {}
        for kind, columns in COLUMNS.items():
            stream = stack.enter_context((folder / f"{kind}.csv").open("w", encoding="utf-8", newline=""))
            writers[kind] = csv.DictWriter(stream, columns.split(), restval="")
            writers[kind].writeheader()
        for kind, cells in Maker(services, seed).rows():
            writers[kind].writerow(cells)
            counts[kind] += 1
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Write one and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--services", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    for kind, count in write(given.folder, given.services, given.seed).items():
        sys.stdout.write(f"{count:10,}  {kind}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
