"""A tiny `frontdoor up`: a supervisor over the children that its arguments name, run as a process of its own by tests.

``front_door_of_sleepers.py VAR CHILD ...`` where CHILD is ``sleeper`` (ends when asked), ``deaf`` (does not mind being
asked and has a child of its own), ``fainting`` (ends at once, always) or ``postgres``.
"""

import json
import signal
import sys
from pathlib import Path

from gateway import services
from gateway.supervisor import Child, Program, Supervisor, fresh_log, only_one

SLEEPER = "import time\nprint('awake', flush=True)\ntime.sleep(600)"
DEAF = """
import signal, subprocess, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""
FAINTING = "raise SystemExit('I feel faint')"
WORDS = {"sleeper": SLEEPER, "deaf": DEAF, "fainting": FAINTING}


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child(name: str, var: Path) -> Child:
    """One child by its name."""
    if name == "postgres":
        return Child(name, lambda: services.start_postgres(var))
    program = Program([sys.executable, "-c", WORDS[name]], fresh_log(var / "logs", name), grace=1.0)
    # All but the fainting one say something when they are up.
    return Child(name, program.start, ready=lambda: program.log.stat().st_size > 0)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(var: Path, names: list[str]) -> None:
    """Run until SIGTERM or SIGINT; every line said and every set of process numbers goes to standard output."""
    with only_one(var / "lock") as lock:
        supervisor = Supervisor(say, lock)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop_soon())
        try:
            for name in names:
                supervisor.start(child(name, var))
            supervisor.wait_ready(*(name for name in names if name != "fainting"), seconds=30)
            say(json.dumps(supervisor.pids()))
            supervisor.run()
        finally:
            supervisor.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
