"""Accounts in a real browser: a link on a phone, a passkey, its loss, and being logged out from elsewhere."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from gateway import log_ins
from gateway.db import Database
from gateway.models import LogIn, Passkey
from gateway.settings import REQUIRED
from tests.console.conftest import PASSWORD, App, utc_now
from tests.console.test_console_browser import (
    Served,
    check_everybody_can_use,
    chromium,
    shoot,
)

__all__ = ["chromium"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NEW = "four words without sense"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    """As in production: under a name, and with a second factor required."""
    running = Served(app)
    running.url = running.url.replace("127.0.0.1", "localhost")
    door = app.extensions["front_door"]
    settings = dataclasses.replace(door.settings, public_url=running.url, second_factor=REQUIRED)
    app.extensions["front_door"] = dataclasses.replace(door, settings=settings)
    yield running
    running.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Browser windows, each with cookies and a passkey chip of its own; a script error or broken policy fails."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def make(width: int = 1100, height: int = 800, **more: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **more)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        chip = context.new_cdp_session(page)
        chip.send("WebAuthn.enable")
        chip.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        return page

    yield make
    for context in opened:
        context.close()
    assert not complaints


def with_password(page: Page, url: str, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/console/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def set_up_an_app(page: Page) -> tuple[App, list[str]]:
    """Through the account's page, from the secret that stands there."""
    page.get_by_role("button", name="Set up an app").click()
    app = App(page.locator("code.secret").inner_text().replace(" ", ""))
    shoot(page, "account-app")
    check_everybody_can_use(page)
    page.get_by_label("Code of the app").fill(app.code())
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Codes on paper")).to_be_visible()
    return app, page.locator("#codes code").all_inner_texts()


@pytest.fixture
def boss(database: Database, served: Served, window: Callable[..., Page]) -> Page:
    """An admin who has an app, at the page of people."""
    with database.begin() as session:
        log_ins.create_responder(session, "boss@example.org", "Boss", "admin", PASSWORD, utc_now())
    page = window()
    with_password(page, served.url, "boss@example.org")
    expect(page.get_by_text("One step is missing")).to_be_visible()
    shoot(page, "account-enrol-1100")
    check_everybody_can_use(page)
    set_up_an_app(page)
    page.get_by_role("link", name="I have kept them").click()
    page.goto(f"{served.url}/console/people")
    expect(page.locator("#live-word")).to_have_text("Live")
    return page


def invited(boss: Page, name: str, email: str) -> str:
    boss.get_by_label("Name, as residents read it").fill(name)
    boss.get_by_label("Email").fill(email)
    boss.get_by_role("button", name="Make a link").click()
    shoot(boss, "people-link-1100")
    return boss.locator("#the-link").input_value()


def test_from_the_link_to_the_lost_phone(
    boss: Page, served: Served, window: Callable[..., Page], database: Database
) -> None:
    """Invited on a phone, she makes a passkey, comes in by it alone, loses it, and comes in by a code on paper."""
    ana = window(360, 740)
    ana.goto(invited(boss, "Ana", "ana@example.org"))
    expect(ana.get_by_role("heading", name="Welcome, Ana")).to_be_visible()
    shoot(ana, "join-360")
    check_everybody_can_use(ana)
    ana.get_by_label("Choose a password").fill(NEW)
    ana.get_by_label("The same password again").fill(NEW)
    ana.get_by_role("button", name="Come in").click()
    expect(ana.get_by_text("One step is missing")).to_be_visible()
    shoot(ana, "account-enrol-360")
    check_everybody_can_use(ana)
    ana.get_by_label("What to call it").fill("Ana's phone")
    ana.get_by_role("button", name="Make a passkey").click()
    expect(ana.get_by_text("Your passkey is set up")).to_be_visible()
    ana.get_by_role("button", name="Make ten new ones").click()
    code = ana.locator("#codes code").first.inner_text()
    shoot(ana, "account-codes-360")
    check_everybody_can_use(ana)
    log_out(ana)

    ana.get_by_role("button", name="Use a passkey").click()
    expect(ana.get_by_role("heading", name="Waiting")).to_be_visible()
    with database.begin() as session:
        used = session.scalars(select(Passkey)).one()
        assert used.last_used_at is not None
        assert session.scalars(select(LogIn.strength).order_by(LogIn.id.desc())).first() == "passkey"
    ana.goto(f"{served.url}/console/account")
    shoot(ana, "account-360")
    check_everybody_can_use(ana)
    log_out(ana)

    lost = window(360, 740)
    with_password(lost, served.url, "ana@example.org", NEW)
    expect(lost.get_by_label("Code on paper")).to_be_visible()
    shoot(lost, "second-360")
    check_everybody_can_use(lost)
    lost.get_by_role("button", name="Use a passkey").click()
    expect(lost.get_by_text("The passkey was not taken")).to_be_visible()
    lost.get_by_label("Code on paper").fill(code)
    lost.get_by_role("button", name="Go on").click()
    expect(lost.get_by_text("Codes left: 9.")).to_be_visible()


def log_out(page: Page) -> None:
    page.locator(".menu summary").click()
    page.locator(".menu-sheet").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_a_passkey_is_the_second_step_too(served: Served, window: Callable[..., Page], database: Database) -> None:
    with database.begin() as session:
        log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, utc_now())
    ana = window()
    with_password(ana, served.url, "ana@example.org")
    ana.get_by_role("button", name="Make a passkey").click()
    expect(ana.get_by_text("Your passkey is set up")).to_be_visible()
    log_out(ana)
    with_password(ana, served.url, "ana@example.org")
    ana.get_by_role("button", name="Use a passkey").click()
    expect(ana.locator("#live-word")).to_have_text("Live")


def test_who_is_logged_out_from_elsewhere_is_locked_within_seconds(
    boss: Page, served: Served, window: Callable[..., Page], database: Database
) -> None:
    with database.begin() as session:
        log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, utc_now())
    ana = window(360, 900, color_scheme="dark")
    with_password(ana, served.url, "ana@example.org")
    set_up_an_app(ana)
    ana.goto(f"{served.url}/console/")
    expect(ana.locator("#live-word")).to_have_text("Live")
    boss.reload()
    boss.get_by_text("Change Ana").click()
    shoot(boss, "people-1100")
    check_everybody_can_use(boss)
    boss.set_viewport_size({"width": 360, "height": 740})
    shoot(boss, "people-360")
    check_everybody_can_use(boss)
    started = time.monotonic()
    boss.locator(".person", has_text="ana@example.org").get_by_role("button", name="Log out everywhere").click()
    expect(ana.locator("#locked")).to_be_visible(timeout=10_000)
    took = time.monotonic() - started
    assert took < 7.5, took  # 5 s, and a page drawn on a busy machine
    assert ana.locator("#main").inner_text() == ""
    expect(boss.get_by_text("Logged out everywhere.")).to_be_visible()
