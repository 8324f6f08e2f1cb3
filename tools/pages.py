"""What the tools that write a page of ``docs/`` share: tables, and the writing of what has changed."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    for cells in (heads, ("---",) * len(heads), *rows):
        yield f"| {' | '.join(cells)} |"


def bring_up_to_date(path: Path, fresh: Callable[[str], str]) -> None:
    """Write the page anew from what it was, and say whether it had to change."""
    page = path.read_text(encoding="utf-8")
    made = fresh(page)
    path.write_text(made, encoding="utf-8")
    sys.stdout.write(f"{path.name}: {'as it was' if made == page else 'brought up to date'}\n")
