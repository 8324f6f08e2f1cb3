"""The console in a real browser: two responders, live pages, what they are told, and whether everybody can use it."""

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, Route, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import select, update
from werkzeug.serving import BaseWSGIServer, make_server

from gateway import conversations, labels, log_ins
from gateway.db import Database
from gateway.door import Door
from gateway.models import Escalation, LogIn, Message, Responder
from gateway.risk import Level
from gateway.segments import count
from gateway.web.console_live import LIVE
from gateway.web.live import Live
from tests.browser import launch
from tests.console.conftest import PASSWORD, utc_now
from tests.fakes.wsgi import closing, unhurried
from tests.gateway.screened import write
from tools.axe import look

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SHOTS = os.environ.get("FRONTDOOR_SHOTS")
SILENT = "--autoplay-policy=user-gesture-required"
Written = Callable[..., Escalation]


class Served:
    """The application on a real port, that can be frozen and thawed."""

    def __init__(self, app: Flask) -> None:
        self._app = unhurried(app)
        self._warm = threading.Event()
        self._warm.set()
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, closing(self._answer), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: Any, start_response: Any) -> Any:
        self._warm.wait(30)
        return self._app(environ, start_response)

    def freeze(self) -> None:
        """Connections are still made, but nothing is answered and open streams end."""
        self._warm.clear()
        self._app.extensions[LIVE].stop()

    def thaw(self) -> None:
        """Answer again; streams are refused from now on, as when there are too many."""
        self._warm.set()

    def close(self) -> None:
        """Stop for good, when every stream has given its connection back."""
        live: Live = self._app.extensions[LIVE]
        live.stop()
        self._warm.set()
        deadline = time.monotonic() + 10
        while live.count and time.monotonic() < deadline:
            time.sleep(0.05)
        self._server.shutdown()
        self._thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, SILENT)
        yield browser
        browser.close()


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    running = Served(app)
    yield running
    running.close()


@pytest.fixture
def enter(chromium: Browser, served: Served, database: Database) -> Iterator[Callable[..., Page]]:
    """Log a new responder in with a browser window of their own; fails on any script error or policy violation."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def make(name: str, width: int = 1100, height: int = 800, role: str = "responder", **more: Any) -> Page:
        email = f"{name.lower()}@example.org"
        with database.begin() as session:
            log_ins.create_responder(session, email, name, role, PASSWORD, utc_now())
        context = chromium.new_context(viewport={"width": width, "height": height}, **more)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{served.url}/console/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#live-word")).to_have_text("Live")
        return page

    yield make
    for context in opened:
        context.close()
    assert not complaints


def shoot(page: Page, name: str) -> None:
    """Keep a picture, when somebody wants to look."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def check_everybody_can_use(page: Page) -> None:
    """No serious finding of axe, and nothing that must be scrolled sideways."""
    assert not look(page).grave
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def texts_again(database: Database, row: Escalation, door: Door, text: str) -> None:
    """The resident writes once more."""
    with database.begin() as session:
        session.add(
            Message(
                conversation_id=row.conversation_id,
                direction="in",
                author="resident",
                text=text,
                provider_id=f"again-{text}",
                created_at=utc_now(),
                attempts=0,
            )
        )
    door.bell.announce(row.conversation_id)


@pytest.mark.parametrize(("zone", "locale", "shown", "of_today"), [
    ("America/Los_Angeles", "en", "Nov 20, 2024, 10:05 PM", r"\d\d:\d\d [AP]M"),
    ("America/New_York", "en", "Nov 20, 2024, 10:05 PM PST", r"\d\d:\d\d [AP]M P[SD]T"),
    ("UTC", "es", "20 nov 2024, 10:05 p.m. PST", r"\d\d:\d\d [ap]\.m\. P[SD]T"),
])  # fmt: skip
def test_times_are_those_of_the_town(
    enter: Callable[..., Page], written: Written, database: Database, served: Served, zone: str, locale: str,
    shown: str, of_today: str,
) -> None:  # fmt: skip
    row = written()
    page = enter("Ana", timezone_id=zone)
    told = []
    for at in (datetime(2024, 11, 21, 6, 5, tzinfo=UTC), utc_now()):
        with database.begin() as session:
            session.execute(update(Message).values(created_at=at))
            session.execute(update(Responder).values(locale=locale))
        page.goto(f"{served.url}/console/threads/{row.id}")
        expect(page.locator("#live-word")).to_have_text(re.compile("Live|En vivo"))
        told.append(" ".join(page.locator("main article time, main li time").first.inner_text().split()))
    assert told[0] == shown
    assert re.fullmatch(of_today, told[1])


def test_a_thread_arrives_is_claimed_by_one_and_answered(
    enter: Callable[..., Page], written: Written, database: Database, door: Door, served: Served
) -> None:
    ana, ben = enter("Ana"), enter("Ben")
    expect(ana.get_by_text("Nobody is waiting.")).to_be_visible()
    row = written()
    for page in (ana, ben):  # without a reload
        expect(page.locator(".row.emergency mark")).to_have_text("took all my pills", timeout=3000)
        expect(page).to_have_title("(1) Queue · Front Door", timeout=12_000)
        assert page.evaluate("document.body.dataset.lastRing") == "emergency"
    shoot(ana, "queue")
    ana.locator(f"#row-{row.id}").click()
    ben.locator(f"#row-{row.id}").click()
    shoot(ana, "thread-waiting")
    expect(ben.locator("#live-word")).to_have_text("Live")

    # Ben's page must not hear of Ana's claim before he presses: hold back his live reading.
    ben.route("**/live", lambda route: route.abort())
    ana.get_by_role("button", name="Claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    ben.get_by_role("button", name="Claim").click()
    expect(ben.locator("#problem")).to_contain_text("Ana has it. Nothing of yours was done or sent.")
    expect(ben.locator("#holder")).to_contain_text("Ana has it.")
    expect(ben.locator("#reply")).to_be_hidden()
    shoot(ben, "thread-taken")

    ana.locator("#text").fill("Estoy aquí. ¿Está a salvo?")
    expect(ana.locator("#segments")).to_contain_text("1 text")
    shoot(ana, "thread-mine")
    ana.get_by_role("button", name="Send", exact=True).click()
    expect(ana.locator(".message.responder .said")).to_have_text("Estoy aquí. ¿Está a salvo?")
    expect(ana.locator("#text")).to_have_value("")
    with database.begin() as session:
        kept = session.scalars(select(Message).where(Message.author == "responder")).one()
        assert kept.text == "Estoy aquí. ¿Está a salvo?"


def test_new_messages_come_without_losing_the_draft_or_the_place(
    enter: Callable[..., Page], written: Written, database: Database, door: Door
) -> None:
    page = enter("Ana", 1000, 500)
    row = written()
    with database.begin() as session:
        conversation = conversations.lock(session, row.conversation_id)
        for number in range(30):
            conversations.say(session, conversation, f"earlier words {number}", "bot", utc_now())
    page.locator(f"#row-{row.id}").click()
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#holder")).to_contain_text("You have it.")
    expect(page.locator("body")).to_have_attribute("data-ready", "1")  # else the next page is not there yet
    field = page.locator("#text")
    field.fill("I am thinking about what")
    field.focus()
    page.evaluate("document.getElementById('text').setSelectionRange(4, 4)")
    page.evaluate("window.scrollTo(0, 300)")
    open_history(page, row)
    page.evaluate("window.scrollTo(0, 300)")
    texts_again(database, row, door, "are you there?")
    expect(page.locator(".said", has_text="are you there?")).to_be_attached(timeout=3000)
    expect(field).to_have_value("I am thinking about what")
    expect(field).to_be_focused()
    assert page.evaluate("document.getElementById('text').selectionStart") == 4
    assert page.evaluate("Math.round(window.scrollY)") == 300
    assert page.locator("#history-" + str(row.id)).evaluate("each => each.open")
    page.reload()
    expect(page.locator("#text")).to_have_value("I am thinking about what")


def test_new_danger_in_an_owned_thread_rings_on_every_page(enter: Callable[..., Page], written: Written) -> None:
    page = enter("Ana")
    row = written("i want to die", "want to die", Level.URGENT)
    page.locator(f"#row-{row.id}").click()
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#holder")).to_contain_text("You have it.")
    written("i have the gun here", "gun")
    expect(page.locator("#alert")).to_be_visible(timeout=3000)
    # The fragment may be first. (A waiting function would be compiled in the page, which its policy forbids.)
    expect(page.locator("body")).to_have_attribute("data-last-ring", "emergency", timeout=3000)
    written("ayuda por favor", "ayuda", Level.URGENT, number="+15555550160")
    expect(page.locator("#news-link")).to_have_text("New: urgent is waiting", timeout=3000)
    shoot(page, "thread-alert")


def test_a_level_is_lowered_with_the_keyboard_alone(
    enter: Callable[..., Page], written: Written, database: Database
) -> None:
    page = enter("Ana", width=360)
    row = written()
    page.locator(f"#row-{row.id}").click()
    expect(page.locator("#lower-place")).to_be_hidden()
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#holder")).to_contain_text("You have it.")
    # A press before the page's script is there is a form like any other: then this is a new page.
    expect(page.locator("body")).to_have_attribute("data-ready", "1")
    sheet = page.locator("#lower-sheet > summary")
    expect(sheet).to_be_visible()
    sheet.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lower-level")).to_be_focused()
    check_everybody_can_use(page)
    shoot(page, "lower-360")
    page.keyboard.press("u")
    page.keyboard.press("Tab")
    page.keyboard.press("I")
    page.keyboard.press("Tab")
    page.keyboard.type("spoke by phone")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".state .level")).to_have_text("Urgent", timeout=3000)
    expect(page.locator("#lower-level")).to_be_hidden()
    open_history(page, row)
    expect(page.locator("#history-" + str(row.id))).to_contain_text(
        "Lowered: Urgent, I spoke with them: safe now · Ana"
    )
    expect(page.locator("#history-" + str(row.id))).to_contain_text("spoke by phone")


def test_a_silence_rings_on_the_open_page(enter: Callable[..., Page], written: Written, database: Database) -> None:
    page = enter("Ana")
    row = written()
    expect(page.locator(".row.emergency")).to_be_visible(timeout=3000)
    page.evaluate("document.body.dataset.lastRing = ''")
    with database.begin() as session:
        found = session.get_one(Escalation, row.id)
        found.silent_since = found.conversation.last_inbound_at = utc_now()
    expect(page.locator(".row .stop")).to_have_text("Stopped writing", timeout=8000)
    expect(page.locator("body")).to_have_attribute("data-last-ring", "urgent", timeout=8000)
    expect(page.locator("#said")).to_have_text("A resident in danger has stopped writing")


def test_a_page_that_is_not_live_says_so_within_ten_seconds(
    enter: Callable[..., Page], served: Served, written: Written
) -> None:
    page = enter("Ana")
    served.freeze()
    expect(page.locator("#not-live")).to_be_visible(timeout=10_000)
    expect(page.locator("#live-word")).to_have_text("Not live")
    assert page.evaluate("document.body.dataset.lastRing") == "not-live"
    shoot(page, "not-live")
    written()
    served.thaw()
    # The stream is refused now: the page asks by itself.
    expect(page.locator(".row.emergency")).to_be_visible(timeout=10_000)
    expect(page.locator("#not-live")).to_be_hidden()


def test_changes_arrive_without_redis(
    enter: Callable[..., Page], written: Written, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = enter("Ana")
    monkeypatch.setattr(door.bell, "announce", lambda _conversation_id: None)
    written()
    expect(page.locator(".row.emergency")).to_be_visible(timeout=8000)
    expect(page.locator("#live-word")).to_have_text("Live")


def test_an_idle_screen_hides_the_words_and_keeps_its_alarms(
    enter: Callable[..., Page], written: Written, database: Database
) -> None:
    page = enter("Ana")
    written()
    expect(page.locator(".row.emergency")).to_be_visible()
    with database.begin() as session:
        session.execute(update(LogIn).values(last_seen_at=utc_now() - log_ins.IDLE))
    page.evaluate("delete document.body.dataset.lastRing")
    written("necesito ayuda ya", "ayuda", Level.URGENT, number="+15555550161")
    expect(page.locator("#locked")).to_be_visible(timeout=5000)
    assert "pills" not in page.content()
    assert page.evaluate("document.body.dataset.lastRing") == "urgent"
    check_everybody_can_use(page)
    page.get_by_role("link", name="Log in again").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_the_sound_is_tested_once(enter: Callable[..., Page], written: Written) -> None:
    page = enter("Ana")
    button = page.get_by_role("button", name="Test sound")
    expect(button).to_be_visible()
    button.click()
    expect(button).to_be_hidden()
    row = written()
    page.locator(f"#row-{row.id}").click()
    expect(page.locator("#sound")).to_be_visible()  # the page's script is at work: before that it hears no touch
    page.locator("#main").click()
    expect(page.locator("#sound")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_every_page_can_be_used_by_everybody(
    enter: Callable[..., Page], written: Written, served: Served, width: int, scheme: str
) -> None:
    page = enter("Ana", width, 740, color_scheme=scheme)
    name = f"{width}-{scheme}"
    words = "ya no quiero estar aquí"
    why = "Says they do not want to be here any more."
    text = f"{words}, nadie me \u202eayuda y no sé qué hacer con mis hijos esta noche"
    rows = [
        written(text, words, Level.URGENT, number="+15555550171", why_en=why),
        written(number="+15555550172"),
        written("need a place to sleep tonight", "", Level.ROUTINE, number="+15555550173", channel="webchat"),
    ]
    expect(page.locator(".row")).to_have_count(3)
    check_everybody_can_use(page)
    shoot(page, f"queue-{name}")
    page.goto(f"{served.url}/console/threads/{rows[0].id}")
    expect(page.locator("#live-word")).to_have_text("Live")
    check_everybody_can_use(page)
    shoot(page, f"waiting-{name}")
    expect(page.get_by_role("button", name="Claim")).to_be_in_viewport()
    page.get_by_role("button", name="Claim").click()
    page.locator("#text").fill("Hola, soy Ana. Estoy aquí con usted.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.responder")).to_be_visible()
    expect(page.locator("#text")).to_be_in_viewport()
    shoot(page, f"mine-{name}")
    page.locator("#resolve-sheet summary").click()
    check_everybody_can_use(page)
    shoot(page, f"resolve-{name}")
    page.get_by_label("How did it end?").select_option("helped")
    page.locator("#resolve button").click()
    page.wait_for_url("**/console/")
    expect(page.locator(".row")).to_have_count(2)
    page.goto(f"{served.url}/console/log-in")
    check_everybody_can_use(page)
    shoot(page, f"log-in-{name}")


def test_the_console_works_by_keyboard_alone(enter: Callable[..., Page], written: Written) -> None:
    page = enter("Ana")
    row = written()
    expect(page.locator(".row")).to_have_count(1)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == f"row-{row.id}":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/threads/*")
    page.get_by_role("button", name="Claim").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_visible()
    page.locator("#text").focus()
    page.keyboard.type("I am here with you.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.responder .said")).to_have_text("I am here with you.")


COSTS = [
    *("", "a", "a" * 160, "a" * 161, "ñ¿é" * 60, "á", "á" * 70, "á" * 71, "€" * 80, "€" * 81, "🙂" * 35, "🙂" * 36),
    *("a" * 152 + "€" + "b" * 20, "x" * 66 + "🙂" + "y" * 40, "line\nline\r\n", "{}[]~^\\|", "`", "ç", "Ç"),
]


def test_the_page_counts_texts_as_the_gateway_does(enter: Callable[..., Page], served: Served) -> None:
    page = enter("Ana")
    counted = page.evaluate(
        "async (texts) => { const m = await import('/static/console/segments.js'); return texts.map(m.count) }", COSTS
    )
    assert [(each["encoding"], each["units"], each["segments"]) for each in counted] == [tuple(count(t)) for t in COSTS]


def test_without_scripts_the_pages_still_work(enter: Callable[..., Page], written: Written, chromium: Browser) -> None:
    page = enter("Ana")
    row = written()
    plain = chromium.new_context(java_script_enabled=False)
    plain.add_cookies(page.context.cookies())
    bare = plain.new_page()
    address = urlsplit(page.url)
    bare.goto(f"{address.scheme}://{address.netloc}/console/threads/{row.id}")
    bare.get_by_role("button", name="Claim").click()
    bare.locator("#text").fill("I am here")
    bare.get_by_role("button", name="Send", exact=True).click()
    expect(bare.locator(".message.responder .said")).to_have_text("I am here")
    plain.close()


def test_a_supervisor_reads_the_sample_on_a_phone(
    enter: Callable[..., Page], served: Served, database: Database, door: Door
) -> None:
    start, _ = labels.span_of(labels.last_week(utc_now()), utc_now())
    for text in ("gracias por todo, cuídense mucho", "where is the food pantry"):
        write(database, door.settings.keys, start, text)
    page = enter("Sue", 390, 844, role="supervisor")
    page.get_by_text("Sue").first.click()
    page.get_by_role("link", name="Weekly sample").click()
    rows = page.locator("#sample > li")
    expect(rows).to_have_count(2)
    check_everybody_can_use(page)
    missed = rows.first.get_by_role("button", name="Danger missed")
    missed.click()
    expect(missed).to_have_attribute("aria-pressed", "true")
    check_everybody_can_use(page)
    shoot(page, "sample")


def test_a_responder_judges_an_alarm_beside_its_evidence(
    enter: Callable[..., Page], served: Served, written: Written
) -> None:
    row = written()
    page = enter("Ana", 390, 844, color_scheme="dark")
    page.goto(f"{served.url}/console/threads/{row.id}")
    page.get_by_role("button", name="False alarm").click()
    expect(page.get_by_role("button", name="False alarm")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Real danger").click()
    expect(page.get_by_role("button", name="Real danger")).to_have_attribute("aria-pressed", "true")
    check_everybody_can_use(page)
    shoot(page, "judged")


def test_the_answer_to_a_press_is_drawn_though_the_page_was_reading_itself_again(
    enter: Callable[..., Page], served: Served, written: Written
) -> None:
    row = written()
    page = enter("Ana", 390, 844)
    with page.expect_response("**/live"):  # the reading with which a page begins
        page.goto(f"{served.url}/console/threads/{row.id}")
    expect(page.locator("#thread.htmx-request")).to_have_count(0)  # and it is drawn
    button = page.get_by_role("button", name="Real danger")
    expect(button).to_have_attribute("aria-pressed", "false")
    held: list[tuple[Route, APIResponse]] = []
    for road in ("**/live", "**/label"):
        page.route(road, lambda route: held.append((route, route.fetch())), times=1)
    page.evaluate("window.htmx.trigger(document.body, 'read-again')")
    wait_until_held(page, held, 1)
    button.click()
    wait_until_held(page, held, 2)
    for route, answer in held:  # the reading's, which knows nothing of the press, and then the press's own
        with contextlib.suppress(PlaywrightError):  # the page may not wait for it any longer
            route.fulfill(response=answer)
        page.wait_for_timeout(100)
    expect(button).to_have_attribute("aria-pressed", "true")


def wait_until_held(page: Page, held: list[Any], number: int) -> None:
    """Wait until the server has given so many answers that the page has not got yet."""
    deadline = time.monotonic() + 10
    while len(held) < number and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert len(held) == number


def test_what_was_being_read_is_not_drawn_under_a_finger(
    enter: Callable[..., Page], served: Served, written: Written
) -> None:
    page = at_a_thread(enter, served, written())
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/live", lambda route: held.append((route, route.fetch())), times=1)
    page.evaluate("window.htmx.trigger(document.body, 'read-again')")
    wait_until_held(page, held, 1)
    page.evaluate("document.querySelector('#act-claim').dataset.drawn = 'before'")
    page.locator("#act-claim").hover()
    page.mouse.down()
    for route, answer in held:
        with contextlib.suppress(PlaywrightError):  # the page no longer waits for it
            route.fulfill(response=answer)
    page.wait_for_timeout(300)
    expect(page.locator("#act-claim")).to_have_attribute("data-drawn", "before")
    page.mouse.up()
    expect(page.locator("#holder")).to_contain_text("You have it.")


def test_what_changes_under_a_finger_is_read_when_the_finger_is_gone(
    enter: Callable[..., Page], served: Served, written: Written, door: Door
) -> None:
    row = written()
    page = at_a_thread(enter, served, row)
    page.locator("#act-claim").hover()
    page.mouse.down()
    asked: list[str] = []
    reads = re.compile(r"/live$|/newest\?")
    page.on("request", lambda request: asked.append(request.url) if reads.search(request.url) else None)
    written("and now there is blood", "blood")
    door.bell.announce(row.conversation_id)
    page.wait_for_timeout(700)
    assert asked == []
    page.mouse.up()
    expect(page.locator("#holder")).to_contain_text("You have it.")
    expect(page.get_by_text("and now there is blood").first).to_be_visible()


def test_what_is_said_shows_before_the_rest_of_the_page_is_read(
    enter: Callable[..., Page], served: Served, written: Written, database: Database, door: Door
) -> None:
    row = written()
    page = at_a_thread(enter, served, row)
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#holder")).to_contain_text("You have it.")
    expect(page.locator("#thread.htmx-request")).to_have_count(0)
    page.route("**/live", lambda route: route.abort())  # the rest does not come
    open_history(page, row)
    page.locator("#text").fill("where are you")
    messages = page.locator("#messages .message")
    before = messages.count()
    with page.expect_event("requestfailed"):
        for text in ("by the library", "and he is here"):
            texts_again(database, row, door, text)
            expect(messages.last).to_contain_text(text)
    expect(messages).to_have_count(before + 2)
    assert page.evaluate("window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2")
    expect(page.locator("#text")).to_have_value("where are you")
    expect(page.locator(f"#history-{row.id}[open]")).to_have_count(1)
    page.unroute("**/live")
    with page.expect_response("**/live"):  # asked as the page asks, which gives up a request that got no answer
        texts_again(database, row, door, "come soon")
    expect(page.locator("#thread.htmx-request")).to_have_count(0)
    expect(messages).to_have_count(before + 3)


def test_an_alarm_that_was_just_put_in_place_can_be_judged(
    enter: Callable[..., Page], served: Served, written: Written, door: Door
) -> None:
    row = written()
    page = at_a_thread(enter, served, row)
    page.route("**/live", lambda route: route.abort())
    written("and now there is blood", "blood")
    door.bell.announce(row.conversation_id)
    last = page.locator("#messages .message").last
    expect(last.locator("mark")).to_have_text("blood")
    last.get_by_role("button", name="Real danger").click()
    expect(last.get_by_role("button", name="Real danger")).to_have_attribute("aria-pressed", "true")


def test_a_page_reads_itself_though_its_last_script_comes_late(
    enter: Callable[..., Page], served: Served, written: Written
) -> None:
    row = written()
    page = enter("Ana", 390, 844)
    late: list[Route] = []
    page.route("**/console/ownership.js", lambda route: late.append(route))  # noqa: PLW0108 - Playwright needs a Python function
    there = f"{served.url}/console/threads/{row.id}"
    with page.expect_request("**/console/ownership.js"):
        page.goto(there, wait_until="commit")
    page.wait_for_timeout(800)  # long enough for the greeting of a stream that was opened too early
    with page.expect_response("**/live", timeout=5000):
        late[0].continue_()
    expect(page.locator("body")).to_have_attribute("data-ready", "1")


def open_history(page: Page, row: Escalation) -> None:
    """In one step: between finding an element and telling it, a page may have drawn another in its place."""
    page.evaluate(f"document.getElementById('history-{row.id}').open = true")


def at_a_thread(enter: Callable[..., Page], served: Served, row: Escalation) -> Page:
    """The page of a thread that is open and has read itself."""
    page = enter("Ana", 390, 844)
    with page.expect_response("**/live"):  # the reading with which a page begins
        page.goto(f"{served.url}/console/threads/{row.id}")
    expect(page.locator("#thread.htmx-request")).to_have_count(0)
    return page
