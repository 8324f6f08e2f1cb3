"""Web pushes out: encrypted for one browser (RFC 8291), signed as ours (RFC 8292), handed to its service (RFC 8030).

Slow to import; only the worker does.
"""

import logging
import time
from dataclasses import dataclass

import http_ece
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from gateway import public_hosts
from gateway.errors import Refused
from gateway.public_hosts import Place

CONNECT_SECONDS, WHOLE_SECONDS = 2.0, 5.0
TOKEN_SECONDS = 12 * 3600  # RFC 8292, 2: at most 24 hours
LONGEST_WAIT = 600.0
OK, GONE, LATER, REFUSED = "ok", "gone", "later", "refused"
TAKEN, MISSING, BUSY, SERVER = range(200, 300), frozenset((404, 410)), 429, 500

logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)  # its debug lines carry whole addresses


@dataclass(frozen=True)
class Answer:
    """What a push service said: ``ok``, ``gone`` for ever, ``later`` (perhaps in ``after`` seconds) or ``refused``."""

    what: str
    after: float | None = None


class Push:
    """One sender of pushes, with one key. Thread-safe."""

    def __init__(self, key: str, contact: str, *, loopback: bool = False) -> None:
        """``contact`` is whom a push service may write to; ``loopback`` lets pushes go to this machine (tests)."""
        self._key, self._contact, self._loopback = key, contact, loopback

    def send(  # noqa: PLR0913 - which browser, what, and how long it is of use
        self, endpoint: str, point: bytes, secret: bytes, words: bytes, *, seconds: int, topic: str
    ) -> Answer:
        """Hand one push over, urgent and of use for ``seconds``; a later one of the same ``topic`` replaces it.

        The host is resolved anew, must be public, and the address that was looked at is the one that is asked.
        """
        try:
            place = public_hosts.find(endpoint, loopback=self._loopback)
        except Refused as refused:
            return Answer(LATER if refused.code == "no_such_host" else REFUSED)
        body = http_ece.encrypt(
            words, private_key=ec.generate_private_key(ec.SECP256R1()), dh=point, auth_secret=secret,
            version="aes128gcm",
        )  # fmt: skip
        headers = {
            "Host": place.origin.partition("://")[2],
            "TTL": str(seconds),
            "Urgency": "high",
            "Topic": topic,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self._token(place),
        }
        return _post(place, body, headers)

    def _token(self, place: Place) -> str:
        claims = {"aud": place.origin, "exp": int(time.time()) + TOKEN_SECONDS, "sub": self._contact}
        return str(Vapid02.from_raw(self._key.encode()).sign(claims)["Authorization"])


def _post(place: Place, body: bytes, headers: dict[str, str]) -> Answer:
    with _connection(place) as pool:
        try:
            answer = pool.request(
                "POST", place.path, body=body, headers=headers, retries=False, redirect=False, preload_content=False
            )
        except (urllib3.exceptions.HTTPError, OSError):
            return Answer(LATER)
        after = _seconds(answer.headers.get("Retry-After"))
        answer.close()
    if answer.status in TAKEN:
        return Answer(OK)
    if answer.status in MISSING:
        return Answer(GONE)
    return Answer(LATER, after) if answer.status == BUSY or answer.status >= SERVER else Answer(REFUSED)


def _connection(place: Place) -> urllib3.HTTPConnectionPool:
    patience = urllib3.Timeout(connect=CONNECT_SECONDS, total=WHOLE_SECONDS)
    if place.scheme == "http":
        return urllib3.HTTPConnectionPool(place.ip, place.port, timeout=patience)
    return urllib3.HTTPSConnectionPool(
        place.ip, place.port, timeout=patience, server_hostname=place.host, assert_hostname=place.host
    )


def _seconds(retry_after: str | None) -> float | None:
    return min(float(retry_after), LONGEST_WAIT) if retry_after and retry_after.isdecimal() else None
