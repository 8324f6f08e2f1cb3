"""Tells open console pages that something changed, and what waits: with Redis at once, without it within two seconds.

Nothing that a resident wrote goes through here, because a locked screen keeps listening: it must still ring.
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, g, request, stream_with_context
from flask.blueprints import BlueprintSetupState
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway import escalations, log_ins
from gateway.clients.bell import CHANGED, Bell
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import Delivery, Escalation, Message
from gateway.web import guards
from gateway.web.console_log_in import COOKIE
from gateway.web.console_rules import apply_rules

log = logging.getLogger(__name__)

BEAT_SECONDS = 4.0  # the page says "not live" after 9 seconds without one (reliability I18: within 10)
LOOK_SECONDS = 2.0
STALE_SECONDS = 6.0
PROVE_AGAIN_SECONDS = 30.0
PER_RESPONDER, PER_PROCESS = 5, 40  # each open stream holds a thread: the rest poll, and webhooks keep theirs
WATCH = "console_watch"


class Watch:
    """One listener per process, however many pages are open: hears the bell and looks into the store itself."""

    def __init__(self, bell: Bell, database: Database) -> None:
        self._bell, self._database = bell, database
        self._changed = threading.Condition()
        self._number, self._fingerprint = 0, ""
        self._looked_at = 0.0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.open: Counter[int] = Counter()
        self.lock = threading.Lock()

    @property
    def number(self) -> int:
        """How many changes were noticed so far."""
        return self._number

    @property
    def true(self) -> bool:
        """Whether the store was read a moment ago; when not, nobody may be told that the page is live."""
        return time.monotonic() - self._looked_at < STALE_SECONDS

    def start(self) -> None:
        """Begin to listen, once; called by the first page, hence in the process that serves it."""
        with self.lock:
            if self._thread is None:
                self._look()
                self._thread = threading.Thread(target=self._run, name="console-watch", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop listening; open streams end with their next beat."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2 * LOOK_SECONDS)

    def wait(self, known: int, seconds: float) -> int:
        """Wait until there is something newer than ``known``; returns the newest number."""
        with self._changed:
            self._changed.wait_for(lambda: self._number != known, seconds)
            return self._number

    def _run(self) -> None:
        for conversation_id in self._bell.listen(CHANGED, self._stop):
            if conversation_id is not None:
                self._notify()
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                self._look()

    def _look(self) -> None:
        try:
            with self._database.begin() as session:
                found = fingerprint(session)
        except SQLAlchemyError as failure:
            log.warning("console cannot read the store: %s", type(failure).__name__)
            return
        self._looked_at = time.monotonic()
        if found != self._fingerprint:
            self._fingerprint = found
            self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._number += 1
            self._changed.notify_all()


def make() -> Blueprint:
    """The stream of events."""
    blueprint = guards.blueprint("console_live", guard=still_listening, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.add_url_rule("/events", "events", events)
    return blueprint


def still_listening() -> None:
    """A responder whose screen may be locked by idleness: they still hear alarms, until log-out or 12 hours."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused(403, "other_origin")
    with guards.door().database.begin() as session:
        g.responder = log_ins.alarms_of(session, request.cookies.get(COOKIE, ""), datetime.now(UTC))
    if g.responder is None:
        raise Refused(401, "log_in_needed")


def events() -> Response:
    """Server-sent events: ``changed`` when pages should read again, ``alarms``, and a ``beat`` every few seconds."""
    watch: Watch = current_app.extensions[WATCH]
    responder_id: int = g.responder.id
    _enter(watch, responder_id)
    watch.start()
    token = request.cookies.get(COOKIE, "")
    answer = Response(
        stream_with_context(_stream(watch, guards.door().database, responder_id, token)), mimetype="text/event-stream"
    )
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would hold back what is said until its buffer is full
    answer.call_on_close(lambda: _leave(watch, responder_id))
    return answer


def alarms(session: Session, responder_id: int) -> str:
    """What a page must sound for, as JSON: all that waits with its level, and new danger in the own threads."""
    rows = escalations.queue(session)
    waiting = {row.id: row.level for row in rows if row.status == escalations.WAITING}
    alerted = [row.id for row in rows if row.owner_id == responder_id and row.alerted_at]
    return json.dumps({"waiting": waiting, "alerted": alerted})


def fingerprint(session: Session) -> str:
    """Differs whenever the queue or an open thread would look different."""
    open_ones = select(Escalation.conversation_id).where(Escalation.status != escalations.RESOLVED)
    numbers = session.execute(
        select(
            func.count(), func.sum(Escalation.epoch), func.max(Escalation.alerted_at), func.max(Escalation.id)
        ).where(Escalation.status != escalations.RESOLVED)
    ).one()
    newest = session.scalar(select(func.max(Message.id)))
    levels = session.scalar(
        select(func.string_agg(Escalation.level, "")).where(Escalation.status != escalations.RESOLVED)
    )
    moved = session.scalar(select(func.max(Delivery.updated_at)).where(Delivery.conversation_id.in_(open_ones)))
    return repr((tuple(numbers), newest, levels, moved))


def _stream(watch: Watch, database: Database, responder_id: int, token: str) -> Iterator[str]:
    known, proved = -1, time.monotonic()
    yield "retry: 2000\n\n"
    while True:
        newest = watch.wait(known, BEAT_SECONDS) if known >= 0 else watch.number
        if time.monotonic() - proved > PROVE_AGAIN_SECONDS:
            proved = time.monotonic()
            if not _still_logged_in(database, token):
                return
        if newest != known:
            told = _alarms(database, responder_id)
            if told is not None:
                known = newest
                yield f"event: alarms\ndata: {told}\n\nevent: changed\ndata: {newest}\n\n"
        yield f"event: beat\ndata: {newest}\n\n" if watch.true else ": the store does not answer\n\n"


def _alarms(database: Database, responder_id: int) -> str | None:
    try:
        with database.begin() as session:
            return alarms(session, responder_id)
    except SQLAlchemyError:
        time.sleep(1.0)
        return None


def _still_logged_in(database: Database, token: str) -> bool:
    try:
        with database.begin() as session:
            return log_ins.alarms_of(session, token, datetime.now(UTC)) is not None
    except SQLAlchemyError:
        return True


def _enter(watch: Watch, responder_id: int) -> None:
    """Count this stream. Raises :class:`Refused` with 503 when there are too many: the page polls then."""
    with watch.lock:
        if watch.open[responder_id] >= PER_RESPONDER or watch.open.total() >= PER_PROCESS:
            raise Refused(503, "too_many_streams")
        watch.open[responder_id] += 1


def _leave(watch: Watch, responder_id: int) -> None:
    with watch.lock:
        watch.open[responder_id] -= 1


def _prepare(state: BlueprintSetupState) -> None:
    door: Door = state.app.extensions["front_door"]
    state.app.extensions[WATCH] = Watch(door.bell, door.database)
