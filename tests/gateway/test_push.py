"""Web pushes: encrypted, signed, to every browser of a responder, to public hosts only, and to nobody who left."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import log_ins, means, public_hosts, push_devices, reaching
from gateway.clients.push import Push
from gateway.db import Database
from gateway.errors import Refused
from gateway.keys import make_vapid_key, vapid_public
from gateway.means import Leaving
from gateway.models import LogIn, PushSubscription, Responder
from gateway.push_devices import Subscription
from gateway.pushing import by_push
from gateway.settings import Settings, read
from tests.fakes.push_service import Browser, PushService
from tests.gateway.duty import NOW
from tests.gateway.night import Night

pytestmark = pytest.mark.slow

KEY = make_vapid_key()
CONTACT = "mailto:door@town.example"


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    made = PushService(vapid_public(KEY))
    yield made
    made.stop()


@pytest.fixture
def push() -> Push:
    return Push(KEY, CONTACT, loopback=True)


@pytest.fixture
def rita(database: Database) -> int:
    with database.begin() as session:
        row = Responder(email="rita@demo.example", name="Rita", role="responder", languages=["en"], created_at=NOW)
        session.add(row)
        session.flush()
        return row.id


def given(browser: Browser) -> Subscription:
    told = browser.to_json()
    return Subscription(told["endpoint"], told["keys"]["p256dh"], told["keys"]["auth"])


def log_in(database: Database, who: int) -> tuple[int, str]:
    with database.begin() as session:
        token = log_ins.open_(session, session.get_one(Responder, who), "totp", NOW)
        found = log_ins.current(session, token, NOW)
        assert found is not None
        return found.id, token


@pytest.fixture
def subscribe(database: Database) -> Callable[..., int]:
    def subscribe(who: int, browser: Browser, *, at: float = 0, log_in_id: int | None = None) -> int:
        now = NOW + timedelta(seconds=at)
        log_in_id = log_in_id or log_in(database, who)[0]
        with database.begin() as session:
            row = push_devices.keep(session, session.get_one(Responder, who), session.get_one(LogIn, log_in_id),
                                    given(browser), now, user_agent="Firefox/1 Android", loopback=True)  # fmt: skip
            return row.id

    return subscribe


def leaving(who: int | None, **more: Any) -> Leaving:
    facts: dict[str, Any] = {
        "notice_id": 7, "kind": "page", "means": "push", "text": "Somebody waits. It is number 41.", "language": "en",
        "number": None, "responder_id": who, "member_id": None, "escalation_id": 3, "code": 41, "attempts": 1,
        "in_doubt": False, "since": NOW, "seconds_left": 90,
    }  # fmt: skip
    return Leaving(**(facts | more))


def living(database: Database, who: int) -> list[str]:
    with database.begin() as session:
        return [row.endpoint.rpartition("/")[2] for row in push_devices.of(session, who)]


def test_every_browser_shows_it_and_only_they_can_read_it(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    browsers = [service.browser(name) for name in ("one", "two")]
    for browser in browsers:
        subscribe(rita, browser)
    assert by_push(database, push, lambda: NOW)(leaving(rita)) == means.sent(None)
    for browser in browsers:
        assert browser.shown == [
            {
                "body": "Somebody waits. It is number 41.",
                "language": "en",
                "to": "/console/threads/3",
                "tag": "thread-3",
            }
        ]
        [headers] = browser.headers
        assert (headers["TTL"], headers["Urgency"], headers["Topic"]) == ("90", "high", "thread-3")
        assert headers["Host"] == service.url.removeprefix("http://")
    with database.begin() as session:
        assert {row.last_ok_at for row in session.scalars(select(PushSubscription))} == {NOW}


def test_a_token_of_another_key_is_refused(
    service: PushService, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    browser = service.browser("strict")
    subscribe(rita, browser)
    outcome = by_push(database, Push(make_vapid_key(), CONTACT, loopback=True))(leaving(rita))
    assert (outcome.why, outcome.permanent) == ("rejected", True)
    assert browser.shown == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_asked_no_more(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int], status: int
) -> None:
    subscribe(rita, service.browser("gone", answer=lambda: (status, {})))
    send = by_push(database, push)
    assert send(leaving(rita)) == means.failed(means.NO_DEVICE, permanent=True)
    assert living(database, rita) == []
    with database.begin() as session:
        assert reaching.why_not(session, session.get_one(Responder, rita), "push") == means.NO_DEVICE
    assert send(leaving(rita)) == means.failed(means.NO_DEVICE, permanent=True)
    assert send(leaving(None)).why == means.NO_DEVICE


def test_one_that_takes_it_is_enough_and_failures_are_counted(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    sick = service.browser("sick", answer=lambda: (503, {}))
    subscribe(rita, sick)
    send = by_push(database, push, lambda: NOW)
    for _ in range(2):
        outcome = send(leaving(rita))
        assert (outcome.why, outcome.permanent, outcome.doubtful) == ("busy", False, False)
    well = service.browser("well")
    subscribe(rita, well, at=1)
    assert send(leaving(rita)).left
    assert len(well.shown) == 1
    with database.begin() as session:
        rows = {row.endpoint: row.failures for row in session.scalars(select(PushSubscription))}
    assert rows == {sick.endpoint: 3, well.endpoint: 0}
    sick.answer = lambda: (201, {})
    assert send(leaving(rita)).left
    with database.begin() as session:
        assert not any(session.scalars(select(PushSubscription.failures)))


def test_a_service_that_asks_for_patience_gets_it(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    subscribe(rita, service.browser("busy", answer=lambda: (429, {"Retry-After": "7"})))
    outcome = by_push(database, push)(leaving(rita))
    assert (outcome.why, outcome.permanent, outcome.after) == ("busy", False, 7.0)


def test_a_redirect_is_not_followed(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    inner = service.browser("inner")
    subscribe(rita, service.browser("outer", answer=lambda: (307, {"Location": inner.endpoint})))
    assert by_push(database, push)(leaving(rita)).why == "rejected"
    assert inner.headers == []


@pytest.mark.slow
def test_a_silent_service_holds_nobody_up(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    over = threading.Event()

    def silent() -> tuple[int, dict[str, str]]:
        over.wait(30)
        return 201, {}

    well = service.browser("quick")
    subscribe(rita, service.browser("silent", answer=silent))
    subscribe(rita, well)
    try:
        assert by_push(database, push, patience=1.0)(leaving(rita)).left
        assert len(well.shown) == 1
        outcome = by_push(database, push, patience=0.2)(leaving(rita))
        assert outcome.left
    finally:
        over.set()


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://10.1.2.3/x", "https://192.168.0.9/x",
        "https://172.16.0.1/x", "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/x", "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/x", "https://[64:ff9b::7f00:1]/x", "https://[2002:7f00:1::]/x", "https://0.0.0.0/",
        "https://100.64.0.1/x", "https://224.0.0.1/x", "https://2130706433/x", "http://93.184.216.34/x",
        "ftp://93.184.216.34/x", "https://user:pass@93.184.216.34/x", "https://93.184.216.34/x#y", "https:///x", "x",
        "https://93.184.216.34/ x", "https://93.184.216.34\\@127.0.0.1/", "https://93.184.216.34:99999/",
        "https://93.184.216.34/" + "x" * 2000,
    ],
)  # fmt: skip
def test_no_address_inside_is_ever_asked(url: str) -> None:
    with pytest.raises(Refused) as refused:
        public_hosts.find(url)
    assert refused.value.status == 400
    assert Push(KEY, CONTACT).send(url, b"", b"", b"", seconds=1, topic="x").what in {"refused", "later"}


def test_a_public_address_is_looked_at_once_and_asked_by_what_was_seen() -> None:
    place = public_hosts.find("https://93.184.216.34/push/a?b=c")
    assert (place.ip, place.host, place.port, place.path) == ("93.184.216.34", "93.184.216.34", 443, "/push/a?b=c")
    assert place.origin == "https://93.184.216.34"
    assert replace(place, port=8443, host="::5").origin == "https://[::5]:8443"


def test_the_demo_door_to_this_machine_is_refused_in_production(settings: Settings, tmp_path: Any) -> None:
    assert not settings.push_loopback
    here = {"DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", "FRONTDOOR_VAR": str(tmp_path)}
    assert read(here | {"FRONTDOOR_PUSH_LOOPBACK": "1"}).push_loopback
    with pytest.raises(Exception, match="FRONTDOOR_PUSH_LOOPBACK lets pushes go to this machine"):
        read(here | {"FRONTDOOR_MODE": "production", "FRONTDOOR_PUSH_LOOPBACK": "1"})


@pytest.mark.parametrize(
    "change",
    [
        {"p256dh": ""}, {"p256dh": "A" * 87}, {"p256dh": "é"}, {"auth": ""}, {"auth": "AAAA"}, {"auth": "!" * 22},
        {"endpoint": "https://10.0.0.1/x"},
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(
    service: PushService, database: Database, rita: int, change: dict[str, str]
) -> None:
    log_in_id, _ = log_in(database, rita)
    with pytest.raises(Refused) as refused, database.begin() as session:
        push_devices.keep(session, session.get_one(Responder, rita), session.get_one(LogIn, log_in_id),
                          replace(given(service.browser("bad")), **change), NOW, loopback=True)  # fmt: skip
    assert refused.value.status == 400


def test_of_more_than_ten_the_longest_silent_goes(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    log_in_id, _ = log_in(database, rita)
    names = [f"b{at}" for at in range(10)]
    for at, name in enumerate(names):
        subscribe(rita, service.browser(name), at=at, log_in_id=log_in_id)
    with database.begin() as session:  # the oldest rang lately, so the second is the most silent
        first = session.scalars(select(PushSubscription).order_by(PushSubscription.id)).first()
        assert first is not None
        push_devices.took(session, first.id, NOW + timedelta(hours=1))
    subscribe(rita, service.browser("eleventh"), at=60, log_in_id=log_in_id)
    assert set(living(database, rita)) == {*names, "eleventh"} - {"b1"}
    subscribe(rita, service.browser("b1"), at=61, log_in_id=log_in_id)  # a known one may always come back
    assert len(living(database, rita)) == 10
    assert "b1" in living(database, rita)


def test_who_logs_out_is_rung_no_more(
    service: PushService, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    here, token = log_in(database, rita)
    there, _ = log_in(database, rita)
    subscribe(rita, service.browser("here"), log_in_id=here)
    subscribe(rita, service.browser("there"), log_in_id=there)
    with database.begin() as session:
        log_ins.log_out(session, token, NOW + timedelta(minutes=1))
    assert living(database, rita) == ["there"]
    with database.begin() as session:  # a log-in that merely ran out ends nothing
        session.get_one(LogIn, there).expires_at = NOW
    assert living(database, rita) == ["there"]
    with database.begin() as session:
        log_ins.revoke_all(session, rita, NOW + timedelta(minutes=2))
    assert living(database, rita) == []


def test_a_later_log_out_in_the_same_browser_counts_too(
    service: PushService, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    from gateway import devices  # noqa: PLC0415

    with database.begin() as session:
        who = session.get_one(Responder, rita)
        device, _ = devices.seen(session, "", who, NOW)
        tokens = [log_ins.open_(session, who, "totp", NOW, device) for _ in range(2)]
        first = log_ins.current(session, tokens[0], NOW)
        assert first is not None
        first_id = first.id
    subscribe(rita, service.browser("same"), log_in_id=first_id)
    with database.begin() as session:
        log_ins.log_out(session, tokens[1], NOW + timedelta(minutes=1))
    assert living(database, rita) == []


def test_a_browser_belongs_to_who_pressed_last(
    service: PushService, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    with database.begin() as session:
        other = Responder(email="o@demo.example", name="Ona", role="responder", languages=["es"], created_at=NOW)
        session.add(other)
        session.flush()
        ona = other.id
    browser = service.browser("shared")
    subscribe(rita, browser)
    subscribe(ona, browser, at=1)
    assert (living(database, rita), living(database, ona)) == ([], ["shared"])
    with database.begin() as session:
        with pytest.raises(Refused):
            push_devices.end(session, session.get_one(Responder, rita), 1, NOW)
        push_devices.end_here(session, session.get_one(Responder, rita), browser.endpoint, NOW)
    assert living(database, ona) == ["shared"]


def test_a_closed_account_is_rung_no_more(
    service: PushService, push: Push, database: Database, rita: int, subscribe: Callable[..., int]
) -> None:
    browser = service.browser("closed")
    subscribe(rita, browser)
    with database.begin() as session:
        session.get_one(Responder, rita).active = False
    assert by_push(database, push)(leaving(rita)).why == means.NO_DEVICE
    assert browser.shown == []


@pytest.mark.slow
def test_the_ladder_rings_the_browser(service: PushService, push: Push, database: Database, settings: Settings) -> None:
    night = Night(database, settings.keys, at=NOW)
    who = night.with_phone("Ana", None)
    browser = service.browser("ana")
    log_in_id, _ = log_in(database, who)
    with database.begin() as session:
        push_devices.keep(session, session.get_one(Responder, who), session.get_one(LogIn, log_in_id), given(browser),
                          NOW, loopback=True)  # fmt: skip
    night.means = {means.PUSH: by_push(database, push, lambda: night.at)}
    row = night.open()
    night.climb()
    code = night.row(row).code
    assert browser.shown == [
        {"body": f"There is an emergency, and it waits. It is number {code}.", "language": "en",
         "to": f"/console/threads/{row}", "tag": f"thread-{row}"}
    ]  # fmt: skip
    assert [each[3] for each in night.pages(row) if each[1] == "push"] == ["sent"]
    assert 0 < int(browser.headers[0]["TTL"]) <= 900
    browser.answer = lambda: (410, {})
    again = night.open(number="+15555550120")
    night.climb()
    assert [each[3] for each in night.pages(again) if each[1] == "push"] == ["failed"]
