"""What asks for one responder by name, on every page of the console: new danger in a thread of theirs, and the like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import broadcasts, dispatch_watch, escalations, lost_texts, notes, ownership, second_look
from gateway.marking import N_
from gateway.models import Broadcast, Escalation, Responder
from gateway.web import console_duty, guards
from gateway.web.console_dispatch_words import TEAM_ALARMS


@dataclass(frozen=True)
class Item:
    """One thing to look at: of which ``kind``, in words, where it leads, since when.

    ``rings`` is the sound with which an open page tells of it: none for what already rings as a thread of the queue.
    """

    kind: str
    words: str
    href: str
    since: datetime
    urgent: bool
    rings: str = ""


# Of what is urgent, what cannot wait stands above what only is to be known, however old that is.
FIRST = ("sos", "danger", "lost", "given", "offer", "team")
TOLD_FOR = timedelta(hours=12)
Source = Callable[[Session, Responder, datetime], list[Item]]


def items(session: Session, responder: Responder, now: datetime) -> list[Item]:
    """All that asks for this responder, what is urgent first, of that what cannot wait, and then the oldest."""
    found = [item for source in SOURCES for item in source(session, responder, now)]
    return sorted(found, key=lambda item: (not item.urgent, _rank(item), item.since))


def _rank(item: Item) -> int:
    return FIRST.index(item.kind) if item.urgent and item.kind in FIRST else len(FIRST)


def inbox() -> list[Item]:
    """The items of whoever is logged in, for the header."""
    with guards.door().database.begin() as session:
        return items(session, g.responder, datetime.now(UTC))


def unread() -> list[tuple[Broadcast, str]]:
    """The broadcasts that whoever is logged in has not read, with who sent them, for the header."""
    with guards.door().database.begin() as session:
        return broadcasts.unread_by(session, guards.door().community, g.responder, datetime.now(UTC))


def _new_danger(session: Session, responder: Responder, _now: datetime) -> list[Item]:
    mine = select(Escalation).where(
        Escalation.owner_id == responder.id,
        Escalation.status == escalations.CLAIMED,
        Escalation.alerted_at.is_not(None),
    )
    return [
        Item("danger", N_("New danger in a thread of yours"), _way_to(row), row.alerted_at, True)
        for row in session.scalars(mine)
        if row.alerted_at
    ]


def _lost(session: Session, responder: Responder, _now: datetime) -> list[Item]:
    """Who wrote a reply believes that it was read."""
    return [Item("lost", N_("The last reply in a thread of yours did not arrive"), _way_to(row), at, True, "urgent")
            for row, at in lost_texts.in_threads_of(session, responder.id)]  # fmt: skip


def _way_to(row: Escalation) -> str:
    return url_for("console.thread", escalation_id=row.id)


def _second_looks(session: Session, responder: Responder, now: datetime) -> list[Item]:
    """One line for all closed emergencies that wait for somebody else: urgent once one of them is overdue."""
    first = second_look.first_due(session, responder)
    if first is None:
        return []
    since, due_at = first
    words, there = N_("A closed emergency waits for a second look"), url_for("console_looks.due")
    return [Item("look", words, there, since, due_at < now)]


def _duty(session: Session, responder: Responder, now: datetime) -> list[Item]:
    return [Item(*line) for line in console_duty.lines(session, responder, now)]


def _went_back(session: Session, responder: Responder, now: datetime) -> list[Item]:
    found = ownership.lapsed_from(session, responder.id, now - TOLD_FOR)
    return [Item("lapse", N_("A thread of yours went back to the queue"), _way_to(row), lapse.at, True)
            for lapse, row in found]  # fmt: skip


def _offered(session: Session, responder: Responder, _now: datetime) -> list[Item]:
    found = ownership.offered_to(session, responder.id)
    return [Item("offer", N_("You are asked to take a thread"), _way_to(row), offer.at, True, "urgent")
            for offer, row in found]  # fmt: skip


def _given(session: Session, responder: Responder, _now: datetime) -> list[Item]:
    """The resident was told that this responder is there; without this line they might be the last to know."""
    found = ownership.given_to(session, responder.id)
    return [Item("given", N_("A thread was given to you"), _way_to(row), given.at, True, "urgent")
            for given, row in found]  # fmt: skip


def _notes(session: Session, responder: Responder, _now: datetime) -> list[Item]:
    """One line for each thread with a note that names the reader, since the first of its notes."""
    first = {note.escalation_id: note for note in reversed(notes.calling_for(session, responder))}
    return [
        Item(
            "note",
            N_("A note names you"),
            url_for("console.thread", escalation_id=key) + "#panel-notes",
            note.at,
            False,
        )
        for key, note in first.items()
    ]


def _teams(session: Session, responder: Responder, now: datetime) -> list[Item]:
    return [
        Item(
            "sos" if kind == dispatch_watch.SOS else "team",
            TEAM_ALARMS[kind],
            url_for("console_dispatch.shown", dispatch_id=dispatch.id),
            since,
            True,
            "emergency" if kind == dispatch_watch.SOS else "urgent",
        )
        for dispatch, _, kind, since in dispatch_watch.alarms_for(session, responder, now)
    ]


SOURCES: list[Source] = [_new_danger, _lost, _teams, _given, _offered, _went_back, _second_looks, _duty, _notes]
"""Every source of items."""
