"""Who was asked to take a thread, by what means, when, and what became of it: a panel of its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import reaching
from gateway.door import Door
from gateway.models import Escalation, Page, Responder
from gateway.web import duty_words

NEWEST = 60


@dataclass(frozen=True)
class Asked:
    """The pages of a thread, the newest first, and when the resident was told that nobody has answered yet."""

    pages: Sequence[tuple[Page, str]]
    told_at: datetime | None
    next_at: datetime | None
    duty: Mapping[str, Any]


def asked(session: Session, _door: Door, row: Escalation, _who: Responder, _now: datetime) -> Asked | None:
    """All of it; None where nobody was paged and nobody will be."""
    found = session.execute(
        select(Page, Responder.name)
        .join(Responder, Responder.id == Page.responder_id)
        # That somebody put the theme aside is theirs alone to know.
        .where(Page.escalation_id == row.id, Page.why.is_distinct_from(reaching.MUTED))
        .order_by(Page.id.desc())
        .limit(NEWEST)
    )
    pages = [(page, name) for page, name in found]
    if not pages and row.told_nobody_at is None and row.next_page_at is None:
        return None
    return Asked(pages, row.told_nobody_at, row.next_page_at, duty_words.WORDS)
