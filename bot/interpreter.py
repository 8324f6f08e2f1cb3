"""Refuse a Python that cannot run Rasa 3.6, with a sentence that says what to do."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder with config.yml, domain.yml, endpoints.yml and credentials.yml."""

_NEEDED = (3, 10)


def require() -> None:
    """End the program with one clear line unless this is the Python that Rasa 3.6 runs on.

    Rasa 3.6.21 supports Python 3.8 to 3.10 only; pip on a newer one silently picks an ancient Rasa.
    """
    found = sys.version_info[:2]
    if found != _NEEDED:
        sys.exit(
            f"The bot needs Python {_NEEDED[0]}.{_NEEDED[1]} because Rasa 3.6 runs on nothing newer, but this is "
            f"Python {found[0]}.{found[1]} ({sys.executable}). "
            "Start it with .venv-bot/bin/python; `make setup` builds that environment."
        )
