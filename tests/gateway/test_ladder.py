"""The ladder of pages in fast-forward: who is asked when, by what means, and what is written down of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway import escalations, ladder, optout, paging, reaching, texts
from gateway.community import load
from gateway.community_duty import Desk, Ladder, Paging, Rung
from gateway.community_fields import BothLanguages
from gateway.db import Database
from gateway.models import Assessment, AuditEntry, Conversation, Escalation, Message, Notice, Page, Responder
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.duty import NOW, QUIET, STUCK, WRONG, Duty

pytestmark = pytest.mark.slow

FIVE_MINUTES = 300


@pytest.fixture
def duty(database: Database, settings: Settings) -> Duty:
    return Duty(database, settings.keys)


def claim(duty: Duty, escalation_id: int, who: int) -> None:
    with duty.database.begin() as session:
        row = session.get_one(Escalation, escalation_id)
        escalations.claim(session, row.id, row.epoch, session.get_one(Responder, who), duty.at)


def sent(duty: Duty, escalation_id: int) -> list[tuple[int, str, str]]:
    return [each[:3] for each in duty.pages(escalation_id) if each[3] != "skipped"]


def test_an_emergency_that_nobody_claims_walks_every_rung(duty: Duty) -> None:
    duty.on_shift("Ana", push=True)
    duty.shift(duty.person("Ben"), start=3)
    duty.person("Sol", role="supervisor")
    row = duty.open()
    duty.run(FIVE_MINUTES)
    assert duty.pages(row) == [
        (0, "console", "Ana", "timed_out"),
        (0, "push", "Ana", "timed_out"),
        (0, "sms", "Ana", "timed_out"),
        (45, "voice", "Ana", "timed_out"),
        (90, "voice", "Ben", "timed_out"),
        (150, "sms", "Sol", "timed_out"),
        (150, "voice", "Sol", "timed_out"),
    ]
    assert duty.said() == texts.each("ladder_exhausted", None)
    kept = duty.row(row)
    assert (kept.status, kept.told_nobody_at) == ("waiting", kept.opened_at + timedelta(seconds=210))
    with duty.database.begin() as session:
        noted = session.execute(
            select(AuditEntry.act, AuditEntry.detail["means"].as_string(), AuditEntry.detail["paged"].as_integer())
            .where(AuditEntry.act.in_(("page", "told_nobody")))
            .order_by(AuditEntry.id)
        ).all()
    assert [tuple(each) for each in noted] == [
        ("page", "push", 1), ("page", "sms", 1), ("page", "voice", 1), ("page", "voice", 1), ("page", "sms", 1),
        ("page", "voice", 1), ("told_nobody", None, None),
    ]  # fmt: skip


def test_in_danger_a_text_goes_out_at_sixty_seconds(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.person("Sol", role="supervisor")
    row = duty.open(Level.URGENT)
    began = duty.at
    for _ in range(65):
        duty.climb()
        duty.at += timedelta(seconds=1)
    with duty.database.begin() as session:
        page = session.scalars(select(Page).where(Page.means == "sms")).one()
    assert abs((page.sent_at - began).total_seconds() - 60) <= 2
    duty.run(240)
    assert sent(duty, row) == [
        (0, "console", "Ana"), (60, "sms", "Ana"), (120, "voice", "Ana"), (180, "sms", "Sol"),
    ]  # fmt: skip
    assert duty.said() == texts.each("ladder_exhausted", None)


def test_a_routine_request_waits_longer_and_tells_the_resident_nothing(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.person("Sol", role="supervisor")
    row = duty.open(Level.ROUTINE)
    duty.run(2_000)
    assert sent(duty, row) == [(0, "console", "Ana"), (600, "sms", "Ana"), (1800, "sms", "Sol")]
    assert duty.said() == []


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        # Nobody of a rung can be reached: the next is tried at once, up to somebody whose phone may ring.
        (Level.EMERGENCY, [(0, "voice", "Ben"), (150, "sms", "Sol"), (150, "voice", "Sol")]),
        (Level.URGENT, [(0, "sms", "Sol")]),
        # Nobody is woken sooner for a question about food.
        (Level.ROUTINE, [(1800, "sms", "Sol")]),
    ],
)
def test_with_nobody_on_shift_the_next_is_asked_at_once(
    duty: Duty, level: Level, expected: list[tuple[int, str, str]]
) -> None:
    duty.shift(duty.person("Ben"), start=3)
    duty.person("Sol", role="supervisor")
    row = duty.open(level)
    duty.run(2_000 if level is Level.ROUTINE else FIVE_MINUTES)
    assert sent(duty, row) == expected


def test_wrong_numbers_and_failed_texts_move_on_within_two_seconds(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    duty.shift(duty.person("Ben"), start=3)
    sol = duty.person("Sol", role="supervisor")
    duty.fates = {ana: WRONG}
    row = duty.open()
    duty.run(FIVE_MINUTES)
    assert [each for each in duty.pages(row) if each[1] != "console"][:4] == [
        (0, "push", "Ana", "skipped"),
        (0, "sms", "Ana", "failed"),
        (1, "voice", "Ana", "failed"),
        (2, "voice", "Ben", "timed_out"),
    ]
    with duty.database.begin() as session:
        whys = session.execute(select(Page.means, Page.why).where(Page.responder_id == ana).order_by(Page.id)).all()
    assert [tuple(each) for each in whys] == [
        ("console", None), ("push", "no_device"), ("sms", "wrong_number"), ("voice", "wrong_number"),
    ]  # fmt: skip
    assert sent(duty, row)[-2:] == [(150, "sms", "Sol"), (150, "voice", "Sol")]
    assert sol not in duty.fates


def test_one_wrong_number_among_several_hurries_nobody(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    duty.on_shift("Cai")
    duty.person("Sol", role="supervisor")
    duty.fates = {ana: WRONG}
    row = duty.open()
    duty.run(44)
    assert {each[0] for each in duty.pages(row)} == {0}
    duty.run(2)
    assert (45, "voice", "Cai") in sent(duty, row)


def test_with_no_phone_that_works_the_resident_is_told_in_time_and_no_sooner(duty: Duty) -> None:
    people = [duty.on_shift("Ana"), duty.person("Sol", role="supervisor")]
    duty.fates = dict.fromkeys(people, WRONG)
    duty.open()
    duty.run(209)
    assert duty.said() == []
    duty.run(1)
    assert duty.said() == texts.each("ladder_exhausted", None)


def test_with_nobody_at_all_a_timer_still_runs_and_the_resident_hears_it(duty: Duty) -> None:
    row = duty.open()
    duty.run(FIVE_MINUTES)
    assert duty.pages(row) == []
    assert duty.said() == texts.each("ladder_reached_nobody", None)
    kept = duty.row(row)
    assert kept.next_page_at is not None
    duty.at = kept.next_page_at
    late = duty.on_shift("Late")
    duty.run(0)
    with duty.database.begin() as session:
        asked = session.scalars(select(Page.means).where(Page.responder_id == late, Page.state != "skipped")).all()
    assert set(asked) == {"console", "sms", "voice"}


@pytest.mark.parametrize("after", [0, 1, 46, 91, 151, 211, 900])
def test_a_claim_ends_the_ladder_at_every_rung(duty: Duty, after: int) -> None:
    ana = duty.on_shift("Ana", push=True)
    ben = duty.person("Ben")
    duty.shift(ben, start=3)
    sol = duty.person("Sol", role="supervisor")
    duty.fates = {ben: STUCK, sol: STUCK}
    row = duty.open()
    if after:
        duty.run(after)
    claim(duty, row, ana)
    before, said = duty.pages(row), duty.said()
    duty.run(3_600)
    assert duty.pages(row) == before
    assert duty.said() == said
    assert not {"planned", "sent", "delivered"} & {each[3] for each in before}
    with duty.database.begin() as session:
        states = set(session.scalars(select(Notice.state)))
        acknowledged = session.scalars(select(Page.answered_by).where(Page.state == "acknowledged")).all()
    assert states <= {"delivered", "cancelled"}
    assert set(acknowledged) <= {"console"}
    assert acknowledged or after > 90


def test_what_others_were_sent_is_settled_by_a_claim(duty: Duty) -> None:
    ana, cai = duty.on_shift("Ana"), duty.on_shift("Cai")
    row = duty.open()
    duty.climb()
    claim(duty, row, cai)
    with duty.database.begin() as session:
        found = session.execute(select(Page.responder_id, Page.means, Page.state, Page.why).order_by(Page.id)).all()
    fates = {(who, means): (state, why) for who, means, state, why in found}
    assert fates[ana, "sms"] == ("skipped", "claimed")
    assert fates[cai, "sms"] == ("acknowledged", None)


def test_a_raise_begins_again_and_cancels_what_said_less(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    duty.fates = {ana: STUCK}
    row = duty.open(Level.ROUTINE)
    duty.run(700)
    began = duty.at
    assert duty.open(Level.EMERGENCY) == row
    assert duty.row(row).ladder_since == began
    with duty.database.begin() as session:
        assert session.scalars(select(Notice.state)).all() == ["cancelled"]
        assert set(session.scalars(select(Page.state).where(Page.sent_at < began, Page.means == "sms"))) == {"skipped"}
    duty.fates = {ana: QUIET}
    duty.run(1)
    with duty.database.begin() as session:
        newest = session.scalars(select(Notice).order_by(Notice.id.desc())).first()
    assert newest is not None
    code = duty.row(row).code
    assert newest.text == texts.say("page_sms_emergency", "en", code=code, name=duty.community.called("en"))
    assert (newest.kind, newest.priority, newest.escalation_id) == ("page", 0, row)


def test_the_same_level_again_begins_nothing_anew(duty: Duty) -> None:
    duty.on_shift("Ana")
    row = duty.open()
    duty.run(50)
    began = duty.row(row).ladder_since
    duty.open()
    assert duty.row(row).ladder_since == began
    assert duty.row(row).rung != paging.ENDED


def test_danger_again_begins_anew_once_all_were_asked_in_vain(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.person("Sol", role="supervisor")
    row = duty.open()
    duty.run(240)
    duty.open(Level.URGENT)  # words of a lower level are danger as well
    kept = duty.row(row)
    assert (kept.ladder_since, kept.level) == (duty.at, "emergency")
    duty.run(209)
    assert sent(duty, row) == [
        (0, "console", "Ana"), (0, "sms", "Ana"), (45, "voice", "Ana"), (90, "sms", "Sol"), (90, "voice", "Sol"),
    ]  # fmt: skip
    assert duty.said() == texts.each("ladder_exhausted", None)  # not told a second time
    with duty.database.begin() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.act == "page_anew")).one()
    assert noted.detail == {"reason": "risk", "message": None}


def test_a_flood_of_danger_begins_anew_once_in_ten_minutes(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.open()
    began = []
    for _ in range(60):
        duty.run(30)
        began.append(duty.row(duty.open()).ladder_since)
    # The first as soon as all were asked, after three and a half minutes; then every ten minutes, for half an hour.
    assert sorted({round((each - NOW).total_seconds()) for each in began if each}) == [0, 210, 810, 1_410]
    with duty.database.begin() as session:
        calls = session.scalars(select(Page.sent_at).where(Page.means == "voice").order_by(Page.id)).all()
    assert [round((each - NOW).total_seconds()) for each in calls] == [45, 255, 855, 1_455]


def test_what_is_no_danger_begins_nothing_anew(duty: Duty) -> None:
    duty.on_shift("Ana")
    row = duty.open()
    duty.run(240)
    began = duty.row(row).ladder_since
    duty.open(Level.ROUTINE)
    assert duty.row(row).ladder_since == began


def test_a_thread_that_is_owned_pages_nobody_anew(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    row = duty.open()
    duty.run(240)
    claim(duty, row, ana)
    duty.at += timedelta(minutes=1)
    before = duty.pages(row)
    duty.open()
    assert duty.pages(row) == before


def test_who_let_go_is_asked_only_when_nobody_else_is_there(duty: Duty) -> None:
    ana, cai = duty.on_shift("Ana"), duty.on_shift("Cai")
    row = duty.open()
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        duty.at += timedelta(seconds=5)
        pages = paging.page(session, found, duty.at, but=session.get_one(Responder, ana))
        assert [each.responder_id for each in pages] == [cai]
    with duty.database.begin() as session:
        session.get_one(Responder, cai).active = False
    with duty.database.begin() as session:
        pages = paging.page(session, session.get_one(Escalation, row), duty.at, but=session.get_one(Responder, ana))
        assert [each.responder_id for each in pages] == [ana]


def test_a_release_starts_a_new_ladder(duty: Duty) -> None:
    ana = duty.on_shift("Ana")
    row = duty.open()
    duty.run(50)
    claim(duty, row, ana)
    assert duty.row(row).next_page_at is None
    duty.at += timedelta(minutes=5)
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        escalations.release(session, row, found.epoch, session.get_one(Responder, ana), duty.at)
    assert duty.row(row).ladder_since == duty.at
    duty.run(50)
    assert sent(duty, row) == [(0, "console", "Ana"), (0, "sms", "Ana"), (45, "voice", "Ana")]


def test_a_time_without_a_worker_makes_no_burst(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.shift(duty.person("Ben"), start=3)
    duty.person("Sol", role="supervisor")
    row = duty.open()
    duty.climb()
    duty.at += timedelta(minutes=10)
    duty.run(5)
    assert [each[:2] for each in sent(duty, row)][2:] == [
        (600, "voice"), (601, "voice"), (602, "sms"), (602, "voice"),
    ]  # fmt: skip
    assert duty.row(row).told_nobody_at is not None


@pytest.mark.parametrize(
    ("level", "ends", "supervisors"), [(Level.EMERGENCY, 210, ["sms", "voice"]), (Level.URGENT, 300, ["sms"])]
)
def test_in_danger_all_are_asked_again_every_ten_minutes(
    duty: Duty, level: Level, ends: int, supervisors: list[str]
) -> None:
    ana = duty.on_shift("Ana")
    duty.person("Sol", role="supervisor")
    row = duty.open(level)
    duty.run(ends)
    duty.run(1_200)
    later = [each for each in sent(duty, row) if each[0] > ends]
    once = [("console", "Ana"), ("sms", "Ana"), ("voice", "Ana"), *((means, "Sol") for means in supervisors)]
    assert later == [(ends + again, *each) for again in (600, 1_200) for each in once]
    assert len(duty.said()) == 2  # once, in both languages
    claim(duty, row, ana)
    before = duty.pages(row)
    duty.run(1_200)
    assert duty.pages(row) == before


def test_a_supervisor_on_shift_is_called_once_at_a_time(duty: Duty) -> None:
    duty.on_shift("Sol", role="supervisor")
    row = duty.open()
    duty.run(210)
    duty.run(600)
    assert [each for each in sent(duty, row) if each[0] > 210] == [
        (810, "console", "Sol"), (810, "sms", "Sol"), (810, "voice", "Sol"),
    ]  # fmt: skip


def test_nobody_is_asked_again_for_a_routine_request(duty: Duty) -> None:
    duty.on_shift("Ana")
    duty.person("Sol", role="supervisor")
    row = duty.open(Level.ROUTINE)
    duty.run(1_800)
    before = sent(duty, row)
    duty.on_shift("Late")
    duty.run(1_300)
    assert sent(duty, row) == [*before, (2_400, "console", "Late"), (2_400, "sms", "Late")]


@pytest.mark.parametrize("why", ["stopped", "unsafe"])
def test_who_may_not_be_written_to_is_not(duty: Duty, why: str) -> None:
    row = duty.open()
    with duty.database.begin() as session:
        if why == "stopped":
            contact = session.get_one(Escalation, row).conversation.contact
            optout.stop(session, contact.channel, contact.address_hash, "sms", duty.at)
        else:
            session.scalars(select(Conversation)).one().answers = {"safe_to_text": "no"}
    duty.run(FIVE_MINUTES)
    assert duty.said() == []
    with duty.database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "told_nobody")).one()
    assert entry.detail == {"said": False}


def test_a_ladder_that_fails_keeps_no_other_from_climbing(duty: Duty, caplog: pytest.LogCaptureFixture) -> None:
    duty.on_shift("Ana")
    broken, whole = duty.open(number="+15555550121"), duty.open(number="+15555550122")
    with duty.database.begin() as session:
        session.execute(update(Escalation).where(Escalation.id == broken).values(level="unheard_of"))
    duty.run(60)
    assert {means for _, means, _ in sent(duty, whole)} >= {"sms"}
    with duty.database.begin() as session:
        noted = session.scalars(select(AuditEntry.subject_id).where(AuditEntry.act == "ladder_failed")).all()
    assert len(noted) > 1  # it is tried again
    assert set(noted) == {broken}
    assert "could not be climbed" in caplog.text


def test_who_rests_or_muted_the_theme_is_left_out_while_others_are_there(duty: Duty) -> None:
    ana, ben = duty.on_shift("Ana"), duty.on_shift("Ben")
    duty.rest(ana, minutes=60)
    row = duty.open()
    duty.run(50)
    assert {each[2] for each in sent(duty, row)} == {"Ben"}
    with duty.database.begin() as session:
        assert set(session.scalars(select(Page.why).where(Page.responder_id == ana))) == {"resting"}
        session.get_one(Responder, ben).active = False
    again = duty.open(number="+15555550120")
    duty.run(50)
    assert {each[2] for each in sent(duty, again)} == {"Ana"}


def test_supervisors_are_asked_though_they_rest(duty: Duty) -> None:
    sol = duty.person("Sol", role="supervisor")
    duty.rest(sol, minutes=60)
    row = duty.open()
    duty.run(1)
    assert sent(duty, row) == [(0, "sms", "Sol"), (0, "voice", "Sol")]


def test_each_is_paged_in_the_language_of_their_console(duty: Duty) -> None:
    duty.on_shift("Ana", locale="es")
    row = duty.open()
    duty.run(46)
    code = duty.row(row).code
    assert code is not None
    with duty.database.begin() as session:
        name = duty.community.called("es")
        sms, voice = session.scalars(select(Notice).order_by(Notice.id)).all()
    assert (sms.language, sms.text) == ("es", texts.say("page_sms_emergency", "es", code=code, name=name))
    assert voice.text == texts.say("page_voice_emergency", "es", code=" ".join(str(code)), name=name)


def test_a_row_that_waits_without_a_ladder_gets_one(duty: Duty) -> None:
    duty.on_shift("Ana")
    row = duty.open()
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        found.ladder_since = found.next_page_at = None
    duty.climb()
    assert duty.row(row).next_page_at is not None


def test_the_ladder_is_the_towns(duty: Duty) -> None:
    rungs = [
        Rung(after=0, means="console", whom="on_shift"),
        Rung(after=20, means="voice", whom="on_shift"),
        Rung(after=40, means="sms", whom="supervisors"),
    ]
    own = Ladder(urgent=tuple(rungs))
    duty.community = load().model_copy(update={"paging": Paging(ladder=own)})
    duty.on_shift("Ana")
    duty.person("Sol", role="supervisor")
    row = duty.open(Level.URGENT)
    duty.run(60)
    assert sent(duty, row) == [(0, "console", "Ana"), (20, "voice", "Ana"), (40, "sms", "Sol")]


def test_two_workers_climb_once(duty: Duty) -> None:
    duty.on_shift("Ana")
    row = duty.open()
    with duty.database.begin() as one:
        conversation = duty.row(row).conversation_id
        assert ladder.climb(one, duty.community, duty.at) == [conversation]
        assert duty.climb() == []
    assert duty.climb() == []
    assert len(sent(duty, row)) == 2


def test_codes_are_short_and_never_twice_while_open(duty: Duty) -> None:
    rows = [duty.open(Level.ROUTINE, f"+1555555{index:04d}") for index in range(130, 136)]
    codes = [duty.row(row).code for row in rows]
    assert codes == [10 + row for row in rows]
    with duty.database.begin() as session:
        session.get_one(Escalation, rows[0]).code = rows[-1] + 11  # what the next would get
    assert duty.row(duty.open(Level.ROUTINE, "+15555550140")).code == rows[-1] + 12


def test_no_page_says_anything_of_a_resident(duty: Duty) -> None:
    duty.on_shift("Ana", push=True)
    duty.person("Sol", role="supervisor")
    duty.open()
    duty.run(200)
    with duty.database.begin() as session:
        texts_sent = session.scalars(select(Notice.text)).all()
        numbers = {notice.responder_id is not None and notice.member_id is None
                   for notice in session.scalars(select(Notice))}  # fmt: skip
    assert numbers == {True}
    assert not [each for each in texts_sent if "5555" in each]


def test_the_best_for_a_resident_are_asked_first(duty: Duty) -> None:
    desk = Desk(code="night", name=BothLanguages(en="Night desk", es="Mesa de noche"), skills=("street",))
    duty.community = load().model_copy(update={"desks": (desk,)})
    duty.on_shift("English")
    busy = duty.on_shift("Busy", languages=["es"])
    duty.on_shift("Spanish", languages=["en", "es"])
    claim(duty, duty.open(number="+15555550177"), busy)
    row = duty.open()

    def order() -> list[str]:
        with duty.database.begin() as session:
            found = session.get_one(Escalation, row)
            return [each.name for each in reaching.available(session, duty.community, found, duty.at)]

    assert order() == ["English", "Spanish", "Busy"]
    with duty.database.begin() as session:
        session.get_one(Escalation, row).conversation.language = "es"
    assert order() == ["Spanish", "Busy", "English"]
    duty.on_shift("Outreach", skills=["street"])
    duty.on_shift("Named", desks=["night"])
    with duty.database.begin() as session:
        session.get_one(Escalation, row).desk = "night"
    assert order() == ["Outreach", "Named", "Spanish", "Busy", "English"]


def test_a_theme_that_was_put_aside_goes_to_others_first(duty: Duty) -> None:
    duty.on_shift("Ana", muted_themes=["suicide"])
    ben = duty.on_shift("Ben")
    row = duty.open()
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        message = Message(conversation_id=found.conversation_id, direction="in", author="resident", text="x",
                          created_at=duty.at, attempts=0)  # fmt: skip
        session.add(message)
        session.flush()
        session.add(Assessment(message_id=message.id, conversation_id=found.conversation_id, level="emergency",
                               categories=["suicide"], findings=[], version="1", created_at=duty.at))  # fmt: skip
        found.message_id = message.id
    with duty.database.begin() as session:
        found = session.get_one(Escalation, row)
        asked = reaching.whom(session, duty.community, found, "on_shift", "sms", duty.at)
        assert [(each.responder.name, each.why) for each in asked] == [("Ana", "muted"), ("Ben", None)]
        session.get_one(Responder, ben).active = False
        session.flush()
        assert [each.name for each in reaching.available(session, duty.community, found, duty.at)] == ["Ana"]
