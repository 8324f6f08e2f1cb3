"""Hand-offs to 911, 988 and 211: what to read aloud, whom to call, what they answered. Nothing here dials."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gateway import eido, escalations, handoff911, handoff_packet, handoff_script, handoffs, optout
from gateway.community import Community
from gateway.door import Door
from gateway.errors import Refused
from gateway.handoff911 import NEED, Fact, Said
from gateway.models import Escalation, Handoff, HandoffEvent, Message, Responder
from gateway.web import console_handoff_words, guards
from gateway.web.clock import now
from gateway.web.console_handoff_views import read_aloud
from gateway.web.console_rules import apply_rules
from gateway.web.numbers import number, number_given

MOST_NEWS = 3
MOST_ANSWERS = 10  # of the resident's messages among which the answer is chosen
NOT_TYPED = frozenset(("caller", "callback"))
Do = Callable[[Session, Door, int, Responder, datetime], Any]


@dataclass(frozen=True)
class Row:
    """One kind of fact, with all that is known of it; ``held`` is what is read aloud."""

    name: str
    held: Fact
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Shown:
    """One hand-off, as its page and its print show it."""

    handoff: Handoff
    escalation: Escalation
    script: Sequence[Any]
    rows: Sequence[Row]
    new: Sequence[Fact]
    outside: bool
    substance: bool
    private: bool
    opted_out_or_unsafe: bool
    may: bool
    mine: bool
    number: str | None
    answers: Sequence[Message]
    supervisors: Sequence[Responder]
    events: Sequence[tuple[HandoffEvent, str]]
    newest: int


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The pages of hand-offs. ``note_seen`` starts the idle time anew, as everywhere in the console."""
    blueprint = guards.blueprint("console_handoff", guard=guards.responder, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("/threads/<int:escalation_id>/handoffs", "prepare", prepare, methods=["POST"])
    add("/handoffs/<int:handoff_id>", "shown", shown)
    add("/handoffs/<int:handoff_id>/news", "news", news)
    add("/handoffs/<int:handoff_id>/print", "printed", printed)
    add("/handoffs/<int:handoff_id>/eido.json", "downloaded", downloaded)
    for name, view in (("ask", ask), ("consent", consent), ("tell", tell), ("answer", answer), ("correct", correct),
                       ("close", close)):  # fmt: skip
        add(f"/handoffs/<int:handoff_id>/{name}", name, view, methods=["POST"])
    return blueprint


def prepare(escalation_id: int) -> ResponseReturnValue:
    """Gather the facts of a thread, and go to what is to be read aloud."""
    door = guards.door()
    with door.database.begin() as session:
        made = handoffs.prepare(session, door.community, escalation_id, request.form.get("to", ""), g.responder, now())
        found = made.id, session.get_one(Escalation, escalation_id).conversation_id
    door.bell.announce(found[1])
    return redirect(url_for("console_handoff.shown", handoff_id=found[0]), 303)


def shown(handoff_id: int) -> ResponseReturnValue:
    """The script, the facts with their sources, and what is to be noted; that it was read is written down."""
    return _draw(handoff_id, "console/handoff.html", "shown")


def news(handoff_id: int) -> str:
    """What the resident wrote since a page was drawn, for that page while it is open."""
    since = number(request.args.get("after", "")) or 0
    with guards.door().database.begin() as session:
        handoff, row = _found(session, handoff_id)
        wanted = _inbound(row).where(Message.id > since).limit(MOST_NEWS)
        found = list(session.scalars(wanted))
        return render_template("console/handoff_news.html", it=handoff, news=found, after=since)


def printed(handoff_id: int) -> ResponseReturnValue:
    """The same on paper."""
    return _draw(handoff_id, "console/handoff_print.html", "printed")


def downloaded(handoff_id: int) -> ResponseReturnValue:
    """The facts as a file for a 911 centre that takes it."""
    door = guards.door()
    with door.database.begin() as session:
        handoff, row = _found(session, handoff_id)
        if handoff.to != handoff911.EMERGENCY:
            raise Refused(404, "no_file_for_this")
        said = handoff911.what_was_said(session, row)
        known, _ = _known(session, door, handoff, row, said)
        handoff_packet.looked_at(session, handoff, g.responder, "downloaded", now())
        host = urlsplit(door.settings.public_url).hostname or "localhost"
        document = eido.document(known, row, handoff, door.community, g.responder, now(),
                                 categories=handoff911.categories(row, said), element=host)  # fmt: skip
    answer = Response(json.dumps(document, ensure_ascii=False, indent=1), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="eido-{row.id}-{handoff.id}.json"'
    return answer


def ask(handoff_id: int) -> ResponseReturnValue:
    """Ask the resident by a fixed text."""
    return _act(handoff_id, lambda db, _, key, who, at: handoffs.ask(db, key, who, at), ring=True)


def consent(handoff_id: int) -> ResponseReturnValue:
    """Keep what the resident says."""
    given, message = request.form.get("consent", ""), number_given("message")
    return _act(handoff_id, lambda db, _, key, who, at: handoffs.consent(db, key, who, given, at, message))


def tell(handoff_id: int) -> ResponseReturnValue:
    """Keep that it was told just now."""
    form = request.form
    more: dict[str, Any] = {
        "reason": form.get("reason") or None,
        "reason_text": _words("reason_text"),
        "supervisor_id": number_given("supervisor"),
        "alone": form.get("alone") == "yes",
        "tell_resident": form.get("tell_resident") == "yes",
    }
    return _act(
        handoff_id,
        lambda db, door, key, who, at: handoffs.tell(db, door.community, key, who, at, **more),
        ring=more["tell_resident"],
    )


def answer(handoff_id: int) -> ResponseReturnValue:
    """Keep what they answered."""
    outcome, reference, words = request.form.get("outcome", ""), _words("reference"), _words("answer")
    return _act(
        handoff_id,
        lambda db, _, key, who, at: handoffs.answer(
            db, key, who, at, outcome=outcome, reference=reference, words=words
        ),
    )


def correct(handoff_id: int) -> ResponseReturnValue:
    """Add what a responder found out."""
    form, value = request.form, _words("value")
    more: dict[str, Any] = {"name": form.get("name", ""), "value": value, "confirmed": form.get("confirmed") == "yes",
            "asked": form.get("asked") == "yes"}  # fmt: skip
    return _act(handoff_id, lambda db, _, key, who, at: handoffs.correct(db, key, who, at, **more))


def close(handoff_id: int) -> ResponseReturnValue:
    """Put it away."""
    return _act(handoff_id, lambda db, _, key, who, at: handoffs.close(db, key, who, at))


def _act(handoff_id: int, do: Do, *, ring: bool = False) -> ResponseReturnValue:
    """Do one thing and show the page as it is then; what could not be done is said on it, with nothing changed."""
    door = guards.door()
    try:
        with door.database.begin() as session:
            do(session, door, handoff_id, g.responder, now())
            conversation_id = _found(session, handoff_id)[1].conversation_id
    except Refused as refused:
        if refused.code not in console_handoff_words.PROBLEMS:
            raise
        return _draw(handoff_id, "console/handoff.html", "shown", status=refused.status, problem=refused.code)
    door.bell.announce(conversation_id)
    if ring:
        door.bell.ring(conversation_id)
        door.bell.ring_for_texts(conversation_id)
    return redirect(url_for("console_handoff.shown", handoff_id=handoff_id), 303)


def _draw(handoff_id: int, template: str, act: str, *, status: int = 200, **more: object) -> tuple[str, int]:
    door, asked = guards.door(), request.args.get("script")
    language = asked if asked in {"en", "es"} else "en"
    with door.database.begin() as session:
        handoff, row = _found(session, handoff_id)
        page = _shown(session, door, handoff, row, language)
        handoff_packet.looked_at(session, handoff, g.responder, act, now())
    typed = [each.name for each in page.rows if each.name not in NOT_TYPED]
    made = render_template(
        template, page=page, town=door.community, typed=typed, digits=handoff_script.digits, script_in=language,
        drawn_at=now(), **more,
    )  # fmt: skip
    return made, status


def _found(session: Session, handoff_id: int) -> tuple[Handoff, Escalation]:
    handoff = session.get(Handoff, handoff_id)
    if handoff is None:
        raise Refused(404, "no_such_handoff")
    return handoff, session.get_one(Escalation, handoff.escalation_id)


def _known(
    session: Session, door: Door, handoff: Handoff, row: Escalation, said: Said
) -> tuple[list[Fact], str | None]:
    """The facts, with the number where this person may see it."""
    number = handoff_packet.number(session, door.settings.keys, handoff, row, g.responder, now())
    known = handoff_packet.known(handoff, row, said, g.responder, now())
    return handoff911.with_number(known, number), number


def _shown(session: Session, door: Door, handoff: Handoff, row: Escalation, language: str) -> Shown:
    said = handoff911.what_was_said(session, row)
    known, number = _known(session, door, handoff, row, said)
    kinds = handoff911.categories(row, said)
    theirs = handoff_packet.theirs(row, g.responder) or handoff.created_by == g.responder.id
    _, inside = handoff911.answering_point(door.community, handoff_script.zip_of(known))
    return Shown(
        handoff=handoff,
        escalation=row,
        script=_script(known, door.community, handoff.to, language),
        rows=[
            row_of(known, name)
            for name in handoff911.names_for(handoff.to)
            if name != NEED or handoff.to != handoff911.EMERGENCY or row_of(known, name).facts
        ],
        new=handoff_packet.since_told(handoff, row, said, g.responder, now()),
        outside=not inside,
        substance=handoff911.is_substance(kinds),
        private=handoff_packet.is_private(kinds),
        opted_out_or_unsafe=optout.why_no_text(session, row.conversation) is not None,
        may=theirs or handoffs.may_hand_over(session, row, g.responder),
        mine=row.owner_id == g.responder.id and row.status == escalations.CLAIMED,
        number=number,
        answers=_answers(session, handoff, row),
        supervisors=_supervisors(session),
        events=handoff_packet.events(session, handoff),
        newest=next((each.id for each in session.scalars(_inbound(row).limit(1))), 0),
    )


def row_of(known: Sequence[Fact], name: str) -> Row:
    """All that is known of one kind."""
    facts = [each for each in known if each.name == name and each.value is not None]
    return Row(name, handoff911.newest(known, name), facts)


def _script(known: Sequence[Fact], town: Community, to: str, language: str) -> Sequence[Any]:
    quoted = handoff911.newest(known, "what").language
    return [read_aloud(line, quoted) for line in handoff_script.script(known, town, language, to)]


def _answers(session: Session, handoff: Handoff, row: Escalation) -> list[Message]:
    """What the resident wrote since they were asked, or last, newest first."""
    wanted = _inbound(row)
    if handoff.asked_message_id is not None:
        wanted = wanted.where(Message.id > handoff.asked_message_id)
    return list(session.scalars(wanted.limit(MOST_ANSWERS)))


def _inbound(row: Escalation) -> Select[Message]:
    """What the resident wrote, newest first."""
    theirs = select(Message).where(Message.conversation_id == row.conversation_id, Message.direction == "in")
    return theirs.order_by(Message.id.desc())


def _supervisors(session: Session) -> list[Responder]:
    found = select(Responder).where(Responder.active, Responder.role.in_(escalations.SUPERVISING))
    return list(session.scalars(found.order_by(Responder.name)))


def _words(field: str) -> str | None:
    return request.form.get(field, "").replace("\x00", "").strip() or None
