"""The console over HTTP: who may enter, what is forged, who wins, and what is written down."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html.parser import HTMLParser
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from gateway import optout
from gateway.db import Database
from gateway.door import Door
from gateway.errors import StoreUnavailable
from gateway.models import AuditEntry, Conversation, Delivery, Escalation, LogIn, Message
from gateway.risk import Level
from gateway.web import console_acts
from tests.console.conftest import PASSWORD, Person, log_in, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
WAY_IN = {"form", "enter", "second", "prove", "passkey_options", "passkey", "outside", "outside_back"}
PUSHES = {"console_files.worker", "console_files.manifest"}  # browsers fetch them when nobody is logged in
PUBLIC = {f"log_in.{name}" for name in WAY_IN} | {"console_join.join", "console_join.accept"} | PUSHES
PAGE = {"Accept": "text/html"}


def acts(database: Database, subject: str = "escalation") -> list[str]:
    with database.begin() as session:
        return list(
            session.scalars(select(AuditEntry.act).where(AuditEntry.subject == subject).order_by(AuditEntry.id))
        )


def said(database: Database) -> list[str]:
    with database.begin() as session:
        return list(session.scalars(select(Message.text).where(Message.author == "responder").order_by(Message.id)))


def console_routes(app: Flask) -> list[tuple[str, str]]:
    """Every route and method of the console, with ids filled in."""
    return [
        (method, re.sub(r"<[^>]+>", "1", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/console") and rule.endpoint not in PUBLIC
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_no_route_of_the_console_opens_without_a_log_in(app: Flask, client: FlaskClient, written: Written) -> None:
    written()
    routes = console_routes(app)
    assert len(routes) > 9
    for method, path in routes:
        for headers in ({}, {"Accept": "text/html"}, {"HX-Request": "true"}, {"Cookie": "fd_log_in=nonsense"}):
            answer = client.open(path, method=method, headers=headers)
            away = answer.status_code == 302 and answer.location.startswith("/console/log-in")
            assert away or answer.status_code == 401, (method, path, answer.status_code)
            assert "pills" not in answer.text


def test_no_state_changes_by_get(app: Flask) -> None:
    reading = {
        rule.endpoint.split(".")[1]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/console") and "GET" in (rule.methods or ()) and rule.endpoint not in PUBLIC
    }
    directory = {"found", "service", "edit", "new", "place", "corrections", "listed", "job", "progress", "difference"}
    referrals = {"told", "table", "as_csv"}
    handing = {"shown", "printed", "downloaded", "news", "due"}
    duty = {"page"}  # of shifts, of the rota, of rest
    thread = {"queue", "queue_rows", "rows", "colleagues", "inbox", "thread", "thread_live", "thread_newest"}
    signs = {"signs", "events", "latest", "week"}
    board = {"live", "hands"}
    pictures = {"picture", "picture_glance"}
    people = {"account", "everybody"}
    assert reading == {
        *thread,
        *signs,
        "latest",
        "week",
        *directory,
        *referrals,
        *handing,
        *duty,
        *board,
        *pictures,
        *people,
    }


def test_logging_in(person: Callable[..., Person], settings: Any) -> None:
    someone = person(inside=False)
    answer = someone.log_in()
    assert (answer.status_code, answer.location) == (303, "/console/")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("fd_log_in="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # the test's public_url is http
    assert someone.client.get("/console/").status_code == 200


def test_a_wrong_password_stays_outside(person: Callable[..., Person], database: Database) -> None:
    someone = person(inside=False)
    answer = someone.log_in("not it at all")
    assert answer.status_code == 401
    assert "is not right" in answer.text
    assert "not it at all" not in answer.text
    assert someone.client.get("/console/", headers=PAGE).location == "/console/log-in?next=/console/"
    assert acts(database, "responder")[-1] == "log_in_failed"


def test_a_stranger_gets_the_same_page_as_one_who_mistypes(person: Callable[..., Person], client: FlaskClient) -> None:
    someone = person(inside=False)
    pages = [log_in(client, email, "wrong").text for email in (someone.email, "nobody@example.org")]
    plain = [re.sub(r'value="[^"]*"', "", page) for page in pages]
    assert plain[0] == plain[1]


def test_five_tries_then_a_pause(person: Callable[..., Person], app: Flask) -> None:
    someone = person(inside=False)
    codes = [someone.log_in("wrong").status_code for _ in range(5)]
    assert codes == [401] * 5
    answer = someone.log_in(PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    # Another address is not locked out with it, nor is another account at this address.
    elsewhere = Person(someone.id, someone.email, someone.name, app.test_client())
    assert elsewhere.log_in().status_code == 303
    neighbour = person("Bo", inside=False)
    neighbour.client.environ_base["REMOTE_ADDR"] = someone.client.environ_base["REMOTE_ADDR"]
    assert neighbour.log_in().status_code == 303


def test_an_address_that_tries_many_accounts_is_stopped(person: Callable[..., Person]) -> None:
    someone = person(inside=False)
    codes = [log_in(someone.client, f"name{number}@example.org", "wrong").status_code for number in range(61)]
    assert codes == [401] * 60 + [429]
    assert someone.log_in().status_code == 429


def test_tries_are_counted_without_redis(person: Callable[..., Person], app: Flask) -> None:
    from gateway.web.console_log_in import TRIES, Tries  # noqa: PLC0415

    app.extensions[TRIES] = Tries("redis://127.0.0.1:1/0")
    someone = person(inside=False)
    assert [someone.log_in("wrong").status_code for _ in range(6)] == [401] * 5 + [429]


def test_the_right_password_forgives_earlier_slips(person: Callable[..., Person]) -> None:
    someone = person(inside=False)
    for _ in range(2):
        assert [someone.log_in("wrong").status_code for _ in range(4)] == [401] * 4
        assert someone.log_in().status_code == 303


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/console/threads/7", "/console/threads/7"),
        ("https://evil.example/console/", "/console/"),
        ("//evil.example/console/", "/console/"),
        ("/console/\\evil.example", "/console/"),
        ("/sms/inbound", "/console/"),
        ("javascript:alert(1)", "/console/"),
        ("", "/console/"),
    ],
)
def test_the_log_in_leads_nowhere_else(person: Callable[..., Person], wanted: str, there: str) -> None:
    someone = person(inside=False)
    assert log_in(someone.client, someone.email, PASSWORD, next=wanted).location == there


def test_after_logging_out_the_token_is_dead(ana: Person, database: Database) -> None:
    stolen = ana.client.get_cookie("fd_log_in")
    assert stolen is not None
    assert ana.post("/console/log-out").status_code == 303
    ana.client.set_cookie("fd_log_in", stolen.value)
    assert ana.client.get("/console/", headers=PAGE).status_code == 302
    assert acts(database, "log_in") == ["log_in", "log_out"]


def test_each_log_in_has_its_own_token(ana: Person, app: Flask) -> None:
    first = ana.client.get_cookie("fd_log_in")
    planted = app.test_client()
    planted.set_cookie("fd_log_in", "planted")
    log_in(planted, ana.email, PASSWORD)
    second = planted.get_cookie("fd_log_in")
    assert first is not None
    assert second is not None
    assert len({first.value, second.value, "planted"}) == 3


def test_a_page_that_refreshes_itself_does_not_stay_unlocked(ana: Person, database: Database) -> None:
    def idle() -> None:
        with database.begin() as session:
            session.execute(update(LogIn).values(last_seen_at=utc_now() - timedelta(minutes=20)))

    def seen_lately() -> bool:
        with database.begin() as session:
            return session.scalars(select(LogIn.last_seen_at)).one() > utc_now() - timedelta(minutes=1)

    idle()
    ana.client.get("/console/queue", headers={"X-Background": "1"})
    assert not seen_lately()
    ana.client.get("/console/queue")
    assert seen_lately()


@pytest.mark.parametrize("verb", ["claim", "reply", "release", "hand-back", "resolve"])
@pytest.mark.parametrize(
    ("forgery", "headers"),
    [
        ({"csrf_token": ""}, {}),
        ({"csrf_token": "wrong"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
def test_a_forged_act_does_nothing(
    ana: Person, written: Written, database: Database, verb: str, forgery: dict[str, str], headers: dict[str, str]
) -> None:
    row = written()
    form = {"csrf_token": ana.token(), "epoch": "0", "text": "hi", "disposition": "helped"} | forgery
    answer = ana.client.post(f"/console/threads/{row.id}/{verb}", data=form, headers=headers)
    assert answer.status_code == 403
    assert acts(database) == ["open"]


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_an_act_that_is_no_form_does_nothing(ana: Person, written: Written, database: Database, kind: str) -> None:
    row = written()
    answer = ana.client.post(f"/console/threads/{row.id}/claim", data=b'{"epoch":0}', content_type=kind)
    assert answer.status_code == 403
    assert acts(database) == ["open"]


def test_a_log_in_or_log_out_cannot_be_forged(ana: Person, app: Flask) -> None:
    assert ana.client.post("/console/log-out").status_code == 403
    assert ana.client.get("/console/").status_code == 200
    form = {"email": ana.email, "password": PASSWORD}
    assert app.test_client().post("/console/log-in", data=form).status_code == 403


def test_every_page_carries_the_headers(ana: Person, written: Written) -> None:
    row = written()
    for path in ("/console/", "/console/queue", f"/console/threads/{row.id}", "/console/log-in", "/console/threads/99"):
        headers = ana.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_the_pages_hold_no_inline_script_or_style(ana: Person, written: Written) -> None:
    row = written()
    for path in ("/console/", f"/console/threads/{row.id}", "/console/log-in"):
        page = ana.client.get(path).text
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page), path


def test_the_queue_shows_who_waits_and_the_cause(ana: Person, written: Written) -> None:
    written("no tengo comida", "comida", Level.ROUTINE, number="+15555550118", category="food", why_en="Asks for food.")
    written("quiero morir", "morir", Level.URGENT, number="+15555550119", channel="webchat")
    written()
    page = ana.client.get("/console/").text
    order = [page.index(words) for words in ("took all my pills</mark>", "morir</mark>", "comida</mark>")]
    assert order == sorted(order)
    assert "Emergency" in page
    assert "Says they took pills to die." in page
    assert "Web chat" in page
    assert "data-age" in page


def test_the_longest_wait_comes_first_within_a_level(ana: Person, written: Written, database: Database) -> None:
    late, early = written(number="+15555550121"), written(number="+15555550122")
    with database.begin() as session:
        session.get_one(Escalation, early.id).opened_at = utc_now() - timedelta(hours=2, minutes=5)
    page = ana.client.get("/console/").text
    assert page.index(f"row-{early.id}") < page.index(f"row-{late.id}")
    assert "2 h 05" in page


def test_the_number_is_masked_everywhere(ana: Person, written: Written, door: Door) -> None:
    row = written(number="+15555550187")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    pages = [ana.client.get(path).text for path in ("/console/", f"/console/threads/{row.id}")]
    assert "•••• 87" in pages[1]
    assert not [page for page in pages if "5555550187" in page or "0187" in page]


def test_the_thread_shows_the_card_and_the_history(ana: Person, written: Written) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert "<mark>took all my pills</mark>" in page
    assert "suicide.pills" in page
    assert "You have it." in page
    assert re.search(r"Opened: Emergency, Possible danger", page)
    assert re.search(r"Claimed\s*· <bdi>Ana</bdi>", page)


def test_a_thread_that_is_not_there(ana: Person) -> None:
    assert ana.client.get("/console/threads/12345").status_code == 404
    assert ana.post("/console/threads/12345/claim", epoch=0).status_code == 404


OWN_LINKS = ("/console/", "/static/", "#", "tel:+1555555")
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</textarea><script>alert(1)</script>",
    "<!--<script>",
    "{{ 7*7 }}",
    "${7*7}",
    "javascript:alert(1)",
    "<bdi></bdi></mark></p><script>x</script>",
    "%3Cscript%3E",
    "&lt;script&gt;",
    "<a href='javascript:alert(1)'>x</a>",
    "ñ<iframe srcdoc='<script>alert(1)</script>'>",
]


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, and where its links and forms lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "hx-get", "hx-post"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def pages_with(person: Callable[..., Person], written: Written, words: str, number: str) -> list[Shape]:
    """Every page that shows what somebody wrote, with ``words`` in each place where they could stand."""
    someone = person("Eve " + words[:60])
    row = written(words + " pills", words, number=number, why_en=words, card_id=words, category=words, notes=[words])
    there = f"/console/threads/{row.id}"
    someone.post(f"{there}/claim", epoch=0)
    someone.post(f"{there}/reply", epoch=1, text=words)
    drawn = [someone.post(f"{there}/reply", epoch=0, text=words + " draft").text]
    drawn += [someone.client.get(path).text for path in ("/console/", there)]
    handed = someone.post(f"{there}/handoffs", to="911").headers["Location"]
    someone.post(f"{handed}/correct", name="place", value=words)
    drawn += [someone.client.get(path).text for path in (handed, f"{handed}/print")]
    someone.post(f"{there}/resolve", epoch=1, disposition="helped", note=words)
    drawn.append(someone.client.get(there).text)
    another = person("Another")
    drawn.append(another.client.get("/console/looks").text)
    another.post(f"/console/looks/{row.id}", look="agree", note=words)
    drawn.append(another.client.get(there).text)
    drawn.append(log_in(someone.client, words, words, next=words).text)
    return [Shape(page) for page in drawn]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_anybody_wrote_is_text(person: Callable[..., Person], written: Written, payload: str) -> None:
    harmless = pages_with(person, written, "harmless words", "+15555550151")
    hostile = pages_with(person, written, payload, "+15555550152")
    for place, (plain, page) in enumerate(zip(harmless, hostile, strict=True)):
        assert page.tags == plain.tags, place
        assert not [
            link for link in page.links if not link.startswith(("/console/", "/static/", "#", "tel:+1555555"))
        ], place
    assert payload in hostile[2].words


def test_of_twenty_who_claim_one_wins_and_the_others_are_told(
    person: Callable[..., Person], app: Flask, written: Written, database: Database
) -> None:
    row = written()
    people = [person(f"Responder{number}") for number in range(20)]
    tokens = [each.token() for each in people]
    start = Barrier(20)

    def claim(place: int) -> tuple[int, str]:
        start.wait(10)
        form = {"csrf_token": tokens[place], "epoch": "0"}
        answer = people[place].client.post(
            f"/console/threads/{row.id}/claim", data=form, headers={"HX-Request": "true"}
        )
        return answer.status_code, answer.text

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(claim, range(20)))
    assert sorted(code for code, _ in answers) == [200] + [409] * 19
    winner = people[next(place for place, (code, _) in enumerate(answers) if code == 200)]
    for code, words in answers:
        if code == 409:
            assert f"<bdi>{winner.name}</bdi> has it. Nothing of yours was done or sent." in words
            assert "<html" not in words
    assert acts(database).count("claim") == 1
    with database.begin() as session:
        kept = session.get_one(Escalation, row.id)
        assert (kept.owner_id, kept.epoch, kept.status) == (winner.id, 1, "claimed")


@pytest.fixture
def held(database: Database, written: Written, monkeypatch: pytest.MonkeyPatch) -> Iterator[Escalation]:
    """An escalation whose conversation another writer holds for longer than a claim waits."""
    monkeypatch.setattr(console_acts, "PATIENCE_MS", 1_000)
    row = written()
    with database.begin() as session:
        session.get_one(Conversation, row.conversation_id, with_for_update=True)
        yield row


def waits_for_a_lock(database: Database) -> bool:
    """Whether a writer stands in line."""
    with database.asking() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))


@pytest.mark.parametrize(("taken", "status"), [(True, 409), (False, 503)])
def test_who_waits_in_vain_is_told_who_was_first_if_one_was(
    person: Callable[..., Person], held: Escalation, database: Database, *, taken: bool, status: int
) -> None:
    ana, luis = person("Ana"), person("Luis")
    token = ana.token()
    with ThreadPoolExecutor(1) as pool:
        form = {"csrf_token": token, "epoch": "0"}
        late = pool.submit(ana.client.post, f"/console/threads/{held.id}/claim", data=form, headers=PAGE)
        while not waits_for_a_lock(database):
            assert not late.done()
        if taken:
            with database.begin() as session:
                session.execute(update(Escalation).values(epoch=1, status="claimed", owner_id=luis.id))
        answer = late.result(10)
    assert answer.status_code == status
    assert ("<bdi>Luis</bdi> has it." in answer.text) == taken
    assert ("Nothing was changed." in answer.text) == (not taken)


@pytest.mark.parametrize("verb", ["reply", "release", "hand-back", "resolve"])
def test_a_stale_page_changes_nothing(ana: Person, written: Written, database: Database, verb: str) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    before = [each for each in acts(database) if each != "view"]
    answer = ana.post(f"/console/threads/{row.id}/{verb}", epoch=0, text="are you there?", disposition="helped")
    assert answer.status_code == 409
    assert "out of date" in answer.text
    assert said(database) == []
    assert [each for each in acts(database) if each != "view"] == before


@pytest.mark.parametrize("verb", ["reply", "release", "hand-back", "resolve"])
def test_only_the_owner_acts(
    ana: Person, person: Callable[..., Person], written: Written, database: Database, verb: str
) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    bo = person("Bo")
    answer = bo.post(f"/console/threads/{row.id}/{verb}", epoch=1, text="mine now?", disposition="helped")
    assert answer.status_code == 409
    assert "<bdi>Ana</bdi> has it. Nothing of yours was done or sent." in answer.text
    assert said(database) == []


@pytest.mark.parametrize("epoch", ["", "x", "-1", "99999999999", "١"])
def test_an_act_needs_an_epoch(ana: Person, written: Written, database: Database, epoch: str) -> None:
    row = written()
    assert ana.post(f"/console/threads/{row.id}/claim", epoch=epoch).status_code in {400, 409}
    assert acts(database).count("claim") == 0


def test_a_reply_is_stored_and_queued_to_be_sent_once(ana: Person, written: Written, database: Database) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    for _ in range(2):  # a quick finger
        assert ana.post(f"/console/threads/{row.id}/reply", epoch=1, text=" Estoy aquí.\r\n ").status_code == 303
    with database.begin() as session:
        message = session.scalars(select(Message).where(Message.author == "responder")).one()
        assert (message.text, message.responder_id) == ("Estoy aquí.", ana.id)
        sending = session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
        assert (sending.status, sending.priority) == ("queued", 1)
        assert session.get_one(Escalation, row.id).first_reply_at is not None
    assert "Waiting to be sent" in ana.client.get(f"/console/threads/{row.id}").text


@pytest.mark.parametrize(("text", "told"), [("  \n ", "empty"), ("x" * 1601, "1,600")])
def test_a_reply_that_cannot_be_sent_is_kept_as_a_draft(
    ana: Person, written: Written, database: Database, text: str, told: str
) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    answer = ana.post(f"/console/threads/{row.id}/reply", epoch=1, text=text)
    assert answer.status_code == 400
    assert told in answer.text
    assert text.strip() in answer.text
    assert said(database) == []


def test_an_opted_out_resident_is_called_and_not_texted(
    ana: Person, written: Written, database: Database, door: Door
) -> None:
    row = written(number="+15555550133")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    with database.begin() as session:
        optout.stop(session, "sms", door.settings.keys.hash("+15555550133"), "keyword", utc_now())
    assert "Opted out: cannot text" in ana.client.get("/console/").text
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert "Opted out: call." in page
    assert re.search(r'<form id="reply"[^>]*hidden', page)
    answer = ana.post(f"/console/threads/{row.id}/reply", epoch=1, text="hello")
    assert answer.status_code == 409
    assert "opted out" in answer.text
    assert said(database) == []


def test_release_return_and_resolve(ana: Person, written: Written, database: Database) -> None:
    def state() -> tuple[str, str | None, str]:
        with database.begin() as session:
            kept = session.get_one(Escalation, row.id)
            return kept.status, kept.disposition, session.get_one(Conversation, kept.conversation_id).handler

    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    assert state() == ("claimed", None, "responder")
    ana.post(f"/console/threads/{row.id}/release", epoch=1)
    assert state() == ("waiting", None, "bot")
    ana.post(f"/console/threads/{row.id}/claim", epoch=2)
    assert ana.post(f"/console/threads/{row.id}/resolve", epoch=3, disposition="").status_code == 400
    assert ana.post(f"/console/threads/{row.id}/resolve", epoch=3, disposition="<b>").status_code == 400
    answer = ana.post(f"/console/threads/{row.id}/resolve", epoch=3, disposition="referred", note="Shelter on 5th")
    assert (answer.status_code, answer.location) == (303, "/console/")
    assert state() == ("resolved", "referred", "bot")
    assert "Nobody is waiting." in ana.client.get("/console/").text
    assert "Shelter on 5th" in ana.client.get(f"/console/threads/{row.id}").text

    row = written(number="+15555550144")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    ana.post(f"/console/threads/{row.id}/hand-back", epoch=1)
    assert state() == ("resolved", "returned_to_bot", "bot")


def test_new_danger_in_an_owned_thread_is_shown(ana: Person, written: Written, database: Database) -> None:
    row = written("i want to die", "want to die", Level.URGENT)
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    assert 'id="alert"' not in ana.client.get(f"/console/threads/{row.id}").text
    written()
    assert 'id="alert"' in ana.client.get(f"/console/threads/{row.id}").text
    assert "New danger" in ana.client.get("/console/").text
    assert ana.post(f"/console/threads/{row.id}/resolve", epoch=1, disposition="helped").status_code == 409
    ana.post(f"/console/threads/{row.id}/reply", epoch=2, text="I am here")
    assert 'id="alert"' not in ana.client.get(f"/console/threads/{row.id}").text


def test_a_resolved_thread_points_to_the_one_that_is_open_again(ana: Person, written: Written) -> None:
    first = written()
    ana.post(f"/console/threads/{first.id}/claim", epoch=0)
    ana.post(f"/console/threads/{first.id}/resolve", epoch=1, disposition="helped")
    second = written()
    page = ana.client.get(f"/console/threads/{first.id}").text
    assert f"/console/threads/{second.id}" in page
    assert "open again" in page


def test_every_view_and_every_act_is_written_down(ana: Person, written: Written, database: Database) -> None:
    row = written()
    ana.client.get(f"/console/threads/{row.id}")
    for _ in range(3):
        ana.client.get(f"/console/threads/{row.id}/live", headers={"X-Background": "1"})
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    ana.post(f"/console/threads/{row.id}/reply", epoch=1, text="secret words")
    ana.post(f"/console/threads/{row.id}/resolve", epoch=1, disposition="helped")
    assert acts(database) == ["open", "view", "claim", "reply", "resolve"]
    with database.begin() as session:
        asked = select(AuditEntry).where(AuditEntry.subject == "escalation").order_by(AuditEntry.id)
        entries = session.scalars(asked).all()
        assert {each.responder_id for each in entries[1:]} == {ana.id}
        assert not [each for each in entries if "secret" in str(each.detail) or "pills" in str(each.detail)]


def test_reading_a_thread_through_its_live_part_alone_is_written_down(
    ana: Person, written: Written, database: Database
) -> None:
    row = written()
    ana.client.get(f"/console/threads/{row.id}/live", headers={"X-Background": "1"})
    assert acts(database) == ["open", "view"]


def test_a_view_that_cannot_be_written_down_shows_nothing(
    ana: Person, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = written()

    def broken(*_: object, **__: object) -> None:
        raise StoreUnavailable("no room")

    monkeypatch.setattr("gateway.web.console_views.audit.note", broken)
    answer = ana.client.get(f"/console/threads/{row.id}")
    assert answer.status_code == 500
    assert "pills" not in answer.text


def test_the_console_writes_no_message_of_its_own(ana: Person, written: Written, database: Database) -> None:
    """Only the claim itself tells the resident who is there now."""
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    with database.begin() as session:
        said = session.scalars(select(Message).where(Message.direction == "out")).all()
        assert [(message.author, message.responder_id) for message in said] == [("system", None)]
