"""Who says that somebody else reads their phone is answered, and is sent nothing that they did not ask for."""

import pytest
from sqlalchemy import select

from gateway import escalations, optout, watched
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Escalation, Message, Responder
from gateway.receiving import receive
from tests.conftest import RESIDENT, Clock

SAYS_SO = (
    "my boyfriend hits me. do not text me here he reads my phone",
    "code for help? he reads my texts so make it short",
    "dont call back he checks my phone. need dv help",
    "My husband goes through all my messages",
    "its not safe to text",
    "Please don't text me on this number",
    "she can see my texts",
    "this phone isn’t safe",
    "mi novio me revisa el celular y no me deja salir",
    "mi mama revisa mi telefono, esto se borra?",
    "él lee mis mensajes",
    "no me escriban aquí por favor",
    "no es seguro que me manden mensajes",
)
SAYS_NOTHING = (
    "he doesn't read my phone", "no me revisa el celular", "my phone is broken", "can you read my messages?",
    "he broke my phone", "text me here please", "is it safe to text you", "dont text me now", "mi celular no sirve",
    "él me llama al celular", "i read my texts", "he reads to my kids", "me mandan comida aquí", "",
)  # fmt: skip


@pytest.mark.parametrize("text", SAYS_SO)
def test_it_is_heard(text: str) -> None:
    assert watched.says_so(text)


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_nothing_else_is(text: str) -> None:
    assert not watched.says_so(text)


@pytest.mark.parametrize(("channel", "barred"), [(SMS, "not_safe_to_text"), (WEBCHAT, None)])
def test_from_then_on_nobody_texts_them_unasked(
    database: Database, door: Door, clock: Clock, channel: str, barred: str | None
) -> None:
    address = RESIDENT if channel == SMS else "visitor-1"
    with database.begin() as session:
        told = receive(
            session, door.settings.keys, door.community, Inbound(channel, address, "SM1", SAYS_SO[0]), clock()
        )
        assert any("988" in text for text in told.replies)
    with database.begin() as session:
        row = session.scalars(select(Conversation)).one()
        assert optout.why_no_text(session, row) == barred
        ana = Responder(email="a@example.org", name="Ana", role="responder", password_hash="-", languages=[],
                        created_at=clock())  # fmt: skip
        session.add(ana)
        session.flush()
        thread = session.scalars(select(Escalation)).one()
        escalations.claim(session, thread.id, thread.epoch, ana, clock())
        greeted = session.scalars(select(Message).where(Message.text.contains("Ana is here"))).all()
        assert bool(greeted) is (barred is None)
