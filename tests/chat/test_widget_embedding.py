"""What a hostile page around the chat can do: one that a town named and somebody broke into, and one nobody named."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from gateway import community
from gateway.web import pages
from tests.chat.test_chat_browser import OPEN, write

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SECRET = "my husband must not read this"
# Keeps whatever reaches the page by a message, from wherever it comes.
EAR = """<!doctype html><html lang=en><title>Town</title><h1>Town</h1>
<script>window.heard = []; addEventListener("message", (event) => heard.push([event.origin, event.data]));</script>"""
# What no page of ours sends: unknown, odd, deep, and large; a frame's own `frontDoor` can be anything that is cloned.
FORGED = """(frame, origin) => {
    const loop = {}; loop.self = loop; loop.frontDoor = loop;
    const odd = [null, 7, "leave", [], {}, loop, new Map([["frontDoor", "leave"]]), new Error("no"), new ArrayBuffer(9),
        ...[null, 1, {}, ["erase"], "", "LEAVE", "leave ", "__proto__", "constructor", "toString", "close", "unread",
            "language", "x".repeat(4e6)].map((frontDoor) => ({ frontDoor, away: "javascript:alert(1)", count: 1e9 })),
        { frontDoor: "opened", focus: { toString: null } }, { frontDoor: "closed", text: "x".repeat(4e6) }];
    odd.forEach((data) => frame.contentWindow.postMessage(data, origin));
    for (let i = 0; i < 2000; i++) frame.contentWindow.postMessage({ frontDoor: "opened" }, origin);
}"""


class Towns:
    """Two sites that a town named, and one that it did not; each its own origin, and ready to be hostile."""

    def __init__(self, chat: str, named: tuple[str, str], stranger: str) -> None:
        self.chat = chat
        self.first, self.second = named
        self.stranger = stranger


def a_site(chat: str = "") -> Flask:
    """A site: at / our one line, at /bare nothing of ours, at /framing the frame without it."""
    site = Flask("site")
    frame = f'<iframe src="{chat}/chat/frame?language=en"></iframe>'
    for path, inside in (("/", f'<script src="{chat}/chat/embed.js"></script>'), ("/bare", ""), ("/framing", frame)):
        site.add_url_rule(path, path, view_func=lambda inside=inside: Response(EAR + inside))
    return site


@pytest.fixture
def towns(another: Callable[..., Flask], serve: Callable[[Flask], str], tmp_path: Path) -> Towns:
    sites = [Flask("site") for _ in range(3)]  # their addresses must be known before the chat is made
    first, second, stranger = (serve(each).replace("127.0.0.1", "localhost") for each in sites)
    file = tmp_path / "town.toml"
    named = f"web_origins = {json.dumps([first, second])}"
    file.write_text(community.EXAMPLE.read_text().replace("web_origins = []", named))
    chat = serve(another(community_file=file))
    for each in sites:
        made = a_site(chat)
        each.view_functions, each.url_map = made.view_functions, made.url_map
    return Towns(chat, (first, second), stranger)


@pytest.fixture
def barred(browser: Browser) -> Iterator[Page]:
    """A tab whose console may say that something was forbidden."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def talking(page: Page, site: str) -> FrameLocator:
    """A visitor opened the chat on this site and wrote."""
    page.goto(site)
    page.get_by_role("button", name=OPEN["en"]).click()
    chat = page.frame_locator("iframe")
    expect(chat.locator("#input")).to_be_focused()
    write(chat, SECRET)
    expect(chat.locator(".resident .state")).to_have_text("Received")
    return chat


def inner(page: Page) -> Frame:
    return next(each for each in page.frames if "/chat/frame" in each.url)


def settled(page: Page) -> None:
    """All that was posted until now was heard, and what was said to it came back: messages keep their order."""
    for _ in range(2):
        for frame in page.frames:
            frame.evaluate("new Promise((done) => setTimeout(done, 0))")


def heard(page: Page) -> str:
    """Everything that a page was told, as one text."""
    settled(page)
    return json.dumps(page.evaluate("window.heard"))


SEEN = """(frame) => {
    const tried = {};
    for (const [name, look] of Object.entries({
        text: () => frame.contentDocument?.body.innerText ?? null,
        name: () => frame.contentWindow.name,
        address: () => frame.contentWindow.location.href,
        kept: () => frame.contentWindow.sessionStorage.getItem("chat"),
        frames: () => frame.contentWindow.length,
    })) try { tried[name] = look(); } catch (error) { tried[name] = error.name; }
    return { ...tried, own: name, url: location.href, session: JSON.stringify(sessionStorage),
        local: JSON.stringify(localStorage), cookie: document.cookie };
}"""
IFRAME = "document.querySelector('front-door-chat').shadowRoot.querySelector('iframe')"


def test_a_named_page_reads_nothing_of_the_talk(page: Page, towns: Towns) -> None:
    talking(page, towns.first)
    token = json.loads(inner(page).evaluate("sessionStorage.chat"))["token"]
    found = page.evaluate(f"({SEEN})({IFRAME})")
    assert (found["text"], found["frames"]) == (None, 0)
    assert {found[each] for each in ("name", "address", "kept")} == {"SecurityError"}
    assert (found["own"], found["url"], found["local"], found["cookie"]) == ("", f"{towns.first}/", "{}", "")
    assert found["session"] == '{"front-door-open":"1"}'
    page.evaluate(f"({FORGED})({IFRAME}, {json.dumps(towns.chat)})")
    told = heard(page)
    for secret in (token, SECRET, "husband"):
        assert secret not in told + json.dumps(found)
    assert inner(page).evaluate("[window.name, location.href, document.referrer].join()").count(SECRET) == 0


def test_whatever_a_named_page_posts_the_chat_goes_on(page: Page, towns: Towns) -> None:
    chat = talking(page, towns.first)
    page.evaluate(f"({FORGED})({IFRAME}, {json.dumps(towns.chat)})")
    settled(page)
    expect(chat.locator(".resident .text")).to_have_text(SECRET)
    expect(chat.get_by_role("link", name="Leave quickly")).to_be_visible()
    expect(chat.locator(".urgent a")).to_have_count(3)
    write(chat, "still here")
    expect(chat.locator(".resident .state").last).to_have_text("Received")
    assert page.url == f"{towns.first}/"


def test_a_named_page_can_make_the_chat_leave_and_then_only_to_the_set_place(page: Page, towns: Towns) -> None:
    """It could take the frame away as well; what is kept goes with it, and nobody is sent where the page wants."""
    talking(page, towns.first)
    message = '{ frontDoor: "leave", away: "https://evil.example/" }'
    page.evaluate(f"{IFRAME}.contentWindow.postMessage({message}, {json.dumps(towns.chat)})")
    page.wait_for_url(pages.AWAY)


@pytest.mark.parametrize("sender", ["page itself", "another frame"])
def test_what_is_not_from_the_chats_own_frame_moves_no_launcher(page: Page, towns: Towns, sender: str) -> None:
    """Also not from a second frame of the chat's own origin: only the one that the line made counts."""
    talking(page, towns.first)
    if sender == "another frame":
        page.evaluate(f"""new Promise((done) => {{
            const second = document.createElement("iframe");
            second.id = "second"; second.src = {IFRAME}.src; second.onload = done; document.body.append(second);
        }})""")
        source = next(each for each in page.frames if "/chat/frame" in each.url and each != inner(page))
    else:
        source = page.main_frame
    source.evaluate("""() => {
        for (const frontDoor of ["close", "leave", "unread", "language"])
            parent.postMessage({ frontDoor, away: "https://evil.example/", count: 99, language: "es" }, "*");
    }""")
    settled(page)
    assert page.url == f"{towns.first}/"
    expect(page.locator("front-door-chat .panel")).to_be_visible()
    expect(page.locator("front-door-chat .news")).to_be_hidden()
    assert page.locator("front-door-chat").get_attribute("lang") == "en"


def test_a_frame_that_was_led_elsewhere_moves_no_launcher(page: Page, towns: Towns) -> None:
    """A page may lead its own frame anywhere; what stands there then is of another origin, and is not obeyed."""
    talking(page, towns.first)
    page.evaluate(f"""new Promise((done) => {{
        const frame = {IFRAME};
        frame.addEventListener("load", done, {{ once: true }});
        frame.src = "{towns.second}/bare";
    }})""")
    led = next(each for each in page.frames if each.url == f"{towns.second}/bare")
    led.evaluate("""() => {
        for (const frontDoor of ["close", "leave", "unread"])
            parent.postMessage({ frontDoor, away: "https://evil.example/", count: 99 }, "*");
    }""")
    settled(page)
    assert page.url == f"{towns.first}/"
    expect(page.locator("front-door-chat .panel")).to_be_visible()
    assert SECRET not in json.dumps(led.evaluate("[heard, name, document.referrer, location.href]"))


def test_one_site_in_another_shows_the_chat_only_where_both_are_named(barred: Page, towns: Towns) -> None:
    """The frame in a frame: every page above it must be named, not only the next one."""
    page = barred
    for top, shown in ((towns.second, True), (towns.stranger, False)):
        page.goto(f"{top}/bare")
        page.evaluate(f"""new Promise((done) => {{
            const frame = document.createElement("iframe"); frame.onload = done; frame.src = "{towns.first}/framing";
            document.body.append(frame);
        }})""")
        field = page.frame_locator("iframe").frame_locator("iframe").locator("#input")
        expect(field).to_have_count(1 if shown else 0)
        # Even then the page at the top is not the one that the chat talks with.
        if shown:
            page.evaluate(f"frames[0][0].postMessage({{ frontDoor: 'leave' }}, {json.dumps(towns.chat)})")
            settled(page)
            expect(field).to_have_count(1)
            assert json.loads(heard(page)) == []


def test_a_page_that_nobody_named_gets_neither_chat_nor_answers(barred: Page, towns: Towns) -> None:
    page = barred
    page.goto(f"{towns.stranger}/bare")
    page.evaluate(f"""new Promise((done) => {{
        const frame = document.createElement("iframe"); frame.onload = done; frame.src = "{towns.chat}/chat/frame";
        document.body.append(frame);
    }})""")
    expect(page.frame_locator("iframe").locator("#input")).to_have_count(0)
    page.evaluate("frames[0].postMessage({ frontDoor: 'opened' }, '*')")
    assert json.loads(heard(page)) == []
    tried = page.evaluate("""async (chat) => {
        const ways = { page: ["/chat/frame", {}], visitor: ["/chat/visitors", { method: "POST", body: "{}",
            headers: { "Content-Type": "application/json" } }], history: ["/chat/messages",
            { headers: { Authorization: "Bearer x" } }] };
        const got = {};
        for (const [name, [path, init]] of Object.entries(ways))
            got[name] = await fetch(chat + path, init).then((answer) => answer.status, (error) => error.name);
        return got;
    }""", towns.chat)  # fmt: skip
    assert tried == dict.fromkeys(("page", "visitor", "history"), "TypeError")


def test_a_window_that_a_hostile_page_opens_is_cut_off_from_it(page: Page, towns: Towns) -> None:
    """A frame may be forbidden, but a window can be opened by anybody; there the chat hears nobody."""
    page.goto(f"{towns.stranger}/bare")
    with page.context.expect_page() as opened:
        page.evaluate(f"window.chat = open('{towns.chat}/chat/frame?language=en', 'a name')")
    tab = opened.value
    expect(tab.get_by_role("log")).to_have_attribute("aria-busy", "false")
    write(tab.main_frame, SECRET)  # type: ignore[arg-type]
    expect(tab.locator(".resident .state")).to_have_text("Received")
    page.evaluate("chat.postMessage({ frontDoor: 'opened' }, '*'); chat.postMessage({ frontDoor: 'leave' }, '*')")
    assert json.loads(heard(page)) == []
    settled(tab)
    expect(tab.locator(".resident .text")).to_have_text(SECRET)
    assert SECRET not in tab.url + tab.evaluate("window.name")
    assert urlsplit(tab.url).fragment == ""
