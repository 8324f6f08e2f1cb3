"""Every text that a resident may read, out of every file that holds any, in English and Spanish side by side.

The files are read as they lie under ``root``, past all caches, so that a check can be tried on a changed copy.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "es")

GATEWAY, SAFETY, BOT, DIRECTORY, WIDGET, TOWN = "gateway", "safety", "bot", "directory", "widget", "town"
SOURCES = {
    GATEWAY: "gateway/texts",
    SAFETY: "gateway/texts/safety.yml",
    BOT: "bot/data",
    DIRECTORY: "gateway/directory/words.yml",
    WIDGET: "gateway/texts/widget",
    TOWN: "community.example.toml",
}
CELLS = "gateway/directory/cells.yml"  # words for what a directory's own cells say
SENT_BY_SMS = (GATEWAY, SAFETY, BOT)
# Not texts in two languages: the digits of the menu, and lines in many languages that have a reader of their own.
NO_TEXT, OTHER_READERS = "menu_choices", frozenset(("safety.yml", "other_languages.yml"))


@dataclass(frozen=True)
class Pair:
    """One text: where it stands, its name there, and its wording by language, placeholders still in it."""

    source: str
    name: str
    wording: Mapping[str, str]

    @property
    def key(self) -> str:
        """A name that no other text has."""
        return f"{self.source}.{self.name}"


def all_texts(root: Path = ROOT) -> Iterator[Pair]:
    """Every text of every source; one that lacks a language comes without it."""
    yield from _gateway(root / SOURCES[GATEWAY])
    yield from _safety(root / SOURCES[SAFETY])
    yield from _bot(root / SOURCES[BOT])
    yield from (Pair(DIRECTORY, key, words) for key, words in read_yaml(root / SOURCES[DIRECTORY]).items())
    yield from _cells(root / CELLS)
    yield from _widget(root / SOURCES[WIDGET])
    town = tomllib.loads((root / SOURCES[TOWN]).read_text(encoding="utf-8"))
    yield Pair(TOWN, "wording", town["wording"])
    for number, team in enumerate(town.get("teams", ()), 1):
        yield from (Pair(TOWN, f"teams.{number}.{told}", team[told]) for told in ("who", "looks") if told in team)


def _cells(path: Path) -> Iterator[Pair]:
    for about, entries in read_yaml(path).items():
        for entry in entries:
            yield Pair(DIRECTORY, f"cells.{about}.{entry['cells'][0]}", {code: entry[code] for code in LANGUAGES})


def _gateway(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("*.yml")):
        if path.name not in OTHER_READERS:
            yield from (Pair(GATEWAY, key, words) for key, words in read_yaml(path).items() if key != NO_TEXT)


def _safety(path: Path) -> Iterator[Pair]:
    raw = read_yaml(path)
    for way, words in raw["call"].items():
        yield Pair(SAFETY, f"call.{way}", words)
    for level in ("emergency", "urgent"):
        for name, text in raw[level].items():
            words = {key: value for key, value in text.items() if key not in {"sources", "sign_off"}}
            yield Pair(SAFETY, f"{level}.{name}", words)


def _bot(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("*/*.yml")):
        for name, variants in (read_yaml(path).get("responses") or {}).items():
            yield Pair(BOT, name, {each["condition"][0]["value"]: each["text"] for each in variants})


def _widget(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("*.yml")):
        yield from (Pair(WIDGET, key, words) for key, words in read_yaml(path).items())
