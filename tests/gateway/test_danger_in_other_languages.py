"""Danger that is told in a language that we do not write reaches a person at once, and is answered in it first."""

import pytest

from gateway import strangers, texts
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import AuditEntry, Conversation, Escalation, Message
from gateway.receiving import receive
from gateway.settings import Settings
from tests.conftest import RESIDENT, Clock
from tests.gateway.road import rows, sid

SAID = {
    "pt": "eu quero morrer, não aguento mais",
    "ht": "mwen vle mouri",
    "fr": "je ne veux plus vivre",
    "vi": "tôi muốn chết",
    "zh": "我不想活了",
    "ar": "أريد أن أموت",
    "tl": "gusto ko nang mamatay",
    "ru": "я хочу умереть",
    "ko": "죽고 싶어요",
}


@pytest.mark.parametrize(("iso", "text"), SAID.items())
def test_a_person_is_asked_and_their_own_language_comes_first(
    database: Database, settings: Settings, door: Door, clock: Clock, iso: str, text: str
) -> None:
    with database.begin() as session:
        said = receive(session, settings.keys, door.community, Inbound(SMS, RESIDENT, sid(1), text), clock()).replies
    safety = texts.safety(["suicide"], "urgent", None, door.community)
    assert said[0] == strangers.lines()[iso].nobody_on_shift
    assert said[1:3] == safety
    [row] = rows(database, Escalation)
    assert (row.reason, row.level) == ("risk", "urgent")
    [conversation] = rows(database, Conversation)
    assert conversation.language_memory["other"] == iso
    assert [each.detail["language"] for each in rows(database, AuditEntry) if each.act == "interpreter"] == [iso]
    assert [each.handled_by for each in rows(database, Message) if each.direction == "in"] == ["safety"]


def test_danger_in_english_or_spanish_gets_no_other_line(
    database: Database, settings: Settings, door: Door, clock: Clock
) -> None:
    with database.begin() as session:
        inbound = Inbound(SMS, RESIDENT, sid(1), "i want to die")
        said = receive(session, settings.keys, door.community, inbound, clock()).replies
    assert said[:2] == texts.safety(["suicide"], "urgent", "en", door.community)


def test_a_line_that_cannot_be_read_costs_no_safety_text(
    database: Database, settings: Settings, door: Door, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ValueError

    monkeypatch.setattr(strangers, "lines", broken)
    with database.begin() as session:
        inbound = Inbound(SMS, RESIDENT, sid(1), SAID["pt"])
        said = receive(session, settings.keys, door.community, inbound, clock()).replies
    assert said[:2] == texts.safety(["suicide"], "urgent", None, door.community)
