"""Which browsers ring for a responder: the button of the console, and the files that a browser needs for it.

The worker and the manifest are public, since browsers fetch them when nobody is logged in; they say nothing of anybody.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from gateway import push_devices
from gateway.errors import Refused
from gateway.keys import vapid_public
from gateway.models import PushSubscription
from gateway.push_devices import Subscription
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_entry import go
from gateway.web.console_rules import apply_rules

SCOPE = "/console"
WORKER = Path(__file__).parents[1] / "static" / "console" / "push_worker.js"
COLOURS = {"theme_color": "#1d4e6b", "background_color": "#ffffff"}
ICONS = {"console/icon-192.png": "192x192", "console/icon-512.png": "512x512"}
BACK = re.compile(r"/console/(shifts|account)")


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The button: on, off, and whether it is on in this browser."""
    blueprint = guards.blueprint("console_push", guard=guards.responder, url_prefix="/console/push")
    apply_rules(blueprint)
    blueprint.record(_prepare)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("", "ring", ring, methods=["POST"])
    blueprint.add_url_rule("/here", "here", here, methods=["POST"])
    blueprint.add_url_rule("/end", "end_here", end_here, methods=["POST"])
    blueprint.add_url_rule("/<int:subscription_id>/end", "end", end, methods=["POST"])
    return blueprint


def make_files() -> Blueprint:
    """What a browser fetches by itself."""
    blueprint = guards.blueprint("console_files", guard=guards.public, url_prefix="/console")
    blueprint.add_url_rule("/push-worker.js", "worker", worker)
    blueprint.add_url_rule("/manifest.webmanifest", "manifest", manifest)
    return blueprint


def ring() -> ResponseReturnValue:
    """Let this browser ring from now on."""
    settings = guards.door().settings
    if settings.vapid_key is None:
        raise Refused(409, "push_not_set_up")
    given = _given()
    with guards.door().database.begin() as db:
        push_devices.keep(db, g.responder, g.log_in, given, now(), user_agent=request.headers.get("User-Agent", ""),
                          loopback=settings.push_loopback)  # fmt: skip
    return jsonify(on=True)


def here() -> ResponseReturnValue:
    """Whether this browser rings for who asks."""
    with guards.door().database.begin() as db:
        return jsonify(on=push_devices.seen(db, g.responder, g.log_in, _text(_sent().get("endpoint"))))


def end_here() -> ResponseReturnValue:
    """Let this browser ring no longer."""
    with guards.door().database.begin() as db:
        push_devices.end_here(db, g.responder, _text(_sent().get("endpoint")), now())
    return jsonify(on=False)


def end(subscription_id: int) -> ResponseReturnValue:
    """Let one of one's browsers ring no longer."""
    with guards.door().database.begin() as db:
        push_devices.end(db, g.responder, subscription_id, now())
    back = request.form.get("back", "")
    return go(f"{back}#push" if BACK.fullmatch(back) else url_for("console_shifts.page"))


def worker() -> Response:
    """The script that wakes when a push comes; for everything under the console."""
    answer = Response(WORKER.read_bytes(), mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = SCOPE
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def manifest() -> Response:
    """What makes the console installable; iPhones ring installed apps only."""
    icons = [
        {"src": url_for("static", filename=name), "sizes": sizes, "type": "image/png"} for name, sizes in ICONS.items()
    ]
    answer = jsonify(
        name="Front Door", short_name="Front Door", id=f"{SCOPE}/", start_url=f"{SCOPE}/", scope=SCOPE,
        display="standalone", icons=icons, **COLOURS,
    )  # fmt: skip
    answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = "max-age=3600"
    return answer


def _devices() -> dict[str, Any]:
    """What the pages with the button show."""
    key = guards.door().settings.vapid_key
    with guards.door().database.begin() as db:
        rows: list[PushSubscription] = push_devices.of(db, g.responder.id)
    return {"key": vapid_public(key) if key else None, "devices": rows}


def _given() -> Subscription:
    sent = _sent()
    keys = sent.get("keys")
    keys = keys if isinstance(keys, dict) else {}
    return Subscription(_text(sent.get("endpoint")), _text(keys.get("p256dh")), _text(keys.get("auth")))


def _sent() -> dict[str, Any]:
    sent: Any = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise Refused(400, "bad_subscription")
    return sent


def _text(given: object) -> str:
    return given if isinstance(given, str) and "\x00" not in given else ""


def _prepare(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["push_devices"] = _devices
