"""A picture that came through the web chat: under seal until a responder asks for it."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word


class Upload(Row):
    """One file as a visitor sent it, until a picture was made of it or its time is over (:mod:`gateway.uploads`).

    ``provider_id`` is that of its message, so the same sent twice is kept once. ``size`` is in bytes, ``sealed`` is
    read by name only.
    """

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_created_at", "created_at"),)

    id: Mapped[Id]
    provider_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[Word]
    size: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
