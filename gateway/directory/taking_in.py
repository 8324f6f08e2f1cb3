"""Does what editors asked for in the console: shows what an upload changes, makes the import, takes imports back."""

import contextlib
import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway import audit
from gateway.db import Database
from gateway.directory import (
    difference_file,
    differences,
    importing,
    jobs,
    mapping,
    needs,
    packing,
    runs,
    undoing,
    unpacking,
)
from gateway.directory.report import ImportFailed, Report
from gateway.errors import Conflict
from gateway.models.listing import ImportRun

log = logging.getLogger(__name__)

UPLOADS, DIFFERENCES = "uploads", "differences"  # folders under FRONTDOOR_VAR: what came in, and what it changes
BEAT_SECONDS = 2.0
LEFT_ALONE_SECONDS = 3_600
SHIPPED = "shipped:"  # before the name of a mapping that comes with the product
Clock = Callable[[], datetime]


class Desk:
    """What the work needs: the store, the folder of the uploads, which words mean which need, and the time."""

    def __init__(self, database: Database, var: Path, tags: needs.Mapping, clock: Clock) -> None:
        self.database, self.tags, self.clock = database, tags, clock
        self.folder, self.differences = var / UPLOADS, var / DIFFERENCES

    def work_one(self) -> bool:
        """Work at the oldest job that can be; False where there is none. What fails is written down with it."""
        with self.database.begin() as session:
            job = jobs.take(session, self.clock())
        if job is None:
            self.tidy()  # of a job that was forgotten the files are left
            return False
        try:
            with self._alive(job) as watch:
                self._work(job, watch)
        except Conflict:
            log.warning("import job lost")  # another worker has it, or somebody withdrew it
        except ImportFailed as failure:
            self._fail(job, failure.faults)
        except (MemoryError, SQLAlchemyError, OSError, ValueError, RecursionError) as failure:
            log.exception("import job failed", extra={"reason": type(failure).__name__})
            self._fail(job, [f"it could not be read ({type(failure).__name__})"])
        self.tidy()
        return True

    def tidy(self) -> None:
        """Remove the files of what is over; a file of this hour may belong to an upload that is still coming in."""
        with self.database.begin() as session:
            kept = jobs.kept_files(session)
        before = self.clock().timestamp() - LEFT_ALONE_SECONDS
        for path in (*self.folder.glob("*"), *self.differences.glob("*")):
            if path.name in kept or path.stat().st_mtime > before:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _work(self, job: ImportRun, watch: importing.Watch) -> None:
        undo, reading = job.report["job"] == jobs.UNDO, job.state == jobs.READING
        if undo:
            self._preview_undo(job) if reading else self._undo(job)
        elif reading:
            self._preview(job, watch)
        else:
            self._apply(job, watch)

    def _preview(self, job: ImportRun, watch: importing.Watch) -> None:
        base = self._newest(job.dataset)
        report, (told, services) = undoing.trial(
            self.database,
            lambda session: self._import(session, job, watch, trial=True),
            lambda session, report: (self._told(session, job, report), _services(session, report)),
        )
        with self.database.begin() as session:
            found = {"outcome": report.plain(), "told": told, "services": services, "base": base}
            jobs.end(session, job, jobs.PREVIEWED, **found)

    def _apply(self, job: ImportRun, watch: importing.Watch) -> None:
        """Make the import that was shown: if the set is another one since then, it is shown anew."""
        with self.database.begin() as session:
            importing.take_turn(session)
            newest = runs.newest(session, job.dataset)
            if (newest.id if newest else None) != job.report["base"]:
                jobs.show_anew(session, job)
                return
            report = self._import(session, job, watch)
            run = None if report.unchanged else runs.listed(session, report.dataset, 1)[0].id
            decided = {"id": run, "by": job.report["yes_by"], "approved": job.approved_by}
            session.execute(
                text("UPDATE import_run SET responder_id = :by, approved_by = :approved WHERE id = :id"), decided
            )
            jobs.end(session, job, jobs.APPLIED, run=run, outcome=report.plain())
            audit.note(session, self.clock(), "import", "import_run", run, job.report["yes_by"], **_decided(job))
        packing.after(self.database, report.taken["service"])

    def _preview_undo(self, job: ImportRun) -> None:
        with self.database.begin() as session:
            back = runs.since(session, job.dataset, job.report["undo"])
            if not back:
                raise ImportFailed(["this import cannot be taken back any more"])
            first, numbers = back[-1].first, [run.id for run in back]
            if first:
                self._write(job, difference_file.of_first(session, job.dataset, "gone"))
                told = differences.of_first(session, job.dataset, "gone").plain()
            else:
                self._write(job, difference_file.taken_back(session, job.dataset, numbers))
                told = differences.taken_back(session, job.dataset, numbers).plain()
            jobs.end(session, job, jobs.PREVIEWED, told=told, runs=numbers, first=first)

    def _undo(self, job: ImportRun) -> None:
        """Take back what was shown: if another import came in since then, it is shown anew."""
        with self.database.begin() as session:
            importing.take_turn(session)
            run_id, by = job.report["undo"], job.report["yes_by"]
            if [each.id for each in runs.since(session, job.dataset, run_id)] != job.report["runs"]:
                jobs.show_anew(session, job)
                return
            undoing.undo(session, job.dataset, self.clock(), by, self.tags, run_id)
            jobs.end(session, job, jobs.APPLIED, run=run_id)
            audit.note(session, self.clock(), "undo_import", "import_run", run_id, by, **_decided(job))

    def _import(self, session: Session, job: ImportRun, watch: importing.Watch, *, trial: bool = False) -> Report:
        file = job.report["file"]
        path = self.folder / file["kept"]
        if not path.is_file() or sha256_of(path) != file["sha256"]:
            raise ImportFailed(["the file is not there any more: send it again"])
        with unpacking.opened(path, file["name"], self.folder) as folder:
            return importing.import_path(
                session,
                folder,
                self.clock(),
                dataset=job.dataset,
                allow_shrink=True,  # what goes is shown, and somebody says yes to it
                mapping=_mapping(file.get("mapping"), self.folder),
                watch=watch,
                tags=self.tags,
                source=file["name"],
                trial=trial,
            )

    def _told(self, session: Session, job: ImportRun, report: Report) -> dict[str, Any]:
        if report.unchanged:
            self._write(job, [])
            return differences.Told([], {}).plain()
        run = runs.listed(session, report.dataset, 1)[0]
        if run.first:
            self._write(job, difference_file.of_first(session, report.dataset))
            return differences.of_first(session, report.dataset).plain()
        self._write(job, difference_file.of_run(session, report.dataset, run.id))
        return differences.of_run(session, report.dataset, run.id).plain()

    def _write(self, job: ImportRun, lines: Iterable[difference_file.Line]) -> None:
        difference_file.write(self.differences / jobs.difference_of(job.id), lines)

    def _newest(self, dataset: str) -> int | None:
        with self.database.begin() as session:
            run = runs.newest(session, dataset)
        return run.id if run else None

    def _fail(self, job: ImportRun, faults: list[str]) -> None:
        with self.database.begin() as session, contextlib.suppress(Conflict):
            jobs.end(session, job, jobs.FAILED, fault=faults)

    @contextlib.contextmanager
    def _alive(self, job: ImportRun) -> Iterator[importing.Watch]:
        """Say every two seconds that the work goes on and how far it is, whatever the import is doing."""
        ended, last = threading.Event(), [importing.Step("unpacking", 0, 0.0)]

        def tell() -> None:
            while not ended.wait(BEAT_SECONDS):
                try:
                    with self.database.begin() as session:
                        jobs.beat(session, job, self.clock(), last[-1])
                except SQLAlchemyError as failure:
                    log.warning("store unavailable", extra={"reason": type(failure).__name__})

        def watch(step: importing.Step) -> None:
            last[:] = [step]

        thread = threading.Thread(target=tell, name="import-beat", daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            ended.set()
            thread.join()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _mapping(named: str | None, folder: Path) -> Path | None:
    if named and named.startswith(SHIPPED):
        return mapping.FOLDER / f"{Path(named.removeprefix(SHIPPED)).name}.yml"
    return folder / named if named else None


def _services(session: Session, report: Report) -> list[int]:
    """How many services the set had, and how many of them go."""
    change = report.changes["service"]
    return [change.changed + change.same + change.removed, change.removed]


def _decided(job: ImportRun) -> dict[str, Any]:
    return {"dataset": job.dataset, "job": job.id, "approved_by": job.approved_by}
