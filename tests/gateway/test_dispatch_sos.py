"""An SOS is open until a person ends it: no press, no end of the dispatch and no closed thread makes it vanish."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway import (
    closings,
    dispatch_links,
    dispatch_presses,
    dispatch_states,
    dispatch_watch,
    dispatches,
    escalations,
    teams,
)
from gateway.db import Database
from gateway.dispatch_presses import Press
from gateway.errors import Conflict, Refused
from gateway.models import Conversation, Dispatch, DispatchLink, Responder
from gateway.risk import Level
from tests.gateway.teams_out import Outing
from tests.gateway.test_dispatch_watch import alarm, look, zoe
from tests.gateway.test_dispatches import ana, out

pytestmark = pytest.mark.slow

__all__ = ["ana", "out", "zoe"]


def on_the_way(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    for verb in ("accept", "go"):
        out.press(verb)


def cancelled(out: Outing, ana: Responder) -> None:
    with out.database.begin() as session:
        dispatches.cancel(session, out.dispatch().id, ana, out.later(seconds=5))


def ended_by(out: Outing, ana: Responder, how: str) -> None:
    if how == "the resident":
        out.text("NO TEAM")
    elif how == "the responder":
        cancelled(out, ana)
    elif how == "the team":
        out.press("decline")
    else:
        out.press("arrive")
        out.press("clear", disposition="helped")


def safe(out: Outing, who: Responder) -> Dispatch:
    with out.database.begin() as session:
        return dispatches.safe(session, out.community, out.dispatch().id, who, out.later(seconds=5))


def kinds(out: Outing) -> list[str]:
    with out.database.begin() as session:
        return [kind for _, _, kind, _ in dispatch_watch.alarms(session)]


@pytest.mark.parametrize("how", ["the resident", "the responder", "the team", "clear"])
def test_an_sos_outlives_the_dispatch(out: Outing, ana: Responder, zoe: Responder, how: str) -> None:
    on_the_way(out, ana)
    out.press("sos")
    ended_by(out, ana, how)
    assert out.dispatch().state in dispatch_states.ENDED
    assert (alarm(out), kinds(out)) == ("sos", ["sos"])
    rung = look(out, out.later(minutes=2))
    assert {each.means for each in rung} == {"voice", "sms"}
    assert all("SOS" in each.text for each in rung)
    row = safe(out, ana)
    assert (alarm(out) == "sos", row.check_in_due_at) == (False, None)
    assert look(out, out.later(minutes=30)) == []


@pytest.mark.parametrize("how", ["the resident", "the responder", "the team"])
def test_who_was_told_not_to_go_can_press_sos(out: Outing, ana: Responder, zoe: Responder, how: str) -> None:
    on_the_way(out, ana)
    ended_by(out, ana, how)
    ended_at = out.dispatch().ended_at
    count = len(out.notices())
    row = out.press("sos")
    assert (alarm(out), row.ended_at) == ("sos", ended_at)
    assert {each.means for each in out.notices()[count:]} == {"voice", "sms"}
    with pytest.raises(Conflict):
        out.press("go")


def test_after_it_is_clear_the_link_is_over() -> None:
    assert dispatch_states.after("clear", "sos") is None
    assert all(states <= dispatch_states.ENDED for states in dispatch_states.LATE_MARKS.values())


def test_a_thread_with_an_open_sos_is_not_closed(out: Outing, ana: Responder, zoe: Responder) -> None:
    on_the_way(out, ana)
    out.press("sos")
    cancelled(out, ana)
    for how in ("helped", closings.RETURNED):
        with pytest.raises(Refused, match="team_sos"):
            out.close(ana, how)
    safe(out, ana)
    out.close(ana, "helped")


def test_an_sos_after_the_thread_was_closed_can_be_ended(out: Outing, ana: Responder, zoe: Responder) -> None:
    on_the_way(out, ana)
    cancelled(out, ana)
    out.close(ana, "helped")
    out.press("sos")
    assert kinds(out) == ["sos"]
    assert safe(out, out.person("Ben Wu")).sos_cleared_at is not None
    assert kinds(out) == []


@pytest.mark.parametrize("verb", ["seen", "go", "check_in", "more_help", "arrive"])
def test_no_other_press_puts_off_an_open_sos(out: Outing, ana: Responder, zoe: Responder, verb: str) -> None:
    out.sent(ana)
    out.press("accept")
    if verb != "go":
        out.press("go")
    out.press("sos")
    out.later(seconds=60)
    out.press(verb)
    assert [each for each in look(out, out.later(seconds=60)) if each.means == "voice"]
    assert alarm(out) == "sos"


def test_an_sos_rings_before_a_late_answer_is_told(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    out.press("sos")
    assert {each.means for each in look(out, out.later(minutes=6))} == {"voice", "sms"}
    late, _called = look(out, out.later(seconds=2))
    assert "has not said yes or no" in late.text


def test_once_they_are_safe_the_time_to_check_in_is_the_teams(out: Outing, ana: Responder, zoe: Responder) -> None:
    on_the_way(out, ana)
    out.press("sos")
    row = safe(out, ana)
    assert row.sos_cleared_at is not None
    assert row.check_in_due_at == row.sos_cleared_at + timedelta(minutes=30)
    assert look(out, out.later(minutes=29)) == []
    assert "not checked in" in look(out, out.later(minutes=2))[0].text


def test_what_somebody_holds_waits_and_holds_up_nobody(
    out: Outing, ana: Responder, zoe: Responder, database: Database
) -> None:
    on_the_way(out, ana)
    out.press("sos")
    first = out.dispatch()
    at = out.later(minutes=40)
    another(out, ana, "+15555550118")
    out.press("sos")
    at = out.later(minutes=40)
    with database.begin() as session:
        session.get_one(Conversation, first.conversation_id, with_for_update=True)
        count = len(out.notices())
        with out.database.begin() as clock:
            assert list(dispatch_watch.overdue(clock, out.community, at)) == [out.dispatch().conversation_id]
        assert {each.escalation_id for each in out.notices()[count:]} == {out.dispatch().escalation_id}
    with out.database.begin() as clock:
        assert list(dispatch_watch.overdue(clock, out.community, at)) == [first.conversation_id]


def test_an_sos_is_not_left_out_by_a_crowd(
    out: Outing, ana: Responder, zoe: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_watch, "MOST", 1)
    on_the_way(out, ana)
    another(out, ana, "+15555550118")
    out.press("sos")
    at = out.later(minutes=40)
    with out.database.begin() as session:
        assert list(dispatch_watch.overdue(session, out.community, at)) == [out.dispatch().conversation_id]


def another(out: Outing, who: Responder, number: str) -> None:
    """A second thread with a team on its way."""
    out.text("my brother does not open", number=number)
    with out.database.begin() as session:
        conversation = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert conversation is not None
        row = escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, out.at)
        escalations.claim(session, row.id, row.epoch, who, out.later(seconds=5))
        dispatches.draft(session, out.community, row.id, who, out.later(seconds=5))
    out.edit(who, place="7 Elm St", place_confirmed=True, consent="given", checklist={"weapon": "no"}, team="street")
    out.send(who)
    for verb in ("accept", "go"):
        out.press(verb)


# --- the link, looked at again behind the locks


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_a_link_that_ended_while_a_press_waited_presses_nothing(out: Outing, ana: Responder, column: str) -> None:
    out.sent(ana)
    with out.database.begin() as session:
        link = session.scalars(select(DispatchLink)).one()  # what the guard let in
        with out.database.begin() as meanwhile:
            setattr(meanwhile.get_one(DispatchLink, link.id), column, out.at)
        pressed = pressing("accept", out)
        with pytest.raises(Refused, match="link_gone") as refused:
            dispatch_presses.press(session, out.community, link, pressed, out.later(seconds=5))
    assert refused.value.status == 404
    assert out.dispatch().state == "assigned"


def pressing(verb: str, out: Outing) -> Press:
    return Press(verb, "another", out.dispatch().version)


def test_who_left_the_team_presses_nothing(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    with out.database.begin() as session:
        link = session.scalars(select(DispatchLink)).one()
        teams.remove(session, link.member_id, out.at)
        assert not dispatch_links.holds(session, link, out.at)
