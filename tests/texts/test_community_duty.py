"""The town's rules for the people who answer: read with defaults, and every fault named by its field."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.community import EXAMPLE, Community, CommunityError, load
from gateway.community_duty import EMERGENCY, ROUTINE, URGENT, Team
from gateway.escalations import DISPOSITIONS

PARTS = ("ownership", "desks", "dispositions", "paging", "shifts", "closing", "handoff")
LOOKS = {"en": "a nurse", "es": "una enfermera"}


def example(**changed: Any) -> Community:
    facts = tomllib.loads(EXAMPLE.read_text())
    return Community.model_validate({key: part for key, part in facts.items() if key not in PARTS} | changed)


def rung(after: int, means: str, whom: str = "on_shift") -> dict[str, Any]:
    return {"after": after, "means": means, "whom": whom}


CONSOLE, PUSH, SMS, TOLD = rung(0, "console"), rung(0, "push"), rung(0, "sms"), rung(200, "told", "resident")
VOICE, SUPERVISORS = rung(60, "voice"), rung(180, "sms", "supervisors")
LATER = rung(61, "sms")
PAGE = Path(__file__).parents[2] / "docs" / "paging.md"
WORDS = {"console": "console", "push": "push", "text": "sms", "call": "voice", "told": "told"}


def test_a_file_of_before_says_nothing_of_it_and_gets_the_defaults() -> None:
    town = example()
    assert (town.ownership.capacity, town.ownership.weights.emergency) == (3, 3)
    assert (town.ownership.silent_seconds, town.ownership.heartbeat_seconds) == (120, 30)
    assert (town.desks, town.dispositions, town.paging.drill_at) == ((), (), None)
    assert (town.shifts.gap_minutes, town.shifts.ahead_weeks, town.shifts.break_minutes) == (30, 5, 15)
    assert (town.closing.reopen_hours, town.closing.second_look_hours) == (12, 24)
    assert (town.handoff.line_211, town.handoff.line_988) == ("211", "988")


def test_the_example_says_what_the_defaults_are() -> None:
    town = load(None)
    assert (town.ownership, town.shifts, town.closing) == (example().ownership, example().shifts, example().closing)
    assert [desk.code for desk in town.desks] == ["spanish"]


@pytest.mark.parametrize(("level", "rungs"), [("emergency", EMERGENCY), ("urgent", URGENT), ("routine", ROUTINE)])
def test_the_ladders_built_in_keep_to_the_rules_themselves(level: str, rungs: Any) -> None:
    given = {"ladder": {level: [each.model_dump() for each in rungs]}}
    assert getattr(example(paging=given).paging.ladder, level) == rungs


def test_the_page_for_responders_tells_the_ladders_built_in() -> None:
    """Means and seconds of every rung, row by row; what else a cell says is for people."""
    said: dict[str, set[tuple[int, str]]] = {"emergency": set(), "urgent": set(), "routine": set()}
    for row in re.finditer(r"^\| (\d+) (s|min) \|(.*)\|(.*)\|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE):
        after = int(row[1]) * (60 if row[2] == "min" else 1)
        for level, cell in zip(said, row.groups()[2:], strict=True):
            said[level] |= {(after, means) for word, means in WORDS.items() if word in cell}
    for level, rungs in zip(said, (EMERGENCY, URGENT, ROUTINE), strict=True):
        assert said[level] == {(each.after, each.means) for each in rungs}, level


def test_a_town_may_have_a_ladder_of_its_own() -> None:
    ladder = {"urgent": [CONSOLE, VOICE, SUPERVISORS], "routine": [CONSOLE]}
    town = example(paging={"drill_at": "10:00", "ladder": ladder})
    assert [each.means for each in town.paging.ladder.urgent] == ["console", "voice", "sms"]
    assert town.paging.ladder.emergency == EMERGENCY
    assert town.paging.drill_at is not None
    assert town.paging.drill_at.hour == 10


@pytest.mark.parametrize(
    ("level", "rungs", "fault"),
    [
        ("routine", [], "first rung must be the console"),
        ("routine", [PUSH, CONSOLE], "first rung must be the console"),
        ("routine", [rung(5, "console")], "first rung must be the console"),
        ("routine", [CONSOLE, rung(60, "sms"), rung(30, "voice")], "fewer seconds"),
        ("routine", [CONSOLE, rung(60, "told")], "means 'told' is for whom 'resident'"),
        ("routine", [CONSOLE, rung(60, "sms", "resident")], "means 'told' is for whom 'resident'"),
        ("urgent", [CONSOLE, TOLD, rung(200, "sms")], "told on the last rung"),
        ("urgent", [CONSOLE, LATER, SUPERVISORS], "sms or voice must be tried within 60"),
        ("urgent", [CONSOLE, SMS, rung(181, "sms", "supervisors")], "supervisors must be reached within 180"),
        ("emergency", [CONSOLE, SMS, VOICE, SUPERVISORS, TOLD], "push and sms must be tried at once"),
        ("emergency", [CONSOLE, PUSH, LATER, VOICE], "fewer seconds"),
        ("emergency", [CONSOLE, PUSH, SMS, rung(61, "voice"), SUPERVISORS, TOLD], "called .voice. within 60"),
        ("emergency", [CONSOLE, PUSH, SMS, VOICE, SUPERVISORS], "last rung must tell the resident"),
        ("emergency", [CONSOLE, PUSH, SMS, VOICE, TOLD], "supervisors must be reached within 180"),
    ],
)
def test_a_ladder_that_leaves_danger_waiting_is_refused(level: str, rungs: list[Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        example(paging={"ladder": {level: rungs}})


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ("ownership", {"capacity": 11}),
        ("ownership", {"silent_seconds": 59}),
        ("ownership", {"heartbeat_seconds": 301}),
        ("ownership", {"weights": {"emergency": 0}}),
        ("shifts", {"gap_minutes": 5}),
        ("shifts", {"break_minutes": 61}),
        ("closing", {"reopen_hours": 73}),
        ("handoff", {"line_988": "911"}),
        ("handoff", {"line_211": "555-0100"}),
        ("paging", {"drill_at": "25:00"}),
        ("desks", [{"code": "Spanish", "name": LOOKS}]),
        ("desks", [{"code": "spanish", "name": LOOKS}, {"code": "spanish", "name": LOOKS}]),
        ("dispositions", [{"code": "a_bed", "en": "A bed", "es": "Una cama", "standard": "bed"}]),
        ("dispositions", [{"code": "a_bed", "en": "A bed", "standard": "helped"}]),
        ("unheard_of", {}),
    ],
)
def test_what_is_wrong_is_named_by_its_field(tmp_path: Path, part: str, given: Any) -> None:
    with pytest.raises(ValueError, match=part):
        example(**{part: given})


def test_the_file_names_the_code_that_two_have(tmp_path: Path) -> None:
    twice = '\n[[desks]]\ncode = "spanish"\nname = { en = "Again", es = "Otra vez" }\n'
    path = tmp_path / "community.toml"
    path.write_text(EXAMPLE.read_text().replace("[paging]", f"{twice}\n[paging]"))
    with pytest.raises(CommunityError, match=r"desks: .*two of them have the code 'spanish'"):
        load(path)


def test_a_disposition_of_the_town_counts_as_a_standard_one() -> None:
    given = [{"code": "a_bed", "en": "A bed", "es": "Una cama", "standard": "helped"}]
    [bed] = example(dispositions=given).dispositions
    assert (bed.said_in("es"), bed.standard in DISPOSITIONS) == ("Una cama", True)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Street Team", "street_team"), ("Equipo Ángeles", "equipo_angeles"), ("24/7 Crew", "team_24_7_crew")],
)
def test_a_team_without_a_code_gets_one_from_its_name(name: str, code: str) -> None:
    team = Team.model_validate({"name": name, "who": LOOKS, "needs": ["welfare_check"]})
    assert (team.code, team.languages, team.answer_minutes, team.checklist) == (code, ("en",), 5, ())


def test_no_two_teams_and_no_two_questions_have_one_code() -> None:
    team = {"name": "Street Team", "who": LOOKS, "needs": ["welfare_check"]}
    with pytest.raises(ValueError, match="two of them have the code 'street_team'"):
        example(teams=[team, team])
    asked = {"code": "weapon", "en": "Is there a weapon?", "es": "¿Hay un arma?"}
    with pytest.raises(ValueError, match="two of them have the code 'weapon'"):
        Team.model_validate(team | {"checklist": [asked, asked]})


def test_a_zone_may_have_a_911_centre_of_its_own() -> None:
    zone = {"name": "Hills", "zips": ["94120"], "psap": {"name": "Hills 911", "line": "+15555550119"}}
    town = example(zones=[zone])
    assert town.zones[0].psap is not None
    assert town.zones[0].psap.name == "Hills 911"
