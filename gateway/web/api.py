"""The directory for other programs: ``GET /api/services`` and ``/api/services/{id}``, in the shape of HSDS 3.

What may be asked and what is answered stands in ``openapi.yml``, which is served beside them.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from limits import RateLimitItemPerMinute
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gateway.db import is_busy
from gateway.directory import place, publishing
from gateway.directory.outgoing import UUID
from gateway.door import Door
from gateway.errors import Refused
from gateway.web.guards import blueprint, door, public
from gateway.web.limiting import Pace, whose
from gateway.yaml_files import read_yaml

DESCRIPTION = Path(__file__).with_name("openapi.yml")
PACE = "api_pace"
PER_ADDRESS = RateLimitItemPerMinute(60)
READERS = threading.BoundedSemaphore(4)  # connections of this process that programs may hold; the rest are residents'
WAIT_SECONDS = 1.0
PATIENCE_MS = 3_000
FRESH_SECONDS = 60
HSDS = "3.1"
PROFILE = "https://docs.openreferral.org/en/latest/hsds/"

NUMBER = re.compile(r"[1-9][0-9]{0,8}")
ZIP = re.compile(r"[0-9]{5}")
LONGEST_SEARCH = 200


def make() -> Blueprint:
    """The routes under ``/api``, open to everybody at a pace."""
    api = blueprint("api", guard=public, url_prefix="/api")
    api.record(_prepare)
    api.before_request(_in_turn)
    api.after_request(_open_to_pages)
    for rule, view in (("/", about), ("/openapi.json", description), ("/services", services)):
        api.add_url_rule(rule, view_func=view, methods=["GET"], provide_automatic_options=False)
    api.add_url_rule("/services/<identity>", view_func=service, methods=["GET"], provide_automatic_options=False)
    return api


def about() -> Response:
    """Which version of HSDS this is, and where it is described."""
    _only()
    address = f"{door().settings.public_url}/api/openapi.json"
    return _answer({"version": HSDS, "profile": PROFILE, "openapi_url": address})


def description() -> Response:
    """The OpenAPI document."""
    _only()
    return _answer(described())


def services() -> Response:
    """One page of the active services that fit."""
    asked = publishing.Asked(**_only(**READ))
    if asked.proximity is not None and asked.postcode is None:
        raise Refused(404, "no_postcode")
    with _reading() as session:
        return _answer(publishing.page(session, asked, datetime.now(UTC)))


def service(identity: str) -> Response:
    """One active service with all that belongs to it."""
    _only()
    with _reading() as session:
        found = publishing.service(session, identity, datetime.now(UTC)) if UUID.fullmatch(identity) else None
    if found is None:
        raise Refused(404, "not_found")
    return _answer(found)


@cache
def described() -> dict[str, Any]:
    """``openapi.yml``, read once."""
    document: dict[str, Any] = read_yaml(DESCRIPTION)
    return document


def _prepare(state: BlueprintSetupState) -> None:
    parts: Door = state.app.extensions["front_door"]
    state.app.extensions[PACE] = Pace(parts.settings.redis_url, PER_ADDRESS, "api")


def _in_turn() -> None:
    pace: Pace = current_app.extensions[PACE]
    seconds = pace.wait(door().settings.keys.hash(str(whose(request.remote_addr))))
    if seconds:
        raise Refused(429, "too_many_requests", after=seconds)


def _open_to_pages(response: Response) -> Response:
    """Any page may read what everybody may read; nobody is recognised here, so there is nothing to steal."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if response.status_code >= 400:  # noqa: PLR2004 - HTTP: a refusal that a cache keeps would refuse everybody
        response.headers["Cache-Control"] = "no-store"
    return response


@contextmanager
def _reading() -> Iterator[Session]:
    """A transaction for a program: never more than a few at once, and none for long."""
    if not READERS.acquire(timeout=WAIT_SECONDS):
        raise Refused(503, "busy")
    try:
        with door().database.begin(patience_ms=PATIENCE_MS) as session:
            yield session
    except OperationalError as failure:
        if is_busy(failure):
            raise Refused(503, "took_too_long") from failure
        raise
    finally:
        READERS.release()


def _answer(body: Mapping[str, Any]) -> Response:
    """JSON whose tag is made from all of it: whoever changed a row, the tag is another one."""
    data = json.dumps(body, ensure_ascii=False).encode()
    response = Response(data, mimetype="application/json")
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    response.make_conditional(request)
    return response


def _only(**read: Callable[[str], Any]) -> dict[str, Any]:
    """The parameters, each read by its reader. Raises :class:`Refused` for one that is unknown, repeated or wrong.

    A parameter that were passed over would give services that nobody asked for.
    """
    values = {}
    for name, given in request.args.lists():
        if name not in read:
            raise Refused(400, "unknown_parameter")
        if len(given) != 1:
            raise Refused(400, "repeated_parameter")
        try:
            values[name] = read[name](given[0])
        except ValueError as fault:
            raise Refused(400, f"bad_{name}") from fault
    return values


def _number(most: int) -> Callable[[str], int]:
    def read(given: str) -> int:
        number = int(given) if NUMBER.fullmatch(given) else 0
        if not 1 <= number <= most:
            raise ValueError
        return number

    return read


def _yes(given: str) -> bool:
    if given not in {"true", "false"}:
        raise ValueError
    return given == "true"


def _words(given: str) -> str:
    if not 1 <= len(given) <= LONGEST_SEARCH or "\0" in given:
        raise ValueError
    return given


def _identity(given: str) -> str:
    if not UUID.fullmatch(given):
        raise ValueError
    return given


def _postcode(given: str) -> place.Place:
    if not ZIP.fullmatch(given):
        raise ValueError
    found = place.by_zip(given)
    if found is None:
        raise Refused(404, "unknown_postcode")
    return found


def _moment(given: str) -> datetime:
    moment = datetime.fromisoformat(given.strip().replace(" ", "+"))  # a "+" that was not encoded comes as a blank
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


READ: dict[str, Callable[[str], Any]] = {
    "search": _words,
    "taxonomy_term_id": _identity,
    "taxonomy_id": _identity,
    "organization_id": _identity,
    "postcode": _postcode,
    "proximity": _number(publishing.FARTHEST),
    "modified_after": _moment,
    "page": _number(1_000_000),
    "per_page": _number(publishing.MOST_PER_PAGE),
    "full": _yes,
    "minimal": _yes,
}
