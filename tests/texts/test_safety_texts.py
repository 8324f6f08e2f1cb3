"""In danger two fixed texts are said, the resident's language first, with the right numbers and no false hope."""

import re
from pathlib import Path

import pytest
import yaml

from gateway import risk, texts
from gateway.community import Community, load
from gateway.segments import count

CATEGORIES = (
    "suicide self_harm third_party overdose poison medical withdrawal exposure fire gas flood violence threat "
    "partner_violence sexual_assault trafficking child minor elder psychosis distress unclear person help"
).split()
GET_OUT = {
    "fire": ("Get out now", "Salga ahora"),
    "gas": ("Get out now", "Salga ahora"),
    "flood": ("Get to high", "Suba"),
}
DISCREET = ("partner_violence", "trafficking")
LEVELS = ("emergency", "urgent")
ASKED_NOW = {"en": "asking a person", "es": "pidiendo que"}
NOT_911 = {"en": "We are not 911", "es": "No somos el 911"}


@pytest.fixture
def town() -> Community:
    return load(None)


@pytest.fixture
def texting_town(town: Community) -> Community:
    return town.model_copy(update={"text_to_911": True, "text_to_911_languages": ("en", "es")})


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("category", [*CATEGORIES, "never_heard_of"])
@pytest.mark.parametrize("first", ["en", "es"])
def test_always_both_languages_the_residents_first(level: str, category: str, first: str, town: Community) -> None:
    told = texts.safety([category], level, first, town)
    assert told[::-1] == texts.safety([category], level, {"en": "es", "es": "en"}[first], town)
    for code, text in zip((first, {"en": "es", "es": "en"}[first]), told, strict=True):
        assert "911" in text
        assert NOT_911[code] in text
        assert ASKED_NOW[code] in text
        assert "{" not in text
        assert count(text).segments <= 2


def test_an_unknown_language_gets_both_too(town: Community) -> None:
    assert sorted(texts.safety(["suicide"], "urgent", None, town)) == sorted(
        texts.safety(["suicide"], "urgent", "es", town)
    )


@pytest.mark.parametrize("category", CATEGORIES)
def test_an_emergency_says_call_911_before_anything_else_that_matters(category: str, town: Community) -> None:
    english, spanish = texts.safety([category], "emergency", "en", town)
    assert "call 911" in english.lower()[:80]
    assert "llame al 911" in spanish.lower()[:80]


@pytest.mark.parametrize("category", CATEGORIES)
def test_texting_911_is_said_only_where_it_works(category: str, town: Community, texting_town: Community) -> None:
    assert not any(
        "text 911" in text.lower() or "texto al 911" in text
        for text in texts.safety([category], "emergency", "en", town)
    )
    english, spanish = texts.safety([category], "emergency", "en", texting_town)
    assert "Call or text 911" in english
    assert "mande un texto al 911" in spanish
    only_english = texting_town.model_copy(update={"text_to_911_languages": ("en",)})
    assert "texto al 911" not in texts.safety([category], "emergency", "en", only_english)[1]


@pytest.mark.parametrize("level", LEVELS)
def test_each_danger_names_the_line_that_knows_it(level: str, town: Community) -> None:
    def told(*categories: str) -> str:
        return "\n".join(texts.safety(categories, level, "en", town))

    for category in ("suicide", "self_harm"):
        english, spanish = texts.safety([category], level, "en", town)
        assert "all or text 988" in english
        assert "988 y marque 2" in spanish
        assert "AYUDA al 988" in spanish
    for needed in ("1-800-222-1222", "988", "naloxon", "side", "de lado"):
        assert needed in told("overdose")
    assert "1-800-799-7233" in told("partner_violence")
    for category, numbers in {
        "poison": ["1-800-222-1222"],
        "sexual_assault": ["1-800-656-4673"],
        "child": ["1-800-422-4453"],
        "elder": ["1-800-677-1116"],
        "minor": ["1-800-786-2929", "66008"],
        "trafficking": ["1-888-373-7888", "233733"],
        "third_party": ["988"],
    }.items():
        for text in texts.safety([category], level, "en", town):
            assert all(number in text for number in numbers), category


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_911_and_988_are_in_every_text_and_first_in_an_emergency(level: str, category: str, town: Community) -> None:
    for text in texts.safety([category], level, "en", town):
        numbers = list(dict.fromkeys(re.findall(r"\d[\d-]{2,}", text)))
        assert {"911", "988"} <= set(numbers)
        if level == "emergency":
            assert numbers[:2] == ["911", "988"]
            # In the first line, or in the second where the first one says nothing.
            assert "988" in text.splitlines()[1 if category in DISCREET else 0]


@pytest.mark.parametrize("level", LEVELS)
def test_nobody_is_sent_to_what_has_ended_or_is_not_certain(level: str, town: Community) -> None:
    ended = re.compile(r"(press|marque|oprima) 3|PRIDE|trevor|273-8255|near(est)? (you|center)|\blocal", re.IGNORECASE)
    for category in CATEGORIES:
        assert not any(ended.search(text) for text in texts.safety([category], level, "en", town)), category


def test_overdose_is_told_in_the_order_in_which_it_is_done(town: Community) -> None:
    english, spanish = texts.safety(["overdose"], "emergency", "en", town)
    for text, steps in (
        (english, ["911", "naloxone", "Breathing?", "side"]),
        (spanish, ["911", "naloxona", "respira", "lado"]),
    ):
        assert [text.index(step) for step in steps] == sorted(text.index(step) for step in steps)


def test_heat_that_confuses_is_not_answered_with_a_drink(town: Community) -> None:
    english, spanish = texts.safety(["exposure"], "emergency", "en", town)
    assert "Give no drink" in english
    assert "no le dé de beber" in spanish
    assert "water" not in english


@pytest.mark.parametrize("level", LEVELS)
def test_who_worries_about_someone_is_not_spoken_to_as_the_one_in_danger(level: str, town: Community) -> None:
    english, spanish = texts.safety(["third_party"], level, "en", town)
    assert re.search("someone else|about them", english)
    assert re.search("alguien cercano|esa persona", spanish)
    assert "hurt you" not in english
    # Who writes about a friend and about themself gets their own text.
    assert texts.safety(["third_party", "suicide"], level, "en", town) == texts.safety(["suicide"], level, "en", town)


@pytest.mark.parametrize("level", LEVELS)
def test_a_sick_baby_brings_no_talk_of_abuse(level: str, town: Community) -> None:
    assert "4453" not in "".join(texts.safety(["child", "medical"], level, "en", town))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("category", ["partner_violence", "trafficking", "sexual_assault", "child", "elder", "minor"])
def test_the_first_line_does_not_say_what_it_is_about(level: str, category: str, town: Community) -> None:
    told = re.compile(
        r"violen|abus|hit|hurt|beat|partner|husband|wife|assault|rape|sex|traffic|forced|harm|child|minor|elder|"
        r"golp|pega|pareja|espos|novi[oa]|agres|viola|trata|forz|daño|niñ|menor|mayor",
        re.IGNORECASE,
    )
    for first in ("en", "es"):
        for text in texts.safety([category], level, first, town):
            assert not told.search(text.splitlines()[0])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("others", [[], ["violence"], ["suicide", "medical"], ["overdose"], ["child", "threat"]])
def test_partner_violence_is_always_told_discreetly(level: str, others: list[str], town: Community) -> None:
    for text in texts.safety([*others, "partner_violence"], level, "es", town):
        first = text.splitlines()[0].lower()
        assert not any(
            word in first for word in ("violen", "abus", "hit", "hurt", "partner", "pareja", "safe", "segur", "911")
        )
        assert "violen" not in text.lower()


def test_the_order_of_categories_does_not_change_the_text(town: Community) -> None:
    assert texts.safety(["medical", "overdose"], "emergency", "en", town) == texts.safety(
        ["overdose", "medical"], "emergency", "en", town
    )
    assert "Narcan" in texts.safety(["suicide", "overdose"], "emergency", "en", town)[0]


@pytest.mark.parametrize("category", GET_OUT)
def test_fire_gas_and_water_get_people_out_first(category: str, town: Community) -> None:
    english, spanish = texts.safety([category], "emergency", "en", town)
    assert english.startswith(GET_OUT[category][0])
    assert spanish.startswith(GET_OUT[category][1])


def test_lower_levels_have_no_safety_text(town: Community) -> None:
    for level in ("routine", "none", "red"):
        with pytest.raises(KeyError):
            texts.safety(["suicide"], level, "en", town)


def test_every_text_is_reachable_and_complete() -> None:
    told = texts.safety_texts()
    named = {name for _, name in told.order} | {texts.GENERAL}
    for level, pairs in told.levels.items():
        # A text that one level lacks would be the general one there: every name has its text at both.
        assert set(pairs) == named, level
        for name, said in pairs.items():
            assert set(said.wording) == {"en", "es"}, name
            english, spanish = said.wording["en"], said.wording["es"]
            assert texts.placeholders(english) == texts.placeholders(spanish)
            assert texts.placeholders(english) == ({"call_911"} if level == "emergency" else set())
    assert {category for category, _ in told.order} == set(CATEGORIES)


def test_every_category_of_the_rule_cards_has_its_place() -> None:
    named = {category for category, _ in texts.safety_texts().order}
    assert {card.category for card in risk.load_cards().cards if not card.idiom} <= named


def test_every_number_in_a_text_is_one_that_its_sources_answer() -> None:
    told = texts.safety_texts()
    used = set()
    for level, named in told.levels.items():
        for name, said in named.items():
            known = {number for source in said.sources for number in told.sources[source].numbers}
            used |= set(said.sources)
            for code, text in said.wording.items():
                spoken = text.format(call_911=told.call["voice_or_text"][code])
                assert set(re.findall(r"\d[\d-]{2,}", spoken)) <= known, (level, name, code)
                assert set(re.findall(r"\d[\d-]{2,}", spoken)) - {"911", "988"} == known - {"911", "988"}
    assert used == set(told.sources)


def test_a_file_that_is_short_of_something_is_refused_with_every_fault(tmp_path: Path) -> None:
    raw = yaml.safe_load((texts.FOLDER / texts.SAFETY).read_text(encoding="utf-8"))
    del raw["emergency"]["fire"]["es"]
    raw["emergency"]["gas"]["sources"] = []
    raw["emergency"]["flood"]["sources"] = ["hearsay"]
    raw["urgent"]["fire"]["sign_off"] = "signed"
    del raw["urgent"]["general"]
    raw["order"].append(["weather", "storm"])
    raw["also"].append("no_such_text")
    path = tmp_path / "safety.yml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
    with pytest.raises(ValueError, match="safety.yml") as caught:
        texts.read_safety(path)
    wrong = [
        "emergency.fire: ",
        "emergency.gas: ",
        "emergency.flood: ",
        "urgent.fire: ",
        "urgent: ",
        "order: ",
        "also: ",
    ]
    for line, fault in zip(str(caught.value).splitlines(), wrong, strict=True):
        assert line.startswith(f"safety.yml: {fault}")
