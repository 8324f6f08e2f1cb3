"""Imports in a real browser: sent, followed, agreed to and taken back, by keyboard, on a small phone, for everybody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from gateway import import_process, log_ins
from gateway.db import Database
from gateway.directory import importing, jobs
from gateway.models.listing import ImportRun
from gateway.settings import Settings
from tests.console.conftest import PASSWORD, utc_now
from tests.console.test_console_browser import Served, check_everybody_can_use, chromium, served, shoot
from tests.console.test_console_directory_browser import enter, go, reach
from tests.directory.conftest import Rows, small, written
from tools.console_town import packed

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
__all__ = ["chromium", "enter", "served", "written"]  # fixtures
TALL: ViewportSize = {"width": 900, "height": 1_000}
LONG = "Distribución comunitaria de alimentos y despensa móvil para familias del norte y del sur del condado"


def changed() -> dict[str, Rows]:
    """The next month's package: new, changed, gone and refused rows, and a long name."""
    rows = small()
    rows["service"][0] |= {"name": LONG, "description": "Free food for families. Come early: the line is long."}
    rows["service"][1] = {"id": "s3", "organization_id": "o1", "name": "Showers", "status": "active"}
    rows["service_at_location"][1] = {"id": "a3", "service_id": "s3", "location_id": "l1"}
    rows["phone"] = [{"id": "p1", "location_id": "l1", "number": "call us", "type": "voice"}]
    return rows


def picture(page: Page, name: str) -> None:
    """A picture for ``docs/images``, when somebody wants one: as much of the page as tells what it is for."""
    before = page.viewport_size
    page.set_viewport_size(TALL)
    shoot(page, name)
    page.set_viewport_size(before or TALL)


@pytest.fixture
def work(database: Database, settings: Settings) -> Callable[[], int]:
    return lambda: import_process.work(database, settings.var, None)


@pytest.mark.parametrize("width", [360, 1100])
def test_every_page_is_for_everybody(
    enter: Callable[..., Page],
    served: Served,
    database: Database,
    written: Callable[..., Path],
    work: Callable[[], int],
    tmp_path: Path,
    width: int,
) -> None:
    page = enter(width)
    with database.begin() as session:
        log_ins.create_responder(session, "ola@example.org", "Ola", "supervisor", PASSWORD, utc_now())
    page.goto(f"{served.url}/console/directory/imports")
    check_everybody_can_use(page)
    shoot(page, f"imports-empty-{width}")
    importing.import_path(database, written(small(), "county"), utc_now())
    file = tmp_path / "county-2026-12.zip"
    file.write_bytes(packed(changed()))
    page.reload()
    page.get_by_text("Take a list in").click()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Whose list it is").fill("county")
    shoot(page, f"imports-form-{width}")
    page.get_by_role("button", name="Show what it changes", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    check_everybody_can_use(page)
    shoot(page, f"import-waits-{width}")
    work()
    expect(page.locator("#job-state")).to_have_text("Look at it and decide", timeout=15_000)  # by itself
    expect(page.locator("#loses")).to_contain_text("1 of the 2 services")
    check_everybody_can_use(page)
    shoot(page, f"import-preview-{width}")
    page.get_by_role("link", name="Changes").click()
    expect(page.get_by_text(LONG).first).to_be_visible()
    check_everybody_can_use(page)
    shoot(page, f"import-changed-{width}")
    if width > TALL["width"]:
        picture(page, "directory-import")
    page.get_by_label("I know that these services go").check()
    page.get_by_role("button", name="Yes: take this list in").click()
    expect(page.locator("#job-state")).to_have_text("Waits for a second person")
    check_everybody_can_use(page)
    shoot(page, f"import-asked-{width}")
    page.goto(f"{served.url}/console/directory/imports")
    check_everybody_can_use(page)
    shoot(page, f"imports-{width}")
    page.locator("#runs").get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work()
    expect(page.get_by_text("all of the list goes")).to_be_visible(timeout=15_000)
    check_everybody_can_use(page)
    shoot(page, f"import-undo-{width}")


def test_a_list_comes_in_by_keyboard(
    enter: Callable[..., Page], served: Served, database: Database, work: Callable[[], int], tmp_path: Path
) -> None:
    file = tmp_path / "county.zip"
    file.write_bytes(packed(small()))
    page = enter()
    reach(page, "Imports")
    go(page)
    reach(page, "File")
    page.get_by_label("File", exact=True).set_input_files(file)  # the system's own dialog is not the page's
    reach(page, "Whose list it is")
    page.keyboard.type("county")
    go(page)
    work()
    expect(page.locator("#job-state")).to_have_text("Look at it and decide", timeout=15_000)
    reach(page, "Yes: take this list in")
    go(page)
    work()
    expect(page.locator("#job-state")).to_have_text("Done", timeout=15_000)
    with database.begin() as session:
        assert {row.state for row in session.query(ImportRun)} == {jobs.APPLIED, "done"}


def test_what_did_not_work_says_why(
    enter: Callable[..., Page], served: Served, work: Callable[[], int], tmp_path: Path
) -> None:
    file = tmp_path / f"{'a very long name of a list ' * 3}.zip"
    file.write_bytes(b"PK\x03\x04 cut off")
    page = enter(360)
    page.goto(f"{served.url}/console/directory/imports")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Whose list it is").fill("county")
    page.get_by_role("button", name="Show what it changes", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    work()
    expect(page.get_by_role("alert")).to_contain_text("neither a ZIP", timeout=15_000)
    check_everybody_can_use(page)
    shoot(page, "import-failed-360")


@pytest.mark.parametrize("width", [360, 1100])
def test_a_record_and_its_place_are_for_everybody(
    enter: Callable[..., Page], served: Served, database: Database, written: Callable[..., Path], width: int
) -> None:
    rows = small()
    rows["service"][0] |= {"name": LONG, "minimum_age": "18", "fees_description": "Free"}
    rows["translation"] = [
        {"id": "t1", "object": "service", "object_id": "s1", "field": "description", "language": "es",
         "text": "Comida gratis"}
    ]  # fmt: skip
    rows["required_document"] = [{"id": "r1", "service_id": "s1", "document": "Photo ID"}]
    rows["language"] = [{"id": "g1", "service_id": "s1", "name": "Spanish", "code": "es"}]
    rows["address"] = [{"id": "d1", "location_id": "l1", "address_1": "1 Main St", "city": "Town"}]
    importing.import_path(database, written(rows, "county"), utc_now())
    page = enter(width)
    page.goto(f"{served.url}/console/directory/place?id=county:l1")
    check_everybody_can_use(page)
    page.get_by_text("Close all that is there").click()
    page.get_by_label("Until", exact=True).select_option("notice")
    check_everybody_can_use(page)
    shoot(page, f"place-close-{width}")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".bar.hot")).to_contain_text("All that is at this place is closed")
    check_everybody_can_use(page)
    shoot(page, f"place-{width}")
    page.get_by_role("link", name="Legal clinic").click()
    expect(page.locator(".bar.hot")).to_contain_text("All that is at this place is closed")
    page.goto(f"{served.url}/console/directory/service?id=county:s1")
    page.locator("#needs summary").click()
    check_everybody_can_use(page)
    shoot(page, f"record-needs-{width}")
    page.goto(f"{served.url}/console/directory/edit?id=county:s1")
    if width > TALL["width"]:
        picture(page, "directory-edit")
    page.get_by_label("Languages spoken").fill("Spanish, Klingon")
    page.get_by_label("Monday").fill("at dawn")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved.")
    check_everybody_can_use(page)
    shoot(page, f"record-edit-{width}")
