"""A resident in danger is told what to do at once, whatever else is down, and a person sees them first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.front_door import FrontDoor, eventually
from tests.e2e.handset import Answer, Handset

pytestmark = [pytest.mark.e2e, pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]
DANGER, ALSO = "i took all my pills", "me tomé todas las pastillas"
TWILIO_SECONDS = 15.0  # Twilio gives a webhook so long


def assert_safety_text(answer: Answer) -> None:
    """The fixed text, both languages, in the webhook's own answer."""
    assert answer.status == 200
    assert answer.seconds < TWILIO_SECONDS / 3
    said = " ".join(answer.texts)
    for words in ("Call 911", "988", "Llame al 911", "We are not 911", "No somos el 911"):
        assert words in said


def first_in_queue(page: Page, words: str) -> None:
    """The page, without a reload, shows these words in the first place, and that it is an emergency."""
    row = page.locator("#queue .row").first
    expect(row.locator("mark")).to_contain_text(words)
    expect(row.locator(".level")).to_have_text("Emergency")


def test_with_bot_worker_and_redis_stopped(
    front_door: FrontDoor, handsets: Callable[[], Handset], responder: Callable[[str], Page]
) -> None:
    page, patient, endangered = responder("Ana"), handsets(), handsets()
    patient.ask("i want to talk to a person", "We asked a person")
    expect(page.locator("#queue .row")).to_have_count(1)
    with front_door.frozen("bot", "actions", "worker", "redis"):
        answer = endangered.text(DANGER)
        assert_safety_text(answer)
        # The phone has it already: it came with the answer.
        assert endangered.got() == list(answer.texts)
        told = front_door.ready()
        assert told["ready"], told
        assert not told["parts"]["redis"]["up"]
        assert not told["parts"]["bot"]["up"]
        # The page polls when nothing is announced.
        first_in_queue(page, DANGER)
    front_door.wait_whole()
    first_in_queue(page, DANGER)
    expect(page.locator("#queue .row")).to_have_count(2)
    # What they write next is answered when the worker is back, and the safety text was said once.
    eventually(lambda: front_door.ready()["waiting"]["oldest_unanswered_seconds"] == 0, 60)
    assert sum("Call 911 now" in text for text in endangered.got()) == 1


def test_with_postgres_stopped(front_door: FrontDoor, handset: Handset, responder: Callable[[str], Page]) -> None:
    page = responder("Ben")
    with front_door.frozen("postgres"):
        assert_safety_text(handset.text(DANGER))
        assert_safety_text(handset.text(ALSO))
        told = front_door.ready()
        assert told["ready"], told
        assert not told["parts"]["postgres"]["up"]
        assert told["parts"]["journal"]["waiting"]
    front_door.wait_whole()
    expect(page.locator("#queue .row")).to_have_count(1, timeout=60_000)
    page.locator("#queue .row a").click()
    # Both came out of the journal, in their order, each once.
    expect(page.locator(".message.resident .said")).to_have_text([DANGER, ALSO])
    eventually(lambda: not front_door.ready()["parts"]["journal"]["waiting"])
    assert sum("Call 911 now" in text for text in handset.got()) == 2
