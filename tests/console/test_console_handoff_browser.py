"""Hand-offs, closing and the second look in a real browser: on a phone at night and at a desk, usable by everybody."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway.db import Database
from gateway.door import Door
from gateway.models import Closing, Conversation, Escalation, Handoff, Message
from tests.console.conftest import utc_now
from tests.console.test_console_browser import SHOTS, Served, check_everybody_can_use, chromium, enter, served

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Written = Callable[..., Escalation]
Enter = Callable[..., Page]


def answered(database: Database, row: Escalation, words: str) -> None:
    """The resident's next message."""
    with database.begin() as session:
        session.add(
            Message(conversation_id=row.conversation_id, direction="in", author="resident", text=words, language="es",
                    created_at=utc_now(), attempts=0)
        )  # fmt: skip


def look(page: Page, name: str) -> None:
    """Everybody can use the page, in light and in dark; a picture of each where pictures are wanted."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        check_everybody_can_use(page)
        if SHOTS:
            width = page.evaluate("window.innerWidth")
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("width", [360, 1100])
def test_from_an_emergency_to_an_answer(
    served: Served, enter: Enter, written: Written, database: Database, width: int, tmp_path: Path
) -> None:
    row = written("me tomé todas las pastillas y mi papá tiene una pistola", "me tomé todas las pastillas")
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        conversation.language = "es"
        session.scalars(select(Message)).one().language = "es"
        conversation.answers = {"place": "atrás de la biblioteca", "zip": "94110", "people": "2", "ages": "16,44"}
    ana = enter("Ana", width)
    ana.goto(f"{served.url}/console/threads/{row.id}")
    ana.locator("#act-claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    look(ana, "handoff-thread")
    ana.locator("#hand-911").click()
    expect(ana.locator("#script li").first).to_have_text("This is about Demo Town, CA.")
    expect(ana.locator("#psap")).to_have_attribute("href", "tel:+15555550111")
    expect(ana.locator("#script")).to_contain_text("Their number: 555-555-0117.")
    look(ana, "handoff-prepared")
    ana.get_by_role("button", name="Ask them by text").click()
    expect(ana.locator("#consent")).to_have_text("Asked, no answer yet")
    answered(database, row, "sí por favor")
    ana.reload()
    ana.locator("#consent-sheet summary").click()
    ana.get_by_label("They said yes").check()
    ana.get_by_label("In which message?").select_option(index=1)
    ana.locator("#consent-form").get_by_role("button", name="Save").click()
    expect(ana.locator("#consent")).to_have_text("They said yes")
    ana.locator("#correct-sheet summary").click()
    look(ana, "handoff-correct")
    ana.get_by_label("About", exact=True).select_option("place")
    ana.get_by_label("What you know").fill("12 Oak St, back door")
    ana.get_by_label("They confirmed it to me").check()
    ana.locator("#correct").get_by_role("button", name="Add").click()
    expect(ana.locator("#script")).to_contain_text("Place, confirmed: 12 Oak St, back door.")
    tell_and_note_the_answer(ana)
    with ana.expect_download() as got:
        ana.locator("#eido").click()
    assert json.loads(Path(got.value.path()).read_text())["eidoVersion"] == "1.0"
    ana.locator("#print").click()
    expect(ana.get_by_role("heading", name="Read this aloud")).to_be_visible()
    look(ana, "handoff-print")
    for paper in ("A4", "Letter"):
        ana.pdf(path=tmp_path / f"{paper}.pdf", format=paper)
        assert pages(tmp_path / f"{paper}.pdf") == 1, paper
    with database.begin() as session:
        kept = session.scalars(select(Handoff)).one()
        assert (kept.state, kept.consent, kept.outcome) == ("answered", "given", "accepted")


def tell_and_note_the_answer(ana: Page) -> None:
    ana.locator("#told").click()
    expect(ana.locator("#state")).to_have_text("Told")
    ana.get_by_label("Their answer").select_option("accepted")
    ana.get_by_label("Their reference (optional)").fill("CAD 2231")
    ana.get_by_label("What they said (optional)").fill("sent a unit")
    ana.locator("#answer").get_by_role("button", name="Save").click()
    expect(ana.locator("#told-record")).to_contain_text("They take it on, reference CAD 2231: sent a unit.")
    look(ana, "handoff-answered")


def pages(file: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", file.read_bytes()))


def test_against_their_word_a_supervisor_is_asked_for(served: Served, enter: Enter, written: Written) -> None:
    row = written()
    enter("Sam", role="supervisor")
    ana = enter("Ana", 360)
    ana.goto(f"{served.url}/console/threads/{row.id}")
    ana.locator("#hand-911").click()
    ana.locator("#consent-sheet summary").click()
    ana.get_by_label("They said no").check()
    ana.locator("#consent-form").get_by_role("button", name="Save").click()
    ana.get_by_label("Somebody may die or be badly hurt soon").check()
    ana.locator("#told").click()
    expect(ana.locator("#problem")).to_contain_text("Name the supervisor")
    look(ana, "handoff-refused")
    ana.get_by_label("Somebody may die or be badly hurt soon").check()
    ana.get_by_label("Supervisor who decided with you").select_option(label="Sam")
    ana.locator("#told").click()
    expect(ana.locator("#state")).to_have_text("Told")


def test_988_and_211_go_by_a_yes(served: Served, enter: Enter, written: Written) -> None:
    row = written()
    ana = enter("Ana", 360)
    for to in ("988", "211"):
        ana.goto(f"{served.url}/console/threads/{row.id}")
        ana.locator(f"#hand-{to}").click()
        expect(ana.locator("#told")).to_be_disabled()
        look(ana, f"handoff-{to}")


@pytest.mark.parametrize("width", [360, 1100])
def test_an_emergency_is_closed_and_looked_at(
    served: Served, enter: Enter, written: Written, database: Database, width: int
) -> None:
    row = written()
    ana = enter("Ana", width)
    ana.goto(f"{served.url}/console/threads/{row.id}")
    ana.locator("#act-claim").click()
    ana.locator("#resolve-sheet summary").click()
    expect(ana.locator("#look-hint")).to_be_visible()
    look(ana, "closing-form")
    ana.get_by_label("How did it end?").select_option("handed_to_911")
    ana.get_by_label("mental health").check()
    ana.locator("#resolve").get_by_label("Note for the team (optional)").fill("Told 911, they sent a unit.")
    ana.locator("#resolve").get_by_role("button", name="Resolve").click()
    expect(ana).to_have_url(f"{served.url}/console/")
    ben = enter("Ben", width)
    ben.get_by_role("link", name="A closed emergency waits for a second look").click()
    look(ben, "second-look")
    ben.get_by_label("What you saw").fill("Nobody heard what became of them.")
    ben.get_by_role("button", name="Open it again").click()
    expect(ben.locator("#panel-closing")).to_contain_text("Opened again")
    look(ben, "second-look-reopened")
    with database.begin() as session:
        assert session.scalars(select(Closing.look)).one() == "reopen"


def test_a_page_that_is_open_while_more_comes_in(
    served: Served, enter: Enter, written: Written, door: Door, database: Database
) -> None:
    """What is new since it was told stands on top when the page is drawn again."""
    row = written()
    ana = enter("Ana", 360)
    ana.goto(f"{served.url}/console/threads/{row.id}")
    ana.locator("#hand-911").click()
    expect(ana.locator("#wrote-since")).to_have_count(0)
    written("they are at the door", "at the door")
    expect(ana.locator("#wrote-since")).to_contain_text("they are at the door")
    look(ana, "handoff-wrote-since")
    ana.get_by_role("link", name="Take it into the facts").click()
    expect(ana.locator("#facts")).to_contain_text("they are at the door")
    ana.get_by_label("They cannot answer").check()
    ana.locator("#told").click()
    more: dict[str, Any] = {"card_id": "violence.weapon", "category": "violence"}
    written("he has a gun", "a gun", **more)
    ana.reload()
    expect(ana.locator("#since-told")).to_contain_text("he has a gun")
    look(ana, "handoff-since-told")
