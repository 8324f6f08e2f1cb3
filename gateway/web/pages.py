"""The pages and files of the widget: the frame it runs in, its scripts, and in a demo the town's page around it."""

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request, send_from_directory

from gateway.errors import Refused
from gateway.web.guards import blueprint, door, public

FOLDER = Path(__file__).resolve().parent.parent / "static" / "chat"
FILES = frozenset(path.name for path in FOLDER.iterdir() if path.suffix in {".js", ".css"})
EMBEDDED = ("embed.js", "words.js")  # these two run on the town's own page
PRELOADED = tuple(sorted(name for name in FILES if name.endswith(".js") and name not in {"embed.js", "frame.js"}))
AWAY = "https://www.weather.gov/"  # where "Leave quickly" goes: dull, quick, always up
YEAR, MINUTES = 31_536_000, 300
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
    "frame-ancestors 'self'"
)
DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make() -> Blueprint:
    """The pages that anybody may open."""
    pages = blueprint("pages", guard=public)
    pages.add_url_rule("/chat/frame", view_func=frame)
    pages.add_url_rule("/chat/<name>", view_func=embedded)
    pages.add_url_rule("/chat/files/<asked>/<name>", view_func=file)
    pages.add_url_rule("/", view_func=demo)
    pages.add_url_rule("/demo", view_func=demo)
    pages.context_processor(lambda: {"edition": edition()})
    return pages


def frame() -> Response:
    """The chat itself, for a frame in one of the town's pages."""
    community = door().community
    asked = request.args.get("language", "")
    page = render_template(
        "chat/frame.html",
        language=asked if asked in community.languages else community.languages[0],
        called=community.wording,
        parents=community.web_origins,
        preloaded=PRELOADED,
        number=community.sms_number,
        away=AWAY,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = " ".join([FRAME_POLICY, *community.web_origins])
    return response


def embedded(name: str) -> Response:
    """What the town's page loads, under an address that never changes."""
    if name not in EMBEDDED:
        raise Refused(404, "not_found")
    response = send_from_directory(FOLDER, name, max_age=MINUTES)
    # Modules are loaded across origins only when the file allows it; there is nothing of anybody in these.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def file(asked: str, name: str) -> Response:
    """A file of the frame. Its address names the edition, so a page never mixes files of two, nor asks twice."""
    if name not in FILES or not re.fullmatch(r"[0-9a-f]{12}", asked):
        raise Refused(404, "not_found")
    current = asked == edition()
    response = send_from_directory(FOLDER, name, max_age=YEAR if current else 0)
    response.cache_control.immutable = current
    return response


def demo() -> str | Response:
    """An invented town's page with the widget on it; only in demo mode."""
    if not door().settings.demo:
        raise Refused(404, "not_found")
    asked = "es" if request.args.get("language") == "es" else "en"
    response = make_response(render_template("chat/demo.html", community=door().community, language=asked))
    response.headers["Content-Security-Policy"] = DEMO_POLICY
    return response


@cache
def edition() -> str:
    """A short name for the present content of all files."""
    digest = hashlib.sha256()
    for name in sorted(FILES):
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes())
    return digest.hexdigest()[:12]
