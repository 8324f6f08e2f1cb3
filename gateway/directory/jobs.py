"""Imports and undoings that editors ask for in the console: who asked, who agreed, how far it is. The only writer of
their states.

A job is a row of ``import_run`` beside those of the imports that were made; what it asks for is in its report. The web
process writes it, a process of its own does it (:mod:`gateway.import_process`), and between the two somebody says yes.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, cast, func, or_, select, text, update
from sqlalchemy.orm import Session

from gateway import audit
from gateway.directory import runs
from gateway.directory.freshness import SHIPPED
from gateway.directory.overlay import TOWN
from gateway.errors import Conflict, Refused
from gateway.models import Responder
from gateway.models.listing import Dataset, ImportRun
from gateway.models.people import EDITOR

WAITING, READING, PREVIEWED, ASKED = "waiting", "reading", "previewed", "asked"
APPROVED, WORKING, APPLIED, FAILED, WITHDRAWN = "approved", "working", "applied", "failed", "withdrawn"
AT_WORK = {READING: WAITING, WORKING: APPROVED}  # what is begun anew when it was broken off
UNDECIDED = (WAITING, READING, PREVIEWED, ASKED)
OPEN = (*UNDECIDED, APPROVED, WORKING)
LEAVES = {WAITING: READING, APPROVED: WORKING}
NOT_TO_REPLACE = frozenset((TOWN, SHIPPED))  # what editors added here, and the national lines
MAY_DECIDE = (EDITOR, "supervisor", "admin")
KEPT = 20  # jobs that were done of which all differences are still there to be read
MOST_OPEN = 5  # uploads that wait: each holds its files
TRIES = 3
BROKEN_OFF = timedelta(seconds=60)  # without a sign of life
FORGOTTEN = timedelta(days=7)  # what nobody decided until then is withdrawn, and its files removed
IMPORT, UNDO = "import", "undo"
IS_JOB = ImportRun.report["job"].astext.is_not(None)


@dataclass(frozen=True)
class FourEyes:
    """When a second person must agree: to an import that takes away more than ``share`` of the services, and to any
    undoing; never where it is off (``[directory] four_eyes`` in the town's file)."""

    on: bool = True
    share: float = 0.2

    def needed(self, job: ImportRun) -> bool:
        """Whether one person may not decide this alone."""
        if not self.on:
            return False
        return job.report["job"] == UNDO or loses_much(job, self.share)


@dataclass(frozen=True)
class Upload:
    """A file that came in: under which name, where it is kept, its size in bytes and its SHA-256."""

    name: str
    kept: str
    size: int
    sha256: str
    mapping: str | None = None


def loses_much(job: ImportRun, share: float) -> bool:
    """Whether an import takes away more than this share of the services that its set has."""
    before, gone = job.report.get("services", (0, 0))
    return bool(gone > share * before)


def receive(session: Session, who: Responder, dataset: str, upload: Upload, now: datetime) -> ImportRun:
    """Note an upload that is to be read and shown. Raises :class:`Conflict` where too many wait already."""
    if dataset in NOT_TO_REPLACE:
        raise Refused(400, "dataset_is_ours")
    waiting = session.scalar(
        select(func.count())
        .select_from(ImportRun)
        .where(ImportRun.state.in_(OPEN), ImportRun.report["job"].astext == IMPORT)
    )
    if (waiting or 0) >= MOST_OPEN:
        raise Conflict("too_many_uploads")
    return _made(session, who, dataset, upload.name, WAITING, {"job": IMPORT, "file": vars(upload)}, now)


def ask_undo(session: Session, who: Responder, run_id: int, now: datetime) -> ImportRun:
    """Ask what would change if an import, and all later ones of its set, were taken back.

    Raises :class:`Refused` for one that cannot be, and :class:`Conflict` where that is asked already.
    """
    run = session.get(ImportRun, run_id)
    back = runs.since(session, run.dataset, run_id) if run else []
    if run is None or not back or run.dataset in NOT_TO_REPLACE:
        raise Refused(404, "cannot_be_undone")
    same = select(ImportRun.id).where(
        ImportRun.dataset == run.dataset, ImportRun.state.in_(OPEN), ImportRun.report["job"].astext == UNDO
    )
    if session.scalar(same.limit(1)):
        raise Conflict("set_is_at_work")
    return _made(session, who, run.dataset, run.source, WAITING, {"job": UNDO, "undo": run_id}, now)


def decide(  # noqa: PLR0913 - who decides what, by which rules
    session: Session, job_id: int, who: Responder, answer: str, rules: FourEyes, now: datetime
) -> ImportRun:
    """Say yes or no to what is shown; where two must agree, the first yes asks for the second.

    Raises :class:`Refused` for an unknown job or answer, and where the second yes is the first one's again, and
    :class:`Conflict` for a job that nobody can decide (any more).
    """
    job = session.get(ImportRun, job_id, with_for_update=True)
    if job is None or "job" not in job.report:
        raise Refused(404, "no_such_import")
    if answer not in {"yes", "no"}:
        raise Refused(400, "unknown_decision")
    if job.state not in (UNDECIDED if answer == "no" else (PREVIEWED, ASKED)):
        raise Conflict("import_decided")
    if answer == "no":
        job.state, job.report = WITHDRAWN, job.report | {"no_by": who.id}
    elif job.state == PREVIEWED:
        job.responder_id = who.id
        job.state, job.report = ASKED if rules.needed(job) else APPROVED, job.report | {"yes_by": who.id}
    elif job.report["yes_by"] == who.id:
        raise Refused(403, "second_person_needed")
    else:
        job.state, job.approved_by = APPROVED, who.id
    session.flush()
    audit.note(
        session, now, f"decide_{job.report['job']}", "import_run", job.id, who.id, answer=answer, state=job.state
    )
    return job


def take(session: Session, now: datetime) -> ImportRun | None:
    """The oldest job that can be worked at, now with a mark of who works; None where there is none."""
    _begin_anew(session, now)
    job = session.scalars(
        select(ImportRun)
        .where(ImportRun.state.in_(LEAVES), IS_JOB)
        .order_by(ImportRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if job is None:
        return None
    mark = {"mark": secrets.token_hex(8), "beat": now.isoformat(), "tries": job.report.get("tries", 0) + 1}
    job.state, job.report = LEAVES[job.state], job.report | mark | {"progress": None}
    session.flush()
    return job


def waiting(session: Session, now: datetime) -> bool:
    """Whether :func:`take` has something to do: a job that waits, one that was broken off, or one to forget."""
    to_do = select(ImportRun.id).where(or_(ImportRun.state.in_(LEAVES), _overdue(now)), IS_JOB)
    return session.scalar(to_do.limit(1)) is not None


def beat(session: Session, job: ImportRun, now: datetime, progress: Sequence[Any] | None) -> bool:
    """Say that the job is still being worked at, and how far it is; False when it is not this worker's any more."""
    return _change(session, job, job.state, {"beat": now.isoformat(), "progress": list(progress or ()) or None})


def end(session: Session, job: ImportRun, state: str, **told: Any) -> None:
    """Write down what came of a job. Raises :class:`Conflict` when it is not this worker's any more."""
    if not _change(session, job, state, told):
        raise Conflict("job_lost")


def show_anew(session: Session, job: ImportRun) -> None:
    """What was agreed to is not what would happen now: it is read once more, and nobody has said yes to that.

    Raises as :func:`end` does.
    """
    end(session, job, WAITING, again=True, yes_by=None)
    session.execute(update(ImportRun).where(ImportRun.id == job.id).values(approved_by=None))


def to_decide(session: Session) -> int:
    """How many jobs wait for somebody's yes or no."""
    return session.scalar(select(func.count()).where(ImportRun.state.in_((PREVIEWED, ASKED)))) or 0


def others(session: Session, who: Responder) -> int:
    """How many people beside this one may decide."""
    able = select(func.count()).select_from(Responder).where(Responder.active, Responder.role.in_(MAY_DECIDE))
    return (session.scalar(able) or 0) - 1


def listed(session: Session, most: int = 20) -> list[Any]:
    """The newest jobs without their long reports: first those that are not over."""
    return list(
        session.execute(
            text(
                "SELECT j.id, j.dataset, j.at, j.source, j.state, j.report ->> 'job' AS job, r.name AS by"
                " FROM import_run j LEFT JOIN responders r ON r.id = j.responder_id"
                " WHERE j.report ? 'job' ORDER BY j.state = ANY(:open) DESC, j.id DESC LIMIT :most"
            ),
            {"open": list(OPEN), "most": most},
        )
    )


def difference_of(job_id: int) -> str:
    """The name of the file that tells all that a job changes."""
    return f"{job_id}.csv.gz"


def kept_files(session: Session) -> set[str]:
    """The names of the files that are still needed: of jobs that are not over, and what the newest ones changed."""
    still = session.execute(
        select(ImportRun.id, ImportRun.report["file"]).where(ImportRun.state.in_(OPEN), IS_JOB)
    ).all()
    newest = select(ImportRun.id).where(ImportRun.state == APPLIED, IS_JOB).order_by(ImportRun.id.desc())
    told = {difference_of(number) for number in (*(row.id for row in still), *session.scalars(newest.limit(KEPT)))}
    return told | {name for _, file in still if file for name in (file["kept"], file.get("mapping")) if name}


def datasets(session: Session) -> list[str]:
    """The sets that an import may replace."""
    return list(session.scalars(select(Dataset.name).where(Dataset.name.not_in(NOT_TO_REPLACE)).order_by(Dataset.name)))


def _made(  # noqa: PLR0913 - what a job is
    session: Session, who: Responder, dataset: str, source: str, state: str, wish: dict[str, Any], now: datetime
) -> ImportRun:
    job = ImportRun(dataset=dataset, at=now, responder_id=who.id, source=source, state=state, report=wish)
    session.add(job)
    session.flush()
    audit.note(session, now, f"ask_{wish['job']}", "import_run", job.id, who.id, dataset=dataset)
    return job


def _change(session: Session, job: ImportRun, state: str, told: dict[str, Any]) -> bool:
    changed = session.execute(
        update(ImportRun)
        .where(
            ImportRun.id == job.id, ImportRun.state == job.state, ImportRun.report["mark"].astext == job.report["mark"]
        )
        .values(state=state, report=ImportRun.report.op("||")(told))
        .returning(ImportRun.id)
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def _begin_anew(session: Session, now: datetime) -> None:
    """Jobs whose worker died wait again, not for ever; what nobody decided for days is withdrawn."""
    rows = session.scalars(select(ImportRun).where(_overdue(now), IS_JOB).with_for_update(skip_locked=True))
    for job in rows:
        if job.state not in AT_WORK:
            job.state = WITHDRAWN
        elif job.report["tries"] >= TRIES:
            job.state, job.report = FAILED, job.report | {"fault": ["it was broken off again and again"]}
        else:
            job.state = AT_WORK[job.state]
    session.flush()


def _overdue(now: datetime) -> ColumnElement[bool]:
    """Jobs without a sign of life of who works at them, and those that nobody decided for days."""
    beat_at = cast(ImportRun.report["beat"].astext, DateTime(timezone=True))
    return or_(
        ImportRun.state.in_(AT_WORK) & (beat_at < now - BROKEN_OFF),
        ImportRun.state.in_(set(UNDECIDED) - set(AT_WORK)) & (ImportRun.at < now - FORGOTTEN),
    )
