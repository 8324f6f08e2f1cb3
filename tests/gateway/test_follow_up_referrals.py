"""A follow-up ends whatever is still open, however far it came, and leaves alone what somebody else ended."""

import pytest
from sqlalchemy import select

from gateway import referrals
from gateway.models import Referral
from gateway.referrals import By
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.follow_up_street import Street
from tests.gateway.test_follow_ups import agreed, clock, states, street

__all__ = ["clock", "street"]
pytestmark = pytest.mark.slow  # many conversations on the real store


def ask(street: Street, bot: FakeRasa, *moved: str) -> None:
    """Ask when it is due; before that a responder or a provider moved the referrals, in their order."""
    agreed(street, bot)
    with street.database.begin() as session:
        for row, state in zip(session.scalars(select(Referral).order_by(Referral.ordinal)), moved, strict=True):
            assert referrals.move(session, row, state, street.clock(), By("responder"))
    street.clock.forward(days=2)
    assert street.sweep()
    street.send()


@pytest.mark.parametrize("moved", [("accepted", "sent", "contacted"), ("connected", "accepted", "sent")])
def test_what_was_accepted_or_passed_on_ends_with_the_answer(
    street: Street,
    bot: FakeRasa,
    moved: tuple[str, ...],
) -> None:
    ask(street, bot, *moved)
    street.text("2")
    assert states(street) == ["not_obtained"] * 3
    street.text("4")
    assert {row.barrier_code for row in street.all(Referral)} == {"cost"}


def test_what_nobody_answers_for_is_lost(
    street: Street,
    bot: FakeRasa,
) -> None:
    ask(street, bot, "accepted", "sent", "connected")
    street.clock.forward(days=4)
    street.sweep()
    assert states(street) == ["lost"] * 3


def test_what_the_provider_or_the_resident_ended_stays(
    street: Street,
    bot: FakeRasa,
) -> None:
    ask(street, bot, "service_obtained", "declined", "contacted")
    street.text("2")
    assert states(street) == ["service_obtained", "declined", "not_obtained"]


def test_the_one_accepted_is_the_one_that_helped(
    street: Street,
    bot: FakeRasa,
) -> None:
    ask(street, bot, "declined", "accepted", "declined")
    street.text("1")
    assert states(street) == ["declined", "service_obtained", "declined"]
