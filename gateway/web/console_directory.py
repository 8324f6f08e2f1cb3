"""The directory in the console: everybody inside may search it and say what is wrong; its editors change it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import closing, corrections, edit_costs, editing
from gateway.directory import freshness, jobs, records
from gateway.directory.mending import STATUSES
from gateway.directory.needs import Mapping
from gateway.editing import Editor, Unfit
from gateway.errors import Conflict, Refused
from gateway.web import console_imports, directory_words, guards
from gateway.web.clock import now
from gateway.web.console_rules import apply_rules
from gateway.web.numbers import number_given

HOME = "/console/directory"
LONGEST_SEARCH = 200
NoteSeen = Callable[[], None]


def make(note_seen: NoteSeen) -> list[Blueprint]:
    """The pages that everybody inside may read, and those of the editors."""
    read = _blueprint("console_directory", guards.logged_in, note_seen)
    read.add_url_rule("/", "found", found)
    read.add_url_rule("/service", "service", service)
    read.add_url_rule("/place", "place", place)
    read.add_url_rule("/wrong", "wrong", wrong, methods=["POST"])
    edit = _blueprint("console_editor", guards.directory_editor, note_seen)
    for path, name, view in (("/edit", "edit", edit_form), ("/new", "new", new_form)):
        edit.add_url_rule(path, name, view)
    edit.add_url_rule("/corrections", "corrections", queue)
    for path, name, act in (
        ("/edit", "save", save),
        ("/verify", "verify", verify),
        ("/close", "close", close),
        ("/place/close", "close_place", close_place),
        ("/reopen", "reopen", reopen),
        ("/needs", "set_needs", set_needs),
        ("/new", "add", add),
        ("/decide", "decide", decide),
    ):
        edit.add_url_rule(path, name, act, methods=["POST"])
    return [read, edit, console_imports.make(note_seen)]


def found() -> str:
    """Search the directory by words of its texts."""
    asked = request.args.get("q", "")[:LONGEST_SEARCH]
    shown = request.args.get("show", "all")
    page = request.args.get("page", 0, type=int)
    with _session() as session:
        rows, more = records.find(session, asked, shown, page, now(), _rules())
        today = now().date()
        told = [(row, freshness.age_of(row.dataset, row.verified_on, today, _rules(), row.since).value) for row in rows]
        waiting = (corrections.waiting(session), jobs.to_decide(session)) if _may_edit() else None
    chosen = shown if shown in records.SHOWN else "all"
    return _draw("directory.html", rows=told, more=more, asked=asked, shown=chosen, page=page, waiting=waiting)


def service() -> str:
    """One record: what is told of it, who checked it, and what was said and decided of it."""
    with _session() as session:
        record = _record(session)
        history = corrections.history(session, record.key)
        done = request.args.get("done")
        prices = [edit_costs.words_of(row) for row in record.costs]
        return _draw(
            "directory_service.html", record=record, prices=prices, history=history, done=done, needs=_tags().needs
        )


def wrong() -> ResponseReturnValue:
    """Say that a record is wrong: it goes to the editors."""
    form = request.form
    dataset, _, key = form.get("id", "").partition(":")
    with _session() as session:
        said = form.get("kind", ""), form.get("about"), form.get("note", "")
        corrections.report_by(session, g.responder, (dataset, key), *said, now())
    return _back("reported")


def edit_form() -> str:
    """The record as a form."""
    with _session() as session:
        record = _record(session)
        return _form(record, record.form, {}, record.seen)


def save() -> ResponseReturnValue:
    """Keep what was changed in the form; what cannot be kept comes back as it was written."""
    draft = {name: value for name, value in request.form.items() if name not in {"csrf_token", "seen", "id"}}
    seen, service_id = request.form.get("seen", ""), request.form.get("id", "")
    try:
        with _session() as session:
            editing.save(session, _editor(), service_id, draft, seen)
            if "checked" in draft:
                editing.verify(session, _editor(), service_id)
    except (Unfit, Conflict) as failure:
        faults = failure.faults if isinstance(failure, Unfit) else {"": failure.code}
        with _session() as session:
            record = _record(session)
            now_seen = record.seen if isinstance(failure, Conflict) else seen
            return _form(record, record.form | draft, faults, now_seen), failure.status
    return _back("saved")


def verify() -> ResponseReturnValue:
    """The record is right today."""
    with _session() as session:
        editing.verify(session, _editor(), request.form.get("id", ""))
    return _back("verified")


def close() -> ResponseReturnValue:
    """Close the service for today or until further notice."""
    with _session() as session:
        closing.close(session, _editor(), request.form.get("id", ""), *_until())
    return _back("closed")


def place() -> str:
    """A place: what is given there, and until when all of it is closed."""
    with _session() as session:
        found = records.load_place(session, request.args.get("id", ""), now())
        if found is None:
            raise Refused(404, "no_such_place")
        return _draw("directory_place.html", place=found, done=request.args.get("done"))


def close_place() -> ResponseReturnValue:
    """Close all that is at a place."""
    asked = request.form.get("place", "")
    with _session() as session:
        closing.close_place(session, _editor(), asked, *_until())
    return redirect(url_for("console_directory.place", id=asked, done="closed"), 303)


def set_needs() -> ResponseReturnValue:
    """Say what a service helps with, or leave it to the publisher's words again."""
    met = None if request.form.get("by") == "publisher" else request.form.getlist("need")
    with _session() as session:
        editing.set_needs(session, _editor(), request.form.get("id", ""), met)
    return _back("saved")


def reopen() -> ResponseReturnValue:
    """End a closure."""
    with _session() as session:
        closing.reopen(session, _editor(), _number("closure"))
    if asked := request.form.get("place", ""):
        return redirect(url_for("console_directory.place", id=asked, done="reopened"), 303)
    return _back("reopened")


def new_form() -> str:
    """An empty form for a service that no publisher has."""
    return _draw("directory_new.html", draft={}, met=[], faults={}, needs=_tags().needs)


def add() -> ResponseReturnValue:
    """Add the service, or give the form back with what is missing."""
    met = request.form.getlist("need")
    try:
        with _session() as session:
            made = editing.add(session, _editor(), request.form, met)
    except Unfit as failure:
        page = _draw("directory_new.html", draft=request.form, met=met, faults=failure.faults, needs=_tags().needs)
        return page, 400
    return redirect(url_for("console_directory.service", id=made, done="added"), 303)


def queue() -> str:
    """What waits for a decision."""
    with _session() as session:
        return _draw("directory_corrections.html", asked=corrections.queue(session), done=request.args.get("done"))


def decide() -> ResponseReturnValue:
    """Accept or reject one."""
    form = request.form
    with _session() as session:
        editing.refuse_during_import(session)
        row = corrections.decide(
            session, _number("correction"), form.get("state", ""), g.responder, now(), form.get("reason", "")
        )
        if corrections.was_carried_out(row):
            services = editing.affected(session, row.dataset, row.object, row.object_id, row.service_id)
            editing.reindex(session, row.dataset, services, _tags())
    return redirect(url_for("console_editor.corrections", done=row.state), 303)


def _blueprint(name: str, guard: guards.Guard, note_seen: NoteSeen) -> Blueprint:
    blueprint = guards.blueprint(name, guard=guard, url_prefix=HOME)
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    return blueprint


def _session() -> Any:
    return guards.door().database.begin()


def _draw(template: str, **values: Any) -> str:
    return render_template(f"console/{template}", said=directory_words, may_edit=_may_edit(), **values)


def _form(record: records.Record, draft: dict[str, str], faults: dict[str, str], seen: str) -> str:
    return _draw(
        "directory_edit.html",
        record=record,
        draft=draft,
        faults=faults,
        seen=seen,
        statuses={each: each for each in STATUSES},
    )


def _record(session: Session) -> records.Record:
    record = records.load(session, request.values.get("id", ""), now(), _rules())
    if record is None:
        raise Refused(404, "no_such_service")
    return record


def _until() -> tuple[str, str, str]:
    form = request.form
    return form.get("until", ""), form.get("reason", ""), form.get("day", "")


def _back(done: str) -> ResponseReturnValue:
    return redirect(url_for("console_directory.service", id=request.form.get("id", ""), done=done), 303)


def _number(name: str) -> int:
    found = number_given(name)
    if found is None:
        raise Refused(400, f"{name}_missing")
    return found


def _may_edit() -> bool:
    return g.responder.role in guards.EDITORS


def _editor() -> Editor:
    return Editor(g.responder, now(), guards.door().community.time_zone, _rules(), _tags())


def _tags() -> Mapping:
    return guards.door().community.directory.tags


def _rules() -> freshness.Rules:
    return freshness.rules_of(guards.door().community)
