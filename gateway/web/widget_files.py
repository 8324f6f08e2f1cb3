"""The widget's files as they are sent: its modules joined into one, in the town's look, made small and packed, once.

The sources in ``static/chat`` are plain modules that any editor and ``node --test`` read. They keep to a few forms of
import and export, which :func:`joined` knows; it refuses every other, so that nothing is left out without a word. Why
there is no builder of the usual kind: ``docs/decisions/0044-one-file-made-at-start.md``.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import brotli
import rcssmin
import rjsmin
from flask import Response, g, request

from gateway.web import widget_words
from gateway.web.widget_look import PLAIN, Look

FOLDER = Path(__file__).resolve().parent.parent / "static" / "chat"
FRAME, EMBED = "chat.js", "embed.js"
# Modules that stand alone, fetched by who wants what they do.
LATER = {"by-text.js": "by_text.js"}
IN_PAGE = ("frame.css", "safety.css", "talk.css", "options.css")
STYLES = ("no-script.css", "demo.css")
WORDING, LOOK = "wording", "look"
IMPORT = re.compile(r'import (?:\* as (?P<whole>\w+)|(?P<names>\{ \w+(?:, \w+)* \})) from "\./(?P<module>\w+)\.js";')
EXPORT = re.compile(r"export (?=(?:const|class|function|async function) (?P<name>\w+))")
STATEMENT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
INDENTED = re.compile(r"\n +")  # what is left of it stands in the style of the button
AFTER_BLOCK = re.compile(r"(?<=})\n(?=\w|#|})")  # every statement has its semicolon, so that a block needs no new line
LEVEL = 9
ONCE = 11  # Brotli's most, for what is packed once, at the start
WAYS = ("br", "gzip")

Read = Callable[[str], str]


class Style(NamedTuple):
    """A style that stands in its page, and what the page's policy names it by."""

    text: str
    source: str


class File(NamedTuple):
    """One file: what it holds, the same packed in each way that we know, its type, and a name for its content."""

    content: bytes
    packed: Mapping[str, bytes]
    kind: str
    tag: str


@cache
def files(look: Look = PLAIN) -> Mapping[str, File]:
    """Every file of the widget by its name, in this look. Raises ``ValueError`` for a source that cannot be joined."""
    launcher = joined("embed", _source(look, widget_words.of_launcher()))
    made = {
        FRAME: _script(joined("frame", _source(look, None))),
        EMBED: _script(look.shown(f"(() => {{\n{launcher}}})();\n")),
    }
    for name, source in LATER.items():
        made[name] = _script(_read(source))
    for name in STYLES:
        made[name] = _file(rcssmin.cssmin(look.shown(_read(name))), "text/css")
    return MappingProxyType(made)


@cache
def style(look: Look = PLAIN) -> Style:
    """The style of the frame, the town's own colours before it. It stands in the page: asked for by itself it would
    come a whole way there and back later, and nothing is painted before it."""
    text = str(rcssmin.cssmin(look.shown("\n".join([look.style(), *map(_read, IN_PAGE)]))))
    if "<" in text:
        raise ValueError("a style with a < may end in its middle, where it stands in a page")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Style(text, f"'sha256-{digest}'")


@cache
def edition(look: Look = PLAIN) -> str:
    """A short name for the present content of all files, so that nobody keeps the colours of yesterday."""
    return _tag("".join([style(look).source, *(file.tag for _, file in sorted(files(look).items()))]).encode())


def joined(entry: str, read: Read) -> str:
    """A module and all that it imports as one script. ``read`` gives the text of a module by its name.

    Raises ``ValueError`` for modules that import each other, and for any form of import or export that is not known.
    """
    order: dict[str, str] = {}
    _join(entry, read, order, ())
    return "".join(order.values())


def answer(look: Look, name: str) -> Response:
    """A file for this request, packed where that is understood; 304 for who has it."""
    file = files(look)[name]
    g.part_of_page = True
    response = Response(file.content, mimetype=file.kind)
    response.set_etag(file.tag)
    if way := _way():
        response.set_data(file.packed[way])
        response.content_encoding = way
        response.set_etag(f"{file.tag}-{way}")
    response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    return response


def pack(response: Response) -> Response:
    """The same answer, packed where that is understood. Never for what holds a secret beside what a stranger chose."""
    response.vary.add("Accept-Encoding")
    if way := _way():
        response.set_data(_packed(response.get_data(), way, LEVEL))
        response.content_encoding = way
    return response


def _way() -> str | None:
    """The smallest that who asks can read. Browsers read Brotli over a safe connection, and gzip over every other."""
    return next((way for way in WAYS if request.accept_encodings.quality(way) > 0), None)


def _join(name: str, read: Read, order: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"modules import each other: {' -> '.join((*above, name))}")
    if name in order:
        return
    exported: list[str] = []

    def put(found: re.Match[str]) -> str:
        line = found[0]
        if own := EXPORT.match(line):
            exported.append(own["name"])
            return line[own.end() :]
        other = IMPORT.fullmatch(line)
        if other is None:
            raise ValueError(f"{name}.js: {line!r} is no form of import or export that can be joined")
        _join(other["module"], read, order, (*above, name))
        return f"const {other['whole'] or other['names']} = ${other['module']};"

    body = STATEMENT.sub(put, read(name))
    order[name] = f"const ${name} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _source(look: Look, names: frozenset[str] | None) -> Read:
    made = {WORDING: lambda: widget_words.module(names), LOOK: look.module}
    return lambda name: made[name]() if name in made else _read(f"{name}.js")


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _script(text: str) -> File:
    return _file(AFTER_BLOCK.sub("", INDENTED.sub("", rjsmin.jsmin(text))), "text/javascript")


def _file(text: str | bytes, kind: str) -> File:
    content = text.encode() if isinstance(text, str) else bytes(text)
    return File(content, {way: _packed(content, way, ONCE) for way in WAYS}, kind, _tag(content))


def _packed(content: bytes, way: str, quality: int) -> bytes:
    if way == "br":
        return bytes(brotli.compress(content, quality=quality))
    return gzip.compress(content, LEVEL, mtime=0)


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
