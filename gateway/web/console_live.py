"""Tells open console pages what changed, and what waits: with Redis at once, without it within a second.

Nothing that a resident wrote goes through here, because a locked screen keeps listening: it must still ring.
"""

import time
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, g, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session

from gateway import broadcasts, log_ins
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.web import guards
from gateway.web.console_feed import Feed, Step
from gateway.web.console_log_in import COOKIE
from gateway.web.console_rules import apply_rules
from gateway.web.live import Event, Live, last_number

BEAT_SECONDS = 4.0  # the page says "not live" after 9 seconds without one (reliability I18: within 10)
FRESH_SECONDS = 3.0  # how long ago the store may have been read for a beat to be true
PROVE_AGAIN_SECONDS = 3.0  # with the pause between two looks: who is logged out stops hearing within 5 s
STREAMS = 48  # each holds a thread of the process: more pages than that poll, and webhooks keep their threads
LIVE, FEED = "console_live", "console_feed"
ALL = "all"


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
        token, strong = request.cookies.get(COOKIE, ""), guards.must_be_strong()
        g.responder = log_ins.alarms_of(session, token, datetime.now(UTC), strong=strong)
    if g.responder is None:
        raise Refused(401, "log_in_needed")
    if g.responder.role not in guards.RESPONDERS:
        raise Refused(403, "responders_only")


def events() -> Response:
    """Server-sent events, each with the number of the sequence up to which its reader now knows everything.

    ``hello`` (with ``whole`` when the page must read everything anew), ``rows`` and ``gone`` with the ids of threads
    that changed or ended, ``thread`` with those whose page alone shows something new, ``inbox`` when something asks for
    this responder by name, ``told`` when a broadcast began, ended or was read, ``alarms`` with what waits and which
    broadcasts this responder has not read, and a ``beat`` every few seconds. With ``Last-Event-ID`` what was missed is
    told again; a thread may be told twice, never not at all.
    """
    live: Live = current_app.extensions[LIVE]
    feed: Feed = current_app.extensions[FEED]
    look = Look(guards.door().database, feed, g.responder.id, request.cookies.get(COOKIE, ""))
    feed.start(lambda: live.count > 0, lambda: live.stopping)
    return live.answer(look, last_number(request.headers.get("Last-Event-ID")))


class Look:
    """What one page is told. The beat is a promise that the store was read a moment ago, so it comes from here."""

    def __init__(self, database: Database, feed: Feed, responder_id: int, token: str) -> None:
        self._database, self._feed, self._responder_id, self._token = database, feed, responder_id, token
        self._place: int | None = None
        self._alarms = ""
        self._beaten = 0.0
        self._proved = time.monotonic()

    def __call__(self, last: int) -> list[Event]:
        """What is new since the last look. Raises :class:`Refused` when the log-in has ended."""
        now = time.monotonic()
        if now - self._proved > PROVE_AGAIN_SECONDS:
            with self._database.begin() as session:
                self._prove(session)
        if self._place is None:
            self._place, step = self._feed.greet(last)
            hello: dict[str, object] = {"seq": self._feed.seq, "whole": step.everything}
            told = [self._event("hello", hello), *self._told(Step(step.rows, step.gone))]
        else:
            self._place, step = self._feed.since(self._place)
            told = self._told(step)
        if not told and (now - self._beaten < BEAT_SECONDS or now - self._feed.read_at > FRESH_SECONDS):
            return []
        self._beaten = now
        return [*told, self._event("beat", "")]

    def _told(self, step: Step) -> list[Event]:
        """One step as events; what waits whenever that changed, as a screen that is locked listens for it alone."""
        told = []
        for name, ids in (("rows", step.rows), ("gone", step.gone), ("thread", step.threads)):
            if ids and not step.everything:
                told.append(self._event(name, {"ids": sorted(ids)}))
        if step.everything:
            told.append(self._event("rows", {"ids": ALL}))
        if self._responder_id in step.people:
            told.append(self._event("inbox", ""))
        if step.told:
            told.append(self._event("told", ""))
        waits = self._feed.alarms(self._responder_id)
        if waits != self._alarms:
            self._alarms = waits
            told.insert(0, self._event("alarms", waits))
        return told

    def _event(self, name: str, body: dict[str, object] | str) -> Event:
        return Event(self._feed.seq, body, name)

    def _prove(self, session: Session) -> None:
        self._proved = time.monotonic()
        who = log_ins.alarms_of(session, self._token, datetime.now(UTC))
        if who is None or who.role not in guards.RESPONDERS:
            raise Refused(401, "log_in_needed")


def _prepare(state: BlueprintSetupState) -> None:
    door: Door = state.app.extensions["front_door"]
    live = Live(door.bell, lambda _conversation_id: None, most=STREAMS, beat=BEAT_SECONDS)
    feed = Feed(
        door.database,
        live.wake_all,
        lambda: live.heard,
        lambda session: broadcasts.calls(session, door.community, datetime.now(UTC)),
    )
    live.ring = feed.ring
    live.stop_with_process()
    state.app.extensions[LIVE] = live
    state.app.extensions[FEED] = feed
