"""Pictures that came with a text: who may ask and look, what is written down, and what a browser is told to forget."""

import inspect
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select, update

from gateway import attachments, conversations, fetching, media, pictures
from gateway.clients import media_fetch
from gateway.clients.media_fetch import MediaFetcher
from gateway.db import Database
from gateway.demo.media import Shelf
from gateway.demo.standin import Standin
from gateway.demo.webhooks import inbound_form
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import Attachment, AuditEntry, Conversation, Escalation, Message, Responder
from gateway.web.console_picture_words import KINDS, WHY
from tests.conftest import Phone
from tests.console.conftest import Person, utc_now
from tests.console.test_console_ownership import do, page

pytestmark = pytest.mark.slow
Written = Callable[..., Escalation]
Came = Callable[..., Escalation]


@pytest.fixture
def standin(door: Door) -> Iterator[Standin]:
    settings = door.settings
    with Standin(settings.twilio_account_sid, settings.twilio_auth_tokens, settings.twilio_number, "http://x") as made:
        yield made


@pytest.fixture
def came(standin: Standin, written: Written, database: Database) -> Came:
    """A thread whose message came with files of these types, which lie with the stand-in."""

    def make(*kinds: str) -> Escalation:
        row = written()
        form = inbound_form(standin.account_sid, "MM" + "1" * 32, from_="+15555550117", to=standin.number, body="x",
                            segments=1, media=kinds)  # fmt: skip
        standin.shelf.keep(form)
        with database.begin() as session:
            session.get_one(Message, row.message_id).media = [
                media.reference(form[f"MediaUrl{place}"], kind, standin.account_sid) for place, kind in enumerate(kinds)
            ]
        return row

    return make


@pytest.fixture
def watch(standin: Standin, database: Database, door: Door) -> fetching.Watch:
    """The worker's part, worked by hand."""
    source = MediaFetcher(standin.account_sid, standin.auth_tokens[0], standin_url=standin.url)
    return fetching.Watch(database, source, door.settings.keys, door.bell.announce)


def asked(row: Escalation, place: int = 0) -> str:
    return f"/console/threads/{row.id}/messages/{row.message_id}/attachments/{place}"


def the_one(database: Database) -> Attachment:
    with database.begin() as session:
        return session.scalars(select(Attachment)).one()


def looks(database: Database) -> list[tuple[int | None, int | None, int]]:
    with database.begin() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.act == "look_at_picture").order_by(AuditEntry.id))
        return [(each.responder_id, each.subject_id, each.detail["attachment"]) for each in found]


def test_a_picture_is_fetched_on_a_press_and_seen_on_another(
    ana: Person, came: Came, watch: fetching.Watch, database: Database, standin: Standin
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    seen = page(ana, row)
    assert "Its sender calls it image/jpeg." in seen
    assert "may be disturbing" in seen
    assert "api.twilio.com" not in seen
    assert watch.fetch_one() is False  # nobody asked: nothing is fetched
    assert ana.post(asked(row)).status_code == 303
    assert "Being fetched" in page(ana, row)
    assert watch.fetch_one() is True
    made = the_one(database)
    assert (made.state, made.kind, made.width, made.height) == ("kept", "image/jpeg", 1200, 900)
    there = f"/console/threads/{row.id}/pictures/{made.id}"
    assert "Press to see" in page(ana, row)
    assert there + '"' not in page(ana, row)  # the page holds its colours alone
    assert ana.client.get(there).status_code == 403
    assert looks(database) == []
    assert ana.post(f"{there}/look").headers["Location"].endswith(there)
    assert looks(database) == [(ana.id, row.id, made.id)]
    shown = ana.client.get(there)
    picture = Image.open(io.BytesIO(shown.data))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (1200, 900), {})
    history = page(ana, row)
    assert "Asked for what came with a text" in history
    assert "Looked at a picture" in history


def test_a_browser_keeps_nothing_and_runs_nothing(
    ana: Person, came: Came, watch: fetching.Watch, database: Database
) -> None:
    row = came("image/png")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    watch.fetch_one()
    key = the_one(database).id
    there = f"/console/threads/{row.id}/pictures/{key}"
    ana.post(f"{there}/look")
    for path, name in ((there, f"picture-{key}.jpg"), (f"{there}/glance", f"glance-{key}.jpg")):
        answer = ana.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "ETag" not in answer.headers
    assert "script-src 'self'" in ana.client.get("/console/").headers["Content-Security-Policy"]


def test_in_the_page_each_press_brings_it_and_is_written_down(
    ana: Person, came: Came, watch: fetching.Watch, database: Database
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    watch.fetch_one()
    there = f"/console/threads/{row.id}/pictures/{the_one(database).id}"
    for _ in range(2):
        answer = ana.client.post(f"{there}/look", data={"csrf_token": ana.token()}, headers={"HX-Request": "true"})
        assert f'src="{there}"' in answer.text
    assert len(looks(database)) == 2


def test_where_nothing_came_nobody_is_warned(
    ana: Person, person: Callable[..., Person], phone: Phone, came: Came, database: Database
) -> None:
    phone.text("i took all my pills")
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
    do(ana, database, row, "claim")
    assert "panel-pictures" not in page(ana, row)
    other = came("image/jpeg")
    ben = person("Ben")
    do(ben, database, other, "claim")
    assert "panel-pictures" in page(ben, other)


def test_a_press_is_good_for_a_minute_and_for_one_person(
    ana: Person, person: Callable[..., Person], came: Came, watch: fetching.Watch, database: Database, door: Door
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    watch.fetch_one()
    key, keys = the_one(database).id, door.settings.keys
    ana.post(f"/console/threads/{row.id}/pictures/{key}/look")
    sue = person("Sue", "supervisor")
    do(sue, database, row, "listen")
    assert sue.client.get(f"/console/threads/{row.id}/pictures/{key}").status_code == 403
    with database.begin() as session:
        who = session.get_one(Responder, ana.id)
        assert attachments.shown(session, keys, row.id, key, who, utc_now())
        with pytest.raises(Refused, match="press_first"):
            attachments.shown(session, keys, row.id, key, who, utc_now() + timedelta(seconds=61))


def test_only_who_is_on_the_thread_asks_and_looks(
    ana: Person, person: Callable[..., Person], came: Came, watch: fetching.Watch, database: Database
) -> None:
    row = came("image/jpeg")
    bo, sue, eda = person("Bo"), person("Sue", "supervisor"), person("Eda", "directory_editor")
    assert ana.post(asked(row)).status_code == 403  # nobody has claimed it
    do(ana, database, row, "claim")
    ana.post(asked(row))
    watch.fetch_one()
    there = f"/console/threads/{row.id}/pictures/{the_one(database).id}"
    for who in (bo, sue):
        assert "1 attachment(s), not shown" in page(who, row)
        assert "picture-" not in page(who, row)
    for who in (bo, sue, eda):
        assert who.client.get(f"{there}/glance").status_code == 403
        assert who.client.get(there).status_code == 403
    for who in (bo, sue):
        assert who.post(f"{there}/look").status_code == 403
        assert who.post(asked(row)).status_code == 403
    assert looks(database) == []
    do(sue, database, row, "listen")
    assert "Press to see" in page(sue, row)
    assert sue.post(f"{there}/look").status_code == 303
    assert sue.client.get(there).status_code == 200
    do(ana, database, row, "release")
    assert ana.client.get(there).status_code == 403  # no longer theirs
    assert ana.client.get(f"{there}/glance").status_code == 403


def test_no_picture_opens_from_another_thread(
    ana: Person,
    person: Callable[..., Person],
    came: Came,
    written: Written,
    watch: fetching.Watch,
    database: Database,
) -> None:
    row, other = came("image/jpeg"), written(number="+15555550118")
    bo = person("Bo")
    do(ana, database, row, "claim")
    do(bo, database, other, "claim")
    ana.post(asked(row))
    watch.fetch_one()
    key = the_one(database).id
    there, nowhere = f"/console/threads/{other.id}/pictures/{key}", f"/console/threads/{row.id}/pictures/999999"
    for who, path in ((bo, there), (ana, nowhere)):
        assert who.client.get(path).status_code == 404
        assert who.client.get(f"{path}/glance").status_code == 404
        assert who.post(f"{path}/look").status_code == 404
    for place in (1, 99):
        assert ana.post(asked(row, place)).status_code == 404
    wrong = f"/console/threads/{other.id}/messages/{row.message_id}/attachments/0"
    assert bo.post(wrong).status_code == 404
    assert looks(database) == []


def test_what_lies_elsewhere_or_was_kept_of_old_is_never_asked_for(
    ana: Person, written: Written, watch: fetching.Watch, database: Database
) -> None:
    row = written()
    evil = media.reference("https://169.254.169.254/latest", "image/jpeg", "AC" + "1" * 32)
    old = "https://api.twilio.com/2010-04-01/Accounts/x"
    with database.begin() as session:
        session.get_one(Message, row.message_id).media = [evil, old, {"url": old, "host_ok": False}]
    do(ana, database, row, "claim")
    seen = page(ana, row)
    assert seen.count("It lies at a place that we never ask.") == 3
    assert "Fetch the picture" not in seen
    assert [ana.post(asked(row, place)).status_code for place in range(3)] == [404] * 3
    assert watch.fetch_one() is False


@pytest.mark.parametrize(
    ("given", "told"), [("audio/amr", "Sound, 1 kB"), ("application/pdf", "Document (PDF), 0 kB"),
                        ("video/3gpp", "Video, 1 kB"), ("text/vcard", "Contact card, 0 kB")],
)  # fmt: skip
def test_what_is_no_picture_is_told_by_kind_and_size(
    ana: Person, came: Came, watch: fetching.Watch, database: Database, given: str, told: str
) -> None:
    row = came(given)
    do(ana, database, row, "claim")
    assert "Find out what it is" in page(ana, row)
    ana.post(asked(row))
    watch.fetch_one()
    seen = page(ana, row)
    assert f"{told}, not shown. Only pictures are shown here. Ask the resident to describe it." in seen
    made = the_one(database)
    assert made.state == "unshown"
    with database.begin() as session:
        assert session.execute(select(Attachment.sealed, Attachment.glance)).one() == (None, None)
    assert ana.post(f"/console/threads/{row.id}/pictures/{made.id}/look").status_code == 404


def test_what_twilio_has_no_more_can_be_asked_for_again(
    ana: Person, came: Came, watch: fetching.Watch, database: Database, standin: Standin
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    kept, standin.shelf = standin.shelf, Shelf()
    ana.post(asked(row))
    watch.fetch_one()
    assert "It did not come. Twilio does not have it any more." in page(ana, row)
    standin.shelf = kept
    assert ana.post(asked(row)).status_code == 303
    watch.fetch_one()
    assert the_one(database).state == "kept"
    assert ana.post(asked(row)).status_code == 303  # pressed on an old page: nothing is asked anew
    assert watch.fetch_one() is False


def test_nobody_there_is_tried_three_times_and_then_told(
    ana: Person, came: Came, database: Database, door: Door
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    nowhere = MediaFetcher("AC" + "0" * 32, "t", standin_url="http://127.0.0.1:9")
    watch = fetching.Watch(database, nowhere, door.settings.keys, door.bell.announce)
    for _ in range(3):
        with database.begin() as session:
            session.execute(update(Attachment).values(next_try_at=utc_now()))
        assert watch.fetch_one() is True
    assert watch.fetch_one() is False
    made = the_one(database)
    assert (made.state, made.why, made.tries) == ("failed", "no_connection", 3)
    assert "Twilio could not be reached." in page(ana, row)


def test_what_a_dead_worker_left_is_fetched_by_another_and_given_up_in_the_end(
    ana: Person, came: Came, watch: fetching.Watch, database: Database
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    now = utc_now()
    with database.begin() as session:
        first = attachments.take_next(session, now)
        assert first is not None
        assert attachments.take_next(session, now + timedelta(minutes=1)) is None  # it may still be at it
    with database.begin() as session:
        again = attachments.take_next(session, now + timedelta(minutes=3))
        assert again is not None
        assert (again.id, again.tries) == (first.id, 2)
        assert attachments.fail(session, first, "gone", now, retryable=False) is None  # it comes back from the dead
        assert session.get_one(Attachment, first.id).state == "fetching"
        assert attachments.take_next(session, now + timedelta(minutes=6)) is not None
        assert attachments.take_next(session, now + timedelta(minutes=9)) is None
    made = the_one(database)
    assert (made.state, made.why) == ("failed", "gave_up")


def test_a_picture_lies_under_seal_and_is_forgotten_a_month_after_the_end(
    ana: Person, came: Came, watch: fetching.Watch, database: Database, door: Door
) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    watch.fetch_one()
    now = utc_now()
    with database.begin() as session:
        sealed, glance = session.execute(select(Attachment.sealed, Attachment.glance)).one()
        assert door.settings.keys.open_bytes(sealed).startswith(b"\xff\xd8\xff")
        assert not any(part in each for each in (sealed, glance) for part in (b"\xff\xd8\xff", b"JFIF"))
        conversation = session.get_one(Conversation, row.conversation_id)
        assert attachments.drop_old(session, now + timedelta(days=400)) == []  # it is open still
        conversations.close(session, conversation, "idle", now)
        session.flush()
        assert attachments.drop_old(session, now + timedelta(days=29)) == []
        assert attachments.drop_old(session, now + timedelta(days=31)) == [row.conversation_id]
        assert session.execute(select(Attachment.sealed, Attachment.glance)).one() == (None, None)
    assert the_one(database).state == "dropped"
    assert "A picture that is forgotten" in page(ana, row)
    assert ana.post(asked(row)).status_code == 303
    assert watch.fetch_one() is False  # what was forgotten is not fetched again


def test_all_that_it_can_be_and_all_that_can_go_wrong_has_words() -> None:
    assert {name for *_, name in pictures.BEGINNINGS} | {pictures.UNKNOWN} == KINDS.keys()
    made = "".join(inspect.getsource(module) for module in (media_fetch, pictures, attachments, fetching))
    codes = set(re.findall(r'(?:MediaFailed\(|Unshowable\(|found\.why, found\.settled_at = )"(\w+)"', made))
    assert {"not_allowed", "broken", "gave_up"} <= codes | set(pictures.ENDED.values())
    others = {"gone", "refused", "too_much_work", "kind", "forgotten"}
    assert codes | set(pictures.ENDED.values()) | others == WHY.keys()


def test_no_state_is_reached_but_by_the_table(database: Database, ana: Person, came: Came) -> None:
    row = came("image/jpeg")
    do(ana, database, row, "claim")
    ana.post(asked(row))
    with database.begin() as session:
        made = session.scalars(select(Attachment)).one()
        for state in (attachments.KEPT, attachments.DROPPED, attachments.FAILED):
            with pytest.raises(ValueError, match="cannot become"):
                attachments.move(made, state)
