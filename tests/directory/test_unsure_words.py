"""The words that name no need by themselves are those that the bot's present examples show to be so."""

import pytest

from gateway.directory import needs, unsure
from gateway.directory.phrases import Hit
from tools import unsure_words

pytestmark = pytest.mark.slow  # every example of the bot is read


def test_the_list_is_up_to_date() -> None:
    assert unsure.FILE.read_text(encoding="utf-8") == unsure_words.written(unsure_words.found()), (
        "run: python -m tools.unsure_words"
    )


def test_what_is_unsure_for_one_need_stays_for_another() -> None:
    assert ("health", "hospital") in unsure.words()
    hits = [(Hit(frozenset(("health", "food")), 0, 1), "hospital"), (Hit(frozenset(("health",)), 1, 2), "hospital")]
    assert list(unsure.without(hits)) == [Hit(frozenset(("food",)), 0, 1)]


def test_what_has_no_need_with_a_name_is_never_unsure() -> None:
    named = {meaning for meaning, _ in unsure.words()}
    assert all(unsure.needs_of(needs.standard(), meaning) for meaning in named)
