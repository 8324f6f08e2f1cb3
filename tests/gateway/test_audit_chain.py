"""The sealed trail: whatever is changed, removed, moved or cut off is named."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, select, text

from gateway import audit, audit_chain, audit_cli, community, sweeps
from gateway.audit_chain import Head, read_heads, seal, verify
from gateway.db import Database
from gateway.models import AuditEntry

pytestmark = pytest.mark.slow

LATER = timedelta(minutes=2)


def write(database: Database, now: datetime, count: int = 5) -> None:
    with database.begin() as session:
        for number in range(count):
            audit.note(session, now, "view", "escalation", number, None, level="urgent", of=[1.5, "ñ", None])


@pytest.fixture
def sealed(database: Database, now: datetime) -> Head:
    """Five entries, sealed."""
    write(database, now)
    with database.begin() as session:
        assert seal(session, now) == 5
        return audit_chain.head(session)


@contextmanager
def bent(database: Database) -> Iterator[Connection]:
    """What somebody with all rights over the database does: the trigger is off meanwhile."""
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER keep_audit_entry"))
        yield connection
        connection.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER keep_audit_entry"))


def faults(database: Database, now: datetime, *kept: Head) -> list[str]:
    with database.begin() as session:
        return list(verify(session, now, kept).faults)


def test_a_trail_that_nobody_touched_is_whole(database: Database, sealed: Head, now: datetime) -> None:
    with database.begin() as session:
        found = verify(session, now + LATER, [sealed])
    assert (found.sealed, found.head, found.overdue, list(found.faults)) == (5, sealed, 0, [])


def test_it_goes_on_where_it_ended(database: Database, sealed: Head, now: datetime) -> None:
    write(database, now, 3)
    with database.begin() as session:
        assert seal(session, now, most=2) == 2
        assert seal(session, now) == 1
        assert seal(session, now) == 0
    with database.begin() as session:
        assert verify(session, now, [sealed]).sealed == 8


def test_an_empty_trail_is_whole(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert verify(session, now).head == Head(0, audit_chain.START)


@pytest.mark.parametrize(
    "change",
    [
        "act = 'claim'",
        "at = at + interval '1 microsecond'",
        "subject_id = 99",
        "subject = 'message'",
        """detail = '{"level": "routine", "of": [1.5, "ñ", null]}'""",
        """detail = detail || '{"more": 1}'""",
        "hash = repeat('a', 64)",
    ],
)
def test_a_changed_entry_is_named(database: Database, sealed: Head, now: datetime, change: str) -> None:
    with bent(database) as connection:
        connection.execute(text(f"UPDATE audit_entries SET {change} WHERE id = 3"))
    assert faults(database, now) == ["seal 3 is broken: entry 3 was changed, or put in place of another"]


def test_a_removed_entry_is_named(database: Database, sealed: Head, now: datetime) -> None:
    with bent(database) as connection:
        connection.execute(text("DELETE FROM audit_entries WHERE id = 3"))
    assert faults(database, now) == ["seal 3 is missing: an entry was removed before entry 4 (seal 4)"]


def test_the_first_entry_cannot_be_removed_unseen(database: Database, sealed: Head, now: datetime) -> None:
    with bent(database) as connection:
        connection.execute(text("DELETE FROM audit_entries WHERE id = 1"))
    assert faults(database, now) == ["seal 1 is missing: an entry was removed before entry 2 (seal 2)"]


def test_entries_that_changed_places_are_named(database: Database, sealed: Head, now: datetime) -> None:
    with bent(database) as connection:
        connection.execute(text("UPDATE audit_entries SET seal_no = seal_no + 100 WHERE id IN (2, 3)"))
        connection.execute(text("UPDATE audit_entries SET seal_no = 105 - seal_no WHERE id IN (2, 3)"))
    assert faults(database, now) == ["seal 2 is broken: entry 3 was changed, or put in place of another"]


def test_an_entry_put_in_between_is_named(database: Database, sealed: Head, now: datetime) -> None:
    with bent(database) as connection:
        connection.execute(text("UPDATE audit_entries SET seal_no = seal_no + 1 WHERE id = 5"))
        connection.execute(
            text(
                "INSERT INTO audit_entries (at, act, subject, detail, seal_no, hash) "
                "VALUES (now(), 'view', 'escalation', '{}', 5, repeat('b', 64))"
            )
        )
    assert faults(database, now) == ["seal 5 is broken: entry 6 was changed, or put in place of another"]


def test_a_tail_that_was_cut_off_shows_against_a_kept_head(database: Database, sealed: Head, now: datetime) -> None:
    with bent(database) as connection:
        connection.execute(text("DELETE FROM audit_entries WHERE id > 3"))
    assert faults(database, now) == []
    assert faults(database, now, sealed) == ["seal 5 is missing: the trail ends at 3, and once went on"]


def test_a_trail_written_anew_shows_against_a_kept_head(database: Database, sealed: Head, now: datetime) -> None:
    with bent(database) as connection:
        connection.execute(text("UPDATE audit_entries SET act = 'claim', seal_no = NULL, hash = NULL WHERE id = 3"))
        connection.execute(text("UPDATE audit_entries SET seal_no = NULL, hash = NULL"))
    with database.begin() as session:
        assert seal(session, now) == 5
    assert faults(database, now) == []
    said = faults(database, now, sealed)
    assert said == ["seal 5 is another than the one that was kept: the trail up to there was written anew"]


def test_what_is_committed_late_is_sealed_late(database: Database, now: datetime) -> None:
    """A slow act writes its entry first and commits last: nothing waits for it, and nothing is lost."""
    with database.begin() as slow:
        audit.note(slow, now, "slow", "escalation", 1)
        slow.flush()
        write(database, now, 2)
        with database.begin() as session:
            assert seal(session, now) == 2
    with database.begin() as session:
        assert seal(session, now) == 1
        order = select(AuditEntry.act).order_by(AuditEntry.seal_no)
        assert session.scalars(order).all() == ["view", "view", "slow"]
    assert faults(database, now) == []


def test_one_seals_at_a_time(database: Database, now: datetime) -> None:
    write(database, now)
    with database.begin() as first:
        assert seal(first, now) == 5
        with database.begin() as second:
            assert seal(second, now) == 0
    assert faults(database, now) == []


def test_entries_that_nobody_seals_are_told(database: Database, sealed: Head, now: datetime) -> None:
    write(database, now, 2)
    with database.begin() as session:
        assert verify(session, now + timedelta(seconds=60)).overdue == 0
        assert verify(session, now + timedelta(seconds=61)).overdue == 2


def test_the_database_itself_seals_nothing_twice(database: Database, sealed: Head) -> None:
    with pytest.raises(Exception, match="append-only"), database.begin() as session:
        session.execute(text("UPDATE audit_entries SET seal_no = 9, hash = 'x' WHERE id = 1"))


def test_long_trails_are_read_in_parts(
    database: Database, sealed: Head, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_chain, "AT_A_TIME", 2)
    with database.begin() as session:
        assert verify(session, now).sealed == 5


def test_the_workers_seal_and_tell_the_head(
    database: Database, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    write(database, now)
    town = community.load(None)
    with database.begin() as session, caplog.at_level(logging.INFO):
        for part in sweeps.PARTS:
            if part.name.startswith("audit-"):
                assert list(part.run(session, town, now)) == []
                assert part.own_thread
        top = audit_chain.head(session)
    assert top.seal_no == 5
    said = [vars(record) for record in caplog.records if record.message == "audit head"]
    assert [(each["count"], each["code"]) for each in said] == [(5, top.hash)]


@pytest.mark.parametrize("line", ["5", "x " + "a" * 64, "5 " + "g" * 64, "5 " + "a" * 63])
def test_a_line_that_is_no_head_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no head"):
        read_heads([line])


def test_the_command_prints_the_head_and_fails_on_a_fault(
    database: Database, sealed: Head, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(audit_cli, "database_url", lambda: url)
    good = CliRunner().invoke(audit_cli.audit, ["verify"])
    assert (good.exit_code, good.stdout) == (0, f"{sealed}\n")
    kept = tmp_path / "heads"
    kept.write_text(good.stdout)
    with bent(database) as connection:
        connection.execute(text("DELETE FROM audit_entries WHERE id = 5"))
    cut = CliRunner().invoke(audit_cli.audit, ["verify", "--from-head", str(kept)])
    assert cut.exit_code == 1
    assert "FAULT  seal 5 is missing" in cut.stderr
    with bent(database) as connection:
        connection.execute(text("UPDATE audit_entries SET act = 'x' WHERE id = 2"))
    broken = CliRunner().invoke(audit_cli.audit, ["verify"])
    assert broken.exit_code == 1
    assert "FAULT  seal 2 is broken: entry 2" in broken.stderr
    kept.write_text("what is this\n")
    assert CliRunner().invoke(audit_cli.audit, ["verify", "--from-head", str(kept)]).exit_code == 1
