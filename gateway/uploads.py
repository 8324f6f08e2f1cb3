"""Pictures from the web chat, where the town allows them: under seal from their coming until a responder asks.

A page sends a picture to us and not to Twilio, so somebody must hold it until the worker makes a safe picture of it
(:mod:`gateway.fetching`). What was made or could not be made is not kept here any more, nor what nobody asked for in 30
days.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import media
from gateway.errors import MediaFailed
from gateway.keys import Keys
from gateway.models import Message, Upload

KEPT_FOR = timedelta(days=30)
AT_ONCE = 200

Begin = Callable[[], AbstractContextManager[Session]]


class Source:
    """Where attachments lie: those of the web chat here, all others where ``elsewhere`` finds them."""

    def __init__(self, begin: Begin, keys: Keys, elsewhere: media.Source) -> None:
        self._begin, self._keys, self._elsewhere = begin, keys, elsewhere

    def fetch(self, url: str) -> bytes:
        """The bytes at an address. Raises :class:`MediaFailed`, ``forgotten`` where it is not kept any more."""
        number = media.upload_at(url)
        if number is None:
            return self._elsewhere.fetch(url)
        with self._begin() as session:
            sealed = session.scalar(select(Upload.sealed).where(Upload.id == number))
        if sealed is None:
            raise MediaFailed("forgotten")
        return self._keys.open_bytes(sealed)


def keep(session: Session, keys: Keys, provider_id: str, kind: str, content: bytes, now: datetime) -> int:  # noqa: PLR0913 - a row
    """Keep a file of this kind until it is asked for; returns its number, for the same message the same one."""
    row = {"provider_id": provider_id, "kind": kind, "size": len(content), "created_at": now}
    session.execute(insert(Upload).values(row | {"sealed": keys.seal_bytes(content)}).on_conflict_do_nothing())
    return session.scalars(select(Upload.id).where(Upload.provider_id == provider_id)).one()


def known(session: Session, provider_id: str) -> bool:
    """Whether a picture of this message was kept before, be it asked for and gone by now."""
    kept = exists().where(Upload.provider_id == provider_id)
    said = exists().where(Message.provider_id == provider_id)
    return bool(session.scalar(select(kept | said)))


def forget(session: Session, url: str) -> None:
    """A picture was made of it, or none can be: nobody needs the file again. Nothing where it lies elsewhere."""
    if (number := media.upload_at(url)) is not None:
        session.execute(delete(Upload).where(Upload.id == number))


def drop_old(session: Session, now: datetime) -> None:
    """Forget what nobody asked for in 30 days."""
    old = select(Upload.id).where(Upload.created_at < now - KEPT_FOR).limit(AT_ONCE)
    session.execute(delete(Upload).where(Upload.id.in_(old.with_for_update(skip_locked=True))))
