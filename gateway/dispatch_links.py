"""The link by which one team member works on one dispatch without an account: random, short-lived, kept as a hash."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.models import Dispatch, DispatchLink, TeamMember
from gateway.tokens import fingerprint

LASTS = timedelta(hours=12)
BYTES = 16  # 128 bits
LONGEST = 64  # characters of what is looked up


def make(session: Session, dispatch: Dispatch, member: TeamMember, now: datetime) -> str:
    """A new link of this member's, good for 12 hours; the earlier ones of theirs go on working."""
    token = secrets.token_urlsafe(BYTES)
    session.add(
        DispatchLink(
            dispatch_id=dispatch.id, member_id=member.id, token_hash=fingerprint(token), created_at=now,
            expires_at=now + LASTS,
        )
    )  # fmt: skip
    return token


def opened(session: Session, token: str, now: datetime) -> DispatchLink | None:
    """What a token opens; None alike for one that is made up, too old, revoked, or of somebody who left the team."""
    if len(token) > LONGEST:
        return None
    return session.scalar(
        select(DispatchLink)
        .join(TeamMember, TeamMember.id == DispatchLink.member_id)
        .where(
            DispatchLink.token_hash == fingerprint(token),
            DispatchLink.expires_at > now,
            DispatchLink.revoked_at.is_(None),
            TeamMember.active,
        )
    )


def holds(session: Session, link: DispatchLink, now: datetime) -> bool:
    """Whether a link that was opened still opens its dispatch, read afresh: behind the locks, not before them."""
    session.refresh(link)
    member = session.get_one(TeamMember, link.member_id, populate_existing=True)
    return link.revoked_at is None and link.expires_at > now and member.active


def revoke(session: Session, dispatch_id: int, now: datetime) -> None:
    """End every link of a dispatch that is over."""
    session.execute(
        update(DispatchLink)
        .where(DispatchLink.dispatch_id == dispatch_id, DispatchLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
