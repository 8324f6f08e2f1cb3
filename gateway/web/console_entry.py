"""What every way into the console shares: whose try it is, how many are left, and the cookies of who came in."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, request, session, url_for
from sqlalchemy.orm import Session

from gateway import devices, log_ins
from gateway.errors import Refused
from gateway.models import KnownDevice, Responder
from gateway.models.people import EDITOR
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_tries import Tries
from gateway.web.limiting import whose

COOKIE, DEVICE, HALF = "fd_log_in", "fd_device", "fd_half"
DIRECTORY, ACCOUNT = "/console/directory", "/console/account"
TRIES = "log_in_tries"


def tries() -> Tries:
    """The tries of this application."""
    found: Tries = current_app.extensions[TRIES]
    return found


def address() -> str:
    """Where the request comes from, as a keyed hash."""
    return guards.door().settings.keys.hash(str(whose(request.remote_addr)))


def device_of(db: Session, email: str) -> KnownDevice | None:
    """This browser, if the account logged in here before."""
    return devices.find(db, request.cookies.get(DEVICE, ""), log_ins.plain(email), now())


def account(email: str, device: KnownDevice | None) -> str:
    """Under which name tries of an account are counted: by where they come from, or by the known browser."""
    where = f"device {device.id}" if device else str(whose(request.remote_addr))
    return guards.door().settings.keys.hash(f"{log_ins.plain(email)} {where}")


def pace() -> None:
    """Let through who does not look at the door too often from one address, and every known browser.

    Raises :class:`Refused` with 429.
    """
    with guards.door().database.begin() as db:
        known = devices.known(db, request.cookies.get(DEVICE, ""), now())
    if not known and (wait := tries().knock(address())):
        raise Refused(429, "too_many_tries", wait)


def let_in(db: Session, responder: Responder, strength: str, half: str | None = None) -> tuple[str, str]:
    """Open a log-in, and know this browser from now on; returns the token of each.

    Raises :class:`Refused` when ``half`` was ended meanwhile.
    """
    at, user_agent = now(), request.headers.get("User-Agent", "")
    device, kept = devices.seen(db, request.cookies.get(DEVICE, ""), responder, at)
    if half is None:
        return log_ins.open_(db, responder, strength, at, device, user_agent), kept
    return log_ins.enter(db, half, strength, at, device, user_agent), kept


def welcome(answer: Response, token: str, device: str | None = None) -> Response:
    """Give the browser its cookies; whatever was planted before is worthless from now on."""
    session.clear()
    keep(answer, COOKIE, token, int(log_ins.LONGEST.total_seconds()))
    if device is not None:
        keep(answer, DEVICE, device, int(devices.KNOWN_FOR.total_seconds()))
    answer.delete_cookie(HALF, path="/", httponly=True, samesite="Lax")
    return answer


def keep(answer: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads and no other site sends."""
    secure = guards.door().settings.public_url.startswith("https://")
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", secure=secure, path="/")


def go(where: str) -> Response:
    """Send the browser on after a form."""
    answer: Any = make_response(redirect(where, 303))
    return answer  # type: ignore[no-any-return]


def inside(wanted: str, role: str) -> str:
    """Where to go after the log-in: a page of the console, never another site; editors have no queue."""
    home = url_for("console_directory.found" if role == EDITOR else "console.queue")
    parts = urlsplit(wanted)
    ours = not parts.scheme and not parts.netloc and parts.path.startswith("/console/") and "\\" not in wanted
    open_to_editors = parts.path.startswith(DIRECTORY) or parts.path == ACCOUNT
    return parts.path if ours and (role != EDITOR or open_to_editors) else home
