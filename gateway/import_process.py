"""Works at the imports that editors ask for, in a process of its own: neither pages nor texts wait for a big list.

The worker looks whether something waits and then starts ``python -m gateway.import_process``, which works until nothing
waits any more and ends. Its memory and its time are bounded; what it was at is begun anew when it dies.
"""

import logging
import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from gateway import community, logs
from gateway.db import Database
from gateway.directory import jobs
from gateway.directory.taking_in import Desk
from gateway.processes import CannotRun, Program, Started
from gateway.settings import Settings, read

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
PAUSE_SECONDS = 30.0  # after a process that failed: the next one would most likely fail, too
LONGEST_SECONDS = 3 * 3600.0
MEMORY = 4 << 30  # bytes of addresses; 50,000 services take about a tenth
KINDER = 10  # how much it stands back behind what answers residents (nice)


class Watch:
    """A thread that starts the process when something waits, and ends it with us."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._var, self._database = settings.var, database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="imports", daemon=True)

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._thread.start()

    def stop(self, seconds: float = 12.0) -> None:
        """End the process, if it runs: what it was at is taken back and begun anew later."""
        self._stop.set()
        self._thread.join(seconds)

    def _look(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                with self._database.begin() as session:
                    waiting = jobs.waiting(session, datetime.now(UTC))
                if waiting:
                    self._run()
            except (SQLAlchemyError, CannotRun) as failure:
                log.warning("imports wait", extra={"reason": type(failure).__name__})

    def _run(self) -> None:
        program = Program([sys.executable, "-m", __name__], self._var / "logs" / "imports.log", {})
        program.log.parent.mkdir(parents=True, exist_ok=True)
        started, until = program.start(), time.monotonic() + LONGEST_SECONDS
        try:
            while not _ended(started) and not self._stop.is_set() and time.monotonic() < until:
                pass
        finally:
            started.stop()
        if started.process.returncode and not self._stop.is_set():
            log.warning("imports ended", extra={"status": started.process.returncode})
            self._stop.wait(PAUSE_SECONDS)


def _ended(started: Started) -> bool:
    try:
        started.process.wait(0.5)
    except subprocess.TimeoutExpired:
        return False
    return True


def main(settings: Settings) -> None:
    """Work until nothing waits."""
    logs.start(settings, "imports")
    os.nice(KINDER)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
    with closing(Database(settings.database_url, pool=3, statement_ms=0)) as database:
        work(database, settings.var, settings.community_file)


def work(database: Database, var: Path, town: Path | None) -> int:
    """Work at everything that waits; returns how many jobs that were."""
    desk = Desk(database, var, community.load(town).directory.tags, lambda: datetime.now(UTC))
    done = 0
    while desk.work_one():
        done += 1
    return done


if __name__ == "__main__":
    main(read())
