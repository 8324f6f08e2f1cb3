"""The page of a team that is out: what stands on it, who looks after it, and what a slip of a thumb cannot do."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import dispatch_links, dispatch_presses, optout, teams
from gateway.community_fields import Hours
from gateway.db import Database
from gateway.dispatch_presses import Press
from gateway.door import Door
from gateway.models import AuditEntry, Contact, Dispatch, DispatchEvent, DispatchLink, Escalation, TeamMember
from gateway.risk import Level
from tests.console.conftest import Person, utc_now
from tests.console.test_console_dispatch import FORM, begin, kept, plain

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]


@pytest.fixture(autouse=True)
def at_any_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages use the true time: here the teams work around the clock."""
    monkeypatch.setattr(Hours, "covers", lambda *_: True)


class Out:
    """A team that was asked from a thread of Ana's."""

    def __init__(self, ana: Person, row: Escalation, database: Database, door: Door) -> None:
        self.ana, self.row, self.database, self.door = ana, row, database, door
        self.there = begin(ana, row)

    def sent(self) -> "Out":
        """Ask it."""
        assert self.ana.post(f"{self.there}/send", version=1, **FORM).status_code == 303
        return self

    def press(self, *verbs: str, **more: Any) -> None:
        """What its member presses."""
        for verb in verbs:
            with self.database.begin() as session:
                link = session.scalars(select(DispatchLink).order_by(DispatchLink.member_id)).first()
                assert link is not None
                count = len(session.scalars(select(DispatchEvent.id)).all())
                pressed = Press(verb, f"press-{count}", 2, **more)
                dispatch_presses.press(session, self.door.community, link, pressed, utc_now())

    def link(self) -> str:
        """The address of the page of the team."""
        with self.database.begin() as session:
            member, row = session.scalars(select(TeamMember)).one(), session.scalars(select(Dispatch)).one()
            return f"/t/{dispatch_links.make(session, row, member, utc_now())}"

    def page(self) -> str:
        """The console's page of it."""
        return self.ana.client.get(self.there).text

    def epoch(self) -> int:
        """Of the thread."""
        with self.database.begin() as session:
            return session.get_one(Escalation, self.row.id).epoch


@pytest.fixture
def drafted(ana: Person, written: Written, database: Database, door: Door) -> Out:
    """A dispatch that is being prepared; somebody is in the team."""
    with database.begin() as session:
        teams.add(session, door.settings.keys, door.community, "street", "Nia", "+15555550161", utc_now())
    return Out(ana, written("my neighbor does not open", "", Level.ROUTINE), database, door)


@pytest.fixture
def out(drafted: Out) -> Out:
    """The same, sent."""
    return drafted.sent()


def stopped_texts(database: Database) -> None:
    with database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        optout.stop(session, contact.channel, contact.address_hash, "keyword", utc_now())


def test_who_reads_the_page_is_written_down(out: Out, person: Callable[..., Person], database: Database) -> None:
    ben = person("Ben")
    assert ben.client.get(out.there).status_code == 200
    with database.begin() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.act == "view", AuditEntry.subject == "dispatch"))
        readers = [(each.subject_id, each.detail) for each in seen]
    assert readers[-1] == (kept(database).id, {"escalation": out.row.id})


def test_a_no_stands_on_every_page_of_the_owner_until_it_is_looked_after(
    out: Out, person: Callable[..., Person]
) -> None:
    out.press("decline")
    words = "A team said no: who goes now?"
    assert words in out.ana.client.get("/console/").text
    assert words in out.page()
    assert words not in person("Ben").client.get("/console/").text
    assert 'name="what" value="decline"' in out.page()
    assert out.ana.post(f"{out.there}/note", what="decline").status_code == 303
    assert words not in out.ana.client.get("/console/").text
    assert "Somebody looks after it" in out.page()


def test_why_the_resident_hears_nothing_is_said(out: Out, database: Database) -> None:
    stopped_texts(database)
    assert "they want no more texts" in plain(out.page())
    out.press("accept")
    page = out.page()
    assert 'id="not-told"' in page
    assert "they want no more texts" in plain(page)
    assert "texts are not safe" not in page


def test_who_cannot_be_told_that_no_team_comes_is_shown_after_the_end(out: Out, database: Database) -> None:
    out.press("accept")
    stopped_texts(database)
    assert out.ana.post(f"{out.there}/cancel").status_code == 303
    page = plain(out.page())
    assert "The resident could not be told what changed about the team" in page
    assert "The resident could not be told: that the team does not come" in page


def test_the_owner_notes_that_the_team_is_done(out: Out, database: Database) -> None:
    out.press("accept", "go")
    assert 'id="done"' not in out.page()
    assert out.ana.post(f"{out.there}/done", disposition="helped").status_code == 409
    out.press("arrive")
    assert 'id="done"' in out.page()
    wrong = out.ana.post(f"{out.there}/done", disposition="")
    assert (wrong.status_code, kept(database).state) == (400, "on_scene")
    assert out.ana.post(f"{out.there}/done", disposition="taken_to_care").status_code == 303
    assert "Taken to care or shelter" in out.page()
    closed = out.ana.post(f"/console/threads/{out.row.id}/resolve", epoch=out.epoch(), disposition="helped")
    assert closed.status_code == 303


def test_what_was_given_is_read_as_words(out: Out) -> None:
    out.press("accept", "go", "arrive")
    out.press("clear", disposition="helped", supplies=("first_aid", "hygiene"))
    assert "They got help there, first aid, hygiene kit" in plain(out.page())


def test_an_sos_is_ended_on_the_page_after_the_dispatch_is_over(out: Out, database: Database) -> None:
    out.press("accept", "go", "sos")
    assert out.ana.post(f"{out.there}/cancel").status_code == 303
    answer = out.ana.post(f"/console/threads/{out.row.id}/resolve", epoch=out.epoch(), disposition="helped")
    assert (answer.status_code, "a team pressed SOS" in answer.text) == (400, True)
    assert "SOS from a team: call them now" in out.ana.client.get("/console/").text
    assert "I spoke with them: they are safe" in out.page()
    assert out.ana.post(f"{out.there}/safe").status_code == 303
    assert kept(database).sos_cleared_at is not None
    assert "SOS from a team" not in out.ana.client.get("/console/").text


def test_a_draft_is_thrown_away_and_no_team_is_called_off_by_a_slip(drafted: Out) -> None:
    page = drafted.page()
    assert "Throw away" in page
    assert "Call it off" not in page
    page = drafted.sent().page()
    assert "Throw away" not in page
    inside = page.partition('<details class="more" id="stopping">')[2].partition("</details>")[0]
    assert "Call it off" in inside


# --- the page of the team


def test_a_no_asks_once_more(out: Out) -> None:
    page = out.ana.client.get(out.link()).text
    inside = page.partition('<details id="declining">')[2].partition("</details>")[0]
    assert 'id="do-decline"' in inside
    assert page.count('id="do-decline"') == 1


def test_the_minutes_of_before_are_not_filled_in(out: Out, database: Database) -> None:
    out.press("accept", eta=25)
    page = out.ana.client.get(out.link()).text
    assert kept(database).eta_minutes == 25
    assert 'id="do-go"' in page
    assert 'value="25"' not in page


def test_who_is_called_off_can_press_sos(out: Out, database: Database) -> None:
    out.press("accept", "go")
    there = out.link()
    assert out.ana.post(f"{out.there}/cancel").status_code == 303
    phone = out.ana.client
    page = phone.get(there).text
    assert "Do not go" in page
    assert 'id="do-sos"' in page
    assert 'id="do-arrive"' not in page
    assert "Oak" not in page
    assert phone.post(there, data={"verb": "sos"}).status_code == 303
    assert 'id="sos-on"' in phone.get(there).text
    assert kept(database).sos_at is not None


def test_a_team_sees_that_its_ok_was_heard_and_that_an_sos_goes_on(out: Out) -> None:
    out.press("accept", "go")
    there, phone = out.link(), out.ana.client
    assert 'id="ok-heard"' not in phone.get(there).text
    assert phone.post(there, data={"verb": "check_in"}).status_code == 303
    assert "We heard that you are OK.</p>" in phone.get(there).text
    assert phone.post(there, data={"verb": "sos"}).status_code == 303
    assert 'id="ok-heard"' not in phone.get(there).text
    assert phone.post(there, data={"verb": "check_in"}).status_code == 303
    page = phone.get(there, query_string={"language": "es"}).text
    assert 'id="sos-on"' in page
    assert "El SOS sigue hasta que alguien hable con ustedes." in page


def test_a_link_that_ends_while_a_press_waits_is_gone(
    out: Out, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, true = out.link(), dispatch_presses.press

    def late(*args: Any) -> Any:
        with database.begin() as meanwhile:
            meanwhile.execute(update(DispatchLink).values(revoked_at=utc_now()))
        return true(*args)

    monkeypatch.setattr(dispatch_presses, "press", late)
    answer = out.ana.client.post(there, data={"verb": "accept"})
    assert (answer.status_code, "does not work any more" in answer.text) == (404, True)
    assert kept(database).state == "assigned"


def test_they_are_asked_as_many(out: Out) -> None:
    assert "¿Quieren que vayan?" in out.ana.client.get(f"{out.link()}?language=es").text
