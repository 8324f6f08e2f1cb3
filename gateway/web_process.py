"""Starts the web process, which accepts messages and serves the chat and the console."""

import gc

from flask import Flask

from gateway import app, community, create_app, garbage
from gateway.settings import Settings
from gateway.web.server import Gunicorn


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises :class:`SettingsError` before anything listens."""
    community.load(settings.community_file)
    read_once()
    Gunicorn(settings.host, settings.port, lambda: _made(settings)).run()


def _made(settings: Settings) -> Flask:
    app = create_app(settings)
    garbage.look_seldom()
    return app


def read_once() -> None:
    """Read the cards, the net and the texts before gunicorn splits in processes, which then share their memory.

    They are what a start waits for, and two processes would read them at once on the same cores. Nothing that is read
    here ever becomes garbage, so the collector need not look at it, neither now nor in the processes, where looking
    would copy it. A SIGHUP makes new processes of what was read: to take up new cards, start again.
    """
    gc.disable()
    try:
        app.refuse_failing_cards()
        app.refuse_faulty_texts()
        gc.freeze()
    finally:
        gc.enable()
