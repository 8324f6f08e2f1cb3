"""What other programs get of the directory, and what they do not."""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import publishing
from gateway.directory.exporting import uuid_of
from gateway.web import api
from tests.api.conftest import SHELTER, changed

Read = Callable[..., Any]
ALL = {"per_page": 100}


@pytest.fixture(scope="session")
def faults(shared: Path) -> Callable[[Any], list[str]]:
    """The faults of a service by the standard's own schema."""
    schema = json.loads((shared / "hsds" / "spec-3.1" / "schema" / "service_with_definitions.json").read_text())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return lambda item: [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(item)]


def test_pages_hold_each_active_service_once_and_in_one_order(read: Read) -> None:
    whole = read("/api/services", **ALL)
    names = [item["name"] for item in whole["contents"]]
    assert "Safe house" in names
    assert "Old clinic" not in names
    assert whole["total_items"] == whole["size"] == len(names) > 10
    assert (whole["first_page"], whole["last_page"], whole["empty"]) == (True, True, False)
    paged: list[str] = []
    for number in range(1, len(names) // 4 + 2):
        page = read("/api/services", page=number, per_page=4)
        assert page["total_items"] == len(names)
        assert page["last_page"] is (number >= page["total_pages"])
        paged += [item["id"] for item in page["contents"]]
    assert paged == [item["id"] for item in whole["contents"]]


def test_a_page_after_the_last_is_empty_and_says_so(read: Read) -> None:
    beyond = read("/api/services", page=1_000_000, per_page=100)
    assert (beyond["contents"], beyond["empty"], beyond["size"], beyond["last_page"]) == ([], True, 0, True)


@pytest.mark.parametrize("full", ["true", "false"])
def test_what_is_given_is_hsds(read: Read, faults: Callable[[Any], list[str]], full: str) -> None:
    page = read("/api/services", full=full, **ALL)
    assert [fault for item in page["contents"] for fault in faults(item)] == []
    assert all(item["organization"]["id"] == item["organization_id"] for item in page["contents"])
    assert any("service_at_locations" in item for item in page["contents"]) is (full == "true")


def test_each_service_can_be_asked_for_by_the_id_that_the_list_gives(read: Read) -> None:
    for item in read("/api/services", full="true", **ALL)["contents"]:
        assert read(f"/api/services/{item['id']}") == item


def test_an_id_is_the_publishers_own_where_it_is_a_uuid(read: Read) -> None:
    assert read(f"/api/services/{SHELTER}")["name"] == "Safe house"
    made = uuid_of("county", "service", "s1")
    assert read(f"/api/services/{made}")["name"] == "Food pantry"


@pytest.mark.parametrize(
    "identity",
    ["s1", "county:s1", "%00", "..", "a" * 5_000, uuid_of("county", "service", "gone"), "{" + SHELTER + "}"],
)
def test_any_other_id_names_nothing(read: Read, identity: str) -> None:
    assert read(f"/api/services/{identity}", 404) == {"error": "not_found"}


def test_a_service_that_is_not_active_is_not_given(read: Read) -> None:
    assert read(f"/api/services/{uuid_of('county', 'service', 's3')}", 404) == {"error": "not_found"}
    assert read("/api/services", search="Old clinic")["contents"] == []


def test_a_hidden_address_is_nowhere(read: Read, directory: Database, client: FlaskClient) -> None:
    hide = "UPDATE location SET confidential = {} WHERE id = 'l2'"
    for path in (f"/api/services/{SHELTER}", "/api/services?full=true&per_page=100"):
        assert "Hidden Lane" in client.get(path).get_data(as_text=True)
        with changed(directory, hide.format("true"), hide.format("NULL")):
            answer = client.get(path).get_data(as_text=True)
        assert "Safe house" in answer
        assert "Hidden Lane" not in answer
        assert "37.1," not in answer


def test_what_is_ours_alone_is_not_given(read: Read, directory: Database, client: FlaskClient) -> None:
    keep = "UPDATE service SET extra = {} WHERE dataset = 'county'"
    with changed(directory, keep.format('\'{"admin": "ana@example.org"}\''), keep.format("NULL")):
        for path in ("/api/services?full=true&per_page=100", "/api/services?per_page=100", f"/api/services/{SHELTER}"):
            assert "ana@example.org" not in client.get(path).get_data(as_text=True)


def test_words_find_services_without_accents_and_in_spanish(read: Read) -> None:
    assert "Food pantry" in [item["name"] for item in read("/api/services", search="pantries")["contents"]]
    found = read("/api/services", search="clinica", full="true")["contents"]
    assert any("Clínica" in json.dumps(item, ensure_ascii=False) for item in found)
    assert read("/api/services", search="xyzzy")["total_items"] == 0


@pytest.mark.parametrize("search", ['"', "' OR 1=1 --", "%", "a:*b & !", "\u202e\ud7ff", "\\", "x" * 200, "-", "🦄"])
def test_odd_words_are_only_words(read: Read, search: str) -> None:
    assert read("/api/services", search=search)["total_items"] >= 0


def test_a_term_its_taxonomy_and_an_organization_narrow(read: Read) -> None:
    def names(**parameters: str) -> list[str]:
        return [item["name"] for item in read("/api/services", **parameters)["contents"]]

    assert names(taxonomy_term_id=uuid_of("county", "taxonomy_term", "t1")) == ["Food pantry"]
    assert names(taxonomy_term_id=uuid_of("county", "taxonomy_term", "t2")) == []
    assert names(taxonomy_id=uuid_of("county", "taxonomy", "t")) == ["Food pantry"]
    ours = uuid_of("county", "organization", "o1")
    assert set(names(organization_id=ours)) == {"Food pantry", "Legal clinic", "Safe house"}
    assert names(organization_id=ours, search="pantry") == ["Food pantry"]
    assert names(organization_id=uuid_of("county", "organization", "o2")) == []


def test_what_changed_since_goes_by_the_record_and_else_by_its_set(read: Read) -> None:
    def names(moment: str) -> set[str]:
        page = read("/api/services", modified_after=moment, **ALL)
        return {item["name"] for item in page["contents"]}

    assert "Safe house" in names("2020-02-03T04:05:06Z")
    recent = names("2020-02-03T04:05:07")
    assert "Safe house" not in recent
    assert "Food pantry" in recent
    assert names("2026-11-23T12:00:01-08:00") == set()
    assert names("2026-11-23T12:00:00-08:00") == recent
    assert "Safe house" in names("0001-01-01T00:00:00+14:00")
    assert names("9999-12-31T23:59:59-14:00") == set()


def test_minimal_is_ids_and_days(read: Read) -> None:
    page = read("/api/services", minimal="true", full="true", **ALL)
    assert {frozenset(item) for item in page["contents"]} == {frozenset({"id"}), frozenset({"id", "last_modified"})}


BAD = [
    ("page", "0"), ("page", "-1"), ("page", "1.0"), ("page", "1_0"), ("page", "٣"), ("page", ""), ("page", "9" * 400),
    ("per_page", "0"), ("per_page", "101"), ("per_page", "ten"), ("full", "yes"), ("minimal", "TRUE"),
    ("search", ""), ("search", "x" * 201), ("search", "a\0b"), ("modified_after", "yesterday"),
    ("modified_after", "2026-13-01"), ("organization_id", "o1"), ("taxonomy_term_id", "' OR 1=1"),
    ("taxonomy_id", "\0"), ("postcode", "9411"), ("postcode", "94110-1234"), ("postcode", "٩٤١١٠"), ("proximity", "0"),
    ("proximity", "near"), ("proximity", "500001"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_wrong_parameter_is_refused_by_name(read: Read, name: str, value: str) -> None:
    assert read("/api/services", 400, **{name: value}) == {"error": f"bad_{name}"}


def test_what_is_not_described_is_refused_and_not_passed_over(client: FlaskClient) -> None:
    assert client.get("/api/services?format=ndjson").get_json() == {"error": "unknown_parameter"}
    assert client.get("/api/services?page=1&page=2").get_json() == {"error": "repeated_parameter"}
    assert client.get(f"/api/services/{SHELTER}?full=true").status_code == 400
    assert client.get("/api/openapi.json?x=1").status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(client: FlaskClient, method: str) -> None:
    for path in ("/api/services", f"/api/services/{SHELTER}"):
        answer = client.open(path, method=method)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_the_tag_stays_while_nothing_changes_and_changes_with_a_row(directory: Database, client: FlaskClient) -> None:
    for path in (f"/api/services/{SHELTER}", "/api/services?per_page=100"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        say = f"UPDATE service SET description = '{{}}' WHERE id = '{SHELTER}'"
        with changed(directory, say.format("Shut"), say.format("Refuge")):
            after = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert after.status_code == 200
        assert after.headers["ETag"] != first.headers["ETag"]


def test_any_page_may_read_it_and_no_cookie_comes_of_it(client: FlaskClient) -> None:
    answer = client.get("/api/services")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_an_address_that_asks_too_often_waits_and_nobody_else(app: Flask, client: FlaskClient) -> None:
    app.extensions[api.PACE].limit = RateLimitItemPerMinute(3)
    here, there = {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "192.0.2.8"}
    answers = [client.get("/api/services", environ_base=here) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[3].get_json() == {"error": "too_many_requests"}
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].headers["Cache-Control"] == "no-store"
    assert client.get("/api/openapi.json", environ_base=here).status_code == 429
    assert client.get("/api/services", environ_base=there).status_code == 200


def test_without_redis_the_pace_is_kept_all_the_same(app: Flask, client: FlaskClient) -> None:
    app.extensions[api.PACE] = api.Pace("redis://127.0.0.1:9/0", RateLimitItemPerMinute(2), "api")
    assert [client.get("/api/services").status_code for _ in range(3)] == [200, 200, 429]


def test_programs_hold_few_connections_and_the_next_is_told_to_wait(
    read: Read, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "READERS", threading.BoundedSemaphore(1))
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.05)
    api.READERS.acquire()
    assert read("/api/services", 503) == {"error": "busy"}
    assert client.get("/api/openapi.json").status_code == 200
    api.READERS.release()
    assert read("/api/services")["size"] > 0


def test_a_question_that_takes_too_long_is_ended_and_gives_its_place_back(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "READERS", threading.BoundedSemaphore(1))

    def slow(session: Session, asked: publishing.Asked, now: datetime) -> dict[str, Any]:
        session.execute(text("SELECT pg_sleep(2)"))
        return {}

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "page", slow)
        patch.setattr(api, "PATIENCE_MS", 50)
        assert read("/api/services", 503) == {"error": "took_too_long"}
    assert read("/api/services")["size"] > 0


def test_looking_a_made_id_up_uses_an_index(directory: Database) -> None:
    with directory.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        begins = publishing.PUBLIC_ID_BEGINS.format(kind="service")
        plan = session.scalars(text(f"EXPLAIN SELECT x.id FROM service x WHERE {begins} = '0123456789ab'")).all()
    assert any("ix_service_outside" in line for line in plan)


def test_the_version_is_said(read: Read) -> None:
    told = read("/api/")
    assert told["version"] == "3.1"
    assert told["openapi_url"] == "http://127.0.0.1:8080/api/openapi.json"
