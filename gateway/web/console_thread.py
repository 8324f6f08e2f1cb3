"""One thread of the console: reading it, answering in it, and what a person says of its alarms and its level."""

from datetime import datetime, timedelta

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, calling, conversations, delivery, drafts, escalations, labels, optout, reply_pairs
from gateway.errors import Conflict, Refused
from gateway.models import Escalation, Message, Responder
from gateway.risk import Level
from gateway.web import console_lines, console_picture_views, console_views, guards
from gateway.web.clock import now
from gateway.web.console_acts import LIVE, WHOLE, act, after, draw, note, page
from gateway.web.live import last_number

LONGEST_REPLY = 1_600  # Twilio refuses a longer Body (21617)
SAME_REPLY_WITHIN = timedelta(seconds=15)


def add_routes(blueprint: Blueprint) -> None:
    """Open the thread's routes."""
    add = blueprint.add_url_rule
    add("/threads/<int:escalation_id>", "thread", thread)
    add("/threads/<int:escalation_id>/live", "thread_live", thread_live)
    add("/threads/<int:escalation_id>/newest", "thread_newest", thread_newest)
    for name, view in (("reply", reply), ("number", number), ("lower", lower)):
        add(f"/threads/<int:escalation_id>/{name}", name, view, methods=["POST"])
    add("/threads/<int:escalation_id>/messages/<int:message_id>/label", "label", label, methods=["POST"])


def thread(escalation_id: int) -> ResponseReturnValue:
    """One thread; that it was read is written down."""
    return draw(escalation_id, WHOLE)


def thread_live(escalation_id: int) -> ResponseReturnValue:
    """The part of a thread that changes, for a page that is open."""
    return draw(escalation_id, LIVE, again=True)


def thread_newest(escalation_id: int) -> ResponseReturnValue:
    """What was said since the message ``after``: a page that is open shows it before it reads all the rest anew."""
    opened, at = guards.door(), now()
    with opened.database.begin() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise Refused(404, "no_such_escalation")
        lines = console_lines.since(session, row.conversation_id, last_number(request.args.get("after")))
        media = any(line.message.media for line in lines)
        pictures = console_picture_views.panel(session, opened, row, g.responder, at) if media else None
        console_views.note_view(session, row, g.responder, at, again=True)
    return render_template("console/thread_newest.html", lines=lines, escalation_id=escalation_id, pictures=pictures)


def reply(escalation_id: int) -> ResponseReturnValue:
    """Say something to the resident: what was written, or a ready reply (``pair``)."""
    if request.form.get("pair"):
        return _reply_by_pair(escalation_id, request.form["pair"])
    text = request.form.get("text", "").replace("\r\n", "\n").replace("\x00", "").strip()
    if not text or len(text) > LONGEST_REPLY:
        return draw(escalation_id, page(), status=400, problem="too_long" if text else "empty", draft=text)

    def do(session: Session, who: Responder, key: int, epoch: int, at: datetime) -> Escalation:
        row = escalations.owned(session, key, epoch, who)
        say(session, row, who, text, at)
        drafts.drop(session, row.conversation_id, who.id)
        return row

    return act(escalation_id, do, draft=text, ring=True)


def _reply_by_pair(escalation_id: int, key: str) -> ResponseReturnValue:
    """Send a ready reply in the language asked for; what was begun in the reply's own field stays there."""
    form = request.form

    def do(session: Session, who: Responder, key_of: int, epoch: int, at: datetime) -> Escalation:
        row = escalations.owned(session, key_of, epoch, who)
        language = form.get("pair_as") or row.conversation.language or reply_pairs.BOTH
        values = {name.partition(".")[2]: value for name, value in form.items() if name.startswith(f"{key}.")}
        text = reply_pairs.fill(key, language, who.name, values)
        said = say(session, row, who, text, at, language=None if language == reply_pairs.BOTH else language)
        if said is not None:
            said.pair = key
        return row

    return act(escalation_id, do, draft=form.get("text", ""), ring=True)


def say(  # noqa: PLR0913 - what is said by whom, where and in which language
    session: Session, row: Escalation, who: Responder, text: str, at: datetime, *, language: str | None = None
) -> Message | None:
    """Store the reply, once: None when it stands there already. Raises as :func:`_may_leave` does.

    The conversation must be locked, as :func:`escalations.owned` leaves it.
    """
    risk = _may_leave(session, row)
    # The form came twice, because an answer was lost or a finger was quick: the resident should read it once.
    twice = session.scalar(
        select(Message.id)
        .where(
            Message.conversation_id == row.conversation_id,
            Message.responder_id == who.id,
            Message.text == text,
            Message.created_at > at - SAME_REPLY_WITHIN,
        )
        .limit(1)
    )
    if twice is not None:
        return None
    message = conversations.say(
        session,
        row.conversation,
        text,
        "responder",
        at,
        priority=delivery.RESPONDER,
        responder_id=who.id,
        language=language,
    )
    escalations.replied(row, at)
    audit.note(session, at, "reply", "escalation", row.id, who.id, message=message.id, **risk)
    return message


def _may_leave(session: Session, row: Escalation) -> dict[str, bool]:
    """What is to be written down of a reply that leaves though a text is not safe. Raises :class:`Conflict` when the
    resident said STOP, and :class:`Refused` when a text is not safe and nobody ticked (``unsafe``) that it goes anyway.
    """
    contact = row.conversation.contact
    if optout.in_force(session, contact.channel, contact.address_hash):
        raise Conflict("opted_out")
    if conversations.may_be_told(row.conversation):
        return {}
    if request.form.get("unsafe") != "yes":
        raise Refused(409, "not_safe_to_text")
    return {"unsafe": True}


def lower(escalation_id: int) -> ResponseReturnValue:
    """Lower the level, for a reason."""
    level, reason, why = request.form.get("level", ""), request.form.get("reason", ""), note()
    if reason not in escalations.LOWER_REASONS or level not in console_views.LOWER_LEVELS:
        return draw(escalation_id, page(), status=400, problem="no_reason")

    def do(session: Session, who: Responder, key: int, epoch: int, at: datetime) -> Escalation:
        return escalations.lower(session, key, epoch, who, at, level=Level(level), reason=reason, note=why)

    return act(escalation_id, do)


def label(escalation_id: int, message_id: int) -> ResponseReturnValue:
    """Keep what this person says of an alarm: was it right?"""
    with guards.door().database.begin() as session:
        labels.judge(session, escalation_id, message_id, g.responder, request.form.get("label", ""), now())
    return after(escalation_id, leave=False)


def number(escalation_id: int) -> ResponseReturnValue:
    """Show the number of a resident in danger who may not be texted; that it was looked at is written down."""
    with guards.door().database.begin() as session:
        calling.show_number(session, escalation_id, g.responder, now())
    return after(escalation_id, leave=False)
