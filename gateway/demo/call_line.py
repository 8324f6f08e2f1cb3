"""Twilio's Calls API as the stand-in speaks it, and the door through which a handset picks up and presses keys."""

import re
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from gateway.demo import calls, rest
from gateway.demo.calls import Call
from gateway.demo.contract import E164, Wrong
from gateway.demo.faults import BadOrder
from gateway.demo.line import Line

CALLS = re.compile(r"/2010-04-01/Accounts/([^/]+)/Calls\.json")
CALL = re.compile(r"/2010-04-01/Accounts/([^/]+)/Calls/(CA[0-9a-f]{32})\.json")
# What a request to create a call may carry (Twilio's API reference, "Create a Call resource").
FIELDS = frozenset(
    "To From Url Twiml ApplicationSid Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent "
    "StatusCallbackMethod SendDigits Timeout TimeLimit Record RecordingChannels RecordingStatusCallback "
    "RecordingStatusCallbackMethod RecordingStatusCallbackEvent RecordingTrack SipAuthUsername SipAuthPassword "
    "MachineDetection MachineDetectionTimeout MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold "
    "MachineDetectionSilenceTimeout AsyncAmd AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod Trim CallerId "
    "CallReason CallToken Byoc ClientNotificationUrl".split()
)
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
LONGEST_RING, LONGEST_CALL = 600, 86_400
SHOWN = 50
# Twilio's own magic numbers for testing what a call may be refused for (docs, "Test credentials").
MAGIC = {"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}
MEANING = {
    21205: "Invalid URL",
    21210: "Source phone number not verified",
    21214: "'To' phone number cannot be reached",
    21215: "Account not authorized to call that number",
    21216: "Account not allowed to call that number",
    21217: "Phone number does not appear to be valid",
}


def check(form: Mapping[str, list[str]], sender: str) -> None:
    """Check the fields of a new call by our own rules. Raises :class:`Wrong`."""
    if unknown := sorted(set(form) - FIELDS):
        raise Wrong(20001, f"Unknown parameter: {', '.join(unknown)[:200]}")
    one = {name: all_[0] for name, all_ in form.items()}
    to = one.get("To", "")
    if one.get("From", "") != sender:
        raise Wrong(21210, MEANING[21210])
    code = MAGIC.get(to) or (None if E164.fullmatch(to) else 21217)
    if code is not None:
        raise Wrong(code, MEANING[code])
    for name in ("Url", "StatusCallback"):
        given = one.get(name, "" if name == "Url" else None)
        if given is not None and urlsplit(given).scheme not in {"http", "https"}:
            raise Wrong(21205, MEANING[21205])
    _check_limits(form, one)


def _check_limits(form: Mapping[str, list[str]], one: Mapping[str, str]) -> None:
    if not set(form.get("StatusCallbackEvent", [])) <= EVENTS:
        raise Wrong(20001, "StatusCallbackEvent is none of Twilio's")
    for name, most in (("Timeout", LONGEST_RING), ("TimeLimit", LONGEST_CALL)):
        seconds = one.get(name, "60")
        if not (seconds.isdigit() and 1 <= int(seconds) <= most):
            raise Wrong(20001, f"{name} must be between 1 and {most}")


def resource(call: Call, account_sid: str) -> dict[str, Any]:
    """One call resource."""
    return {
        "account_sid": account_sid,
        "answered_by": None,
        "api_version": rest.VERSION,
        "date_created": format_datetime(call.created),
        "direction": "outbound-api",
        "duration": None,
        "from": call.from_,
        "sid": call.sid,
        "start_time": format_datetime(call.created),
        "status": call.status,
        "to": call.to,
        "uri": f"/{rest.VERSION}/Accounts/{account_sid}/Calls/{call.sid}.json",
    }


class CallLine(Line):
    """The part of a connection that is about calls."""

    def _calls_read(self, path: str) -> bool:
        """Answer a question about calls; false where it is about something else."""
        if path == "/_standin/calls":
            self._say(200, {"calls": self._calls_shown()})
            return True
        if not (match := CALL.fullmatch(path)):
            return False
        self._admit(match[1])
        self._answer("list", 200, lambda: self._one_call(match[2]))
        return True

    def _calls_made(self, path: str) -> bool:
        """Take a new call from the API; false where that is not what was asked."""
        if not (match := CALLS.fullmatch(path)):
            return False
        self._admit(match[1])
        form = self._form()
        check(form, self.standin.number)
        self._checked()
        one = {name: all_[0] for name, all_ in form.items()}

        def begin() -> dict[str, Any]:
            call = Call(
                one["From"], one["To"], one["Url"], one.get("StatusCallback"),
                frozenset(form.get("StatusCallbackEvent", [])),
                float(one.get("Timeout", 60)), float(one.get("TimeLimit", 14_400)),
            )  # fmt: skip
            call = self.standin.calls.begin(call)
            return resource(call, self.standin.account_sid)

        self._answer("call", 201, begin, one["To"])
        return True

    def _one_call(self, sid: str) -> dict[str, Any]:
        call = self.standin.calls.get(sid)
        if call is None:
            raise Wrong(20404, status=404)
        return resource(call, self.standin.account_sid)

    def _calls_shown(self) -> list[dict[str, Any]]:
        """The newest calls as a handset shows them: what was said, and whether a key is waited for."""
        return [_shown(call) for call in self.standin.calls.to()[-SHOWN:]]

    def _set_calls(self, order: Mapping[str, Any]) -> None:
        try:
            self.standin.calls.order(calls.make(**order))
        except TypeError:
            raise BadOrder("unknown field") from None
        self._say(200, {"set": True})

    def _call_act(self, order: Mapping[str, Any]) -> None:
        """Somebody at a handset picks up, presses a key or hangs up."""
        sid, act, key = order.get("sid"), order.get("act"), order.get("key")
        call = self.standin.calls.get(sid) if isinstance(sid, str) else None
        if call is None:
            raise BadOrder("sid names no call")
        if act == "press" and isinstance(key, str) and key in calls.KEYS:
            self.standin.calls.press(call.sid, key)
        elif act == "answer":
            self.standin.calls.pick_up(call.sid)
        elif act == "hang_up":
            self.standin.calls.hang_up(call.sid, None if call.status == "in-progress" else "busy")
        else:
            raise BadOrder("act must be answer, press with a key, or hang_up")
        self._say(200, _shown(self.standin.calls.get(call.sid) or call))


def _shown(call: Call) -> dict[str, Any]:
    return {
        "sid": call.sid, "to": call.to, "status": call.status, "over": call.over, "pressed": call.pressed,
        "asks": call.spoken.action is not None and not call.over, "heard": [list(each) for each in call.heard],
        "readable": call.spoken.readable, "at": call.created.isoformat(),
    }  # fmt: skip
