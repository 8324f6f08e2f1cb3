"""A real HTTP server in the gateway's place, which remembers what it was sent and answers as told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Call:
    """One request that the webhook got."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]


def _empty(_call: Call) -> tuple[int, str]:
    return 200, "<Response/>"


@dataclass
class Webhook:
    """``answer`` says what is answered, a status and a body; the status 0 hangs up instead."""

    answer: Callable[[Call], tuple[int, str]] = _empty
    calls: list[Call] = field(default_factory=list)
    url: str = ""
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int, timeout: float = 10.0) -> list[Call]:
        """The calls, once there are so many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.calls) >= count, timeout), f"{len(self.calls)} of {count}"
            return list(self.calls)

    def take(self, call: Call) -> tuple[int, str]:
        """Answer one call, then remember it."""
        answer = self.answer(call)
        with self._arrived:
            self.calls.append(call)
            self._arrived.notify_all()
        return answer


class Listener(ThreadingHTTPServer):
    """Listens on a free port of the loopback."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # of 32 phones that text at once, five may wait to be let in otherwise

    def __init__(self, webhook: Webhook) -> None:
        super().__init__(("127.0.0.1", 0), type("Line", (_Line,), {"webhook": webhook}))
        webhook.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Line(BaseHTTPRequestHandler):
    webhook: Webhook
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        call = Call(self.path, dict(parse_qsl(body, keep_blank_values=True)), dict(self.headers.items()))
        status, said = self.webhook.take(call)
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(said.encode())))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""
