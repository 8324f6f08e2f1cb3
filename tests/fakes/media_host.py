"""A host of media that answers as a test tells it, also when that is not HTTP any more; it remembers what was asked."""

import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Any

Answer = Callable[[socket.socket, threading.Event], None]


class MediaHost:
    """Answers each path by the function given for it, on a socket of its own; every host name may be asked of it."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        host = self
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()

        class Line(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                path, headers = _request(self.request)
                host.asked.append((path, headers))
                try:
                    answers.get(path.partition("?")[0], say(404))(self.request, host.over)
                except OSError:
                    return  # the other side had enough

        self._server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop answering."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


def say(status: int, body: bytes = b"", *lines: str, length: int | None = None) -> Answer:
    """An answer with a body, and whatever length it claims."""
    given = len(body) if length is None else length
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} As Told", *lines, f"Content-Length: {given}"))
    return lambda line, _over: line.sendall(head.encode() + b"\r\n" + body)


def send_on(to: str, status: int = 307) -> Answer:
    """A redirect."""
    return say(status, b"", f"Location: {to}")


def endless(line: socket.socket, over: threading.Event) -> None:
    """A body that says nothing of its length and never ends."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        line.sendall(bytes(65_536))


def dripping(first: bytes) -> Answer:
    """A beginning, and then a byte again and again: never silent for long, and never done."""

    def drip(line: socket.socket, over: threading.Event) -> None:
        line.sendall(first)
        while not over.wait(0.02):
            line.sendall(b"a")

    return drip


def _request(line: socket.socket) -> tuple[str, dict[str, str]]:
    head = b""
    while b"\r\n\r\n" not in head:
        if not (part := line.recv(4096)):
            return "", {}
        head += part
    first, *rest = head.decode().split("\r\n\r\n")[0].split("\r\n")
    return first.split(" ")[1], {name.lower(): text for name, _, text in (each.partition(": ") for each in rest)}
