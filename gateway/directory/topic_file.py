"""A town's own topics: a YAML file of the shape of ``topics.yml``, laid over ours.

A name that we have too gets the town's words beside ours, and loses those under ``without``; what else the town says of
it (``needs``, ``large``, ``under``, ``kind``) stands in place of ours. Any other name is a topic of the town's own.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from gateway.directory.folding import fold
from gateway.directory.report import ImportFailed
from gateway.yaml_files import read_yaml

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")  # it is kept among the needs
LANGUAGES = ("en", "es")
BY_LANGUAGE = ("words", "asked")
LISTS = ("needs", "large", "under", "without")
KINDS = ("who", "how", "general")
KEYS = (*LISTS, *BY_LANGUAGE, "kind")

Rule = dict[str, Any]


def read(path: Path) -> dict[str, Rule]:
    """The topics of a file by name, as they are written. Raises :class:`ImportFailed` for a file that is none."""
    try:
        written = read_yaml(path)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise ImportFailed([f"{path.name} cannot be read: {type(error).__name__} {error}"]) from error
    if not isinstance(written or {}, dict):
        raise ImportFailed([f"{path.name} is no list of topics by their names"])
    return {str(name): rule or {} for name, rule in (written or {}).items()}


def lay_over(ours: dict[str, Rule], town: Path, needs: Collection[str]) -> None:
    """Add a town's file to our topics. Raises :class:`ImportFailed` with everything that is wrong in it."""
    theirs = read(town)
    known = ours.keys() | theirs.keys()
    faults = [f"{town.name}: {name}: {fault}" for name, rule in theirs.items() for fault in _faults(name, rule)]
    faults = faults or [
        f"{town.name}: {name}: {fault}" for name, rule in theirs.items() for fault in _unknown(rule, known, needs)
    ]
    if faults:
        raise ImportFailed(faults)
    for name, rule in theirs.items():
        ours[name] = _laid(ours.get(name, {}), rule)


def _laid(ours: Rule, theirs: Rule) -> Rule:
    gone = set(map(fold, theirs.get("without") or ()))
    laid = ours | {key: value for key, value in theirs.items() if key not in {*BY_LANGUAGE, "without"}}
    for key in BY_LANGUAGE:
        here, there = ours.get(key) or {}, theirs.get(key) or {}
        laid[key] = {
            tongue: [word for word in here.get(tongue) or () if fold(str(word)) not in gone] + (there.get(tongue) or [])
            for tongue in LANGUAGES
        }
    return laid


def _faults(name: str, rule: Any) -> Iterator[str]:
    """What is wrong with the shape of a topic."""
    if not NAME.fullmatch(name):
        yield "a name is small letters, digits and underscores"
    if not isinstance(rule, dict):
        yield "no keys"
        return
    if unknown := sorted(map(str, rule.keys() - set(KEYS))):
        yield f"{', '.join(unknown)}: no such key; there are {', '.join(KEYS)}"
    yield from (f"{key} is no list of words" for key in LISTS if not _is_words(rule.get(key) or []))
    yield from (f"{key} is no list of words under en or es" for key in BY_LANGUAGE if not _is_told(rule.get(key) or {}))
    if "kind" in rule and rule["kind"] not in KINDS:
        yield f"kind is one of {', '.join(KINDS)}"


def _unknown(rule: Rule, topics: Collection[str], needs: Collection[str]) -> Iterator[str]:
    """What a topic names that there is not."""
    for key, known in (("needs", needs), ("large", needs), ("under", topics)):
        if strange := [word for word in rule.get(key) or () if word not in known]:
            yield f"{key}: there is no {', '.join(strange)}"


def _is_told(told: Any) -> bool:
    return isinstance(told, dict) and not told.keys() - set(LANGUAGES) and all(map(_is_words, told.values()))


def _is_words(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(word, str) and word.strip() for word in told)
