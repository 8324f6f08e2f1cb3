"""What the queue calls things, and what its filters offer."""

from collections.abc import Iterable

from gateway.community import Community
from gateway.marking import N_
from gateway.web.console_words import CHANNELS, LANGUAGES, LEVELS, plain

ABOUT = {"self": N_("For themselves"), "other": N_("For someone else"), "public": N_("People in general")}
WHOSE = {"waiting": N_("Waiting"), "mine": N_("Yours"), "others": N_("With somebody else")}
OLDER = {"5": N_("5 minutes or more"), "30": N_("30 minutes or more"), "120": N_("2 hours or more")}
OTHER_LANGUAGES = {**LANGUAGES, "other": N_("Another language")}
CATEGORIES = (
    "suicide", "self_harm", "overdose", "medical", "poison", "withdrawal", "violence", "threat", "partner_violence",
    "sexual_assault", "trafficking", "child", "elder", "psychosis", "distress", "exposure", "fire", "gas", "flood",
    "unclear",
)  # fmt: skip
WORDS = {"about": ABOUT}

Choices = Iterable[tuple[str, str]]


def choices(community: Community, locale: str = "en") -> list[tuple[str, str, Choices]]:
    """Each filter: its name, its label, and the values that it offers with their words."""
    levels = {code: LEVELS[code] for code in ("emergency", "urgent", "routine")}
    desks = {desk.code: str(getattr(desk.name, locale)) for desk in community.desks}
    found: list[tuple[str, str, Choices]] = [
        ("whose", N_("Whose"), WHOSE.items()),
        ("level", N_("Level"), levels.items()),
        ("category", N_("About"), [(code, plain(code)) for code in CATEGORIES]),
        ("channel", N_("Channel"), CHANNELS.items()),
        ("language", N_("Language"), OTHER_LANGUAGES.items()),
        ("older", N_("Waiting for"), OLDER.items()),
    ]
    return [*found, ("desk", N_("Desk"), desks.items())] if desks else found
