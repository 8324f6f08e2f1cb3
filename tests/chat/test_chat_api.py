"""The chat's JSON: who may write and read, what is taken, what is answered at once, and all of it without Postgres."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gateway import conversations
from gateway.db import Database
from gateway.door import Door
from gateway.models import Contact, Conversation, Escalation, Message
from gateway.web import chat
from tests.chat.conftest import Visitor

DANGER = {"en": "i took all my pills", "es": "me tomé todas las pastillas"}
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"


def rows(database: Database, table: type) -> int:
    with database.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_token_is_random_signed_and_not_stored(client: FlaskClient, door: Door, database: Database) -> None:
    tokens = {Visitor(client).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(chat.is_token(door.settings.keys, token) for token in tokens)
    assert rows(database, Contact) == 0


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic {token}", "Bearer {token}x", "Bearer {other}", "Bearer ñ.{proof}"],
)
def test_absent_and_forbidden_are_alike(visitor: Visitor, given: str) -> None:
    secret, proof = visitor.token.split(".")
    other = ("B" if secret[0] == "A" else "A") + secret[1:] + "." + proof
    headers = {"Authorization": given.format(token=visitor.token, other=other, proof=proof)} if given else {}
    for answer in (
        visitor.client.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "hi"}, headers=headers),
        visitor.client.get("/chat/messages", headers=headers),
        visitor.client.get("/chat/stream", headers=headers),
    ):
        assert (answer.status_code, answer.get_json()) == (404, {"error": "not_found"})


def test_a_message_is_kept_under_a_keyed_hash_only(visitor: Visitor, door: Door, database: Database) -> None:
    answer = visitor.write("hello there")
    assert answer["replies"] == []
    assert answer["message"]["answer_expected"]
    with database.begin() as session:
        message = session.scalars(select(Message)).one()
        contact = session.scalars(select(Contact)).one()
        everything = "".join(
            str(row)
            for table in (Contact, Conversation, Message)
            for row in session.execute(select(*table.__table__.columns))
        )
    assert (message.id, message.text) == (answer["message"]["id"], "hello there")
    assert message.provider_id is not None
    assert message.provider_id.startswith("web:")
    assert (contact.channel, contact.address_hash) == ("webchat", door.settings.keys.hash(visitor.token))
    assert contact.address_sealed is None
    assert visitor.token not in everything
    assert visitor.token.split(".")[0] not in everything


def test_the_same_message_again_is_one_message(visitor: Visitor, database: Database) -> None:
    client_id = str(uuid.uuid4())
    first, again = (visitor.post(DANGER["en"], client_id).get_json() for _ in range(2))
    assert again["message"]["id"] == first["message"]["id"]
    assert [reply["text"] for reply in again["replies"]] == [reply["text"] for reply in first["replies"]]
    with database.begin() as session:
        assert session.scalar(select(func.count()).where(Message.direction == "in")) == 1


def test_the_same_id_of_another_visitor_is_another_message(client: FlaskClient, database: Database) -> None:
    client_id = str(uuid.uuid4())
    for one in (Visitor(client), Visitor(client)):
        assert one.post("hello", client_id).status_code == 201
    assert rows(database, Message) == 2


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"text": "hi"}', "text/plain", 415),
        (b"text=hi", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b'["hi"]', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"id": "1", "text": "hi"}', "application/json", 400),
        (b'{"id": 1, "text": "hi"}', "application/json", 400),
        (b'{"id": "00000000-0000-4000-8000-000000000000", "text": 1}', "application/json", 400),
        (b'{"id": "00000000-0000-4000-8000-000000000000", "text": "  "}', "application/json", 400),
        (b'{"text": "' + b"a" * chat.BODY_BYTES + b'"}', "application/json", 413),
    ],
)
def test_what_is_not_as_agreed_is_refused(
    visitor: Visitor, database: Database, body: bytes, kind: str, status: int
) -> None:
    answer = visitor.client.post("/chat/messages", data=body, content_type=kind, headers=visitor.headers)
    assert answer.status_code == status
    assert rows(database, Message) == 0


def test_length_is_counted_in_letters(visitor: Visitor) -> None:
    assert visitor.post("ñ" * chat.LONGEST_TEXT).status_code == 201
    assert visitor.post("n" * (chat.LONGEST_TEXT + 1)).get_json() == {"error": "too_long"}


def test_strange_letters_are_kept_and_do_no_harm(visitor: Visitor) -> None:
    visitor.write("a\x00b \ud83d c")
    assert visitor.history()[0]["text"].startswith("a\ufffdb")


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 19, "１"])
def test_a_number_is_a_number(visitor: Visitor, after: str) -> None:
    page = visitor.client.get("/chat/messages", query_string={"after": after}, headers=visitor.headers)
    resumed = visitor.headers | {"Last-Event-ID": after.encode().decode("latin-1")}
    stream = visitor.client.get("/chat/stream", headers=resumed)
    assert (page.status_code, stream.status_code) == (400, 400)


@pytest.mark.parametrize("language", ["en", "es"])
def test_danger_is_answered_in_the_answer(visitor: Visitor, database: Database, language: str) -> None:
    answer = visitor.write(DANGER[language])
    assert answer["replies"]
    assert not answer["message"]["answer_expected"]
    said = " ".join(reply["text"] for reply in answer["replies"])
    assert "911" in said
    assert "988" in said
    assert all(reply["alert"] and reply["author"] == "system" for reply in answer["replies"])
    assert answer["replies"][0]["language"] == language
    assert rows(database, Escalation) == 1
    stored = [message for message in visitor.history() if message["author"] == "system"]
    keys = ("text", "answers", "ordinal", "alert", "language")
    assert [[message[key] for key in keys] for message in stored] == [
        [reply[key] for key in keys] for reply in answer["replies"]
    ]


@pytest.mark.parametrize("language", ["en", "es"])
def test_danger_is_answered_without_the_store(another: Callable[..., Flask], language: str) -> None:
    app = another(database_url=NOWHERE, redis_url="redis://127.0.0.1:9")
    answer = Visitor(app.test_client()).write(DANGER[language])
    assert answer["message"]["id"] is None
    assert "911" in answer["replies"][0]["text"]
    assert answer["replies"][0]["alert"]
    assert app.extensions["front_door"].journal.pending()


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [("i need food for my family", None, "saved it"), ("necesito comida para mi familia", None, "lo guardamos"),
     ("ok", "es", "lo guardamos")],
)  # fmt: skip
def test_without_the_store_the_visitor_is_told_the_truth(
    another: Callable[..., Flask], words: str, language: str | None, expected: str
) -> None:
    app = another(database_url=NOWHERE, redis_url="redis://127.0.0.1:9")
    answer = Visitor(app.test_client()).post(words, language=language).get_json()
    assert [expected in reply["text"] for reply in answer["replies"]] == [True]
    assert not answer["replies"][0]["alert"]


def test_what_waited_in_the_journal_appears_once(
    another: Callable[..., Flask], client: FlaskClient, door: Door, database: Database
) -> None:
    away = another(database_url=NOWHERE)
    one = Visitor(away.test_client())
    client_id = str(uuid.uuid4())
    for _ in range(2):
        assert one.post(DANGER["en"], client_id).status_code == 201
    assert door.acceptor.drain() == 2
    one.client = client
    assert [message["author"] for message in one.history()].count("resident") == 1
    assert rows(database, Escalation) == 1


def test_a_visitor_sees_their_own_thread_only(client: FlaskClient, say: Callable[..., int]) -> None:
    one, other = Visitor(client), Visitor(client)
    first = one.write("hello from one")["message"]["id"]
    other.write("hello from the other")
    say("for the other")
    say("Hola, soy Ana.", "responder", "es", name="Ana María López")
    assert [message["text"] for message in one.history()] == ["hello from one"]
    assert one.history(after=first) == []
    seen = other.history()
    assert [message["text"] for message in seen] == ["hello from the other", "for the other", "Hola, soy Ana."]
    assert [message["id"] for message in seen] == sorted(message["id"] for message in seen)
    assert (seen[2]["author"], seen[2]["responder"], seen[2]["language"]) == ("responder", "Ana", "es")
    assert datetime.fromisoformat(seen[0]["time"]).tzinfo is not None


def test_the_thread_goes_on_after_a_conversation_was_closed(visitor: Visitor, database: Database) -> None:
    visitor.write("first")
    with database.begin() as session:
        conversations.close(session, session.scalars(select(Conversation)).one(), "resident_done", datetime.now(UTC))
    visitor.write("second")
    assert rows(database, Conversation) == 2
    assert [message["text"] for message in visitor.history()] == ["first", "second"]


def test_a_long_thread_comes_in_pages(visitor: Visitor, database: Database) -> None:
    visitor.write("start")
    with database.begin() as session:
        conversation = conversations.lock(session, session.scalars(select(Conversation.id)).one())
        for number in range(chat.PAGE + 3):
            conversations.say(session, conversation, str(number), "bot", datetime.now(UTC))
    found: list[dict[str, Any]] = []
    more = True
    while more:
        after = found[-1]["id"] if found else 0
        page = visitor.client.get(f"/chat/messages?after={after}", headers=visitor.headers).get_json()
        found, more = found + page["messages"], page["more"]
    assert [message["text"] for message in found] == ["start", *map(str, range(chat.PAGE + 3))]


def test_answers_are_kept_nowhere_on_the_way(visitor: Visitor) -> None:
    for answer in (visitor.post("hi"), visitor.client.get("/chat/messages", headers=visitor.headers)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_token_and_no_words_in_the_log(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    visitor.write("canary words 81723")
    visitor.post("canary words 81723", "bad id")
    visitor.history()
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "canary words" not in logged
    assert visitor.token not in logged
