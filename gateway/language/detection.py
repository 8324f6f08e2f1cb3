"""Says which language one text is written in, how sure that is, and when there is nothing to go on."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from gateway.language import others, tables
from gateway.language.guessing import guess
from gateway.language.letters import fold, normal, script, with_digits, words

# log10 of how often residents write each language, before a word is read.
PRIORS = {
    "en": 0.0, "es": 0.0, "ht": -1.2, "vi": -1.4, "tl": -1.4, "pt": -1.6, "fr": -1.8, "it": -3.1, "id": -2.4,
    "de": -2.4, "pl": -2.4, "tr": -2.6, "nl": -2.8, "so": -1.4, "ru": -1.4, "zh": -1.4,
}  # fmt: skip
OTHERS = tuple(language for language in tables.LANGUAGES if language not in tables.SERVED)
OTHER_MARGIN = 0.8
UNDECIDED = 0.6
CHANGE, MIXED = -1.2, -2.5
MIXED_EVIDENCE, CLIP = 1.5, 3.0
TELLING_WORD = 0.5
SCRIPT_MARGIN, PHRASE_MARGIN = 10.0, 2.0
SOLID_WORDS, SOLID_MARGIN = 2, 2.0
NAME_WORDS = 3
GUESS_WORDS = 3
MOST_KEPT = 16  # a text is asked about several times while it is taken in, and hardly ever again
# Only Spanish opens questions with a mark, and hardly an English word has these letters.
SPANISH_MARK = dict.fromkeys(tables.LANGUAGES, -3.0) | {"es": -1.5}
SPANISH_LETTERS = frozenset("áíóúñ")
ACCENT = 1.0
STREET = re.compile(
    r"^\W*\d+\s+(?:\w+\W+){1,4}(?:st|street|ave|avenue|blvd|rd|road|dr|drive|ln|lane|way|ct|pl|hwy|calle|avenida)\W*(?:(?:apt|#|unit)?\W*\w{1,4})?$"
    r"|^\W*\d{1,3}(?:st|nd|rd|th)?\s+(?:&|and|y|at|/)\s+\w+(?:\s+st)?\W*$"
    r"|^\W*\w+\s+(?:&|and|y|/)\s+\d{1,3}(?:st|nd|rd|th)?\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Detection:
    """The language of one text.

    ``lang`` is ``"en"``, ``"es"``, ``"mixed"``, ``"und"`` (nothing to go on) or ``"other:<ISO 639 code>"``; ``margin``
    is log10 of how much likelier it is than the next; ``solid`` means clear enough to change a conversation's
    language at once; ``evidence`` is what the words say for English and for Spanish, in log10; ``words`` is how many
    words counted; ``by`` is what told: ``"script"``, ``"phrase"`` (a greeting that our lists hold) or ``"words"``.
    """

    lang: str
    margin: float = 0.0
    solid: bool = False
    evidence: dict[str, float] = field(default_factory=dict)
    words: int = 0
    by: str = "words"


class Word(NamedTuple):
    """One word that counts, and how likely each language makes it."""

    scores: tables.Scores
    known: bool

    @property
    def leaning(self) -> float:
        """Towards English above zero, towards Spanish below."""
        return self.scores["en"] - self.scores["es"]


UNDETERMINED = Detection("und")
# Whoever writes these in the other language thanks us, or says yes; that alone turns no conversation.
MANNERS = frozenset(
    "thank thanks thx ty tysm you u so much very please pls plz ok okay yes yeah yep no nope hi hello hey bye goodbye "
    "good morning afternoon evening night god bless sorry sir maam have a nice day great cool perfect got it sure "
    "alright all right see later take care gracias muchas muchisimas mil muy amable por favor porfa porfavor hola "
    "buenos buenas dias tardes noches si claro vale listo adios chao hasta luego pronto dios lo la le les bendiga "
    "perdon disculpe senor senora senorita igualmente de nada que tenga buen dia bueno esta bien perfecto".split()
)
# What things are called here, whatever language is spoken: "food stamps" and "el centro" stand in either.
BORROWED = frozenset(
    "the el la los food stamps stamp pantry bank box shelter shelters homeless section eight voucher vouchers case "
    "manager worker social security disability green card bus pass low income part full time night shift community "
    "center senior safe place parking pull ups car seat baby formula wipes st street ave detox rehab rapid rehousing "
    "free lunch laundry power warming cooling unemployment work permit background check credit score deposit landlord "
    "roommate medical centro clinica casa mi familia barrio raza migra iglesia abuela".split()
)


@lru_cache(maxsize=MOST_KEPT)
def detect(text: str) -> Detection:
    """Say which language a text is in. The same text always gets the same answer."""
    plain = normal(text)
    if code := script(plain):
        return Detection(f"other:{code}", SCRIPT_MARGIN, solid=True, words=len(words(plain)), by="script")
    if code := others.greeted(plain):
        return Detection(f"other:{code}", PHRASE_MARGIN, words=len(words(plain)), by="phrase")
    if STREET.match(plain.strip()):
        return UNDETERMINED
    written = words(plain)
    counting = _counting(written)
    digits = [word for word in with_digits(plain.lower()) if word in tables.words()]
    if not counting and not digits:
        return UNDETERMINED
    found = [_read(word.lower()) for word in [*counting, *digits]]
    detection = _weighed([*found, *(Word(SPANISH_MARK, True) for mark in "¿¡" if mark in plain)], plain)
    return replace(detection, solid=False) if _is_borrowed(written, detection) else detection


def _is_borrowed(written: list[str], detection: Detection) -> bool:
    """Whether a text of ours is manners, or a name of something that both languages use, and nothing else."""
    folded = {fold(word) for word in written}
    return detection.solid and detection.lang in tables.SERVED and (folded <= MANNERS or folded <= BORROWED)


def _read(word: str) -> Word:
    scores, known = tables.scores(word)
    if SPANISH_LETTERS.intersection(word):
        scores = {**scores, "en": max(tables.FLOOR, scores["en"] - ACCENT)}
    return Word(scores, known)


def _counting(written: list[str]) -> list[str]:
    """The words that may tell a language; none when the whole message is a place, a name or says nothing."""
    folded = [fold(word) for word in written]
    names = tables.names()
    if " ".join(folded) in tables.places() or all(word in tables.neutral() or word in names for word in folded):
        return []
    capitals = all(word[0].isupper() for word in written) and not all(word.isupper() for word in written)
    if len(written) <= NAME_WORDS and capitals and any(word in names for word in folded):
        return []
    return [word for word, bare in zip(written, folded, strict=True) if bare not in names]


def _weighed(found: list[Word], plain: str) -> Detection:
    totals = {code: PRIORS[code] + sum(word.scores[code] for word in found) for code in tables.LANGUAGES}
    evidence = _evidence(found)
    mixed = _mixed(found) if min(evidence.values()) >= MIXED_EVIDENCE else float("-inf")
    ours = max(totals["en"], totals["es"], mixed)
    other = max(OTHERS, key=lambda code: totals[code])
    if stranger := _stranger(found, plain, other, totals[other] - ours):
        lead = max(OTHER_MARGIN, totals[other] - ours)
        return Detection(f"other:{stranger}", lead, len(found) >= SOLID_WORDS, evidence, words=len(found))
    if mixed > max(totals["en"], totals["es"]):
        return Detection("mixed", mixed - max(totals["en"], totals["es"]), evidence=evidence, words=len(found))
    margin = abs(totals["en"] - totals["es"])
    if margin < UNDECIDED:
        return Detection("und", margin, evidence=evidence, words=len(found))
    telling = sum(abs(word.leaning) >= TELLING_WORD for word in found)
    lang = "en" if totals["en"] > totals["es"] else "es"
    return Detection(lang, margin, telling >= SOLID_WORDS and margin >= SOLID_MARGIN, evidence, words=len(found))


def _stranger(found: list[Word], plain: str, other: str, lead: float) -> str | None:
    """The other language that a text is in, if it is: by our words, or by langdetect where we know too few of them."""
    few = len(found) >= GUESS_WORDS and 2 * sum(word.known for word in found) < len(found)
    by_words = other if lead >= OTHER_MARGIN else None
    if few and by_words not in tables.UNPROFILED:
        return guess(plain) or by_words
    return by_words


def _evidence(found: list[Word]) -> dict[str, float]:
    leanings = [max(-CLIP, min(CLIP, word.leaning)) for word in found]
    return {
        "en": sum(leaning for leaning in leanings if leaning > 0),
        "es": -sum(leaning for leaning in leanings if leaning < 0),
    }


def _mixed(found: list[Word]) -> float:
    """The best way through the words when each may be in either language, less what every change costs."""
    best = {"en": MIXED, "es": MIXED}
    for word in found:
        best = {
            code: max(best[code], best[rival] + CHANGE) + word.scores[code]
            for code, rival in (("en", "es"), ("es", "en"))
        }
    return max(best.values())
