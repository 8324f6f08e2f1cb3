"""A team that does not answer, is not heard of, or is in danger: who is told, when, and how often."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from gateway import dispatch_links, dispatch_watch, dispatches
from gateway.db import Database
from gateway.errors import Conflict
from gateway.models import Dispatch, Escalation, Notice, PushSubscription, Responder, Shift
from tests.gateway.teams_out import Outing
from tests.gateway.test_dispatches import ana, out

pytestmark = pytest.mark.slow

__all__ = ["ana", "out"]


@pytest.fixture
def zoe(out: Outing) -> Responder:
    """A supervisor with a phone."""
    who = out.person("Zoe Lee", "supervisor")
    out.phone(who)
    return who


def look(out: Outing, at: datetime) -> list[Notice]:
    """What a look of the clock sends."""
    before = len(out.notices())
    with out.database.begin() as session:
        changed = list(dispatch_watch.overdue(session, out.community, at))
    news = out.notices()[before:]
    assert changed == ([out.dispatch().conversation_id] if news else [])
    return news


def alarm(out: Outing) -> str | None:
    with out.database.begin() as session:
        return dispatch_watch.alarm(session, session.get_one(Dispatch, out.dispatch().id))[0]


def test_who_does_not_answer_is_shown_to_supervisors_again_and_again(
    out: Outing, ana: Responder, zoe: Responder
) -> None:
    out.sent(ana)
    assert look(out, out.later(minutes=4)) == []
    told, called = look(out, out.later(minutes=2))
    assert [(each.responder_id, each.means) for each in (told, called)] == [(zoe.id, "sms"), (zoe.id, "voice")]
    assert "has not said yes or no" in told.text
    assert (out.dispatch().state, alarm(out)) == ("unanswered", "no_answer")
    assert look(out, out.later(minutes=9)) == []
    assert len(look(out, out.later(minutes=2))) == 2
    out.press("accept")  # late is better than never
    assert (out.dispatch().state, alarm(out)) == ("accepted", None)
    assert look(out, out.later(minutes=29)) == []
    told, _called = look(out, out.later(minutes=2))
    assert "has not left yet" in told.text


def test_another_team_is_asked_and_the_first_cannot_say_yes_any_more(
    out: Outing, ana: Responder, zoe: Responder
) -> None:
    out.sent(ana)
    token = out.token()
    look(out, out.later(minutes=6))
    out.edit(ana, team="demo_syringe_pickup_invented")
    with out.database.begin() as session:
        assert dispatch_links.opened(session, token, out.at) is None


def test_a_team_that_is_not_heard_of_is_called_for(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    out.press("accept")
    told, _called = look(out, out.later(hours=1))
    assert "has not left yet" in told.text
    out.press("go")
    assert look(out, out.later(minutes=29)) == []
    told, _called = look(out, out.later(minutes=2))
    assert "not checked in" in told.text
    assert alarm(out) == "not_heard"
    assert look(out, out.later(minutes=9)) == []
    assert len(look(out, out.later(minutes=2))) == 2
    out.press("check_in")
    assert alarm(out) is None
    assert look(out, out.later(minutes=29)) == []


def test_an_sos_rings_everybody_at_once_and_again_until_somebody_says_they_are_safe(
    out: Outing, ana: Responder, zoe: Responder
) -> None:
    out.phone(ana, "+15555550172")
    off = out.person("Ola Nim")
    out.phone(off, "+15555550173")
    with out.database.begin() as session:
        session.add(Shift(responder_id=ana.id, starts_at=out.at, ends_at=out.at.replace(hour=23)))
    out.sent(ana)
    out.press("accept")
    count = len(out.notices())
    out.press("sos")
    rung = out.notices()[count:]
    assert {(each.responder_id, each.means) for each in rung} == {
        (who.id, means) for who in (ana, zoe) for means in ("voice", "sms")
    }
    assert {each.priority for each in rung} == {0}
    assert alarm(out) == "sos"
    assert look(out, out.later(seconds=60)) == []
    assert len(look(out, out.later(seconds=90))) == 4
    with out.database.begin() as session:
        dispatches.safe(session, out.community, out.dispatch().id, ana, out.later(seconds=5))
    assert alarm(out) is None
    assert look(out, out.later(minutes=3)) == []
    with out.database.begin() as session, pytest.raises(Conflict):
        dispatches.safe(session, out.community, out.dispatch().id, ana, out.at)


def test_more_help_is_told_to_supervisors_and_the_owner(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.phone(ana, "+15555550172")
    out.sent(ana)
    for verb in ("accept", "go", "arrive"):
        out.press(verb)
    count = len(out.notices())
    out.press("more_help")
    assert {each.responder_id for each in out.notices()[count:]} == {ana.id, zoe.id}


def told_by(news: list[Notice], who: Responder) -> set[str]:
    return {each.means for each in news if each.responder_id == who.id}


@pytest.mark.parametrize(("level", "calls"), [("routine", False), ("urgent", False), ("emergency", True)])
def test_supervisors_are_told_by_every_means_by_which_the_town_pages(
    out: Outing, ana: Responder, zoe: Responder, level: str, calls: bool
) -> None:
    with out.database.begin() as session:
        session.add(PushSubscription(responder_id=zoe.id, endpoint="https://push.example/zoe", p256dh="k", auth="a",
                                     created_at=out.at, failures=0))  # fmt: skip
        session.execute(update(Escalation).values(level=level))
    out.sent(ana)
    news = look(out, out.later(minutes=6))
    assert told_by(news, zoe) == {"sms", "push"} | ({"voice"} if calls else set())
    code = str(out.open().code)
    assert {each.text.split(":")[0] for each in news if each.means == "voice"} <= {" ".join(code)}
    with out.database.begin() as session:
        session.get_one(Responder, zoe.id).texts_stopped_at = out.at
    assert told_by(look(out, out.later(minutes=11)), zoe) == {"push"} | ({"voice"} if calls else set())


@pytest.mark.parametrize("role", ["responder", "supervisor"])
def test_an_owner_who_can_be_told_leaves_nobody_else_out(out: Outing, ana: Responder, role: str) -> None:
    ben = out.person("Ben Ode")
    out.phone(ana, "+15555550172")
    out.phone(ben, "+15555550173")
    out.sent(ana)
    with out.database.begin() as session:
        session.get_one(Responder, ana.id).role = role
        hours = {"starts_at": out.at - timedelta(hours=1), "ends_at": out.at + timedelta(hours=1)}
        session.add(Shift(responder_id=ben.id, **hours))
    news = look(out, out.later(minutes=6))
    assert told_by(news, ana)
    assert told_by(news, ben)  # no supervisor but the owner can be reached


def test_a_number_that_nobody_verified_is_not_called(out: Outing, ana: Responder, database: Database) -> None:
    zoe = out.person("Zoe Lee", "supervisor")
    out.phone(zoe)
    with database.begin() as session:
        session.get_one(Responder, zoe.id).phone_verified_at = None
    out.sent(ana)
    count = len(out.notices())
    out.press("accept")
    out.press("sos")
    assert out.notices()[count:] == []
    assert alarm(out) == "sos"


def test_who_stopped_our_texts_is_called_all_the_same(out: Outing, ana: Responder, zoe: Responder) -> None:
    with out.database.begin() as session:
        session.get_one(Responder, zoe.id).texts_stopped_at = out.at
    out.sent(ana)
    count = len(out.notices())
    out.press("accept")
    out.press("sos")
    assert [each.means for each in out.notices()[count:]] == ["voice"]
