"""Links by which a person joins, or sets their way in anew: for one person, once, for three days."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from gateway import audit, credentials, log_ins, outside
from gateway.errors import Refused
from gateway.models import Invitation, Responder
from gateway.tokens import fingerprint

JOIN, RESET = "join", "reset"
LIFE = timedelta(hours=72)
LONGEST_NAME = 80
LANGUAGES = ("en", "es")
ADMIN = "admin"


def invite(  # noqa: PLR0913 - an invitation is these facts
    session: Session,
    by: Responder,
    email: str,
    name: str,
    role: str,
    now: datetime,
    languages: tuple[str, ...] = LANGUAGES,
) -> str:
    """Invite somebody; returns the token of the link, once. An earlier invitation of that address ends.

    Raises :class:`Refused` for an unknown role, an address that is none or taken, a name that is none.
    """
    address, called = log_ins.plain(email), name.replace("\x00", "").strip()[:LONGEST_NAME]
    if role not in log_ins.ROLES:
        raise Refused(400, "unknown_role")
    if not log_ins.EMAIL.fullmatch(address):
        raise Refused(400, "bad_email")
    if not called:
        raise Refused(400, "no_name")
    if log_ins.by_email(session, address) is not None:
        raise Refused(409, "email_taken")
    spoken = [each for each in LANGUAGES if each in languages]
    row = Invitation(purpose=JOIN, email=address, name=called, role=role, languages=spoken, invited_by=by.id)
    return _make(session, row, by, now)


def reset(session: Session, by: Responder | None, responder_id: int, now: datetime) -> str:
    """Let somebody set their way in anew; returns the token of the link, once. Nothing ends until they use it.

    ``by`` is None for whoever runs the installation. Raises :class:`Refused` with 404 when there is no such person, or
    not any more.
    """
    who = session.get(Responder, responder_id)
    if who is None or not who.active:
        raise Refused(404, "no_such_person")
    row = Invitation(
        purpose=RESET, email=who.email, name=who.name, role=who.role, languages=who.languages,
        invited_by=(by or who).id, responder_id=who.id,
    )  # fmt: skip
    return _make(session, row, by, now)


def revoke(session: Session, by: Responder, invitation_id: int, now: datetime) -> None:
    """Make a link worthless. Raises :class:`Refused` with 404 when it is so already."""
    row = session.get(Invitation, invitation_id)
    if row is None or row.used_at is not None or row.revoked_at is not None:
        raise Refused(404, "no_such_invitation")
    row.revoked_at = now
    audit.note(session, now, "invitation_revoke", "invitation", row.id, by.id)


def revoke_of(session: Session, responder_id: int, now: datetime, by: int) -> int:
    """Make every link worthless that somebody made who is no admin any more; returns how many.

    One that whoever runs the installation made for them stays: it names themselves as who made it.
    """
    theirs = (Invitation.invited_by == responder_id, Invitation.responder_id.is_distinct_from(responder_id))
    found = update(Invitation).where(*theirs, *_open(now)).values(revoked_at=now).returning(Invitation.id)
    ended = session.scalars(found).all()
    for each in ended:
        audit.note(session, now, "invitation_revoke", "invitation", each, by)
    return len(ended)


def waiting(session: Session, now: datetime) -> list[Invitation]:
    """The links that can still be used, the newest first."""
    return list(session.scalars(select(Invitation).where(*_open(now)).order_by(Invitation.id.desc())))


def find(session: Session, token: str, now: datetime) -> Invitation | None:
    """What a link is for, locked; None when it is unknown, over, used or revoked, or made by who is no admin any more.

    Whoever runs the installation makes links in the name of the person whom they are for.
    """
    return session.scalar(
        select(Invitation)
        .join(Responder, Responder.id == Invitation.invited_by)
        .where(Invitation.token_hash == fingerprint(token), *_open(now))
        .where(or_(and_(Responder.active, Responder.role == ADMIN), Invitation.responder_id == Invitation.invited_by))
        .with_for_update(of=Invitation)
    )


def accept(session: Session, token: str, password: str, now: datetime) -> Responder:
    """Use a link up, with the password that its holder chose.

    Who joins gets an account; who sets their way in anew loses every log-in, app, passkey, code and town's log-in of
    before.
    Raises :class:`Refused`: 404 for a link that is worth nothing, 400 for an unfit password, 409 for a taken address.
    """
    row = find(session, token, now)
    if row is None:
        raise Refused(404, "no_such_invitation")
    who = _joined(session, row, password, now) if row.purpose == JOIN else _anew(session, row, password, now)
    row.used_at, row.responder_id = now, who.id
    audit.note(session, now, f"{row.purpose}_accepted", "invitation", row.id, who.id)
    return who


def _joined(session: Session, row: Invitation, password: str, now: datetime) -> Responder:
    return log_ins.create_responder(session, row.email, row.name, row.role, password, now, row.languages)


def _anew(session: Session, row: Invitation, password: str, now: datetime) -> Responder:
    who = session.get(Responder, row.responder_id)
    if who is None or not who.active:
        raise Refused(404, "no_such_invitation")
    who.password_hash = log_ins.hash_password(password)
    credentials.forget(session, who.id, now)
    outside.forget(session, who.id)
    log_ins.revoke_all(session, who.id, now, who.id, reason="reset")
    return who


def _make(session: Session, row: Invitation, by: Responder | None, now: datetime) -> str:
    earlier = (Invitation.email == row.email, *_open(now))
    session.execute(update(Invitation).where(*earlier).values(revoked_at=now))
    token = secrets.token_urlsafe(32)
    row.token_hash, row.created_at, row.expires_at = fingerprint(token), now, now + LIFE
    session.add(row)
    session.flush()
    whose = by.id if by else None
    audit.note(session, now, "invite", "invitation", row.id, whose, role=row.role, purpose=row.purpose)
    return token


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now)
