"""Teams, mediation and the city's line in a town's file: who may come, where and at which hour."""

import tomllib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gateway import endings, texts
from gateway.community import EXAMPLE, Community, Hours, load
from gateway.directory.place import ZIP
from gateway.segments import count

TOWN = load(None)
WIDEST = "the bus stop by the library on 24th and Mission, north side"


@pytest.fixture
def facts() -> dict[str, object]:
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-11-23T07:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T16:59", True),
        ("2026-11-23T17:00", False),
        ("2026-11-28T12:00", False),
    ],
)
def test_hours_cover_their_days_and_not_their_end(at: str, works: bool) -> None:
    weekdays = Hours(days=("mon", "tue", "wed", "thu", "fri"), start="08:00", end="17:00")  # type: ignore[arg-type]
    assert weekdays.covers(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("America/Los_Angeles"))) is works


@pytest.mark.parametrize(
    ("at", "works"),
    [("2026-11-27T23:00", True), ("2026-11-28T01:59", True), ("2026-11-28T02:00", False), ("2026-11-27T01:00", False)],
)
def test_a_night_belongs_to_the_day_it_began_on(at: str, works: bool) -> None:
    friday_night = Hours(days=("fri",), start="20:00", end="02:00")  # type: ignore[arg-type]
    assert friday_night.covers(datetime.fromisoformat(at)) is works


def test_a_team_goes_only_where_and_for_what_it_says() -> None:
    assert [team.name for team in TOWN.teams_for(["syringe_pickup"], "94103")] == ["Demo Syringe Pickup (invented)"]
    assert TOWN.teams_for(["welfare_check"], None)
    assert TOWN.teams_for(["welfare_check"], "10001") == ()
    assert TOWN.teams_for(["dispute"], None) == ()


def test_a_town_without_teams_mediator_or_line_is_fine(facts: dict[str, object]) -> None:
    bare = Community.model_validate({k: v for k, v in facts.items() if k not in {"teams", "mediation", "elsewhere"}})
    noon = datetime.fromisoformat("2026-11-24T20:00:00+00:00")
    assert bare.elsewhere.number == "311"
    assert endings.mediation(bare, "es") == texts.say("mediation_none", "es")
    assert endings.team(bare, ["welfare_check"], "here", None, noon, "en") == texts.say("team_none", "en", place="here")


@pytest.mark.parametrize(
    "wrong",
    [
        {"teams": [{"name": "Team", "needs": ["food"], "who": {"en": "a nurse", "es": "una enfermera"}}]},
        {"teams": [{"name": "Team", "needs": ["welfare_check"], "who": {"en": "a nurse"}}]},
        {"elsewhere": {"number": "911"}},
        {"mediation": {"who": {"en": "us", "es": "una"}, "line": "311"}},
    ],
)
def test_a_wrong_team_or_line_is_refused(facts: dict[str, object], wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Community.model_validate(facts | wrong)


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_said_at_the_end_fits_two_segments_with_this_town_filled_in(language: str) -> None:
    town = TOWN
    said = [endings.mediation(town, language), endings.elsewhere(town, language)]
    said += endings.outside(town, {}, "60608", language)
    for hour in ("10", "20"):
        for needs in (["welfare_check"], ["syringe_pickup"]):
            at = datetime.fromisoformat(f"2026-11-24T{hour}:00:00+00:00")
            said.append(endings.team(town, needs, WIDEST, None, at, language))
    assert len(said) == 7
    for text in said:
        # A place may be in any letters, so the town's own words must leave room for it.
        assert count(text).segments <= 3, text
        assert count(text.replace(WIDEST, "24th and Mission")).segments <= 2, text


def test_outside_is_told_of_a_zip_alone_and_once() -> None:
    assert endings.outside(TOWN, {}, None, "en") == []
    assert endings.outside(TOWN, {}, "somewhere", "en") == []
    assert endings.outside(TOWN, {}, next(iter(TOWN.zips)), "en") == []
    assert endings.outside(TOWN, {endings.TOLD_OUTSIDE: "60608"}, "60608", "en") == []
    assert ZIP.search(endings.outside(TOWN, {}, "60608", "en")[0])


def test_a_line_is_said_as_it_is_dialled() -> None:
    assert endings.spoken("+15555550112") == "555-555-0112"
    assert endings.spoken("311") == "311"
