"""The pages and files of the widget: the frame it runs in, its scripts, and in a demo the town's page around it."""

import re
from functools import partial

from flask import Blueprint, Response, make_response, render_template, request

from gateway.errors import Refused
from gateway.web import widget_files, widget_words
from gateway.web.guards import blueprint, door, public

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
    widget_files.files()  # made now: a faulty source ends the start, not a visitor's first page
    pages = blueprint("pages", guard=public)
    pages.add_url_rule("/chat/frame", view_func=frame)
    pages.add_url_rule("/chat/<name>", view_func=embedded)
    pages.add_url_rule("/chat/files/<asked>/<name>", view_func=file)
    pages.add_url_rule("/", view_func=demo)
    pages.add_url_rule("/demo", view_func=demo)
    pages.context_processor(lambda: {"edition": widget_files.edition()})
    return pages


def frame() -> Response:
    """The chat itself, for a frame in one of the town's pages."""
    community = door().community
    asked = request.args.get("language", "")
    language = asked if asked in community.languages else community.languages[0]
    page = render_template(
        "chat/frame.html",
        language=language,
        other="es" if language == "en" else "en",
        say=partial(widget_words.say, language),
        called=community.wording,
        parents=community.web_origins,
        number=community.sms_number,
        away=AWAY,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = " ".join([FRAME_POLICY, *community.web_origins])
    return widget_files.pack(response)


def embedded(name: str) -> Response:
    """What the town's page loads, under an address that never changes."""
    if name != widget_files.EMBED:
        raise Refused(404, "not_found")
    response = widget_files.answer(name)
    response.cache_control.public, response.cache_control.max_age = True, MINUTES
    # A page that checks what it loads (``integrity``) needs to read it; there is nothing of anybody in it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def file(asked: str, name: str) -> Response:
    """A file of the frame. Its address names the edition, so a page never mixes files of two, nor asks twice."""
    if name not in widget_files.files() or not re.fullmatch(r"[0-9a-f]{12}", asked):
        raise Refused(404, "not_found")
    current = asked == widget_files.edition()
    response = widget_files.answer(name)
    response.cache_control.public, response.cache_control.max_age = True, YEAR if current else 0
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
