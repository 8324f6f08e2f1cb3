"""What a change to the rule cards does: their own tests, and which messages of a sample it reads in another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.risk.cards import CARDS, HERE, Card, Deck, new_compiler, read_deck
from gateway.risk.level import Level
from gateway.risk.lines import json_object
from gateway.risk.pattern import Compiled
from gateway.risk.screening import Screener, assemble, self_test

ORDINARY = HERE / "ordinary.tsv"
_MOST_SHOWN = 200  # changed messages of one sample; the counts go on


class SampleError(ValueError):
    """A sample cannot be used. `faults` lists everything that is wrong, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Row:
    """One message of a sample, what came before it, and the level it should have, where the sample says so."""

    text: str
    context: tuple[str, ...] = ()
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A message that the two decks read differently: its levels, and the cards that make the difference."""

    row: Row
    before: Level
    after: Level
    cards: tuple[str, ...]


@dataclass(slots=True)
class Check:
    """What came of a check: faults of any kind, how much was tried, and what changed in each sample."""

    faults: list[str] = field(default_factory=list)
    cards: int = 0
    tests: int = 0
    deck: list[str] = field(default_factory=list)
    samples: dict[str, tuple[int, list[Change]]] = field(default_factory=dict)


def check(folder: Path = CARDS, samples: Sequence[Path] = (ORDINARY,), against: Path = CARDS) -> Check:
    """Try the cards of `folder`: read them, run their tests, and compare them with those of `against` on the samples.

    Every fault is found in one go: a card that cannot be read does not keep the others from being tried. Never raises
    for what is in the files.
    """
    found = Check()
    after = _screener_of(folder, found)
    found.faults += self_test(after)
    found.cards = len(after.deck.cards)
    found.tests = sum(len(card.fire) + len(card.silent) for card in after.deck.cards)
    before = after if folder.resolve() == against.resolve() else _screener_of(against, found)
    found.deck = _deck_changes(before.deck, after.deck)
    for path in samples:
        try:
            rows = read_sample(path)
        except SampleError as fault:
            found.faults += fault.faults
            continue
        found.faults += _broken(after, path, rows)
        found.samples[path.name] = len(rows), list(compare(before, after, rows))
    return found


def _screener_of(folder: Path, found: Check) -> Screener:
    deck, faults = read_deck(folder, new_compiler())
    found.faults += faults
    # A clock that stands still: what a card does must not depend on how busy this machine is.
    return assemble(deck, clock=lambda: 0.0)


def _broken(subject: Screener, path: Path, rows: Iterable[Row]) -> Iterator[str]:
    """The messages that could not be screened to the end."""
    for row in rows:
        trouble = subject.screen(row.text, row.context).not_screened
        if trouble is not None:
            yield f"{path.name}: {row.text[:80]!r} was not screened: {trouble}"


def compare(before: Screener, after: Screener, rows: Iterable[Row]) -> Iterator[Change]:
    """The messages in which another card fires, or the same one at another level; most of them keep their own level."""
    for row in rows:
        old_level, old = _read(before, row)
        new_level, new = _read(after, row)
        if old != new:
            cards = tuple(_difference(card, old.get(card), new.get(card)) for card in sorted({*old, *new}))
            yield Change(row, old_level, new_level, tuple(each for each in cards if each))


def _read(subject: Screener, row: Row) -> tuple[Level, dict[str, str]]:
    assessment, idioms = subject.trace(row.text, row.context)
    fired = {each.card_id: each.level.value for each in assessment.findings}
    return assessment.level, dict.fromkeys(idioms, "idiom") | fired


def _difference(card: str, old: str | None, new: str | None) -> str:
    if old == new:
        return ""
    if old is None:
        return f"+ {card} ({new})"
    return f"- {card}" if new is None else f"{card} ({old} -> {new})"


def _deck_changes(before: Deck, after: Deck) -> list[str]:
    """What stands in one deck and not in the other, one line for each card."""
    old = {card.id: _as_written(card) for card in before.cards}
    new = {card.id: _as_written(card) for card in after.cards}
    words = [(f"new card {each}", each not in old) for each in new]
    words += [(f"changed card {each}", old[each] != new[each]) for each in new if each in old]
    words += [(f"card {each} is gone", each not in new) for each in old]
    return sorted(line for line, true in words if true)


def _as_written(card: Card) -> tuple[Any, ...]:
    """A card without what was compiled from it, so that two readings of one file are equal."""
    return (
        *(card.level, card.category, card.owner, card.reviewed, card.why_en, card.why_es, card.idiom, card.heeds),
        {language: _sources(patterns) for language, patterns in card.patterns.items()},
        _sources(card.unless),
        card.lifts and (card.lifts.level, _sources(card.lifts.patterns)),
        card.eases and (card.eases.level, _sources(card.eases.patterns), _sources(card.eases.without)),
        (card.fire, card.silent),
    )


def _sources(patterns: Sequence[Compiled]) -> list[str]:
    return [each.source for each in patterns]


def told(found: Check) -> Iterator[str]:
    """The check as lines to print."""
    for fault in found.faults:
        yield f"FAULT  {fault}"
    yield f"{found.cards} cards, {found.tests:,} tests, {len(found.faults)} fault(s)"
    yield from found.deck or ["no card differs from those it is compared with"]
    for name, (rows, changes) in found.samples.items():
        yield from _sample_told(name, rows, changes)


def _sample_told(name: str, rows: int, changes: Sequence[Change]) -> Iterator[str]:
    moved = sorted((each for each in changes if each.before != each.after), key=lambda each: -each.after.rank)
    yield f"{name}: {rows} messages, {len(moved)} change their level"
    for each in moved[:_MOST_SHOWN]:
        wanted = f"  [the sample says {each.row.level}]" if each.row.level not in {None, each.after} else ""
        # repr: nothing in a message may steer the terminal.
        yield f"  {each.before} -> {each.after}  {each.row.text!r}  {', '.join(each.cards)}{wanted}"
    if len(moved) > _MOST_SHOWN:
        yield f"  ... and {len(moved) - _MOST_SHOWN} more"
    firing = sum(each.before is Level.NONE for each in moved)
    silent = sum(each.after is Level.NONE for each in moved)
    higher = sum(each.after > each.before for each in moved) - firing
    lower = len(moved) - firing - silent - higher
    yield f"  newly firing {firing}, newly silent {silent}, higher {higher}, lower {lower}"
    for card, count in sorted(Counter(card for each in changes for card in each.cards).items()):
        yield f"  {card}: {count} message(s)"


def read_sample(path: Path) -> list[Row]:
    """The messages of a file: JSON lines `{"text", "context"?, "level"?}`, or columns with tabs under a heading.

    The heading names a column `text` and may name `level`; other columns are passed over, as are empty lines and lines
    that begin with '#'. Raises SampleError with every line that cannot be used.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").split("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise SampleError([f"{path.name}: {' '.join(str(fault).split())}"]) from fault
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not numbered:
        raise SampleError([f"{path.name}: holds no messages"])
    as_json = numbered[0][1].lstrip().startswith("{")
    heading = [] if as_json else numbered.pop(0)[1].split("\t")
    if not as_json and "text" not in heading:
        raise SampleError([f"{path.name}: its first line must name the columns, one of them 'text'"])
    rows, faults = [], []
    for number, line in numbered:
        try:
            entry = json_object(line) if as_json else dict(zip(heading, line.split("\t"), strict=False))
            rows.append(_row_of(entry))
        except ValueError as fault:  # json.JSONDecodeError is one
            faults.append(f"{path.name}: line {number}: {fault}")
    if faults:
        raise SampleError(faults)
    return rows


def _row_of(entry: dict[str, Any]) -> Row:
    text, context, level = entry.get("text"), entry.get("context") or [], entry.get("level")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("no text")
    if not isinstance(context, list) or not all(isinstance(each, str) for each in context):
        raise ValueError("context is not a list of texts")
    # The level guide says 911 where the cards say emergency.
    return Row(text, tuple(context), Level("emergency" if level == "911" else level) if level else None)
