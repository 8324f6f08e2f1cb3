"""Sets the project up on a machine that has little more than some Python 3: uv, two interpreters, two environments.

Standard library only, and it runs under any Python from 3.8 on, because it runs before anything is installed:
``python3 tools/bootstrap.py [--production] [--only gateway|bot]``. What is already right is left alone.
"""

import argparse
import contextlib
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parent.parent
OWN_UV = ROOT / ".uv"
GIGABYTE = 1_000_000_000
# Raised when the way of installing changes, so that environments made the old way are looked at again.
EDITION = "3"
OLDEST_UV = (0, 5)


class Environment(NamedTuple):
    """One virtual environment: its folder, its Python, what is installed into it and how much disk that takes."""

    name: str
    folder: Path
    python: str
    requirements: Path
    gigabytes: float
    holds_project: bool


class SetUpFailed(Exception):
    """Something is missing that this script cannot bring; the message says what, and what to do."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Set up what is not yet right; 0 when everything is ready, 1 with one sentence when it cannot be."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__)
    parser.add_argument("--production", action="store_true", help="leave out what only development needs")
    parser.add_argument("--only", choices=["gateway", "bot"], help="set up one of the two environments")
    options = parser.parse_args(arguments)
    wanted = [e for e in environments(options.production) if options.only in (None, e.name)]
    begun = time.monotonic()
    try:
        with one_at_a_time():
            worked = [set_up(environment) for environment in wanted]
    except SetUpFailed as failure:
        sys.stderr.write("set-up: {}\n".format(failure))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("set-up: interrupted; run it again to go on\n")
        return 130
    if any(worked):
        say("ready after {:.0f} s".format(time.monotonic() - begun))
    return 0


def environments(production: bool) -> List[Environment]:
    """Both environments; the gateway's without the development tools when ``production``."""
    listed = "gateway.txt" if production else "dev.txt"
    folder = ROOT / "requirements"
    return [
        Environment("gateway", ROOT / ".venv", "3.12", folder / listed, 0.9, True),
        Environment("bot", ROOT / ".venv-bot", "3.10", folder / "bot.txt", 3.5, False),
    ]


def set_up(environment: Environment) -> bool:
    """Bring one environment to what its requirement file says; False when it was so already."""
    stamp = environment.folder / ".front-door"
    python = environment.folder / "bin" / "python"
    if python.exists() and _read(stamp) == stamp_of(environment):
        return False
    _require_space(environment)
    uv = find_uv()
    if _version(python) != environment.python:
        interpreter = find_interpreter(environment.python, uv)
        say("making {}/ with {}".format(environment.folder.name, interpreter))
        run(uv, "venv", "--quiet", "--clear", "--python", interpreter, str(environment.folder))
    say("installing {} into {}/".format(environment.requirements.name, environment.folder.name))
    if stamp.exists():
        stamp.unlink()
    install(environment, uv, str(python))
    stamp.write_text(stamp_of(environment))
    return True


def install(environment: Environment, uv: str, python: str) -> None:
    """Install what the requirement file lists, and the project itself, without fetching anything unpinned.

    A few packages exist as source only. They are built with the pinned setuptools, installed first, and not in a
    build environment of their own, for which uv would fetch the newest one.
    """
    options = ["--python", python, "--no-build-isolation"]
    builder = _block(environment.requirements.read_text(), "setuptools")
    command = [uv, "pip", "install", "--quiet", *options, "--no-deps", "--require-hashes", "-r", "-"]
    if subprocess.run(command, input=builder.encode(), check=False).returncode != 0:
        raise SetUpFailed("setuptools could not be installed; uv's own words are above.")
    # Compiled now, or every start of every process compiles anew where Python may write no bytecode.
    run(uv, "pip", "sync", *options, "--compile-bytecode", "--require-hashes", str(environment.requirements))
    if environment.holds_project:
        run(uv, "pip", "install", "--quiet", *options, "--no-deps", "--no-index", "--editable", str(ROOT))


def _block(requirements: str, name: str) -> str:
    """The lines of one package in a requirement file: its pin and its hashes."""
    lines = requirements.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(name + "=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    return "\n".join(lines[start : end + 1]) + "\n"


def stamp_of(environment: Environment) -> str:
    """What an environment is made from, as one digest: requirements, Python, the project's name and commands."""
    digest = hashlib.sha256("{} {} {}".format(EDITION, environment.python, environment.folder).encode())
    try:
        digest.update(environment.requirements.read_bytes())
        if environment.holds_project:
            # The dependency groups and the tools' tables change often and change nothing that is installed here.
            digest.update((ROOT / "pyproject.toml").read_text().split("[dependency-groups]")[0].encode())
    except OSError as failure:
        raise SetUpFailed("{} cannot be read: {}".format(failure.filename, failure.strerror)) from failure
    return digest.hexdigest()


def find_uv() -> str:
    """A uv that runs: the project's own, else the one on PATH, else a new one in the project's folder."""
    own = [str(OWN_UV / "bin" / "uv"), str(OWN_UV / "packages" / "bin" / "uv")]
    on_path = [os.path.join(folder, "uv") for folder in _path()]
    for candidate in own + on_path:
        if uv_version(candidate) >= OLDEST_UV:
            return candidate
    return install_uv()


def uv_version(program: str) -> Tuple[int, ...]:
    """The version of a uv, or nothing when it does not run: a pyenv shim may stand there without a program behind."""
    words = _answer([program, "--version"]).split()
    try:
        return tuple(int(part) for part in words[1].split(".")[:2])
    except (IndexError, ValueError):
        return ()


def install_uv() -> str:
    """Put uv into ``.uv/``, in an environment of its own or, where Python has no ``venv``, as plain files."""
    pinned = str(ROOT / "requirements" / "uv.txt")
    options = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", pinned]
    tried: List[str] = []
    for python in pythons_with_pip():
        say("installing uv into .uv/ with {}".format(python))
        shutil.rmtree(str(OWN_UV), ignore_errors=True)
        if _quietly([python, "-m", "venv", str(OWN_UV)], tried) and _quietly(
            [str(OWN_UV / "bin" / "python"), "-m", "pip", *options], tried
        ):
            return str(OWN_UV / "bin" / "uv")
        shutil.rmtree(str(OWN_UV), ignore_errors=True)
        packages = OWN_UV / "packages"
        if _quietly([python, "-m", "pip", *options, "--target", str(packages)], tried):
            return str(packages / "bin" / "uv")
    reason = tried[-1] if tried else "no Python was found"
    raise SetUpFailed(
        "uv is missing and could not be installed ({}). Install uv, or Python's venv and pip "
        "(on Debian: apt-get install python3-venv python3-pip), and run this again.".format(reason)
    )


def pythons_with_pip() -> Iterator[str]:
    """This interpreter, then every other Python that may bring a pip."""
    seen = set()
    candidates = [sys.executable] + [p for v in ("3.12", "3.10") for p in interpreters(v)]
    for candidate in candidates + [os.path.join(folder, "python3") for folder in _path()]:
        if candidate and candidate not in seen and os.access(candidate, os.X_OK):
            seen.add(candidate)
            yield candidate


def find_interpreter(version: str, uv: str) -> str:
    """A Python of that version: on PATH, pyenv's, one that uv knows, else one that uv downloads."""
    for candidate in interpreters(version):
        if _version(Path(candidate)) == version:
            return candidate
    known = _answer([uv, "python", "find", "--no-python-downloads", "--no-project", version]).strip()
    if known:
        return known
    say("Python {} is not on this machine; uv tries to download it".format(version))
    if subprocess.call([uv, "python", "install", version]) == 0:
        return _answer([uv, "python", "find", "--no-project", version]).strip()
    raise SetUpFailed(
        "Python {0} was not found and could not be downloaded. Install it, for example with "
        "`pyenv install {0}`, and run this again; PATH and pyenv's versions are searched.".format(version)
    )


def interpreters(version: str) -> Iterator[str]:
    """Where a Python of that version may be. Shims of pyenv are among them and may not run, so each must be tried."""
    for folder in _path():
        yield os.path.join(folder, "python" + version)
    homes = [os.environ.get("PYENV_ROOT", ""), os.path.expanduser("~/.pyenv")]
    for home in homes:
        found = glob.glob(os.path.join(home, "versions", version + ".*", "bin", "python")) if home else []
        yield from sorted(found, key=_patch, reverse=True)
    for folder in ("/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"):
        yield os.path.join(folder, "python" + version)


def _patch(path: str) -> Tuple[int, ...]:
    words = Path(path).parent.parent.name.split(".")
    return tuple(int(word) if word.isdigit() else 0 for word in words)


def run(*command: str) -> None:
    """Run a step, its output going to the terminal; a failure ends the set-up."""
    if subprocess.call(list(command)) != 0:
        raise SetUpFailed("`{}` failed; its own words are above.".format(" ".join(command[:4])))


def say(text: str) -> None:
    """One line of progress."""
    sys.stdout.write("set-up: {}\n".format(text))
    sys.stdout.flush()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another set-up of the same folder instead of spoiling it."""
    import fcntl  # noqa: PLC0415 - not on Windows, where the Makefile does not run either

    folder = os.open(str(ROOT), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("waiting for another set-up of this folder")
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(folder)


def _require_space(environment: Environment) -> None:
    free = shutil.disk_usage(str(ROOT)).free
    needed = environment.gigabytes * GIGABYTE
    if not environment.folder.exists() and free < needed:
        raise SetUpFailed(
            "the disk of {} has {:.1f} GB free and {} needs {:.1f} GB.".format(
                ROOT, free / GIGABYTE, environment.folder.name, environment.gigabytes
            )
        )


def _path() -> List[str]:
    return [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]


def _version(python: Path) -> str:
    return _answer([str(python), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()


def _answer(command: List[str]) -> str:
    """What a program prints, or nothing when it does not run or fails."""
    if not os.access(command[0], os.X_OK):
        return ""
    try:
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return made.stdout.decode(errors="replace") if made.returncode == 0 else ""


def _quietly(command: List[str], failures: List[str]) -> bool:
    """Whether a step worked; if not, its last line is added to ``failures``."""
    environment: Dict[str, str] = dict(os.environ, PIP_NO_INPUT="1")
    try:
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, check=False)
    except OSError as failure:
        failures.append(str(failure))
        return False
    lines = made.stdout.decode(errors="replace").strip().splitlines()
    if made.returncode != 0:
        failures.append(lines[-1] if lines else "exit {}".format(made.returncode))
    return made.returncode == 0


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
