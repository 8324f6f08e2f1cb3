"""A link of a team opens one dispatch for one person, for twelve hours; nobody can tell why another one fails."""

import re
import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway import dispatch_links, teams
from gateway.models import DispatchLink, Responder
from tests.console.conftest import utc_now
from tests.gateway.teams_out import NOON, Outing
from tests.gateway.test_dispatches import ana, out

pytestmark = pytest.mark.slow

__all__ = ["ana", "out"]


def ready(out: Outing, ana: Responder) -> str:
    out.sent(ana)
    return out.token()


def test_only_its_hash_is_kept_and_it_lasts_twelve_hours(out: Outing, ana: Responder) -> None:
    token = ready(out, ana)
    with out.database.begin() as session:
        kept = session.scalars(select(DispatchLink).order_by(DispatchLink.id.desc())).first()
        assert kept
        assert token not in kept.token_hash
        assert dispatch_links.opened(session, token, out.at + timedelta(hours=11, minutes=59)) is not None
        assert dispatch_links.opened(session, token, out.at + timedelta(hours=12)) is None
        for wrong in ("", token[:-1], token.swapcase(), token + "a", "x" * 200, secrets.token_urlsafe(16)):
            assert dispatch_links.opened(session, wrong, out.at) is None


def test_it_ends_with_the_dispatch_and_with_the_work_of_its_holder(out: Outing, ana: Responder) -> None:
    token = ready(out, ana)
    with out.database.begin() as session:
        member = teams.members(session)[0]
    for verb in ("accept", "go", "arrive"):
        out.press(verb)
    with out.database.begin() as session:
        teams.remove(session, member.id, NOON)
        assert dispatch_links.opened(session, token, out.at) is None
        session.rollback()
    out.press("clear", disposition="helped")
    with out.database.begin() as session:
        assert dispatch_links.opened(session, token, out.at) is None


@pytest.fixture
def there(out: Outing, ana: Responder) -> str:
    """The address of a page that is good at the true time."""
    token = ready(out, ana)
    with out.database.begin() as session:
        session.execute(update(DispatchLink).values(expires_at=utc_now() + timedelta(hours=1)))
    return f"/t/{token}"


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_tells_what_is_needed_and_nothing_of_the_thread(app: Flask, there: str, out: Outing) -> None:
    answer = app.test_client().get(there)
    assert answer.status_code == 200
    for words in ("12 Oak St", "see if somebody is OK", "Can you go?", "SOS"):
        assert words in plain(answer.text)
    assert "neighbor" not in answer.text
    assert "0117" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert out.dispatch().state == "assigned"  # to look changes nothing


def test_it_is_there_in_spanish(app: Flask, there: str) -> None:
    page = app.test_client().get(f"{there}?language=es").text
    assert '<html lang="es">' in page
    assert "¿Pueden ir?" in page


def test_a_press_moves_it_and_a_second_of_the_same_does_not(app: Flask, there: str, out: Outing) -> None:
    phone = app.test_client()
    form = {"verb": "accept", "press": "abc", "version": "2", "eta": "25"}
    for _ in range(2):
        assert phone.post(there, data=form).status_code == 303
    assert out.steps().count("accept") == 1
    assert out.dispatch().eta_minutes == 25
    late = phone.post(there, data={"verb": "accept", "press": "def", "version": "2"})
    assert (late.status_code, "things have moved on" in late.text) == (409, True)


@pytest.mark.parametrize(
    "form",
    [
        {"verb": "cancel"},
        {"verb": "send"},
        {"verb": ""},
        {"verb": "accept", "eta": "soon"},
        {"verb": "accept", "eta": "999"},
        {"verb": "accept", "eta": "0"},
    ],
)
def test_what_a_team_may_not_say_changes_nothing(app: Flask, there: str, out: Outing, form: dict[str, str]) -> None:
    assert app.test_client().post(there, data=form).status_code == 400
    assert out.dispatch().state == "assigned"


def test_the_end_needs_how_it_ended(app: Flask, there: str, out: Outing) -> None:
    phone = app.test_client()
    for verb in ("accept", "go", "arrive"):
        phone.post(there, data={"verb": verb})
    assert phone.post(there, data={"verb": "clear", "disposition": "gone fishing"}).status_code == 400
    done = phone.post(there, data={"verb": "clear", "disposition": "helped", "supplies": ["water", "food"]})
    assert (done.status_code, "We are done" in done.text) == (200, True)
    assert out.dispatch().supplies == ["water", "food"]
    assert phone.get(there).status_code == 404


def test_a_change_is_marked_until_the_team_says_that_it_saw_it(
    app: Flask, there: str, out: Outing, ana: Responder
) -> None:
    phone = app.test_client()
    phone.post(there, data={"verb": "accept", "version": str(out.dispatch().version)})
    assert 'id="changed"' not in phone.get(there).text
    before = phone.get(f"{there}/mark").get_json()
    row = out.edit(ana, place="14 Oak St", safety_flags=["dog"])
    page = phone.get(there).text
    assert "Changed since you looked: Place, Watch out for" in plain(page)
    assert "14 Oak St" in page
    assert phone.get(f"{there}/mark").get_json() != before
    phone.post(there, data={"verb": "seen", "version": str(row.version + 7)})
    assert out.dispatch().seen_version == row.version
    assert 'id="changed"' not in phone.get(there).text


def test_who_is_called_off_reads_so_and_no_place(app: Flask, there: str, out: Outing) -> None:
    out.text("NO TEAM")
    page = app.test_client().get(there).text
    assert "Do not go" in page
    assert "They said no to the team." in page
    assert "Oak" not in page
    assert app.test_client().post(there, data={"verb": "accept"}).status_code == 409


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(app: Flask, there: str, out: Outing) -> None:
    phone, told = app.test_client(), set()
    with out.database.begin() as session:
        session.execute(update(DispatchLink).values(expires_at=utc_now() - timedelta(seconds=1)))
    for path in (there, f"/t/{secrets.token_urlsafe(16)}", "/t/x", f"/t/{'y' * 500}"):
        answer = phone.get(path)
        told.add((answer.status_code, answer.text))
        assert phone.post(path, data={"verb": "sos"}).status_code == 404
        assert phone.get(f"{path}/mark").status_code == 404
    assert len(told) == 1
    assert next(iter(told))[0] == 404
    assert out.dispatch().sos_at is None


def test_another_site_presses_nothing(app: Flask, there: str, out: Outing) -> None:
    answer = app.test_client().post(there, data={"verb": "accept"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 404
    assert out.dispatch().state == "assigned"


def test_what_a_responder_types_is_no_markup(app: Flask, there: str, out: Outing, ana: Responder) -> None:
    out.edit(ana, place="<script>alert(1)</script>\u202e", what_to_know="<b>x")
    page = app.test_client().get(there).text
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert "\u202e" not in page
