"""Log in by the town's own log-in, where there is one (OpenID Connect)."""

import logging

from flask import Blueprint, current_app, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from gateway import audit, challenges, log_ins, outside
from gateway.clients.oidc import Person, TownLogIn
from gateway.door import Door
from gateway.errors import OutsideLogInFailed, Refused
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_entry import go, inside, keep, let_in, pace, welcome

log = logging.getLogger(__name__)

COOKIE, TOWN = "fd_outside", "town_log_in"
LONGEST = 2_048


def add_routes(blueprint: Blueprint) -> None:
    """The way out to the town's log-in, and the way back; 404 where there is none."""
    blueprint.record(_prepare)
    blueprint.add_url_rule("/log-in/oidc", "outside", leave)
    blueprint.add_url_rule("/log-in/oidc/back", "outside_back", come_back)


def leave() -> ResponseReturnValue:
    """Send the browser to the town's log-in."""
    town, keys = _town(), guards.door().settings.keys
    pace()
    with guards.door().database.begin() as db:
        state = challenges.begin(db, challenges.OIDC, now())
    try:
        asked = town.ask(_back(), state)
    except OutsideLogInFailed as failure:
        return _failed(failure)
    with guards.door().database.begin() as db:
        row = challenges.find(db, state, challenges.OIDC, now())
        if row is not None:
            row.challenge = keys.seal(f"{asked.nonce} {asked.verifier} {request.args.get('next', '')[:200]}")
    answer = go(asked.url)
    keep(answer, COOKIE, state, int(challenges.LIFE.total_seconds()))
    return answer


def come_back() -> ResponseReturnValue:
    """Let in whom the town's log-in let in, if they are known here."""
    town, state = _town(), request.args.get("state", "")
    # Only the browser that left may come back: else a stranger's log-in could be put into it.
    if not state or state != request.cookies.get(COOKIE, ""):
        return go(url_for("log_in.form", late=1))
    with guards.door().database.begin() as db:
        row = challenges.find(db, state, challenges.OIDC, now())
        kept = guards.door().settings.keys.open(row.challenge) if row is not None and row.challenge else None
        if row is not None:
            row.used_at = now()
    if kept is None:
        return go(url_for("log_in.form", late=1))
    nonce, verifier, wanted = kept.split(" ", 2)
    try:
        found = town.answer(_back(), request.args.get("code", "")[:LONGEST], nonce, verifier)
    except OutsideLogInFailed as failure:
        return _failed(failure)
    return _let_in(found, wanted)


def _let_in(found: Person, wanted: str) -> ResponseReturnValue:
    with guards.door().database.begin() as db:
        who = outside.match(db, found.issuer, found.subject, found.email, now(), verified=found.email_verified)
        if who is None:
            audit.note(db, now(), "log_in_failed", "responder", None, by="oidc")
        else:
            token, kept = let_in(db, who, log_ins.OIDC)
    answer = go(url_for("log_in.form", not_here=1)) if who is None else go(inside(wanted, who.role))
    if who is not None:
        answer = welcome(answer, token, kept)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return answer


def _failed(failure: OutsideLogInFailed) -> ResponseReturnValue:
    log.warning("the town's log-in failed", extra={"reason": str(failure)})
    return go(url_for("log_in.form", outside=1))


def _town() -> TownLogIn:
    found: TownLogIn | None = current_app.extensions[TOWN]
    if found is None:
        raise Refused(404, "not_found")
    return found


def _back() -> str:
    # The configured address, never the Host header: that one is the sender's to choose.
    return guards.door().settings.public_url + url_for("log_in.outside_back")


def _prepare(state: BlueprintSetupState) -> None:
    door: Door = state.app.extensions["front_door"]
    given = door.settings.oidc
    state.app.extensions[TOWN] = TownLogIn(given.issuer, given.client_id, given.client_secret) if given else None
