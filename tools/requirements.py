"""Compiles the hash-pinned requirement files from ``pyproject.toml``, and says when they are out of date.

``python -m tools.requirements`` writes them (uv and the network are needed); ``--check`` needs neither: each file
carries a digest of what it was compiled from.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools import bootstrap

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
MARK = "# compiled from: "


@dataclass(frozen=True)
class File:
    """One requirement file: the groups it holds, the Python it is for and the file whose versions it keeps to."""

    name: str
    groups: tuple[str, ...]
    python: str
    like: str | None = None

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / f"{self.name}.txt"


FILES = (
    File("gateway", ("gateway",), "3.12"),
    File("dev", ("gateway", "dev"), "3.12", like="gateway"),
    File("bot", ("bot",), "3.10"),
    File("uv", ("uv",), "3.8"),
)


def digest(file: File, groups: dict[str, list[str]]) -> str:
    """What a file is made from, as one short digest."""
    parts = [file.python, file.like, {name: sorted(groups[name], key=str) for name in file.groups}]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def stale(groups: dict[str, list[str]]) -> list[str]:
    """The files that are missing or were compiled from other dependency groups than ``pyproject.toml`` has now."""
    return [
        file.path.name
        for file in FILES
        if not file.path.exists() or MARK + digest(file, groups) not in file.path.read_text().splitlines()[:3]
    ]


def compile_file(file: File, groups: dict[str, list[str]], uv: str, upgrade: bool) -> None:
    """Resolve one file for every platform; versions that it has already are kept unless ``upgrade``."""
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url"]
    command += ["--no-header", "--python-version", file.python, "--output-file", str(file.path)]
    command += [word for group in file.groups for word in ("--group", f"pyproject.toml:{group}")]
    command += ["--constraints", f"requirements/{file.like}.txt"] if file.like else []
    command += ["--upgrade"] if upgrade else []
    subprocess.run(command, check=True, cwd=ROOT)
    header = f"# Made by `make requirements` from the dependency groups of pyproject.toml; do not edit.\n{MARK}"
    file.path.write_text(f"{header}{digest(file, groups)}\n{file.path.read_text()}")


def main(arguments: list[str] | None = None) -> int:
    """0 when every file is, or now is, up to date."""
    parser = argparse.ArgumentParser(prog="python -m tools.requirements", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions allowed")
    options = parser.parse_args(arguments)
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    if options.check:
        old = stale(groups)
        for name in old:
            sys.stderr.write(f"requirements/{name} is older than pyproject.toml; run `make requirements`\n")
        return 1 if old else 0
    uv = bootstrap.find_uv()
    for file in FILES:
        sys.stdout.write(f"compiling {file.path.relative_to(ROOT)}\n")
        sys.stdout.flush()
        compile_file(file, groups, uv, options.upgrade)
    return 0


if __name__ == "__main__":
    sys.exit(main())
