"""Fetches what responders asked for, in a thread of the worker: one at a time, and never in the way of a text.

A fetch may take 20 seconds and a decoder as long. The process that accepts residents' texts has few threads and may
lose none of them to a picture; and so it needs no way out to the internet either.
"""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from gateway import attachments, delivery, media, pictures, uploads
from gateway.attachments import Errand, Found
from gateway.db import Database
from gateway.errors import MediaFailed
from gateway.keys import Keys

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PAUSE_SECONDS = 5.0


class Watch:
    """A thread that fetches what is wanted, and tells the open pages of it by ``announce`` (a conversation's id)."""

    def __init__(self, database: Database, source: media.Source, keys: Keys, announce: Callable[[int], None]) -> None:
        self._database, self._source, self._keys, self._announce = database, source, keys, announce
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="attachments", daemon=True)

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Take nothing more; what is under way and does not end in time is fetched anew by the next worker."""
        self._stop.set()
        self._thread.join(seconds)

    def _look(self) -> None:
        while not self._stop.is_set():
            try:
                if not self.fetch_one():
                    self._stop.wait(LOOK_SECONDS)
            except SQLAlchemyError as failure:
                log.warning("attachments wait", extra={"reason": type(failure).__name__})
                self._stop.wait(PAUSE_SECONDS)
            except Exception:
                # One bad file must not end the thread: the row is taken again, and given up after three tries.
                log.exception("attachment failed")
                self._stop.wait(PAUSE_SECONDS)

    def fetch_one(self) -> bool:
        """Fetch one and keep what came of it; returns whether there was one."""
        with self._database.begin() as session:
            errand = attachments.take_next(session, delivery.clock(session))
        if errand is None:
            return False
        conversation_id = self._bring(errand)
        if conversation_id is not None:
            self._announce(conversation_id)
        return True

    def _bring(self, errand: Errand) -> int | None:
        """No transaction is open while Twilio and the decoder take their time."""
        try:
            content = self._source.fetch(errand.url)
        except MediaFailed as failure:
            log.info("attachment not fetched", extra={"attachment": errand.id, "code": failure.code})
            with self._database.begin() as session:
                now = delivery.clock(session)
                return attachments.fail(session, errand, failure.code, now, retryable=failure.retryable)
        what = Found(pictures.kind(content), len(content))
        if what.kind not in pictures.SHOWN:
            return self._leave(errand, what, "kind")
        try:
            picture = pictures.make(content)
        except pictures.Unshowable as reason:
            return self._leave(errand, what, str(reason))
        with self._database.begin() as session:
            uploads.forget(session, errand.url)
            return attachments.keep(session, self._keys, errand, what, picture, delivery.clock(session))

    def _leave(self, errand: Errand, what: Found, why: str) -> int | None:
        with self._database.begin() as session:
            uploads.forget(session, errand.url)
            return attachments.leave_unshown(session, errand, what, why, delivery.clock(session))
