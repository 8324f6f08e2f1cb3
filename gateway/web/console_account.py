"""One's own account: what proves who one is, where one is logged in, the phone, the language of the console."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from gateway import audit, challenges, credentials, log_ins, passkeys, phones
from gateway.errors import Refused
from gateway.models import LogIn, Responder
from gateway.web import account_words, guards
from gateway.web.clock import now
from gateway.web.console_entry import ACCOUNT, COOKIE, go, keep
from gateway.web.console_rules import apply_rules
from gateway.web.console_second import site

LOCALES = ("en", "es")
Drawn = tuple[str, int]


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The account, for everybody inside, also for who has yet to set a second factor up."""
    blueprint = guards.blueprint("console_account", guard=guards.enrolling, url_prefix=ACCOUNT)
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("", "account", account)
    for path, name, act in (
        ("/app", "app_begin", app_begin),
        ("/app/confirm", "app_confirm", app_confirm),
        ("/app/remove", "app_remove", app_remove),
        ("/codes", "codes", codes),
        ("/passkeys/options", "passkey_options", passkey_options),
        ("/passkeys", "passkey_add", passkey_add),
        ("/passkeys/<int:passkey_id>/remove", "passkey_remove", passkey_remove),
        ("/log-ins/<int:log_in_id>/end", "end", end),
        ("/log-ins/others", "end_others", end_others),
        ("/password", "password", password),
        ("/phone", "phone", phone),
        ("/phone/confirm", "phone_confirm", phone_confirm),
        ("/phone/remove", "phone_remove", phone_remove),
        ("/language", "language", language),
    ):
        blueprint.add_url_rule(path, name, act, methods=["POST"])
    return blueprint


def account() -> ResponseReturnValue:
    """The page."""
    done = request.args.get("done", "")
    return _draw(done=done if done in account_words.DONE else "")


def app_begin() -> ResponseReturnValue:
    """Show the secret for an authenticator app."""
    if late := _stale():
        return late
    with _session() as db:
        token, secret = credentials.totp_begin(db, _keys(), g.responder, now())
    return _draw(app=_app(token, secret))


def app_confirm() -> ResponseReturnValue:
    """Take the app into use, and give codes for the day it is lost."""
    if late := _stale():
        return late
    token = request.form.get("token", "")
    with _session() as db:
        right = credentials.totp_confirm(db, _keys(), g.responder, token, request.form.get("code", ""), now())
        secret = None if right else credentials.totp_pending(db, _keys(), g.responder, token, now())
        shown = _first_codes(db) if right else []
        renewed = _strengthen(db, log_ins.TOTP) if right else None
    if right:
        return _renewed(_draw(codes=shown, done="app"), renewed)
    if secret is None:
        return _draw(problem="app_late", status=400)
    return _draw(problem="app_wrong", status=400, app=_app(token, secret))


def app_remove() -> ResponseReturnValue:
    """Use the app no more."""
    return _change("app_removed", lambda db: credentials.totp_remove(db, g.responder, now(), required=_required()))


def codes() -> ResponseReturnValue:
    """New codes on paper, shown once; only beside a second factor."""
    if late := _stale():
        return late
    with _session() as db:
        if not credentials.factors(db, g.responder.id).any:
            raise Refused(409, "no_factor")
        shown = credentials.recovery_make(db, g.responder, now())
    return _draw(codes=shown)


def passkey_options() -> ResponseReturnValue:
    """What the browser needs to make a passkey."""
    if _stale():
        raise Refused(403, "log_in_again")
    with _session() as db:
        return jsonify(passkeys.register_options(db, site(), g.responder, now()))


def passkey_add() -> ResponseReturnValue:
    """Keep a passkey that the browser made."""
    sent: Any = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise Refused(400, "passkey_refused")
    token, name = str(sent.get("token", "")), str(sent.get("name", ""))
    with _session() as db:
        passkeys.register(db, site(), g.responder, token, sent.get("answer"), name, now())
        renewed = _strengthen(db, log_ins.PASSKEY)
    return _renewed(jsonify(to=url_for("console_account.account", done="passkey")), renewed)


def passkey_remove(passkey_id: int) -> ResponseReturnValue:
    """Use a passkey no more."""
    return _change(
        "passkey_removed", lambda db: passkeys.remove(db, g.responder, passkey_id, now(), required=_required())
    )


def end(log_in_id: int) -> ResponseReturnValue:
    """Log out elsewhere."""
    with _session() as db:
        log_ins.revoke(db, g.responder, log_in_id, now())
    return _done("ended")


def end_others() -> ResponseReturnValue:
    """Log out everywhere else."""
    with _session() as db:
        log_ins.revoke_all(db, g.responder.id, now(), g.responder.id, keep=g.log_in, reason="ended")
    return _done("ended")


def password() -> ResponseReturnValue:
    """Set another password; every other log-in ends."""
    try:
        with _session() as db:
            form = request.form
            log_ins.change_password(db, g.responder, form.get("old", "")[:1024], form.get("new", ""), now())
            log_ins.revoke_all(db, g.responder.id, now(), g.responder.id, keep=g.log_in, reason="password")
    except Refused as refused:
        return _problem(refused)
    return _done("password")


def phone() -> ResponseReturnValue:
    """Keep a number and send a code there."""
    if late := _stale():
        return late
    try:
        with _session() as db:
            token = phones.begin(db, _keys(), g.responder, request.form.get("number", "")[:40], now())
    except Refused as refused:
        return _problem(refused)
    return _draw(phone_token=token)


def phone_confirm() -> ResponseReturnValue:
    """Take the phone into use."""
    token, code = request.form.get("token", ""), request.form.get("code", "")
    try:
        with _session() as db:
            right = phones.confirm(db, _keys(), g.responder, token, code, now())
            again = challenges.find(db, token, challenges.PHONE, now(), g.responder.id) is not None
    except Refused as refused:
        return _problem(refused)
    if right:
        return _done("phone")
    return _draw(problem="phone_wrong" if again else "phone_late", status=400, phone_token=token if again else None)


def phone_remove() -> ResponseReturnValue:
    """Use no phone any more."""
    return _change("phone_removed", lambda db: phones.remove(db, g.responder, now()))


def language() -> ResponseReturnValue:
    """The language of one's console."""
    wanted = request.form.get("locale", "")
    if wanted not in LOCALES:
        raise Refused(400, "unknown_language")
    with _session() as db:
        db.get_one(Responder, g.responder.id).locale = wanted
        audit.note(db, now(), "locale", "responder", g.responder.id, g.responder.id, locale=wanted)
    return _done("language")


def _change(done: str, act: Callable[[Session], None]) -> ResponseReturnValue:
    if late := _stale():
        return late
    try:
        with _session() as db:
            act(db)
    except Refused as refused:
        return _problem(refused)
    return _done(done)


def _problem(refused: Refused) -> ResponseReturnValue:
    if refused.code not in account_words.PROBLEMS:
        raise refused
    return _draw(problem=refused.code, status=refused.status)


def _done(what: str) -> ResponseReturnValue:
    return go(url_for("console_account.account", done=what))


def _stale() -> ResponseReturnValue | None:
    """What proves who somebody is may be changed only shortly after they proved it (OWASP ASVS 5, V7.5.1)."""
    return None if _fresh() else go(url_for("log_in.form", next=ACCOUNT, again=1))


def _fresh() -> bool:
    age: timedelta = now() - g.log_in.created_at
    return age < log_ins.FRESH


def _strengthen(db: Session, strength: str) -> str | None:
    """Who came by password alone has proved more now."""
    if g.log_in.strength != log_ins.PASSWORD:
        return None
    return log_ins.strengthen(db, request.cookies.get(COOKIE, ""), strength, now())


def _renewed(answer: Any, token: str | None) -> ResponseReturnValue:
    from flask import make_response  # noqa: PLC0415

    made = make_response(answer)
    if token is not None:
        keep(made, COOKIE, token, int(log_ins.LONGEST.total_seconds()))
    return made


def _first_codes(db: Session) -> list[str]:
    return [] if credentials.factors(db, g.responder.id).codes else credentials.recovery_make(db, g.responder, now())


def _app(token: str, secret: str) -> dict[str, Any]:
    drawn = BytesIO()
    code = segno.make(credentials.totp_uri(secret, g.responder), error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, svgclass="qr", lineclass=None, border=4)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return {"token": token, "secret": spaced, "qr": Markup(drawn.getvalue().decode())}  # noqa: S704 - segno's own


def _draw(*, status: int = 200, **more: object) -> Drawn:
    settings = guards.door().settings
    with _session() as db:
        who = db.get_one(Responder, g.responder.id)
        log_in = db.get_one(LogIn, g.log_in.id)
        has = credentials.factors(db, who.id)
        strong = not (_required() and log_in.strength == log_ins.PASSWORD)
        page = render_template(
            "console/account.html", who=who, has=has, here=log_in.id, strong=strong, fresh=_fresh(),
            frame=_frame(strong=strong, role=who.role), keys=passkeys.of(db, who.id),
            log_ins=log_ins.living(db, who.id, now()), phone_ends=phones.shown(settings.keys, who),
            named_site=passkeys.site_of(settings.public_url) is not None, required=_required(),
            naming=account_words.WORDS, **more,
        )  # fmt: skip
    return page, status


def _frame(*, strong: bool, role: str) -> str:
    """The frame with the live view for who answers residents, the directory's for its editors, else a bare one."""
    if not strong:
        return "console/page.html"
    return "console/inside.html" if role in guards.RESPONDERS else "console/directory_frame.html"


def _required() -> bool:
    return guards.must_be_strong()


def _keys() -> Any:
    return guards.door().settings.keys


def _session() -> Any:
    return guards.door().database.begin()
