"""A push service and the browsers behind it: takes pushes over HTTP, checks who signed them, and decrypts them.

The signature is checked by hand (RFC 8292) and the words by the receiver's half of RFC 8291, so that both are held to
the standards and not to our own code.
"""

import base64
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

DAY = 24 * 3600


def plain(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(text: str) -> bytes:
    """The other way."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """One browser: its keys, and each push that it showed."""

    path: str
    service: "PushService"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    shown: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[], tuple[int, dict[str, str]]] = lambda: (201, {})

    @property
    def endpoint(self) -> str:
        """Where pushes for it go."""
        return self.service.url + self.path

    def to_json(self) -> dict[str, Any]:
        """What ``PushSubscription.toJSON`` gives."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"endpoint": self.endpoint, "expirationTime": None,
                "keys": {"p256dh": plain(point), "auth": plain(self.secret)}}  # fmt: skip

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Check and show one push; the status of the answer."""
        if not self.service.signed(headers.get("Authorization", "")):
            return 403
        if headers.get("Content-Encoding") != "aes128gcm" or not headers.get("TTL", "").isdigit():
            return 400
        words = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        self.shown.append(json.loads(words))
        self.headers.append(headers)
        return 201


class PushService:
    """Listens on the loopback; ``public`` is the key that must have signed (what browsers were given)."""

    def __init__(self, public: str) -> None:
        self.public = public
        self.browsers: dict[str, Browser] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Line", (_Line,), {"service": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def browser(self, name: str = "a", **more: Any) -> Browser:
        """One more browser."""
        made = self.browsers[f"/push/{name}"] = Browser(f"/push/{name}", self, **more)
        return made

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def signed(self, header: str) -> bool:
        """Whether a header is a token of that key, for this very service, signed with ES256, not older than allowed."""
        scheme, _, rest = header.partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        token, key = fields.get("t", ""), fields.get("k", "")
        if scheme != "vapid" or key != self.public or token.count(".") != 2:
            return False
        head, claims, signature = token.split(".")
        half = len(raw(signature)) // 2
        numbers = [int.from_bytes(part) for part in (raw(signature)[:half], raw(signature)[half:])]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(key))
        try:
            public.verify(encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        said = json.loads(raw(claims))
        fresh = time.time() < said["exp"] <= time.time() + DAY
        return json.loads(raw(head))["alg"] == "ES256" and said["aud"] == self.url and fresh and "sub" in said


class _Line(BaseHTTPRequestHandler):
    service: PushService

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        browser = self.service.browsers.get(self.path)
        status, headers = browser.answer() if browser else (404, {})
        if browser is not None and status == 201:
            status = browser.take(body, dict(self.headers.items()))
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
