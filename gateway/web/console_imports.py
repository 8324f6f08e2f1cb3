"""Imports in the console: send files, see what it changes, say yes or no, take an import back.

They are only kept here; a process of its own reads them (:mod:`gateway.import_process`), and the page asks how far that
is.
"""

import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from gateway.directory import difference_file, importing, jobs, mapping, runs, taking_in
from gateway.directory.jobs import FourEyes, Upload
from gateway.directory.unpacking import MOST_FILES, READ
from gateway.errors import Refused
from gateway.models import Responder
from gateway.models.listing import ImportRun
from gateway.web import directory_words, guards, import_words
from gateway.web.clock import now
from gateway.web.console_rules import apply_rules

HOME = "/console/directory/imports"
LARGEST = 100 << 20  # bytes of an upload; 50,000 services come to about 15 MB as a ZIP
LARGEST_MAPPING = 256 << 10
FORM_ROOM = 64 << 10  # what the other fields of the form may take
LONGEST_NAME = 120  # characters that are kept of what the files were called
PAGE = 40
LARGEST_ID = 1 << 62
KINDS = READ | {".zip"}
MAPPING_KINDS = frozenset((".yml", ".yaml"))
KINDS_OF_REMARK = ("refused", "mended", "kept")


def make(note_seen: Callable[[], None]) -> Blueprint:
    """The pages of imports, for those who may change the directory."""
    blueprint = guards.blueprint("console_imports", guard=guards.directory_editor, url_prefix=HOME)
    blueprint.before_request(_allow_files)  # before the form's token is read, which reads the whole body
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    add = blueprint.add_url_rule
    add("", "listed", listed)
    add("", "receive", receive, methods=["POST"])
    add("/<int:job_id>", "job", job)
    add("/<int:job_id>/difference.csv", "difference", difference)
    add("/<int:job_id>/progress", "progress", progress)
    add("/<int:job_id>/decide", "decide", decide, methods=["POST"])
    add("/undo", "undo", undo, methods=["POST"])
    return blueprint


def _allow_files() -> None:
    """Everywhere else the application takes forms of 128 KiB."""
    if request.endpoint == "console_imports.receive":
        request.max_content_length = LARGEST + LARGEST_MAPPING + FORM_ROOM
        if request.content_length is None:
            raise Refused(411, "length_required")
        if request.content_length > request.max_content_length:
            raise Refused(413, "file_too_large")


def listed() -> str:
    """Send a list; what waits; what was imported and may be taken back."""
    return _listing({})


def receive() -> ResponseReturnValue:
    """Keep an upload for the process that reads it; what cannot be one is said at its field."""
    files, own = [each for each in request.files.getlist("file") if each.filename], request.files.get("mapping_file")
    faults = _faults(files, own)
    if faults:
        return _listing(faults), 400
    folder = guards.door().settings.var / taking_in.UPLOADS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _kept(folder, files, own) as upload, _session() as session:
        made = jobs.receive(session, g.responder, _dataset(), upload, now())
    return redirect(url_for("console_imports.job", job_id=made.id), 303)


def job(job_id: int) -> str:
    """One job: how far it is, what it changes, and the decision."""
    with _session() as session:
        row = _job(session, job_id)
        rules = _four_eyes()
        people = _names(session, row)
        return _draw(
            "import_job.html",
            job=row,
            seen=_paged(row.report.get("told") or {"differences": [], "counts": {}}),
            people=people,
            needs_two=rules.needed(row),
            loses_much=jobs.loses_much(row, rules.share),
            alone=jobs.others(session, g.responder) < 1,
            mine=row.report.get("yes_by") == g.responder.id,
            whole=_difference(row).is_file(),
            **_shown(row.report.get("outcome") or {}),
        )


def difference(job_id: int) -> ResponseReturnValue:
    """All that a job changes, cell by cell, for a spreadsheet."""
    with _session() as session:
        row = _job(session, job_id)
    path = _difference(row)
    if not path.is_file():
        raise Refused(404, "no_such_import")
    answer = Response(difference_file.read(path), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={row.dataset}-{row.id}.csv"
    return answer


def progress(job_id: int) -> ResponseReturnValue:
    """How far a job is, for a page that is open; when it is done the page is told to load anew."""
    with _session() as session:
        row = _job(session, job_id)
    answer: Response = make_response(_draw("import_progress.html", job=row))
    if row.state not in import_words.UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


def decide(job_id: int) -> ResponseReturnValue:
    """Yes, or no. An import that takes away much needs to be told so."""
    answer = request.form.get("answer", "")
    with _session() as session:
        row = _job(session, job_id)
        if answer == "yes" and jobs.loses_much(row, _four_eyes().share) and "known" not in request.form:
            raise Refused(400, "say_that_you_know")
        jobs.decide(session, job_id, g.responder, answer, _four_eyes(), now())
    return redirect(url_for("console_imports.job", job_id=job_id), 303)


def undo() -> ResponseReturnValue:
    """Ask what undoing an import would change."""
    run_id = request.form.get("run", type=int)
    with _session() as session:
        made = jobs.ask_undo(session, g.responder, run_id if run_id and 0 < run_id < LARGEST_ID else 0, now())
    return redirect(url_for("console_imports.job", job_id=made.id), 303)


def _listing(faults: dict[str, str]) -> str:
    with _session() as session:
        return _draw(
            "imports.html",
            jobs=jobs.listed(session),
            runs=[(run, _can_undo(run)) for run in runs.listed(session)],
            datasets=jobs.datasets(session),
            mappings=[(stem, each.name) for stem, each in zip(_shipped(), mapping.shipped(), strict=True)],
            faults=faults,
            draft=request.form,
            largest=LARGEST >> 20,
        )


def _can_undo(run: runs.Run) -> bool:
    return run.counts and (run.first or run.kept) and run.dataset not in jobs.NOT_TO_REPLACE


def _faults(files: list[FileStorage], own: FileStorage | None) -> dict[str, str]:
    faults = {}
    if not _dataset():
        faults["dataset"] = "no_dataset"
    if fault := _fault_of(files):
        faults["file"] = fault
    if own is not None and own.filename and _ending(own) not in MAPPING_KINDS:
        faults["mapping_file"] = "no_mapping"
    return faults


def _fault_of(files: list[FileStorage]) -> str | None:
    """Why these files cannot be one list; several are what one ZIP would hold."""
    if not files:
        return "no_file"
    if any(_ending(file) not in (KINDS if len(files) == 1 else READ) for file in files):
        return "wrong_kind" if len(files) == 1 else "wrong_kinds"
    if len(files) > MOST_FILES:
        return "too_many_files"
    return None if len({_name(file).casefold() for file in files}) == len(files) else "same_names"


@contextmanager
def _kept(folder: Path, files: list[FileStorage], own: FileStorage | None) -> Iterator[Upload]:
    """Files as they are kept; of what is refused in the end none is."""
    mark = secrets.token_hex(12)
    with ExitStack() as refused:
        refused.callback(_forget, folder, mark)
        yield _saved(folder, mark, files, own)
        refused.pop_all()


def _forget(folder: Path, mark: str) -> None:
    for path in folder.glob(f"{mark}.*"):
        path.unlink(missing_ok=True)


def _saved(folder: Path, mark: str, files: list[FileStorage], own: FileStorage | None) -> Upload:
    path = folder / f"{mark}.list"
    if len(files) == 1:
        files[0].save(path)
    else:
        _pack(path, files)
    shape = request.form.get("mapping", "")
    kept = f"{taking_in.SHIPPED}{shape}" if shape in _shipped() else None
    if own is not None and own.filename:
        kept = f"{mark}.yml"
        own.save(folder / kept)
        if (folder / kept).stat().st_size > LARGEST_MAPPING:
            raise Refused(413, "file_too_large")
    names = ", ".join(map(_name, files))
    name = names[-LONGEST_NAME:] if len(files) == 1 else _clipped(names)
    return Upload(name, path.name, path.stat().st_size, taking_in.sha256_of(path), kept)


def _pack(path: Path, files: list[FileStorage]) -> None:
    """Several files as the ZIP that they might have come in."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made:
        for file in files:
            with made.open(_name(file), "w") as sink:
                shutil.copyfileobj(file.stream, sink)


def _name(file: FileStorage) -> str:
    """What a file was called, without the folders of the machine that it comes from."""
    return PurePosixPath((file.filename or "").replace("\\", "/")).name.replace("\x00", "")


def _clipped(names: str) -> str:
    return names if len(names) <= LONGEST_NAME else f"{names[: LONGEST_NAME - 1]}…"


def _difference(row: ImportRun) -> Path:
    return guards.door().settings.var / taking_in.DIFFERENCES / jobs.difference_of(row.id)


def _shipped() -> list[str]:
    return [path.stem for path in sorted(mapping.FOLDER.glob("*.yml"))]


def _ending(file: FileStorage) -> str:
    return PurePosixPath(_name(file)).suffix.lower()


def _dataset() -> str:
    return importing.slug(request.form.get("dataset", "")[:200])


def _job(session: Session, job_id: int) -> ImportRun:
    row = session.get(ImportRun, job_id) if job_id < LARGEST_ID else None
    if row is None or "job" not in row.report:
        raise Refused(404, "no_such_import")
    return row


def _paged(told: dict[str, Any]) -> dict[str, Any]:
    """The differences of one mark, a page of them."""
    marks = {mark: sum(kinds.get(mark, 0) for kinds in told["counts"].values()) for mark in import_words.MARKS}
    mark = request.args.get("mark", "")
    if mark not in marks:
        mark = next((each for each in ("gone", "changed", "new") if marks[each]), "changed")
    page = max(0, min(request.args.get("page", 0, type=int), 1_000))
    some = [each for each in told["differences"] if each["mark"] == mark]
    shown = some[page * PAGE : (page + 1) * PAGE]
    return {"counts": told["counts"], "marks": marks, "mark": mark, "page": page, "differences": shown,
            "more": len(some) > (page + 1) * PAGE, "untold": marks[mark] - len(some)}  # fmt: skip


def _shown(outcome: dict[str, Any]) -> dict[str, Any]:
    counts = outcome.get("counts", {})
    return {
        "outcome": outcome,
        "remarks": [
            (sort, sum(counts.get(sort, {}).values()), outcome.get(sort, [])[:PAGE]) for sort in KINDS_OF_REMARK
        ],
    }


def _names(session: Session, row: ImportRun) -> dict[str, str]:
    wanted = {"by": row.responder_id, "approved": row.approved_by, "yes": row.report.get("yes_by"),
              "no": row.report.get("no_by")}  # fmt: skip
    ids = [who for who in wanted.values() if who is not None]
    names = dict(session.execute(select(Responder.id, Responder.name).where(Responder.id.in_(ids))).all())
    return {what: names[who] for what, who in wanted.items() if who in names}


def _four_eyes() -> FourEyes:
    town = guards.door().community.directory
    return FourEyes(town.four_eyes, town.four_eyes_share)


def _session() -> Any:
    return guards.door().database.begin()


def _draw(template: str, **values: Any) -> str:
    return render_template(f"console/{template}", said=directory_words, told_as=import_words, may_edit=True, **values)
