"""What lies behind the media of a text, served as Twilio does: asked for with auth, then sent on to another host.

Pictures are of our own making, drawn when first asked for, and carry a place of taking (an invented one) as a phone's
do, so that a demo shows it gone.
"""

import io
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from functools import cache

ASKED = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages/([^/]+)/Media/(ME[0-9a-f]{32})")
LYING = re.compile(r"/(AC[0-9a-f]{32})/([0-9a-f]{32})")
HOST = "mms.twiliocdn.com"
MOST_KEPT = 1_000
SAMPLES = {
    "audio/amr": b"#!AMR\n" + bytes(600),
    "application/pdf": b"%PDF-1.4\n%%EOF\n",
    "text/vcard": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Somebody\r\nEND:VCARD\r\n",
    "text/x-vcard": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Somebody\r\nEND:VCARD\r\n",
    "video/3gpp": b"\0\0\0\x18ftyp3gp4" + bytes(600),
    "video/mp4": b"\0\0\0\x18ftypmp42" + bytes(600),
}

Send = Callable[[int, str, bytes, Mapping[str, str]], None]


class Shelf:
    """The media of one account. Thread-safe."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._kept: dict[str, tuple[str, str]] = {}
        self._keys: dict[str, str] = {}

    def keep(self, form: Mapping[str, str]) -> None:
        """Lay down what an inbound form tells of."""
        for place in range(int(form["NumMedia"])):
            sid = form[f"MediaUrl{place}"].rpartition("/")[2]
            key = secrets.token_hex(16)
            with self._mutex:
                self._kept[sid] = (form[f"MediaContentType{place}"], key)
                self._keys[key] = sid
                if len(self._kept) > MOST_KEPT:
                    _, oldest = self._kept.pop(next(iter(self._kept)))
                    self._keys.pop(oldest)

    def key(self, sid: str) -> str | None:
        """The name under which it lies at the media host."""
        with self._mutex:
            found = self._kept.get(sid)
        return found[1] if found else None

    def kind(self, key: str) -> str | None:
        """The type of what lies under a name."""
        with self._mutex:
            return self._kept[self._keys[key]][0] if key in self._keys else None


def serve(shelf: Shelf, path: str, admit: Callable[[str], None], send: Send, *, with_auth: bool) -> bool:
    """Answer, if the path is one of media; ``admit`` raises for who may not ask the account's API."""
    if match := ASKED.fullmatch(path):
        admit(match[1])
        key = shelf.key(match[3])
        if key is None:
            send(404, "application/xml", b"", {})
        else:
            send(307, "application/xml", b"", {"Location": f"https://{HOST}/{match[1]}/{key}?Expires=4h"})
        return True
    if match := LYING.fullmatch(path):
        kind = shelf.kind(match[2])
        if with_auth:  # as the store behind Twilio's host does: the address is the permission
            send(400, "application/xml", b"<Error><Code>InvalidArgument</Code></Error>", {})
        elif kind is None:
            send(403, "application/xml", b"<Error><Code>AccessDenied</Code></Error>", {})
        else:
            send(200, kind, SAMPLES.get(kind) or picture("PNG" if kind == "image/png" else "JPEG"), {})
        return True
    return False


@cache
def picture(form: str = "JPEG") -> bytes:
    """A picture of our own: a street at dusk with a tent under a tree. Its EXIF names a place in the open sea."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only who sends a picture needs it

    drawn = Image.new("RGB", (1200, 900), (52, 58, 92))
    pen = ImageDraw.Draw(drawn)
    for row in range(520):
        share = row / 520
        pen.line((0, row, 1200, row), fill=(int(52 + 170 * share), int(58 + 80 * share), int(92 + 10 * share)))
    pen.rectangle((0, 520, 1200, 900), fill=(74, 72, 70))
    pen.rectangle((0, 640, 1200, 660), fill=(150, 146, 136))
    for left, top in ((40, 220), (250, 300), (930, 260)):
        pen.rectangle((left, top, left + 190, 520), fill=(38, 40, 56))
        for window in range(6):
            across, down = left + 25 + window % 2 * 85, top + 30 + window // 2 * 70
            pen.rectangle((across, down, across + 45, down + 40), fill=(236, 200, 110))
    pen.rectangle((640, 260, 670, 600), fill=(66, 46, 34))
    pen.ellipse((520, 120, 800, 380), fill=(40, 78, 52))
    pen.polygon(((470, 600), (620, 400), (770, 600)), fill=(190, 84, 52))
    pen.polygon(((590, 600), (620, 460), (650, 600)), fill=(60, 30, 24))
    taken = Image.Exif()
    where = taken.get_ifd(0x8825)
    where.update({1: "N", 2: (0.0, 0.0, 0.0), 3: "W", 4: (30.0, 0.0, 0.0)})
    out = io.BytesIO()
    drawn.save(out, form, exif=taken)
    return out.getvalue()
