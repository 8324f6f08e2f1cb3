"""Brings what came with a text from Twilio: from Twilio's own hosts only, at public addresses, within firm limits.

The sender of a text chooses what lies at the address, and Twilio's answer chooses where it lies: neither may choose
what this machine speaks with. So each hop is checked anew, by name and by the address that the name stands for.
"""

import base64
import ipaddress
import socket
import time
from collections.abc import Iterable, Sequence, Set
from ssl import SSLContext
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from gateway.errors import MediaFailed
from gateway.media import HOST
from gateway.public_hosts import is_public

# Where Twilio sends on to: mms.twiliocdn.com for media that ask for the account's auth, the others for media without.
# https://help.twilio.com/articles/223183748
MEDIA_HOSTS = frozenset(("mms.twiliocdn.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com"))
MOST_HOPS = 3
MOST_BYTES = 10 * 1024 * 1024
SECONDS = 20.0
SENT_ON = frozenset((301, 302, 303, 307, 308))
OK, TOO_MANY, SERVER = 200, 429, 500
GONE = frozenset((404, 410))
HTTPS, HTTP = 443, 80

Headers = Sequence[tuple[bytes, bytes]]


class MediaFetcher:
    """One account's way to what its texts carry. Thread-safe: each fetch has connections of its own."""

    def __init__(
        self, account_sid: str, auth_token: str, *, standin_url: str | None = None, seconds: float = SECONDS
    ) -> None:
        """Prepare; nothing is asked yet.

        ``seconds`` is the time of a fetch with all its hops. ``standin_url`` connects to the stand-in in place of every
        host (demo and tests only; settings refuse it in production); what may be asked stays the same.
        """
        words = f"{account_sid}:{auth_token}".encode()
        self._auth = b"Basic " + base64.b64encode(words)
        self._standin = urlsplit(standin_url) if standin_url else None
        self._seconds = seconds

    def fetch(self, url: str) -> bytes:
        """The bytes that lie at ``url``, an address on Twilio's API that :func:`gateway.media.reference` kept.

        Raises :class:`MediaFailed`, retryable when Twilio or the way to it was at fault.
        """
        until = time.monotonic() + self._seconds
        parts = _allowed(url, {HOST})
        for _ in range(MOST_HOPS + 1):
            found = self._ask(parts, until)
            if isinstance(found, bytes):
                return found
            parts = _allowed(found, MEDIA_HOSTS | {HOST}, sent_from=parts)
        raise MediaFailed("too_many_redirects")

    def _ask(self, parts: SplitResult, until: float) -> bytes | str:
        """The content, or where Twilio sends on to."""
        network = Network(until, guarded=self._standin is None)
        headers = [(b"Host", parts.netloc.encode()), (b"Accept", b"*/*"), (b"Connection", b"close")]
        if parts.netloc == HOST:
            headers.append((b"Authorization", self._auth))
        try:
            with (
                httpcore.ConnectionPool(network_backend=network, http2=False, retries=0) as pool,
                pool.stream("GET", self._there(parts), headers=headers) as answer,
            ):
                return _read(answer)
        except (httpcore.TimeoutException, TimeoutError):
            raise MediaFailed("too_slow", retryable=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            # Without the cause: its text may hold the address.
            raise MediaFailed("no_connection", retryable=True) from None

    def _there(self, parts: SplitResult) -> httpcore.URL:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        to = self._standin or parts
        port = to.port or (HTTPS if to.scheme == "https" else HTTP)
        host = (to.hostname or "").encode()
        return httpcore.URL(scheme=to.scheme.encode(), host=host, port=port, target=target.encode())


def _allowed(url: str, hosts: Set[str], *, sent_from: SplitResult | None = None) -> SplitResult:
    """The parts of an address that may be asked: at one of these hosts, and plainly so."""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    try:
        parts = urlsplit(urljoin(sent_from.geturl(), url) if sent_from else url)
    except ValueError:
        raise MediaFailed("not_allowed") from None
    # The whole place must be the name: no user, no password, no port, no final dot.
    if not plain or parts.scheme != "https" or parts.netloc not in hosts or not parts.path.startswith("/"):
        raise MediaFailed("not_allowed")
    return parts


def _read(answer: httpcore.Response) -> bytes | str:
    status = answer.status
    if status in SENT_ON:
        return _header(answer.headers, b"location")
    if status != OK:
        code = "gone" if status in GONE else "refused"
        raise MediaFailed(code, retryable=status == TOO_MANY or status >= SERVER)
    if _header(answer.headers, b"content-encoding") not in {"", "identity"}:
        raise MediaFailed("packed")  # nobody asked for it, and what it unpacks to has no bound
    length = _header(answer.headers, b"content-length")
    if length.isdigit() and int(length) > MOST_BYTES:
        raise MediaFailed("too_big")
    content = bytearray()
    for part in answer.iter_stream():
        content += part
        if len(content) > MOST_BYTES:
            raise MediaFailed("too_big")
    return bytes(content)


def _header(headers: Headers, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), "")


class Network(httpcore.NetworkBackend):
    """Connects to an address that was looked up once and checked, so that no second look-up can answer otherwise."""

    def __init__(self, until: float, *, guarded: bool) -> None:
        self._until, self._guarded = until, guarded
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect. Raises :class:`MediaFailed` for a name with any address that is not public."""
        if not self._guarded:
            return _Timed(self._plain.connect_tcp(host, port, _left(self._until)), self._until)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not addresses or not all(is_public(ipaddress.ip_address(each.partition("%")[0])) for each in addresses):
            raise MediaFailed("not_public")
        return _Timed(self._first(addresses, port), self._until)

    def _first(self, addresses: Sequence[str], port: int) -> httpcore.NetworkStream:
        for address in addresses[:-1]:
            try:
                return self._plain.connect_tcp(address, port, _left(self._until) / 2)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # a machine without IPv6, most likely
        return self._plain.connect_tcp(addresses[-1], port, _left(self._until))


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends with the time of the whole: a byte every few seconds does not make it longer."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As the stream's, within what is left of the time."""
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As the stream's, within what is left of the time."""
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As the stream's; the certificate must be that of the name, not of the address."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._until)), self._until)

    def get_extra_info(self, info: str) -> Any:
        """As the stream's."""
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
