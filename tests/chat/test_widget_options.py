"""What a visitor sets for themselves in the widget, what a device keeps, and the chat that ends by itself."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gateway.db import Database
from tests.chat.test_chat_browser import findings, kept, opened, picture, write

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# A browser without voices says nothing by itself: what it is given to say is written down here.
VOICE = """
Object.defineProperty(window, "speechSynthesis", { value: {
  said: [], speaking: false, pending: false,
  voices: ["en-GB far", "fr-FR", "en_US", "es-MX far", "es-US"],
  getVoices() {
    return this.voices.map((name) => ({ name, lang: name.slice(0, 5), localService: !name.endsWith("far") }));
  },
  speak(words) { this.said.push([words.lang, words.text, words.voice.name]); this.speaking = true; },
  cancel() { this.speaking = false; },
} });
// The browser's own takes no voice but its own.
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""


def alone(page: Page, site: str, language: str = "en") -> Page:
    """The chat in a tab of its own."""
    page.goto(f"{site}/chat/frame?language={language}")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    return page


def remembered(page: Page) -> dict[str, object]:
    return {
        place: json.loads(page.evaluate(f"window.{place}.getItem('chat')") or "null")
        for place in ("localStorage", "sessionStorage")
    }


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 1200])
def test_options_fit_and_everybody_can_use_them(page: Page, site: str, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    alone(page, site, language)
    page.locator("#options").click()
    picture(page, f"widget-options-{language}-{width}")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("#size", "#contrast", "#save", "#print"):
        expect(page.locator(name)).to_be_in_viewport()
    for number in ("911", "988"):  # always in sight
        page.locator(f'.urgent a[href="tel:{number}"]').click(trial=True)
    page.locator("#leave").click(trial=True)
    page.locator("#options").click()
    expect(page.locator("#sheet")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_grows_and_stands_out_and_stays_so(page: Page, site: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 740})
    alone(page, site)
    before = page.locator(".hello p").first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    page.locator("#options").click()
    page.locator("#size").click()
    page.locator("#size").click()
    page.locator("#contrast").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-size", "largest")
    expect(page.locator("html")).to_have_attribute("data-contrast", "high")
    after = page.locator(".hello p").first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert after == pytest.approx(before * 1.5)
    page.locator("#options").click()
    picture(page, f"widget-largest-{scheme}")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#size").click()
    expect(page.locator("html")).to_have_attribute("data-size", "normal")


def test_what_came_last_is_read_aloud_in_its_language(page: Page, site: str) -> None:
    page.add_init_script(VOICE)
    alone(page, site)
    write(page.main_frame, "i took all my pills")  # type: ignore[arg-type]
    expect(page.locator(".message.alert").first).to_be_visible()
    page.locator("#options").click()
    page.locator("#aloud").click()
    said = page.evaluate("window.speechSynthesis.said")
    assert [lang for lang, _, _ in said[:2]] == ["en", "es"]
    assert "911" in said[0][1]
    assert all("pills" not in text for _, text, _ in said)  # not one's own words
    assert [voice for _, _, voice in said[:2]] == ["en_US", "es-US"]  # a far one would be sent the words
    expect(page.locator("#aloud")).to_have_text("Stop reading")
    page.locator("#aloud").click()
    assert page.evaluate("window.speechSynthesis.speaking") is False
    expect(page.locator("#aloud")).to_have_text("Read aloud")


def test_where_only_a_far_voice_could_read_nothing_is_sent_to_it(page: Page, site: str) -> None:
    page.add_init_script(VOICE)
    alone(page, site)
    page.evaluate("window.speechSynthesis.voices = ['en-GB far', 'es-US']")
    write(page.main_frame, "i took all my pills")  # type: ignore[arg-type]
    expect(page.locator(".message.alert").first).to_be_visible()
    page.locator("#options").click()
    page.locator("#aloud").click()
    assert {lang for lang, _, _ in page.evaluate("window.speechSynthesis.said")} == {"es"}
    expect(page.locator("#status")).to_have_text("This device has no voice of its own to read this.")


def test_a_copy_holds_all_that_was_said(page: Page, site: str, tmp_path: Path) -> None:
    alone(page, site, "es")
    write(page.main_frame, "tengo hambre, ¿y ahora?")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text("Recibido")
    page.locator("#options").click()
    with page.expect_download() as saved:
        page.locator("#save").click()
    assert saved.value.suggested_filename == "mensajes.txt"
    saved.value.save_as(tmp_path / "copy.txt")
    text = (tmp_path / "copy.txt").read_text(encoding="utf-8")
    assert "tengo hambre, ¿y ahora?" in text
    assert text.startswith("Usted ")


def test_a_tab_keeps_the_chat_and_the_browser_only_when_told_so(page: Page, site: str, context: BrowserContext) -> None:
    alone(page, site)
    write(page.main_frame, "hello there")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text("Received")
    assert remembered(page)["localStorage"] is None
    page.locator("#own").check()
    assert remembered(page)["sessionStorage"] is None
    other = alone(context.new_page(), site)
    expect(other.get_by_text("hello there")).to_be_visible()
    expect(other.locator("#own")).to_be_checked()
    other.locator("#own").uncheck()
    assert remembered(other)["localStorage"] is None
    third = alone(context.new_page(), site)
    expect(third.get_by_text("hello there")).to_have_count(0)


def test_leaving_clears_the_device_also_where_it_is_ones_own(page: Page, site: str, context: BrowserContext) -> None:
    alone(page, site)
    write(page.main_frame, "hello there")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text("Received")
    page.locator("#own").check()
    page.locator("#leave").click()
    expect(page).to_have_title("Weather")
    other = alone(context.new_page(), site)
    assert remembered(other) == {"localStorage": None, "sessionStorage": None} or "token" not in str(remembered(other))
    expect(other.get_by_text("hello there")).to_have_count(0)


def test_leaving_in_one_tab_clears_the_others(page: Page, site: str, context: BrowserContext) -> None:
    alone(page, site)
    write(page.main_frame, "hello there")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text("Received")
    page.locator("#own").check()
    other = alone(context.new_page(), site)
    other.locator("#input").fill("only begun")
    page.locator("#leave").click()
    expect(other.locator("#status")).to_contain_text("cleared here")
    expect(other.get_by_text("hello there")).to_have_count(0)
    expect(other.locator("#input")).to_have_value("")
    assert "token" not in str(remembered(other))


def test_a_page_that_comes_back_whole_after_leaving_is_cleared(page: Page, site: str) -> None:
    """This browser keeps no whole pages in a test, so the page is only told that it was kept."""
    alone(page, site)
    write(page.main_frame, "hello there")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text("Received")
    page.evaluate("sessionStorage.removeItem('chat')")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#status")).to_contain_text("cleared here")
    expect(page.get_by_text("hello there")).to_have_count(0)


def wrote_at_a_still_clock(page: Page, site: str, text: str, *, own: bool, language: str = "en") -> None:
    """The visitor wrote; the page's clock is the test's, and the device may be their own."""
    page.clock.install()
    alone(page, site, language)
    write(page.main_frame, text)  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_attribute("data-word", "received")
    if own:
        page.locator("#own").check()


@pytest.mark.parametrize("own", [False, True])
def test_a_chat_that_nobody_uses_ends_by_itself_on_a_shared_device(
    page: Page, site: str, database: Database, own: bool
) -> None:
    wrote_at_a_still_clock(page, site, "somebody may read this", own=own)
    page.clock.fast_forward("29:00")
    expect(page.get_by_text("somebody may read this")).to_be_visible()
    expect(page.locator("#still")).to_contain_text("" if own else "Still there?")
    page.clock.fast_forward("02:01")
    if own:
        expect(page.get_by_text("somebody may read this")).to_be_visible()
        return
    expect(page.get_by_text("somebody may read this")).to_have_count(0)
    expect(page.locator("#status")).to_contain_text("cleared here")
    assert "token" not in str(remembered(page))
    assert kept(database, "somebody may read this") == 1
    write(page.main_frame, "and somebody else begins")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text("Received")


@pytest.mark.parametrize(
    ("language", "asks", "here"),
    [
        ("en", "Still there? This chat is cleared here in 2 minutes.", "I am here"),
        ("es", "¿Sigue aquí? Este chat se borra aquí en 2 minutos.", "Sigo aquí"),
    ],
)
def test_who_is_asked_whether_they_are_there_has_two_minutes_to_answer(
    page: Page, site: str, language: str, asks: str, here: str
) -> None:
    words = {"en": "i read slowly", "es": "leo muy despacio"}[language]
    wrote_at_a_still_clock(page, site, words, own=False, language=language)
    still = page.locator("#still")
    expect(still).to_have_role("status")
    page.clock.fast_forward("27:00")
    expect(still).to_be_empty()
    page.clock.fast_forward("02:50")  # late: the device slept when it should have asked
    expect(still.locator("p")).to_have_text(asks)
    page.clock.fast_forward("01:00")
    expect(page.get_by_text(words)).to_be_visible()
    still.get_by_role("button", name=here).click()
    expect(still).to_be_empty()
    expect(page.get_by_role("log")).to_be_focused()  # not lost with the button
    page.clock.fast_forward("27:00")
    expect(still).to_be_empty()
    page.clock.fast_forward("01:00")
    expect(still.locator("p")).to_have_text(asks)
    expect(page.get_by_text(words)).to_be_visible()
    picture(page, f"widget-still-there-{language}")
    assert findings(page) == []


USES = {
    "a key": lambda page: page.keyboard.press("Shift"),
    "a touch": lambda page: page.locator(".urgent").dispatch_event("pointerdown"),
    "the wheel": lambda page: page.mouse.wheel(0, 40),
    "the messages moved": lambda page: page.locator("#log").evaluate("log => (log.scrollTop = 0)"),
    "the window reached": lambda page: page.evaluate("window.dispatchEvent(new Event('focus'))"),
    "the page shown again": lambda page: page.evaluate("document.dispatchEvent(new Event('visibilitychange'))"),
}


def test_any_use_is_an_answer(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 375, "height": 450})
    page.add_init_script("addEventListener('scroll', () => document.documentElement.dataset.moved = 1, true)")
    wrote_at_a_still_clock(page, site, "i am reading", own=False)
    # The messages moved to what was written; told of that after half an hour, the page would call it a use.
    expect(page.locator("html")).to_have_attribute("data-moved", "1")
    page.clock.run_for("01:00")
    expect(page.get_by_text("taking longer than usual")).to_be_visible()  # which moves them once more
    page.screenshot()  # a whole frame: what was moved has been told by now
    for name, use in USES.items():
        page.clock.fast_forward("28:30")
        expect(page.locator("#still"), name).to_contain_text("Still there?")
        use(page)
        expect(page.locator("#still"), name).to_be_empty()
    expect(page.get_by_text("i am reading")).to_be_visible()


def test_who_comes_back_without_a_connection_reads_what_they_write(
    page: Page, site: str, context: BrowserContext
) -> None:
    wrote_at_a_still_clock(page, site, "before the tunnel", own=False)
    context.set_offline(True)
    page.clock.fast_forward("31:00")
    expect(page.get_by_text("before the tunnel")).to_have_count(0)
    write(page.main_frame, "back again")  # type: ignore[arg-type]
    page.clock.run_for("01:00")  # more than one look at whether somebody is there
    expect(page.get_by_text("back again")).to_be_visible()


def test_a_draft_without_a_token_is_not_left_for_the_next(page: Page, site: str) -> None:
    page.clock.install()
    alone(page, site)
    page.locator("#input").fill("only begun")
    page.clock.fast_forward("28:30")
    expect(page.locator("#still")).to_contain_text("Still there?")
    page.clock.fast_forward("02:01")
    expect(page.locator("#status")).to_contain_text("cleared here")
    expect(page.locator("#input")).to_have_value("")
    assert "only begun" not in str(remembered(page))


def test_without_a_connection_nothing_that_was_written_stays_in_sight(
    page: Page, site: str, context: BrowserContext
) -> None:
    wrote_at_a_still_clock(page, site, "i took all my pills", own=False)
    expect(page.locator("#alerts")).to_contain_text("911")
    page.locator("#options").click()
    page.locator("#by-text").click()
    page.locator("#move input").first.fill("415 555 0132")
    page.locator("#input").fill("only begun")
    context.set_offline(True)
    page.clock.fast_forward("31:00")
    expect(page.locator("#move")).to_have_count(0)
    expect(page.locator("#input")).to_have_value("")
    expect(page.locator("#alerts")).to_be_empty()
    expect(page.locator(".message")).to_have_count(0)
    expect(page.locator(".hello")).to_be_visible()  # for who sits down next
    assert "only begun" not in str(remembered(page))


def test_first_words_without_a_connection_are_kept_out_of_sight_and_for_a_day(
    page: Page, site: str, context: BrowserContext
) -> None:
    page.clock.install()
    alone(page, site)
    context.route("**/chat/visitors", lambda route: route.abort())
    write(page.main_frame, "nobody has this yet")  # type: ignore[arg-type]
    page.clock.fast_forward("31:00")
    expect(page.locator(".message")).to_have_count(0)
    assert "nobody has this yet" in str(remembered(page))
    page.clock.fast_forward("23:20:00")
    assert "nobody has this yet" in str(remembered(page))
    page.clock.fast_forward("20:00")
    expect(page.locator("#status")).to_contain_text("cleared here")
    assert "nobody has this yet" not in str(remembered(page))


@pytest.mark.parametrize("own", [False, True])
def test_a_tab_that_is_opened_again_after_half_an_hour_shows_nothing(page: Page, site: str, own: bool) -> None:
    wrote_at_a_still_clock(page, site, "somebody may read this", own=own)
    place = "localStorage" if own else "sessionStorage"
    stood = page.evaluate(f"{place}.getItem('chat')")
    page.goto(f"{site}/chat/embed.js")  # as if closed: nothing runs
    page.clock.fast_forward("29:00")
    alone(page, site)
    expect(page.get_by_text("somebody may read this")).to_be_visible()  # and this was a use
    page.goto(f"{site}/chat/embed.js")
    page.clock.fast_forward("29:00")
    alone(page, site)
    expect(page.get_by_text("somebody may read this")).to_be_visible()
    page.goto(f"{site}/chat/embed.js")
    page.evaluate(f"stood => {place}.setItem('chat', stood)", stood)
    alone(page, site)
    expect(page.get_by_text("somebody may read this")).to_have_count(1 if own else 0)


def test_after_the_end_there_is_no_way_back(page: Page, site: str) -> None:
    page.goto(f"{site}/chat/embed.js")
    wrote_at_a_still_clock(page, site, "somebody may read this", own=False)
    page.clock.fast_forward("31:00")
    expect(page.locator("#status")).to_contain_text("cleared here")
    page.go_back()
    assert page.url == f"{site}/chat/embed.js"


@pytest.mark.parametrize("own", [False, True])
def test_what_was_written_without_a_connection_goes_out_an_hour_later(
    page: Page, site: str, context: BrowserContext, database: Database, own: bool
) -> None:
    wrote_at_a_still_clock(page, site, "before the tunnel", own=own)
    context.set_offline(True)
    write(page.main_frame, "in the tunnel")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state").last).to_have_text("Not sent yet. Trying again.")
    page.clock.fast_forward("01:00:00")
    expect(page.get_by_text("in the tunnel")).to_have_count(1 if own else 0)  # others may sit here now
    expect(page.locator('.urgent a[href="tel:911"]')).to_be_visible()
    assert kept(database, "in the tunnel") == 0
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/chat/messages")):
        context.set_offline(False)
    if own:
        expect(page.locator(".message.resident .state").last).to_have_text("Received")
    else:
        page.clock.run_for("01:00")  # more than one look at whether somebody is there
        expect(page.locator("#status")).to_contain_text("We still have your messages")
        assert "token" not in str(remembered(page))
    assert kept(database, "in the tunnel") == 1


def test_in_the_frame_of_a_page_options_open_too(page: Page, site: str) -> None:
    frame = opened(page, site)
    frame.locator("#options").click()
    expect(frame.locator("#save")).to_be_in_viewport()
