"""The responders' console: the queue, one thread, and the acts of the person who took it over."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gateway import audit, calling, conversations, delivery, escalations, labels, log_ins, optout
from gateway.db import is_busy
from gateway.errors import Conflict, Refused
from gateway.models import Escalation, Message, Responder
from gateway.risk import Level
from gateway.web import (
    console_gaps,
    console_live,
    console_log_in,
    console_referrals,
    console_sample,
    console_views,
    guards,
)
from gateway.web.console_rules import apply_rules

log = logging.getLogger(__name__)

LONGEST_REPLY = 1_600  # Twilio refuses a longer Body (21617)
SAME_REPLY_WITHIN = timedelta(seconds=15)
PATIENCE_MS = 5_000  # of one act: a responder's click is worth a longer wait than a webhook's 15 s allow
BACKGROUND = "X-Background"  # sent by a page that refreshes itself

Act = Callable[[Session, Responder, int, int, datetime], Escalation]


def make() -> list[Blueprint]:
    """The log-in page, the live events and the console itself."""
    blueprint = guards.blueprint("console", guard=guards.responder, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("/", "queue", queue)
    add("/queue", "queue_rows", queue_rows)
    add("/threads/<int:escalation_id>", "thread", thread)
    add("/threads/<int:escalation_id>/live", "thread_live", thread_live)
    for name, view in (("claim", claim), ("reply", reply), ("release", release), ("hand-back", hand_back)):
        add(f"/threads/<int:escalation_id>/{name}", name.replace("-", "_"), view, methods=["POST"])
    add("/threads/<int:escalation_id>/resolve", "resolve", resolve, methods=["POST"])
    add("/threads/<int:escalation_id>/messages/<int:message_id>/label", "label", label, methods=["POST"])
    add("/threads/<int:escalation_id>/number", "number", number, methods=["POST"])
    add("/threads/<int:escalation_id>/lower", "lower", lower, methods=["POST"])
    doors = [console_log_in.make(), console_log_in.make_way_out()]
    beside = [module.make(note_seen) for module in (console_sample, console_referrals, console_gaps)]
    return [*doors, console_live.make(), *beside, blueprint]


def note_seen() -> None:
    """The idle time starts anew when a person does something, not when a page refreshes itself."""
    if BACKGROUND not in request.headers:
        with guards.door().database.begin() as session:
            log_ins.seen(session, request.cookies.get(console_log_in.COOKIE, ""), _now())


def queue() -> str:
    """The queue."""
    return render_template("console/queue.html", **_queue())


def queue_rows() -> str:
    """The queue's rows alone, for a page that is open."""
    return render_template("console/queue_rows.html", **_queue())


def thread(escalation_id: int) -> ResponseReturnValue:
    """One thread; that it was read is written down."""
    return _draw(escalation_id, "console/thread.html")


def thread_live(escalation_id: int) -> ResponseReturnValue:
    """The part of a thread that changes, for a page that is open."""
    return _draw(escalation_id, "console/thread_live.html", again=True)


def claim(escalation_id: int) -> ResponseReturnValue:
    """Take the escalation; of several who try, one wins and the others are told who."""
    return _act(escalation_id, lambda db, who, key, epoch, now: escalations.claim(db, key, epoch, who, now))


def release(escalation_id: int) -> ResponseReturnValue:
    """Put the escalation back into the queue."""
    return _act(escalation_id, lambda db, who, key, epoch, now: escalations.release(db, key, epoch, who, now))


def hand_back(escalation_id: int) -> ResponseReturnValue:
    """Return the conversation to the bot."""
    return _resolve(escalation_id, "returned_to_bot", None)


def resolve(escalation_id: int) -> ResponseReturnValue:
    """End the escalation with a disposition."""
    return _resolve(escalation_id, request.form.get("disposition", ""), _note())


def lower(escalation_id: int) -> ResponseReturnValue:
    """Lower the level, for a reason."""
    level, reason, note = request.form.get("level", ""), request.form.get("reason", ""), _note()
    if reason not in escalations.LOWER_REASONS or level not in console_views.LOWER_LEVELS:
        return _draw(escalation_id, _page(), status=400, problem="no_reason")

    def act(session: Session, who: Responder, key: int, epoch: int, now: datetime) -> Escalation:
        return escalations.lower(session, key, epoch, who, now, level=Level(level), reason=reason, note=note)

    return _act(escalation_id, act)


def _note() -> str | None:
    return request.form.get("note", "").replace("\x00", "").strip()[:LONGEST_REPLY] or None


def reply(escalation_id: int) -> ResponseReturnValue:
    """Say something to the resident."""
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\x00", "").strip()
    if not text or len(text) > LONGEST_REPLY:
        return _draw(escalation_id, _page(), status=400, problem="too_long" if text else "empty", draft=text)

    def act(session: Session, who: Responder, key: int, epoch: int, now: datetime) -> Escalation:
        row = escalations.owned(session, key, epoch, who)
        _say(session, row, who, text, now)
        return row

    return _act(escalation_id, act, draft=text, ring=True)


def label(escalation_id: int, message_id: int) -> ResponseReturnValue:
    """Keep what this person says of an alarm: was it right?"""
    with guards.door().database.begin() as session:
        labels.judge(session, escalation_id, message_id, g.responder, request.form.get("label", ""), _now())
    return _after(escalation_id, leave=False)


def number(escalation_id: int) -> ResponseReturnValue:
    """Show the number of a resident in danger who opted out; that it was looked at is written down."""
    with guards.door().database.begin() as session:
        calling.show_number(session, escalation_id, g.responder, _now())
    return _after(escalation_id, leave=False)


def _say(session: Session, row: Escalation, who: Responder, text: str, now: datetime) -> None:
    """Store the reply, once. Raises :class:`Conflict` when the resident said STOP."""
    contact = row.conversation.contact
    if optout.in_force(session, contact.channel, contact.address_hash):
        raise Conflict("opted_out")
    # The form came twice, because an answer was lost or a finger was quick: the resident should read it once.
    twice = session.scalar(
        select(Message.id)
        .where(
            Message.conversation_id == row.conversation_id,
            Message.responder_id == who.id,
            Message.text == text,
            Message.created_at > now - SAME_REPLY_WITHIN,
        )
        .limit(1)
    )
    if twice is None:
        message = conversations.say(
            session, row.conversation, text, "responder", now, priority=delivery.RESPONDER, responder_id=who.id
        )
        escalations.replied(row, now)
        audit.note(session, now, "reply", "escalation", row.id, who.id, message=message.id)


def _resolve(escalation_id: int, disposition: str, note: str | None) -> ResponseReturnValue:
    if disposition not in escalations.DISPOSITIONS:
        return _draw(escalation_id, _page(), status=400, problem="no_disposition")
    return _act(
        escalation_id,
        lambda db, who, key, epoch, now: escalations.resolve(db, key, epoch, who, disposition, now, note),
        leave=True,
    )


def _act(
    escalation_id: int, act: Act, *, draft: str | None = None, ring: bool = False, leave: bool = False
) -> ResponseReturnValue:
    """Do one thing in one transaction, tell the open pages, and draw what is true now; 409 when somebody was first."""
    epoch = request.form.get("epoch", "")
    if not epoch.isdecimal() or len(epoch) > 9:  # noqa: PLR2004 - more digits than the column holds
        raise Refused(400, "epoch_missing")
    bell = guards.door().bell
    try:
        conversation_id = _in_turn(escalation_id, int(epoch), act)
    except Conflict as conflict:
        log.info("too late", extra={"escalation": escalation_id, "responder": g.responder.id, "code": conflict.code})
        return _draw(escalation_id, _page(), status=409, problem=_told(conflict), draft=draft)
    bell.announce(conversation_id)
    if ring:
        bell.ring(conversation_id)
        bell.ring_for_texts(conversation_id)
    return _after(escalation_id, leave=leave)


def _in_turn(escalation_id: int, epoch: int, act: Act) -> int:
    """Do it in one transaction; who waited in vain behind others is told who of them was first, if one was."""
    database = guards.door().database
    try:
        with database.begin(patience_ms=PATIENCE_MS) as session:
            return act(session, g.responder, escalation_id, epoch, _now()).conversation_id
    except OperationalError as failure:
        if not is_busy(failure):
            raise
        with database.begin() as session:
            escalations.refuse_late(session, escalation_id, epoch)
        raise


def _told(conflict: Conflict) -> str:
    return "opted_out" if conflict.code == "opted_out" else "conflict"


def _after(escalation_id: int, *, leave: bool) -> ResponseReturnValue:
    there = url_for("console.queue") if leave else url_for("console.thread", escalation_id=escalation_id)
    if "HX-Request" not in request.headers:
        return redirect(there, 303)
    if leave:
        return "", 204, {"HX-Redirect": there}
    return _draw(escalation_id, "console/thread_live.html", again=True)


def _page() -> str:
    return "console/thread_live.html" if "HX-Request" in request.headers else "console/thread.html"


def _queue() -> dict[str, object]:
    with guards.door().database.begin() as session:
        return {"rows": console_views.queue(session, g.responder, _now())}


def _draw(
    escalation_id: int, template: str, *, status: int = 200, again: bool = False, **more: object
) -> tuple[str, int]:
    with guards.door().database.begin() as session:
        found = console_views.thread(session, guards.door().settings.keys, escalation_id, g.responder, _now())
        if found is None:
            raise Refused(404, "no_such_escalation")
        console_views.note_view(session, found.escalation, g.responder, _now(), again=again)
    return render_template(template, thread=found, **more), status


def _now() -> datetime:
    return datetime.now(UTC)
