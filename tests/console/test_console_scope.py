"""What the console shows of scope: of whom and of when, and what was set aside; all of it text, none of it obeyed."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway import labels
from gateway.db import Database
from gateway.door import Door
from gateway.models import Assessment, Escalation
from gateway.risk import SetAside
from tests.console.conftest import Person, utc_now
from tests.gateway.screened import write

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
DENIED = SetAside("suicide.direct", "<b>suicidal</b> \u202e", 0, 10, "denied")


def put_aside(database: Database, row: Escalation, *aside: SetAside) -> None:
    with database.begin() as session:
        found = session.scalars(select(Assessment).where(Assessment.message_id == row.message_id)).one()
        found.set_aside = [each.to_dict() for each in aside]


def page(ana: Person, row: Escalation) -> str:
    return " ".join(ana.client.get(f"/console/threads/{row.id}").text.split())


@pytest.mark.parametrize(
    ("who", "when", "shown"),
    [
        ("other", "now", "about: someone else · now<"),
        ("self", "days", "about: the resident · these days<"),
        ("public", "unsaid", "about: people in general<"),
        ("unsaid", "hypothetical", "about: if or perhaps<"),
        ("unsaid", "past", "about: long ago<"),
    ],
)
def test_a_finding_says_of_whom_and_of_when(ana: Person, written: Written, who: str, when: str, shown: str) -> None:
    assert shown in page(ana, written(who=who, when=when))


@pytest.mark.parametrize("more", [{}, {"who": "unsaid", "when": "unsaid"}])
def test_what_is_not_said_is_not_shown(ana: Person, written: Written, more: dict[str, str]) -> None:
    answer = page(ana, written(**more))
    assert "Says they took pills to die." in answer
    assert "about:" not in answer


def test_what_was_set_aside_is_folded_away_and_only_text(ana: Person, written: Written, database: Database) -> None:
    row = written()
    assert "Set aside" not in page(ana, row)
    put_aside(database, row, DENIED, SetAside("idiom.dying_of", "me muero", 0, 8, "idiom"))
    answer = page(ana, row)
    assert f'<details class="set-aside" id="set-aside-{row.message_id}">' in answer
    assert "set aside: denied: “<bdi" in answer
    assert "&lt;b&gt;suicidal&lt;/b&gt;" in answer
    assert "set aside: a saying: “<bdi" in answer
    assert "<b>suicidal" not in answer
    assert "\u202e" not in answer


def test_the_second_reader_sees_what_was_set_aside(
    person: Callable[..., Person], database: Database, door: Door
) -> None:
    week, boss = labels.last_week(utc_now()), person("Sue", "supervisor")
    start, _ = labels.span_of(week, utc_now())
    drawn = write(database, door.settings.keys, start, "im not suicidal", set_aside=(DENIED,))
    answer = boss.client.get(f"/console/sample/{week}").text
    assert "set aside: denied: “<bdi" in answer
    assert "suicide.direct" in answer
    assert "<b>suicidal" not in answer
    there = f"/console/sample/{week}/{drawn}"
    again = boss.client.post(there, data={"label": "ok", "csrf_token": boss.token()}, headers={"HX-Request": "true"})
    assert "set aside: denied: “<bdi" in again.text
