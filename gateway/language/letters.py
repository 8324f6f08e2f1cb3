"""Turns a text into words to look up, and names the languages that their script gives away."""

import re
import unicodedata
from collections import Counter

APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'"})
NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[#@]\w+", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# "2day" and "sum1" are words to the one who writes them.
DIGIT_WORD = re.compile(r"\b(?=\w*[^\W\d_])(?=\w*\d)[^\W_]+\b")
NOT_ALNUM = re.compile(r"[^a-z0-9]+")
STROKES = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "ß": "s"})
REPEATED = re.compile(r"(.)\1+")

# First letter of a block, last letter, language. Where a script serves several, the one most written in the US.
SCRIPTS = (
    (0x0370, 0x03FF, "el"),
    (0x0400, 0x052F, "ru"),
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x077F, "ar"),
    (0x0900, 0x097F, "hi"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1100, 0x11FF, "ko"),
    (0x1200, 0x137F, "am"),
    (0x1780, 0x17FF, "km"),
    (0x3040, 0x30FF, "ja"),
    (0x3130, 0x318F, "ko"),
    (0x3400, 0x9FFF, "zh"),
    (0xAC00, 0xD7AF, "ko"),
    (0xF900, 0xFAFF, "zh"),
    (0xFB50, 0xFEFF, "ar"),
)
# Letters that only one of the languages of a script has.
TELLING = (
    ("ar", frozenset("ٹڈڑںےھ"), "ur"),
    ("ar", frozenset("پچژگکی"), "fa"),
    ("ru", frozenset("іїєґІЇЄҐ"), "uk"),
)
VIETNAMESE = frozenset("ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĩũ")
NON_LATIN_SHARE = 0.5
# Below this share of its words it is a name or a dish in a text of another language: "i live with mr. nguyễn".
VIETNAMESE_SHARE = 0.3


def normal(text: str) -> str:
    """NFKC, one kind of apostrophe, no addresses and tags."""
    return NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", text).translate(APOSTROPHES))


def fold(word: str) -> str:
    """Small letters without accents; ``ñ`` becomes ``n`` as residents often write it."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(STROKES)


def plain(text: str) -> str:
    """The words and numbers of a text as whole messages are compared: small letters, no accents, one space between."""
    return NOT_ALNUM.sub(" ", fold(normal(text)).replace("'", "")).strip()


def words(text: str) -> list[str]:
    """The words of a normalised text, in order, as written. A word may hold an apostrophe."""
    return WORD.findall(text)


def with_digits(text: str) -> list[str]:
    """Words that have a digit in them, such as ``2day``."""
    return DIGIT_WORD.findall(text)


def squeezed(word: str) -> tuple[str, str]:
    """A drawn-out word with each run of a letter cut to two and to one: ``holaaa`` to ``holaa`` and ``hola``."""
    return REPEATED.sub(r"\1\1", word), REPEATED.sub(r"\1", word)


def script(text: str) -> str | None:
    """The ISO code of the language whose script at least half as many letters are in as in Latin, if any.

    Latin letters that only Vietnamese has tell as much, where enough of the words have them.
    """
    latin, found = 0, Counter[str]()
    for letter in text:
        if not letter.isalpha() and not unicodedata.combining(letter):
            continue
        if ord(letter) < SCRIPTS[0][0]:
            latin += 1
        elif code := _block(ord(letter)):
            found[code] += 1
    if not found or sum(found.values()) < NON_LATIN_SHARE * latin:
        return "vi" if _vietnamese(text.lower()) else None
    # Japanese is written with Chinese letters too: any kana decides.
    code = "ja" if found["ja"] else found.most_common(1)[0][0]
    return next((special for base, letters, special in TELLING if base == code and letters.intersection(text)), code)


def _vietnamese(text: str) -> bool:
    written = words(text)
    telling = sum(bool(VIETNAMESE.intersection(word)) for word in written)
    return telling > 0 and telling >= VIETNAMESE_SHARE * len(written)


def _block(point: int) -> str | None:
    return next((code for first, last, code in SCRIPTS if first <= point <= last), None)
