"""What the bot hears in texts that come without any conversation before: run by the bot's own Python.

    .venv-bot/bin/python -m bench.heard < texts.json > needs.json

A list of ``{"text", "named", "hinted"}`` comes in, these being what the gateway's words find in the text
(:func:`gateway.directory.asking.named_needs`); the needs that are heard in each go out, a list for each text.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from bench import NOTHING_TRAINED
from bot.models import wanted
from bot.quiet import environment

environment()


async def heard(texts: list[dict[str, Any]]) -> list[list[str]]:
    """The needs of each text, by the model of the present files."""
    agent = Agent.load(str(wanted()))
    assert agent.processor is not None
    found = []
    for told in texts:
        words = {key: told[key] for key in ("named", "hinted")}
        read = await agent.processor.parse_message(UserMessage(told["text"], metadata=words))
        found.append([each["value"] for each in read["entities"] if each["entity"] == "need"])
    return found


def main() -> None:
    """Read, hear, write."""
    if not wanted().exists():
        sys.exit(NOTHING_TRAINED)
    answer, sys.stdout = sys.stdout, sys.stderr  # Rasa logs what it parses; nobody reads that of blind questions
    told = asyncio.run(heard(json.load(sys.stdin)))
    answer.write(json.dumps(told))


if __name__ == "__main__":
    main()
