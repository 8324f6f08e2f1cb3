"""The console's door: the log-in page, and the limit on how often it may be tried."""

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from gateway import log_ins
from gateway.door import Door
from gateway.errors import Refused
from gateway.web import guards
from gateway.web.console_rules import apply_rules

log = logging.getLogger(__name__)

COOKIE = "fd_log_in"
TRIES = "log_in_tries"
PATIENCE: dict[str, Any] = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
# OWASP ASVS 5, V6.3.1. Per account and address, so that a stranger elsewhere cannot lock out somebody on duty.
PER_ACCOUNT = RateLimitItemPerMinute(5, 5)
# One address that tries many accounts (a shelter's or a county's whole office may share one address).
PER_ADDRESS = RateLimitItemPerMinute(60, 5)


class Tries:
    """Counts tries in Redis, for all processes together; in this process alone while Redis is down."""

    def __init__(self, redis_url: str) -> None:
        self._shared = MovingWindowRateLimiter(RedisStorage(redis_url, **PATIENCE))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def take(self, account: str, address: str) -> bool:
        """Use up one try of this account; false when none is left, or when its address failed too often."""
        return self._either("test", PER_ADDRESS, "address", address) and self._either(
            "hit", PER_ACCOUNT, "account", account
        )

    def failed(self, address: str) -> None:
        """Only failures count against an address: many people may share it."""
        self._either("hit", PER_ADDRESS, "address", address)

    def forgive(self, account: str) -> None:
        """The right password: earlier slips no longer count."""
        for limiter in (self._shared, self._own):
            try:
                limiter.clear(PER_ACCOUNT, "account", account)
            except RedisError:
                log.warning("log-in tries are counted in this process alone")

    def _either(self, verb: str, limit: RateLimitItem, *identifiers: str) -> bool:
        try:
            return bool(getattr(self._shared, verb)(limit, *identifiers))
        except RedisError:
            return bool(getattr(self._own, verb)(limit, *identifiers))


def make() -> Blueprint:
    """The log-in page, open to the public."""
    blueprint = guards.blueprint("log_in", guard=guards.public, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.get("/log-in", endpoint="form")(form)
    blueprint.post("/log-in", endpoint="enter")(enter)
    return blueprint


def make_way_out() -> Blueprint:
    """Logging out, for everybody who is logged in, whatever they may read."""
    blueprint = guards.blueprint("console_log_out", guard=guards.logged_in, url_prefix="/console")
    apply_rules(blueprint)
    blueprint.post("/log-out", endpoint="log_out")(log_out)
    return blueprint


def _prepare(state: BlueprintSetupState) -> None:
    door: Door = state.app.extensions["front_door"]
    state.app.extensions[TRIES] = Tries(door.settings.redis_url)


def form() -> ResponseReturnValue:
    """Show the log-in page."""
    return _page(request.args.get("next", ""))


def enter() -> ResponseReturnValue:
    """Check the password; on success give the browser a new token and go where it wanted to go."""
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    keys = guards.door().settings.keys
    address = keys.hash(request.remote_addr or "unknown")
    account = keys.hash(f"{email.strip().casefold()} {request.remote_addr}")
    tries: Tries = current_app.extensions[TRIES]
    if not tries.take(account, address):
        log.warning("log-in limited")
        return _page(wanted, email, "too_many"), 429, {"Retry-After": "300"}
    try:
        token = _log_in(email, request.form.get("password", ""))
    except Refused as refusal:
        if refusal.status != 401:  # noqa: PLR2004 - HTTP: wrong password, as opposed to too busy
            raise
        tries.failed(address)
        return _page(wanted, email, "wrong"), 401
    tries.forgive(account)
    session.clear()  # a form token that somebody planted before the log-in is worthless after it
    answer = make_response(redirect(_inside(wanted), 303))
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(log_ins.LONGEST.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=guards.door().settings.public_url.startswith("https://"),
        path="/",
    )
    return answer


def log_out() -> ResponseReturnValue:
    """End this log-in, here and on the server."""
    with guards.door().database.begin() as db:
        log_ins.log_out(db, request.cookies.get(COOKIE, ""), datetime.now(UTC))
    answer = make_response(redirect(url_for("log_in.form"), 303))
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return answer


def _log_in(email: str, password: str) -> str:
    """Open a log-in. Raises :class:`Refused`, after writing the failure down in a transaction of its own."""
    database, now = guards.door().database, datetime.now(UTC)
    try:
        with database.begin() as db:
            return log_ins.log_in(db, email, password, now)
    except Refused:
        with database.begin() as db:
            log_ins.note_failure(db, email, now)
        raise


def _page(wanted: str, email: str = "", problem: str | None = None) -> str:
    return render_template("console/log_in.html", next=wanted, email=email, problem=problem)


def _inside(wanted: str) -> str:
    """Where to go after the log-in: a page of the console, never another site."""
    parts = urlsplit(wanted)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/console/") and "\\" not in wanted
    return parts.path if inside else url_for("console.queue")
