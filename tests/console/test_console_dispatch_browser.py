"""A team is sent in a real browser, and works on its phone: usable by everybody, at a desk and at 360 px."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway import dispatch_links, teams
from gateway.community_fields import Hours
from gateway.db import Database
from gateway.door import Door
from gateway.models import Dispatch, Escalation, TeamMember
from gateway.risk import Level
from tests.console.conftest import utc_now
from tests.console.test_console_browser import Served, chromium, enter, served
from tests.console.test_console_handoff_browser import look

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize("width", [360, 1100])
def test_from_a_thread_to_done(  # noqa: PLR0915 - one story, told to its end
    served: Served,
    enter: Callable[..., Page],
    written: Callable[..., Escalation],
    database: Database,
    door: Door,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Hours, "covers", lambda *_: True)
    with database.begin() as session:
        teams.add(session, door.settings.keys, door.community, "street", "Nia", "+15555550161", utc_now())
    row = written("my neighbor does not open her door", "", Level.ROUTINE)
    ana = enter("Ana", width)
    ana.goto(f"{served.url}/console/threads/{row.id}")
    ana.locator("#act-claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    ana.locator("#send-team").click()
    look(ana, "dispatch-draft")
    ana.get_by_label("Place", exact=True).fill("12 Oak St")
    ana.get_by_label("They confirmed it to me").check()
    ana.get_by_label("Do they want a team?").select_option("given")
    ana.locator("#ask-team").click()
    expect(ana.locator("#problem")).to_contain_text("answer each question of the checklist")
    expect(ana.get_by_label("Place", exact=True)).to_have_value("12 Oak St")
    ana.get_by_role("group", name="Is there a weapon?").get_by_label("No", exact=True).check()
    ana.locator("#ask-team").click()
    expect(ana.locator("#state")).to_have_text("Asked, no answer yet")
    look(ana, "dispatch-asked")
    with database.begin() as session:
        member, sent = session.scalars(select(TeamMember)).one(), session.scalars(select(Dispatch)).one()
        token = dispatch_links.make(session, sent, member, utc_now())
    phone = ana.context.new_page()
    phone.goto(f"{served.url}/t/{token}")
    expect(phone.locator("#place")).to_have_text("12 Oak St")
    look(phone, "team-asked")
    phone.get_by_label("Minutes until you are there").fill("25")
    phone.locator("#do-accept").click()
    expect(phone.locator("#state")).to_contain_text("You said yes")
    phone.locator("#do-go").click()
    expect(phone.locator("#state")).to_contain_text("On your way")
    ana.reload()
    ana.get_by_label("Place", exact=True).fill("14 Oak St, back door")
    ana.get_by_role("button", name="Save and tell the team").click()
    expect(ana.locator("#unseen")).to_be_visible()
    expect(phone.locator("#place")).to_have_text("14 Oak St, back door", timeout=8_000)  # by itself
    expect(phone.locator("#changed")).to_contain_text("Place")
    look(phone, "team-changed")
    phone.locator("#do-seen").click()
    expect(phone.locator("#changed")).to_have_count(0)
    phone.locator("#do-sos").click()
    expect(phone.locator("#sos-on")).to_be_visible()
    ana.reload()
    expect(ana.locator("#alarm")).to_contain_text("SOS from a team")
    look(ana, "dispatch-sos")
    ana.get_by_role("button", name="I spoke with them: they are safe").click()
    expect(ana.locator("#alarm")).to_have_count(0)
    expect(phone.locator("#sos-over")).to_be_visible(timeout=8_000)
    phone.locator("#do-arrive").click()
    phone.locator("#ending summary").click()
    look(phone, "team-ending")
    phone.get_by_label("They got help there").check()
    phone.locator("#do-clear").click()
    expect(phone.locator("#state")).to_contain_text("We are done")
    ana.reload()
    expect(ana.locator("#ended")).to_contain_text("They got help there")
    look(ana, "dispatch-done")
