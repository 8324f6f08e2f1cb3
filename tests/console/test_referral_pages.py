"""Links without a log-in: what opens them and what does not, what a provider may say, what stands on a card."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway import referral_card, referral_links, referrals, texts
from gateway.db import Database
from gateway.directory import demo
from gateway.door import Door
from gateway.models import AuditEntry, Conversation, Escalation, Referral, Responder
from gateway.models.directory import Service
from gateway.models.listing import ServiceNeed
from gateway.referral_links import CARD, PROVIDER
from tests.console.conftest import Person

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
FORBIDDEN = ("15555550117", "took all my pills")


def utc() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def told(database: Database, written: Written) -> Callable[..., int]:
    """A resident who was told about a service of the demo directory, in a thread that a responder sees."""
    made: list[Escalation] = []

    def tell(need: str = "food", *, service: str | None = None, language: str = "en") -> int:
        if not made:
            with database.begin() as session:
                demo.load_demo(session, utc())
            made.append(written())
        with database.begin() as session:
            conversation = session.get_one(Conversation, made[0].conversation_id)
            conversation.language = language
            if service is None:
                wanted = select(ServiceNeed).where(ServiceNeed.need == need).order_by(ServiceNeed.weight.desc())
                found = session.scalars(wanted.order_by(ServiceNeed.service_id)).first()
                assert found
                service = f"{found.dataset}:{found.service_id}"
            offer = referrals.Offer(service, "The name as it was told", need)
            [row] = referrals.refer(session, conversation, None, [offer], utc())
            return row.id

    return tell


@pytest.fixture
def link(database: Database, door: Door) -> Callable[..., str]:
    """A token for a referral."""

    def make(number: int, purpose: str = PROVIDER, *, age: timedelta = timedelta()) -> str:
        with database.begin() as session:
            row = session.get_one(Referral, number)
            return referral_links.token(door.settings.keys, purpose, row, utc() - age)

    return make


def state(database: Database, number: int) -> tuple[str, str | None]:
    with database.begin() as session:
        row = session.get_one(Referral, number)
        return row.state, row.barrier_code


def again(database: Database, number: int) -> None:
    """Back to where it began, by hand."""
    with database.begin() as session:
        session.get_one(Referral, number).state = "offered"


# --- a provider ------------------------------------------------------------------------------------------------------


def test_a_provider_is_asked_and_looking_moves_nothing(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    for method in ("GET", "HEAD", "GET"):
        page = client.open(f"/r/{link(number)}", method=method)
        assert page.status_code == 200
    assert state(database, number) == ("offered", None)
    assert "The name as it was told" in page.text
    assert not [word for word in FORBIDDEN if word in page.text]
    assert "food" not in page.text.lower()
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not page.headers.getlist("Set-Cookie")


def test_one_tap_moves_it_once_and_the_link_goes_on_until_the_end(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    there = f"/r/{link(number)}"
    first = client.post(there, data={"what": "contacted"})
    assert first.status_code == 303
    assert texts.say("provider_thanks", "en") in client.get(first.location).text
    assert state(database, number) == ("contacted", None)
    assert client.post(there, data={"what": "contacted"}).status_code == 404
    page = client.get(there).text
    assert 'value="contacted"' not in page
    assert 'value="connected"' in page
    assert client.post(there, data={"what": "service_obtained"}).status_code == 303
    assert state(database, number) == ("service_obtained", None)
    assert client.get(there).status_code == 404
    assert client.post(there, data={"what": "not_obtained:full"}).status_code == 404
    with database.begin() as session:
        steps = referrals.events(session, session.get_one(Referral, number))
        assert [(step.state, step.by, step.responder_id) for step in steps[1:]] == [
            ("contacted", "provider", None), ("service_obtained", "provider", None)
        ]  # fmt: skip


def test_a_provider_says_what_was_in_the_way(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    for barrier in "full not_eligible documents language changed_mind other".split():
        again(database, number)
        page = client.get(f"/r/{link(number)}").text
        assert f'value="not_obtained:{barrier}"' in page
        assert client.post(f"/r/{link(number)}", data={"what": f"not_obtained:{barrier}"}).status_code == 303
        assert state(database, number) == ("not_obtained", barrier)


def test_a_provider_says_nothing_else(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    states = ("", "offered", "accepted", "declined", "sent", "lost", "nonsense", "not_obtained", "contacted\x00")
    for what in (*states, "not_obtained:cost", "not_obtained:nonsense", "contacted:full", "x" * 5_000):
        answer = client.post(f"/r/{link(number)}", data={"what": what})
        assert (answer.status_code, state(database, number)[0]) == (404, "offered"), what[:20]


def test_whatever_is_wrong_with_a_link_is_answered_alike(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    good = link(number)
    used = link(number)
    assert client.post(f"/r/{used}", data={"what": "contacted"}).status_code == 303
    body, _, signature = good.rpartition(".")
    wrong = {
        "forged": f"{body}.{signature[:-2]}AA",
        "another number": f"{link(told('shelter')).rpartition('.')[0]}.{signature}",
        "too old": link(number, age=timedelta(days=14, seconds=1)),
        "for a card": link(number, CARD),
        "no token": "x",
        "long": "a" * 5_000,
        "odd": "%00.%F0%9F%98%80",
    }
    answers = {client.get(f"/r/{token}").text for token in wrong.values()}
    answers |= {client.post(f"/r/{token}", data={"what": "connected"}).text for token in wrong.values()}
    answers.add(client.post(f"/r/{used}", data={"what": "contacted"}).text)
    assert len(answers) == 1
    assert {client.get(f"/r/{token}").status_code for token in wrong.values()} == {404}
    assert client.get(f"/r/{link(number, age=timedelta(days=13, hours=23))}").status_code == 200
    with database.begin() as session:
        row = session.get_one(Referral, number)
        assert row.state == "contacted"
        session.delete(row)
    assert client.get(f"/r/{good}").text in answers


def test_a_private_matter_has_no_link_and_a_card_that_names_nothing(
    client: FlaskClient, ana: Person, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    for need in sorted(referral_links.PRIVATE_NEEDS):
        with database.begin() as session:
            row = session.get_one(Referral, number)
            row.need = need
            dataset, _, service_id = row.service_id.partition(":")
            name = session.get_one(Service, (dataset, service_id)).name
            thread = session.scalars(select(Escalation.id)).one()
        assert client.get(f"/r/{link(number)}").status_code == 404
        assert client.post(f"/r/{link(number)}", data={"what": "contacted"}).status_code == 404
        asked = ana.post(f"/console/threads/{thread}/services/{number}/link", agreed="yes")
        assert asked.status_code == 403
        page = client.get(f"/card/{link(number, CARD)}").text
        for word in (name, "The name as it was told", need, "<dt>Go to", "code"):
            assert word not in page, word
        assert texts.say("card_private_name", "en") in page
        assert state(database, number) == ("offered", None)


def test_a_service_that_also_treats_substance_use_is_private_whatever_it_was_told_for(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    with database.begin() as session:
        dataset, _, service_id = session.get_one(Referral, number).service_id.partition(":")
        session.add(ServiceNeed(dataset=dataset, service_id=service_id, need="substance_use", weight=3))
    assert client.get(f"/r/{link(number)}").status_code == 404


# --- a card ----------------------------------------------------------------------------------------------------------


def test_a_card_has_what_is_needed_to_call_or_go_and_no_need(
    client: FlaskClient, told: Callable[..., int], link: Callable[..., str]
) -> None:
    page = client.get(f"/card/{link(told(), CARD)}?language=en").text
    title = re.search(r"<title>(.*?)</title>", page)
    assert title
    assert title[1] == texts.say("card_title", "en")
    assert '<html lang="en">' in page
    assert re.search(r'class="number">[\d()x -]+', page)
    assert "<svg" in page
    for key in ("card_call", "card_hours", "card_say_words", "card_scan_call"):
        assert texts.say(key, "en") in page
    assert not [word for word in FORBIDDEN if word in page]
    assert "<script" not in page
    assert "style=" not in page


def test_a_card_is_in_the_residents_language_or_the_one_asked_for(
    client: FlaskClient, told: Callable[..., int], link: Callable[..., str]
) -> None:
    there = f"/card/{link(told(language='es'), CARD)}"
    assert '<html lang="es">' in client.get(there).text
    assert '<html lang="en">' in client.get(f"{there}?language=en").text
    both = client.get(f"{there}?language=both").text
    assert both.count('<article class="card" lang=') == 2
    assert client.get(f"{there}?language=<b>").text.count("<article") == 2


def test_a_card_is_read_out_loud(client: FlaskClient, told: Callable[..., int], link: Callable[..., str]) -> None:
    answer = client.get(f"/card/{link(told(), CARD)}/aloud.txt?language=both")
    assert answer.mimetype == "text/plain"
    assert re.search(r"Call: \d \d \d, \d \d \d, \d \d \d \d", answer.text)
    assert re.search(r"Llame: \d \d \d, \d \d \d, \d \d \d \d", answer.text)
    assert not re.search(r"\b(Mon|Tue|lun|mar)\b|\d(am|pm)\b|[<>{}]", answer.text)


def test_a_card_of_a_service_that_went_says_so_by_its_name(
    client: FlaskClient, told: Callable[..., int], link: Callable[..., str]
) -> None:
    token = link(told(service="demo:gone"), CARD)
    page = client.get(f"/card/{token}").text
    assert "The name as it was told" in page
    assert "211" in page
    assert "2 1 1" in client.get(f"/card/{token}/aloud.txt").text


def test_a_card_opens_nothing_else_and_ends(
    client: FlaskClient, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    for token in (link(number, PROVIDER), link(number, CARD, age=timedelta(days=30, seconds=1)), "x"):
        assert client.get(f"/card/{token}").status_code == 404
        assert client.get(f"/card/{token}/aloud.txt").status_code == 404
    assert client.post(f"/card/{link(number, CARD)}").status_code == 405


def test_a_hostile_name_is_text(
    client: FlaskClient, database: Database, told: Callable[..., int], link: Callable[..., str]
) -> None:
    number = told()
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
    with database.begin() as session:
        row = session.get_one(Referral, number)
        row.name = evil
        dataset, _, service_id = row.service_id.partition(":")
        session.get_one(Service, (dataset, service_id)).name = evil
    for path in (f"/r/{link(number)}", f"/card/{link(number, CARD)}"):
        page = client.get(path).text
        assert "<script" not in page
        assert "<img" not in page
        assert "{{7*7}}" in page


@pytest.mark.parametrize(("printed", "tel"), [
    ("415-555-0101", "tel:+14155550101"),
    ("1-800-222-1222", "tel:+18002221222"),
    ("415-555-0101 x12", "tel:+14155550101,12"),
    ("988", "tel:988"),
    ("211", "tel:211"),
    ("415-555-0101 / 415-555-0102", None),
    ("call the desk", None),
    ("12345", None),
])  # fmt: skip
def test_what_is_scanned_is_dialled(printed: str, tel: str | None) -> None:
    assert referral_card.dialled(printed) == tel


def test_the_code_on_the_card_is_the_providers_and_no_two_are_alike(database: Database, door: Door) -> None:
    keys = door.settings.keys
    codes = {referral_links.reference(keys, Referral(id=number)) for number in range(2_000)}
    assert len(codes) == 2_000
    assert all(re.fullmatch(f"[{referral_links.CODE_LETTERS}]{{6}}", code) for code in codes)


# --- the console -----------------------------------------------------------------------------------------------------


@pytest.fixture
def page(database: Database) -> Callable[[], str]:
    """Where the services of the one thread are."""

    def find() -> str:
        with database.begin() as session:
            return f"/console/threads/{session.scalars(select(Escalation.id)).one()}/services"

    return find


def audited(database: Database) -> list[tuple[str, Any]]:
    with database.begin() as session:
        found = select(AuditEntry).where(AuditEntry.subject == "referral").order_by(AuditEntry.id)
        return [(entry.act, entry.detail) for entry in session.scalars(found)]


def test_a_responder_sees_what_was_told_and_keeps_what_came_of_it(
    ana: Person, database: Database, told: Callable[..., int], page: Callable[[], str]
) -> None:
    number = told()
    drawn = ana.client.get(page())
    assert "The name as it was told" in drawn.text
    assert 'href="/card/' in drawn.text
    assert ana.post(f"{page()}/{number}", state="accepted").status_code == 303
    assert ana.post(f"{page()}/{number}", state="not_obtained", barrier="cost").status_code == 303
    assert state(database, number) == ("not_obtained", "cost")
    assert ana.post(f"{page()}/{number}", state="sent").status_code == 409
    assert ana.post(f"{page()}/{number}", state="nonsense").status_code == 400
    assert ana.post(f"{page()}/{number}", state="lost", barrier="nonsense").status_code == 400
    assert audited(database) == [("accepted", {"barrier_code": None}), ("not_obtained", {"barrier_code": "cost"})]


def test_a_link_is_made_with_the_residents_yes_alone(
    ana: Person, client: FlaskClient, door: Door, database: Database, told: Callable[..., int], page: Callable[[], str]
) -> None:
    number = told()
    assert ana.post(f"{page()}/{number}/link").status_code == 400
    assert state(database, number)[0] == "offered"
    made = ana.post(f"{page()}/{number}/link", agreed="yes")
    found = re.search(rf'<code class="whole">({re.escape(door.settings.public_url)}/r/[^<]+)</code>', made.text)
    assert found
    assert state(database, number)[0] == "sent"
    assert audited(database) == [("provider_link", {"agreed": True})]
    assert client.get(found[1].removeprefix(door.settings.public_url)).status_code == 200


def test_no_link_for_a_service_whose_purpose_is_not_known_any_more(
    ana: Person, database: Database, told: Callable[..., int], page: Callable[[], str]
) -> None:
    number = told(service="demo:gone")
    assert ana.post(f"{page()}/{number}/link", agreed="yes").status_code == 403
    assert "Ask the provider" not in ana.client.get(page()).text


def test_a_referral_of_another_thread_is_not_reached(
    ana: Person, database: Database, told: Callable[..., int], page: Callable[[], str], written: Written
) -> None:
    number, there = told(), page()
    other = written(number="+15555550199").id
    assert ana.post(f"/console/threads/{other}/services/{number}", state="accepted").status_code == 404
    assert ana.post(f"/console/threads/{other}/services/{number}/link", agreed="yes").status_code == 404
    assert ana.client.post(f"{there}/{number}", data={"state": "accepted"}).status_code == 403
    assert state(database, number)[0] == "offered"


def test_the_thread_has_a_button_to_it(
    ana: Person, told: Callable[..., int], page: Callable[[], str], database: Database
) -> None:
    told()
    assert f'href="{page()}"' in ana.client.get(page().removesuffix("/services")).text


def test_planners_see_the_gaps_and_take_them_away(person: Callable[..., Person], database: Database) -> None:
    boss = person("Bo", "supervisor")
    assert "Nobody asked for anything" in boss.client.get("/console/gaps").text
    assert boss.client.get("/console/gaps?since=soon").status_code == 400
    file = boss.client.get("/console/gaps/gaps.csv")
    assert (file.mimetype, file.text.split(",")[:3]) == ("text/csv", ["need", "place", "language"])
    with database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "download")).one()
        assert session.get_one(Responder, entry.responder_id).name == "Bo"
