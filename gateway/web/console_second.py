"""The second step of a log-in: a code of an app, a code on paper, or a passkey; a passkey alone is both steps."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import audit, challenges, credentials, log_ins, passkeys
from gateway.errors import Refused
from gateway.models import Challenge, KnownDevice, Responder
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_entry import (
    ACCOUNT,
    HALF,
    account,
    address,
    device_of,
    go,
    inside,
    let_in,
    pace,
    tries,
    welcome,
)

SECONDS = int(challenges.LIFE.total_seconds())


def add_routes(blueprint: Blueprint) -> None:
    """The second step's page and its answers."""
    add = blueprint.add_url_rule
    add("/log-in/second", "second", second)
    add("/log-in/second", "prove", prove, methods=["POST"])
    add("/log-in/passkey/options", "passkey_options", passkey_options, methods=["POST"])
    add("/log-in/passkey", "passkey", passkey, methods=["POST"])


def second() -> ResponseReturnValue:
    """Ask for the second step of the log-in that is half open in this browser."""
    with guards.door().database.begin() as db:
        row = _half(db)
        if row is None:
            return go(url_for("log_in.form", next=request.args.get("next"), late=1))
        return _page(db, row, request.args.get("next", ""))


def prove() -> ResponseReturnValue:
    """Check a code; on success the log-in is open."""
    wanted, code = request.form.get("next", ""), request.form.get("code", "")
    with guards.door().database.begin() as db:
        row = _half(db)
        who = db.get(Responder, row.responder_id) if row is not None and row.responder_id else None
        if row is None or who is None:
            return go(url_for("log_in.form", next=wanted or None, late=1))
        if challenges.failures(db, who.id, row.device_id, now()) >= challenges.MOST_FAILURES:
            return _page(db, row, wanted, "too_many"), 429, {"Retry-After": str(int(challenges.WITHIN.total_seconds()))}
        strength = _strength(db, who.id, code)
        if strength is None:
            return _failed(db, row, wanted)
        device = db.get(KnownDevice, row.device_id) if row.device_id else None
        token, kept = let_in(db, who, strength, request.cookies[HALF])
    tries().forgive(account(who.email, device))
    # Whoever came by paper has lost something: there they set it up again.
    there = ACCOUNT if strength == log_ins.RECOVERY else inside(wanted, who.role)
    return welcome(go(there), token, kept)


def passkey_options() -> ResponseReturnValue:
    """What the browser needs to show a passkey: of whoever gave the password, or of anybody."""
    pace()
    with guards.door().database.begin() as db:
        row = _half(db)
        return jsonify(passkeys.assert_options(db, site(), row.responder_id if row else None, now()))


def passkey() -> ResponseReturnValue:
    """Check a passkey; on success the log-in is open, without a password."""
    pace()
    sent: Any = request.get_json(silent=True)
    sent = sent if isinstance(sent, dict) else {}
    with guards.door().database.begin() as db:
        who = passkeys.prove(db, site(), str(sent.get("token", "")), sent.get("answer"), now())
        if who is not None:
            name = account(who.email, device_of(db, who.email))
            token, kept = let_in(db, who, log_ins.PASSKEY)
        else:
            audit.note(db, now(), "log_in_failed", "responder", None)
    if who is None:
        tries().failed(address())
        raise Refused(401, "passkey_refused")
    tries().forgive(name)
    return welcome(jsonify(to=inside(str(sent.get("next", "")), who.role)), token, kept)


def site() -> passkeys.Site:
    """The site that passkeys are for. Raises :class:`Refused` where the address has no name."""
    found = passkeys.site_of(guards.door().settings.public_url)
    if found is None:
        raise Refused(404, "no_passkeys_here")
    return found


def _strength(db: Session, responder_id: int, code: str) -> str | None:
    if credentials.totp_check(db, guards.door().settings.keys, responder_id, code, now()):
        return log_ins.TOTP
    return log_ins.RECOVERY if credentials.recovery_use(db, responder_id, code, now()) else None


def _failed(db: Session, row: Challenge, wanted: str) -> ResponseReturnValue:
    row.attempts += 1
    audit.note(db, now(), "second_factor_failed", "responder", row.responder_id)
    if row.attempts >= challenges.MOST_TRIES:
        return go(url_for("log_in.form", next=wanted or None, late=1))
    return _page(db, row, wanted, "wrong"), 401


def _half(db: Session) -> Challenge | None:
    return challenges.find(db, request.cookies.get(HALF, ""), challenges.SECOND_FACTOR, now())


def _page(db: Session, row: Challenge, wanted: str, problem: str | None = None) -> str:
    has = credentials.factors(db, row.responder_id or 0)
    site_known = passkeys.site_of(guards.door().settings.public_url) is not None
    return render_template(
        "console/second.html", next=wanted, problem=problem, has=has, passkeys=has.passkeys > 0 and site_known
    )
