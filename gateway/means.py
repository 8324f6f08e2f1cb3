"""The words between the loop that sends notices (``gateway.notifying``) and each means: what it gets, what it answers.

A means (a text, a call, a push) is one callable. It is called outside any transaction, holds no lock, and decides
nothing but whether the notice left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

SMS, VOICE, PUSH = "sms", "voice", "push"
NO_DEVICE, WRONG_NUMBER, OPTED_OUT, NO_ANSWER = "no_device", "wrong_number", "opted_out", "no_answer"
STALE = "too_late"  # it was no longer worth a try


@dataclass(frozen=True)
class Leaving:
    """One notice on its way, read out of the database so that nothing stays locked while it is sent.

    ``number`` is in E.164, opened for this moment, and None where the person has none in use (a push needs none).
    ``code`` is what people call the thread by, None where the notice is about no thread. ``in_doubt`` says that an
    earlier try may have left: a means that can look for it does so before it sends again. ``since`` is when the notice
    was written and ``seconds_left`` how long it is still of use, at least 1.
    """

    notice_id: int
    kind: str
    means: str
    text: str = field(repr=False)
    language: str
    number: str | None = field(repr=False)
    responder_id: int | None
    member_id: int | None
    escalation_id: int | None
    code: int | None
    attempts: int
    in_doubt: bool
    since: datetime
    seconds_left: int


@dataclass(frozen=True)
class Outcome:
    """What came of one try: ``provider_id`` when it left, else ``why`` not.

    ``permanent`` means that another try cannot help, ``doubtful`` that it may have left all the same (a silence after
    the request), ``after`` how many seconds the provider asked to be left alone, ``error_code`` the provider's.
    """

    provider_id: str | None = None
    why: str | None = None
    permanent: bool = False
    doubtful: bool = False
    error_code: int | None = None
    after: float | None = None

    @property
    def left(self) -> bool:
        """Whether the provider took it."""
        return self.why is None


def sent(provider_id: str | None) -> Outcome:
    """It left; ``provider_id`` is what receipts will name it by, None where there will be none."""
    return Outcome(provider_id=provider_id)


def failed(
    why: str,
    *,
    permanent: bool,
    doubtful: bool = False,
    error_code: int | None = None,
    after: float | None = None,
) -> Outcome:
    """It did not leave; ``why`` is a word that a page keeps (no_device, wrong_number, opted_out, failed, ...)."""
    return Outcome(why=why, permanent=permanent, doubtful=doubtful, error_code=error_code, after=after)


Sender = Callable[[Leaving], Outcome]
Means = Mapping[str, Sender]  # by the word in ``notices.means``; a notice of a means that is not there waits
