"""Reads words that were typed in haste or by ear as the words by which needs and topics are known."""

from functools import lru_cache

from gateway.directory.needs import Mapping
from gateway.directory.phrases import words_in
from gateway.directory.topics import Topics
from gateway.language import tables
from gateway.risk.nearest import Nearest
from gateway.risk.sounds import sound_key

SHORTEST_BY_EAR = 5
SHORTEST_STEM = 4
SERVED = ("en", "es")
# What residents write short, where the short form is no other word. Both languages have some of their own.
SHORT = {
    "en": dict(
        pair.split("=")
        for pair in (
            "n=and w=with w/o=without 4=for 2=to u=you ur=your r=are pls=please plz=please bf=boyfriend gf=girlfriend"
            " hubby=husband ppl=people bday=birthday xmas=christmas appt=appointment dr=doctor apt=apartment"
            " govt=government hrs=hours asap=now yo=years yr=year yrs=years tmrw=tomorrow 2nite=tonight tonite=tonight"
            " 2day=today 2morrow=tomorrow sat=saturday fri=friday mon=monday tues=tuesday thurs=thursday"
        ).split()
    ),
    "es": dict(
        pair.split("=")
        for pair in (
            "q=que k=que ke=que d=de x=por xq=porque pq=porque pa=para p=para tmb=tambien bn=bien kien=quien"
            " onde=donde ay=hay nesesito=necesito nececito=necesito kiero=quiero kieren=quieren i=y mui=muy dond=donde"
            " ablo=hablo ablan=hablan ase=hace asen=hacen ijo=hijo ija=hija ijos=hijos"
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
        return " ".join(short.get(word) or self._word(word) for word in words_in(text))

    def _word(self, word: str) -> str:
        if word in self._known or word in in_use() or self._begins(word) or not word.isalpha():
            return word
        heard = self._by_ear.get(sound_key(word)) if len(word) >= SHORTEST_BY_EAR else None
        return heard or self._nearest.to(word) or word

    def _begins(self, word: str) -> bool:
        return any(word[:end] in self._stems for end in range(SHORTEST_STEM, len(word) + 1))


@lru_cache(maxsize=4)
def mender(mapping: Mapping, about: Topics) -> Mender:
    """The mender towards the words of these needs and topics."""
    return Mender(mapping.words | about.words, mapping.stems | about.stems)


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
