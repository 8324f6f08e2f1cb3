"""The files that the pages share, at an address that names their edition: a browser asks for each of them once.

A page of the console needs some thirty of them, its scripts in three generations. To ask for each again whether it is
still the same cost a phone with a slow line more than the page itself.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from gateway.web.guards import blueprint, public

FOLDER = Path(__file__).resolve().parents[1] / "static"
YEAR = 31_536_000  # seconds
EDITION = re.compile(r"[0-9a-f]{12}")


@cache
def edition() -> str:
    """A short name for the present content of all of them."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(FOLDER)} {len(content)} ".encode() + content)
    return digest.hexdigest()[:12]


def address() -> str:
    """Under which they stand now; a browser may keep what it finds there for a year."""
    return f"/static/{edition()}"


def make() -> Blueprint:
    """The way to the files for who asks without an edition, or for another one."""
    files = blueprint("static_files", guard=public)
    files.add_url_rule("/static/<path:name>", "any_edition", any_edition)
    return files


def any_edition(name: str) -> Response:
    """The file as it is now, to be asked for again each time: so a page that was open during an update goes on."""
    first, _, rest = name.partition("/")
    return send_from_directory(FOLDER, rest if EDITION.fullmatch(first) else name, max_age=0)
