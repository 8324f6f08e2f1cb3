"""The page of a team that is out: what is needed and nothing of the thread; big buttons, and no script needed."""

import secrets
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import dispatch_facts, dispatch_presses, dispatch_states, dispatch_telling, dispatches, texts
from gateway.dispatch_facts import DISPOSITIONS
from gateway.dispatch_presses import LONGEST_ETA, OUTCOME, SUPPLIES, Press
from gateway.errors import Conflict, Refused
from gateway.models import Dispatch, DispatchEvent, DispatchLink, Escalation, TeamMember
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.team_words import WORDS

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
STEPS = ("accept", "go", "arrive", "destination")  # the one step on that most take; others stand beside it


def make() -> Blueprint:
    """The page, its presses, and whether there is news."""
    blueprint = guards.blueprint("team", guard=guards.team_link)
    blueprint.after_request(_harden)
    blueprint.register_error_handler(Refused, _gone)
    blueprint.add_url_rule("/t/<token>", "page", page)
    blueprint.add_url_rule("/t/<token>", "press", press, methods=["POST"])
    blueprint.add_url_rule("/t/<token>/mark", "mark", mark)
    return blueprint


def page(token: str) -> ResponseReturnValue:
    """The dispatch as it is now. Looking changes nothing: programs open links by themselves."""
    return _draw(token)


def mark(token: str) -> ResponseReturnValue:
    """What changes whenever the page does, for a page that is open."""
    del token
    with guards.door().database.begin() as session:
        return jsonify(mark=_mark(session.get_one(Dispatch, g.link.dispatch_id)))


def press(token: str) -> ResponseReturnValue:
    """Do what was pressed, and show what is true then; what could not be done is said, and nothing was changed."""
    door = guards.door()
    try:
        with door.database.begin() as session:
            link = session.get_one(DispatchLink, g.link.id)
            found = dispatch_presses.press(session, door.community, link, _pressed(), now())
            link.opened_at = link.opened_at or now()  # not before the locks of the conversation
            conversation_id, over = found[2].id, found[0].state == dispatch_states.CLEAR
    except Conflict:
        return _draw(token, status=409, problem="too_late")
    except Refused as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            raise
        return _draw(token, status=400, problem="bad_press")
    for ring in (door.bell.announce, door.bell.ring, door.bell.ring_for_texts):
        ring(conversation_id)
    if over:
        return _draw(token)
    return redirect(url_for("team.page", token=token, language=request.args.get("language")), 303)


def _pressed() -> Press:
    form = request.form
    eta = form.get("eta", "").strip()
    if eta and (not eta.isdecimal() or len(eta) > len(str(LONGEST_ETA))):
        raise Refused(400, "unknown_press")
    shown = form.get("version", "")
    return Press(
        verb=form.get("verb", ""),
        key=form.get("press", "").replace("\x00", "") or secrets.token_hex(8),
        version=int(shown) if shown.isdecimal() and len(shown) < 9 else 0,  # noqa: PLR2004 - as the column holds
        eta=int(eta) if eta else None,
        disposition=form.get("disposition"),
        supplies=tuple(form.getlist("supplies")),
        outcome=dict.fromkeys(form.getlist("outcome"), True),
    )


def _draw(token: str, *, status: int = 200, problem: str | None = None) -> ResponseReturnValue:
    with guards.door().database.begin() as session:
        dispatch = session.get_one(Dispatch, g.link.dispatch_id)
        row = session.get_one(Escalation, dispatch.escalation_id)
        member = session.get_one(TeamMember, g.link.member_id)
        language = _language(dispatch_telling.language_of(member.languages))
        may = dispatch_states.team_may(dispatch.state)
        made = render_template(
            "team/page.html", it=dispatch, code=dispatch_telling.code(row), say=_say(language), language=language,
            other=next(each for each in texts.LANGUAGES if each != language), token=token, problem=problem,
            mark=_mark(dispatch), changed=_changed(session, dispatch), may=may,
            step=next((verb for verb in STEPS if verb in may), None), presses=lambda: secrets.token_hex(8),
            stopped=_stopped(dispatch), sos=dispatches.sos_open(dispatch), dispositions=DISPOSITIONS,
            supplies=SUPPLIES, outcome=OUTCOME, is_ok=_said_ok_last(session, dispatch),
        )  # fmt: skip
    return make_response(made, status)


def _changed(session: Session, dispatch: Dispatch) -> frozenset[str]:
    """What was changed since the team last said that it saw the page; nothing before it ever did."""
    if not dispatch.seen_version:
        return frozenset()
    found = session.scalars(
        select(DispatchEvent.detail).where(
            DispatchEvent.dispatch_id == dispatch.id,
            DispatchEvent.version > dispatch.seen_version,
            DispatchEvent.detail["act"].astext == "edit",
        )
    )
    names = {name for detail in found for name in detail.get("changed", ())} & dispatch_facts.TEAM_IS_TOLD
    return frozenset("place" if name.startswith("place") else name for name in names)


def _said_ok_last(session: Session, dispatch: Dispatch) -> bool:
    """Whether the last thing that the team pressed was that they are OK: they must see that it was heard."""
    newest = (
        select(DispatchEvent.detail["act"].astext)
        .where(DispatchEvent.dispatch_id == dispatch.id, DispatchEvent.by == dispatches.TEAM)
        .order_by(DispatchEvent.id.desc())
        .limit(1)
    )
    return session.scalar(newest) == "check_in"


def _stopped(dispatch: Dispatch) -> str | None:
    if dispatch.state == dispatch_states.CANCELLED:
        return "stop_cancelled"
    if dispatch.state != dispatch_states.DECLINED:
        return None
    return "stop_resident" if dispatch.resident_declined_at else "stop_team"


def _mark(dispatch: Dispatch) -> str:
    return f"{dispatch.version}.{dispatch.state}.{int(dispatches.sos_open(dispatch))}"


def _say(language: str) -> Callable[[str], str]:
    return lambda key: WORDS[key][language] if key in WORDS else key.replace("_", " ")


def _language(theirs: str) -> str:
    asked = request.args.get("language", "")
    return asked if asked in texts.LANGUAGES else theirs


def _gone(_refused: Refused) -> ResponseReturnValue:
    language = request.accept_languages.best_match(texts.LANGUAGES) or "en"
    return make_response(render_template("team/gone.html", language=language, say=_say(language)), 404)


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
