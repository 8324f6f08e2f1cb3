"""Whether services helped: one question, offered with them, asked when it is due and only where that is still right.

The only module, beside an opt-out in :mod:`gateway.consents`, that moves a follow-up.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from gateway import audit, consents, delivery, optout, quiet_hours, referrals, texts
from gateway import follow_up_standing as standing
from gateway.community import Community
from gateway.conversations import BOT, SMS, may_be_told, of_contact, say, with_contact
from gateway.models import (
    Contact,
    Conversation,
    FollowUp,
    Message,
    Referral,
    Responder,
)
from gateway.scene import Scene

OFFERED, AGREED, DECLINED = "offered", "agreed", "declined"
ASKED, ANSWERED, NO_ANSWER, VOID = "asked", "answered", "no_answer", "void"
# state -> what it may become; an opt-out voids whatever is under way, in consents.end_all.
TRANSITIONS = {
    OFFERED: {AGREED, DECLINED, NO_ANSWER, VOID},
    AGREED: {ASKED, DECLINED, VOID},
    ASKED: {ANSWERED, NO_ANSWER, VOID},
}
# What Conversation.menu_open holds while one of our questions waits for its answer.
OFFER_MENU, AGREED_MENU, QUESTION_MENU = "follow_up_offer", "follow_up_agreed", "follow_up_question"
# The bot numbers its answers from 0, the check question stands at 90.
OFFER_ORDINAL = 80
NOT_AGAIN_WITHIN = timedelta(days=30)
OFFER_LASTS, QUESTION_LASTS = timedelta(days=1), timedelta(days=3)
TOO_LATE = timedelta(days=3)  # "in 2 days" was agreed to; a question a week on is another one
SERVED_WITHIN = timedelta(minutes=10)
BUSY = timedelta(minutes=30)
AT_ONCE = 50
# Whether a message of this contact, whose address these are, may bear on a follow-up or on the yes to one.
CONCERNED = or_(
    exists().where(FollowUp.contact_id == bindparam("contact_id"), FollowUp.state.in_(consents.UNDER_WAY)),
    exists().where(consents.of(bindparam("channel"), bindparam("address_hash"), consents.FOLLOW_UP)),
)
_LATEST = select(FollowUp).where(FollowUp.contact_id == bindparam("contact_id")).order_by(FollowUp.id.desc()).limit(1)


def after_turn(scene: Scene, community: Community, *, bot_asks: bool) -> None:
    """Offer the question once after services were given by text, or put our open question back after a turn.

    ``bot_asks`` is whether a question of the bot's own is open: a YES would answer that.
    """
    conversation = scene.conversation
    if bot_asks or scene.more_waits or conversation.channel != SMS or conversation.closed_at is not None:
        return
    row, reason = None, None
    if not scene.made_out.get(standing.NONE_UNDER_WAY):
        row, reason = standing.under_way_and_against(scene.session, conversation.contact_id)
    if row is not None and (row.state == ASKED or (row.state == OFFERED and row.conversation_id == conversation.id)):
        _put_back(scene, row, reason)
    elif community.follow_up.offered and _may_offer(scene, row):
        _offer(scene, community, row)


def latest(session: Session, contact_id: int) -> FollowUp | None:
    """The newest follow-up of a contact, whatever became of it."""
    with session.no_autoflush:
        return session.scalar(_LATEST, {"contact_id": contact_id})


def offer_by_person(
    session: Session, community: Community, conversation: Conversation, responder: Responder, now: datetime
) -> bool:
    """A responder who closes a thread offers the question; whether it was offered. The caller holds the locks and has
    seen that there was no danger; an answer is heard as one to the bot's offer is."""
    old = standing.under_way(session, conversation.contact_id)
    if not may_ask_again(session, conversation, now) or (old and not move(session, old, NO_ANSWER, now)):
        return False
    offer = texts.one("follow_up_offer", conversation.language, days=community.follow_up.days)
    said = say(session, conversation, offer, "system", now, responder_id=responder.id)
    _open_offer(session, conversation, said, now)
    return True


def agree(scene: Scene, community: Community, row: FollowUp) -> None:
    """A yes: keep it with the words it was given to, and note when the question is due."""
    contact, asked = scene.conversation.contact, scene.session.get_one(Message, row.offer_message_id)
    consent = consents.record(
        scene.session, contact, consents.FOLLOW_UP, asked, scene.message, scene.now, given=True
    )  # fmt: skip
    due = quiet_hours.days_on(community, scene.now, community.follow_up.days)
    if move(scene.session, row, AGREED, scene.now, consent_id=consent.id, due_at=due):
        scene.conversation.menu_open = AGREED_MENU


def decline(scene: Scene, row: FollowUp) -> None:
    """A no, at once or right after a yes: keep it too; it is not offered again for thirty days."""
    contact, asked = scene.conversation.contact, scene.session.get_one(Message, row.offer_message_id)
    consents.end(scene.session, contact, consents.FOLLOW_UP, "withdrawn", scene.now)
    consent = consents.record(
        scene.session, contact, consents.FOLLOW_UP, asked, scene.message, scene.now, given=False
    )  # fmt: skip
    move(scene.session, row, DECLINED, scene.now, consent_id=consent.id)


def answer(scene: Scene, row: FollowUp, result: str, *, referral: str | None, barrier: str | None = None) -> None:
    """What came of the services, in the words of the data dictionary; ``referral`` is their state from now on."""
    if move(scene.session, row, ANSWERED, scene.now, result=result, barrier_code=barrier) and referral:
        close_referrals(scene.session, row, referral, scene.now, resident_of(scene), barrier=barrier)


def note_barrier(scene: Scene, row: FollowUp, code: str) -> None:
    """What got in the way, kept with the answer and with the services that were not obtained."""
    row.barrier_code = code
    referrals.note_barrier(scene.session, row.conversation_id, code, scene.now, resident_of(scene))
    audit.note(scene.session, scene.now, "barrier", "follow_up", row.id, None, barrier_code=code)


def close_referrals(  # noqa: PLR0913 - which of them, and what came of it
    session: Session,
    row: FollowUp,
    state: str,
    now: datetime,
    by: referrals.By,
    *,
    barrier: str | None = None,
) -> None:
    """Move the referrals that this follow-up is about to their end."""
    for referral in told(session, row):
        referrals.move(session, referral, state, now, by, barrier=barrier)


def told(session: Session, row: FollowUp) -> list[Referral]:
    """The services of one follow-up whose end is not known yet, as they were numbered: those told before it was due."""
    wanted = select(Referral).where(Referral.conversation_id == row.conversation_id, Referral.state.in_(referrals.OPEN))
    if row.due_at is not None:
        wanted = wanted.where(Referral.offered_at <= row.due_at)
    return list(session.scalars(wanted.order_by(Referral.ordinal, Referral.id)))


def resident_of(scene: Scene) -> referrals.By:
    """That the resident says it, in the message at hand."""
    return referrals.By(referrals.RESIDENT, message_id=scene.message.id)


def void(session: Session, contact: Contact, reason: str, now: datetime) -> None:
    """The question must not be asked any more, and where it waits to be sent it is taken back."""
    row = standing.under_way(session, contact.id)
    consents.end(session, contact, consents.FOLLOW_UP, reason, now)
    if row is None or not move(session, row, VOID, now, void_reason=reason):
        return
    if row.question_message_id is not None:
        said = session.get_one(Message, row.question_message_id)
        delivery.cancel(session, said.conversation_id, now, least=delivery.BULK)


def due(session: Session, community: Community, now: datetime) -> list[int]:
    """Follow-ups that may be asked now: none in the town's quiet hours."""
    if quiet_hours.covers(community, now):
        return []
    wanted = select(FollowUp.id).where(FollowUp.state == AGREED, FollowUp.due_at <= now)
    return list(session.scalars(wanted.order_by(FollowUp.due_at, FollowUp.id).limit(AT_ONCE)))


def ask(session: Session, community: Community, follow_up_id: int, now: datetime) -> int | None:
    """Ask one question that is due, if everything still allows it; returns the conversation that it was asked in.

    None where somebody else holds the contact (the next sweep looks again), where it was put off because a
    conversation is going on, or where it is void: after an opt-out, danger, a person's work, or three days too late.
    Of several that ask at once one does.
    """
    row = session.get_one(FollowUp, follow_up_id)
    contact = session.scalar(
        select(Contact).where(Contact.id == row.contact_id).with_for_update(key_share=True, skip_locked=True)
    )
    if contact is None or quiet_hours.covers(community, now):
        return None
    session.refresh(row)
    found, free = _open_conversation(session, contact.id)
    if row.state != AGREED or not free:
        return None
    reason = _reason_against(session, row, contact, now)
    if reason is not None:
        void(session, contact, reason, now)
        return None
    # Who went on over a web page asked for no text there: it is put off until they text, or until it is too late.
    if found is not None and (found.contact_id != contact.id or _going_on(found, now)):
        row.due_at = quiet_hours.after(community, now + BUSY)
        return None
    return _ask(session, community, row, contact, now)


def unanswered(session: Session, now: datetime) -> list[int]:
    """Offers and questions that nobody will answer any more: what was not answered is no consent and no result."""
    late = or_(
        and_(FollowUp.state == OFFERED, FollowUp.changed_at <= now - OFFER_LASTS),
        and_(FollowUp.state == ASKED, FollowUp.changed_at <= now - QUESTION_LASTS),
    )
    return list(session.scalars(select(FollowUp.id).where(late).order_by(FollowUp.id).limit(AT_ONCE)))


def lapse(session: Session, follow_up_id: int, now: datetime) -> None:
    """End one that was not answered; its services are lost from sight."""
    row = session.get_one(FollowUp, follow_up_id)
    asked = row.state == ASKED
    if row.state in {OFFERED, ASKED} and move(session, row, NO_ANSWER, now) and asked:
        close_referrals(session, row, referrals.LOST, now, referrals.By())


def move(session: Session, row: FollowUp, state: str, now: datetime, **values: Any) -> bool:
    """Compare and set: whether the follow-up went from the state it was seen in to another that the table allows."""
    before = row.state
    if state not in TRANSITIONS.get(before, set()):
        return False
    done = session.execute(
        update(FollowUp)
        .where(FollowUp.id == row.id, FollowUp.state == before)
        .values(state=state, changed_at=now, **values)
        .returning(FollowUp.id)
    )
    won = done.first() is not None
    session.refresh(row)
    if won:
        detail = {key: value for key, value in values.items() if isinstance(value, str)}
        audit.note(session, now, state, "follow_up", row.id, None, **detail)
    return won


def _put_back(scene: Scene, row: FollowUp, reason: str | None) -> None:
    conversation = scene.conversation
    if reason is None:
        conversation.menu_open = OFFER_MENU if row.state == OFFERED else QUESTION_MENU
    else:
        void(scene.session, conversation.contact, reason, scene.now)


def _offer(scene: Scene, community: Community, old: FollowUp | None) -> None:
    session, conversation = scene.session, scene.conversation
    if old is not None and not move(session, old, NO_ANSWER, scene.now):
        return
    wording = texts.say("follow_up_offer", scene.language, days=community.follow_up.days)
    said = say(
        session, conversation, wording, "system", scene.now, answers=scene.message.id, ordinal=OFFER_ORDINAL
    )  # fmt: skip
    _open_offer(session, conversation, said, scene.now)


def _open_offer(session: Session, conversation: Conversation, said: Message, now: datetime) -> None:
    row = FollowUp(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        offer_message_id=said.id,
        state=OFFERED,
        offered_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    conversation.menu_open = OFFER_MENU
    audit.note(session, now, OFFERED, "follow_up", row.id)


def _may_offer(scene: Scene, row: FollowUp | None) -> bool:
    """Services were just given here by the bot, nobody was offered this before, and nothing speaks against it."""
    session, conversation = scene.session, scene.conversation
    if conversation.handler != BOT or (row is not None and row.state != OFFERED):
        return False
    served = select(Referral.id).where(
        Referral.conversation_id == conversation.id,
        func.coalesce(Referral.offered_again_at, Referral.offered_at) > scene.now - SERVED_WITHIN,
    )
    if session.scalar(served.limit(1)) is None or not may_ask_again(session, conversation, scene.now):
        return False
    return standing.against(session, conversation.contact_id, conversation.opened_at) is None and not (
        optout.in_force(session, conversation.contact.channel, conversation.contact.address_hash)
    )


def may_ask_again(session: Session, conversation: Conversation, now: datetime) -> bool:
    """Not where it was offered in this conversation at any time, or within thirty days of a no or an opt-out; nor where
    a text may be read by somebody else."""
    if not may_be_told(conversation):
        return False
    asked_here = select(Message.id).where(
        Message.id == FollowUp.question_message_id, Message.conversation_id == conversation.id
    )
    said_no = or_(FollowUp.state == DECLINED, FollowUp.void_reason == consents.OPTED_OUT)
    before = select(FollowUp.id).where(
        FollowUp.contact_id == conversation.contact_id,
        or_(
            FollowUp.conversation_id == conversation.id,
            asked_here.exists(),
            and_(said_no, FollowUp.changed_at > now - NOT_AGAIN_WITHIN),
        ),
    )
    return session.scalar(before.limit(1)) is None


def _open_conversation(session: Session, contact_id: int) -> tuple[Conversation | None, bool]:
    """The contact's open conversation, locked, and whether nobody else holds it."""
    mine = select(Conversation).where(with_contact(contact_id), Conversation.closed_at.is_(None))
    if session.scalar(mine.with_only_columns(Conversation.id)) is None:
        return None, True
    held = mine.with_for_update(key_share=True, skip_locked=True, of=Conversation)
    found = session.scalar(held.execution_options(populate_existing=True))
    return found, found is not None


def _reason_against(session: Session, row: FollowUp, contact: Contact, now: datetime) -> str | None:
    if row.due_at is None or now > row.due_at + TOO_LATE:
        return "too_late"
    if optout.in_force(session, contact.channel, contact.address_hash):
        return consents.OPTED_OUT
    if not consents.in_force(session, contact, consents.FOLLOW_UP):
        return "no_consent"
    # What they said in any conversation since the offer counts: a new one knows no answers.
    theirs = select(Conversation).where(with_contact(contact.id), Conversation.id >= row.conversation_id)
    if not all(map(may_be_told, session.scalars(theirs))):
        return "not_safe"
    # A person who offered it had seen what came before; the work they did then is no reason not to ask.
    by_person = session.get_one(Message, row.offer_message_id).responder_id is not None
    since = row.offered_at if by_person else session.get_one(Conversation, row.conversation_id).opened_at
    return standing.against(session, contact.id, since)


def _going_on(conversation: Conversation, now: datetime) -> bool:
    """Whether they are writing with us just now: then a question from two days ago can wait."""
    last = conversation.last_inbound_at
    return conversation.pending_since is not None or (last is not None and now - last < BUSY)


def _ask(session: Session, community: Community, row: FollowUp, contact: Contact, now: datetime) -> int | None:
    conversation = of_contact(session, contact, now)
    if not move(session, row, ASKED, now):
        return None
    said = say(session, conversation, question(community, conversation.language), "system", now,
               priority=delivery.BULK)  # fmt: skip
    row.question_message_id = said.id
    conversation.menu_open = QUESTION_MENU
    consents.end(session, contact, consents.FOLLOW_UP, consents.USED, now)  # a yes to one text is a yes to one text
    return conversation.id


def question(community: Community, language: str | None) -> str:
    """The question as it is asked in this town: who we are, how to stop, and nothing of what was asked for."""
    if language is None:
        return "\n".join(question(community, code) for code in texts.LANGUAGES)
    return texts.say("follow_up_question", language, name=community.called(language))
