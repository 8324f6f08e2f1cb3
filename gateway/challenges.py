"""What is begun and must be ended within minutes, in few tries, once: half-open log-ins, ceremonies with passkeys.

The browser holds a random token, the table only its hash.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gateway.models import Challenge
from gateway.tokens import fingerprint

LIFE = timedelta(minutes=5)
LINGERS = timedelta(days=1)  # what failed is counted for a while
MOST_TRIES = 5
SECOND_FACTOR, REGISTER, ASSERT, TOTP, PHONE, OIDC = "second_factor", "register", "assert", "totp", "phone", "oidc"
# OWASP ASVS 5, V6.6.3: guesses at a code are counted over all log-ins, or who knows a password had no end of them.
MOST_FAILURES, WITHIN = 20, timedelta(hours=1)


def begin(  # noqa: PLR0913 - a challenge is these facts
    session: Session,
    purpose: str,
    now: datetime,
    responder_id: int | None = None,
    challenge: bytes | None = None,
    device_id: int | None = None,
) -> str:
    """Begin something; returns the token by which it can be ended within five minutes."""
    # Several may begin at once: whose turn it is to forget what is over does not matter.
    over = select(Challenge.id).where(Challenge.expires_at < now - LINGERS).with_for_update(skip_locked=True)
    session.execute(delete(Challenge).where(Challenge.id.in_(over)))
    token = secrets.token_urlsafe(32)
    session.add(
        Challenge(
            token_hash=fingerprint(token),
            responder_id=responder_id,
            device_id=device_id,
            purpose=purpose,
            challenge=challenge,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return token


def find(
    session: Session, token: str, purpose: str, now: datetime, responder_id: int | None = None
) -> Challenge | None:
    """What a token began, locked; None when it is unknown, over, used, tried too often or of somebody else."""
    row = session.scalar(
        select(Challenge)
        .where(Challenge.token_hash == fingerprint(token), Challenge.purpose == purpose)
        .where(Challenge.used_at.is_(None), Challenge.expires_at > now, Challenge.attempts < MOST_TRIES)
        .with_for_update()
    )
    if row is None or (responder_id is not None and row.responder_id != responder_id):
        return None
    return row


def failures(session: Session, responder_id: int, device_id: int | None, now: datetime) -> int:
    """How often a second factor failed within the last hour: in this known browser, or in all unknown ones."""
    return (
        session.scalar(
            select(func.coalesce(func.sum(Challenge.attempts), 0)).where(
                Challenge.responder_id == responder_id,
                Challenge.purpose == SECOND_FACTOR,
                Challenge.device_id.is_not_distinct_from(device_id),
                Challenge.created_at > now - WITHIN,
            )
        )
        or 0
    )
