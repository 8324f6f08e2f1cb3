"""Going on by text in a real browser, with the stand-in for Twilio at the other end: to the phone and back."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from gateway import notifying, sending
from gateway.clients.twilio import Twilio
from gateway.clients.twilio_notices import by_sms
from gateway.db import Database
from gateway.demo.standin import Standin
from gateway.models import Conversation
from gateway.settings import Settings
from tests.chat.test_chat_browser import findings, opened, picture, write
from tests.conftest import Phone
from tests.gateway.night import carrier

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NUMBER = "+14155550134"
WORDS = {
    "en": {
        "open": "Keep going by text", "number": "Your cell phone number", "ask": "Text me a code",
        "code": "Code of six digits", "go_on": "Go on by text", "first": "i need food for my family",
        "bad": "area code", "unsafe": "only if texts are safe", "wrong": "That is not the code",
        "done": "come back here",
    },
    "es": {
        "open": "Seguir por mensaje de texto", "number": "Su número de celular", "ask": "Mándeme una clave",
        "code": "Clave de seis números", "go_on": "Seguir por texto", "first": "necesito comida para mi familia",
        "bad": "código de área", "unsafe": "solo si los mensajes son seguros", "wrong": "no es la clave",
        "done": "Puede volver aquí",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def twilio() -> Iterator[tuple[Standin, Twilio]]:
    """The other end of all texts."""
    with carrier() as made:
        yield made


@pytest.fixture
def carry(twilio: tuple[Standin, Twilio], database: Database, settings: Settings) -> Callable[[], list[str]]:
    """Sends what waits, as the worker does; gives what reached the phone since the last time."""
    standin, client = twilio
    told = len(standin.sent_to(NUMBER))

    def send() -> list[str]:
        nonlocal told
        while notifying.send_next(database, {"sms": by_sms(client)}, settings.keys):
            pass
        sending.send_all(database, client, settings.keys)
        came = [text.body for text in standin.sent_to(NUMBER)]
        news, told = came[told:], len(came)
        return news

    return send


def alone(page: Page, site: str, language: str) -> None:
    """The chat in a tab of its own, with the number asked for."""
    page.goto(f"{site}/chat/frame?language={language}")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    page.locator("#options").click()
    page.get_by_role("button", name=WORDS[language]["open"]).click()
    expect(page.get_by_label(WORDS[language]["number"])).to_be_focused()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 360])
def test_to_the_phone_and_back(  # noqa: PLR0915 - a whole way, told in one piece
    page: Page,
    site: str,
    database: Database,
    settings: Settings,
    client: FlaskClient,
    carry: Callable[[], list[str]],
    language: str,
    width: int,
) -> None:
    words = WORDS[language]
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{site}/chat/frame?language={language}")
    write(page.main_frame, words["first"])  # type: ignore[arg-type]
    expect(page.locator(".message.resident .state")).to_have_text({"en": "Received", "es": "Recibido"}[language])
    page.locator("#options").click()
    page.get_by_role("button", name=words["open"]).click()
    number = page.get_by_label(words["number"])
    expect(number).to_be_focused()
    assert (number.get_attribute("inputmode"), number.get_attribute("autocomplete")) == ("tel", "off")
    picture(page, f"by-text-number-{language}-{width}")
    assert findings(page) == []
    assert fits(page)
    for told in ("911", "988"):  # always in sight
        page.locator(f'.urgent a[href="tel:{told}"]').click(trial=True)

    number.fill("12")
    number.press("Enter")
    error = page.locator("#wrong")
    expect(error).to_contain_text(words["bad"])
    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(number).to_have_attribute("aria-describedby", "wrong")
    number.fill("(415) 555-0134")
    number.press("Enter")
    expect(error).to_contain_text(words["unsafe"])
    expect(page.locator("[name=safe]")).to_be_focused()
    picture(page, f"by-text-unsafe-{language}-{width}")
    assert findings(page) == []
    page.locator("[name=safe]").check()
    page.locator("[name=agree]").check()
    page.get_by_role("button", name=words["ask"]).click()
    code = page.get_by_label(words["code"])
    expect(code).to_be_focused()
    assert code.get_attribute("autocomplete") == "one-time-code"
    [sent] = carry()
    found = re.search(r"\d{6}", sent)
    assert found is not None
    code.fill(f"{(int(found[0]) + 1) % 1_000_000:06}")
    code.press("Enter")
    expect(error).to_contain_text(words["wrong"])
    picture(page, f"by-text-code-{language}-{width}")
    assert findings(page) == []
    code.fill(found[0])
    page.get_by_role("button", name=words["go_on"]).click()
    expect(page.locator("#move [tabindex]")).to_contain_text(words["done"])
    expect(page.locator("#move [tabindex]")).to_be_focused()
    [hello] = carry()
    expect(page.locator(".message.system .text")).to_have_text(hello)
    picture(page, f"by-text-done-{language}-{width}")
    assert findings(page) == []
    assert fits(page)

    assert Phone(client, settings, NUMBER).text("94110").status_code == 200
    expect(page.locator(".message.resident .text").last).to_have_text("94110")
    write(page.main_frame, "ok")  # type: ignore[arg-type]
    expect(page.locator(".message.resident .text").last).to_have_text("ok")
    expect(page.locator(".message.resident .state").last).to_have_text({"en": "Received", "es": "Recibido"}[language])
    with database.begin() as session:
        kept = session.scalars(select(Conversation)).one()
        assert (kept.channel, kept.other_contact_id is not None) == ("webchat", True)


def test_what_is_typed_is_kept_nowhere(page: Page, site: str, context: BrowserContext) -> None:
    alone(page, site, "en")
    page.get_by_label("Your cell phone number").fill("415-555-0134")
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    assert "0134" not in page.evaluate(stored)
    page.locator("#own").check()
    page.get_by_role("button", name="Keep going by text").click()
    expect(page.locator("#move")).to_be_hidden()
    page.get_by_role("button", name="Keep going by text").click()
    expect(page.get_by_label("Your cell phone number")).to_have_value("")
    expect(page.get_by_label("Your cell phone number")).to_have_attribute("autocomplete", "tel")
    page.get_by_label("Your cell phone number").fill("415-555-0134")
    page.locator("#language").click()  # the thread, and what is typed, outlive another language
    expect(page.get_by_label("Su número de celular")).to_have_value("415-555-0134")
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(page).to_have_title("Weather")
    page.go_back()
    assert "0134" not in page.content()


def test_the_first_escape_shuts_the_chat_and_forgets_the_number(page: Page, site: str) -> None:
    frame = opened(page, site)
    frame.locator("#options").click()
    frame.get_by_role("button", name="Keep going by text").click()
    frame.get_by_label("Your cell phone number").fill("415-555-0134")
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    page.get_by_role("button", name="Get help by chat").click()
    expect(frame.locator("#move")).to_be_hidden()
    expect(frame.get_by_label("Your cell phone number")).to_have_count(0)
