"""The town's own system, which is told of each step of a mobile team: signed HTTPS, public addresses only.

The address is an operator's, but names can be pointed elsewhere: what a name means is looked at when it is called, and
the call goes to the very address that was looked at. Nothing of the answer is read but its status and ``Retry-After``.
"""

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from gateway.public_hosts import is_public

CONNECT_SECONDS, SECONDS = 5.0, 10.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST_AFTER = 9  # digits of seconds
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Answer:
    """What came of one call: the HTTP ``status`` if there was one, a short ``reason`` if not.

    ``after`` are the seconds after which they ask to be called again.
    """

    status: int | None
    reason: str = ""
    after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether they have it."""
        return self.status is not None and http.client.OK <= self.status < http.client.MULTIPLE_CHOICES


class _NotPublic(OSError):
    """The name means an address that is nobody's to call from here."""


class Webhook:
    """Calls one address. ``loopback`` lets it be on this machine, in a demo; ``context`` says whom TLS trusts."""

    def __init__(  # noqa: PLR0913 - whom to call, and how patiently
        self,
        url: str,
        secret: str,
        *,
        loopback: bool = False,
        context: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        seconds: float = SECONDS,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._scheme, self._netloc = parts.hostname or "", parts.scheme, parts.netloc
        self._port = parts.port or PORTS[parts.scheme]
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._here = loopback and self._host in LOOPBACK
        if self._scheme != "https" and not self._here:
            raise ValueError("only https leaves this machine")
        self._secret = secret.encode()
        self._context = context or ssl.create_default_context()
        self._connect_seconds, self._seconds = connect_seconds, seconds

    def post(self, key: str, body: bytes) -> Answer:
        """Tell them; whatever happens is an answer. ``key`` is the same for each try of the same ``body``."""
        deadline = time.monotonic() + self._seconds
        try:
            with self._connected(deadline) as line:
                return self._said(line, key, body)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            return Answer(None, "too_late" if time.monotonic() >= deadline else _reason(failure))

    def _said(self, line: socket.socket, key: str, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self._host, self._port)
        connection.sock = line
        headers = {
            "Host": self._netloc,
            "Content-Type": "application/json",
            "User-Agent": "Front-Door",
            "Idempotency-Key": key,
            "Front-Door-Signature": signature(self._secret, int(time.time()), body),
            "Connection": "close",
        }
        connection.request("POST", self._target, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, after=_seconds_in(answer.headers.get("Retry-After")))

    @contextmanager
    def _connected(self, deadline: float) -> Iterator[socket.socket]:
        line = self._dial(deadline)
        try:
            if self._scheme == "https":
                line = self._context.wrap_socket(line, server_hostname=self._host, do_handshake_on_connect=False)
            line.settimeout(_left(deadline))
            with _cut_off(line, deadline):
                if isinstance(line, ssl.SSLSocket):
                    line.do_handshake()
                yield line
        finally:
            line.close()

    def _dial(self, deadline: float) -> socket.socket:
        failed: OSError = _NotPublic()
        for family, kind, protocol, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            if not self._may_call(str(address[0])):
                continue
            line = socket.socket(family, kind, protocol)
            line.settimeout(min(self._connect_seconds, _left(deadline)))
            try:
                line.connect(address)
            except OSError as failure:
                line.close()
                failed = failure
            else:
                return line
        raise failed

    def _may_call(self, address: str) -> bool:
        found = ipaddress.ip_address(address.partition("%")[0])
        return found.is_loopback if self._here else is_public(found)


def _reason(failure: Exception) -> str:
    kinds = {_NotPublic: "not_public", TimeoutError: "too_late", ssl.SSLError: "tls", socket.gaierror: "no_such_name"}
    return next((word for kind, word in kinds.items() if isinstance(failure, kind)), "no_answer")


def signature(secret: bytes, at: int, body: bytes) -> str:
    """What proves that a call is ours and of this moment: HMAC-SHA256 (RFC 2104) over the time, a dot and the body."""
    proof = hmac.new(secret, str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={proof}"


@contextmanager
def _cut_off(line: socket.socket, deadline: float) -> Iterator[None]:
    """Break the line at the deadline: a time-out of the socket begins anew with every byte that drips in."""
    clock = threading.Timer(_left(deadline), _break, [line])
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _break(line: socket.socket) -> None:
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # below TLS, which would wait for the other side
    except OSError:
        return  # it is broken already


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())


def _seconds_in(given: str | None) -> float | None:
    """``Retry-After`` in either of its forms (RFC 9110, 10.2.3); nothing for what is neither."""
    if given is None or (given.isascii() and given.isdigit() and len(given) > LONGEST_AFTER):
        return None
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
