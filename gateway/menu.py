"""The menu that answers when the bot cannot: no model, only digits and fixed words in both languages."""

import re

from gateway import texts
from gateway.commands import Scene, escalate, find_services
from gateway.directory.place import zip_in

PERSON = "person"
OPEN, MISSED = "needs", "needs_missed"
DIGIT = re.compile(r"\s*(\d)\b")


def applies(menu_open: str | None, text: str) -> bool:
    """Whether an open menu is being answered with one of its digits."""
    return menu_open in {OPEN, MISSED} and _choice(text) is not None


def answer(scene: Scene, text: str) -> list[str]:
    """Serve one message without the bot: a digit is a choice; anything else gets the menu, then a person."""
    conversation = scene.conversation
    choice = _choice(text) if conversation.menu_open in {OPEN, MISSED} else None
    if choice == PERSON:
        conversation.menu_open = None
        return escalate(scene, {"reason": "asked_for_person"})
    if choice is not None:
        conversation.menu_open = OPEN
        return find_services(scene, {"needs": [choice], "zip": _zip(scene, text)})
    if conversation.menu_open == MISSED:
        conversation.menu_open = None
        return escalate(scene, {"reason": "bot_unavailable"})
    first = conversation.menu_open is None
    conversation.menu_open = OPEN if first else MISSED
    return [texts.say("menu_offer" if first else "menu_not_understood", scene.language)]


def _choice(text: str) -> str | None:
    found = DIGIT.match(text)
    return texts.menu_choices().get(found.group(1)) if found else None


def _zip(scene: Scene, text: str) -> str | None:
    """A ZIP in this message or one given earlier; never one guessed from the phone number."""
    return zip_in(text) or scene.conversation.answers.get("zip")
