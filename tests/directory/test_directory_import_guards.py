"""An import that is most likely a mistake is refused, and one that is at work keeps no door shut."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gateway import directory_cli, log_ins, schema, up
from gateway.cli import main
from gateway.db import Database
from gateway.directory import demo, importing
from gateway.directory.importing import dataset_name, import_path
from gateway.directory.report import ImportBusy, ImportFailed
from gateway.models.directory import Service
from tests.directory.conftest import Rows

Write = Callable[[dict[str, Rows], str], Path]


@pytest.mark.parametrize(
    "path",
    ["/data/county-a/2026-11", "/data/county-b/2026-11/hsds", "/x/20261126.json", "/x/services-2026-11", "/x/Nov 2026"],
)
def test_a_path_that_says_when_and_not_whose_is_no_name(path: str) -> None:
    with pytest.raises(ImportFailed, match="--dataset"):
        dataset_name(Path(path))


@pytest.mark.parametrize(
    ("path", "name"), [("/x/211-alameda", "211-alameda"), ("/x/services-export", "services-export")]
)
def test_a_name_may_have_digits(path: str, name: str) -> None:
    assert dataset_name(Path(path)) == name


def test_two_counties_of_one_month_stand_side_by_side(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    folder = written(package, "2026-11")
    with pytest.raises(ImportFailed):
        import_path(session, folder, now)
    for county in ("a", "b"):
        import_path(session, folder, now, dataset=county)
    assert services(session) == 4


def services(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Service)) or 0


def of_another_county(package: dict[str, Rows]) -> dict[str, Rows]:
    """The same package with other services."""
    for row in package["service"]:
        row["id"] = f"other-{row['id']}"
    for row in package["service_at_location"]:
        row["service_id"] = f"other-{row['service_id']}"
    return package


def test_a_set_that_loses_most_of_its_services_is_refused(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package, "county"), now)
    folder = written(of_another_county(package), "county")
    with pytest.raises(ImportFailed, match="(?s)2 of the 2 services.*--allow-shrink"):
        import_path(session, folder, now)
    assert session.get(Service, ("county", "s1")) is not None
    report = import_path(session, folder, now, allow_shrink=True)
    assert report.changes["service"].removed == 2
    assert session.get(Service, ("county", "s1"), populate_existing=True) is None


def test_half_of_them_may_go(session: Session, package: dict[str, Rows], written: Write, now: datetime) -> None:
    import_path(session, written(package, "county"), now)
    package["service"] = package["service"][:1]
    assert import_path(session, written(package, "county"), now).changes["service"].removed == 1


def test_the_command_asks_and_takes_the_answer(
    database: Database,
    package: dict[str, Rows],
    written: Write,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(directory_cli, "database_url", lambda: url)
    monkeypatch.setattr(directory_cli, "var", lambda: tmp_path)
    import_path(database, written(package, "county"), now)
    folder = str(written(of_another_county(package), "county"))
    refused = CliRunner().invoke(main, ["directory", "import", folder])
    assert refused.exit_code == 1
    assert "--allow-shrink" in refused.output
    assert CliRunner().invoke(main, ["directory", "import", folder, "--allow-shrink"]).exit_code == 0


def test_a_start_does_not_wait_for_an_import(
    database: Database, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.begin() as importer:
        importer.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": importing.ONE_AT_A_TIME})
        with pytest.raises(ImportBusy):
            demo.load_national(database, now, wait=False)
        up.take_shipped(database, now, demo_town=False)
        with database.begin() as session:
            assert log_ins.first_log_in(session, now) is not None
    assert "an import is at work" in capsys.readouterr().out
    up.take_shipped(database, now, demo_town=False)
    with database.begin() as session:
        assert services(session) > 0


def test_two_imports_still_wait_for_each_other(
    database: Database, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    folder, done = written(package, "county"), threading.Event()
    second = threading.Thread(target=lambda: (import_path(database, folder, now), done.set()))
    with database.begin() as importer:
        importer.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": importing.ONE_AT_A_TIME})
        second.start()
        assert not done.wait(0.5)
    second.join(20)
    assert done.is_set()


def test_every_lock_is_its_own() -> None:
    assert len({importing.ONE_AT_A_TIME, log_ins.ONE_AT_A_TIME, schema.ONE_AT_A_TIME}) == 3
