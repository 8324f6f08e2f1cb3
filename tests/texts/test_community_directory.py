"""The town's own settings of its directory, and the faults that are named in them."""

from datetime import date
from pathlib import Path

import pytest

from gateway.community import EXAMPLE, CommunityError, Directory, load

WRONG = [
    ("fresh_days = 0", "directory.fresh_days"),
    ("fresh_days = 400", "stale_days must be more than fresh_days"),
    ('holidays = ["xmas eve eve"]', "directory.holidays"),
    ('places = "nowhere.csv"', "nowhere.csv is no file"),
    ('needs = "."', "is no file"),
    ('map = "http://maps.example/?q={latitude},{longitude}"', "directory.map"),
    ('map = "https://maps.example/?q={latitude}"', "directory.map"),
    ('map_address = "http://maps.example/?q={address}"', "directory.map_address"),
    ('map_address = "https://maps.example/?q={address}&n={name}"', "directory.map_address"),
    ('map = "https://maps.example/?q={latitude},{longitude}&need={need}"', "directory.map"),
    ('map = "https://maps.example/{latitude.real},{latitude},{longitude}"', "directory.map"),
    ('map = "https://a-very-long-name-of-a-map-service.example/find/?q={latitude},{longitude}"', "directory.map"),
    ("typo = 1", "directory.typo"),
]


def town(folder: Path, lines: str) -> Path:
    """The demo town with other words under [directory]."""
    before, _, after = EXAMPLE.read_text(encoding="utf-8").partition("[directory]\n")
    path = folder / "town.toml"
    path.write_text(before + "[directory]\n" + lines + "\n\n#" + after.partition("\n\n#")[2], encoding="utf-8")
    return path


@pytest.mark.parametrize(("lines", "told"), WRONG)
def test_a_fault_is_told_with_its_field(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(CommunityError, match=told.replace(".", r"\.")) as caught:
        load(town(tmp_path, lines))
    assert "town.toml: directory" in str(caught.value)


def test_nothing_need_be_said(tmp_path: Path) -> None:
    assert load(town(tmp_path, "")).directory == Directory() == load(None).directory
    assert (Directory().fresh_days, Directory().stale_days) == (90, 365)


def test_files_are_meant_from_the_folder_of_the_town(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("name_en\n")
    (tmp_path / "needs.yml").write_text("{}\n")
    found = load(town(tmp_path, 'needs = "needs.yml"\nplaces = "places.csv"')).directory
    assert (found.needs, found.places) == (tmp_path / "needs.yml", tmp_path / "places.csv")


def test_holidays_are_the_towns(tmp_path: Path) -> None:
    found = load(town(tmp_path, 'holidays = ["federal", "12-24"]')).directory
    assert found.calendar.on(date(2026, 12, 24)) is not None
    assert Directory().calendar.on(date(2026, 12, 24)) is None
    assert Directory().calendar.on(date(2026, 11, 26)) == "thanksgiving"


def test_a_map_link_says_where_and_nothing_else(tmp_path: Path) -> None:
    link = Directory().map_of(37.7512345, -122.4187654)
    assert link == "https://maps.google.com/?q=37.7512,-122.4188"
    assert load(town(tmp_path, 'map = "off"')).directory.map_of(1, 2) is None


def test_a_place_without_a_point_is_found_by_its_address(tmp_path: Path) -> None:
    def link(lines: str, street: str = "9 Peña St, Demo 94110") -> str | None:
        return load(town(tmp_path, lines)).directory.map_of(None, None, street)

    assert link("") == "https://maps.google.com/?q=9+Pe%C3%B1a+St,+Demo+94110"
    assert (
        link('map_address = "https://maps.example/?s={address}"')
        == "https://maps.example/?s=9+Pe%C3%B1a+St,+Demo+94110"
    )
    # Whoever chose another map than ours for points is not sent to ours with an address.
    assert link('map = "https://maps.example/?q={latitude},{longitude}"') is None
    assert link('map_address = "off"') is None
    assert link('map = "off"') is None
    assert link("", "1 " + "Very Long " * 20) is None
    assert Directory().map_of(None, None) is None


def test_what_is_wrong_in_the_files_of_the_directory_is_listed_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("name_en,zip\n,1\n")
    (tmp_path / "needs.yml").write_text("no_need_of_ours: {words: [x]}\n")
    for lines in ('needs = "needs.yml"', 'places = "places.csv"'):
        path = town(tmp_path, lines)
        path.write_text(path.read_text().replace('state = "CA"', 'state = "XX"', 1))
        with pytest.raises(CommunityError) as caught:
            load(path)
        assert "town.toml: state" in str(caught.value)
        assert "town.toml: directory: " in str(caught.value)
