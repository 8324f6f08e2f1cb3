"""A responder's own phone: taken into use once a code that was sent there came back."""

import hmac
import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway import audit, challenges, notices, texts
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Challenge, Notice, Responder

SUPERVISING = ("supervisor", "admin")
KIND = "verify"  # the one notice that goes to a phone which is not verified yet
WORDS = {
    "en": "Front Door: your code is {code}. If you did not ask for it, tell an admin.",
    "es": "Front Door: su código es {code}. Si usted no lo pidió, avise a un administrador.",
}


def number_of(typed: str) -> str:
    """A number as a person types it, in E.164; without a country it is of the United States.

    Raises :class:`Refused` with 400 when it can be none.
    """
    import phonenumbers  # noqa: PLC0415 - the processes that only accept texts need none

    try:
        found = phonenumbers.parse(typed.replace("\x00", ""), "US")
    except phonenumbers.NumberParseException:
        raise Refused(400, "bad_phone") from None
    if not phonenumbers.is_possible_number(found):
        raise Refused(400, "bad_phone")
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def begin(session: Session, keys: Keys, responder: Responder, typed: str, now: datetime) -> str:
    """Keep a number, not in use yet, and send a code there; returns the token to confirm it with.

    A number that is in use stays so until the code of the new one came back. Raises :class:`Refused`: 400 for no
    number, 409 for one that a colleague has.
    """
    number = number_of(typed)
    _free(session, keys, responder.id, number)
    row = session.get_one(Responder, responder.id, with_for_update=True, populate_existing=True)
    _end_begun(session, row.id, now)
    if row.phone_verified_at is None:
        _put(row, keys, number)
    row.phone_next_sealed = keys.seal(number)
    session.flush()
    code = f"{secrets.randbelow(1_000_000):06}"
    text = WORDS.get(row.locale, WORDS["en"]).format(code=code)
    notices.queue(
        session, kind=KIND, means="sms", text=text, language=row.locale, now=now, responder_id=row.id, priority=0,
        give_up_after=challenges.LIFE,
    )  # fmt: skip
    audit.note(session, now, "phone_set", "responder", row.id, row.id)
    return challenges.begin(session, challenges.PHONE, now, row.id, keys.seal(f"{code} {number}"))


def confirm(  # noqa: PLR0913 - what was begun, by whom, and the proof
    session: Session, keys: Keys, responder: Responder, token: str, code: str, now: datetime
) -> bool:
    """Take the phone into use, if this is the code that was sent there, and that number is still the one meant.

    Raises :class:`Refused` with 409 when a colleague has it by now.
    """
    # The person before what they began, as there.
    person = session.get_one(Responder, responder.id, with_for_update=True, populate_existing=True)
    row = challenges.find(session, token, challenges.PHONE, now, responder.id)
    if row is None or row.challenge is None:
        return False
    sent, _, number = keys.open(row.challenge).partition(" ")
    if not hmac.compare_digest(sent.encode(), "".join(code.split()).encode("utf-8", "replace")):
        row.attempts += 1
        return False
    if person.phone_next_sealed is None or keys.open(person.phone_next_sealed) != number:
        return False
    _free(session, keys, person.id, number)
    row.used_at = now
    _put(person, keys, number)
    person.phone_verified_at = now
    audit.note(session, now, "phone_verified", "responder", person.id, person.id)
    return True


def set_verified(session: Session, keys: Keys, responder_id: int, typed: str, now: datetime) -> None:
    """Keep a number that whoever runs the installation vouches for. Raises as :func:`begin` does."""
    number = number_of(typed)
    _free(session, keys, responder_id, number)
    row = session.get_one(Responder, responder_id)
    _put(row, keys, number)
    row.phone_verified_at = now
    session.flush()
    audit.note(session, now, "phone_verified", "responder", row.id)


def remove(session: Session, responder: Responder, now: datetime) -> None:
    """Use no phone any more."""
    forget(session.get_one(Responder, responder.id))
    audit.note(session, now, "phone_remove", "responder", responder.id, responder.id)


def stop_texts(session: Session, responder_id: int, now: datetime, by: str) -> None:
    """Text this person no more: they sent STOP (``by`` is "them"), or the carrier says that they did ("carrier").

    Calls and pushes go on. Supervisors are told, in the language of each; once.
    """
    row = session.get_one(Responder, responder_id, with_for_update={"key_share": True}, populate_existing=True)
    if row.texts_stopped_at is not None:
        return
    row.texts_stopped_at = now
    audit.note(session, now, "texts_stopped", "responder", row.id, row.id if by == "them" else None, by=by)
    supervising = select(Responder).where(
        Responder.active, Responder.role.in_(SUPERVISING), Responder.id != row.id,
        Responder.phone_verified_at.is_not(None), Responder.texts_stopped_at.is_(None),
    ).order_by(Responder.id)  # fmt: skip
    for each in session.scalars(supervising):
        text = texts.say("relay_stopped_texts", each.locale, person=row.name)
        notices.queue(session, kind="texts_stopped", means="sms", text=text, language=each.locale, now=now,
                      responder_id=each.id, priority=2)  # fmt: skip


def start_texts(session: Session, responder_id: int, now: datetime) -> None:
    """Text this person again: they sent START."""
    row = session.get_one(Responder, responder_id, with_for_update={"key_share": True}, populate_existing=True)
    if row.texts_stopped_at is not None:
        row.texts_stopped_at = None
        audit.note(session, now, "texts_started", "responder", row.id, row.id)


def forget(row: Responder) -> None:
    """Take the number off a row."""
    row.phone_sealed = row.phone_hash = row.phone_next_sealed = row.phone_verified_at = row.texts_stopped_at = None


def sealed_for(responder: Responder, kind: str) -> bytes | None:
    """Where a notice of this kind goes: a code to the number that is to be proved, all else to the proved one."""
    if kind == KIND:
        return responder.phone_next_sealed
    return responder.phone_sealed if responder.phone_verified_at is not None else None


def shown(keys: Keys, responder: Responder) -> str | None:
    """The last digits of the number, enough for its owner to know it."""
    return keys.open(responder.phone_sealed)[-4:] if responder.phone_sealed is not None else None


def _free(session: Session, keys: Keys, responder_id: int, number: str) -> None:
    named = keys.hash(number)
    taken = select(Responder.id).where(Responder.phone_hash == named, Responder.active, Responder.id != responder_id)
    if session.scalar(taken) is not None:
        raise Refused(409, "phone_taken")


def _put(row: Responder, keys: Keys, number: str) -> None:
    row.phone_sealed, row.phone_hash = keys.seal(number), keys.hash(number)
    row.phone_next_sealed = row.phone_verified_at = row.texts_stopped_at = None


def _end_begun(session: Session, responder_id: int, now: datetime) -> None:
    """Only the last code counts: the number of an earlier one is opened when it is sent, and is another by then."""
    begun = (Challenge.responder_id == responder_id, Challenge.purpose == challenges.PHONE, Challenge.used_at.is_(None))
    session.execute(update(Challenge).where(*begun).values(used_at=now))
    waiting = select(Notice).where(
        Notice.responder_id == responder_id, Notice.kind == KIND, Notice.state == notices.QUEUED
    )
    for each in session.scalars(waiting.with_for_update()):
        notices.move(each, notices.CANCELLED, now)
