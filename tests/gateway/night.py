"""A night on call whose texts really leave: the real client on a Twilio stand-in, and a clock that the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from gateway import ladder, notices, notifying, phones
from gateway.clients.twilio import Twilio
from gateway.clients.twilio_notices import by_sms
from gateway.demo.standin import Standin
from gateway.means import SMS, Means
from gateway.models import Notice, Page
from tests.conftest import ACCOUNT_SID, NUMBER
from tests.gateway.duty import Duty

TOKEN = "t" * 32
ANA, BEN, CAM = "+15555550121", "+15555550122", "+15555550123"


@contextmanager
def carrier(timeout: float = 30.0) -> Iterator[tuple[Standin, Twilio]]:
    """A Twilio that posts nothing back, and the real client on it; silences are as long as ``timeout``."""
    with Standin(ACCOUNT_SID, (TOKEN,), NUMBER, "http://127.0.0.1:9/", check_contract=False) as standin:
        yield standin, Twilio(ACCOUNT_SID, TOKEN, NUMBER, api_url=standin.url, timeout=timeout)


@dataclass
class Night(Duty):
    """A duty whose notices leave by the true loop."""

    means: Means | None = None

    def with_phone(self, name: str, number: str | None, **more: Any) -> int:
        """Somebody on call, whose number is verified."""
        who = self.on_shift(name, phone=False, **more)
        if number is not None:
            with self.database.begin() as session:
                phones.set_verified(session, self.keys, who, number, self.at)
        return who

    def carry(self) -> None:
        """Send what waits and may go now, as a worker does."""
        while self.send_one():
            pass

    def climb_without_sending(self) -> None:
        """One look at every ladder; what it wrote waits."""
        with self.database.begin() as session:
            ladder.climb(session, self.community, self.at)

    def send_one(self, means: Means | None = None) -> bool:
        """One step of the loop."""
        return notifying.send_next(self.database, means or self.means or {}, self.keys, lambda: self.at)

    def queue(self, who: int | None, text: str = "page", **more: Any) -> int:
        """One notice that waits."""
        with self.database.begin() as session:
            made = notices.queue(
                session, kind=more.pop("kind", "gap"), means=more.pop("means", SMS), text=text, language="en",
                now=self.at, responder_id=who, **more,
            )  # fmt: skip
            return made.id

    def notice(self, notice_id: int) -> Notice:
        """The notice as it stands."""
        with self.database.begin() as session:
            return session.get_one(Notice, notice_id)

    def notices(self, kind: str | None = None) -> list[Notice]:
        """Every notice, oldest first."""
        with self.database.begin() as session:
            found = session.scalars(select(Notice).order_by(Notice.id)).all()
            return [each for each in found if kind in {None, each.kind}]

    def whys(self, escalation_id: int) -> list[tuple[str, str | None]]:
        """State and reason of each page by text."""
        with self.database.begin() as session:
            found = session.scalars(
                select(Page).where(Page.escalation_id == escalation_id, Page.means == SMS).order_by(Page.id)
            )
            return [(page.state, page.why) for page in found]


def texting(night: Night, twilio: Twilio) -> Night:
    """The night with the means "sms" on this carrier."""
    night.means = {SMS: by_sms(twilio)}
    return night
