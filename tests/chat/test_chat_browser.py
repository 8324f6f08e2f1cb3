"""The widget in a real browser, on the real application: by mouse, by keyboard, offline, reloaded, left in a hurry."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect
from sqlalchemy import func, select

from gateway import community
from gateway.db import Database
from gateway.models import Message
from gateway.web import pages
from tests.browser import find
from tests.chat.conftest import PHONE
from tools.axe import look_when_still

expect.set_options(timeout=15_000)  # on a busy machine
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

OPEN = {"en": "Get help by chat", "es": "Ayuda por chat"}
DANGER = {"en": "i took all my pills", "es": "me tomé todas las pastillas"}
DESKTOP = {"width": 1200, "height": 800}
SHOTS = os.environ.get("FRONTDOOR_SHOTS")


def opened(page: Page, site: str, language: str = "en") -> FrameLocator:
    """Go to the demo page and open the chat."""
    page.goto(f"{site}/?language={language}")
    page.get_by_role("button", name=OPEN[language]).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    return frame


def write(frame: FrameLocator, text: str) -> None:
    """Type a message and press Enter."""
    frame.locator("#input").fill(text)
    frame.locator("#input").press("Enter")


def picture(page: Page, name: str) -> None:
    """Keep a picture, when somebody wants to look."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def kept(database: Database, text: str) -> int:
    """How many messages with this text were stored."""
    with database.begin() as session:
        return session.scalar(select(func.count()).where(Message.text == text)) or 0


def findings(page: Page) -> list[str]:
    """What axe finds that is serious or critical, once nothing moves any more."""
    return look_when_still(page).grave


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_visitor_writes_and_is_answered(
    page: Page, site: str, database: Database, say: Callable[..., int], language: str
) -> None:
    frame = opened(page, site, language)
    expect(frame.locator("html")).to_have_attribute("lang", language)
    words = {"en": "hello, i need food for my family", "es": "hola, necesito comida para mi familia"}[language]
    write(frame, words)
    expect(frame.locator(".resident .state")).to_have_text({"en": "Received", "es": "Recibido"}[language])
    assert kept(database, words) == 1
    found = {"en": "Open today until 6: 415-555-0132", "es": "Abierto hoy hasta las 6: 415-555-0132"}[language]
    say(found, "bot", language)
    say({"en": "I am here with you.", "es": "Estoy aquí con usted."}[language], "responder", language, name="Ana Pérez")
    answer = frame.locator(".message.bot")
    expect(answer.locator(".text")).to_have_text(found)
    expect(answer.locator(".text")).to_have_attribute("lang", language)
    expect(answer.locator("a")).to_have_attribute("href", "tel:+14155550132")
    expect(answer.locator(".from")).to_contain_text({"en": "Computer", "es": "Computadora"}[language])
    person = frame.locator(".message.responder .from")
    expect(person).to_contain_text({"en": "Ana, a person", "es": "Ana, una persona"}[language])
    expect(frame.locator("#input")).to_be_focused()  # what arrives never takes the focus
    expect(frame.get_by_role("log").locator(".message")).to_have_count(3)


@pytest.mark.parametrize("language", ["en", "es"])
def test_danger_is_answered_as_an_alert(page: Page, site: str, language: str) -> None:
    frame = opened(page, site, language)
    write(frame, DANGER[language])
    shown = frame.locator(".message.alert")
    expect(shown.first).to_contain_text("911")
    expect(shown.first).to_be_in_viewport()
    expect(shown.first.locator('a[href="tel:911"]').first).to_be_visible()
    expect(shown.first.locator(".text")).to_have_attribute("lang", language)
    announced = frame.get_by_role("alert")  # one, outside the log: what is in both is read twice
    expect(announced).to_have_count(1)
    expect(announced).to_have_text(shown.first.locator(".text").inner_text(), use_inner_text=False)
    expect(announced).to_have_attribute("lang", language)
    expect(frame.get_by_role("log").get_by_role("alert")).to_have_count(0)
    expect(frame.get_by_role("log")).to_have_attribute("aria-busy", "false")
    count = shown.count()
    page.wait_for_timeout(700)  # time enough for the same to come on the line as well
    assert shown.count() == count
    page.reload()
    expect(shown).to_have_count(count)
    expect(announced).to_be_empty()  # what was said before the reload is no alarm


def test_a_reload_resumes(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site)
    write(frame, "first words")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("an answer")
    expect(frame.locator(".bot .text")).to_have_text("an answer")
    frame.locator("#input").fill("a draft")
    page.reload()
    expect(frame.locator(".message .text")).to_have_text(["first words", "an answer"])
    expect(frame.locator("#input")).to_have_value("a draft")
    expect(frame.get_by_role("log")).to_have_attribute("aria-busy", "false")
    say("and more")
    expect(frame.locator(".message .text")).to_have_text(["first words", "an answer", "and more"])


def test_by_keyboard_alone(page: Page, site: str) -> None:
    page.goto(site)
    launcher = page.get_by_role("button", name=OPEN["en"])
    expect(launcher).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "FRONT-DOOR-CHAT":
            break
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    page.keyboard.type("one line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and another")
    page.keyboard.press("Enter")
    expect(frame.locator(".resident .text")).to_have_text(re.compile("one line\nand another"))
    page.keyboard.press("Tab")
    expect(frame.get_by_role("button", name="Send")).to_be_focused()
    for name in ("#input", "#own", "#log", "#leave"):
        page.keyboard.press("Shift+Tab")
        expect(frame.locator(name)).to_be_focused()
    page.keyboard.press("Escape")
    expect(frame.locator("#input")).not_to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "FRONT-DOOR-CHAT"
    page.keyboard.press("Enter")
    expect(frame.locator("#input")).to_be_focused()


def test_what_was_written_offline_goes_out_once(
    page: Page, context: BrowserContext, site: str, database: Database
) -> None:
    frame = opened(page, site)
    write(frame, "before")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    context.set_offline(True)
    expect(frame.locator("#status")).to_contain_text("No connection right now")
    write(frame, "in the tunnel")
    write(frame, "still there")
    expect(frame.locator(".resident .state")).to_have_text(
        ["Received", "Not sent yet. Trying again.", re.compile("Not sent yet|^$")]
    )
    assert kept(database, "in the tunnel") == 0
    context.set_offline(False)
    expect(frame.locator(".resident .state")).to_have_text(["Received"] * 3)
    expect(frame.locator("#status")).to_have_text("")
    expect(frame.locator(".message .text")).to_have_text(["before", "in the tunnel", "still there"])
    assert kept(database, "in the tunnel") == kept(database, "still there") == 1


def test_what_was_not_sent_survives_a_reload(
    page: Page, context: BrowserContext, site: str, database: Database
) -> None:
    frame = opened(page, site)
    page.route("**/chat/messages", lambda route: route.abort())
    write(frame, "do not lose me")
    expect(frame.locator(".resident .state")).to_have_text("Not sent yet. Trying again.")
    page.unroute("**/chat/messages")
    page.reload()
    expect(frame.locator(".resident .state")).to_have_text("Received")
    assert kept(database, "do not lose me") == 1


def test_an_answer_lost_on_the_way_makes_no_second_message(page: Page, site: str, database: Database) -> None:
    tries: list[str] = []

    def lose_first(route: Route) -> None:
        tries.append(route.request.post_data or "")
        if len(tries) == 1:
            route.fetch()  # the server has it, but the page never hears so
            route.abort()
        else:
            route.continue_()

    page.route("**/chat/messages", lose_first)
    frame = opened(page, site)
    write(frame, DANGER["en"])
    expect(frame.locator(".message.alert").first).to_be_visible()
    expect(frame.locator(".resident .state")).to_have_text("Received")
    expect(frame.locator(".resident")).to_have_count(1)
    assert tries[0] == tries[1]
    assert kept(database, DANGER["en"]) == 1


def test_without_streams_it_polls(page: Page, site: str, say: Callable[..., int]) -> None:
    page.route("**/chat/stream", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}))
    frame = opened(page, site)
    write(frame, "hello")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("found by asking")
    expect(frame.locator(".bot .text")).to_have_text("found by asking")


def test_a_token_the_server_does_not_know_is_replaced(page: Page, site: str, database: Database) -> None:
    frame = opened(page, site)
    page.evaluate("sessionStorage.setItem('chat', JSON.stringify({token: 'A'.repeat(22) + '.' + '0'.repeat(32)}))")
    page.reload()
    expect(frame.get_by_role("log")).to_have_attribute("aria-busy", "false")  # an Enter before its script is a new line
    write(frame, "hello again")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    assert kept(database, "hello again") == 1


@pytest.mark.parametrize("framed", [True, False])
def test_leaving_quickly_clears_everything(page: Page, site: str, framed: bool) -> None:
    frame: FrameLocator | Page
    if framed:
        frame = opened(page, site)
    else:
        page.goto(f"{site}/chat/frame")
        frame = page
    frame.locator("#input").fill("secret words")
    frame.locator("#input").press("Enter")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    frame.locator("#input").fill("a secret draft")
    frame.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url(pages.AWAY)
    page.goto(f"{site}/chat/frame")
    assert page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})") == "{}"
    assert page.evaluate("document.cookie") == ""
    expect(page.locator(".message")).to_have_count(0)
    expect(page.locator("#input")).to_have_value("")
    page.go_back()
    page.wait_for_url(pages.AWAY)  # the page with the chat is gone from the history
    page.go_back()
    assert page.url == "about:blank"


def test_leaving_works_without_a_connection(page: Page, context: BrowserContext, site: str) -> None:
    frame = opened(page, site)
    write(frame, "secret words")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    context.unroute(pages.AWAY + "**")
    context.set_offline(True)
    frame.get_by_role("link", name="Leave quickly").click()
    expect(page.get_by_text("secret words")).to_have_count(0)
    page.wait_for_timeout(500)
    assert "secret words" not in page.content()
    assert site not in page.url or page.locator("body").is_hidden()


def test_the_language_switch_keeps_the_thread(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site)
    write(frame, "hello there my friend")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("an answer", language="en")
    expect(frame.locator(".bot .text")).to_be_visible()
    frame.get_by_role("button", name="Español").click()
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    expect(frame.locator(".bot .from")).to_contain_text("Computadora")
    expect(frame.locator(".resident .state")).to_have_text("Recibido")
    expect(frame.locator(".bot .text")).to_have_attribute("lang", "en")
    expect(frame.locator("#leave")).to_have_text("Salir rápido")
    frame.get_by_role("button", name="Cerrar el chat").click()
    expect(page.get_by_role("button", name=OPEN["es"])).to_be_focused()
    page.reload()
    page.get_by_role("button", name=OPEN["en"]).click()
    expect(frame.locator("html")).to_have_attribute("lang", "es")


def test_the_page_follows_the_language_of_the_conversation(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site)
    write(frame, "necesito comida para mi familia")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("¿Hay alguien en peligro?", language="es")
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    expect(frame.locator("#leave")).to_have_text("Salir rápido")
    expect(frame.get_by_role("button", name="Enviar")).to_be_visible()
    page.reload()
    expect(frame.locator("html")).to_have_attribute("lang", "es")


def test_a_person_and_a_safety_text_change_no_language_of_the_page(
    page: Page, site: str, say: Callable[..., int]
) -> None:
    frame = opened(page, site)
    write(frame, "hello there my friend")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("Hola, soy Ana.", "responder", "es", name="Ana Pérez")
    write(frame, DANGER["es"])
    expect(frame.locator(".alert").first).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("lang", "en")


def test_the_language_that_the_visitor_chose_stays(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site, "es")
    frame.get_by_role("button", name="English").click()
    write(frame, "necesito comida para mi familia")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("¿Hay alguien en peligro?", language="es")
    expect(frame.locator(".bot .text")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("lang", "en")


def test_new_messages_are_counted_on_the_closed_launcher(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site)
    write(frame, "hello")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    frame.get_by_role("button", name="Close the chat").click()
    say("one")
    say("two")
    expect(page.get_by_label("New messages: 2")).to_be_visible()
    page.get_by_role("button", name=OPEN["en"]).click()
    expect(frame.locator(".bot .text")).to_have_text(["one", "two"])


def test_what_is_said_before_the_page_has_closed_the_chat_is_counted(
    page: Page, site: str, say: Callable[..., int]
) -> None:
    """The page around it may be busy: who clicked on the cross reads no more from there on."""
    page.add_init_script("""
        addEventListener("message", (event) => {
            if (event.data.frontDoor === "close") event.stopImmediatePropagation();
            if (event.data.frontDoor === "unread") document.documentElement.dataset.unread = event.data.count;
        });
    """)
    frame = opened(page, site)
    write(frame, "hello")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    frame.locator("#close").click()
    say("One is open until 6.", "bot")
    expect(frame.locator(".message.bot")).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("data-unread", "1")


HOSTILE = [
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    '"><svg/onload=alert(1)> {{7*7}} ${7*7}',
    "javascript:alert(1) JaVaScRiPt:alert(1) data:text/html,<script>alert(1)</script> vbscript:x",
    "[click](javascript:alert(1)) https://good.example@evil.example/ http://",
    "\u202eevil\u202c \u200b\u200bhidden Z\u0351\u0351\u0351algo",
]


def test_hostile_text_stays_text(page: Page, site: str, say: Callable[..., int]) -> None:
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    frame = opened(page, site)
    for text in HOSTILE:
        write(frame, text)
    expect(frame.locator(".resident .state")).to_have_text(["Received"] * len(HOSTILE))
    for text in HOSTILE:
        say(text)
    say("see https://town.example/a?b=1. Or call (415) 555-0132, 211, or 911!")
    expect(frame.locator(".bot")).to_have_count(len(HOSTILE) + 1)
    assert frame.locator(".bot .text").all_text_contents()[: len(HOSTILE)] == HOSTILE
    assert frame.locator(".message img, .message script, .message svg").count() == 0
    assert frame.locator(".resident a").count() == 0
    links = frame.locator(".message a")
    found = [links.nth(index).get_attribute("href") for index in range(links.count())]
    assert found == ["https://town.example/a?b=1", "tel:+14155550132", "tel:211", "tel:911"]
    assert frame.locator('.message a[href^="https"]').get_attribute("rel") == "noreferrer"
    page.reload()
    expect(frame.locator(".message")).to_have_count(2 * len(HOSTILE) + 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_axe_finds_nothing_serious(
    browser: Browser, site: str, say: Callable[..., int], language: str, scheme: Any
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site}/?language={language}")
    expect(page.get_by_role("button", name=OPEN[language])).to_be_visible()
    assert findings(page) == []
    page.goto(f"{site}/chat/frame?language={language}")
    expect(page.locator("#send, .send").first).to_be_visible()
    assert findings(page) == []
    page.locator("#input").fill(DANGER[language])
    page.locator("#input").press("Enter")
    expect(page.locator(".message.alert").first).to_be_visible()
    say("See https://town.example or call 415-555-0132", "bot", language)
    say("I am here.", "responder", language, name="Ana")
    expect(page.locator(".responder")).to_be_visible()
    assert findings(page) == []
    context.set_offline(True)
    page.locator("#input").fill("a" * 1601)
    page.locator("#input").press("Enter")
    expect(page.locator("#count")).to_contain_text("1")
    page.locator("#input").fill("not yet")
    page.locator("#input").press("Enter")
    expect(page.locator('[data-state="waiting"]')).to_be_visible()
    assert findings(page) == []
    context.close()


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("size", [(320, 568), (320, 256), (375, 740)])
def test_everything_fits_and_can_be_hit(page: Page, site: str, language: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    frame = opened(page, site, language)
    write(frame, DANGER[language] + " " + "https://town.example/" + "long" * 60)
    expect(frame.locator(".message.alert").first).to_be_visible()
    assert frame.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")
    for name in ('a[href="tel:911"]', 'a[href="tel:988"]', "#leave"):
        expect(frame.locator(".urgent").locator(name)).to_be_in_viewport(ratio=0.95)
    for button in frame.locator("button:visible, .urgent a").all():
        box = button.bounding_box()
        assert box
        assert box["width"] >= 44
        assert box["height"] >= 44


def test_reduced_motion_is_respected(browser: Browser, site: str) -> None:
    for wish, animated in (("reduce", "none"), ("no-preference", "come")):
        context = browser.new_context(reduced_motion=wish)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{site}/chat/frame")
        page.locator("#input").fill("hello")
        page.locator("#input").press("Enter")
        expect(page.locator(".resident")).to_be_visible()
        assert page.locator(".resident").evaluate("element => getComputedStyle(element).animationName") == animated
        context.close()


def town_page(chat: str) -> Flask:
    """A town's own site, on another origin, with the one line on it."""
    town = Flask("town")
    line = f'<script src="{chat}/chat/embed.js" data-community="demo" data-language="en" async></script>'
    body = f"<!doctype html><html lang=en><title>Town</title><h1>Town</h1>{line}</html>"
    strict = f"default-src 'none'; script-src {chat}; frame-src {chat}"
    town.add_url_rule("/", view_func=lambda: Response(body, headers={"Content-Security-Policy": strict}))
    return town


@pytest.fixture
def town(another: Callable[..., Flask], serve: Callable[[Flask], str], tmp_path: Path) -> str:
    """The address of a town's own site that may show the chat."""
    site = Flask("town")  # its address must be known before the chat is made
    address = serve(site).replace("127.0.0.1", "localhost")
    file = tmp_path / "town.toml"
    file.write_text(community.EXAMPLE.read_text().replace("web_origins = []", f'web_origins = ["{address}"]'))
    made = town_page(serve(another(community_file=file)))
    site.view_functions, site.url_map = made.view_functions, made.url_map
    return address


def test_it_works_on_another_site_that_is_allowed(page: Page, town: str, database: Database) -> None:
    """And where the browser, in a private window, allows a frame of another site no storage at all."""
    page.goto(town)
    page.get_by_role("button", name=OPEN["en"]).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    write(frame, "from another site")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    assert kept(database, "from another site") == 1
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=OPEN["en"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(frame.locator(".resident .text")).to_have_text("from another site")
    frame.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url(pages.AWAY)


@pytest.fixture
def profile(browser: Browser, serve: Callable[[Flask], str], tmp_path: Path) -> Iterator[BrowserContext]:
    """An ordinary profile, where a frame has storage, of its own for each site around it."""
    made = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=find(whole=True),
        # The last such list counts: Playwright's own switches off the partitions that every visitor's browser has.
        args=["--no-sandbox", "--disable-features=Translate"],
    )
    made.route(pages.AWAY + "**", lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"))
    yield made
    made.close()


def test_it_resumes_on_another_site(profile: BrowserContext, town: str) -> None:
    page = profile.pages[0]
    page.goto(town)
    page.get_by_role("button", name=OPEN["en"]).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    write(frame, "from another site")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    page.reload()  # it stood open, so it opens again by itself
    expect(frame.locator(".resident .text")).to_have_text("from another site")
    frame.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url(pages.AWAY)
    page.goto(town)
    page.get_by_role("button", name=OPEN["en"]).click()
    expect(frame.locator("#input")).to_be_focused()
    expect(frame.locator(".message")).to_have_count(0)


def test_a_site_that_is_not_allowed_cannot_show_it(browser: Browser, site: str, serve: Callable[[Flask], str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(serve(town_page(site)).replace("127.0.0.1", "localhost"))
    page.get_by_role("button", name=OPEN["en"]).click()
    page.wait_for_timeout(500)
    assert page.frame_locator("iframe").locator("#input").count() == 0
    context.close()


def test_messages_from_strangers_are_not_obeyed(page: Page, site: str) -> None:
    """A frame of another origin, and the page itself, post what only the chat's frame may say; nothing happens."""
    frame = opened(page, site)
    page.evaluate("""() => {
        for (const verb of ["close", "leave"])
            window.postMessage({ frontDoor: verb, away: "https://evil.example/" }, location.origin);
    }""")
    page.wait_for_timeout(300)
    expect(frame.locator("#input")).to_be_visible()
    assert page.url.startswith(site)
    inner = next(each for each in page.frames if each.url.endswith("/chat/frame?language=en"))
    inner.evaluate("window.parent.postMessage({ frontDoor: 'leave', away: 'javascript:alert(1)' }, location.origin)")
    page.wait_for_timeout(300)
    assert page.url.startswith(site)
