"""Counts what a text costs as SMS, and rewrites one so that it costs less."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

# The default alphabet and its extension, 3GPP TS 23.038 (once GSM 03.38), section 6.2.1.
ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
# A text of several segments gives six octets of each to the header that joins them.
GSM_LIMITS = (160, 153)
UCS_LIMITS = (70, 67)
LAST_OF_THE_BMP = 0xFFFF

TYPOGRAPHY = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "-", "·": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ",
        "\u200b": "", "\u200d": "", "\ufeff": "", "ª": "a", "º": "o", "ç": "c", "©": "(c)", "®": "(R)", "™": "TM",
    }
)  # fmt: skip


class Segments(NamedTuple):
    """The price of one text. ``units`` are septets in GSM-7 and 16-bit units in UCS-2."""

    encoding: str
    units: int
    segments: int


def count(text: str) -> Segments:
    """Count the segments of a text the way a carrier bills them (3GPP TS 23.038 and 23.040); no text has none."""
    if all(letter in ALPHABET or letter in EXTENSION for letter in text):
        return _counted("GSM-7", [2 if letter in EXTENSION else 1 for letter in text], GSM_LIMITS)
    return _counted("UCS-2", [2 if ord(letter) > LAST_OF_THE_BMP else 1 for letter in text], UCS_LIMITS)


def gsm_safe(text: str) -> str:
    """Bring a text as near to GSM-7 as it can go without changing a word.

    Typographic quotes and dashes become ASCII, and an accent goes only where the alphabet lacks the letter:
    ``á`` becomes ``a`` while ``é``, ``ñ`` and ``¿`` stay. What has no near letter (an emoji) is left as it is.
    """
    return "".join(_near(letter) for letter in unicodedata.normalize("NFC", text).translate(TYPOGRAPHY))


def gsm_only(text: str) -> str:
    """The same, without each letter that the alphabet lacks or counts twice: one can cost more than half the room."""
    return "".join(letter for letter in gsm_safe(text) if letter in ALPHABET)


def _counted(encoding: str, widths: list[int], limits: tuple[int, int]) -> Segments:
    alone, joined = limits
    units = sum(widths)
    if units <= alone:
        return Segments(encoding, units, 1 if units else 0)
    return Segments(encoding, units, _packed(widths, joined))


def _packed(widths: Iterable[int], room: int) -> int:
    """An escape pair or a surrogate pair is never cut in two, so a segment may end one unit early."""
    segments, used = 1, 0
    for width in widths:
        if used + width > room:
            segments, used = segments + 1, 0
        used += width
    return segments


def _near(letter: str) -> str:
    if letter in ALPHABET or letter in EXTENSION:
        return letter
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and all(part in ALPHABET for part in bare) else letter
