"""The directory beside a thread: what is found for a resident, and telling them of it with one press."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from gateway.db import Database
from gateway.directory.demo import load_demo
from gateway.models import AuditEntry, Conversation, Escalation, Message, Referral, ReferralEvent
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow
Written = Callable[..., Escalation]
HIDDEN = re.compile(r'name="(service|location|need|epoch)" value="([^"]*)"')
SAID = re.compile(r'<p class="said" lang="(\w\w)"><bdi dir="auto">(.*?)</bdi></p>', re.DOTALL)
LIVE = {"HX-Request": "true"}


@pytest.fixture
def thread(ana: Person, written: Written, database: Database) -> Callable[..., str]:
    """The path of a thread that Ana owns, beside a directory with the demo's services."""

    def make(language: str | None = "es", **answers: str) -> str:
        row = written(number="+15555550172")
        with database.begin() as session:
            load_demo(session, utc_now())
            conversation = session.get_one(Conversation, row.conversation_id)
            conversation.language, conversation.answers = language, answers
        there = f"/console/threads/{row.id}"
        assert ana.post(f"{there}/claim", epoch=0).status_code == 303
        return there

    return make


def search(who: Person, there: str, q: str, place: str = "") -> str:
    form = {"csrf_token": who.token(), "q": q, "place": place}
    answer = who.client.post(f"{there}/beside", data=form, headers=LIVE)
    assert answer.status_code == 200
    return answer.text


def first(page: str) -> dict[str, str]:
    """What the form of the first service found would send."""
    return {name: unescape(value) for name, value in HIDDEN.findall(page.partition("</form>")[0])}


def sent(database: Database) -> list[tuple[str, str | None]]:
    with database.begin() as session:
        wanted = select(Message.text, Message.language).where(Message.author == "responder")
        return [tuple(row) for row in session.execute(wanted.order_by(Message.id))]


def test_a_spanish_resident_reads_spanish_the_very_words_that_were_shown(
    ana: Person, thread: Callable[..., str], database: Database
) -> None:
    there = thread("es", zip="94110")
    assert 'value="94110"' in ana.client.get(there).text  # what the resident told stands there already
    page = search(ana, there, "food", "94110")
    language, shown = SAID.findall(page)[0]
    assert language == "es"
    assert "Llame al" in shown
    form = first(page)
    for _ in range(2):  # a quick finger
        assert ana.post(f"{there}/tell", **form).status_code == 303
    assert sent(database) == [(unescape(shown), "es")]
    with database.begin() as session:
        row = session.scalars(select(Referral)).one()
        assert (row.service_id, row.need, row.state) == (form["service"], "food", "offered")
        step = session.scalars(select(ReferralEvent)).one()
        assert (step.by, step.responder_id) == ("responder", ana.id)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "tell_service")).one()
        assert entry.detail["service"] == form["service"]
    page = ana.client.get(there).text
    assert "Told of a service" in page
    assert 'id="offered"' in page


def test_what_is_not_known_is_marked_and_told(ana: Person, thread: Callable[..., str], database: Database) -> None:
    there = thread("es", access="deaf")
    page = search(ana, there, "food", "94110")
    assert "Call first. Not known: help for deaf people" in page
    assert "Llame antes. No sabemos: ayuda para personas sordas" in unescape(SAID.findall(page)[0][1])
    assert ana.post(f"{there}/tell", **first(page)).status_code == 303
    assert sent(database) == [(unescape(SAID.findall(page)[0][1]), "es")]


def test_without_a_language_both_are_told(ana: Person, thread: Callable[..., str], database: Database) -> None:
    there = thread(None)
    page = search(ana, there, "food")
    assert [code for code, _ in SAID.findall(page)[:2]] == ["en", "es"]
    ana.post(f"{there}/tell", **first(page))
    assert [code for _, code in sent(database)] == ["en", "es"]
    with database.begin() as session:
        assert len(session.scalars(select(Referral)).all()) == 1


def test_only_the_owner_tells_and_only_what_is_there(
    ana: Person, person: Callable[..., Person], thread: Callable[..., str], database: Database
) -> None:
    there, bo = thread("en"), person("Bo")
    page = search(bo, there, "food")
    assert SAID.findall(page)
    assert "Send this" not in page
    form = first(search(ana, there, "food"))
    assert bo.post(f"{there}/tell", **form).status_code == 409
    assert ana.post(f"{there}/tell", **(form | {"epoch": "0"})).status_code == 409
    assert ana.post(f"{there}/tell", **(form | {"service": "demo:gone"})).status_code == 404
    assert ana.post("/console/threads/999999/beside", q="food").status_code == 404
    assert sent(database) == []
    ana.post(f"{there}/tell", **(form | {"need": "<nonsense>"}))
    with database.begin() as session:
        assert session.scalars(select(Referral.need)).all() == ["other"]


def test_nothing_found_is_said_and_the_words_stay(ana: Person, thread: Callable[..., str]) -> None:
    there = thread("en")
    assert "Nothing found" in search(ana, there, "zzqx <b>")
    whole = ana.post(f"{there}/beside", q='zzqx "<b>', place="94110").text  # without scripts: the whole page
    assert 'value="zzqx &#34;&lt;b&gt;"' in whole
    assert 'id="messages"' in whole
