"""Reads and writes the JSON lines of ``frontdoor language``: one text, or one conversation, a line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from gateway.language.choosing import command
from gateway.language.detection import detect
from gateway.language.memory import Memory, remember

# A margin is log10 of odds; beyond this the odds are past any use.
MOST_MARGIN = 9.0


def detect_lines(lines: Iterable[str]) -> Iterator[str]:
    """``{"id", "text"}`` in, ``{"id", "lang", "confidence"}`` out; blank lines are skipped.

    A text that is nothing but a request for a language is in that language. Raises ``ValueError`` with the number of
    a line that is not such an object.
    """
    for _, row in _rows(lines, "text", str):
        detection = detect(row["text"])
        lang = command(row["text"]) or detection.lang
        yield _line({"id": row["id"], "lang": lang, "confidence": confidence(detection.margin)})


def conversation_lines(lines: Iterable[str]) -> Iterator[str]:
    """``{"id", "turns": [{"text"}, ...]}`` in, ``{"id", "reply": ["en"|"es"|null, ...]}`` out: each answer's language.

    Raises ``ValueError`` as :func:`detect_lines` does.
    """
    for number, row in _rows(lines, "turns", list):
        yield _line({"id": row["id"], "reply": replies(_said(row["turns"], number))})


def replies(said: Iterable[str]) -> list[str | None]:
    """The language in which each of these texts, one after the other, is answered; ``None``: in both."""
    memory = Memory()
    answered: list[str | None] = []
    for text in said:
        # While no language is known, our last answer was the language menu.
        asked = command(text, menu_open=bool(answered) and memory.lang is None)
        memory = Memory.asked_for(asked) if asked else remember(memory, detect(text))[0]
        answered.append(memory.lang)
    return answered


def confidence(margin: float) -> float:
    """A margin (log10 of odds) as a probability, to four places."""
    odds = 10 ** min(margin, MOST_MARGIN)
    return round(odds / (1 + odds), 4)


def _rows(lines: Iterable[str], key: str, kind: type) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _object(line, number)
        if "id" not in row or not isinstance(row.get(key), kind):
            raise ValueError(f'line {number} needs "id" and "{key}"')
        yield number, row


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number} is not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        raise ValueError(f"line {number} is not JSON that can be read") from error
    if not isinstance(row, dict):
        raise ValueError(f"line {number} is not an object")
    return row


def _said(turns: list[Any], number: int) -> list[str]:
    texts = [turn.get("text") if isinstance(turn, dict) else None for turn in turns]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f'line {number}: every turn needs a "text"')
    return [str(text) for text in texts]


def _line(row: dict[str, Any]) -> str:
    # Half of a surrogate pair in an id cannot be written as UTF-8; escaped it comes out as it went in.
    return json.dumps(row, ensure_ascii=True)
