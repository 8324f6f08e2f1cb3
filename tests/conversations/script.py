"""A conversation as a person writes it down: what the resident texts, what passes, and which moves are expected.

A script is a YAML file of words only (``no``, ``1`` and ``94110`` stay what was texted). It names text keys, never
wording, so a text may be written better without a script being touched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

HERE = Path(__file__).parent
LANGUAGES = ("en", "es")
TOWN = ZoneInfo("America/Los_Angeles")  # the demo town's
MONDAY_NOON = "2026-11-23 12:00"
SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
PARTS = ("bot", "carrier", "redis", "store", "worker")
ENDS = (
    *("services", "person", "safety", "team", "mediation", "elsewhere", "emergency_line", "opted_out", "closed"),
    *("resumed", "question", "follow_up", "interpreter", "with_a_person"),
)
TURN = {
    *("say", "burst", "photo", "again", "wait", "down", "up", "claim", "reply", "release", "resolve", "shift"),
    *("moves", "language", "searched", "escalation", "note"),
}
ACTS = ("say", "burst", "photo", "again", "wait", "down", "up", "claim", "reply", "release", "resolve", "shift")
HEAD = {"title", "about", "messy", "danger", "starts", "shift", "ends", "turns"}


class ScriptError(ValueError):
    """A script that cannot be played; says in which file and where."""


@dataclass(frozen=True)
class Turn:
    """One thing that happens, and what must come of it. ``moves`` is None where the script does not say."""

    act: str
    value: Any
    moves: tuple[str, ...]
    language: str | None = None
    searched: dict[str, Any] | None = None
    escalation: str | None = None
    note: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """What the resident sends in this turn."""
        if self.act == "say":
            return (self.value,)
        return tuple(self.value) if self.act == "burst" else ("",) if self.act == "photo" else ()

    @property
    def span(self) -> timedelta:
        """How long a ``wait`` lasts."""
        number, unit = str(self.value).split()
        return timedelta(**{SPANS[unit]: int(number)})


@dataclass(frozen=True)
class Script:
    """A whole conversation."""

    name: str
    language: str
    title: str
    about: str
    ends: str
    turns: tuple[Turn, ...]
    messy: bool = False
    danger: bool = False
    shift: bool = True
    starts: datetime = field(default_factory=lambda: local(MONDAY_NOON))


def local(words: str) -> datetime:
    """A time of the demo town, such as ``2026-11-23 12:00``."""
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=TOWN)


def scripts(folder: Path = HERE) -> Iterator[Script]:
    """Every script of both languages, by name."""
    for language in LANGUAGES:
        for path in sorted((folder / language).glob("*.yml")):
            yield read(path, language)


def read(path: Path, language: str) -> Script:
    """Read and check one script. Raises :class:`ScriptError`."""
    where = f"{language}/{path.name}"
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    _refuse(raw.keys() - HEAD, f"{where}: not known here")
    _refuse({"title", "about", "ends", "turns"} - raw.keys(), f"{where}: missing")
    _refuse({raw["ends"]} - set(ENDS), f"{where}: no such end")
    return Script(
        name=f"{language}/{path.stem}",
        language=language,
        title=raw["title"],
        about=raw["about"],
        ends=raw["ends"],
        turns=tuple(_turn(turn, f"{where}, turn {number}") for number, turn in enumerate(raw["turns"], start=1)),
        messy=raw.get("messy") == "true",
        danger=raw.get("danger") == "true",
        shift=raw.get("shift") != "nobody",
        starts=local(raw.get("starts", MONDAY_NOON)),
    )


def _turn(raw: dict[str, Any], where: str) -> Turn:
    _refuse(raw.keys() - TURN, f"{where}: not known here")
    acts = [act for act in ACTS if act in raw]
    if len(acts) != 1:
        raise ScriptError(f"{where}: one of {', '.join(ACTS)}, not {acts}")
    act, value = acts[0], raw[acts[0]]
    if act in {"down", "up"}:
        _refuse({value} - set(PARTS), f"{where}: no such part")
    if act == "wait" and not re.fullmatch(r"\d+ [smhd]", value):
        raise ScriptError(f"{where}: a span such as '3 d', not {value!r}")
    _refuse({raw.get("language", "en")} - set(LANGUAGES), f"{where}: no such language")
    return Turn(
        act,
        value,
        tuple(raw.get("moves") or ()),
        raw.get("language"),
        raw.get("searched"),
        raw.get("escalation"),
        raw.get("note"),
    )


def _refuse(wrong: Any, why: str) -> None:
    if wrong:
        raise ScriptError(f"{why}: {', '.join(sorted(wrong))}")
