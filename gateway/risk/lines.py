"""Screening of JSON lines, for the command line: one message a line in, one level a line out."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from itertools import batched
from typing import Any, BinaryIO

from gateway.risk.level import Assessment, Level
from gateway.risk.screening import screen, screener

_BLOCK = 1 << 20  # bytes asked for at once
_SHARED_FROM = 200  # lines at hand that are worth a second process
_PORTION = 100  # lines that a process gets at once


class BadLine(ValueError):
    """A line that is not a message."""


def screen_stream(stream: BinaryIO, processes: int | None = None) -> Iterator[str]:
    """The same as :func:`screen_lines`, of bytes, on ``processes`` (default: one for each core).

    What is at hand is answered before more is waited for, so that somebody may type.
    """
    processes = processes or len(os.sched_getaffinity(0))
    first, blocks = 1, _blocks(stream)
    with _helpers(processes) if processes > 1 else nullcontext() as helpers:
        for lines in blocks:
            if helpers is None or len(lines) < _SHARED_FROM:
                yield from screen_lines(lines, first)
            else:
                portions = list(batched(enumerate(lines, first), _PORTION))
                for told in helpers.map(_portion, portions):
                    yield from told
            first += len(lines)


def _helpers(processes: int) -> Executor:
    """Processes that share the cards and the net of this one, which are read before they part."""
    screener()
    gc.collect()
    gc.freeze()
    return ProcessPoolExecutor(processes, multiprocessing.get_context("fork"))


def _portion(lines: tuple[tuple[int, str], ...]) -> list[str]:
    return list(screen_lines((line for _, line in lines), lines[0][0]))


def _blocks(stream: BinaryIO) -> Iterator[list[str]]:
    """The whole lines that can be read without waiting, as often as there are any."""
    rest = b""
    while block := stream.read1(_BLOCK):  # type: ignore[attr-defined]  # every buffered stream has it
        *lines, rest = (rest + block).split(b"\n")
        yield [line.decode("utf-8", "surrogateescape") for line in lines]
    if rest:
        yield [rest.decode("utf-8", "surrogateescape")]


def screen_lines(lines: Iterable[str], first: int = 1) -> Iterator[str]:
    """Each line `{"id", "text", "lang"?, "context"?}` as `{"id", "level", "category", "reasons": [...]}`.

    A line that cannot be read gives a line with an "error" and level "urgent", and the rest goes on. Empty lines are
    passed over. ``first`` is the number of the first line, for these errors.
    """
    for number, line in enumerate(lines, start=first):
        if line.strip():
            yield json.dumps(_screened(line, number), ensure_ascii=True)


def _screened(line: str, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    try:
        row = json_object(line)
        text, context = _message(row)
    except ValueError as fault:  # json.JSONDecodeError is one
        error = str(fault) if isinstance(fault, BadLine) else "not JSON"
        return {
            "id": row.get("id"),
            "level": Level.URGENT.value,
            "category": "not_screened",
            "reasons": [],
            "error": f"line {number}: {error}",
        }
    return {"id": row["id"], **_told(screen(text, context))}


def json_object(line: str) -> dict[str, Any]:
    """The JSON object on one line. Raises ``ValueError`` with what is wrong with it, or ``json.JSONDecodeError``."""
    try:
        row = json.loads(line)
    except RecursionError as fault:
        raise BadLine("nested too deeply") from fault
    if not isinstance(row, dict):
        raise BadLine("not an object")
    return row


def _message(row: dict[str, Any]) -> tuple[str, list[str]]:
    if "id" not in row:
        raise BadLine("no id")
    text, context = row.get("text"), row.get("context") or []
    if not isinstance(text, str):
        raise BadLine("text is not a string")
    if not isinstance(context, list) or not all(isinstance(each, str) for each in context):
        raise BadLine("context is not a list of strings")
    return text, context


def _told(assessment: Assessment) -> dict[str, Any]:
    """The assessment as a line shows it: the first category, and a reason for each card that fired."""
    reasons = [
        {
            "card": found.card_id,
            "level": found.level.value,
            "words": found.words,
            "start": found.start,
            "end": found.end,
            "who": found.who,
            "when": found.when,
            "why_en": found.why_en,
            "why_es": found.why_es,
        }
        for found in assessment.findings
    ]
    told: dict[str, Any] = {
        "level": assessment.level.value,
        "category": assessment.categories[0] if assessment.categories else None,
        "reasons": reasons,
    }
    if assessment.not_screened is not None:
        told["category"] = told["category"] or "not_screened"
        told["not_screened"] = assessment.not_screened
    return told
