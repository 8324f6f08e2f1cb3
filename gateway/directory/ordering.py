"""The order of a list: by the sum of what speaks for and against each service, and where stale records stand in it.

A stale record stands behind all that answer as well and are hardly further away, and before what is for something
else: to somebody with a toothache the old record of a dentist is a better answer than the fresh one of a ride to the
doctor, and its age is told with it. Publishers change most of their records less than once a year.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.directory import freshness, ranking, relevance
from gateway.directory.ranking import Looked
from gateway.directory.wanted import Wanted

MUCH_FURTHER = 10.0  # miles: behind what is so much further away a stale record need not stand

Rank = tuple[float, tuple[str, str], str]


class _Ranked(NamedTuple):
    rank: Rank
    looked: Looked


def ordered(found: Iterable[Looked], wanted: Wanted) -> list[Looked]:
    """All candidates of one question, best first; where the nearest is asked for, the way alone decides."""
    terms = ranking.terms_of(wanted)
    fresh: list[_Ranked] = []
    stale: list[_Ranked] = []
    for each in sorted((_Ranked(looked.order(terms), looked) for looked in found), key=_rank):
        (stale if not wanted.nearest and _is_stale(each.looked) else fresh).append(each)
    return _merged(fresh, stale) if stale else [each.looked for each in fresh]


def _rank(each: _Ranked) -> Rank:
    return each.rank


def _is_stale(looked: Looked) -> bool:
    row = looked.row
    age = freshness.age_of(row.dataset, row.verified_on, looked.now.date(), looked.rules, row.since)
    return age is freshness.Age.STALE


def _merged(fresh: Sequence[_Ranked], stale: Sequence[_Ranked]) -> list[Looked]:
    answers = [(_closeness(each.looked), ranking.way(each.looked)) for each in fresh]
    placed = [(number, 0, each.rank, each.looked) for number, each in enumerate(fresh, start=1)]
    placed += [(_behind(fresh, answers, each), 1, each.rank, each.looked) for each in stale]
    return [looked for *_, looked in sorted(placed, key=lambda each: each[:3])]


def _behind(fresh: Sequence[_Ranked], answers: Sequence[tuple[int, float]], stale: _Ranked) -> int:
    """Behind how many of the fresh ones it stands: those that cost less, and all up to the last as good as it is.

    What nobody ever vouched for stands before the lines of the whole country, or of some publishers nothing is told.
    """
    looked, row = stale.looked, stale.looked.row
    closeness, farthest = _closeness(looked), ranking.way(looked) + MUCH_FURTHER
    least = bisect_right(fresh, stale.rank, key=_rank)
    for number in range(len(fresh), least, -1):
        theirs, way = answers[number - 1]
        national = fresh[number - 1].looked.row.national
        if theirs <= closeness and (row.verified_on is not None if national else way <= farthest):
            return number
    return least


def _closeness(looked: Looked) -> int:
    return relevance.closeness(looked.row, looked.wanted)
