"""The stand-in's calls: they ring, say what the webhook's TwiML says, take keys, and tell how far they came."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from twilio.request_validator import RequestValidator

from gateway.clients.twilio import Twilio
from gateway.demo import twiml
from gateway.demo.standin import Standin
from gateway.errors import SmsFailed
from tests.twilio.conftest import ACCOUNT, ANA, NUMBER, TOKEN
from tests.twilio.test_twilio_standin import ask, order
from tests.twilio.webhook import Call, Webhook

CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
ASKS = (
    '<Response><Gather numDigits="1" action="/voice/7/key" timeout="9"><Say language="es-US">Marque 1</Say>'
    '<Pause length="1"/><Say language="es-US">Marque 1</Say></Gather><Say language="es-US">Adi&#243;s</Say><Hangup/>'
    "</Response>"
)
THANKS = '<Response><Say language="es-US">Gracias</Say><Hangup/></Response>'


def gateway(call: Call) -> tuple[int, str]:
    """What the gateway would say."""
    if call.path.endswith("/status"):
        return 204, ""
    return 200, THANKS if call.path.endswith("/key") else ASKS


@pytest.fixture
def dial(twilio: Twilio, webhook: Webhook) -> Callable[..., str]:
    webhook.answer = gateway

    def dial(to: str = ANA) -> str:
        here = f"{webhook.url}/voice/7"
        return twilio.call(to, here, f"{here}/status", ring_seconds=25, most_seconds=120)

    return dial


def steps(webhook: Webhook) -> list[str]:
    return [f"{call.path} {call.form['CallStatus']} {call.form.get('Digits', '')}".strip() for call in webhook.calls]


def test_a_call_rings_until_somebody_picks_up_and_takes_a_key(
    standin: Standin, webhook: Webhook, dial: Callable[..., str]
) -> None:
    sid = dial()
    standin.calls.until(ANA, lambda call: call.status == "ringing")
    webhook.wait(2)
    picked = standin.calls.pick_up(sid)
    assert picked is not None
    assert picked.heard == (("es-US", "Marque 1"), ("es-US", "Marque 1"))
    assert picked.spoken.seconds == 9
    done = standin.calls.press(sid, "1")
    assert done is not None
    assert (done.status, done.heard[-1], done.pressed) == ("completed", ("es-US", "Gracias"), "1")
    assert steps(webhook) == [
        "/voice/7/status initiated", "/voice/7/status ringing", "/voice/7/status in-progress", "/voice/7 in-progress",
        "/voice/7/key in-progress 1", "/voice/7/status completed",
    ]  # fmt: skip
    for call in webhook.calls:
        signature = call.headers["X-Twilio-Signature"]
        assert RequestValidator(TOKEN).validate(webhook.url + call.path, call.form, signature)
        assert (call.form["CallSid"], call.form["To"], call.form["From"]) == (sid, ANA, NUMBER)


@pytest.mark.parametrize("end", ["busy", "no-answer", "failed"])
def test_a_call_that_nobody_answers_says_so(
    standin: Standin, webhook: Webhook, dial: Callable[..., str], end: str
) -> None:
    assert order(standin, "/_standin/calls", mode=end) == (200, {"set": True})
    dial()
    standin.calls.until(ANA, lambda call: call.over)
    last = webhook.wait(2 if end == "failed" else 3)[-1]
    assert (last.path, last.form["CallStatus"]) == ("/voice/7/status", end)


def test_a_machine_hears_everything_and_presses_nothing(
    standin: Standin, webhook: Webhook, dial: Callable[..., str]
) -> None:
    order(standin, "/_standin/calls", mode="listen")
    dial()
    call = standin.calls.until(ANA, lambda call: call.over)
    assert [words for _, words in call.heard] == ["Marque 1", "Marque 1", "Adiós"]
    assert not [each for each in webhook.wait(5) if each.path.endswith("/key")]


def test_callbacks_may_come_before_the_answer_to_the_api(
    standin: Standin, webhook: Webhook, dial: Callable[..., str]
) -> None:
    order(standin, "/_standin/calls", mode="press", keys="1", late=True)
    sid = dial()
    assert {call.form["CallSid"] for call in webhook.calls} == {sid}
    assert steps(webhook)[-1] == "/voice/7/status completed"


def test_the_handset_picks_up_presses_and_hangs_up(standin: Standin, dial: Callable[..., str]) -> None:
    sid = dial()
    standin.calls.until(ANA, lambda call: call.status == "ringing")
    _, feed, _ = ask(standin, "/_standin/feed?after=0&wait=0")
    assert [(call["to"], call["status"], call["asks"]) for call in feed["calls"]] == [(ANA, "ringing", False)]
    _, shown = order(standin, "/_standin/call", sid=sid, act="answer")
    assert (shown["asks"], shown["heard"][0]) == (True, ["es-US", "Marque 1"])
    _, shown = order(standin, "/_standin/call", sid=sid, act="press", key="2")
    assert (shown["over"], shown["pressed"]) == (True, "2")
    again = dial()
    _, shown = order(standin, "/_standin/call", sid=again, act="hang_up")
    assert shown["status"] == "busy"
    for wrong in ({"sid": "CA1"}, {"sid": sid, "act": "sing"}, {"sid": sid, "act": "press", "key": "one"}):
        assert order(standin, "/_standin/call", **wrong)[0] == 400


def test_a_call_is_found_by_its_id(standin: Standin, dial: Callable[..., str]) -> None:
    sid = dial()
    status, found, _ = ask(standin, f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json")
    assert (status, found["sid"], found["to"], found["direction"]) == (200, sid, ANA, "outbound-api")
    assert ask(standin, f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA{'0' * 32}.json")[0] == 404


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"To": "911"}, 21217), ({"To": "+15005550002"}, 21214), ({"From": ANA}, 21210), ({"Url": "ftp://x"}, 21205),
        ({"StatusCallbackEvent": "sung"}, 20001), ({"Timeout": "0"}, 20001), ({"Tune": "x"}, 20001),
    ],
)  # fmt: skip
def test_what_twilio_refuses_is_refused(standin: Standin, more: dict[str, str], code: int) -> None:
    fields = {"To": ANA, "From": NUMBER, "Url": "https://door.example/voice/1"} | more
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, answer, _ = ask(standin, CALLS, urlencode(fields).encode(), **kind)
    assert (status, answer["code"]) == (400, code)
    assert standin.calls.to() == []


def test_a_request_of_the_client_keeps_to_the_contract(
    standin: Standin, dial: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the contract lies on this machine every request is checked against it; here, that it is asked at all."""
    asked: list[dict[str, Any]] = []

    class Watching:
        def check(self, request: Any) -> None:
            asked.append(parse_qs(request.body.decode()))

    monkeypatch.setattr(standin, "contract", Watching())
    dial()
    [form] = asked
    assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert (form["Timeout"], form["TimeLimit"], form["Method"]) == (["25"], ["120"], ["POST"])


def test_the_client_says_why_a_call_was_not_taken(standin: Standin, twilio: Twilio, dial: Callable[..., str]) -> None:
    for number, code in (("+15005550001", 21217), ("911", 21211), ("988", 21211)):
        with pytest.raises(SmsFailed) as failed:
            dial(number)
        assert (failed.value.code, failed.value.retryable) == (code, False)
    standin.faults("503/20503", on="call")
    with pytest.raises(SmsFailed) as failed:
        dial()
    assert (failed.value.retryable, failed.value.ambiguous) == (True, True)
    assert standin.calls.to() == []


@pytest.mark.parametrize("words", [b"", b"<html/>", b"<Response", b"\xff", b"<!DOCTYPE x><Response/>"])
def test_what_is_no_twiml_is_an_application_error(words: bytes) -> None:
    assert not twiml.read(words).readable


def test_only_the_page_of_the_phones_may_answer_a_call(standin: Standin, dial: Callable[..., str]) -> None:
    sid = dial()
    request = urllib.request.Request(
        standin.url + "/_standin/call", data=json.dumps({"sid": sid, "act": "answer"}).encode(),
        headers={"Content-Type": "application/json", "Origin": "https://elsewhere.example"},
    )  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    refused.value.close()
    assert refused.value.code == 403
