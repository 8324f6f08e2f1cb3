"""What knowing languages costs a process in memory, measured in one of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.language import PROGRAM

MOST_MB = 40.0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from /proc")
def test_the_lists_take_at_most_forty_megabytes() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    measured = json.loads(told.stdout)
    assert 1 < measured["added_mb"] <= MOST_MB
    assert measured["languages"] == ["es", "en", "other:ht"]
