"""One connection to the stand-in: reading a request, checking it as Twilio would, answering it or failing as told."""

import json
import socket
import struct
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

from gateway.demo import rest
from gateway.demo.contract import Asked, Wrong
from gateway.demo.faults import BadOrder, Fault

if TYPE_CHECKING:
    from gateway.demo.standin import Standin

LARGEST_BODY = 65_536
MOST_FIELDS = 100
IDLE_SECONDS = 75.0
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Line(BaseHTTPRequestHandler):
    """One connection; what is said on it is for those who come after to say."""

    standin: "Standin"
    protocol_version = "HTTP/1.1"
    server_version = "TwilioStandin"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep no log of requests: an address of the API holds a number."""

    def do_GET(self) -> None:
        """Read something."""
        self._serve(self._get)

    def do_POST(self) -> None:
        """Change something."""
        self._serve(self._post)

    def _serve(self, way: Callable[[str], None]) -> None:
        self._parts = urlsplit(self.path)
        self._query = parse_qs(self._parts.query, keep_blank_values=True)
        try:
            self._body = self._read()
            way(self._parts.path)
        except Wrong as wrong:
            self._say(wrong.status, rest.refusal(wrong.code, str(wrong), wrong.status))
        except (BadOrder, UnicodeEncodeError) as order:
            self._say(400, {"error": str(order) if isinstance(order, BadOrder) else "text cannot be carried"})

    def _get(self, path: str) -> None:
        raise Wrong(20404, status=404)

    def _post(self, path: str) -> None:
        raise Wrong(20404, status=404)

    def _read(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Wrong(20001, "Body too large or of unknown length", 413)
        return self.rfile.read(int(length))

    def _form(self) -> dict[str, list[str]]:
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            raise Wrong(20001, "Content type must be application/x-www-form-urlencoded", 415)
        try:
            words = self._body.decode("utf-8")
            return parse_qs(words, True, strict_parsing=bool(words), max_num_fields=MOST_FIELDS)
        except ValueError:
            raise Wrong(20001, "The form cannot be read") from None

    def _admit(self, account: str) -> None:
        if not rest.authorized(
            self.headers.get("Authorization", ""), self.standin.account_sid, self.standin.auth_tokens
        ):
            raise Wrong(20003, status=401)
        if account != self.standin.account_sid:
            raise Wrong(20404, status=404)

    def _checked(self) -> None:
        if self.standin.contract is not None:
            kind = self.headers.get_content_type() if self._body else ""
            asked = Asked(
                method=self.command,
                path=self._parts.path,
                query=self._query,
                headers=dict(self.headers.items()),
                content_type=kind,
                body=self._body,
            )
            self.standin.contract.check(asked)

    def _answer(self, what: str, status: int, carry_out: Callable[[], dict[str, Any]], to: str | None = None) -> None:
        """Carry the request out and answer it, or do what the fault in force says."""
        fault = self.standin.fault.next(what, to)
        done = carry_out() if fault.applied or fault.mode == "ok" else None
        if fault.mode == "hang":
            cast(Any, self.server).closing.wait(fault.seconds)
        if fault.mode in {"ok", "hang"} and done is not None:
            self._say(status, done)
        elif fault.mode in {"drop", "hang"}:
            self._cut()
        elif fault.mode == "garbage":
            self._send(200, "text/html", b"<html>hello from a proxy</html>")
        else:
            self._refuse(fault)

    def _refuse(self, fault: Fault) -> None:
        message = Wrong(fault.code).args[0]
        wait = {"Retry-After": str(fault.retry_after)} if fault.status == 429 and fault.retry_after is not None else {}  # noqa: PLR2004
        self._say(fault.status, rest.refusal(fault.code, message, fault.status), wait)

    def _cut(self) -> None:
        """Reset the connection instead of answering."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _order(self) -> dict[str, Any]:
        """A JSON object from our own page or a program; another site's page in the same browser is refused."""
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            raise Wrong(20003, "Another site may not text from here", 403)
        if self.headers.get_content_type() != "application/json":
            raise BadOrder("content type must be application/json")
        try:
            order = json.loads(self._body)
        except ValueError:
            raise BadOrder("not JSON") from None
        if not isinstance(order, dict):
            raise BadOrder("not a JSON object")
        return order

    def _number(self, name: str) -> int:
        value = self._query.get(name, ["0"])[0]
        return int(value) if value.isdigit() and len(value) < 12 else 0  # noqa: PLR2004 - no counter grows that far

    def _say(self, status: int, answer: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        extra = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else {}  # noqa: PLR2004
        body = json.dumps(answer, ensure_ascii=False).encode("utf-8")
        self._send(status, "application/json", body, extra | dict(headers or {}))

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            own = {"Content-Type": kind, "Content-Length": str(len(body))} | dict(headers or {})
            for name, value in (SECURITY | own).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the client did not wait
