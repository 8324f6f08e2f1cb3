"""A town's own system that has not heard of a team: who sees it where, and until when."""

from collections.abc import Callable

import pytest

from gateway import webhook_calls, webhook_lag
from gateway.db import Database
from gateway.models import Escalation
from tests.console.conftest import Person, utc_now
from tests.console.test_console_dispatch import FORM, at_any_hour, begin, calm, kept, member, plain

__all__ = ["at_any_hour", "member"]
pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
ALARM = "The town's own system has not heard what changed about a team: tell them"


def tried(database: Database, status: int | None) -> None:
    """Tell the newest step, with this answer."""
    with database.begin() as session:
        now = utc_now()
        webhook_calls.collect(session, "e", now)
        taken = webhook_calls.take(session, now)
        assert taken is not None
        webhook_calls.settle(session, taken.id, taken.attempts, status, None, now)
    with database.begin() as session:
        for number in list(webhook_lag.to_ring(session, now)):
            webhook_lag.ring(session, number, now)


def test_what_they_lack_stands_where_it_is_looked_at(
    ana: Person, person: Callable[..., Person], written: Written, database: Database, member: int
) -> None:
    sam, row = person("Sam", "supervisor"), calm(written)
    there = begin(ana, row)
    ana.post(f"{there}/send", version=1, **FORM)
    tried(database, 200)
    thread = f"/console/threads/{row.id}"
    for page in (thread, there):
        assert "town's own system" not in plain(ana.client.get(page).text)
    version = kept(database).version
    assert ana.post(f"{there}/edit", version=version, has=["place"], place="14 Oak St").status_code == 303
    tried(database, None)
    waits = f"has not got version {version + 1} of what the team is told. It is tried again."
    for page in (thread, there):
        assert waits in plain(ana.client.get(page).text)
    assert ALARM not in plain(sam.client.get("/console/inbox").text)
    ana.post(f"{there}/edit", version=version + 1, has=["place"], place="16 Oak St")
    tried(database, 422)
    lost = f"has not got version {version + 2} of what the team is told. It is not tried again: tell them another way."
    for page in (thread, there):
        assert lost in plain(ana.client.get(page).text)
    for who in (ana, sam):
        assert ALARM in plain(who.client.get("/console/inbox").text)
    assert ana.post(f"{there}/note", what="outside_missed").status_code == 303
    for who in (ana, sam):
        assert ALARM not in plain(who.client.get("/console/inbox").text)
    assert lost in plain(ana.client.get(thread).text)  # it is so all the same
    assert "Team: the town's own system does not hear us" in plain(ana.client.get(thread).text)
