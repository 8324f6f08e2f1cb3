"""The relay: responders work a thread from any phone, by text. Their texts are heard here instead of as a resident's.

Heard is a number that is a colleague's verified phone, while they are on shift or own a thread; who is off shift and
was paged may claim what they were paged about. Everybody else, and a colleague off shift, is a resident and is screened
as one; only a claim off shift is refused in words. It happens in the transaction that takes the text in, once for each
of the provider's ids, and the answer rides in the webhook's own.
"""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from gateway import audit, notices, optout, phones, relay_acts, relay_words, texts
from gateway.community import Community
from gateway.conversations import SMS, Inbound
from gateway.escalations import CLAIMED, RESOLVED
from gateway.keys import Keys
from gateway.known import colleague_at
from gateway.models import Escalation, Message, Page, RelayText, Responder, Shift
from gateway.paging import CONSOLE, NOT_WORKED
from gateway.receiving import Receipt
from gateway.relay_acts import Heard, Told
from gateway.relay_words import START, STOP, Said
from gateway.risk import Level

ONE_AT_A_TIME = 720_915  # any constant; the second number of the lock is the responder
ANSWER = "answer"


def hear(session: Session, keys: Keys, community: Community, inbound: Inbound, now: datetime) -> Receipt | None:
    """Take in a text of a responder who is heard; None when it is for the residents' road."""
    if inbound.channel != SMS:
        return None
    responder = _of_number(session, keys.hash(inbound.address))
    if responder is None:
        return None
    session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME, responder.id)))  # one of their texts after another
    kept = session.scalar(select(RelayText).where(RelayText.provider_id == inbound.provider_id))
    if kept is not None:
        return Receipt(None, [kept.answer] if kept.answer else [], Level.NONE, duplicate=True)
    if session.scalar(select(Message.id).where(Message.provider_id == inbound.provider_id)) is not None:
        return None  # it was a resident's when it came first
    said = relay_words.read(inbound.text, stopped=responder.texts_stopped_at is not None)
    if said.command in {STOP, START}:
        _stop_or_start(session, responder, said, now)
    heard = Heard(session, keys, community, responder, said, now, pictures=bool(inbound.media))
    if not _is_heard(session, responder, said, now):
        return _keep(heard, inbound, relay_acts.off_shift(heard)) if _is_claim(said) else None
    told = _stopped(heard, inbound) if said.command in {STOP, START} else relay_acts.ACTS[said.command](heard)
    return _keep(heard, inbound, told)


def _is_claim(said: Said) -> bool:
    """Nobody but a colleague writes "CLAIM 41": the bot would read a veteran's claim in it."""
    return said.command == relay_words.CLAIM and said.code is not None


def _of_number(session: Session, phone_hash: str) -> Responder | None:
    return session.scalar(select(Responder).where(colleague_at(phone_hash)))


def _is_heard(session: Session, responder: Responder, said: Said, now: datetime) -> bool:
    on_shift = exists().where(
        Shift.responder_id == responder.id, Shift.starts_at <= now, Shift.ends_at > now, Shift.state.not_in(NOT_WORKED)
    )
    owns = exists().where(Escalation.owner_id == responder.id, Escalation.status == CLAIMED)
    if session.scalar(select(on_shift | owns)):
        return True
    if said.command not in {relay_words.CLAIM, relay_words.NUMBER} or said.code is None:
        return False
    paged = exists().where(
        Page.responder_id == responder.id,
        Page.means != CONSOLE,
        Page.escalation_id == Escalation.id,
        Escalation.code == said.code,
        Escalation.status != RESOLVED,
    )
    return bool(session.scalar(select(paged)))


def _stop_or_start(session: Session, responder: Responder, said: Said, now: datetime) -> None:
    """STOP counts for the pages whether or not somebody is on shift: the carrier blocks the number for both."""
    if said.command == STOP:
        phones.stop_texts(session, responder.id, now, "them")
    else:
        phones.start_texts(session, responder.id, now)


def _stopped(heard: Heard, inbound: Inbound) -> Told:
    """The number is one that may not be texted, as a resident's too; Twilio answers its own words itself."""
    address = heard.keys.hash(inbound.address)
    if heard.said.command == STOP:
        optout.stop(heard.session, SMS, address, "responder", heard.now)
    else:
        optout.start(heard.session, SMS, address, heard.now)
    by_twilio = inbound.text.strip().upper() in optout.ANSWERED_BY_TWILIO
    key = "relay_stopped" if heard.said.command == STOP else "relay_started"
    return Told("" if by_twilio else texts.say(key, heard.responder.locale))


def _keep(heard: Heard, inbound: Inbound, told: Told) -> Receipt:
    """Write down what was asked and answered. One out of the journal was answered without us: this goes as a text."""
    session, responder, now, row = heard.session, heard.responder, heard.now, told.row
    session.add(
        RelayText(
            provider_id=inbound.provider_id, responder_id=responder.id, escalation_id=row.id if row else None,
            command=heard.said.command, message_id=told.message_id, answer=told.answer, refused=told.refused, at=now,
            kept=heard.keys.seal(told.keep) if told.keep is not None else None,
        )
    )  # fmt: skip
    subject = ("escalation", row.id) if row else ("responder", responder.id)
    audit.note(session, now, "relay", *subject, responder.id, command=heard.said.command, refused=told.refused)
    if inbound.said is not None and told.answer:
        notices.queue(session, kind=ANSWER, means="sms", text=told.answer, language=responder.locale, now=now,
                      responder_id=responder.id, priority=0)  # fmt: skip
    replies = [told.answer] if told.answer and inbound.said is None else list(inbound.said or ())
    changed = row.conversation_id if row is not None and told.changed else None
    return Receipt(changed, replies, Level.NONE, message_id=told.message_id, texts_wait=changed is not None)
