"""Gunicorn with threads, so that a slow reader holds one thread and not the door."""

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from gateway.web.giving import GivingWorker

PROCESSES, THREADS = 2, 192  # a third of the threads may hold live streams, see gateway.web.live
ANSWER_SECONDS = 30


class Gunicorn(BaseApplication):  # type: ignore[misc]  # it has no types
    """Gunicorn as we want it, not as GUNICORN_CMD_ARGS or a file of its own says; each process makes its own app."""

    def __init__(self, host: str, port: int, make: Callable[[], Any]) -> None:
        self._bind = f"{host}:{port}"
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        """Hand our options over."""
        options = {
            "bind": self._bind,
            "worker_class": GivingWorker,
            "workers": PROCESSES,
            "threads": THREADS,
            "timeout": ANSWER_SECONDS,
            "graceful_timeout": 10,
            "keepalive": 15,
            "limit_request_line": 2048,
            "limit_request_fields": 64,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The web application of one process, with store connections of its own."""
        return self._make()
