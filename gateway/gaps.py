"""Needs that were asked for and not met, by need, place and language, without anybody whom a number could point at.

Every search leaves one row of :class:`SearchLog`, what came of offers stands in the referrals. Counts of 1 to 10, and
what would give them away, are hidden (CMS cell size suppression policy: none below 11, none that can be worked out).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from gateway import follow_up_words, referrals
from gateway.community import Community
from gateway.directory.place import zip_in
from gateway.directory.wanted import Found
from gateway.models import Conversation, Referral, SearchLog
from gateway.scene import Scene

SMALLEST = 11
TENS = 10
ANY = "other"  # a need that has no code of its own
ELSEWHERE, OTHER_LANGUAGES, OTHER_NEEDS = "all other places", "all other languages", "all other needs"
NOT_SAID = ""
ASKED, DECLINED, TOLD = "asked", "declined", "told"
REASONS = ("none", "far", "closed", "not_eligible")
OBTAINED, NOT_OBTAINED, NOT_KNOWN = "obtained", "not_obtained", "not_known"
RESULTS = (OBTAINED, NOT_OBTAINED, NOT_KNOWN)
BARRIER = "barrier_"
LANGUAGE = re.compile(r"^[a-z]{2,3}$")
CODE = re.compile(r"^[a-z_]{2,40}$")  # a need, and never somebody's own words


@dataclass(frozen=True)
class Gap:
    """One line of the table. ``place`` is a part of town, or "941xx" for three digits of a ZIP, empty if not said.

    ``counts`` are by the names in :func:`columns`; None is a count that is hidden. ``at_least`` marks counts that were
    rounded down.
    """

    need: str
    place: str
    language: str
    counts: Mapping[str, int | None]
    at_least: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one line."""
        return self.need, self.place, self.language


def columns() -> tuple[str, ...]:
    """The counts of a line: searches, those with nothing to tell by reason, those whose list ran out (declined), then
    services told, what came of them, and what got in the way (barrier codes)."""
    return (ASKED, *REASONS, DECLINED, TOLD, *RESULTS, *map(_barrier, follow_up_words.codes()))


def note_search(scene: Scene, found: Found, needs: Sequence[str]) -> None:
    """Keep that there was a search, and what came of it; not whose it was, nor the minute.

    The next three of a list are no search. Where the list ran out, all of it was told and none of it would do: a row
    of its own says so (``declined``). A place that must be chosen first was not searched for yet.
    """
    if found.places or (found.offset and found.services):
        return
    conversation = scene.conversation
    zone, zip3 = _area(scene.community, _code(found, conversation))
    values = {
        "at": scene.now.replace(minute=0, second=0, microsecond=0),
        "needs": list(dict.fromkeys(need if CODE.match(need) else ANY for need in needs)) or [ANY],
        "zone": zone,
        "zip3": zip3,
        "language": _spoken(conversation.language, conversation.language_memory, conversation.answers.get("speaks")),
        "channel": conversation.channel,
        "offered": len(found.services),
        "reason": None if found.services else found.reason or REASONS[0],
        "declined": bool(found.offset),
    }
    scene.session.connection().execute(_LOG, values)  # at once: the rest of a turn is written once, at its end


_LOG = insert(cast(Table, SearchLog.__table__)).inline()


def table(
    session: Session, community: Community | None, since: datetime, until: datetime, *, runs: bool = False
) -> list[Gap]:
    """All lines of a span of time, most asked for first; the lines of few are put together, and small counts hidden.

    Spans that overlap make two tables that could be subtracted: :func:`gateway.gap_table.span` gives none that do. A
    span that still ``runs`` is looked at again and again: its counts are rounded down to tens, so that the difference
    of two looks is never a few people.
    """
    counted = Counter[tuple[str, str, str, str]]()
    for row in session.execute(_searches(since, until)):
        key = (row.need, _place(row.zone, row.zip3), row.language or NOT_SAID)
        counted[(*key, DECLINED if row.declined else ASKED)] += row.number
        if row.reason and not row.declined:
            counted[(*key, row.reason)] += row.number
    for row in session.execute(_results(since, until)):
        place = _place(*_area(community, zip_in(row.zip or "")))
        key = (row.need, place, _spoken(row.language, {"other": row.heard}, row.speaks) or NOT_SAID)
        for name in _came_of(row.state, row.barrier_code):
            counted[(*key, name)] += row.number
    lines = _folded(_lines(counted))
    return [Gap(*key, _rounded(hidden(counts)) if runs else hidden(counts), runs) for key, counts in lines]


def _rounded(counts: Mapping[str, int | None]) -> dict[str, int | None]:
    return {name: None if count is None else count // TENS * TENS for name, count in counts.items()}


def hidden(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The counts of a line as they may be shown: None for 1 to 10, and for what these could be worked out from."""
    shown: dict[str, int | None] = {name: counts.get(name, 0) for name in columns()}
    barriers = [_barrier(code) for code in follow_up_words.codes()]
    for whole, parts in ((ASKED, REASONS), (TOLD, RESULTS), (NOT_OBTAINED, barriers)):
        for name in _secret(counts.get(whole, 0), {part: counts.get(part, 0) for part in parts}):
            shown[name] = None
        if shown[whole] is None or 0 < counts.get(whole, 0) < SMALLEST:
            shown |= {name: None for name in (whole, *parts) if shown[name] != 0}
    if 0 < counts.get(DECLINED, 0) < SMALLEST:
        shown[DECLINED] = None
    return shown


def _secret(whole: int, parts: dict[str, int]) -> set[str]:
    """The parts to hide: small ones, and more until those hidden are at least two with a sum of at least 11.

    What is in none of the parts is a part too: it can be worked out.
    """
    rest = whole - sum(parts.values())
    sizes = sorted((size, name) for name, size in (*parts.items(), ("", rest)) if size)
    secret = [(size, name) for size, name in sizes if size < SMALLEST]
    while secret and len(secret) < len(sizes) and (len(secret) == 1 or sum(size for size, _ in secret) < SMALLEST):
        secret.append(sizes[len(secret)])
    return {name for _, name in secret if name}


Key = tuple[str, str, str]
Lines = dict[Key, Counter[str]]


def _lines(counted: Mapping[tuple[str, str, str, str], int]) -> Lines:
    lines: Lines = {}
    for (need, place, language, name), number in counted.items():
        lines.setdefault((need, place, language), Counter())[name] += number
    return lines


def _folded(lines: Lines) -> list[tuple[Key, Counter[str]]]:
    """Put the lines of few together: first their places, then their languages, then their needs."""
    for step in range(3):
        kept = {key: counts for key, counts in lines.items() if _size(counts) >= SMALLEST}
        for (need, _, language), counts in lines.items():
            if _size(counts) < SMALLEST:
                wider = (OTHER_NEEDS if step > 1 else need, ELSEWHERE, OTHER_LANGUAGES if step else language)
                kept.setdefault(wider, Counter()).update(counts)
        lines = kept
    return sorted(lines.items(), key=lambda line: (-line[1][ASKED], line[0]))


def _size(counts: Counter[str]) -> int:
    return max(counts[ASKED], counts[TOLD])


def _searches(since: datetime, until: datetime) -> Any:
    asked = func.unnest(SearchLog.needs).label("need")
    by = (SearchLog.zone, SearchLog.zip3, SearchLog.language, SearchLog.reason, SearchLog.declined)
    each = select(asked, *by).where(SearchLog.at >= since, SearchLog.at < until).subquery()
    return select(*each.c, func.count().label("number")).group_by(*each.c)


def _results(since: datetime, until: datetime) -> Any:
    by = (
        Referral.need,
        Referral.state,
        Referral.barrier_code,
        Conversation.language,
        Conversation.answers["zip"].astext.label("zip"),
        Conversation.language_memory["other"].astext.label("heard"),
        Conversation.answers["speaks"].astext.label("speaks"),
    )
    told = select(*by, func.count().label("number")).join(Conversation, Conversation.id == Referral.conversation_id)
    return told.where(Referral.offered_at >= since, Referral.offered_at < until).group_by(*by)


def _came_of(state: str, barrier: str | None) -> Iterable[str]:
    yield TOLD
    if state == referrals.OBTAINED:
        yield OBTAINED
    elif state == referrals.NOT_OBTAINED:
        yield NOT_OBTAINED
        if barrier in follow_up_words.codes():
            yield _barrier(barrier)
    else:
        yield NOT_KNOWN


def _barrier(code: str) -> str:
    return f"{BARRIER}{code}"


def _code(found: Found, conversation: Conversation) -> str | None:
    """The ZIP code of a search: as asked for, as understood, or as told before."""
    told = (found.place_asked, found.place_understood, conversation.answers.get("zip"))
    return next((code for words in told if isinstance(words, str) and (code := zip_in(words))), None)


def _area(community: Community | None, code: str | None) -> tuple[str | None, str | None]:
    zone = community.zone_of(code) if community and code else None
    return (zone.name if zone else None), (code[:3] if code else None)


def _place(zone: str | None, zip3: str | None) -> str:
    return zone or (f"{zip3}xx" if zip3 else NOT_SAID)


def _spoken(language: str | None, memory: Mapping[str, Any] | None, speaks: Any) -> str | None:
    """The language that is needed: a third one that was heard, the one they say they speak, or what they write."""
    said = (str((memory or {}).get("other") or ""), str(speaks or "").split(",")[0].strip().lower())
    return next((code for code in said if LANGUAGE.match(code)), language)
