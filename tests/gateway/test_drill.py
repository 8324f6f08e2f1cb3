"""The nightly drill proves the ladder, and never passes for a resident; rest is offered, and respected."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from gateway import breaks, cli, drills, escalations, ladder, paging, reaching, shift_cli, texts, waits
from gateway.community import load
from gateway.community_duty import Paging
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import Break, Conversation, Drill, Escalation, Notice, Responder, Row
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.duty import WRONG, Duty

pytestmark = pytest.mark.slow


@pytest.fixture
def duty(database: Database, settings: Settings) -> Duty:
    made = Duty(database, settings.keys)
    local = made.at.astimezone(made.community.clock)
    made.community = load().model_copy(update={"paging": Paging(drill_at=time(local.hour, local.minute))})
    return made


def watch(duty: Duty) -> list[int]:
    with duty.database.begin() as session:
        return drills.watch(session, duty.community, duty.at)


def last(duty: Duty) -> Drill | None:
    with duty.database.begin() as session:
        return drills.last(session)


def begun(duty: Duty) -> int:
    assert len(watch(duty)) == 1
    with duty.database.begin() as session:
        row = session.scalars(select(Escalation).where(Escalation.drill)).one()
        assert (row.level, row.reason) == ("routine", "drill")
        return row.id


def claim(duty: Duty, escalation_id: int, who: int) -> None:
    with duty.database.begin() as session:
        row = session.get_one(Escalation, escalation_id)
        escalations.claim(session, row.id, row.epoch, session.get_one(Responder, who), duty.at)


def test_a_drill_passes_when_somebody_claims_it(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    row = begun(duty)
    duty.run(1)
    claim(duty, row, ana)
    duty.at += timedelta(seconds=5)
    assert len(watch(duty)) == 1
    kept = last(duty)
    assert kept is not None
    assert (kept.outcome, kept.detail["seconds"], kept.detail["by"]) == ("passed", 1, "console")
    assert [each["means"] for each in kept.detail["rungs"]] == ["console", "push", "sms"]
    assert "Ana" not in str(kept.detail)
    with duty.database.begin() as session:
        told = session.scalars(select(Notice)).one()
        assert told.kind == "drill"
        code = session.get_one(Escalation, row).code
        assert told.text == texts.say("page_sms_drill", "en", code=code, name=duty.community.called("en"))
        assert session.get_one(Escalation, row).status == "resolved"
        assert session.scalars(select(Conversation.closed_at)).one() is not None
        assert waits.usual(session, Level.ROUTINE, duty.at) is None
    assert watch(duty) == []  # once a night
    duty.at += timedelta(days=1)
    assert len(watch(duty)) == 1


def test_a_drill_that_nobody_answers_has_failed(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    duty.shift(duty.person("Ben"), start=3)
    duty.person("Sol", role="supervisor")
    duty.fates = {ana: WRONG}
    row = begun(duty)
    duty.run(60)
    assert {each[2] for each in duty.pages(row)} == {"Ana", "Sol"}  # Ben is off: a drill wakes nobody
    assert watch(duty) == []
    duty.run(63)
    assert len(watch(duty)) == 1
    kept = last(duty)
    assert kept is not None
    assert (kept.outcome, kept.detail["seconds"]) == ("failed", None)
    assert {"means": "sms", "state": "failed", "why": "wrong_number"}.items() <= kept.detail["rungs"][2].items()
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        assert (found.status, found.told_nobody_at, found.owner_id) == ("resolved", None, None)
    assert duty.said() == []


def test_with_nobody_to_ask_a_drill_fails_too(duty: Duty) -> None:
    begun(duty)
    duty.run(125)
    watch(duty)
    kept = last(duty)
    assert kept is not None
    assert kept.outcome == "failed"


def test_no_drill_beside_somebody_in_danger_nor_at_another_hour(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.at += timedelta(minutes=61)
    assert watch(duty) == []
    duty.at -= timedelta(minutes=50)
    assert not held_back(duty)
    duty.open(Level.URGENT)
    assert watch(duty) == []
    assert held_back(duty)
    duty.at -= timedelta(minutes=12)
    assert not held_back(duty)  # not due yet
    duty.at += timedelta(minutes=62)
    assert not held_back(duty)  # not any more


def held_back(duty: Duty) -> bool:
    with duty.database.begin() as session:
        return drills.waits(session, duty.community, duty.at)


def kept(duty: Duty) -> list[tuple[str | None, str | None]]:
    """The outcome and why, of every drill, the oldest first."""
    with duty.database.begin() as session:
        found = session.scalars(select(Drill).order_by(Drill.started_at))
        return [(each.outcome, each.detail.get("why")) for each in found]


def passed(duty: Duty, at: datetime) -> None:
    with duty.database.begin() as session:
        session.add(Drill(started_at=at, finished_at=at, outcome=drills.PASSED, detail={}))


def lack(duty: Duty) -> drills.Lack | None:
    with duty.database.begin() as session:
        return drills.lack(session, duty.community, duty.at)


def test_an_hour_of_danger_leaves_a_trace(duty: Duty) -> None:
    moment = duty.at
    duty.open(Level.URGENT)
    for minutes in (0, 30, 58, 59, 60, 600):
        duty.at = moment + timedelta(minutes=minutes)
        assert watch(duty) == []
        assert kept(duty) == ([("skipped", "danger")] if minutes >= 59 else [])
    found = last(duty)
    assert found is not None
    assert (found.started_at, found.escalation_id) == (moment, None)
    assert [*drills.lines(found)] == [f"{moment:%F %H:%M} UTC  skipped: somebody waited in danger"]
    assert lack(duty) == drills.Lack(None, "danger")


def test_an_hour_without_a_worker_leaves_a_trace_once_one_runs(duty: Duty) -> None:
    moment = duty.at
    passed(duty, moment - timedelta(days=1))
    duty.at = moment + timedelta(hours=20)
    assert watch(duty) == watch(duty) == []
    assert kept(duty) == [("passed", None), ("skipped", "not_begun")]
    assert lack(duty) == drills.Lack(1, "not_begun")
    duty.at = moment + timedelta(days=1)
    assert len(watch(duty)) == 1  # the next night's begins


def test_a_time_that_stands_in_the_file_since_today_was_not_missed(duty: Duty) -> None:
    duty.at += timedelta(hours=2)
    assert watch(duty) == []
    assert kept(duty) == []


def test_a_drill_by_hand_stands_for_the_nights(duty: Duty) -> None:
    moment = duty.at
    passed(duty, moment + timedelta(minutes=70))
    duty.at = moment + timedelta(hours=2)
    watch(duty)
    assert kept(duty) == [("passed", None)]


def test_a_drill_is_lacking_only_where_drills_are_on(duty: Duty) -> None:
    assert lack(duty) == drills.Lack(None, None)
    passed(duty, duty.at)
    duty.at += timedelta(hours=36)
    assert lack(duty) is None
    duty.at += timedelta(hours=37)
    assert lack(duty) == drills.Lack(3, None)
    duty.community = load()
    assert lack(duty) is None


def test_a_drill_is_broken_off_when_somebody_waits_in_danger(duty: Duty) -> None:
    duty.on_shift("Ana")
    row = begun(duty)
    for seconds in (0, 61):
        duty.at += timedelta(seconds=seconds)
        with duty.database.begin() as session:
            ladder.climb(session, duty.community, duty.at)
    with duty.database.begin() as session:
        assert session.scalars(select(Notice.state).where(Notice.escalation_id == row)).all()
    duty.open(Level.URGENT, "+15555550123")
    duty.at += timedelta(seconds=5)
    assert len(watch(duty)) == 1
    kept = last(duty)
    assert kept is not None
    assert kept.outcome == "broken_off"
    with duty.database.begin() as session:
        assert session.get_one(Escalation, row).status == "resolved"
        assert set(session.scalars(select(Notice.state).where(Notice.escalation_id == row))) == {"cancelled"}
    assert watch(duty) == []


def test_a_failed_drill_stands_until_one_passes(duty: Duty) -> None:
    standing = []
    with duty.database.begin() as session:
        for days, outcome in enumerate((drills.PASSED, drills.FAILED, drills.BROKEN_OFF, None, drills.PASSED)):
            at = duty.at + timedelta(days=days)
            session.add(Drill(started_at=at, finished_at=at if outcome else None, outcome=outcome, detail={}))
            session.flush()
            found = drills.failed(session)
            standing.append(found.outcome if found else None)
    assert standing == [None, "failed", "failed", "failed", None]


def test_two_drills_do_not_run_at_once(duty: Duty) -> None:
    with duty.database.begin() as session:
        assert drills.start(session, duty.at) is not None
        assert drills.start(session, duty.at) is None


def rest_of(duty: Duty, who: int) -> Break | None:
    with duty.database.begin() as session:
        breaks.offer_due(session, duty.community, duty.at)
        return breaks.standing(session, session.get_one(Responder, who), duty.at)


def test_after_an_emergency_a_break_is_offered_once_and_respected(duty: Duty) -> None:
    ana, ben = duty.on_shift("Ana"), duty.on_shift("Ben")
    row = duty.open()
    claim(duty, row, ana)
    assert rest_of(duty, ana) is None
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        escalations.resolve(session, row, found.epoch, session.get_one(Responder, ana), "helped", duty.at)
    offered = rest_of(duty, ana)
    assert offered is not None
    assert (offered.state, offered.kind, offered.escalation_id) == ("offered", "after_emergency", row)
    assert rest_of(duty, ben) is None
    with duty.database.begin() as session:
        who = session.get_one(Responder, ana)
        taken = breaks.take(session, duty.community, who, duty.at)
        assert taken.id == offered.id
        assert taken.ends_at == duty.at + timedelta(minutes=15)
        again = session.get_one(Escalation, duty.open(number="+15555550133"))
        names = [each.name for each in reaching.available(session, duty.community, again, duty.at)]
        assert names == ["Ben"]
        assert {each.name for each in paging.on_call(session, duty.at)} == {"Ana", "Ben"}
    duty.at += timedelta(minutes=16)
    assert rest_of(duty, ana) is None
    with duty.database.begin() as session:
        assert session.scalars(select(Break.state)).all() == ["ended"]


def test_a_break_may_be_declined_or_ended(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    with duty.database.begin() as session:
        who = session.get_one(Responder, ana)
        own = breaks.take(session, duty.community, who, duty.at)
        assert own.kind == "own"
        assert breaks.take(session, duty.community, who, duty.at) is own
        breaks.end(session, who, duty.at)
        assert breaks.current(session, who, duty.at) is None
        session.add(Break(responder_id=ana, kind="after_emergency", state="offered", offered_at=duty.at))
        session.flush()
        breaks.decline(session, who, duty.at)
        assert breaks.standing(session, who, duty.at) is None


def test_a_debrief_is_asked_for_and_had(duty: Duty) -> None:
    ana, sol = duty.person("Ana"), duty.person("Sol", role="supervisor")
    with duty.database.begin() as session:
        who, by = session.get_one(Responder, ana), session.get_one(Responder, sol)
        row = breaks.ask_debrief(session, who, duty.at)
        assert breaks.ask_debrief(session, who, duty.at) is row
        with pytest.raises(Refused, match="not_yours"):
            breaks.answer_debrief(session, row.id, who, "taken", duty.at)
        with pytest.raises(Refused, match="not_yours"):
            breaks.answer_debrief(session, row.id, by, "withdrawn", duty.at)
        assert [name for _, name in breaks.debriefs(session)] == ["Ana"]
        breaks.answer_debrief(session, row.id, by, "taken", duty.at)
        assert breaks.answer_debrief(session, row.id, by, "done", duty.at).with_id == sol
        assert breaks.debriefs(session) == []
        with pytest.raises(Refused, match="debrief_over"):
            breaks.answer_debrief(session, row.id, by, "done", duty.at)


def test_nothing_that_residents_say_of_anybody_stands_beside_a_rest() -> None:
    for table in ("breaks", "debriefs"):
        names = set(Row.metadata.tables[table].columns.keys())
        assert not {name for name in names if "score" in name or "rating" in name or "note" in name or "text" in name}


def test_the_command_fails_once_the_last_that_passed_is_old(duty: Duty, monkeypatch: pytest.MonkeyPatch) -> None:
    url = duty.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(shift_cli, "database_url", lambda: url)
    monkeypatch.setattr(shift_cli, "community_file", lambda: None)
    monkeypatch.setattr("gateway.community.load", lambda _file: duty.community)
    passed(duty, datetime.now(UTC) - timedelta(hours=35))
    assert CliRunner().invoke(cli.main, ["drill", "last"]).exit_code == 0
    with duty.database.begin() as session:
        session.scalars(select(Drill)).one().started_at -= timedelta(hours=2)
    old = CliRunner().invoke(cli.main, ["drill", "last"])
    assert old.exit_code == 1
    assert re.search(
        r"passed is 37 hours old, though one is due each day at \d\d:\d\d: does the worker run", old.output
    )
    duty.community = load()  # names no time
    assert CliRunner().invoke(cli.main, ["drill", "last"]).exit_code == 0


def test_the_command_tells_what_came_of_the_last(duty: Duty, monkeypatch: pytest.MonkeyPatch) -> None:
    url = duty.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(shift_cli, "database_url", lambda: url)
    monkeypatch.setattr(shift_cli, "community_file", lambda: None)
    none = CliRunner().invoke(cli.main, ["drill", "last"])
    assert (none.exit_code, none.output) == (1, "No drill has been run.\n")
    ana = duty.on_shift("Ana")
    duty.at = datetime.now(UTC)
    duty.shift(ana)
    assert CliRunner().invoke(cli.main, ["drill", "run"]).exit_code == 0
    assert CliRunner().invoke(cli.main, ["drill", "run"]).exit_code == 1
    runs = CliRunner().invoke(cli.main, ["drill", "last"])
    assert runs.exit_code == 1
    assert re.search(r"No drill has been run.\nOne runs since \d\d:\d\d UTC.\n", runs.output)
    duty.at = datetime.now(UTC) + timedelta(seconds=3)
    duty.climb()
    with duty.database.begin() as session:
        row = session.scalars(select(Escalation.id).where(Escalation.drill)).one()
    claim(duty, row, ana)
    watch(duty)
    told = CliRunner().invoke(cli.main, ["drill", "last"])
    assert told.exit_code == 0, told.output
    assert re.search(r"passed after \d+ s by console", told.output)
    assert "sms      1 x acknowledged" in told.output
