"""People on call with phones, and a carrier that does with each notice what a test says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from gateway import escalations, ladder, notices
from gateway.community import Community, load
from gateway.conversations import SMS, Inbound, thread
from gateway.db import Database
from gateway.keys import Keys
from gateway.models import Break, Contact, Escalation, Message, Notice, Page, PushSubscription, Responder, Shift
from gateway.risk import Level

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUIET, WRONG, STUCK = "delivered", "wrong_number", "stuck"


@dataclass
class Duty:
    """A night on call; every step is a transaction of its own, at a time that the test moves."""

    database: Database
    keys: Keys
    community: Community = field(default_factory=load)
    at: datetime = NOW
    fates: dict[int, str] = field(default_factory=dict)
    climbs: int = 0

    def person(self, name: str, *, role: str = "responder", phone: bool = True, push: bool = False, **more: Any) -> int:
        """Somebody with a verified phone, and with a browser that takes pushes if ``push``."""
        with self.database.begin() as session:
            row = Responder(
                email=f"{name.lower()}@demo.example", name=name, role=role, password_hash="-", created_at=self.at,
                languages=more.pop("languages", ["en"]), phone_sealed=b"sealed" if phone else None,
                phone_hash=name if phone else None, phone_verified_at=self.at if phone else None, **more,
            )  # fmt: skip
            session.add(row)
            session.flush()
            if push:
                session.add(PushSubscription(responder_id=row.id, endpoint=name, p256dh="k", auth="a",
                                             created_at=self.at, failures=0))  # fmt: skip
            return row.id

    def shift(self, who: int, start: float = -1, end: float = 12) -> int:
        """On call from so many hours from now until so many."""
        with self.database.begin() as session:
            row = Shift(responder_id=who, starts_at=self.at + start * HOUR, ends_at=self.at + end * HOUR)
            session.add(row)
            session.flush()
            return row.id

    def on_shift(self, name: str, **more: Any) -> int:
        """Somebody who is on call now."""
        who = self.person(name, **more)
        self.shift(who)
        return who

    def rest(self, who: int, minutes: float = 15) -> None:
        """Let somebody take a break now."""
        with self.database.begin() as session:
            session.add(Break(responder_id=who, kind="own", state="taken", offered_at=self.at, starts_at=self.at,
                              ends_at=self.at + timedelta(minutes=minutes)))  # fmt: skip

    def open(self, level: Level = Level.EMERGENCY, number: str = "+15555550119") -> int:
        """A resident needs a person, or needs one more urgently."""
        with self.database.begin() as session:
            conversation = thread(session, self.keys, Inbound(SMS, number, "x", "y"), self.at)
            return escalations.open_(session, conversation, "risk", level, self.at).id

    def row(self, escalation_id: int) -> Escalation:
        """The escalation as it stands."""
        with self.database.begin() as session:
            return session.get_one(Escalation, escalation_id)

    def climb(self) -> list[int]:
        """One look at every ladder, and then the carrier's."""
        with self.database.begin() as session:
            changed = ladder.climb(session, self.community, self.at)
        self.climbs += 1
        self.carry()
        return changed

    def carry(self) -> None:
        """Send what is queued: to each person as the test said, delivered when it said nothing."""
        with self.database.begin() as session:
            waiting = select(Notice).where(Notice.state == notices.QUEUED).with_for_update().order_by(Notice.id)
            for notice in session.scalars(waiting).all():
                assert notice.responder_id is not None
                fate = self.fates.get(notice.responder_id, QUIET)
                if fate == STUCK:
                    continue
                assert notices.move(notice, notices.SENDING, self.at)
                if fate == QUIET:
                    assert notices.move(notice, notices.SENT, self.at)
                    ladder.settled(session, notice, "sent", self.at)
                    assert notices.move(notice, notices.DELIVERED, self.at)
                    ladder.settled(session, notice, "delivered", self.at)
                else:
                    assert notices.move(notice, notices.FAILED, self.at)
                    ladder.settled(session, notice, fate, self.at)

    def run(self, seconds: float) -> None:
        """Let so much time pass: one look at each moment at which something is due, and a second after a failure."""
        end = self.at + timedelta(seconds=seconds)
        while True:
            self.climb()
            with self.database.begin() as session:
                soon = session.scalar(
                    select(func.min(Escalation.next_page_at)).where(Escalation.status == escalations.WAITING)
                )
                failed = session.scalar(
                    select(Page.id).where(Page.state == "failed", Page.times_out_at.is_not(None)).limit(1)
                )
            step = self.at + timedelta(seconds=1) if failed else soon
            if step is None or step > end:
                self.at = end
                return
            self.at = max(step, self.at)

    def pages(self, escalation_id: int) -> list[tuple[int, str, str, str]]:
        """Seconds since the ladder began, means, whom and what became of it, of every page."""
        with self.database.begin() as session:
            row = session.get_one(Escalation, escalation_id)
            since = row.ladder_since
            assert since is not None
            found = session.execute(
                select(Page, Responder.name)
                .join(Responder, Responder.id == Page.responder_id)
                .where(Page.escalation_id == escalation_id, Page.sent_at >= since)
                .order_by(Page.id)
            ).all()
            return [(round((page.sent_at - since).total_seconds()), page.means, name, page.state)
                    for page, name in found]  # fmt: skip

    def said(self) -> list[str]:
        """What residents were told."""
        with self.database.begin() as session:
            told = select(Message.text).where(Message.direction == "out").order_by(Message.id)
            return list(session.scalars(told))

    def contact(self) -> Contact:
        """The resident."""
        with self.database.begin() as session:
            return session.scalars(select(Contact)).one()
