"""Every state of the widget comes about in both languages, axe finds nothing grave in it, and the page shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway import community
from tools import widget_states
from tools.console_shots import served

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def camera(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[widget_states.Camera]:
    """On a town that takes photos: all states come about there."""
    folder = tmp_path_factory.mktemp("states")
    town = folder / "town.toml"
    town.write_text(community.EXAMPLE.read_text().replace("pictures = false", "pictures = true"))
    with served(town) as (app, url):
        yield widget_states.Camera(browser, url, widget_states.fill(app), folder)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", widget_states.STATES)
def test_a_state_comes_about_and_axe_finds_nothing_grave(
    camera: widget_states.Camera, name: str, language: str
) -> None:
    looked = camera.take(name, language)  # which raises what axe calls serious or critical
    assert (looked is None) == (name in widget_states.UNSCRIPTED)
    assert (Path(camera.folder) / f"{name}-{language}.png").stat().st_size > 0


def test_the_page_shows_every_state_in_both_languages() -> None:
    page = widget_states.PAGE.read_text(encoding="utf-8")
    told = {f"{name}-{language}.png" for name in widget_states.STATES for language in ("en", "es")}
    assert {each for each in told if f"images/widget/{each})" not in page} == set()
    assert {each.name for each in widget_states.FOLDER.glob("*.png")} == told
