"""The files that the pages share: asked for once, and found under any edition."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.web import static_files
from gateway.web.static_files import FOLDER, YEAR, address


def test_a_browser_may_keep_what_a_page_names(client: FlaskClient) -> None:
    page = client.get("/console/log-in").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert named
    for each in named:
        assert each.startswith(f"{address()}/")
        answer = client.get(each, buffered=True)
        assert answer.status_code == 200
        assert answer.cache_control.max_age == YEAR
        assert answer.cache_control.public
        assert not answer.cache_control.no_cache


@pytest.mark.parametrize("before", ["/static", "/static/0123456789ab"])
def test_a_page_of_before_an_update_still_finds_its_files(client: FlaskClient, before: str) -> None:
    answer = client.get(f"{before}/console/console.js", buffered=True)
    assert answer.data == (FOLDER / "console" / "console.js").read_bytes()
    assert answer.cache_control.max_age in {None, 0}  # asked for anew: it is not what the page names
    known = {"If-None-Match": answer.headers["ETag"]}
    again = client.get(f"{before}/console/console.js", headers=known, buffered=True)
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["console/none.js", "0123456789ab/none.js", "../app.py", "%2e%2e/app.py", "console"])
def test_nothing_else_is_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404
    assert client.get(f"{address()}/{path}").status_code == 404


def test_a_change_of_any_file_is_another_edition(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(static_files, "FOLDER", tmp_path)
    found = []
    for name, text in (("a.js", "one"), ("a.js", "two"), ("b.js", "two"), ("c/a.js", "two")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        found.append(static_files.edition.__wrapped__())
    assert len(set(found)) == len(found)
    assert all(static_files.EDITION.fullmatch(each) for each in found)
