"""Every route of the application by its guard: none without one that is known, and a log-in opens no other door."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import log_ins
from gateway.web import guards
from tests.console.conftest import Person
from tests.console.test_console_roles import JSON, MAY, blueprint

pytestmark = pytest.mark.slow

# What anybody may open: each is named here by hand.
PUBLIC = {
    "log_in": {"form", "enter", "second", "prove", "passkey_options", "passkey", "outside", "outside_back"},
    "console_join": {"join", "accept"},
    "console_files": {"worker", "manifest"},  # the same for everybody; a browser asks for them without its cookies
}
# Doors that ask for something else than a log-in, and what they say to who has none of it.
TWILIO = {403, 411, 415}
ELSEWHERE = {"twilio_signed": TWILIO, "twilio_call_signed": TWILIO, "chat_token": {404}, "team_link": {404}}


def doors(app: Flask) -> list[tuple[str, str, str, str]]:
    """Guard, endpoint, method and path of every route, with names and numbers that name nothing."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            guard = guards.GUARDS[blueprint(rule)]
            path = re.sub(r"<[^>]+>", "999999", str(rule))
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            found += [(guard, rule.endpoint, method, path) for method in methods]
    return found


def test_every_guard_is_known(app: Flask) -> None:
    """A new guard must say here, or in ``MAY``, whom it lets in."""
    used = {guard for guard, *_ in doors(app)}
    assert used <= {*MAY, *ELSEWHERE, "public"}


def test_everything_under_the_console_asks_for_a_log_in_but_the_way_in(app: Flask) -> None:
    opened = {endpoint for guard, endpoint, _, path in doors(app) if guard == "public" and path.startswith("/console")}
    assert opened == {f"{name}.{view}" for name, views in PUBLIC.items() for view in views}
    asked = {guard for guard, _, _, path in doors(app) if path.startswith("/console")}
    assert asked == {*MAY, "public"}


def test_no_role_stands_outside_the_console(app: Flask) -> None:
    outside = {guard for guard, _, _, path in doors(app) if not path.startswith("/console")}
    assert outside <= {*ELSEWHERE, "public"}


@pytest.mark.parametrize("role", log_ins.ROLES)
def test_a_log_in_opens_no_other_door(app: Flask, person: Callable[..., Person], role: str) -> None:
    who = person("Eda", role)
    tried = 0
    for guard, endpoint, method, path in doors(app):
        if guard in ELSEWHERE:
            answer = who.client.open(path, method=method, headers=JSON)
            assert answer.status_code in ELSEWHERE[guard], (endpoint, answer.status_code)
            answer.close()
            tried += 1
    assert tried > 3  # texts, receipts and the visitors' messages


def test_an_answer_to_the_way_in_is_no_oracle(person: Callable[..., Person], app: Flask) -> None:
    """Without a half-open log-in, and with nothing of a passkey, nothing is said of anybody."""
    nobody = app.test_client()
    assert nobody.get("/console/log-in/second").status_code == 303
    assert nobody.post("/console/log-in/second").status_code == 403
    assert nobody.get("/console/join/999999").status_code == 404
    for path in ("/console/log-in/passkey", "/console/log-in/passkey/options"):
        assert nobody.post(path, json={}).status_code == 403
