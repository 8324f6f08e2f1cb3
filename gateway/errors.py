"""The exception tree.

FrontDoorError
├── SettingsError          start-up: every missing or wrong setting, listed at once
├── Refused                a request that we will not take; carries an HTTP status and a short code
│   └── Conflict           the state moved on since the page was drawn (409)
├── BotUnavailable         Rasa is down, slow or answered nonsense
├── SmsFailed              Twilio did not take a text or a call; says whether trying again may help
├── MediaFailed            what came with a text was not brought here; says whether trying again may help
├── StoreUnavailable       Postgres did not commit in time
├── ImportFailed           a directory that could not be taken in (gateway/directory/report.py)
├── CannotRun              the machine lacks something that a person must mend (gateway/processes.py)
├── OutsideLogInFailed     the town's own log-in did not answer, or not as it must
├── ContactBusy            another writer holds this one contact's rows; the store itself is well
└── Unstorable             Postgres will never take this one message
"""


class FrontDoorError(Exception):
    """Root of everything that we raise ourselves."""


class SettingsError(FrontDoorError):
    """One or more settings are missing or wrong; ``faults`` lists all of them."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Front Door cannot start:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


class Refused(FrontDoorError):
    """A request that will not be taken. ``code`` is a short word for logs and answers, never resident text.

    ``after`` are the seconds after which it may be tried again, where that can be said.
    """

    def __init__(self, status: int, code: str, after: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.after = after


class Conflict(Refused):
    """The row changed since the caller read it; ``owner`` is who holds it now, when somebody does."""

    def __init__(self, code: str, owner: str | None = None) -> None:
        super().__init__(409, code)
        self.owner = owner


class BotUnavailable(FrontDoorError):
    """The bot gave no usable answer; the argument is a short reason."""


class SmsFailed(FrontDoorError):
    """Twilio did not accept a text or a call.

    ``retryable`` is true when the same request may succeed later; ``ambiguous`` when it may have left
    although no answer arrived (a POST to Twilio has no idempotency key); ``code`` is Twilio's error code, if any.
    """

    def __init__(
        self, code: int | None, *, retryable: bool, ambiguous: bool = False, after: float | None = None
    ) -> None:
        super().__init__(f"code={code} retryable={retryable} ambiguous={ambiguous}")
        self.code = code
        self.retryable = retryable
        self.ambiguous = ambiguous
        self.after = after


class MediaFailed(FrontDoorError):
    """What came with a text could not be brought here, or must not be; ``code`` is a short word for the row."""

    def __init__(self, code: str, *, retryable: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable


class StoreUnavailable(FrontDoorError):
    """Postgres could not commit within the time an accepting process may wait."""


class OutsideLogInFailed(FrontDoorError):
    """The town's own log-in let nobody in; the argument is a short reason."""


class ContactBusy(FrontDoorError):
    """Another writer holds the rows of this contact; everybody else's messages can be stored meanwhile."""


class Unstorable(FrontDoorError):
    """One message that can never be stored, whatever is tried; the argument is the type of the last failure."""
