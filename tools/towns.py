"""Writes the names of the towns of the United States for the bot's reading of places: `python -m tools.towns`.

The names come from the ZIP codes that the gateway's directory searches by, so both know the same country.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import zipcodes

TOWNS = Path(__file__).resolve().parents[1] / "bot" / "pipeline" / "towns.txt"
MOST_WORDS = 3


def names() -> list[str]:
    """Every name that a ZIP code is known by, small letters without accents, in order."""
    found = set()
    for code in zipcodes.list_all():  # type: ignore[no-untyped-call]  # the package has no types
        plain = unicodedata.normalize("NFKD", code["city"].casefold())
        name = "".join(c for c in plain if not unicodedata.combining(c))
        if len(name.split()) <= MOST_WORDS:
            found.add(name)
    return sorted(found)


def main() -> int:
    """Write the file."""
    found = names()
    TOWNS.write_text("\n".join(found) + "\n", encoding="utf-8")
    sys.stderr.write(f"{TOWNS.name}: {len(found)} names\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
