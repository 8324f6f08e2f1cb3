"""The widget's scripts under Node: their pure parts by their own tests, the sent files by Node's reading of them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.web import widget_files

pytestmark = pytest.mark.slow

TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


@pytest.fixture
def node() -> str:
    """Where Node is. Without it nothing here is passed over: it fails."""
    found = shutil.which("node")
    assert found, "node is missing: sh tools/node.sh"
    return found


def test_the_pure_parts_do_what_their_tests_say(node: str) -> None:
    assert len(TESTS) >= 2
    ran = subprocess.run([node, "--test", *TESTS], capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr
    assert "# tests 0" not in ran.stdout


@pytest.mark.parametrize("name", [widget_files.FRAME, widget_files.EMBED])
def test_what_is_made_small_is_still_a_script(node: str, tmp_path: Path, name: str) -> None:
    """The frame's is read as a module, the other as an ordinary script; what must survive word for word did."""
    file = tmp_path / (name.replace(".js", ".mjs") if name == widget_files.FRAME else name)
    file.write_bytes(widget_files.files()[name].content)
    subprocess.run([node, "--check", file], check=True, timeout=30)
    if name == widget_files.FRAME:
        lines = (widget_files.FOLDER / "links.js").read_text().splitlines()
        pattern = next(line for line in lines if "PATTERN =" in line)
        assert pattern.removeprefix("const PATTERN = ") in file.read_text()
