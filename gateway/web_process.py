"""Starts the web process: gunicorn with threads, so that a slow reader holds one thread and not the door."""

import os
import sys
from pathlib import Path

from gateway.settings import Settings

PROCESSES, THREADS = 2, 128  # half of the threads may hold live streams, see gateway.web.live
ANSWER_SECONDS = 30


def argv(settings: Settings) -> list[str]:
    """The command line of gunicorn for these settings."""
    return [
        str(Path(sys.executable).with_name("gunicorn")),
        "gateway.wsgi:app",
        f"--bind={settings.host}:{settings.port}",
        "--worker-class=gthread",
        f"--workers={PROCESSES}",
        f"--threads={THREADS}",
        f"--timeout={ANSWER_SECONDS}",
        "--graceful-timeout=10",
        "--keep-alive=15",
        "--limit-request-line=2048",
        "--limit-request-fields=64",
        "--log-level=warning",
        "--no-control-socket",
    ]


def run(settings: Settings) -> None:
    """Become gunicorn."""
    command = argv(settings)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter's neighbour, no shell
