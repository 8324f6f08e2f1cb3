"""What the town has to offer: the directory's tables, with the field names of HSDS 3 kept as they are.

Source: openreferral/specification 3.1. Every object lives in a ``dataset`` (one import), so that two directories may
use the same ids and a newer import replaces only its own rows. Our own additions are marked as such; tables of our own
are in :mod:`gateway.models.listing`.
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Row, Word

DATASET_LENGTH = 24
ID_LENGTH = 55  # with the dataset's name and a colon it fits the 80 characters of a referral's service_id


def to(table: str, parent: str, column: str | None = None) -> ForeignKeyConstraint:
    """That a row of ``table`` belongs to one of ``parent`` in the same dataset, and goes with it."""
    column = column or f"{parent}_id"
    return ForeignKeyConstraint(
        ["dataset", column], [f"{parent}.dataset", f"{parent}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )


# The first 12 hexadecimal digits of the UUID that gateway.directory.outgoing.uuid_of makes, for looking it up; with
# the parentheses that Postgres puts there, or Alembic takes the index for another one.
PUBLIC_ID_BEGINS = "left(md5((('front-door/hsds:' || x.dataset) || '/{kind}/') || x.id), 12)"


def outside(table: str) -> Index:
    """An index for finding rows of ``table`` by the ids that programs outside know."""
    return Index(f"ix_{table}_outside", text(PUBLIC_ID_BEGINS.format(kind=table).replace("x.", "")))


def by(table: str, column: str) -> Index:
    """An index for finding rows of ``table`` by what they belong to."""
    return Index(f"ix_{table}_{column}", "dataset", column)


class HsdsObject(Row):
    """What every HSDS table shares: the import it came with and its id within that import.

    ``extra`` is ours: each cell that has no column here, or does not fit its column, under the publisher's name for it.
    """

    __abstract__ = True

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    extra: Mapped[dict[str, Any] | None] = mapped_column(sort_order=1)


class Organization(HsdsObject):
    """Who runs services."""

    __tablename__ = "organization"
    __table_args__ = (outside("organization"),)

    name: Mapped[str]
    alternate_name: Mapped[str | None]
    description: Mapped[str | None]
    email: Mapped[str | None]
    website: Mapped[str | None]
    uri: Mapped[str | None]
    parent_organization_id: Mapped[str | None]


class Service(HsdsObject):
    """What is offered. ``status`` is active, inactive, defunct or temporarily closed; only active is ever shown."""

    __tablename__ = "service"
    __table_args__ = (
        to("service", "organization"),
        by("service", "organization_id"),
        outside("service"),
        Index("ix_service_active", "dataset", "id", postgresql_where="status = 'active'"),
    )

    organization_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    program_id: Mapped[str | None]
    name: Mapped[str]
    alternate_name: Mapped[str | None]
    description: Mapped[str | None]
    url: Mapped[str | None]
    email: Mapped[str | None]
    status: Mapped[Word]
    interpretation_services: Mapped[str | None]
    application_process: Mapped[str | None]
    fees_description: Mapped[str | None]
    wait_time: Mapped[str | None]
    accreditations: Mapped[str | None]
    eligibility_description: Mapped[str | None]
    minimum_age: Mapped[float | None]
    maximum_age: Mapped[float | None]
    assured_date: Mapped[date | None]
    licenses: Mapped[str | None]
    alert: Mapped[str | None]
    last_modified: Mapped[datetime | None]


class Location(HsdsObject):
    """Where services are given. ``location_type`` is physical, postal or virtual; degrees are WGS 84.

    ``confidential`` is ours: true where the publisher does not show the address, as of shelters for abused people.
    """

    __tablename__ = "location"
    __table_args__ = (to("location", "organization"), by("location", "organization_id"))

    location_type: Mapped[Word]
    organization_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    url: Mapped[str | None]
    name: Mapped[str | None]
    alternate_name: Mapped[str | None]
    description: Mapped[str | None]
    transportation: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    external_identifier: Mapped[str | None]
    external_identifier_type: Mapped[str | None]
    confidential: Mapped[bool | None]


class ServiceAtLocation(HsdsObject):
    """That a service is given at a location."""

    __tablename__ = "service_at_location"
    __table_args__ = (
        to("service_at_location", "service"),
        to("service_at_location", "location"),
        by("service_at_location", "service_id"),
        by("service_at_location", "location_id"),
    )

    service_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    location_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    description: Mapped[str | None]


class Address(HsdsObject):
    """The street address of a location."""

    __tablename__ = "address"
    __table_args__ = (to("address", "location"), by("address", "location_id"))

    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    attention: Mapped[str | None]
    address_1: Mapped[str | None]
    address_2: Mapped[str | None]
    city: Mapped[str | None]
    region: Mapped[str | None]
    state_province: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
    address_type: Mapped[str | None]


class Phone(HsdsObject):
    """A number. ``type`` is voice, text, fax, cell, video, pager or textphone; of a text line ``description`` is the
    word to send when it is one word."""

    __tablename__ = "phone"
    __table_args__ = (
        to("phone", "location"),
        to("phone", "service"),
        to("phone", "organization"),
        to("phone", "service_at_location"),
        by("phone", "location_id"),
        by("phone", "service_id"),
        by("phone", "organization_id"),
        by("phone", "service_at_location_id"),
    )

    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    organization_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    service_at_location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    number: Mapped[str]
    extension: Mapped[str | None]
    type: Mapped[str | None]
    description: Mapped[str | None]


class Schedule(HsdsObject):
    """Opening hours: an iCalendar RRULE in columns. ``as_given`` is ours: the publisher's words where we mended."""

    __tablename__ = "schedule"
    __table_args__ = (
        to("schedule", "service"),
        to("schedule", "location"),
        to("schedule", "service_at_location"),
        by("schedule", "service_id"),
        by("schedule", "location_id"),
        by("schedule", "service_at_location_id"),
    )

    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    service_at_location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    dtstart: Mapped[date | None]
    timezone: Mapped[str | None]
    until: Mapped[date | None]
    count: Mapped[int | None]
    wkst: Mapped[str | None]
    freq: Mapped[str | None]
    interval: Mapped[int | None]
    byday: Mapped[str | None]
    byweekno: Mapped[str | None]
    bymonthday: Mapped[str | None]
    byyearday: Mapped[str | None]
    description: Mapped[str | None]
    opens_at: Mapped[time | None]
    closes_at: Mapped[time | None]
    schedule_link: Mapped[str | None]
    attending_type: Mapped[str | None]
    notes: Mapped[str | None]
    as_given: Mapped[str | None]


class Language(HsdsObject):
    """A language spoken at a service, a location or on a phone; ``code`` is ISO 639."""

    __tablename__ = "language"
    __table_args__ = (
        to("language", "service"),
        to("language", "location"),
        to("language", "phone"),
        by("language", "service_id"),
        by("language", "location_id"),
        by("language", "phone_id"),
    )

    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    phone_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    name: Mapped[str | None]
    code: Mapped[str | None]
    note: Mapped[str | None]


class CostOption(HsdsObject):
    """What a service costs."""

    __tablename__ = "cost_option"
    __table_args__ = (to("cost_option", "service"), by("cost_option", "service_id"))

    service_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    option: Mapped[str | None]
    currency: Mapped[str | None]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    amount_description: Mapped[str | None]


class RequiredDocument(HsdsObject):
    """A paper to bring."""

    __tablename__ = "required_document"
    __table_args__ = (to("required_document", "service"), by("required_document", "service_id"))

    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    document: Mapped[str | None]
    uri: Mapped[str | None]


class Accessibility(HsdsObject):
    """How a location serves people with disabilities."""

    __tablename__ = "accessibility"
    __table_args__ = (to("accessibility", "location"), by("accessibility", "location_id"))

    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    description: Mapped[str | None]
    details: Mapped[str | None]
    url: Mapped[str | None]


class ServiceArea(HsdsObject):
    """Where the people live whom a service serves."""

    __tablename__ = "service_area"
    __table_args__ = (
        to("service_area", "service"),
        to("service_area", "service_at_location"),
        by("service_area", "service_id"),
        by("service_area", "service_at_location_id"),
    )

    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    service_at_location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    name: Mapped[str | None]
    description: Mapped[str | None]
    extent: Mapped[str | None]
    extent_type: Mapped[str | None]
    uri: Mapped[str | None]


class Taxonomy(HsdsObject):
    """A set of terms."""

    __tablename__ = "taxonomy"

    name: Mapped[str]
    description: Mapped[str | None]
    uri: Mapped[str | None]
    version: Mapped[str | None]


class TaxonomyTerm(HsdsObject):
    """One term; ``parent_id`` is the wider term."""

    __tablename__ = "taxonomy_term"
    __table_args__ = (to("taxonomy_term", "taxonomy"), by("taxonomy_term", "parent_id"))

    code: Mapped[str | None]
    name: Mapped[str]
    description: Mapped[str | None]
    parent_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    taxonomy: Mapped[str | None]
    taxonomy_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    language: Mapped[str | None]
    term_uri: Mapped[str | None]


class Attribute(HsdsObject):
    """That a term applies to some object (``link_entity`` and ``link_id`` name it)."""

    __tablename__ = "attribute"
    __table_args__ = (
        to("attribute", "taxonomy_term"),
        by("attribute", "taxonomy_term_id"),
        Index("ix_attribute_link", "dataset", "link_entity", "link_id"),
    )

    link_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    taxonomy_term_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    link_type: Mapped[str | None]
    link_entity: Mapped[Word]
    value: Mapped[str | None]
    label: Mapped[str | None]
