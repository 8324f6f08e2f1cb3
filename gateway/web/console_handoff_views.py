"""How hand-offs and closings are shown: times of the town, words read aloud, the panels beside a thread."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import closings, handoff_packet, handoff_script, handoffs
from gateway.community import Community
from gateway.community_duty import Disposition
from gateway.door import Door
from gateway.models import Closing, Escalation, Handoff, Responder
from gateway.web import guards
from gateway.web.console_evidence import marked

QUOTE = re.compile("(“[^“”]*”)")


@dataclass(frozen=True)
class HandoffPanel:
    """What the thread shows of hand-offs: whether one may be made, and those that were."""

    may: bool
    made: Sequence[Handoff]
    urgent: bool


@dataclass(frozen=True)
class Closed:
    """One closing of a thread: who, how in the town's words, and what somebody else said of it."""

    closing: Closing
    escalation: Escalation
    by: str
    disposition: Disposition | None
    looked_by: str | None
    may_look: bool


@dataclass(frozen=True)
class ClosingForm:
    """What the form of closing offers."""

    choices: Sequence[Disposition]
    needs: Sequence[str]
    told_needs: Sequence[str]
    may_follow_up: bool
    needs_look: bool


def handoff_panel(
    session: Session, _door: Door, row: Escalation, who: Responder, _now: datetime
) -> HandoffPanel | None:
    """The hand-offs of the whole story, and the buttons for a new one."""
    made = handoff_packet.of_thread(session, closings.chain(session, row))
    may = handoffs.may_hand_over(session, row, who)
    return HandoffPanel(may, made, row.level == "emergency") if may or made else None


def closing_form(session: Session, town: Community, row: Escalation, now: datetime) -> ClosingForm:
    """How this may be closed. It stands still while the rest of its page is drawn anew."""
    return ClosingForm(
        choices=closings.choices(town),
        needs=closings.need_codes(town),
        told_needs=row.conversation.answers.get("needs") or [],
        may_follow_up=closings.may_follow_up(session, town, row, now),
        needs_look=closings.gravest_level(session, row).value == "emergency" and not row.drill,
    )


def closed_panel(session: Session, door: Door, row: Escalation, who: Responder, _now: datetime) -> list[Closed]:
    """How this was closed, and what it goes on from."""
    return closed(session, door.community, closings.chain(session, row), who)


def closed(session: Session, town: Community, escalation_ids: Sequence[int], who: Responder) -> list[Closed]:
    """The closings of these threads, the newest first."""
    made = closings.of_thread(session, escalation_ids)
    lookers = {closing.looked_by for closing, _ in made if closing.looked_by}
    names = dict(session.execute(select(Responder.id, Responder.name).where(Responder.id.in_(lookers))).all())
    known = {each.code: each for each in closings.choices(town)}
    return [
        Closed(
            closing,
            session.get_one(Escalation, closing.escalation_id),
            by,
            known.get(closing.disposition),
            names.get(closing.looked_by) if closing.looked_by else None,
            may_look=closing.look_due_at is not None and closing.looked_at is None and closing.responder_id != who.id,
        )
        for closing, by in reversed(made)
    ]


def in_town(at: datetime | None, language: str = "en") -> str:
    """A moment as it is said in the town, with its zone: ``Nov 26, 10:12 PM PST``."""
    if at is None:
        return ""
    town = guards.door().community
    there = at.astimezone(town.clock)
    month = handoff_script.MONTHS[language][there.month - 1]
    day = f"{there.day} {month}" if language == "es" else f"{month} {there.day}"
    return f"{day}, {handoff_script.local(at, town, language)} {there.tzname()}"


def read_aloud(line: str, language: str | None) -> Markup:
    """A line of the script, its quotes marked as the resident's and in their language; nothing in it is markup."""
    parts: list[Any] = []
    for part in QUOTE.split(line):
        shown = marked(part)
        if not QUOTE.fullmatch(part):
            parts.append(shown)
        elif language in {"en", "es"}:
            parts.append(Markup('<span class="quote" lang="{}">{}</span>').format(language, shown))
        else:
            parts.append(Markup('<span class="quote">{}</span>').format(shown))
    return Markup("").join(parts)
