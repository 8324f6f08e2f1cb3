"""JSON lines in, JSON lines out, and a clear word about a line that is neither."""

import json

import pytest

from gateway.language import lines


def read(found: object) -> list[dict[str, object]]:
    return [json.loads(line) for line in found]  # type: ignore[attr-defined]


def test_a_text_a_line() -> None:
    given = [
        '{"id": 1, "text": "tengo hambre"}',
        "",
        '{"id": "b", "text": "ok"}',
        '{"id": "c", "text": "no hablo ingles, spanish"}',
        '{"id": "d", "text": "English please"}',
    ]
    out = read(lines.detect_lines(given))
    assert [(row["id"], row["lang"]) for row in out][:2] == [(1, "es"), ("b", "und")]
    assert out[3]["lang"] == "en"
    assert all(set(row) == {"id", "lang", "confidence"} for row in out)
    assert all(0.5 <= float(str(row["confidence"])) <= 1 for row in out)


def test_a_conversation_a_line() -> None:
    turns = ["94110", "2", "shelter", "i need a place to sleep", "i need food for my kids", "español"]
    row = {"id": "x", "turns": [{"text": text} for text in turns]}
    assert read(lines.conversation_lines([json.dumps(row)])) == [
        {"id": "x", "reply": [None, "es", "es", "es", "en", "es"]}
    ]


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"text": "a"}', '{"id": 1, "text": 5}'])
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        list(lines.detect_lines(['{"id": 0, "text": "a"}', line]))


def test_confidence_is_a_probability_of_the_odds() -> None:
    assert lines.confidence(0) == 0.5
    assert lines.confidence(1) == pytest.approx(10 / 11, abs=1e-4)
    assert lines.confidence(400) == 1.0
