"""Setting up: under any Python, with or without uv, with shims that do not run, and always in one clear sentence."""

import ast
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import bootstrap, requirements, whitespace

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
MAKE = shutil.which("make") or "make"
VERBS = ["run", "setup", "train", "test", "test-fast", "lint", "types", "format", "bench", "requirements", "clean"]


def script(path: Path, words: str) -> Path:
    """A small program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where nothing is found: an empty PATH and an empty home."""
    for name in ("PATH", "PYENV_ROOT", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(bootstrap, "OWN_UV", tmp_path / ".uv")
    return tmp_path


def environment(folder: Path, **changed: object) -> bootstrap.Environment:
    """The gateway's environment, in another folder."""
    return bootstrap.environments(False)[0]._replace(folder=folder / ".venv", **changed)  # type: ignore[arg-type]


def test_the_set_up_is_python_3_8_and_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "tools" / "bootstrap.py").read_text(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_it_runs_under_every_python_of_this_machine() -> None:
    found = [path for version in ("3.8", "3.9", "3.10", "3.11", "3.13") for path in bootstrap.interpreters(version)]
    ran = [subprocess.run([path, ROOT / "tools" / "bootstrap.py", "--help"], capture_output=True, check=False)
           for path in found if bootstrap._version(Path(path))]  # fmt: skip
    assert ran
    assert all(b"usage: bootstrap.py" in one.stdout for one in ran)


def test_a_shim_that_does_not_run_is_passed_over(bare: Path) -> None:
    script(bare / "PATH" / "python3.10", "exit 127")
    real = script(bare / "PYENV_ROOT" / "versions" / "3.10.13" / "bin" / "python", "echo 3.10")
    script(bare / "PYENV_ROOT" / "versions" / "3.10.9" / "bin" / "python", "echo 3.10")
    assert bootstrap.find_interpreter("3.10", "no-uv") == str(real)


def test_a_python_on_path_that_is_another_version_is_passed_over(bare: Path) -> None:
    script(bare / "PATH" / "python3.12", "echo 3.11")
    real = script(bare / "HOME" / ".pyenv" / "versions" / "3.12.1" / "bin" / "python", "echo 3.12")
    assert bootstrap.find_interpreter("3.12", "no-uv") == str(real)


def test_uv_downloads_only_when_nothing_is_found_and_says_so(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uv = script(
        bare / "uv", f'if [ "$2" = install ]; then echo > {bare}/came; exit; fi\n[ -e {bare}/came ] && echo /got/it'
    )
    assert bootstrap.find_interpreter("3.77", str(uv)) == "/got/it"
    assert capsys.readouterr().out == "set-up: Python 3.77 is not on this machine; uv tries to download it\n"


def test_a_missing_interpreter_is_one_sentence_with_what_to_do(bare: Path) -> None:
    uv = script(bare / "uv", "exit 2")
    with pytest.raises(bootstrap.SetUpFailed, match=r"Python 3\.77 was not found .* `pyenv install 3\.77`"):
        bootstrap.find_interpreter("3.77", str(uv))


def test_a_uv_that_does_not_run_is_passed_over(bare: Path) -> None:
    script(bare / "PATH" / "uv", "exit 127")
    own = script(bare / ".uv" / "bin" / "uv", "echo uv 0.13.9")
    assert bootstrap.find_uv() == str(own)


def test_without_venv_uv_comes_as_plain_files(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = script(
        bare / "python",
        f'[ "$2" = venv ] && {{ echo "ensurepip is not available"; exit 1; }}\nwhile [ $# -gt 1 ]; do shift; done\n'
        f'/bin/mkdir -p "$1/bin" && echo "$1" > {bare}/target',
    )
    monkeypatch.setattr(bootstrap, "pythons_with_pip", lambda: iter([str(python)]))
    assert bootstrap.find_uv() == str(bare / ".uv" / "packages" / "bin" / "uv")
    assert (bare / "target").read_text().strip() == str(bare / ".uv" / "packages")


def test_neither_venv_nor_pip_is_one_sentence_with_what_to_do(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = script(bare / "python", "echo No module named pip; exit 1")
    monkeypatch.setattr(bootstrap, "pythons_with_pip", lambda: iter([str(python)]))
    with pytest.raises(bootstrap.SetUpFailed, match=r"could not be installed \(No module named pip\).*python3-venv"):
        bootstrap.find_uv()


def test_what_is_right_is_left_alone(bare: Path) -> None:
    mine = environment(bare)
    script(mine.folder / "bin" / "python", "echo 3.12")
    (mine.folder / ".front-door").write_text(bootstrap.stamp_of(mine))
    # No uv can be found or installed here: had it looked for one, it would have failed.
    assert bootstrap.set_up(mine) is False


def test_new_requirements_and_a_renamed_command_are_noticed(bare: Path) -> None:
    mine = environment(bare)
    other = bare / "dev.txt"
    other.write_text(mine.requirements.read_text() + "\n")
    assert bootstrap.stamp_of(mine) != bootstrap.stamp_of(mine._replace(requirements=other))
    assert bootstrap.stamp_of(mine) != bootstrap.stamp_of(mine._replace(python="3.13"))
    assert bootstrap.stamp_of(mine) != bootstrap.stamp_of(mine._replace(folder=bare / "moved"))


def test_a_full_disk_is_one_sentence(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    large = environment(bare, gigabytes=1e9)
    monkeypatch.setattr(bootstrap, "environments", lambda _: [large])
    assert bootstrap.main([]) == 1
    assert re.fullmatch(
        r"set-up: the disk of .* has [\d.]+ GB free and \.venv needs 1000000000\.0 GB\.\n", capsys.readouterr().err
    )


def test_the_builder_is_taken_from_the_pins() -> None:
    for name in ("dev", "gateway", "bot"):
        lines = bootstrap._block((ROOT / "requirements" / f"{name}.txt").read_text(), "setuptools").splitlines()
        assert lines[0].startswith("setuptools==")
        assert all("--hash=sha256:" in line for line in lines[1:])
        assert not lines[-1].endswith("\\")


GROUPS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]


def test_the_requirement_files_are_up_to_date() -> None:
    assert requirements.stale(GROUPS) == []


def test_a_changed_group_makes_its_files_stale() -> None:
    assert requirements.stale(GROUPS | {"gateway": [*GROUPS["gateway"], "left-pad"]}) == ["gateway.txt", "dev.txt"]
    assert requirements.stale(GROUPS | {"bot": ["rasa==3.6.22"]}) == ["bot.txt"]


@pytest.mark.parametrize("file", requirements.FILES, ids=lambda file: file.name)
def test_every_requirement_is_pinned_with_hashes_and_names_no_address(file: requirements.File) -> None:
    text = file.path.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "/root" not in text
    logical = re.sub(r"\\\n", " ", text).splitlines()
    entries = [line for line in logical if line and not line.lstrip().startswith("#")]
    assert entries
    assert all(re.match(r"[a-z0-9._-]+==\S+ ", entry) and "--hash=sha256:" in entry for entry in entries)


def test_the_development_environment_has_the_versions_of_production() -> None:
    pins = {}
    for name in ("gateway", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        pins[name] = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))
    assert pins["gateway"].items() <= pins["dev"].items()


def test_there_is_no_file_that_hides_the_other_pythons() -> None:
    assert not (ROOT / ".python-version").exists()
    assert not (ROOT / "uv.lock").exists()


def test_make_alone_lists_every_verb() -> None:
    listed = subprocess.run([MAKE, "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line.split(None, 2) for line in listed.stdout.splitlines()]
    assert all(line[0] == "make" and len(line) == 3 for line in lines)
    assert set(VERBS) <= {line[1] for line in lines}


def test_make_clean_keeps_what_people_wrote(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("var/postgres", "models", ".venv", ".mypy_cache", "gateway/__pycache__"):
        (tmp_path / name).mkdir(parents=True)
    for verb in ("clean", "clean-all"):
        subprocess.run([MAKE, verb], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        assert (tmp_path / "var" / "postgres").exists(), verb
    assert not (tmp_path / ".mypy_cache").exists()
    assert not (tmp_path / "models").exists()


def test_white_space_goes_and_text_stays() -> None:
    assert whitespace.tidy(b"a  \n\tb\t\n\n\n") == b"a\n\tb\n"
    assert whitespace.tidy(b"a\r\n") == b"a\r\n"
    assert whitespace.tidy(b"\n") == b""
