"""A person takes over in a browser: one of them, live, and the resident knows; then the bot is back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.e2e.front_door import FrontDoor
from tests.e2e.handset import Handset

pytestmark = [pytest.mark.e2e, pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]
DANGER = "i took all my pills"
HERE = "I am here with you. Are you alone?"
ALONE = "yes i am alone, i need food too"


def claim_at_once(pages: dict[str, Page]) -> tuple[str, str]:
    """Both press Claim before either can hear of the other; returns who has it and who was told."""
    for page in pages.values():
        page.locator("#queue .row a").click()
        expect(page.locator("#live-word")).to_have_text("Live")
        expect(page.locator("#holder")).to_contain_text("Nobody has it.")
        page.route("**/live", lambda route: route.abort())
    for page in pages.values():
        page.evaluate("() => { setTimeout(() => document.getElementById('act-claim').click(), 300); }")
    held = [name for name, page in pages.items() if settled(page)]
    assert len(held) == 1
    winner = held[0]
    loser = next(name for name in pages if name != winner)
    expect(pages[loser].locator("#problem")).to_have_text(f"{winner} has it. Nothing of yours was done or sent.")
    expect(pages[loser].locator("#holder")).to_contain_text(f"{winner} has it.")
    expect(pages[loser].locator("#reply")).to_be_hidden()
    for page in pages.values():
        page.unroute("**/live")
    return winner, loser


def settled(page: Page) -> bool:
    """Whether the thread is this person's, once the answer to the claim is there."""
    expect(page.locator("#holder")).not_to_contain_text("Nobody has it.")
    return page.locator("#thread").get_attribute("data-mine") == "1"


def reply(page: Page, words: str) -> None:
    """Write to the resident."""
    page.locator("#text").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.responder .said").last).to_have_text(words)
    expect(page.locator("#text")).to_have_value("")


def resolve(page: Page, disposition: str) -> None:
    """End it; the page goes to the queue."""
    page.locator("#resolve-sheet summary").click()
    page.get_by_label("How did it end?").select_option(label=disposition)
    page.locator("#resolve button").click()
    expect(page).to_have_url(re.compile(r"/console/$"))


def test_a_text_is_taken_over_by_one_of_two(
    front_door: FrontDoor, handset: Handset, responder: Callable[[str], Page]
) -> None:
    pages = {name: responder(name) for name in ("Ana", "Ben")}
    for page in pages.values():
        expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    handset.text(DANGER)
    for page in pages.values():  # without a reload
        expect(page.locator("#queue .row.emergency mark")).to_contain_text(DANGER)
    winner, _ = claim_at_once(pages)
    page = pages[winner]
    handset.wait_for(f"{winner} is a person on our team")
    reply(page, HERE)
    handset.wait_for(re.escape(HERE))

    # The next message is the responder's, although the bot would know an answer: it shows without a reload,
    before = len(handset.got())
    assert handset.text(ALONE).texts == []
    expect(page.locator(".message.resident .said").last).to_have_text(ALONE)
    # and what the phone gets next is the responder's word and nothing before it.
    reply(page, "Food is on its way.")
    handset.wait_for("Food is on its way", before)
    assert handset.got()[before:] == ["Food is on its way."]

    resolve(page, "Helped in this conversation")
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    handset.wait_for("left this chat")
    handset.until_services("i need food, 94110")
    said = handset.got()[before:]
    assert "Food is on its way." in said[0]
    assert sum("left this chat" in text for text in said) == 1


def test_a_visitor_of_the_page_is_taken_over(
    front_door: FrontDoor, new_page: Callable[..., Page], responder: Callable[[str], Page]
) -> None:
    console, visitor = responder("Carla"), new_page()
    widget = open_by_keyboard(visitor, front_door.url)
    visitor.keyboard.type(DANGER)
    visitor.keyboard.press("Enter")
    alert = widget.locator(".message.alert")
    expect(alert.first).to_contain_text("Call 911")
    expect(alert.last).to_contain_text("Llame al 911")
    expect(alert.last).to_be_in_viewport()

    console.locator("#queue .row.emergency a").click()
    expect(console.locator(".facts").first).to_contain_text("Web chat")
    console.get_by_role("button", name="Claim").click()
    expect(console.locator("#holder")).to_contain_text("You have it.")
    expect(widget.get_by_text("Carla is a person on our team")).to_be_visible()
    reply(console, HERE)
    expect(widget.locator(".message.responder .text")).to_have_text(HERE)
    expect(widget.locator(".message.responder .from")).to_contain_text("Carla, a person")
    expect(widget.locator("#input")).to_be_focused()

    visitor.keyboard.type(ALONE)
    visitor.keyboard.press("Enter")
    expect(console.locator(".message.resident .said").last).to_have_text(ALONE)
    reply(console, "Food is on its way.")
    expect(widget.locator(".message.responder .text").last).to_have_text("Food is on its way.")
    expect(widget.locator(".message.bot")).to_have_count(0)

    resolve(console, "Helped in this conversation")
    expect(widget.get_by_text("left this chat")).to_be_visible()
    visitor.keyboard.type("i need food, 94110")
    visitor.keyboard.press("Enter")
    expect(widget.locator(".message.bot .text").last).to_contain_text("Reply YES or NO")


def open_by_keyboard(page: Page, url: str) -> FrameLocator:
    """Come to the town's page and open the chat without a mouse."""
    page.goto(f"{url}/?language=en")
    expect(page.get_by_role("button", name="Get help by chat")).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "FRONT-DOOR-CHAT":
            break
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    return frame


@pytest.mark.parametrize(
    ("language", "opening", "question", "services"),
    [
        ("en", "i need food, 94110", "Reply YES or NO", "Demo Town Food Pantry"),
        ("es", "necesito comida, 94110", "Responda SÍ o NO", "Despensa Demo Town"),
    ],
)
def test_a_visitor_finds_services(
    front_door: FrontDoor, new_page: Callable[..., Page], language: str, opening: str, question: str, services: str
) -> None:
    page = new_page(width=360, height=740)
    page.goto(f"{front_door.url}/?language={language}")
    page.get_by_role("button", name={"en": "Get help by chat", "es": "Ayuda por chat"}[language]).click()
    widget = page.frame_locator("iframe")
    for words, expected in (
        (opening, question),
        ("no", {"en": "for someone else", "es": "para otra persona"}[language]),
        ({"en": "me", "es": "para mí"}[language], services),
    ):
        widget.locator("#input").fill(words)
        widget.locator("#input").press("Enter")
        expect(widget.locator(".message.bot .text").last).to_contain_text(expected)
    expect(widget.locator(".message.bot .text").last).to_have_attribute("lang", language)
