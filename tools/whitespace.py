"""Takes white space off line ends and leaves one newline at the end of the files it is given."""

import re
import sys
from pathlib import Path

LINE_END = re.compile(rb"[ \t]+(?=\r?\n|\Z)")


def tidy(content: bytes) -> bytes:
    """The same text without white space at line ends, ending in exactly one newline unless it is empty."""
    text = LINE_END.sub(b"", content).rstrip(b"\n")
    return text + b"\n" if text else b""


def main(paths: list[str]) -> int:
    """Tidy every file in place; 1 when one was changed, so that the commit is looked at again."""
    changed = 0
    for path in map(Path, paths):
        content = path.read_bytes()
        # Two spaces at a line end are a line break in Markdown.
        if path.suffix != ".md" and b"\0" not in content and tidy(content) != content:
            path.write_bytes(tidy(content))
            sys.stdout.write(f"tidied {path}\n")
            changed = 1
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
