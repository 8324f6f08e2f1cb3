"""Leaves some processes only a share of the processor, so that the others have more beside them than there is.

Where Rasa gets a quarter of its core, everything else has four times as much for each turn as it would beside a whole
one: what then holds turns up is Rasa, or a part that one core is too little for, and not the number of cores here.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
PERIOD_US = 5_000  # short beside a turn, so that it is a slow processor and not one that comes and goes


@contextmanager
def slower(pids: Iterable[int], share: float) -> Iterator[None]:
    """These processes, with a quota of a core until the block ends. Raises ``OSError`` where the system forbids it."""
    old = GROUPS / "cpu"  # the first version of control groups has a folder for each kind
    group = (old if old.is_dir() else GROUPS) / f"front-door-bench-{os.getpid()}"
    group.mkdir()
    try:
        quota = int(PERIOD_US * share)
        if old.is_dir():
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(pid)
        group.rmdir()
