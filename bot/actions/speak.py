"""How actions speak: a response by its name, the introduction on the first turn, a need's name, the open question."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import ruamel.yaml
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.commands import Command
from bot.actions.said import FORM, TEAM_NEEDS, Known

_NEEDS = Path(__file__).resolve().parent.parent / "data" / "needs"
_NAMED_AT_MOST = 2
_AND = {"en": " and ", "es": " y "}

Events = list[dict[str, Any]]


def say(dispatcher: CollectingDispatcher, response: str, **values: str) -> None:
    """Say one of the texts of bot/data, in the language of the conversation."""
    dispatcher.utter_message(response=response, **values)


def command(dispatcher: CollectingDispatcher, *commands: Command) -> None:
    """Send commands to the gateway, in this order."""
    for item in commands:
        dispatcher.utter_message(json_message=item)


def introduce(dispatcher: CollectingDispatcher, known: Known, needs: tuple[str, ...] = ()) -> Events:
    """On the first turn say that this is a computer, not 911, and how to reach a person; later nothing."""
    if known.introduced:
        return []
    looked_for = [need for need in needs if need not in TEAM_NEEDS]
    named = [need_name(need, known.language) for need in looked_for[:_NAMED_AT_MOST]]
    if named:
        say(dispatcher, "utter_hello_need", heard=_AND[known.language].join(named))
    else:
        say(dispatcher, "utter_hello")
    return [SlotSet("introduced", True)]


def ask(dispatcher: CollectingDispatcher, question: str) -> None:
    """Put a question of the screening (again)."""
    say(dispatcher, f"utter_ask_{FORM}_{question}")


@lru_cache(maxsize=1)
def _names() -> dict[str, dict[str, str]]:
    """`utter_name_<need>` of every need file: {need: {language: name}}."""
    names: dict[str, dict[str, str]] = {}
    yaml = ruamel.yaml.YAML(typ="safe", pure=True)
    for path in sorted(_NEEDS.glob("*.yml")):
        responses = (yaml.load(path.read_text(encoding="utf-8")) or {}).get("responses", {})
        for key, variants in responses.items():
            if key.startswith("utter_name_"):
                need = key[len("utter_name_") :]
                names[need] = {variant["condition"][0]["value"]: variant["text"] for variant in variants}
    return names


def need_name(need: str, language: str) -> str:
    """What a need is called in a sentence; raises `KeyError` for a need without a name."""
    return _names()[need][language]
