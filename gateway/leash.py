"""Ties programs to the one that started them, so that nothing is left running when that one is killed.

Standard library only and run as a file, once before each program and once beside the supervisor:
``leash.py hold PARENT SIGNAL ACCOUNT HOME PROGRAM ...`` becomes the program, and on Linux the kernel sends it SIGNAL
when its parent dies; ``leash.py keep`` reads what runs from its input and ends it when that input closes.
"""

import ctypes
import os
import pwd
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
NOT_GIVEN = "-"
HOME_WORD = "{home}"
LOOK = 0.05


def hold(parent: int, number: int, account: str, home: str, argv: list[str]) -> None:
    """Become ``argv``, as ``account`` where one is named, to be sent signal ``number`` when ``parent`` dies."""
    if home != NOT_GIVEN:
        argv = [word.replace(HOME_WORD, way_into(home, account)) for word in argv]
    if account != NOT_GIVEN:
        entry = pwd.getpwnam(account)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        # After setuid, which clears it. The C library is not loaded by name: it is in the process already.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the program that started this one is gone")
    for number_reset in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these, and what is ignored stays so in the program that follows.
        signal.signal(number_reset, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell, and the words are the supervisor's
    except OSError as failure:
        sys.stderr.write(f"{argv[0]} cannot be started: {failure.strerror}\n")
        sys.exit(127)


def way_into(home: str, account: str) -> str:
    """A path to ``home`` that the account can walk, although a folder above may be closed to it.

    An open folder is reached without passing those above it, so none of their permissions has to be loosened.
    """
    if account == NOT_GIVEN or sys.platform != "linux":
        return home
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    os.set_inheritable(folder, True)
    return f"/proc/self/fd/{folder}"


def keep() -> None:
    """Follow ``add GROUP SIGNAL GRACE`` and ``drop GROUP`` until the input closes, then end what is left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, tuple[int, float]] = {}
    for line in sys.stdin:
        word, group, *rest = line.split()
        if word == "add":
            groups[int(group)] = (int(rest[0]), float(rest[1]))
        else:
            groups.pop(int(group), None)
    end(groups)


def end(groups: dict[int, tuple[int, float]]) -> None:
    """Ask every process group to end, newest first, and kill what stays longer than its grace (in seconds)."""
    begun = time.monotonic()
    for group, (number, _) in reversed(groups.items()):
        tell(group, number)
    while groups:
        for group, (_, grace) in list(groups.items()):
            late = time.monotonic() - begun > grace
            if not tell(group, signal.SIGKILL if late else 0) or late:
                del groups[group]
        time.sleep(LOOK)


def tell(group: int, number: int) -> bool:
    """Signal a process group; False when nothing of it is left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], sys.argv[6:])
    else:
        keep()
