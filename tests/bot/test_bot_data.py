"""What the bot says and what it learns from: both languages, short enough, held-back rows apart. No process needed."""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.yaml_files import read_yaml
from tools.nlu_rows import MARKED, folded, read_rows

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "bot" / "data"
HELD_BACK = Path(__file__).parent / "held_back.tsv"
FILES = sorted(DATA.glob("*/*.yml"))
NEEDS = sorted(path.stem for path in (DATA / "needs").glob("*.yml"))
REQUIRED_NEEDS = {
    *("food", "shelter", "housing", "utilities", "health", "mental_health", "substance_use", "naloxone", "hygiene"),
    *("clothing", "benefits", "legal", "domestic_violence", "welfare_check", "dispute", "dental", "baby", "transport"),
    *("jobs", "youth", "veterans", "seniors", "pets", "storage", "charging", "weather_centre", "syringe_pickup"),
    "distress_in_public",
}
# The longest values that a text is filled with: a community's name, a place read back, and two needs joined.
FILLED = {"community_name": "Riverton Community Cares", "spot": "x" * 45}
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


@cache
def loaded(path: Path) -> dict[str, Any]:
    """One data file."""
    content = read_yaml(path)
    assert isinstance(content, dict)
    return content


@cache
def responses() -> dict[str, dict[str, str]]:
    """Every text by its name and language."""
    found: dict[str, dict[str, str]] = {}
    for path in FILES:
        for name, variants in loaded(path).get("responses", {}).items():
            assert name not in found, f"{name} stands in two files"
            found[name] = {v["condition"][0]["value"]: v["text"] for v in variants}
            assert len(variants) == len(found[name]), f"{name} has two variants for one language: answers would vary"
    return found


@cache
def examples() -> dict[tuple[str, str], list[str]]:
    """Training examples by intent and language."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in FILES:
        for block in loaded(path).get("nlu", []):
            if "intent" in block:
                key = (block["intent"], block["metadata"]["language"])
                rows = [MARKED.sub(r"\1", row[2:].strip()) for row in block["examples"].splitlines()]
                found.setdefault(key, []).extend(rows)
    return found


def segments(text: str) -> int:
    """SMS segments: 160/153 characters in GSM-7, 70/67 in UCS-2 (3GPP TS 23.038)."""
    single, joined = (160, 153) if set(text) <= GSM7 else (70, 67)
    return 1 if len(text) <= single else -(-len(text) // joined)


@pytest.mark.parametrize("name", sorted(responses()))
def test_every_text_exists_in_both_languages_and_is_short(name: str) -> None:
    variants = responses()[name]
    assert set(variants) == {"en", "es"}
    for language, text in variants.items():
        for heard in _heard(language):
            filled = text.format(**FILLED, heard=heard, first=heard.split(" and ")[0].split(" y ")[0], second="comida")
            assert segments(filled) <= 2, (language, len(filled), filled)
            if language == "en":
                assert set(filled) <= GSM7
                assert len(filled) <= 160, (len(filled), filled)
            else:
                assert len(filled) <= 153 if set(filled) <= GSM7 else len(filled) <= 134, (len(filled), filled)


def _heard(language: str) -> list[str]:
    names = responses()
    longest = sorted((names[f"utter_name_{need}"][language] for need in NEEDS), key=len)[-1]
    return [longest]


@pytest.mark.parametrize("name", sorted(responses()))
def test_placeholders_are_the_same_in_both_languages(name: str) -> None:
    texts = responses()[name]
    fields = {language: {part.split("}")[0] for part in text.split("{")[1:]} for language, text in texts.items()}
    assert fields["en"] == fields["es"]


def test_the_texts_ask_one_question_and_never_why() -> None:
    for name, texts in responses().items():
        for text in texts.values():
            assert text.count("?") <= 1 or name == "utter_again_safety", text
            assert "why" not in text.casefold().split()
            assert "por qué" not in text.casefold()


def test_every_text_is_said_somewhere_and_everything_said_has_a_text() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "actions").glob("*.py"))
    written = set(re.findall(r'"(utter_\w+)"', source))
    questions = ("safety", "for_whom", "needs", "spot", "place", "team_ok", "mediation_ok", "text_ok")
    built = {f"utter_{kind}_{q}" for kind in ("ask_screening", "again", "why") for q in questions}
    built |= {"utter_why_all"} | {f"utter_name_{need}" for need in NEEDS}
    assert written | built == set(responses()) | {"utter_name_"} & written


def test_every_required_need_is_there_with_name_rule_and_words() -> None:
    assert set(NEEDS) >= REQUIRED_NEEDS
    for need in NEEDS:
        content = loaded(DATA / "needs" / f"{need}.yml")
        assert set(content["responses"]) == {f"utter_name_{need}"}
        assert content["rules"][0]["steps"][0] == {"intent": f"need_{need}"}


def test_main_needs_have_enough_examples_in_each_language() -> None:
    found = examples()
    for need in REQUIRED_NEEDS:
        for language in ("en", "es"):
            assert len(found[f"need_{need}", language]) >= 150, (need, language)


def test_every_intent_has_both_languages_in_balance() -> None:
    counts = Counter({key: len(rows) for key, rows in examples().items()})
    for intent, _ in list(counts):
        english, spanish = counts[intent, "en"], counts[intent, "es"]
        assert min(english, spanish) >= 10
        assert max(english, spanish) <= 1.5 * min(english, spanish), (intent, english, spanish)


def test_the_domain_lists_exactly_the_intents_that_have_examples_and_rules() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    ruled = {
        step["intent"]
        for path in FILES
        for rule in loaded(path).get("rules", [])
        for step in rule["steps"]
        if "intent" in step
    }
    assert set(domain["intents"]) == ruled
    assert ruled - {"nlu_fallback"} == {intent for intent, _ in examples()}


def test_no_example_teaches_two_intents() -> None:
    seen: dict[str, str] = {}
    for (intent, _), rows in examples().items():
        for row in rows:
            assert seen.setdefault(row.casefold(), intent) == intent, (row, intent, seen[row.casefold()])


def test_the_menu_under_the_need_question_is_the_one_that_is_spoken() -> None:
    source = (ROOT / "bot" / "actions" / "screening.py").read_text(encoding="utf-8")
    menus = next(
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "MENUS"
        and node.value
    )
    for question, items in menus.items():
        for text in responses()[f"utter_ask_screening_{question}"].values():
            for number in range(1, len(items) + 1):
                assert f"{number} " in text
            assert f"{len(items) + 1} " not in text
    assert set(menus["needs"]) - {"something_else"} <= set(NEEDS)


def test_held_back_rows_are_not_trained_on_and_cover_every_need() -> None:
    trained = {folded(row) for rows in examples().values() for row in rows}
    counts: Counter[tuple[str, str]] = Counter()
    for row in read_rows(HELD_BACK):
        assert folded(row.text) not in trained, row.text
        counts[row.intents[0], row.language] += 1
    assert sum(counts.values()) >= 1_200
    for need in NEEDS:
        for language in ("en", "es"):
            assert counts[f"need_{need}", language] >= 10
    for intent in ("complaint", "wrong_number", "danger", "out_of_scope", "inform"):
        for language in ("en", "es"):
            assert counts[intent, language] >= 5


def test_rows_that_were_brought_in_belong_to_an_intent_with_a_core_written_by_hand() -> None:
    core = {
        block["intent"]
        for path in FILES
        if path.parent.name != "rows"
        for block in loaded(path).get("nlu", [])
        if "intent" in block
    }
    for path in (DATA / "rows").glob("*.yml"):
        assert {block["intent"] for block in loaded(path)["nlu"]} == {path.stem}
        assert set(loaded(path)) == {"version", "nlu"}, "texts, words and rules stand in the file of the need"
        assert path.stem in core


def test_rasas_check_of_action_answers_is_the_one_we_replace() -> None:
    """Fails when Rasa changes the method that bot/action_check.py replaces: read the new one before going on."""
    rasa = ROOT / ".venv-bot/lib/python3.10/site-packages/rasa/core/actions/action.py"
    if not rasa.exists():
        pytest.skip("the bot's environment is not installed: `make setup`")
    source = rasa.read_text(encoding="utf-8")
    method = next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == "_validate_action_result"
    )
    text = "".join(source.splitlines(keepends=True)[method.lineno - 1 : method.end_lineno])
    known = (ROOT / "bot" / "action_check.py").read_text(encoding="utf-8")
    assert f'KNOWN_SOURCE = "{hashlib.sha256(text.encode()).hexdigest()}"' in known


def test_rasas_four_files_hold_no_secret_and_no_other_channel() -> None:
    assert yaml.safe_load((ROOT / "credentials.yml").read_text()) == {"bot.channel.FrontDoorInput": {}}
    endpoints = yaml.safe_load((ROOT / "endpoints.yml").read_text())
    assert endpoints["tracker_store"] == {"type": "bot.turns.TurnTrackerStore"}
    assert "lock_store" not in endpoints
    config = (ROOT / "config.yml").read_text()
    for trained_for_minutes in ("DIETClassifier", "TEDPolicy"):
        assert trained_for_minutes not in config
