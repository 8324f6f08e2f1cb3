"""Tells an owner who works by phone what only a page of the console would show them."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway import means, notices, reaching, spoken, texts
from gateway.escalations import CLAIMED, CONSOLE
from gateway.models import Escalation


def by_phone(row: Escalation) -> bool:
    """Whether this thread has an owner who works it by texts, or took it by a call and did nothing at the console."""
    return row.status == CLAIMED and row.owner is not None and row.owner_means not in {None, CONSOLE} and not row.drill


def tell(session: Session, row: Escalation, key: str, now: datetime) -> bool:
    """Text the owner, if they work by phone, one of the relay's texts; they are called where no text may go to them.

    It counts as words of the thread: it leaves only while they own it, in the order of what the resident writes.
    Returns whether something leaves.
    """
    if not by_phone(row) or row.owner is None:
        return False
    to = row.owner
    way = next((each for each in (means.SMS, means.VOICE) if reaching.why_not(session, to, each) is None), None)
    if way is None:
        return False
    code = spoken.thread(row.code, aloud=way == means.VOICE)
    notices.queue(
        session, kind=notices.RELAY, means=way, text=texts.say(key, to.locale, code=code), language=to.locale, now=now,
        responder_id=to.id, escalation_id=row.id, priority=0,
    )  # fmt: skip
    return True
