"""What a supervisor must see at one glance: who waits and for how long, who is there, what is beyond the town's time.

It only reads, in a number of statements that does not grow with what is open, and no word of a resident is read. None
of it is kept, and none of it is for rating anybody.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import broadcasts, dispatch_watch, drills, owner_watch, paging, room, shifts
from gateway.community import Community
from gateway.escalations import CLAIMED, DANGER_FIRST, RESOLVED, WAITING
from gateway.models import Conversation, Delivery, Drill, Escalation, Heartbeat, Responder
from gateway.risk import Level

LEVELS = (Level.EMERGENCY.value, Level.URGENT.value, Level.ROUTINE.value)
GAPS_WITHIN = timedelta(hours=48)
MOST = 60  # threads to see to that are shown; how many there are is always said
WAITS, DANGER, UNANSWERED, TEXT_FAILED = "waits", "danger", "unanswered", "text_failed"


@dataclass(frozen=True)
class Thread:
    """One open thread, without a word of its resident's."""

    id: int
    conversation_id: int
    code: int | None
    level: str
    status: str
    epoch: int
    channel: str
    language: str | None
    desk: str | None
    owner_id: int | None
    owner: str | None
    waiting_since: datetime
    claimed_at: datetime | None
    alerted_at: datetime | None


@dataclass(frozen=True)
class Waiting:
    """How many wait at one level, and who of them waits longest."""

    level: str
    count: int
    oldest: Thread | None


@dataclass(frozen=True)
class Reason:
    """Why a thread must be seen to, since when; of a team, which dispatch."""

    kind: str
    since: datetime
    dispatch_id: int | None = None


@dataclass(frozen=True)
class Breach:
    """A thread that is beyond the town's time, with every reason, the oldest first."""

    thread: Thread
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Person:
    """Somebody on shift, at an open console or with threads.

    ``until`` is when their shift ends, ``heard`` whether they tested their alarm on it, ``means`` how they are there
    (empty when they are not), ``load`` and ``capacity`` are in the weights of the town's file.
    """

    id: int
    name: str
    languages: Sequence[str]
    until: datetime | None
    heard: bool
    means: str
    resting: bool
    load: int
    capacity: int
    threads: int


@dataclass(frozen=True)
class Board:
    """All of it, at one moment; ``gaps`` are looked for up to ``horizon``, and the breaches beyond ``MOST`` counted."""

    waiting: Sequence[Waiting]
    owned: int
    breaches: Sequence[Breach]
    people: Sequence[Person]
    gaps: Sequence[shifts.Span]
    horizon: datetime
    texts_stopped: Sequence[str]
    drill: Drill | None
    no_drill: drills.Lack | None
    drills_off: bool
    drill_runs: Drill | None
    drill_waits: bool
    unread: int
    standing: int
    left_out: int = field(default=0)


def read(session: Session, community: Community, now: datetime) -> Board:
    """The board as it is now. Drills are nobody's thread: that one runs or waits, the last failed, or none is run."""
    threads = _threads(session)
    breaches = _breaches(session, community, threads, now)
    everybody = broadcasts.answering(session)
    calls = broadcasts.calls(session, community, now)
    return Board(
        waiting=[_waiting(threads, level) for level in LEVELS],
        owned=sum(each.status == CLAIMED for each in threads),
        breaches=breaches[:MOST],
        left_out=max(0, len(breaches) - MOST),
        people=_people(session, community, everybody, threads, now),
        gaps=shifts.gaps(session, now, now + GAPS_WITHIN),
        horizon=now + GAPS_WITHIN,
        texts_stopped=[each.name for each in everybody if each.texts_stopped_at is not None],
        drill=drills.failed(session),
        no_drill=drills.lack(session, community, now),
        drills_off=community.paging.drill_at is None,
        drill_runs=drills.running(session),
        drill_waits=drills.waits(session, community, now),
        unread=len(calls.unread),
        standing=len(calls.standing),
    )


def first_call(community: Community, level: str) -> timedelta:
    """After how long of waiting the town's ladder first calls somebody; where it calls nobody, first texts somebody."""
    ladder = community.paging.ladder
    rungs = getattr(ladder, level, ladder.routine)
    for means in ("voice", "sms"):
        after = [rung.after for rung in rungs if rung.means == means]
        if after:
            return timedelta(seconds=after[0])
    return timedelta(seconds=rungs[-1].after)


def _threads(session: Session) -> list[Thread]:
    """Every open thread but a drill's, the most dangerous first and then the longest waiting."""
    found = session.execute(
        _columns()
        .where(Escalation.status != RESOLVED, ~Escalation.drill)
        .order_by(DANGER_FIRST, Escalation.waiting_since, Escalation.id)
    )
    return [Thread(**row) for row in found.mappings()]


def _columns() -> Any:
    return (
        select(
            Escalation.id, Escalation.conversation_id, Escalation.code, Escalation.level, Escalation.status,
            Escalation.epoch, Conversation.channel, Conversation.language, Escalation.desk, Escalation.owner_id,
            Responder.name.label("owner"), Escalation.waiting_since, Escalation.claimed_at, Escalation.alerted_at,
        )
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .outerjoin(Responder, Responder.id == Escalation.owner_id)
    )  # fmt: skip


def _waiting(threads: Iterable[Thread], level: str) -> Waiting:
    # What was opened without a level of danger waits with the routine ones, as it does in the queue.
    mine = [each for each in threads if each.status == WAITING and _level(each) == level]
    return Waiting(level, len(mine), mine[0] if mine else None)


def _level(thread: Thread) -> str:
    return thread.level if thread.level in LEVELS else Level.ROUTINE.value


def _breaches(session: Session, community: Community, threads: Sequence[Thread], now: datetime) -> list[Breach]:
    """Every thread that must be seen to: the most dangerous first, then the one that has been so for longest."""
    known, reasons = {each.id: each for each in threads}, defaultdict(list)
    late = now - timedelta(seconds=community.ownership.silent_seconds)
    found = [
        *((each.id, reason) for each in threads for reason in _of_its_own(community, each, now)),
        *((number, Reason(UNANSWERED, since)) for number, since in _unanswered(session) if since < late),
        *((number, Reason(TEXT_FAILED, since)) for number, since in _failed(session)),
    ]
    for dispatch, row, kind, since in dispatch_watch.alarms(session):
        known.setdefault(row.id, _of(row))
        found.append((row.id, Reason(kind, since, dispatch.id)))
    for number, reason in found:
        if number in known:  # else it was opened between two of these questions
            reasons[number].append(reason)
    breaches = [Breach(known[number], sorted(why, key=lambda one: one.since)) for number, why in reasons.items()]
    return sorted(breaches, key=lambda one: (-Level(one.thread.level).rank, one.reasons[0].since, one.thread.id))


def _of_its_own(community: Community, thread: Thread, now: datetime) -> Iterator[Reason]:
    if thread.status == WAITING and now - thread.waiting_since > first_call(community, thread.level):
        yield Reason(WAITS, thread.waiting_since)
    if thread.alerted_at is not None:
        yield Reason(DANGER, thread.alerted_at)


def _of(row: Escalation) -> Thread:
    """A thread that is closed, whose team is still out."""
    return Thread(
        id=row.id, conversation_id=row.conversation_id, code=row.code, level=row.level, status=row.status,
        epoch=row.epoch, channel=row.conversation.channel, language=row.conversation.language, desk=row.desk,
        owner_id=row.owner_id, owner=row.owner.name if row.owner else None, waiting_since=row.waiting_since,
        claimed_at=row.claimed_at, alerted_at=row.alerted_at,
    )  # fmt: skip


def _unanswered(session: Session) -> list[tuple[int, datetime]]:
    """The owned threads in which a message waits for an answer, and since when it and its owner have been there.

    That the owner began to write does not count here: the resident sees nothing of it.
    """
    first = owner_watch.unanswered_since()
    wanted = select(Escalation.id, func.greatest(first, Escalation.claimed_at)).where(
        Escalation.status == CLAIMED, ~Escalation.drill, first.is_not(None)
    )
    return [(number, since) for number, since in session.execute(wanted)]


def _failed(session: Session) -> list[tuple[int, datetime]]:
    """Of the open threads those in which the last text that was tried did not arrive, and since when."""
    did_fail = Delivery.status == "failed"
    arrived = Delivery.status.in_(("sent", "delivered"))
    failed_last = func.max(Delivery.message_id).filter(did_fail)
    wanted = (
        select(Escalation.id, func.max(Delivery.updated_at).filter(did_fail))
        .join(Delivery, Delivery.conversation_id == Escalation.conversation_id)
        .where(Escalation.status != RESOLVED, ~Escalation.drill)
        .group_by(Escalation.id)
        .having(failed_last > func.coalesce(func.max(Delivery.message_id).filter(arrived), 0))
    )
    return [(number, since) for number, since in session.execute(wanted)]


def _people(
    session: Session, community: Community, everybody: Iterable[Responder], threads: Iterable[Thread], now: datetime
) -> list[Person]:
    """Who is there or should be, those on shift first."""
    weights = community.ownership.weights.model_dump()
    owned: dict[int, list[int]] = defaultdict(list)
    for each in threads:
        if each.owner_id is not None and each.status == CLAIMED:
            owned[each.owner_id].append(weights.get(each.level, 1))
    fresh = now - timedelta(seconds=community.ownership.heartbeat_seconds)
    means = {each.responder_id: each.means for each in session.scalars(select(Heartbeat).where(Heartbeat.at > fresh))}
    resting = paging.resting(session, now)
    running = defaultdict(list)
    for worked in shifts.between(session, now, now + timedelta(seconds=1)):
        if worked.shift.starts_at <= now:
            running[worked.shift.responder_id].append(worked.shift)
    found = [
        Person(
            each.id, each.name, each.languages, max((one.ends_at for one in running[each.id]), default=None),
            any(one.sound_heard_at for one in running[each.id]), means.get(each.id, ""), each.id in resting,
            sum(owned[each.id]), room.capacity(community, each), len(owned[each.id]),
        )
        for each in everybody
    ]  # fmt: skip
    there = [each for each in found if each.until or each.means or each.threads]
    return sorted(there, key=lambda each: (each.until is None, not each.means, each.name, each.id))
