"""Rows come into the bot's data once, under their first need, with their places marked, and never a held-back one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import nlu_rows
from tools.nlu_rows import Seen, bring_in, folded, main, marked, read_row, taught


def test_a_row_is_read_with_its_needs_and_entities() -> None:
    row = read_row("need_food+need_baby\ten\tfood n diapers by 24th n mission\tplace=24th n mission ; when=n\n")
    assert row.intents == ("need_food", "need_baby")
    assert row.entities == (("place", "24th n mission"), ("when", "n"))
    assert marked(row) == "food n diapers by [24th n mission](place)"
    assert marked(read_row("greet\tes\thola")) == "hola"


@pytest.mark.parametrize(
    "line",
    [
        "need_food\ten",
        "need_food\tfr\tfaim\t",
        "need food\ten\thungry\t",
        "greet\ten\t \t",
        "inform\ten\there\tplace=there x\t",
    ],
)
def test_a_row_that_is_wrong_is_named_with_its_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(f"# a remark\n\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="rows.tsv:3"):
        list(nlu_rows.read_rows(path))


def test_texts_are_the_same_without_accents_capitals_and_marks() -> None:
    assert folded("¿Dónde  COMO?") == folded("donde como")
    assert folded("???") == "???"


def test_nearly_equal_means_most_runs_of_three_words() -> None:
    seen = Seen()
    seen.add("my landlord says we have to be out by friday and i have two kids")
    assert seen.has("My landlord says we have to be out by Friday, and I have two kids!")
    assert seen.has("my landlord says we have to be out by friday and i have two dogs")
    assert not seen.has("my landlord says we have to be out by friday")
    assert not seen.has("hungry")
    seen.add("hungry")
    assert seen.has("Hungry")


def test_rows_are_taken_once_and_none_that_is_held_back() -> None:
    into = taught([])
    lines = [
        "need_food\ten\thungry\t",
        "need_food\ten\tHungry!\t",
        "need_pets\ten\tkibble\t",
        "need_food\tes\tno hay pan en la casa\t",
        "need_food\ten\ta [mark] of the format\t",
        "need_food+need_baby\ten\tfood and diapers\t",
    ]
    counts = bring_in(map(read_row, lines), into, known=["Kibble"], kept_apart=["no hay pan en la casa!"])
    assert counts == {
        "taken": 2,
        "left: nearly a row that is there": 2,
        "left: nearly a row that is held back": 1,
        "left: holds a mark of the data format": 1,
    }
    assert into == {"need_food": {"en": ["hungry", "food and diapers"], "es": []}}


def test_bringing_the_same_file_in_twice_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, held_back, data = tmp_path / "rows.tsv", tmp_path / "held_back.tsv", tmp_path / "data"
    rows.write_text('need_food\tes\tcomida en la 24\tplace=la 24\nneed_food\ten\t"quoted": - yes\t\n', encoding="utf-8")
    held_back.write_text("# none\n", encoding="utf-8")
    assert main([str(rows)], data, held_back) == 0
    made = (data / "rows" / "need_food.yml").read_text(encoding="utf-8")
    assert taught([data / "rows" / "need_food.yml"]) == {
        "need_food": {"en": ['"quoted": - yes'], "es": ["comida en [la 24](place)"]}
    }
    assert main([str(rows)], data, held_back) == 0
    assert (data / "rows" / "need_food.yml").read_text(encoding="utf-8") == made
    assert "2 left: nearly a row that is there" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "missing.tsv")], tmp_path / "data", tmp_path / "none.tsv") == 2
    assert "missing.tsv" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
