"""Notes beside a thread: who is told, who reads them, and that no resident ever does."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from gateway.db import Database
from gateway.models import AuditEntry, Delivery, Escalation, Mention, Message, Note, Shift
from tests.console.conftest import Person, utc_now

Written = Callable[..., Escalation]
CANARY = "canary-7f3"
CALLED = "A note names you"


def on_shift(database: Database, *people: Person) -> None:
    now = utc_now()
    with database.begin() as session:
        for each in people:
            session.add(Shift(responder_id=each.id, starts_at=now, ends_at=now + timedelta(hours=1)))


def named(database: Database) -> list[tuple[int, bool]]:
    with database.begin() as session:
        rows = session.scalars(select(Mention).order_by(Mention.responder_id)).all()
        return [(row.responder_id, row.seen_at is not None) for row in rows]


def test_a_note_tells_whom_it_names_until_they_have_read_it(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    jose, eve = person("José Luis"), person("Eve")
    on_shift(database, jose, eve)
    there = f"/console/threads/{written().id}"
    assert ana.post(f"{there}/notes", text="@jose can you call? @Nobody @Ana mail a@eve").status_code == 303
    assert named(database) == [(jose.id, False)]
    page = jose.client.get("/console/").text
    assert CALLED in page
    assert f'href="{there}#panel-notes"' in page
    assert CALLED not in eve.client.get("/console/").text
    # A page that refreshes itself is no reader.
    assert "names you" in jose.client.get(f"{there}/live", headers={"X-Background": "1"}).text
    assert named(database) == [(jose.id, False)]
    assert "can you call?" in jose.client.get(there).text
    assert named(database) == [(jose.id, True)]
    assert CALLED not in jose.client.get("/console/").text


def test_who_is_on_the_thread_is_told_though_off_shift(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    there = f"/console/threads/{written().id}"
    bo, far = person("Bo"), person("Far")
    bo.post(f"{there}/claim", epoch=0)
    ana.post(f"{there}/notes", text="@Bo @Far please")
    assert named(database) == [(bo.id, False)]
    assert far.client.get("/console/").text.count(CALLED) == 0


def test_two_of_one_name_are_both_told_and_an_editor_never(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    one, two, editor = person("Sam Lee"), person("Sam Roe"), person("Sam Poe", "directory_editor")
    on_shift(database, one, two, editor)
    ana.post(f"/console/threads/{written().id}/notes", text="@SAM look")
    assert named(database) == [(one.id, False), (two.id, False)]


def test_a_note_reaches_no_resident(ana: Person, written: Written, database: Database) -> None:
    row = written()
    there = f"/console/threads/{row.id}"
    ana.post(f"{there}/claim", epoch=0)
    ana.post(f"{there}/notes", text=f"{CANARY} \u202e hidden")
    ana.post(f"{there}/reply", epoch=1, text="I am here.")
    with database.begin() as session:
        assert session.scalars(select(Message.id).where(Message.text.contains(CANARY))).all() == []
        sent = select(Message.text).join(Delivery, Delivery.message_id == Message.id)
        assert "I am here." in session.scalars(sent).all()
        assert CANARY not in repr([entry.detail for entry in session.scalars(select(AuditEntry))])
        assert session.scalars(select(Note)).one().escalation_id == row.id
    page = ana.client.get(there).text
    assert CANARY in page
    assert "\u202e" not in page


def test_a_note_is_bounded_and_the_words_are_kept(ana: Person, written: Written, database: Database) -> None:
    there = f"/console/threads/{written().id}"
    assert 'maxlength="1600" required></textarea>' in ana.client.get(there).text  # nothing stands in it yet
    assert ana.post(f"{there}/notes", text=" \n").status_code == 400
    answer = ana.post(f"{there}/notes", text="y" * 1601)
    assert answer.status_code == 400
    assert "y" * 1601 in answer.text
    assert ana.post("/console/threads/999999/notes", text="x").status_code == 404
    with database.begin() as session:
        assert session.scalars(select(Note)).all() == []


def test_a_note_moves_the_sequence_and_is_in_the_history(ana: Person, written: Written, database: Database) -> None:
    row = written()
    with database.begin() as session:
        before = session.get_one(Escalation, row.id).version
    ana.post(f"/console/threads/{row.id}/notes", text="@x <script>")
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).version > before
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "note")).one()
        assert (entry.responder_id, entry.detail["named"]) == (ana.id, [])
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert "Wrote a note" in page
    assert "<script>" not in page.partition('id="panel-notes"')[2].partition("</section>")[0]
