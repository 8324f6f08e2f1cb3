"""What the acts of the console share: one transaction for each, 409 for who comes late, the page as it is now.

A module of acts adds its routes to the one blueprint ``console`` and hands each act to :func:`act`.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gateway import escalations, log_ins
from gateway.db import is_busy
from gateway.errors import Conflict, Refused
from gateway.models import Escalation, Responder
from gateway.web import console_handoff_views, console_log_in, console_panels, console_views, console_words, guards
from gateway.web.clock import now
from gateway.web.numbers import number

log = logging.getLogger(__name__)

LONGEST_NOTE = 1_600
PATIENCE_MS = 5_000  # of one act: a responder's click is worth a longer wait than a webhook's 15 s allow
BACKGROUND = "X-Background"  # sent by a page that refreshes itself
WHOLE, LIVE = "console/thread.html", "console/thread_live.html"  # a page, and the part of it that is drawn anew

Act = Callable[[Session, Responder, int, int, datetime], Escalation]
"""The database, who does it, which escalation, the epoch that its page was drawn at, and when."""


def note_seen() -> None:
    """The idle time starts anew when a person does something, not when a page refreshes itself."""
    if BACKGROUND not in request.headers:
        with guards.door().database.begin() as session:
            log_ins.seen(session, request.cookies.get(console_log_in.COOKIE, ""), now())


def act(
    escalation_id: int, do: Act, *, draft: str | None = None, ring: bool = False, leave: bool = False
) -> ResponseReturnValue:
    """Do one thing in one transaction, tell the open pages, and draw what is true now; 409 when somebody was first.

    What is refused for a reason that the console has words for is told on the page, with nothing changed.
    """
    epoch = number(request.form.get("epoch", ""), 9)
    if epoch is None:
        raise Refused(400, "epoch_missing")
    bell = guards.door().bell
    try:
        conversation_id = _in_turn(escalation_id, epoch, do)
    except Conflict as conflict:
        log.info("too late", extra={"escalation": escalation_id, "responder": g.responder.id, "code": conflict.code})
        return draw(escalation_id, page(), status=409, problem=_told(conflict), draft=draft)
    except Refused as refused:
        if refused.code not in console_words.PROBLEMS:
            raise
        return draw(escalation_id, page(), status=refused.status, problem=refused.code, draft=draft)
    bell.announce(conversation_id)
    if ring:
        bell.ring(conversation_id)
        bell.ring_for_texts(conversation_id)
    return after(escalation_id, leave=leave)


def _in_turn(escalation_id: int, epoch: int, do: Act) -> int:
    """Do it in one transaction; who waited in vain behind others is told who of them was first, if one was."""
    database = guards.door().database
    try:
        with database.begin(patience_ms=PATIENCE_MS) as session:
            return do(session, g.responder, escalation_id, epoch, now()).conversation_id
    except OperationalError as failure:
        if not is_busy(failure):
            raise
        with database.begin() as session:
            escalations.refuse_late(session, escalation_id, epoch)
        raise


def _told(conflict: Conflict) -> str:
    return "opted_out" if conflict.code == "opted_out" else "conflict"


def after(escalation_id: int, *, leave: bool) -> ResponseReturnValue:
    """The thread after an act, or the queue (``leave``)."""
    there = url_for("console.queue") if leave else url_for("console.thread", escalation_id=escalation_id)
    if "HX-Request" not in request.headers:
        return redirect(there, 303)
    if leave:
        return "", 204, {"HX-Redirect": there}
    return draw(escalation_id, LIVE, again=True)


def page() -> str:
    """What to draw for who asked: the part that changes for a page that is open, else the whole."""
    return LIVE if "HX-Request" in request.headers else WHOLE


def draw(
    escalation_id: int, template: str, *, status: int = 200, again: bool = False, **more: object
) -> tuple[str, int]:
    """A thread with its panels, as it is now; that it was read is written down."""
    with guards.door().database.begin() as session:
        keys, asked = guards.door().settings.keys, number(request.args.get("at", ""))
        found = console_views.thread(session, keys, escalation_id, g.responder, now(), asked)
        if found is None:
            raise Refused(404, "no_such_escalation")
        panels = console_panels.load(session, guards.door(), found.escalation, g.responder, now())
        if template == WHOLE:
            more["closing"] = console_handoff_views.closing_form(
                session, guards.door().community, found.escalation, now()
            )
        console_views.note_view(session, found.escalation, g.responder, now(), again=again)
    return render_template(template, thread=found, panels=panels, **more), status


def note() -> str | None:
    """The note that came with an act, if one did."""
    return request.form.get("note", "").replace("\x00", "").strip()[:LONGEST_NOTE] or None
