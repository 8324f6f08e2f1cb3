"""Why one service stands before another: named terms, each worth so many miles of extra way. The fewest come first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.directory.place import Area, Place
from gateway.directory.wanted import OpenState, Wanted, Why

HOTLINES_FIRST = frozenset(("domestic_violence", "mental_health", "substance_use", "distress_in_public", "veterans"))

HOURS_PER_MILE = 3.0
LONGEST_WAIT = 10.0
HOURS_NOT_KNOWN = 2.0
ONLY_MENTIONED = 10.0
SOME_AGES = 10.0  # only for older people or only for the young, who did not say that they are
OLD, YOUNG = 50, 25
AREA_MILES = {Area.HERE: 4.0, Area.NOT_SAID: 8.0, Area.ANOTHER: 40.0}  # for a service without a place to go to
NATIONAL = 1_000.0


@dataclass(frozen=True)
class Looked:
    """One candidate as a term sees it: its row of the search, its way in miles, and what was asked from where."""

    row: Any
    distance: float | None
    where: Place | None
    state: OpenState
    wanted: Wanted
    now: datetime


def way(looked: Looked) -> float:
    """Miles to go, or what stands for them."""
    row, where = looked.row, looked.where
    if row.national:
        return -NATIONAL if where is None and HOTLINES_FIRST & set(looked.wanted.needs) and row.sure else NATIONAL
    if looked.distance is not None:
        return looked.distance
    return AREA_MILES[where.area(row.areas)] if where else 0.0


def wait(looked: Looked) -> float:
    """What the closed door is worth."""
    state = looked.state
    if state.open:
        return 0.0
    if state.opens is None:
        return HOURS_NOT_KNOWN if state.open is None else LONGEST_WAIT
    return min(LONGEST_WAIT, 1.0 + (state.opens - looked.now).total_seconds() / 3600 / HOURS_PER_MILE)


def mention(looked: Looked) -> float:
    """What it is worth that the need stands in the text alone: the service may be for something else."""
    return 0.0 if looked.row.sure else ONLY_MENTIONED


def ages(looked: Looked) -> float:
    """What it is worth that the service may be for somebody older or younger."""
    row, wanted = looked.row, set(looked.wanted.needs)
    old = row.minimum_age is not None and row.minimum_age >= OLD and "seniors" not in wanted
    young = row.maximum_age is not None and row.maximum_age <= YOUNG and not {"youth", "baby"} & wanted
    return SOME_AGES if old or young else 0.0


TERMS: tuple[tuple[str, Callable[[Looked], float]], ...] = (
    ("way", way),
    ("wait", wait),
    ("mention", mention),
    ("ages", ages),
)


def reasons(looked: Looked) -> tuple[Why, ...]:
    """Every term that counts for this candidate."""
    costs = ((name, term(looked)) for name, term in TERMS)
    return tuple(Why(name, cost) for name, cost in costs if cost)
