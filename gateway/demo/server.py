"""The stand-in's HTTP side: Twilio's API, the handset page, and the doors through which tests set faults and look."""

import logging
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.demo import media, rest
from gateway.demo.call_line import CallLine
from gateway.demo.contract import E164, Wrong, check
from gateway.demo.faults import BadOrder
from gateway.demo.ledger import Text
from gateway.segments import count

if TYPE_CHECKING:
    from gateway.demo.standin import Standin

log = logging.getLogger(__name__)

MOST_AT_ONCE = 256
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
    "/calls.js": ("calls.js", "text/javascript; charset=utf-8"),
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


class _Line(CallLine):
    """What the API, the phones and the tests are answered."""

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
        elif not self._calls_read(path) and not media.serve(
            self.standin.shelf, path, self._admit, self._send, with_auth="Authorization" in self.headers
        ):
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
            callback, pictures = one.get("StatusCallback"), len(form.get("MediaUrl", []))
            text = self.standin.accept(one["To"], one.get("Body", ""), callback, pictures)
            return rest.resource(text, self.standin.account_sid)

        self._answer("send", 201, take, one["To"])

    # --- the phones and the tests -------------------------------------------------------------------------------

    def _post(self, path: str) -> None:
        if self._calls_made(path):
            return
        if match := LIST.fullmatch(path):
            self._create(match[1])
            return
        doors = {
            "/_standin/inbound": self._inbound,
            "/_standin/faults": self._set_faults,
            "/_standin/receipts": self._set_receipts,
            "/_standin/calls": self._set_calls,
            "/_standin/call": self._call_act,
        }
        if path not in doors:
            raise Wrong(20404, status=404)
        doors[path](self._order())

    def _inbound(self, order: Mapping[str, Any]) -> None:
        from_, body, asked, sid = (order.get(name) for name in ("from", "body", "media", "sid"))
        kinds = asked if isinstance(asked, list) else []
        if not (isinstance(from_, str) and E164.fullmatch(from_) and from_ != self.standin.number):
            raise BadOrder("from must be a number like +15555550111, and not the community's own")
        if not isinstance(body, str) or len(body) > LONGEST_TEXT or not (body or kinds):
            raise BadOrder(f"body must be a text of 1 to {LONGEST_TEXT} characters")
        if len(kinds) > MOST_MEDIA or not all(isinstance(kind, str) for kind in kinds):
            raise BadOrder("media must be a list of up to ten content types")
        if sid is not None and not (isinstance(sid, str) and re.fullmatch(r"(SM|MM)[0-9a-f]{32}", sid)):
            raise BadOrder("sid must be SM or MM and 32 hexadecimal digits")
        answer = asdict(self.standin.text(from_, body, media=kinds, sid=sid))
        self._say(200, {name: value for name, value in answer.items() if name != "body"})

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
        self._say(200, head | {"messages": shown, "calls": self._calls_shown()})

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


def _named(order: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(order.get("mode", ""), str):
        raise BadOrder("mode must be a word")
    return dict(order)
