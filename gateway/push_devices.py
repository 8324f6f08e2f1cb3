"""The browsers that ring for a responder: which do, how one is taken in, and what ends it.

A browser rings until somebody says otherwise: by that button, by logging out, by ending its log-in from elsewhere, by
closing the account, or because its push service says that it is gone. A log-in that merely ran out ends nothing: who is
on call at night has not logged in for hours, and a push shows nothing of a resident.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from gateway import audit, devices, public_hosts
from gateway.errors import Refused
from gateway.models import LogIn, PushSubscription, Responder

MOST = 10  # of one person
POINT_BYTES, SECRET_BYTES = 65, 16  # RFC 8291, 3.1 and 3.2


@dataclass(frozen=True)
class Subscription:
    """What a browser hands over (W3C Push API, ``PushSubscription.toJSON``)."""

    endpoint: str
    p256dh: str
    auth: str


def living(responder_id: int) -> Select[PushSubscription]:
    """The browsers that ring for this person."""
    made_in, ended = aliased(LogIn), aliased(LogIn)
    logged_out = (
        select(ended.id)
        .join(made_in, or_(ended.id == made_in.id, ended.device_id == made_in.device_id))
        .where(
            made_in.id == PushSubscription.log_in_id,
            ended.responder_id == responder_id,
            ended.revoked_at >= PushSubscription.created_at,
        )
    )
    return (
        select(PushSubscription)
        .join(Responder, Responder.id == PushSubscription.responder_id)
        .where(PushSubscription.responder_id == responder_id, PushSubscription.ended_at.is_(None), Responder.active)
        .where(~logged_out.exists())
        .order_by(PushSubscription.created_at, PushSubscription.id)
    )


def of(session: Session, responder_id: int) -> list[PushSubscription]:
    """The browsers that ring for this person, the oldest first."""
    return list(session.scalars(living(responder_id)))


def keep(  # noqa: PLR0913 - which browser of whom, and how it was asked
    session: Session, who: Responder, log_in: LogIn, given: Subscription, now: datetime, *,
    user_agent: str = "", loopback: bool = False,
) -> PushSubscription:  # fmt: skip
    """Let a browser ring for somebody from now on; one that is known already is theirs from now on, with its new keys.

    Of more than ten the one goes that has rung for nobody the longest. Raises :class:`Refused` with 400 for an address
    that is not of a public host, or keys that are none.
    """
    public_hosts.find(given.endpoint, loopback=loopback)
    point_of(given.p256dh)
    secret_of(given.auth)
    session.get_one(Responder, who.id, with_for_update=True)  # one browser more at a time
    row = session.scalar(select(PushSubscription).where(PushSubscription.endpoint == given.endpoint).with_for_update())
    if row is None:
        row = PushSubscription(endpoint=given.endpoint, failures=0)
        session.add(row)
    row.responder_id, row.log_in_id, row.agent = who.id, log_in.id, devices.browser(user_agent)
    row.p256dh, row.auth = given.p256dh, given.auth
    row.created_at, row.ended_at, row.failures, row.last_ok_at = now, None, 0, None
    session.flush()
    _make_room(session, who.id, row.id, now)
    audit.note(session, now, "push_on", "responder", who.id, who.id)
    return row


def seen(session: Session, who: Responder, log_in: LogIn, endpoint: str) -> bool:
    """Whether this browser rings for this person; if so it is bound to the log-in of today."""
    row = session.scalar(living(who.id).where(PushSubscription.endpoint == endpoint))
    if row is not None:
        row.log_in_id = log_in.id
    return row is not None


def end(session: Session, who: Responder, subscription_id: int, now: datetime) -> None:
    """Let one of one's own browsers ring no longer. Raises :class:`Refused` with 404 for any other."""
    row = session.get(PushSubscription, subscription_id)
    if row is None or row.responder_id != who.id or row.ended_at is not None:
        raise Refused(404, "no_such_device")
    row.ended_at = now
    audit.note(session, now, "push_off", "responder", who.id, who.id)


def end_here(session: Session, who: Responder, endpoint: str, now: datetime) -> None:
    """Let this browser ring no longer; nothing happens where it rings for nobody or for somebody else."""
    for row in session.scalars(living(who.id).where(PushSubscription.endpoint == endpoint)):
        end(session, who, row.id, now)


def took(session: Session, subscription_id: int, now: datetime) -> None:
    """Its push service took a push."""
    values = {"last_ok_at": now, "failures": 0}
    session.execute(update(PushSubscription).where(PushSubscription.id == subscription_id).values(**values))


def failed(session: Session, subscription_id: int, endpoint: str, now: datetime, *, gone: bool) -> None:
    """A push did not leave; ``gone`` says that none ever will: the browser ended it, or was reset (RFC 8030, 7.3)."""
    values = {"failures": PushSubscription.failures + 1} | ({"ended_at": now} if gone else {})
    theirs = (PushSubscription.id == subscription_id, PushSubscription.endpoint == endpoint)
    session.execute(update(PushSubscription).where(*theirs, PushSubscription.ended_at.is_(None)).values(**values))


def point_of(text: str) -> bytes:
    """A browser's public key, an uncompressed point of P-256. Raises :class:`Refused` with 400 for anything else."""
    point = _bytes(text)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Refused(400, "bad_keys") from None
    if len(point) != POINT_BYTES:
        raise Refused(400, "bad_keys")
    return point


def secret_of(text: str) -> bytes:
    """A browser's secret, 16 bytes. Raises :class:`Refused` with 400 for anything else."""
    secret = _bytes(text)
    if len(secret) != SECRET_BYTES:
        raise Refused(400, "bad_keys")
    return secret


def _make_room(session: Session, responder_id: int, keep_id: int, now: datetime) -> None:
    last = func.coalesce(PushSubscription.last_ok_at, PushSubscription.created_at)
    others = living(responder_id).where(PushSubscription.id != keep_id).order_by(None).order_by(last.desc())
    for row in session.scalars(others.offset(MOST - 1)):
        row.ended_at = now


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "bad_keys") from None
