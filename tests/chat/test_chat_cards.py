"""Lists of services on the page: one card for each, with the same data as the text, to call and to find."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select, text, update

from gateway import leases, offering, turns
from gateway.clients.rasa import Rasa
from gateway.directory import demo, hours_words
from gateway.door import Door
from gateway.models import Conversation, Message
from gateway.models.directory import Location, Service
from gateway.scene import Scene
from gateway.web import cards
from tests.chat.conftest import PHONE, Visitor
from tests.chat.test_chat_browser import findings, opened, write

pytestmark = [pytest.mark.slow]

HERE = ZoneInfo("America/Los_Angeles")  # the demo town's


@pytest.fixture
def directory(door: Door) -> None:
    """The demo town's directory."""
    with door.database.begin() as session:
        demo.load_demo(session, datetime.now(UTC))


def served(door: Door, needs: tuple[str, ...] = ("food",), code: str = "94110") -> str:
    """What the bot's command would tell the newest conversation, told and announced."""
    with door.database.begin() as session:
        message = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id.desc())).first()
        assert message is not None
        conversation = session.get_one(Conversation, message.conversation_id)
        town = door.community
        scene = Scene(session, conversation, message, datetime.now(UTC), town.time_zone, town)
        said = offering.find_services(scene, {"needs": list(needs), "zip": code})
        turns._say_all(scene, said)
        turns._done(scene, "bot")
        number = conversation.id
    door.bell.announce(number)
    return said[-1]


def last(visitor: Visitor) -> dict[str, Any]:
    return visitor.history()[-1]


def test_a_list_comes_with_its_services_as_data(visitor: Visitor, door: Door, directory: None) -> None:
    visitor.write("i need food please, 94110")
    text = served(door)
    told = last(visitor)
    assert told["text"] == text
    assert [each["number"] for each in told["services"]] == [1, 2, 3]
    for card in told["services"]:
        assert f"{card['number']}) {card['name']}" in text
        assert card["phone"] in text
        assert card["where"] in text
        assert card["hours"] in text
        assert card["map"].startswith("https://maps.google.com/?q=37.7")
    assert visitor.history()[0]["services"] is None


def test_a_card_says_who_checked_the_record_and_when(visitor: Visitor, door: Door, directory: None) -> None:
    visitor.write("i need food please, 94110")
    served(door)
    assert {each["checked"] for each in last(visitor)["services"]} == {"Nobody has checked this yet"}
    day = datetime.now(UTC).date() - timedelta(days=20)
    with door.database.begin() as session:
        session.execute(update(Service).values(assured_date=day))
    told = f"Checked {day.month}/{day.year} by those who list it"
    assert {each["checked"] for each in last(visitor)["services"]} == {told}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("i use a wheelchair and have no money, food 94110", "Call first. Not known: cost, wheelchair access"),
        ("uso silla de ruedas y no tengo dinero, comida 94110",
         "Llame antes. No sabemos: el costo, acceso en silla de ruedas"),
    ],
)  # fmt: skip
def test_a_card_says_what_is_not_known_of_what_they_asked_for(
    visitor: Visitor, door: Door, directory: None, said: str, told: str
) -> None:
    visitor.write(said)
    with door.database.begin() as session:
        session.execute(text("UPDATE search_entry SET cost = NULL, access = '{}'"))
        row = session.scalars(select(Conversation)).one()
        row.answers = row.answers | {"access": "wheelchair"}
    served(door)
    assert {each["unknown"] for each in last(visitor)["services"]} == {told}
    with door.database.begin() as session:
        session.execute(text("UPDATE search_entry SET cost = 'free', access = '{wheelchair}'"))
    assert {each["unknown"] for each in last(visitor)["services"]} == {None}


def test_for_another_day_the_card_tells_of_that_day(visitor: Visitor, door: Door, directory: None) -> None:
    visitor.write("i need food please, 94110")
    with door.database.begin() as session:
        row = session.scalars(select(Conversation)).one()
        row.answers = row.answers | {"when": "tomorrow"}
    text = served(door)
    day = hours_words.say(f"day_{(datetime.now(HERE).weekday() + 1) % 7}", "en")
    told = [card["hours"] for card in last(visitor)["services"]]
    assert all(hours in text for hours in told)
    assert any(hours.startswith(f"{day}: ") for hours in told)


def test_a_second_list_with_the_same_service_takes_nothing_from_the_first(
    visitor: Visitor, door: Door, directory: None
) -> None:
    visitor.write("i need food please, 94110")
    served(door)
    first = last(visitor)["services"]
    visitor.write("food again please, 94110")
    served(door)
    lists = [each["services"] for each in visitor.history() if each["services"]]
    assert lists == [first, first]


def test_a_service_that_was_dropped_has_no_card_and_a_private_address_no_map(
    visitor: Visitor, door: Door, directory: None
) -> None:
    visitor.write("i need food please, 94110")
    served(door)
    name = last(visitor)["services"][0]["name"]
    with door.database.begin() as session:
        session.execute(update(Service).where(Service.name == name).values(status="inactive"))
        session.execute(update(Location).values(confidential=True))
    cards_now = last(visitor)["services"]
    assert [each["number"] for each in cards_now] == [2, 3]
    assert {each["map"] for each in cards_now} == {None}
    assert not any("Demo St" in str(each) for each in cards_now)


def test_cards_that_cannot_be_made_cost_no_message(
    visitor: Visitor, door: Door, directory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    visitor.write("i need food please, 94110")
    text = served(door)
    monkeypatch.setattr(cards, "of", broken)
    assert (last(visitor)["text"], last(visitor)["services"]) == (text, None)


def test_the_page_answers_a_number_without_the_bot(visitor: Visitor, door: Door, directory: None) -> None:
    visitor.write("i need food please, 94110")
    served(door)
    name = last(visitor)["services"][1]["name"]
    visitor.write("2")
    with door.database.begin() as session:
        lease = leases.take(session, "test")
    assert lease is not None
    rasa = Rasa("http://127.0.0.1:9", "s")
    turns.answer_next(door.database, rasa, door.community, lease, lambda: datetime.now(UTC))
    rasa.close()
    assert last(visitor)["text"].startswith(f"2) {name}\n")


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "es"])
def test_cards_are_drawn_and_can_be_followed(
    page: Page,
    site: str,
    door: Door,
    directory: None,
    language: str,
) -> None:
    frame = opened(page, site, language)
    write(frame, {"en": "hello, i need food for my family", "es": "hola, necesito comida para mi familia"}[language])
    expect(frame.locator(".resident .state")).to_have_text({"en": "Received", "es": "Recibido"}[language])
    served(door)
    drawn = frame.locator(".bot .card")
    expect(drawn).to_have_count(3)
    first = drawn.first
    expect(first.locator("b")).to_contain_text("1) ")
    word = {"en": "Call", "es": "Llamar al"}[language]
    call = first.get_by_role("link", name=word)
    expect(call).to_have_attribute("href", r"tel:+1" + (call.text_content() or "")[len(word) + 1 :].replace("-", ""))
    found = first.get_by_role("link", name={"en": "Map", "es": "Mapa"}[language])
    expect(found).to_have_attribute("target", "_blank")
    assert (found.get_attribute("href") or "").startswith("https://maps.google.com/?q=37.7")
    expect(frame.locator(".bot .listed")).to_have_attribute("lang", language)
    expect(frame.locator(".bot .listed > .line").last).to_contain_text({"en": "PERSON", "es": "PERSONA"}[language])
    page.reload()
    expect(frame.locator(".bot .card")).to_have_count(3)


@pytest.mark.e2e
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_cards(
    browser: Browser,
    site: str,
    door: Door,
    directory: None,
    scheme: Any,
) -> None:
    made = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    tab = made.new_page()
    tab.goto(f"{site}/chat/frame?language=en")
    tab.locator("#input").fill("i need food please, 94110")
    tab.locator("#input").press("Enter")
    expect(tab.locator(".resident .state")).to_have_text("Received")
    served(door)
    expect(tab.locator(".card")).to_have_count(3)
    assert findings(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = tab.locator(".card a").evaluate_all(
        "links => links.filter(a => a.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    made.close()


@pytest.mark.e2e
def test_hostile_data_of_a_card_stays_text(
    page: Page,
    context: BrowserContext,
    site: str,
    door: Door,
    directory: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    evil = "<img src=x onerror=alert(1)>"
    card = {
        "number": 1, "name": evil, "phone": evil, "note": evil, "text": evil, "where": evil, "hours": evil,
        "unknown": evil, "checked": evil, "map": "javascript:alert(1)", "url": "https://good.example@evil.example/",
    }  # fmt: skip
    monkeypatch.setattr(cards, "of", lambda _, messages, *__: {each.id: [card] for each in messages})
    frame = opened(page, site)
    write(frame, "hello, i need food for my family")
    expect(frame.locator(".resident .state")).to_have_text("Received")
    served(door)
    expect(frame.locator(".card")).to_have_count(1)
    expect(frame.locator(".card b")).to_have_text(f"1) {evil}")
    expect(frame.locator(".card .line")).to_have_text([evil] * 7)
    assert frame.locator(".card img, .card a").count() == 0
