"""Shifts, rota, rest and drills on their pages: who may do what, and what is said of it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from gateway import breaks, drills, ladder, paging, shifts
from gateway.db import Database
from gateway.models import AuditEntry, Break, Debrief, Drill, Page, Responder, RotaEntry, Shift, Swap
from gateway.risk import load_cards
from gateway.web import duty_words
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
RUNG = {"rung": 2, "means": "sms", "state": "failed", "why": "wrong_number", "people": 1, "after": 1}
Maker = Callable[..., Person]


def shift(database: Database, who: Person, start: float = -1, end: float = 5) -> int:
    with database.begin() as session:
        row = Shift(responder_id=who.id, starts_at=utc_now() + start * HOUR, ends_at=utc_now() + end * HOUR)
        session.add(row)
        session.flush()
        return row.id


def test_a_two_week_rota_is_made_in_one_form(person: Maker, database: Database) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    form = {"who": ana.id, "day": ["MO", "TU", "WE", "TH", "FR", "SA", "SU"], "starts": "22:00", "ends": "06:00",
            "from": utc_now().date().isoformat(), "weeks": "2", "until": ""}  # fmt: skip
    assert sol.post("/console/rota", **form).status_code == 303
    page = sol.client.get("/console/rota").text
    assert "every 2 weeks" in page
    assert "22:00–06:00" in page
    with database.begin() as session:
        entry = session.scalars(select(RotaEntry)).one()
        assert (entry.responder_id, entry.created_by) == (ana.id, sol.id)
        assert session.scalars(select(Shift.id).order_by(Shift.id)).first() is not None
        shift_id = session.scalars(select(Shift.id).order_by(Shift.starts_at.desc())).first()
    assert sol.post(f"/console/rota/shift/{shift_id}/cancel").status_code == 303
    assert sol.post(f"/console/rota/{entry.id}/end").status_code == 303
    with database.begin() as session:
        assert set(session.scalars(select(Shift.state).where(Shift.starts_at > utc_now()))) <= {"cancelled"}
    assert "None yet" in sol.client.get("/console/rota").text


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("/console/rota", {"who": "", "starts": "09:00", "ends": "17:00", "from": "2026-12-01"}, "choose somebody"),
        ("/console/rota", {"starts": "25:00", "ends": "17:00", "from": "2026-12-01"}, "give a beginning"),
        ("/console/rota", {"starts": "09:00", "ends": "17:00", "from": "soon"}, "give a date"),
        ("/console/rota", {"starts": "09:00", "ends": "17:00", "from": "2026-12-01", "weeks": "99"}, "every 1 to 8"),
        ("/console/rota", {"starts": "09:00", "ends": "17:00", "from": "2026-12-01", "day": ""}, "at least one day"),
        ("/console/rota/shift", {"starts": "x", "ends": "y"}, "give a beginning"),
        ("/console/rota/shift", {"starts": "2026-01-01T09:00", "ends": "2026-01-01T10:00"}, "give a beginning"),
    ],
)
def test_what_cannot_be_planned_is_said_and_nothing_is_lost(
    person: Maker, database: Database, path: str, form: dict[str, str], told: str
) -> None:
    sol = person("Sol", "supervisor")
    answer = sol.post(path, **{"who": sol.id, "day": "MO"} | form)
    assert answer.status_code == 400
    assert told in answer.text
    with database.begin() as session:
        assert session.scalars(select(Shift)).all() == []


def test_one_shift_is_planned_by_the_towns_clock(person: Maker, database: Database, app: Flask) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    clock = app.extensions["front_door"].community.clock
    starts = (utc_now().astimezone(clock) + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)
    form = {"who": ana.id, "starts": f"{starts:%Y-%m-%dT%H:%M}", "ends": f"{starts + 8 * HOUR:%Y-%m-%dT%H:%M}"}
    assert sol.post("/console/rota/shift", **form).status_code == 303
    with database.begin() as session:
        assert session.scalars(select(Shift.starts_at)).one() == starts
    page = re.sub(r"</?span[^>]*>", "", ana.client.get("/console/shifts").text)
    assert "09:30–17:30" in page


def test_a_responder_plans_nothing(person: Maker) -> None:
    ana = person("Ana")
    assert ana.client.get("/console/rota").status_code == 403
    assert ana.post("/console/rota/drill").status_code == 403


def test_the_page_says_when_nobody_is_on_call(person: Maker, database: Database) -> None:
    ana, ben = person("Ana"), person("Ben")
    assert "Nobody. Residents are told so." in ana.client.get("/console/shifts").text
    shift(database, ben)
    page = ana.client.get("/console/shifts").text
    assert "Nobody. Residents" not in page
    assert "<bdi>Ben</bdi> <span>until <span" in page
    assert 'class="gap"' in page  # after his shift
    shift(database, ana, end=80)
    assert re.search(r"<bdi[^>]*>Ana</bdi> <span>until [^(]*\(\w{3} \d+/\d+\)", ana.client.get("/console/shifts").text)


def test_a_shift_begins_with_its_sound_and_may_end_early(person: Maker, database: Database) -> None:
    ana = person("Ana")
    number = shift(database, ana)
    assert "Your shift has begun: test the sound" in ana.client.get("/console/inbox").text
    assert ana.post("/console/shift/heard").status_code == 303
    assert "test the sound" not in ana.client.get("/console/inbox").text
    answer = ana.client.post("/console/shift/heard", data={"csrf_token": ana.token()}, headers={"X-Background": "1"})
    assert answer.status_code == 204
    assert ana.post(f"/console/shifts/{number}/end").status_code == 303
    with database.begin() as session:
        row = session.get_one(Shift, number)
        assert (row.state, row.sound_heard_at is not None) == ("ended", True)
        assert paging.on_call(session, utc_now()) == []
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject == "shift").order_by(AuditEntry.id))
        assert acts.all() == ["shift_begin", "shift_end"]
    assert ana.post(f"/console/shifts/{number}/end").status_code == 409


def test_a_swap_from_asking_to_taking(person: Maker, database: Database) -> None:
    ana, ben, cai = person("Ana"), person("Ben"), person("Cai")
    number = shift(database, ana, 20, 28)
    assert ben.post(f"/console/shifts/{number}/swap").status_code == 403
    assert ana.post(f"/console/shifts/{number}/swap", of=ben.id, note="my son is ill").status_code == 303
    assert ana.post(f"/console/shifts/{number}/swap").status_code == 409
    assert "A colleague asks you to take a shift" in ben.client.get("/console/inbox").text
    assert "A colleague" not in cai.client.get("/console/inbox").text
    page = ben.client.get("/console/shifts").text
    assert "my son is ill" in page
    assert "my son is ill" not in cai.client.get("/console/shifts").text
    with database.begin() as session:
        swap = session.scalars(select(Swap.id)).one()
    assert cai.post(f"/console/swaps/{swap}/take").status_code == 403
    assert ben.post(f"/console/swaps/{swap}/steal").status_code == 404
    assert ben.post(f"/console/swaps/{swap}/take").status_code == 303
    late = ana.post(f"/console/swaps/{swap}/withdraw")
    assert late.status_code == 409
    assert "settled" in late.text
    with database.begin() as session:
        assert session.get_one(Shift, number).responder_id == ben.id


def test_a_calendar_is_read_without_a_log_in_by_its_address_alone(
    person: Maker, database: Database, app: Flask
) -> None:
    ana = person("Ana Ruiz")
    shift(database, ana, 3, 9)
    page = ana.post("/console/shifts/calendar").text
    found = re.search(r'id="address">(http[^<]+)<', page)
    assert found
    path = found[1].removeprefix("http://127.0.0.1:8080")
    assert path not in ana.client.get("/console/shifts").text
    nobody = app.test_client()
    answer = nobody.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert len(Calendar.from_ical(answer.data).walk("VEVENT")) == 1
    assert b"Ruiz" not in answer.data
    assert nobody.get("/shifts/nothing.ics").status_code == 404
    assert ana.post("/console/shifts/calendar/end").status_code == 303
    assert nobody.get(path).status_code == 404


def test_a_break_is_offered_in_the_header_and_taken(person: Maker, database: Database) -> None:
    ana = person("Ana")
    shift(database, ana)
    with database.begin() as session:
        session.add(Break(responder_id=ana.id, kind="after_emergency", state="offered", offered_at=utc_now()))
    assert "A break is yours" in ana.client.get("/console/inbox").text
    assert ana.post("/console/rest/take").status_code == 303
    assert "You are on a break until" in ana.client.get("/console/rest").text
    assert "On a break" in ana.client.get("/console/shifts").text
    assert "A break is yours" not in ana.client.get("/console/inbox").text
    assert ana.post("/console/rest/end").status_code == 303
    assert "Take a break" in ana.client.get("/console/rest").text


def test_only_supervisors_see_who_wishes_to_talk(person: Maker, database: Database) -> None:
    ana, ben, sol = person("Ana"), person("Ben"), person("Sol", "supervisor")
    assert ana.post("/console/rest/debrief").status_code == 303
    with database.begin() as session:
        number = session.scalars(select(Debrief.id)).one()
    assert "Ana" not in ben.client.get("/console/rest").text
    assert ben.post(f"/console/rest/debrief/{number}/taken").status_code == 403
    assert "A colleague wishes to talk" in sol.client.get("/console/inbox").text
    assert "<bdi>Ana</bdi>" in sol.client.get("/console/rest").text
    assert sol.post(f"/console/rest/debrief/{number}/taken").status_code == 303
    assert "A supervisor has taken it on" in ana.client.get("/console/rest").text
    assert sol.post(f"/console/rest/debrief/{number}/done").status_code == 303
    assert ana.post(f"/console/rest/debrief/{number}/withdrawn").status_code == 409


def test_a_drill_is_run_by_hand_and_a_failed_one_is_shown(person: Maker, database: Database) -> None:
    sol = person("Sol", "supervisor")
    assert sol.post("/console/rota/drill").status_code == 303
    again = sol.post("/console/rota/drill")
    assert again.status_code == 409
    assert "A drill runs already" in again.text
    assert "Drill: no resident waits" in sol.client.get("/console/queue").text
    with database.begin() as session:
        drill = session.scalars(select(Drill)).one()
        drill.finished_at, drill.outcome = utc_now(), drills.FAILED
        drill.detail = {"seconds": None, "by": None, "rungs": [RUNG]}
    page = sol.client.get("/console/rota").text
    assert '<span class="failed">Failed</span>' in page
    assert "wrong number" in page
    assert "The last drill failed" in sol.client.get("/console/inbox").text


def test_a_gap_is_shown_until_it_is_filled(person: Maker, database: Database, app: Flask) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    number = shift(database, ana, -1, 0.2)
    with database.begin() as session:
        assert shifts.warn_gaps(session, app.extensions["front_door"].community, utc_now()) == 1
    for who in (sol, ana):
        assert "Soon nobody is on call" in who.client.get("/console/inbox").text
    with database.begin() as session:
        session.get_one(Shift, number).ends_at = utc_now() + 200 * HOUR
    assert "Soon nobody" not in sol.client.get("/console/inbox").text


def test_a_thread_tells_who_was_asked(person: Maker, database: Database, app: Flask, written: Maker) -> None:
    ana, sol = person("Ana"), person("Sol", "supervisor")
    shift(database, ana)
    row = written()
    with database.begin() as session:
        ladder.climb(session, app.extensions["front_door"].community, utc_now())
    page = sol.client.get(f"/console/threads/{row.id}").text
    assert 'id="panel-paging"' in page
    assert "the next are asked at" in page
    assert "not sent (no device)" in page
    with database.begin() as session:
        session.add(Page(escalation_id=row.id, responder_id=ana.id, means="sms", sent_at=utc_now(), state="skipped",
                         why="muted"))  # fmt: skip
    assert sol.client.get(f"/console/threads/{row.id}").text.count("<bdi>Ana</bdi>") == page.count("<bdi>Ana</bdi>")
    assert "Nobody on call writes this language" not in ana.client.get("/console/shifts").text
    with database.begin() as session:
        session.get_one(Responder, ana.id).languages = ["en"]
    assert "Nobody on call writes this language: Spanish" in ana.client.get("/console/shifts").text


def test_themes_are_put_aside_and_taken_up_again(person: Maker, database: Database) -> None:
    ana = person("Ana")
    assert ana.post("/console/rest/themes", theme=["suicide", "child", "nonsense"]).status_code == 303
    with database.begin() as session:
        assert session.get_one(Responder, ana.id).muted_themes == ["child", "suicide"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "themes")).one()
        assert entry.detail == {"count": 2}
    assert 'value="child" checked' in ana.client.get("/console/rest").text
    assert ana.post("/console/rest/themes").status_code == 303
    assert " checked" not in ana.client.get("/console/rest").text


def test_every_theme_has_a_name_and_is_one_that_cards_know() -> None:
    known = {card.category for card in load_cards().cards}
    assert set(breaks.THEMES) == set(duty_words.THEMES)
    assert set(breaks.THEMES) <= known
