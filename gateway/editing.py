"""What editors of the directory do: change a record, check it, say what it helps with, add one.

A change is written to the rows at once and kept for every later import (:mod:`gateway.directory.overlay`). While an
import is at work nothing can be edited: it would not see the change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway import audit, corrections, edit_fields
from gateway.directory import freshness, importing, indexing, needs, overlay, records, staging
from gateway.directory.overlay import TOWN, By, Place
from gateway.directory.records import Record
from gateway.errors import Conflict, Refused
from gateway.models import Responder
from gateway.models.directory import Service
from gateway.models.listing import Dataset, Verification
from gateway.models.people import EDITOR

# The services of which a row is a part: at a place, or of an organization.
AFFECTED = """
SELECT l.service_id FROM service_at_location l WHERE l.dataset = :dataset AND (
  (:kind = 'location' AND l.location_id = :key) OR (:kind = 'service_at_location' AND l.id = :key)
  OR (:kind = 'address' AND l.location_id = (SELECT location_id FROM address WHERE dataset = :dataset AND id = :key))
  OR (:kind = 'accessibility'
      AND l.location_id = (SELECT location_id FROM accessibility WHERE dataset = :dataset AND id = :key))
  OR (:kind = 'schedule'
      AND l.location_id = (SELECT location_id FROM schedule WHERE dataset = :dataset AND id = :key)))
UNION SELECT id FROM service WHERE :kind = 'organization' AND dataset = :dataset AND organization_id = :key
"""


@dataclass(frozen=True)
class Editor:
    """Who edits, when, in which town's time zone, and by which rules of the town."""

    who: Responder
    now: datetime
    home: str
    rules: freshness.Rules = freshness.STANDARD
    tags: needs.Mapping = field(default_factory=needs.standard)


class Unfit(Refused):
    """The form cannot be kept as it is; ``faults`` are codes by field. Nothing was changed."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(400, "unfit")
        self.faults = faults


def save(session: Session, editor: Editor, service_id: str, draft: Mapping[str, str], seen: str) -> list[str]:
    """Keep what differs from the record; returns the names of the fields that did.

    Raises :class:`Unfit` for values that cannot be, and :class:`Conflict` when somebody changed the record since
    ``seen`` or an import is at work.
    """
    record = _locked(session, editor, service_id)
    if record.seen != seen:
        raise Conflict("record_changed")
    changed = edit_fields.changes(record.form, draft)
    if faults := edit_fields.faults_of(changed, record.form, draft):
        raise Unfit(faults)
    for change in changed.items():
        edit_fields.write(session, editor.who, editor.now, record, change, draft)
    if changed:
        session.flush()
        audit.note(
            session, editor.now, "edit_service", "service", None, editor.who.id, service=record.id, fields=[*changed]
        )
        reindex(session, record.service.dataset, _touched(session, record, changed), editor.tags)
    return list(changed)


def set_needs(session: Session, editor: Editor, service_id: str, met: list[str] | None) -> None:
    """Say outright which needs a service meets, over what its publisher says; None lets the publisher's words decide.

    Raises :class:`Unfit` where none is named, and as :func:`save` does.
    """
    record = _locked(session, editor, service_id)
    dataset, key = record.key
    known = [need for need in met or [] if need in editor.tags.needs]
    if not known and (met is not None or dataset == TOWN):
        raise Unfit({"needs": "no_need"})
    place = Place(dataset, "service", key, "needs")
    entry = corrections.edited(
        session, place, key, ", ".join(record.needs) or None, ", ".join(known) or None, editor.who, editor.now
    )
    by = By(editor.who.id, editor.now, entry.id)
    if met is None:
        overlay.withdraw(staging.driver(session), dataset, "attribute", {"link_id": key, "link_entity": "service"})
    else:
        _meets(session, dataset, key, known, by)
    audit.note(session, editor.now, "set_needs", "service", None, editor.who.id, service=service_id, needs=known)
    reindex(session, dataset, [key], editor.tags)


def verify(session: Session, editor: Editor, service_id: str) -> None:
    """Somebody here checked the record and found it right.

    Raises :class:`Refused` where there is none, and :class:`Conflict` while an import is at work.
    """
    refuse_during_import(session)
    dataset, key = there(session, service_id)
    kind = "editor" if editor.who.role in {EDITOR, "supervisor", "admin"} else "responder"
    session.add(Verification(dataset=dataset, service_id=key, by_kind=kind, responder_id=editor.who.id, at=editor.now))
    session.flush()
    freshness.refresh(staging.driver(session), dataset, key)
    audit.note(session, editor.now, "verify_service", "service", None, editor.who.id, service=service_id)


def add(session: Session, editor: Editor, draft: Mapping[str, str], met: list[str]) -> str:
    """Add a service to the town's own set; returns its id as search names it. Raises :class:`Unfit`."""
    wanted = {name: edit_fields.clean(draft.get(name, "")) for name in ("name", "description", "url", "phone", "hours")}
    placed = {name: edit_fields.clean(draft.get(name, "")) for name in records.OF_ADDRESS}
    faults = {
        name: fault
        for name, value in wanted.items()
        if (fault := edit_fields.fault_of({"phone": "new_phone", "hours": "hours"}.get(name, f"service.{name}"), value))
    }
    known = [need for need in met if need in editor.tags.needs]
    if faults or not known:
        raise Unfit(faults | ({} if known else {"needs": "no_need"}))
    refuse_during_import(session)
    _own_set(session, editor.now)
    wire, by, key = staging.driver(session), By(editor.who.id, editor.now), edit_fields.new_id()
    facts = {name: wanted[name] or None for name in ("name", "description", "url")}
    overlay.add(wire, Place(TOWN, "service", key), facts | {"status": "active"}, by)
    if any(placed.values()):
        there = Place(TOWN, "location", edit_fields.new_id())
        overlay.add(wire, there, {"location_type": "physical", "name": wanted["name"]}, by)
        overlay.add(wire, Place(TOWN, "address", edit_fields.new_id()), _filled(placed) | {"location_id": there.id}, by)
        pair = {"service_id": key, "location_id": there.id}
        overlay.add(wire, Place(TOWN, "service_at_location", edit_fields.new_id()), pair, by)
    if wanted["phone"]:
        number = {"service_id": key, "number": wanted["phone"], "type": "voice"}
        overlay.add(wire, Place(TOWN, "phone", edit_fields.new_id()), number, by)
    edit_fields.hours(session, TOWN, key, wanted["hours"], by)
    _meets(session, TOWN, key, known, by)
    corrections.edited(session, Place(TOWN, "service", key), key, None, facts, editor.who, editor.now)
    audit.note(session, editor.now, "add_service", "service", None, editor.who.id, service=f"{TOWN}:{key}")
    reindex(session, TOWN, [key], editor.tags)
    return f"{TOWN}:{key}"


def reindex(
    session: Session, dataset: str, services: list[str] | None = None, tags: needs.Mapping | None = None
) -> None:
    """Bring changes of some services into what search reads, without a word the whole set's."""
    wire = staging.driver(session)
    needs.tag(wire, dataset, tags or needs.standard(), services)
    indexing.build(wire, dataset, services)


def affected(session: Session, dataset: str, kind: str, key: str, service_id: str) -> list[str]:
    """The services whose search rows a changed row is part of; ``kind`` is its HSDS object."""
    values = {"dataset": dataset, "kind": kind, "key": key}
    return sorted({service_id, *session.scalars(text(AFFECTED), values)})


def refuse_during_import(session: Session) -> None:
    """Raise :class:`Conflict` while an import is at work: it would not see what is changed now."""
    shared = text("SELECT pg_try_advisory_xact_lock_shared(:key)")
    if not session.scalar(shared, {"key": importing.ONE_AT_A_TIME}):
        raise Conflict("import_at_work")


def there(session: Session, service_id: str) -> tuple[str, str]:
    """Dataset and id of a service that is named ``dataset:id``. Raises :class:`Refused` where there is none."""
    dataset, _, key = service_id.partition(":")
    if session.get(Service, (dataset, key)) is None:
        raise Refused(404, "no_such_service")
    return dataset, key


def _locked(session: Session, editor: Editor, service_id: str) -> Record:
    refuse_during_import(session)
    dataset, key = there(session, service_id)
    overlay.kept_row(staging.driver(session), Place(dataset, "service", key))
    session.expire_all()
    record = records.load(session, service_id, editor.now, editor.rules)
    if record is None:
        raise Refused(404, "no_such_service")
    return record


def _meets(session: Session, dataset: str, key: str, met: list[str], by: By) -> None:
    """The needs that a service meets, said outright; what was said so before and is not among them goes."""
    wire = staging.driver(session)
    said = records.outright(session, dataset, key)
    for attribute, need in said.items():
        if need not in met:
            overlay.remove(wire, Place(dataset, "attribute", attribute), by)
    taxonomy = Place(dataset, "taxonomy", "town-needs")
    if overlay.kept_row(wire, taxonomy) is None:
        overlay.add(wire, taxonomy, {"name": needs.TAXONOMY}, by)
    for need in met:
        if need in said.values():
            continue
        term = Place(dataset, "taxonomy_term", f"town-need-{need}")
        if overlay.kept_row(wire, term) is None:
            overlay.add(wire, term, {"code": need, "name": need, "taxonomy_id": taxonomy.id}, by)
        link = {"link_id": key, "link_entity": "service", "taxonomy_term_id": term.id}
        overlay.add(wire, Place(dataset, "attribute", edit_fields.new_id()), link, by)


def _touched(session: Session, record: Record, changed: Mapping[str, str]) -> list[str]:
    """The service, and with a change of a place all that is there."""
    dataset, key = record.key
    of_a_place = any(name.partition(".")[0] in {"address", "location", "access"} for name in changed)
    places = [location.id for location, _ in record.places] if of_a_place else []
    return sorted({key, *(each for place in places for each in affected(session, dataset, "location", place, key))})


def _own_set(session: Session, now: datetime) -> None:
    if session.get(Dataset, TOWN) is None:
        session.add(Dataset(name=TOWN, source="editors", imported_at=now, changed_at=now, counts={}))
    session.flush()


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
