"""What we keep beside a publisher's directory: where it came from, what search reads, what people here changed.

Rows that an import rebuilds go with the service they belong to. What people said and decided (checks, corrections,
closures) names its service without a foreign key: it outlives an import that drops a service and brings it back.
"""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy import text as literal
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE, INT4RANGE, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.directory import DATASET_LENGTH, ID_LENGTH, HsdsObject, by, to
from gateway.models.points import Cube, Spot
from gateway.models.row import Id, Row, Word

EMPTY = literal("'{}'")


class Dataset(Row):
    """One import's name, where it came from and what it held. ``counts`` are rows per HSDS object.

    ``as_of`` is the day for which the publisher vouches, where that is known: it stands in for a check of each record.
    """

    __tablename__ = "dataset"

    name: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    source: Mapped[str]
    imported_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]
    as_of: Mapped[date | None]


class Translation(HsdsObject):
    """One field of one object in another language. HSDS has no place for it.

    ``source`` is ``feed``, ``town`` or ``machine``: an import replaces what the feed said and nothing else, and the
    town's words are told before the feed's, the feed's before a machine's.
    """

    __tablename__ = "translation"
    __table_args__ = (
        Index("uq_translation_object", "dataset", "object", "object_id", "field", "language", "source", unique=True),
    )

    object: Mapped[Word]
    object_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    field: Mapped[Word]
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str]
    source: Mapped[Word] = mapped_column(server_default=literal("'feed'"))


class HolidaySchedule(HsdsObject):
    """Days, the last included, whose hours stand in for the listed ones (Ohana's object; HSDS 3 has none).

    ``holiday`` is a code of :mod:`gateway.directory.holidays` where the publisher names the holiday and not the day.
    Without hours it is closed all day. ``as_given`` are the publisher's words.
    """

    __tablename__ = "holiday_schedule"
    __table_args__ = (
        to("holiday_schedule", "service"),
        to("holiday_schedule", "location"),
        to("holiday_schedule", "service_at_location"),
        by("holiday_schedule", "service_id"),
        by("holiday_schedule", "location_id"),
        by("holiday_schedule", "service_at_location_id"),
    )

    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    service_at_location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    holiday: Mapped[str | None]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    opens_at: Mapped[time | None]
    closes_at: Mapped[time | None]
    as_given: Mapped[str | None]


class ServiceNeed(Row):
    """A need that a service meets, or a topic that it is about (its name after a ``#``).

    ``weight`` is how sure: 3 by its taxonomy, 2 by its name, 1 by its text.
    """

    __tablename__ = "service_need"
    __table_args__ = (to("service_need", "service"), Index("ix_service_need_need", "need"))

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    need: Mapped[str] = mapped_column(String(40), primary_key=True)
    weight: Mapped[int] = mapped_column(SmallInteger)


class SearchEntry(Row):
    """What search reads, one row per service and location (``location_id`` is empty where there is none).

    Rebuilt by every import. ``document`` is the text in both languages without accents; ``areas`` are the names of
    the service areas in small letters; ``national`` is true for lines that serve the whole country. ``status`` is the
    service's. ``week`` are the minutes of every week in which it is open, from Monday 0:00, where every week is alike;
    ``always`` is never closed; ``ages`` are years, the last excluded; ``cost`` is ``free``, ``sliding`` or ``fee``.
    What the directory does not say is null, or missing in a list.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        to("search_entry", "service"),
        Index("ix_search_entry_document", "document", postgresql_using="gin"),
        Index("ix_search_entry_needs", "needs", postgresql_using="gin"),
        Index("ix_search_entry_place", "latitude", "longitude"),
    )

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    location_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default="")
    service_at_location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sure_needs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    timezone: Mapped[str | None]
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text))
    national: Mapped[bool]
    document: Mapped[Any] = mapped_column(TSVECTOR)
    status: Mapped[Word] = mapped_column(server_default=literal("'active'"))
    week: Mapped[Any | None] = mapped_column(INT4MULTIRANGE)
    always: Mapped[bool] = mapped_column(server_default=literal("false"))
    ages: Mapped[Any | None] = mapped_column(INT4RANGE)
    serves: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY)
    cost: Mapped[Word | None]
    access: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY)
    verified_on: Mapped[date | None]


class SearchNeed(Row):
    """One need met at one entry of search: the index that gives the nearest of a need in order, however many there are.

    ``point`` is the place on a sphere of radius 1 (x, y, z), so that distances are true everywhere, ``spot`` the one on
    Mercator's map, in degrees at the equator, by which the index gives the nearest in order; both are null where there
    is no place to go to. Needs are compared as bytes: an index that knows no letters is twice as fast. Under the need
    ``*`` stands every entry. Rebuilt with the entries, of what is active.
    """

    __tablename__ = "search_need"
    __table_args__ = (
        to("search_need", "service"),
        Index(
            "ix_search_need_near",
            "need",
            "weight",
            "spot",
            postgresql_using="gist",
            postgresql_where="spot IS NOT NULL",
        ),
        Index(
            "ix_search_need_anywhere",
            "need",
            "national",
            literal("weight DESC"),
            literal("verified_on DESC NULLS LAST"),
            postgresql_where="point IS NULL",
        ),
    )

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    location_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default="")
    need: Mapped[str] = mapped_column(String(40, collation="C"), primary_key=True)
    weight: Mapped[int] = mapped_column(SmallInteger)
    point: Mapped[str | None] = mapped_column(Cube)
    spot: Mapped[str | None] = mapped_column(Spot)
    national: Mapped[bool]
    verified_on: Mapped[date | None]


class SearchWord(Row):
    """A word of a dataset's services, folded, and in how many entries it stands: what a typing error is read as."""

    __tablename__ = "search_word"
    __table_args__ = (
        Index("ix_search_word_word", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    word: Mapped[str] = mapped_column(String(80), primary_key=True)
    entries: Mapped[int]


class KnownPlace(Row):
    """A place that can be named: a city or a street of a dataset's own addresses, or what ships with us.

    ``kind`` is city, street, zip, landmark or neighborhood. ``name`` is folded, ``shown`` is as written; ``radius`` are
    the miles within which it lies, ``addresses`` how many of the dataset's are there.
    """

    __tablename__ = "known_place"
    __table_args__ = (
        Index(
            "ix_known_place_name",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
            postgresql_where="kind = 'city'",
        ),
        Index(
            "ix_known_place_street",
            "city",
            "name",
            postgresql_ops={"name": "varchar_pattern_ops"},
            postgresql_where="kind = 'street'",
        ),
    )

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    city: Mapped[str] = mapped_column(String(80), primary_key=True, default="")
    state: Mapped[str] = mapped_column(String(40), primary_key=True, default="")
    shown: Mapped[str]
    county: Mapped[str | None]
    timezone: Mapped[str | None]
    latitude: Mapped[float]
    longitude: Mapped[float]
    radius: Mapped[float]
    addresses: Mapped[int]


class KnownStreet(Row):
    """A street of a city by a dataset's own addresses: the middle of them, and how many there are.

    ``name`` is folded and without the street's kind, ``shown`` is as written: Main St and Main Ave are two rows.
    """

    __tablename__ = "known_street"
    __table_args__ = (Index("ix_known_street_name", "name", "city"),)

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    city: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(40), primary_key=True)
    shown: Mapped[str] = mapped_column(String(120), primary_key=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    addresses: Mapped[int]


class Verification(Row):
    """Somebody checked a record and found it right. ``by_kind``: publisher, responder, editor, provider or resident."""

    __tablename__ = "verification"
    __table_args__ = (Index("ix_verification_service", "dataset", "service_id", "at"),)

    id: Mapped[Id]
    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH))
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    by_kind: Mapped[Word]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    at: Mapped[datetime]
    note: Mapped[str | None]


class KnownSince(Row):
    """The day on which an import first brought a service: a record that nobody vouches for is at least as old."""

    __tablename__ = "known_since"

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    day: Mapped[date]


class Correction(Row):
    """Somebody says that a record is wrong, or the publisher and the town disagree: open until it is decided.

    ``kind`` is what is said (wrong, closed, edit, conflict), ``source`` by whom (resident, responder, provider,
    import);
    ``proposed`` and ``base`` are the value wanted and the one it was said of. A resident's own words stay in the thread
    (``message_id``). ``state`` is open, accepted, rejected or superseded.
    """

    __tablename__ = "correction"
    __table_args__ = (
        Index("ix_correction_service", "dataset", "service_id"),
        Index("ix_correction_open", "created_at", postgresql_where="state = 'open'"),
        Index(
            "uq_correction_contact",
            "contact_id",
            "dataset",
            "service_id",
            "kind",
            unique=True,
            postgresql_where="state = 'open' AND contact_id IS NOT NULL",
        ),
    )

    id: Mapped[Id]
    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH))
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    object: Mapped[Word]
    object_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    field: Mapped[Word | None]
    kind: Mapped[Word]
    proposed: Mapped[Any | None] = mapped_column(JSONB)
    base: Mapped[Any | None] = mapped_column(JSONB)
    source: Mapped[Word]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    created_at: Mapped[datetime]
    state: Mapped[Word]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class Override(Row):
    """The town's value of one field, laid over the publisher's at every import; ``base`` is what it stands in for."""

    __tablename__ = "override"

    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH), primary_key=True)
    object: Mapped[str] = mapped_column(String(40), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any | None] = mapped_column(JSONB)
    base: Mapped[Any | None] = mapped_column(JSONB)
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    at: Mapped[datetime]


class Closure(Row):
    """A service, or everything at a location, is closed for a while; without ``to_at`` until further notice."""

    __tablename__ = "closure"
    __table_args__ = (
        Index("ix_closure_service", "dataset", "service_id"),
        Index("ix_closure_location", "dataset", "location_id"),
    )

    id: Mapped[Id]
    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH))
    service_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    location_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    ended_at: Mapped[datetime | None]


class ImportRun(Row):
    """One import: its report, and who undid it. ``state`` is waiting, previewed, done, failed or undone."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_dataset", "dataset", "id"),)

    id: Mapped[Id]
    dataset: Mapped[str] = mapped_column(String(DATASET_LENGTH))
    at: Mapped[datetime]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    source: Mapped[str]
    state: Mapped[Word]
    report: Mapped[dict[str, Any]]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))


class ImportChange(Row):
    """One row that an import added (``before`` is null), changed or removed (``after`` is null), to be put back."""

    __tablename__ = "import_change"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    object: Mapped[str] = mapped_column(String(40), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
