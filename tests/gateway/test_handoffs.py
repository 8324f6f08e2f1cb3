"""Nothing is told without leave or a reason, nothing is told twice, nothing dials, and all of it is on record."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gateway import escalations, handoff911, handoff_packet, handoffs, optout, texts
from gateway.clients.twilio import Twilio
from gateway.db import Database
from gateway.errors import Conflict, Refused, SmsFailed
from gateway.handoff911 import LESS, ON_FILE, newest
from gateway.models import AuditEntry, Contact, Escalation, Handoff, HandoffEvent, Responder
from gateway.settings import Settings
from tests.gateway.handed import NUMBER, Night

pytestmark = pytest.mark.slow


@pytest.fixture
def night(database: Database, settings: Settings) -> Night:
    return Night(database, settings.keys)


@pytest.fixture
def ana(night: Night) -> Responder:
    night.text("i took all my pills")
    return night.person("Ana Ruiz")


def fresh(night: Night, handoff: Handoff) -> Handoff:
    with night.database.begin() as session:
        return session.get_one(Handoff, handoff.id)


def tell(night: Night, handoff: Handoff, who: Responder, **more: object) -> Handoff:
    with night.database.begin() as session:
        return handoffs.tell(session, night.community, handoff.id, who, night.later(minutes=1), **more)


def consent(night: Night, handoff: Handoff, who: Responder, answer: str, message_id: int | None = None) -> None:
    with night.database.begin() as session:
        handoffs.consent(session, handoff.id, who, answer, night.later(seconds=5), message_id)


def test_one_click_gathers_the_facts_and_the_line_to_call(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    assert (handoff.state, handoff.consent) == ("prepared", "not_asked")
    assert (handoff.psap_name, handoff.psap_line) == ("Demo Town 911 Center (invented)", "+15555550111")
    kept = handoff_packet.kept(handoff)
    assert newest(kept, "what").value == "i took all my pills"
    assert newest(kept, "callback").value == ON_FILE
    assert NUMBER.removeprefix("+1") not in str(handoff.packet)
    assert night.prepared(ana).id == handoff.id


def test_988_and_211_have_the_towns_lines(night: Night, ana: Responder) -> None:
    assert [night.prepared(ana, to).psap_line for to in ("988", "211")] == ["988", "211"]


def test_no_other_service_and_no_thread_of_somebody_else(night: Night, ana: Responder) -> None:
    with pytest.raises(Refused, match="unknown_service"):
        night.prepared(ana, "311")
    night.claimed(ana)
    with pytest.raises(Refused, match="not_yours_to_hand_over"):
        night.prepared(night.person("Ben"))
    assert night.prepared(night.person("Sam", "supervisor")).state == "prepared"


@pytest.mark.parametrize("answer", ["refused", "no_answer", "not_asked"])
def test_without_leave_or_reason_nothing_is_told(night: Night, ana: Responder, answer: str) -> None:
    handoff = night.prepared(ana)
    consent(night, handoff, ana, answer)
    with pytest.raises(Refused, match="reason_needed"):
        tell(night, handoff, ana)
    with pytest.raises(Refused, match="reason_needed"):
        tell(night, handoff, ana, reason="because")
    assert fresh(night, handoff).state == "prepared"


def test_the_database_refuses_it_too(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    with pytest.raises(IntegrityError), night.database.begin() as session:
        session.get_one(Handoff, handoff.id).told_at = night.at


def test_with_leave_it_is_told_once(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    consent(night, handoff, ana, "given")
    told = tell(night, handoff, ana, reason="imminent")
    assert (told.state, told.told_at, told.reason) == ("told", night.at, None)
    with pytest.raises(Conflict, match="handoff_moved"):
        tell(night, handoff, ana)
    with pytest.raises(Conflict, match="handoff_moved"):
        consent(night, handoff, ana, "refused")


@pytest.mark.parametrize("reason", handoffs.REASONS)
def test_without_an_answer_a_reason_is_enough(night: Night, ana: Responder, reason: str) -> None:
    handoff = night.prepared(ana)
    assert tell(night, handoff, ana, reason=reason).reason == reason


def test_against_their_word_a_supervisor_is_named_or_why_none_could_be_reached(night: Night, ana: Responder) -> None:
    handoff, ben = night.prepared(ana), night.person("Ben")
    sam = night.person("Sam", "supervisor")
    consent(night, handoff, ana, "refused")
    for more in ({}, {"alone": True}, {"reason_text": "stopped answering"}):
        with pytest.raises(Refused, match="supervisor_needed"):
            tell(night, handoff, ana, reason="imminent", **more)
    with pytest.raises(Refused, match="no_such_supervisor"):
        tell(night, handoff, ana, reason="imminent", supervisor_id=ben.id)
    assert tell(night, handoff, ana, reason="imminent", supervisor_id=sam.id).supervisor_id == sam.id


def test_nobody_waits_for_a_supervisor_who_cannot_be_reached(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    consent(night, handoff, ana, "refused")
    told = tell(night, handoff, ana, reason="imminent", alone=True, reason_text="called Sam twice")
    assert (told.supervisor_id, told.reason_text) == (None, "called Sam twice")
    with night.database.begin() as session:
        event = session.scalars(select(HandoffEvent).where(HandoffEvent.act == "told")).one()
    assert event.detail == {"consent": "refused", "why": "imminent", "alone": True}


@pytest.mark.parametrize("to", ["988", "211"])
def test_988_and_211_hear_only_of_who_agreed(night: Night, ana: Responder, to: str) -> None:
    handoff = night.prepared(ana, to)
    with pytest.raises(Refused, match="consent_needed"):
        tell(night, handoff, ana, reason="imminent")
    consent(night, handoff, ana, "given")
    assert tell(night, handoff, ana).state == "told"


def test_the_question_is_a_fixed_text_and_the_answer_a_message_after_it(night: Night, ana: Responder) -> None:
    before = night.text("please hurry")
    night.claimed(ana)
    handoff = night.prepared(ana)
    with night.database.begin() as session:
        asked = handoffs.ask(session, handoff.id, ana, night.later(seconds=5))
    assert night.said()[-1] == texts.say("handoff_911_ask", "en")
    assert (fresh(night, handoff).asked_message_id, fresh(night, handoff).consent) == (asked.id, "no_answer")
    with pytest.raises(Refused, match="answer_before_question"):
        consent(night, handoff, ana, "given", before)
    with pytest.raises(Refused, match="no_such_message"):
        consent(night, handoff, ana, "given", asked.id)
    answer = night.text("yes please")
    consent(night, handoff, ana, "given", answer)
    assert (fresh(night, handoff).consent, fresh(night, handoff).consent_message_id) == ("given", answer)


def test_only_who_holds_the_thread_writes_to_the_resident(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    with pytest.raises(Conflict, match="cannot_ask"), night.database.begin() as session:
        handoffs.ask(session, handoff.id, ana, night.at)


def test_who_opted_out_or_is_not_safe_by_text_is_not_asked(night: Night, ana: Responder) -> None:
    row = night.claimed(ana)
    handoff = night.prepared(ana)
    night.told(safe_to_text="no")
    with pytest.raises(Conflict, match="not_safe_to_text"), night.database.begin() as session:
        handoffs.ask(session, handoff.id, ana, night.at)
    with night.database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        optout.stop(session, contact.channel, contact.address_hash, "keyword", night.at)
    with pytest.raises(Conflict, match="opted_out"), night.database.begin() as session:
        handoffs.ask(session, handoff.id, ana, night.at)
    assert row.id == handoff.escalation_id


def test_the_resident_is_told_what_was_told_where_that_is_wanted(night: Night, ana: Responder) -> None:
    night.claimed(ana)
    handoff = night.prepared(ana)
    tell(night, handoff, ana, reason="imminent", tell_resident=True)
    assert night.said()[-1] == texts.say("handoff_911_told", "en")


def test_what_was_told_stands_where_the_resident_cannot_be_told_so(night: Night, ana: Responder) -> None:
    night.claimed(ana)
    handoff, sam = night.prepared(ana), night.person("Sam", "supervisor")
    night.told(safe_to_text="no")
    said = night.said()
    assert tell(night, handoff, ana, reason="imminent", tell_resident=True).state == "told"
    night.told(safe_to_text="yes")
    consent(night, night.prepared(ana, "988"), sam, "given")
    assert tell(night, night.prepared(ana, "988"), sam, tell_resident=True).state == "told"
    assert night.said() == said


def test_a_drill_is_nobody_s_to_hand_over(night: Night, ana: Responder) -> None:
    with night.database.begin() as session:
        session.get_one(Escalation, night.open().id).drill = True
    with pytest.raises(Refused, match="not_yours_to_hand_over"):
        night.prepared(ana)


def test_what_was_said_stays_and_what_is_new_is_named(night: Night, ana: Responder) -> None:
    night.claimed(ana)
    handoff = night.prepared(ana)
    told = tell(night, handoff, ana, reason="imminent")
    night.text("he has a gun now")
    with night.database.begin() as session:
        row, mine = session.get_one(Escalation, told.escalation_id), session.get_one(Handoff, told.id)
        said = handoff911.what_was_said(session, row)
        known = handoff_packet.known(mine, row, said, ana, night.at)
        new = handoff_packet.since_told(mine, row, said, ana, night.at)
    assert newest(known, "weapons").value is None
    assert {each.name for each in new} >= {"weapons"}
    assert "he has a gun now" in {each.value for each in new}


def test_a_responder_s_own_fact_is_theirs_by_name(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    with night.database.begin() as session:
        handoffs.correct(session, handoff.id, ana, night.at, name="place", value="12 Oak St", confirmed=True)
        handoffs.correct(session, handoff.id, ana, night.at, name="weapons", value=None, asked=True)
    with night.database.begin() as session:
        row, mine = session.get_one(Escalation, handoff.escalation_id), session.get_one(Handoff, handoff.id)
        known = handoff_packet.known(mine, row, handoff911.what_was_said(session, row), ana, night.at)
    place = newest(known, "place")
    assert (place.value, place.source, place.by, place.confirmed) == ("12 Oak St", "responder", "Ana Ruiz", True)
    assert newest(known, "weapons").asked
    told = tell(night, handoff, ana, reason="minor")
    with night.database.begin() as session:
        row, mine = session.get_one(Escalation, row.id), session.get_one(Handoff, told.id)
        assert not handoff_packet.since_told(mine, row, handoff911.what_was_said(session, row), ana, night.at)
        handoffs.correct(session, handoff.id, ana, night.later(minutes=1), name="age", value="17")
    with night.database.begin() as session:
        row, mine = session.get_one(Escalation, row.id), session.get_one(Handoff, told.id)
        new = handoff_packet.since_told(mine, row, handoff911.what_was_said(session, row), ana, night.at)
    assert [(each.name, each.value) for each in new] == [("age", "17")]


@pytest.mark.parametrize(("name", "value"), [("callback", "+15555550000"), ("caller", "Ben"), ("x", "y"), ("age", "")])
def test_a_number_and_a_caller_are_nobody_s_to_type(night: Night, ana: Responder, name: str, value: str) -> None:
    handoff = night.prepared(ana)
    with pytest.raises(Refused, match="unknown_fact"), night.database.begin() as session:
        handoffs.correct(session, handoff.id, ana, night.at, name=name, value=value)


def test_their_answer_is_kept_with_its_reference(night: Night, ana: Responder) -> None:
    handoff = night.prepared(ana)
    with pytest.raises(Conflict, match="handoff_moved"), night.database.begin() as session:
        handoffs.answer(session, handoff.id, ana, night.at, outcome="accepted")
    tell(night, handoff, ana, reason="imminent")
    with pytest.raises(Refused, match="unknown_outcome"), night.database.begin() as session:
        handoffs.answer(session, handoff.id, ana, night.at, outcome="fine")
    for outcome, words in (("unknown", None), ("accepted", "sent a unit")):
        with night.database.begin() as session:
            answered = handoffs.answer(
                session, handoff.id, ana, night.later(minutes=1), outcome=outcome, reference="CAD 2231", words=words
            )
    assert (answered.state, answered.outcome, answered.reference, answered.answer) == (
        "answered", "accepted", "CAD 2231", "sent a unit",
    )  # fmt: skip
    with night.database.begin() as session:
        assert handoffs.close(session, handoff.id, ana, night.at).state == "closed"
    assert night.prepared(ana).id != handoff.id


def test_every_step_that_the_table_does_not_name_is_refused(night: Night, ana: Responder) -> None:
    for state in ("prepared", "told", "answered", "closed"):
        for verb in ("tell", "answer", "close"):
            made = Handoff(state=state)
            after = handoffs.TRANSITIONS.get((state, verb))
            if after is None:
                with pytest.raises(Conflict):
                    handoffs._move(made, verb)
            else:
                handoffs._move(made, verb)
                assert made.state == after


def test_the_number_is_opened_for_who_makes_the_call_and_that_is_written_down(night: Night, ana: Responder) -> None:
    handoff, ben = night.prepared(ana), night.person("Ben")
    keys = night.keys
    with night.database.begin() as session:
        row = session.get_one(Escalation, handoff.escalation_id)
        mine = session.get_one(Handoff, handoff.id)
        assert handoff_packet.number(session, keys, mine, row, ben, night.at) is None
        assert handoff_packet.number(session, keys, mine, row, ana, night.at) == NUMBER
    with night.database.begin() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.act == "handoff_number")).all()
        assert [(each.responder_id, each.subject, each.detail) for each in noted] == [
            (ana.id, "escalation", {"handoff": handoff.id})
        ]


def test_after_the_thread_is_closed_the_number_stays_open_for_twelve_hours(night: Night, ana: Responder) -> None:
    night.claimed(ana)
    handoff = night.prepared(ana)
    tell(night, handoff, ana, reason="imminent")
    told_at = night.at
    night.close(ana, "handed_to_911")
    keys = night.keys
    for at, shown in ((told_at + timedelta(hours=11), NUMBER), (told_at + timedelta(hours=13), None)):
        with night.database.begin() as session:
            row, mine = session.get_one(Escalation, handoff.escalation_id), session.get_one(Handoff, handoff.id)
            assert handoff_packet.number(session, keys, mine, row, ana, at) == shown


def test_every_act_is_on_record_with_ids_and_codes_only(night: Night, ana: Responder) -> None:
    night.claimed(ana)
    handoff = night.prepared(ana)
    with night.database.begin() as session:
        mine = session.get_one(Handoff, handoff.id)
        for _ in range(2):
            handoff_packet.looked_at(session, mine, ana, "shown", night.at)
        handoff_packet.looked_at(session, mine, ana, "printed", night.at)
        with pytest.raises(Refused):
            handoff_packet.looked_at(session, mine, ana, "told", night.at)
        handoffs.ask(session, handoff.id, ana, night.later(seconds=5))
    consent(night, handoff, ana, "given", night.text("yes"))
    tell(night, handoff, ana)
    with night.database.begin() as session:
        handoffs.answer(session, handoff.id, ana, night.at, outcome="accepted", words="sent a unit")
        acts = [event.act for event, name in handoff_packet.events(session, session.get_one(Handoff, handoff.id))]
        assert acts == ["prepared", "shown", "printed", "asked", "consent", "told", "answered"]
        noted = session.scalars(
            select(AuditEntry).where(AuditEntry.act.like("handoff_%")).order_by(AuditEntry.id)
        ).all()
        assert [each.act for each in noted] == [f"handoff_{act}" for act in acts]
        assert not re.search(r"pills|unit|\d{7}", str([each.detail for each in noted]))
        assert session.get_one(Escalation, handoff.escalation_id).owner_acted_at is not None


def test_the_page_of_the_thread_learns_of_every_act(night: Night, ana: Responder) -> None:
    row = night.open()
    night.prepared(ana)
    assert night.open().version > row.version


def test_a_stranger_to_the_thread_moves_nothing(night: Night, ana: Responder) -> None:
    night.claimed(ana)
    handoff, ben = night.prepared(ana), night.person("Ben")
    for act in (
        lambda db: handoffs.consent(db, handoff.id, ben, "given", night.at),
        lambda db: handoffs.close(db, handoff.id, ben, night.at),
        lambda db: handoffs.ask(db, handoff.id, ben, night.at),
    ):
        with pytest.raises(Refused, match="not_yours_to_hand_over"), night.database.begin() as session:
            act(session)
    with pytest.raises(Refused, match="no_such_handoff"), night.database.begin() as session:
        handoffs.close(session, 999, ana, night.at)


# What carriers and phones call the services that only a person may call.
SERVICES = ("911", "+911", "+1911", "1911", "988", "+1988", "211", "+1211", "933")


@pytest.mark.parametrize("number", SERVICES)
def test_no_text_of_ours_can_go_to_911_988_or_211(number: str) -> None:
    line = Twilio("AC" + "0" * 32, "x" * 32, "+15555550100", api_url="http://127.0.0.1:9")
    with pytest.raises(SmsFailed) as failed:
        line.send(number, "help")
    assert not failed.value.retryable
    assert not failed.value.ambiguous


def test_nothing_in_the_gateway_dials() -> None:
    """A number of these services stands in links that a person presses, and in no call of a program's."""
    gateway = Path(handoffs.__file__).parent
    for path in [*gateway.glob("handoff*.py"), *gateway.glob("web/console_handoff*.py"), gateway / "eido.py"]:
        words = path.read_text()
        assert not re.search(r"import (httpx|requests|socket|twilio)|notices\.queue|urlopen", words), path


def test_escalations_says_who_supervises() -> None:
    assert {"supervisor", "admin"} == escalations.SUPERVISING


@pytest.mark.parametrize("to", ["988", "211"])
def test_the_record_of_988_and_211_holds_no_more_than_they_are_told(night: Night, ana: Responder, to: str) -> None:
    night.text("there is a gun here")
    night.told(place="12 Oak St")
    handoff = night.prepared(ana, to)
    assert "Oak" not in str(handoff.packet)
    assert {each.name for each in handoff_packet.kept(handoff)} <= set(LESS)
    with pytest.raises(Refused, match="unknown_fact"), night.database.begin() as session:
        handoffs.correct(session, handoff.id, ana, night.at, name="weapons", value="a gun")
