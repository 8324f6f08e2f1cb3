"""The button and the worker in Chromium.

It has no push service here, so what needs one is put in its place: the browser's subscription is one of the tests' own
push service, and the push is handed to the worker by hand.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway import push_devices
from gateway.db import Database
from gateway.keys import make_vapid_key, vapid_public
from gateway.settings import Settings
from tests.browser import launch
from tests.conftest import demo_settings
from tests.console.test_console_browser import SILENT, Served, enter, served
from tests.console.test_console_handoff_browser import look
from tests.fakes.push_service import PushService

__all__ = ["enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KEY = make_vapid_key()
Enter = Callable[..., Page]
SUBSCRIBED = """
let kept = null;
PushManager.prototype.subscribe = async function (asked) {
  if (!asked.userVisibleOnly || asked.applicationServerKey.byteLength !== 65) throw new Error("asked wrongly");
  const told = %s;
  const unsubscribe = async () => !(kept = null);
  return (kept = { endpoint: told.endpoint, toJSON: () => told, unsubscribe });
};
PushManager.prototype.getSubscription = async () => kept;
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, SILENT, whole=True)
        yield browser
        browser.close()


@pytest.fixture
def settings(migrated_url: str, redis_url: str, tmp_path: Path) -> Settings:
    made = demo_settings(migrated_url, redis_url, tmp_path)
    return replace(made, vapid_key=KEY, vapid_contact="mailto:door@town.example", push_loopback=True)


@pytest.fixture
def service() -> Iterator[PushService]:
    made = PushService(vapid_public(KEY))
    yield made
    made.stop()


def rings(database: Database) -> list[str]:
    with database.begin() as session:
        return [row.endpoint for row in push_devices.of(session, 1)]


@pytest.mark.parametrize("width", [360, 1100])
def test_the_button_rings_and_the_worker_shows_and_opens(
    served: Served, enter: Enter, database: Database, service: PushService, width: int
) -> None:
    page = enter("Ana", width, permissions=["notifications"])
    browser = service.browser("chromium")
    page.add_init_script(SUBSCRIBED % json.dumps(browser.to_json()))
    page.goto(f"{served.url}/console/shifts")
    expect(page.get_by_text("This device does not ring.")).to_be_visible()
    look(page, f"push-off-{width}")
    page.get_by_role("button", name="Ring this device").click()
    expect(page.get_by_role("status").filter(has_text="This device rings when somebody waits.")).to_be_visible()
    assert rings(database) == [browser.endpoint]

    [worker] = page.context.service_workers
    assert worker.url == f"{served.url}/console/push-worker.js"
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")  # a push to a worker that still installs is lost
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated",
               lambda told: found.extend(each["registrationId"] for each in told["registrations"]))  # fmt: skip
    session.send("ServiceWorker.enable")
    told = {"body": "Somebody waits. It is number 41.", "language": "en", "to": "/console/shifts", "tag": "thread-3"}
    deadline = time.monotonic() + 10
    while not found and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    push = {"origin": served.url, "registrationId": found[0], "data": json.dumps(told)}
    session.send("ServiceWorker.deliverPushMessage", push)
    shown = worker.evaluate("""async () => {
        for (let tries = 0; tries < 100; tries++) {
            const all = await self.registration.getNotifications({ tag: "thread-3" });
            if (all.length) return [all[0].title, all[0].body, all[0].lang, all[0].data.to];
            await new Promise((go) => setTimeout(go, 50));
        }
        return [];
    }""")
    assert shown == ["Front Door", "Somebody waits. It is number 41.", "en", "/console/shifts"]

    page.get_by_role("button", name="Ring it no longer", exact=True).first.click()
    expect(page.get_by_text("This device does not ring.")).to_be_visible()
    assert rings(database) == []


def test_a_browser_without_a_push_service_says_that_it_did_not_work(served: Served, enter: Enter) -> None:
    page = enter("Ana", permissions=["notifications"])
    page.goto(f"{served.url}/console/account")
    page.get_by_role("button", name="Ring this device").click()
    expect(page.get_by_text("That did not work.")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Ring this device")).to_be_enabled()


def test_who_said_no_to_notifications_is_told_how_to_change_it(served: Served, enter: Enter) -> None:
    page = enter("Ana")
    page.goto(f"{served.url}/console/account")
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("button", name="Ring this device").click()
    expect(page.get_by_text("This browser does not let us ring.")).to_be_visible()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('{"to": "https://evil.example/console/x"}', "/console/"), ('{"to": "/chat"}', "/console/"),
        ('{"to": "//evil.example/console/"}', "/console/"), ("not JSON", "/console/"), ("[]", "/console/"),
        ('{"to": "/console/threads/7"}', "/console/threads/7"),
    ],
)  # fmt: skip
def test_a_push_opens_nothing_but_the_console(served: Served, enter: Enter, data: str, expected: str) -> None:
    page = enter("Ana", permissions=["notifications"])
    page.goto(f"{served.url}/console/shifts")
    with page.context.expect_event("serviceworker") as coming:
        page.evaluate("navigator.serviceWorker.register('/console/push-worker.js', { scope: '/console' })")
    assert coming.value.evaluate("(data) => read({ json: () => JSON.parse(data) }).to", data) == expected
