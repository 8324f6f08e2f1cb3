"""Going on by text: a web visitor gives a number and proves it with a code; then one conversation goes on over both.

Locks are taken in this order: the try, the contacts by their ids, the conversations. Nothing of it stands on the road
of a message, and without the store nothing moves.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.orm import Session

from gateway import audit, checking, consents, conversations, delivery, escalations, notices, optout, phones, texts
from gateway.community import Community
from gateway.conversations import BOT, SMS, WEBCHAT
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Contact, Conversation, Notice, PhoneMove

KIND = "phone_code"
CLOSED_AS = "went_on_from_web"
LIFE = timedelta(minutes=10)
MOST_TRIES = 5
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A visitor is a token, which costs nothing: what guards a number counts over all visitors, and what guards the town's
# bill (codes to numbers that pay the sender, "SMS pumping") over all of both.
OF_VISITOR, OF_NUMBER, OF_NUMBER_A_DAY, OF_TOWN = 3, 3, 6, 60
ONE_AT_A_TIME = 720_917  # any constant; tries are counted one after another
# The plan of +1 is shared with islands whose calls and texts cost as much as those to the other end of the world.
PLACES = frozenset(("US", "CA", "PR", "VI", "GU", "AS", "MP", None))  # None: an area code that nobody has yet
MOVED, WRONG_CODE, NO_CODE = "moved", "wrong_code", "no_code"
THREAD_OPEN, OPTED_OUT = "thread_open", "opted_out"


@dataclass(frozen=True)
class Wish:
    """Which visitor wants to go on at which number, as typed; in which language and to which words they said yes."""

    visitor: str = field(repr=False)
    typed: str = field(repr=False)
    language: str
    wording: str


def begin(session: Session, keys: Keys, community: Community, wish: Wish, now: datetime) -> None:
    """Send a code to a number, where texts may go to it; an earlier code of this visitor counts no longer.

    Whether a text left is not told: that a number said STOP to us, or was asked about lately, would tell a stranger
    that its owner knows us. Raises :class:`Refused`: 400 for no number of the United States or Canada, 429 for too many
    codes.
    """
    number, visitor = number_of(wish.typed), keys.hash(wish.visitor)
    if number == community.sms_number:
        raise Refused(400, "bad_phone")
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    conversations.make_contact(session, WEBCHAT, visitor, None, now)
    contact_id = _id_of(session, WEBCHAT, visitor)
    _keep_pace(session, contact_id, now)
    _end_begun(session, contact_id, now)
    row = PhoneMove(
        contact_id=contact_id, address_hash=keys.hash(number), address_sealed=keys.seal(number), code_hash="",
        language=wish.language, wording=wish.wording, attempts=0, created_at=now, expires_at=now + LIFE,
    )  # fmt: skip
    may_be_sent = _may_be_sent(session, row.address_hash, now)
    session.add(row)
    session.flush()
    if may_be_sent:
        _send(session, keys, community, row, now)


def confirm(  # noqa: PLR0913 - what was begun, by whom, and the proof
    session: Session, keys: Keys, community: Community, visitor: str, code: str, now: datetime
) -> tuple[str, int | None]:
    """Move the visitor's conversation to the number, if this is the code that was sent there; returns what came of it,
    and which conversation moved.

    :data:`MOVED`; :data:`WRONG_CODE`; :data:`NO_CODE` where none is valid any more; :data:`THREAD_OPEN` where a thread
    with that number is open that would be lost; :data:`OPTED_OUT` where it said STOP since. A code is good once.
    """
    row = session.scalar(
        select(PhoneMove)
        .join(Contact, Contact.id == PhoneMove.contact_id)
        .where(Contact.channel == WEBCHAT, Contact.address_hash == keys.hash(visitor))
        .where(PhoneMove.used_at.is_(None), PhoneMove.expires_at > now, PhoneMove.attempts < MOST_TRIES)
        .order_by(PhoneMove.id.desc())
        .limit(1)
        .with_for_update(of=PhoneMove)
    )
    if row is None or row.address_sealed is None:
        return NO_CODE, None
    if not hmac.compare_digest(row.code_hash, _hashed(keys, row, "".join(code.split()))):
        row.attempts += 1
        return WRONG_CODE if row.attempts < MOST_TRIES else NO_CODE, None
    row.used_at = now
    return _move(session, community, row, now)


def number_of(typed: str) -> str:
    """A number of the United States or Canada as a person types it, in E.164. Raises :class:`Refused` with 400."""
    import phonenumbers  # noqa: PLC0415 - the processes that only accept texts need none

    number = phones.number_of(typed)
    found = phonenumbers.parse(number)
    if found.country_code != 1 or phonenumbers.region_code_for_number(found) not in PLACES:
        raise Refused(400, "bad_phone")
    return number


def stopped(session: Session, notice_id: int, now: datetime) -> None:
    """The carrier refused a code, because its number sent STOP: remember that."""
    move_id = session.get_one(Notice, notice_id).phone_move_id
    row = session.get(PhoneMove, move_id) if move_id is not None else None
    if row is not None and row.address_sealed is not None:
        optout.stop(session, SMS, row.address_hash, "twilio", now)


def _keep_pace(session: Session, contact_id: int, now: datetime) -> None:
    """Raises :class:`Refused` with 429 where this visitor, or everybody together, asked for too many codes."""
    lately = PhoneMove.address_sealed.is_not(None) & (PhoneMove.created_at > now - HOUR)
    for most, which in ((OF_VISITOR, PhoneMove.contact_id == contact_id), (OF_TOWN, PhoneMove.code_hash != "")):
        first = select(PhoneMove.created_at).where(lately, which).order_by(PhoneMove.created_at.desc())
        if (counted := session.scalar(first.offset(most - 1).limit(1))) is not None:
            raise Refused(429, "too_many_codes", after=int((counted + HOUR - now).total_seconds()) + 1)


def _may_be_sent(session: Session, address_hash: str, now: datetime) -> bool:
    """Whether a text may go to this number: it said no STOP, and nobody asks for one code after another."""

    def sent(within: timedelta) -> int:
        which = PhoneMove.address_hash == address_hash, PhoneMove.code_hash != "", PhoneMove.created_at > now - within
        return session.scalar(select(func.count()).where(*which)) or 0

    stopped = optout.in_force(session, SMS, address_hash)
    return not stopped and sent(HOUR) < OF_NUMBER and sent(DAY) < OF_NUMBER_A_DAY


def _send(session: Session, keys: Keys, community: Community, row: PhoneMove, now: datetime) -> None:
    code = f"{secrets.randbelow(1_000_000):06}"
    row.code_hash = _hashed(keys, row, code)
    said = texts.say("phone_code", row.language, name=community.called(row.language), code=code)
    notices.queue(
        session, kind=KIND, means="sms", text=said, language=row.language, now=now, phone_move_id=row.id, priority=1,
        give_up_after=LIFE,
    )  # fmt: skip


def _hashed(keys: Keys, row: PhoneMove, code: str) -> str:
    return keys.hash(f"phone move {row.id} {code}")


def _end_begun(session: Session, contact_id: int, now: datetime) -> None:
    """Only the newest code counts, and one that did not leave yet need not."""
    begun = PhoneMove.contact_id == contact_id, PhoneMove.used_at.is_(None), PhoneMove.expires_at > now
    ended = session.scalars(update(PhoneMove).where(*begun).values(expires_at=now).returning(PhoneMove.id)).all()
    waiting = select(Notice).where(Notice.phone_move_id.in_(ended), Notice.state == notices.QUEUED)
    for each in session.scalars(waiting.with_for_update()) if ended else ():
        notices.move(each, notices.CANCELLED, now)


def forget(session: Session, now: datetime) -> None:
    """A number that somebody typed may be nobody's who wrote to us: after a day it is on no row."""
    over = PhoneMove.address_sealed.is_not(None), PhoneMove.created_at < now - DAY
    session.execute(update(PhoneMove).where(*over).values(address_sealed=None, address_hash=""))


def _move(session: Session, community: Community, row: PhoneMove, now: datetime) -> tuple[str, int | None]:
    conversations.make_contact(session, SMS, row.address_hash, row.address_sealed, now)
    page, phone = _both_locked(session, row)
    if optout.in_force(session, SMS, phone.address_hash):
        return OPTED_OUT, None
    theirs = conversations.open_with(session, phone)
    mine = conversations.open_with(session, page) or conversations.open_new(session, page, now)
    if theirs is not None and theirs.id != mine.id:
        if not _may_end(session, theirs):
            return THREAD_OPEN, None
        conversations.close(session, theirs, CLOSED_AS, now)
        session.flush()
    conversations.join(session, mine, page, phone)
    mine.answers = {**mine.answers, "safe_to_text": "yes"}
    consents.record_on_page(session, phone, consents.BY_TEXT, row.wording, row.language, row.created_at)
    hello = texts.say("went_on_by_text", row.language, name=community.called(row.language))
    # A responder who holds the thread writes to the number from now on: this comes before them.
    conversations.say(session, mine, hello, "system", now, priority=delivery.RESPONDER, language=row.language)
    _note(session, mine, now)
    return MOVED, mine.id


def _note(session: Session, conversation: Conversation, now: datetime) -> None:
    row = escalations.of_conversation(session, conversation.id)
    if row is not None:
        audit.note(session, now, "by_text", "escalation", row.id)


def _may_end(session: Session, conversation: Conversation) -> bool:
    """Whether nothing is lost when this ends: no person holds it or was asked for, nothing waits for an answer, and
    nobody was just asked whether they are safe. A follow-up is its contact's, and goes on."""
    return (
        conversation.handler == BOT
        and conversation.pending_since is None
        and conversation.menu_open != checking.MENU
        and escalations.of_conversation(session, conversation.id) is None
    )


def _both_locked(session: Session, row: PhoneMove) -> tuple[Contact, Contact]:
    theirs: ColumnElement[bool] = Contact.id.in_((row.contact_id, _id_of(session, SMS, row.address_hash)))
    locked = session.scalars(select(Contact).where(theirs).order_by(Contact.id).with_for_update(key_share=True)).all()
    page, phone = sorted(locked, key=lambda each: each.channel == SMS)
    return page, phone


def _id_of(session: Session, channel: str, address_hash: str) -> int:
    wanted = select(Contact.id).where(Contact.channel == channel, Contact.address_hash == address_hash)
    return session.scalars(wanted).one()
