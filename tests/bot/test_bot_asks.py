"""Beside a question with a few answers the bot says how they stand in it, in both languages, and beside no other."""

import pytest

from tests.bot.bot_server import Talk

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]


def asks(talk: Talk, text: str) -> list[str | None]:
    return [message.get("asks") for message in talk.say(text).body["messages"]]


@pytest.mark.parametrize("words", [("english", "hello", "no", "for me", "food", "no"), ("spanish", "hola", "no")])
def test_questions_say_how_they_are_answered(request: pytest.FixtureRequest, words: tuple[str, ...]) -> None:
    talk: Talk = request.getfixturevalue(words[0])
    first = asks(talk, words[1])
    assert first[-1] == "yes_no"
    assert set(first[:-1]) <= {None}, "a greeting asks nothing"
    assert asks(talk, words[2])[-1] == "numbers"
    if len(words) > 3:
        assert asks(talk, "1")[-1] == "numbers"
        assert asks(talk, "1")[-1] == "skip"
