"""What came with a text and was asked for by a responder: the state of fetching it, and the picture under seal."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Count, Id, Row, Word, of


class Attachment(Row):
    """One attachment of a message, by its ``place`` in the message's ``media``, from the moment it is asked for.

    ``state`` is wanted, fetching, kept, unshown, failed or dropped (:mod:`gateway.attachments`); ``kind`` is what its
    first bytes say and ``size`` how many there were. ``sealed`` is our own picture of it and ``glance`` one of 16
    pixels, both under seal and read by name only; the file itself is never stored.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        UniqueConstraint("message_id", "place"),
        Index("ix_attachments_waiting", "next_try_at", postgresql_where=text("state IN ('wanted', 'fetching')")),
        Index("ix_attachments_kept", "id", postgresql_where=text("state = 'kept'")),
    )

    id: Mapped[Id]
    message_id: Mapped[int] = of("messages", index=False)
    conversation_id: Mapped[int] = of("conversations")
    place: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[Word]
    tries: Mapped[Count]
    wanted_by: Mapped[int] = of("responders")
    wanted_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    kind: Mapped[Word | None]
    size: Mapped[int | None] = mapped_column(Integer)
    width: Mapped[int | None] = mapped_column(SmallInteger)
    height: Mapped[int | None] = mapped_column(SmallInteger)
    why: Mapped[Word | None]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    glance: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
