"""The web edge: registers every blueprint, turns our exceptions into HTTP in one place, sets the common headers."""

import logging

from flask import Flask, Response, g, jsonify, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway.db import GONE
from gateway.errors import Conflict, Refused

log = logging.getLogger(__name__)

NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def register(app: Flask) -> None:
    """Open all doors of this process, each with its guard."""
    # They need the guards of a built door.
    from gateway.web import (  # noqa: PLC0415
        api,
        chat,
        chat_move,
        chat_pictures,
        console,
        health,
        pages,
        referral,
        sms,
        static_files,
        team,
        voice,
    )

    doors = (health, sms, voice, chat, chat_move, chat_pictures, console, pages, api, referral, team, static_files)
    for module in doors:
        made = module.make()
        for blueprint in made if isinstance(made, list) else [made]:
            app.register_blueprint(blueprint)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    for down in GONE:
        app.register_error_handler(down, _store_down)
    app.register_error_handler(OSError, _nowhere_to_keep)
    app.after_request(_headers)


def _refused(failure: Refused) -> tuple[Response | str, int, dict[str, str]]:
    log.info("refused", extra={"status": failure.status, "code": failure.code, "route": _route()})
    owner = failure.owner if isinstance(failure, Conflict) else None
    again = {"Retry-After": str(failure.after)} if failure.after else {}
    return _say(failure.status, failure.code, owner), failure.status, again


def _http(failure: HTTPException) -> tuple[Response | str, int, dict[str, str]]:
    status = failure.code or 500
    # RFC 9110, 15.5.6: who may not do this is told what may be done.
    allowed = {"Allow": ", ".join(failure.valid_methods or ())} if isinstance(failure, MethodNotAllowed) else {}
    return _say(status, failure.name.lower().replace(" ", "_")), status, allowed


def _store_down(failure: SQLAlchemyError) -> tuple[Response | str, int]:
    log.error("store unavailable", extra={"route": _route(), "reason": _kind(failure)})
    return _say(503, "store_unavailable"), 503


def _kind(failure: SQLAlchemyError) -> str:
    """What the driver calls it (a lock, a lost connection, ...); never its text, which may hold values."""
    return type(getattr(failure, "orig", None) or failure).__name__


def _nowhere_to_keep(failure: OSError) -> tuple[Response | str, int]:
    """Neither Postgres nor the disk took the message: no 2xx, so that Twilio goes to its fallback URL."""
    log.critical("message could not be kept: %s", type(failure).__name__, extra={"route": _route()})
    return _say(503, "not_kept"), 503


def _say(status: int, code: str, owner: str | None = None) -> Response | str:
    blueprint = request.blueprint or ""
    if blueprint in {"sms", "voice"}:
        return Response(status=status)
    if blueprint.startswith(("console", "log_in")) and request.accept_mimetypes.accept_html:
        return render_template("console/refused.html", status=status, code=code, owner=owner)
    return jsonify(error=code, owner=owner) if owner else jsonify(error=code)


def _route() -> str:
    """The rule, not the path: a path may carry a token or an id."""
    return str(request.url_rule) if request.url_rule else "none"


def _headers(response: Response) -> Response:
    # Of a part of a page nobody asks what a page may do, and a resident with a slow line waits for each byte.
    for name, value in (NO_SNIFFING if "part_of_page" in g else NO_SNIFFING | PAGE_HEADERS).items():
        response.headers.setdefault(name, value)
    return response
