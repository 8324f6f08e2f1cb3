"""`frontdoor screen`: as many lines as there are, on every core, and none waits for a line that is not there yet."""

import io
import json
import subprocess
import sys
from itertools import cycle, islice

from gateway.risk.lines import screen_lines, screen_stream

TEXTS = ("i took all my pills", "gracias", "where is the food bank", "no quiero vivir", "\udcff broken")


def many(count: int) -> list[str]:
    lines = [json.dumps({"id": at, "text": text}) for at, text in enumerate(islice(cycle(TEXTS), count))]
    lines[count // 2] = "not json"
    return lines


def test_several_processes_say_what_one_says() -> None:
    lines = many(500)
    raw = io.BytesIO("\n".join(lines).encode())
    told = list(screen_stream(raw, processes=3))
    assert told == list(screen_lines(lines))
    assert json.loads(told[250])["error"] == "line 251: not JSON"
    assert len(told) == 500


def test_one_core_needs_no_other_process() -> None:
    lines = many(300)
    assert list(screen_stream(io.BytesIO("\n".join(lines).encode() + b"\n"), processes=1)) == list(screen_lines(lines))


def test_bytes_that_are_no_text_go_to_a_person() -> None:
    [told] = screen_stream(io.BytesIO(b'{"id": 1, "text": "\xff\xfe'), processes=1)
    assert json.loads(told)["level"] == "urgent"


def test_somebody_who_types_is_answered_line_by_line() -> None:
    command = [sys.executable, "-m", "gateway.cli", "screen"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for text, level in (("my baby is not breathing", "emergency"), ("thank you", "none")):
            running.stdin.write(json.dumps({"id": text, "text": text}).encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["level"] == level
        running.stdin.close()
        assert running.wait() == 0
