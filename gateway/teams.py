"""Who works in the mobile teams, and which team fits; their phones are sealed and never shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, phones
from gateway.community import Community
from gateway.community_duty import Team
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import TeamMember

LONGEST_NAME = 80


@dataclass(frozen=True)
class Choice:
    """A team that may be asked, and what speaks against it: it is off, has nobody, or lacks roles or languages."""

    team: Team
    out: bool
    people: int
    lacks_roles: tuple[str, ...]
    lacks_languages: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether it can be asked now."""
        return self.out and self.people > 0


def fit(  # noqa: PLR0913 - what a team is chosen by
    community: Community,
    members: Sequence[TeamMember],
    needs: Collection[str],
    zip_code: str | None,
    roles: Collection[str],
    languages: Collection[str],
    local: datetime,
) -> list[Choice]:
    """The teams that go there for one of these needs, the best first; with no need told, all that go there.

    ``local`` is the town's own time. A role or a language is lacking when neither the team nor a member has it.
    """
    known = {need for team in community.teams for need in team.needs}
    wanted = set(needs) & known or known
    found = [_choice(team, members, roles, languages, local) for team in community.teams_for(wanted, zip_code)]
    return sorted(found, key=lambda each: (not each.ready, len(each.lacks_languages), len(each.lacks_roles)))


def _choice(
    team: Team, members: Sequence[TeamMember], roles: Collection[str], languages: Collection[str], local: datetime
) -> Choice:
    theirs = [each for each in members if each.team == team.code and each.active and each.phone_sealed]
    has_roles = {*team.roles, *(role for each in theirs for role in each.roles)}
    speak = {*team.languages, *(code for each in theirs for code in each.languages)}
    return Choice(
        team, team.is_out(local), len(theirs),
        tuple(role for role in roles if role not in has_roles),
        tuple(code for code in languages if code not in speak),
    )  # fmt: skip


def by_code(community: Community, code: str) -> Team | None:
    """A team of the town's file."""
    return next((team for team in community.teams if team.code == code), None)


def members(session: Session, team: str | None = None) -> list[TeamMember]:
    """The people of all teams, or of one, who still work there and can be reached."""
    wanted = select(TeamMember).where(TeamMember.active, TeamMember.phone_sealed.is_not(None))
    if team is not None:
        wanted = wanted.where(TeamMember.team == team)
    return list(session.scalars(wanted.order_by(TeamMember.id)))


def add(  # noqa: PLR0913 - a member is these facts
    session: Session,
    keys: Keys,
    community: Community,
    team: str,
    name: str,
    phone: str,
    now: datetime,
    *,
    roles: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
) -> TeamMember:
    """Add somebody to a team, or give back who is there by this phone.

    Raises :class:`Refused` for a team that is not in the town's file, no name, and what is no phone number.
    """
    if by_code(community, team) is None:
        raise Refused(400, "no_such_team")
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise Refused(400, "name_missing")
    number = e164(phone)
    found = session.scalar(
        select(TeamMember).where(
            TeamMember.team == team, TeamMember.phone_hash == keys.hash(number), TeamMember.active
        )
    )  # fmt: skip
    if found is None:
        found = TeamMember(
            team=team, name=name, phone_sealed=keys.seal(number), phone_hash=keys.hash(number), roles=list(roles),
            languages=list(languages), active=True, created_at=now,
        )  # fmt: skip
        session.add(found)
        session.flush()
        audit.note(session, now, "team_member_added", "team_member", found.id, team=team)
    return found


def remove(session: Session, member_id: int, now: datetime) -> None:
    """Take somebody out of their team; their number is forgotten, what they did stays on record."""
    row = session.get(TeamMember, member_id)
    if row is None or not row.active:
        raise Refused(404, "no_such_member")
    row.active, row.phone_sealed, row.phone_hash = False, None, None
    audit.note(session, now, "team_member_removed", "team_member", row.id, team=row.team)


def e164(phone: str) -> str:
    """A number as it is dialled from anywhere; one without a country is of the United States."""
    try:
        return phones.number_of(phone)
    except Refused:
        raise Refused(400, "no_phone_number") from None
