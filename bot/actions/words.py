"""What the needs are called, by us and by residents, and words for matters of others: read from bot/data once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.pipeline.plain import unaccented

_DATA = Path(__file__).resolve().parent.parent / "data"
_NAME = "utter_name_"
_WORDS = "words_"
_CITY = "elsewhere_city"


@lru_cache(maxsize=1)
def need_names() -> dict[str, dict[str, str]]:
    """`utter_name_<need>` of every need file: {need: {language: name}}."""
    return {
        key[len(_NAME) :]: {variant["condition"][0]["value"]: variant["text"] for variant in variants}
        for content in _files("needs")
        for key, variants in content.get("responses", {}).items()
        if key.startswith(_NAME)
    }


@lru_cache(maxsize=1)
def need_words() -> tuple[tuple[str, str], ...]:
    """The words that tell a need, unaccented, each with its need; the longest first."""
    found = {
        word: name[len(_WORDS) :] for name, words in _lookups("needs") if name.startswith(_WORDS) for word in words
    }
    found.update({unaccented(name): need for need, names in need_names().items() for name in names.values()})
    return tuple(sorted(found.items(), key=lambda item: -len(item[0])))


@lru_cache(maxsize=1)
def city_words() -> tuple[str, ...]:
    """Words of matters that the city's own line takes (311): street lights, trash, parking; unaccented."""
    return tuple(word for name, words in _lookups("conversation") if name == _CITY for word in words)


def _lookups(folder: str) -> list[tuple[str, list[str]]]:
    return [
        (block["lookup"], [unaccented(row[1:].strip()) for row in block["examples"].splitlines() if row.strip()])
        for content in _files(folder)
        for block in content.get("nlu", [])
        if "lookup" in block
    ]


def _files(folder: str) -> list[dict[str, Any]]:
    # Rasa brings ruamel.yaml; it is not there where only pure functions are used.
    import ruamel.yaml

    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    return [yaml.load(path.read_text(encoding="utf-8")) or {} for path in sorted((_DATA / folder).glob("*.yml"))]
