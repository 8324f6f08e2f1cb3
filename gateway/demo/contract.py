"""What Twilio refuses: our own short rules always, and Twilio's published contract when it lies on this machine."""

import functools
import importlib.util
import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# What a request to create a message may carry (Twilio's API reference, "Create a Message resource").
FIELDS = frozenset(
    "To From MessagingServiceSid Body MediaUrl ContentSid ContentVariables StatusCallback ApplicationSid MaxPrice "
    "ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded "
    "PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms RiskCheck FallbackFrom".split()
)
REPEATABLE = frozenset({"MediaUrl", "PersistentAction"})
E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
LONGEST = 1600
VALIDITY = range(1, 36_001)
# Twilio's own magic numbers for testing what a recipient may be refused for (docs, "Test credentials").
MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MEANING = {
    20001: "Invalid parameter",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21211: "Invalid 'To' Phone Number",
    21266: "'To' and 'From' number cannot be the same",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' phone number provided is not a valid, SMS-capable inbound phone number for your account",
    21609: "Invalid 'StatusCallback' URL",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number via SMS",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}

Form = Mapping[str, list[str]]


class Wrong(Exception):
    """A request that Twilio would refuse; carries the HTTP status, Twilio's code and what is wrong with it."""

    def __init__(self, code: int, message: str | None = None, status: int = 400) -> None:
        super().__init__(message or MEANING.get(code, "Bad Request"))
        self.code = code
        self.status = status


def check(form: Form, sender: str) -> None:
    """Check the fields of a new message by our own rules. Raises :class:`Wrong`."""
    if unknown := sorted(set(form) - FIELDS):
        raise Wrong(20001, f"Unknown parameter: {', '.join(unknown)[:200]}")
    if repeated := sorted(name for name, all_ in form.items() if len(all_) > 1 and name not in REPEATABLE):
        raise Wrong(20001, f"Parameter given more than once: {', '.join(repeated)}")
    one = {name: all_[0] for name, all_ in form.items()}
    _check_numbers(one.get("To", ""), one.get("From", ""), sender)
    _check_body(one)
    _check_extras(one)


def _check_numbers(to: str, from_: str, sender: str) -> None:
    if not to:
        raise Wrong(21604)
    if not from_:
        raise Wrong(21603)
    if from_ != sender:
        raise Wrong(21606)
    if not E164.fullmatch(to):
        raise Wrong(21211)
    if to == from_:
        raise Wrong(21266)
    if to in MAGIC:
        raise Wrong(MAGIC[to])


def _check_body(one: Mapping[str, str]) -> None:
    if not (one.get("Body") or one.get("MediaUrl") or one.get("ContentSid")):
        raise Wrong(21602)
    if len(one.get("Body", "")) > LONGEST:
        raise Wrong(21617)


def _check_extras(one: Mapping[str, str]) -> None:
    callback = one.get("StatusCallback")
    if callback is not None and not (urlsplit(callback).scheme in {"http", "https"} and urlsplit(callback).hostname):
        raise Wrong(21609)
    validity = one.get("ValidityPeriod")
    if validity is not None and not (validity.isdigit() and int(validity) in VALIDITY):
        raise Wrong(20001, "ValidityPeriod must be between 1 and 36000")


def published() -> Path | None:
    """Where Twilio's own contract lies on this machine, if it does."""
    shared = Path(os.environ.get("FRONTDOOR_SHARED") or Path(__file__).parents[2].parent / "shared")
    found = shared / "data" / "twilio" / "messages-calls.openapi.json"
    return found if found.is_file() else None


def load() -> "Contract | None":
    """Twilio's contract, or ``None`` when the file or the checker (``openapi-core``) is not here."""
    found = published()
    if found is None or importlib.util.find_spec("openapi_core") is None:
        return None
    return _load(found)


@functools.cache
def _load(path: Path) -> "Contract":
    return Contract(json.loads(path.read_text("utf-8")))


class Contract:
    """Checks requests and answers against Twilio's OpenAPI document; 25 to 40 ms each. Thread-safe."""

    def __init__(self, document: Any) -> None:
        from openapi_core import OpenAPI  # noqa: PLC0415 - a development dependency, a second to import

        self._openapi = OpenAPI.from_dict(document)
        self._lock = threading.Lock()

    def check(self, request: "Asked", answer: "Answered | None" = None) -> None:
        """Raises :class:`Wrong` for a request, or an answer to it, that the contract does not allow."""
        from openapi_core.exceptions import OpenAPIError  # noqa: PLC0415

        try:
            with self._lock:
                if answer is None:
                    self._openapi.validate_request(request)
                else:
                    self._openapi.validate_response(request, answer)
        except OpenAPIError as fault:
            raise Wrong(20001, f"Against the contract: {_named(fault)}") from None


def _named(fault: BaseException) -> str:
    """What is wrong, without the value: it may be a number or a resident's text."""
    errors = getattr(fault.__cause__, "schema_errors", None) or ()
    places = [".".join(map(str, error.absolute_path)) or error.validator for error in errors]
    return ", ".join(places) or type(fault).__name__


class Asked:
    """One request as ``openapi-core`` wants to see it."""

    def __init__(  # noqa: PLR0913 - a request has that many parts
        self, *, method: str, path: str, query: Form, headers: Mapping[str, str], content_type: str, body: bytes
    ) -> None:
        from openapi_core.datatypes import RequestParameters  # noqa: PLC0415
        from werkzeug.datastructures import Headers, ImmutableMultiDict  # noqa: PLC0415

        self.host_url = "https://api.twilio.com"
        self.path = path
        self.method = method.lower()
        self.content_type = content_type
        self.body = body
        self.parameters = RequestParameters(
            query=ImmutableMultiDict([(name, one) for name, all_ in query.items() for one in all_]),
            header=Headers(dict(headers)),
        )


class Answered:
    """One answer as ``openapi-core`` wants to see it."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self.content_type = "application/json"
        self.headers: Mapping[str, Any] = {}
        self.data = body
