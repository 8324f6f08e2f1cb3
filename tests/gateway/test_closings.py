"""A thread ends with the town's word, its needs and referrals; a follow-up is offered, and never after danger."""

import pytest
from sqlalchemy import select

from gateway import closings, escalations, follow_ups, optout, referrals, texts
from gateway.community import load
from gateway.community_duty import Disposition
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.models import AuditEntry, Closing, Contact, Conversation, Escalation, FollowUp, Lowering
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import Night

pytestmark = pytest.mark.slow


@pytest.fixture
def night(database: Database, settings: Settings) -> Night:
    return Night(database, settings.keys)


def closed(night: Night) -> Closing:
    with night.database.begin() as session:
        return session.scalars(select(Closing).order_by(Closing.id.desc())).first() or pytest.fail("nothing closed")


def test_a_thread_is_closed_with_needs_referrals_and_a_note(night: Night) -> None:
    ana = night.person()
    row = night.opened(Level.ROUTINE, ana)
    with night.database.begin() as session:
        conversation = session.get_one(Conversation, row.conversation_id)
        told = referrals.refer(session, conversation, None, [referrals.Offer("s1", "Pantry", "food")], night.at)
        wanted = [each.id for each in told]
    night.close(ana, "referred", needs=("food", "shelter", "food"), note="went well")
    closing = closed(night)
    assert (closing.disposition, closing.standard, closing.needs) == ("referred", "referred", ["food", "shelter"])
    assert (closing.referral_ids, closing.note, closing.responder_id) == (wanted, "went well", ana.id)
    assert (closing.follow_up, closing.look_due_at) == ("none", None)
    with night.database.begin() as session:
        kept = session.get_one(Escalation, row.id)
        assert (kept.status, kept.disposition, kept.note) == ("resolved", "referred", "went well")
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == row.id).order_by(AuditEntry.id))
        assert list(acts)[-1] == "resolve"


def test_the_towns_own_words_stand_for_standard_ones(night: Night) -> None:
    own = Disposition(code="warm_line", en="Went on to the warm line", es="Pasó a la línea cálida", standard="referred")
    night.community = load().model_copy(update={"dispositions": (own,)})
    ana = night.person()
    night.opened(Level.ROUTINE, ana)
    with pytest.raises(Refused, match="unknown_disposition"):
        night.close(ana, "helped")
    night.close(ana, "warm_line")
    closing = closed(night)
    assert (closing.disposition, closing.standard) == ("warm_line", "referred")


def test_a_town_without_words_of_its_own_has_the_standard_ones_in_both_languages() -> None:
    codes = {each.code for each in closings.choices(load())}
    assert codes == set(escalations.DISPOSITIONS) - {"returned_to_bot"}
    assert all(each.en != each.es and each.standard == each.code for each in closings.choices(load()))


@pytest.mark.parametrize(
    "draft",
    [{"needs": ("nonsense",)}, {"follow_up": "perhaps"}, {"needs": tuple(closings.need_codes(load())[:13])}],
)
def test_what_is_on_no_list_closes_nothing(night: Night, draft: dict[str, object]) -> None:
    ana = night.person()
    night.opened(Level.ROUTINE, ana)
    with pytest.raises(Refused, match="unknown_closing"):
        night.close(ana, "helped", **draft)
    assert night.open().status == "claimed"


def test_only_its_owner_closes_it_and_once(night: Night) -> None:
    ana, ben = night.person("Ana"), night.person("Ben")
    row = night.opened(Level.ROUTINE, ana)
    with pytest.raises(Conflict):
        night.close(ben)
    night.close(ana)
    with pytest.raises(Conflict), night.database.begin() as session:
        closings.close(session, night.community, row.id, row.epoch, ana, closings.Draft("helped"), night.at)
    with night.database.begin() as session:
        assert len(session.scalars(select(Closing)).all()) == 1


def test_a_follow_up_is_offered_and_a_yes_brings_the_question(night: Night) -> None:
    ana = night.person()
    row = night.opened(Level.ROUTINE, ana)
    with night.database.begin() as session:
        assert closings.may_follow_up(session, night.community, session.get_one(Escalation, row.id), night.at)
    night.close(ana, follow_up="asked")
    assert closed(night).follow_up == "asked"
    assert night.said()[-1] == texts.say("follow_up_offer", "en", days=2)
    night.text("yes")
    assert night.said()[-1] == texts.say("follow_up_agreed", "en", days=2)
    with night.database.begin() as session:
        offer = session.scalars(select(FollowUp)).one()
        assert offer.state == "agreed"
        assert offer.due_at is not None
        asked_in = follow_ups.ask(session, night.community, offer.id, offer.due_at)
        assert asked_in == row.conversation_id
    assert night.said()[-1].startswith(night.community.called("en"))


@pytest.mark.parametrize("level", [Level.URGENT, Level.EMERGENCY])
def test_after_danger_nobody_is_asked_how_it_went(night: Night, level: Level) -> None:
    ana = night.person()
    row = night.opened(level, ana)
    with night.database.begin() as session:
        assert not closings.may_follow_up(session, night.community, session.get_one(Escalation, row.id), night.at)
    with pytest.raises(Refused, match="no_follow_up_after_danger"):
        night.close(ana, follow_up="asked")
    assert night.open().status == "claimed"


def test_a_level_that_was_lowered_was_danger_all_the_same(night: Night) -> None:
    ana = night.person()
    row = night.opened(Level.EMERGENCY, ana)
    with night.database.begin() as session:
        escalations.lower(session, row.id, row.epoch, ana, night.at, level=Level.ROUTINE, reason="safe_now")
        assert session.scalars(select(Lowering.from_level)).one() == "emergency"
    with pytest.raises(Refused, match="no_follow_up_after_danger"):
        night.close(ana, follow_up="asked")
    night.close(ana)
    assert closed(night).look_due_at is not None


def test_who_opted_out_is_offered_nothing(night: Night) -> None:
    ana = night.person()
    row = night.opened(Level.ROUTINE, ana)
    with night.database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        optout.stop(session, contact.channel, contact.address_hash, "keyword", night.at)
        assert not closings.may_follow_up(session, night.community, session.get_one(Escalation, row.id), night.at)


def test_a_web_visitor_is_offered_nothing(night: Night) -> None:
    ana = night.person()
    night.text("hello there", number="visitor", channel="webchat")
    with night.database.begin() as session:
        row = escalations.open_(
            session, session.scalars(select(Conversation)).one(), "asked_for_person", Level.ROUTINE, night.at
        )
        assert not closings.may_follow_up(session, night.community, row, night.at)
    night.claimed(ana)
    said = len(night.said())
    night.close(ana, follow_up="asked")
    assert closed(night).follow_up == "none"
    assert night.said()[said:] == [*[texts.say("responder_left", "en")]]
