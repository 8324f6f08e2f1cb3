"""What the queue shows: which threads, in which order, by which filters; each row drawn once for everybody."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from gateway import lost_texts
from gateway.commands import MEDIATION
from gateway.escalations import CLAIMED, DANGER_FIRST, RESOLVED, WAITING
from gateway.models import Assessment, Conversation, Escalation, Message, Responder
from gateway.risk import Level
from gateway.web import console_language, console_told
from gateway.web.console_evidence import snippet
from gateway.web.console_lines import Findings, danger
from gateway.web.console_views import DANGER, is_silent, opted_out_of, seconds
from gateway.web.console_words import span
from gateway.web.numbers import number

AT_FIRST, MOST = 200, 5_000  # rows of one section; an emergency is never left out
KEPT = 4_000  # drawn rows of one process
ADULT = 18  # years
PERSON = "person"  # the category of who asks for one
ASKS_PEOPLE = frozenset(("team_request", MEDIATION))
PLACES = ("waiting", "mine", "others")
BACK_AFTER = timedelta(seconds=60)
OTHER = "other"
# What is filled into a drawn row each time it goes out; no resident can write it.
_TOKEN = secrets.token_hex(12)
MARKS = {name: f"{_TOKEN}-{name}" for name in ("age", "span", "back", "muted")}


@dataclass(frozen=True)
class Filters:
    """Which threads a responder wants to see; empty is any. ``older`` is in minutes, ``owner`` the number of one."""

    level: str = ""
    category: str = ""
    channel: str = ""
    language: str = ""
    desk: str = ""
    whose: str = ""
    older: str = ""
    owner: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filters":
        """The filters of a query string; what is none of ours counts for nothing."""
        return cls(**{each.name: given.get(each.name, "").replace("\x00", "")[:40] for each in fields(cls)})

    def __bool__(self) -> bool:
        return any(self.given().values())

    def given(self) -> dict[str, str]:
        """Those that are set, as a query string has them."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}

    def conditions(self, responder: Responder, now: datetime) -> list[ColumnElement[bool]]:
        """The same, for a question to the store."""
        equal: dict[str, Any] = {
            "level": Escalation.level, "channel": Conversation.channel, "desk": Escalation.desk,
        }  # fmt: skip
        wanted = [column == getattr(self, name) for name, column in equal.items() if getattr(self, name)]
        if self.category:
            wanted.append(Assessment.categories.contains([self.category]))
        if self.language:
            other = Conversation.language_memory["other"].astext.is_not(None)
            wanted.append(other if self.language == OTHER else Conversation.language == self.language)
        if self.whose in PLACES:
            wanted.append(_place(self.whose, responder.id))
        if (owner := number(self.owner)) is not None:
            wanted.append(Escalation.owner_id == owner)
        if (older := number(self.older, 5)) is not None:  # no thread is older than that in minutes
            wanted.append(Escalation.opened_at <= now - timedelta(minutes=older))
        return wanted


@dataclass(frozen=True)
class QueueRow:
    """One open escalation, as the queue shows it."""

    escalation: Escalation
    why: str
    snippet: Markup
    categories: Sequence[str]
    opted_out: bool
    mine: bool
    retraction: str | None
    silent: bool
    lost: bool
    about: str
    minor: bool
    place: str

    @property
    def back(self) -> bool:
        """Whether it waits again, after somebody had it."""
        row = self.escalation
        return row.status == WAITING and row.waiting_since > row.opened_at + BACK_AFTER


@dataclass(frozen=True)
class Drawn:
    """One row ready to go out: in which section, and at which place in it."""

    id: int
    section: str
    html: Markup


@dataclass(frozen=True)
class Queue:
    """What the queue's page shows: rows by section, how many there are in all, and who waits outside the filters."""

    rows: Mapping[str, Sequence[Drawn]]
    counts: Mapping[str, int]
    hidden: int
    hidden_emergencies: int
    filters: Filters

    def left_out(self, section: str) -> int:
        """How many rows of a section are not drawn."""
        return self.counts[section] - len(self.rows[section])


@dataclass(frozen=True)
class Reader:
    """Who reads the queue, when, in which language, and how a row is drawn for them."""

    responder: Responder
    now: datetime
    locale: str
    draw: Callable[[QueueRow], str]


class Rows:
    """Rows that were drawn before, by what they show: one process draws each once. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[str, Sequence[str]]] = OrderedDict()
        self._lock = threading.Lock()

    def drawn(self, session: Session, found: Sequence[Row[Any]], reader: Reader) -> list[Drawn]:
        """These rows, in their order, for this reader."""
        mine = reader.responder.id
        keys = {
            row.id: (row.id, row.version, row.last_inbound_at, row.owner_id == mine, reader.locale) for row in found
        }
        with self._lock:
            kept = {row.id: self._kept[keys[row.id]] for row in found if keys[row.id] in self._kept}
        fresh = _load(session, [row.id for row in found if row.id not in kept], reader.responder)
        kept |= {each.escalation.id: (reader.draw(each), each.categories) for each in fresh}
        with self._lock:
            for each in fresh:
                self._kept[keys[each.escalation.id]] = kept[each.escalation.id]
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return [_filled(row, *kept[row.id], reader) for row in found if row.id in kept]


def _filled(row: Row[Any], html: str, categories: Sequence[str], reader: Reader) -> Drawn:
    age, muted = seconds(row.opened_at, reader.now), set(reader.responder.muted_themes or ())
    values = {
        "age": str(age),
        "span": span(age),
        "back": str(seconds(row.waiting_since, reader.now)),
        "muted": " muted" if muted.intersection(categories) else "",
    }
    for name, value in values.items():
        html = html.replace(MARKS[name], value)
    return Drawn(row.id, section_of(row, reader.responder), Markup(html))  # noqa: S704 - a template drew and escaped it


def section_of(row: Any, responder: Responder) -> str:
    """In which section of the queue a thread stands for this reader."""
    if row.status == WAITING:
        return "waiting"
    return "mine" if row.owner_id == responder.id else "others"


def order(row: Escalation) -> str:
    """What sorts a thread among others as the store does: the most dangerous first, then the longest waiting."""
    rank = sorted(Level, reverse=True).index(Level(row.level))
    return f"{rank}{int(row.opened_at.timestamp() * 1_000_000):017d}{row.id:012d}"


def queue(session: Session, kept: Rows, reader: Reader, filters: Filters, most: int = AT_FIRST) -> Queue:
    """The whole queue for one reader; of each section the first ``most``, and every emergency."""
    found: dict[str, list[Row[Any]]] = {name: [] for name in PLACES}
    for row in session.execute(_of_these(_ROWS, filters, reader)):
        found[section_of(row, reader.responder)].append(row)
    shown = {name: _first(rows, most) for name, rows in found.items()}
    drawn = kept.drawn(session, [row for rows in shown.values() for row in rows], reader)
    hidden = _hidden(session, filters, found)
    return Queue(
        rows={name: [each for each in drawn if each.section == name] for name in PLACES},
        counts={name: len(rows) for name, rows in found.items()},
        hidden=hidden[0],
        hidden_emergencies=hidden[1],
        filters=filters,
    )


def some(
    session: Session, kept: Rows, reader: Reader, filters: Filters, ids: Sequence[int]
) -> tuple[list[Drawn], dict[str, int]]:
    """Of these threads the rows that stand in this reader's queue, and how many each section has."""
    found = session.execute(_of_these(_SOME, filters, reader), {"ids": list(ids)}).all()
    drawn = kept.drawn(session, found, reader)
    counts = session.execute(_of_these(_COUNTS, filters, reader), {"me": reader.responder.id}).one()
    return drawn, {name: getattr(counts, name) for name in PLACES}


def _of_these(statement: Any, filters: Filters, reader: Reader) -> Any:
    return statement.where(*filters.conditions(reader.responder, reader.now)) if filters else statement


def _hidden(session: Session, filters: Filters, found: Mapping[str, Sequence[Any]]) -> tuple[int, int]:
    """How many wait whom the filters leave out, and how many of them in an emergency."""
    if not filters:
        return 0, 0
    emergency = Escalation.level == Level.EMERGENCY.value
    waiting = select(func.count(), func.count().filter(emergency)).where(Escalation.status == WAITING)
    count, emergencies = session.execute(waiting).one()
    shown = found["waiting"]
    return count - len(shown), emergencies - sum(row.level == Level.EMERGENCY.value for row in shown)


def _first(rows: Sequence[Row[Any]], most: int) -> list[Row[Any]]:
    return [row for place, row in enumerate(rows) if place < most or row.level == Level.EMERGENCY.value]


def _place(name: str, me: Any) -> ColumnElement[bool]:
    if name == "waiting":
        return Escalation.status == WAITING
    own = Escalation.owner_id == me if name == "mine" else Escalation.owner_id != me
    return and_(Escalation.status == CLAIMED, own)


def _from(wanted: Any) -> Any:
    return (
        wanted.select_from(Escalation)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .outerjoin(Assessment, Assessment.message_id == Escalation.message_id)
        .where(Escalation.status != RESOLVED)
    )


# Built once: every page asks for them at every change.
_ROWS = _from(
    select(
        Escalation.id, Escalation.version, Escalation.status, Escalation.level, Escalation.owner_id,
        Escalation.opened_at, Escalation.waiting_since, Conversation.last_inbound_at,
    )
).order_by(DANGER_FIRST, Escalation.opened_at, Escalation.id)  # fmt: skip
_SOME = _ROWS.where(Escalation.id.in_(bindparam("ids", expanding=True)))
_COUNTS = _from(select(*(func.count().filter(_place(name, bindparam("me"))).label(name) for name in PLACES)))


def _load(session: Session, ids: Sequence[int], responder: Responder) -> list[QueueRow]:
    """Everything that these rows show. Their versions were read before: what is newer is drawn again."""
    if not ids:
        return []
    found = session.execute(_EVIDENCE, {"ids": list(ids)}).all()
    rows = [row for row, _text, _assessment in found]
    stopped = opted_out_of(session, [row.conversation.contact for row in rows])
    taken_back = _taken_back(session, [row.conversation_id for row in rows])
    lost = lost_texts.among(session, rows)
    return [
        _queue_row(
            row,
            text,
            assessment,
            opted_out=row.conversation.contact_id in stopped,
            mine=row.owner_id == responder.id,
            retraction=taken_back.get(row.conversation_id),
            lost=row.id in lost,
        )
        for row, text, assessment in found
    ]


_EVIDENCE = (
    select(Escalation, Message.text, Assessment)
    .outerjoin(Message, Message.id == Escalation.message_id)
    .outerjoin(Assessment, Assessment.message_id == Escalation.message_id)
    .where(Escalation.id.in_(bindparam("ids", expanding=True)))
)


def _queue_row(row: Escalation, text: str | None, assessment: Assessment | None, **more: Any) -> QueueRow:
    findings: Findings = assessment.findings if assessment else []
    worst = max(findings, key=danger, default=None)
    told = row.conversation.answers
    return QueueRow(
        escalation=row,
        why=worst[f"why_{console_language.language()}"] if worst else "",
        snippet=_snippet(row, text, findings),
        categories=assessment.categories if assessment else (),
        silent=is_silent(row),
        about=_about(worst, told),
        minor=_minor(told) or "child" in (assessment.categories if assessment else ()),
        place=str(told.get("place") or told.get("zip") or ""),
        **more,
    )


def _about(worst: Mapping[str, Any] | None, told: Mapping[str, Any]) -> str:
    """Of whom it tells (self, other, public): by the words that raised the alarm, else by what was answered.

    Who asks for a person is not about that person.
    """
    found = "" if worst is None or worst.get("category") == PERSON else str(worst.get("who") or "")
    asked = str(told.get("for_whom") or "")
    return found if found in {"self", "other", "public"} else asked if asked in {"self", "other"} else ""


def _minor(told: Mapping[str, Any]) -> bool:
    ages = [int(each) for each in str(told.get("ages") or "").split(",") if each.strip().isdecimal()]
    return any(age < ADULT for age in ages)


def _snippet(row: Escalation, text: str | None, findings: Findings) -> Markup:
    """The resident's words; of a request for people to come or step in, which a "yes" ends, what and where instead."""
    asked = console_told.asked_for(row.conversation.answers) if row.reason in ASKS_PEOPLE and not findings else ""
    if asked:
        return escape(asked)
    return snippet(text, findings) if text else Markup("")


def _taken_back(session: Session, conversation_ids: Sequence[int]) -> dict[int, str | None]:
    """How each conversation takes its danger back, where nothing dangerous was written since."""
    return dict(session.execute(_TAKEN_BACK, {"ids": list(conversation_ids)}).all())


_TAKEN_BACK = (
    select(Assessment.conversation_id, Assessment.retraction)
    .ext(distinct_on(Assessment.conversation_id))
    .where(
        Assessment.conversation_id.in_(bindparam("ids", expanding=True)),
        or_(Assessment.retraction.is_not(None), Assessment.level.in_(DANGER)),
    )
    .order_by(Assessment.conversation_id, Assessment.message_id.desc())
)
