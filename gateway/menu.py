"""The menu that answers when the bot cannot: no model, only numbers and known words in both languages.

A number is a choice only where it is all that the message says, beside a ZIP code: "2 kids need diapers" is no choice
of the second line but a need for diapers (domain.md 1.1: a digit never overrides free text in the same message).
"""

import re

from gateway import texts
from gateway.commands import escalate, record
from gateway.directory.choices import number_words
from gateway.directory.folding import fold
from gateway.directory.needs import standard
from gateway.directory.place import ZIP, zip_in
from gateway.offering import find_services
from gateway.scene import Scene

PERSON = "person"
OPEN, MISSED = "needs", "needs_missed"
MOST_NEEDS = 3
BESIDE = frozenset("the number option la el numero opcion es its please por favor zip my mi code codigo postal".split())


def applies(menu_open: str | None, text: str) -> bool:
    """Whether an open menu is being answered with one of its numbers."""
    return menu_open in {OPEN, MISSED} and _choice(text) is not None


def understands(menu_open: str | None, text: str) -> bool:
    """Whether the menu can serve this message, by a number or by a word. What it cannot is kept for the bot."""
    return menu_open in {OPEN, MISSED} and (_choice(text) is not None or bool(_told(text)))


def answer(scene: Scene, text: str) -> list[str]:
    """Serve one message without the bot: a number or a word chooses; else the menu is shown, then a person asked."""
    conversation = scene.conversation
    record(scene, {"field": "zip", "value": zip_in(text)})
    is_open = conversation.menu_open in {OPEN, MISSED}
    choice = _choice(text) if is_open else None
    if choice == PERSON:
        conversation.menu_open = None
        return escalate(scene, {"reason": "asked_for_person"})
    needs = [choice] if choice else (_told(text) if is_open else [])
    if needs:
        conversation.menu_open = OPEN
        return find_services(scene, {"needs": needs, "zip": scene.conversation.answers.get("zip")})
    if conversation.menu_open == MISSED:
        conversation.menu_open = None
        return escalate(scene, {"reason": "bot_unavailable"})
    conversation.menu_open = MISSED if is_open else OPEN
    return [texts.say("menu_not_understood" if is_open else "menu_offer", scene.language)]


def _choice(text: str) -> str | None:
    """What the message chooses, when a number is all that it says beside a ZIP code and a word or two of manners."""
    words = re.findall(r"\w+", fold(ZIP.sub(" ", text)))
    if words[-1:] == ["one"] and len(words) > 1:
        words.pop()  # "the second one"
    known = number_words()
    numbers = [known[word] for word in words if word in known]
    if len(numbers) != 1 or any(word not in known and word not in BESIDE for word in words):
        return None
    return texts.menu_choices().get(str(numbers[0]))


def _told(text: str) -> list[str]:
    """Needs whose words stand in the message, as the directory knows them."""
    found = standard().in_text(text)
    return [need for need in standard().needs if need in found][:MOST_NEEDS]
