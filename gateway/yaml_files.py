"""Reads the YAML files that ship with the gateway, and those that a town brings."""

from pathlib import Path
from typing import Any

import yaml

# libyaml's reader, ten times as fast as Python's own, where the wheel has it: every start of every process reads all
# the words that there are, and every import of the demo directory its file.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """What a file says, in plain types only. Raises ``OSError``, ``UnicodeDecodeError`` or ``yaml.YAMLError``."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - one of the two safe ones
