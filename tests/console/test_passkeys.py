"""Passkeys: for this site, for this ceremony, by the person, and never a copy."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import credentials, log_ins, passkeys
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import AuditEntry, Passkey, Responder
from gateway.passkeys import Site, site_of
from tests.console.authenticator import PRESENT, Authenticator
from tests.console.conftest import PASSWORD, Person

pytestmark = pytest.mark.slow

SITE = Site("localhost", "http://localhost")


@pytest.fixture
def ana(database: Database, now: datetime) -> Responder:
    with database.begin() as session:
        return log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, now)


def made(database: Database, who: Responder, chip: Authenticator, now: datetime, name: str = "Phone") -> Passkey:
    with database.begin() as session:
        begun = passkeys.register_options(session, SITE, who, now)
        return passkeys.register(session, SITE, who, begun["token"], chip.make(begun["options"]), name, now)


def shown(
    database: Database, chip: Authenticator, now: datetime, whose: int | None = None, **changed: Any
) -> Responder | None:
    with database.begin() as session:
        begun = passkeys.assert_options(session, SITE, whose, now)
        return passkeys.prove(session, SITE, begun["token"], chip.show(begun["options"]) | changed, now)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://door.town.example", Site("door.town.example", "https://door.town.example")),
        ("https://door.town.example:8443", Site("door.town.example", "https://door.town.example:8443")),
        ("http://localhost:8080", Site("localhost", "http://localhost:8080")),
        ("http://door.town.example", None),
        ("http://127.0.0.1:8080", None),
        ("https://[::1]:8080", None),
    ],
)
def test_a_site_needs_a_name_and_a_safe_way(url: str, site: Site | None) -> None:
    assert site_of(url) == site


def test_who_made_it_comes_in_by_it(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator()
    kept = made(database, ana, chip, now)
    assert (kept.name, kept.transports) == ("Phone", ["internal"])
    for whose in (None, ana.id):
        found = shown(database, chip, now, whose)
        assert found is not None
        assert found.id == ana.id
    with database.begin() as session:
        assert credentials.factors(session, ana.id).any
        assert session.scalars(select(Passkey.last_used_at)).one() == now


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://localhost.evil.example"},
        {"origin": "http://localhost:9"},
        {"host": "evil.example"},
        {"flags": PRESENT},  # somebody held the phone, but nobody asked who
        {"flags": 0},
    ],
)
def test_what_is_for_elsewhere_or_of_nobody_is_refused(
    database: Database, ana: Responder, now: datetime, lie: dict[str, Any]
) -> None:
    chip = Authenticator()
    made(database, ana, chip, now)
    liar = Authenticator(**({"id": chip.id, "key": chip.key} | lie))
    assert shown(database, liar, now) is None
    with pytest.raises(Refused, match="passkey_refused"):
        made(database, ana, Authenticator(**lie), now)
    with database.begin() as session:
        assert "passkey_refused" in session.scalars(select(AuditEntry.act)).all()
        assert len(session.scalars(select(Passkey)).all()) == 1


def test_a_copy_is_noticed_by_its_count(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator(count=5)
    made(database, ana, chip, now)
    copy = Authenticator(id=chip.id, key=chip.key, count=5)
    chip.count = 6
    assert shown(database, chip, now) is not None
    for count in (5, 6, 0):
        copy.count = count
        assert shown(database, copy, now) is None
    chip.count = 7
    assert shown(database, chip, now) is not None


def test_the_key_of_another_signs_nothing(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator()
    made(database, ana, chip, now)
    assert shown(database, Authenticator(id=chip.id), now) is None
    assert shown(database, Authenticator(), now) is None


def test_the_second_step_takes_a_passkey_of_that_person_alone(
    database: Database, ana: Responder, now: datetime
) -> None:
    with database.begin() as session:
        ben = log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, now)
    chip = Authenticator()
    made(database, ben, chip, now)
    assert shown(database, chip, now, whose=ana.id) is None


def test_an_answer_counts_once_and_in_time(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator()
    made(database, ana, chip, now)
    with database.begin() as session:
        begun, late = (passkeys.assert_options(session, SITE, None, now) for _ in range(2))
        answer = chip.show(begun["options"])
        assert passkeys.prove(session, SITE, begun["token"], answer, now) is not None
        assert passkeys.prove(session, SITE, begun["token"], answer, now) is None
        assert passkeys.prove(session, SITE, late["token"], answer, now) is None  # signed for another challenge
    with database.begin() as session:
        late = passkeys.assert_options(session, SITE, None, now)
        answer = chip.show(late["options"])
        assert passkeys.prove(session, SITE, late["token"], answer, now + timedelta(minutes=5)) is None


def test_one_cannot_be_made_for_a_colleague(database: Database, ana: Responder, now: datetime) -> None:
    with database.begin() as session:
        ben = log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, now)
        begun = passkeys.register_options(session, SITE, ana, now)
        answer = Authenticator().make(begun["options"])
        with pytest.raises(Refused, match="passkey_refused"):
            passkeys.register(session, SITE, ben, begun["token"], answer, "", now)


def test_the_same_one_is_not_kept_twice(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator()
    made(database, ana, chip, now)
    with pytest.raises(Refused, match="passkey_known"):
        made(database, ana, chip, now)


def test_ten_are_enough(database: Database, ana: Responder, now: datetime) -> None:
    for _ in range(10):
        made(database, ana, Authenticator(), now)
    with pytest.raises(Refused, match="too_many_passkeys"):
        made(database, ana, Authenticator(), now)


def test_a_removed_one_opens_nothing(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator()
    kept = made(database, ana, chip, now)
    with database.begin() as session, pytest.raises(Refused, match="last_factor"):
        passkeys.remove(session, ana, kept.id, now, required=True)
    with database.begin() as session:
        ben = log_ins.create_responder(session, "ben@example.org", "Ben", "responder", PASSWORD, now)
        with pytest.raises(Refused, match="no_such_passkey"):
            passkeys.remove(session, ben, kept.id, now, required=False)
        passkeys.remove(session, ana, kept.id, now, required=False)
        with pytest.raises(Refused, match="no_such_passkey"):
            passkeys.remove(session, ana, kept.id, now, required=False)
        assert not credentials.factors(session, ana.id).any
    assert shown(database, chip, now) is None


def test_who_was_sent_away_has_none(database: Database, ana: Responder, now: datetime) -> None:
    chip = Authenticator()
    made(database, ana, chip, now)
    with database.begin() as session:
        session.get_one(Responder, ana.id).active = False
    assert shown(database, chip, now) is None


NONSENSE = [None, [], "x", {}, {"rawId": 5}, {"rawId": "%%%"}, {"rawId": "aa", "response": None}]


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_is_refused(database: Database, ana: Responder, now: datetime, answer: Any) -> None:
    with database.begin() as session:
        begun = passkeys.assert_options(session, SITE, None, now)
        assert passkeys.prove(session, SITE, begun["token"], answer, now) is None
        begun = passkeys.register_options(session, SITE, ana, now)
        with pytest.raises(Refused, match="passkey_refused"):
            passkeys.register(session, SITE, ana, begun["token"], answer, "", now)


@pytest.mark.parametrize("broken", [{"response": None}, {"response": {}}, {"response": []}, {"type": "x"}, {"id": 1}])
def test_a_broken_answer_of_a_known_one_is_refused(
    database: Database, ana: Responder, now: datetime, broken: dict[str, Any]
) -> None:
    chip = Authenticator()
    made(database, ana, chip, now)
    assert shown(database, chip, now, **broken) is None
    with database.begin() as session:
        begun = passkeys.register_options(session, SITE, ana, now)
        answer = Authenticator().make(begun["options"]) | broken
        with pytest.raises(Refused, match="passkey_refused"):
            passkeys.register(session, SITE, ana, begun["token"], answer, "", now)


def test_where_the_address_is_a_number_there_are_none(person: Callable[..., Person]) -> None:
    ana = person("Ana")
    headers = {"X-CSRFToken": ana.token(), "Accept": "application/json"}
    for path in ("account/passkeys/options", "account/passkeys", "log-in/passkey/options", "log-in/passkey"):
        answer = ana.client.post(f"/console/{path}", json={}, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "no_passkeys_here")
    assert "passkeys need an address with a name" in ana.client.get("/console/account").text
