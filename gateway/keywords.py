"""Reads the words that a carrier treats as orders: STOP, START, HELP and their Spanish kin."""

import re
import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    """What a whole message asks for when it is nothing but one of these words."""

    STOP = "stop"
    START = "start"
    HELP = "help"


# Twilio's English words (Advanced Opt-Out, 2026) and the Spanish ones that Twilio does not know.
WORDS: dict[Keyword, frozenset[str]] = {
    Keyword.STOP: frozenset(
        (
            "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT",
            "OPT-OUT", "ALTO", "PARAR", "PARE", "BASTA", "CANCELAR", "NO MAS", "BAJA",
        )
    ),
    Keyword.START: frozenset(("START", "UNSTOP", "INICIAR", "COMENZAR")),
    Keyword.HELP: frozenset(("HELP", "INFO", "AYUDA", "SOS")),
}  # fmt: skip
# Words of an opt-out that are also words about a life ("END", "basta"): in a thread where danger was open they may be
# both. STOP and ALTO are not among them: they are the words that our own texts tell people to send.
ABOUT_LIFE = frozenset(("END", "QUIT", "BASTA", "NO MAS", "PARAR", "PARE"))
# YES also answers questions; it opts in only where STOP is in force.
WHEN_OPTED_OUT = frozenset(("YES",))
AROUND = re.compile(r"^[\s¡¿!\"'.,()\[\]*-]+|[\s!?.,;:…\"'()\[\]*-]+$")
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufe0f\ufeff]")


def read(text: str, opted_out: bool = False) -> Keyword | None:
    """Return the keyword that the whole message is, or ``None``.

    Case, accents, spaces around and punctuation at either end do not count: "Stop." is STOP. A sentence never is:
    "stop, I want to die" must reach screening and a person (security page, S14).
    """
    word = _folded(text)
    if opted_out and word in WHEN_OPTED_OUT:
        return Keyword.START
    return next((keyword for keyword, words in WORDS.items() if word in words), None)


def may_be_despair(text: str) -> bool:
    """Whether the whole message is an opt-out that can also be said of a life (domain page, section 1.1)."""
    return _folded(text) in ABOUT_LIFE


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", INVISIBLE.sub("", text))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", AROUND.sub("", bare)).upper()
