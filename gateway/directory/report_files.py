"""The report of an import as files: every remark in a table, the whole in JSON."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gateway.cells import harmless
from gateway.directory.report import ImportFailed, Remark, Report, Sink


class Book:
    """The files of one import, in a folder of their own under ``reports``."""

    def __init__(self, reports: Path, name: str, now: datetime) -> None:
        """``name`` is the dataset's or the path's; ``now`` tells imports of one dataset apart."""
        self.folder = reports / f"{now:%Y%m%dT%H%M%S}-{name}"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """Takes remarks while the import runs, into ``report.csv``."""
        with (self.folder / "report.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["what", "file", "row", "reason"])

            def write(sort: str, remark: Remark) -> None:
                writer.writerow([sort, harmless(remark.file), remark.row, harmless(remark.reason)])

            yield write

    def close(self, outcome: Report | ImportFailed) -> None:
        """Write ``report.json``: the report, or why the import was given up."""
        plain = {"failed": outcome.faults} if isinstance(outcome, ImportFailed) else outcome.plain()
        text = json.dumps(plain, ensure_ascii=False, indent=2)
        (self.folder / "report.json").write_text(text + "\n", encoding="utf-8")
