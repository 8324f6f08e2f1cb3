"""docs/texts.md is as the files are; `python -m tools.texts_page` brings it up to date."""

import pytest

from tools import texts_page
from tools.all_texts import all_texts
from tools.texts_page import BEGIN, MOST_SEGMENTS, NOTES, PAGE, brought_up_to_date, by_sms

SENT = tuple(by_sms())


def test_the_page_is_as_the_texts_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert brought_up_to_date(page) == page, "bring it up to date: python -m tools.texts_page"


def test_a_text_of_more_than_two_segments_has_a_note_and_no_other_has() -> None:
    dear = {f"{said.key}.{said.language}" for said in SENT if said.cost.segments > MOST_SEGMENTS}
    assert dear | {"services.es"} == set(NOTES)


def test_every_text_that_is_sent_is_counted_with_nothing_left_to_fill_in() -> None:
    keys = {said.key for said in SENT}
    assert keys >= {pair.key for pair in all_texts() if pair.source in {"gateway", "safety", "bot"}
                    and not texts_page.is_part(pair)}  # fmt: skip
    assert not [said for said in SENT if "{" in said.words]
    assert all(said.cost.segments >= 1 for said in SENT)


def test_the_longest_names_are_the_ones_that_count() -> None:
    hello = next(said for said in SENT if (said.key, said.language) == ("bot.utter_hello_need", "en"))
    assert " and " in hello.words
    names = texts_page.need_names("en")
    assert max(names, key=len) in hello.words


def test_a_page_without_its_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="marker"):
        brought_up_to_date("# Texts")
    assert BEGIN in brought_up_to_date(f"# Texts\n{BEGIN}\n")
