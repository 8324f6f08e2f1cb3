"""Tells short cells that mean the same with every publisher ("None.", "wheelchair") in both languages."""

import re
from functools import cache
from pathlib import Path

from gateway.directory.folding import fold
from gateway.yaml_files import read_yaml

FILE = Path(__file__).parent / "cells.yml"
# Publishers whose eligibility was made of two columns: "None. For: Any age." Our own line begins with "For" as well.
TWICE = re.compile(r"^(?:(?:none|n/a)\s*[.;]\s*(?=\S))?(?:for:\s*)?", re.I)


def told(text: str | None, about: str, language: str) -> str | None:
    """A cell in the words of :data:`FILE`, where it is one of those; else as it stands."""
    if not text:
        return text
    if about == "who":
        text = TWICE.sub("", text)
    parts = text.split(";") if about == "access" else [text]
    return "; ".join(dict.fromkeys(_one(part.strip(), about, language) for part in parts))


def _one(cell: str, about: str, language: str) -> str:
    words = _cells()[about].get(fold(cell).rstrip(" ."))
    return words[language] if words else cell


@cache
def _cells() -> dict[str, dict[str, dict[str, str]]]:
    return {
        about: {cell: entry for entry in entries for cell in entry["cells"]}
        for about, entries in read_yaml(FILE).items()
    }
