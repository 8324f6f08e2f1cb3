"""The button "Ring this device": which browsers ring for whom, what a browser fetches for it, and what ends it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from gateway import push_devices
from gateway.db import Database
from gateway.keys import make_vapid_key, vapid_public
from gateway.settings import Settings
from gateway.web.static_files import FOLDER, address
from tests.conftest import demo_settings
from tests.console.conftest import Person
from tests.fakes.push_service import Browser, PushService

pytestmark = pytest.mark.slow

KEY = make_vapid_key()
Maker = Callable[..., Person]


@pytest.fixture
def settings(migrated_url: str, redis_url: str, tmp_path: Path) -> Settings:
    made = demo_settings(migrated_url, redis_url, tmp_path)
    return replace(made, vapid_key=KEY, vapid_contact="mailto:door@town.example", push_loopback=True)


@pytest.fixture
def service() -> Iterator[PushService]:
    made = PushService(vapid_public(KEY))
    yield made
    made.stop()


def send(who: Person, path: str, sent: Any, *, token: str | None = None) -> TestResponse:
    """Post JSON as the button does."""
    headers = {"X-CSRFToken": token if token is not None else who.token(), "Accept": "application/json"}
    return who.client.post(f"/console/push{path}", json=sent, headers=headers)


def rings(database: Database, who: Person) -> list[str]:
    with database.begin() as session:
        return [row.endpoint for row in push_devices.of(session, who.id)]


def on(who: Person, browser: Browser) -> None:
    assert send(who, "", browser.to_json()).json == {"on": True}


def test_the_button_lets_this_browser_ring_and_stop(ana: Person, database: Database, service: PushService) -> None:
    browser = service.browser()
    here = {"endpoint": browser.endpoint}
    assert send(ana, "/here", here).json == {"on": False}
    on(ana, browser)
    assert rings(database, ana) == [browser.endpoint]
    assert send(ana, "/here", here).json == {"on": True}
    for page in ("/console/shifts", "/console/account"):
        text = ana.client.get(page).text
        assert f'data-key="{vapid_public(KEY)}"' in text
        assert "These ring for you" in text
    assert send(ana, "/end", here).json == {"on": False}
    assert rings(database, ana) == []
    assert "These ring for you" not in ana.client.get("/console/shifts").text


def test_a_browser_that_is_lost_is_ended_from_another(
    ana: Person, person: Maker, database: Database, service: PushService
) -> None:
    on(ana, service.browser("lost"))
    found = re.search(r'action="(/console/push/\d+/end)"', ana.client.get("/console/account").text)
    assert found is not None
    ben = person("Ben")
    assert ben.post(found[1]).status_code == 404
    answer = ana.post(found[1], back="/console/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/account#push")
    assert rings(database, ana) == []
    on(ana, service.browser("lost"))
    for elsewhere in ("https://evil.example/console/account", "//evil.example", "/console/accountant", ""):
        answer = ana.post(found[1], back=elsewhere)
        assert answer.headers["Location"] == "/console/shifts" or answer.status_code == 404
        on(ana, service.browser("lost"))


def test_a_log_out_ends_it_and_another_log_in_does_not_bring_it_back(
    ana: Person, database: Database, service: PushService
) -> None:
    browser = service.browser()
    on(ana, browser)
    assert ana.post("/console/log-out").status_code == 303
    assert rings(database, ana) == []
    assert ana.log_in().status_code == 303
    assert send(ana, "/here", {"endpoint": browser.endpoint}).json == {"on": False}
    on(ana, browser)
    assert rings(database, ana) == [browser.endpoint]


def test_another_log_in_of_the_same_browser_takes_it_over(
    ana: Person, database: Database, service: PushService
) -> None:
    browser = service.browser()
    on(ana, browser)
    assert ana.log_in().status_code == 303  # the first log-in was never ended
    assert send(ana, "/here", {"endpoint": browser.endpoint}).json == {"on": True}
    assert ana.post("/console/log-out").status_code == 303
    assert rings(database, ana) == []


def test_log_out_everywhere_ends_the_others(ana: Person, database: Database, service: PushService) -> None:
    other = Person(ana.id, ana.email, ana.name, ana.client.application.test_client())
    other.client.environ_base["REMOTE_ADDR"] = "10.9.9.7"
    assert other.log_in().status_code == 303
    on(other, service.browser("other"))
    on(ana, service.browser("mine"))
    assert ana.post("/console/account/log-ins/others").status_code == 303
    assert [each.rpartition("/")[2] for each in rings(database, ana)] == ["mine"]


@pytest.mark.parametrize(
    "change", [{"endpoint": "https://10.0.0.1/x"}, {"endpoint": 7}, {"endpoint": None}, {"keys": []}, {"keys": {}}]
)
def test_what_is_no_subscription_is_refused(
    ana: Person, database: Database, service: PushService, change: dict[str, Any]
) -> None:
    assert send(ana, "", service.browser().to_json() | change).status_code == 400
    assert rings(database, ana) == []


def test_only_our_own_pages_and_those_who_answer_residents_may_press_it(
    ana: Person, person: Maker, database: Database, service: PushService
) -> None:
    told = service.browser().to_json()
    assert send(ana, "", told, token="").status_code == 403
    assert send(ana, "", "nothing").status_code == 400
    assert ana.client.post("/console/push", json=told, headers={"Origin": "https://evil.example"}).status_code == 403
    editor = person("Eda", "directory_editor")
    found = re.search(r'name="csrf_token" value="([^"]+)"', editor.client.get("/console/account").text)
    assert found is not None
    assert send(editor, "", told, token=found[1]).status_code == 403
    assert 'id="push"' not in editor.client.get("/console/account").text
    assert rings(database, ana) == rings(database, editor) == []


def test_the_worker_serves_the_whole_console_and_fetches_nothing(ana: Person) -> None:
    nobody = ana.client.application.test_client()
    with nobody.get("/console/push-worker.js") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Service-Worker-Allowed"] == "/console"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "fetch(" not in answer.text
    policy = ana.client.get("/console/shifts").headers["Content-Security-Policy"]
    assert {"worker-src 'self'", "manifest-src 'self'"} <= set(policy.split("; "))


def test_the_console_can_be_put_on_a_home_screen(ana: Person) -> None:
    page = ana.client.application.test_client().get("/console/log-in").text
    assert '<link rel="manifest" href="/console/manifest.webmanifest">' in page
    answer = ana.client.get("/console/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    told = json.loads(answer.text)
    assert (told["scope"], told["start_url"], told["display"]) == ("/console", "/console/", "standalone")
    for icon in told["icons"]:
        with Image.open(FOLDER / icon["src"].removeprefix(f"{address()}/")) as drawn:
            assert "x".join(map(str, drawn.size)) == icon["sizes"]
    touch = re.search(r'<link rel="apple-touch-icon" href="([^"]+)">', page)
    assert touch is not None
    with Image.open(FOLDER / touch[1].removeprefix(f"{address()}/")) as drawn:
        assert drawn.size == (180, 180)


def test_without_keys_the_page_says_so(ana: Person, service: PushService) -> None:
    door = ana.client.application.extensions["front_door"]
    object.__setattr__(door, "settings", replace(door.settings, vapid_key=None))
    assert "Not set up here" in ana.client.get("/console/shifts").text
    assert send(ana, "", service.browser().to_json()).status_code == 409
