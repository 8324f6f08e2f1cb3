"""The directory's pages: who may do what, what an editor's change does, and that nothing written there can harm."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from gateway import closing, corrections, editing, referrals
from gateway.db import Database
from gateway.directory import importing, overlay, staging
from gateway.directory.closures import Closure as Span
from gateway.directory.closures import Exceptions
from gateway.directory.demo import load_demo
from gateway.directory.hours import state_at
from gateway.directory.recurrence import Rule
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from gateway.models import AuditEntry, Conversation, Message
from gateway.models.directory import Phone, Schedule, Service
from gateway.models.listing import Closure, Correction, Translation, Verification
from tests.console.conftest import TOKEN, Person, utc_now

pytestmark = pytest.mark.slow
NASTY = '<script>alert(1)</script>" onmouseover="x'
NINE_TO_FIVE = {"opens_at": "09:00", "closes_at": "17:00"}
BAD_URL = "javascript:alert(1)"
PANTRY = "county:s1"
HOME = "/console/directory/"
FIELD = re.compile(r'<(?:input|textarea)[^>]* name="([^"]+)"(?:[^>]* value="([^"]*)"[^>]*>|[^>]*>([^<]*)</textarea>)')


@pytest.fixture
def county(database: Database) -> None:
    """One pantry with a place, a phone and hours."""
    with database.begin() as session:
        wire, by = staging.driver(session), overlay.By(None, utc_now())
        rows: list[tuple[str, str, dict[str, Any]]] = [
            ("organization", "o1", {"name": "Helping Hands"}),
            ("service", "s1", {"name": "Food pantry", "status": "active"} | {"organization_id": "o1", "url": BAD_URL}),
            ("location", "l1", {"location_type": "physical", "latitude": 37.75, "longitude": -122.41, "name": "Hall"}),
            ("location", "l2", {"location_type": "physical", "name": "Secret", "confidential": True}),
            ("service_at_location", "a1", {"service_id": "s1", "location_id": "l1"}),
            ("service_at_location", "a2", {"service_id": "s1", "location_id": "l2"}),
            ("address", "d1", {"location_id": "l1", "address_1": "1 Main St", "city": "Town", "postal_code": "94110"}),
            ("address", "d2", {"location_id": "l2", "address_1": "9 Hidden Rd"}),
            ("phone", "p1", {"location_id": "l1", "number": "415-555-0101"}),
            ("schedule", "h1", {"service_id": "s1", "freq": "WEEKLY", "byday": "MO,TU"} | NINE_TO_FIVE),
        ]  # fmt: skip
        for kind, key, row in rows:
            overlay.add(wire, overlay.Place("county", kind, key), row, by)
        wire.execute("DELETE FROM override")  # these are the publisher's
        editing.reindex(session, "county")


@pytest.fixture
def eda(person: Callable[..., Person]) -> Person:
    """An editor who is logged in."""
    return person("Eda", "directory_editor")


def fields(page: str) -> dict[str, str]:
    """What the form on a page holds, as a browser would send it."""
    found = {name: unescape(value or words) for name, value, words in FIELD.findall(page)}
    return {name: value for name, value in found.items() if name not in {"q", "checked"}} | {"service.status": "active"}


def post(who: Person, path: str, **form: Any) -> TestResponse:
    found = TOKEN.search(who.client.get(HOME).text)
    assert found
    return who.client.post(HOME + path, data={"csrf_token": unescape(found[1])} | form)


def edit(who: Person, **changes: str) -> TestResponse:
    form = fields(who.client.get(f"{HOME}edit?id={PANTRY}").text)
    names = {name: next((known for known in form if known == name.replace("__", ".")), name) for name in changes}
    return post(who, "edit", **form | {names[name]: value for name, value in changes.items()})


def kept(database: Database) -> Service:
    with database.begin() as session:
        return session.get_one(Service, ("county", "s1"))


def test_an_editor_comes_home_to_the_directory(eda: Person, county: None) -> None:
    assert eda.log_in().headers["Location"] == HOME
    page = eda.client.get(HOME)
    assert page.status_code == 200
    assert "Food pantry" in page.text
    assert "events" not in page.text  # no stream that would refuse them
    refused = eda.client.get("/console/", headers={"Accept": "text/html"})
    assert refused.status_code == 403
    assert HOME in refused.text


def test_a_wanted_page_outside_the_directory_is_not_for_them(person: Callable[..., Person], county: None) -> None:
    editor = person("Eda", "directory_editor", inside=False)
    from tests.console.conftest import PASSWORD, log_in  # noqa: PLC0415

    answer = log_in(editor.client, editor.email, PASSWORD, next="/console/threads/1")
    assert answer.headers["Location"] == HOME


@pytest.mark.parametrize(
    ("query", "there"),
    [("q=pant", True), ("q=food+helping", True), ("q=cinema", False), ("show=unchecked", True), ("show=stale", False),
     ("show=hidden", False), ("q=%00%27%3B--&show=x&page=-9", True), ("page=99999999999", False)],
)  # fmt: skip
def test_search(ana: Person, county: None, query: str, there: bool) -> None:
    page = ana.client.get(f"{HOME}?{query}")
    assert page.status_code == 200
    assert ("Food pantry" in page.text) is there


def test_what_nobody_vouched_for_gets_too_old(eda: Person, county: None, database: Database) -> None:
    def shown(how: str) -> str:
        return eda.client.get(f"{HOME}?q=pant&show={how}").text.partition('id="services"')[2]

    old = datetime.now(UTC) - timedelta(days=800)
    with database.begin() as session:
        session.execute(update(Service).values(last_modified=old, assured_date=None))
        session.execute(text("UPDATE known_since SET day = :day"), {"day": old.date()})
    assert "Food pantry" not in shown("unchecked")
    assert "Food pantry" in shown("stale")
    assert "Too old" in shown("stale")


def test_a_responder_reads_reports_and_changes_nothing(ana: Person, county: None, database: Database) -> None:
    page = ana.client.get(f"{HOME}service?id={PANTRY}").text
    assert "415-555-0101" in page
    assert "9 Hidden Rd" not in page
    assert 'href="javascript' not in page
    assert "Close for a while" not in page
    assert post(ana, "wrong", id=PANTRY, kind="wrong", about="hours", note="Now 9 to 3").status_code == 303
    for path in ("edit", "verify", "close", "reopen", "new", "decide"):
        assert post(ana, path, id=PANTRY).status_code == 403
    for path in ("edit", "new", "corrections", "imports"):
        assert ana.client.get(f"{HOME}{path}?id={PANTRY}").status_code == 403
    with database.begin() as session:
        row = session.scalars(select(Correction)).one()
        assert (row.kind, row.field, row.proposed, row.responder_id) == ("wrong", "hours", "Now 9 to 3", ana.id)
    assert post(ana, "wrong", id="county:gone", kind="wrong").status_code == 404
    assert post(ana, "wrong", id=PANTRY, kind="rude").status_code == 400


def test_an_edit_is_kept_told_and_written_down(eda: Person, county: None, database: Database) -> None:
    names = {"service__name": "Food bank", "es__name": "Banco de comida", "address__d1__address_1": "2 Main St"}
    numbers = {"phone__p1": "415-555-0102", "new_phone": "800-555-0199"}
    done = edit(eda, hours="Mon-Fri 10am-2pm", **names, **numbers)
    assert done.status_code == 303
    with database.begin() as session:
        found = search(
            session, Wanted(zip="94110", text="bank", language="es"), datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
        )
        [told] = found.services
        assert (told.name, told.address, told.open_state.open) == ("Banco de comida", "2 Main St", True)
        assert set(session.scalars(select(Phone.number))) == {"415-555-0102", "800-555-0199"}
        assert [(row.byday, str(row.opens_at)) for row in session.scalars(select(Schedule))] == [
            ("MO,TU,WE,TH,FR", "10:00:00")
        ]
        assert {row.field for row in session.scalars(select(Correction))} == {
            "name", "name_es", "hours", "number", "phone", "address_1"
        }  # fmt: skip
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.act == "edit_service"))
        assert entry.responder_id == eda.id
        assert "service.name" in entry.detail["fields"]
    page = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert "Food pantry → Food bank" in unescape(page)
    assert "Mon-Fri 10am-2pm" in page
    assert edit(eda, es__name="").status_code == 303
    with database.begin() as session:
        assert session.scalars(select(Translation)).all() == []


def test_what_cannot_be_kept_comes_back_as_written(eda: Person, county: None, database: Database) -> None:
    bad = {
        "service__name": "",
        "service__url": "javascript:alert(2)",
        "hours": "when the moon is full",
        "new_phone": "call me",
    }
    answer = edit(eda, service__description="Good words", **bad)
    assert answer.status_code == 400
    assert answer.text.count('aria-invalid="true"') == 4
    form = fields(answer.text)
    assert form["service.description"] == "Good words"
    assert form["hours"] == "when the moon is full"
    assert kept(database).name == "Food pantry"
    with database.begin() as session:
        assert session.scalars(select(Correction)).all() == []


def test_two_editors_at_once_lose_nothing(
    eda: Person, county: None, database: Database, person: Callable[..., Person]
) -> None:
    other = person("Ola", "supervisor")
    before = fields(other.client.get(f"{HOME}edit?id={PANTRY}").text)
    edit(eda, service__name="Eda's name")
    late = post(other, "edit", **before | {"service.name": "Ola's name"})
    assert late.status_code == 409
    form = fields(late.text)
    assert form["service.name"] == "Ola's name"
    assert "Eda&#39;s name" in late.text
    assert kept(database).name == "Eda's name"
    assert post(other, "edit", **form).status_code == 303
    assert kept(database).name == "Ola's name"


def test_nothing_is_edited_while_an_import_is_at_work(eda: Person, county: None, database: Database) -> None:
    form = fields(eda.client.get(f"{HOME}edit?id={PANTRY}").text)
    with database.begin() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": importing.ONE_AT_A_TIME})
        late = post(eda, "edit", **form | {"service.name": "Ours"})
    assert late.status_code == 409
    assert "An import is at work" in late.text
    assert fields(late.text)["service.name"] == "Ours"
    assert kept(database).name == "Food pantry"


def test_fields_that_the_form_does_not_have_are_not_written(eda: Person, county: None, database: Database) -> None:
    form = fields(eda.client.get(f"{HOME}edit?id={PANTRY}").text)
    more = {"service.id": "s9", "service.organization_id": "o9", "address.d2.address_1": "shown", "phone.other": "1234"}
    assert post(eda, "edit", **form | more).status_code == 303
    with database.begin() as session:
        assert session.scalar(text("SELECT address_1 FROM address WHERE id = 'd2'")) == "9 Hidden Rd"
        assert session.scalars(select(Correction)).all() == []


def test_names_cannot_run_scripts(eda: Person, county: None) -> None:
    assert (
        edit(eda, service__name=NASTY, service__description=NASTY, es__name=NASTY, service__alert=NASTY).status_code
        == 303
    )
    post(eda, "wrong", id=PANTRY, kind="wrong", note=NASTY)
    for path in ("", f"service?id={PANTRY}", f"edit?id={PANTRY}", "corrections"):
        page = eda.client.get(HOME + path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert '" onmouseover="x' not in page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_check_is_written_down_and_shown(eda: Person, county: None, database: Database) -> None:
    assert post(eda, "verify", id=PANTRY).status_code == 303
    page = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert "by an editor" in " ".join(page.split())
    with database.begin() as session:
        assert [(row.by_kind, row.responder_id) for row in session.scalars(select(Verification))] == [
            ("editor", eda.id)
        ]
        [told] = search(session, Wanted(zip="94110", text="pantry"), utc_now()).services
        assert (told.verified_on, told.verified_by) == (utc_now().date(), "editor")
    assert edit(eda, service__alert="New door", checked="1").status_code == 303
    with database.begin() as session:
        assert len(session.scalars(select(Verification)).all()) == 2


def rules() -> list[Rule]:
    """Open all week."""
    from types import SimpleNamespace  # noqa: PLC0415

    names = "byday bymonthday byyearday byweekno count wkst dtstart until valid_from valid_to words".split()
    hours = {"freq": "DAILY", "interval": 1, "opens_at": datetime.min.time().replace(hour=8),
             "closes_at": datetime.min.time().replace(hour=22)}  # fmt: skip
    return [SimpleNamespace(**dict.fromkeys(names), **hours)]  # type: ignore[list-item]


def test_a_second_closure_takes_the_place_of_the_first(eda: Person, county: None, database: Database) -> None:
    for form in ({"until": "today", "reason": "staff"}, {"until": "notice", "reason": "building"}):
        assert post(eda, "close", id=PANTRY, **form).status_code == 303
    with database.begin() as session:
        first, second = session.scalars(select(Closure).order_by(Closure.id)).all()
        assert first.ended_at == second.at
        assert first.ended_by == second.responder_id
        assert (second.ended_at, second.to_at, second.reason) == (None, None, "building")


def test_closed_for_today_ends_at_the_places_own_midnight(eda: Person, county: None, database: Database) -> None:
    assert post(eda, "close", id=PANTRY, until="today", reason="staff").status_code == 303
    with database.begin() as session:
        row = session.scalars(select(Closure)).one()
    zone = ZoneInfo("America/Los_Angeles")
    assert row.to_at is not None
    local = row.to_at.astimezone(zone)
    assert (local.hour, local.minute) == (0, 0)
    assert timedelta(0) < row.to_at - row.from_at <= timedelta(hours=25)
    closed = Exceptions(closures=(Span(row.from_at, row.to_at),))
    noon = local.replace(hour=12)
    assert state_at(rules(), row.to_at - timedelta(minutes=1), zone, closed).open is False
    assert state_at(rules(), noon, zone, closed).open is True
    page = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert "Not enough staff" in page
    assert f"{local:%Y-%m-%d} 00:00 {local:%Z}" in page
    assert post(eda, "reopen", id=PANTRY, closure=str(row.id)).status_code == 303
    assert post(eda, "reopen", id=PANTRY, closure=str(row.id)).status_code == 409
    assert "Open again" not in eda.client.get(f"{HOME}service?id={PANTRY}").text
    for form in ({"until": "never", "reason": "staff"}, {"until": "today", "reason": NASTY}):
        assert post(eda, "close", id=PANTRY, **form).status_code == 400


@pytest.mark.parametrize("day", ["2026-03-08T08:30:00+00:00", "2026-11-01T08:30:00+00:00", "2026-12-31T23:00:00+00:00"])
def test_midnight_holds_when_the_clocks_change(day: str) -> None:
    zone = ZoneInfo("America/Chicago")
    here = datetime.fromisoformat(day).astimezone(zone)
    end = closing.end_of(here.date(), zone)
    assert (end.date(), end.hour) == ((here + timedelta(days=1)).date(), 0)


def test_corrections_are_decided_on_their_page(eda: Person, county: None, database: Database, ana: Person) -> None:
    post(ana, "wrong", id=PANTRY, kind="closed")
    page = eda.client.get(f"{HOME}corrections").text
    assert "Closed for good" in page
    [number] = re.findall(r'id="correction-(\d+)"', page)
    assert post(eda, "decide", correction=number, state="accepted", reason="I called").status_code == 303
    with database.begin() as session:
        assert search(session, Wanted(zip="94110", text="pantry"), utc_now()).services == []
    assert post(eda, "decide", correction=number, state="rejected").status_code == 409
    assert post(eda, "decide", correction="x", state="rejected").status_code == 400
    history = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert "I called" in history
    assert "Eda" in history
    assert "Food pantry" in eda.client.get(f"{HOME}?show=hidden").text


def test_a_service_is_added_to_the_towns_own_set(eda: Person, database: Database) -> None:
    form = {"name": "Free fridge", "description": "Take food", "phone": "415-555-0177", "hours": "24/7",
            "address_1": "5 Oak St", "city": "San Francisco", "postal_code": "94110", "need": "food"}  # fmt: skip
    missing = post(eda, "new", **form | {"need": "", "phone": "none"})
    assert missing.status_code == 400
    assert "Free fridge" in missing.text
    made = post(eda, "new", **form)
    assert made.status_code == 303
    with database.begin() as session:
        load_demo(session, utc_now())
        found = search(session, Wanted(needs=("food",), zip="94110"), utc_now(), limit=60).services
        told = next(service for service in found if service.name == "Free fridge")
        assert (told.phone, told.open_state.open, told.id.partition(":")[0]) == ("415-555-0177", True, "town")
    assert "Free fridge" in eda.client.get(made.headers["Location"]).text


def test_an_editor_never_sees_a_residents_words(
    eda: Person, county: None, database: Database, written: Callable[..., Any]
) -> None:
    written()
    with database.begin() as session:
        conversation, message = (
            session.scalars(select(Conversation)).one(),
            session.scalars(select(Message).order_by(Message.id)).first(),
        )
        corrections.report(session, conversation, PANTRY, utc_now(), message)
    for path in ("corrections", f"service?id={PANTRY}", "imports", ""):
        assert "pills" not in eda.client.get(HOME + path).text


def test_a_thread_leads_to_the_services_that_were_told(
    ana: Person, county: None, database: Database, written: Callable[..., Any]
) -> None:
    row = written()
    with database.begin() as session:
        conversation = session.get_one(Conversation, row.conversation_id)
        offers = [referrals.Offer(PANTRY, NASTY, need) for need in ("food", "baby")]
        referrals.refer(session, conversation, None, offers, utc_now())
    page = ana.client.get(f"/console/threads/{row.id}").text
    [link] = re.findall(r'href="(/console/directory/service[^"]+)"', page)
    assert "<script>alert" not in page
    assert "Something is wrong" in ana.client.get(unescape(link)).text


def test_a_form_of_another_site_changes_nothing(eda: Person, county: None, database: Database) -> None:
    assert eda.client.post(f"{HOME}verify", data={"id": PANTRY}).status_code == 403
    with database.begin() as session:
        assert session.scalars(select(Verification)).all() == []


def test_every_page_refuses_what_is_not_there(eda: Person) -> None:
    for path in ("service", "edit"):
        for bad in ("", "?id=", "?id=x", "?id=a:b", "?id=%00:%00", f"?id={'x' * 5000}"):
            assert eda.client.get(f"{HOME}{path}{bad}").status_code == 404
