"""The pages and files of the widget: the frame it runs in, its scripts, and in a demo the town's page around it."""

import re
from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from gateway.community import Community
from gateway.demo.previews import previews
from gateway.door import Door
from gateway.errors import Refused
from gateway.web import staffed_words, widget_files, widget_look, widget_words
from gateway.web.guards import blueprint, door, public
from gateway.web.static_files import YEAR
from gateway.web.widget_look import Look

AWAY = "https://www.weather.gov/"  # where "Leave quickly" goes: dull, quick, always up
INDENTED = re.compile(r"\n\s+")
WARDROBE = "wardrobe"
MINUTES = 300  # seconds
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' {style}; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
    "frame-ancestors 'self'"
)
DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Dressed(NamedTuple):
    """A town and the look of its chat; those of the previews differ from the town that is served in nothing else."""

    town: Community
    look: Look


Wardrobe = dict[str | None, Dressed]  # the town's own look, under no name, and in a demo those of the previews


def make() -> Blueprint:
    """The pages that anybody may open."""
    pages = blueprint("pages", guard=public)
    pages.add_url_rule("/chat/frame", view_func=frame)
    pages.add_url_rule("/chat/<name>", view_func=embedded)
    pages.add_url_rule("/chat/files/<asked>/<name>", view_func=file)
    pages.add_url_rule("/", view_func=demo)
    pages.add_url_rule("/demo", view_func=demo)
    pages.record(_make_files)
    return pages


def frame() -> Response:
    """The chat itself, for a frame in one of the town's pages."""
    town, look = _asked()
    style = widget_files.style(look)
    asked = request.args.get("language", "")
    language = asked if asked in town.languages else town.languages[0]
    page = render_template(
        "chat/frame.html",
        language=language,
        other="es" if language == "en" else "en",
        say=partial(widget_words.say, language),
        called=town.wording,
        greeting=town.widget.greeting,
        hours=_hours(town),
        pictures=town.widget.pictures,
        parents=town.web_origins,
        number=town.sms_number,
        away=AWAY,
        edition=widget_files.edition(look),
        style=Markup(style.text),  # noqa: S704 - our own files and the town's colours, which have the form of colours
    )
    response = make_response(INDENTED.sub("\n", page))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = " ".join([FRAME_POLICY.format(style=style.source), *town.web_origins])
    return widget_files.pack(response)


def embedded(name: str) -> Response:
    """What the town's page loads, under an address that never changes."""
    if name != widget_files.EMBED:
        raise Refused(404, "not_found")
    response = widget_files.answer(_asked().look, name)
    response.cache_control.public, response.cache_control.max_age = True, MINUTES
    # A page that checks what it loads (``integrity``) needs to read it; there is nothing of anybody in it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def file(asked: str, name: str) -> Response:
    """A file of the frame. Its address names the edition, so a page never mixes files of two, nor asks twice."""
    dressed = _dressed()
    editions = {widget_files.edition(each.look): each.look for each in dressed.values()}
    own = dressed[None].look
    if name not in widget_files.files(own) or not re.fullmatch(r"[0-9a-f]{12}", asked):
        raise Refused(404, "not_found")
    current = asked in editions
    response = widget_files.answer(editions.get(asked, own), name)
    response.cache_control.public, response.cache_control.max_age = True, YEAR if current else 0
    response.cache_control.immutable = current
    return response


def demo() -> str | Response:
    """An invented town's page with the widget on it; only in demo mode."""
    if not door().settings.demo:
        raise Refused(404, "not_found")
    asked = "es" if request.args.get("language") == "es" else "en"
    town, look = _asked()
    page = render_template(
        "chat/demo.html",
        community=town,
        language=asked,
        previews=previews(),
        shown=look.preview,
        edition=widget_files.edition(look),
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = DEMO_POLICY
    return response


def _asked() -> Dressed:
    dressed = _dressed()
    return dressed.get(request.args.get("look"), dressed[None])


def _dressed() -> Wardrobe:
    made: Wardrobe = current_app.extensions[WARDROBE]
    return made


def _wardrobe(opened: Door) -> Wardrobe:
    town = opened.community
    found: Wardrobe = {None: Dressed(town, widget_look.of(town.widget))}
    for code, preview in previews().items() if opened.settings.demo else ():
        dressed = preview.of(town)
        found[code] = Dressed(dressed, widget_look.of(dressed.widget, code, preview.scheme))
    return found


def _make_files(state: BlueprintSetupState) -> None:
    """Now: a faulty source ends the start, not a visitor's first page."""
    made = state.app.extensions[WARDROBE] = _wardrobe(state.app.extensions["front_door"])
    for each in made.values():
        widget_files.edition(each.look)


def _hours(town: Community) -> dict[str, str] | None:
    if not town.widget.hours:
        return None
    return {language: staffed_words.meant(town.staffed, language) for language in town.languages}
