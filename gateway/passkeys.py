"""Passkeys (W3C WebAuthn 3): made at the account page, used in place of the password, the second step, or both.

Each asks for the person (a finger, a face, a PIN) and not only for the device, so that one of them is two factors.
"""

import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, challenges, credentials
from gateway.errors import Refused
from gateway.models import Passkey, Responder

NAME = "Front Door"
LONGEST_NAME = 60
MOST = 10  # of one person
BYTES = 32
PATIENCE_MS = 120_000
TRANSPORTS = {"usb", "nfc", "ble", "smart-card", "hybrid", "cable", "internal"}


@dataclass(frozen=True)
class Site:
    """Whom a passkey is for: the host's name, and the very origin of the page."""

    host: str
    origin: str


def site_of(public_url: str) -> Site | None:
    """The site of this installation; None where its address has no name, for which no passkey can be made."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # WebAuthn wants a secure context: https, or this very machine.
        safe = parts.scheme == "https" or host == "localhost"
        return Site(host, f"{parts.scheme}://{parts.netloc}") if host and safe else None
    return None


def of(session: Session, responder_id: int) -> list[Passkey]:
    """The passkeys of a person that were not removed, the oldest first."""
    mine = (Passkey.responder_id == responder_id, Passkey.removed_at.is_(None))
    return list(session.scalars(select(Passkey).where(*mine).order_by(Passkey.id)))


def register_options(session: Session, site: Site, responder: Responder, now: datetime) -> dict[str, Any]:
    """What the browser needs to make one: ``token`` and ``options``. Raises :class:`Refused` for one too many."""
    from webauthn import generate_registration_options  # noqa: PLC0415 - takes most of a second to load
    from webauthn.helpers.structs import (  # noqa: PLC0415
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = of(session, responder.id)
    if len(known) >= MOST:
        raise Refused(409, "too_many_passkeys")
    challenge = secrets.token_bytes(BYTES)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=NAME,
        user_id=f"responder-{responder.id}".encode(),
        user_name=responder.email,
        user_display_name=responder.name,
        challenge=challenge,
        timeout=PATIENCE_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[_descriptor(each) for each in known],
    )
    return _begun(session, challenges.REGISTER, now, responder.id, challenge, options)


def register(  # noqa: PLR0913 - which ceremony, whose, its outcome
    session: Session, site: Site, responder: Responder, token: str, answer: Any, name: str, now: datetime
) -> Passkey:
    """Keep a new passkey. Raises :class:`Refused` with 400 for an answer that is not right, from elsewhere or late."""
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    row = challenges.find(session, token, challenges.REGISTER, now, responder.id)
    if row is None or row.challenge is None:
        raise Refused(400, "passkey_refused")
    try:
        found = verify_registration_response(
            credential=_plain(answer),
            expected_challenge=row.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise Refused(400, "passkey_refused") from None
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == found.credential_id)) is not None:
        raise Refused(409, "passkey_known")
    row.used_at = now
    made = Passkey(
        responder_id=responder.id,
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=_transports(answer),
        name=name.replace("\x00", "").strip()[:LONGEST_NAME] or "Passkey",
        backed_up=found.credential_backed_up,
        created_at=now,
    )
    session.add(made)
    session.flush()
    audit.note(session, now, "passkey_add", "passkey", made.id, responder.id)
    return made


def remove(session: Session, responder: Responder, passkey_id: int, now: datetime, *, required: bool) -> None:
    """Use one no more. Raises :class:`Refused`: 404 when it is none of theirs, 409 for the last factor if required."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.responder_id != responder.id or row.removed_at is not None:
        raise Refused(404, "no_such_passkey")
    has = credentials.factors(session, responder.id)
    if required and not has.totp and has.passkeys == 1:
        raise Refused(409, "last_factor")
    row.removed_at = now
    audit.note(session, now, "passkey_remove", "passkey", row.id, responder.id)


def assert_options(session: Session, site: Site, responder_id: int | None, now: datetime) -> dict[str, Any]:
    """What the browser needs to show one: of this person, or of whoever has one for this site."""
    from webauthn import generate_authentication_options  # noqa: PLC0415
    from webauthn.helpers.structs import UserVerificationRequirement  # noqa: PLC0415

    challenge = secrets.token_bytes(BYTES)
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=PATIENCE_MS,
        allow_credentials=[_descriptor(each) for each in of(session, responder_id)] if responder_id else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _begun(session, challenges.ASSERT, now, responder_id, challenge, options)


def prove(session: Session, site: Site, token: str, answer: Any, now: datetime) -> Responder | None:
    """Who showed a passkey; None, written down, when it is unknown, removed, a copy, from elsewhere or late."""
    from webauthn import verify_authentication_response  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    row, key = challenges.find(session, token, challenges.ASSERT, now), _named(session, answer)
    owner = session.get(Responder, key.responder_id) if key is not None else None
    if row is None or row.challenge is None or key is None or owner is None or not owner.active:
        return None
    row.used_at = now
    if row.responder_id not in {None, owner.id}:
        return None
    try:
        found = verify_authentication_response(
            credential=_plain(answer),
            expected_challenge=row.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        audit.note(session, now, "passkey_refused", "passkey", key.id, owner.id)
        return None
    key.sign_count, key.last_used_at, key.backed_up = found.new_sign_count, now, found.credential_backed_up
    return owner


def _named(session: Session, answer: Any) -> Passkey | None:
    """The passkey that the answer says it is, locked, so that its count rises once for each use."""
    from webauthn.helpers import base64url_to_bytes  # noqa: PLC0415

    try:
        named = base64url_to_bytes(answer["rawId"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    wanted = (Passkey.credential_id == named, Passkey.removed_at.is_(None))
    return session.scalar(select(Passkey).where(*wanted).with_for_update())


def _begun(  # noqa: PLR0913 - a ceremony is these facts
    session: Session, purpose: str, now: datetime, responder_id: int | None, challenge: bytes, options: Any
) -> dict[str, Any]:
    from webauthn import options_to_json  # noqa: PLC0415

    token = challenges.begin(session, purpose, now, responder_id, challenge)
    return {"token": token, "options": json.loads(options_to_json(options))}


def _descriptor(key: Passkey) -> Any:
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor  # noqa: PLC0415

    ways = [AuthenticatorTransport(each) for each in key.transports]
    return PublicKeyCredentialDescriptor(id=key.credential_id, transports=ways or None)


def _transports(answer: Any) -> list[str]:
    said = answer.get("response", {}).get("transports") or []
    return sorted({each for each in said if each in TRANSPORTS}) if isinstance(said, list) else []


def _plain(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("not an answer of a browser")
    return answer
