"""Pictures and files that come with a message: kept as references only, each in quarantine. Nothing here opens one."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

HOST = "api.twilio.com"
QUARANTINED = "quarantined"
UPLOAD = "upload:"  # what a page sent to us lies with us
LONGEST_TYPE = 100

Reference = dict[str, Any]


class Source(Protocol):
    """Where attachments lie."""

    def fetch(self, url: str) -> bytes:
        """The bytes at an address. Raises :class:`gateway.errors.MediaFailed`."""
        ...


def reference(url: str, content_type: str | None, account_sid: str) -> Reference:
    """What is kept of one attachment: its address, if it lies with Twilio under our own account, and its type.

    An address anywhere else is the sender's to choose and is dropped; that there was an attachment is not.
    """
    ours = _is_ours(url, account_sid)
    return {
        "url": url if ours else None,
        "host_ok": ours,
        "type": (content_type or "").strip().lower()[:LONGEST_TYPE] or None,
        "state": QUARANTINED,
    }


def uploaded(number: int, kind: str) -> Reference:
    """What is kept of a picture that came through the web chat (:mod:`gateway.uploads`)."""
    return {"url": f"{UPLOAD}{number}", "host_ok": True, "type": kind, "state": QUARANTINED}


def upload_at(url: str) -> int | None:
    """The number of the upload that lies at an address; None for every other address."""
    number = url.removeprefix(UPLOAD)
    return int(number) if url.startswith(UPLOAD) and number.isascii() and number.isdecimal() else None


def kept(attachment: Mapping[str, Any] | str) -> Reference:
    """An attachment as a row holds it. Lines of the journal from before references held the bare address: it was
    checked by nobody, and the row says so."""
    if isinstance(attachment, str):
        return {"url": attachment, "host_ok": False, "type": None, "state": QUARANTINED}
    return dict(attachment)


def _is_ours(url: str, account_sid: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and ".." not in parts.path
    at_twilio = parts.scheme == "https" and parts.netloc == HOST and port is None
    return plain and at_twilio and parts.path.startswith(f"/2010-04-01/Accounts/{account_sid}/")
