"""The gate: what is not in both languages fails the build. It is seen to close: a copy is damaged, each way once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.web import widget_words
from tools import bilingual
from tools.all_texts import ROOT, SOURCES, all_texts

COPIED = ("bot/data", "gateway/texts", "gateway/directory")
FILES = ("domain.yml", "community.example.toml")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything that the gate reads."""
    root = tmp_path_factory.mktemp("product")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    return root


def changed(path: Path, change: Callable[[str], str]) -> Callable[[], None]:
    """Change a file of the copy; returns what puts it back."""
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, f"{path.name} does not hold what was to be changed"
    path.write_text(after, encoding="utf-8")
    return lambda: path.write_text(before, encoding="utf-8") and None


def without(words: str, instead: str = "") -> Callable[[str], str]:
    """Replace some words, once."""
    return lambda text: text.replace(words, instead, 1)


DAMAGE: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a Spanish text of the gateway is gone": (
        "gateway/texts/people.yml",
        lambda text: text.replace("\n  es: ", "\n  fr: ", 1),
        "gateway.person_asked: must be in exactly English and Spanish, not ['en', 'fr']",
    ),
    "a placeholder of the gateway is another": (
        "gateway/texts/people.yml",
        without("Ahora le escribe {name}", "Ahora le escribe {nombre}"),
        "gateway.responder_joined: asks for ['name'] in English and ['nombre'] in Spanish",
    ),
    "a placeholder of the bot is another": (
        "bot/data/conversation/wrong_number.yml",
        without("Somos {community_name}", "Somos"),
        "bot.utter_wrong_number: asks for ['community_name'] in English and [] in Spanish",
    ),
    "a Spanish text of the bot is gone": (
        "bot/data/needs/food.yml",
        without("name: language, value: es}", "name: language, value: fr}"),
        "bot.utter_name_food: must be in exactly English and Spanish, not ['en', 'fr']",
    ),
    "a safety text is empty": (
        "gateway/texts/safety.yml",
        without('    es: "Llame al 911 ahora."', '    es: ""'),
        "safety.call.voice: says nothing in ['es']",
    ),
    "a word of the directory is gone": (
        "gateway/directory/words.yml",
        without('{en: "Near {place}:", es: "Cerca de {place}:"}', '{en: "Near {place}:"}'),
        "directory.near: must be in exactly English and Spanish, not ['en']",
    ),
    "a word of the widget is gone": (
        "gateway/texts/widget/frame.yml",
        without('\n  es: "Enviar"'),
        "widget.send: must be in exactly English and Spanish, not ['en']",
    ),
    "the town is not called anything in Spanish": (
        "community.example.toml",
        without('es = "Puerta de Demo Town"'),
        "town.wording: must be in exactly English and Spanish, not ['en']",
    ),
    "an English text stands under Spanish": (
        "gateway/texts/services.yml",
        without('es: "Esto es lo que encontramos:"', 'es: "Here is what we found:"'),
        "gateway.services_header: is the same in English and in Spanish",
    ),
    "a need of the directory has no Spanish words": (
        "gateway/directory/needs.yml",
        without("    es: [comida,", "    fr: [comida,"),
        "needs.food: must have words in English and Spanish",
    ),
    "an intent of the domain that nobody can say": (
        "domain.yml",
        without("- greet\n", "- greet\n- order_pizza\n"),
        "bot.order_pizza: too few examples: {'en': 0, 'es': 0}",
    ),
}


def test_everything_is_in_english_and_in_spanish() -> None:
    assert bilingual.faults() == []


def test_every_source_is_read() -> None:
    found = [pair.source for pair in all_texts()]
    assert set(found) == set(SOURCES)
    assert all(found.count(source) >= least for source, least in
               {"gateway": 20, "safety": 30, "bot": 50, "directory": 20, "widget": 25, "town": 1}.items())  # fmt: skip


def test_every_word_of_the_widget_is_read() -> None:
    read = {pair.name: pair.wording for pair in all_texts() if pair.source == "widget"}
    assert read == dict(widget_words.words())


@pytest.mark.parametrize("name", DAMAGE)
def test_the_gate_closes(whole: Path, name: str) -> None:
    file, change, fault = DAMAGE[name]
    put_back = changed(whole / file, change)
    try:
        assert bilingual.faults(whole) == [fault]
    finally:
        put_back()


def test_the_gate_closes_where_an_intent_has_no_spanish(whole: Path) -> None:
    back = [
        changed(whole / "bot/data/needs/storage.yml", lambda text: text.replace("language: es", "language: en")),
        changed(whole / "bot/data/rows/need_storage.yml", lambda text: text.replace("language: es", "language: en")),
    ]
    try:
        assert [fault.split("{")[0] for fault in bilingual.faults(whole)] == ["bot.need_storage: too few examples: "]
    finally:
        for put_back in back:
            put_back()


def test_the_copy_itself_is_whole(whole: Path) -> None:
    assert bilingual.faults(whole) == []
