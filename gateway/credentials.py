"""What proves who a responder is beside the password: an authenticator app, and codes on paper for when it is lost."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from gateway import audit, challenges
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Passkey, RecoveryCode, Responder, TotpSecret
from gateway.tokens import fingerprint

if TYPE_CHECKING:
    from pyotp import TOTP

STEP = 30  # seconds, RFC 6238
DIGITS = 6
AROUND = (0, -1, 1)  # a clock may be off by one step either way (RFC 6238, 5.2)
ISSUER = "Front Door"
CODES = 10
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # base32: five bits each
CODE_LENGTH = 16  # 80 bits: too many to guess, so that a plain hash of it is enough


@dataclass(frozen=True)
class Factors:
    """What a responder has beside the password; ``codes`` are the recovery codes that were not used yet."""

    totp: bool
    passkeys: int
    codes: int

    @property
    def any(self) -> bool:
        """Whether a log-in needs a second step; a code on paper alone is for the loss of one, and is none."""
        return self.totp or self.passkeys > 0


def factors(session: Session, responder_id: int) -> Factors:
    """What this responder has."""
    confirmed = select(TotpSecret.id).where(
        TotpSecret.responder_id == responder_id, TotpSecret.confirmed_at.is_not(None)
    )
    keys = select(func.count()).where(Passkey.responder_id == responder_id, Passkey.removed_at.is_(None))
    codes = select(func.count()).where(RecoveryCode.responder_id == responder_id, RecoveryCode.used_at.is_(None))
    return Factors(session.scalar(confirmed) is not None, session.scalar(keys) or 0, session.scalar(codes) or 0)


def totp_begin(session: Session, keys: Keys, responder: Responder, now: datetime) -> tuple[str, str]:
    """Make a secret for an authenticator app; returns the token to confirm it with, and the secret.

    Nothing changes until :func:`totp_confirm`: an app that is in use goes on to work.
    """
    from pyotp import random_base32  # noqa: PLC0415

    secret = random_base32()
    token = challenges.begin(session, challenges.TOTP, now, responder.id, keys.seal(secret))
    return token, secret


def totp_uri(secret: str, responder: Responder) -> str:
    """What a QR code tells an authenticator app."""
    return _totp(secret).provisioning_uri(name=responder.email, issuer_name=ISSUER)


def totp_pending(session: Session, keys: Keys, responder: Responder, token: str, now: datetime) -> str | None:
    """The secret that waits to be confirmed, for a page that is drawn again; None when the time is over."""
    row = challenges.find(session, token, challenges.TOTP, now, responder.id)
    return keys.open(row.challenge) if row is not None and row.challenge is not None else None


def totp_confirm(  # noqa: PLR0913 - what was begun, by whom, and the proof
    session: Session, keys: Keys, responder: Responder, token: str, code: str, now: datetime
) -> bool:
    """Take the app into use, in place of the one before, if it shows the right code."""
    row = challenges.find(session, token, challenges.TOTP, now, responder.id)
    if row is None or row.challenge is None:
        return False
    step = _step_of(keys.open(row.challenge), code, now)
    if step is None:
        row.attempts += 1
        return False
    row.used_at = now
    session.execute(delete(TotpSecret).where(TotpSecret.responder_id == responder.id))
    session.add(
        TotpSecret(responder_id=responder.id, sealed=row.challenge, last_step=step, created_at=now, confirmed_at=now)
    )
    session.flush()
    audit.note(session, now, "totp_confirm", "responder", responder.id, responder.id)
    return True


def totp_check(session: Session, keys: Keys, responder_id: int, code: str, now: datetime) -> bool:
    """Whether the app of this responder shows this code now; each code counts once (RFC 6238, 5.2)."""
    row = session.scalar(
        select(TotpSecret).where(TotpSecret.responder_id == responder_id, TotpSecret.confirmed_at.is_not(None))
    )
    step = _step_of(keys.open(row.sealed), code, now) if row is not None else None
    if row is None or step is None:
        return False
    newer = or_(TotpSecret.last_step.is_(None), TotpSecret.last_step < step)
    taken = update(TotpSecret).where(TotpSecret.id == row.id, newer).values(last_step=step).returning(TotpSecret.id)
    return session.scalar(taken) is not None


def totp_remove(session: Session, responder: Responder, now: datetime, *, required: bool) -> None:
    """Use the app no more. Raises :class:`Refused` where that would leave a password alone and more is required."""
    has = factors(session, responder.id)
    if required and not has.passkeys:
        raise Refused(409, "last_factor")
    session.execute(delete(TotpSecret).where(TotpSecret.responder_id == responder.id))
    audit.note(session, now, "totp_remove", "responder", responder.id, responder.id)


def recovery_make(session: Session, responder: Responder, now: datetime) -> list[str]:
    """Ten new codes, to be shown once; those of before are worth nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.responder_id == responder.id))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    for code in codes:
        session.add(RecoveryCode(responder_id=responder.id, code_hash=fingerprint(code), created_at=now))
    audit.note(session, now, "recovery_make", "responder", responder.id, responder.id)
    return ["-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes]


def recovery_use(session: Session, responder_id: int, code: str, now: datetime) -> bool:
    """Use a code up; false when it is none of theirs or was used."""
    typed = "".join(letter for letter in code.casefold() if letter in LETTERS)
    if len(typed) != CODE_LENGTH:
        return False
    used = session.scalar(
        update(RecoveryCode)
        .where(RecoveryCode.responder_id == responder_id, RecoveryCode.code_hash == fingerprint(typed))
        .where(RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    if used is not None:
        audit.note(session, now, "recovery_use", "responder", responder_id, responder_id)
    return used is not None


def forget(session: Session, responder_id: int, now: datetime) -> None:
    """Remove every factor of a person whose way in is set anew."""
    session.execute(delete(TotpSecret).where(TotpSecret.responder_id == responder_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.responder_id == responder_id))
    kept = (Passkey.responder_id == responder_id, Passkey.removed_at.is_(None))
    session.execute(update(Passkey).where(*kept).values(removed_at=now))


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step that the code belongs to; None when it is no code of these 90 seconds."""
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdecimal()):
        return None
    here, app = int(now.timestamp()) // STEP, _totp(secret)
    return next((here + by for by in AROUND if hmac.compare_digest(app.generate_otp(here + by), typed)), None)


def _totp(secret: str) -> "TOTP":
    from pyotp import TOTP  # noqa: PLC0415 - the processes that only accept texts need none

    return TOTP(secret, digits=DIGITS, interval=STEP)
