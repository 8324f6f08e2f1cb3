"""Corrections: who says that a record of the directory is wrong, and what was decided. The only writer of their states.

A report changes nothing by itself: an editor decides. One resident counts once for a service, however often they write.
Their words stay in their thread and never come into the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import audit, correction_words, listing, texts
from gateway.correction_words import CLOSED, WRONG, Report
from gateway.directory import overlay, staging
from gateway.errors import Conflict, Refused
from gateway.models import Conversation, Message, Referral, Responder
from gateway.models.directory import Service
from gateway.models.listing import Correction
from gateway.scene import Scene

OPEN, ACCEPTED, REJECTED, SUPERSEDED = "open", "accepted", "rejected", "superseded"
EDIT, CONFLICT = "edit", "conflict"
ABOUT = ("phone", "hours", "address")
RESIDENT, RESPONDER = "resident", "responder"
LONGEST_NOTE = 500
DEFUNCT = "defunct"


@dataclass(frozen=True)
class Asked:
    """One correction as it is decided: the record's name, who else says the same, and by whom it was decided."""

    row: Correction
    name: str
    others: int = 0
    by: str | None = None
    decider: str | None = None


def report(  # noqa: PLR0913 - who says what of which service, and where they say it
    session: Session,
    conversation: Conversation,
    service_id: str,
    now: datetime,
    message: Message | None = None,
    *,
    kind: str = WRONG,
    about: str | None = None,
) -> bool:
    """A resident says that a service (``FoundService.id``) is wrong, or closed for good; whether that is known now.

    False for a service that is not in the directory any more. The same again from the same resident is the same
    report.
    """
    dataset, _, key = service_id.partition(":")
    if session.get(Service, (dataset, key)) is None:
        return False
    session.execute(
        insert(Correction)
        .values(
            **_of_service(dataset, key),
            field=about if about in ABOUT else None,
            kind=kind,
            source=RESIDENT,
            contact_id=conversation.contact_id,
            conversation_id=conversation.id,
            message_id=message.id if message else None,
            created_at=now,
            state=OPEN,
        )
        .on_conflict_do_nothing()
    )
    return True


def report_by(  # noqa: PLR0913 - who says what of which service
    session: Session, who: Responder, service: tuple[str, str], kind: str, about: str | None, note: str, now: datetime
) -> Correction:
    """Somebody at the console says so. Raises :class:`Refused` for an unknown service or kind."""
    if session.get(Service, service) is None:
        raise Refused(404, "no_such_service")
    if kind not in {WRONG, CLOSED}:
        raise Refused(400, "unknown_correction")
    row = Correction(
        **_of_service(*service),
        field=about if about in ABOUT else None,
        kind=kind,
        proposed=note.strip()[:LONGEST_NOTE] or None,
        source=RESPONDER,
        responder_id=who.id,
        created_at=now,
        state=OPEN,
    )
    session.add(row)
    session.flush()
    audit.note(session, now, "report_service", "correction", row.id, who.id, kind=kind)
    return row


def concerns(scene: Scene) -> bool:
    """Whether a message says that a service of the last list is wrong."""
    found = _read(scene)
    if found is None or (found.number is None and not _told_lately(scene)):
        return False
    return bool(_last_list(scene))


def answer(scene: Scene) -> list[str]:
    """Take the report down and say so; ask which one, where no service was told under this number."""
    found = _read(scene)
    row = _meant(scene, found) if found else None
    if found is None or row is None:
        return [texts.say("correction_which", scene.language)]
    report(
        scene.session,
        scene.conversation,
        row.service_id,
        scene.now,
        scene.message,
        kind=found.kind,
        about=found.about,
    )
    return [texts.say("correction_noted", scene.language, name=_short(row.name or ""))]


def edited(  # noqa: PLR0913 - an entry of the history is these facts
    session: Session, place: overlay.Place, service_id: str, before: Any, value: Any, who: Responder, now: datetime
) -> Correction:
    """Write down that an editor changed something; the history shows it as a correction that was accepted at once."""
    row = Correction(
        dataset=place.dataset,
        service_id=service_id,
        object=place.object,
        object_id=place.id,
        field=place.field,
        kind=EDIT,
        proposed=value,
        base=before,
        source=RESPONDER,
        responder_id=who.id,
        created_at=now,
        state=ACCEPTED,
        decided_by=who.id,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    return row


def offered(session: Session, conversation_id: int, most: int = 12) -> list[Referral]:
    """The services that a conversation was told of, each once, the newest first: what a responder may call wrong."""
    rows = session.scalars(
        select(Referral).where(Referral.conversation_id == conversation_id).order_by(Referral.id.desc()).limit(60)
    )
    return list({row.service_id: row for row in rows}.values())[:most]


def queue(session: Session, most: int = 100) -> list[Asked]:
    """What is open, the longest waiting first; residents who say the same of one service are one line."""
    same = (Correction.dataset, Correction.service_id, Correction.kind, Correction.field, Correction.object_id)
    firsts = (
        select(func.min(Correction.id).label("id"), func.count().label("count"))
        .where(Correction.state == OPEN)
        .group_by(*same)
        .subquery()
    )
    rows = session.execute(
        select(Correction, firsts.c.count, Service.name, Responder.name)
        .join(firsts, firsts.c.id == Correction.id)
        .outerjoin(Service, (Service.dataset == Correction.dataset) & (Service.id == Correction.service_id))
        .outerjoin(Responder, Responder.id == Correction.responder_id)
        .order_by(Correction.created_at, Correction.id)
        .limit(most)
    )
    return [Asked(row, name or row.service_id, count - 1, by) for row, count, name, by in rows]


def waiting(session: Session) -> int:
    """How many are open."""
    return session.scalar(select(func.count()).select_from(Correction).where(Correction.state == OPEN)) or 0


def history(session: Session, service: tuple[str, str], most: int = 50) -> Sequence[Asked]:
    """Everything that was said and decided of a service, the newest first."""
    rows = session.scalars(
        select(Correction)
        .where(Correction.dataset == service[0], Correction.service_id == service[1])
        .order_by(Correction.id.desc())
        .limit(most)
    ).all()
    who = {row.responder_id for row in rows} | {row.decided_by for row in rows}
    names = dict(session.execute(select(Responder.id, Responder.name).where(Responder.id.in_(who))).all())
    return [Asked(row, "", 0, names.get(row.responder_id or 0), names.get(row.decided_by or 0)) for row in rows]


def decide(  # noqa: PLR0913 - who decides what, when and why
    session: Session, correction_id: int, state: str, who: Responder, now: datetime, reason: str
) -> Correction:
    """Accept or reject a correction, and with it every open one that says the same of the same service.

    Accepted, "closed for good" takes the service out of every search, and a conflict lets the publisher's value hold
    again; of "wrong" an editor writes what is right. Raises :class:`Refused` for an unknown one and :class:`Conflict`
    for one that somebody has decided.
    """
    if state not in {ACCEPTED, REJECTED}:
        raise Refused(400, "unknown_decision")
    row = session.get(Correction, correction_id)
    if row is None:
        raise Refused(404, "no_such_correction")
    decided = session.scalars(
        update(Correction)
        .where(
            Correction.dataset == row.dataset,
            Correction.service_id == row.service_id,
            Correction.object_id == row.object_id,
            Correction.kind == row.kind,
            Correction.field.is_not_distinct_from(row.field),
            Correction.state == OPEN,
        )
        .values(state=state, decided_by=who.id, decided_at=now, reason=reason.strip()[:LONGEST_NOTE] or None)
        .returning(Correction.id)
        .execution_options(synchronize_session=False)
    ).all()
    if correction_id not in decided:
        raise Conflict("correction_decided")
    session.refresh(row)
    if was_carried_out(row):
        _carry_out(session, row, who, now)
    audit.note(session, now, "decide_correction", "correction", row.id, who.id, state=state, kind=row.kind)
    return row


def was_carried_out(row: Correction) -> bool:
    """Whether a decision wrote something into the record: a "wrong" only asks an editor to."""
    return row.state == ACCEPTED and row.kind in {CLOSED, CONFLICT}


def _carry_out(session: Session, row: Correction, who: Responder, now: datetime) -> None:
    connection = staging.driver(session)
    if row.kind == CLOSED:
        place = overlay.Place(row.dataset, "service", row.service_id, "status")
        overlay.put(connection, place, DEFUNCT, overlay.By(who.id, now, row.id))
    elif row.kind == CONFLICT:
        place = overlay.Place(row.dataset, row.object, row.object_id, row.field or overlay.WHOLE)
        overlay.give_up(connection, place, row.proposed)


def _meant(scene: Scene, found: Report) -> Referral | None:
    """The service that a report is about: by its number, else the one asked about last or the only one of the list."""
    told = _last_list(scene)
    if found.number is not None:
        return told.get(found.number)
    current = (scene.conversation.last_search or {}).get("current")
    if current is None and len(told) == 1:
        return next(iter(told.values()))
    return next((row for row in told.values() if row.service_id == current), None)


def _read(scene: Scene) -> Report | None:
    """What the message reports; a bare "wrong" does so only as the very next word after the list."""
    found = correction_words.read(scene.message.text)
    return found or (correction_words.bare(scene.message.text) if listing.just_told(scene) else None)


def _told_lately(scene: Scene) -> bool:
    """Whether what names no number may be about the list: it is the last thing that was talked of."""
    last = scene.conversation.last_search
    return last is not None and listing.stands(scene, last)


def _last_list(scene: Scene) -> dict[int, Referral]:
    """The services of the last list by their numbers in it."""
    last = (
        select(func.max(Referral.message_id)).where(Referral.conversation_id == scene.conversation.id).scalar_subquery()
    )
    rows = scene.session.scalars(
        select(Referral).where(Referral.conversation_id == scene.conversation.id, Referral.message_id == last)
    )
    return {row.ordinal: row for row in rows if row.ordinal is not None}


def _of_service(dataset: str, key: str) -> dict[str, str]:
    return {"dataset": dataset, "service_id": key, "object": "service", "object_id": key}


def _short(name: str, most: int = 40) -> str:
    return name if len(name) <= most else name[:most].rsplit(" ", 1)[0]
