"""What is asked of a message before its answer is written, under the lock: no later message can come in before that."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, false, func, select
from sqlalchemy.orm import Session

from gateway.conversations import WAITS_AFTER
from gateway.follow_up_standing import NONE_UNDER_WAY, is_under_way
from gateway.models import Assessment, Conversation, Message
from gateway.scene import SAID
from gateway.written import Said, newest_said


@dataclass(frozen=True)
class AsItStands:
    """A message, whether the screen heard a wish for a person in it, and whether a later one waits.

    ``made_out`` is for its scene: what else was said there, and whether a follow-up of the contact is under way.
    """

    message: Message
    wants_person: bool
    more_waits: bool
    made_out: dict[str, Any] = field(repr=False)


def read(session: Session, conversation: Conversation, message_id: int) -> AsItStands:
    """All of it in one question; the conversation and its contact are locked by the caller."""
    asked = {"message_id": message_id, "contact_id": conversation.contact_id}
    message, wants_person, more_waits, ids, said, under_way = session.execute(_READ, asked).one()
    newest = [Said(*each) for each in zip(ids, said, strict=True)][::-1]
    return AsItStands(message, wants_person, more_waits, {SAID: newest, NONE_UNDER_WAY: not under_way})


_READ = select(
    Message,
    func.coalesce(
        select(Assessment.categories.contains(["person"]))
        .where(Assessment.message_id == bindparam("message_id"))
        .scalar_subquery(),
        false(),
    ),
    WAITS_AFTER.exists(),
    *(func.array(newest_said(Message.conversation_id, column).scalar_subquery()) for column in Said._fields),
    is_under_way(bindparam("contact_id")),
).where(Message.id == bindparam("message_id"))
