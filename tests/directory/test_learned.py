"""What a text is about where no word says it: the weights fit their rows, and guesses only add to what words know."""

import json
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.directory import asking, described, learned, likely, needs, topics
from tools.linear import pack
from tools.matters import all_rows, fingerprint, read_rows

# None of these texts stands in a row.
TOLD = [
    ("6 months behind on the house and the bank set a sale date", "en", "foreclosure"),
    ("lost my wife in march and the evenings are the worst", "en", "grief"),
    ("I keep everything, boxes up to the ceiling, nobody can sit in my living room", "en", "hoarding"),
    ("mom falls and I work, somewhere she can spend the day", "en", "adult_day"),
    ("se murio mi mama ayer y no tenemos para la funeraria", "es", "burial"),
    ("mi nina tiene dos anos y no dice ni una palabra", "es", "early_intervention"),
    ("ya no oigo el telefono y los aparatos cuestan miles", "es", "hearing"),
    ("dormimos en el piso, ni camas ni mesa, apenas rentamos", "es", "furniture"),
]


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Nothing is kept of a net that a test changes."""
    learned.net.cache_clear()
    yield
    learned.net.cache_clear()


def test_the_weights_are_made_of_these_rows() -> None:
    read = learned.net()
    assert read is not None
    assert read.version == fingerprint(), "run `make matters`"


def test_every_topic_that_is_guessed_is_known() -> None:
    read = learned.net()
    assert read is not None
    assert {topics.MARK + name for name in read.names if name[0] not in {learned.NOTHING, learned.AT_LARGE}} <= set(
        topics.standard().by_code
    )


@pytest.mark.parametrize(("text", "language", "topic"), TOLD)
def test_a_matter_that_is_only_told_of_is_searched_for(text: str, language: str, topic: str) -> None:
    assert text not in {row.text for row in all_rows()}
    about = topics.standard()
    needed = sorted(about.needs_of([f"#{topic}"]))
    assert f"#{topic}" in asking.topics_and_guesses([text], needed, language)[0]
    named = asking.named_needs(text, language)
    assert set(needed) & {*named.named, *named.hinted}


@pytest.mark.parametrize("text", ["thank you so much", "who are you", "hola buenas tardes", "yes please", "97201", ""])
def test_what_asks_for_nothing_names_no_need_by_a_guess(text: str) -> None:
    assert likely.about(needs.standard(), text, []) == {}


def test_a_guess_never_names_a_need_for_which_people_go_out() -> None:
    for text in ("he beats me every night and i am scared to go home", "el vecino pone la musica a todo volumen"):
        named = asking.named_needs(text)
        assert needs.NOT_BY_WORDS.isdisjoint([*named.named, *named.hinted])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("i dont want a divorce", "en"),
        ("i dont need diapers", "en"),
        ("ya tengo lentes", "es"),
        ("ya no quiero divorciarme", "es"),
        ("no necesito un abogado de migracion", "es"),
        ("i dont need food or clothes", "en"),
    ],
)
def test_nothing_is_guessed_where_something_is_refused(text: str, language: str) -> None:
    assert asking.named_needs(text, language) == ([], [])
    assert asking.also_named(["i need diapers", text], ["food"], None, language) == []


@pytest.mark.parametrize(
    ("text", "language", "need"),
    [
        ("i already have court for the eviction tomorrow", "en", "legal"),
        ("ya tenemos orden de desalojo", "es", "legal"),
        ("ya tengo deuda de luz y me la cortan manana", "es", "utilities"),
        ("ya tengo dolor de muela tres dias", "es", "dental"),
    ],
)
def test_what_somebody_already_has_may_be_what_is_wrong(text: str, language: str, need: str) -> None:
    assert need in asking.named_needs(text, language).named


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("living in an abandoned car with my kids", "en"),
        ("necesito un pañal para mi bebe", "es"),
        ("los coyotes tienen a mi hermano y piden dinero", "es"),
        ("quien se queda con mis hijos mientras trabajo", "es"),
        ("can someone enroll her in food stamps", "en"),
        ("donde van a regalar ropa para ninos", "es"),
        ("se fue la luz porque no pague", "es"),
        ("help me move out he hits me", "en"),
    ],
)
def test_what_a_citys_desks_do_is_not_read_where_somebody_needs_help(text: str, language: str) -> None:
    named, _ = asking.topics_and_guesses([text], needs.standard().needs, language)
    assert not {"#city_works", "#animal_control", "#giving", "#outages", "#moving_help", "#school_enrollment"} & {
        *named
    }
    assert "#immigration_raids" not in named


def test_what_a_sentence_says_of_the_house_is_no_matter() -> None:
    for told in (
        "Se habla español en la oficina.",
        "Children must be accompanied by an adult at all times.",
        "This clinic does not prescribe opioids or benzodiazepines.",
    ):
        assert described.mentioned(topics.standard(), {"#primary_care"}, "Clinic", told) == set()


def test_who_somebody_is_is_never_guessed() -> None:
    for text in ("my partner and i are two women", "my son came out and his dad kicked him out", "i did two tours"):
        guess = likely.about(needs.standard(), text, [])
        assert topics.standard().of_kind(guess, topics.WHO) == set()


def test_a_guess_that_is_not_sure_leaves_nobody_out() -> None:
    named, guessed = asking.topics_and_guesses(["hello", "i need a lawyer", "94110"], ["legal"])
    assert set(guessed) <= set(named)
    assert not topics.standard().of_kind(set(named) - set(guessed), "")
    sure, _ = asking.topics_and_guesses(["mi nina tiene dos anos y no dice ni una palabra"], ["health"], "es")
    assert "#early_intervention" in sure


def test_where_words_of_a_towns_own_topic_stand_nothing_is_guessed(tmp_path: Path) -> None:
    file = tmp_path / "topics.yml"
    file.write_text("acequia:\n  needs: [other]\n  words:\n    en: [acequia]\n", encoding="utf-8")
    text, tags = "the acequia people set a sale date for my house, the bank too", needs.Mapping(about=file)
    assert likely.about(needs.standard(), text, [])
    assert asking.topics_and_guesses([text], ["other", "housing"], "en", tags)[0] == ("#acequia",)
    assert "housing" not in [*asking.named_needs(text, "en", tags).named, *asking.named_needs(text, "en", tags).hinted]
    assert asking.also_named([text], ["jobs"], None, "en", tags) == ["other"]


def test_a_service_whose_texts_name_nothing_is_about_what_they_are_like() -> None:
    known = topics.standard()
    auction = "We sit down with the lender before the auction."
    assert described.mentioned(known, set(), "Pagos a Tiempo", auction) == {"#foreclosure"}
    assert described.mentioned(known, {"#dental_care"}, "Pagos a Tiempo", "before the auction") == set()


def test_each_sentence_of_a_service_may_be_about_another_matter() -> None:
    text = "Clases de inglés por la noche. Maestros voluntarios uno a uno para adultos que no aprendieron a leer."
    assert "#literacy" in described.mentioned(topics.standard(), {"#english_class"}, "Noches de estudio", text)
    assert described.mentioned(topics.standard(), {"#english_class"}, "Noches de estudio", None) == set()


def test_a_name_that_tells_nothing_is_for_what_its_text_is_surely_about() -> None:
    known = topics.standard()
    auction = "We sit down with the lender before the auction and stop the foreclosure of your home."
    assert described.surely(known, set(), {"#foreclosure"}, "Pagos a Tiempo", auction) == {"#foreclosure"}
    assert described.surely(known, set(), {"#debt"}, "Pagos a Tiempo", auction) == set(), "its words do not say it"
    assert described.surely(known, {"food"}, {"#foreclosure"}, "Food bank", auction) == set(), "its name says it"


@pytest.mark.parametrize("broken_part", [{"bias": [0.0]}, {"classes": None}, {"scale": 1.0}, {"bias": None}])
def test_without_its_weights_search_goes_on_by_words(
    broken_part: dict[str, Any],
    forgotten: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with zipfile.ZipFile(learned.WEIGHTS) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["about.json"] = json.dumps(json.loads(parts["about.json"]) | broken_part).encode()
    broken = tmp_path / "weights.zip"
    pack(broken, parts)
    monkeypatch.setattr(learned, "WEIGHTS", broken)
    with caplog.at_level(logging.ERROR):
        assert learned.guesses("6 months behind on the house and the bank set a sale date") == ()
    assert "weights.zip cannot be read" in caplog.text
    assert "sale date" not in caplog.text
    assert asking.named_needs("i need a food pantry").named == ["food"]


@pytest.mark.parametrize(
    "line", ["nothing_of_the_kind\tq\ten\thi", "grief\tx\ten\thi", "grief\tq\ten\t ", "grief q en hi"]
)
def test_a_row_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "writer.tsv"
    file.write_text(f"grief\tq\ten\tmy dad died\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="writer.tsv:2: not 'topics"):
        list(read_rows(file))
