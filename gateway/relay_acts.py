"""What each order of a responder's text does, by the same verbs as the console, and the one line that answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import (
    attendance,
    audit,
    closings,
    conversations,
    delivery,
    escalations,
    notes,
    optout,
    relay_danger,
    relay_lines,
    room,
    texts,
)
from gateway.community import Community
from gateway.errors import Conflict, Refused
from gateway.escalations import BY_SMS, CLAIMED, RESOLVED, first_name
from gateway.keys import Keys
from gateway.models import Escalation, Responder
from gateway.relay_words import BACK, CLAIM, DONE, HELP, NAMED, NOTE, NUMBER, PLAIN, UNCLEAR, Said
from gateway.risk import Level


@dataclass(frozen=True)
class Heard:
    """One text of a responder, and all that its order needs. ``pictures`` says that some came with it."""

    session: Session
    keys: Keys
    community: Community
    responder: Responder
    said: Said
    now: datetime
    pictures: bool = False

    def say(self, key: str, **values: object) -> str:
        """One of the relay's texts in the responder's language."""
        return texts.say(key, self.responder.locale, **values)


@dataclass(frozen=True)
class Told:
    """What came of a text: the ``answer`` ("" for none), about which thread, and why nothing was done, if so.

    ``keep`` are words that wait for a number or a yes, ``changed`` says that the thread's pages show something new.
    """

    answer: str
    row: Escalation | None = None
    refused: str | None = None
    message_id: int | None = None
    keep: str | None = field(default=None, repr=False)
    changed: bool = False


def claim(heard: Heard) -> Told:
    """CLAIM 41: take it, if it waits; of several who try, one wins and the others are told who."""
    code = heard.said.code
    if code is None:
        return _claim_which(heard)
    row = _by_code(heard.session, code)
    if row is None:
        return Told(heard.say("relay_gone", code=code), refused="gone")
    if row.status == CLAIMED:
        return _held(heard, row)
    return _take(heard, row, code)


def _take(heard: Heard, row: Escalation, code: int) -> Told:
    """Claim what waits, within what one person should hold; who holds enough leaves a routine thread to a colleague."""
    verdict = room.may_take(heard.session, heard.community, row, heard.responder, heard.now)
    if room.leaves_it(heard.session, heard.community, row, heard.responder, heard.now, verdict):
        return Told(heard.say(f"relay_{verdict}", code=code), row, refused=verdict)
    try:
        with heard.session.begin_nested():
            row = escalations.claim_waiting(heard.session, row.id, heard.responder, heard.now, BY_SMS)
    except Conflict:
        return _late(heard, code)
    if verdict != "yes":
        audit.note(heard.session, heard.now, "over_capacity", "escalation", row.id, heard.responder.id, why=verdict)
    if row.drill:
        return Told(heard.say("relay_drill"), row, changed=True)
    return _begin(heard, row, "relay_claimed")


def number(heard: Heard) -> Told:
    """41 alone: send what was kept to that thread and go on there, or claim it."""
    code = heard.said.code
    row = next((each for each in relay_lines.owned(heard.session, heard.responder.id) if each.code == code), None)
    if row is None:
        return claim(heard)
    escalations.lock(heard.session, row.id)
    row = heard.session.get_one(Escalation, row.id, populate_existing=True)
    if row.status != CLAIMED or row.owner_id != heard.responder.id:
        return claim(heard)  # it was taken away in this very moment
    row.owner_means = BY_SMS
    relay_lines.name(heard.session, heard.responder.id, row.id, heard.now)
    kept = relay_lines.take_kept(heard.session, heard.keys, heard.responder.id, row.id, heard.now)
    if optout.why_no_text(heard.session, row.conversation):
        _awake(heard, row)
        return Told(
            heard.say(_barred(row, "relay_cannot_text" if kept else "relay_claimed_cannot_text"), code=code),
            row,
            "cannot_text",
        )
    if not kept:
        return Told(heard.say("relay_now", code=code), row)
    sent = [_send(heard, row, words) for words in kept]
    lost = next((each for each in sent if each.refused is not None), None)
    return lost or Told(heard.say("relay_sent", code=code), row, message_id=sent[-1].message_id, changed=True)


def speak(heard: Heard) -> Told:
    """Words for a resident: sent where it is certain whose they are, and asked about where it is not."""
    dangerous = relay_danger.spoken_of(heard.said.words)
    row = _addressed(heard, dangerous)
    if isinstance(row, Told):
        return row
    if optout.why_no_text(heard.session, row.conversation):
        _awake(heard, row)
        return Told(_beside(heard, _barred(row, "relay_cannot_text"), dangerous, code=row.code), row, "cannot_text")
    if dangerous and relay_danger.may_be_their_own(heard.said.words):
        return Told(heard.say("relay_danger", code=row.code), row, "danger", keep=heard.said.words)
    told = _send(heard, row, heard.said.words) if heard.said.words else Told("", row)
    if told.refused is None and heard.said.command == PLAIN and _has_others(heard, row):
        told = replace(told, answer=heard.say("relay_sent_to", code=row.code))
    if told.refused is None and (heard.pictures or not heard.said.words):
        return replace(told, answer=heard.say("relay_no_pictures"), refused="pictures")
    return told


def _has_others(heard: Heard, row: Escalation) -> bool:
    """Whether these words could have been meant for somebody else: then it is said to whom they went."""
    return any(each.id != row.id for each in relay_lines.owned(heard.session, heard.responder.id))


def _addressed(heard: Heard, dangerous: bool) -> Escalation | Told:
    """The thread that words are for; or what is answered where that is not certain or it is not theirs."""
    session, said = heard.session, heard.said
    mine = relay_lines.owned(session, heard.responder.id)
    if said.command == NAMED:
        named = next((each for each in mine if each.code == said.code), None)
        if named is None:
            return Told(_beside(heard, "relay_not_yours", dangerous, code=said.code), refused="not_yours")
        relay_lines.name(session, heard.responder.id, named.id, heard.now)
        return named
    if not mine:
        return Told(heard.say("relay_danger_alone" if dangerous else "relay_no_thread"), refused="no_thread")
    row = relay_lines.certain(session, heard.responder.id, mine, heard.now)
    if row is not None:
        return row
    if not said.words:
        return Told(heard.say("relay_no_pictures"), refused="pictures")
    key = "relay_danger_which" if dangerous else "relay_which"
    return Told(heard.say(key, codes=_codes(mine)), refused="which", keep=said.words)


def note(heard: Heard) -> Told:
    """NOTE words: for the team, beside the thread."""
    row = _meant(heard)
    if isinstance(row, Told):
        return row
    try:
        with heard.session.begin_nested():
            notes.add(heard.session, row.id, heard.responder, heard.said.words, heard.now)
    except Refused as refused:
        return Told(heard.say("relay_note_how"), row, refused.code)
    _awake(heard, row)
    return Told(heard.say("relay_noted", code=row.code), row, changed=True)


def done(heard: Heard) -> Told:
    """DONE code: close it, with one of the town's ways to end; without one, they are listed."""
    row = _meant(heard)
    if isinstance(row, Told):
        return row
    ends = closings.choices(heard.community)
    wanted = heard.said.words.replace(" ", "_")
    end = next((each.code for each in ends if each.code.casefold() == wanted), None)
    if end is None:
        listed = ", ".join(each.code for each in ends)
        return Told(heard.say("relay_done_how", code=row.code, ends=listed), row, "no_disposition")
    if row.alerted_at is not None:
        barred = optout.why_no_text(heard.session, row.conversation)
        key = "relay_done_call" if barred else "relay_done_danger"
        return Told(heard.say(key, code=row.code), row, "danger_unanswered")
    try:
        with heard.session.begin_nested():
            closings.close(
                heard.session, heard.community, row.id, row.epoch, heard.responder, closings.Draft(end), heard.now
            )
    except Conflict:
        return Told(heard.say("relay_not_yours", code=row.code), row, "not_yours")
    except Refused as refused:
        return Told(heard.say("relay_done_refused", code=row.code), row, refused.code)
    relay_lines.leave(heard.session, heard.responder.id, row.id)
    return Told(heard.say("relay_done", code=row.code), row, changed=True)


def back(heard: Heard) -> Told:
    """BACK: let it wait for somebody else."""
    row = _only(heard) or _meant(heard)
    if isinstance(row, Told):
        return row
    try:
        with heard.session.begin_nested():
            escalations.release(heard.session, row.id, row.epoch, heard.responder, heard.now)
    except Conflict:
        return Told(heard.say("relay_not_yours", code=row.code), row, "not_yours")
    relay_lines.leave(heard.session, heard.responder.id, row.id)
    return Told(heard.say("relay_back", code=row.code), row, changed=True)


def help_(heard: Heard) -> Told:
    """HELP: the orders, and where to turn in danger of one's own."""
    return Told(heard.say("relay_help"))


def off_shift(heard: Heard) -> Told:
    """A claim of who is not on shift takes nothing, and whether somebody waits is not said."""
    return Told(heard.say("relay_off_shift", code=heard.said.code), refused="off_shift")


def unclear(heard: Heard) -> Told:
    """It begins as an order and is none: nothing is done, nobody reads it."""
    key = "relay_danger_unclear" if relay_danger.spoken_of(heard.said.words) else "relay_unclear"
    return Told(heard.say(key), refused="unclear")


ACTS: Mapping[str, Callable[[Heard], Told]] = {
    CLAIM: claim, NUMBER: number, NAMED: speak, PLAIN: speak, NOTE: note, DONE: done, BACK: back, HELP: help_,
    UNCLEAR: unclear,
}  # fmt: skip


def _by_code(session: Session, code: int) -> Escalation | None:
    found = select(Escalation).where(Escalation.code == code, Escalation.status != RESOLVED)
    return session.scalar(found.execution_options(populate_existing=True))


def _claim_which(heard: Heard) -> Told:
    waiting = select(Escalation.code).where(Escalation.status == escalations.WAITING)
    codes = heard.session.scalars(waiting.order_by(escalations.DANGER_FIRST, Escalation.waiting_since).limit(5)).all()
    if not codes:
        return Told(heard.say("relay_nobody_waits"), refused="nobody_waits")
    return Told(heard.say("relay_claim_which", codes=", ".join(map(str, codes))), refused="which")


def _held(heard: Heard, row: Escalation) -> Told:
    """It is somebody's already: a colleague's, or one's own, which is then worked by text."""
    if row.owner_id == heard.responder.id:
        escalations.lock(heard.session, row.id)
        row = heard.session.get_one(Escalation, row.id, populate_existing=True)
    if row.owner_id != heard.responder.id or row.status != CLAIMED:
        return _late(heard, heard.said.code)
    row.owner_means = BY_SMS
    return _begin(heard, row, "relay_claimed")


def _late(heard: Heard, code: int | None) -> Told:
    row = _by_code(heard.session, code) if code is not None else None
    if row is None or row.owner is None:
        return Told(heard.say("relay_gone", code=code), refused="gone")
    return Told(heard.say("relay_taken", code=code, colleague=first_name(row.owner)), row, "taken")


def _begin(heard: Heard, row: Escalation, key: str) -> Told:
    """Work a thread by text: its last words come, and what is texted goes there."""
    relay_lines.name(heard.session, heard.responder.id, row.id, heard.now)
    if optout.why_no_text(heard.session, row.conversation):
        key = _barred(row, "relay_claimed_cannot_text")
    relay_lines.catch_up(heard.session, row, heard.responder, heard.now)
    return Told(heard.say(key, code=row.code), row, changed=True)


def _meant(heard: Heard) -> Escalation | Told:
    """The thread that an order is about: the one that it names, or the only one that it can be."""
    mine = relay_lines.owned(heard.session, heard.responder.id)
    code = heard.said.code
    if code is not None:
        row = next((each for each in mine if each.code == code), None)
        return row or Told(heard.say("relay_not_yours", code=code), refused="not_yours")
    if not mine:
        return Told(heard.say("relay_no_thread"), refused="no_thread")
    row = relay_lines.certain(heard.session, heard.responder.id, mine, heard.now)
    return row or Told(heard.say("relay_order_which", codes=_codes(mine)), refused="which")


def _only(heard: Heard) -> Escalation | None:
    """The one thread that is left, for an order that names none: giving it back by mistake undoes nothing."""
    mine = relay_lines.owned(heard.session, heard.responder.id)
    return mine[0] if len(mine) == 1 and heard.said.code is None else None


def _send(heard: Heard, row: Escalation, words: str) -> Told:
    """Say it to the resident, if the thread is still theirs under the lock."""
    try:
        row = escalations.owned(heard.session, row.id, row.epoch, heard.responder)
    except Conflict:
        return Told(heard.say("relay_not_yours", code=row.code), row, "not_yours")
    row.owner_means = BY_SMS
    clean = words.replace("\x00", "").encode("utf-8", "replace").decode()
    message = conversations.say(
        heard.session, row.conversation, clean, "responder", heard.now, priority=delivery.RESPONDER,
        responder_id=heard.responder.id,
    )  # fmt: skip
    escalations.replied(row, heard.now)
    audit.note(
        heard.session, heard.now, "reply", "escalation", row.id, heard.responder.id, message=message.id, by=BY_SMS
    )
    return Told("", row, message_id=message.id, changed=True)


def _beside(heard: Heard, key: str, dangerous: bool, **values: object) -> str:
    """An answer, with where to turn in front of it when the words spoke of danger."""
    return "\n".join([heard.say("relay_own_danger")] * dangerous + [heard.say(key, **values)])


def _barred(row: Escalation, key: str) -> str:
    """What is said of a resident who may not be texted: the console shows a number to call in danger only."""
    return key if Level(row.level) >= Level.URGENT else f"{key}_calm"


def _awake(heard: Heard, row: Escalation) -> None:
    """The owner did something by text: where no words may go out, only this shows that they are there."""
    attendance.act(heard.session, row.id, heard.responder.id, heard.now, BY_SMS)


def _codes(rows: list[Escalation]) -> str:
    return ", ".join(str(each.code) for each in rows)
