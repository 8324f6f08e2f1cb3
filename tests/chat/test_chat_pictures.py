"""Pictures from the web chat: only where the town allows them, once, under seal, few, and seen as those by text are."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerHour
from sqlalchemy import func, select, text, update

from gateway import attachments, escalations, fetching, media, texts, uploads
from gateway.door import Door
from gateway.errors import MediaFailed
from gateway.models import Attachment, Conversation, Message, Responder, Upload
from gateway.risk import Level
from gateway.web import chat_pace, chat_pictures
from gateway.web.limiting import Pace
from tests.chat.conftest import Visitor
from tests.chat.pictured import allowing, drawn, sent

__all__ = ["allowing"]  # pytest finds fixtures by their names


@pytest.fixture
def guest(allowing: Flask) -> Visitor:
    """Somebody in the chat of a town that allows pictures."""
    return Visitor(allowing.test_client())


@pytest.fixture
def town(allowing: Flask) -> Door:
    """The parts of that town's application."""
    found: Door = allowing.extensions["front_door"]
    return found


class Nowhere:
    """No other place is asked."""

    def fetch(self, url: str) -> bytes:
        """Never."""
        raise AssertionError(url)


def count(door: Door, table: Any) -> int:
    with door.database.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_no_town_takes_pictures_unless_it_says_so(visitor: Visitor, client: FlaskClient, door: Door) -> None:
    assert sent(visitor, drawn()).status_code == 404
    assert (count(door, Upload), count(door, Message)) == (0, 0)
    assert b'id="picture"' not in client.get("/chat/frame").data


@pytest.mark.parametrize("language", ["en", "es"])
def test_where_it_does_the_page_has_a_button(allowing: Flask, language: str) -> None:
    page = allowing.test_client().get(f"/chat/frame?language={language}").get_data(as_text=True)
    assert {"en": "Add a photo", "es": "Agregar una foto"}[language] in page


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_picture_is_a_message_of_its_own(guest: Visitor, town: Door, language: str) -> None:
    answer = sent(guest, drawn(), language=language)
    assert answer.status_code == 201
    said = answer.get_json()
    assert (said["message"]["kept"], said["message"]["pictures"]) == (True, 1)
    assert [each["text"] for each in said["replies"]] == [texts.say("media_only", language)]
    own = guest.history()[0]
    assert (own["author"], own["text"], own["pictures"]) == ("resident", "", 1)
    with town.database.begin() as session:
        kept = session.scalars(select(Upload)).one()
        message = session.get_one(Message, own["id"])
        assert message.media == [media.uploaded(kept.id, "image/jpeg")]
        assert (kept.kind, kept.size) == ("image/jpeg", len(drawn()))
        sealed = session.scalars(select(Upload.sealed)).one()
    assert b"JFIF" not in sealed
    assert town.settings.keys.open_bytes(sealed) == drawn()


def test_sent_twice_it_is_kept_once(guest: Visitor, town: Door) -> None:
    client_id = str(uuid.uuid4())
    first, second = (sent(guest, drawn(), client_id).get_json() for _ in range(2))
    assert first["message"]["id"] == second["message"]["id"]
    assert count(town, Upload) == 1
    assert len([each for each in guest.history() if each["author"] == "resident"]) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 411), (b"<svg>", 415), (b"%PDF-1.7", 415), (b"\xff\xd8\xff" + b"0" * chat_pictures.MOST_BYTES, 413)],
    ids=["nothing", "svg", "pdf", "too large"],
)
def test_what_is_no_picture_or_too_large_is_refused(guest: Visitor, town: Door, content: bytes, status: int) -> None:
    assert sent(guest, content).status_code == status
    assert (count(town, Upload), count(town, Message)) == (0, 0)


@pytest.mark.parametrize("client_id", ["", "1", "x" * 36])
def test_without_an_id_of_its_own_it_is_refused(guest: Visitor, client_id: str) -> None:
    assert sent(guest, drawn(), client_id or " ").status_code == 400


def test_nobody_without_a_token(allowing: Flask, guest: Visitor) -> None:
    guest.token = "A" * 22 + "." + "0" * 32
    assert sent(guest, drawn()).status_code == 404


def test_who_sends_many_waits(allowing: Flask, guest: Visitor, town: Door) -> None:
    few(allowing, town, 2)
    assert [sent(guest, drawn()).status_code for _ in range(3)] == [201, 201, 429]
    assert int(sent(guest, drawn()).headers["Retry-After"]) > 60
    assert guest.post("and a text").status_code == 201


def few(allowing: Flask, town: Door, many: int) -> Pace:
    """So many pictures an hour, and no more."""
    url = town.settings.redis_url
    own = Pace(url, RateLimitItemPerHour(many), str(uuid.uuid4()))
    allowing.extensions[chat_pace.PICTURE_PACES] = (own, Pace(url, RateLimitItemPerHour(100), str(uuid.uuid4())))
    return own


def test_one_whose_answer_got_lost_is_counted_once(allowing: Flask, guest: Visitor, town: Door) -> None:
    few(allowing, town, 2)
    client_id = str(uuid.uuid4())
    assert [sent(guest, drawn(), client_id).status_code for _ in range(3)] == [201, 201, 201]
    assert sent(guest, drawn()).status_code == 201
    assert sent(guest, drawn()).status_code == 429
    assert sent(guest, drawn(), client_id).status_code == 201  # though there is no room for a new one


def test_one_that_cannot_be_taken_now_is_not_counted(allowing: Flask, guest: Visitor, town: Door) -> None:
    own = few(allowing, town, 1)
    hands = allowing.extensions[chat_pictures.HANDS]
    for _ in range(chat_pictures.SLOW_PHONES):
        hands.acquire()
    assert sent(guest, drawn()).status_code == 429
    for _ in range(chat_pictures.SLOW_PHONES):
        hands.release()
    assert sent(guest, b"<svg>").status_code == 415
    known_as = town.settings.keys.hash(guest.token)
    assert own.untouched(known_as)
    assert sent(guest, drawn()).status_code == 201
    assert not own.untouched(known_as)


def test_one_too_many_is_refused_before_it_is_read(
    allowing: Flask, guest: Visitor, town: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(allowing, town, 1)
    assert sent(guest, drawn()).status_code == 201
    read: list[str] = []
    monkeypatch.setattr(chat_pictures, "_read", lambda: read.append("read"))
    assert sent(guest, drawn()).status_code == 429
    assert not read


def test_an_address_has_a_limit_of_its_own(allowing: Flask, town: Door) -> None:
    url = town.settings.redis_url
    paces = [Pace(url, RateLimitItemPerHour(many), str(uuid.uuid4())) for many in (10, 2)]
    allowing.extensions[chat_pace.PICTURE_PACES] = tuple(paces)
    client = allowing.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert [sent(Visitor(client), drawn()).status_code for _ in range(3)] == [201, 201, 429]


def test_only_so_many_are_on_their_way_at_once(allowing: Flask, guest: Visitor) -> None:
    hands = allowing.extensions[chat_pictures.HANDS]
    for _ in range(chat_pictures.SLOW_PHONES):
        hands.acquire()
    answer = sent(guest, drawn())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    hands.release()
    assert sent(guest, drawn()).status_code == 201
    assert hands.acquire(blocking=False)


def asked_for(town: Door, now: datetime) -> Attachment:
    """A responder on the thread asks for the newest message's picture."""
    with town.database.begin() as session:
        message = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id.desc())).first()
        assert message is not None
        conversation = session.get_one(Conversation, message.conversation_id)
        row = escalations.open_(session, conversation, "person_asked", Level.ROUTINE, now, message.id)
        ana = Responder(email="ana@town.example", name="Ana", role="responder", password_hash="x", languages=["en"],
                        active=True, created_at=now)  # fmt: skip
        session.add(ana)
        session.flush()
        taken = escalations.claim(session, row.id, row.epoch, ana, now)
        return attachments.want(session, taken.id, message.id, 0, ana, now)


def watch(town: Door) -> fetching.Watch:
    keys = town.settings.keys
    return fetching.Watch(town.database, uploads.Source(town.database.begin, keys, Nowhere()), keys, lambda _id: None)


def state(town: Door) -> tuple[str, str | None]:
    with town.database.begin() as session:
        found = session.scalars(select(Attachment)).one()
        return found.state, found.why


@pytest.mark.parametrize(("content", "outcome"), [(drawn(), ("kept", None)), (drawn()[:40], ("unshown", "broken"))])
def test_once_it_was_asked_for_the_file_itself_is_gone(
    guest: Visitor, town: Door, content: bytes, outcome: tuple[str, str | None]
) -> None:
    sent(guest, content)
    asked_for(town, datetime.now(UTC))
    assert watch(town).fetch_one()
    assert state(town) == outcome
    assert count(town, Upload) == 0


def test_what_nobody_asked_for_in_a_month_is_forgotten(guest: Visitor, town: Door) -> None:
    sent(guest, drawn())
    now = datetime.now(UTC)
    with town.database.begin() as session:
        session.execute(update(Upload).values(created_at=now - timedelta(days=30, minutes=1)))
        uploads.drop_old(session, now)
    assert count(town, Upload) == 0
    asked_for(town, now)
    assert watch(town).fetch_one()
    assert state(town) == ("failed", "forgotten")


def test_a_month_is_not_yet_over(guest: Visitor, town: Door) -> None:
    sent(guest, drawn())
    with town.database.begin() as session:
        uploads.drop_old(session, datetime.now(UTC) + timedelta(days=29))
    assert count(town, Upload) == 1


@pytest.mark.parametrize("url", ["upload:", "upload:x", "upload:1/..", "upload:²", "https://upload:1", "1"])
def test_other_addresses_are_no_uploads(url: str) -> None:
    assert media.upload_at(url) is None


def test_where_all_else_lies_is_asked_for_all_else(town: Door) -> None:
    class Elsewhere:
        def fetch(self, url: str) -> bytes:
            """Bytes that tell where they lie."""
            return url.encode()

    source = uploads.Source(town.database.begin, town.settings.keys, Elsewhere())
    assert source.fetch("https://api.twilio.com/x") == b"https://api.twilio.com/x"
    with pytest.raises(MediaFailed, match="forgotten"):
        source.fetch("upload:7")


def test_a_store_that_is_down_takes_no_picture_and_says_so(guest: Visitor, town: Door) -> None:
    with town.database.engine.begin() as holding:
        holding.execute(text("LOCK TABLE uploads IN ACCESS EXCLUSIVE MODE"))
        assert sent(guest, drawn()).status_code == 503
    assert count(town, Message) == 0
    assert sent(guest, drawn()).status_code == 201
