"""``frontdoor language`` as it is called: a file or standard input, one sentence about a line that is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main


def run(*words: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["language", *words], input=given)


def test_lines_from_standard_input() -> None:
    result = run(given='{"id": 1, "text": "tengo hambre"}\n\n{"id": "b", "text": "need food"}\n')
    assert result.exit_code == 0
    assert [json.loads(line)["lang"] for line in result.stdout.splitlines()] == ["es", "en"]


def test_lines_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"id": "ñ", "text": "mwen grangou"}\n', encoding="utf-8")
    result = run(str(file))
    [line] = result.stdout.splitlines()
    assert json.loads(line)["id"] == "ñ"
    assert json.loads(line)["lang"] == "other:ht"


def test_conversations() -> None:
    turns = [{"text": text} for text in ("94110", "мне нужна еда", "kreyol", "necesito comida")]
    result = run("--conversations", given=json.dumps({"id": 1, "turns": turns}))
    assert json.loads(result.stdout) == {"id": 1, "reply": [None, None, None, "es"]}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2 is not JSON"),
        ("[]", "line 2 is not an object"),
        ('{"id": 1}', 'line 2 needs "id" and "text"'),
        ('{"id": 1, "text": 5}', 'line 2 needs "id" and "text"'),
        ("[" * 100_000, "line 2 is not JSON that can be read"),
        ("1" * 5_000, "line 2 is not JSON that can be read"),
    ],
)
def test_a_wrong_line_is_told_in_one_sentence_after_the_answers_before_it(line: str, words: str) -> None:
    result = run(given='{"id": 0, "text": "hola"}\n' + line + "\n")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr.startswith(f"Error: {words}")
    assert len(result.stderr.splitlines()) == 1
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    "turns", ['"hola"', "[5]", '[{"txt": "a"}]', '[{"text": null}]', '[{"text": "hola"}, {"text": 1}]', "null"]
)
def test_a_wrong_conversation_is_told_in_one_sentence(turns: str) -> None:
    result = run("--conversations", given=f'{{"id": 1, "turns": {turns}}}\n')
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: line 1")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_not_there() -> None:
    result = run("no-such-file.jsonl")
    assert result.exit_code == 2
    assert "no-such-file.jsonl" in result.stderr


@pytest.mark.parametrize("given", [b'{"id": 1, "text": "\xff\xfehola"}\n', b'{"id": "\\ud83d", "text": "hola"}\n'])
def test_bytes_that_are_no_text_break_nothing(given: bytes) -> None:
    result = run(given=given)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["lang"]
