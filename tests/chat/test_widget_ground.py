"""The widget in Chromium before, without and with its script: what is sent, what can be read, what runs where."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, BrowserContext, CDPSession, FrameLocator, Page, Route, expect

from gateway.web import pages
from tests.chat.test_chat_browser import DANGER, OPEN, opened, write
from tools.chromium import SLOW_LINE, slow

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LONGEST = 20_000
PATIENCE = 30_000  # milliseconds: a slow phone on a slow line, on a machine that does much beside
LABELS = {
    "en": ["Danger now", "Crisis: call or text", "Leave quickly", "Your message", "Send", "Español"],
    "es": ["Peligro ahora", "Crisis: marque 2", "Salir rápido", "Su mensaje", "Enviar", "English"],
}


def received(session: CDPSession) -> Callable[[], dict[str, int]]:
    """Counts what comes in over the wire, headers included; gives the bytes of each address so far."""
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda sent: addresses.update({sent["requestId"]: sent["request"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda done: sizes.update({addresses.get(done["requestId"], "?"): int(done["encodedDataLength"])}),
    )
    session.send("Network.enable")
    return lambda: dict(sizes)


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_that_a_visitor_waits_for_is_small(context: BrowserContext, page: Page, site: str, language: str) -> None:
    sizes = received(context.new_cdp_session(page))
    page.goto(f"{site}/chat/frame?language={language}")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    page.goto(f"{site}/chat/embed.js")
    expect(page.locator("body")).to_contain_text("front-door-chat")
    names = sorted(re.sub(r".*/|\?.*", "", address) for address in sizes() if address.startswith(site))
    assert names == ["chat.js", "embed.js", "frame"]
    assert sum(sizes().values()) < LONGEST


@pytest.mark.parametrize("language", ["en", "es"])
def test_on_a_slow_phone_and_a_slow_line_it_works(
    context: BrowserContext, page: Page, site: str, language: str, say: Callable[..., int]
) -> None:
    slow(context.new_cdp_session(page), SLOW_LINE)
    page.goto(f"{site}/chat/frame?language={language}", wait_until="commit")
    expect(page.locator('.urgent a[href="tel:911"]')).to_be_visible()
    expect(page.locator("#log")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    page.locator("#input").fill(DANGER[language])
    page.locator("#input").press("Enter")
    expect(page.locator(".message.alert").first).to_contain_text("911", timeout=PATIENCE)
    expect(page.locator(".message.resident .state")).to_have_attribute("data-word", "received", timeout=PATIENCE)
    say("I am here.", "responder", language, name="Ana")
    expect(page.locator(".message.responder .text")).to_have_text("I am here.", timeout=PATIENCE)
    expect(page.locator(".message.resident")).to_have_count(1)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("why", ["off", "lost"])
def test_no_label_is_blank_without_the_script(browser: Browser, site: str, language: str, why: str) -> None:
    context = browser.new_context(java_script_enabled=why != "off", viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.route("**/chat.js", lambda route: route.abort())
    page.goto(f"{site}/chat/frame?language={language}")
    words = page.locator("button:visible, a:visible, label:visible, h1:visible")
    assert words.count() >= 3
    for index in range(words.count()):
        assert words.nth(index).inner_text().strip()
    for number in ("911", "988"):
        expect(page.locator(f'.urgent a[href="tel:{number}"] span')).not_to_be_empty()
    if why == "lost":
        for label in LABELS[language]:
            expect(page.get_by_text(label, exact=True).first).to_be_visible()
        expect(page.locator("#status")).to_contain_text("911")
        expect(page.locator("#status")).to_be_visible()
    else:
        for name in ("#input", ".send", "#language", "#close", "#log", "#status"):
            expect(page.locator(name)).to_be_hidden()
        expect(page.locator("#leave")).to_be_visible()
        for code in ("en", "es"):
            expect(page.locator(f".no-script p[lang={code}]")).to_be_visible()
    context.close()


def test_the_note_of_a_lost_script_goes_with_the_script(page: Page, site: str) -> None:
    frame = opened(page, site)
    expect(frame.locator("#status")).to_be_empty()


def test_the_line_may_stand_in_the_head(page: Page, site: str, serve: Callable[[Flask], str]) -> None:
    """Where the script runs before there is a body, as it does out of the browser's cache."""
    town = Flask("town")
    line = f'<script src="{site}/chat/embed.js" data-language="es"></script>'
    body = f"<!doctype html><html lang=es><head><title>Town</title>{line}</head><body><h1>Town</h1></body></html>"
    town.add_url_rule("/", view_func=lambda: Response(body))
    page.goto(serve(town))
    expect(page.get_by_role("button", name=OPEN["es"])).to_be_visible()
    assert page.evaluate("Object.keys(window).filter((name) => name.startsWith('$'))") == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_takes_more_lines_than_it_must_on_a_narrow_phone(page: Page, site: str, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    frame = opened(page, site, language)
    for link in frame.locator(".urgent a span").all():
        assert link.evaluate("span => span.getBoundingClientRect().height") <= 32, "two lines"
    rows = {button.evaluate("each => each.offsetTop") for button in frame.locator(".top button").all()}
    assert len(rows) == 1, "the name of the service makes room, no button goes alone"
    newer = frame.locator("#newer")
    newer.evaluate("button => button.hidden = false")
    box = newer.bounding_box()
    assert box
    assert box["height"] <= 48


def test_a_stream_that_a_proxy_refuses_is_made_up_for(page: Page, site: str, say: Callable[..., int]) -> None:
    page.route("**/chat/stream", lambda route: route.fulfill(status=502, body="bad gateway"))
    frame = opened(page, site)
    write(frame, "hello")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("found by asking")
    expect(frame.locator(".bot .text")).to_have_text("found by asking")


def test_a_page_that_is_looked_at_again_asks_at_once(page: Page, site: str, say: Callable[..., int]) -> None:
    """A phone cut the line while nobody looked, and the page has not heard of it: silence would take 15 s to tell."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)  # neither answered nor refused

    page.route("**/chat/stream", hold)
    frame = opened(page, site)
    write(frame, "hello")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    say("said meanwhile")
    expect(frame.locator(".bot")).to_have_count(0)
    page.unroute("**/chat/stream")
    frame.locator("html").evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(frame.locator(".bot .text")).to_have_text("said meanwhile", timeout=8_000)
    assert len(held) == 1


def test_the_conversation_is_told_once_which_language_was_picked(page: Page, site: str) -> None:
    sent: list[dict[str, object]] = []
    page.on("request", lambda made: sent.append(made.post_data_json) if made.url.endswith("/chat/messages") else None)
    frame = opened(page, site)
    write(frame, "hello there my friend")
    frame.get_by_role("button", name="Español").click()
    write(frame, "94110")
    write(frame, "94111")
    expect(frame.locator(".resident .state")).to_have_text(["Recibido"] * 3)
    assert [(each["language"], each["chosen"]) for each in sent] == [("en", False), ("es", True), ("es", False)]


@pytest.mark.parametrize("framed", [True, False])
def test_esc_three_times_leaves_and_forgets(page: Page, site: str, framed: bool) -> None:
    if framed:
        frame: FrameLocator | Page = opened(page, site)
    else:
        page.goto(f"{site}/chat/frame")
        expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
        frame = page
    frame.locator("#input").fill("secret words")
    frame.locator("#input").press("Enter")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    frame.locator("#input").press("Escape")
    if framed:
        expect(page.get_by_role("button", name=OPEN["en"])).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url(pages.AWAY)
    page.goto(f"{site}/chat/frame")
    assert page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})") == "{}"
    expect(page.locator(".message")).to_have_count(0)


HOLD = """
    window.held = [];
    window.addEventListener("message", (event) => {
        if (!["close", "leave"].includes(event.data.frontDoor) || !event.isTrusted) return;
        event.stopImmediatePropagation();
        window.held.push(event);
    });
"""
RELEASE = """() => {
    const again = ({ data, origin, source }) => new MessageEvent("message", { data, origin, source });
    held.forEach((event) => dispatchEvent(again(event)));
}"""


def test_a_slow_page_counts_every_esc_that_reached_the_chat(page: Page, site: str) -> None:
    """Two presses reach the frame before the page around it has heard of the first; the third is the page's."""
    page.add_init_script(HOLD)
    frame = opened(page, site)
    for _ in range(2):
        frame.locator("#input").press("Escape")
    page.evaluate(RELEASE)
    expect(page.get_by_role("button", name=OPEN["en"])).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(pages.AWAY)


def test_a_slow_page_that_hears_of_esc_after_the_chat_has_left_breaks_nothing(page: Page, site: str) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.add_init_script(HOLD)
    opened(page, site).locator("#input").focus()
    for _ in range(3):
        page.keyboard.press("Escape")
    page.evaluate(RELEASE)
    page.wait_for_url(pages.AWAY)
    assert broken == []


def test_esc_three_times_on_the_towns_page_leaves_while_the_chat_is_open(page: Page, site: str) -> None:
    frame = opened(page, site)
    frame.locator("#input").fill("secret words")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(frame.locator("#input")).to_be_visible()  # once is the page's own affair
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url(pages.AWAY)
    page.goto(f"{site}/chat/frame")
    assert page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})") == "{}"


def test_the_way_out_works_before_and_without_the_script(page: Page, site: str) -> None:
    page.route("**/chat.js*", lambda route: route.abort())
    page.route("**/frame.js*", lambda route: route.abort())
    page.goto(f"{site}/chat/frame")
    page.locator("#leave").click()
    page.wait_for_url(pages.AWAY)


def test_an_old_phone_has_the_button_and_can_write(page: Page, site: str, serve: Callable[[Flask], str]) -> None:
    """Safari before 16: neither style sheets of a script's own nor AbortSignal.timeout."""
    town = Flask("town")
    line = f'<script src="{site}/chat/embed.js"></script>'
    town.add_url_rule("/", "home", lambda: f"<!doctype html><title>Town</title><body><p>Our town</p>{line}")
    page.add_init_script("""
        delete AbortSignal.timeout; delete window.CSSStyleSheet.prototype.replaceSync;
        delete ShadowRoot.prototype.adoptedStyleSheets; delete Document.prototype.adoptedStyleSheets;
        delete Array.prototype.at; delete Object.hasOwn;
    """)
    page.goto(serve(town))
    button = page.get_by_role("button", name=OPEN["en"])
    assert button.evaluate("each => getComputedStyle(each).position") == "fixed"
    page.goto(f"{site}/chat/frame")
    write(page, "hello there my friend")
    expect(page.locator(".resident .state")).to_have_text("Received")
    page.locator("#options").click()
    page.locator("#by-text").click()
    expect(page.locator("#move [inputmode]")).to_be_visible()


def test_esc_on_the_towns_page_is_nobodys_business(page: Page, site: str) -> None:
    opened(page, site).get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("button", name=OPEN["en"])).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=OPEN["en"])).to_be_visible()
    assert page.url.startswith(site)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_titles_say_nothing_of_help(page: Page, site: str, language: str) -> None:
    opened(page, site, language)
    title = {"en": "Messages", "es": "Mensajes"}[language]
    expect(page.locator("iframe")).to_have_attribute("title", title)
    page.goto(f"{site}/chat/frame?language={language}")
    expect(page).to_have_title(title)
