"""The console's door: the log-in page, and the way out."""

import logging
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from gateway import credentials, log_ins, passkeys
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import KnownDevice
from gateway.web import console_outside, console_second, guards
from gateway.web.clock import now
from gateway.web.console_entry import (
    COOKIE,
    HALF,
    TRIES,
    account,
    address,
    device_of,
    go,
    inside,
    keep,
    let_in,
    tries,
    welcome,
)
from gateway.web.console_rules import apply_rules
from gateway.web.console_tries import Tries

__all__ = ["COOKIE", "TRIES", "Tries", "make", "make_way_out"]

log = logging.getLogger(__name__)

WRONG = 401
TOLD = ("late", "again", "not_here", "outside")


@dataclass(frozen=True)
class Step:
    """What a right password opened: a log-in, or half of one."""

    token: str
    role: str
    half: bool
    device: str | None = None


def make() -> Blueprint:
    """The log-in page and its second step, open to the public."""
    blueprint = guards.blueprint("log_in", guard=guards.public, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.get("/log-in", endpoint="form")(form)
    blueprint.post("/log-in", endpoint="enter")(enter)
    console_second.add_routes(blueprint)
    console_outside.add_routes(blueprint)
    return blueprint


def make_way_out() -> Blueprint:
    """Logging out, for everybody who is logged in, whatever they may read."""
    blueprint = guards.blueprint("console_log_out", guard=guards.enrolling, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.post("/log-out", endpoint="log_out")(log_out)
    return blueprint


def _prepare(state: BlueprintSetupState) -> None:
    door: Door = state.app.extensions["front_door"]
    state.app.extensions[TRIES] = Tries(door.settings.redis_url)


def form() -> ResponseReturnValue:
    """Show the log-in page."""
    told = next((each for each in TOLD if each in request.args), None)
    return _page(request.args.get("next", ""), problem=told)


def enter() -> ResponseReturnValue:
    """Check the password; then in, or on to the second step."""
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    with guards.door().database.begin() as db:
        device = device_of(db, email)
    name = account(email, device)
    if wait := tries().take(name, None if device else address()):
        log.warning("log-in limited")
        return _page(wanted, email, "too_many", minutes=-(-wait // 60)), 429, {"Retry-After": str(wait)}
    try:
        step = _first_step(email, request.form.get("password", ""), device)
    except Refused as refusal:
        if refusal.status != WRONG:
            raise
        tries().failed(address())
        return _page(wanted, email, "wrong"), WRONG
    if step.half:
        answer = go(url_for("log_in.second", next=wanted or None))
        keep(answer, HALF, step.token, console_second.SECONDS)
        return answer
    tries().forgive(name)
    return welcome(go(inside(wanted, step.role)), step.token, step.device)


def log_out() -> ResponseReturnValue:
    """End this log-in, here and on the server."""
    with guards.door().database.begin() as db:
        log_ins.log_out(db, request.cookies.get(COOKIE, ""), now())
    answer = redirect(url_for("log_in.form"), 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return answer


def _first_step(email: str, password: str, device: KnownDevice | None) -> Step:
    """Check the password. Raises :class:`Refused`, after writing the failure down in a transaction of its own."""
    database = guards.door().database
    try:
        with database.begin() as db:
            who = log_ins.prove(db, email, password)
            if credentials.factors(db, who.id).any:
                return Step(log_ins.half(db, who, now(), device), who.role, half=True)
            token, kept = let_in(db, who, log_ins.PASSWORD)
            return Step(token, who.role, half=False, device=kept)
    except Refused:
        with database.begin() as db:
            log_ins.note_failure(db, email, now())
        raise


def _page(wanted: str, email: str = "", problem: str | None = None, minutes: int = 0) -> str:
    settings = guards.door().settings
    return render_template(
        "console/log_in.html", next=wanted, email=email, problem=problem, minutes=minutes,
        passkeys=passkeys.site_of(settings.public_url) is not None, oidc=settings.oidc is not None,
    )  # fmt: skip
