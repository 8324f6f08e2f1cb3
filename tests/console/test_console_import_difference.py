"""All that an import changes, cell by cell, as a table: from its page, before and after it is made, and for undoing."""

import csv
import io
from collections.abc import Callable

import pytest

from gateway.db import Database
from gateway.directory import differences, taking_in
from gateway.settings import Settings
from tests.console.conftest import Person
from tests.console.test_console_imports import HOME, eda, many, number, ola, page, post, send, taken, work
from tests.directory.conftest import small
from tools.console_town import packed

pytestmark = pytest.mark.slow
__all__ = ["eda", "ola", "work"]  # fixtures


def table(who: Person, job: int) -> list[dict[str, str]]:
    answer = who.client.get(f"{HOME}/{job}/difference.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=county-{job}.csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_every_cell_that_changes_is_in_the_table(eda: Person, work: Callable[[], int]) -> None:
    taken(eda, work, small())
    rows = small()
    long = "=SUM(A1) " + "y" * 500
    rows["service"][0] |= {"name": "Food bank", "description": long}
    rows["phone"][0]["number"] = "415 555 0202"
    rows["service"][1] = {"id": "s3", "organization_id": "o1", "name": "Baño", "status": "active"}
    rows["service_at_location"][1] = {"id": "a3", "service_id": "s3", "location_id": "l1"}
    job = number(send(eda, packed(rows)))
    work()
    assert f'href="{HOME}/{job}/difference.csv"' in page(eda, job)
    found = {(each["object"], each["id"], each["field"]): each for each in table(eda, job)}
    changed = found["service", "s1", "description"]
    assert (changed["mark"], changed["before"], changed["after"]) == ("changed", "Free food", f"'{long}")
    assert found["phone", "p1", "number"]["of_name"] == "Hall"
    assert found["phone", "p1", "number"]["after"] == "415 555 0202"
    new, gone = found["service", "s3", "name"], found["service", "s2", "name"]
    assert (new["mark"], new["before"], new["after"], new["of_name"]) == ("new", "", "Baño", "Baño")
    assert (gone["mark"], gone["before"], gone["after"]) == ("gone", "Legal clinic", "")
    assert found["service_at_location", "a3", "service_id"]["of_name"] == "Baño"
    assert ("service", "s1", "status") not in found


def test_the_table_has_what_the_page_does_not_tell(
    eda: Person, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "MOST", 2)
    job = number(send(eda, packed(many(10))))
    work()
    assert "8 more are not shown" in page(eda, job, "?mark=new")
    told = table(eda, job)
    assert {each["of_id"] for each in told} == {f"s{n}" for n in range(10)}
    assert {each["mark"] for each in told} == {"new"}


def test_the_table_stays_when_the_import_is_made_and_goes_when_it_is_withdrawn(
    eda: Person, ola: Person, work: Callable[[], int], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_in, "LEFT_ALONE_SECONDS", -1)
    taken(eda, work, small())
    rows = small()
    rows["service"][0]["name"] = "Food bank"
    job = number(send(eda, packed(rows)))
    work()
    before = table(eda, job)
    assert post(eda, f"/{job}/decide", answer="yes").status_code == 303
    work()
    assert table(eda, job) == before
    run = page(eda, job)
    assert f'href="{HOME}/{job}/difference.csv"' in run
    other = number(send(eda, packed(small())))
    work()
    assert [each["after"] for each in table(eda, other)] == ["Food pantry"]
    assert post(eda, f"/{other}/decide", answer="no").status_code == 303
    work()
    assert eda.client.get(f"{HOME}/{other}/difference.csv").status_code == 404
    assert "difference.csv" not in page(eda, other)


def test_what_undoing_changes_is_a_table_too(
    eda: Person, work: Callable[[], int], database: Database, ana: Person
) -> None:
    taken(eda, work, small())
    rows = small()
    rows["service"][0]["name"] = "Food bank"
    taken(eda, work, rows)
    [last, first] = [int(part.partition('"')[0]) for part in page_of_runs(eda).split('name="run" value="')[1:]]
    job = number(post(eda, "/undo", run=str(last)))
    work()
    assert [(each["before"], each["after"]) for each in table(eda, job)] == [("Food bank", "Food pantry")]
    assert ana.client.get(f"{HOME}/{job}/difference.csv").status_code == 403
    post(eda, f"/{job}/decide", answer="no")
    job = number(post(eda, "/undo", run=str(first)))
    work()
    assert {(each["mark"], each["before"]) for each in table(eda, job)} == {
        ("gone", "Food bank"), ("gone", "Legal clinic")
    }  # fmt: skip


def page_of_runs(who: Person) -> str:
    return who.client.get(HOME).text
