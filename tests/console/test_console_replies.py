"""Ready replies in both languages, drafts that follow their writer, and hints on the wording."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from gateway import escalations, reply_pairs, texts
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import AuditEntry, Conversation, Delivery, Draft, Escalation, Message
from tests.console.conftest import PASSWORD, Person, log_in

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
NUMBER = "+15555550171"


def replies(database: Database) -> list[tuple[str, str | None, str | None]]:
    with database.begin() as session:
        wanted = select(Message.text, Message.language, Message.pair).where(Message.author == "responder")
        return [tuple(row) for row in session.execute(wanted.order_by(Message.id))]


def claimed(who: Person, written: Written, database: Database, language: str | None, **more: Any) -> str:
    """The path of a thread that ``who`` has claimed, with a resident of that language."""
    row = written(number=NUMBER, **more)
    with database.begin() as session:
        session.get_one(Conversation, row.conversation_id).language = language
    there = f"/console/threads/{row.id}"
    assert who.post(f"{there}/claim", epoch=0).status_code == 303
    return there


def test_a_spanish_resident_gets_spanish_and_the_responder_reads_both(
    ana: Person, written: Written, database: Database
) -> None:
    there = claimed(ana, written, database, "es")
    assert ana.post(f"{there}/reply", epoch=1, pair="pair_where", text="half a thought").status_code == 303
    spanish, english = (texts.wording("pair_where")[code] for code in ("es", "en"))
    assert replies(database) == [(spanish, "es", "pair_where")]
    page = ana.client.get(there).text
    assert f'<p class="counterpart" lang="en"><bdi dir="auto">{english}</bdi></p>' in page
    with database.begin() as session:
        message = session.scalars(select(Message).where(Message.pair == "pair_where")).one()
        assert session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one().status == "queued"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "reply")).one()
        assert entry.detail == {"message": message.id}


def test_a_place_is_filled_in_and_named_in_both(ana: Person, written: Written, database: Database) -> None:
    there = claimed(ana, written, database, "es")
    form = {"pair": "pair_looking", "pair_looking.place": "  la calle\n24 {x} ", "pair_none.place": "elsewhere"}
    assert ana.post(f"{there}/reply", epoch=1, **form).status_code == 303
    assert replies(database)[0][0] == texts.say("pair_looking", "es", place="la calle 24 {x}")
    assert texts.say("pair_looking", "en", place="la calle 24 {x}") in ana.client.get(there).text


def test_an_empty_place_sends_nothing(ana: Person, written: Written, database: Database) -> None:
    there = claimed(ana, written, database, "en")
    answer = ana.post(f"{there}/reply", epoch=1, pair="pair_looking", text="my own words")
    assert answer.status_code == 400
    assert "fill in the place" in answer.text
    assert "my own words" in answer.text
    assert replies(database) == []


def test_without_a_language_both_are_sent_unless_one_is_chosen(
    ana: Person, written: Written, database: Database
) -> None:
    there = claimed(ana, written, database, None)
    ana.post(f"{there}/reply", epoch=1, pair="pair_first")
    ana.post(f"{there}/reply", epoch=1, pair="pair_people", pair_as="es")
    assert replies(database) == [
        (texts.both("pair_first"), None, "pair_first"),
        (texts.wording("pair_people")["es"], "es", "pair_people"),
    ]


def test_a_ready_reply_is_sent_once_and_only_by_the_owner(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    there = claimed(ana, written, database, "en")
    for _ in range(2):
        assert ana.post(f"{there}/reply", epoch=1, pair="pair_hello").status_code == 303
    assert person("Bo").post(f"{there}/reply", epoch=1, pair="pair_first").status_code == 409
    assert ana.post(f"{there}/reply", epoch=1, pair="help", pair_as="en").status_code == 400
    assert ana.post(f"{there}/reply", epoch=1, pair="pair_first", pair_as="fr").status_code == 400
    assert [text for text, _, _ in replies(database)] == [texts.say("pair_hello", "en", responder="Ana")]


def test_every_pair_says_the_same_in_both_and_is_known_again() -> None:
    listed = list(reply_pairs.every())
    assert {each.key for each in listed} == {key for key in texts.keys() if key.startswith("pair_")}
    for pair in listed:
        assert texts.placeholders(pair.wording["en"]) == texts.placeholders(pair.wording["es"])
        values = dict.fromkeys(pair.places, "94110")
        said = {code: reply_pairs.fill(pair.key, code, "Ana", values) for code in ("en", "es")}
        assert reply_pairs.counterpart(pair.key, said["en"]) == ("es", said["es"])
        assert reply_pairs.counterpart(pair.key, said["es"]) == ("en", said["en"])
        assert reply_pairs.counterpart(pair.key, reply_pairs.fill(pair.key, "both", "Ana", values)) is None
    assert reply_pairs.counterpart("pair_gone", "Hello") is None
    with pytest.raises(Refused, match="no_such_pair"):
        reply_pairs.fill("safety_check", "en", "Ana", {})


def test_a_draft_goes_on_on_another_device(ana: Person, written: Written, database: Database) -> None:
    there = claimed(ana, written, database, "en")
    assert ana.post(f"{there}/draft", text="I am thinking\r\nof you").status_code == 200
    phone = Person(ana.id, ana.email, ana.name, ana.client.application.test_client())
    assert log_in(phone.client, ana.email, PASSWORD).status_code == 303
    assert ">I am thinking\nof you</textarea>" in phone.client.get(there).text
    phone.post(f"{there}/draft", text="I am thinking of you and")
    assert ">I am thinking of you and</textarea>" in ana.client.get(there).text
    ana.post(f"{there}/reply", epoch=1, pair="pair_first")
    assert ">I am thinking of you and</textarea>" in ana.client.get(there).text  # a ready reply is not the draft
    ana.post(f"{there}/reply", epoch=1, text="I am here.")
    ana.post(f"{there}/draft", text="I am here.")  # was on its way while it was sent
    with database.begin() as session:
        assert session.scalars(select(Draft)).all() == []


def test_a_draft_is_its_writers_alone(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    there = claimed(ana, written, database, "en")
    ana.post(f"{there}/draft", text="a canary of mine")
    bo = person("Bo", "supervisor")
    assert "a canary of mine" not in bo.client.get(there).text
    assert bo.post(f"{there}/draft", text="mine now").status_code == 403
    assert ana.post("/console/threads/999999/draft", text="x").status_code == 404
    ana.post(f"{there}/draft", text="  ")
    assert ana.post(f"{there}/release", epoch=1).status_code == 303
    assert ana.post(f"{there}/draft", text="too late").status_code == 403
    with database.begin() as session:
        assert session.scalars(select(Draft)).all() == []


def test_a_draft_touches_no_sequence_and_no_message(ana: Person, written: Written, database: Database) -> None:
    there = claimed(ana, written, database, "en")
    ana.post(f"{there}/draft", text="words")  # a sign of life, which is written down at most each 15 s
    with database.begin() as session:
        before = session.scalars(select(Escalation.version)).all()
    ana.post(f"{there}/draft", text="words that stay here")
    with database.begin() as session:
        assert session.scalars(select(Escalation.version)).all() == before
        assert session.scalars(select(Message.text).where(Message.text.contains("stay here"))).all() == []
        assert session.scalars(select(Escalation.status)).one() == escalations.CLAIMED


def test_the_draft_is_answered_with_hints(ana: Person, written: Written, database: Database) -> None:
    there = claimed(ana, written, database, "es")
    told = ana.post(f"{there}/draft", text="You refused to see the <b>addict</b>.").text
    assert "said no" in told
    assert "a person who uses drugs" in told
    assert "The resident reads Spanish; this is in English" in told
    assert "<b>" not in told
    assert ana.post(f"{there}/draft", text="Estoy aquí. ¿Dónde está ahora?").text.strip() == ""
    # A hint never stands in the way.
    assert ana.post(f"{there}/reply", epoch=1, text="You refused.").status_code == 303
