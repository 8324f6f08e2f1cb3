"""In danger two fixed texts are said, the resident's language first, with the right numbers and no false hope."""

import pytest

from gateway import texts
from gateway.community import Community, load
from gateway.segments import count

CATEGORIES = (
    "suicide self_harm overdose medical violence partner_violence sexual_assault child elder fire exposure psychosis "
    "withdrawal trafficking threat third_party distress person"
).split()
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
    if category != "fire":
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
    assert "1-800-656-4673" in told("sexual_assault")
    assert "1-800-422-4453" in told("child")
    assert "1-888-373-7888" in told("trafficking")
    assert "988" in told("distress")


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


def test_fire_gets_people_out_first(town: Community) -> None:
    english, spanish = texts.safety(["fire"], "emergency", "en", town)
    assert english.startswith("Get out now")
    assert spanish.startswith("Salga ahora")


def test_lower_levels_have_no_safety_text(town: Community) -> None:
    for level in ("routine", "none", "red"):
        with pytest.raises(KeyError):
            texts.safety(["suicide"], level, "en", town)


def test_every_text_is_reachable_and_complete() -> None:
    told = texts.safety_texts()
    named = {name for _, name in told.order} | {texts.GENERAL}
    for level, pairs in told.levels.items():
        assert texts.GENERAL in pairs
        assert set(pairs) <= named | {"elder"}, level
        for name, pair in pairs.items():
            assert set(pair) == {"en", "es"}, name
            assert texts.placeholders(pair["en"]) == texts.placeholders(pair["es"]) <= {"call_911"}
    assert {category for category, _ in told.order} <= set(CATEGORIES)
