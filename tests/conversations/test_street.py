"""The scripts' own machinery: what they may say, which text is which move, and that a wrong script is found out."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import texts
from tests.conversations import ends, moves
from tests.conversations.script import ENDS, LANGUAGES, ScriptError, read, scripts

ALL = tuple(scripts())


def test_there_are_thirty_in_each_language_and_fifteen_are_messy() -> None:
    assert all(count >= 30 for count in Counter(script.language for script in ALL).values())
    assert sum(script.messy for script in ALL) >= 15
    assert all(sum(script.messy for script in ALL if script.language == code) >= 5 for code in LANGUAGES)


def test_every_outage_and_every_end_that_the_product_has_is_played() -> None:
    down = {turn.value for script in ALL for turn in script.turns if turn.act == "down"}
    assert down == {"bot", "carrier", "redis", "store", "worker"}
    played = {script.ends for script in ALL}
    assert played == set(ENDS)
    assert set(ends.CHECKS) == set(ENDS)


@pytest.mark.parametrize("script", ALL, ids=[script.name for script in ALL])
def test_a_script_names_moves_that_there_are(script: object) -> None:
    named = {move.split(":")[-1] for turn in script.turns for move in turn.moves}
    assert named <= moves.names(), named - moves.names()


def test_titles_are_all_different() -> None:
    counted = Counter(script.title for script in ALL)
    assert [title for title, count in counted.items() if count > 1] == []


def test_every_text_is_known_as_itself_and_as_nothing_else() -> None:
    for pattern in moves.patterns():
        said = pattern.regex.pattern.replace(".+?", "Ana")
        for mark in ("\\ ", "\\\n", "\\.", "\\(", "\\)", "\\?", "\\-", "\\&", "\\+"):
            said = said.replace(mark, mark[1:])
        found = moves.named(said, pattern.language)
        assert found == pattern.move, (pattern.move, pattern.language, found)


def test_no_two_moves_share_a_name() -> None:
    bot = {moves.renamed(key) for _, key in _responses()}
    assert not bot & texts.keys()


def _responses() -> list[tuple[str, str]]:
    return [("bot", f"utter_{pattern.move}") for pattern in moves.patterns() if pattern.move not in texts.keys()]


def test_what_was_said_in_both_languages_is_one_move() -> None:
    assert list(moves.folded(["help", "es:help"], "en")) == ["both:help"]
    assert list(moves.folded(["help", "en:help"], "es")) == ["both:help"]
    assert list(moves.folded(["es:help", "help"], "en")) == ["es:help", "help"]
    assert list(moves.folded(["hello", "asks_safety"], "en")) == ["hello", "asks_safety"]
    assert list(moves.folded(["help"], "en")) == ["help"]


def test_a_text_of_no_file_is_no_move() -> None:
    assert moves.named("Buy our phones!", "en") == moves.UNNAMED


WRONG = {
    "an unknown word": "title: x\nabout: x\nends: closed\nturns: []\ncolour: red",
    "no end": "title: x\nabout: x\nturns: []",
    "an end that is none": "title: x\nabout: x\nends: happily\nturns: []",
    "two things in one turn": "title: x\nabout: x\nends: closed\nturns: [{say: hi, wait: 1 d}]",
    "nothing in a turn": "title: x\nabout: x\nends: closed\nturns: [{moves: [hello]}]",
    "an unknown part": "title: x\nabout: x\nends: closed\nturns: [{down: internet}]",
    "a span that is none": "title: x\nabout: x\nends: closed\nturns: [{wait: a while}]",
    "an unknown word in a turn": "title: x\nabout: x\nends: closed\nturns: [{say: hi, move: [hello]}]",
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_a_script_that_cannot_be_played_is_refused(tmp_path: Path, words: str) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(words)
    with pytest.raises(ScriptError, match=r"en/wrong\.yml"):
        read(path, "en")


def test_yes_no_and_digits_are_words(tmp_path: Path) -> None:
    path = tmp_path / "right.yml"
    path.write_text("title: x\nabout: x\nends: closed\nturns: [{say: no}, {say: 94110}, {burst: [yes, 1]}]")
    assert [turn.texts for turn in read(path, "en").turns] == [("no",), ("94110",), ("yes", "1")]


def test_the_machinery_stays_apart_from_the_clock_of_the_machine() -> None:
    script = ALL[0]
    assert replace(script, name="x").starts == script.starts
    assert script.starts.utcoffset() is not None
