"""The handset page in a real browser: texts both ways, states, STOP, one more phone, small and dark, accessible."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from gateway.clients.twilio import Twilio
from gateway.demo.standin import Standin
from tests.browser import launch
from tests.twilio.conftest import ANA, BEN
from tests.twilio.test_twilio_calls import gateway
from tests.twilio.webhook import Webhook

UNDER_44 = "one => one.offsetHeight < 44"  # pixels, WCAG 2.5.5
NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 900}

pytestmark = [pytest.mark.e2e]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for these tests."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, standin: Standin) -> Page:
    """The phones; anything that the browser complains about fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda fault: pytest.fail(f"script failed: {fault}"))
    page.goto(standin.url)
    expect(page.locator("#community")).to_have_text(standin.number)
    return page


def test_three_phones_stand_side_by_side_and_are_marked_as_simulated(page: Page) -> None:
    expect(page.locator(".phone h2")).to_have_text([ANA, BEN, "+15555550133"])
    expect(page.locator(".notice").first).to_contain_text("No real texts are sent.")
    tops = {box["y"] for box in (phone.bounding_box() for phone in page.locator(".phone").all()) if box}
    assert len(tops) == 1


def test_the_box_for_a_picture_stands_beside_its_words(page: Page) -> None:
    label = page.locator(".with-picture").first
    line, box = label.bounding_box(), label.locator("input").bounding_box()
    assert line is not None
    assert box is not None
    assert box["x"] == line["x"]
    assert line["height"] <= box["height"] + 1 < 60


def test_a_text_goes_out_and_its_answer_comes_back(page: Page, webhook: Webhook) -> None:
    webhook.answer = lambda _call: (200, "<Response><Message>¿Está a salvo?</Message></Response>")
    box = page.get_by_label(f"Text from {ANA}")
    box.fill("necesito comida")
    expect(page.locator(".phone").first.locator(".cost")).to_have_text("15 · 1 segment, GSM-7")
    box.press("Enter")

    bubbles = page.locator(".phone").first.locator(".bubble")
    expect(bubbles).to_have_count(2)
    expect(bubbles.nth(0).locator(".words")).to_have_text("necesito comida")
    expect(bubbles.nth(0)).to_contain_text("sent")
    expect(bubbles.nth(1).locator(".words")).to_have_text("¿Está a salvo?")
    expect(bubbles.nth(1)).to_contain_text("1 segment, UCS-2 · delivered")
    expect(box).to_have_value("")
    expect(page.locator(".phone").nth(1).locator(".bubble")).to_have_count(0)


def test_texts_from_the_api_arrive_live_and_change_their_state(page: Page, standin: Standin) -> None:
    standin.receipts("none", delay=0.4)
    standin.accept(BEN, "<b>María</b> & co", None)

    bubble = page.locator(".phone").nth(1).locator(".bubble")
    expect(bubble.locator(".words")).to_have_text("<b>María</b> & co")
    expect(bubble).to_contain_text("· delivered")
    page.reload()
    expect(bubble).to_have_count(1)


def test_a_text_that_failed_or_was_not_taken_shows_it(page: Page, standin: Standin, webhook: Webhook) -> None:
    standin.receipts("none", final="undelivered", error_code=30006, delay=0)
    standin.accept(ANA, "lost", None)
    expect(page.locator(".bubble.bad")).to_contain_text("not delivered (30006)")

    webhook.answer = lambda _call: (503, "")
    standin.text(BEN, "hello?")
    expect(page.locator(".bubble.mine.bad")).to_contain_text("did not take it (503)")


def test_stop_shows_on_the_phone_until_start(page: Page, standin: Standin) -> None:
    standin.text(ANA, "STOP")
    expect(page.locator(".phone").first.locator(".stopped")).to_be_visible()
    expect(page.locator(".phone").first.locator(".bubble")).to_have_count(2)
    standin.text(ANA, "START")
    expect(page.locator(".phone").first.locator(".stopped")).to_be_hidden()


def test_a_phone_is_added_and_kept(page: Page, standin: Standin) -> None:
    standin.accept("+15555550144", "to a responder", None)
    page.get_by_role("button", name="+15555550144 got 1 text").click()
    expect(page.locator(".phone").nth(3).locator(".words")).to_have_text("to a responder")

    page.get_by_label("Add a phone").fill("nonsense")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#wrong")).to_contain_text("like +15555550144")
    page.get_by_label("Add a phone").fill("+1 (555) 555-0155")
    page.keyboard.press("Enter")
    expect(page.locator(".phone")).to_have_count(5)
    page.reload()
    expect(page.locator(".phone h2").last).to_have_text("+15555550155")
    page.get_by_role("button", name="Remove +15555550155").click()
    expect(page.locator(".phone")).to_have_count(4)


def test_an_example_fills_the_box_and_sends_nothing(page: Page, webhook: Webhook) -> None:
    page.locator(".phone").first.locator("summary").click()
    page.get_by_role("button", name="necesito comida para mis hijos, 94110").first.click()

    expect(page.get_by_label(f"Text from {ANA}")).to_have_value("necesito comida para mis hijos, 94110")
    assert not webhook.calls


def test_a_text_is_kept_when_the_simulator_is_gone(page: Page, standin: Standin) -> None:
    standin.stop()
    box = page.get_by_label(f"Text from {ANA}")
    box.fill("do not lose me")
    box.press("Enter")

    expect(page.locator(".phone").first.locator(".write .wrong")).to_contain_text("Your text is kept")
    expect(box).to_have_value("do not lose me")
    expect(page.locator("#line")).to_contain_text("trying again")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_it_is_accessible_narrow_and_wide_light_and_dark(
    browser: Browser, standin: Standin, size: dict[str, int], scheme: str
) -> None:
    standin.receipts("none", delay=0)
    standin.text(ANA, "hello")
    standin.accept(ANA, "¿Qué necesita? " * 20, None)
    standin.accept(ANA, "x" * 300, None)
    standin.text(ANA, "STOP")
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(standin.url)
    expect(page.locator(".bubble")).to_have_count(5)
    page.locator("summary").first.click()

    found = Axe().run(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    small = page.evaluate(f"[...document.querySelectorAll('button, input, textarea')].filter({UNDER_44}).length")
    context.close()

    assert found.violations_count == 0, found.generate_report()
    assert width <= size["width"]
    assert small == 0


def test_nothing_comes_from_elsewhere_and_nothing_is_inline(context: BrowserContext, standin: Standin) -> None:
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(standin.url)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    page.wait_for_selector(".phone")

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert all(url.startswith(standin.url) for url in asked)
    with pytest.raises(PlaywrightError, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = 'x'")


def test_a_call_is_picked_up_and_answered_with_a_key(
    page: Page, standin: Standin, twilio: Twilio, webhook: Webhook
) -> None:
    webhook.answer = gateway
    here = f"{webhook.url}/voice/7"
    twilio.call(ANA, here, f"{here}/status", ring_seconds=60, most_seconds=120)
    phone = page.locator(".phone").first
    call = phone.get_by_role("alertdialog")
    expect(call).to_be_visible()
    expect(call).to_contain_text("Incoming call")
    expect(phone.get_by_role("button", name="Key 1")).to_be_disabled()
    phone.get_by_role("button", name="Answer").click()
    expect(call.locator("li")).to_have_text(["Marque 1", "Marque 1"])
    expect(call.locator("li").first).to_have_attribute("lang", "es-US")
    assert page.locator(".call button:visible").evaluate_all(f"all => all.filter({UNDER_44}).length") == 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    phone.get_by_role("button", name="Key 1").click()
    expect(call.locator("li").last).to_have_text("Gracias")
    expect(call).to_contain_text("The call is over.")
    call.get_by_role("button", name="Close").click()
    expect(call).to_have_count(0)
