"""What the tests of the web chat share: visitors, further applications on changed settings, sayings, pages."""

import dataclasses
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from gateway import conversations, create_app
from gateway.door import Door
from gateway.models import Conversation, Responder
from gateway.settings import Settings
from gateway.web import pages
from tests.fakes.wsgi import closing, unhurried

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PHONE = {"width": 375, "height": 740}


class Visitor:
    """A visitor of the web chat, as the widget speaks for them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        made = client.post("/chat/visitors", json={})
        assert made.status_code == 201
        self.token: str = made.get_json()["token"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, text: Any, client_id: Any = None, **more: Any) -> TestResponse:
        body = {"id": client_id or str(uuid.uuid4()), "text": text} | more
        return self.client.post("/chat/messages", json=body, headers=self.headers)

    def write(self, text: str) -> dict[str, Any]:
        answer = self.post(text)
        assert answer.status_code == 201
        found: dict[str, Any] = answer.get_json()
        return found

    def history(self, after: int = 0) -> list[dict[str, Any]]:
        answer = self.client.get(f"/chat/messages?after={after}", headers=self.headers)
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.get_json()["messages"]
        return found

    def stream(self, last: int | None = None) -> TestResponse:
        headers = self.headers | ({} if last is None else {"Last-Event-ID": str(last)})
        return self.client.get("/chat/stream", headers=headers, buffered=False)


def spoken(answer: TestResponse, count: int) -> list[dict[str, Any]]:
    """The next ``count`` messages of a stream, past the beats."""
    found: list[dict[str, Any]] = []
    for piece in answer.response:
        for event in piece.decode().split("\n\n"):
            found += [json.loads(line[6:]) for line in event.split("\n") if line.startswith("data: ")]
        if len(found) >= count:
            break
    return found


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Somebody who opened the chat."""
    return Visitor(client)


@pytest.fixture
def another(settings: Settings, app: Flask) -> Iterator[Callable[..., Flask]]:
    """Makes further applications on changed settings, and ends all their streams afterwards."""
    with ExitStack() as ended:
        ended.callback(app.extensions["live"].stop)

        def make(**changes: Any) -> Flask:
            made = create_app(dataclasses.replace(settings, **changes))
            door = made.extensions["front_door"]
            door.acceptor.patience = app.extensions["front_door"].acceptor.patience
            ended.callback(door.close)
            ended.callback(made.extensions["live"].stop)
            return made

        yield make


@pytest.fixture(autouse=True)
def _end_streams(request: pytest.FixtureRequest) -> Iterator[None]:
    app = request.getfixturevalue("app") if "app" in request.fixturenames else None
    yield
    if app is not None:
        app.extensions["live"].stop()


@pytest.fixture
def say(door: Door) -> Callable[..., int]:
    """Says something in the newest conversation, as the worker or the console does; returns the message's id."""

    def speak(text: str, author: str = "bot", language: str | None = "en", name: str | None = None) -> int:
        with door.database.begin() as session:
            newest = session.scalars(select(Conversation.id).order_by(Conversation.id.desc()).limit(1)).one()
            conversation = conversations.lock(session, newest)
            responder = _responder(name) if name else None
            if responder:
                session.add(responder)
                session.flush()
            message = conversations.say(
                session,
                conversation,
                text,
                author,
                datetime.now(UTC),
                language=language,
                responder_id=responder.id if responder else None,
            )
        door.bell.announce(newest)
        return message.id

    return speak


def _responder(name: str) -> Responder:
    return Responder(
        email=f"{uuid.uuid4()}@town.example",
        name=name,
        role="responder",
        password_hash=uuid.uuid4().hex,
        languages=["en"],
        active=True,
        created_at=datetime.now(UTC),
    )


class Quiet(WSGIRequestHandler):
    """A request handler that writes nothing to the terminal."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One Chromium for all tests of this file."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - most tests of this folder need no browser

    from tests.browser import launch  # noqa: PLC0415

    with sync_playwright() as playwright:
        launched = launch(playwright)
        yield launched
        launched.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serves applications with a thread for each request, as gunicorn does; gives their addresses."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, closing(unhurried(app)), threaded=True, request_handler=Quiet)
        server.daemon_threads = False  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        running.append((app, server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for app, server, thread in running:
        if "live" in app.extensions:
            app.extensions["live"].stop()
        server.shutdown()
        thread.join(15)  # ends when the threads of all requests have


@pytest.fixture
def site(app: Flask, serve: Callable[[Flask], str]) -> str:
    """The address of the real application."""
    return serve(app)


@pytest.fixture
def context(browser: "Browser", serve: Callable[[Flask], str]) -> "Iterator[BrowserContext]":
    """A fresh browser profile, closed before the servers are; whatever goes wrong inside a page fails the test."""
    made = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    made.set_default_timeout(10_000)
    made.route(pages.AWAY + "**", lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"))
    faults: list[str] = []
    made.on("weberror", lambda error: faults.append(str(error.error)))
    made.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield made
    made.close()
    assert not faults


@pytest.fixture
def page(context: "BrowserContext") -> "Page":
    """One tab."""
    return context.new_page()
