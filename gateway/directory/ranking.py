"""Why one service stands before another: named terms, each worth so many miles of extra way. The fewest come first."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from gateway.directory import eligibility, freshness, place, relevance
from gateway.directory.place import Area, Place
from gateway.directory.wanted import OpenState, Wanted, Why

HOTLINES_FIRST = frozenset(("domestic_violence", "mental_health", "substance_use", "distress_in_public", "veterans"))
PEOPLE = frozenset(("seniors", "youth", "veterans"))  # needs that say who somebody is: food for seniors is both

HOURS_PER_MILE = 3.0
LONGEST_WAIT = 10.0
HOURS_NOT_KNOWN = 2.0
SERVED, BEYOND_SERVED = 15.0, 0.1  # whoever serves the place by their own word is hardly further than that
NOT_FOR_HERE = 40.0
SOME_PEOPLE = 10.0  # only for some, who did not say that they are: the old, the young, veterans
OLD, YOUNG = 50, 25
FOR_THE_YOUNG = frozenset(("youth", "baby"))
FOR_ALL_OF_THEM = frozenset(("shelter", "housing", "substance_use"))  # a bed for teens is none for their mother
ADULT, GROWN = 18, 21  # where only children's ages are told, their parents come for them
AREA_MILES = {Area.HERE: 4.0, Area.NOT_SAID: 8.0, Area.ANOTHER: 40.0, Area.ANOTHER_STATE: 60.0}
ANOTHER_AREA = 4.0  # publishers' areas often contradict their own addresses: the address counts for more
TOWN_WIDE = {Area.HERE: 0.0, Area.NOT_SAID: 1.0, Area.ANOTHER: 20.0, Area.ANOTHER_STATE: 40.0}
SOME_WAY = 3.0  # without a place, for what one must go to: who can call need not know how far it is
NATIONAL = 1_000.0
NOT_SAID = 3.0  # a fact that was asked for, and the directory does not say: call first
UNLIKELY = 6.0  # it says something else: other languages, a fee, a paper that they do not have
SEVERAL_NEEDS = 6.0  # for each further need that it meets, and for each word of theirs
HAD_BEFORE = 200.0
EXCLUSIVE = {  # who is meant where nobody else is
    "only_women": "women",
    "only_men": "men",
    "only_veterans": "veteran",
    "only_hiv": "hiv",
    "only_pregnant": "pregnant",
    "only_family": "family",
}
ALSO_NAMED_BY = {  # needs that say who somebody is
    "veteran": frozenset(("veterans",)),
    "family": frozenset(("baby",)),
    "pregnant": frozenset(("baby",)),
}
OFTEN_TURNED_AWAY = frozenset(("pets", "lgbtq"))
KEPT = 64  # questions
WAY = "way"
APART = {"only_women": "men", "only_men": "women", "no_pets": "pets"}  # who is surely turned away


@dataclass(frozen=True)
class Looked:
    """One candidate as a term sees it: its row of the index, its way in miles, what was asked, from where and when.

    ``state`` is exact where ``exact``, else what the hours of an ordinary week say. ``around`` is where it is looked
    for when nobody said where they are. ``documents`` are the papers that it asks for, ``closure`` the one that holds.
    """

    row: Any
    distance: float | None
    where: Place | None
    state: OpenState
    wanted: Wanted
    now: datetime
    around: Place | None = None
    exact: bool = False
    documents: tuple[str, ...] = ()
    closure: Any | None = None
    rules: freshness.Rules = freshness.STANDARD

    @cached_property
    def need(self) -> str | None:
        """The first of the needs asked for that it meets."""
        return next((need for need in self.wanted.needs if need in self.row.needs), None)

    @cached_property
    def why(self) -> tuple[Why, ...]:
        """The reasons of its rank."""
        return reasons(self)

    @cached_property
    def relation(self) -> Area:
        """How its areas relate to the place around which it is looked for."""
        return self.around.area(self.row.areas) if self.around else Area.NOT_SAID

    @cached_property
    def service(self) -> tuple[str, str]:
        """Dataset and id: one service is offered once, at its best place."""
        return self.row.dataset, self.row.service_id

    def order(self, terms: "Terms") -> tuple[float, tuple[str, str], str]:
        """By the sum of its reasons, in miles; of equals always the same one first."""
        return cost(self, terms), self.service, self.row.location_id

    @property
    def call_first(self) -> tuple[str, ...]:
        """The facts that were asked for and that the directory does not say."""
        worths = (term(self) for name, term in terms_of(self.wanted) if name in MAY_NOT_BE_SAID)
        notes = (note for worth in worths if isinstance(worth, list) for _, note in worth)
        return tuple(note[1:] for note in notes if note.startswith(NOT_SAID_MARK))


# A term gives its miles, or several with a note each. A note that begins with a question mark is a fact that was asked
# for and that the directory does not say.
NOT_SAID_MARK = "?"
MAY_NOT_BE_SAID = frozenset(("ages", "serves", "language", "cost", "access"))  # terms that only ask what is in the row
Notes = list[tuple[float, str]]
Term = Callable[[Looked], float | Notes]
Terms = tuple[tuple[str, Term], ...]
OF_THE_WAY = 1_000  # where the nearest is asked for, what is not the way decides between two that are equally far


def cost(looked: Looked, terms: Terms) -> float:
    """The sum of :func:`reasons`, without making them: of a hundred candidates three are told why."""
    found: list[float] = []
    for name, term in terms:
        worth = term(looked)
        if not worth:  # most say nothing of most
            continue
        costs = [worth] if isinstance(worth, float) else [miles for miles, _ in worth]
        if looked.wanted.nearest and name != WAY:
            costs = [miles / OF_THE_WAY for miles in costs]
        found += costs
    return sum(found)


def reasons(looked: Looked) -> tuple[Why, ...]:
    """Every term that counts for this candidate."""
    found: list[Why] = []
    for name, term in terms_of(looked.wanted):
        worth = term(looked)
        if worth:
            found += [Why(name, worth)] if isinstance(worth, float) else [Why(name, *noted) for noted in worth]
    if looked.wanted.nearest:
        found = [why if why.name == WAY else replace(why, cost=why.cost / OF_THE_WAY) for why in found]
    return tuple(why for why in found if why.cost or why.note)


@lru_cache(maxsize=KEPT)
def terms_of(wanted: Wanted) -> Terms:
    """The terms that this question lets count: of a hundred candidates none is asked what nobody wants to know."""
    return tuple((name, term) for name, term, matters in TERMS if matters(wanted))


def excluded(row: Any, wanted: Wanted) -> bool:
    """Whether the directory says enough to know that they would be turned away."""
    if wanted.ages and row.oldest and not any(row.youngest <= age < row.oldest for age in wanted.ages):
        with_parents = max(wanted.ages) < ADULT and row.youngest <= GROWN
        return not with_parents
    return bool(row.serves) and any(code in row.serves and _is(other, wanted) for code, other in APART.items())


def way(looked: Looked) -> float:
    """Miles to go, or what stands for them."""
    row = looked.row
    if row.national:
        first = looked.where is None and HOTLINES_FIRST & set(looked.wanted.needs) and row.sure
        return -NATIONAL if first else NATIONAL
    if row.latitude is not None and looked.distance is None:
        return SOME_WAY
    if looked.distance is not None:
        further = max(0.0, looked.distance - SERVED)
        here = further and looked.relation is Area.HERE
        return SERVED + further * BEYOND_SERVED if here else looked.distance
    relation = looked.relation
    return AREA_MILES[relation] if looked.where else TOWN_WIDE[relation]


def area(looked: Looked) -> float:
    """What it is worth that a place to go to says it is for people who live elsewhere.

    An area that leaves out the very address of the service is hardly believed.
    """
    row = looked.row
    if row.latitude is None or looked.where is None or looked.relation not in {Area.ANOTHER, Area.ANOTHER_STATE}:
        return 0.0
    own = place.standing_at(row.latitude, row.longitude)
    return NOT_FOR_HERE if own and own.area(row.areas) is Area.HERE else ANOTHER_AREA


def wait(looked: Looked) -> float:
    """What the closed door is worth."""
    state = looked.state
    if state.open:
        return 0.0
    if state.opens is None:
        return HOURS_NOT_KNOWN if state.open is None else LONGEST_WAIT
    miles = min(LONGEST_WAIT, 1.0 + (state.opens - looked.now).total_seconds() / 3600 / HOURS_PER_MILE)
    return miles / 2 if _in_no_hurry(looked.wanted) else miles


def _in_no_hurry(wanted: Wanted) -> bool:
    """Whether they look for something in particular and say nothing of when: the right one may open tomorrow."""
    return bool(wanted.topics) and not wanted.open_only and wanted.when is None


def mention(looked: Looked) -> float:
    """What it is worth that the need stands in the text alone: the service may be for something else."""
    return relevance.need(looked.row, looked.wanted)


def about(looked: Looked) -> Notes:
    """The topics asked for that it is about."""
    return relevance.about(looked.row, looked.wanted)


def others(looked: Looked) -> Notes:
    """Matters and people for which it is named, and of which nobody spoke."""
    return relevance.others(looked.row, looked.wanted)


def further(looked: Looked) -> float:
    """What each need beyond the first is worth that one service meets; topics say it more closely."""
    met = sum(need in looked.row.needs for need in looked.wanted.needs)
    return -SEVERAL_NEEDS * max(0, met - 1)


def words(looked: Looked) -> float:
    """How many of their own words stand in its texts; those of its name count twice."""
    return -SEVERAL_NEEDS * int(looked.row.words + looked.row.named)


def ages(looked: Looked) -> float | Notes:
    """What it is worth that the service may be for somebody older or younger."""
    row, wanted = looked.row, looked.wanted
    if wanted.ages:
        return -NOT_SAID if row.oldest else [(0.0, "?ages")]
    if not row.oldest:
        return 0.0
    old = row.youngest >= OLD and "seniors" not in wanted.needs
    young = row.oldest <= YOUNG + 1 and FOR_THE_YOUNG.isdisjoint(wanted.needs) and not _for_their_children(wanted)
    return SOME_PEOPLE if old or young else 0.0


def _for_their_children(wanted: Wanted) -> bool:
    """Whether they speak of children, and what is for children may be what they look for."""
    return "family" in wanted.serves and FOR_ALL_OF_THEM.isdisjoint(wanted.needs)


def people(looked: Looked) -> Notes:
    """Services for some people only, of whom somebody did not say that they are one."""
    said, wanted = looked.row.serves, looked.wanted
    if not said or any(who in said for who in wanted.serves):
        return []
    return [(SOME_PEOPLE, code) for code, who in EXCLUSIVE.items() if code in said and not _is(who, wanted)]


def serves(looked: Looked) -> Notes:
    """People who were named: said to be welcome, or, where many turn them away, not said."""
    row, found = looked.row, []
    for who in looked.wanted.serves:
        if who in row.serves or f"only_{who}" in row.serves:
            found.append((-NOT_SAID, who))
        elif who in OFTEN_TURNED_AWAY:
            found.append((NOT_SAID, NOT_SAID_MARK + who))
    return found


def language(looked: Looked) -> float | Notes:
    """A language that they need; the language that they write in counts a little too."""
    spoken, wanted = looked.row.languages, looked.wanted
    if wanted.languages and any(code in spoken for code in wanted.languages):
        return -NOT_SAID
    if wanted.languages:
        return UNLIKELY if spoken else [(NOT_SAID, "?language")]
    return NOT_SAID / 2 if spoken and wanted.language not in spoken else 0.0


def price(looked: Looked) -> float | Notes:
    """What it costs, for those who cannot pay."""
    if looked.row.cost == "free":
        return 0.0
    if looked.row.cost is None:
        return [(NOT_SAID / 2, "?cost")]
    return UNLIKELY if looked.row.cost == "fee" else NOT_SAID / 2


def access(looked: Looked) -> Notes:
    """What helps people with disabilities; lists of it are never whole, so that what is missing is not said."""
    found = []
    for need in dict.fromkeys(map(eligibility.helps, looked.wanted.access)):
        if need is None or (looked.row.latitude is None and need == "wheelchair"):
            continue  # nobody needs a ramp to a telephone
        found.append((-NOT_SAID, need) if need in looked.row.access else (NOT_SAID, NOT_SAID_MARK + need))
    return found


def papers(looked: Looked) -> Notes:
    """Papers that it asks for and that they do not have."""
    if not looked.documents:
        return []
    asked = set(eligibility.words("documents").in_text(*looked.documents))
    return [(UNLIKELY, paper) for paper in looked.wanted.lacks if paper in asked]


def had(looked: Looked) -> float:
    """Services that they had before come last."""
    return HAD_BEFORE if ":".join(looked.service) in looked.wanted.without else 0.0


def checked(looked: Looked) -> float:
    """What the age of the newest check is worth: who was checked stands before who was not.

    Where a stale record stands is said by :mod:`gateway.directory.ordering`.
    """
    return freshness.cost(looked.row.dataset, looked.row.verified_on, looked.now.date(), looked.rules, looked.row.since)


def _always(_: Wanted) -> bool:
    return True


# Every term that may move a service up or down, and for which questions. One more is one more line here.
TERMS: tuple[tuple[str, Term, Callable[[Wanted], object]], ...] = (
    (WAY, way, _always),
    ("area", area, _always),
    ("wait", wait, _always),
    ("mention", mention, lambda wanted: wanted.needs),
    ("about", about, lambda wanted: wanted.topics),
    ("others", others, lambda wanted: wanted.topics or wanted.needs),
    ("further", further, lambda wanted: not wanted.topics and len(wanted.needs) > 1),
    ("words", words, lambda wanted: wanted.text),
    ("ages", ages, _always),
    ("people", people, _always),
    ("serves", serves, lambda wanted: wanted.serves),
    ("language", language, _always),
    ("cost", price, lambda wanted: wanted.cost == "free"),
    ("access", access, lambda wanted: wanted.access),
    ("papers", papers, lambda wanted: wanted.lacks),
    ("had", had, lambda wanted: wanted.without),
    ("checked", checked, _always),
)


def interleaved(ranked: list[Looked], wanted: Wanted) -> list[Looked]:
    """In turns by need where several were named, so that each is met among the first; within a turn by rank."""
    if wanted.topics and wanted.text:  # read from words, needs are less sure than the bot's, and topics say it closer
        return ranked
    matters = relevance.needs_of_matters(wanted)
    asked = [need for need in wanted.needs if need not in PEOPLE or need in matters] or list(wanted.needs)
    queues = {need: deque(n for n, c in enumerate(ranked) if need in c.row.needs) for need in asked}
    told: dict[int, None] = {}
    while any(queues.values()):
        served: set[str] = set()
        for need in sorted((n for n in queues if queues[n]), key=lambda n: queues[n][0]):
            while queues[need] and queues[need][0] in told:
                queues[need].popleft()
            if need in served or not queues[need]:
                continue
            number = queues[need].popleft()
            told[number] = None
            served.update(ranked[number].row.needs)
    told.update(dict.fromkeys(range(len(ranked))))
    return [ranked[number] for number in told]


def _is(who: str, wanted: Wanted) -> bool:
    return who in wanted.serves or bool(ALSO_NAMED_BY.get(who, frozenset()) & set(wanted.needs))
