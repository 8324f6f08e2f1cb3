"""The words for 1 to 9 are those of the list everywhere; a room is no fourth of a list."""

import pytest

from gateway import correction_words, menu
from gateway.directory.choices import number_words, numbers_in


@pytest.mark.parametrize(("word", "number"), [("1st", 1), ("segunda", 2), ("third", 3), ("3", 3)])
def test_one_word_means_one_number_to_all_who_read_it(word: str, number: int) -> None:
    assert numbers_in(word) == (number,)
    assert menu.applies(menu.OPEN, word)
    assert correction_words.read(f"{word} is wrong") == correction_words.Report(number, "wrong")


@pytest.mark.parametrize("text", ["el cuarto está mal", "está mal el cuarto", "wrong fourth", "mal la séptima"])
def test_what_no_text_of_three_lists_is_no_report(text: str) -> None:
    assert correction_words.read(text) is None


def test_a_report_knows_every_number_in_digits() -> None:
    digits = sorted(word for word in number_words() if word.isdecimal())
    assert [correction_words.read(f"wrong {digit}") for digit in digits] == [
        correction_words.Report(int(digit), "wrong") for digit in digits
    ]
