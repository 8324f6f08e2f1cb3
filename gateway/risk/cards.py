"""Rule cards: what a clinician wrote, read from the YAML files, checked, and refused with every fault named."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gateway.risk.level import Level
from gateway.risk.pattern import Compiled, Compiler, PatternError
from gateway.risk.spelling import fold_words, read_spelling

# libyaml's readers, ten times as fast, where the wheel has them: the acceptor must be up within two seconds.
PLAIN: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
TYPED: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HERE = Path(__file__).parent
CARDS = HERE / "cards"
FEWEST_TESTS = 3
LANGUAGES = ("en", "es")
SCOPES = frozenset({"idiom", "laughed", "negation", "past", "reported"})
_KEYS = frozenset(
    "id level category owner reviewed why_en why_es any unless keep raise lower settles idiom tests".split()
)


class CardError(ValueError):
    """The cards cannot be used. `faults` lists everything that is wrong, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} fault(s) in the rule cards:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Example:
    """A test that a card carries: a message, what came before it, and the level it must end at when it fires."""

    text: str
    level: Level
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raise:
    """What lifts a card to a higher level: any of these patterns elsewhere in the message."""

    level: Level
    patterns: tuple[Compiled, ...]


@dataclass(frozen=True, slots=True)
class Lower:
    """What brings a match down to a lower level: any of `patterns` beside it, and none of `without` in the message."""

    level: Level
    patterns: tuple[Compiled, ...]
    without: tuple[Compiled, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One rule: the level it gives, why, its patterns by language, and the tests that it must pass.

    `unless` are words nearby that make a match harmless. `heeds` are the scopes that silence or lower it; `lifts` is
    what raises it, `eases` what makes a match less grave. One that `settles` what its words mean leaves the net only
    the rest of the message. An `idiom` gives no level: it uses up the words it matches, so that no other card reads
    them.
    """

    id: str
    level: Level
    category: str
    owner: str
    reviewed: dt.date
    why_en: str
    why_es: str
    patterns: Mapping[str, tuple[Compiled, ...]]
    unless: tuple[Compiled, ...]
    heeds: frozenset[str]
    lifts: Raise | None
    eases: Lower | None
    settles: bool
    idiom: bool
    fire: tuple[Example, ...]
    silent: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Deck:
    """All cards that were loaded, the compiler that knows their words, and a version made of their content."""

    cards: tuple[Card, ...]
    compiler: Compiler
    version: str


def read_words(path: Path) -> Any:
    """A YAML file of words, where `no` and `1` stay words. Raises CardError with the place of the fault."""
    return _read(path, PLAIN)


def _read(path: Path, loader: Any) -> Any:
    try:
        # BaseLoader makes strings, lists and mappings only: it is the safest there is.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise CardError([f"{path.name}: {' '.join(str(fault).split())}"]) from fault


def new_compiler() -> Compiler:
    """A compiler that knows the word classes of slots.yml and folds patterns like messages."""
    spelling = read_spelling(read_words(HERE / "spelling.yml"), frozenset())
    return Compiler(read_words(HERE / "slots.yml"), lambda words: fold_words(words, spelling))


def load_cards(folder: Path = CARDS, compiler: Compiler | None = None) -> Deck:
    """Every card of the folder. Raises CardError, which lists all faults at once."""
    deck, faults = read_deck(folder, compiler or new_compiler())
    if faults:
        raise CardError(faults)
    return deck


def read_deck(folder: Path, compiler: Compiler) -> tuple[Deck, list[str]]:
    """The cards of the folder that can be used, and what is wrong with the others, one line each."""
    faults: list[str] = []
    cards: dict[str, Card] = {}
    for name, entry in _entries(folder, faults):
        card = _Draft(name, entry, compiler, faults).card()
        if card is None:
            continue
        if card.id in cards:
            faults.append(f"{name}: {card.id}: this id stands on two cards")
        cards[card.id] = card
    if not cards and not faults:
        faults.append(f"{folder} holds no cards")
    return Deck(tuple(cards.values()), compiler, _version(folder)), faults


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.yml"), *HERE.glob("*.yml"), *HERE.glob("*.txt"), *HERE.glob("*.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _entries(folder: Path, faults: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each card as written, with the owner and review date of its file filled in."""
    for path in sorted(folder.glob("*.yml")):
        try:
            page = _read(path, TYPED)
        except CardError as fault:
            faults += fault.faults
            continue
        if not isinstance(page, dict) or not isinstance(page.get("cards"), list):
            faults.append(f"{path.name}: must have 'owner', 'reviewed' and a list 'cards'")
            continue
        for entry in page["cards"]:
            if isinstance(entry, dict):
                yield path.name, {"owner": page.get("owner"), "reviewed": page.get("reviewed"), **entry}
            else:
                faults.append(f"{path.name}: a card must be keys and values, not {entry!r}")


class _Draft:
    """One card on its way from YAML, collecting its faults."""

    def __init__(self, name: str, entry: dict[str, Any], compiler: Compiler, faults: list[str]) -> None:
        self._where = f"{name}: {entry.get('id') or 'a card without id'}"
        self._entry = entry
        self._compiler = compiler
        self._faults = faults
        self._before = len(faults)

    def card(self) -> Card | None:
        entry = self._entry
        for key in sorted(set(entry) - _KEYS):
            self._fault(f"unknown key {key!r}")
        idiom = entry.get("idiom") is True
        level = self._level(entry.get("level", "none" if idiom else None))
        if level is Level.NONE and not idiom:
            self._fault("a card that is not an idiom must have a level of routine, urgent or emergency")
        reviewed = entry.get("reviewed")
        if not isinstance(reviewed, dt.date):
            self._fault("'reviewed' must be a date, like 2026-11-23")
            reviewed = dt.date.min
        card = Card(
            id=self._words("id"),
            level=level,
            category=self._words("category"),
            owner=self._words("owner"),
            reviewed=reviewed,
            why_en=self._words("why_en"),
            why_es=self._words("why_es"),
            patterns=self._patterns(),
            unless=self._compiled(entry.get("unless") or []),
            heeds=SCOPES - self._keep(),
            lifts=self._lifts(),
            eases=self._eases(),
            settles=entry.get("settles") is True,
            idiom=idiom,
            fire=self._examples("fire", level),
            silent=self._examples("silent", Level.NONE),
        )
        return card if len(self._faults) == self._before else None

    def _fault(self, words: str) -> None:
        self._faults.append(f"{self._where}: {words}")

    def _words(self, key: str) -> str:
        words = self._entry.get(key)
        if not isinstance(words, str) or not words.strip():
            self._fault(f"'{key}' is missing")
            return ""
        return words.strip()

    def _level(self, written: Any) -> Level:
        try:
            return Level(written)
        except ValueError:
            self._fault(f"level {written!r} is not one of {', '.join(Level)}")
            return Level.NONE

    def _patterns(self) -> dict[str, tuple[Compiled, ...]]:
        written = self._entry.get("any")
        if not isinstance(written, dict) or not set(written) <= {*LANGUAGES, "mix"}:
            self._fault("'any' must hold patterns under 'en' and 'es', and may hold 'mix'")
            return {}
        for language in LANGUAGES:
            if not written.get(language):
                self._fault(f"has no pattern in {language!r}")
        return {language: self._compiled(sources or []) for language, sources in written.items()}

    def _compiled(self, sources: list[Any], compiler: Compiler | None = None) -> tuple[Compiled, ...]:
        out = []
        for source in sources:
            try:
                out.append((compiler or self._compiler).compile(str(source)))
            except PatternError as fault:
                self._fault(str(fault))
        return tuple(out)

    def _keep(self) -> frozenset[str]:
        kept = frozenset(self._entry.get("keep") or [])
        for scope in sorted(kept - SCOPES):
            self._fault(f"'keep' knows {', '.join(sorted(SCOPES))}, not {scope!r}")
        return kept

    def _lifts(self) -> Raise | None:
        written = self._entry.get("raise")
        if written is None:
            return None
        if not isinstance(written, dict) or set(written) != {"to", "with"}:
            self._fault("'raise' must hold 'to' (a level) and 'with' (patterns)")
            return None
        return Raise(self._level(written["to"]), self._compiled(written["with"]))

    def _eases(self) -> Lower | None:
        written = self._entry.get("lower")
        if written is None:
            return None
        if not isinstance(written, dict) or not {"to", "with"} <= set(written) <= {"to", "with", "without"}:
            self._fault("'lower' must hold 'to' (a level) and 'with' (patterns), and may hold 'without' (patterns)")
            return None
        apart = self._compiler.apart()  # spelling is repaired towards words of danger, never towards what plays it down
        with_, without = (self._compiled(written.get(key) or [], apart) for key in ("with", "without"))
        return Lower(self._level(written["to"]), with_, without)

    def _examples(self, kind: str, level: Level) -> tuple[Example, ...]:
        tests = self._entry.get("tests")
        rows = tests.get(kind) if isinstance(tests, dict) else None
        if not isinstance(rows, list) or len(rows) < FEWEST_TESTS:
            self._fault(f"needs at least {FEWEST_TESTS} tests under '{kind}'")
            return ()
        return tuple(self._example(row, level) for row in rows)

    def _example(self, row: Any, level: Level) -> Example:
        if isinstance(row, dict):
            return Example(str(row.get("text")), self._level(row.get("level", level)), tuple(row.get("context") or ()))
        return Example(str(row), level)
