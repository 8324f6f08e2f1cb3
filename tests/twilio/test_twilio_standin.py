"""The stand-in does what Twilio does: signed webhooks and retries, TwiML to the phone, STOP, receipts, refusals."""

import base64
import itertools
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from gateway.clients.twilio import Twilio
from gateway.demo import contract
from gateway.demo.faults import BadOrder
from gateway.demo.ledger import MOST_TEXTS, Ledger
from gateway.demo.standin import Standin
from gateway.demo.webhooks import said
from gateway.errors import SmsFailed
from tests.twilio.conftest import ACCOUNT, ANA, BEN, NUMBER, OLD_TOKEN, TOKEN
from tests.twilio.webhook import Call, Webhook

pytestmark = pytest.mark.slow

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
# An inbound webhook as Twilio posts it for a United States long code.
USUAL = set(
    "ToCountry ToState ToCity ToZip FromCountry FromState FromCity FromZip SmsMessageSid SmsSid MessageSid SmsStatus "
    "NumMedia NumSegments Body To From AccountSid ApiVersion".split()
)


def ask(
    standin: Standin, path: str, body: bytes | None = None, token: str = TOKEN, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """One request by hand: status, JSON and headers of the answer."""
    request = urllib.request.Request(standin.url + path, data=body, headers=headers)
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{ACCOUNT}:{token}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused), dict(refused.headers)


def order(standin: Standin, path: str, **fields: object) -> tuple[int, Any]:
    """One JSON order to the stand-in's own doors."""
    status, answer, _ = ask(standin, path, json.dumps(fields).encode(), **{"Content-Type": "application/json"})
    return status, answer


def create(standin: Standin, fields: list[tuple[str, str]]) -> tuple[int, Any]:
    """One message by hand."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, answer, _ = ask(standin, MESSAGES, urlencode(fields).encode(), **kind)
    return status, answer


def genuine(webhook: Webhook, call: Call, token: str = TOKEN) -> bool:
    """Whether the SDK's own validator takes the signature."""
    url = webhook.url + call.path
    return bool(RequestValidator(token).validate(url, call.form, call.headers["X-Twilio-Signature"]))


# --- inbound --------------------------------------------------------------------------------------------------------


def test_an_inbound_text_comes_as_twilio_posts_it(standin: Standin, webhook: Webhook) -> None:
    answer = standin.text(ANA, "¿Dónde hay comida? & más = +")

    (call,) = webhook.calls
    assert (answer.status, answer.twiml, answer.tries, answer.fault) == (200, (), 1, None)
    assert call.path == "/sms/inbound"
    assert set(call.form) == USUAL
    assert (call.form["From"], call.form["To"], call.form["Body"]) == (ANA, NUMBER, "¿Dónde hay comida? & más = +")
    assert call.form["MessageSid"] == call.form["SmsSid"] == call.form["SmsMessageSid"] == answer.sid
    assert re.fullmatch(r"SM[0-9a-f]{32}", answer.sid)
    assert re.fullmatch(r"[0-9a-f-]{36}", call.headers["I-Twilio-Idempotency-Token"])
    assert genuine(webhook, call)
    assert not genuine(webhook, call, OLD_TOKEN)
    assert standin.ledger.get(answer.sid).answer == 200  # type: ignore[union-attr]


def test_a_query_in_the_webhooks_address_is_signed_too(standin: Standin, webhook: Webhook) -> None:
    standin.webhook_url += "?town=caf%C3%A9&x=1"
    standin.text(ANA, "hi")

    assert genuine(webhook, webhook.calls[0])


def test_pictures_come_as_media(standin: Standin, webhook: Webhook) -> None:
    answer = standin.text(ANA, "", media=["image/jpeg", "video/3gpp"])

    form = webhook.calls[0].form
    assert answer.sid.startswith("MM")
    assert (form["NumMedia"], form["Body"], form["MediaContentType1"]) == ("2", "", "video/3gpp")
    assert form["MediaUrl0"].startswith(f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM")
    assert genuine(webhook, webhook.calls[0])


def test_each_twiml_message_reaches_the_phone_at_once(standin: Standin, webhook: Webhook) -> None:
    both = "<Message>Call 911 &amp; stay</Message><Message><Body>Llame al 911</Body></Message>"
    webhook.answer = lambda _call: (200, f"<?xml version='1.0' encoding='UTF-8'?><Response>{both}</Response>")
    answer = standin.text(ANA, "help me")

    assert answer.twiml == ("Call 911 & stay", "Llame al 911")
    texts = standin.sent_to(ANA)
    assert [(text.body, text.via, text.status) for text in texts] == [
        ("Call 911 & stay", "twiml", "delivered"),
        ("Llame al 911", "twiml", "delivered"),
    ]


@pytest.mark.parametrize(
    "twiml",
    [
        "",
        "not xml",
        "<Response>",
        "<html><Message>x</Message></html>",
        '<!DOCTYPE r [<!ENTITY a "b">]><Response><Message>&a;</Message></Response>',
        "<Response><Say>hello</Say></Response>",
    ],
)
def test_what_is_no_twiml_says_nothing(twiml: str) -> None:
    assert said(twiml.encode()) == ()


def test_an_answer_that_is_no_success_says_nothing(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda _call: (503, "<Response><Message>x</Message></Response>")

    assert standin.text(ANA, "hi").status == 503
    assert not standin.sent_to(ANA)


def test_the_same_delivery_may_come_again(standin: Standin, webhook: Webhook) -> None:
    first = standin.text(ANA, "hi")
    again = standin.text(ANA, "hi", sid=first.sid)

    assert again.sid == first.sid
    assert [call.form["MessageSid"] for call in webhook.calls] == [first.sid] * 2
    assert len(standin.ledger.texts(lambda text: text.direction == "inbound")) == 1


def test_by_default_only_a_failed_connection_is_tried_again(standin: Standin, webhook: Webhook) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    webhook.answer = lambda _call: (500, "")
    assert standin.text(ANA, "hi").tries == 1

    standin.webhook_url = f"http://127.0.0.1:{port}/sms/inbound"
    answer = standin.text(ANA, "hi")
    assert (answer.status, answer.fault, answer.tries) == (0, "connect", 2)


@pytest.mark.parametrize(
    ("fragment", "statuses", "tries"),
    [
        ("#rc=2&rp=5xx", [500, 502, 200], 3),
        ("#rc=2&rp=5xx", [500, 502, 503, 200], 3),
        ("#rc=3&rp=all", [500, 0, 404, 200], 4),
        ("#rc=2&rp=ct", [500], 1),
        ("#rc=0&rp=all", [500], 1),
        ("#rc=5&rp=all", [403, 200], 2),
    ],
)
def test_overrides_in_the_address_ask_for_more_tries(
    standin: Standin, webhook: Webhook, fragment: str, statuses: list[int], tries: int
) -> None:
    left = itertools.chain(statuses, itertools.repeat(statuses[-1]))
    webhook.answer = lambda _call: (next(left), "")
    standin.webhook_url += fragment

    answer = standin.text(ANA, "hi")

    assert (answer.tries, answer.status) == (tries, statuses[tries - 1])
    assert len({call.headers["I-Twilio-Idempotency-Token"] for call in webhook.calls}) == 1
    assert all("#" not in call.path and genuine(webhook, call) for call in webhook.calls)


def test_a_webhook_that_hangs_up_is_a_reset(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda _call: (0, "")

    answer = standin.text(ANA, "hi")

    assert (answer.status, answer.fault, answer.tries) == (0, "reset", 1)


def test_many_phones_text_at_once(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda call: (200, f"<Response><Message>re {call.form['Body']}</Message></Response>")
    numbers = [f"+1555555{place:04d}" for place in range(200, 232)]

    with ThreadPoolExecutor(32) as phones:
        answers = list(phones.map(lambda number: standin.text(number, number), numbers))

    assert [answer.twiml for answer in answers] == [(f"re {number}",) for number in numbers]
    assert all([text.body for text in standin.sent_to(number)] == [f"re {number}"] for number in numbers)


# --- STOP and START -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop ", "STOPALL", "UNSUBSCRIBE", "cancel", "End", "QUIT", "REVOKE", "OPTOUT"]
)
def test_stop_is_answered_by_twilio_and_ends_the_sending(
    twilio: Twilio, standin: Standin, webhook: Webhook, word: str
) -> None:
    standin.text(ANA, word)

    (confirmation,) = standin.sent_to(ANA)
    assert (confirmation.via, "unsubscribed" in confirmation.body) == ("twilio", True)
    assert len(webhook.calls) == 1
    with pytest.raises(SmsFailed) as refused:
        twilio.send(ANA, "hello")
    assert (refused.value.code, refused.value.retryable) == (21610, False)
    assert twilio.send(BEN, "hello")


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_start_opens_the_line_again(twilio: Twilio, standin: Standin, word: str) -> None:
    standin.text(ANA, "STOP")
    standin.text(ANA, word)

    assert [text.via for text in standin.sent_to(ANA)] == ["twilio", "twilio"]
    assert twilio.send(ANA, "hello")


@pytest.mark.parametrize(
    "words", ["HELP", "please stop", "STOP!", "stop, I want to die", "ALTO", "parar", "YES", "START"]
)
def test_other_words_are_left_to_the_gateway(twilio: Twilio, standin: Standin, webhook: Webhook, words: str) -> None:
    standin.text(ANA, words)

    assert not standin.sent_to(ANA)
    assert webhook.calls[0].form["Body"] == words
    assert twilio.send(ANA, "hello")


def test_a_second_stop_is_not_confirmed_again(standin: Standin) -> None:
    standin.text(ANA, "STOP")
    standin.text(ANA, "STOP")

    assert len(standin.sent_to(ANA)) == 1


def test_after_stop_even_twiml_does_not_reach_the_phone(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda _call: (200, "<Response><Message>good bye</Message></Response>")
    standin.text(ANA, "STOP")

    assert [text.via for text in standin.sent_to(ANA)] == ["twilio"]
    refused = standin.ledger.texts(lambda text: text.via == "twiml")
    assert [(text.status, text.error_code) for text in refused] == [("failed", 21610)]


# --- receipts -------------------------------------------------------------------------------------------------------


def statuses(webhook: Webhook, count: int) -> list[str]:
    """The statuses of the receipts, in the order in which they came."""
    return [call.form["MessageStatus"] for call in webhook.wait(count)]


def test_receipts_are_signed_and_in_order(twilio: Twilio, standin: Standin, webhook: Webhook) -> None:
    sid = twilio.send(ANA, "hello")

    assert statuses(webhook, 3) == ["queued", "sent", "delivered"]
    for call in webhook.calls:
        assert call.path == "/sms/status"
        assert genuine(webhook, call)
        assert (call.form["MessageSid"], call.form["To"], call.form["From"]) == (sid, ANA, NUMBER)
        assert "ErrorCode" not in call.form
    assert standin.sent_to(ANA)[0].status == "delivered"


def test_receipts_may_come_twice(twilio: Twilio, standin: Standin, webhook: Webhook) -> None:
    standin.receipts("duplicated", delay=0.01)
    twilio.send(ANA, "hello")

    assert statuses(webhook, 6) == ["queued", "queued", "sent", "sent", "delivered", "delivered"]


def test_receipts_may_come_in_any_order(twilio: Twilio, standin: Standin, webhook: Webhook) -> None:
    standin.receipts("shuffled", delay=0.01)
    sids = [twilio.send(ANA, f"text {place}") for place in range(12)]

    calls = webhook.wait(36)
    orders = {sid: tuple(c.form["MessageStatus"] for c in calls if c.form["MessageSid"] == sid) for sid in sids}
    assert all(sorted(order) == ["delivered", "queued", "sent"] for order in orders.values())
    assert len(set(orders.values())) >= 3
    assert {text.status for text in standin.sent_to(ANA)} == {"delivered"}


def test_receipts_may_stay_out(twilio: Twilio, standin: Standin, webhook: Webhook) -> None:
    standin.receipts("none", delay=0)
    sid = twilio.send(ANA, "hello")

    assert standin.ledger.until(lambda: standin.ledger.get(sid).status == "delivered", 5)  # type: ignore[union-attr]
    assert not webhook.calls


@pytest.mark.parametrize(("final", "code"), [("undelivered", 30006), ("failed", 30007), ("undelivered", None)])
def test_a_text_may_fail_late(twilio: Twilio, standin: Standin, webhook: Webhook, final: str, code: int | None) -> None:
    standin.receipts(final=final, error_code=code)
    sid = twilio.send(ANA, "hello")

    assert statuses(webhook, 3)[-1] == final
    assert webhook.calls[-1].form["ErrorCode"] == str(code or 30003)
    assert genuine(webhook, webhook.calls[-1])
    assert not standin.sent_to(ANA)
    assert ask(standin, f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json")[1]["status"] == final


# --- the API by hand ------------------------------------------------------------------------------------------------

GOOD = [("To", ANA), ("From", NUMBER), ("Body", "hello")]


def test_a_message_resource_looks_like_twilios(standin: Standin) -> None:
    status, made = create(standin, [*GOOD[:2], ("Body", "á" * 71)])

    assert status == 201
    assert re.fullmatch(r"SM[0-9a-f]{32}", made["sid"])
    assert (made["status"], made["num_segments"], made["direction"]) == ("queued", "2", "outbound-api")
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", made["date_created"])
    assert made["date_sent"] is made["error_code"] is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ([*GOOD, ("Color", "red")], 20001),
        ([*GOOD, ("to", ANA)], 20001),
        ([*GOOD, ("To", BEN)], 20001),
        (GOOD[1:], 21604),
        ([GOOD[0], GOOD[2]], 21603),
        (GOOD[:2], 21602),
        ([*GOOD, ("StatusCallback", "not a url")], 21609),
        ([*GOOD, ("ValidityPeriod", "0")], 20001),
    ],
)
def test_own_rules_refuse_what_twilio_refuses(standin: Standin, fields: list[tuple[str, str]], code: int) -> None:
    status, refusal = create(standin, fields)

    assert (status, refusal["code"], refusal["status"]) == (400, code, 400)
    assert refusal["more_info"].endswith(str(code))
    assert not standin.sent_to(ANA)


@pytest.fixture
def published() -> None:
    """Skips where Twilio's own contract, or the library that checks it, is not on this machine."""
    if contract.published() is None:
        pytest.skip("Twilio's published contract is not on this machine (../shared/data/twilio)")
    pytest.importorskip("openapi_core", reason="openapi-core is not installed")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "field", [("ContentRetention", "maybe"), ("Attempt", "many"), ("MessagingServiceSid", "MG123"), ("SendAt", "later")]
)
def test_twilios_contract_refuses_the_rest(standin: Standin, field: tuple[str, str]) -> None:
    status, refusal = create(standin, [*GOOD, field])

    assert (status, refusal["code"]) == (400, 20001)
    assert refusal["message"].startswith("Against the contract")
    assert field[1] not in refusal["message"]
    assert not standin.sent_to(ANA)


@pytest.mark.usefixtures("published")
def test_our_own_answers_keep_twilios_contract(standin: Standin) -> None:
    checker = contract.load()
    assert checker is not None
    _, made = create(standin, GOOD)
    asked = contract.Asked(
        method="POST",
        path=MESSAGES,
        query={},
        headers={"Authorization": "Basic eDp5"},
        content_type="application/x-www-form-urlencoded",
        body=urlencode(GOOD).encode(),
    )

    checker.check(asked, contract.Answered(201, json.dumps(made).encode()))
    with pytest.raises(contract.Wrong):
        checker.check(asked, contract.Answered(201, json.dumps(made | {"status": "eaten"}).encode()))


def test_without_the_contract_own_rules_remain(webhook: Webhook) -> None:
    with Standin(ACCOUNT, (TOKEN,), NUMBER, webhook.url, check_contract=False) as standin:
        assert create(standin, [*GOOD, ("ContentRetention", "maybe")])[0] == 201
        assert create(standin, [*GOOD, ("Color", "red")])[0] == 400


def test_a_wrong_token_gets_twilios_401(standin: Standin) -> None:
    status, refusal, headers = ask(standin, MESSAGES, token="wrong")

    assert (status, refusal["code"], refusal["message"]) == (401, 20003, "Authenticate")
    assert headers["WWW-Authenticate"].startswith("Basic")


def test_what_is_not_there_is_404(standin: Standin) -> None:
    for path in ("/nothing", f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'0' * 32}.json"):
        status, refusal, _ = ask(standin, path)
        assert (status, refusal["code"]) == (404, 20404)


def test_the_list_is_paged_and_filtered(twilio: Twilio, standin: Standin) -> None:
    sids = [twilio.send(ANA, f"text {place}") for place in range(5)]
    twilio.send(BEN, "another")

    _, first, _ = ask(standin, f"{MESSAGES}?{urlencode({'To': ANA, 'PageSize': 2})}")
    _, second, _ = ask(standin, first["next_page_uri"])
    _, third, _ = ask(standin, second["next_page_uri"])

    assert [message["sid"] for page in (first, second, third) for message in page["messages"]] == sids[::-1]
    assert third["next_page_uri"] is None


def test_a_filter_that_cannot_be_read_is_refused(standin: Standin) -> None:
    assert ask(standin, f"{MESSAGES}?PageSize=2000")[0] == 400
    assert ask(standin, f"{MESSAGES}?{urlencode({'DateSent>': 'yesterday'})}")[0] == 400


def test_a_body_too_large_is_not_read(standin: Standin) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(standin, MESSAGES, b"Body=" + b"x" * 70_000, **kind)[0] == 413


# --- the test doors -------------------------------------------------------------------------------------------------


def test_the_doors_of_the_process_do_what_the_class_does(standin: Standin, webhook: Webhook) -> None:
    webhook.answer = lambda _call: (200, "<Response><Message>hello</Message></Response>")

    status, answer = order(standin, "/_standin/inbound", **{"from": ANA, "body": "hi"})
    assert (status, answer["status"], answer["twiml"]) == (200, 200, ["hello"])
    assert order(standin, "/_standin/faults", mode="400/21610", count=1)[0] == 200
    assert create(standin, GOOD)[1]["code"] == 21610
    assert order(standin, "/_standin/receipts", mode="none")[0] == 200
    assert create(standin, GOOD)[0] == 201

    _, ledger, _ = ask(standin, f"/_standin/messages?{urlencode({'to': ANA})}")
    assert [(text["body"], text["via"]) for text in ledger["messages"]] == [("hello", "twiml"), ("hello", "api")]
    _, ledger, _ = ask(standin, "/_standin/messages?direction=inbound")
    assert [(text["from"], text["body"], text["answer"]) for text in ledger["messages"]] == [(ANA, "hi", 200)]
    assert ask(standin, f"/_standin/messages?after={ledger['messages'][0]['seq'] + 2}")[1]["messages"] == []


@pytest.mark.parametrize(
    ("door", "fields"),
    [
        ("faults", {"mode": "melt"}),
        ("faults", {"mode": "429", "probability": 2}),
        ("faults", {"mode": "hang", "seconds": 600}),
        ("faults", {"mode": "ok", "colour": "red"}),
        ("faults", {"mode": 429}),
        ("receipts", {"mode": "sometimes"}),
        ("receipts", {"mode": "none", "final": "eaten"}),
        ("receipts", {"delay": -1}),
        ("inbound", {"from": "555", "body": "hi"}),
        ("inbound", {"from": NUMBER, "body": "hi"}),
        ("inbound", {"from": ANA, "body": ""}),
        ("inbound", {"from": ANA, "body": "half \ud83d"}),
        ("inbound", {"from": ANA, "body": "hi", "sid": "SM1"}),
        ("inbound", {"from": ANA, "body": "x" * 1601}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(standin: Standin, door: str, fields: dict[str, Any]) -> None:
    status, answer = order(standin, f"/_standin/{door}", **fields)

    assert (status, list(answer)) == (400, ["error"])
    assert not standin.ledger.texts()


def test_the_class_refuses_them_too(standin: Standin) -> None:
    with pytest.raises(BadOrder):
        standin.faults("melt")
    with pytest.raises(BadOrder):
        standin.receipts("sometimes")


def test_another_site_cannot_text_through_the_browser(standin: Standin, webhook: Webhook) -> None:
    door, body = "/_standin/inbound", json.dumps({"from": ANA, "body": "hi"}).encode()
    kind = {"Content-Type": "application/json"}

    assert ask(standin, door, body, Origin="http://evil.example", **kind)[0] == 403
    assert ask(standin, door, body, **{"Content-Type": "text/plain"})[0] == 400
    assert not webhook.calls


def test_a_fault_may_be_rare(twilio: Twilio, standin: Standin) -> None:
    standin.faults("429", probability=0.5)
    refused = 0
    for _ in range(40):
        try:
            twilio.send(ANA, "hello")
        except SmsFailed:
            refused += 1

    assert 5 < refused < 35
    assert len(standin.sent_to(ANA)) == 40 - refused


def test_a_fault_ends_after_its_count(twilio: Twilio, standin: Standin) -> None:
    standin.faults("503", count=2)
    for _ in range(2):
        with pytest.raises(SmsFailed):
            twilio.send(ANA, "hello")

    assert twilio.send(ANA, "hello")


def test_the_feed_tells_of_changes_and_waits_for_them(twilio: Twilio, standin: Standin) -> None:
    standin.receipts("none", delay=0.3)
    sid = twilio.send(ANA, "hello")
    _, feed, _ = ask(standin, "/_standin/feed?after=0&wait=0")
    assert [(text["sid"], text["status"], text["handset"]) for text in feed["messages"]] == [(sid, "queued", ANA)]

    began = time.monotonic()
    _, later, _ = ask(standin, f"/_standin/feed?after={feed['version']}&wait=10")
    assert time.monotonic() - began < 5
    assert [(text["sid"], text["status"]) for text in later["messages"]] == [(sid, "sent")]


def test_the_ledger_forgets_the_oldest() -> None:
    ledger = Ledger()
    for place in range(MOST_TEXTS + 10):
        ledger.add("outbound-api", NUMBER, ANA, str(place))

    texts = ledger.texts()
    assert (len(texts), texts[0].body, texts[-1].body) == (MOST_TEXTS, "10", str(MOST_TEXTS + 9))
    assert len(ledger.news(0, 0.0, most=MOST_TEXTS * 2)[1]) == MOST_TEXTS


def test_it_runs_as_a_process_of_its_own(webhook: Webhook) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "gateway.demo.standin", "--port", str(port), "--webhook", webhook.url + "/sms"]
    secrets = {"FRONTDOOR_STANDIN_ACCOUNT_SID": ACCOUNT, "FRONTDOOR_STANDIN_AUTH_TOKENS": TOKEN}
    with subprocess.Popen([*command, "--no-contract"], env=secrets) as process:
        twilio = Twilio(ACCOUNT, TOKEN, NUMBER, api_url=f"http://127.0.0.1:{port}")
        sid, deadline = None, time.monotonic() + 20
        while sid is None and time.monotonic() < deadline:
            try:
                sid = twilio.send(ANA, "hello")
            except SmsFailed:
                time.sleep(0.05)
        process.terminate()
        assert process.wait(10) == 0
    assert sid


def test_the_process_says_what_it_misses() -> None:
    command = [sys.executable, "-m", "gateway.demo.standin", "--webhook", "http://127.0.0.1:1/"]
    ended = subprocess.run(command, env={}, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "FRONTDOOR_STANDIN_ACCOUNT_SID is not set" in ended.stderr


def test_a_port_in_use_is_one_clear_line(standin: Standin) -> None:
    port = standin.url.rpartition(":")[2]
    command = [sys.executable, "-m", "gateway.demo.standin", "--port", port, "--webhook", "http://127.0.0.1:1/"]
    secrets = {"FRONTDOOR_STANDIN_ACCOUNT_SID": ACCOUNT, "FRONTDOOR_STANDIN_AUTH_TOKENS": TOKEN}
    ended = subprocess.run(command, env=secrets, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert port in ended.stderr
