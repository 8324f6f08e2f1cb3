"""A stand-in for each test, the real client on it, and a webhook in the gateway's place."""

import threading
from collections.abc import Iterator

import pytest

from gateway.clients.twilio import Twilio
from gateway.demo.standin import Standin
from tests.twilio.webhook import Listener, Webhook

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN, OLD_TOKEN = "new-token", "old-token"
NUMBER, ANA, BEN = "+15555550100", "+15555550111", "+15555550122"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """The gateway's place, empty."""
    webhook = Webhook()
    listener = Listener(webhook)
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    yield webhook
    listener.shutdown()
    listener.server_close()


@pytest.fixture
def standin(webhook: Webhook) -> Iterator[Standin]:
    """A Twilio with one number, which calls that webhook."""
    with Standin(ACCOUNT, (TOKEN, OLD_TOKEN), NUMBER, f"{webhook.url}/sms/inbound") as standin:
        yield standin


@pytest.fixture
def twilio(standin: Standin, webhook: Webhook) -> Twilio:
    """The real client, pointed there."""
    callback = f"{webhook.url}/sms/status"
    return Twilio(ACCOUNT, TOKEN, NUMBER, api_url=standin.url, status_callback=callback)


@pytest.fixture
def hasty(standin: Standin) -> Twilio:
    """The same with little patience, for tests of silence only: a busy machine may be slow."""
    return Twilio(ACCOUNT, TOKEN, NUMBER, api_url=standin.url, timeout=0.5)
