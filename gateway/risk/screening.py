"""Is someone in danger? Text in, assessment out: never raises, never silent, always in both languages."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from gateway.risk.cards import CARDS, HERE, Card, CardError, Deck, Example, load_cards, read_words
from gateway.risk.circumstances import NOTHING, Circumstances, CircumstancesOfView, read_circumstances
from gateway.risk.letters import View
from gateway.risk.level import Assessment, Finding, Level, SetAside, as_typed
from gateway.risk.matching import Candidate, Matcher, any_match, spans
from gateway.risk.net import Net, net
from gateway.risk.page import Page, Passage
from gateway.risk.pictures import read_pictures
from gateway.risk.raising import raised
from gateway.risk.scope import Scoper, Verdict
from gateway.risk.spelling import Spelling, read_spelling
from gateway.risk.tongues import Tongues, read_tongues
from gateway.risk.views import views_of

LONGEST = 4000  # characters read; a text message has at most 1,600
DEADLINE = 0.050  # seconds; reliability invariant I4
_LATE = "took more than 50 ms"
_TAIL = 1000
_SPLIT_OVER = 2  # earlier messages that are read together with this one
_CONTEXT = 600  # characters kept of each earlier message
_MOST_ASIDE = 8  # cards whose set aside words are kept

Clock = Callable[[], float]


@dataclass(slots=True)
class _Reading:
    """What has been found so far in one call."""

    started: float
    found: dict[str, Finding] = field(default_factory=dict)
    places: dict[str, tuple[View, int, int]] = field(default_factory=dict)
    aside: dict[str, SetAside] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    idioms: set[str] = field(default_factory=set)
    excused: bool = False
    settled: bool = False
    trouble: str | None = None
    elapsed: float = 0.0

    def keep(self, finding: Finding, place: tuple[View, int, int] | None = None) -> None:
        """The finding, and where in which view it was made, unless a graver one of the same card is known."""
        known = self.found.get(finding.card_id)
        if known is None or (finding.level, not finding.earlier) > (known.level, not known.earlier):
            self.found[finding.card_id] = finding
            if place is not None:
                self.places[finding.card_id] = place

    def set_aside(self, card: Card, verdict: str, page: Page, span: tuple[int, int]) -> None:
        """Note the first words of a card in this very message that are held not to be meant."""
        if card.id in self.aside:
            return
        start, end = page.view.raw_range(*span)
        if end > page.passage.earlier:
            start = max(start, page.passage.earlier)  # what was said before is shown where it was said
            words, shift = as_typed(page.passage.text, start, end), page.shift
            self.aside[card.id] = SetAside(card.id, words, start + shift, end + shift, verdict)


class Screener:
    """Screens messages with one deck of cards. Has no state of its own, so that threads may share it."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a screener
        self,
        deck: Deck,
        scoper: Scoper,
        spelling: Spelling,
        matcher: Matcher,
        clock: Clock,
        under: Net | None = None,
        circumstances: Circumstances | None = None,
        tongues: Tongues | None = None,
    ) -> None:
        self.deck = deck
        self._net = under
        self._tongues = tongues
        self._circumstances = circumstances
        self._scoper = scoper
        self._spelling = spelling
        self._matcher = matcher
        self._clock = clock

    def cards_only(self) -> Screener:
        """The same cards without a net under them."""
        return Screener(
            self.deck,
            self._scoper,
            self._spelling,
            self._matcher,
            self._clock,
            circumstances=self._circumstances,
            tongues=self._tongues,
        )

    @property
    def version(self) -> str:
        """Which cards, which net and which phrases: a changed word in any of them makes another one."""
        parts = [self.deck.version, self._net and self._net.version[:8], self._tongues and self._tongues.version]
        return "+".join(part for part in parts if part)

    def screen(self, text: str, context: Sequence[str] = ()) -> Assessment:
        """The assessment of one message; see `gateway.risk.screen`."""
        return self.trace(text, context)[0]

    def trace(self, text: str, context: Sequence[str] = ()) -> tuple[Assessment, frozenset[str]]:
        """The assessment, and the ids of the idiom cards that used up words."""
        reading = self._attempt(text, context)
        if reading.trouble == _LATE:
            # A pause for the garbage collector counts as our own work and does not come twice; a slow text does.
            reading = self._attempt(text, context, reading)
        return self._assessment(reading), frozenset(reading.idioms)

    def _attempt(self, text: str, context: Sequence[str], before: _Reading | None = None) -> _Reading:
        reading = _Reading(0.0, found=before.found, places=before.places) if before else _Reading(0.0)
        try:
            reading.started = self._clock()
            for passage in _passages(text, context):
                self._read(passage, reading)
            for finding in self._tongues.findings(text[:LONGEST]) if self._tongues else ():
                reading.keep(finding)
            self._catch(text, context, reading)
            if len(text) > LONGEST:
                reading.trouble = reading.trouble or f"longer than {LONGEST} characters"
            reading.elapsed = self._check_time(reading)
        except Exception as fault:  # whatever it is, a person must look
            reading.trouble = f"error: {type(fault).__name__}"
        with suppress(Exception):  # of whom and of when is for the reader alone: nothing may come of its failing
            self._tell(reading)
        return reading

    def _check_time(self, reading: _Reading) -> float:
        elapsed = self._clock() - reading.started
        if elapsed > DEADLINE:
            reading.trouble = _LATE
        return elapsed

    def _read(self, passage: Passage, reading: _Reading) -> None:
        views = views_of(passage.text, self._spelling)
        setting = self._scoper.setting(views)
        for view in views:
            page = Page(passage, view, self._scoper.over(view, setting))
            reading.pages.append(page)
            candidates = self._matcher.candidates(view.text)
            for candidate in sorted(candidates, key=lambda each: not each.card.idiom):
                self._check_time(reading)
                if reading.trouble == _LATE:
                    return
                try:
                    _weigh(candidate, page, reading)
                except Exception as fault:  # one broken rule must not hide what the others find
                    reading.trouble = f"error: {type(fault).__name__} in {candidate.card.id}"

    def _catch(self, text: str, context: Sequence[str], reading: _Reading) -> None:
        """What the net finds beyond the cards: it may raise the level and never lowers it."""
        if self._net is None or reading.trouble == _LATE:
            return
        level = max((each.level for each in reading.found.values()), default=Level.NONE)
        if reading.settled:
            text, *context = (self._unsettled(each) for each in (text, *_just_before(context)))
        for finding in raised(self._net, text, _just_before(context), level, excused=reading.excused):
            reading.keep(finding)

    def _unsettled(self, text: str) -> str:
        """The text with blanks for words of which a card says how grave they are; every other word keeps its place."""
        view = views_of(text, self._spelling)[0]
        for candidate in self._matcher.candidates(view.text):
            for start, end in spans(candidate.pattern, view.text) if candidate.card.settles else ():
                first, last = view.raw_range(start, end)
                text = text[:first] + " " * (last - first) + text[last:]
        return text

    def _tell(self, reading: _Reading) -> None:
        """Add to what was found of whom and of when it tells."""
        if self._circumstances is None or reading.trouble == _LATE:
            return
        known: dict[int, CircumstancesOfView] = {}
        for card_id, finding in reading.found.items():
            if card_id in reading.places:
                view, start, end = reading.places[card_id]
                told = known.setdefault(id(view), self._circumstances.over(view)).around(start, end)
            else:  # the net's: it has no place in a view
                told = self._circumstances.of(reading.pages[-1 if finding.earlier else 0].view.text)
            if told != NOTHING:
                reading.found[card_id] = finding.telling(told.who, told.when)

    def _assessment(self, reading: _Reading) -> Assessment:
        kept = [each for each in reading.found.values() if not each.earlier or each.level >= Level.URGENT]
        kept.sort(key=lambda each: (-each.level.rank, each.earlier, each.start, each.card_id))
        level = max((each.level for each in kept), default=Level.NONE)
        if reading.trouble is not None:
            level = max(level, Level.URGENT)
        return Assessment(
            level=level,
            categories=tuple(dict.fromkeys(each.category for each in kept)),
            findings=tuple(kept),
            set_aside=tuple(each for each in reading.aside.values() if each.card_id not in reading.found)[:_MOST_ASIDE],
            version=self.version,
            not_screened=reading.trouble,
            elapsed_ms=round(reading.elapsed * 1000, 3),
        )


def _weigh(candidate: Candidate, page: Page, reading: _Reading) -> None:
    """Note what one pattern finds on the page. A card that has given its highest level is not read again."""
    card, view = candidate.card, page.view
    if card.idiom:
        _use_up(candidate, page, reading)
        return
    if _settled(card, reading):
        return
    for start, end in spans(candidate.pattern, view.text):
        if "idiom" in card.heeds and _used_up(start, end, page.consumed):
            reading.set_aside(card, "idiom", page, (start, end))
            continue
        if any_match(card.unless, page.beside((start, end))):
            reading.set_aside(card, "beside", page, (start, end))
            continue
        verdict = page.scope.judge(start, end, card.heeds, candidate.pattern.words)
        reading.excused = reading.excused or (verdict is not Verdict.MEANT and not page.scope.turns_after(end))
        if verdict in {Verdict.MEANT, Verdict.PAST}:
            reading.keep(_finding(card, verdict, page, (start, end)), (view, start, end))
            reading.settled = reading.settled or card.settles
            if _settled(card, reading):
                return
        else:
            reading.set_aside(card, verdict.value, page, (start, end))


def _use_up(candidate: Candidate, page: Page, reading: _Reading) -> None:
    """Set aside the words of a saying, unless the message insists that it is meant."""
    for start, end in spans(candidate.pattern, page.view.text):
        if not page.scope.serious:
            page.consumed.append((start, end))
            reading.idioms.add(candidate.card.id)
            reading.excused = True
            reading.set_aside(candidate.card, "idiom", page, (start, end))


def _settled(card: Card, reading: _Reading) -> bool:
    """Whether the card has given its highest level for this very message."""
    known = reading.found.get(card.id)
    highest = max(card.level, card.lifts.level) if card.lifts else card.level
    return known is not None and known.level >= highest and not known.earlier


def _passages(text: str, context: Sequence[str]) -> Iterator[Passage]:
    """The message, its end when it is too long to be read whole, and the last three messages as one."""
    yield Passage(text[:LONGEST])
    if len(text) > LONGEST:
        start = max(LONGEST, len(text) - _TAIL)
        yield Passage(text[start:], offset=start)
    before = "".join(each + " " for each in _just_before(context))
    if before.strip():
        yield Passage(before + text[: LONGEST - len(before)], earlier=len(before))


def _just_before(context: Sequence[str]) -> list[str]:
    """The earlier messages that are read together with this one, cut to their ends."""
    return [each[-_CONTEXT:] for each in context[-_SPLIT_OVER:]]


def _used_up(start: int, end: int, consumed: list[tuple[int, int]]) -> bool:
    """Whether a longer idiom lies over the match (longest match wins)."""
    return any(a < end and start < b and b - a >= end - start for a, b in consumed)


def _finding(card: Card, verdict: Verdict, page: Page, span: tuple[int, int]) -> Finding:
    view, passage = page.view, page.passage
    start, end = view.raw_range(*span)
    notes: list[str] = [] if view.name == "plain" else [f"read as: {view.text[span[0] : span[1]].strip()}"]
    level = card.level
    if card.lifts is not None and page.lifts(card):
        level = max(level, card.lifts.level)
        notes.append(f"raised to {level}")
    if card.eases is not None and level > card.eases.level and page.eases(card, span):
        level = card.eases.level
        notes.append(f"lowered to {level}")
    if verdict is Verdict.PAST:
        level = min(level, Level.ROUTINE)
        notes.append("long past")
    return Finding(
        card_id=card.id,
        level=level,
        category=card.category,
        start=max(0, start + page.shift),
        end=max(0, end + page.shift),
        words=as_typed(passage.text, start, end),
        why_en=card.why_en,
        why_es=card.why_es,
        earlier=end <= passage.earlier,
        notes=tuple(notes),
    )


def build(folder: Path = CARDS, *, clock: Clock = time.thread_time, with_net: bool = True) -> Screener:
    """A screener of the cards in that folder, and of the net under them. Raises CardError, which lists every fault.

    The clock counts this thread's own work in seconds: a busy machine must not turn every "hello" into an alarm, and
    screening waits for nothing but the processor.
    """
    return assemble(load_cards(folder), clock=clock, with_net=with_net)


def assemble(deck: Deck, *, clock: Clock = time.thread_time, with_net: bool = False) -> Screener:
    """A screener of cards that were read already. Raises CardError when the net's weights cannot be read."""
    scoper = Scoper(read_words(HERE / "scope.yml"), deck.compiler)
    by_ear = {word for card in deck.cards for pattern in card.patterns["es"] for word in pattern.words}
    pictures = read_pictures(read_words(HERE / "pictures.yml"))
    vocabulary = frozenset(deck.compiler.vocabulary)
    spelling = read_spelling(read_words(HERE / "spelling.yml"), vocabulary, by_ear, pictures)
    try:
        under = net() if with_net else None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as fault:
        raise CardError([f"the net's weights cannot be read: {type(fault).__name__}"]) from fault
    circumstances = read_circumstances(deck.compiler)
    return Screener(deck, scoper, spelling, Matcher(deck.cards), clock, under, circumstances, read_tongues())


@cache
def screener() -> Screener:
    """The screener of the cards that ship, built once per process. Raises CardError."""
    return build()


def screen(text: str, context: Sequence[str] = ()) -> Assessment:
    """Screen one message of a resident, in English and Spanish at once.

    `context` holds the same person's earlier messages, oldest first; a sentence split over the last three is read
    whole. Never raises. When screening breaks, takes more than 50 ms or meets a text over 4,000 characters, the level
    is at least urgent and `not_screened` says so; what was found until then is kept. The net may raise what the cards
    found, and never lowers it.
    """
    try:
        return screener().screen(text, context)
    except CardError:
        return Assessment(Level.URGENT, not_screened="the rule cards cannot be loaded")
    except Exception as fault:  # whatever it is, a person must look
        return Assessment(Level.URGENT, not_screened=f"error: {type(fault).__name__}")


def self_test(subject: Screener | None = None) -> list[str]:
    """Run every card's own tests, without the net. Returns one line per failure; a gateway must not start when there
    is one. Raises CardError when the cards do not even load.
    """
    subject = (subject or screener()).cards_only()
    return [line for card in subject.deck.cards for line in test_card(subject, card)]


def test_card(subject: Screener, card: Card) -> list[str]:
    """The failures of one card's tests."""
    fired = (_fault_of(subject, card, example, fires=True) for example in card.fire)
    silent = (_fault_of(subject, card, example, fires=False) for example in card.silent)
    return [fault for fault in (*fired, *silent) if fault]


def _fault_of(subject: Screener, card: Card, example: Example, *, fires: bool) -> str | None:
    assessment, idioms = subject.trace(example.text, example.context)
    seen: Any = {each.card_id: each.level for each in assessment.findings}
    if card.idiom:
        seen = dict.fromkeys(idioms, assessment.level)
    level = seen.get(card.id)
    if fires and level != example.level:
        return f"{card.id}: {example.text!r} should give {example.level}, gave {level or 'nothing'}"
    if not fires and level is not None:
        return f"{card.id}: {example.text!r} should be silent, gave {level}"
    return None
