"""The real client against the stand-in: every refusal, every fault, and what became of a try whose answer was lost."""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gateway.clients.twilio import PERMANENT, RETRYABLE, Twilio, reason, retryable
from gateway.demo.contract import MAGIC
from gateway.demo.standin import Standin
from gateway.errors import SmsFailed
from tests.twilio.conftest import ACCOUNT, ANA, BEN, NUMBER, OLD_TOKEN, TOKEN
from tests.twilio.webhook import Webhook

BODY = "Hay un albergue en la calle 24. ¿Quiere más?"


def failure(twilio: Twilio, to: str = ANA, body: str = BODY) -> SmsFailed:
    """How a text failed, which it must."""
    with pytest.raises(SmsFailed) as raised:
        twilio.send(to, body)
    return raised.value


def test_a_text_arrives_word_for_word(twilio: Twilio, standin: Standin, webhook: Webhook) -> None:
    sid = twilio.send(ANA, BODY)

    (text,) = standin.sent_to(ANA)
    assert (text.sid, text.body, text.from_, text.callback) == (sid, BODY, NUMBER, f"{webhook.url}/sms/status")
    assert not standin.sent_to(BEN)


@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_a_final_refusal_is_not_to_be_tried_again(twilio: Twilio, standin: Standin, code: int) -> None:
    standin.faults(f"400/{code}")

    failed = failure(twilio)

    assert (failed.code, failed.retryable, failed.ambiguous) == (code, False, False)
    assert reason(code) == PERMANENT[code]
    assert not standin.sent_to(ANA)


@pytest.mark.parametrize("code", sorted(RETRYABLE))
def test_a_passing_refusal_may_be_tried_again(twilio: Twilio, standin: Standin, code: int) -> None:
    standin.faults(f"400/{code}", count=1)

    failed = failure(twilio)

    assert (failed.code, failed.retryable, failed.ambiguous) == (code, True, False)
    assert reason(code) == RETRYABLE[code]
    assert twilio.send(ANA, BODY)


def test_no_code_is_both_final_and_passing() -> None:
    assert not PERMANENT.keys() & RETRYABLE.keys()


@pytest.mark.parametrize("number", sorted(MAGIC))
def test_numbers_that_twilio_itself_refuses(twilio: Twilio, number: str) -> None:
    failed = failure(twilio, to=number)

    assert (failed.code, failed.retryable) == (MAGIC[number], False)


@pytest.mark.parametrize(("to", "code"), [("911", 21211), ("5555550111", 21211), ("", 21604), (NUMBER, 21266)])
def test_what_is_no_number_is_refused(twilio: Twilio, to: str, code: int) -> None:
    assert failure(twilio, to=to).code == code


@pytest.mark.parametrize(("body", "code"), [("", 21602), ("x" * 1601, 21617)])
def test_what_is_no_text_is_refused(twilio: Twilio, body: str, code: int) -> None:
    failed = failure(twilio, body=body)

    assert (failed.code, failed.retryable) == (code, False)


def test_the_longest_text_passes(twilio: Twilio, standin: Standin) -> None:
    twilio.send(ANA, "ñ" * 1600)

    assert standin.sent_to(ANA)[0].segments == 11


def test_a_text_that_no_request_can_carry_fails_for_good(twilio: Twilio) -> None:
    failed = failure(twilio, body="half a pair \ud83d")

    assert (failed.code, failed.retryable, failed.ambiguous) == (None, False, False)


def test_too_many_requests_were_never_processed(twilio: Twilio, standin: Standin) -> None:
    standin.faults("429", retry_after=7)

    failed = failure(twilio)

    assert (failed.code, failed.retryable, failed.ambiguous, failed.after) == (20429, True, False, 7.0)
    assert twilio.find(ANA, BODY, datetime.now(UTC)) is None


def test_too_many_requests_may_come_without_a_wish(twilio: Twilio, standin: Standin) -> None:
    standin.faults("429", retry_after=None)

    assert failure(twilio).after is None


def test_an_old_wish_to_wait_is_forgotten(twilio: Twilio, standin: Standin) -> None:
    standin.faults("429", retry_after=7, count=1)
    failure(twilio)
    standin.faults("400/21610")

    assert failure(twilio).after is None


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("0", 0.0, 0.0),
        ("86400", 3600.0, 3600.0),
        ("soon", None, None),
        ("nan", None, None),
        (format_datetime(datetime(2020, 1, 1, tzinfo=UTC)), 0.0, 0.0),
    ],
)
def test_the_wish_to_wait_is_read_in_all_its_forms(header: str, least: float | None, most: float | None) -> None:
    from gateway.clients.twilio import _seconds  # noqa: PLC0415

    wait = _seconds(header)

    assert wait == least if least is None or most is None else least <= (wait or 0.0) <= most


def test_the_wish_to_wait_may_be_a_date() -> None:
    from gateway.clients.twilio import _seconds  # noqa: PLC0415

    assert 3500.0 <= (_seconds(format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=False)) or 0.0) <= 3600.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("applied", [False, True])
def test_after_a_server_error_nobody_knows(twilio: Twilio, standin: Standin, status: int, applied: bool) -> None:
    standin.faults(str(status), applied=applied)
    began = datetime.now(UTC)

    failed = failure(twilio)

    assert (failed.retryable, failed.ambiguous) == (True, True)
    found = twilio.find(ANA, BODY, began)
    assert found == (standin.sent_to(ANA)[0].sid if applied else None)


@pytest.mark.parametrize("mode", ["drop", "garbage"])
def test_an_answer_lost_after_the_work_is_found_again(twilio: Twilio, standin: Standin, mode: str) -> None:
    standin.faults(mode, count=1)
    began = datetime.now(UTC)

    failed = failure(twilio)

    assert (failed.code, failed.retryable, failed.ambiguous) == (None, True, True)
    assert twilio.find(ANA, BODY, began) == standin.sent_to(ANA)[0].sid


def test_a_connection_cut_before_the_work_is_not_found(twilio: Twilio, standin: Standin) -> None:
    standin.faults("drop", applied=False)
    began = datetime.now(UTC)

    assert failure(twilio).ambiguous
    assert twilio.find(ANA, BODY, began) is None


@pytest.mark.parametrize("applied", [False, True])
def test_silence_ends_at_the_deadline(hasty: Twilio, twilio: Twilio, standin: Standin, applied: bool) -> None:
    standin.faults("hang", seconds=20, applied=applied)
    began, clock = datetime.now(UTC), time.monotonic()

    failed = failure(hasty)

    assert 0.4 < time.monotonic() - clock < 10
    assert (failed.retryable, failed.ambiguous) == (True, True)
    assert (twilio.find(ANA, BODY, began) is not None) == applied


def test_slow_but_in_time_is_no_fault(twilio: Twilio, standin: Standin) -> None:
    standin.faults("hang", seconds=0.1)

    assert twilio.send(ANA, BODY) == standin.sent_to(ANA)[0].sid
    assert len(standin.sent_to(ANA)) == 1


def test_a_refused_connection_surely_sent_nothing(webhook: Webhook) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    twilio = Twilio(ACCOUNT, TOKEN, NUMBER, api_url=f"http://127.0.0.1:{port}")

    failed = failure(twilio)

    assert (failed.code, failed.retryable, failed.ambiguous) == (None, True, False)


@pytest.fixture
def full_backlog() -> Iterator[str]:
    """A listener that takes no connection any more: the next one gets no answer at all."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(3):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(listener.getsockname())
        waiting.append(connection)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    for connection in [*waiting, listener]:
        connection.close()


def test_no_connection_within_the_deadline_sent_nothing(full_backlog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.clients.twilio.CONNECT_SECONDS", 0.3)
    clock = time.monotonic()

    failed = failure(Twilio(ACCOUNT, TOKEN, NUMBER, api_url=full_backlog))

    assert time.monotonic() - clock < 3
    assert (failed.retryable, failed.ambiguous) == (True, False)


def test_a_wrong_token_is_ours_to_repair(standin: Standin) -> None:
    failed = failure(Twilio(ACCOUNT, "wrong", NUMBER, api_url=standin.url))

    assert (failed.code, failed.retryable, failed.ambiguous) == (20003, True, False)
    assert reason(failed.code) == "account"
    assert not standin.sent_to(ANA)


def test_both_tokens_are_good_while_one_replaces_the_other(standin: Standin) -> None:
    assert Twilio(ACCOUNT, OLD_TOKEN, NUMBER, api_url=standin.url).send(ANA, BODY)


def test_another_account_and_another_sender_are_refused(standin: Standin) -> None:
    stranger = Twilio("AC" + "f" * 32, TOKEN, NUMBER, api_url=standin.url)
    spoofed = Twilio(ACCOUNT, TOKEN, "+15555550199", api_url=standin.url)

    assert failure(stranger).code == 20003
    assert failure(spoofed).code == 21606
    assert not standin.sent_to(ANA)


def test_a_validity_is_passed_on_and_checked(twilio: Twilio) -> None:
    assert twilio.send(ANA, BODY, valid_for=300)
    with pytest.raises(SmsFailed):
        twilio.send(ANA, BODY, valid_for=36_001)


def test_find_needs_the_same_number_words_and_time(twilio: Twilio) -> None:
    sid, began = twilio.send(ANA, BODY), datetime.now(UTC)
    twilio.send(BEN, "other words")

    assert twilio.find(ANA, BODY, began) == sid
    assert twilio.find(BEN, BODY, began) is None
    assert twilio.find(ANA, "other words", began) is None
    assert twilio.find(ANA, BODY, began + timedelta(hours=1)) is None


def test_find_takes_the_newest_of_two_equal_texts(twilio: Twilio) -> None:
    began = datetime.now(UTC)
    first = twilio.send(ANA, BODY)
    second = twilio.send(ANA, BODY)

    assert twilio.find(ANA, BODY, began) == second != first


@pytest.mark.parametrize("delay", [0, 30])
def test_find_sees_texts_that_wait_in_twilios_queue(twilio: Twilio, standin: Standin, delay: int) -> None:
    standin.receipts("none", delay=delay)
    sid = twilio.send(ANA, BODY)
    standin.ledger.until(lambda: delay > 0 or standin.sent_to(ANA)[0].sent is not None, 5)

    assert (standin.sent_to(ANA)[0].sent is None) == (delay > 0)
    assert twilio.find(ANA, BODY, datetime.now(UTC)) == sid


@pytest.mark.parametrize("more", [60, 150])
def test_find_looks_past_other_texts(twilio: Twilio, standin: Standin, more: int) -> None:
    sid = twilio.send(ANA, BODY)
    for place in range(more):
        standin.accept(ANA, f"text {place}", None)
    standin.ledger.until(lambda: standin.sent_to(ANA)[0].sent is not None, 5)

    assert twilio.find(ANA, BODY, datetime.now(UTC)) == sid


def test_find_leaves_no_doubt_that_it_could_not_ask(twilio: Twilio, standin: Standin) -> None:
    standin.faults("503", on="all")

    with pytest.raises(SmsFailed):
        twilio.find(ANA, BODY, datetime.now(UTC))


def test_neither_number_nor_words_are_logged_or_raised(
    twilio: Twilio, standin: Standin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("twilio", "twilio.http_client", "urllib3", "urllib3.connectionpool", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    twilio.send(ANA, BODY)
    twilio.find(ANA, BODY, datetime.now(UTC))
    said = []
    for mode in ("400/21211", "503", "drop", "garbage"):
        standin.faults(mode)
        failed = failure(twilio)
        said += [repr(failed), repr(failed.__cause__), repr(failed.__context__)]

    everything = caplog.text + "".join(said)
    for secret in (ANA.removeprefix("+"), "albergue", TOKEN):
        assert secret not in everything


def test_the_web_process_need_not_load_the_client() -> None:
    code = "import sys, gateway.clients; sys.exit('twilio.rest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("code", "status", "again"),
    [(None, None, True), (99999, 400, False), (99999, 429, True), (99999, 503, True), (21610, 429, False)],
)
def test_an_unknown_refusal_goes_by_its_status(code: int | None, status: int | None, again: bool) -> None:
    assert retryable(code, status) is again


@pytest.mark.parametrize(
    ("code", "word"), [(None, "no_answer"), (429, "busy"), (502, "busy"), (401, "account"), (99999, "unknown")]
)
def test_every_code_has_a_word(code: int | None, word: str) -> None:
    assert reason(code) == word
