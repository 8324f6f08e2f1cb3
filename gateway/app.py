"""Builds the web application: opens the parts in order, checks them, and hands them to the blueprints."""

import logging
from functools import cache

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway import community, logs, phrases, risk, safety, texts, web
from gateway.acceptor import Acceptor
from gateway.clients.ahead import Ahead
from gateway.clients.bell import Bell
from gateway.clients.rasa import Rasa
from gateway.clients.signs import Signs
from gateway.db import Database
from gateway.directory import asking
from gateway.door import Door
from gateway.errors import SettingsError
from gateway.journal import Journal
from gateway.settings import Settings
from gateway.web import static_files

log = logging.getLogger(__name__)

ACCEPT_STATEMENT_MS = 1_000
BODY_BYTES = 128 * 1024


def build(settings: Settings) -> Flask:
    """Make the application; see :func:`gateway.create_app`."""
    logs.start(settings, "web")
    refuse_failing_cards()
    refuse_faulty_texts()
    app = Flask("gateway", static_url_path=static_files.address())
    app.config.update(
        SECRET_KEY=settings.keys.cookie_key,
        MAX_CONTENT_LENGTH=BODY_BYTES,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        TEMPLATES_AUTO_RELOAD=False,
        SEND_FILE_MAX_AGE_DEFAULT=static_files.YEAR,
    )
    if settings.proxies:  # else the header is whatever a stranger wrote
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
    app.extensions["front_door"] = door = open_door(settings)
    # What a text names is read while it is taken in: the first one should not wait for the words to be laid out.
    asking.load_words(door.community)
    web.register(app)
    return app


def open_door(settings: Settings) -> Door:
    """Open the store, the bell, the journal and the way in, without waiting for any of them to be up."""
    town = community.load(settings.community_file)
    log.log(logging.INFO if safety.signed(town) else logging.WARNING, "safety texts: %s", safety.state(town))
    database = Database(settings.database_url, statement_ms=ACCEPT_STATEMENT_MS, pool=16)
    bell = Bell(settings.redis_url)
    journal = Journal(settings.var / "journal", settings.keys)
    ahead = Ahead(Rasa(settings.bot_urls, settings.bot_secret))
    acceptor = Acceptor(settings.keys, town, database, journal, bell, ahead)
    return Door(settings, town, database, bell, journal, acceptor, Signs(settings.redis_url))


def refuse_faulty_texts() -> None:
    """Read the safety texts now and not at the first danger. Raises :class:`SettingsError` with what is wrong."""
    try:
        texts.safety_texts()
    except ValueError as broken:
        raise SettingsError(str(broken).splitlines()) from broken


@cache
def refuse_failing_cards() -> None:
    """Load every risk card and run its own tests, once. Raises :class:`SettingsError` listing each that fails."""
    try:
        faults = [f"risk card: {fault}" for fault in risk.self_test()]
        risk.retraction("")  # so that their words, too, are read before the first resident waits for them
        risk.check_answer("")
        phrases.asks_to_stop("")
    except risk.CardError as broken:
        faults = [f"risk card: {fault}" for fault in broken.faults]
    if faults:
        raise SettingsError(faults)
