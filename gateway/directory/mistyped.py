"""Reads words that were typed in haste or by ear, or that one country alone uses, as the words by which needs and
topics are known."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from gateway.directory.folding import fold
from gateway.directory.needs import Mapping
from gateway.directory.phrases import words_in
from gateway.directory.topics import Topics
from gateway.language import tables
from gateway.risk.nearest import Nearest
from gateway.risk.sounds import sound_key
from gateway.yaml_files import read_yaml

SHORTEST_BY_EAR = 5
SHORTEST_STEM = 4
SHORTEST_BENT = 6
SHORTEST_ALIKE, FAR_MORE_FREQUENT = 3, 2.6  # letters; log10 of how often one is written for once of the other
REGIONAL = Path(__file__).parent / "regional.yml"
ENDINGS = ("o", "a", "os", "as")  # what a dash in that file stands for
# "Kiere", "qiere" and "kasa" are so often written that they count as words in use, and no Spanish word is spelled so.
BY_K = ((re.compile("k(?=[ei])|q(?!u)"), "qu"), (re.compile("k"), "c"))
SMALL = re.compile(r"(?:[ce]?cit|it)([oa]s?)$")  # comidita, leche: lechita
DRAWN_OUT = re.compile(r"(\w)\1{2,}")  # foood, porfaaa
HANGING = re.compile(r"(?<=\w\w[aei]r)(?:[mts]e|nos|l[aeo]s?)$")  # divorciarme, pagarle
SERVED = ("en", "es")
DROPPED_D, UNSAID_D = re.compile(r"ad[oa]s?$"), re.compile(r"ad?[oa]s?$")  # quemado, said quemao
ENDS_SPANISH = re.compile(r"(?:[aeo][ns]?|[ai]r|ad|ion)$")
# What residents write short, where the short form is no other word. Both languages have some of their own.
SHORT = {
    "en": dict(
        pair.split("=")
        for pair in (
            "n=and w=with w/o=without 4=for 2=to u=you ur=your r=are pls=please plz=please bf=boyfriend gf=girlfriend"
            " hubby=husband ppl=people bday=birthday xmas=christmas appt=appointment dr=doctor apt=apartment"
            " govt=government hrs=hours asap=now yo=years yr=year yrs=years tmrw=tomorrow 2nite=tonight tonite=tonight"
            " c=see thru=through cuz=because bc=because b4=before abt=about any1=anyone some1=someone sum1=someone"
            " no1=nobody nite=night wrk=work preg=pregnant hosp=hospital wat=what wats=whats dnt=dont"
            " lil=little 2day=today 2morrow=tomorrow sat=saturday fri=friday mon=monday tues=tuesday thurs=thursday"
            " lites=lights hav=have nxt=next"
        ).split()
    ),
    "es": dict(
        pair.split("=")
        for pair in (
            "q=que k=que ke=que d=de x=por xq=porque pq=porque pa=para p=para tmb=tambien bn=bien kien=quien"
            " onde=donde ay=hay nesesito=necesito nececito=necesito kiero=quiero kieren=quieren i=y mui=muy dond=donde"
            " ablo=hablo ablan=hablan ase=hace asen=hacen ijo=hijo ija=hija ijos=hijos ijas=hijas"
            " ai=hay qe=que qien=quien stoy=estoy toy=estoy toi=estoy sta=esta dnd=donde dnde=donde aser=hacer"
            " aora=ahora oy=hoy bb=bebe nesecito=necesito ncesito=necesito tngo=tengo voi=voy soi=soy xa=para"
            " aki=aqui ban=van"
        ).split()
    ),
}


class Mender:
    """Puts known words for those that were mistyped. Words in use in either language stay as they are."""

    def __init__(self, words: frozenset[str], stems: frozenset[str]) -> None:
        self._stems = frozenset(stem for stem in stems if len(stem) >= SHORTEST_STEM)
        known = words | {word for word in in_use() if self._begins(word)}
        self._known = known
        self._nearest = Nearest(known)
        self._by_ear = {sound_key(word): word for word in sorted(known) if len(word) >= SHORTEST_BY_EAR}

    def mended(self, text: str, language: str) -> str:
        """The text in folded words, mistyped ones mended."""
        short = SHORT.get(language, {})
        return " ".join(short.get(word) or self._word(word, language) for word in words_in(text))

    def _word(self, word: str, language: str) -> str:
        if self._is_known(word) or not word.isalpha():
            return word
        meant = regional(language).get(word) or next(filter(self._is_known, _spellings(word, language)), None)
        meant = meant or (_written_right(word) if language == "es" else None)
        if meant:
            return meant
        plain = _without_k(word) if language == "es" and len(word) >= SHORTEST_STEM else word
        if plain in in_use() or word in in_use():
            return plain if plain in in_use() else word
        meant = self._by_likeness(plain)
        return word if meant is None or (language == "es" and _is_no_slip(plain, meant)) else meant

    def _by_likeness(self, word: str) -> str | None:
        heard = self._by_ear.get(sound_key(word)) if len(word) >= SHORTEST_BY_EAR else None
        return heard or self._nearest.to(word)

    def _is_known(self, word: str) -> bool:
        return word in self._known or self._begins(word)

    def _begins(self, word: str) -> bool:
        return any(word[:end] in self._stems for end in range(SHORTEST_STEM, len(word) + 1))


@lru_cache(maxsize=4)
def mender(mapping: Mapping, about: Topics) -> Mender:
    """The mender towards the words of these needs and topics."""
    return Mender(mapping.words | about.words, mapping.stems | about.stems)


@cache
def regional(language: str) -> dict[str, str]:
    """The words of one country or of the street, each with the word that is known everywhere."""
    written = read_yaml(REGIONAL).get(language, {})
    return {
        one: meant
        for known, words in written.items()
        for word in words
        for one, meant in zip(_ended(fold(word)), _ended(known) if word.endswith("-") else [known], strict=True)
    }


def _ended(word: str) -> list[str]:
    return [word[:-1] + ending for ending in ENDINGS] if word.endswith("-") else [word]


def _spellings(word: str, language: str) -> Iterator[str]:
    """How a word would be written without what was hung on it, drawn out, swallowed or spelled by ear."""
    if DRAWN_OUT.search(word):
        yield DRAWN_OUT.sub(r"\1\1", word)
        yield DRAWN_OUT.sub(r"\1", word)
    if language == "en" and word.endswith("in") and len(word) >= SHORTEST_BY_EAR and word not in in_use():
        yield word + "g"
    if language != "es":
        return
    if len(word) >= SHORTEST_STEM and ("k" in word or "q" in word):
        yield _without_k(word)
    if len(word) >= SHORTEST_BENT:
        if SMALL.search(word) and word not in in_use():
            stem, plural = SMALL.sub("", word), "s" if word.endswith("s") else ""
            yield from (stem + vowel + plural for vowel in (word.rstrip("s")[-1], "e", ""))
        yield HANGING.sub("", word)


def _written_right(word: str) -> str | None:
    """The Spanish word that sounds so and is far more frequent: "asta" is hasta, "yego" is llego, "disen" is dicen.

    A word of English in a Spanish text is none that was written by ear, nor is a name.
    """
    if len(word) < SHORTEST_ALIKE or "en" in tables.words().get(word, {}):
        return None
    if word in tables.names() or word in tables.places():
        return None
    meant = most_frequent().get(sound_key(word))
    if meant is None or _differ(word, meant) or _share_in_spanish(meant) - _share_in_spanish(word) < FAR_MORE_FREQUENT:
        return None
    return meant


def _differ(word: str, meant: str) -> bool:
    """Whether they sound apart to whoever speaks with care: "pera" and perra, "poza" and posada."""
    return ("rr" in word) != ("rr" in meant) or (DROPPED_D.search(meant) is not None and not UNSAID_D.search(word))


@cache
def most_frequent() -> dict[str, str]:
    """The most frequent Spanish word of each sound."""
    spanish = (word for word in in_use() if "es" in tables.words()[word] and len(word) >= SHORTEST_ALIKE)
    return {sound_key(word): word for word in sorted(spanish, key=lambda word: (_share_in_spanish(word), word))}


def _share_in_spanish(word: str) -> float:
    return tables.words().get(word, {}).get("es", tables.FLOOR)


def _is_no_slip(word: str, english: str) -> bool:
    """Whether a word of a Spanish text that looks Spanish would become an English one: "tosen" is no "token"."""
    return ENDS_SPANISH.search(word) is not None and "es" not in tables.words().get(english, {"es": 0.0})


def _without_k(word: str) -> str:
    for pattern, letters in BY_K:
        word = pattern.sub(letters, word)
    return word


def ordinary(word: str, least: float = -5.3) -> bool:
    """Whether a folded word is so common in either language (log10 of its share) that it names no place by itself."""
    shares = tables.words().get(word, {})
    return max((shares[language] for language in SERVED if language in shares), default=-9.0) >= least


@lru_cache(maxsize=1)
def in_use() -> frozenset[str]:
    """The words in use in English or Spanish, folded."""
    return frozenset(word for word, shares in tables.words().items() if any(one in shares for one in SERVED))


@lru_cache(maxsize=4)
def read_as_written(about: Topics) -> frozenset[str]:
    """The words that are no slip for another, and the slips by which these topics are known."""
    return in_use() | about.words
