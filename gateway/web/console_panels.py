"""What stands beside the words of a thread: panels, each with a template of its own, drawn whenever the thread is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from flask import request
from sqlalchemy.orm import Session

from gateway import corrections, earlier, level_changes, notes
from gateway.door import Door
from gateway.models import Escalation, Responder
from gateway.web import console_dispatch_views as dispatch_views
from gateway.web import (
    console_follow_ups,
    console_ownership_views,
    console_paging,
    console_picture_views,
    console_told,
)
from gateway.web import console_handoff_views as views

Load = Callable[[Session, Door, Escalation, Responder, datetime], Any]


@dataclass(frozen=True)
class Panel:
    """One part of the thread's page.

    ``load`` finds what ``template`` draws (as ``panel.found``, within one root element of its own); where that is None
    or empty there is no panel. ``place`` is above the messages or below them. ``script`` and ``sheet`` are files of the
    folder ``static/console`` that every thread's page loads.
    """

    name: str
    template: str
    load: Load
    place: Literal["above", "below"] = "below"
    script: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A panel of one thread, with what it found."""

    name: str
    template: str
    place: str
    found: Any


def load(session: Session, door: Door, row: Escalation, responder: Responder, now: datetime) -> list[Drawn]:
    """The panels that have something to show of this escalation to this responder."""
    found = [(panel, panel.load(session, door, row, responder, now)) for panel in PANELS]
    return [Drawn(panel.name, panel.template, panel.place, what) for panel, what in found if what]


def scripts() -> Sequence[str]:
    """The scripts of all panels, as paths under ``static``."""
    return [f"console/{panel.script}" for panel in PANELS if panel.script]


def sheets() -> Sequence[str]:
    """The style sheets of all panels, as paths under ``static``."""
    return [f"console/{panel.sheet}" for panel in PANELS if panel.sheet]


def _told(_session: Session, _door: Door, row: Escalation, _who: Responder, _now: datetime) -> Any:
    return console_told.answers(row.conversation.answers)


def _offered(session: Session, _door: Door, row: Escalation, _who: Responder, _now: datetime) -> Any:
    return corrections.offered(session, row.conversation_id)


def _follow_up(session: Session, _door: Door, row: Escalation, _who: Responder, _now: datetime) -> Any:
    return console_follow_ups.of_contact(session, row.conversation.contact)


def _notes(session: Session, _door: Door, row: Escalation, who: Responder, now: datetime) -> Any:
    """What names the reader counts as seen once a person, and no timer, has asked for the page."""
    found = notes.of(session, row.conversation_id, who)
    if "X-Background" not in request.headers and any(each.calls for each in found):
        notes.seen(session, row.conversation_id, who, now)
    return found


def _levels(session: Session, _door: Door, row: Escalation, _who: Responder, _now: datetime) -> Any:
    return level_changes.of(session, row)


def _earlier(session: Session, _door: Door, row: Escalation, who: Responder, _now: datetime) -> Any:
    return earlier.of(session, row) if earlier.may_read(row, who) else None


PANELS = [
    Panel(
        "ownership",
        "console/ownership.html",
        console_ownership_views.standing,
        place="above",
        script="ownership.js",
        sheet="ownership.css",
    ),
    Panel("told", "console/told.html", _told, place="above"),
    Panel("handoff", "console/handoff_panel.html", views.handoff_panel, place="above", sheet="handoff.css"),
    Panel("dispatch", "console/dispatch_panel.html", dispatch_views.panel, place="above", sheet="dispatch.css"),
    Panel(
        "pictures",
        "console/pictures_warning.html",
        console_picture_views.panel,
        place="above",
        script="pictures.js",
        sheet="pictures.css",
    ),
    Panel("closing", "console/closing.html", views.closed_panel, place="above"),
    Panel("notes", "console/notes.html", _notes, sheet="thread.css"),
    Panel("levels", "console/level_changes.html", _levels),
    Panel("earlier", "console/earlier.html", _earlier),
    Panel("offered", "console/offered.html", _offered),
    Panel("paging", "console/paging_panel.html", console_paging.asked, sheet="duty.css"),
    Panel("follow-up", "console/follow_up.html", _follow_up),
]
"""Every panel, in the order in which they are drawn."""
