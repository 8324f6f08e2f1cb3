"""The embedded Postgres and Redis: closed to others, safe against kill -9, and at home in any folder."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from gateway import postgres_server, services
from gateway.processes import CannotRun, wait
from gateway.services import RunningService
from tests.running.front_door_of_sleepers import alive

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is longer than a socket's may be, with a space and a quote in it."""
    return tmp_path_factory.mktemp("long") / ('a "folder" of ' + "x" * 100)


@pytest.fixture(scope="module")
def postgres(var: Path) -> Iterator[list[RunningService]]:
    """One server for these tests; those that kill it put the next one in its place."""
    running = [services.start_postgres(var)]
    yield running
    running[-1].stop()


def kill(service: RunningService) -> None:
    service.process.kill()
    service.process.wait()


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SHOW {name}").fetchone()  # type: ignore[call-overload]
    return str(row[0])


def test_a_commit_is_on_the_disk_when_it_is_acknowledged(postgres: list[RunningService]) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert setting(postgres[-1].url, name) == "on"


def test_there_is_no_port_and_no_way_in_without_the_password(postgres: list[RunningService], var: Path) -> None:
    url = postgres[-1].url
    assert setting(url, "listen_addresses") == ""
    sockets = postgres_server.socket_folder(var, "pg")
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert len(str(sockets)) < postgres_server.LONGEST_FOLDER
    assert (var / "postgres.password").stat().st_mode & 0o777 == 0o600
    for stranger in (
        f"postgresql://frontdoor:guess@/frontdoor?host={sockets}",
        f"postgresql://postgres@/postgres?host={sockets}",
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(stranger)


def test_our_role_makes_what_migrations_and_tests_need_and_no_more(postgres: list[RunningService]) -> None:
    with psycopg.connect(postgres[-1].url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute("CREATE DATABASE another_one")
        connection.execute("DROP DATABASE another_one")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")


def test_a_residents_words_do_not_reach_the_log(postgres: list[RunningService]) -> None:
    canary = "canary +15555550123"
    with psycopg.connect(postgres[-1].url, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE said (words text UNIQUE CHECK (length(words) < 50))")
        connection.execute("INSERT INTO said VALUES (%s)", [canary])
        for words in (canary, canary * 10):
            with pytest.raises(psycopg.IntegrityError):
                connection.execute("INSERT INTO said VALUES (%s)", [words])
        with pytest.raises(psycopg.ProgrammingError):
            connection.execute(f"SELECT nothing FROM nowhere WHERE words = '{canary}'")  # type: ignore[call-overload]
    log = postgres[-1].log.read_text()
    assert "ERROR" in log
    assert "canary" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change into another account")
def test_as_root_it_runs_as_another_account(postgres: list[RunningService]) -> None:
    owner = Path(f"/proc/{postgres[-1].process.pid}").stat().st_uid
    assert owner != 0
    assert pwd.getpwuid(owner).pw_name in {postgres_server.ACCOUNT, "postgres"}


@pytest.mark.faults
def test_kill_nine_loses_nothing_and_the_pid_file_may_name_a_stranger(
    postgres: list[RunningService], var: Path
) -> None:
    with psycopg.connect(postgres[-1].url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (42)")
    kill(postgres[-1])
    pid_file = var / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    # Its number belongs to somebody else by now: to a process of the very account that Postgres runs as.
    stranger = subprocess.Popen(["sleep", "600"], user=postgres_server._account())
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        postgres.append(services.start_postgres(var))
    finally:
        stranger.kill()
        stranger.wait()
    with psycopg.connect(postgres[-1].url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(42,)]


@pytest.mark.faults
def test_a_backend_that_outlives_its_server_does_not_keep_the_next_one_out(
    postgres: list[RunningService], var: Path
) -> None:
    with psycopg.connect(postgres[-1].url) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        kill(postgres[-1])
        postgres.append(services.start_postgres(var))
    assert not alive(backend)
    assert postgres[-1].ready()


def test_a_server_that_runs_is_left_alone(
    postgres: list[RunningService], var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "ENDING_SECONDS", 0.1)
    with pytest.raises(CannotRun, match=r"process \d+ already runs on .*; stop it first"):
        services.start_postgres(var)
    assert postgres[-1].ready()
    assert postgres[-1].log.read_text()


def test_a_lost_password_file_is_made_again(postgres: list[RunningService], var: Path) -> None:
    postgres[-1].stop()
    (var / "postgres.password").unlink()
    old = postgres[-1].url
    postgres.append(services.start_postgres(var))
    assert postgres[-1].url != old
    assert postgres[-1].ready()


def test_a_folder_that_is_closed_to_others_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    tmp_path.chmod(0o700)
    running = services.start_postgres(closed / "var")
    running.stop()
    running = services.start_postgres(closed / "var")
    running.stop()
    assert [folder.stat().st_mode & 0o777 for folder in (closed, tmp_path)] == [0o700, 0o700]


def test_what_was_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "rubbish").touch()
    running = services.start_postgres(tmp_path)
    running.stop()
    assert (tmp_path / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "postgres.new").exists()


def test_files_of_another_version_are_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
    (tmp_path / "postgres.password").write_text("secret\n")
    with pytest.raises(CannotRun, match="was made by version 15"):
        services.start_postgres(tmp_path)
    assert (tmp_path / "postgres" / "PG_VERSION").exists()


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[list[RunningService]]:
    running = [services.start_redis(tmp_path)]
    yield running
    running[-1].stop()


@pytest.mark.faults
def test_redis_keeps_what_it_had_over_kill_nine(bell: list[RunningService], tmp_path: Path) -> None:
    with redis.Redis.from_url(bell[-1].url) as connection:
        assert connection.config_get("appendonly") == {"appendonly": "yes"}
        connection.set("rung", "yes")
        # Every second is the promise; here the file is brought up to date at once.
        connection.config_set("appendfsync", "always")
        connection.set("rung", "twice")
    kill(bell[-1])
    bell.append(services.start_redis(tmp_path))
    with redis.Redis.from_url(bell[-1].url) as connection:
        assert connection.get("rung") == b"twice"


def test_redis_takes_nobody_without_the_password(bell: list[RunningService], tmp_path: Path) -> None:
    sockets = postgres_server.socket_folder(tmp_path, "redis")
    assert sockets.stat().st_mode & 0o777 == 0o700
    with redis.Redis.from_url(f"unix://{sockets}/redis.sock") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.Redis.from_url(bell[-1].url) as connection:
        assert connection.config_get("port") == {"port": "0"}


@pytest.mark.faults
def test_a_spoilt_redis_file_is_put_aside_and_redis_starts(bell: list[RunningService], tmp_path: Path) -> None:
    with redis.Redis.from_url(bell[-1].url) as connection:
        connection.set("rung", "yes")
    bell[-1].stop()
    home = tmp_path / "redis"
    for file in (path for path in home.rglob("appendonly*") if path.is_file() and path.suffix != ".manifest"):
        file.write_bytes(b"*3\r\n$3\r\nSET\r\nnonsense in the middle\r\n" * 10)
    bell.append(services.start_redis(tmp_path))
    assert bell[-1].ready()
    assert (home / "damaged").exists()


def test_somebody_elses_folder_is_not_used(tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    stranger.symlink_to(tmp_path)
    with pytest.raises(CannotRun, match="belongs to somebody else"):
        postgres_server.private_folder(stranger)


@pytest.mark.faults
def test_a_killed_parent_takes_its_servers_along(tmp_path: Path) -> None:
    words = (
        "import sys, time; from pathlib import Path; from gateway import services; var = Path(sys.argv[1])\n"
        "print(services.start_postgres(var).process.pid, services.start_redis(var).process.pid, flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", words, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    assert wait(lambda: not any(map(alive, pids)), 15)
