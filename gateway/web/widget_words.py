"""The words that the chat widget shows of itself: data in ``texts/widget/*.yml``, for the page and for its scripts."""

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from gateway import texts
from gateway.yaml_files import read_yaml

FOLDER = texts.FOLDER / "widget"
LAUNCHER = "launcher.yml"  # all that runs on the town's own page
FETCHED = "by_text.yml"  # what the chat page asks for when it is wanted, in one language
SERVERS_OWN = "hours.yml"  # said by the server alone
Words = Mapping[str, Mapping[str, str]]


def say(language: str, key: str, **values: object) -> str:
    """A word in ``"en"`` or ``"es"`` with its placeholders filled in. Raises ``KeyError`` for an unknown one."""
    return words()[key][language].format_map(values)


@cache
def words() -> Words:
    """Every word by its name. Raises ``ValueError`` where one stands twice, or not in exactly English and Spanish."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        for key, wording in read_yaml(path).items():
            if key in found:
                raise ValueError(f"{path.name}: the word {key!r} stands in another file as well")
            if set(wording) != set(texts.LANGUAGES):
                raise ValueError(f"{path.name}: the word {key!r} is not in exactly English and Spanish")
            found[key] = wording
    return MappingProxyType(found)


@cache
def of_launcher() -> frozenset[str]:
    """The names of the words that the town's own page is given."""
    return _of(LAUNCHER)


@cache
def of_frame() -> frozenset[str]:
    """The names of the words that the chat page is given at once."""
    return frozenset(words()) - of_fetched() - _of(SERVERS_OWN)


def of_fetched() -> frozenset[str]:
    """The names of the words that the chat page asks for when it needs them."""
    return _of(FETCHED)


def module(names: frozenset[str] | None = None) -> str:
    """The text of the script module ``wording.js``: these words, or the chat page's, each in English and Spanish."""
    chosen = names or of_frame()
    told = {key: [said[code] for code in texts.LANGUAGES] for key, said in words().items() if key in chosen}
    return f"export const WORDS = {json.dumps(told, ensure_ascii=False, separators=(',', ':'))};\n"


def _of(file: str) -> frozenset[str]:
    return frozenset(read_yaml(FOLDER / file))
