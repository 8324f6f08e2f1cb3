"""The responders' console: the queue, taking a thread over and putting it back; every door of the console."""

from flask import Blueprint, current_app, g, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from gateway import escalations
from gateway.errors import Refused
from gateway.web import (
    console_account,
    console_beside,
    console_board,
    console_broadcasts,
    console_closing,
    console_directory,
    console_dispatch,
    console_earlier,
    console_gaps,
    console_handoff,
    console_here,
    console_language,
    console_live,
    console_log_in,
    console_looks,
    console_notes,
    console_ownership,
    console_people,
    console_pictures,
    console_push,
    console_queue,
    console_queue_words,
    console_referrals,
    console_replies,
    console_rest,
    console_rota,
    console_sample,
    console_shifts,
    console_thread,
    console_writing,
    guards,
)
from gateway.web.clock import now
from gateway.web.console_acts import act, note_seen
from gateway.web.console_queue import AT_FIRST, MARKS, MOST, Filters, QueueRow, Reader, Rows
from gateway.web.console_rules import apply_rules
from gateway.web.numbers import number

ROWS = "console_rows"
MOST_CHANGES = 200  # ids of one question
# What a thread's own pages are made of, and the pages that stand beside them.
PARTS = (
    console_thread,
    console_replies,
    console_notes,
    console_beside,
    console_earlier,
    console_closing,
    console_ownership,
    console_pictures,
    console_writing,
)
BESIDE = (
    console_sample,
    console_referrals,
    console_gaps,
    console_handoff,
    console_looks,
    console_dispatch,
    console_shifts,
    console_rota,
    console_rest,
    console_board,
    console_account,
    console_push,
)


def make() -> list[Blueprint]:
    """The log-in page, the live events and the console itself."""
    blueprint = guards.blueprint("console", guard=guards.responder, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.before_request(note_seen)
    blueprint.before_request(console_here.note_here)
    add = blueprint.add_url_rule
    add("/", "queue", queue)
    add("/queue", "queue_rows", queue_rows)
    add("/queue/rows", "rows", rows)
    add("/inbox", "inbox", inbox)
    add("/threads/<int:escalation_id>/release", "release", release, methods=["POST"])
    for part in PARTS:
        part.add_routes(blueprint)
    doors = [console_log_in.make(), console_log_in.make_way_out()]
    beside = [module.make(note_seen) for module in BESIDE]
    beside += [*console_people.make(note_seen), *console_broadcasts.make(note_seen)]
    return [
        *doors,
        console_live.make(),
        console_here.make(),
        console_shifts.make_feed(),
        console_push.make_files(),
        *beside,
        *console_directory.make(note_seen),
        blueprint,
    ]


def queue() -> str:
    """The queue."""
    return render_template("console/queue.html", choices=_choices, **_queue())


def queue_rows() -> str:
    """The queue's rows alone, for a page that is open."""
    return render_template("console/queue_rows.html", **_queue())


def rows() -> str:
    """Those of the threads ``ids`` that stand in this reader's queue now, for a page that heard that they changed."""
    ids = [number(each) for each in request.args.get("ids", "").split(",", MOST_CHANGES)]
    known = [each for each in ids if each is not None]
    if len(ids) > MOST_CHANGES or len(known) < len(ids):
        raise Refused(400, "bad_ids")
    filters = Filters.of(request.args)
    kept: Rows = current_app.extensions[ROWS]
    with guards.door().database.begin() as session:
        drawn, counts = console_queue.some(session, kept, _reader(), filters, known)
    return render_template("console/queue_changes.html", rows=drawn, counts=counts)


def inbox() -> str:
    """What asks for this responder by name, for a page that is open."""
    return render_template("console/inbox.html")


def release(escalation_id: int) -> ResponseReturnValue:
    """Put the escalation back into the queue."""
    return act(escalation_id, lambda db, who, key, epoch, at: escalations.release(db, key, epoch, who, at))


def _queue() -> dict[str, object]:
    filters, asked = Filters.of(request.args), number(request.args.get("most", ""))
    most = min(MOST, max(AT_FIRST, asked or 0))
    kept: Rows = current_app.extensions[ROWS]
    with guards.door().database.begin() as session:
        found = console_queue.queue(session, kept, _reader(), filters, most)
    query = filters.given() | ({"most": most} if most > AT_FIRST else {})
    return {"found": found, "query": query, "most": most}


def _reader() -> Reader:
    return Reader(g.responder, now(), console_language.language(), _draw)


def _choices() -> list[tuple[str, str, console_queue_words.Choices]]:
    return console_queue_words.choices(guards.door().community, console_language.language())


def _draw(row: QueueRow) -> str:
    """One row of the queue, for everybody who reads it in this language."""
    return render_template(
        "console/queue_row.html", each=row, order=console_queue.order(row.escalation), marks=MARKS,
        queue_words=console_queue_words.WORDS, desk_name=_desk_name,
    )  # fmt: skip


def _desk_name(code: str) -> str:
    names = {desk.code: str(getattr(desk.name, console_language.language())) for desk in guards.door().community.desks}
    return names.get(code, code)


def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions[ROWS] = Rows()
