"""Who may say what came of a referral, tried for everybody, every state and every step; and what was in the way."""

import itertools

import pytest
from sqlalchemy.orm import Session

from gateway import follow_up_words, referrals
from gateway.referrals import By
from tests.gateway.test_referrals import NOW, STATES, bring, offered, session

__all__ = ["session"]
KINDS = tuple(referrals.MAY_SAY)
# written out once more, so that a change of the table is a change of two files
SAID_BY = {
    "bot": {"lost"},
    "resident": {"accepted", "declined", "contacted", "connected", "service_obtained", "not_obtained"},
    "responder": set(STATES) - {"offered"},
    "provider": {"contacted", "connected", "service_obtained", "not_obtained"},
}


def test_everybody_says_what_they_can_know_and_nothing_else(session: Session) -> None:
    row = offered(session)
    for kind, before, after in itertools.product(KINDS, STATES, STATES):
        bring(session, row, before)
        count = len(referrals.events(session, row))
        may = after in referrals.TRANSITIONS[before] and after in SAID_BY[kind]
        assert (after in referrals.open_to(row, kind)) is may
        assert referrals.move(session, row, after, NOW, By(kind)) is may, (kind, before, after)
        assert row.state == (after if may else before)
        assert len(referrals.events(session, row)) == count + may


def test_somebody_else_says_nothing(session: Session) -> None:
    row = offered(session)
    assert not referrals.open_to(row, "stranger")
    assert not referrals.move(session, row, "accepted", NOW, By("stranger"))


def test_only_what_was_not_obtained_has_something_in_the_way(session: Session) -> None:
    row = offered(session)
    for state in set(STATES) - {"not_obtained"}:
        with pytest.raises(ValueError, match="no barrier"):
            referrals.move(session, row, state, NOW, By("responder"), barrier="cost")
    with pytest.raises(ValueError, match="no barrier"):
        referrals.move(session, row, "not_obtained", NOW, By("responder"), barrier="bad luck")
    assert row.state == "offered"
    for code in follow_up_words.codes():
        bring(session, row, "accepted")
        assert referrals.move(session, row, "not_obtained", NOW, By("responder"), barrier=code)
        assert (row.barrier_code, referrals.events(session, row)[-1].barrier_code) == (code, code)
    assert referrals.move(session, row, "service_obtained", NOW, By("resident"))
    assert row.barrier_code is None
