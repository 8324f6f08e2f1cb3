"""Writes ``docs/conversations.md``: what was said in every scripted conversation, as it went through the front door.

``python -m tools.transcripts`` plays all of them (some two minutes) and brings the page up to date; a test fails when
the page is not as the conversations go.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "conversations.md"
BEGIN = "<!-- from here to the end: written by `python -m tools.transcripts` -->"
WRITE = "FRONTDOOR_WRITE_TRANSCRIPTS"
PLAYED_BY = "tests/conversations/test_transcripts.py"

RESIDENT, COMPUTER, RESPONDER, EVENT, NOTE = "resident", "computer", "responder", "event", "note"
SPEAKERS = {RESIDENT: "Resident", COMPUTER: "Front Door", RESPONDER: "Ana, a person"}
PARTS = {
    "bot": "the bot",
    "carrier": "the carrier",
    "redis": "Redis",
    "store": "the database",
    "worker": "the worker",
}
UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
MARKS = str.maketrans({mark: f"\\{mark}" for mark in r"\`*_#<>|~[]"})


@dataclass(frozen=True)
class Line:
    """One line: when, who, and what was said or happened."""

    at: datetime
    who: str
    text: str


@dataclass(frozen=True)
class Transcript:
    """A conversation as it went."""

    title: str
    about: str
    language: str
    messy: bool
    danger: bool
    lines: tuple[Line, ...]


OF_DANGER = (
    "What is said here is fixed and the same for everybody ([safety texts](safety.md)). If you read this and are in "
    "danger yourself: call 911. To talk at any hour, call or text 988."
)
CHAPTERS = (
    ("English", "", lambda each: each.language == "en" and not each.messy and not each.danger),
    ("Español", "", lambda each: each.language == "es" and not each.messy and not each.danger),
    (
        "Hard to read, or at a hard moment",
        "Short, misspelled, mixed, in pieces, twice, or while something is down.",
        lambda each: each.messy and not each.danger,
    ),
    (
        "When someone may be in danger",
        OF_DANGER,
        lambda each: each.danger,
    ),
)


def brought_up_to_date(page: str, transcripts: Iterable[Transcript]) -> str:
    """The page with these conversations. Raises ``ValueError`` when it has no place for them."""
    before, begun, _ = page.partition(BEGIN)
    if not begun:
        raise ValueError(f"{PAGE.name}: the marker of the written part is missing")
    return "\n".join([before + BEGIN, "", *written(list(transcripts))])


def written(transcripts: list[Transcript]) -> Iterator[str]:
    """The lines of the written part."""
    for title, words, belongs in CHAPTERS:
        yield from (f"## {title}", "")
        yield from (words, "") if words else ()
        for each in filter(belongs, transcripts):
            yield from _conversation(each)


def _conversation(each: Transcript) -> Iterator[str]:
    yield from (f"### {each.title.translate(MARKS)}", "", each.about.translate(MARKS), "")
    yield from (f"*{each.lines[0].at:%A, %H:%M}*", "") if each.lines else ()
    for line in each.lines:
        yield from (_line(line), "")


def _line(line: Line) -> str:
    if line.who in SPEAKERS:
        words = "<br>".join(part.translate(MARKS) for part in line.text.splitlines())
        return f"> **{SPEAKERS[line.who]}:** {words}"
    return f"*{(_happened(*line.text.split(maxsplit=1)) if line.who == EVENT else line.text).translate(MARKS)}*"


def _happened(act: str, value: str = "") -> str:
    """An event of a script in a sentence."""
    if act == "wait":
        number, unit = value.split()
        return f"{number} {UNITS[unit]}{'s' if number != '1' else ''} later."
    part = PARTS.get(value, value)
    return {
        "down": f"{part[0].upper()}{part[1:]} is down.",
        "up": f"{part[0].upper()}{part[1:]} is back.",
        "again": "Twilio posts the last text once more.",
        "claim": f"{value} takes over.",
        "release": f"{value} puts it back into the queue.",
        "resolve": "Ana ends it.",
        "shift": "Nobody is on shift." if value == "nobody" else "Somebody is on shift.",
    }[act]


def main() -> None:
    """Play every script and write the page."""
    command = [sys.executable, "-m", "pytest", PLAYED_BY, "-q", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {WRITE: "1"}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
