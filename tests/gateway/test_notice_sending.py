"""What waits for responders leaves: once, the most urgent first, again after a failure, never when it is too late."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import delivery, escalations, notices, notifying, paging, phones
from gateway.clients.twilio import Twilio
from gateway.clients.twilio_notices import by_sms, why
from gateway.db import Database
from gateway.demo.standin import Standin
from gateway.means import SMS, Leaving, Outcome, failed, sent
from gateway.models import EarlyReceipt, Page, Responder, TeamMember
from gateway.settings import Settings
from tests.conftest import Phone
from tests.gateway.night import ANA, BEN, CAM, Night, carrier, texting

pytestmark = pytest.mark.slow

WRONG_BY_TWILIO = "+15005550001"


@pytest.fixture(scope="module")
def twilio() -> Iterator[tuple[Standin, Twilio]]:
    with carrier() as made:
        yield made


@pytest.fixture
def standin(twilio: tuple[Standin, Twilio]) -> Iterator[Standin]:
    yield twilio[0]
    twilio[0].faults()


@pytest.fixture
def night(database: Database, settings: Settings, standin: Standin, twilio: tuple[Standin, Twilio]) -> Night:
    return texting(Night(database, settings.keys), twilio[1])


def bodies(standin: Standin, number: str, since: int = 0) -> list[str]:
    return [text.body for text in standin.sent_to(number)][since:]


def test_a_page_leaves_as_a_text_once_and_its_receipt_is_told(night: Night, standin: Standin, phone: Phone) -> None:
    night.with_phone("Ana", ANA)
    row = night.open()
    before = len(standin.sent_to(ANA))
    night.climb()
    code = night.row(row).code
    [told] = bodies(standin, ANA, before)
    assert f"CLAIM {code}" in told
    night.carry()
    assert len(bodies(standin, ANA, before)) == 1
    [notice] = night.notices()
    assert (notice.state, notice.attempts, notice.provider_id) == ("sent", 1, standin.sent_to(ANA)[-1].sid)
    assert night.whys(row) == [("sent", None)]
    form = {"MessageSid": str(notice.provider_id), "MessageStatus": "delivered"}
    posted = phone.post(phone.form("", str(notice.provider_id), **form), "/sms/status")
    assert posted.status_code == 204
    assert night.notice(notice.id).state == "delivered"
    assert night.whys(row) == [("delivered", None)]


def test_the_most_urgent_leaves_first_and_what_is_of_no_use_any_more_never(night: Night, standin: Standin) -> None:
    ana = night.with_phone("Ana", ANA)
    before = len(standin.sent_to(ANA))
    for text, priority in (("late", 2), ("soon", 1), ("now", 0)):
        night.queue(ana, text, priority=priority)
    stale = night.queue(ana, "stale", give_up_after=timedelta(seconds=0))
    night.carry()
    assert bodies(standin, ANA, before) == ["now", "soon", "late"]
    assert night.notice(stale).state == "failed"


def test_wrong_numbers_move_the_ladder_on_at_once(night: Night, standin: Standin) -> None:
    night.with_phone("Ana", WRONG_BY_TWILIO)
    night.with_phone("Zoe", CAM, role="supervisor")
    before = len(standin.sent_to(CAM))
    row = night.open()
    night.run(3)
    assert ("failed", "wrong_number") in night.whys(row)
    # Zoe is on shift too, so the first rung reached her; nobody else is left who could be asked by text.
    assert len(bodies(standin, CAM, before)) == 1
    with night.database.begin() as session:
        rungs = session.scalars(select(Page.rung).where(Page.escalation_id == row)).all()
    assert rungs


def test_a_rung_on_which_every_text_fails_is_left_within_seconds(night: Night) -> None:
    night.with_phone("Ana", WRONG_BY_TWILIO)
    row = night.open()
    night.run(2)
    assert night.row(row).rung > 2  # the calls were to begin after 45 seconds
    assert night.whys(row)[0] == ("failed", "wrong_number")


def test_a_failure_that_the_receipt_tells_moves_it_on_too(night: Night, phone: Phone) -> None:
    night.with_phone("Ana", ANA)
    row = night.open()
    night.climb()
    [notice] = night.notices()
    form = {"MessageStatus": "undelivered", "ErrorCode": "30006"}
    assert phone.post(phone.form("", str(notice.provider_id), **form), "/sms/status").status_code == 204
    assert night.whys(row) == [("failed", "wrong_number")]
    assert night.notice(notice.id).error_code == 30006
    late = {"MessageStatus": "delivered"}
    phone.post(phone.form("", str(notice.provider_id), **late), "/sms/status")
    assert night.notice(notice.id).state == "failed"


@pytest.mark.parametrize(("said", "state"), [("delivered", "delivered"), ("failed", "failed")])
def test_a_receipt_that_comes_before_the_answer_is_not_lost(night: Night, phone: Phone, said: str, state: str) -> None:
    ana = night.with_phone("Ana", ANA)
    notice = night.queue(ana)
    sid = "SM" + "9" * 32

    def quick(_leaving: Leaving) -> Outcome:
        assert phone.post(phone.form("", sid, MessageStatus=said, ErrorCode="30005"), "/sms/status").status_code == 204
        return sent(sid)

    night.send_one({SMS: quick})
    assert night.notice(notice).state == "sent"
    notifying.match_early(night.database, why, lambda: night.at)
    assert night.notice(notice).state == state
    with night.database.begin() as session:
        assert not session.scalars(select(EarlyReceipt)).all()


def test_a_failed_try_goes_again_later_and_not_sooner(night: Night, standin: Standin) -> None:
    ana = night.with_phone("Ana", ANA)
    before = len(standin.sent_to(ANA))
    notice = night.queue(ana)
    standin.faults("429", count=1, retry_after=7)
    night.carry()
    assert (night.notice(notice).state, night.notice(notice).error_code) == ("queued", 20429)
    night.at += timedelta(seconds=6)
    assert not night.send_one()
    night.at += timedelta(seconds=2)
    night.carry()
    assert night.notice(notice).state == "sent"
    assert len(bodies(standin, ANA, before)) == 1


def test_a_try_whose_answer_was_lost_is_looked_for_and_not_sent_twice(night: Night, standin: Standin) -> None:
    # The look-up goes by Twilio's own clock.
    night.at = true_time(night)
    ana = night.with_phone("Ana", ANA)
    before = len(standin.sent_to(ANA))
    notice = night.queue(ana, "the only one")
    standin.faults("drop", count=1)
    night.carry()
    assert night.notice(notice).state == "sending"
    for _ in range(4):
        night.at += timedelta(seconds=30)
        night.carry()
    assert night.notice(notice).state == "sent"
    assert bodies(standin, ANA, before) == ["the only one"]


def test_an_equal_text_of_an_earlier_notice_is_not_taken_for_this_one(night: Night, standin: Standin) -> None:
    night.at = true_time(night)
    ana = night.with_phone("Ana", ANA)
    before = len(standin.sent_to(ANA))
    night.queue(ana, "equal")
    night.carry()
    notice = night.queue(ana, "equal")
    standin.faults("drop", count=1, applied=False)
    night.carry()
    for _ in range(6):
        night.at += timedelta(seconds=30)
        night.carry()
    assert night.notice(notice).state == "sent"
    assert bodies(standin, ANA, before) == ["equal", "equal"]


def true_time(night: Night) -> Any:
    with night.database.begin() as session:
        return delivery.clock(session)


def test_a_worker_killed_in_between_sends_nothing_twice_within_a_minute(night: Night, standin: Standin) -> None:
    night.at = true_time(night)
    ana = night.with_phone("Ana", ANA)
    before = len(standin.sent_to(ANA))
    notice = night.queue(ana, "killed before it left")
    with pytest.raises(KeyboardInterrupt):
        night.send_one({SMS: lambda _leaving: (_ for _ in ()).throw(KeyboardInterrupt)})
    assert night.notice(notice).state == "sending"
    night.at += notices.HELD - timedelta(seconds=1)
    night.carry()
    assert bodies(standin, ANA, before) == []
    night.at += timedelta(seconds=1)
    night.carry()
    assert bodies(standin, ANA, before) == ["killed before it left"]
    assert night.notice(notice).attempts == 2


def test_a_worker_killed_after_it_left_sends_it_no_second_time(
    night: Night, standin: Standin, twilio: tuple[Standin, Twilio]
) -> None:
    night.at = true_time(night)
    ana = night.with_phone("Ana", ANA)
    before = len(standin.sent_to(ANA))
    notice = night.queue(ana, "killed after it left")

    def dies(leaving: Leaving) -> Outcome:
        by_sms(twilio[1])(leaving)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        night.send_one({SMS: dies})
    night.at += notices.HELD
    night.carry()
    assert bodies(standin, ANA, before) == ["killed after it left"]
    assert night.notice(notice).state == "sent"


def test_a_sender_that_slept_tells_nothing_of_a_later_try(night: Night) -> None:
    ana = night.with_phone("Ana", ANA)
    notice = night.queue(ana)

    def slow(leaving: Leaving) -> Outcome:
        if leaving.attempts == 1:
            night.at += notices.HELD
            night.send_one({SMS: slow})
            return failed("busy", permanent=True)
        return sent("SM" + "8" * 32)

    night.send_one({SMS: slow})
    assert (night.notice(notice).state, night.notice(notice).provider_id) == ("sent", "SM" + "8" * 32)


def test_many_workers_send_each_notice_once(night: Night) -> None:
    ana = night.with_phone("Ana", ANA)
    ids = [night.queue(ana, str(number)) for number in range(24)]
    left: list[int] = []

    def count(leaving: Leaving) -> Outcome:
        left.append(leaving.notice_id)
        return sent(None)

    def work() -> None:
        while night.send_one({SMS: count}):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(left) == ids


def test_a_page_of_a_thread_that_was_claimed_meanwhile_is_cancelled_and_never_queued_again(
    night: Night, standin: Standin
) -> None:
    ana, before = night.with_phone("Ana", ANA), len(standin.sent_to(ANA))
    row = night.open()
    standin.faults("500/20500", count=1)  # not known whether it left
    night.climb()
    with night.database.begin() as session:
        escalations.claim_waiting(session, row, session.get_one(Responder, ana), night.at, "console")
    night.at += timedelta(minutes=2)
    night.carry()
    [notice] = night.notices()
    assert notice.state == "cancelled"
    assert bodies(standin, ANA, before) == []


def test_a_page_of_a_ladder_that_began_anew_is_cancelled(night: Night, standin: Standin) -> None:
    night.with_phone("Ana", ANA)
    row = night.open()
    standin.faults("429", count=1, retry_after=1)
    night.climb()
    with night.database.begin() as session:
        session.execute(update(Page).where(Page.escalation_id == row).values(state=paging.SKIPPED))
    night.at += timedelta(seconds=5)
    night.carry()
    assert [each.state for each in night.notices()] == ["cancelled"]


@pytest.mark.parametrize("state", ["inactive", "stopped", "no_phone"])
def test_who_cannot_be_texted_is_not(night: Night, standin: Standin, state: str) -> None:
    ana = night.with_phone("Ana", None if state == "no_phone" else BEN)
    before = len(standin.sent_to(BEN))
    notice = night.queue(ana)
    with night.database.begin() as session:
        person = session.get_one(Responder, ana)
        person.active = state != "inactive"
        person.texts_stopped_at = night.at if state == "stopped" else None
    night.carry()
    assert night.notice(notice).state == ("cancelled" if state == "inactive" else "failed")
    assert bodies(standin, BEN, before) == []


def test_a_carrier_that_knows_of_a_stop_ends_the_texts_and_supervisors_hear_of_it(night: Night) -> None:
    ana = night.with_phone("Ana Lu", "+15005550004")
    night.with_phone("Zoe", CAM, role="supervisor")
    night.queue(ana)
    night.carry()
    with night.database.begin() as session:
        assert session.get_one(Responder, ana).texts_stopped_at == night.at
    [told] = night.notices("texts_stopped")
    assert (told.state, "Ana Lu" in told.text) == ("sent", True)


def test_a_number_that_is_still_to_be_proved_is_where_its_code_goes_and_no_stop_of_the_old_one_hinders_it(
    night: Night, standin: Standin
) -> None:
    ana = night.with_phone("Ana", ANA)
    old, new = len(standin.sent_to(ANA)), len(standin.sent_to(BEN))
    with night.database.begin() as session:
        person = session.get_one(Responder, ana)
        person.texts_stopped_at = night.at
        phones.begin(session, night.keys, person, BEN, night.at)
    night.carry()
    assert (len(standin.sent_to(ANA)) - old, len(standin.sent_to(BEN)) - new) == (0, 1)


def test_a_member_of_a_team_is_texted(night: Night, standin: Standin) -> None:
    with night.database.begin() as session:
        cy = TeamMember(team="street", name="Cy", created_at=night.at, phone_sealed=night.keys.seal(CAM))
        session.add(cy)
        session.flush()
        notices.queue(session, kind="team", means=SMS, text="go", language="en", now=night.at, member_id=cy.id)
    night.carry()
    assert bodies(standin, CAM)[-1] == "go"


def test_a_means_that_is_not_there_waits_and_one_that_breaks_holds_up_nobody(night: Night) -> None:
    ana = night.with_phone("Ana", ANA)
    call, text = night.queue(ana, means="voice"), night.queue(ana)

    def breaks(_leaving: Leaving) -> Outcome:
        raise RuntimeError(f"of {ANA}")

    night.send_one({SMS: breaks})
    assert not night.send_one({SMS: breaks})
    assert (night.notice(call).state, night.notice(text).state) == ("queued", "sending")


def test_words_of_a_thread_keep_their_order_on_one_phone(night: Night) -> None:
    ana = night.with_phone("Ana", ANA)
    row = night.open()
    with night.database.begin() as session:
        escalations.claim_waiting(session, row, session.get_one(Responder, ana), night.at, "sms")
    first, second = (night.queue(ana, words, kind="relay", escalation_id=row) for words in ("one", "two"))
    night.send_one({SMS: lambda _leaving: failed("busy", permanent=False)})
    assert not night.send_one()
    night.at += timedelta(seconds=2)
    night.carry()
    assert [night.notice(each).state for each in (first, second)] == ["sent", "sent"]
    with night.database.begin() as session:
        row_now = night.row(row)
        escalations.release(session, row, row_now.epoch, session.get_one(Responder, ana), night.at)
    late = night.queue(ana, "three", kind="relay", escalation_id=row)
    night.carry()
    assert night.notice(late).state == "cancelled"


def test_no_log_line_has_a_number_or_the_words(
    night: Night, standin: Standin, caplog: pytest.LogCaptureFixture
) -> None:
    ana = night.with_phone("Ana", ANA)
    caplog.set_level(logging.DEBUG)
    standin.faults("400/21211", count=1)
    night.queue(ana, "canary words")
    night.queue(ana, "canary words", priority=2)
    night.send_one({SMS: lambda leaving: (_ for _ in ()).throw(ValueError(f"{leaving.number} {leaving.text}"))})
    night.carry()
    lines = " ".join(f"{record.getMessage()} {record.__dict__} {record.exc_text}" for record in caplog.records)
    assert "notice not taken" in lines
    assert ANA[2:] not in lines
    assert "canary" not in lines
