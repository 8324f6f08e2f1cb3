"""A town's own topics, laid over ours: read from services and questions alike; what is wrong is said at start-up."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway import community
from gateway.directory import asking, needs, topics
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed
from gateway.directory.search import search
from gateway.directory.topics import Topics
from gateway.errors import SettingsError
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

OWN = """
oyster_license:
  needs: [legal]
  under: [divorce]
  words:
    en: [oyster permit*]
    es: [permiso de ostras]
  asked:
    en: [dig for oysters]
food_stamps:
  without: [link card]
  words:
    en: [tideland card]
meals_home:
  kind: how
"""
Written = Callable[[dict[str, Rows], str], Path]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "topics.yml"
    path.write_text(OWN, encoding="utf-8")
    return path


def asked(known: Topics, words: str) -> set[str]:
    return {code for hit in known.in_question(words) for code in hit.meanings}


def test_words_are_added_taken_away_and_new_topics_are_known(own: Path) -> None:
    ours, theirs = topics.standard(), Topics(own, needs.standard().needs)
    assert asked(theirs, "i want to dig for oysters") == {"#oyster_license"}
    assert theirs.in_text("Oyster permits, permiso de ostras") == {"#oyster_license"}
    assert theirs.in_text("dig for oysters") == set()  # only residents say so
    assert theirs.needs_of(["#oyster_license"]) == {"legal"}
    assert theirs.wider(["#oyster_license"]) == {"#divorce"}
    assert "#food_stamps" in asked(theirs, "tideland card")
    assert "#food_stamps" in asked(theirs, "food stamps")
    assert "#food_stamps" in asked(ours, "link card")
    assert "#food_stamps" not in asked(theirs, "link card")
    assert theirs.by_code["#meals_home"].kind == "how"
    assert theirs.by_code["#meals_home"].needs == ours.by_code["#meals_home"].needs
    assert asked(ours, "dig for oysters") == set()


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        ("- a\n- b\n", ["no list of topics"]),
        ("{", ["cannot be read"]),
        ("oysters: [a]\n", ["oysters: no keys"]),
        ("Oyster License: {needs: [legal]}\n", ["a name is small letters"]),
        ("o: {word: {en: [a]}, kind: odd}\n", ["word: no such key", "kind is one of who, how, general"]),
        ("o: {needs: legal}\np: {words: [a]}\nq: {words: {fr: [a]}}\n",
         ["needs is no list", "p: words is no list", "q: words is no list"]),
        ("o: {words: {en: [1, '']}}\n", ["words is no list"]),
        ("o: {needs: [lega], large: [fod], under: [divorced]}\n",
         ["needs: there is no lega", "large: there is no fod", "under: there is no divorced"]),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_said(tmp_path: Path, written: str, faults: list[str]) -> None:
    path = tmp_path / "own.yml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ImportFailed) as failed:
        Topics(path, needs.standard().needs)
    assert len(failed.value.faults) == len(faults)
    for told, fault in zip(failed.value.faults, faults, strict=True):
        assert fault in told
        assert told.startswith("own.yml")


def test_a_town_names_its_file(own: Path, tmp_path: Path) -> None:
    example = Path(community.__file__).parents[1] / "community.example.toml"
    (tmp_path / "wrong.yml").write_text("o: {needs: [lega]}\n", encoding="utf-8")

    def town(named: str) -> community.Community:
        file = tmp_path / "community.toml"
        file.write_text(example.read_text("utf-8").replace('# topics = "topics.yml"', f'topics = "{named}"'), "utf-8")
        return community.load(file)

    tags = town(own.name).directory.tags
    assert "#oyster_license" in tags.topics.by_code
    assert tags.needs == needs.standard().needs
    with pytest.raises((ImportFailed, SettingsError), match="there is no lega"):
        town("wrong.yml")


def test_a_topic_of_the_towns_is_found_first(
    own: Path, session: Session, written: Written, package: dict[str, Rows], now: datetime
) -> None:
    tags = needs.Mapping(about=own)
    package["service"][1] |= {"name": "Legal clinic", "description": "Lawyers"}
    package["service"].append(
        {"id": "s3", "organization_id": "o1", "name": "Bay office", "status": "active",
         "description": "Legal help with oyster permits"}
    )  # fmt: skip
    package["service_at_location"].append({"id": "a3", "service_id": "s3", "location_id": "l1"})
    import_path(session, written(package, "county"), now, tags=tags)
    met = set(session.scalars(text("SELECT need FROM service_need WHERE service_id = 's3'")))
    assert {"#oyster_license", "legal"} <= met
    wanted = asking.wanted(session, "i need a license to dig for oysters", tags, None)
    assert wanted.topics == ("#oyster_license",)
    found = search(session, wanted, now).services
    assert found[0].name == "Bay office"
    assert asking.topics_and_guesses(["where can i dig for oysters"], ["legal"], "en", tags)[0] == ("#oyster_license",)
    assert asking.topics_and_guesses(["where can i dig for oysters"], ["legal"], "en")[0] == ()
