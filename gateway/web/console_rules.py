"""What holds for every console page: form tokens, same origin, nothing cached, no script or style but our own."""

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from gateway.errors import Refused
from gateway.web import (
    account_words,
    console_handoff_words,
    console_inbox,
    console_language,
    console_menu,
    console_panels,
    console_picture_views,
    console_words,
    guards,
)
from gateway.web.console_evidence import marked
from gateway.web.console_handoff_views import in_town

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_csrf = CSRFProtect()


def apply_rules(blueprint: Blueprint) -> None:
    """Give a blueprint of the console its protections; call it right after the blueprint is made."""
    blueprint.record(_prepare)
    blueprint.before_request(refuse_forged)
    blueprint.before_request(drop_nuls)
    blueprint.after_request(harden)
    blueprint.context_processor(console_words.for_templates)


def refuse_forged() -> None:
    """Refuse a state change that did not come from one of our own pages. Raises :class:`Refused` with 403.

    Three checks, each enough for most browsers: what the browser says of the request's origin, the form token, and
    (by the cookie itself) SameSite=Lax. With ``no-referrer`` browsers send ``Origin: null`` for plain forms, so that
    value decides nothing by itself.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = {guards.door().settings.public_url, request.host_url.rstrip("/")}
    if site not in {None, "same-origin"} or (origin not in {None, "null"} and origin not in ours):
        raise Refused(403, "other_origin")
    try:
        _csrf.protect()
    except CSRFError:
        raise Refused(403, "form_expired") from None


def drop_nuls() -> None:
    """Take NUL characters out of what was sent: no column holds one, and no field means one."""
    request.args, request.form = _without_nuls(request.args), _without_nuls(request.form)


def harden(response: Response) -> Response:
    """Set the headers of a page that shows what residents wrote."""
    response.headers.setdefault("Content-Security-Policy", POLICY)  # a picture of a resident's has a stricter one
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.vary.add("HX-Request")
    return response


def _prepare(state: BlueprintSetupState) -> None:
    app = state.app
    if "csrf" in app.extensions:
        return
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # Twilio and the chat have their own proofs; the console asks for itself
        WTF_CSRF_TIME_LIMIT=None,  # a page open all night must still be able to claim
        WTF_CSRF_SSL_STRICT=False,  # asks for a Referer, which our own policy never sends; the origin is checked above
    )
    _csrf.init_app(app)
    console_language.set_up(app)
    app.jinja_env.globals.update(
        handing=console_handoff_words.WORDS,
        inbox=console_inbox.inbox,
        role_names=account_words.ROLES,
        time_zone=lambda: guards.door().community.time_zone,
        broadcasts=console_inbox.unread,
        menu=console_menu.menu,
        picture_words=console_picture_views.words,
        panel_scripts=console_panels.scripts,
        panel_sheets=console_panels.sheets,
    )
    app.jinja_env.filters["in_town"] = in_town
    app.jinja_env.filters["town_clock"] = lambda at: at.astimezone(guards.door().community.clock)
    app.jinja_env.filters["marked"] = marked


def _without_nuls(sent: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    cells = [(name.replace("\x00", ""), cell.replace("\x00", "")) for name, cell in sent.items(multi=True)]
    return ImmutableMultiDict(cells)
