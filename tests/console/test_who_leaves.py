"""What ends with somebody's time here, or with their role: links that they made, their shift, threads that move."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from gateway import community, escalations, invitations, log_ins, outside, people, shifts
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import Escalation, GapWarning, Invitation, OidcIdentity, Responder, Shift, Swap
from tests.console.conftest import PASSWORD, Person, utc_now

NEW = "another long password"
HOUR = timedelta(hours=1)


def made(database: Database, name: str, role: str, now: datetime) -> Responder:
    with database.begin() as session:
        return log_ins.create_responder(session, f"{name.lower()}@example.org", name, role, PASSWORD, now)


@pytest.fixture
def boss(database: Database, now: datetime) -> Responder:
    return made(database, "Boss", "admin", now)


@pytest.mark.parametrize("act", ["deactivate", "change_role"])
def test_the_links_of_who_is_no_admin_any_more_are_worth_nothing(
    database: Database, boss: Responder, now: datetime, act: str
) -> None:
    gone, ana = made(database, "Gone", "admin", now), made(database, "Ana", "responder", now)
    with database.begin() as session:
        join = invitations.invite(session, gone, "spare@example.org", "Spare", "admin", now)
        anew = invitations.reset(session, gone, ana.id, now)
        kept = invitations.invite(session, boss, "new@example.org", "New", "responder", now)
    with database.begin() as session:
        if act == "deactivate":
            people.deactivate(session, boss, gone.id, now)
        else:
            people.change_role(session, boss, gone.id, "supervisor", now)
    with database.begin() as session:
        assert [each.email for each in invitations.waiting(session, now)] == ["new@example.org"]
        for link in (join, anew):
            with pytest.raises(Refused, match="no_such_invitation"):
                invitations.accept(session, link, NEW, now)
        assert log_ins.by_email(session, "spare@example.org") is None
        assert invitations.accept(session, kept, NEW, now).email == "new@example.org"


def test_a_link_made_while_its_maker_was_sent_away_is_worth_nothing(
    database: Database, boss: Responder, now: datetime
) -> None:
    """The page was drawn while they were an admin, and the link was kept after their links were ended."""
    gone = made(database, "Gone", "admin", now)
    with database.begin() as session:
        people.deactivate(session, boss, gone.id, now)
    with database.begin() as session:
        link = invitations.invite(session, gone, "spare@example.org", "Spare", "admin", now)
    with database.begin() as session:
        assert invitations.find(session, link, now) is None
        with pytest.raises(Refused, match="no_such_invitation"):
            invitations.accept(session, link, NEW, now)


def test_a_link_of_whoever_runs_the_installation_holds_for_anybody(database: Database, now: datetime) -> None:
    ana = made(database, "Ana", "responder", now)
    with database.begin() as session:
        link = invitations.reset(session, None, ana.id, now)
        assert invitations.accept(session, link, NEW, now).id == ana.id


def test_a_way_in_set_anew_forgets_whom_the_town_meant(database: Database, boss: Responder, now: datetime) -> None:
    ana = made(database, "Ana", "responder", now)
    with database.begin() as session:
        session.add(OidcIdentity(responder_id=ana.id, issuer="https://town.example", subject="s-1", created_at=now))
        link = invitations.reset(session, boss, ana.id, now)
        invitations.accept(session, link, NEW, now)
        known = outside.match(session, "https://town.example", "s-1", "other@example.org", now, verified=True)
        assert known is None
        assert session.scalars(select(OidcIdentity)).all() == []


def on_call(database: Database, who: Responder, now: datetime, start: int = -1, end: int = 5) -> int:
    with database.begin() as session:
        shift = Shift(responder_id=who.id, starts_at=now + start * HOUR, ends_at=now + end * HOUR)
        session.add(shift)
        session.flush()
        return shift.id


@pytest.mark.parametrize("act", ["deactivate", "change_role"])
def test_a_shift_ends_with_its_person_and_the_gap_is_warned_of(
    database: Database, boss: Responder, now: datetime, act: str
) -> None:
    ana = made(database, "Ana", "responder", now)
    shift, later = on_call(database, ana, now), on_call(database, ana, now, 20, 22)
    with database.begin() as session:
        session.add(Swap(shift_id=shift, asked_by=ana.id, state="open", at=now))
    with database.begin() as session:
        assert shifts.warn_gaps(session, community.load(), now) == 0
        if act == "deactivate":
            people.deactivate(session, boss, ana.id, now)
        else:
            people.change_role(session, boss, ana.id, "directory_editor", now)
    with database.begin() as session:
        row = session.get_one(Shift, shift)
        assert (row.state, row.ended_at) == ("ended", now)
        assert session.scalars(select(Swap.state)).one() == "lapsed"
        assert session.get_one(Shift, later).state == "planned"  # of the rota; it counts for nobody
        assert shifts.warn_gaps(session, community.load(), now) == 1
        assert session.scalars(select(GapWarning.starts_at)).one() == now
        # Hours that passed while they were gone are no hours that somebody worked.
        assert shifts.warn_gaps(session, community.load(), now + 23 * HOUR) == 0


def test_a_thread_that_moved_while_it_was_waited_for_is_given_back_as_it_stands(
    database: Database, person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    """Its number rises between the list of what is theirs and the lock: it goes back all the same."""
    boss, ana, row = person("Boss", "admin"), person("Ana"), written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=row.epoch)
    moved: list[str] = []

    def raise_epoch(_wire: object, _cursor: object, statement: str, *_: object) -> None:
        if moved or "FOR NO KEY UPDATE" not in statement or "FROM conversations" not in statement:
            return
        moved.append(statement)
        with other.begin() as session:
            session.execute(update(Escalation).where(Escalation.id == row.id).values(epoch=Escalation.epoch + 1))

    other = Database(database.engine.url.render_as_string(hide_password=False))
    event.listen(database.engine, "before_cursor_execute", raise_epoch)
    try:
        with database.begin() as session:
            changed = people.deactivate(session, session.get_one(Responder, boss.id), ana.id, utc_now())
    finally:
        event.remove(database.engine, "before_cursor_execute", raise_epoch)
        other.close()
    assert moved
    assert changed == [row.conversation_id]
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).status == escalations.WAITING
        assert session.scalars(select(Invitation)).all() == []
