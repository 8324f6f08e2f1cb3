"""A real HTTP server that answers as the bot does, or misbehaves in the ways a bot can."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = dict[str, Any]
Behaviour = Callable[[dict[str, Any]], "tuple[int, bytes]"]


def good(request: dict[str, Any], text: str = "", commands: list[Answer] | None = None) -> Answer:
    """A proper answer that counts its turns in the state."""
    turns = (request["state"] or {}).get("turns", 0) + 1
    return {
        "turn_id": request["turn_id"],
        "conversation": request["conversation"],
        "language": request["language"],
        "messages": [{"text": text or f"echo {turns}: {request['text']}"}],
        "commands": commands or [],
        "state": {"turns": turns},
        "intent": {"name": "test", "confidence": 1.0},
        "model": "fake",
    }


def _json(answer: Any, status: int = 200) -> tuple[int, bytes]:
    return status, json.dumps(answer).encode()


def echo(request: dict[str, Any]) -> tuple[int, bytes]:
    """Say the resident's words back."""
    return _json(good(request))


NONSENSE: dict[str, Behaviour] = {
    "empty list": lambda _: _json([]),
    "html": lambda _: (200, b"<html>It works!</html>"),
    "http 500": lambda _: (500, b"oops"),
    "http 503": lambda _: _json({"error": "down"}, 503),
    "redirect": lambda _: (302, b""),
    "no body": lambda _: (200, b""),
    "null": lambda _: (200, b"null"),
    "number": lambda _: (200, b"42"),
    "invalid utf-8": lambda _: (200, b'{"turn_id": "\xff\xfe"}'),
    "cut json": lambda r: (200, json.dumps(good(r)).encode()[:-9]),
    "other turn": lambda r: _json(good(r) | {"turn_id": "another"}),
    "other conversation": lambda r: _json(good(r) | {"conversation": "somebody else"}),
    "other language": lambda r: _json(good(r) | {"language": "fr"}),
    "no language": lambda r: _json(good(r) | {"language": None}),
    "nothing said": lambda r: _json(good(r) | {"messages": [], "commands": []}),
    "messages missing": lambda r: _json({k: v for k, v in good(r).items() if k != "messages"}),
    "messages a string": lambda r: _json(good(r) | {"messages": "hello"}),
    "text a number": lambda r: _json(good(r) | {"messages": [{"text": 7}]}),
    "text missing": lambda r: _json(good(r) | {"messages": [{}]}),
    "text blank": lambda r: _json(good(r) | {"messages": [{"text": "   "}]}),
    "text with nul": lambda r: _json(good(r) | {"messages": [{"text": "a\x00b"}]}),
    "10,000 characters": lambda r: _json(good(r, "x" * 10_000)),
    "a question of no kind": lambda r: _json(good(r) | {"messages": [{"text": "Yes?", "asks": "buttons"}]}),
    "a question of many kinds": lambda r: _json(good(r) | {"messages": [{"text": "Yes?", "asks": ["yes_no"]}]}),
    "500 texts": lambda r: _json(good(r) | {"messages": [{"text": "hi"}] * 500}),
    "a megabyte": lambda r: _json(good(r) | {"model": "x" * 1_000_000}),
    "unknown command": lambda r: _json(good(r, commands=[{"command": "delete_everything"}])),
    "command a string": lambda r: _json(good(r) | {"commands": ["escalate"]}),
    "commands null": lambda r: _json(good(r) | {"commands": None}),
    "state a list": lambda r: _json(good(r) | {"state": []}),
    "state missing": lambda r: _json({k: v for k, v in good(r).items() if k != "state"}),
    "huge state": lambda r: _json(good(r) | {"state": {"x": "y" * 20_000}}),
    "deep nesting": lambda _: (200, b"[" * 30_000),
}


class FakeRasa:
    """Serves on a free port of the loopback; ``behave`` is what it does with each request."""

    def __init__(self, behave: Behaviour = echo, pause: float = 0.0) -> None:
        self.behave, self.pause = behave, pause
        self.requests: list[dict[str, Any]] = []
        self.begun: list[dict[str, Any]] = []  # what it was to begin ahead; it does not
        self.headers: list[dict[str, str]] = []
        self.ports: set[int] = set()  # of the clients: one for each connection
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, answer = _json({"model": "fake"})
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.endswith("/ahead"):
                    outer.begun.append(body)
                    self.send_response(429)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                outer.requests.append(body)
                outer.headers.append(dict(self.headers))
                outer.ports.add(self.client_address[1])
                time.sleep(outer.pause)
                status, answer = outer.behave(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # the default of 5 drops the calls of a worker that starts, for seconds

            def handle_error(self, *_: Any) -> None:
                """A client that hung up is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
