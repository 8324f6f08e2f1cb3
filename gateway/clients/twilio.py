"""Texts and calls out through Twilio, in our words: handed over with an id, or not, with what may be done about it.

Slow to import; the web process must not import it (it needs only the SDK's validator).
"""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from gateway.clients.twilio_codes import (
    NO_NUMBER,
    PERMANENT,
    RETRYABLE,
    SERVER,
    TIMED_OUT,
    TOO_MANY,
    only_people_call,
    reason,
    retryable,
)
from gateway.errors import SmsFailed

__all__ = ["PERMANENT", "RETRYABLE", "Twilio", "reason", "retryable"]

CONNECT_SECONDS = 3.0
CLOCK_SLACK = timedelta(seconds=60)  # Twilio's clock and ours may differ
LONGEST_WAIT = 3600.0
NEWEST, MOST_LOOKED_AT = 100, 1000  # texts to one number
NEVER_LEFT = (NewConnectionError, ConnectTimeoutError)  # no connection, so no request


class Twilio:
    """One sender of one account. Thread-safe; connections are kept and reused."""

    def __init__(  # noqa: PLR0913 - an account, a sender, and where receipts go
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        *,
        api_url: str | None = None,
        status_callback: str | None = None,
        timeout: float = 5.0,
    ) -> None:
        """Prepare; nothing is sent yet.

        ``timeout`` is how many seconds Twilio may be silent after a request; connecting may take up to 3 s.
        ``api_url`` sends everything to a stand-in instead of Twilio (demo and tests only).
        """
        self._line = _Line(timeout, api_url)
        # An empty environment, lest TWILIO_EDGE or TWILIO_REGION in the real one move us elsewhere.
        client = Client(account_sid, auth_token, http_client=self._line, environment={"": ""})
        self._messages: Any = client.messages
        self._calls: Any = client.calls
        self._sender = sender
        self._status_callback = status_callback

    def send(self, to: str, body: str, *, valid_for: int | None = None) -> str:
        """Hand one text over and return Twilio's id for it.

        ``valid_for`` is how many seconds the text may wait in Twilio's queue before it is dropped as stale.
        Raises :class:`SmsFailed`; when that is ambiguous, ask :meth:`find` before sending again.
        """
        if only_people_call(to):
            raise SmsFailed(NO_NUMBER, retryable=False)
        given = {"status_callback": self._status_callback, "validity_period": valid_for}
        with self._in_our_words():
            message = self._messages.create(
                to=to, from_=self._sender, body=body, **{name: value for name, value in given.items() if value}
            )
            if not message.sid:
                raise TwilioException("no sid in the answer")
            return str(message.sid)

    def call(self, to: str, url: str, status_url: str, *, ring_seconds: int, most_seconds: int) -> str:
        """Begin one call, which asks ``url`` what to say, and return Twilio's id for it.

        ``status_url`` hears of each step (Twilio, "Call resource": StatusCallbackEvent). No recording, and no guess
        whether a machine answers: that guess costs a person who picks up seconds of silence.
        Raises :class:`SmsFailed`; when that is ambiguous, the phone may ring all the same.
        """
        if only_people_call(to):
            raise SmsFailed(NO_NUMBER, retryable=False)
        with self._in_our_words():
            call = self._calls.create(
                to=to, from_=self._sender, url=url, method="POST", status_callback=status_url,
                status_callback_method="POST", status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=ring_seconds, time_limit=most_seconds,
            )  # fmt: skip
            if not call.sid:
                raise TwilioException("no sid in the answer")
            return str(call.sid)

    def find(self, to: str, body: str, since: datetime) -> str | None:
        """The id of the newest text to this number with this body that Twilio took since then, if there is one.

        Twilio's API takes no idempotency key, so this is how a try whose answer was lost is settled. A filter on
        ``DateSent`` alone would miss a text that still waits in Twilio's queue, so the newest are looked through by
        the date on which they were taken; the filter comes second, for a number that got very many texts since.
        Raises :class:`SmsFailed` when Twilio cannot be asked.
        """
        start = since.astimezone(UTC) - CLOCK_SLACK
        with self._in_our_words():
            return self._match(to, body, start, limit=NEWEST) or self._match(
                to, body, start, limit=MOST_LOOKED_AT, date_sent_after=start
            )

    def _match(self, to: str, body: str, start: datetime, **how: object) -> str | None:
        for message in self._messages.list(to=to, from_=self._sender, **how):  # newest first
            if (message.body or "").strip() == body.strip() and message.date_created >= start:
                return str(message.sid)
        return None

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """Turn what the SDK raises into :class:`SmsFailed`, and leave the original behind: its text names numbers."""
        failure = None
        try:
            yield
        except TwilioRestException as refusal:
            failure = self._refused(refusal.status, refusal.code)
        except TwilioServiceException as refusal:
            failure = self._refused(refusal.status, refusal.code)
        except OSError as fault:  # whatever the SDK's transport raises is one
            failure = SmsFailed(None, retryable=True, ambiguous=not _never_left(fault))
        except UnicodeEncodeError:
            failure = SmsFailed(None, retryable=False)  # half a surrogate pair: no request can carry it
        except (TwilioException, ValueError, TypeError, AttributeError, KeyError):
            # An answer that is not Twilio's JSON: a proxy spoke, before or after the text was taken.
            failure = SmsFailed(None, retryable=True, ambiguous=True)
        if failure is not None:
            raise failure

    def _refused(self, status: int, code: int | None) -> SmsFailed:
        ambiguous = status in SERVER or status == TIMED_OUT
        return SmsFailed(
            code,
            retryable=ambiguous or status == TOO_MANY or retryable(code, status),
            ambiguous=ambiguous,
            after=self._line.asked_to_wait(),
        )


class _Line(TwilioHttpClient):  # type: ignore[misc] # the SDK carries no types
    """The SDK's own HTTP client with two deadlines, no logging, and the server's wish to be left alone kept."""

    def __init__(self, timeout: float, api_url: str | None) -> None:
        super().__init__(logger=_silent())
        self.timeout = (CONNECT_SECONDS, timeout)
        self._elsewhere = urlsplit(api_url) if api_url else None
        if self._elsewhere and self.session:
            self.session.trust_env = False  # a proxy of this machine must not carry texts to the stand-in
        self._here = threading.local()

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """As the SDK's, at the stand-in's scheme and host when there is one."""
        if self._elsewhere:
            url = urlsplit(url)._replace(scheme=self._elsewhere.scheme, netloc=self._elsewhere.netloc).geturl()
        self._here.after = None
        response = super().request(method, url, *args, **kwargs)
        self._here.after = _seconds(response.headers.get("Retry-After"))
        return response

    def asked_to_wait(self) -> float | None:
        """Seconds that the last answer on this thread asked us to wait, if it did."""
        return getattr(self._here, "after", None)


def _seconds(retry_after: str | None) -> float | None:
    """RFC 9110 10.2.3: seconds or a date. Bounded, so that a wrong header cannot silence us for a day."""
    if not retry_after:
        return None
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(wait, 0.0), LONGEST_WAIT) if math.isfinite(wait) else None


def _never_left(fault: OSError) -> bool:
    """Whether the request surely did not reach Twilio; a reset or a silence after it left proves nothing."""
    cause = fault.args[0] if fault.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    return isinstance(cause, NEVER_LEFT)


def _silent() -> logging.Logger:
    """A logger that no configuration can reach: the SDK logs numbers at INFO, with the whole query of a list."""
    return logging.Logger("silent", logging.CRITICAL + 1)


def _no_addresses(record: logging.LogRecord) -> bool:
    """Drop urllib3's debug lines: they carry the whole address, and a list's address holds the number."""
    return record.levelno >= logging.WARNING


logging.getLogger("urllib3.connectionpool").addFilter(_no_addresses)
