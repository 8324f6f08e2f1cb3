"""Which role may open what: every route of the console, tried by every role and by nobody."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.routing import Rule

from gateway import cli, log_ins, paging
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import Escalation, Responder, Shift
from gateway.web import guards
from tests.console.conftest import PASSWORD, Person, log_in, utc_now

pytestmark = pytest.mark.slow

ANSWERING = {"responder", "supervisor", "admin"}
# guard -> who may pass, and what the others are told
MAY = {
    "logged_in": (set(log_ins.ROLES), ""),
    "enrolling": (set(log_ins.ROLES), ""),
    "responder": (ANSWERING, "responders_only"),
    "still_listening": (ANSWERING, "responders_only"),
    "supervisor": ({"supervisor", "admin"}, "supervisors_only"),
    "directory_editor": ({"directory_editor", "supervisor", "admin"}, "editors_only"),
    "admin": ({"admin"}, "admins_only"),
}
REFUSALS = {code for _, code in MAY.values() if code}
JSON = {"Accept": "application/json"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Guard, method and path of everything under /console but the log-in page, with numbers that name nothing."""
    found = []
    for rule in app.url_map.iter_rules():
        if str(rule).startswith("/console") and guards.GUARDS[blueprint(rule)] != "public":
            path = re.sub(r"<[^>]+>", "999999", str(rule))
            methods = (rule.methods or set()) & {"GET", "POST"}
            found += [(guards.GUARDS[blueprint(rule)], method, path) for method in methods]
    return found


def blueprint(rule: Rule) -> str:
    return rule.endpoint.rpartition(".")[0]


def refusal(who: Person, method: str, path: str) -> tuple[int, str]:
    answer = who.client.open(path, method=method, headers=JSON)
    told = (answer.status_code, (answer.get_json(silent=True) or {}).get("error", ""))
    answer.close()
    return told


@pytest.mark.parametrize("role", log_ins.ROLES)
def test_every_route_is_open_to_its_roles_alone(app: Flask, person: Callable[..., Person], role: str) -> None:
    who = person("Eda", role)
    tried = routes(app)
    assert {guard for guard, _, _ in tried} <= set(MAY)
    assert len(tried) > 10
    for guard, method, path in tried:
        roles, code = MAY[guard]
        if role not in roles:
            assert refusal(who, method, path) == (403, code), path
        elif path != "/console/events":  # a stream that does not end
            status, said = refusal(who, method, path)
            assert status != 401
            assert said not in REFUSALS, path


def test_nobody_gets_anywhere_without_a_log_in(app: Flask, person: Callable[..., Person]) -> None:
    nobody = person("Nobody", inside=False)
    for _, method, path in routes(app):
        assert refusal(nobody, method, path) == (401, "log_in_needed"), path


def test_an_editor_opens_no_thread_and_no_queue(
    person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    number, editor = written().id, person("Eda", "directory_editor")
    for path in (f"/console/threads/{number}", f"/console/threads/{number}/live", "/console/", "/console/queue"):
        answer = editor.client.get(path)
        assert answer.status_code == 403
        assert "my pills" not in answer.text


def test_an_editor_logs_in_and_out(app: Flask, person: Callable[..., Person]) -> None:
    editor = person("Eda", "directory_editor", inside=False)
    assert log_in(editor.client, editor.email, PASSWORD).status_code == 303
    page = editor.client.get("/console/log-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert editor.client.post("/console/log-out", data={"csrf_token": token[1]}).status_code == 303
    assert refusal(editor, "GET", "/console/queue") == (401, "log_in_needed")


def test_an_editor_is_never_on_call(database: Database) -> None:
    now = utc_now()
    with database.begin() as session:
        with pytest.raises(Refused, match="editors_are_not_on_call"):
            log_ins.add_responder(session, "eda@example.org", "Eda", "directory_editor", now, on_call_hours=2)
        log_ins.add_responder(session, "eda@example.org", "Eda", "directory_editor", now)
        editor = session.query(Responder).filter_by(email="eda@example.org").one()
        session.add(Shift(responder_id=editor.id, starts_at=now, ends_at=now + timedelta(hours=1)))
        session.flush()
        assert paging.on_call(session, now) == []


def test_the_command_adds_every_role(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(cli, "database_url", lambda: url)
    assert cli.ROLES == log_ins.ROLES
    email = f"{secrets.token_hex(4)}@example.org"
    done = CliRunner().invoke(cli.main, ["responder", "add", email, "--name", "Eda", "--role", "directory_editor"])
    assert done.exit_code == 0, done.output
    with database.begin() as session:
        assert session.query(Responder).filter_by(email=email).one().role == "directory_editor"
