"""Imports in the console: sent, shown, agreed to by two where much goes, made, and taken back."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from gateway import import_process
from gateway.db import Database
from gateway.directory import jobs, runs, taking_in
from gateway.models import AuditEntry
from gateway.models.directory import Service
from gateway.models.listing import ImportRun
from gateway.settings import Settings
from tests.console.conftest import TOKEN, Person, utc_now
from tests.directory.conftest import Rows, small
from tools.console_town import packed

pytestmark = pytest.mark.slow
HOME = "/console/directory/imports"
NASTY = '<script>alert(1)</script>Kids <3 & "x" onmouseover="y'
Package = dict[str, Rows]


def many(count: int = 10) -> Package:
    """A package of some services at one place."""
    rows = small()
    rows["service"] = [
        {"id": f"s{n}", "organization_id": "o1", "name": f"Service {n}", "status": "active", "description": "Food"}
        for n in range(count)
    ]
    rows["service_at_location"] = [{"id": f"a{n}", "service_id": f"s{n}", "location_id": "l1"} for n in range(count)]
    return rows


@pytest.fixture
def eda(person: Callable[..., Person]) -> Person:
    return person("Eda", "directory_editor")


@pytest.fixture
def ola(person: Callable[..., Person]) -> Person:
    return person("Ola", "supervisor")


@pytest.fixture
def work(database: Database, settings: Settings) -> Callable[[], int]:
    """Work at what waits, as the process does."""
    return lambda: import_process.work(database, settings.var, None)


def post(who: Person, path: str = "", **form: Any) -> TestResponse:
    found = TOKEN.search(who.client.get("/console/directory/").text)
    assert found
    # Encoded here: the test client would leave a large body's temporary file open.
    sent = {name: FileStorage(*value) if isinstance(value, tuple) else value for name, value in form.items()}
    boundary, body = encode_multipart({"csrf_token": unescape(found[1])} | sent)
    return who.client.post(HOME + path, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def send(who: Person, body: bytes, name: str = "county.zip", dataset: str = "county", **more: Any) -> TestResponse:
    return post(who, dataset=dataset, file=(io.BytesIO(body), name), **more)


def number(answer: TestResponse) -> int:
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rpartition("/")[2])


def page(who: Person, job: int, query: str = "") -> str:
    return unescape(who.client.get(f"{HOME}/{job}{query}").text)


def taken(who: Person, work: Callable[[], int], rows: Package, **more: Any) -> int:
    """Send a package, look, say yes; returns the job."""
    job = number(send(who, packed(rows), **more))
    work()
    assert post(who, f"/{job}/decide", answer="yes").status_code == 303
    work()
    return job


def state(database: Database, job: int) -> str:
    with database.begin() as session:
        return session.get_one(ImportRun, job).state


def names(database: Database) -> list[str]:
    with database.begin() as session:
        return sorted(session.scalars(select(Service.name)))


def test_a_list_is_shown_and_changes_nothing_until_yes(
    eda: Person, database: Database, settings: Settings, work: Callable[[], int]
) -> None:
    job = number(send(eda, packed(small())))
    assert "Waits to be read" in page(eda, job)
    assert names(database) == []
    assert work() == 1
    shown = page(eda, job)
    assert "Look at it and decide" in shown
    assert "2 new" in shown
    assert "Food pantry" in shown
    assert "opens_at '9am' read as 09:00" in shown
    assert names(database) == []
    assert work() == 0
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    assert work() == 1
    assert "Done" in page(eda, job)
    assert names(database) == ["Food pantry", "Legal clinic"]
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 409
    with database.begin() as session:
        [run] = runs.listed(session)
        assert (run.by, run.approved_by, run.source) == ("Eda", None, "county.zip")
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
        assert [act for act in acts if "import" in act] == ["ask_import", "decide_import", "import"]
    for file in (settings.var / taking_in.UPLOADS).glob("*"):
        assert file.is_file()  # nothing unpacked stays


def test_the_difference_is_told_field_by_field(eda: Person, work: Callable[[], int]) -> None:
    taken(eda, work, small())
    rows = small()
    rows["service"][0]["name"] = "Food bank"
    rows["phone"][0]["number"] = "415 555 0202"
    rows["service"][1] = {"id": "s3", "organization_id": "o1", "name": NASTY, "status": "active"}
    rows["service_at_location"][1] = {"id": "a3", "service_id": "s3", "location_id": "l1"}
    rows["phone"].append({"id": "p9", "service_id": "nowhere", "number": "1"})
    job = number(send(eda, packed(rows)))
    work()
    changed = page(eda, job, "?mark=changed")
    assert "<del>Food pantry</del> <ins>Food bank</ins>" in changed
    assert "<del>415 555 0101</del> <ins>415 555 0202</ins>" in changed
    assert "Phone: number" in changed
    assert "Hall" in changed  # the place that the phone is of
    assert "Legal clinic" in page(eda, job, "?mark=gone")
    assert "1 of the 2 services of this list would be gone" in changed
    new = eda.client.get(f"{HOME}/{job}?mark=new").text
    assert "Kids &lt;3 &amp; &#34;x&#34; onmouseover" in new
    assert "<script>alert" not in new
    for query in ("?mark=x&page=-4", "?page=99999999999", "?page=x"):
        assert eda.client.get(f"{HOME}/{job}{query}").status_code == 200


def test_refused_rows_are_told_with_their_line(eda: Person, work: Callable[[], int]) -> None:
    rows = small()
    rows["phone"].append({"id": "p2", "location_id": "l1", "number": "call us", "type": "voice"})
    job = number(send(eda, packed(rows)))
    work()
    shown = page(eda, job)
    assert "Refused: 1" in shown
    assert re.search(r"<td>phone.csv</td><td>3</td>", shown)


def test_much_that_goes_needs_a_word_and_a_second_person(
    eda: Person, ola: Person, database: Database, work: Callable[[], int]
) -> None:
    taken(eda, work, many())
    job = number(send(eda, packed(many(7))))
    work()
    shown = page(eda, job)
    assert "3 of the 10 services" in shown
    assert "second person" in shown
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 400
    assert post(eda, f"/{job}/decide", answer="yes", known="1").status_code == 303
    assert state(database, job) == jobs.ASKED
    assert work() == 0
    assert post(eda, f"/{job}/decide", answer="yes", known="1").status_code == 403
    assert len(names(database)) == 10
    assert "Imports (1)" in ola.client.get("/console/directory/").text  # where the second person sees it
    assert "Asked by Eda" in re.sub(r"<[^>]+>", "", page(ola, job))
    assert post(ola, f"/{job}/decide", answer="yes", known="1").status_code == 303
    assert work() == 1
    assert len(names(database)) == 7
    with database.begin() as session:
        run = runs.listed(session)[0]
        assert (run.by, run.approved_by) == ("Eda", "Ola")
        [entry] = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "import").order_by(AuditEntry.id.desc()).limit(1)
        )
        assert (entry.responder_id, entry.detail["approved_by"]) == (eda.id, ola.id)


def test_a_town_of_one_person_decides_alone(
    eda: Person, app: Flask, database: Database, work: Callable[[], int]
) -> None:
    door = app.extensions["front_door"]
    town = door.community
    alone = town.model_copy(update={"directory": town.directory.model_copy(update={"four_eyes": False})})
    object.__setattr__(door, "community", alone)
    taken(eda, work, many())
    job = number(send(eda, packed(many(2))))
    work()
    assert "second person" not in page(eda, job)
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 400  # still to be told
    assert post(eda, f"/{job}/decide", answer="yes", known="1").status_code == 303
    work()
    assert len(names(database)) == 2
    with database.begin() as session:
        newest = runs.listed(session)[0]
    job = number(post(eda, "/undo", run=str(newest.id)))
    work()
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    work()
    assert state(database, job) == jobs.APPLIED
    assert len(names(database)) == 10


def test_any_run_is_taken_back_with_all_later_ones(
    eda: Person, ola: Person, database: Database, work: Callable[[], int]
) -> None:
    for count in (3, 4, 5):
        taken(eda, work, many(count))
    with database.begin() as session:
        third, second, first = (run.id for run in runs.listed(session))
    assert eda.client.get(HOME).text.count('name="run"') == 3
    whole = number(post(eda, "/undo", run=str(first)))
    work()
    shown = page(eda, whole)
    assert "all of the list goes" in shown
    assert "5 gone" in shown
    assert post(eda, "/undo", run=str(second)).status_code == 409
    assert post(eda, f"/{whole}/decide", answer="no").status_code == 303
    job = number(post(eda, "/undo", run=str(second)))
    work()
    shown = page(eda, job)
    assert "The import of this list that came in after it is taken back, too" in shown
    assert "2 gone" in shown
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    assert state(database, job) == jobs.ASKED
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 403
    assert "2 gone" in page(ola, job)
    assert post(ola, f"/{job}/decide", answer="yes").status_code == 303
    assert work() == 1
    assert names(database) == ["Service 0", "Service 1", "Service 2"]
    assert unescape(eda.client.get(HOME).text).count("taken back") == 2
    assert post(eda, "/undo", run=str(third)).status_code == 404
    with database.begin() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.act == "undo_import"))
        assert (entry.responder_id, entry.detail["approved_by"]) == (eda.id, ola.id)


def test_an_import_after_an_undoing_was_shown_is_shown_too(
    eda: Person, ola: Person, database: Database, work: Callable[[], int]
) -> None:
    for count in (3, 4):
        taken(eda, work, many(count))
    with database.begin() as session:
        newest = runs.listed(session)[0].id
    job = number(post(eda, "/undo", run=str(newest)))
    work()
    taken(eda, work, many(6))
    for who in (eda, ola):
        assert post(who, f"/{job}/decide", answer="yes").status_code == 303
    work()
    assert len(names(database)) == 6
    shown = page(eda, job)
    assert "shown anew" in shown
    assert "3 gone" in shown
    for bad in ("", "x", "-1", "9" * 30, "0"):
        assert post(eda, "/undo", run=bad).status_code == 404


def test_what_is_withdrawn_stays_undone(eda: Person, database: Database, work: Callable[[], int]) -> None:
    job = number(send(eda, packed(small())))
    assert post(eda, f"/{job}/decide", answer="no").status_code == 303
    assert work() == 0
    assert state(database, job) == jobs.WITHDRAWN
    assert post(eda, f"/{job}/decide", answer="no").status_code == 409
    assert post(eda, f"/{job}/decide", answer="perhaps").status_code == 400
    assert post(eda, "/999999/decide", answer="no").status_code == 404


def test_another_import_between_is_shown_anew(eda: Person, database: Database, work: Callable[[], int]) -> None:
    late = number(send(eda, packed(many(4))))
    work()
    taken(eda, work, many(5))
    assert post(eda, f"/{late}/decide", answer="yes").status_code == 303
    assert work() == 2  # given back, and read again
    assert len(names(database)) == 5
    shown = page(eda, late)
    assert "shown anew" in shown
    assert "1 gone" in shown


def test_the_same_list_again_changes_nothing(eda: Person, database: Database, work: Callable[[], int]) -> None:
    taken(eda, work, small())
    job = number(send(eda, packed(small())))
    work()
    shown = page(eda, job)
    assert "changes nothing" in shown
    assert "Yes: take" not in shown


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        (b"PK\x03\x04 no zip at all", "county.zip", "neither a ZIP"),
        (b"id,name\n1,Pantry\n", "services.csv", "no"),
        (b"[{]", "services.json", "not JSON"),
        (b"\xff\xfe\x00", "services.csv", ""),
    ],
)
def test_a_file_that_is_no_directory_says_why(
    eda: Person, database: Database, work: Callable[[], int], body: bytes, name: str, reason: str
) -> None:
    job = number(send(eda, body, name))
    work()
    assert state(database, job) in {jobs.FAILED, jobs.PREVIEWED}
    assert reason in page(eda, job)
    assert names(database) == []


def test_one_csv_file_with_a_mapping_of_its_own(eda: Person, database: Database, work: Callable[[], int]) -> None:
    mapping = b"name: ours\nfiles:\n  list:\n    to: service\n    columns: {Key: id, What: name}\n"
    more = {"mapping_file": (io.BytesIO(mapping), "ours.yml")}
    job = number(send(eda, b"Key,What\n1,Pantry\n", "list.csv", **more))
    work()
    assert "read as ours" in page(eda, job)
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    work()
    assert names(database) == ["Pantry"]


def test_what_is_no_list_is_said_at_its_field(eda: Person, settings: Settings) -> None:
    for faulty, fault in (
        (send(eda, b"x", "list.exe"), "no ZIP, CSV or JSON"),
        (send(eda, b"x", dataset="!!"), "Say whose list"),
        (post(eda, dataset="county"), "Choose a file"),
        (send(eda, b"x", mapping_file=(io.BytesIO(b"x"), "x.exe")), "YAML"),
    ):
        assert faulty.status_code == 400
        assert fault in faulty.text
    for ours in ("town", "National lines"):
        assert send(eda, b"x", dataset=ours).status_code == 400
    assert not list((settings.var / taking_in.UPLOADS).glob("*.yml"))


def test_a_large_file_is_refused_before_it_is_read(eda: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.web.console_imports.LARGEST", 1 << 20)
    assert send(eda, b"x" * (2 << 20)).status_code == 413
    assert send(eda, b"x" * (1 << 20)).status_code == 303  # far above what other forms may hold
    assert post(eda, "/1/decide", note="x" * (1 << 20)).status_code == 413


def test_a_form_without_its_token_keeps_nothing(eda: Person, settings: Settings) -> None:
    answer = eda.client.post(HOME, data={"dataset": "county", "file": (io.BytesIO(packed(small())), "county.zip")})
    assert answer.status_code == 403
    assert not list((settings.var / taking_in.UPLOADS).glob("*"))


def test_too_many_lists_do_not_pile_up(eda: Person) -> None:
    for _ in range(jobs.MOST_OPEN):
        number(send(eda, b"x"))
    assert send(eda, b"x").status_code == 409


def test_a_page_is_told_when_to_load_anew(eda: Person, work: Callable[[], int]) -> None:
    job = number(send(eda, packed(small())))
    waits = eda.client.get(f"{HOME}/{job}/progress")
    assert "every 2s" in waits.text
    assert "HX-Refresh" not in waits.headers
    work()
    assert eda.client.get(f"{HOME}/{job}/progress").headers["HX-Refresh"] == "true"


def test_work_that_was_broken_off_begins_anew_and_not_for_ever(
    eda: Person, database: Database, work: Callable[[], int]
) -> None:
    job = number(send(eda, packed(small())))
    for _ in range(jobs.TRIES):
        with database.begin() as session:
            held = jobs.take(session, utc_now())
            assert held is not None
            assert jobs.take(session, utc_now()) is None
            dead = {"beat": (utc_now() - timedelta(minutes=5)).isoformat()}
            session.execute(update(ImportRun).values(report=ImportRun.report.op("||")(dead)))
    assert work() == 0
    assert state(database, job) == jobs.FAILED
    assert "broken off" in page(eda, job)


def test_a_worker_that_lost_its_job_writes_nothing(eda: Person, database: Database, work: Callable[[], int]) -> None:
    job = number(send(eda, packed(small())))
    with database.begin() as session:
        held = jobs.take(session, utc_now())
        assert held is not None
        assert jobs.beat(session, held, utc_now(), ("reading", 1, 0.5))
    assert "reading 50%, 1 rows" in page(eda, job)
    assert post(eda, f"/{job}/decide", answer="no").status_code == 303
    with database.begin() as session:
        assert not jobs.beat(session, held, utc_now(), None)
    assert state(database, job) == jobs.WITHDRAWN


def test_a_changed_or_missing_file_is_not_taken(
    eda: Person, database: Database, settings: Settings, work: Callable[[], int]
) -> None:
    job = number(send(eda, packed(small())))
    work()
    [file] = (settings.var / taking_in.UPLOADS).glob("*.list")
    file.write_bytes(packed(many()))
    post(eda, f"/{job}/decide", answer="yes")
    work()
    assert state(database, job) == jobs.FAILED
    assert "send it again" in page(eda, job)
    assert names(database) == []


def test_files_of_what_is_over_are_removed(
    eda: Person, database: Database, settings: Settings, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_in, "LEFT_ALONE_SECONDS", -60)
    waiting = number(send(eda, packed(small()), dataset="other"))
    work()
    taken(eda, work, small())
    assert len(list((settings.var / taking_in.UPLOADS).glob("*"))) == 1
    assert state(database, waiting) == jobs.PREVIEWED


def test_the_process_does_what_waits(
    eda: Person, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process, as the worker starts it."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("FRONTDOOR_VAR", str(settings.var))
    job = number(send(eda, packed(small())))
    monkeypatch.setattr(import_process, "LOOK_SECONDS", 0.1)
    watch = import_process.Watch(settings, database)
    watch.start()
    deadline = utc_now() + timedelta(seconds=90)
    try:
        while state(database, job) in {jobs.WAITING, jobs.READING} and utc_now() < deadline:
            with database.begin() as session:
                session.execute(text("SELECT pg_sleep(0.2)"))
    finally:
        watch.stop()
    assert state(database, job) == jobs.PREVIEWED, (settings.var / "logs" / "imports.log").read_text()
