"""A NUL character in a form or a link of the console: no column holds one, so it is dropped and never an error."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from gateway.db import Database
from gateway.directory import overlay, staging
from gateway.editing import reindex
from gateway.models.listing import Correction
from tests.console.conftest import Person, utc_now
from tests.console.test_console_directory import HOME, post

pytestmark = pytest.mark.slow
NAMES = (
    *("id", "place", "closure", "correction", "dataset", "run", "answer", "text", "note", "kind", "about", "state"),
    *("reason", "until", "day", "need", "name", "description", "phone", "hours", "seen", "by", "verdict", "code"),
    *("email", "password", "category", "words", "level", "outcome", "disposition", "barrier", "next", "checked"),
)


@pytest.fixture
def county(database: Database) -> None:
    with database.begin() as session:
        wire, by = staging.driver(session), overlay.By(None, utc_now() - timedelta(days=1))
        overlay.add(wire, overlay.Place("county", "service", "s1"), {"name": "Food pantry", "status": "active"}, by)
        reindex(session, "county")


def test_no_form_of_the_console_breaks_at_a_nul(app: Flask, person: Callable[..., Person], county: None) -> None:
    ada = person("Ada", "admin")
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/console") and "POST" in rule.methods]
    assert len(rules) > 15
    token = ada.token()
    for rule in rules:
        path = rule.rule.replace("<week>", "2026-W01")
        for argument in rule.arguments - {"week"}:
            path = path.replace(f"<int:{argument}>", "1")
        if rule.endpoint.endswith("log_out"):
            continue
        form = dict.fromkeys(NAMES, "county:s1\x00") | {"x\x00": "\x00"}
        answer = ada.client.post(path, data=form | {"csrf_token": token})
        assert answer.status_code < 500, path
        assert "page was too old" not in answer.text, path


def test_a_nul_in_the_name_of_a_service_is_dropped(ana: Person, county: None, database: Database) -> None:
    assert post(ana, "wrong", id="county:\x00s1", kind="closed", note="They\x00 moved").status_code == 303
    with database.begin() as session:
        row = session.scalars(select(Correction)).one()
        assert (row.service_id, row.proposed) == ("s1", "They moved")
    assert ana.client.get(f"{HOME}service?id=county:s1%00").status_code == 200
    assert ana.client.get(f"{HOME}?q=pan%00try&show=%00&page=%00").status_code == 200
