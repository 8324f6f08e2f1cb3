"""Behind a proxy all come from one address: whom the header names counts where the town says so, and only there."""

import dataclasses
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute

from gateway import create_app
from gateway.settings import Settings
from gateway.web import console_tries
from tests.console.conftest import PASSWORD, TOKEN, Person, log_in
from tests.console.test_console_roles import JSON

PROXY = "172.18.0.1"


@pytest.fixture
def behind(settings: Settings) -> Iterator[Callable[[int], Flask]]:
    """The application behind so many proxies."""
    made: list[Flask] = []

    def make(proxies: int) -> Flask:
        made.append(create_app(dataclasses.replace(settings, proxies=proxies)))
        return made[-1]

    yield make
    for app in made:
        app.extensions["front_door"].close()


def client(app: Flask, came_from: str) -> FlaskClient:
    made = app.test_client()
    made.environ_base |= {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": came_from}
    return made


def test_a_strangers_failures_bar_nobody_elsewhere(
    behind: Callable[[int], Flask], person: Callable[..., Person]
) -> None:
    ana, app = person("Ana", inside=False), behind(1)
    stranger = client(app, "203.0.113.7")
    assert [log_in(stranger, ana.email, "wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    assert log_in(client(app, "203.0.113.7"), ana.email, PASSWORD).status_code == 429
    assert log_in(client(app, "203.0.113.8"), ana.email, PASSWORD).status_code == 303
    # What a client wrote before the proxy's own entry is not believed.
    assert log_in(client(app, "203.0.113.8, 203.0.113.7"), ana.email, PASSWORD).status_code == 429


def test_new_addresses_of_one_network_give_no_new_tries(
    behind: Callable[[int], Flask], person: Callable[..., Person]
) -> None:
    ana, app = person("Ana", inside=False), behind(1)
    tried = [log_in(client(app, f"2001:db8:5:7::{place}"), ana.email, "wrong").status_code for place in range(1, 7)]
    assert tried == [401] * 5 + [429]
    assert log_in(client(app, "2001:db8:5:8::1"), ana.email, PASSWORD).status_code == 303


def test_without_a_proxy_of_ours_the_header_is_not_read(
    behind: Callable[[int], Flask], person: Callable[..., Person]
) -> None:
    ana, app = person("Ana", inside=False), behind(0)
    tried = [log_in(client(app, f"203.0.113.{place}"), ana.email, "wrong").status_code for place in range(6)]
    assert tried == [401] * 5 + [429]


def looks(who: FlaskClient, token: str, times: int) -> list[int]:
    headers = JSON | {"X-CSRFToken": token}
    return [who.post("/console/log-in/passkey/options", json={}, headers=headers).status_code for _ in range(times)]


@pytest.fixture
def named(settings: Settings) -> Settings:
    """An address for which there are passkeys."""
    return dataclasses.replace(settings, public_url="http://localhost:8080")


@pytest.mark.slow
def test_an_office_may_look_at_the_door_and_a_known_browser_always(
    person: Callable[..., Person], named: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = person("Ana")
    kept = ana.client.get_cookie("fd_device")
    assert kept is not None
    app = create_app(named)
    known, stranger = app.test_client(), app.test_client()
    known.set_cookie("fd_device", kept.value)
    tokens = [csrf(each) for each in (known, stranger)]
    assert looks(stranger, tokens[1], 70) == [200] * 70
    monkeypatch.setattr(console_tries, "LOOKS", RateLimitItemPerMinute(3, 5))
    assert looks(stranger, tokens[1], 4) == [200] * 3 + [429]
    assert looks(known, tokens[0], 5) == [200] * 5
    app.extensions["front_door"].close()


def csrf(who: FlaskClient) -> str:
    found = TOKEN.search(who.get("/console/log-in").text)
    assert found
    return unescape(found[1])
