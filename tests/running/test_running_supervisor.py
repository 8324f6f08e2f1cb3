"""The supervisor, over tiny real programs: what dies comes back, and nothing is left when it ends or is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import supervisor as supervising
from gateway.processes import free_port, port_in_use, wait
from gateway.supervisor import CannotRun, Child, Program, Supervisor, check_disk, check_ports, fresh_log, only_one
from tests.running.front_door_of_sleepers import alive

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("front_door_of_sleepers.py")
Start = Callable[..., "Town"]


class Town:
    """A running supervisor in a process of its own."""

    def __init__(self, var: Path, *names: str) -> None:
        self.var = var
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(var), *names],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        self.said: list[str] = []

    def hear(self, words: str) -> str:
        """The next line that holds ``words``."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())
            if words in line:
                return line.strip()
        pytest.fail(f"{words!r} was not said: {self.said}")

    def pids(self) -> dict[str, int]:
        """The children, when all are ready."""
        found: dict[str, int] = json.loads(self.hear("{"))
        return found

    def log(self, name: str) -> str:
        return (self.var / "logs" / f"{name}.log").read_text()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Start]:
    """Start supervisors that are gone at the end of the test, whatever happens."""
    started: list[Town] = []

    def start(*names: str) -> Town:
        started.append(Town(tmp_path, *names))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        if one.process.stdout:
            one.process.stdout.close()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def supervisor(lines: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(lines.append)
    yield made
    made.stop()


def python(tmp_path: Path, words: str, name: str = "child") -> Program:
    return Program([sys.executable, "-c", words], fresh_log(tmp_path / "logs", name), grace=2.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_leaves_nothing(town: Start, number: signal.Signals) -> None:
    one = town("sleeper", "deaf")
    pids = one.pids()
    grandchild = int(one.log("deaf"))
    assert all(map(alive, [*pids.values(), grandchild]))
    one.process.send_signal(number)
    assert one.process.wait(15) == 0
    assert not any(map(alive, [*pids.values(), grandchild]))


@pytest.mark.faults
def test_killed_it_leaves_nothing_either(town: Start) -> None:
    one = town("sleeper", "deaf", "postgres")
    pids = [*one.pids().values(), int(one.log("deaf"))]
    one.process.kill()
    one.process.wait()
    assert wait(lambda: not any(map(alive, pids)), 20), [pid for pid in pids if alive(pid)]


@pytest.mark.faults
def test_after_a_kill_the_next_start_waits_for_the_children_to_end(town: Start) -> None:
    first = town("deaf", "postgres")
    before = first.pids()
    first.process.kill()
    first.process.wait()
    second = town("deaf", "postgres")
    after = second.pids()
    assert not any(map(alive, before.values()))
    assert all(map(alive, after.values()))


def test_a_second_one_on_the_same_folder_is_refused_in_one_line(town: Start) -> None:
    first = town("sleeper")
    pids = first.pids()
    second = town("sleeper")
    assert "is running already on" in second.hear("running already")
    assert second.process.wait(10) != 0
    assert all(map(alive, pids.values()))


@pytest.mark.faults
def test_a_killed_child_comes_back_and_says_so_in_one_line(town: Start) -> None:
    one = town("sleeper")
    pid = one.pids()["sleeper"]
    os.kill(pid, signal.SIGKILL)
    assert one.hear("sleeper ended") == "sleeper ended (killed by SIGKILL); starting it again in 0.5 s"
    assert one.hear("again") == "sleeper runs again"
    assert wait(lambda: one.log("sleeper").count("awake") == 2, 10)


@pytest.mark.faults
def test_a_killed_postgres_comes_back_with_what_was_committed(town: Start) -> None:
    one = town("postgres")
    os.kill(one.pids()["postgres"], signal.SIGKILL)
    one.hear("postgres ended (killed by SIGKILL)")
    assert one.hear("postgres runs again")


def test_what_cannot_stay_up_is_tried_ever_less_often(
    supervisor: Supervisor, lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(supervising, "LONGEST_PAUSE", 0.2)
    supervisor.start(Child("faint", python(tmp_path, "raise SystemExit(3)").start))
    assert wait(lambda: supervisor.look() or sum("ended" in line for line in lines) >= 4, 20)
    pauses = [line for line in lines if "ended" in line]
    assert pauses[0] == "faint ended (exit status 3); starting it again in 0.05 s"
    assert [line.rsplit(" in ", 1)[1] for line in pauses[:4]] == ["0.05 s", "0.1 s", "0.2 s", "0.2 s"]


def test_the_real_pauses_are_half_a_second_to_half_a_minute() -> None:
    assert (supervising.FIRST_PAUSE, supervising.LONGEST_PAUSE) == (0.5, 30.0)


def test_waiting_says_for_whom_and_gives_up(
    supervisor: Supervisor, lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "PROGRESS_SECONDS", 0.1)
    supervisor.start(Child("slow", python(tmp_path, "import time; time.sleep(60)").start, ready=lambda: False))
    with pytest.raises(CannotRun, match="slow did not become ready within 1 s"):
        supervisor.wait_ready("slow", seconds=0.6)
    assert lines[0].startswith("waiting for slow")


def test_a_dead_child_is_not_ready(supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 30.0)
    supervisor.start(Child("gone", python(tmp_path, "").start))
    assert wait(lambda: not alive(supervisor.pids()["gone"]), 20)
    with pytest.raises(CannotRun, match="gone did not become ready"):
        supervisor.wait_ready("gone", seconds=0.3)


def test_a_program_that_is_not_there_is_one_sentence_with_what_to_do(supervisor: Supervisor, tmp_path: Path) -> None:
    missing = Program([str(tmp_path / ".venv-bot" / "bin" / "python")], fresh_log(tmp_path / "logs", "rasa"))
    with pytest.raises(CannotRun, match=r"\.venv-bot/bin/python is not there; run `make setup`"):
        supervisor.start(Child("rasa", missing.start))
    assert supervisor.pids() == {}


def test_what_is_asked_first_ends_while_the_others_are_waited_for(lines: list[str], tmp_path: Path) -> None:
    slow = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.7), exit(0)))\n"
    slow += "print('up', flush=True)\ntime.sleep(60)"
    one = Supervisor(lines.append)
    programs = [python(tmp_path, slow, f"slow{number}") for number in range(4)]
    for number, program in enumerate(programs):
        one.start(Child(f"slow{number}", program.start))
    assert wait(lambda: all(program.log.read_text() for program in programs), 20)
    begun = time.monotonic()
    one.stop()
    assert time.monotonic() - begun < 2.5


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotRun) as refusal:
            check_ports({"FRONTDOOR_PORT": ("127.0.0.1", port), "FRONTDOOR_BOT_PORT": ("127.0.0.1", free_port())})
    assert str(refusal.value) == f"port {port} is in use; stop what uses it or set FRONTDOOR_PORT to another port"
    assert not port_in_use("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_one_sentence() -> None:
    with pytest.raises(CannotRun, match="port 80 on 192.0.2.1 cannot be used"):
        check_ports({"FRONTDOOR_PORT": ("192.0.2.1", 80)})


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    check_disk(tmp_path, needed=1)
    with pytest.raises(CannotRun, match="is full: [0-9]+ MB are left, 1000000000 MB are needed"):
        check_disk(tmp_path, needed=10**15 * 2**20 // 10**6)


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    full = Program([sys.executable, "-c", ""], tmp_path / "absent" / "child.log")
    with pytest.raises(CannotRun, match="child cannot start: .*No such file"):
        full.start()


def test_three_logs_of_earlier_runs_are_kept(tmp_path: Path) -> None:
    for run in range(6):
        fresh_log(tmp_path, "web").write_text(f"run {run}")
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"web.log": "run 5", "web.log.1": "run 4", "web.log.2": "run 3", "web.log.3": "run 2"}


def test_the_lock_is_free_again_after_a_clean_end(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path / "lock") as lock:
            lock.seek(0)
            assert lock.read() == f"{os.getpid()}\n"
