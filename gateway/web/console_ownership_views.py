"""Whose a thread is, as its page shows it: how it came to where it is, who is asked to take it, who else is at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g
from sqlalchemy.orm import Session

from gateway import attendance, owner_watch, ownership, room
from gateway.door import Door
from gateway.escalations import CLAIMED, SUPERVISING, WAITING
from gateway.models import Escalation, Responder, Transfer
from gateway.web import guards
from gateway.web.console_ownership_words import LAPSED


@dataclass(frozen=True)
class Word:
    """Who passed a thread on or asks to, and what they say about it; why, where it was taken."""

    name: str
    note: str | None
    reason: str | None = None


@dataclass(frozen=True)
class Standing:
    """What the page says of whose the thread is; ``offer`` is a question to its reader, ``asked`` one of theirs.

    A message waits for its owner: the thread goes back in ``left`` seconds, and of ``limit`` half is for a warning.
    """

    lapsed: str | None = None
    offer: Word | None = None
    asked: Word | None = None
    declined: Word | None = None
    passed: Word | None = None
    taken: Word | None = None
    here: Sequence[attendance.Here] = ()
    attending: str = ""
    left: int | None = None
    limit: int = 0


def standing(session: Session, door: Door, row: Escalation, who: Responder, now: datetime) -> Standing | None:
    """What this responder must know of whose the thread is; None when there is nothing."""
    if row.status not in {WAITING, CLAIMED}:
        return None
    last, offer = ownership.latest(session, row.id), ownership.offer_of(session, row.id)
    own = row.owner_id == who.id
    mine = attendance.of_responder(session, row.id, who.id)
    everybody = attendance.here(session, row.id, listeners=who.role in SUPERVISING)
    found = Standing(
        lapsed=_lapsed(row, last, who),
        offer=_word(session, offer, "from_id") if offer and offer.to_id == who.id else None,
        asked=_word(session, offer, "to_id") if offer and own else None,
        declined=_word(session, last, "to_id") if last and own and last.state == ownership.DECLINED else None,
        passed=_passed(session, row, last, own=own),
        taken=_taken(session, last, who),
        here=[each for each in everybody if each.attendance.responder_id != who.id],
        attending=mine.kind if mine else "",
        left=owner_watch.left(session, door.community.ownership, row.id, now) if own else None,
        limit=door.community.ownership.silent_seconds,
    )
    return found if found != Standing(limit=found.limit) else None


def hands() -> Mapping[str, object]:
    """To whom the thread of a page may be given: colleagues and desks."""
    town = guards.door().community
    with guards.door().database.begin() as session:
        people = room.colleagues(session, town, g.responder, datetime.now().astimezone())
    return {"people": people, "desks": town.desks}


def _lapsed(row: Escalation, last: Transfer | None, who: Responder) -> str | None:
    mine = last is not None and last.kind == ownership.LAPSE and last.from_id == who.id
    if last is None or not mine or row.status != WAITING or row.waiting_since != last.at:
        return None
    return LAPSED[last.note or ownership.AWAY]


def _passed(session: Session, row: Escalation, last: Transfer | None, *, own: bool) -> Word | None:
    """What the one before says, to the new owner or to whoever is to claim."""
    given = {ownership.COLD, ownership.WARM, ownership.DESK}
    if last is None or last.kind not in given or last.state not in {ownership.DONE, ownership.ACCEPTED}:
        return None
    return _word(session, last, "from_id") if own or row.status == WAITING else None


def _taken(session: Session, last: Transfer | None, who: Responder) -> Word | None:
    """Who took it from this responder, with the reason that stands first in what was kept."""
    mine = last is not None and last.kind == ownership.TAKE_OVER and last.from_id == who.id
    word = _word(session, last, "to_id") if mine else None
    if word is None:
        return None
    reason, _, note = (word.note or "").partition("\n")
    return Word(word.name, note or None, ownership.TAKE_OVER_REASONS.get(reason, reason))


def _word(session: Session, transfer: Transfer | None, whose: str) -> Word | None:
    person = session.get(Responder, getattr(transfer, whose)) if transfer and getattr(transfer, whose) else None
    return Word(person.name, transfer.note) if transfer and person else None
