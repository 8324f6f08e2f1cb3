"""How many wait before a visitor: in the console's order, only while they wait and somebody serves the line."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from gateway import conversations, escalations
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.door import Door
from gateway.models import Conversation, Escalation, Responder, Shift
from gateway.risk import Level
from tests.chat.conftest import Visitor
from tests.chat.test_chat_browser import findings, opened, picture, write

HOUR = timedelta(hours=1)
AHEAD = {
    "en": "In line for a person. Ahead of you: 2. Those in danger go first.",
    "es": "En la fila para una persona. Antes que usted: 2. Primero va quien está en peligro.",
}
NEXT = {"en": "You are next in line for a person.", "es": "Usted sigue en la fila para hablar con una persona."}
ASKED = {"en": "i would like to talk to a person", "es": "quisiera hablar con una persona"}


class Line:
    """Who waits for a person, and who serves them."""

    def __init__(self, door: Door) -> None:
        self.door, self.now = door, datetime.now(UTC)

    def served(self) -> Responder:
        """Somebody is on shift."""
        with self.door.database.begin() as session:
            ana = Responder(email=f"{uuid.uuid4()}@town.example", name="Ana", role="responder", password_hash="-",
                            languages=["en"], active=True, created_at=self.now)  # fmt: skip
            session.add(ana)
            session.flush()
            session.add(Shift(responder_id=ana.id, starts_at=self.now - HOUR, ends_at=self.now + HOUR))
        return ana

    def joins(self, level: Level = Level.ROUTINE, ago: int = 30, *, drill: bool = False) -> int:
        """Somebody by text asked for a person so many minutes ago; the number of their thread."""
        opened = self.now - timedelta(minutes=ago)
        with self.door.database.begin() as session:
            number = session.scalar(select(func.count()).select_from(Escalation)) or 0
            text = Inbound(SMS, f"+1555556{number:04d}", f"SM{uuid.uuid4().hex}", "hello")
            thread = conversations.thread(session, self.door.settings.keys, text, opened)
            row = escalations.open_(session, thread, "asked_for_person", level, opened)
            row.drill = drill
            return row.id

    def visitor_asks(self, level: Level = Level.ROUTINE) -> int:
        """The visitor of the web chat waits, since now."""
        with self.door.database.begin() as session:
            only = session.scalars(select(Conversation.id).where(Conversation.channel == WEBCHAT)).one()
            thread = conversations.lock(session, only)
            return escalations.open_(session, thread, "asked_for_person", level, self.now).id

    def claims(self, number: int, who: Responder) -> None:
        """A responder takes one of them on."""
        with self.door.database.begin() as session:
            row = session.get_one(Escalation, number)
            escalations.claim(session, row.id, row.epoch, session.get_one(Responder, who.id), self.now)


@pytest.fixture
def line(door: Door) -> Line:
    return Line(door)


def place(visitor: Visitor) -> int | None:
    answer = visitor.client.get("/chat/place", headers=visitor.headers)
    assert answer.status_code == 200
    found: int | None = answer.get_json()["ahead"]
    return found


def test_who_asked_sooner_and_who_is_in_danger_stand_before(visitor: Visitor, line: Line) -> None:
    ana = line.served()
    visitor.write("hello")
    assert place(visitor) is None  # they do not wait
    first = line.joins(ago=30)
    own = line.visitor_asks()
    assert place(visitor) == 1
    line.joins(ago=-5)
    assert place(visitor) == 1
    danger = line.joins(Level.EMERGENCY, ago=-5)
    assert place(visitor) == 2
    line.claims(first, ana)
    assert place(visitor) == 1
    line.claims(danger, ana)
    assert place(visitor) == 0
    line.claims(own, ana)
    assert place(visitor) is None


def test_who_is_in_danger_themselves_does_not_stand_behind_others(visitor: Visitor, line: Line) -> None:
    line.served()
    visitor.write("hello")
    line.joins(ago=30)
    line.joins(Level.EMERGENCY, ago=20)
    line.visitor_asks(Level.URGENT)
    assert place(visitor) == 1


def test_a_drill_is_nobody(visitor: Visitor, line: Line) -> None:
    line.served()
    visitor.write("hello")
    line.joins(Level.EMERGENCY, drill=True)
    line.visitor_asks()
    assert place(visitor) == 0


def test_where_nobody_serves_there_is_no_line(visitor: Visitor, line: Line) -> None:
    visitor.write("hello")
    line.visitor_asks()
    assert place(visitor) is None
    line.served()
    assert place(visitor) == 0


def test_nobody_learns_the_place_of_another(visitor: Visitor, line: Line, app: Flask) -> None:
    line.served()
    visitor.write("hello")
    line.visitor_asks()
    assert place(Visitor(app.test_client())) is None
    assert app.test_client().get("/chat/place").status_code == 404


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_shows_the_place_while_it_is_one(
    page: Page, site: str, line: Line, say: Callable[..., int], language: str
) -> None:
    ana = line.served()
    before = [line.joins(ago=30), line.joins(ago=20)]
    frame = opened(page, site, language)
    write(frame, ASKED[language])
    expect(frame.locator(".message.resident [data-word=received]")).to_be_visible()
    own = line.visitor_asks()
    shown = frame.locator("#place")
    say("Hello", "system", language)
    expect(shown).to_have_text(AHEAD[language])
    expect(frame.locator(".message.system .text")).to_be_in_viewport(ratio=0.95)  # the line pushed nothing out of sight
    assert not findings(page)
    picture(page, f"place-{language}")
    for number in before:
        line.claims(number, ana)
    come_back = "document.dispatchEvent(new Event('visibilitychange'))"
    frame.locator("html").evaluate(f"() => {{ {come_back} }}")  # as who looks at the page again
    expect(shown).to_have_text(NEXT[language])
    frame.locator("#language").click()
    expect(shown).to_have_text(NEXT["es" if language == "en" else "en"])
    page.route("**/chat/place", lambda route: route.fulfill(status=503))
    frame.locator("html").evaluate(f"() => {{ {come_back} }}")
    expect(shown).to_be_hidden()  # what may no longer be true
    page.unroute("**/chat/place")
    frame.locator("html").evaluate(f"() => {{ {come_back} }}")
    expect(shown).to_be_visible()
    line.claims(own, ana)
    say("I am here.", "responder", language, name="Bea")
    expect(shown).to_be_hidden()
