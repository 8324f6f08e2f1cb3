"""How a thread passes from hand to hand: who may, what the resident is told, and that it always has one owner."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway import attendance, escalations, ownership, room, texts
from gateway.community import Community, load
from gateway.community_duty import Desk
from gateway.community_fields import BothLanguages
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.models import AuditEntry, Break, Conversation, Escalation, Responder, Shift, Transfer
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import Night

pytestmark = pytest.mark.slow

DESK = Desk(code="spanish", name=BothLanguages(en="Spanish desk", es="Equipo de español"))


class Team(Night):
    """A night with several people whose consoles are open."""

    def beat(self) -> None:
        """Every console gives a sign of life."""
        with self.database.begin() as session:
            for shift in session.scalars(select(Shift)):
                attendance.beat(session, shift.responder_id, self.at)

    def here(self, name: str, role: str = "responder", **more: Any) -> Responder:
        """Somebody on shift whose console is open."""
        who = self.person(name, role)
        hours = timedelta(hours=4)
        with self.database.begin() as session:
            for key, value in more.items():
                setattr(session.get_one(Responder, who.id), key, value)
                setattr(who, key, value)
            session.add(Shift(responder_id=who.id, starts_at=self.at - hours, ends_at=self.at + hours))
        self.beat()
        return who

    def do(self, verb: Callable[..., Escalation], *given: Any, **more: Any) -> Escalation:
        """One verb in a transaction of its own, while every console is open."""
        self.beat()
        with self.database.begin() as session:
            return verb(session, *given, self.later(seconds=1), **more)

    def owned(self, level: Level, who: Responder, number: str = "+15555550117") -> Escalation:
        """A thread of this level, owned by somebody, in English."""
        self.text("hello there", number=number)
        with self.database.begin() as session:
            conversation = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
            assert conversation is not None
            conversation.language = "en"
            row = escalations.open_(session, conversation, "asked_for_person", level, self.at)
            return escalations.claim(session, row.id, row.epoch, who, self.later(seconds=1))

    def last(self, row: Escalation) -> Transfer:
        """The newest transfer of a thread."""
        with self.database.begin() as session:
            found = ownership.latest(session, row.id)
        assert found is not None
        return found


@pytest.fixture
def town() -> Community:
    return load().model_copy(update={"desks": (DESK,)})


@pytest.fixture
def team(database: Database, settings: Settings, town: Community) -> Team:
    return Team(database, settings.keys, town)


def test_a_cold_transfer_makes_somebody_else_the_owner_at_once(team: Team) -> None:
    ana, ben = team.here("Ana Ruiz"), team.here("Ben Ito")
    row = team.owned(Level.URGENT, ana)
    said = len(team.said())
    given = team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=ben.id, note="speaks Spanish")
    assert (given.status, given.owner_id, given.epoch, given.owner_acted_at) == ("claimed", ben.id, row.epoch + 1, None)
    assert team.said()[said:] == [texts.say("transferred_to_person", "en", name="Ben", colleague="Ana")]
    kept = team.last(row)
    assert (kept.kind, kept.state, kept.from_id, kept.to_id, kept.note) == (
        "cold", "done", ana.id, ben.id, "speaks Spanish",
    )  # fmt: skip
    with team.database.begin() as session:
        conversation = session.get_one(Conversation, row.conversation_id)
        assert (conversation.handler, conversation.epoch) == ("responder", 1)  # silent all along, and handed over once
    with pytest.raises(Conflict), team.database.begin() as session:
        escalations.owned(session, row.id, row.epoch, ana)


def test_a_warm_transfer_stays_with_its_owner_until_the_other_says_yes(team: Team) -> None:
    ana, ben, cai = team.here("Ana"), team.here("Ben"), team.here("Cai")
    row = team.owned(Level.URGENT, ana)
    said = len(team.said())
    team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=ben.id, warm=True, note="please")
    assert team.open().owner_id == ana.id
    assert len(team.said()) == said  # nobody else is here yet, so the resident is told nothing
    with team.database.begin() as session:
        assert [found.id for _, found in ownership.offered_to(session, ben.id)] == [row.id]
        assert ownership.offered_to(session, cai.id) == []
    with pytest.raises(Conflict):
        team.do(ownership.accept, team.community, row.id, cai)
    given = team.do(ownership.accept, team.community, row.id, ben)
    assert given.owner_id == ben.id
    assert team.last(row).state == "accepted"
    assert team.said()[said:] == [texts.say("transferred_to_person", "en", name="Ben", colleague="Ana")]
    with pytest.raises(Conflict):
        team.do(ownership.accept, team.community, row.id, ben)


@pytest.mark.parametrize("end", ["decline", "withdraw", "release", "release and claim", "resolve", "lapse", "another"])
def test_what_was_offered_ends(team: Team, end: str) -> None:
    ana, ben, cai = team.here("Ana"), team.here("Ben"), team.here("Cai")
    row = team.owned(Level.URGENT, ana)
    team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=ben.id, warm=True)
    if end == "decline":
        team.do(ownership.decline, row.id, ben)
        assert team.last(row).state == "declined"
    elif end == "withdraw":
        team.do(ownership.withdraw, row.id, row.epoch, ana)
    elif end == "another":
        team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=cai.id, warm=True)
    elif end == "lapse":
        with team.database.begin() as session:
            ownership.lapse(session, row.id, row.epoch, ana.id, team.later(seconds=1), "away")
    elif end == "release":
        team.do(escalations.release, row.id, row.epoch, ana)
    elif end == "release and claim":
        team.do(escalations.release, row.id, row.epoch, ana)
        team.do(escalations.claim, row.id, row.epoch + 1, ana)
    else:
        team.do(escalations.resolve, row.id, row.epoch, ana, "helped")
    with team.database.begin() as session:
        assert ownership.offered_to(session, ben.id) == []
    with pytest.raises(Conflict):
        team.do(ownership.accept, team.community, row.id, ben)


def test_a_thread_goes_to_nobody_who_is_not_there(team: Team) -> None:
    ana, away = team.here("Ana"), team.person("Ben")
    editor, gone = team.here("Edi", role="directory_editor"), team.here("Gia", active=False)
    row = team.owned(Level.URGENT, ana)
    cases = {away.id: "colleague_not_here", editor.id: "no_such_colleague", gone.id: "no_such_colleague",
             10**6: "no_such_colleague", ana.id: "yourself"}  # fmt: skip
    for warm in (False, True):
        for to, code in cases.items():
            with pytest.raises(Refused, match=code):
                team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=to, warm=warm)
    assert team.open().owner_id == ana.id


def test_a_desk_gets_it_into_the_queue_and_the_resident_is_told(team: Team) -> None:
    ana, ben = team.here("Ana Ruiz"), team.here("Ben")
    row = team.owned(Level.URGENT, ana)
    with pytest.raises(Refused, match="no_such_desk"):
        team.do(ownership.to_desk, team.community, row.id, row.epoch, ana, desk="french")
    given = team.do(
        ownership.to_desk, team.community, row.id, row.epoch, ana, desk="spanish", note="he says more there"
    )
    assert (given.status, given.owner_id, given.desk) == ("waiting", None, "spanish")
    assert team.said()[-1] == texts.say("transfer_to_desk", "en", colleague="Ana")
    claimed = team.claimed(ben)
    assert claimed.desk is None
    with team.database.begin() as session:
        assert session.get_one(Conversation, row.conversation_id).handler == "responder"


def test_a_supervisor_takes_over_for_a_reason_and_nobody_else_does(team: Team) -> None:
    ana, ben, sam = team.here("Ana"), team.here("Ben"), team.here("Sam", role="supervisor")
    row = team.owned(Level.EMERGENCY, ana)
    with pytest.raises(Refused, match="supervisors_only"):
        team.do(ownership.take_over, row.id, row.epoch, ben, reason="danger")
    with pytest.raises(Refused, match="no_take_over_reason"):
        team.do(ownership.take_over, row.id, row.epoch, sam, reason="")
    with pytest.raises(Conflict) as stale:
        team.do(ownership.take_over, row.id, row.epoch - 1, sam, reason="danger")
    assert stale.value.owner == "Ana"
    given = team.do(ownership.take_over, row.id, row.epoch, sam, reason="danger", note="I know him")
    assert given.owner_id == sam.id
    assert team.said()[-1] == texts.say("transferred_to_person", "en", name="Sam", colleague="Ana")
    with team.database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "take_over")).one()
        assert (entry.responder_id, entry.detail) == (sam.id, {"before": ana.id, "to": sam.id, "why": "danger"})


def test_a_supervisor_gives_a_waiting_thread_to_who_is_there(team: Team) -> None:
    ana, sam, away = team.here("Ana Ruiz"), team.here("Sam", role="supervisor"), team.person("Away")
    team.text("i took all my pills")
    row = team.open()
    with pytest.raises(Refused, match="supervisors_only"):
        team.do(ownership.assign, team.community, row.id, row.epoch, ana, to_id=ana.id)
    with pytest.raises(Refused, match="colleague_not_here"):
        team.do(ownership.assign, team.community, row.id, row.epoch, sam, to_id=away.id)
    given = team.do(ownership.assign, team.community, row.id, row.epoch, sam, to_id=ana.id)
    assert given.owner_id == ana.id
    assert "Ana" in team.said()[-1]
    with pytest.raises(Conflict) as late:
        team.do(ownership.assign, team.community, row.id, row.epoch, sam, to_id=sam.id)
    assert late.value.owner == "Ana Ruiz"


def test_who_listens_is_told_to_nobody_and_written_down(team: Team) -> None:
    ana, sam, ben = team.here("Ana"), team.here("Sam", role="supervisor"), team.here("Ben")
    row = team.owned(Level.URGENT, ana)
    said = team.said()
    with pytest.raises(Refused, match="supervisors_only"):
        team.do(ownership.listen, row.id, ben)
    before = team.open().version
    for _ in range(2):
        team.do(ownership.listen, row.id, sam)
    assert team.said() == said
    assert team.open().version == before  # no page of the owner's even reads again
    with team.database.begin() as session:
        assert attendance.here(session, row.id, listeners=False) == []
        assert [each.name for each in attendance.here(session, row.id, listeners=True)] == ["Sam"]
        acts = list(session.scalars(select(AuditEntry.act).where(AuditEntry.responder_id == sam.id)))
    assert acts == ["listen"]
    team.do(ownership.leave, row.id, sam)
    assert team.said() == said


def test_who_joins_is_told_and_who_leaves_again_too(team: Team) -> None:
    ana, sam = team.here("Ana Ruiz"), team.here("Sam", role="supervisor")
    row = team.owned(Level.URGENT, ana)
    team.do(ownership.listen, row.id, sam)
    for _ in range(2):
        team.do(ownership.join, row.id, sam)
    assert team.said()[-1] == texts.say("joined_too", "en", name="Sam")
    assert team.said().count(team.said()[-1]) == 1
    assert team.open().owner_id == ana.id
    for _ in range(2):
        team.do(ownership.leave, row.id, sam)
    assert team.said()[-1] == texts.say("joined_left", "en", name="Sam", colleague="Ana")
    assert team.said().count(team.said()[-1]) == 1
    given = team.do(ownership.take_over, row.id, row.epoch, sam, reason="asked")
    with pytest.raises(Refused, match="yourself"):
        team.do(ownership.join, given.id, sam)


def test_who_joined_and_takes_over_is_there_once(team: Team) -> None:
    ana, sam = team.here("Ana"), team.here("Sam", role="supervisor")
    row = team.owned(Level.URGENT, ana)
    team.do(ownership.join, row.id, sam)
    team.do(ownership.take_over, row.id, row.epoch, sam, reason="asked")
    with team.database.begin() as session:
        assert attendance.here(session, row.id, listeners=True) == []


def test_nobody_is_texted_whom_it_endangers(team: Team) -> None:
    ana, ben = team.here("Ana"), team.here("Ben")
    row = team.owned(Level.URGENT, ana)
    with team.database.begin() as session:
        session.get_one(Conversation, row.conversation_id).answers = {"safe_to_text": "no"}
    said = team.said()
    row = team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=ben.id)
    row = team.do(escalations.release, row.id, row.epoch, ben)
    row = team.do(escalations.claim, row.id, row.epoch, ana)
    with team.database.begin() as session:
        ownership.lapse(session, row.id, row.epoch, ana.id, team.at, ownership.AWAY)
    assert team.said() == said


def test_an_open_thread_has_a_code_that_no_other_has(team: Team) -> None:
    ana = team.here("Ana")
    rows = [team.owned(Level.ROUTINE, ana, f"+1555555018{place}") for place in range(3)]
    assert [row.code for row in rows] == [11, 12, 13]
    with team.database.begin() as session:
        session.execute(text("SELECT setval('escalation_codes', 9991)"))  # all of them were given once
    team.text("hello again", number="+15555550189")
    with team.database.begin() as session:
        conversation = session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert conversation is not None
        assert escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, team.at).code == 14


def test_how_much_somebody_may_own(team: Team) -> None:
    ana, ben = team.here("Ana"), team.here("Ben", capacity=1)
    row = team.owned(Level.URGENT, ana, "+15555550131")

    def may(who: Responder, level: Level) -> str:
        with team.database.begin() as session:
            asked = Escalation(level=level.value)
            return room.may_take(session, team.community, asked, who, team.at)

    assert [may(ana, level) for level in (Level.ROUTINE, Level.URGENT, Level.EMERGENCY)] == ["yes", "yes", "full"]
    team.owned(Level.ROUTINE, ana, "+15555550132")
    team.owned(Level.ROUTINE, ana, "+15555550133")
    assert may(ana, Level.ROUTINE) == "full"
    assert may(ben, Level.ROUTINE) == "yes"
    assert may(ben, Level.EMERGENCY) == "full"
    team.beat()
    with team.database.begin() as session:
        assert room.load(session, team.community, ana.id) == 3
        assert room.others_have_room(session, team.community, row, ana, team.at)
        found = room.colleagues(session, team.community, ana, team.at)
        assert [(each.name, each.load, each.capacity, each.is_here) for each in found] == [("Ben", 0, 1, True)]
        session.add(
            Break(responder_id=ben.id, kind="own", state="taken", offered_at=team.at, starts_at=team.at,
                  ends_at=team.at + timedelta(minutes=15))
        )  # fmt: skip
    assert may(ben, Level.ROUTINE) == "resting"
    with team.database.begin() as session:
        assert not room.others_have_room(session, team.community, row, ana, team.at)
    team.later(minutes=16)
    assert may(ben, Level.ROUTINE) == "yes"


def test_who_is_full_gets_no_routine_thread_unasked(team: Team) -> None:
    ana, ben = team.here("Ana"), team.here("Ben", capacity=1)
    team.owned(Level.URGENT, ben, "+15555550141")
    row = team.owned(Level.ROUTINE, ana, "+15555550142")
    with pytest.raises(Refused, match="colleague_full"):
        team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=ben.id)
    team.do(ownership.transfer, team.community, row.id, row.epoch, ana, to_id=ben.id, warm=True)
    assert team.do(ownership.accept, team.community, row.id, ben).owner_id == ben.id


VERBS = ("claim", "release", "cold", "warm", "accept", "decline", "desk", "take_over", "assign", "lapse", "danger")


class Walk:
    """One thread on which everybody does anything, with pages that are sometimes out of date."""

    def __init__(self, team: Team, dice: random.Random) -> None:
        self.team, self.dice = team, dice
        self.people = [team.here("Ana"), team.here("Ben"), team.here("Sam", role="supervisor")]
        team.text("i took all my pills")
        self.row = team.open()
        with team.database.begin() as session:
            session.get_one(Conversation, self.row.conversation_id).language = "en"

    def step(self, verb: str) -> bool:
        """Try one verb; whether it was done."""
        team, to, now = self.team, self.dice.choice(self.people), self.team.open()
        who = self.dice.choice([*self.people, *[each for each in self.people if each.id == now.owner_id] * 3])
        epoch = now.epoch - self.dice.choice([0, 0, 0, 1])
        town, key = team.community, self.row.id
        verbs: dict[str, Callable[[], Any]] = {
            "claim": lambda: team.do(escalations.claim, key, epoch, who),
            "release": lambda: team.do(escalations.release, key, epoch, who),
            "cold": lambda: team.do(ownership.transfer, town, key, epoch, who, to_id=to.id),
            "warm": lambda: team.do(ownership.transfer, town, key, epoch, who, to_id=to.id, warm=True),
            "accept": lambda: team.do(ownership.accept, town, key, who),
            "decline": lambda: team.do(ownership.decline, key, who),
            "desk": lambda: team.do(ownership.to_desk, town, key, epoch, who, desk="spanish"),
            "take_over": lambda: team.do(ownership.take_over, key, epoch, who, reason="asked"),
            "assign": lambda: team.do(ownership.assign, town, key, epoch, who, to_id=to.id),
            "lapse": lambda: team.do(lambda s, at: ownership.lapse(s, key, epoch, team.open().owner_id, at, "away")),
            "danger": lambda: team.text("i took all my pills"),
        }
        try:
            verbs[verb]()
        except (Conflict, Refused):
            return False
        return True


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_the_thread_has_one_owner_and_the_resident_knows(team: Team, seed: int) -> None:
    dice = random.Random(seed)
    walk = Walk(team, dice)
    before = team.open()
    done = 0
    for _ in range(60):
        verb = dice.choice(VERBS)
        ok = walk.step(verb)
        after = team.open()
        with team.database.begin() as session:
            handler = session.get_one(Conversation, after.conversation_id).handler
            offers = session.scalars(select(Transfer).where(Transfer.state == "offered")).all()
        assert (after.status == "claimed") == (after.owner_id is not None) == (handler == "responder")
        assert len(offers) <= 1
        changed = (after.status, after.owner_id) != (before.status, before.owner_id)
        assert not changed or (ok and after.epoch > before.epoch), verb
        if changed and after.owner is not None:
            assert after.owner.name in team.said()[-1]
        done += ok
        before = after
    assert done > 5
