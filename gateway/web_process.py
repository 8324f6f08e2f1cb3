"""Starts the web process, which accepts messages and serves the chat and the console."""

import gc

from gateway import app, create_app
from gateway.settings import Settings
from gateway.web.process import Gunicorn


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises :class:`SettingsError` before anything listens."""
    read_once()
    Gunicorn(settings.host, settings.port, lambda: create_app(settings)).run()


def read_once() -> None:
    """Read the cards, the net and the texts before gunicorn splits in processes, which then share their memory.

    The door must answer within two seconds of its start. Nothing that is read here ever becomes garbage, so the
    collector need not look at it, neither now nor in the processes, where looking would copy it.
    """
    gc.disable()
    app.refuse_failing_cards()
    app.refuse_faulty_texts()
    gc.freeze()
    gc.enable()
