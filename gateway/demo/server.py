"""The stand-in's HTTP side: Twilio's API, the handset page, and the doors through which tests set faults and look."""

import json
import logging
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

from gateway.demo import rest
from gateway.demo.contract import E164, Asked, Wrong, check
from gateway.demo.faults import BadOrder, Fault
from gateway.demo.ledger import Text
from gateway.segments import count

if TYPE_CHECKING:
    from gateway.demo.standin import Standin

log = logging.getLogger(__name__)

LARGEST_BODY = 65_536
MOST_FIELDS = 100
MOST_AT_ONCE = 256
IDLE_SECONDS = 75.0
LONGEST_WAIT = 25.0
LONGEST_TEXT = 1600  # a phone sends no more in one go
MOST_MEDIA = 10
LIST = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages\.json")
ONE = re.compile(r"/2010-04-01/Accounts/([^/]+)/Messages/([^/]+)\.json")
PAGE = Path(__file__).parent / "page"
ASSETS = {
    "/": ("handset.html", "text/html; charset=utf-8"),
    "/handset.css": ("handset.css", "text/css; charset=utf-8"),
    "/handset.js": ("handset.js", "text/javascript; charset=utf-8"),
}
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


class Server:
    """Listens and hands each request to a :class:`_Line` on a thread of its own, at most 256 at once."""

    def __init__(self, standin: "Standin", host: str, port: int) -> None:
        self._standin, self._host, self._port = standin, host, port
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        """Where it listens; known once started."""
        return f"http://{self._host}:{self._port}"

    def start(self) -> None:
        """Bind and begin to answer. Raises ``OSError`` when the port is taken."""
        line = type("Line", (_Line,), {"standin": self._standin})
        self._listener = _Listener((self._host, self._port), line)
        self._port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="standin", daemon=True).start()

    def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], line: type["_Line"]) -> None:
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._open: set[socket.socket] = set()
        self.closing = threading.Event()
        super().__init__(address, line)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One more connection, if there is a place."""
        if not self._places.acquire(timeout=1.0):
            self.shutdown_request(request)
            return
        self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note that a connection broke, by the kind of fault only: its text may quote a resident."""
        if not self.closing.is_set():
            log.warning("connection ended early: %s", type(sys.exception()).__name__)

    def server_close(self) -> None:
        """Close the listener, then every connection that a client keeps."""
        self.closing.set()
        super().server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._open.discard(connection)


class _Line(BaseHTTPRequestHandler):
    """One connection."""

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

    def _read(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Wrong(20001, "Body too large or of unknown length", 413)
        return self.rfile.read(int(length))

    # --- Twilio's API -------------------------------------------------------------------------------------------

    def _get(self, path: str) -> None:
        if path in ASSETS:
            self._asset(*ASSETS[path])
        elif path == "/_standin/messages":
            self._say(200, {"messages": [self._shown(text) for text in self.standin.ledger.texts(self._wanted())]})
        elif path == "/_standin/feed":
            self._feed()
        elif path == "/_standin/health":
            self._say(200, {"number": self.standin.number, "contract": self.standin.contract is not None})
        else:
            self._api_read(path)

    def _api_read(self, path: str) -> None:
        listing, single = LIST.fullmatch(path), ONE.fullmatch(path)
        if not (match := listing or single):
            raise Wrong(20404, status=404)
        self._admit(match[1])
        self._checked()
        about = self._query.get("To", [None])[0]
        self._answer("list", 200, lambda: self._page() if listing else self._single(match[2]), about)

    def _page(self) -> dict[str, Any]:
        return rest.page(self.standin.ledger, self._query, self.standin.account_sid)

    def _single(self, sid: str) -> dict[str, Any]:
        text = self.standin.ledger.get(sid)
        if text is None:
            raise Wrong(20404, status=404)
        return rest.resource(text, self.standin.account_sid)

    def _create(self, account: str) -> None:
        self._admit(account)
        form = self._form()
        check(form, self.standin.number)
        self._checked()
        one = {name: all_[0] for name, all_ in form.items()}

        def take() -> dict[str, Any]:
            callback, media = one.get("StatusCallback"), len(form.get("MediaUrl", []))
            text = self.standin.accept(one["To"], one.get("Body", ""), callback, media)
            return rest.resource(text, self.standin.account_sid)

        self._answer("send", 201, take, one["To"])

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
            cast(_Listener, self.server).closing.wait(fault.seconds)
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

    # --- the phones and the tests -------------------------------------------------------------------------------

    def _post(self, path: str) -> None:
        if match := LIST.fullmatch(path):
            self._create(match[1])
            return
        doors = {
            "/_standin/inbound": self._inbound,
            "/_standin/faults": self._set_faults,
            "/_standin/receipts": self._set_receipts,
        }
        if path not in doors:
            raise Wrong(20404, status=404)
        doors[path](self._order())

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

    def _inbound(self, order: Mapping[str, Any]) -> None:
        from_, body, media, sid = (order.get(name) for name in ("from", "body", "media", "sid"))
        kinds = media if isinstance(media, list) else []
        if not (isinstance(from_, str) and E164.fullmatch(from_) and from_ != self.standin.number):
            raise BadOrder("from must be a number like +15555550111, and not the community's own")
        if not isinstance(body, str) or len(body) > LONGEST_TEXT or not (body or kinds):
            raise BadOrder(f"body must be a text of 1 to {LONGEST_TEXT} characters")
        if len(kinds) > MOST_MEDIA or not all(isinstance(kind, str) for kind in kinds):
            raise BadOrder("media must be a list of up to ten content types")
        if sid is not None and not (isinstance(sid, str) and re.fullmatch(r"(SM|MM)[0-9a-f]{32}", sid)):
            raise BadOrder("sid must be SM or MM and 32 hexadecimal digits")
        self._say(200, asdict(self.standin.text(from_, body, media=kinds, sid=sid)))

    def _set_faults(self, order: Mapping[str, Any]) -> None:
        self.standin.faults(**_named(order))
        self._say(200, {"set": True})

    def _set_receipts(self, order: Mapping[str, Any]) -> None:
        self.standin.receipts(**_named(order))
        self._say(200, {"set": True})

    def _feed(self) -> None:
        """What changed since ``after``; waits up to ``wait`` seconds for news."""
        after, wait = (self._number(name) for name in ("after", "wait"))
        ledger = self.standin.ledger
        version, texts = ledger.news(after if after <= ledger.version else 0, min(wait, LONGEST_WAIT))
        shown = [self._shown(text) for text in texts]
        head = {"version": version, "number": self.standin.number, "started": ledger.started}
        self._say(200, head | {"messages": shown})

    def _number(self, name: str) -> int:
        value = self._query.get(name, ["0"])[0]
        return int(value) if value.isdigit() and len(value) < 12 else 0  # noqa: PLR2004 - no counter grows that far

    def _wanted(self) -> Callable[[Text], bool]:
        names = {"to": "to", "from": "from_", "direction": "direction", "status": "status", "via": "via", "sid": "sid"}
        wanted = {names[name]: all_[0] for name, all_ in self._query.items() if name in names}
        after = self._number("after")
        return lambda text: text.seq > after and all(getattr(text, name) == value for name, value in wanted.items())

    def _shown(self, text: Text) -> dict[str, Any]:
        counted = count(text.body)
        return rest.resource(text, self.standin.account_sid) | {
            "seq": text.seq,
            "version": text.version,
            "via": text.via,
            "handset": text.handset,
            "segments": counted.segments,
            "encoding": counted.encoding,
            "opted_out": self.standin.ledger.opted_out(text.handset),
            "answer": text.answer,
            "at": text.created.isoformat(),
        }

    def _asset(self, name: str, kind: str) -> None:
        self._send(200, kind, (PAGE / name).read_bytes())

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


def _named(order: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(order.get("mode", ""), str):
        raise BadOrder("mode must be a word")
    return dict(order)
