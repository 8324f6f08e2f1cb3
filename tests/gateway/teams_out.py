"""A thread, a team with people in it, and a dispatch, for the tests of mobile teams."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from gateway import dispatch_links, dispatch_presses, dispatches, teams
from gateway.dispatch_presses import Press
from gateway.models import Dispatch, DispatchEvent, DispatchLink, Notice, Responder, TeamMember
from tests.gateway.handed import Night

HOME = "https://door.example"
NOON = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)  # noon in the demo town, a Friday: both teams are out
READY: dict[str, Any] = {
    "place": "12 Oak St",
    "place_confirmed": True,
    "consent": "given",
    "checklist": {"weapon": "no"},
    "needs": ["welfare_check"],
    "team": "street",
}


@dataclass
class Outing(Night):
    """A night on which a team goes out; each verb in a transaction of its own."""

    at: datetime = NOON
    links: dict[int, str] = field(default_factory=dict)
    presses: int = 0

    def member(self, name: str = "Nia", phone: str = "+15555550161", **more: Any) -> TeamMember:
        """Somebody in the street team."""
        with self.database.begin() as session:
            return teams.add(session, self.keys, self.community, "street", name, phone, self.at, **more)

    def phone(self, who: Responder, number: str = "+15555550171") -> None:
        """Give a responder a phone that is verified."""
        with self.database.begin() as session:
            row = session.get_one(Responder, who.id)
            row.phone_sealed, row.phone_hash = self.keys.seal(number), self.keys.hash(number)
            row.phone_verified_at = self.at

    def drafted(self, who: Responder) -> Dispatch:
        """A dispatch of the thread that is open."""
        number = self.open().id
        with self.database.begin() as session:
            return dispatches.draft(session, self.community, number, who, self.later(seconds=5))

    def edit(self, who: Responder, **changes: Any) -> Dispatch:
        """Change it, on the newest page."""
        row = self.dispatch()
        with self.database.begin() as session:
            return dispatches.edit(
                session, self.community, row.id, row.version, changes, who, self.later(seconds=5), public_url=HOME
            )

    def send(self, who: Responder) -> Dispatch:
        """Ask the team."""
        row = self.dispatch()
        with self.database.begin() as session:
            return dispatches.send(session, self.community, row.id, row.version, who, self.later(seconds=5), HOME)

    def sent(self, who: Responder, **changes: Any) -> Dispatch:
        """A dispatch that the team was asked to take."""
        self.drafted(who)
        self.edit(who, **READY | changes)
        return self.send(who)

    def dispatch(self) -> Dispatch:
        """The newest dispatch as it is now."""
        with self.database.begin() as session:
            return session.scalars(select(Dispatch).order_by(Dispatch.id.desc())).first() or Dispatch()

    def press(self, verb: str, key: str = "", **more: Any) -> Dispatch:
        """What the first of the team presses on their page; each time another press, unless ``key`` says the same."""
        self.presses += 1
        row = self.dispatch()
        with self.database.begin() as session:
            links = select(DispatchLink).where(DispatchLink.dispatch_id == row.id).order_by(DispatchLink.member_id)
            link = session.scalars(links).first()
            assert link is not None
            pressed = Press(verb, key or f"press-{self.presses}", row.version, **more)
            return dispatch_presses.press(session, self.community, link, pressed, self.later(seconds=5))[0]

    def token(self) -> str:
        """A link of the first member's."""
        row = self.dispatch()
        with self.database.begin() as session:
            member = session.scalars(select(TeamMember).order_by(TeamMember.id)).first()
            assert member is not None
            return dispatch_links.make(session, session.get_one(Dispatch, row.id), member, self.at)

    def notices(self) -> list[Notice]:
        """Everything that leaves for responders and the team, oldest first."""
        with self.database.begin() as session:
            return list(session.scalars(select(Notice).order_by(Notice.id)))

    def steps(self) -> list[str]:
        """What was done, oldest first."""
        with self.database.begin() as session:
            found = session.scalars(select(DispatchEvent.detail).order_by(DispatchEvent.id))
            return [str(each["act"]) for each in found]
