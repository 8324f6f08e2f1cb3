"""Calls to responders: what they say, what a key does, what their receipts mean; signed forms, true rows."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from twilio.request_validator import RequestValidator
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from gateway import attendance, create_app, escalations, means, notices, phone_calls, texts
from gateway.clients.twilio import Twilio
from gateway.clients.twilio_notices import by_sms, by_voice
from gateway.conversations import SMS, Inbound, thread
from gateway.db import Database
from gateway.demo import calls
from gateway.demo.standin import Standin
from gateway.errors import SmsFailed
from gateway.means import Leaving
from gateway.models import AuditEntry, Break, Escalation, Message, Notice, Page, Responder, Shift
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.night import Night

pytestmark = pytest.mark.slow

SID = "CA" + "0" * 32
OTHER = "CA" + "1" * 32
ANA, BEN = "+15555550131", "+15555550132"


class Quiet(WSGIRequestHandler):
    """Writes nothing about requests."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


class Line:
    """What Twilio posts about calls, signed."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings

    def post(self, path: str, sid: str = SID, *, signed: bool = True, **more: str) -> TestResponse:
        """Post one form."""
        form = {"CallSid": sid, "AccountSid": self._settings.twilio_account_sid, "From": self._settings.twilio_number,
                "To": ANA, "CallStatus": "in-progress", "Direction": "outbound-api"} | more  # fmt: skip
        token = self._settings.twilio_auth_tokens[0] if signed else "somebody else's"
        signature = RequestValidator(token).compute_signature(self._settings.public_url + path, form)
        return self._app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature})

    def said(self, path: str, sid: str = SID, **more: str) -> str:
        """What the answer says, in one line."""
        answer = self.post(path, sid, **more)
        assert answer.status_code == 200, answer.status_code
        return " ".join(re.findall(r"<Say[^>]*>([^<]*)</Say>", answer.text))


@pytest.fixture
def line(app: Flask, settings: Settings) -> Line:
    return Line(app, settings)


@pytest.fixture
def ring(database: Database, settings: Settings) -> Callable[..., int]:
    """Somebody waits, and a call about it goes to a responder; returns the notice."""

    def ring(name: str = "Ana", *, locale: str = "en", state: str = notices.SENT, sid: str | None = SID) -> int:
        now = datetime.now(UTC)
        with database.begin() as session:
            row = session.scalar(select(Escalation))
            if row is None:
                conversation = thread(session, settings.keys, Inbound(SMS, "+15555550119", "x", "y"), now)
                row = escalations.open_(session, conversation, "risk", Level.EMERGENCY, now)
            who = Responder(email=f"{name}@demo.example", name=f"{name} Ruiz", role="responder", languages=["en"],
                            locale=locale, created_at=now)  # fmt: skip
            session.add(who)
            session.flush()
            text = texts.say("page_voice_emergency", locale, name="Front Door", code=" ".join(str(row.code)))
            notice = notices.queue(session, kind="page", means="voice", text=text, language=locale, now=now,
                                   responder_id=who.id, escalation_id=row.id)  # fmt: skip
            notice.state, notice.provider_id = state, sid
            session.add(Page(escalation_id=row.id, responder_id=who.id, means="voice", rung=3, sent_at=now,
                             state="planned" if state != notices.SENT else "sent", notice_id=notice.id))  # fmt: skip
            return notice.id

    return ring


def stands(database: Database, notice_id: int) -> tuple[Any, ...]:
    """State and id of the notice, state and reason of its page."""
    with database.begin() as session:
        notice = session.get_one(Notice, notice_id)
        page = session.scalars(select(Page).where(Page.notice_id == notice_id)).one()
        return notice.state, notice.provider_id, page.state, page.why


def owner(database: Database) -> str | None:
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        return row.owner.name if row.owner else None


def test_a_call_says_its_text_twice_and_waits_for_one_key(line: Line, ring: Callable[..., int]) -> None:
    notice = ring(locale="es")
    answer = line.post(f"/voice/{notice}")
    assert answer.mimetype == "text/xml"
    assert answer.text.count("Una emergencia espera a una persona. Su clave es 1 1.") == 2
    gather = re.search(r'<Gather input="dtmf" numDigits="1" timeout="8" method="POST" action="([^"]+)">', answer.text)
    assert gather is not None
    assert gather[1] == f"http://127.0.0.1:8080/voice/{notice}/key"
    assert answer.text.count('<Say language="es-US">') == 3
    assert texts.say("voice_nothing", "es") in answer.text
    assert "5555550119" not in answer.text


def test_1_claims_as_the_console_does(line: Line, ring: Callable[..., int], database: Database) -> None:
    notice = ring()
    line.post(f"/voice/{notice}")
    assert line.said(f"/voice/{notice}/key", Digits="1") == texts.say("voice_yours", "en")
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        assert (row.status, row.epoch, row.owner_means, row.next_page_at) == ("claimed", 1, "voice", None)
        assert row.owner is not None
        assert row.conversation.handler == "responder"
        [page] = session.scalars(select(Page).where(Page.notice_id == notice))
        assert (page.state, page.answered_by) == ("acknowledged", "voice")
        told = session.scalars(select(Message.text).where(Message.direction == "out")).all()
        assert any("Ana" in text for text in told)
        assert session.scalar(select(AuditEntry.responder_id).where(AuditEntry.act == "claim")) == row.owner.id


@pytest.mark.parametrize(
    ("level", "here", "taken"), [("routine", True, False), ("routine", False, True), ("urgent", True, True)]
)
@pytest.mark.parametrize("why", ["full", "resting"])
def test_1_takes_a_routine_thread_not_from_who_has_room(
    line: Line, ring: Callable[..., int], database: Database, why: str, level: str, here: bool, taken: bool
) -> None:
    notice, now = ring(), datetime.now(UTC)
    with database.begin() as session:
        ana = session.scalars(select(Responder)).one()
        ben = Responder(email="ben@demo.example", name="Ben Wu", role="responder", languages=["en"], created_at=now)
        session.add(ben)
        session.execute(update(Escalation).values(level=level))
        session.flush()
        hour = timedelta(hours=1)
        session.add(Shift(responder_id=ben.id, starts_at=now - hour, ends_at=now + hour))
        if why == "full":
            ana.capacity = 0
        else:
            session.add(Break(responder_id=ana.id, kind="own", state="taken", offered_at=now, starts_at=now - hour,
                              ends_at=now + hour))  # fmt: skip
        if here:
            attendance.beat(session, ben.id, now)
    said = line.said(f"/voice/{notice}/key", Digits="1")
    assert said == texts.say("voice_yours" if taken else f"voice_{why}", "en")
    assert owner(database) == ("Ana Ruiz" if taken else None)
    assert stands(database, notice)[2:] == (("acknowledged", None) if taken else ("failed", why))
    with database.begin() as session:
        noted = {each.act: each.detail for each in session.scalars(select(AuditEntry))}
    assert noted.get("over_capacity" if taken else "decline_page") == {"why": why}
    assert ("decline_page" if taken else "over_capacity") not in noted


def test_the_same_key_again_changes_nothing(line: Line, ring: Callable[..., int], database: Database) -> None:
    """Twilio may post it twice, and somebody may have kept a copy."""
    notice = ring()
    for _ in range(2):
        assert line.said(f"/voice/{notice}/key", Digits="1") == texts.say("voice_yours", "en")
    assert line.said(f"/voice/{notice}/key", Digits="2") == texts.say("voice_declined", "en")
    assert owner(database) == "Ana Ruiz"
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        assert row.epoch == 1
        assert row.owner is not None
        escalations.release(session, row.id, row.epoch, row.owner, datetime.now(UTC))
        session.execute(update(Notice).values(settled_at=datetime.now(UTC) - timedelta(minutes=1)))
    assert line.said(f"/voice/{notice}/key", Digits="1") == texts.say("voice_gone", "en")
    assert owner(database) is None


def test_who_comes_late_is_told_who_has_it(line: Line, ring: Callable[..., int], database: Database) -> None:
    ana, ben = ring(), ring("Ben", sid=OTHER)
    line.post(f"/voice/{ben}", OTHER)
    line.post(f"/voice/{ana}/key", Digits="1")
    taken = texts.say("voice_taken", "en", colleague="Ana")
    assert line.said(f"/voice/{ben}/key", OTHER, Digits="1") == taken
    assert line.said(f"/voice/{ben}", OTHER) == taken
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        assert row.owner is not None
        escalations.resolve(session, row.id, row.epoch, row.owner, "helped", datetime.now(UTC))
    assert line.said(f"/voice/{ben}/key", OTHER, Digits="1") == texts.say("voice_gone", "en")


def test_of_many_who_press_at_once_one_has_it(line: Line, ring: Callable[..., int], database: Database) -> None:
    calls = [(ring(name, sid=f"CA{at:032x}"), f"CA{at:032x}") for at, name in enumerate("Ana Ben Cai Dee".split())]
    together = threading.Barrier(len(calls))

    def press(call: tuple[int, str]) -> str:
        together.wait(10)
        return line.said(f"/voice/{call[0]}/key", call[1], Digits="1")

    with ThreadPoolExecutor(len(calls)) as pool:
        said = list(pool.map(press, calls))
    winner = owner(database)
    assert winner is not None
    assert said.count(texts.say("voice_yours", "en")) == 1
    assert said.count(texts.say("voice_taken", "en", colleague=winner.split()[0])) == len(calls) - 1


def test_2_lets_the_ladder_go_on(line: Line, ring: Callable[..., int], database: Database) -> None:
    notice = ring(locale="es")
    assert line.said(f"/voice/{notice}/key", Digits="2") == texts.say("voice_declined", "es")
    assert stands(database, notice) == (notices.DELIVERED, SID, "failed", "declined")
    assert owner(database) is None
    with database.begin() as session:
        assert session.scalar(select(AuditEntry.act).where(AuditEntry.act == "decline_page")) == "decline_page"


def test_another_key_is_asked_for_again(line: Line, ring: Callable[..., int], database: Database) -> None:
    notice = ring()
    for key in ("5", "#", ""):
        answer = line.post(f"/voice/{notice}/key", Digits=key)
        assert "<Gather" in answer.text
        assert texts.say("voice_keys", "en") in answer.text
    assert stands(database, notice)[0] == notices.SENT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("busy", (notices.FAILED, "failed", "busy")), ("no-answer", (notices.FAILED, "failed", "no_answer")),
        ("failed", (notices.FAILED, "failed", "failed")), ("canceled", (notices.FAILED, "failed", "failed")),
        ("completed", (notices.DELIVERED, "sent", None)), ("in-progress", (notices.SENT, "delivered", None)),
        ("ringing", (notices.SENT, "sent", None)), ("sung", (notices.SENT, "sent", None)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("state", [notices.SENT, notices.SENDING, notices.QUEUED])
def test_a_receipt_settles_the_notice_also_before_its_id_was_written_down(
    line: Line, ring: Callable[..., int], database: Database, status: str, expected: tuple[Any, ...], state: str
) -> None:
    notice = ring(state=state, sid=SID if state == notices.SENT else None)
    for _ in range(2):
        assert line.post(f"/voice/{notice}/status", CallStatus=status).status_code == 204
    assert stands(database, notice) == (expected[0], SID, *expected[1:])


def test_a_late_receipt_takes_nothing_back(line: Line, ring: Callable[..., int], database: Database) -> None:
    notice = ring()
    line.post(f"/voice/{notice}/status", CallStatus="busy")
    for status in ("ringing", "in-progress", "completed"):
        line.post(f"/voice/{notice}/status", CallStatus=status)
    assert stands(database, notice)[0] == notices.FAILED
    other = ring("Ben", sid=OTHER)
    line.post(f"/voice/{other}/status", SID, CallStatus="busy")  # of a try whose answer was lost
    assert stands(database, other)[0] == notices.SENT


def test_a_key_counts_although_the_end_of_the_call_came_first(
    line: Line, ring: Callable[..., int], database: Database
) -> None:
    notice = ring()
    line.post(f"/voice/{notice}/status", CallStatus="completed")
    assert line.said(f"/voice/{notice}/key", Digits="1") == texts.say("voice_yours", "en")
    assert owner(database) == "Ana Ruiz"


def test_whose_account_was_closed_claims_nothing(line: Line, ring: Callable[..., int], database: Database) -> None:
    notice = ring()
    with database.begin() as session:
        session.execute(update(Responder).values(active=False))
    assert line.said(f"/voice/{notice}/key", Digits="1") == texts.say("voice_gone", "en")
    assert owner(database) is None


def test_what_is_no_page_is_read_out_and_asks_for_nothing(
    line: Line, ring: Callable[..., int], database: Database
) -> None:
    notice = ring()
    with database.begin() as session:
        session.execute(update(Notice).values(kind="team", text="A team <asks> & calls"))
    answer = line.post(f"/voice/{notice}")
    assert "<Gather" not in answer.text
    assert answer.text.count("A team &lt;asks&gt; &amp; calls") == 2
    assert line.said(f"/voice/{notice}/key", Digits="1") == texts.say("voice_gone", "en")


def test_only_twilio_is_heard(line: Line, ring: Callable[..., int], database: Database) -> None:
    notice = ring()
    for path in (f"/voice/{notice}", f"/voice/{notice}/key", f"/voice/{notice}/status"):
        assert line.post(path, signed=False, Digits="1", CallStatus="busy").status_code == 403
        assert line.post(path, "SM" + "0" * 32).status_code == 400
        assert line.post(path, AccountSid="AC" + "0" * 32).status_code == 400
    assert stands(database, notice)[0] == notices.SENT
    for path in ("/voice/999", "/voice/999/key", "/voice/999/status"):
        assert line.post(path, Digits="1").status_code == 404


class Phone:
    """Takes every call, or fails as told."""

    def __init__(self, failure: SmsFailed | None = None) -> None:
        self.failure = failure
        self.calls: list[tuple[str, str, str]] = []

    def call(self, to: str, url: str, status_url: str, *, ring_seconds: int, most_seconds: int) -> str:
        self.calls.append((to, url, status_url))
        assert 0 < ring_seconds < most_seconds
        if self.failure is not None:
            raise self.failure
        return SID


def leaving(number: str | None = ANA) -> Leaving:
    return Leaving(
        notice_id=7, kind="page", means="voice", text="x", language="en", number=number, responder_id=1, member_id=None,
        escalation_id=1, code=41, attempts=1, in_doubt=False, since=datetime.now(UTC), seconds_left=60,
    )  # fmt: skip


def test_the_sender_names_the_notice_in_every_address() -> None:
    phone = Phone()
    assert by_voice(phone, "https://door.example")(leaving()) == means.sent(SID)
    assert phone.calls == [(ANA, "https://door.example/voice/7", "https://door.example/voice/7/status")]
    assert by_voice(phone, "https://door.example")(leaving(None)).why == means.NO_DEVICE


@pytest.mark.parametrize(
    ("failure", "why", "permanent", "doubtful"),
    [
        (SmsFailed(21217, retryable=False), means.WRONG_NUMBER, True, False),
        (SmsFailed(13224, retryable=False), means.WRONG_NUMBER, True, False),
        (SmsFailed(21219, retryable=False), "trial", True, False),
        (SmsFailed(20429, retryable=True, after=3), "busy", False, False),
        (SmsFailed(None, retryable=True, ambiguous=True), means.NO_ANSWER, False, True),
    ],
)
def test_the_sender_says_what_came_of_it(failure: SmsFailed, why: str, permanent: bool, doubtful: bool) -> None:
    outcome = by_voice(Phone(failure), "https://door.example")(leaving())
    assert (outcome.why, outcome.permanent, outcome.doubtful) == (why, permanent, doubtful)
    assert (outcome.error_code, outcome.after) == (failure.code, failure.after)


def test_what_a_call_says_names_nobody_and_both_keys() -> None:
    for key in ("emergency", "urgent", "routine", "drill"):
        for language in ("en", "es"):
            said = texts.say(f"page_voice_{key}", language, name="Front Door", code="4 3")
            assert "4 3" in said
            assert "1" in said
    assert phone_calls.ASKING == {"page", "drill"}


@pytest.fixture
def town(database: Database, settings: Settings) -> Iterator[tuple[Night, Standin, str]]:
    """A night on call with the whole road: the loop, the real client, a Twilio that calls back, a web server."""
    with Standin(settings.twilio_account_sid, settings.twilio_auth_tokens, settings.twilio_number, "http://127.0.0.1:9/",
                 check_contract=False) as standin:  # fmt: skip
        server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)
        here = f"http://127.0.0.1:{server.server_port}"
        app = create_app(replace(settings, public_url=here))
        server.app = app
        threading.Thread(target=server.serve_forever, daemon=True).start()
        twilio = Twilio(settings.twilio_account_sid, settings.twilio_auth_tokens[0], settings.twilio_number,
                        api_url=standin.url, timeout=30)  # fmt: skip
        night = Night(database, settings.keys, at=datetime.now(UTC))
        night.means = {means.SMS: by_sms(twilio), means.VOICE: by_voice(twilio, here)}
        yield night, standin, here
        server.shutdown()
        server.server_close()
        app.extensions["front_door"].close()


def voices(night: Night, row: int) -> list[tuple[int, str, str]]:
    return [(at, name, state) for at, by, name, state in night.pages(row) if by == "voice"]


@pytest.mark.slow
def test_the_whole_road_from_the_ladder_to_a_claim_by_1(town: tuple[Night, Standin, str]) -> None:
    night, standin, _ = town
    night.with_phone("Ana", ANA, locale="es")
    standin.calls.order(calls.make("press", "1"))
    row = night.open()
    night.run(50)
    call = standin.calls.until(ANA, lambda call: call.over)
    code = " ".join(str(night.row(row).code))
    asked = texts.say("page_voice_emergency", "es", name=night.community.called("es"), code=code)
    assert call.heard == tuple(("es-US", words) for words in (asked, asked, texts.say("voice_yours", "es")))
    kept = night.row(row)
    assert (kept.status, kept.owner_means, kept.next_page_at) == ("claimed", "voice", None)
    assert voices(night, row) == [(45, "Ana", "acknowledged")]
    night.run(600)
    assert len(standin.calls.to()) == 1


@pytest.mark.slow
def test_who_cannot_or_does_not_answer_lets_the_next_be_called(town: tuple[Night, Standin, str]) -> None:
    night, standin, _ = town
    night.with_phone("Ana", ANA)
    night.with_phone("Ben", BEN)
    standin.calls.order(calls.make("press", "2", late=True))
    row = night.open()
    night.run(46)
    assert voices(night, row) == [(45, "Ana", "failed"), (45, "Ben", "failed")]
    with night.database.begin() as session:
        whys = session.scalars(select(Page.why).where(Page.means == "voice")).all()
    assert whys == ["declined", "declined"]
    assert night.row(row).status == "waiting"


@pytest.mark.slow
def test_a_machine_hears_a_number_and_claims_nothing(town: tuple[Night, Standin, str]) -> None:
    night, standin, _ = town
    night.with_phone("Ana", ANA)
    standin.calls.order(calls.make("listen", late=True))
    row = night.open()
    night.run(50)
    [call] = standin.calls.to(ANA)
    assert call.heard[-1] == ("en-US", texts.say("voice_nothing", "en"))
    assert voices(night, row) == [(45, "Ana", "delivered")]
    night.run(60)
    assert voices(night, row) == [(45, "Ana", "timed_out")]
    assert night.row(row).status == "waiting"
