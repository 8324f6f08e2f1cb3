"""Answers as buttons: kept with the question, there while it is open, pressed as if typed, gone when danger shows."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from sqlalchemy import select, update

from gateway import leases, texts, turns
from gateway.clients.rasa import Rasa
from gateway.conversations import SMS, WEBCHAT, Inbound, say_all, thread
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Message
from gateway.offers import NUMBERS, YES_NO, Question
from tests.chat.conftest import Visitor
from tests.chat.test_chat_browser import DANGER, findings, kept, opened, picture, write
from tests.fakes.fake_rasa import FakeRasa, good

pytestmark = pytest.mark.slow

SAFE = {
    "en": "Is anyone hurt or in danger right now? Reply YES or NO.",
    "es": "¿Hay alguien herido o en peligro en este momento? Responda SÍ o NO.",
}
HELLO = {"en": "hello, i need food for my family", "es": "hola, necesito comida para mi familia"}
RECEIVED = {"en": "Received", "es": "Recibido"}
YES, ONE = {"en": "Yes", "es": "Sí"}, {"en": "1 food", "es": "1 comida"}


@pytest.fixture
def bot() -> Iterator[FakeRasa]:
    """A bot that says what the test makes it say."""
    server = FakeRasa()
    yield server
    server.stop()


def answered(door: Door, bot: FakeRasa, *messages: dict[str, str]) -> None:
    """One turn of the bot for the conversation that waits."""
    bot.behave = lambda request: (200, json.dumps(good(request) | {"messages": list(messages)}).encode())
    with door.database.begin() as session:
        lease = leases.take(session, "test")
    assert lease is not None
    with closing(Rasa(bot.url, "s")) as rasa:
        turns.answer_next(door.database, rasa, door.community, lease, lambda: datetime.now(UTC))


# ---- what is kept and told ----


def test_a_question_of_the_bot_comes_with_its_answers(visitor: Visitor, door: Door, bot: FakeRasa) -> None:
    visitor.write(HELLO["en"])
    answered(door, bot, {"text": "Hello."}, {"text": SAFE["en"], "asks": "yes_no"})
    mine, hello, question = visitor.history()
    assert (mine["offers"], hello["offers"]) == (None, None)
    assert question["text"] == SAFE["en"]
    assert question["offers"] == [{"label": "Yes", "text": "YES"}, {"label": "No", "text": "NO"}]


def test_the_menu_that_answers_without_the_bot_has_buttons_too(visitor: Visitor, door: Door) -> None:
    visitor.write(HELLO["es"])
    with door.database.begin() as session:
        lease = leases.take(session, "test")
    assert lease is not None
    with closing(Rasa("http://127.0.0.1:9", "s")) as rasa:
        turns.answer_next(door.database, rasa, door.community, lease, lambda: datetime.now(UTC))
    menu = visitor.history()[-1]
    assert menu["text"] == texts.say("menu_offer", "es")
    assert [offer["text"] for offer in menu["offers"]] == [str(number) for number in range(1, 10)]
    assert menu["offers"][0]["label"] == "1 comida"


def test_a_conversation_that_is_closed_offers_nothing(visitor: Visitor, door: Door, say: Callable[..., int]) -> None:
    visitor.write(HELLO["en"])
    say(Question(SAFE["en"], YES_NO))
    assert visitor.history()[-1]["offers"]
    with door.database.begin() as session:
        session.execute(update(Conversation).values(closed_at=datetime.now(UTC)))
    assert visitor.history()[-1]["offers"] is None


@pytest.mark.parametrize("channel", [SMS, WEBCHAT])
def test_a_text_by_sms_is_as_it_was(door: Door, database: Database, channel: str) -> None:
    now = datetime.now(UTC)
    address = "+14155550199" if channel == SMS else "visitor"
    question = Question(SAFE["en"], YES_NO)
    with database.begin() as session:
        conversation = thread(session, door.settings.keys, Inbound(channel, address, "x", "hello"), now)
        asked = Message(
            conversation_id=conversation.id, direction="in", author="resident", text="hello", created_at=now
        )
        session.add(asked)
        session.flush()
        say_all(session, conversation, [question, "Bye."], "bot", now, priority=5, answers=asked.id)
        found = session.execute(
            select(Message.text, Message.offers).where(Message.direction == "out").order_by(Message.id)
        ).all()
    assert [text for text, _ in found] == [SAFE["en"], "Bye."]
    assert [bool(offers) for _, offers in found] == [channel == WEBCHAT, False]
    assert found[1][1] is None


def test_texts_for_danger_have_no_buttons(visitor: Visitor) -> None:
    visitor.write(DANGER["en"])
    assert len(visitor.history()) > 1
    assert not any(said["offers"] for said in visitor.history())


# ---- on the page ----


def asked(frame: FrameLocator, say: Callable[..., int], language: str, question: str | None = None) -> None:
    """The visitor wrote, and is asked something."""
    write(frame, HELLO[language])
    expect(frame.locator(".resident .state")).to_have_text(RECEIVED[language])
    say(Question(question or SAFE[language], YES_NO if question is None else NUMBERS), language=language)


@pytest.mark.e2e
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 360, 1200])
def test_the_menu_fits_and_everybody_can_press_it(
    page: Page, site: str, say: Callable[..., int], width: int, language: str, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 740})
    frame = opened(page, site, language)
    asked(frame, say, language, texts.say("menu_offer", language))
    buttons = frame.locator(".offers button")
    expect(buttons).to_have_count(9)
    for button in buttons.all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["width"] >= 44
    expect(buttons.last).to_be_in_viewport()
    picture(page, f"offers-menu-{language}-{width}-{scheme}")
    assert findings(page) == []
    assert frame.locator("html").evaluate("root => root.scrollWidth <= innerWidth")
    for number in ("911", "988"):
        frame.locator(f'.urgent a[href="tel:{number}"]').click(trial=True)
    expect(frame.locator("#input")).to_be_focused()  # what arrives never takes the focus


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_button_is_pressed_by_keyboard_and_is_as_good_as_typed(
    page: Page, site: str, database: Database, say: Callable[..., int], language: str
) -> None:
    frame = opened(page, site, language)
    asked(frame, say, language)
    group = frame.get_by_role("group", name={"en": "Choose an answer", "es": "Elija una respuesta"}[language])
    expect(group.get_by_role("button")).to_have_count(2)
    expect(group.get_by_role("button").first).to_have_attribute("lang", language)
    said = frame.locator("#offers-said")
    expect(said).to_contain_text({"en": "Choose an answer", "es": "Elija una respuesta"}[language])
    expect(said).to_have_attribute("role", "status")
    expect(group).to_have_attribute("aria-live", "off")  # the question names its answers: they are not read twice
    picture(page, f"offers-yes-no-{language}")
    frame.locator("#input").press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(group.get_by_role("button", name=YES[language])).to_be_focused()
    page.keyboard.press("Enter")
    expect(frame.locator(".resident .text").last).to_have_text(YES[language].upper())
    expect(frame.locator(".resident .state").last).to_have_text(RECEIVED[language])
    expect(group).to_have_count(0)
    expect(said).to_be_empty()
    expect(frame.locator("#log")).to_be_focused()
    assert kept(database, YES[language].upper()) == 1


@pytest.mark.e2e
def test_they_stay_over_a_reload_and_go_after_an_answer_everywhere(
    context: BrowserContext, site: str, say: Callable[..., int]
) -> None:
    first = context.new_page()
    first.goto(f"{site}/chat/frame")
    expect(first.get_by_role("log")).to_have_attribute("aria-busy", "false")
    first.locator("#own").check()  # the tabs of one device share the chat
    asked(first, say, "en")  # type: ignore[arg-type]
    expect(first.locator(".offers button")).to_have_count(2)
    other = context.new_page()
    other.goto(f"{site}/chat/frame")
    expect(other.locator(".offers button")).to_have_count(2)
    expect(other.locator("#offers-said")).to_be_empty()  # said before: no news
    other.get_by_role("button", name="No", exact=True).click()
    expect(other.locator(".offers")).to_have_count(0)
    expect(first.locator(".resident .text").last).to_have_text("NO")
    expect(first.locator(".offers")).to_have_count(0)
    first.reload()
    expect(first.locator(".resident")).to_have_count(2)
    expect(first.locator(".offers")).to_have_count(0)


@pytest.mark.e2e
def test_without_a_connection_a_press_is_kept_like_any_message(
    page: Page, site: str, context: BrowserContext, database: Database, say: Callable[..., int]
) -> None:
    frame = opened(page, site)
    asked(frame, say, "en")
    expect(frame.locator(".offers button")).to_have_count(2)
    context.set_offline(True)
    frame.get_by_role("button", name="Yes", exact=True).click()
    expect(frame.locator(".resident").last).to_have_attribute("data-state", "waiting")
    expect(frame.locator(".offers")).to_have_count(0)
    context.set_offline(False)
    expect(frame.locator(".resident .state").last).to_have_text("Received")
    assert kept(database, "YES") == 1


@pytest.mark.e2e
def test_danger_and_people_take_the_buttons_away(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site)
    asked(frame, say, "en")
    expect(frame.locator(".offers button")).to_have_count(2)
    say("I am here with you.", "responder", name="Ana Pérez")
    expect(frame.locator(".message.responder")).to_be_visible()
    expect(frame.locator(".offers")).to_have_count(0)
    say(Question(SAFE["en"], YES_NO))
    expect(frame.locator(".offers button")).to_have_count(2)
    write(frame, DANGER["en"])
    expect(frame.locator(".message.alert").first).to_be_visible()
    expect(frame.locator(".offers")).to_have_count(0)


@pytest.mark.e2e
def test_a_draft_stays_when_a_button_is_pressed(page: Page, site: str, say: Callable[..., int]) -> None:
    frame = opened(page, site)
    asked(frame, say, "en")
    frame.locator("#input").fill("it is for my mother")
    frame.get_by_role("button", name="No", exact=True).click()
    expect(frame.locator(".resident .text").last).to_have_text("NO")
    expect(frame.locator("#input")).to_have_value("it is for my mother")
