"""`rasa test core` over stories of every path in both languages, and over one that is wrong on purpose."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.yaml_files import read_yaml
from tests.bot.bot_server import PYTHON, ROOT, BotServer

STORIES = Path(__file__).parent / "stories"
FILES = sorted(STORIES.glob("*.yml"))
LANGUAGES = ("en", "es")
# They begin the form as need_food does, by a rule of the same shape: test_bot_data.py looks at each of those rules.
ALIKE = "need_"
INSTEAD = {"need_food", "need_dispute", "need_welfare_check"}


def stories(path: Path) -> list[dict[str, Any]]:
    """The stories of one file."""
    read: list[dict[str, Any]] = read_yaml(path)["stories"]
    return read


def steps(language: str) -> Iterator[dict[str, Any]]:
    """Every step of every story of one language."""
    for path in FILES:
        if path.name.startswith(f"{language}_"):
            for story in stories(path):
                yield from story["steps"]


def rasa_test_core(folder: Path, out: Path) -> tuple[int, str]:
    """Run `rasa test core` on a folder of stories: its exit and what it printed; its reports lie in ``out``."""
    model = subprocess.run(
        [str(PYTHON), "-c", "from bot import models; print(models.wanted())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [str(PYTHON), "-m", "rasa", "test", "core", "--model", model, "--stories", str(folder), "--out", str(out),
         "--fail-on-prediction-errors", "--no-plot"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.bot
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_story_goes_as_it_is_told(trained: None, tmp_path: Path) -> None:
    code, printed = rasa_test_core(STORIES, tmp_path)
    assert code == 0, printed[-3000:]
    accuracy = json.loads((tmp_path / "story_report.json").read_text())["conversation_accuracy"]
    told = sum(len(stories(path)) for path in FILES)
    assert (accuracy["correct"], accuracy["total"]) == (told, told)


@pytest.mark.bot
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_story_that_is_wrong_is_found_out(trained: None, tmp_path: Path) -> None:
    wrong = tmp_path / "stories"
    wrong.mkdir()
    right = (STORIES / "en_nothing_open.yml").read_text(encoding="utf-8")
    assert right.count("action_ask_person") == 1
    (wrong / "en_wrong.yml").write_text(right.replace("action_ask_person", "action_goodbye"), encoding="utf-8")
    code, printed = rasa_test_core(wrong, tmp_path / "out")
    assert code != 0
    assert "Model predicted a wrong action" in printed
    assert "action_goodbye  # predicted: action_ask_person" in printed


@pytest.mark.bot
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_in_a_story_are_read_as_the_intent_that_it_names(bot: BotServer, language: str) -> None:
    """`rasa test core` takes the intents as given; so here is whether its words mean them."""
    told = {(step["user"], step["intent"]) for step in steps(language) if "user" in step}
    heard = {(words, bot.turn(words, language=language).intent) for words, _ in told}
    assert heard == told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stories_take_every_path(language: str) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    intents = {step["intent"] for step in steps(language) if "intent" in step}
    assert intents == {name for name in domain["intents"] if not name.startswith(ALIKE)} | INSTEAD
    actions = {step["action"] for step in steps(language) if "action" in step}
    assert actions - {"screening"} == {name for name in domain["actions"] if name.startswith("action_")}
    asked = {slot["requested_slot"] for step in steps(language) for slot in step.get("slot_was_set", ())
             if "requested_slot" in slot}  # fmt: skip
    assert asked - {None} == set(domain["forms"]["screening"]["required_slots"])


def test_both_languages_have_the_same_stories() -> None:
    names = {
        code: [story["story"].removeprefix(f"{code}, ") for path in FILES if path.name.startswith(code) for story in
               stories(path)]
        for code in LANGUAGES
    }  # fmt: skip
    assert names["en"] == names["es"]
    assert len(set(names["en"])) == len(names["en"])
