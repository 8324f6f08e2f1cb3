"""The thread with one contact: find or open it, say something in it, hand it over and back, close it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.orm import Session, aliased, lazyload, object_session
from sqlalchemy.orm.attributes import set_committed_value

from gateway import delivery, offers
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.language import Memory
from gateway.models import Contact, Conversation, Message

BOT, RESPONDER = "bot", "responder"
SMS, WEBCHAT = "sms", "webchat"
SPLIT_WITHIN = timedelta(minutes=30)  # people split one sentence over two or three texts
SPLIT_TEXTS = 2


@dataclass(frozen=True)
class Inbound:
    """One message as a channel hands it in; the same for SMS and web chat.

    ``address`` is an E.164 number, or what stands for a web visitor; ``provider_id`` is unique for the message
    (Twilio's MessageSid). ``media`` are references to what came beside the words (:mod:`gateway.media`). ``said`` is
    what was already answered when the message had to wait in the journal, ``level`` and ``not_screened`` what
    screening made of it then.
    """

    channel: str
    address: str = field(repr=False)
    provider_id: str
    text: str = field(repr=False)
    media: tuple[dict[str, Any] | str, ...] = ()
    received_at: datetime | None = None
    said: tuple[str, ...] | None = None
    facts: dict[str, str] = field(default_factory=dict)
    level: str | None = None
    not_screened: str | None = None


def with_contact(contact_id: Any) -> ColumnElement[bool]:
    """Whether a conversation is with this contact, by either of its ways."""
    return or_(Conversation.contact_id == contact_id, Conversation.other_contact_id == contact_id)


# Built once: they are asked for with every text, and take longer to put together than to answer.
# Their contact is in hand already wherever an open conversation is looked for.
_OPEN = (
    select(Conversation)
    .where(with_contact(bindparam("contact_id")), Conversation.closed_at.is_(None))
    .with_for_update(key_share=True, of=Conversation)
    .options(lazyload(Conversation.contact))
)
_CONTACT = (
    select(Contact)
    .where(Contact.channel == bindparam("channel"), Contact.address_hash == bindparam("address_hash"))
    .with_for_update(key_share=True)
)


def thread(session: Session, keys: Keys, inbound: Inbound, now: datetime) -> Conversation:
    """The open conversation with this contact, opened when there is none; its contact and its row are locked.

    All writers of one contact take turns from here on, so the order of message ids is the order of acceptance.

    Locks are taken in one order everywhere: contact, conversation, escalation, delivery. Whoever needs an earlier one
    must take it before the later ones, or two writers wait for each other.
    """
    return of_contact(session, lock_contact(session, keys, inbound, now), now)


def of_contact(session: Session, contact: Contact, now: datetime) -> Conversation:
    """The open conversation of a contact that is locked already, turned to it; opened when there is none."""
    found = open_with(session, contact)
    if found is None:
        return open_new(session, contact, now)
    turn_to(found, contact)
    return found


def open_with(session: Session, contact: Contact) -> Conversation | None:
    """The open conversation of a contact that is locked already, locked too; it stays turned as it was."""
    return session.scalar(_OPEN, {"contact_id": contact.id})


def turn_to(conversation: Conversation, contact: Contact) -> None:
    """Of the ways to this person, the one to answer on from now on: they are there. It is one of the conversation's."""
    session = object_session(conversation)
    if conversation.contact_id != contact.id and session is not None:
        conversation.contact_id, conversation.other_contact_id = contact.id, conversation.contact_id
        conversation.channel = contact.channel
        session.expire(conversation, ["other_contact"])
    set_committed_value(conversation, "contact", contact)


def join(session: Session, conversation: Conversation, page: Contact, phone: Contact) -> None:
    """Let a conversation go on over a web page and a number: there from now on. All three are locked.

    No other conversation that is open may be with the number.
    """
    conversation.contact_id, conversation.other_contact_id = phone.id, page.id
    conversation.channel = phone.channel
    session.flush()
    session.expire(conversation, ["contact", "other_contact"])


def turn_to_page(conversation: Conversation) -> None:
    """Where there is a web page beside the texts, answer there: no text may go to the number any longer."""
    if conversation.channel == SMS and conversation.other_contact is not None:
        turn_to(conversation, conversation.other_contact)


def phone_contact(conversation: Conversation) -> Contact:
    """The contact that texts go to and that could be called: the one with a number, where there are two."""
    if conversation.channel == SMS or conversation.other_contact is None:
        return conversation.contact
    return conversation.other_contact


def lock(session: Session, conversation_id: int) -> Conversation:
    """Read one conversation afresh and keep every other writer out until this transaction ends.

    The second lock of four (see :func:`thread`): a transaction that will also write the contact locks that one first.
    """
    found = session.scalar(
        select(Conversation)
        .where(Conversation.id == conversation_id)
        .with_for_update(key_share=True, of=Conversation)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise Refused(404, "no_such_conversation")
    return found


def lock_both(session: Session, conversation_id: int) -> Conversation:
    """As :func:`lock`, its contacts before it: for who writes what is known of a contact, such as an opt-out."""
    both = func.unnest(array([Conversation.contact_id, Conversation.other_contact_id]))
    theirs = select(both).where(Conversation.id == conversation_id)
    session.execute(
        select(Contact.id).where(Contact.id.in_(theirs)).order_by(Contact.id).with_for_update(key_share=True)
    )
    return lock(session, conversation_id)


def safe_to_text(conversation: Conversation) -> bool:
    """False where the resident said that a text to this number may be read by somebody else."""
    return bool(conversation.answers.get("safe_to_text") != "no")


def may_be_told(conversation: Conversation) -> bool:
    """Whether something that nobody asked for may be said by itself: who said that a text to this number may be read by
    somebody else is only answered. A web chat has no text that could arrive while it is shut."""
    return conversation.channel != SMS or safe_to_text(conversation)


def say(  # noqa: PLR0913 - what is said, by whom, and on which road it goes
    session: Session,
    conversation: Conversation,
    text: str,
    author: str,
    now: datetime,
    *,
    priority: int = delivery.BOT,
    language: str | None = None,
    responder_id: int | None = None,
    answers: int | None = None,
    ordinal: int | None = None,
    in_webhook: bool = False,
    confirms_stop: bool = False,
) -> Message:
    """Store something said to the resident, and what is to be done so that it arrives.

    ``answers`` and ``ordinal`` make it unrepeatable: the same place in the answer to the same message is one row.
    """
    message = Message(
        conversation_id=conversation.id,
        direction="out",
        author=author,
        responder_id=responder_id,
        text=str(text),  # a question is text and more
        language=language or conversation.language,
        answers_id=answers,
        ordinal=ordinal,
        in_webhook=in_webhook,
        created_at=now,
        offers=_offers(conversation, text),
    )
    session.add(message)
    session.flush()
    # A web visitor reads the rows themselves; only a text has a road of its own that can fail.
    if conversation.channel == SMS:
        delivery.queue(session, message, priority, now, in_webhook=in_webhook, confirms_stop=confirms_stop)
    return message


def say_all(  # noqa: PLR0913 - what is said, by whom, and on which road it goes
    session: Session,
    conversation: Conversation,
    said: Sequence[str],
    author: str,
    now: datetime,
    *,
    priority: int,
    answers: int,
    lowest: int = 0,
    in_webhook: int = 0,
    confirms_stop: bool = False,
) -> None:
    """Store all that is said in answer to one message, in its order; as :func:`say`, but written at once.

    What else the session has to write is left for the end, and so is written once. The first has place ``lowest`` in
    the answer, and so many of them ride in the webhook's own.
    """
    statement = _SAID_TO_BE_SENT if conversation.channel == SMS else _SAID
    common = {
        "conversation_id": conversation.id, "author": author, "language": conversation.language,
        "answers_id": answers, "now": now,
    }  # fmt: skip
    for place, words in enumerate(said):
        rides, road = place < in_webhook, {}
        if conversation.channel == SMS:
            road = delivery.road(words, priority, in_webhook=rides, confirms_stop=confirms_stop)
        told = {
            "text": str(words), "ordinal": lowest + place, "in_webhook": rides, "offers": _offers(conversation, words),
        }  # fmt: skip
        session.connection().execute(statement, common | road | told)


def _offers(conversation: Conversation, text: str) -> list[offers.Offer] | None:
    """Only a page has buttons: a text by SMS names its answers in words."""
    return offers.of(text) if conversation.channel == WEBCHAT else None


_SAID = (
    insert(cast(Table, Message.__table__))
    .values(
        conversation_id=bindparam("conversation_id"), direction="out", author=bindparam("author"),
        text=bindparam("text"), language=bindparam("language"), answers_id=bindparam("answers_id"),
        ordinal=bindparam("ordinal"), in_webhook=bindparam("in_webhook"), created_at=bindparam("now"), attempts=0,
        offers=bindparam("offers"),
    )
    .inline()
)  # fmt: skip
_SAID_TO_BE_SENT = delivery.queueing(
    _SAID.returning(Message.__table__.c.id, Message.__table__.c.conversation_id).cte("said")
)


def _waits_after() -> Select[int]:
    later = aliased(Message)
    return select(later.id).where(
        later.conversation_id == Message.conversation_id,
        later.direction == literal_column("'in'"),  # as in the index, or a prepared statement could not use it
        later.handled_at.is_(None),
        later.id > Message.id,
    )


WAITS_AFTER = _waits_after()  # what came after a message and waits to be answered, for use inside a question about it


def keep_language(conversation: Conversation, memory: Memory) -> None:
    """Remember which language is answered in, with the conversation and for the contact's next one.

    Writes the contact, so its row must be locked; see :func:`thread`.
    """
    memory = memory.after(Memory.from_dict(conversation.language_memory))
    conversation.language, conversation.language_memory = memory.lang, memory.to_dict()
    conversation.contact.language_memory = memory.for_next().to_dict()


def hand_over(session: Session, conversation: Conversation, now: datetime) -> None:
    """Give the conversation to a responder; what the bot was about to say is void from this commit on."""
    conversation.handler = RESPONDER
    conversation.epoch += 1
    _put_down(session, conversation, now, RESPONDER)


def hand_back(session: Session, conversation: Conversation, now: datetime) -> None:
    """Give the conversation back to the bot, which starts afresh but keeps what the resident already answered."""
    conversation.handler = BOT
    conversation.epoch += 1
    conversation.menu_open = None


def close(session: Session, conversation: Conversation, reason: str, now: datetime) -> None:
    """End the conversation; the contact's next message opens a new one."""
    _put_down(session, conversation, now, "closed")
    conversation.closed_at = now
    conversation.close_reason = reason


def _put_down(session: Session, conversation: Conversation, now: datetime, by: str) -> None:
    """Nothing of this conversation waits for the bot any longer."""
    session.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.direction == "in", Message.handled_at.is_(None))
        .values(handled_at=now, handled_by=by)
    )
    conversation.pending_since = None


def lock_contact(session: Session, keys: Keys, inbound: Inbound, now: datetime) -> Contact:
    """The contact that a message comes from, made when it is new, and locked until this transaction ends."""
    address_hash = keys.hash(inbound.address)
    wanted = {"channel": inbound.channel, "address_hash": address_hash}
    found = session.scalar(_CONTACT, wanted)
    if found is None:
        sealed = keys.seal(inbound.address) if inbound.channel == SMS else None
        make_contact(session, inbound.channel, address_hash, sealed, now)
        found = session.scalars(_CONTACT, wanted).one()
    return found


def make_contact(session: Session, channel: str, address_hash: str, sealed: bytes | None, now: datetime) -> None:
    """Write a contact down, unless there is one with this address."""
    session.execute(
        insert(Contact)
        .values(channel=channel, address_hash=address_hash, address_sealed=sealed, created_at=now)
        .on_conflict_do_nothing()
    )


def open_new(session: Session, contact: Contact, now: datetime) -> Conversation:
    """Open a conversation with a contact that is locked and has none that is open."""
    memory = contact.language_memory
    made = Conversation(
        public_id=uuid4(),
        contact_id=contact.id,
        contact=contact,
        channel=contact.channel,
        handler=BOT,
        epoch=0,
        opened_at=now,
        language=(memory or {}).get("lang"),
        language_memory=memory,
        answers={},
        lease_epoch=0,
    )
    session.add(made)
    session.flush()
    return made
