"""What is asked in particular finds who is for it, in either language, however it is typed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import asking, gazetteer, mistyped, needs, place, reindexing, said, topics
from gateway.directory.gazetteer import Town
from gateway.directory.holidays import FEDERAL
from gateway.directory.importing import import_path
from gateway.directory.phrases import Phrases
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

Written = Callable[[dict[str, Rows], str], Path]
MONDAY = datetime(2026, 11, 23, 18, tzinfo=UTC)
HOME = "America/Los_Angeles"
NAMES = {
    "divorce": "Divorce self-help desk",
    "asylum": "Help for asylum seekers",
    "immigration": "Immigration law project",
    "evict": "Eviction defense clinic",
    "legal": "Legal aid office",
    "seniors": "Legal help for seniors",
    "veterans": "Veterans legal clinic",
    "dental": "Dental care for children",
}


@pytest.fixture
def named(session: Session, package: dict[str, Rows], written: Written, now: datetime) -> Callable[..., Session]:
    """Takes in services at one place, told apart by their names alone."""

    def take_in(**names: str) -> Session:
        package["service"] = [
            {"id": key, "organization_id": "o1", "name": name, "status": "active", "description": ""}
            for key, name in names.items()
        ]
        package["service_at_location"] = [{"id": f"a{key}", "service_id": key, "location_id": "l1"} for key in names]
        import_path(session, written(package, "county"), now)
        return session

    return take_in


@pytest.fixture
def lawyers(named: Callable[..., Session]) -> Session:
    return named(**NAMES)


def first(session: Session, text: str, language: str = "en") -> str | None:
    wanted = asking.wanted(session, text, needs.standard(), None, language, MONDAY, HOME)
    found = search(session, wanted, MONDAY, home=HOME)
    return found.services[0].id.partition(":")[2] if found.services else None


@pytest.mark.parametrize(
    ("text", "language", "right"),
    [
        ("I want to end my marriage", "en", "divorce"),
        ("me kiero divorsiar", "es", "divorce"),
        ("quiero pedir asilo politico", "es", "asylum"),
        ("necesito un abogado de inmigración", "es", "immigration"),
        ("my landlord is kicking us out", "en", "evict"),
        ("me quieren sacar del departamento", "es", "evict"),
        ("lawyer for my grandmother, 78", "en", "seniors"),
        ("soy veterano, necesito abogado", "es", "veterans"),
        ("dentista para mi nena de 6", "es", "dental"),
        ("my kid has a toothache", "en", "dental"),
    ],
)
def test_the_one_that_is_for_it_comes_first(lawyers: Session, text: str, language: str, right: str) -> None:
    assert first(lawyers, text, language) == right


def test_who_is_for_the_need_at_large_is_offered_where_nobody_is_for_the_matter(lawyers: Session) -> None:
    assert first(lawyers, "I need to change my name") == "legal"


@pytest.mark.parametrize("text", ["where do I get a flu shot", "donde vacunan perros", "un pasaje de autobús"])
def test_a_service_for_another_matter_is_no_answer(lawyers: Session, text: str) -> None:
    assert first(lawyers, text) is None


def heard(session: Session, need: str, said: str, language: str = "en") -> tuple[list[str], str | None]:
    """What a resident is told where the bot heard this need and they wrote this, and why where that is nothing."""
    about = asking.topics_and_guesses(["hola", said, "94110"], [need], language)[0]
    found = search(session, Wanted((need,), zip="94110", topics=about), MONDAY, 20)
    return [one.id.partition(":")[2] for one in found.services], found.reason


def test_a_topic_from_the_conversation_ranks_and_leaves_out_who_is_for_another_matter(lawyers: Session) -> None:
    told, _ = heard(lawyers, "legal", "me quiero divorciar", "es")
    plain, _ = heard(lawyers, "legal", "necesito ayuda legal", "es")
    assert told[0] == "divorce"
    assert "legal" in told
    assert not {"asylum", "immigration", "evict"} & set(told)
    assert {"asylum", "immigration", "evict"} < set(plain)
    assert asking.topics_and_guesses(["me quiero divorciar"], ["food"], "es")[0] == ()


def test_where_nobody_is_for_the_matter_that_was_heard_it_is_said(named: Callable[..., Session]) -> None:
    session = named(cancer="Breast cancer screening", diabetes="Diabetes program")
    assert set(heard(session, "health", "hola")[0]) == {"cancer", "diabetes"}
    assert heard(session, "health", "where do I get a flu shot") == ([], "none")


def test_who_asks_for_nothing_in_particular_is_told_of_the_need_at_large_first(named: Callable[..., Session]) -> None:
    session = named(a_wic="WIC office", b_drive="Thanksgiving turkeys", pantry="Food pantry", z_none="Nutrition office")
    told, _ = heard(session, "food", "hello")
    assert told[0] == "pantry"
    assert set(told) == {"pantry", "a_wic", "b_drive", "z_none"}


def test_what_is_asked_in_particular_of_one_need_leaves_out_nobody_of_another(named: Callable[..., Session]) -> None:
    session = named(lockers="Storage for belongings", day="Adult day care", center="Senior center")
    about = asking.topics_and_guesses(["lockers for my bags, and day care for my father"], ["storage", "seniors"])[0]
    found = search(session, Wanted(("storage", "seniors"), zip="94110", topics=about), MONDAY, 20)
    assert {one.id.partition(":")[2] for one in found.services} == {"lockers", "day", "center"}


def test_a_service_that_no_word_of_publishers_explains_is_read_by_those_of_residents(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    """Not where it has a taxonomy term, nor where its words say what it does."""
    told = {"bare": "Come and get a plate.", "said": "Dental clinic. Come and get a plate."}
    package["service"] = [
        {"id": key, "organization_id": "o1", "name": "Bridge House", "status": "active", "description": description}
        for key, description in {**told, "termed": told["bare"]}.items()
    ]
    package["taxonomy_term"] = [{"id": "t1", "code": "LV-1600", "name": "Dentists", "taxonomy": "AIRS"}]
    package["attribute"] = [
        {"id": "x1", "link_id": "termed", "link_entity": "service", "taxonomy_term_id": "t1", "value": ""}
    ]
    import_path(session, written(package, "county"), now)
    rows = session.execute(text("SELECT service_id, need FROM service_need WHERE need IN ('food', '#meals_served')"))
    assert {(key, need) for key, need in rows} == {("bare", "food"), ("bare", "#meals_served")}


def test_who_says_who_helps_with_what_is_told_beside_the_one_that_is_for_it(named: Callable[..., Session]) -> None:
    session = named(flu="Flu shots", cancer="Breast cancer screening", line="Information and referral for health")
    assert heard(session, "health", "where do I get a flu shot") == (["flu", "line"], None)


def test_who_is_hungry_is_told_of_any_food(named: Callable[..., Session]) -> None:
    session = named(wic="WIC office", dentist="Dental clinic")
    assert heard(session, "food", "can somebody bring meals to my house") == (["wic"], None)


def test_reasons_name_the_topic(lawyers: Session) -> None:
    (service, *_) = search(lawyers, Wanted(("legal",), topics=("#divorce",)), MONDAY).services
    assert ("about", "divorce") in {(why.name, why.note) for why in service.why}


def test_every_topic_belongs_to_needs_that_exist_and_lies_under_topics_that_exist() -> None:
    known = topics.standard().by_code
    for topic in known.values():
        assert topic.needs | topic.large <= set(needs.standard().needs), topic.code
        assert topic.under <= set(known), topic.code
        assert topic.kind in {"", topics.WHO, topics.HOW, topics.GENERAL}, topic.code
        assert len(topic.code) <= 40


def test_phrases_hide_shorter_ones_bend_and_stretch() -> None:
    known = Phrases([("food", "food"), ("food stamp*", "benefits"), ("shut _ off", "utilities"), ("can't pay", "rent")])
    assert known.in_text("Food stamps office") == {"benefits"}
    assert known.in_text("they shut my lights off", "FOOD") == {"utilities", "food"}
    assert known.in_text("shut the very old main lights off") == set()
    assert known.in_text("i cant pay") == {"rent"}


@pytest.mark.parametrize(
    ("typed", "language", "read"),
    [
        ("kiero un avogado", "es", "quiero un abogado"),
        ("guardiansip help 4 my bf", "en", "guardianship help for my boyfriend"),
        ("limpiesa dental pa mi hija d 8", "es", "limpieza dental para mi hija de 8"),
        ("the court house is open", "en", "the court house is open"),
        ("me deben dos kincenas", "es", "me deben dos quincenas"),
        ("me kiere kitar mi kasa", "es", "me quiere quitar mi casa"),
        ("komo llego al park", "es", "como llego al park"),  # an English word keeps its k
        ("lechita pa mi nena", "es", "leche para mi nina"),
        ("kiero pagarle la luz", "es", "quiero pagar la luz"),
        ("mi jevo me da cantazos", "es", "mi novio me da golpes"),
        ("los chamacos i las chiquillas", "es", "los ninos y las ninas"),
        ("we r lookin 4 a lawyer", "en", "we are looking for a lawyer"),
        ("memaw cant c", "en", "grandmother cant see"),
        ("mi jevo me da cantazos", "en", "mi jevo me da cantazos"),
        ("no me disen asta cuando ban a benir", "es", "no me dicen hasta cuando van a venir"),
        ("yego una sita", "es", "llego una cita"),
        ("un hoyo bien grande", "es", "un hoyo bien grande"),  # a word that no list has is no slip for a rare one
        ("se me poncho un tire", "es", "se me poncho un tire"),
    ],
)
def test_what_was_typed_in_haste_is_mended(typed: str, language: str, read: str) -> None:
    assert mistyped.mender(needs.standard(), topics.standard()).mended(typed, language) == read


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_word_of_one_country_is_read_as_one_that_is_known_and_is_none_itself(language: str) -> None:
    about = topics.standard()
    known = mistyped.mender(needs.standard(), about)
    for word, meant in mistyped.regional(language).items():
        assert known.mended(word, language) == meant  # nothing else knows the word, else it would stay


@pytest.mark.parametrize("text", ["me quieren echar del apartamento", "my landlord kept my deposit, apartment 4"])
def test_a_matter_of_law_asks_for_legal_help_by_whatever_other_need_it_was_named(lawyers: Session, text: str) -> None:
    assert {"housing", "legal"} <= set(asking.wanted(lawyers, text, needs.standard(), None, "es").needs)


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("my dad, 72, eats alone", (72,)),
        ("tengo 58 años y busco trabajo", (58,)),
        ("free dentist for my 6 year old", (6,)),
        ("a man in his sixties", ()),
        ("a man in his 60s", (65,)),
        ("I'm 20 min away, rent is 900", ()),
        ("tengo 3 hijos", ()),
        ("at 7 pm", ()),
    ],
)
def test_ages_that_are_said(text: str, ages: tuple[int, ...]) -> None:
    assert said.ages_in(text) == ages


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("is it open on Saturday", "2026-11-28T10:00"),
        ("el sábado a las 4", "2026-11-28T16:00"),
        ("abierto mañana", "2026-11-24T10:00"),
        ("tonight", "2026-11-23T19:00"),
        ("por la mañana", None),
        ("now", None),
    ],
)
def test_moments_that_are_said(text: str, at: str | None) -> None:
    found = said.moment_in(text, MONDAY, HOME)
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == at


@pytest.fixture(scope="module")
def county() -> Town:
    zips = frozenset(one.zip for one in place.all_zips() if (one.state, one.county) == ("CA", "San Mateo County"))
    found = gazetteer.town_of("San Mateo County", "CA", zips, None, FEDERAL)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("food in Redwood City please", "redwood city"),
        ("comida burlingme", "burlingame"),
        ("necesito ayuda, estoy en East Palo Alto", "east palo alto"),
        ("free clothes san mateo county", "san mateo county"),
        ("un abogado en el condado de San Mateo", "condado de san mateo"),
        ("I live in Colma and need food", "colma"),
        ("no place at all", None),
        ("help with rent in advance", None),
    ],
)
def test_places_of_the_community_are_found_wherever_they_stand(
    session: Session, county: Town, text: str, named: str | None
) -> None:
    found = asking.wanted(session, text, needs.standard(), county, "en").place
    assert (found.removeprefix("el ") if found else None) == named


def test_a_neighborhood_by_which_services_are_named_is_a_place_and_a_confidential_one_is_not(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    package["service"][0]["name"] = "Food pantry - Quillmoor"
    package["service"][1]["name"] = "Legal clinic Wexmoor"
    package["location"].append({"id": "l2", "location_type": "physical", "latitude": "37.70", "longitude": "-122.40"})
    package["service_at_location"][1]["location_id"] = "l2"
    import_path(session, written(package, "county"), now)
    session.execute(text("UPDATE location SET confidential = true WHERE id = 'l2'"))
    assert search(session, Wanted(("food",), place="Quillmoor"), MONDAY).place_understood == "Quillmoor"
    assert search(session, Wanted(("food",), place="Wexmoor"), MONDAY).place_understood is None


def test_an_area_that_leaves_out_its_own_address_is_hardly_believed(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    package["service_area"] = [{"id": "z1", "service_id": "s1", "name": "Colma"}]
    import_path(session, written(package, "county"), now)
    (service,) = search(session, Wanted(("food",), zip="94110"), MONDAY).services
    assert [why.cost for why in service.why if why.name == "area"] == [4.0]
    package["service_area"] = [{"id": "z1", "service_id": "s1", "name": "San Francisco County"}]
    import_path(session, written(package, "county"), now)
    (service,) = search(session, Wanted(("food",), place="Daly City, CA"), MONDAY).services
    assert [why.cost for why in service.why if why.name == "area"] == [40.0]


def test_a_set_from_before_topics_is_read_anew_once(
    database: Database, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    package["service"] = [
        {"id": f"s{n}", "organization_id": "o1", "name": "Divorce help", "status": "active", "description": ""}
        for n in range(reindexing.FEW)
    ]
    package["service_at_location"] = []
    import_path(database, written(package, "county"), now)
    with database.begin() as session:
        session.execute(text("DELETE FROM service_need WHERE need LIKE '#%'"))
    assert reindexing.catch_up(database, lambda _: None) == ["county"]
    assert reindexing.catch_up(database, lambda _: None) == []


@pytest.mark.parametrize(
    ("text", "language", "named"),
    [
        ("need a lawer rockford no $$", "en", ["legal"]),
        ("ando batallando pa pagar el bil d la luz", "es", ["utilities"]),
        ("need foood 4 my kids plz", "en", ["food"]),
        ("comiiiida", "es", ["food"]),
        ("no food", "en", ["food"]),
        ("no tenemos comida", "es", ["food"]),
        ("comida no hay", "es", ["food"]),
        ("no, not food, a place to sleep", "en", ["shelter"]),
        ("no, comida no, un lugar para dormir", "es", ["shelter"]),
        ("i already have food, need diapers", "en", ["baby"]),
        ("no necesito comida, ocupo pañales", "es", ["baby"]),
        ("a shelter instead of food", "en", ["shelter"]),
        ("can someone check on my neighbor", "en", []),
        ("my husband beats me", "en", []),
        ("hola", "es", []),
        ("", "en", []),
    ],
)
def test_the_bot_is_told_what_needs_the_words_of_a_text_name(text: str, language: str, named: list[str]) -> None:
    assert asking.named_needs(text, language).named == named


@pytest.mark.parametrize(
    ("text", "language", "named", "hinted"),
    [
        ("by the hospital, need food", "en", ["food"], ["health"]),
        ("solo quiero comida", "es", ["food"], ["mental_health"]),
        ("english please", "en", [], ["jobs"]),
        ("clases de ingles", "es", ["jobs"], []),
        ("el dcfs me investiga hablo espanol", "es", ["legal", "youth"], []),
    ],
)
def test_what_as_often_tells_something_else_is_a_hint(
    text: str, language: str, named: list[str], hinted: list[str]
) -> None:
    assert asking.named_needs(text, language) == (named, hinted)


@pytest.mark.parametrize("text", ["I'd like food", "I\u2019d like food", "id like food", "id really like food"])
def test_who_would_like_something_needs_no_id(text: str) -> None:
    assert asking.named_needs(text, "en") == (["food"], [])
    assert "benefits" not in needs.standard().in_question(text)
    assert needs.standard().in_question("i lost my id") == {"benefits"}


@pytest.mark.parametrize(
    ("texts", "heard", "place", "also"),
    [
        (["need a lawer rockford no $$", "no", "61101"], ["benefits"], None, ["legal"]),
        (["need a lawer rockford no $$"], ["legal"], None, []),
        (["i need food", "no, a lawyer"], ["shelter"], None, ["legal"]),
        (["i need food", "no not food", "somewhere to crash"], ["shelter"], None, []),
        (["i need food", "near the legal aid on 5th"], ["shelter"], "the legal aid on 5th", ["food"]),
        (["a lawyer, by the hospital"], ["benefits"], None, ["legal"]),
        (["diapers for my baby", "and food"], ["food"], None, []),
        (["a bed for me and my baby"], ["shelter"], None, []),
        (["a sofa, i am a veteran"], ["storage"], None, ["other"]),
        (["furniture and food"], ["food"], None, ["other"]),
        (["my neighbor 82 needs food"], ["welfare_check"], None, []),
        (["watch my kids so i can work"], ["jobs"], None, ["baby"]),
        (["a lawyer, he beats me"], ["domestic_violence"], None, ["legal"]),
        (["he hits me when he drinks, i am at work"], ["domestic_violence"], None, []),
        (["any beds left"], ["shelter"], None, []),
        (["no mattress, i sleep on the floor"], ["shelter"], None, ["other"]),
        (["i need food"], [], None, []),
        (["hello"], ["food"], None, []),
        (["i feel hopeless"], ["mental_health"], None, []),
        (["i feel so stressed and overwhelmed"], ["mental_health"], None, []),
        (["6 months behind on the house and the bank set a sale date"], ["jobs"], None, ["housing", "legal"]),
    ],
)
def test_what_the_newest_words_name_is_searched_for_beside_what_was_heard(
    texts: list[str], heard: list[str], place: str | None, also: list[str]
) -> None:
    assert asking.also_named(texts, heard, place) == also


def test_whom_it_is_for_is_read_whatever_the_need_is() -> None:
    """A lawyer for an old woman is asked for as one, though "seniors" is no need that the bot heard."""
    assert "#seniors" in asking.topics_and_guesses(["i need a lawyer"], ["legal"], "en", ages=[74])[0]
    assert "#seniors" not in asking.topics_and_guesses(["i need a lawyer"], ["legal"], "en", ages=[40])[0]
    assert "#youth_people" in asking.topics_and_guesses(["i need a lawyer"], ["legal"], "en", ages=[17])[0]
    assert "#youth_people" not in asking.topics_and_guesses(["i need a lawyer"], ["legal"], "en", ages=[7, 17])[0]
    assert "#veterans" in asking.topics_and_guesses(["lawyer for a veteran"], ["legal"], "en")[0]
    assert asking.served_by(["#hiv", "#divorce", "#veterans"]) == ("hiv", "veteran")
