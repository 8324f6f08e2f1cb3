"""Where we may connect when somebody else names the address: to public hosts only, and to the very one looked at.

A browser tells us where its pushes go. Without this a log-in would be a way to make the worker knock on doors inside
the town's own network (OWASP, "Server-Side Request Forgery Prevention").
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.errors import Refused

LONGEST = 2_000
HTTPS = 443
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Place:
    """An address that was looked at: connect to ``ip``, and ask it for ``host``."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str

    @property
    def origin(self) -> str:
        """Scheme, host and, where it is not the usual one, port (RFC 6454, 6.2)."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{shown}" + ("" if self.scheme == "https" and self.port == HTTPS else f":{self.port}")


def find(url: str, *, loopback: bool = False) -> Place:
    """Resolve an https address, once. Every address of its host must be public.

    ``loopback`` lets this very machine be meant, also without TLS (demo and tests). Raises :class:`Refused` with 400:
    ``not_https``, ``no_such_host`` or ``not_public``.
    """
    scheme, host, port, path = _parts(url)
    found = _addresses(host, port)
    if loopback and all(address.is_loopback for address in found):
        return Place(scheme, host, port, path, str(found[0]))
    if scheme != "https":
        raise Refused(400, "not_https")
    if not all(is_public(address) for address in found):
        raise Refused(400, "not_public")
    return Place(scheme, host, port, path, str(found[0]))


def is_public(address: Address) -> bool:
    """Whether it belongs to somebody on the Internet; one that only wraps another is judged by that."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused(400, "not_https") from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= LONGEST
    if not plain or parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc or parts.fragment:
        raise Refused(400, "not_https")
    usual = HTTPS if parts.scheme == "https" else 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or usual, path


def _addresses(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(400, "no_such_host") from None
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
