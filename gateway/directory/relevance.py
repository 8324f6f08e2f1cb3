"""How well a service answers what was asked in particular: its topics, its needs and their own words, in miles."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from gateway.directory import topics
from gateway.directory.wanted import Wanted

Notes = list[tuple[float, str]]
# What it is worth that a service is for a topic by its name or taxonomy, and that its text names it.
WORTH = {"": (-20.0, -12.0), topics.WHO: (-16.0, -8.0), topics.HOW: (-8.0, -5.0), topics.GENERAL: (-5.0, -3.0)}
WIDER = (-8.0, -6.0)  # the same for what is wider than the topic asked for
WIDER_ASKED = (-14.0, -10.0)  # and where they named the wider one, too
OTHERS_ONLY = 8.0  # it is named for people of whom nobody said that they are one
MOST_OTHERS = 2
OTHER_MATTER = 6.0  # the same for what it is about
ONLY_MENTIONED, ONLY_BY_WORDS = 10.0, 15.0
HALF = 0.5
ANYTHING = "other"  # the need that a service is for which says who helps with what
# Needs of which any service is better than none: not a hot meal but a pantry, not a detox but a counselor.
ANYTHING_HELPS = frozenset(
    "food shelter weather_centre naloxone domestic_violence mental_health substance_use distress_in_public".split()
)
KEPT = 256  # sets of topics


def topics_of(wanted: Wanted) -> Mapping[str, tuple[float, float]]:
    """The topics asked for and those above them, each with what it is worth that a service is for it, or names it.

    A wider topic beside a narrower one is worth less, whether it was named or not.
    """
    return _worth(wanted.known_topics, wanted.topics)


@lru_cache(maxsize=KEPT)
def _worth(known: topics.Topics, said: tuple[str, ...]) -> Mapping[str, tuple[float, float]]:
    """Kept, because every candidate of a search is asked about the same topics."""
    asked = {code: WORTH[known.by_code[code].kind] for code in said if code in known.by_code}
    wider = sorted(known.wider(asked))
    both = {code: max(worth, WIDER_ASKED) if code in wider else worth for code, worth in asked.items()}
    return dict.fromkeys(wider, WIDER) | both


@lru_cache(maxsize=KEPT)
def _of_kind(known: topics.Topics, said: tuple[str, ...], kind: str) -> frozenset[str]:
    return frozenset(known.of_kind(said, kind))


def _said(wanted: Wanted) -> tuple[str, ...]:
    """The topics that are sure enough to leave out who is for another matter."""
    return tuple(code for code in wanted.topics if code not in wanted.guessed)


def needs_of_matters(wanted: Wanted) -> frozenset[str]:
    """The needs of what was asked for in particular: of "a day care for my mother", those of the old."""
    return frozenset(wanted.known_topics.needs_of(_of_kind(wanted.known_topics, wanted.topics, "")))


def about(row: Any, wanted: Wanted) -> Notes:
    """What each topic that was asked for is worth here: the best in full, each further one half of the one before.

    Whom it is for is counted apart from what it is about.
    """
    if not wanted.topics:
        return []
    who = _of_kind(wanted.known_topics, wanted.topics, topics.WHO)
    met = [
        (code in who, sure if code in row.sure_needs else mentioned, code[1:])
        for code, (sure, mentioned) in topics_of(wanted).items()
        if code in row.needs
    ]
    found: Notes = []
    for theirs in (False, True):
        ordered = sorted((worth, code) for of_people, worth, code in met if of_people is theirs)
        found += [(worth / 2**number, code) for number, (worth, code) in enumerate(ordered)]
    return found


def others(row: Any, wanted: Wanted) -> Notes:
    """Another matter, or people, for which a service is named and of which nobody spoke.

    Who asks for a need and nothing in particular is told of what meets it at large before what is for one matter of it:
    who is hungry of a pantry before a breastfeeding class.
    """
    return [*_another_matter(row, wanted), *_other_people(row, wanted)]


def _another_matter(row: Any, wanted: Wanted) -> Notes:
    known = wanted.known_topics
    asked = _of_kind(known, wanted.topics, "")
    if asked & set(row.needs) or not (asked or _is_one_matter(row, wanted)):
        return []
    named = (code for code in known.of_kind(row.sure_needs, "") if not known.by_code[code].large)
    return [(OTHER_MATTER, code[1:]) for code in sorted(named)[:1]]


def _is_one_matter(row: Any, wanted: Wanted) -> bool:
    """Whether there are services that meet these needs at large, and this one does not say that it is one of them."""
    at_large = _met_at_large(wanted.known_topics, wanted.needs)
    return bool(at_large) and not at_large & wanted.known_topics.at_large(row.sure_needs)


@lru_cache(maxsize=KEPT)
def _met_at_large(known: topics.Topics, needs: tuple[str, ...]) -> frozenset[str]:
    return known.met_at_large & set(needs)


def _other_people(row: Any, wanted: Wanted) -> Notes:
    if not wanted.topics:
        return []
    who = wanted.known_topics.of_kind(row.sure_needs, topics.WHO)
    if who & set(wanted.topics):
        return []
    return [(OTHERS_ONLY, code[1:]) for code in sorted(who)[:MOST_OTHERS]]


def need(row: Any, wanted: Wanted) -> float:
    """What it is worth that a need stands in the text alone, or that nothing but their words is met."""
    if not wanted.needs or set(wanted.needs) & set(row.sure_needs):
        return 0.0
    met = set(wanted.needs) & set(row.needs) or set(wanted.topics) & set(row.needs)
    return ONLY_MENTIONED if met else ONLY_BY_WORDS


def closeness(row: Any, wanted: Wanted) -> int:
    """How close an answer a service is: 0 where its name or taxonomy says that it is for what was asked, 1 where its
    text names it, 2 for anything else.

    What was asked in particular counts, else the people, else the need; and the need alone where it must be open: of
    two shelters for tonight the one that is known to be there.
    """
    known, said = wanted.known_topics, () if wanted.open_only or wanted.when else _said(wanted)
    asked = _of_kind(known, said, "") or _people_with_a_need(known, said) or wanted.needs
    if row.named or _meets(row, asked):
        return 0
    return 1 if _meets(row, asked, mentioned=True) else 2


@lru_cache(maxsize=KEPT)
def _people_with_a_need(known: topics.Topics, said: tuple[str, ...]) -> frozenset[str]:
    """Of those who were named, whom what they are needs something for: who has HIV, not who has children."""
    return frozenset(code for code in known.of_kind(said, topics.WHO) if known.by_code[code].needs)


def answers(row: Any, wanted: Wanted, terms: int) -> bool:
    """Whether a service is an answer at all; one for another matter of the same need is none.

    That it is for the people who ask makes nothing an answer: "food for my kids" asks for no teen center.
    """
    if not wanted.text or wanted.words is None:
        return _answers_facts(row, wanted)
    if row.named or (row.words and row.words >= terms * HALF):
        return True
    if _for_them(row, wanted):
        return True
    particular = _of_kind(wanted.known_topics, _said(wanted), "")
    if particular:
        return _in_particular(row, wanted, particular)
    if wanted.needs:
        return _meets(row, wanted.needs, mentioned=True)
    return bool(set(wanted.topics) & set(row.needs))


def _answers_facts(row: Any, wanted: Wanted) -> bool:
    """The same for facts without free words. Who is hungry, in pain or out in the cold is told of what is near it."""
    if not wanted.needs or row.words:
        return True
    if not _meets_any(row, wanted):
        return False
    known = wanted.known_topics
    particular = frozenset(code for code in _of_kind(known, _said(wanted), "") if known.by_code[code].needs)
    if not particular or not ANYTHING_HELPS.isdisjoint(wanted.needs) or _meets_another(row, wanted, particular):
        return True
    return _in_particular(row, wanted, particular) or _for_them(row, wanted) or _knows_others(row, wanted)


def _meets_another(row: Any, wanted: Wanted, particular: frozenset[str]) -> bool:
    """Whether it meets a need of which nothing in particular was asked: beside day care for a father, a locker."""
    known = wanted.known_topics
    if any(not known.by_code[code].needs for code in particular):
        return False
    return _meets(row, set(wanted.needs) - known.needs_of(particular), mentioned=True)


def _in_particular(row: Any, wanted: Wanted, particular: frozenset[str]) -> bool:
    return bool(particular & set(row.needs)) or _at_large(row, wanted)


def _knows_others(row: Any, wanted: Wanted) -> bool:
    """Whether it is there to say who helps with what, and for nothing else: an information desk."""
    return ANYTHING in row.sure_needs and not wanted.known_topics.of_kind(row.sure_needs, "")


def _meets_any(row: Any, wanted: Wanted) -> bool:
    """Whether it meets a need, or is about what was asked for in particular; not only for whom or how that is."""
    particular = _of_kind(wanted.known_topics, tuple(topics_of(wanted)), "")
    return _meets(row, particular.union(wanted.needs), mentioned=True)


def _for_them(row: Any, wanted: Wanted) -> bool:
    """Whether it is for the people who ask, and for what they need or for nothing that is said."""
    theirs = _of_kind(wanted.known_topics, wanted.topics, topics.WHO) & set(row.sure_needs)
    return bool(theirs) and (not wanted.needs or set(row.sure_needs) == theirs or _meets(row, wanted.needs))


def _meets(row: Any, needs: Iterable[str], *, mentioned: bool = False) -> bool:
    return bool(set(needs) & set(row.needs if mentioned else row.sure_needs))


def _at_large(row: Any, wanted: Wanted) -> bool:
    """Whether it meets these needs whatever is needed in particular: legal aid, a free clinic."""
    return bool(wanted.known_topics.at_large(row.sure_needs) & set(wanted.needs))
