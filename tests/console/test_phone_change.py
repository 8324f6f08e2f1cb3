"""Another phone in place of one that works: the old one rings until the new one is proved."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from gateway import log_ins, phones
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Notice, Responder
from tests.console.conftest import PASSWORD

OLD, NEW, OTHER = "+14155550123", "+14155550124", "+14155550125"


@pytest.fixture
def keys(door: Door) -> Keys:
    return door.settings.keys


@pytest.fixture
def ana(database: Database, keys: Keys, now: datetime) -> Responder:
    with database.begin() as session:
        who = log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, now)
        phones.set_verified(session, keys, who.id, OLD, now)
        return who


def code_of(database: Database) -> str:
    """What the last text says."""
    with database.begin() as session:
        last = session.scalars(select(Notice).order_by(Notice.id.desc()).limit(1)).one()
    found = re.search(r"\d{6}", last.text)
    assert found
    return found[0]


def number(database: Database, keys: Keys, who: Responder) -> tuple[str | None, bool]:
    with database.begin() as session:
        row = session.get_one(Responder, who.id)
        return keys.open(row.phone_sealed) if row.phone_sealed else None, row.phone_verified_at is not None


def test_the_old_number_is_in_use_until_the_new_one_is_proved(
    database: Database, keys: Keys, ana: Responder, now: datetime
) -> None:
    with database.begin() as session:
        token = phones.begin(session, keys, ana, NEW, now)
    assert number(database, keys, ana) == (OLD, True)
    with database.begin() as session:
        row = session.get_one(Responder, ana.id)
        to = [phones.sealed_for(row, kind) for kind in (phones.KIND, "page")]
        assert [keys.open(each) for each in to if each] == [NEW, OLD]
        assert phones.confirm(session, keys, ana, token, code_of(database), now)
    assert number(database, keys, ana) == (NEW, True)
    with database.begin() as session:
        assert phones.sealed_for(session.get_one(Responder, ana.id), phones.KIND) is None


def test_a_code_proves_the_number_that_it_was_sent_to_and_no_other(
    database: Database, keys: Keys, ana: Responder, now: datetime
) -> None:
    with database.begin() as session:
        first = phones.begin(session, keys, ana, NEW, now)
    code = code_of(database)
    with database.begin() as session:
        phones.begin(session, keys, ana, OTHER, now)
        sent = session.scalars(select(Notice.state).order_by(Notice.id)).all()
        assert sent == ["cancelled", "queued"]  # else the first code would be texted to the second number
        assert not phones.confirm(session, keys, ana, first, code, now)
    assert number(database, keys, ana) == (OLD, True)


def test_a_number_that_a_colleague_has_by_then_is_refused(
    database: Database, keys: Keys, ana: Responder, now: datetime
) -> None:
    with database.begin() as session:
        ben = log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, now)
        token = phones.begin(session, keys, ana, NEW, now)
    code = code_of(database)
    with database.begin() as session:
        phones.set_verified(session, keys, ben.id, NEW, now)
    with database.begin() as session, pytest.raises(Refused, match="phone_taken"):
        phones.confirm(session, keys, ana, token, code, now)
    assert number(database, keys, ana) == (OLD, True)


def test_without_one_that_works_nothing_is_sent_but_the_code(database: Database, keys: Keys, now: datetime) -> None:
    with database.begin() as session:
        ben = log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, now)
        phones.begin(session, keys, ben, NEW, now)
        row = session.get_one(Responder, ben.id)
        assert phones.sealed_for(row, "page") is None
        sealed = phones.sealed_for(row, phones.KIND)
        assert sealed is not None
        assert keys.open(sealed) == NEW
