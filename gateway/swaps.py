"""Swaps: somebody asks to be relieved of a shift, and a colleague takes it. Until then the shift stays theirs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, aliased

from gateway import audit
from gateway.errors import Conflict, Refused
from gateway.models import Responder, Shift, Swap
from gateway.models.people import EDITOR
from gateway.paging import NOT_WORKED

OPEN, TAKEN, DECLINED, WITHDRAWN, LAPSED = "open", "taken", "declined", "withdrawn", "lapsed"


def ask(  # noqa: PLR0913 - a question to a colleague
    session: Session, shift_id: int, responder: Responder, now: datetime, of: int | None = None, note: str | None = None
) -> Swap:
    """Ask one colleague (``of``), or whoever can, to take a shift of one's own.

    Raises :class:`Refused` for a shift that is over or somebody else's, :class:`Conflict` when it is asked already.
    """
    shift = _locked(session, shift_id, now)
    if shift.responder_id != responder.id:
        raise Refused(403, "not_your_shift")
    if of is not None and (of == responder.id or not _may_work(session.get(Responder, of))):
        raise Refused(400, "not_on_call")
    if session.scalar(select(Swap.id).where(Swap.shift_id == shift.id, Swap.state == OPEN)):
        raise Conflict("asked_already")
    swap = Swap(shift_id=shift.id, asked_by=responder.id, asked_of=of, state=OPEN, note=note, at=now)
    session.add(swap)
    session.flush()
    audit.note(session, now, "swap_ask", "swap", swap.id, responder.id, shift=shift.id, of=of)
    return swap


def take(session: Session, swap_id: int, responder: Responder, now: datetime) -> Swap:
    """Take a colleague's shift; of several who try, one gets it.

    Raises :class:`Conflict` when it was settled before, and :class:`Refused` for who was not asked or is on call
    themselves during that time: then there would be one person less.
    """
    swap, shift = _open(session, swap_id, responder, now)
    if shift.responder_id == responder.id:
        raise Refused(400, "own_shift")
    # Who takes two shifts of the same hours at once would pass the question below twice: one waits here for the other.
    session.get_one(Responder, responder.id, with_for_update={"key_share": True})
    other = aliased(Shift)
    both = select(other.id).where(
        other.responder_id == responder.id, other.starts_at < shift.ends_at, other.ends_at > shift.starts_at,
        other.state.not_in(NOT_WORKED),
    )  # fmt: skip
    if session.scalar(both.limit(1)) is not None:
        raise Refused(409, "on_call_then")
    shift.responder_id = responder.id
    shift.begun_at = shift.sound_heard_at = None
    swap.state, swap.taken_by, swap.settled_at = TAKEN, responder.id, now
    audit.note(session, now, "swap_take", "swap", swap.id, responder.id, shift=shift.id, of=swap.asked_by)
    return swap


def decline(session: Session, swap_id: int, responder: Responder, now: datetime) -> Swap:
    """Say no, as the one who was asked by name."""
    swap, _ = _open(session, swap_id, responder, now)
    if swap.asked_of != responder.id:
        raise Refused(403, "not_asked")
    return _settle(session, swap, DECLINED, responder, now)


def withdraw(session: Session, swap_id: int, responder: Responder, now: datetime) -> Swap:
    """Ask no longer, as the one who asked."""
    swap, _ = _open(session, swap_id, None, now)
    if swap.asked_by != responder.id:
        raise Refused(403, "not_your_shift")
    return _settle(session, swap, WITHDRAWN, responder, now)


def lapse(session: Session, now: datetime) -> int:
    """Settle what nobody took before its shift was over; returns how many."""
    over = select(Swap.id).join(Shift, Shift.id == Swap.shift_id).where(Swap.state == OPEN, Shift.ends_at <= now)
    done = update(Swap).where(Swap.id.in_(over)).values(state=LAPSED, settled_at=now).returning(Swap.id)
    return len(session.scalars(done).all())


def void(session: Session, shift_ids: Sequence[int], now: datetime) -> None:
    """Settle what was asked about shifts that are not worked."""
    session.execute(
        update(Swap).where(Swap.shift_id.in_(shift_ids), Swap.state == OPEN).values(state=LAPSED, settled_at=now)
    )


def open_for(session: Session, responder: Responder, now: datetime) -> list[tuple[Swap, Shift, str]]:
    """What this person may take, or has asked: the swap, its shift and who asked, the soonest first."""
    asker = aliased(Responder)
    found = session.execute(
        select(Swap, Shift, asker.name)
        .join(Shift, Shift.id == Swap.shift_id)
        .join(asker, asker.id == Swap.asked_by)
        .where(
            Swap.state == OPEN,
            Shift.ends_at > now,
            or_(Swap.asked_of.is_(None), Swap.asked_of == responder.id, Swap.asked_by == responder.id),
        )
        .order_by(Shift.starts_at, Swap.id)
    )
    return [(swap, shift, name) for swap, shift, name in found]


def _open(session: Session, swap_id: int, responder: Responder | None, now: datetime) -> tuple[Swap, Shift]:
    """The swap and its shift, locked in this order: the shift first."""
    shift_id = session.scalar(select(Swap.shift_id).where(Swap.id == swap_id))
    if shift_id is None:
        raise Refused(404, "no_such_swap")
    shift = _locked(session, shift_id, now)
    swap = session.get_one(Swap, swap_id, with_for_update=True, populate_existing=True)
    if swap.state != OPEN:
        taken = session.get(Responder, swap.taken_by) if swap.taken_by else None
        raise Conflict("swap_settled", taken.name if taken else None)
    if responder is not None and (not _may_work(responder) or swap.asked_of not in {None, responder.id}):
        raise Refused(403, "not_asked")
    return swap, shift


def _locked(session: Session, shift_id: int, now: datetime) -> Shift:
    shift = session.get(Shift, shift_id, with_for_update=True, populate_existing=True)
    if shift is None:
        raise Refused(404, "no_such_shift")
    if shift.ends_at <= now or shift.state in NOT_WORKED:
        raise Refused(409, "shift_over")
    return shift


def _may_work(responder: Responder | None) -> bool:
    return responder is not None and responder.active and responder.role != EDITOR


def _settle(session: Session, swap: Swap, state: str, by: Responder, now: datetime) -> Swap:
    swap.state, swap.settled_at = state, now
    audit.note(session, now, f"swap_{state}", "swap", swap.id, by.id, shift=swap.shift_id)
    return swap
