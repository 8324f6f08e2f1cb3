"""The weekly sample: messages in which nothing was found, for two supervisors to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gateway import labels
from gateway.labels import Sampled
from gateway.models import Message, Responder
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_evidence import marked
from gateway.web.console_rules import apply_rules


@dataclass(frozen=True)
class Row:
    """One sampled message as one reader sees it: what others say is shown only after the reader has spoken."""

    message: Message
    text: Markup
    earlier: Sequence[Markup]
    mine: str | None
    others: Sequence[tuple[str, str]]
    done: bool
    set_aside: Sequence[Mapping[str, Any]]


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The pages of the weekly sample. ``note_seen`` starts the idle time anew, as everywhere in the console."""
    blueprint = guards.blueprint("console_sample", guard=guards.supervisor, url_prefix="/console/sample")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("/", "latest", latest)
    blueprint.add_url_rule("/<week>", "week", sample)
    blueprint.add_url_rule("/<week>/<int:message_id>", "read", read, methods=["POST"])
    return blueprint


def latest() -> ResponseReturnValue:
    """Go to the last week that is over."""
    return redirect(url_for("console_sample.week", week=labels.last_week(now())))


def sample(week: str) -> str:
    """One week's sample; that it was read is written down, with every message that was shown."""
    with guards.door().database.begin() as session:
        found = labels.sample(session, week, now())
        lowered = labels.lowered(session, week, now())
        shown = [each.message for each in found] + [each.message for each in lowered if each.message]
        labels.note_view(session, week, shown, g.responder, now())
    start, _ = labels.span_of(week, now())
    rows = [row_for(each, g.responder) for each in found]
    fallen = [(each, marked(each.message.text if each.message else "")) for each in lowered]
    return render_template("console/sample.html", week=week, rows=rows, lowered=fallen, before=labels.last_week(start))


def read(week: str, message_id: int) -> ResponseReturnValue:
    """Keep what this reader says of one message."""
    with guards.door().database.begin() as session:
        labels.read(session, week, message_id, g.responder, request.form.get("label", ""), now())
        found = labels.sampled(session, week, message_id, now())
    if "HX-Request" in request.headers:
        return render_template("console/sample_row.html", week=week, row=row_for(found, g.responder))
    return redirect(url_for("console_sample.week", week=week, _anchor=f"message-{message_id}"), 303)


def row_for(each: Sampled, reader: Responder) -> Row:
    """The message as this reader may see it."""
    mine = each.labels.get(reader.id)
    return Row(
        message=each.message,
        text=marked(each.message.text),
        earlier=[marked(text) for text in each.earlier],
        mine=mine[1] if mine else None,
        others=[said for who, said in each.labels.items() if who != reader.id] if mine else [],
        done=labels.done(each.labels, reader.id),
        set_aside=each.set_aside,
    )
