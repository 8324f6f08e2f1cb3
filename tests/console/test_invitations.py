"""How people come, change and go: links for one person once, roles that hold at once, always one admin."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from html import unescape

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from gateway import cli, credentials, devices, escalations, invitations, log_ins, people, phones
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import (
    AuditEntry,
    Escalation,
    Invitation,
    Notice,
    PushSubscription,
    Responder,
)
from gateway.settings import Settings
from tests.console.conftest import PASSWORD, TOKEN, Person, enrol, log_in, utc_now
from tests.console.test_console_roles import JSON

pytestmark = pytest.mark.slow

NEW = "another long password"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def boss(database: Database, now: datetime) -> Responder:
    with database.begin() as session:
        return log_ins.create_responder(session, "boss@example.org", "Boss", "admin", PASSWORD, now)


@pytest.fixture
def link(database: Database, boss: Responder, now: datetime) -> str:
    with database.begin() as session:
        return invitations.invite(session, boss, " Ana@Example.org", " Ana ", "supervisor", now, ("es",))


def test_who_accepts_is_who_was_invited(database: Database, link: str, now: datetime) -> None:
    with database.begin() as session:
        who = invitations.accept(session, link, NEW, now + timedelta(hours=71))
        assert (who.email, who.name, who.role, who.languages) == ("ana@example.org", "Ana", "supervisor", ["es"])
        assert log_ins.prove(session, "ana@example.org", NEW).id == who.id
        assert link not in str(session.scalars(select(Invitation.token_hash)).all())


@pytest.mark.parametrize("hours", [72, 1_000])
def test_a_link_is_worth_nothing_after_three_days(database: Database, link: str, now: datetime, hours: int) -> None:
    with database.begin() as session, pytest.raises(Refused, match="no_such_invitation"):
        invitations.accept(session, link, NEW, now + timedelta(hours=hours))


def test_a_link_works_once_however_many_use_it(database: Database, link: str, now: datetime) -> None:
    def use(_: int) -> bool:
        try:
            with database.begin() as session:
                invitations.accept(session, link, NEW, now)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(use, range(4))).count(True) == 1


def test_an_unfit_password_uses_no_link_up(database: Database, link: str, now: datetime) -> None:
    with pytest.raises(Refused, match="password_length"), database.begin() as session:
        invitations.accept(session, link, "short", now)
    with database.begin() as session:
        assert invitations.accept(session, link, NEW, now)


def test_a_second_invitation_ends_the_first(database: Database, boss: Responder, link: str, now: datetime) -> None:
    with database.begin() as session:
        second = invitations.invite(session, boss, "ana@example.org", "Ana", "responder", now)
        assert invitations.find(session, link, now) is None
        row = invitations.find(session, second, now)
        assert row is not None
        invitations.revoke(session, boss, row.id, now)
        assert invitations.find(session, second, now) is None
        with pytest.raises(Refused):
            invitations.revoke(session, boss, row.id, now)


@pytest.mark.parametrize(
    ("email", "name", "role", "code"),
    [
        ("x@example.org", "X", "king", "unknown_role"),
        ("nonsense", "X", "responder", "bad_email"),
        ("x@example.org", " \x00 ", "responder", "no_name"),
        ("BOSS@example.org", "X", "responder", "email_taken"),
    ],
)
def test_an_invitation_is_checked(
    database: Database, boss: Responder, now: datetime, email: str, name: str, role: str, code: str
) -> None:
    with database.begin() as session, pytest.raises(Refused, match=code):
        invitations.invite(session, boss, email, name, role, now)


def test_a_way_in_set_anew_ends_all_that_was(database: Database, door: Door, boss: Responder, now: datetime) -> None:
    with database.begin() as session:
        ana = log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, now)
        _, kept = devices.seen(session, "", ana, now)
        token = log_ins.log_in(session, ana.email, PASSWORD, now)
    enrol(database, door.settings.keys, ana.id)
    with database.begin() as session:
        credentials.recovery_make(session, ana, now)
        link = invitations.reset(session, boss, ana.id, now)
        assert log_ins.responder_of(session, token, now) is not None  # nothing ends before it is used
        invitations.accept(session, link, NEW, now)
        has = credentials.factors(session, ana.id)
        assert (has.any, has.codes) == (False, 0)
        assert log_ins.responder_of(session, token, now) is None
        assert devices.find(session, kept, ana.email, now) is None
        with pytest.raises(Refused):
            log_ins.prove(session, ana.email, PASSWORD)


def test_nobody_is_set_anew_who_is_gone(database: Database, boss: Responder, now: datetime) -> None:
    with database.begin() as session:
        ana = log_ins.create_responder(session, "ana@example.org", "Ana", "responder", PASSWORD, now)
        link = invitations.reset(session, boss, ana.id, now)
        people.deactivate(session, boss, ana.id, now)
        with pytest.raises(Refused):
            invitations.accept(session, link, NEW, now)
        with pytest.raises(Refused):
            invitations.reset(session, boss, ana.id, now)


def test_there_is_always_an_admin(database: Database, boss: Responder, now: datetime) -> None:
    """Two admins who send each other away at the same moment: one of them stays."""
    with database.begin() as session:
        other = log_ins.create_responder(session, "other@example.org", "Other", "admin", PASSWORD, now)

    def send_away(pair: tuple[Responder, Responder]) -> str:
        try:
            with database.begin() as session:
                people.deactivate(session, pair[0], pair[1].id, now)
        except Refused as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(send_away, [(boss, other), (other, boss)]))
    assert sorted(said) == ["admins_only", "done"]
    with database.begin() as session:
        assert len(session.scalars(select(Responder.id).where(Responder.role == "admin", Responder.active)).all()) == 1


def test_nobody_changes_themselves(database: Database, boss: Responder, now: datetime) -> None:
    with database.begin() as session:
        for act in (
            lambda: people.change_role(session, boss, boss.id, "responder", now),
            lambda: people.deactivate(session, boss, boss.id, now),
        ):
            with pytest.raises(Refused, match="not_oneself"):
                act()


def test_who_is_no_admin_any_more_changes_nobody(database: Database, boss: Responder, now: datetime) -> None:
    """The page was drawn while they were one; the role is read again in the act's own transaction."""
    with database.begin() as session:
        ana = log_ins.create_responder(session, "ana@example.org", "Ana", "admin", PASSWORD, now)
        people.change_role(session, ana, boss.id, "responder", now)
    with database.begin() as session, pytest.raises(Refused, match="admins_only"):
        people.change_role(session, boss, ana.id, "responder", now)


def test_the_threads_of_who_goes_wait_again(
    database: Database, person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    boss, ana, row = person("Boss", "admin"), person("Ana"), written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=row.epoch)
    with database.begin() as session:
        subscription = PushSubscription(
            responder_id=ana.id, endpoint="https://push.example/1", p256dh="x", auth="y", created_at=utc_now()
        )
        session.add(subscription)
    assert boss.post(f"/console/people/{ana.id}/deactivate").status_code == 303
    with database.begin() as session:
        now_is = session.get_one(Escalation, row.id)
        assert (now_is.status, now_is.owner_id) == (escalations.WAITING, None)
        assert session.scalars(select(PushSubscription.ended_at)).one() is not None
    assert ana.client.get("/console/", headers=JSON).status_code == 401
    assert log_in(ana.client, ana.email, PASSWORD).status_code == 401
    assert boss.post(f"/console/people/{ana.id}/activate").status_code == 303
    assert ana.log_in().status_code == 303


def test_a_role_holds_from_the_next_click_on(
    database: Database, person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    boss, ana, row = person("Boss", "admin"), person("Ana"), written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=row.epoch)
    boss.post(f"/console/people/{ana.id}/role", role="directory_editor")
    assert ana.client.get("/console/", headers=JSON).status_code == 403
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).status == escalations.WAITING
        noted = session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "change_role")).one()
        assert noted == {"before": "responder", "role": "directory_editor"}
    boss.post(f"/console/people/{ana.id}/role", role="supervisor")
    assert ana.client.get("/console/sample/", headers=JSON, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("field", ["role", "is_admin", "active", "responder_id"])
def test_no_form_makes_anybody_more_than_they_are(
    person: Callable[..., Person], database: Database, field: str
) -> None:
    ana = person("Ana")
    for path in ("language", "password", "phone"):
        ana.post(f"/console/account/{path}", locale="es", number="415 555 0123", **{field: "admin"})
    for path in ("invite", f"{ana.id}/role", f"{ana.id}/deactivate"):
        assert ana.post(f"/console/people/{path}", role="admin").status_code == 403
    with database.begin() as session:
        who = session.get_one(Responder, ana.id)
        assert (who.role, who.active, who.locale) == ("responder", True, "es")


def test_from_the_link_to_the_second_step(person: Callable[..., Person], app: Flask) -> None:
    boss = person("Boss", "admin")
    page = boss.post("/console/people/invite", email="eva@example.org", name="<b>Eva</b>", role="responder").text
    link = re.search(r'id="the-link" value="http://127\.0\.0\.1:8080([^"]+)"', page)
    assert link
    assert link[1] not in boss.client.get("/console/people").text  # shown once
    phone = app.test_client()
    door = phone.get(link[1]).text
    assert "&lt;b&gt;Eva" in door
    token = TOKEN.search(door)
    assert token
    form = {"csrf_token": unescape(token[1]), "password": NEW, "again": "not the same at all"}
    assert phone.post(link[1], data=form).status_code == 400
    assert phone.post(link[1], data={"password": NEW, "again": NEW}).status_code == 403  # no form of ours
    answer = phone.post(link[1], data=form | {"again": NEW})
    assert (answer.status_code, answer.location) == (303, "/console/account")
    assert "Set up an app or a passkey" in phone.get("/console/account").text
    assert phone.get(link[1]).status_code == 404


def test_an_admin_logs_somebody_out_everywhere(person: Callable[..., Person], database: Database) -> None:
    boss, ana = person("Boss", "admin"), person("Ana")
    assert boss.post(f"/console/people/{ana.id}/log-out").status_code == 303
    assert ana.client.get("/console/", headers=JSON).status_code == 401
    with database.begin() as session:
        ended = session.scalars(select(log_ins.LogIn).where(log_ins.LogIn.responder_id == ana.id)).one()
        assert (ended.ended_by, ended.end_reason) == (boss.id, "by_admin")
    for path in ("role", "reset", "log-out", "deactivate", "activate"):
        assert boss.post(f"/console/people/999999/{path}", role="responder").status_code == 404


class TestAccount:
    """One's own page."""

    def test_one_log_in_is_ended_and_the_others_stay(self, person: Callable[..., Person], app: Flask) -> None:
        ana, ben = person("Ana"), person("Ben")
        other = Person(ana.id, ana.email, ana.name, app.test_client(), ana.app)
        other.log_in()
        page = ana.client.get("/console/account").text
        ends = re.findall(r'action="(/console/account/log-ins/\d+/end)"', page)
        assert len(ends) == 1
        assert ben.post(ends[0]).status_code == 404  # of somebody else: as if it were not there
        assert other.client.get("/console/", headers=JSON).status_code == 200
        assert ana.post(ends[0]).status_code == 303
        assert other.client.get("/console/", headers=JSON).status_code == 401
        assert ana.client.get("/console/", headers=JSON).status_code == 200
        assert ana.post(ends[0]).status_code == 404

    def test_all_others_are_ended(self, person: Callable[..., Person], app: Flask) -> None:
        ana = person("Ana")
        others = [Person(ana.id, ana.email, ana.name, app.test_client(), ana.app) for _ in range(2)]
        for each in others:
            each.log_in()
        ana.post("/console/account/log-ins/others")
        assert [each.client.get("/console/", headers=JSON).status_code for each in others] == [401, 401]
        assert ana.client.get("/console/", headers=JSON).status_code == 200

    def test_another_password_ends_every_other_log_in(self, person: Callable[..., Person], app: Flask) -> None:
        ana = person("Ana")
        other = Person(ana.id, ana.email, ana.name, app.test_client(), ana.app)
        other.log_in()
        assert ana.post("/console/account/password", old="wrong", new=NEW).status_code == 401
        assert ana.post("/console/account/password", old=PASSWORD, new="short").status_code == 400
        assert ana.post("/console/account/password", old=PASSWORD, new=NEW).status_code == 303
        assert other.client.get("/console/", headers=JSON).status_code == 401
        assert other.log_in().status_code == 401
        assert other.log_in(NEW).status_code == 303

    def test_a_phone_is_in_use_once_its_code_came_back(
        self, person: Callable[..., Person], database: Database, door: Door
    ) -> None:
        ana, ben = person("Ana"), person("Ben")
        page = ana.post("/console/account/phone", number="(415) 555-0123").text
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token
        with database.begin() as session:
            notice = session.scalars(select(Notice)).one()
            assert (notice.kind, notice.means, notice.responder_id) == (phones.KIND, "sms", ana.id)
            who = session.get_one(Responder, ana.id)
            assert who.phone_hash == door.settings.keys.hash("+14155550123")
            assert who.phone_verified_at is None
        code = re.search(r"\d{6}", notice.text)
        assert code
        form = {"token": token[1], "code": "nonsense"}
        assert ana.post("/console/account/phone/confirm", **form).status_code == 400
        assert ben.post("/console/account/phone/confirm", **form | {"code": code[0]}).status_code == 400
        assert ana.post("/console/account/phone/confirm", **form | {"code": code[0]}).status_code == 303
        with database.begin() as session:
            assert session.get_one(Responder, ana.id).phone_verified_at is not None
        page = ana.client.get("/console/account").text
        assert "ends in 0123" in page
        assert "415" not in page
        assert ben.post("/console/account/phone", number="+1 415 555 0123").status_code == 409
        assert ana.post("/console/account/phone/remove").status_code == 303
        assert ben.post("/console/account/phone", number="+1 415 555 0123").status_code == 200

    @pytest.mark.parametrize("number", ["", "12", "nonsense", "\x00", "+1 415 555 0123 4567 89"])
    def test_what_is_no_number_is_refused(self, person: Callable[..., Person], number: str) -> None:
        assert person("Ana").post("/console/account/phone", number=number).status_code == 400

    def test_the_page_shows_no_secret(self, person: Callable[..., Person], database: Database, door: Door) -> None:
        ana = person("Ana")
        app = enrol(database, door.settings.keys, ana.id)
        page = ana.client.get("/console/account").text
        assert app.secret not in page
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page)


class TestCommands:
    """What whoever runs the installation does on the command line."""

    @pytest.fixture
    def run(self, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
        url = database.engine.url.render_as_string(hide_password=False)
        monkeypatch.setattr(cli, "database_url", lambda: url)
        monkeypatch.setattr(cli, "running", lambda: settings)
        return lambda *words: CliRunner().invoke(cli.main, list(words))

    def test_who_runs_it_vouches_for_a_phone(
        self, run: Callable[..., Result], database: Database, settings: Settings
    ) -> None:
        done = run("responder", "add", "ana@example.org", "--name", "Ana", "--phone", "+14155550123")
        assert done.exit_code == 0, done.output
        with database.begin() as session:
            who = log_ins.by_email(session, "ana@example.org")
            assert who is not None
            assert who.phone_verified_at is not None
            assert who.phone_hash == settings.keys.hash("+14155550123")
        assert "14155550123" not in done.output
        again = run("responder", "add", "ben@example.org", "--name", "Ben", "--phone", "415 555 0123")
        assert again.exit_code == 1
        assert "proved this phone as theirs" in again.output
        with database.begin() as session:
            assert log_ins.by_email(session, "ben@example.org") is None

    def test_a_way_in_is_set_anew_when_no_admin_can_come_in(
        self, run: Callable[..., Result], database: Database, boss: Responder, now: datetime
    ) -> None:
        done = run("responder", "reset", boss.email)
        link = re.search(r"^http://127\.0\.0\.1:8080/console/join/(\S+)", done.output)
        assert link
        with database.begin() as session:
            assert invitations.accept(session, link[1], NEW, utc_now()).id == boss.id
            noted = session.scalars(select(AuditEntry.responder_id).where(AuditEntry.act == "invite")).one()
            assert noted is None
        assert run("responder", "reset", "nobody@example.org").exit_code == 1
