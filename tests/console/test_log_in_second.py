"""The second step over HTTP: what a password alone opens, who is counted against whom, and what is required."""

import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from sqlalchemy import select, update

from gateway import credentials, log_ins, passkeys
from gateway.db import Database
from gateway.door import Door
from gateway.models import AuditEntry, Challenge, Escalation, LogIn, Responder
from gateway.settings import REQUIRED, Settings
from gateway.web import console_tries
from tests.console.authenticator import Authenticator
from tests.console.conftest import PASSWORD, TOKEN, App, Person, enrol, log_in, second_step, utc_now
from tests.console.test_console_roles import JSON, MAY, routes

pytestmark = pytest.mark.slow

PAGE = {"Accept": "text/html"}
SECOND = "/console/log-in/second"


@pytest.fixture
def bo(person: Callable[..., Person], database: Database, door: Door) -> Person:
    """A responder with an app, at the door."""
    made = person("Bo", inside=False)
    made.app = enrol(database, door.settings.keys, made.id)
    return made


def is_in(who: Person) -> bool:
    return who.client.get("/console/", headers=JSON).status_code == 200


def acts(database: Database) -> list[str]:
    with database.begin() as session:
        return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def test_the_password_leads_to_the_second_step_and_no_further(bo: Person) -> None:
    answer = log_in(bo.client, bo.email, PASSWORD, next="/console/looks")
    assert (answer.status_code, answer.location) == (303, f"{SECOND}?next=/console/looks")
    assert not is_in(bo)
    half = bo.client.get_cookie("fd_half")
    assert half is not None
    bo.client.set_cookie("fd_log_in", half.value)
    assert not is_in(bo)
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("fd_half="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_code_opens_the_log_in_and_leads_where_it_was_wanted(bo: Person, database: Database) -> None:
    assert bo.app
    log_in(bo.client, bo.email, PASSWORD)
    answer = second_step(bo.client, bo.app.code(), next="/console/looks")
    assert (answer.status_code, answer.location) == (303, "/console/looks")
    assert is_in(bo)
    assert bo.client.get_cookie("fd_half") is None
    with database.begin() as session:
        assert session.scalars(select(LogIn.strength)).one() == "totp"


def test_without_a_half_there_is_no_second_step(bo: Person) -> None:
    assert bo.app
    assert "/console/log-in?" in bo.client.get(SECOND).location
    log_in(bo.client, bo.email, PASSWORD)
    token = bo.client.get_cookie("fd_half")
    assert token
    second_step(bo.client, bo.app.code())
    bo.client.post("/console/log-out", data={"csrf_token": bo.token()})
    bo.client.set_cookie("fd_half", token.value)
    assert "/console/log-in?" in bo.client.get(SECOND).location  # each half opens one log-in


def test_a_forged_second_step_does_nothing(bo: Person) -> None:
    assert bo.app
    log_in(bo.client, bo.email, PASSWORD)
    assert bo.client.post(SECOND, data={"code": bo.app.code()}).status_code == 403
    assert not is_in(bo)


def test_five_wrong_codes_and_the_password_is_asked_again(bo: Person, database: Database) -> None:
    assert bo.app
    log_in(bo.client, bo.email, PASSWORD)
    assert [second_step(bo.client, "000000").status_code for _ in range(4)] == [401] * 4
    assert "/console/log-in?" in second_step(bo.client, "000000").location
    assert "/console/log-in?" in bo.client.get(SECOND).location
    assert not is_in(bo)
    assert acts(database).count("second_factor_failed") == 5


def test_guesses_are_counted_over_all_log_ins_of_strangers(bo: Person, app: Flask, database: Database) -> None:
    """Who knows the password guesses at codes from many addresses; the owner's own browser is not shut."""
    assert bo.app
    assert bo.log_in().status_code == 303  # this browser is known from now on
    bo.client.post("/console/log-out", data={"csrf_token": bo.token()})
    stranger = Person(bo.id, bo.email, bo.name, app.test_client())
    log_in(stranger.client, bo.email, PASSWORD)
    with database.begin() as session:
        session.execute(update(Challenge).where(Challenge.device_id.is_(None)).values(attempts=4))
        for _ in range(4):
            token = log_ins.begin(session, bo.email, PASSWORD, utc_now())
            assert token
            session.execute(update(Challenge).where(Challenge.attempts == 0).values(attempts=4))
    answer = second_step(stranger.client, "000000")
    assert answer.status_code == 429  # before any code is looked at
    assert answer.headers["Retry-After"]
    assert bo.log_in().status_code == 303
    assert is_in(bo)


def test_a_right_password_alone_forgives_no_slips(bo: Person) -> None:
    """Else who knows it could begin again for ever, and guess at five codes each time."""
    codes = [log_in(bo.client, bo.email, PASSWORD).status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]


@pytest.mark.slow
def test_strangers_cannot_lock_a_known_browser_out(person: Callable[..., Person], app: Flask) -> None:
    ana = person("Ana")
    ana.client.post("/console/log-out", data={"csrf_token": ana.token()})
    stranger = Person(ana.id, ana.email, ana.name, app.test_client())
    stranger.client.environ_base["REMOTE_ADDR"] = ana.client.environ_base["REMOTE_ADDR"]
    assert [stranger.log_in("wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    for number in range(60):
        log_in(stranger.client, f"name{number}@example.org", "wrong")
    assert stranger.log_in().status_code == 429
    assert ana.log_in().status_code == 303
    assert is_in(ana)


def test_a_stolen_device_has_tries_of_its_own_and_no_more(person: Callable[..., Person]) -> None:
    ana = person("Ana")
    ana.client.post("/console/log-out", data={"csrf_token": ana.token()})
    assert [ana.log_in("wrong").status_code for _ in range(6)] == [401] * 5 + [429]


def test_a_code_on_paper_opens_once_and_leads_to_the_account(bo: Person, database: Database) -> None:
    with database.begin() as session:
        who = session.get_one(Responder, bo.id)
        code = credentials.recovery_make(session, who, utc_now())[0]
    log_in(bo.client, bo.email, PASSWORD)
    answer = second_step(bo.client, code, next="/console/looks")
    assert (answer.status_code, answer.location) == (303, "/console/account")
    assert is_in(bo)
    page = bo.client.get("/console/account", headers=PAGE).text
    assert "Codes left: 9." in page
    bo.client.post("/console/log-out", data={"csrf_token": bo.token()})
    log_in(bo.client, bo.email, PASSWORD)
    assert second_step(bo.client, code).status_code == 401


@pytest.mark.slow
class TestRequired:
    """As in production."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, second_factor=REQUIRED)

    def test_the_fixture_comes_in_as_everywhere(self, person: Callable[..., Person]) -> None:
        ana = person("Ana")
        assert is_in(ana)
        ana.client.post("/console/log-out", data={"csrf_token": ana.token()})
        assert ana.log_in().location == "/console/"

    @pytest.mark.parametrize("role", log_ins.ROLES)
    def test_a_password_alone_opens_the_account_and_nothing_else(
        self, app: Flask, person: Callable[..., Person], written: Callable[..., Escalation], role: str
    ) -> None:
        number = written().id
        who = person("Eda", role, inside=False)
        assert log_in(who.client, who.email, PASSWORD).status_code == 303  # no app in this browser's hands yet
        who.client.delete_cookie("fd_half")
        with app.extensions["front_door"].database.begin() as session:
            credentials.forget(session, who.id, utc_now())
        assert log_in(who.client, who.email, PASSWORD).status_code == 303
        for guard, method, path in routes(app):
            if guard == "enrolling":
                continue
            answer = who.client.open(path, method=method, headers=JSON)
            refused = (answer.status_code, answer.get_json()["error"])
            answer.close()
            # The stream and the roles say no before or after; never does anything open.
            assert refused in {(403, "second_factor_needed"), (401, "log_in_needed")}, path
        assert who.client.get("/console/", headers=PAGE).location == "/console/account"
        page = who.client.get(f"/console/threads/{number}", headers=PAGE, follow_redirects=True).text
        assert "pills" not in page
        assert "Set up an app or a passkey" in page

    def test_setting_an_app_up_opens_the_rest_with_a_new_token(
        self, person: Callable[..., Person], database: Database, door: Door
    ) -> None:
        who = person("Ana", inside=False)
        with database.begin() as session:
            credentials.forget(session, who.id, utc_now())
        log_in(who.client, who.email, PASSWORD)
        before = who.client.get_cookie("fd_log_in")
        app, codes = set_up(who)
        after = who.client.get_cookie("fd_log_in")
        assert before
        assert after
        assert before.value != after.value
        assert is_in(who)
        assert len(codes) == 10
        who.client.set_cookie("fd_log_in", before.value)
        assert not is_in(who)
        who.client.set_cookie("fd_log_in", after.value)
        answer = who.post("/console/account/app/remove")
        assert answer.status_code == 409
        assert is_in(who)
        assert app.secret not in answer.text

    def test_every_guard_is_known(self, app: Flask) -> None:
        assert {guard for guard, _, _ in routes(app)} <= set(MAY)


def set_up(who: Person) -> tuple[App, list[str]]:
    """Set an app up through the account's page."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', who.client.get("/console/account").text)
    assert token
    page = who.client.post("/console/account/app", data={"csrf_token": unescape(token[1])}).text
    secret = re.search(r'<code class="secret">([^<]+)</code>', page)
    pending = re.search(r'name="token" value="([^"]+)"', page)
    assert secret
    assert pending
    app = App(secret[1].replace(" ", ""))
    form = {"csrf_token": unescape(token[1]), "token": pending[1], "code": app.code()}
    done = who.client.post("/console/account/app/confirm", data=form)
    assert done.status_code == 200, done.text
    return app, re.findall(r"<li><code>([a-z2-7-]+)</code></li>", done.text)


def test_what_protects_the_account_is_changed_only_after_a_fresh_log_in(
    person: Callable[..., Person], database: Database
) -> None:
    ana = person("Ana")
    with database.begin() as session:
        session.execute(update(LogIn).values(created_at=utc_now() - timedelta(minutes=16)))
    for path in ("app", "app/confirm", "phone", "codes", "phone/remove", "app/remove"):
        assert ana.post(f"/console/account/{path}").location.startswith("/console/log-in?"), path
    token = ana.token()
    answer = ana.client.post("/console/account/passkeys/options", json={}, headers=JSON | {"X-CSRFToken": token})
    assert answer.status_code == 403


def test_who_goes_on_failing_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five in five minutes would be 1,440 a day; after each limit a longer one still holds."""
    short, long = RateLimitItemPerMinute(2), RateLimitItemPerHour(3)
    monkeypatch.setattr(console_tries, "PER_ACCOUNT", (short, long))
    tries = console_tries.Tries("redis://127.0.0.1:1/0")
    assert [tries.take("ana", "here") for _ in range(2)] == [0, 0]
    assert 0 < tries.take("ana", "here") <= 61
    tries._own.clear(short, "account", "ana")  # a minute goes by
    assert tries.take("ana", "here") == 0
    tries._own.clear(short, "account", "ana")
    assert 61 < tries.take("ana", "here") <= 3601
    assert tries.take("ben", "here") == 0
    tries.forgive("ana")
    assert tries.take("ana", "here") == 0


def test_a_passkey_forgives_earlier_slips_too(app: Flask, database: Database, person: Callable[..., Person]) -> None:
    at_a_name(app)
    ana = person("Ana", inside=False)
    chip = Authenticator()
    with database.begin() as session:
        who = session.get_one(Responder, ana.id)
        site = passkeys.Site("localhost", "http://localhost")
        begun = passkeys.register_options(session, site, who, utc_now())
        passkeys.register(session, site, who, begun["token"], chip.make(begun["options"]), "", utc_now())
    assert [log_in(ana.client, ana.email, PASSWORD).status_code for _ in range(5)] == [303] * 5
    token = TOKEN.search(ana.client.get(SECOND).text)
    assert token
    headers = JSON | {"X-CSRFToken": unescape(token[1])}
    begun = ana.client.post("/console/log-in/passkey/options", json={}, headers=headers).get_json()
    sent = {"token": begun["token"], "answer": chip.show(begun["options"]), "next": "https://evil.example/"}
    assert ana.client.post("/console/log-in/passkey", json=sent, headers=JSON).status_code == 403  # no form of ours
    assert ana.client.post("/console/log-in/passkey", json=sent, headers=headers).get_json() == {"to": "/console/"}
    assert is_in(ana)
    ana.client.delete_cookie("fd_log_in")
    ana.client.delete_cookie("fd_device")
    assert log_in(ana.client, ana.email, PASSWORD).status_code == 303


def at_a_name(app: Flask) -> None:
    """Let the installation have a name in place of a number."""
    door = app.extensions["front_door"]
    settings = dataclasses.replace(door.settings, public_url="http://localhost")
    app.extensions["front_door"] = dataclasses.replace(door, settings=settings)
