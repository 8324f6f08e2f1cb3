"""Knows which of the directory's words name no need by themselves (``unsure_words.yml``).

In a search box "hospital" asks for health care. In a text it tells where somebody is.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from gateway.directory.needs import Mapping
from gateway.directory.phrases import Hit
from gateway.yaml_files import read_yaml

FILE = Path(__file__).with_name("unsure_words.yml")
NAMELESS = "other"  # libraries, furniture, the arts: the bot knows no need of that name


@cache
def words() -> frozenset[tuple[str, str]]:
    """Need or topic, and the words that are unsure for it."""
    listed = read_yaml(FILE) or {}
    return frozenset((meaning, phrase) for meaning, phrases in listed.items() for phrase in phrases)


def needs_of(mapping: Mapping, meaning: str) -> set[str]:
    """The needs with a name that a need's or a topic's words name."""
    return (mapping.topics.needs_of([meaning]) or {meaning} & set(mapping.needs)) - {NAMELESS}


def without(hits: Iterable[tuple[Hit, str]]) -> Iterator[Hit]:
    """What words name, each given with the words that do: without what those are unsure for."""
    for hit, phrase in hits:
        meanings = frozenset(one for one in hit.meanings if (one, phrase) not in words())
        if meanings:
            yield hit._replace(meanings=meanings)
