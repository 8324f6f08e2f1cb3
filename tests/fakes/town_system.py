"""A town's own system: a real HTTP server that takes signed calls, checks them, or misbehaves as such systems do."""

import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answers(status: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    """Answer with this status; ``Retry_After`` becomes ``Retry-After``."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing and end the connection."""
    handler.close_connection = True


def rambles(handler: BaseHTTPRequestHandler) -> None:
    """Take it, and answer with a body that has no end."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """One letter of the answer now and then: no single wait is long."""
    for letter in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: y\r\n" * 100:
        handler.wfile.write(bytes([letter]))
        handler.wfile.flush()
        time.sleep(0.05)


@dataclass(frozen=True)
class Call:
    """One call as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """What it tells."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def key(self) -> str:
        """The same for each try of one call."""
        return self.headers["Idempotency-Key"]

    def is_genuine(self, secret: str, within: float = 300.0) -> bool:
        """Whether who knows the secret signed these very bytes just now; written after docs/dispatch-webhook.md."""
        parts = dict(part.split("=", 1) for part in self.headers["Front-Door-Signature"].split(","))
        proof = hmac.new(secret.encode(), f"{parts['t']}.".encode() + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(proof, parts["v1"]) and abs(time.time() - int(parts["t"])) <= within


class TownSystem:
    """Serves on a free port of the loopback; ``behave`` is what it does with each call."""

    def __init__(self, behave: Behaviour | None = None, context: ssl.SSLContext | None = None) -> None:
        self.behave = behave or answers(200)
        self.calls: list[Call] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls.append(Call(self.path, dict(self.headers), body))
                outer.behave(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """A caller that hung up is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/door?of=town"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
