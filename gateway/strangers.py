"""Residents who write neither English nor Spanish: a fixed line in their language, and a person who is asked.

Nothing is translated here and no need is guessed: a message in a third language is for a person with an interpreter.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from gateway import audit, commands, escalations, language, paging, texts
from gateway.language import Memory
from gateway.risk import Level
from gateway.scene import Scene
from gateway.yaml_files import read_yaml

log = logging.getLogger(__name__)

INTERPRETER = "interpreter"  # the escalation's reason, who handled the message, and what Conversation.menu_open holds
KEYS = {True: "interpreter_asked", False: "interpreter_asked_nobody_on_shift"}
# After our line these answer it, and no question of the bot: yes, no and thanks, as its readers say them.
ACKNOWLEDGED = (
    "yes; yeah; yep; no; nope; ok; okay; k; thanks; thank you; si; sí; gracias; wi; non; mèsi; mesi; vâng; dạ; có; "
    "không; cảm ơn; cam on; sim; não; nao; obrigado; obrigada; نعم; لا; شكرا; opo; oo; hindi; salamat; "
    "да; нет; спасибо; 네; 예; 아니요; 감사합니다; oui; merci; 是; 不是; 好; 好的; 谢谢; 謝謝"
)

Told = tuple[list[str], str]


class Line(NamedTuple):
    """What is said in one language: when somebody is on shift, when nobody is; and the messages that opt out in it."""

    review: str
    asked: str
    nobody_on_shift: str
    stop: frozenset[str]


def hear(scene: Scene) -> Told | None:
    """What a message in a third language, or one that asks for it by name, is answered; None for every other message.

    A whole message that says stop in such a language is an opt-out as good as STOP (47 CFR 64.1200(a)(10)).
    """
    text = scene.message.text
    if stops(text):
        return commands.opt_out(scene, {"command": "opt_out"}), "keyword"
    # An answer to the line comes first: "hindi" is Tagalog for no.
    asked = None if _acknowledged(scene) else _safely(lambda: language.asked_other(text))
    if asked is None:
        return (late(scene), INTERPRETER) if concerns(scene) else None
    return answer(scene, asked, again=True), INTERPRETER


def concerns(scene: Scene) -> bool:
    """Whether a message is for the interpreter: surely in a third language, or a mere yes to the line said in one."""
    return _acknowledged(scene) or written_in(scene) is not None


def late(scene: Scene) -> list[str]:
    """The answer to a message that :func:`concerns` the interpreter; also for one that came by way of the bot."""
    iso = None if _acknowledged(scene) else written_in(scene)
    return answer(scene, iso) if iso else []


def written_in(scene: Scene) -> str | None:
    """The ISO code of the third language that a message is surely in; None for any other.

    Where it was heard before, English or Spanish in between ask for no more proof than a first message does.
    """
    memory = Memory.from_dict(scene.conversation.language_memory)
    asked = scene.conversation.menu_open == "language"

    def find() -> str | None:
        detection = language.detect(scene.message.text)
        known = memory.lang is not None and detection.lang != f"other:{memory.other}"
        return language.stranger(detection, known=known, asked=asked)

    return _safely(find)


def answer(scene: Scene, iso: str, *, again: bool = False) -> list[str]:
    """Ask a person who can find an interpreter, and say so in that language, in English and in Spanish.

    Said once while that request is open, unless the language was asked for by name (``again``). A language that we
    have no line in gets the other two only, and is not named to the resident.
    """
    session, conversation = scene.session, scene.conversation
    memory = Memory.from_dict(conversation.language_memory)
    told = memory.other is not None and escalations.of_conversation(session, conversation.id) is not None
    row = escalations.open_(session, conversation, INTERPRETER, Level.ROUTINE, scene.now, scene.message.id)
    if told and not again:
        return []
    conversation.language_memory = memory.told_in(iso).to_dict()
    conversation.menu_open = INTERPRETER
    audit.note(session, scene.now, INTERPRETER, "escalation", row.id, language=iso)
    staffed = paging.somebody_on_call(session, scene.now)
    own = lines().get(iso)
    first = [] if own is None else [own.asked if staffed else own.nobody_on_shift]
    return [*first, *texts.each(KEYS[staffed], conversation.language)]


def beside_danger(scene: Scene) -> list[str]:
    """Our line in the language of a message that showed danger, which stands before the safety texts; that language is
    kept for the person who reads it. Nothing for a message in English or Spanish, or in a language without a line."""
    iso = written_in(scene)
    own = _own_line(iso) if iso else None
    if iso is None or own is None:
        return []
    conversation = scene.conversation
    conversation.language_memory = Memory.from_dict(conversation.language_memory).told_in(iso).to_dict()
    audit.note(scene.session, scene.now, INTERPRETER, "conversation", conversation.id, language=iso)
    return [own.asked if paging.somebody_on_call(scene.session, scene.now) else own.nobody_on_shift]


def acknowledges(text: str) -> bool:
    """Whether a message is nothing but a yes, a no or thanks, in any language that we have a line in."""
    return _plain(text) in _acknowledgements()


def stops(text: str) -> bool:
    """Whether a message is nothing but a wish, in a language that we have a line in, to get no more texts."""
    return _plain(text) in _stop_words()


@cache
def lines() -> Mapping[str, Line]:
    """The prepared lines by ISO 639 code, as they stand in the file."""
    raw = read_yaml(texts.FOLDER / texts.OTHER_LANGUAGES)
    return {
        iso: Line(row["review"], row["asked"], row["nobody_on_shift"], frozenset(map(_plain, row["stop"])))
        for iso, row in raw.items()
    }


def _acknowledged(scene: Scene) -> bool:
    return scene.conversation.menu_open == INTERPRETER and acknowledges(scene.message.text)


@cache
def _stop_words() -> frozenset[str]:
    return frozenset().union(*(line.stop for line in lines().values()))


@cache
def _acknowledgements() -> frozenset[str]:
    return frozenset(map(_plain, ACKNOWLEDGED.split(";")))


def _plain(text: str) -> str:
    """Small letters without punctuation and without marks that stand beside a letter (Arabic vowels)."""
    kept = (letter for letter in unicodedata.normalize("NFC", text) if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s']+", " ", "".join(kept).replace("’", "'")).casefold().split())


def _own_line(iso: str) -> Line | None:
    try:
        return lines().get(iso)
    except Exception:
        log.exception("lines in other languages could not be read")
        return None


def _safely(find: Callable[[], str | None]) -> str | None:
    """Nothing that breaks in reading a language may cost a resident the answer itself."""
    try:
        return find()
    except Exception:
        log.exception("language step failed")
        return None
