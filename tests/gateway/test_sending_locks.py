"""An opt-out that Twilio tells of waits for whoever writes of the same contact: the locks go in one order."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text

from gateway import conversations, delivery, optout, sending
from gateway.conversations import SMS
from gateway.db import Database
from gateway.errors import SmsFailed
from gateway.keys import Keys
from gateway.models import Contact, Conversation
from gateway.settings import Settings
from tests.console.conftest import utc_now
from tests.gateway.handed import NUMBER, Night

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


class OptedOut:
    """A carrier whose other side said STOP to Twilio; it answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()

    def send(self, to: str, body: str) -> str:
        """Refuse."""
        self.asked.set()
        assert self.go_on.wait(10)
        raise SmsFailed(delivery.OPTED_OUT, retryable=False)

    def find(self, to: str, body: str, since: object) -> str | None:
        """Nothing left."""
        return None


def queued(database: Database, keys: Keys) -> str:
    """A text that waits to be sent, to a resident who wrote; returns the hash of their number."""
    Night(database, keys).text("i need some food please")
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        conversations.say(session, conversation, "hello", "bot", utc_now())
    return keys.hash(NUMBER)


def test_an_opt_out_at_twilio_waits_for_who_holds_the_contact(database: Database, settings: Settings) -> None:
    address, carrier = queued(database, settings.keys), OptedOut()
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(sending.send_all, database, carrier, settings.keys)
        assert carrier.asked.wait(10)
        with database.begin() as session:
            session.scalars(select(Contact).with_for_update(key_share=True)).one()
            carrier.go_on.set()
            deadline = time.monotonic() + 10
            while not sent.done() and time.monotonic() < deadline and not session.scalar(WAITING):
                time.sleep(0.02)
            assert not optout.in_force(session, SMS, address)
            # What the accepting process does next: it would wait for ever if the conversation were locked already.
            session.scalars(select(Conversation).with_for_update(key_share=True, nowait=True, of=Conversation)).one()
        assert sent.result(20)
    with database.begin() as session:
        assert optout.in_force(session, SMS, address)
