"""Who may enter: every blueprint is made here with its guard, the public ones too.

A route cannot exist without one: ``tests/test_house.py`` refuses any blueprint that was not made by
:func:`blueprint`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from twilio.request_validator import (  # type: ignore[import-untyped]
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from gateway import dispatch_links
from gateway.door import Door
from gateway.errors import Refused
from gateway.models.people import EDITOR
from gateway.settings import REQUIRED as REQUIRED_FACTOR

Guard = Callable[[], ResponseReturnValue | None]

FORM_BYTES = 64 * 1024
FORM_FIELDS = 200  # Twilio sends about 20, and adds parameters without notice
SID = re.compile(r"^(SM|MM)[0-9a-f]{32}$")
ADDRESS = re.compile(r"^(\+[1-9]\d{6,14}|\d{3,8})$")  # E.164, or a short code
CALL_SID = re.compile(r"^CA[0-9a-f]{32}$")
SUPERVISORS = frozenset({"supervisor", "admin"})
RESPONDERS = SUPERVISORS | {"responder"}  # who may read what residents wrote
EDITORS = SUPERVISORS | {EDITOR}
ADMINS = frozenset({"admin"})
GUARDS: dict[str, str] = {}


def blueprint(name: str, *, guard: Guard, url_prefix: str | None = None) -> Blueprint:
    """Make a blueprint whose every request passes ``guard`` first."""
    made = Blueprint(name, f"gateway.web.{name}", url_prefix=url_prefix)
    made.before_request(guard)
    GUARDS[name] = guard.__name__
    return made


def door() -> Door:
    """The parts that belong to this application, for use inside a request."""
    found: Door = current_app.extensions["front_door"]
    return found


def public() -> None:
    """Anybody may enter."""


def enrolling() -> ResponseReturnValue | None:
    """Anybody with a log-in, also by password alone where more is required: to set a second factor up, or to leave.

    ``g.responder`` is who, ``g.log_in`` how. Pages are sent to the log-in, everything else gets 401.
    """
    from gateway import log_ins  # noqa: PLC0415 - argon2 is not needed by the processes that only accept texts

    token = request.cookies.get("fd_log_in", "")
    with door().database.looking() as session:
        found = log_ins.inside(session, token, datetime.now(UTC)) if token else None
    g.responder, g.log_in = found or (None, None)
    g.strong = g.log_in is not None and not (must_be_strong() and g.log_in.strength == log_ins.PASSWORD)
    if found is not None:
        return None
    if _wants_page():
        return redirect(url_for("log_in.form", next=request.path))
    raise Refused(401, "log_in_needed")


def logged_in() -> ResponseReturnValue | None:
    """Anybody who proved who they are well enough; by password alone, where more is required, a page is sent to where
    a second factor is set up, and everything else gets 403."""
    away = enrolling()
    if away is not None or g.strong:
        return away
    if _wants_page():
        return redirect(url_for("console_account.account"))
    raise Refused(403, "second_factor_needed")


def must_be_strong() -> bool:
    """Whether a password alone opens nothing here."""
    return door().settings.second_factor == REQUIRED_FACTOR


def _wants_page() -> bool:
    wants_page = request.method == "GET" and request.accept_mimetypes.accept_html
    streams = request.headers.get("Accept", "").startswith("text/event-stream")
    return bool(wants_page) and not streams and "HX-Request" not in request.headers


def responder() -> ResponseReturnValue | None:
    """Only somebody who answers residents; an editor of the directory gets 403."""
    return _only(RESPONDERS, "responders_only")


def supervisor() -> ResponseReturnValue | None:
    """Only a logged-in supervisor or admin; a responder without that role gets 403."""
    return _only(SUPERVISORS, "supervisors_only")


def directory_editor() -> ResponseReturnValue | None:
    """Only somebody who may change the directory: its editors, supervisors and admins; a responder gets 403."""
    return _only(EDITORS, "editors_only")


def admin() -> ResponseReturnValue | None:
    """Only a logged-in admin: who may sit here is theirs to say."""
    return _only(ADMINS, "admins_only")


def _only(roles: frozenset[str], code: str) -> ResponseReturnValue | None:
    away = logged_in()
    if away is None and g.responder.role not in roles:
        raise Refused(403, code)
    return away


def team_link() -> None:
    """Only who holds the link of a team member, until the dispatch is over; ``g.link`` is it.

    The link itself is the secret, so no page of somebody else's can press anything. Whatever is wrong with it, the
    answer is the same.
    """
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site") not in {None, "same-origin"}:
        raise Refused(403, "other_origin")
    with door().database.begin() as session:
        g.link = dispatch_links.opened(session, (request.view_args or {}).get("token", ""), datetime.now(UTC))
    if g.link is None:
        raise Refused(404, "link_gone")


def twilio_signed() -> None:
    """Only Twilio, and only a form as Twilio sends it; ``g.form`` is the checked form, the only thing to read.

    Cheap limits come before the signature, because the check itself costs work before any secret is known
    (40,000 small fields cost 0.3 s). The fields are checked again after it, because the signature does not cover
    their boundaries: a captured request, re-split so that one field swallows the next, has the same signature.
    """
    _limits()
    _signature(request.form)
    g.form = _well_formed(request.form, "MessageSid", SID)


def twilio_call_signed() -> None:
    """Only Twilio, about a call of ours; as :func:`twilio_signed`. The address says which notice rang, so that a
    callback that is here before the call's id was written down belongs to something all the same."""
    _limits()
    _signature(request.form)
    g.form = _well_formed(request.form, "CallSid", CALL_SID)


def _limits() -> None:
    if request.query_string:
        raise Refused(400, "query_string")
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Refused(415, "not_a_form")
    if request.content_length is None or request.headers.get("Transfer-Encoding"):
        raise Refused(411, "length_required")
    if request.content_length > FORM_BYTES:
        raise Refused(413, "too_large")
    if request.get_data(cache=True, parse_form_data=False).count(b"&") >= FORM_FIELDS:
        raise Refused(400, "too_many_fields")


def _signature(form: Any) -> None:
    settings = door().settings
    given = request.headers.get("X-Twilio-Signature", "")
    # The configured address, never the Host header: that one is the sender's to choose.
    url = settings.public_url + request.path
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER))
    tokens = [token for token in settings.twilio_auth_tokens if token]
    if given.isascii() and any(_fits(token, url, form, given, algorithm) for token in tokens):
        return
    raise Refused(403, "bad_signature")


def _fits(token: str, url: str, form: Any, given: str, algorithm: str) -> bool:
    try:
        return bool(RequestValidator(token).validate(url, form, given, algorithm))
    except (ValueError, TypeError):  # an unknown algorithm, or a header that is no signature at all
        return False


def _well_formed(form: Any, named: str, sid: re.Pattern[str]) -> dict[str, str]:
    fields = {}
    for name, values in form.lists():
        if len(values) != 1:
            raise Refused(400, "repeated_field")
        fields[name] = values[0]
    if any(not fields.get(name) for name in (named, "AccountSid", "From", "To")):
        raise Refused(400, "field_missing")
    if not sid.match(fields[named]):
        raise Refused(400, "bad_sid")
    if fields["AccountSid"] != door().settings.twilio_account_sid:
        raise Refused(400, "other_account")
    if not (ADDRESS.match(fields["From"]) and ADDRESS.match(fields["To"])):
        raise Refused(400, "bad_address")
    return fields
