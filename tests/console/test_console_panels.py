"""The console's parts that others add to: panels beside a thread, lines of the menu, words for the scripts."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from gateway import log_ins
from gateway.models import Escalation
from gateway.web import console_menu, console_panels
from gateway.web.console_words import PAGE_WORDS
from gateway.web.static_files import address
from tests.console.conftest import Person

STATIC = Path(__file__).resolve().parents[2] / "gateway" / "static" / "console"
TOLD = [{"label": "Beside", "value": "quetzal"}]
MARKS = {"above": ["quetzal", 'id="messages"', 'id="history'], "below": ['id="messages"', "quetzal", 'id="history']}


def the_thread(who: Person, row: Escalation) -> str:
    answer = who.client.get(f"/console/threads/{row.id}")
    assert answer.status_code == 200
    return str(answer.text)


def test_a_panel_is_drawn_where_it_says_with_what_it_found(
    person: Callable[..., Person], written: Callable[..., Escalation], monkeypatch: pytest.MonkeyPatch
) -> None:
    row, ana = written(), person("Ana")
    assert "quetzal" not in the_thread(ana, row)
    for place, marks in MARKS.items():
        panel = console_panels.Panel(
            "own", "console/told.html", lambda *_: TOLD, place=place, script="extra.js", sheet="extra.css"
        )
        monkeypatch.setattr(console_panels, "PANELS", [panel])
        page = the_thread(ana, row)
        assert sorted(marks, key=page.index) == marks
        assert f"{address()}/console/extra.js" in page
        assert f"{address()}/console/extra.css" in page


def test_a_panel_with_nothing_to_show_is_not_drawn(
    person: Callable[..., Person], written: Callable[..., Escalation], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def nothing(_session: Any, _door: Any, row: Escalation, who: Any, _now: Any) -> None:
        asked.append((row.id, who.name))

    panel = console_panels.Panel("own", "console/told.html", nothing)
    monkeypatch.setattr(console_panels, "PANELS", [panel])
    row = written()
    assert 'id="told"' not in the_thread(person("Ana"), row)
    assert asked == [(row.id, "Ana")]


@pytest.mark.parametrize("role", log_ins.ROLES)
def test_the_menu_leads_only_where_its_reader_may_go(app: Flask, person: Callable[..., Person], role: str) -> None:
    who = person("Eda", role)
    with app.test_request_context():
        ways = {entry.endpoint: app.url_for(entry.endpoint) for entry in console_menu.ENTRIES}
    mine = {entry.endpoint for entry in console_menu.menu(role)}
    assert "console_directory.found" in mine
    for endpoint, way in ways.items():
        assert (who.client.get(way, follow_redirects=True).status_code == 200) == (endpoint in mine), endpoint
    if role != "directory_editor":
        page = who.client.get("/console/").text
        assert {endpoint for endpoint, way in ways.items() if f'<a href="{way}"' in page} == mine


def test_the_scripts_get_every_word_that_they_say(person: Callable[..., Person]) -> None:
    page = person("Ana").client.get("/console/").text
    found = re.search(r"data-words='([^']+)'", page)
    assert found
    assert json.loads(unescape(found[1])) == PAGE_WORDS
    said = {key for path in STATIC.glob("*.js") for key in re.findall(r'say\((?:[^"`)]*\? )?"(\w+)"', path.read_text())}
    assert len(said) > 3
    assert said <= set(PAGE_WORDS)
