"""What a shift asks of one responder by name, for the header: a swap, a gap, a rest, a sound that nobody tested."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from gateway import breaks, drills, escalations, shifts, swaps
from gateway.marking import N_
from gateway.models import Responder

Line = tuple[str, str, str, datetime, bool]
"""Kind, words, where it leads, since when, whether it is urgent: the parts of an item of the inbox."""


def lines(session: Session, responder: Responder, now: datetime) -> Iterator[Line]:
    """All of them."""
    there, rest = url_for("console_shifts.page"), url_for("console_rest.page")
    mine = shifts.of_now(session, responder, now)
    if mine is not None and mine.sound_heard_at is None:
        yield "shift", N_("Your shift has begun: test the sound"), there, mine.starts_at, False
    yield from _swaps(session, responder, there, now)
    offered = breaks.standing(session, responder, now)
    if offered is not None and offered.state == breaks.OFFERED:
        yield "break", N_("That was an emergency. A break is yours, if you wish"), rest, offered.offered_at, False
    supervises = responder.role in escalations.SUPERVISING
    if supervises or mine is not None:
        yield from _gap(session, there, now)
    if supervises:
        yield from _for_supervisors(session, responder, rest)


def _gap(session: Session, there: str, now: datetime) -> Iterator[Line]:
    gap = shifts.gap_warned(session, now)
    if gap is not None:
        words = N_("Nobody is on call") if gap.starts_at <= now else N_("Soon nobody is on call")
        yield "gap", words, there, gap.warned_at, True


def _swaps(session: Session, responder: Responder, there: str, now: datetime) -> Iterator[Line]:
    for swap, _, _ in swaps.open_for(session, responder, now):
        if swap.asked_of == responder.id:
            yield "swap", N_("A colleague asks you to take a shift"), there, swap.at, False
        elif swap.asked_by != responder.id:
            yield "swap", N_("A colleague looks for somebody to take a shift"), there, swap.at, False


def _for_supervisors(session: Session, responder: Responder, rest: str) -> Iterator[Line]:
    for row, _ in breaks.debriefs(session):
        if row.state == breaks.ASKED and row.responder_id != responder.id:
            yield "debrief", N_("A colleague wishes to talk"), rest, row.at, False
    last = drills.failed(session)
    if last is not None and last.finished_at is not None:
        there = url_for("console_rota.page")
        yield "drill", N_("The last drill failed: nobody answered it"), there, last.finished_at, False
