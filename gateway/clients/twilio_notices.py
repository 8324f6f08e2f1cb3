"""A notice by text or by call: handed to Twilio, and what came of it in the words that a page keeps."""

from datetime import datetime
from typing import Protocol

from gateway.clients.twilio_codes import reason
from gateway.errors import SmsFailed
from gateway.means import NO_DEVICE, OPTED_OUT, WRONG_NUMBER, Leaving, Outcome, Sender, failed, sent

# Twilio's reasons that say the same of a phone: it is not one that texts reach.
OF_THE_NUMBER = {"bad_number": WRONG_NUMBER, "landline": WRONG_NUMBER, "opted_out": OPTED_OUT}
SHORTEST_VALIDITY, LONGEST_VALIDITY = 60, 36_000  # seconds; Twilio keeps a text for 1 to 36,000, and late is stale

RING_SECONDS = 25  # most voicemail boxes pick up later than that
CALL_SECONDS = 120


class Carrier(Protocol):
    """What takes texts away; :class:`gateway.clients.twilio.Twilio` is one."""

    def send(self, to: str, body: str, *, valid_for: int | None = None) -> str:
        """Hand over one text and return its id. Raises :class:`SmsFailed`."""

    def find(self, to: str, body: str, since: datetime) -> str | None:
        """The id of a text that was handed over since then, if it was. Raises :class:`SmsFailed`."""


class Phone(Protocol):
    """What makes calls; :class:`gateway.clients.twilio.Twilio` does."""

    def call(self, to: str, url: str, status_url: str, *, ring_seconds: int, most_seconds: int) -> str:
        """Begin a call and return its id. Raises :class:`SmsFailed`."""


def by_sms(carrier: Carrier) -> Sender:
    """The means "sms" on this carrier. After a try whose answer was lost it asks Twilio before it sends again."""

    def send(leaving: Leaving) -> Outcome:
        if leaving.number is None:
            return failed(NO_DEVICE, permanent=True)
        try:
            found = carrier.find(leaving.number, leaving.text, leaving.since) if leaving.in_doubt else None
        except SmsFailed as failure:
            return failed(why(failure.code), permanent=False, doubtful=True, error_code=failure.code)
        if found is not None:
            return sent(found)
        lasts = min(max(leaving.seconds_left, SHORTEST_VALIDITY), LONGEST_VALIDITY)
        try:
            return sent(carrier.send(leaving.number, leaving.text, valid_for=lasts))
        except SmsFailed as failure:
            return _not_taken(failure)

    return send


def by_voice(phone: Phone, public_url: str) -> Sender:
    """The means "voice": a call that asks ``public_url`` what to say (:mod:`gateway.phone_calls`).

    A try whose answer was lost is not looked for: if it left, its callbacks say so under the notice's own number, and
    rather twice than never.
    """

    def ring(leaving: Leaving) -> Outcome:
        if leaving.number is None:
            return failed(NO_DEVICE, permanent=True)
        here = f"{public_url}/voice/{leaving.notice_id}"
        try:
            return sent(
                phone.call(leaving.number, here, f"{here}/status", ring_seconds=RING_SECONDS, most_seconds=CALL_SECONDS)
            )
        except SmsFailed as failure:
            return _not_taken(failure)

    return ring


def _not_taken(failure: SmsFailed) -> Outcome:
    return failed(
        why(failure.code), permanent=not failure.retryable, doubtful=failure.ambiguous, error_code=failure.code,
        after=failure.after,
    )  # fmt: skip


def why(code: int | None) -> str:
    """What a page keeps of Twilio's code: wrong_number and opted_out by name, whatever else as Twilio's reason."""
    return OF_THE_NUMBER.get(reason(code), reason(code))
