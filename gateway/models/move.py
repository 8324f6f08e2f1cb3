"""A web visitor's wish to go on by text: the number they gave, and the code that proves that it is theirs."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Count, Id, Row, of


class PhoneMove(Row):
    """One try to move a web conversation to a number.

    ``contact_id`` is the visitor. ``address_hash`` and ``address_sealed`` are the number as contacts keep it: taken off
    the row a day after, since nobody may have proved it. ``code_hash`` is keyed and holds this row's id; it is empty
    where no text may go to the number, and then no code fits. ``language`` and ``wording`` are what the visitor agreed
    to, ``used_at`` when the code came back.
    """

    __tablename__ = "phone_moves"
    __table_args__ = (
        Index("ix_phone_moves_address", "address_hash", "created_at"),
        Index("ix_phone_moves_kept", "created_at", postgresql_where="address_sealed IS NOT NULL"),
    )

    id: Mapped[Id]
    contact_id: Mapped[int] = of("contacts")
    address_hash: Mapped[str] = mapped_column(String(64))
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_hash: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(2))
    wording: Mapped[str]
    attempts: Mapped[Count]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
