"""A town's file is read whole or not at all, and every fault in it is named at once."""

import tomllib
from datetime import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.community import EXAMPLE, Community, CommunityError, QuietHours, load


@pytest.fixture
def facts() -> dict[str, object]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def test_the_demo_town_is_read_and_says_that_it_is_one() -> None:
    town = load(None)
    assert town.demo
    assert "Demo" in town.name
    assert "INVENTED" in EXAMPLE.read_text(encoding="utf-8")
    assert town.text_to_911 is False
    # 555-0100 to 555-0199 are kept for fiction.
    for number in (town.sms_number, town.psap.line):
        assert number[5:-2] == "55501"
    assert town.clock.key == town.time_zone
    assert town.zips == {code for zone in town.zones for code in zone.zips}
    zone = town.zone_of(town.zones[0].zips[0])
    assert zone == town.zones[0]
    assert town.zone_of("00000") is None
    assert {town.called("en"), town.called("es")} == {town.wording.en, town.wording.es}


def test_a_town_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load(None).name = "Other"  # type: ignore[misc]


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(
        'name = "x"\nsms_number = "911"\ntime_zone = "America/Nowhere"\nstate = "Colorado"\nlanguages = ["en"]\n'
        'web_origins = ["http://town.example", "https://town.example/path", "*"]\ntypo = 1\nzones = []\n'
        "[psap]\nname = 'Center'\n[staffed]\n[quiet_hours]\nstart = '25:00'\n"
    )
    with pytest.raises(CommunityError) as caught:
        load(path)
    told = "\n".join(caught.value.faults)
    wrong = "name short_name sms_number time_zone state web_origins.0 web_origins.1 web_origins.2 typo zones psap.line"
    for field in [*wrong.split(), "staffed", "quiet_hours.start", "wording"]:
        assert f"town.toml: {field}: " in told, field
    assert str(caught.value).count("\n  - ") == len(caught.value.faults)


@pytest.mark.parametrize("content", [None, b"name = ", b"\xff\xfe"])
def test_an_unreadable_file_is_one_clear_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "town.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommunityError) as caught:
        load(path)
    assert len(caught.value.faults) == 1
    assert "town.toml" in caught.value.faults[0]


def test_one_language_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="languages must be en and es"):
        Community.model_validate(facts | {"languages": ["en"]})


def test_texting_911_is_offered_in_the_languages_of_the_centre_only(facts: dict[str, object]) -> None:
    town = Community.model_validate(facts | {"text_to_911": True})
    assert town.text_911_in("en")
    assert not town.text_911_in("es")
    assert not Community.model_validate(facts).text_911_in("en")


@pytest.mark.parametrize(
    ("start", "end", "at", "quiet"),
    [
        (time(21), time(8), time(20, 59), False),
        (time(21), time(8), time(21), True),
        (time(21), time(8), time(0), True),
        (time(21), time(8), time(8), False),
        (time(1), time(5), time(4, 59), True),
        (time(1), time(5), time(5), False),
        (time(1), time(5), time(23), False),
    ],
)
def test_quiet_hours_may_pass_midnight(start: time, end: time, at: time, quiet: bool) -> None:
    assert QuietHours(start=start, end=end).covers(at) is quiet
