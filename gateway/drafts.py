"""Drafts of replies, kept with the conversation for each responder: begun on one device, gone on with on another."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.models import Draft


def keep(session: Session, conversation_id: int, responder_id: int, text: str, now: datetime) -> None:
    """Keep a draft in the place of the one before; an empty one is dropped. No lock is needed: it is one person's."""
    if not text.strip():
        drop(session, conversation_id, responder_id)
        return
    kept = {"text": text, "changed_at": now}
    session.execute(
        insert(Draft)
        .values(conversation_id=conversation_id, responder_id=responder_id, **kept)
        .on_conflict_do_update(index_elements=[Draft.conversation_id, Draft.responder_id], set_=kept)
    )


def of(session: Session, conversation_id: int, responder_id: int) -> str:
    """The draft of this responder, "" where there is none."""
    wanted = select(Draft.text).where(Draft.conversation_id == conversation_id, Draft.responder_id == responder_id)
    return session.scalar(wanted) or ""


def drop(session: Session, conversation_id: int, responder_id: int) -> None:
    """Forget it: it was sent or emptied."""
    session.execute(delete(Draft).where(Draft.conversation_id == conversation_id, Draft.responder_id == responder_id))
