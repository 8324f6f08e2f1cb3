"""Tells open console pages that something changed, and what waits: with Redis at once, without it within two seconds.

Nothing that a resident wrote goes through here, because a locked screen keeps listening: it must still ring.
"""

import time
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import escalations, log_ins
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import Delivery, Escalation, Message
from gateway.web import console_views, guards
from gateway.web.console_log_in import COOKIE
from gateway.web.console_rules import apply_rules
from gateway.web.live import Event, Live

BEAT_SECONDS = 4.0  # the page says "not live" after 9 seconds without one (reliability I18: within 10)
PROVE_AGAIN_SECONDS = 30.0
STREAMS = 12  # each holds a thread of the process: more pages than that poll, and webhooks keep their threads
LIVE = "console_live"


def make() -> Blueprint:
    """The stream of events."""
    blueprint = guards.blueprint("console_live", guard=still_listening, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.add_url_rule("/events", "events", events)
    return blueprint


def still_listening() -> None:
    """A responder whose screen may be locked by idleness: they still hear alarms, until log-out or 12 hours.

    Raises :class:`Refused`, with 401 for everybody else, 403 for a page of another site and for who answers nobody.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused(403, "other_origin")
    with guards.door().database.begin() as session:
        g.responder = log_ins.alarms_of(session, request.cookies.get(COOKIE, ""), datetime.now(UTC))
    if g.responder is None:
        raise Refused(401, "log_in_needed")
    if g.responder.role not in guards.RESPONDERS:
        raise Refused(403, "responders_only")


def events() -> Response:
    """Server-sent events: ``changed`` when pages should read again, ``alarms``, and a ``beat`` every few seconds."""
    live: Live = current_app.extensions[LIVE]
    return live.answer(Look(guards.door().database, g.responder.id, request.cookies.get(COOKIE, "")), 0)


class Look:
    """What one page is told. The beat is a promise that the store was read a moment ago, so it comes from here."""

    def __init__(self, database: Database, responder_id: int, token: str) -> None:
        self._database, self._responder_id, self._token = database, responder_id, token
        self._known: str | None = None
        self._beaten = 0.0
        self._proved = time.monotonic()

    def __call__(self, last: int) -> list[Event]:
        """What is new since the last look. Raises :class:`Refused` when the log-in has ended."""
        now = time.monotonic()
        with self._database.begin() as session:
            if now - self._proved > PROVE_AGAIN_SECONDS:
                self._prove(session)
            found = fingerprint(session)
            if found != self._known:
                told = alarms(session, self._responder_id)
                self._known, self._beaten = found, now
                return [Event(last + 1, told, "alarms"), Event(last + 2, "", "changed"), Event(last + 3, "", "beat")]
        if now - self._beaten < BEAT_SECONDS:
            return []
        self._beaten = now
        return [Event(last + 1, "", "beat")]

    def _prove(self, session: Session) -> None:
        self._proved = time.monotonic()
        who = log_ins.alarms_of(session, self._token, datetime.now(UTC))
        if who is None or who.role not in guards.RESPONDERS:
            raise Refused(401, "log_in_needed")


def alarms(session: Session, responder_id: int) -> dict[str, Any]:
    """What a page must sound for: all that waits with its level, new danger in the responder's own threads or in
    the queue, and whoever fell silent there."""
    rows = escalations.queue(session)
    heard = [row for row in rows if row.status == escalations.WAITING or row.owner_id == responder_id]
    return {
        "waiting": {row.id: row.level for row in rows if row.status == escalations.WAITING},
        "alerted": [row.id for row in heard if row.alerted_at],
        "silent": [row.id for row in heard if console_views.is_silent(row)],
    }


def fingerprint(session: Session) -> str:
    """Differs whenever the queue or an open thread would look different."""
    is_open = Escalation.status != escalations.RESOLVED
    queue = select(
        func.count(),
        func.sum(Escalation.epoch),
        func.max(Escalation.alerted_at),
        func.count(Escalation.alerted_at),
        func.max(Escalation.silent_since),
        func.count(Escalation.silent_since),
        func.max(Escalation.id),
        func.string_agg(Escalation.level, ""),
    ).where(is_open)
    moved = select(func.max(Delivery.updated_at)).where(
        Delivery.conversation_id.in_(select(Escalation.conversation_id).where(is_open))
    )
    newest = select(func.max(Message.id))
    return repr((tuple(session.execute(queue).one()), session.scalar(moved), session.scalar(newest)))


def _prepare(state: BlueprintSetupState) -> None:
    door: Door = state.app.extensions["front_door"]
    live = Live(door.bell, lambda _conversation_id: None, most=STREAMS, beat=BEAT_SECONDS)
    live.stop_with_process()
    state.app.extensions[LIVE] = live
