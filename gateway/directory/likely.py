"""What a text is likely about, beside what its words name (:mod:`gateway.directory.learned`), and where that counts."""

from collections.abc import Iterable

from gateway.directory import learned, topics
from gateway.directory.needs import Mapping
from gateway.directory.phrases import Hit

# From these chances on it is searched for, is told to the bot as named, or as what may be; and leaves out who is for
# another matter, as words do.
SEARCHED, NAMED, HINTED, ALONE = 0.17, 0.4, 0.2, 0.6
Told = tuple[Hit, str, bool]  # what words name, the words, and whether that is what they do not want


def about(mapping: Mapping, mended: str, told: Iterable[Told]) -> dict[str, float]:
    """The topic that a text in folded, mended words is likely about and how likely that is, 0 to 1; nothing where it is
    not likely enough to be searched for.

    Nothing either where something is refused, which the net does not understand, and where words of a town's own
    topics stand, which it never learned. Who somebody is is never guessed: who was in prison, or whom they love.
    """
    hits = list(told)
    if any(refused for *_, refused in hits) or _is_of_the_town(mapping, hits):
        return {}
    known = mapping.topics.by_code
    likely = learned.guesses(mended)[:1]
    return {
        code: chance
        for code, chance in likely
        if chance >= SEARCHED and code in known and known[code].kind != topics.WHO
    }


def needs(mapping: Mapping, likely: dict[str, float], least: float) -> set[str]:
    """The needs of the topics from this chance on."""
    return mapping.topics.needs_of([code for code, chance in likely.items() if chance >= least])


def _is_of_the_town(mapping: Mapping, hits: Iterable[Told]) -> bool:
    own = mapping.topics.by_code.keys() - topics.standard().by_code.keys()
    return bool(own) and any(own & hit.meanings for hit, *_ in hits)
