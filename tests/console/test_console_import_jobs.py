"""Jobs of imports between workers and people: when there is work, what is forgotten, and whose yes holds for what."""

import io
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from gateway.db import Database
from gateway.directory import jobs, taking_in
from gateway.models.listing import ImportRun
from gateway.settings import Settings
from tests.console.conftest import Person, utc_now
from tests.console.test_console_imports import (
    eda,
    many,
    names,
    number,
    ola,
    page,
    post,
    send,
    state,
    taken,
    work,
)
from tests.directory.conftest import small
from tools.console_town import packed

pytestmark = pytest.mark.slow
__all__ = ["eda", "ola", "work"]  # fixtures


def waits(database: Database) -> bool:
    with database.begin() as session:
        return jobs.waiting(session, utc_now())


def kept(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.var / taking_in.UPLOADS).glob("*"))


def test_a_job_that_somebody_works_at_is_no_work_for_another(eda: Person, database: Database) -> None:
    assert not waits(database)
    job = number(send(eda, packed(small())))
    assert waits(database)
    with database.begin() as session:
        held = jobs.take(session, utc_now())
        assert held is not None
    assert not waits(database)
    with database.begin() as session:
        jobs.beat(session, held, utc_now() - jobs.BROKEN_OFF * 2, None)
    assert waits(database)
    with database.begin() as session:
        assert jobs.take(session, utc_now()) is not None
    assert state(database, job) == jobs.READING


def test_what_nobody_decides_is_withdrawn_though_nothing_else_waits(
    eda: Person, database: Database, settings: Settings, work: Callable[[], int]
) -> None:
    job = number(send(eda, packed(small())))
    work()
    assert not waits(database)
    long_ago = utc_now() - jobs.FORGOTTEN - timedelta(hours=1)
    with database.begin() as session:
        session.execute(update(ImportRun).where(ImportRun.id == job).values(at=long_ago))
    for path in (settings.var / taking_in.UPLOADS).glob("*"):
        os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    assert waits(database)
    assert work() == 0
    assert state(database, job) == jobs.WITHDRAWN
    assert kept(settings) == []
    assert not waits(database)


def test_a_yes_to_what_was_shown_before_is_none_to_what_is_shown_anew(
    eda: Person, ola: Person, database: Database, work: Callable[[], int]
) -> None:
    taken(eda, work, many())
    job = number(send(eda, packed(many(7))))
    work()
    assert post(eda, f"/{job}/decide", answer="yes", known="1").status_code == 303
    assert post(ola, f"/{job}/decide", answer="yes", known="1").status_code == 303
    other = number(send(ola, packed(many(8)), name="other.zip"))
    with database.begin() as session:  # the other one is first
        rows = {row.id: row for row in session.scalars(select(ImportRun).where(ImportRun.id.in_((job, other))))}
        rows[job].state = jobs.PREVIEWED
    work()
    post(eda, f"/{other}/decide", answer="yes", known="1")
    post(ola, f"/{other}/decide", answer="yes", known="1")
    work()
    with database.begin() as session:
        session.execute(update(ImportRun).where(ImportRun.id == job).values(state=jobs.APPROVED))
    work()  # shown anew, and now it takes one of eight away
    with database.begin() as session:
        row = session.get_one(ImportRun, job)
        assert (row.state, row.approved_by, row.report["yes_by"]) == (jobs.PREVIEWED, None, None)
    assert "Agreed by" not in page(eda, job)
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    work()
    with database.begin() as session:
        row = session.get_one(ImportRun, job)
        made = session.get_one(ImportRun, row.report["run"])
        assert (row.state, row.approved_by, made.approved_by) == (jobs.APPLIED, None, None)


def test_an_upload_that_is_refused_leaves_no_file(
    eda: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.console_imports.LARGEST_MAPPING", 100)
    own = (io.BytesIO(b"x" * 500), "own.yml")
    assert send(eda, packed(small()), mapping_file=own).status_code == 413
    assert send(eda, b"x", dataset="town").status_code == 400
    assert kept(settings) == []
    for _ in range(jobs.MOST_OPEN):
        number(send(eda, b"x"))
    before = kept(settings)
    assert send(eda, b"x").status_code == 409
    assert kept(settings) == before


def several(who: Person, files: dict[str, bytes], dataset: str = "county") -> TestResponse:
    sent = [FileStorage(io.BytesIO(body), name) for name, body in files.items()]
    return post(who, dataset=dataset, file=sent)


def tables() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed(small()))) as made:
        return {name.rpartition("/")[2]: made.read(name) for name in made.namelist()}


def test_the_files_of_one_list_come_without_a_zip(eda: Person, database: Database, work: Callable[[], int]) -> None:
    job = number(several(eda, tables()))
    assert work() == 1
    shown = page(eda, job)
    assert "Look at it and decide" in shown
    assert "organization.csv, service.csv" in shown
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    work()
    assert names(database) == ["Food pantry", "Legal clinic"]


def test_several_files_that_are_no_list_are_said_at_their_field(eda: Person, settings: Settings) -> None:
    files = tables()
    for faulty, fault in (
        (several(eda, files | {"more.zip": packed(small())}), "Send a ZIP alone"),
        (several(eda, {"service.csv": b"x", "a/SERVICE.csv": b"y"}), "the same name"),
        (several(eda, {f"{n}.csv": b"x" for n in range(201)}), "too many files"),
    ):
        assert faulty.status_code == 400
        assert fault in faulty.text
    assert kept(settings) == []
