"""A responder sees which language an interpreter is needed for: in the queue, in the thread and in its history."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Escalation
from gateway.receiving import receive
from gateway.web.console_words import spoken, tongue
from tests.console.conftest import Person
from tests.gateway.road import rows

pytestmark = pytest.mark.slow

Heard = Callable[..., Escalation]


@pytest.fixture
def heard(database: Database, door: Door) -> Heard:
    """Let one resident write; the escalation that came of it."""

    def write(*texts: str) -> Escalation:
        for text in texts:
            inbound = Inbound(SMS, "+15555550133", "SM" + secrets.token_hex(16), text)
            with database.begin() as session:
                receive(session, door.settings.keys, door.community, inbound, datetime.now(UTC))
        [row] = rows(database, Escalation)
        assert isinstance(row, Escalation)
        return row

    return write


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mwen bezwen manje pou pitit mwen", "Haitian Creole (ht)"),
        ("tôi cần một chỗ ngủ tối nay", "Vietnamese (vi)"),
        ("我需要食物和住处", "Chinese (zh)"),
        ("أحتاج إلى طعام لأطفالي", "Arabic (ar)"),
        ("मुझे आज रात खाना चाहिए", "Hindi (hi)"),
        ("solo hablo mam", "Mam (mam)"),
    ],
)
def test_the_language_is_named_in_the_queue_and_in_the_thread(ana: Person, heard: Heard, text: str, shown: str) -> None:
    row = heard(text)
    queue = ana.client.get("/console/queue").text
    assert f"<span>{shown}</span>" in queue
    assert "Needs an interpreter" in queue
    thread = ana.client.get(f"/console/threads/{row.id}").text
    assert f"<span>{shown}</span>" in thread
    assert f"Interpreter needed: {shown}" in " ".join(thread.split())


def test_it_stays_in_view_beside_the_language_that_is_answered_in(ana: Person, heard: Heard) -> None:
    heard("mwen bezwen manje pou pitit mwen", "necesito comida para mis hijos")
    assert "<span>Haitian Creole (ht), Spanish</span>" in ana.client.get("/console/queue").text


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("es", "Spanish"),
        ("other:ko", "Korean (ko)"),
        ("other:xx", "xx"),
        ("und", "Language not known"),
        ("mixed", "Language not known"),
        (None, "Language not known"),
        ("other:", "Language not known"),
    ],
)
def test_a_stored_code_is_shown_by_its_name(code: str | None, shown: str) -> None:
    assert tongue(code) == shown


def test_a_conversation_without_a_language_says_so(ana: Person, heard: Heard) -> None:
    row = heard("mwen bezwen manje pou pitit mwen")
    row.conversation.language_memory = None
    assert spoken(row.conversation) == "Language not known"
