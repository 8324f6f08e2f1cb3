"""One real bot for all tests of this folder: trained when needed, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.bot_server import BotServer, Talk, train_if_needed


@pytest.fixture(scope="session")
def trained() -> None:
    """models/ holds the model of the present files."""
    train_if_needed()


@pytest.fixture(scope="session")
def bot(trained: None) -> Iterator[BotServer]:
    """The bot that all scripts talk to. A test that stops or breaks one starts its own."""
    server = BotServer().start()
    yield server
    server.stop()


@pytest.fixture
def own_bot(trained: None) -> Iterator[BotServer]:
    """A bot that a test may kill."""
    server = BotServer().start()
    yield server
    server.stop()


@pytest.fixture
def english(bot: BotServer) -> Talk:
    """A new conversation in English."""
    return Talk(bot, "en")


@pytest.fixture
def spanish(bot: BotServer) -> Talk:
    """A new conversation in Spanish."""
    return Talk(bot, "es")
