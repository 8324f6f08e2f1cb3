"""A thread shows what the resident told the screening, and warns where a text may be read by somebody else."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from gateway.commands import FIELDS
from gateway.db import Database
from gateway.models import Conversation, Escalation
from gateway.web import console_told
from tests.console.conftest import Person

Written = Callable[..., Escalation]


def keep(database: Database, **answers: Any) -> None:
    with database.begin() as session:
        session.scalars(select(Conversation)).one().answers = answers


def page(anyone: Person, row: Escalation) -> str:
    return anyone.client.get(f"/console/threads/{row.id}").text


def shown(anyone: Person, row: Escalation) -> str:
    found = re.search(r'<section class="told".*?</section>', page(anyone, row), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def test_every_field_that_the_bot_may_record_has_a_name() -> None:
    assert set(console_told.LABELS) == (set(FIELDS) - {"need"}) | {"needs"}


def test_nothing_told_shows_nothing(person: Callable[..., Person], written: Written) -> None:
    row, ana = written(), person()
    assert shown(ana, row) == ""
    assert 'id="not-safe-to-text"' not in page(ana, row)


def test_what_was_told_stands_in_plain_words(
    person: Callable[..., Person], written: Written, database: Database
) -> None:
    row, ana = written(), person()
    keep(
        database,
        needs=["food", "mental_health"],
        for_whom="other",
        zip="94110",
        people="3",
        ages="2,6",
        access="wheelchair",
    )
    told = shown(ana, row)
    for words in (
        "Needs food, mental health",
        "For someone else",
        "ZIP 94110",
        "People 3",
        "Ages 2, 6",
        "Access wheelchair",
    ):
        assert words in told


def test_words_of_a_resident_are_no_markup(person: Callable[..., Person], written: Written, database: Database) -> None:
    row, ana = written(), person()
    keep(database, place='<script>alert(1)</script>"')
    assert "<script>alert(1)" not in page(ana, row)
    assert "&lt;script&gt;" in page(ana, row)


def test_where_a_text_is_not_safe_the_thread_warns(
    person: Callable[..., Person], written: Written, database: Database
) -> None:
    row, ana = written(), person()
    keep(database, safe_to_text="no")
    assert re.search(r'role="alert" id="not-safe-to-text"', page(ana, row))
    assert shown(ana, row) == "Told so far Safe to text no"
