"""Referrals: one table of steps, each compared and set and kept; the same service told twice is one referral."""

import itertools
import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import referrals
from gateway.db import Database
from gateway.models import Contact, Conversation, Message, Referral, ReferralEvent, referral
from gateway.referrals import By, Offer

pytestmark = pytest.mark.slow

NOW = datetime.fromisoformat("2026-11-26T12:00:00+00:00")
PANTRY, KITCHEN = Offer("town:pantry", "Pantry", "food", "hall"), Offer("town:kitchen", "Kitchen", "food")
STATES = tuple(referrals.TRANSITIONS)


@pytest.fixture
def session(database: Database):
    with database.begin() as opened:
        yield opened


def thread(session: Session) -> tuple[Conversation, Message]:
    contact = Contact(channel="sms", address_hash=uuid.uuid4().hex, created_at=NOW)
    session.add(contact)
    session.flush()
    conversation = Conversation(
        public_id=uuid.uuid4(), contact_id=contact.id, channel="sms", handler="bot", opened_at=NOW
    )
    session.add(conversation)
    session.flush()
    message = Message(conversation_id=conversation.id, direction="in", author="resident", text="food", created_at=NOW)
    session.add(message)
    session.flush()
    return conversation, message


def offered(session: Session) -> Referral:
    conversation, message = thread(session)
    [row] = referrals.refer(session, conversation, message, [PANTRY], NOW)
    return row


def bring(session: Session, row: Referral, state: str) -> None:
    """Put it into a state by hand: the table of steps is what is tested."""
    row.state = state
    session.flush()


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_every_step_is_in_the_table_or_refused(session: Session, before: str, after: str) -> None:
    row = offered(session)
    bring(session, row, before)
    allowed = after in referrals.TRANSITIONS[before]
    assert referrals.move(session, row, after, NOW, By("responder")) is allowed
    assert row.state == (after if allowed else before)
    steps = [(event.from_state, event.state, event.by) for event in referrals.events(session, row)]
    assert steps == [(None, "offered", "bot"), *([(before, after, "responder")] if allowed else [])]


def test_no_step_leads_back_and_every_open_state_can_end() -> None:
    rank = {state: number for number, state in enumerate(referrals.OPEN)}
    for state in referrals.OPEN:
        assert all(rank[state] < rank.get(to, 99) for to in referrals.TRANSITIONS[state])
        assert {"service_obtained", "not_obtained", "lost"} <= referrals.TRANSITIONS[state]
    assert not referrals.TRANSITIONS["declined"]
    assert not referrals.TRANSITIONS["service_obtained"]
    assert not any(set(referrals.TRANSITIONS[state]) & set(referrals.OPEN) for state in ("lost", "not_obtained"))


def test_the_index_that_keeps_one_open_knows_the_open_states() -> None:
    [index] = [index for index in Referral.__table__.indexes if index.name == "uq_referrals_open"]
    assert re.findall(r"'(\w+)'", str(index.dialect_options["postgresql"]["where"])) == list(referrals.OPEN)


def test_whoever_saw_an_older_state_moves_nothing(database: Database) -> None:
    with database.begin() as first:
        number = offered(first).id
    with database.begin() as one:
        mine = one.get_one(Referral, number)
        with database.begin() as other:
            assert referrals.move(other, other.get_one(Referral, number), "declined", NOW, By("resident"))
        assert not referrals.move(one, mine, "accepted", NOW, By("responder"))
        assert mine.state == "declined"


def test_what_is_told_again_is_the_same_referral_told_again(session: Session) -> None:
    conversation, message = thread(session)
    first = referrals.refer(session, conversation, message, [PANTRY, KITCHEN], NOW)
    later = NOW + timedelta(minutes=5)
    again = referrals.refer(session, conversation, message, [KITCHEN, PANTRY], later)
    assert [row.id for row in again] == [first[1].id, first[0].id]
    assert [(row.ordinal, row.offered_at, row.offered_again_at) for row in again] == [(1, NOW, later), (2, NOW, later)]
    assert (first[0].name, first[0].location_id, first[0].need) == ("Pantry", "hall", "food")
    told = select(ReferralEvent.ordinal).where(ReferralEvent.referral_id == first[0].id).order_by(ReferralEvent.id)
    assert session.scalars(told).all() == [1, 2]


def test_another_need_and_a_closed_one_are_new_referrals(session: Session) -> None:
    conversation, message = thread(session)
    [row] = referrals.refer(session, conversation, message, [PANTRY], NOW)
    [for_baby] = referrals.refer(session, conversation, message, [Offer("town:pantry", "Pantry", "baby")], NOW)
    assert referrals.move(session, row, "lost", NOW, By())
    [again] = referrals.refer(session, conversation, message, [PANTRY], NOW)
    assert len({row.id, for_baby.id, again.id}) == 3
    assert referrals.open_of(session, conversation.id) == [for_baby, again]


def test_a_barrier_goes_to_what_was_not_obtained_and_has_none(session: Session) -> None:
    conversation, message = thread(session)
    rows = referrals.refer(session, conversation, message, [PANTRY, KITCHEN], NOW)
    assert referrals.move(session, rows[0], "not_obtained", NOW, By("resident"), barrier="cost")
    assert referrals.move(session, rows[1], "not_obtained", NOW, By("resident"))
    referrals.note_barrier(session, conversation.id, "hours", NOW, By("resident"))
    assert [row.barrier_code for row in rows] == ["cost", "hours"]
    assert referrals.events(session, rows[1])[-1].barrier_code == "hours"


def test_asking_for_details_is_no_yes(session: Session) -> None:
    row = offered(session)
    referrals.view(session, row, NOW)
    referrals.view(session, row, NOW + timedelta(hours=1))
    assert (row.viewed_at, row.state) == (NOW, "offered")


def test_nobody_else_writes_a_referral() -> None:
    gateway = Path(referrals.__file__).parent
    apart = {Path(referrals.__file__), Path(referral.__file__)}
    writes = re.compile(r"(?<!class )\bReferral\(|\bupdate\(Referral\)|\bdelete\(Referral\)")
    for path in gateway.rglob("*.py"):
        assert path in apart or not writes.search(path.read_text()), path
