"""Starts the web process, which accepts messages and serves the chat and the console."""

import gc
import resource

from flask import Flask

from gateway import app, community, create_app, garbage
from gateway.settings import Settings
from gateway.web.server import Gunicorn

MOST_FILES = 65_536


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises :class:`SettingsError` before anything listens."""
    community.load(settings.community_file)
    allow_many_connections()
    read_once()
    Gunicorn(settings.host, settings.port, lambda: _made(settings)).run()


def allow_many_connections() -> None:
    """Let each process open as many files as it may: every open chat is one, and the usual 1,024 are few."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), most))


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
