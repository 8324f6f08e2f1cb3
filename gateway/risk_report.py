"""How well screening does: counts by level, language and card, how often an alarm was right, and what was missed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

import yaml
from sqlalchemy import ColumnElement, Select, column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from gateway import audit, labels
from gateway.labels import MISSED, OK, OVER_CALL, TRUE, UNCLEAR
from gateway.models import Assessment, Conversation, Message, RiskLabel
from gateway.risk import Level
from gateway.written import just_before

Z = 1.959964  # 95 %
UNKNOWN = "unknown"
Cells = Counter[tuple[str, str]]  # (row, column) -> count
Verdicts = Counter[tuple[str, str, str]]  # (card, language, what people said of its alarms) -> count
ALL = "all"


@dataclass(frozen=True)
class Report:
    """The figures of one period; no words of anybody."""

    levels: Cells
    cards: Cells
    verdicts: Verdicts
    readings: Cells
    read_twice: int


@dataclass(frozen=True)
class Miss:
    """A message in which nothing was found and a reader saw danger."""

    message_id: int
    language: str
    missed: int
    readers: int
    text: str
    context: Sequence[str]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, as Wilson (1927) gives it: honest for few trials and for shares near 0 or 1."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = Z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def settled(said: Iterable[str]) -> str:
    """What several people's labels of one message come to.

    One reader who saw a miss is enough. Two who disagree about an alarm leave it unclear.
    """
    voices = set(said)
    if MISSED in voices:
        return MISSED
    if OK in voices:
        return UNCLEAR if UNCLEAR in voices else OK
    decided = voices - {UNCLEAR}
    return decided.pop() if len(decided) == 1 else UNCLEAR


def report(session: Session, since: datetime | None = None) -> Report:
    """Count the assessments made since then, and what was said of them."""
    trials = _labelled(session, since)
    readings = Counter((settled(said), language) for level, language, _, said in trials if level == Level.NONE)
    verdicts = Counter(
        (card, of, settled(said))
        for level, language, cards, said in trials
        if level != Level.NONE
        for card in cards
        for of in (ALL, language)
    )
    return Report(
        levels=_levels(session, since),
        cards=_cards(session, since),
        verdicts=verdicts,
        readings=readings,
        read_twice=sum(len(said) >= labels.READERS for level, _, _, said in trials if level == Level.NONE),
    )


def misses(session: Session, now: datetime, since: datetime | None = None, *, with_text: bool = False) -> list[Miss]:
    """What readers found missed. Taking the texts out is written down."""
    found = session.execute(
        _since(select(Message, _language(), func.array_agg(RiskLabel.label)), since)
        .join(RiskLabel, RiskLabel.assessment_id == Assessment.id)
        .where(Assessment.level == Level.NONE.value)
        .group_by(Message.id, Conversation.id)
        .having(func.bool_or(RiskLabel.label == MISSED))
        .order_by(Message.id)
    ).all()
    before = just_before(session, [message for message, _, _ in found])
    if with_text and found:
        taken = [message.id for message, _, _ in found]
        audit.note(session, now, "export", "risk_sample", None, None, messages=taken)
    return [
        Miss(message.id, language, said.count(MISSED), len(said), message.text, before.get(message.id, ()))
        for message, language, said in found
    ]


def _language() -> ColumnElement[str]:
    """The language of the message itself, or else the one its conversation is held in."""
    return func.coalesce(Message.language, Conversation.language, UNKNOWN)


def _since[*Columns](query: Select[*Columns], since: datetime | None) -> Select[*Columns]:
    joined = (
        query.select_from(Assessment)
        .join(Message, Message.id == Assessment.message_id)
        .join(Conversation, Conversation.id == Assessment.conversation_id)
    )
    return joined if since is None else joined.where(Assessment.created_at >= since)


def _levels(session: Session, since: datetime | None) -> Cells:
    return _counted(session, _since(select(Assessment.level.label("row"), _language().label("column")), since))


def _cards(session: Session, since: datetime | None) -> Cells:
    finding = func.jsonb_array_elements(Assessment.findings).table_valued(column("value", JSONB), name="finding")
    card = finding.c.value["card_id"].astext
    return _counted(
        session, _since(select(card.label("row"), _language().label("column")), since).join(finding, true())
    )


def _counted(session: Session, query: Select[str, str]) -> Cells:
    # From a subquery: to Postgres two expressions with parameters of their own are never the same, not even here.
    rows = query.subquery()
    found = session.execute(select(rows.c.row, rows.c.column, func.count()).group_by(rows.c.row, rows.c.column))
    return Counter({(row, language): count for row, language, count in found})


def _labelled(session: Session, since: datetime | None) -> list[tuple[str, str, set[str], list[str]]]:
    """Level, language, cards and labels of every assessment of which something was said."""
    found = session.execute(
        _since(select(Assessment.level, _language(), Assessment.findings, func.array_agg(RiskLabel.label)), since)
        .join(RiskLabel, RiskLabel.assessment_id == Assessment.id)
        .group_by(Assessment.id, Message.id, Conversation.id)
    )
    return [(level, language, {each["card_id"] for each in cards}, said) for level, language, cards, said in found]


def report_lines(figures: Report) -> Iterator[str]:
    """The report as a page of text."""
    languages = sorted({language for _, language in (*figures.levels, *figures.cards, *figures.readings)})
    levels = [level.value for level in sorted(Level, reverse=True)]
    yield from _table("level", levels, languages, figures.levels)
    yield ""
    yield from _table("card", sorted({card for card, _ in figures.cards}), languages, figures.cards)
    yield ""
    yield from _precision(figures.verdicts)
    yield ""
    yield f"{'weekly sample':<34}{'ok':>8}{'missed':>8}{'unclear':>9}   missed, 95 % interval"
    for language in languages:
        fine, missed, unclear = (figures.readings[each, language] for each in (OK, MISSED, UNCLEAR))
        if fine or missed or unclear:
            yield f"{language:<34}{fine:>8}{missed:>8}{unclear:>9}   {share(missed, fine + missed)}"
    yield f"read by two: {figures.read_twice} of {sum(figures.readings.values())}"


def _precision(verdicts: Verdicts) -> Iterator[str]:
    """How often each card's alarms were right: in all, and below it in each language."""
    yield f"{'precision by card':<34}{'true':>8}{'over':>8}{'unclear':>9}   precision, 95 % interval"
    for card, language in sorted({key[:2] for key in verdicts}, key=lambda key: (key[0], key[1] != ALL, key[1])):
        true_, over, unclear = (verdicts[card, language, each] for each in (TRUE, OVER_CALL, UNCLEAR))
        name = card if language == ALL else f"  {language}"
        yield f"{name:<34}{true_:>8}{over:>8}{unclear:>9}   {share(true_, true_ + over)}"


def share(hits: int, of: int) -> str:
    """A share with its interval, in percent; a dash when there were no trials."""
    if not of:
        return "-"
    low, high = wilson(hits, of)
    return f"{hits / of:.1%} ({low:.1%} to {high:.1%})"


def _table(title: str, rows: Sequence[str], columns: Sequence[str], cells: Cells) -> Iterator[str]:
    yield f"{title:<34}" + "".join(f"{each[:8]:>9}" for each in (*columns, "all"))
    for row in rows:
        counts = [cells[row, each] for each in columns]
        yield f"{row:<34}" + "".join(f"{count:>9}" for count in (*counts, sum(counts)))


def miss_lines(found: Sequence[Miss], *, with_text: bool) -> Iterator[str]:
    """The misses by number; or, with their texts, as the ``fire:`` tests of a rule card."""
    if not with_text:
        for each in found:
            yield f"message {each.message_id}  {each.language}  {each.missed} of {each.readers} readers"
        yield f"{len(found)} missed"
        return
    yield "fire:"
    for each in found:
        test = {"text": each.text, "context": list(each.context)} if each.context else each.text
        written = yaml.safe_dump([test], allow_unicode=True, width=100_000, sort_keys=False)
        yield f"  # message {each.message_id}, {each.language}: {each.missed} of {each.readers} readers"
        yield from (f"  {line}" for line in written.splitlines())
