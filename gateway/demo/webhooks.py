"""How the stand-in calls the gateway: Twilio's forms, Twilio's signature, Twilio's patience, and TwiML read back."""

import re
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urlencode
from xml.etree import ElementTree

import urllib3
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0  # Twilio, "Webhooks connection overrides": the defaults
PAUSE_BEFORE_RETRY = 0.1
MOST_RETRIES = 5
LARGEST_ANSWER = 65_536  # Twilio refuses longer TwiML
DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class WebhookAnswer:
    """What the gateway said to one webhook.

    ``status`` is 0 when no answer came (then ``fault`` is ``connect``, ``timeout`` or ``reset``); ``twiml`` holds the
    texts of the answer and ``body`` the whole of it; ``elapsed`` is in seconds over all tries.
    """

    status: int
    twiml: tuple[str, ...]
    elapsed: float
    sid: str
    tries: int
    fault: str | None = None
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Overrides:
    """What Twilio reads after the ``#`` of a webhook address: how often to try again (``rc``), after what (``rp``)."""

    retries: int = 1
    after: frozenset[str] = frozenset({"ct"})

    def wants(self, answer: WebhookAnswer) -> bool:
        """Whether this answer is tried again."""
        if answer.status:
            kind = f"{answer.status // 100}xx"
        else:
            kind = {"connect": "ct", "timeout": "rt"}.get(answer.fault or "", "rt")
        return kind in self.after or ("all" in self.after and kind not in {"2xx", "3xx"})


def split(url: str) -> tuple[str, Overrides]:
    """The address that is called and signed, and the overrides in its fragment, as in ``#rc=2&rp=5xx,ct,rt``."""
    plain, fragment = urldefrag(url)
    given = dict(part.split("=", 1) for part in fragment.split("&") if "=" in part)
    rc = given.get("rc", "1")
    retries = min(int(rc), MOST_RETRIES) if rc.isdigit() else 1
    return plain, Overrides(retries, frozenset(given.get("rp", "ct").split(",")))


class Caller:
    """Posts signed forms. Thread-safe."""

    def __init__(self, token: str) -> None:
        self._validator = RequestValidator(token)
        # No proxy of this machine is asked: urllib3's pool knows none.
        self._pool = urllib3.PoolManager(num_pools=4, maxsize=64, retries=False)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def post(self, url: str, form: Mapping[str, str], sid: str) -> WebhookAnswer:
        """Post one form, trying again as Twilio would."""
        plain, overrides = split(url)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": self._validator.compute_signature(plain, form),
        }
        began = time.monotonic()
        for tries in range(1, overrides.retries + 2):
            status, twiml, fault = self._once(plain, urlencode(form), headers)
            answer = WebhookAnswer(status, said(twiml), time.monotonic() - began, sid, tries, fault, twiml)
            if tries > overrides.retries or not overrides.wants(answer):
                break
            time.sleep(PAUSE_BEFORE_RETRY)
        return answer

    def _once(self, url: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes, str | None]:
        """The status and the body of the answer, or what went wrong instead."""
        fault = None
        try:
            answer = self._pool.request(
                "POST",
                url,
                body=body,
                headers=headers,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, total=WHOLE_SECONDS),
            )
            twiml = answer.read(LARGEST_ANSWER)
            answer.drain_conn()
            answer.release_conn()
            return answer.status, twiml, None
        except (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError):
            fault = "connect"
        except urllib3.exceptions.TimeoutError:
            fault = "timeout"
        except (urllib3.exceptions.HTTPError, OSError):
            fault = "reset"
        return 0, b"", fault


def said(twiml: bytes) -> tuple[str, ...]:
    """The texts of each ``<Message>`` (with or without ``<Body>``) in an answer; none when it is not TwiML."""
    if not twiml.strip() or DECLARATION.search(twiml.decode("utf-8", "replace")):
        return ()
    try:
        root = ElementTree.fromstring(twiml)  # noqa: S314 - our own gateway's answer, entities refused above
    except ElementTree.ParseError:
        return ()
    if root.tag != "Response":
        return ()
    return tuple(_words(verb) for verb in root if verb.tag in {"Message", "Sms"})


def _words(verb: ElementTree.Element) -> str:
    body = verb.find("Body")
    return "".join((verb if body is None else body).itertext()).strip()


def inbound_form(  # noqa: PLR0913 - Twilio's fields
    account_sid: str, sid: str, *, from_: str, to: str, body: str, segments: int, media: tuple[str, ...] = ()
) -> dict[str, str]:
    """The fields of an inbound message as Twilio posts them for a long code in the United States."""
    form = {
        "ToCountry": "US",
        "ToState": "",
        "ToCity": "",
        "ToZip": "",
        "FromCountry": "US",
        "FromState": "CA",
        "FromCity": "SAN FRANCISCO",
        "FromZip": "94110",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "SmsStatus": "received",
        "NumMedia": str(len(media)),
        "NumSegments": str(segments),
        "Body": body,
        "To": to,
        "From": from_,
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
    }
    for place, kind in enumerate(media):
        media_sid = "ME" + secrets.token_hex(16)
        form[f"MediaContentType{place}"] = kind
        form[f"MediaUrl{place}"] = (
            f"https://api.twilio.com/2010-04-01/Accounts/{account_sid}/Messages/{sid}/Media/{media_sid}"
        )
    return form


def status_form(  # noqa: PLR0913 - Twilio's fields
    account_sid: str, sid: str, *, from_: str, to: str, status: str, error_code: int | None
) -> dict[str, str]:
    """The fields of a delivery receipt."""
    form = {
        "SmsSid": sid,
        "SmsStatus": status,
        "MessageSid": sid,
        "MessageStatus": status,
        "To": to,
        "From": from_,
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
    }
    return form | ({"ErrorCode": str(error_code)} if error_code is not None else {})


def call_form(  # noqa: PLR0913 - Twilio's fields
    account_sid: str, sid: str, *, from_: str, to: str, status: str, more: Mapping[str, str]
) -> dict[str, str]:
    """The fields of a webhook about a call that the API began."""
    return {
        "CallSid": sid,
        "AccountSid": account_sid,
        "From": from_,
        "To": to,
        "Caller": from_,
        "Called": to,
        "Direction": "outbound-api",
        "CallStatus": status,
        "ApiVersion": "2010-04-01",
        **more,
    }
