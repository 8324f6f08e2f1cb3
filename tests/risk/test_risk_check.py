"""`frontdoor cards check`: every fault at once, what a change does and by which card; the page that teaches it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.risk import Level, build, screen, self_test
from gateway.risk.cards import CARDS, new_compiler
from gateway.risk.check import ORDINARY, Row, SampleError, check, compare, read_sample, told
from gateway.risk.matching import any_match
from gateway.risk.views import views_of
from tests.risk.test_risk_cards import GOOD, changed, write_page

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "rule-cards.md"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["cards", "check", *map(str, words)])


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


def sample(tmp_path: Path, *lines: str, name: str = "mine.tsv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_cards_that_ship_pass_and_change_nothing() -> None:
    result = run()
    assert result.exit_code == 0
    assert "0 fault(s)" in result.output
    assert "no card differs" in result.output
    assert "ordinary.tsv: 200 messages, 0 change their level" in result.output


def test_a_changed_folder_is_compared_with_the_cards_that_ship(tmp_path: Path) -> None:
    changed_cards = tmp_path / "cards"
    shutil.copytree(CARDS, changed_cards)
    (changed_cards / "idioms.yml").unlink()
    write_page(changed_cards, changed(any={"en": ["pantry", "lost ~ kite"], "es": GOOD["any"]["es"]}))
    result = run(changed_cards)
    assert result.exit_code == 0, result.output
    assert "new card kite.lost" in result.output
    assert "card idiom.dying_of is gone" in result.output
    pantry = next(line for line in result.output.splitlines() if "food pantry on Mission" in line)
    assert pantry.startswith("  none -> routine")
    assert pantry.endswith("+ kite.lost (routine)  [the sample says none]")
    assert re.search(r"newly firing [1-9]\d*, newly silent 0", result.output)


@pytest.fixture
def decks(tmp_path: Path) -> tuple[Path, Path]:
    """Two decks that differ in one card's words and level, and in an idiom."""
    idiom = changed(
        id="idiom.kite",
        idiom=True,
        level=None,
        any={"en": ["lost my kite again"], "es": ["papalote de oro"]},
        tests={"fire": ["I lost my kite again", "lost my kite again!", "papalote de oro"], "silent": ["a", "b", "c"]},
    )
    old = write_page(folder(tmp_path, "old"), GOOD)
    new = write_page(folder(tmp_path, "new"), changed(level="urgent", any=GOOD["any"] | {"mix": ["mi kite"]}), idiom)
    return old, new


def test_each_change_names_its_levels_and_its_cards(decks: tuple[Path, Path]) -> None:
    rows = [Row(text) for text in ("lost the kite", "oh I lost my kite again", "mi kite!", "hello")]
    found = list(compare(build(decks[0]), build(decks[1]), rows))
    assert [(each.row.text, each.before, each.after, each.cards) for each in found] == [
        ("lost the kite", Level.ROUTINE, Level.URGENT, ("kite.lost (routine -> urgent)",)),
        ("oh I lost my kite again", Level.ROUTINE, Level.NONE, ("+ idiom.kite (idiom)", "- kite.lost")),
        ("mi kite!", Level.NONE, Level.URGENT, ("+ kite.lost (urgent)",)),
    ]


def test_changes_are_counted_and_several_samples_are_read(decks: tuple[Path, Path], tmp_path: Path) -> None:
    first = sample(tmp_path, "level\ttext", "none\tlost the kite", "urgent\tmi kite", "\tlost my kite again")
    second = sample(tmp_path, '{"text": "the kite", "context": ["i lost"], "level": "911"}', name="second.jsonl")
    result = run(decks[1], "--against", decks[0], "--sample", first, "--sample", second)
    assert result.exit_code == 0, result.output
    assert "changed card kite.lost" in result.output
    assert "mine.tsv: 3 messages, 3 change their level" in result.output
    assert "newly firing 1, newly silent 1, higher 1, lower 0" in result.output
    assert "'lost the kite'  kite.lost (routine -> urgent)  [the sample says none]" in result.output
    assert "'mi kite'  + kite.lost (urgent)\n" in result.output, "as the sample wants it: nothing more to say"
    assert "second.jsonl: 1 messages, 1 change their level" in result.output
    assert "[the sample says emergency]" in result.output
    back = run(decks[0], "--against", decks[1], "--sample", first)
    assert "newly firing 1, newly silent 1, higher 0, lower 1" in back.output
    assert "kite.lost (urgent -> routine): 1 message(s)" in back.output


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    failing = changed(tests={**GOOD["tests"], "silent": ["I lost a kite today", "kite", "hola"]})
    write_page(tmp_path, failing, changed(id="kite.bad", level="loud"), changed(id="kite.mute", why_es=None))
    (tmp_path / "torn.yml").write_text("cards: [", encoding="utf-8")
    result = run(tmp_path, "--sample", tmp_path / "none.tsv", "--sample", sample(tmp_path, "words", "hi"))
    assert result.exit_code == 1
    faults = [line for line in result.output.splitlines() if line.startswith("FAULT  ")]
    for part in (
        "level 'loud'",
        "'why_es' is missing",
        "torn.yml:",
        "'I lost a kite today' should be silent",
        "none.tsv:",
        "mine.tsv: its first line must name the columns",
    ):
        assert len([line for line in faults if part in line]) == 1, part
    assert "1 cards, 6 tests, 7 fault(s)" in result.output


def test_an_empty_folder_is_a_fault_and_a_missing_one_a_mistake(tmp_path: Path) -> None:
    assert run(folder(tmp_path, "empty")).exit_code == 1
    assert run(tmp_path / "nowhere").exit_code == 2


def test_a_message_that_cannot_be_screened_is_a_fault(tmp_path: Path) -> None:
    found = check(samples=[sample(tmp_path, "text", "x" * 5000)])
    assert ["mine.tsv" in each and "longer than 4000" in each for each in found.faults] == [True]


def test_a_message_cannot_steer_the_terminal(decks: tuple[Path, Path], tmp_path: Path) -> None:
    found = check(decks[1], [sample(tmp_path, "text", "lost \x1b[2J kite \u202e!")], decks[0])
    shown = "\n".join(told(found))
    assert "lost \\x1b[2J kite \\u202e!" in shown
    assert "\x1b" not in shown


def test_only_so_many_changes_are_printed(decks: tuple[Path, Path], tmp_path: Path) -> None:
    found = check(decks[1], [sample(tmp_path, "text", *["lost the kite"] * 250)], decks[0])
    lines = list(told(found))
    assert sum("lost the kite" in line for line in lines) == 200
    assert "  ... and 50 more" in lines
    assert "  newly firing 0, newly silent 0, higher 250, lower 0" in lines


def test_a_sample_is_read_as_written(tmp_path: Path) -> None:
    lines = ["# ours", "level\tlanguage\ttext", "911\ten\tfire!\u2028now\r", "", "\tes\thola"]
    assert read_sample(sample(tmp_path, *lines)) == [Row("fire!\u2028now", (), Level.EMERGENCY), Row("hola")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ["holds no messages"]),
        (
            ["level\ttext", "loud\thi", "none\t", "none"],
            ["line 2: 'loud' is not a valid", "line 3: no text", "line 4: "],
        ),
        (
            ['{"text": "x"}', "{", "[1]", '{"text": 3}'],
            ["line 2: Expecting", "line 3: not an object", "line 4: no text"],
        ),
        (['{"text": "x"}', '{"text": "x", "context": [1]}'], ["line 2: context is not a list of texts"]),
        (['{"text": "x"}', "[" * 200_000], ["line 2: nested too deeply"]),
    ],
)
def test_a_sample_is_refused_with_every_fault(tmp_path: Path, lines: list[str], said: list[str]) -> None:
    with pytest.raises(SampleError) as caught:
        read_sample(sample(tmp_path, *lines))
    assert len(caught.value.faults) == len(said)
    for fault, part in zip(caught.value.faults, said, strict=True):
        assert part in fault


def test_a_sample_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SampleError, match=r"picture\.tsv"):
        read_sample(tmp_path / "picture.tsv")


def test_the_sample_that_ships_is_balanced_and_mostly_read_right() -> None:
    heading, *lines = [line for line in ORDINARY.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    columns = [dict(zip(heading.split("\t"), line.split("\t"), strict=True)) for line in lines]
    assert Counter(row["language"] for row in columns) == {"en": 100, "es": 100}
    assert len({row["text"].casefold() for row in columns}) == 200
    by_level = {
        language: Counter(row["level"] for row in columns if row["language"] == language) for language in ("en", "es")
    }
    assert by_level["en"] == by_level["es"]
    right = sum(screen(row.text).level == row.level for row in read_sample(ORDINARY))
    assert right >= 180, "a change of the cards broke much of what everybody writes"


# The page that teaches the cards: everything it shows is true.


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


@pytest.mark.parametrize("number", range(4))
def test_the_cards_of_the_guide_load_and_pass_their_tests(tmp_path: Path, number: int) -> None:
    assert len(blocks("yaml")) == 4
    (tmp_path / "guide.yml").write_text(blocks("yaml")[number], encoding="utf-8")
    assert self_test(build(tmp_path)) == []


def pattern_rows() -> list[list[str]]:
    table = GUIDE.read_text(encoding="utf-8").split("| pattern | means |")[1].split("\n\n")[0]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()[2:]]
    return [[cell.strip().strip("`").replace("\\|", "|") for cell in row] for row in cells]


@pytest.mark.parametrize("row", pattern_rows(), ids=lambda row: row[0])
def test_the_patterns_of_the_guide_match_as_it_says(row: list[str]) -> None:
    pattern, _, fires, silent = row
    compiler = new_compiler()
    compiled = [compiler.compile(pattern)]
    spelling = build()._spelling
    assert any(any_match(compiled, view.text) for view in views_of(fires, spelling))
    assert not any(any_match(compiled, view.text) for view in views_of(silent, spelling))


def test_there_are_nine_patterns_in_the_guide() -> None:
    assert len(pattern_rows()) == 9


def test_the_slots_of_the_guide_exist() -> None:
    for slot in re.findall(r"`\{([A-Z_]+)\}", GUIDE.read_text(encoding="utf-8")):
        assert new_compiler().slot(slot, 0).regex


def test_the_examples_of_what_silences_are_true() -> None:
    assert screen("I don't have a gun").level is Level.NONE
    assert screen("me muero de risa").level is Level.NONE
    assert screen("ya no quiero vivir").level >= Level.URGENT


def test_the_commands_of_the_guide_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each as written, but for the place of the copy."""
    shutil.copytree(CARDS, tmp_path / "cards")
    (tmp_path / "mine.tsv").write_text(blocks("tsv")[0], encoding="utf-8")
    commands = [line for block in blocks("console") for line in re.findall(r"^\$ frontdoor (.*)$", block, re.MULTILINE)]
    assert len(commands) == 2
    for command in commands:
        words = command.replace("/tmp/cards", str(tmp_path / "cards")).replace("mine.tsv", str(tmp_path / "mine.tsv"))
        monkeypatch.chdir(GUIDE.parent.parent)
        result = CliRunner().invoke(main, words.split())
        assert result.exit_code == 0, result.output
    assert "mine.tsv: 2 messages, 0 change their level" in result.output
