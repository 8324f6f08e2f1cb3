"""The card, the provider's page, what was told beside a thread, and the gaps: in a real browser, for everybody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway import referral_links, referrals, texts
from gateway.db import Database
from gateway.directory import demo
from gateway.door import Door
from gateway.models import Conversation, Escalation, Referral, SearchLog
from tests.console.test_console_browser import Served, check_everybody_can_use, chromium, enter, served, shoot

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Written = Callable[..., Escalation]
LARGE = 24  # CSS pixels, which are 18 points


def told(database: Database, row: Escalation) -> int:
    """A resident was told about a pantry."""
    now = datetime.now(UTC)
    with database.begin() as session:
        demo.load_demo(session, now)
        conversation = session.get_one(Conversation, row.conversation_id)
        found = demo_pantry(session)
        [referral] = referrals.refer(session, conversation, None, [found], now)
        for need, count in (("food", 30), ("housing", 12), ("legal", 3)):
            for number in range(count):
                reason = "none" if number % 2 else None
                session.add(SearchLog(at=now - timedelta(hours=1), needs=[need], zone="Riverton East", zip3="941",
                                      language="es", channel="sms", offered=0 if reason else 3, reason=reason,
                                      declined=False))  # fmt: skip
        return referral.id


def demo_pantry(session: object) -> referrals.Offer:
    """A service of the demo directory that has an address, hours and a number."""
    from gateway.models.directory import Schedule, ServiceAtLocation  # noqa: PLC0415

    wanted = select(ServiceAtLocation).join(
        Schedule,
        (Schedule.dataset == ServiceAtLocation.dataset) & (Schedule.service_id == ServiceAtLocation.service_id),
    )
    found = session.scalars(wanted.order_by(ServiceAtLocation.service_id)).first()  # type: ignore[attr-defined]
    assert found
    return referrals.Offer(f"{found.dataset}:{found.service_id}", "Pantry", "food", found.location_id)


def link(database: Database, door: Door, number: int, purpose: str) -> str:
    with database.begin() as session:
        row = session.get_one(Referral, number)
        return referral_links.token(door.settings.keys, purpose, row, datetime.now(UTC))


def test_a_card_a_provider_and_a_planner(
    enter: Callable[..., Page], written: Written, database: Database, door: Door, served: Served
) -> None:
    thread = written()
    number = told(database, thread)
    page = enter("Bo", role="supervisor", width=390)
    check_the_card(page, f"{served.url}/card/{link(database, door, number, referral_links.CARD)}")
    check_the_provider(page, f"{served.url}/r/{link(database, door, number, referral_links.PROVIDER)}")

    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{served.url}/console/threads/{thread.id}")
    page.locator("#services-told").click()
    expect(page.get_by_role("heading", name="Pantry")).to_be_visible()
    check_everybody_can_use(page)
    page.get_by_text("Ask the provider").click()
    page.get_by_label("The resident agreed that we ask this place.").check()
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#provider-link code")).to_contain_text("/r/")
    inside = "each => each.getBoundingClientRect().right <= each.closest('li').getBoundingClientRect().right"
    assert page.locator("#provider-link code").evaluate(inside)
    check_everybody_can_use(page)
    shoot(page, "services-told")

    page.goto(f"{served.url}/console/gaps")
    expect(page.locator("#gaps tbody tr")).to_have_count(3)
    check_everybody_can_use(page)
    page.set_viewport_size({"width": 1200, "height": 800})
    shoot(page, "gaps")


def check_the_card(page: Page, there: str) -> None:
    """Large, whole, and nothing around it when it is printed."""
    for language, width in (("en", 360), ("es", 360), ("both", 1000)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{there}?language={language}")
        expect(page.locator(".card .number").first).to_be_visible()
        check_everybody_can_use(page)
        shoot(page, f"card-{language}")
    assert page.title() == texts.say("card_title", "en")
    sizes = page.locator(".card dd").evaluate_all("all => all.map(each => parseFloat(getComputedStyle(each).fontSize))")
    assert min(sizes) >= LARGE
    expect(page.locator(".card svg.qr")).to_have_count(2)
    page.emulate_media(media="print")
    expect(page.locator(".other")).to_be_hidden()
    expect(page.locator(".card").first).to_be_visible()
    page.emulate_media(media="screen")


def check_the_provider(page: Page, there: str) -> None:
    """One tap, in either language."""
    page.goto(f"{there}?language=es")
    check_everybody_can_use(page)
    shoot(page, "provider")
    page.get_by_role("button", name=texts.say("provider_contacted", "es")).click()
    expect(page.get_by_role("status")).to_have_text(texts.say("provider_thanks", "es"))
    check_everybody_can_use(page)
