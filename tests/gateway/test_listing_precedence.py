"""Whose a short reply is, by what is open: the order of answering, the bot's questions, the menu, the list."""

from typing import Any

import pytest
from sqlalchemy import select

from gateway.conversations import hand_over
from gateway.models import Conversation, Message
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.follow_up_street import FOOD, Street, clock, street, suggest

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow  # many conversations on the real store

REPLIES = ("1", "2", "the second", "el 3", "more", "más", "map 1", "llamar al 2", "open now", "closer")
WORDS = tuple(reply for reply in REPLIES if reply not in {"1", "2", "the second", "el 3"})
LISTING, BOT = "listing", "bot"


def dealt_with(street: Street, reply: str) -> str | None:
    """Who dealt with a reply."""
    street.text(reply)
    with street.database.begin() as session:
        newest = select(Message.handled_by).where(Message.direction == "in").order_by(Message.id.desc()).limit(1)
        by: str | None = session.scalar(newest)
        return by


def served(street: Street, bot: FakeRasa) -> None:
    suggest(bot, FOOD)
    street.text("i need some food please")
    suggest(bot)


def offered(street: Street, bot: FakeRasa) -> None:
    assert street.menu() == "follow_up_offer"


def agreed(street: Street, bot: FakeRasa) -> None:
    street.text("YES")


def asked(street: Street, bot: FakeRasa) -> None:
    street.text("YES")
    street.clock.forward(days=2)
    assert street.sweep()


def checked(street: Street, bot: FakeRasa) -> None:
    street.text("i feel so sad and alone, can i talk to a person please")
    assert street.menu() == "check"


def bot_asks(street: Street, bot: FakeRasa) -> None:
    suggest(
        bot, text="Are you safe? 1 yes 2 no", state={"loop": "screening_form", "slots": {"requested_slot": "safety"}}
    )
    street.text("and something for my cousin please")


def bot_menu(street: Street, bot: FakeRasa) -> None:
    suggest(bot, text="Which? 1 food 2 clothes", state={"loop": None, "slots": {"menu": ["food", "clothing"]}})
    street.text("and something for my cousin please")


def menu_newer(street: Street, bot: FakeRasa) -> None:
    bot.behave = lambda _: (503, b"")
    street.text("and what about my cousin in the other town")


def held(street: Street, bot: FakeRasa) -> None:
    with street.database.begin() as session:
        hand_over(session, session.scalars(select(Conversation)).one(), street.clock())


def opted_out(street: Street, bot: FakeRasa) -> None:
    street.text("STOP")


TABLE = [
    *((offered, reply, LISTING) for reply in REPLIES),
    *((agreed, reply, LISTING) for reply in REPLIES),
    (asked, "1", "follow_up"),
    (asked, "2", "follow_up"),
    (asked, "map 1", LISTING),
    *((bot_asks, reply, BOT) for reply in REPLIES),
    *((bot_menu, reply, BOT) for reply in REPLIES),
    (menu_newer, "1", "menu_choice"),
    (menu_newer, "2", "menu_choice"),
    *((menu_newer, reply, LISTING) for reply in WORDS),
    *((held, reply, "responder") for reply in ("1", "more", "map 1")),
    *((opted_out, reply, "opted_out") for reply in ("1", "more", "map 1")),
]


@pytest.mark.parametrize(("open_", "reply", "by"), TABLE, ids=[f"{row[0].__name__}-{row[1]}" for row in TABLE])
def test_whose_a_reply_is(street: Street, bot: FakeRasa, open_: Any, reply: str, by: str) -> None:
    served(street, bot)
    open_(street, bot)
    assert dealt_with(street, reply) == by


def test_the_check_question_keeps_its_answer(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    checked(street, bot)
    assert dealt_with(street, "1") != LISTING
