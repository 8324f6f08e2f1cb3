"""What a file that came with a text is, by its first bytes, and a picture of it that is safe to look at.

Nothing that anybody sends is opened in a process that holds a secret: the decoder runs as a child with an empty
environment and bounds on its memory and time (:mod:`gateway.reencode`), and what it answers is checked.
"""

import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SECONDS = 20.0
LONGEST_SIDE = 1600  # pixels
MOST_OUT = 6 * 1024 * 1024
JPEG = b"\xff\xd8\xff"
MAKER = Path(__file__).with_name("reencode.py")
HEAD = re.compile(rb"(\d{1,4}) (\d{1,4}) (\d{1,8}) (\d{1,6})\n")
ENDED = {3: "broken", 4: "too_many_pixels"}  # as reencode.py ends; killed or out of memory is "too_much_work"

SHOWN = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))
UNKNOWN = "unknown"
# What a file may begin with, after so many bytes. A name or a header says what its sender likes.
BEGINNINGS = (
    (0, JPEG, "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"BEGIN:VCARD", "text/vcard"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftyphev", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
)


@dataclass(frozen=True)
class Picture:
    """A JPEG of our own making, at most 1600 pixels long, and a glance of it, 16 pixels long, that shows its colours.

    ``width`` and ``height`` are those of ``content``, in pixels.
    """

    content: bytes
    glance: bytes
    width: int
    height: int


class Unshowable(Exception):
    """A file of a kind that could be shown, of which no picture was made; the argument is a short word why."""


def kind(content: bytes) -> str:
    """What a file is, as a media type, by how it begins; ``unknown`` for all that we have no name for."""
    for place, beginning, name in BEGINNINGS:
        if content[place : place + len(beginning)] == beginning:
            return name
    return UNKNOWN


def make(content: bytes) -> Picture:
    """A picture with nothing of the file but what it shows. Raises :class:`Unshowable`."""
    words = [sys.executable, "-I", str(MAKER)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as child:
        clock = threading.Timer(SECONDS, child.kill)
        feeder = threading.Thread(target=_feed, args=(child.stdin, content), daemon=True)
        clock.start()
        feeder.start()
        try:
            out = child.stdout.read(MOST_OUT + 1) if child.stdout else b""
            if len(out) > MOST_OUT:
                child.kill()
            ended = child.wait()
        finally:
            child.kill()
            clock.cancel()
            feeder.join()
    if ended:
        raise Unshowable(ENDED.get(ended, "too_much_work"))
    return checked(out)


def _feed(pipe: IO[bytes] | None, content: bytes) -> None:
    if pipe is not None:
        try:
            with pipe:
                pipe.write(content)
        except BrokenPipeError:
            return  # it ended before it had read all


def checked(out: bytes) -> Picture:
    """Whoever took the decoder over must not choose what a responder's browser gets beyond a JPEG of bounded size."""
    head = HEAD.match(out)
    if head is None:
        raise Unshowable("broken")
    width, height, long, glance_long = (int(each) for each in head.groups())
    content, glance = out[head.end() : head.end() + long], out[head.end() + long :]
    fits = len(content) == long and len(glance) == glance_long
    if not fits or not all(each.startswith(JPEG) for each in (content, glance)):
        raise Unshowable("broken")
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        raise Unshowable("broken")
    return Picture(content, glance, width, height)
