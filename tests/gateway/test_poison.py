"""A message that cannot even be read is tried a few times, keeps nobody else waiting, and then goes to a person."""

from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from gateway import asides, turns
from gateway.conversations import SMS, Inbound
from gateway.door import Door
from gateway.models import Conversation, Escalation, Message
from gateway.receiving import receive
from tests.gateway.turn_street import Street


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a message that says so breaks, in the middle of the transaction."""
    real = asides.before

    def break_off(session: Any, message: Message) -> Any:
        if "poison" in message.text:
            session.execute(text("select 1 / 0"))
        return real(session, message)

    monkeypatch.setattr(asides, "before", break_off)


def take(street: Street) -> tuple[Any, Any] | None:
    return turns.take_next(street.database, street.town, "test", street.clock)


def lease_runs_out(street: Street) -> None:
    with street.database.begin() as session:
        session.execute(update(Conversation).values(lease_until=None))


@pytest.mark.usefixtures("poison")
def test_it_is_counted_and_a_person_gets_it_after_the_last_try(street: Street) -> None:
    street.text("this is poison for you")
    for tries in range(1, turns.MOST_ATTEMPTS + 1):
        taken = take(street)
        assert taken is not None
        assert taken[1] is None
        assert street.one(Message).attempts == tries
        assert take(street) is None  # the lease is kept a while: no loop runs hot
        lease_runs_out(street)
    taken = take(street)
    assert taken is not None
    assert taken[1] is not None
    turns.answer(street.database, street.rasa, street.town, taken[0], taken[1], street.clock)
    assert street.handled() == ["failed"]
    assert street.one(Escalation).reason == "could_not_process"
    assert street.one(Conversation).pending_since is None


@pytest.mark.usefixtures("poison")
def test_nobody_else_waits_for_it(street: Street, door: Door) -> None:
    street.text("this is poison for you")
    other = Inbound(SMS, "+15555550142", "SM" + "f" * 32, "i need some food please")
    with street.database.begin() as session:
        receive(session, door.settings.keys, street.town, other, street.clock())
    first, second = take(street), take(street)
    assert first is not None
    assert first[1] is None
    assert second is not None
    assert second[1] is not None
    assert second[1].turn.text == "i need some food please"


def test_a_store_that_is_gone_is_not_the_messages_fault(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.text("hello there")

    def gone(*_: Any) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(asides, "with_unheard", gone)
    with pytest.raises(OperationalError):
        take(street)
    assert street.one(Message).attempts == 0


def test_what_cannot_be_written_is_counted_too(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the store refuses what reading it would write, not the question that it asks."""
    real = asides.before

    def spoil(session: Any, message: Message) -> Any:
        message.handled_by = "x" * 50  # longer than its column
        return real(session, message)

    monkeypatch.setattr(asides, "before", spoil)
    street.text("necesito comida por favor")
    taken = take(street)
    assert taken is not None
    assert taken[1] is None
    assert street.one(Message).attempts == 1
    assert take(street) is None


@pytest.mark.usefixtures("poison")
def test_a_later_message_of_the_same_lease_is_counted_too(street: Street) -> None:
    street.text("necesito comida por favor")
    street.text("this is poison for you")
    taken = take(street)
    assert taken is not None
    assert taken[1] is not None
    assert turns.answer(street.database, street.rasa, street.town, taken[0], taken[1], street.clock)
    assert turns.note_next(street.database, street.town, taken[0], street.clock) is None
    with street.database.begin() as session:
        assert list(
            session.scalars(select(Message.attempts).where(Message.direction == "in").order_by(Message.id))
        ) == [
            1,
            1,
        ]
    assert take(street) is None  # the lease is kept a while
