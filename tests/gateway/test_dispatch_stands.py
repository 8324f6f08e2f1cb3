"""What stands until a person looks after it, whom it asks, and who is told what is true of a team."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from gateway import closings, dispatch_watch, dispatches, escalations, optout, teams, texts
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.models import Contact, Escalation, Notice, Responder, Shift
from tests.gateway.teams_out import HOME, READY, Outing
from tests.gateway.test_dispatch_watch import alarm, look, zoe
from tests.gateway.test_dispatches import ana, out

pytestmark = pytest.mark.slow

__all__ = ["ana", "out", "zoe"]


def stopped_texts(out: Outing) -> None:
    with out.database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        optout.stop(session, contact.channel, contact.address_hash, "keyword", out.at)


def news(out: Outing, count: int) -> list[Notice]:
    return out.notices()[count:]


def asked(out: Outing, who: Responder) -> list[str]:
    """What rings for one responder, by its kind."""
    with out.database.begin() as session:
        return [kind for _, _, kind, _ in dispatch_watch.alarms_for(session, who, out.at)]


def noted(out: Outing, who: Responder, what: str) -> None:
    with out.database.begin() as session:
        dispatches.note(session, out.dispatch().id, who, out.later(seconds=5), what)


def on_shift(out: Outing, who: Responder) -> None:
    with out.database.begin() as session:
        session.add(Shift(responder_id=who.id, starts_at=out.at, ends_at=out.at.replace(hour=23)))


def released(out: Outing, who: Responder) -> None:
    row = out.open()
    with out.database.begin() as session:
        escalations.put_back(session, row.id, row.epoch, "lapse", out.later(seconds=5), said="owner_away")


# --- a team that said yes


def test_who_said_yes_and_does_not_leave_is_missed(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    out.press("accept", eta=20)
    assert look(out, out.later(minutes=24)) == []  # its minutes, and as long as an answer may take
    told, _called = look(out, out.later(minutes=2))
    assert "has not left yet" in told.text
    assert (out.dispatch().state, alarm(out)) == ("accepted", "not_left")
    assert look(out, out.later(minutes=9)) == []
    assert len(look(out, out.later(minutes=2))) == 2
    out.press("check_in")  # it says that all is well and that it comes
    assert alarm(out) is None
    assert look(out, out.later(minutes=29)) == []
    out.press("go")
    assert look(out, out.later(minutes=29)) == []


# --- what stands


def test_a_no_of_the_team_stands_until_somebody_looks_after_it(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    out.press("decline")
    assert (alarm(out), asked(out, ana), asked(out, zoe)) == ("said_no", ["said_no"], ["said_no"])
    assert asked(out, out.person("Ben Wu")) == []
    noted(out, ana, "decline")
    assert (alarm(out), asked(out, ana)) == (None, [])


def test_a_no_is_looked_after_by_who_prepares_the_next_team(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("decline")
    out.drafted(ana)
    assert asked(out, ana) == []


def test_a_no_of_the_resident_rings_nobody(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept")
    out.text("NO TEAM")
    assert asked(out, ana) == []


def test_more_help_stands_until_somebody_looks_after_it(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    for verb in ("accept", "go", "arrive", "more_help", "check_in"):
        out.press(verb)
    assert asked(out, ana) == ["more_help"]
    noted(out, ana, "more_help")
    assert asked(out, ana) == []
    out.press("more_help")
    assert asked(out, ana) == ["more_help"]
    out.press("clear", disposition="helped")
    assert asked(out, ana) == []


def test_only_who_may_act_on_the_thread_looks_after_it(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("decline")
    with pytest.raises(Refused, match="not_yours_to_send"):
        noted(out, out.person("Ben Wu"), "decline")
    with pytest.raises(Refused, match="dispatch_field"):
        noted(out, ana, "everything")
    assert asked(out, ana) == ["said_no"]


@pytest.mark.parametrize("how", ["cancel", "decline", "place"])
def test_who_cannot_be_told_any_more_is_somebodys_to_tell(out: Outing, ana: Responder, how: str) -> None:
    out.sent(ana)
    out.press("accept")
    stopped_texts(out)
    before = out.said()
    if how == "cancel":
        with out.database.begin() as session:
            dispatches.cancel(session, out.dispatch().id, ana, out.later(seconds=5))
    elif how == "decline":
        out.press("decline")
    else:
        out.edit(ana, place="14 Oak St")
    assert out.said() == before
    assert out.steps()[-1] == "untold"
    assert asked(out, ana) == ["untold"]
    noted(out, ana, "untold")
    assert asked(out, ana) == (["said_no"] if how == "decline" else [])  # what was not seen stands


def test_it_does_not_hide_a_team_that_is_not_heard_of(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    for verb in ("accept", "go"):
        out.press(verb)
    stopped_texts(out)
    look(out, out.later(minutes=31))
    out.edit(ana, place="14 Oak St")
    assert alarm(out) == "untold"
    noted(out, ana, "untold")
    assert alarm(out) == "not_heard"


# --- whom it asks


def test_while_nobody_owns_the_thread_all_on_shift_are_asked(out: Outing, ana: Responder, zoe: Responder) -> None:
    ben, off = out.person("Ben Wu"), out.person("Ola Nim")
    out.phone(ben, "+15555550172")
    out.phone(off, "+15555550173")
    out.sent(ana)
    out.press("accept")
    out.press("go")
    on_shift(out, ben)
    look(out, out.later(minutes=31))
    assert (asked(out, ben), asked(out, zoe)) == ([], ["not_heard"])
    released(out, ana)
    assert (asked(out, ben), asked(out, zoe), asked(out, off)) == (["not_heard"], ["not_heard"], [])
    assert {each.responder_id for each in look(out, out.later(minutes=11))} == {ben.id, zoe.id}


def test_where_no_phone_of_theirs_can_be_reached_the_shift_is_asked(out: Outing, ana: Responder) -> None:
    ben, nora = out.person("Ben Wu"), out.person("Nora Ek", "supervisor")
    out.phone(ben, "+15555550172")
    out.phone(nora, "+15555550173")
    with out.database.begin() as session:
        session.get_one(Responder, nora.id).phone_verified_at = None
    on_shift(out, ben)
    out.sent(ana)
    count = len(out.notices())
    out.press("decline")
    assert {each.responder_id for each in news(out, count)} == {ben.id}


def test_a_no_of_one_is_told_to_the_others_of_the_team(out: Outing, ana: Responder) -> None:
    leo = out.member("Leo", "+15555550162", languages=["es"])
    out.sent(ana)
    out.press("accept")
    count = len(out.notices())
    out.press("decline")
    [told] = news(out, count)
    assert (told.member_id, told.language) == (leo.id, "es")
    assert "no vaya" in told.text


# --- what is said


def test_minutes_are_said_only_when_the_team_says_them(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept", eta=30)
    assert "They say it takes about 30 minutes." in out.said()[-1]
    out.press("go")
    assert "on its way" in out.said()[-1]
    assert "minutes" not in out.said()[-1]


def test_one_minute_is_one_minute(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept", eta=1)
    assert texts.say("dispatch_minute", "en") in out.said()[-1]
    assert "1 minutes" not in out.said()[-1]


@pytest.mark.parametrize("why", ["stop", "unsafe"])
def test_a_no_stops_the_team_and_is_not_answered_where_no_text_may_go(out: Outing, ana: Responder, why: str) -> None:
    out.sent(ana)
    out.press("accept")
    if why == "stop":
        stopped_texts(out)
    else:
        out.told(safe_to_text="no")
    before = out.said()
    out.text("NO TEAM")
    assert out.dispatch().state == "declined"
    assert out.said() == before


# --- asked again, and another team


def test_a_change_before_the_team_is_asked_again_is_one_text(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    look(out, out.later(minutes=6))
    count = len(out.notices())
    out.edit(ana, place="14 Oak St")
    assert news(out, count) == []
    out.send(ana)
    [told] = news(out, count)
    assert "can your team go" in told.text


def test_the_first_team_is_told_that_another_is_asked(out: Outing, ana: Responder, zoe: Responder) -> None:
    out.sent(ana)
    look(out, out.later(minutes=6))
    count = len(out.notices())
    out.edit(ana, team="demo_syringe_pickup_invented")
    [told] = news(out, count)
    assert "do not go" in told.text
    assert "/t/" not in told.text


def test_a_team_that_was_never_asked_is_told_nothing(out: Outing, ana: Responder) -> None:
    out.drafted(ana)
    out.edit(ana, **READY)
    out.edit(ana, team="demo_syringe_pickup_invented")
    assert out.notices() == []


# --- the end


def test_a_responder_notes_that_the_team_is_done(out: Outing, ana: Responder) -> None:
    out.sent(ana)
    out.press("accept")
    out.press("go")
    number = out.dispatch().id
    with pytest.raises(Conflict), out.database.begin() as session:  # it is not there yet: call it off, or wait
        dispatches.done(session, number, ana, out.at, "helped")
    out.press("arrive")
    with pytest.raises(Refused, match="dispatch_field"), out.database.begin() as session:
        dispatches.done(session, number, ana, out.at, "gone_fishing")
    with pytest.raises(Refused, match="not_yours_to_send"), out.database.begin() as session:
        dispatches.done(session, number, out.person("Ben Wu"), out.at, "helped")
    with out.database.begin() as session:
        dispatches.done(session, number, ana, out.later(seconds=5), "helped")
    row = out.dispatch()
    assert (row.state, row.disposition, row.clear_at is not None, row.check_in_due_at) == (
        "clear",
        "helped",
        True,
        None,
    )
    out.close(ana, "helped")


def test_who_closes_waits_for_who_sends(out: Outing, ana: Responder, database: Database) -> None:
    out.drafted(ana)
    out.edit(ana, **READY)
    draft, row = out.dispatch(), out.open()

    def close() -> Escalation:
        with database.begin() as session:
            made = closings.Draft("helped")
            return closings.close(session, out.community, row.id, row.epoch, ana, made, out.later(seconds=30))

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            dispatches.send(session, out.community, draft.id, draft.version, ana, out.later(seconds=5), HOME)
            session.flush()
            closing = pool.submit(close)
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            deadline = time.monotonic() + 10
            while not closing.done() and time.monotonic() < deadline and not session.scalar(waiting):
                time.sleep(0.02)
            assert not closing.done()
        with pytest.raises(Refused, match="team_is_out"):
            closing.result(20)
    assert out.open().id == row.id


# --- numbers of members


def test_the_processes_that_only_accept_texts_load_no_tables_of_numbers() -> None:
    seen = "import sys, gateway.answering, gateway.teams; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", seen], check=False).returncode == 0


@pytest.mark.parametrize("typed", ["(555) 555-0161", "+1 555 555 0161", "555-555-0161\x00"])
def test_a_number_is_read_as_that_of_a_responder_is(typed: str) -> None:
    assert teams.e164(typed) == "+15555550161"
