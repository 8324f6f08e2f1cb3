"""Residents are told that somebody is on shift only where a person said so: a demo's first admin, no other town's."""

from datetime import datetime, timedelta

from gateway import log_ins, paging
from gateway.db import Database


def test_the_first_admin_is_on_call_only_for_as_long_as_is_said(database: Database, now: datetime) -> None:
    with database.begin() as session:
        made = log_ins.first_log_in(session, now, timedelta())
    assert made is not None
    with database.begin() as session:
        assert paging.on_call(session, now) == []
        assert log_ins.log_in(session, *made, now)
