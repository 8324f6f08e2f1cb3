"""A gunicorn worker that can give a connection away: who only waits to be told something holds no thread of it."""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

GIVES = "front_door.gives"  # in the WSGI environ: the answer may end with :class:`Given`
GIVEN = object()


class Given(BaseException):
    """What an answer's iterator raises once it has begun: ``take`` goes on with the connection, in bytes of its own.

    No :class:`Exception`: gunicorn takes each of those for a fault of the application and half closes the connection.
    """

    def __init__(self, take: Callable[[socket.socket], None]) -> None:
        super().__init__()
        self.take = take


class GivingWorker(ThreadWorker):  # type: ignore[misc]  # it has no types
    """Threads, as gunicorn's own, until an answer gives its connection away."""

    def load_wsgi(self) -> None:
        """Say to the application that connections can be given away here."""
        super().load_wsgi()
        answer: Callable[..., Any] = self.wsgi  # type: ignore[has-type]

        def telling(environ: dict[str, Any], start: Any) -> Any:
            environ[GIVES] = True
            return answer(environ, start)

        self.wsgi = telling

    def handle(self, conn: TConn) -> Any:
        """Answer one request, on a thread of the pool."""
        try:
            return super().handle(conn)
        except Given as given:
            given.take(socket.socket(fileno=conn.sock.detach()))
            return GIVEN

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Keep, close, or forget the connection, on the main thread."""
        if not fs.cancelled() and fs.exception() is None and fs.result() is GIVEN:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)
