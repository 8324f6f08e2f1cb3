"""The common words of English and Spanish, which are never taken for a misspelling of a dangerous one."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

FILE = Path(__file__).parent / "dictionary.txt"


class CommonWords:
    """Tells whether a word is common. The file's lines are sorted, so none of its words is unpacked until asked for."""

    def __init__(self, path: Path = FILE) -> None:
        """Read the file that gather.py made. Raises OSError or UnicodeDecodeError when it cannot be read."""
        lines = path.read_text(encoding="ascii").splitlines()
        self._lines = [f" {line} " for line in lines if line and not line.startswith("#")]

    def __contains__(self, word: str) -> bool:
        sought = f" {word} "
        at = bisect_right(self._lines, sought)
        # A line that begins with the very word sorts behind it, because more words follow.
        return any(sought in line for line in self._lines[max(0, at - 1) : at + 1])
