"""What is said after danger, while a person is asked and the bot steps back: fixed words that fit, not the same again.

It chooses between texts that people wrote and a town signs (`texts/holding.yml`), and never changes a level: every
message was screened before it comes here.
"""

import logging
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

from gateway import escalations, keywords, paging, texts
from gateway.commands import in_their_language, person_asked_each
from gateway.conversations import SMS
from gateway.keywords import Keyword
from gateway.models import Assessment, Message
from gateway.risk import Level
from gateway.risk.raising import DISCREET
from gateway.risk.sayings import Sayings, read_sayings
from gateway.scene import Scene

log = logging.getLogger(__name__)

FILE = "holding.yml"
FIRST = "person_asked"
KEPT, HERE, PLACE, OKAY, HARD = ("holding_" + kind for kind in ("kept", "here", "place", "okay", "hard"))
# With nobody on shift no person reads it: that is said instead of whatever speaks of one.
NOBODY = "nobody_on_shift_danger"
SAID_LATELY = 8  # texts of ours that are looked through
CALLED = ["help"]  # the categories of a cry for help that tells of nothing else
DANGER = [level.value for level in Level if level >= Level.URGENT]


def answer(scene: Scene) -> list[str]:
    """What fits this message, of the texts that were not said just before; the truth about who reads comes first."""
    said = _said(scene)
    staffed = paging.somebody_on_call(scene.session, scene.now)
    choices = [key for key in _fitting(scene, staffed=staffed) if key != FIRST or not _told_who_reads(said)]
    key = min(choices, key=lambda each: _last_said(each, said))
    return person_asked_each(scene) if key == FIRST else in_their_language(scene.conversation, key)


def only_called(scene: Scene, since: datetime) -> bool:
    """Whether nothing but a bare HELP or AYUDA showed danger since then, beside what the bot helps with anyway.

    These are the carriers' words, and our own texts tell people to send them: danger is answered as always and a person
    is asked, but who then goes on is asked by the bot whether anybody is in danger, and for what they need.
    """
    conversation = scene.conversation
    told = scene.session.execute(
        select(Message.text, Assessment.level, Assessment.categories)
        .join(Assessment, Assessment.message_id == Message.id)
        .where(Message.conversation_id == conversation.id, Message.created_at > since, Assessment.level.in_(DANGER))
    )
    return conversation.channel == SMS and all(
        (list(categories) == CALLED and keywords.read(text) is Keyword.HELP)
        or escalations.practical(Level(level), categories)
        for text, level, categories in told
    )


def _fitting(scene: Scene, *, staffed: bool) -> list[str]:
    """Keys from the one that fits best to those that always do."""
    kind = meaning(scene.message.text)
    own = {"place": PLACE, "here": HERE, "hard": HARD, "okay": OKAY}.get(kind or "")
    if own == HARD and _discreet(scene):
        own = None
    always = [FIRST, KEPT, HERE] if staffed else [FIRST, NOBODY, OKAY]
    if own == HERE and not staffed:
        own = NOBODY
    return list(dict.fromkeys([*([own] if own else []), *always]))


def meaning(text: str) -> str | None:
    """``place``, ``here``, ``hard`` or ``okay``; None for everything else, and where the words cannot be read."""
    try:
        return sayings().first(text)
    except Exception:
        log.exception("words of the hold could not be read")
        return None


@cache
def sayings() -> Sayings:
    """The words of holding.yml, read once per process. Raises :class:`gateway.risk.CardError`."""
    return read_sayings(FILE, Path(__file__).parent)


def _said(scene: Scene) -> list[str]:
    """Our last texts in this conversation since the danger, the newest first."""
    row = escalations.of_conversation(scene.session, scene.conversation.id)
    newest = (
        select(Message.text)
        .where(Message.conversation_id == scene.conversation.id, Message.direction == "out")
        .order_by(Message.id.desc())
        .limit(SAID_LATELY)
    )
    return list(scene.session.scalars(newest.where(Message.created_at >= row.opened_at) if row else newest))


def _last_said(key: str, said: list[str]) -> int:
    """Smaller the longer ago a text was said: 0 for one that was not."""
    known = set(texts.wording(key).values())
    found = next((place for place, text in enumerate(said) if text in known), None)
    return 0 if found is None else SAID_LATELY - found


def _told_who_reads(said: list[str]) -> bool:
    """Whether the truth about who reads was told since the danger, in whichever of its wordings."""
    openings = {text[:30] for key in (FIRST, f"{FIRST}_nobody_on_shift") for text in texts.wording(key).values()}
    return any(text[:30] in openings for text in said)


def _discreet(scene: Scene) -> bool:
    """Whether what was told here may be read by the one who is feared."""
    told = select(Assessment.categories).join(Message, Message.id == Assessment.message_id)
    rows = scene.session.scalars(told.where(Message.conversation_id == scene.conversation.id))
    return any(not DISCREET.isdisjoint(categories or ()) for categories in rows)
