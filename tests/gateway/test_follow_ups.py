"""Whether services helped: offered once, asked when it is due and still right, answered, and kept as what it was."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from gateway import community, consents, escalations, follow_ups, optout, texts
from gateway.conversations import SMS, WEBCHAT
from gateway.errors import SmsFailed
from gateway.models import Consent, Conversation, Delivery, Escalation, FollowUp, Message, Referral
from gateway.risk import Level
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.follow_up_street import FOOD, HERE, Street, clock, street, suggest

__all__ = ["clock", "street"]  # pytest finds fixtures by their names
pytestmark = pytest.mark.slow  # many conversations on the real store

OFFER = {code: texts.say("follow_up_offer", code, days=2) for code in ("en", "es")}
BUSY = SmsFailed(20429, retryable=True)
GONE = SmsFailed(30005, retryable=False)
STOPPED = SmsFailed(21610, retryable=False)


def served(street: Street, bot: FakeRasa, body: str = "i need some food please") -> list[str]:
    suggest(bot, FOOD)
    said = street.text(body)
    suggest(bot)
    return said


def agreed(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    street.hand_in("YES")
    assert street.follow_up().state == "agreed"
    street.send()


def asked(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.forward(days=2)
    assert street.sweep()
    assert street.send() == [question("en")]


def question(code: str) -> str:
    return follow_ups.question(community.load(None), code)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HERE).astimezone(UTC)  # type: ignore[arg-type,misc]


# --- offered -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "code"), [("i need some food please", "en"), ("necesito comida por favor", "es")])
def test_it_is_offered_once_after_services_in_the_residents_language(
    street: Street, bot: FakeRasa, body: str, code: str
) -> None:
    suggest(bot, FOOD)
    said = street.text(body)
    assert said[-1] == OFFER[code]
    assert len(said) == 3
    assert (street.menu(), street.follow_up().state) == ("follow_up_offer", "offered")
    again = street.text("more food" if code == "en" else "mas comida")
    assert len(again) == 2
    assert OFFER[code] not in again
    assert len(street.all(FollowUp)) == 1


def test_no_services_no_offer(street: Street, bot: FakeRasa) -> None:
    suggest(bot, FOOD | {"needs": ["no_such_need"]})
    street.text("i need some help please")
    suggest(bot)
    street.text("hello there again")
    assert street.all(FollowUp) == []


def test_the_web_chat_is_never_offered_it(street: Street, bot: FakeRasa) -> None:
    street.channel = WEBCHAT
    assert OFFER["en"] not in served(street, bot)
    assert street.all(FollowUp) == []


def test_a_question_of_the_bots_comes_first_and_its_yes_is_the_bots(street: Street, bot: FakeRasa) -> None:
    suggest(bot, FOOD, state={"loop": "screening", "slots": {}})
    street.text("i need some food please")
    assert street.all(FollowUp) == []
    suggest(bot, text="thank you")  # the next turn closes the bot's question
    assert street.text("yes")[-1] == OFFER["en"]


def test_a_town_may_do_without(street: Street, bot: FakeRasa) -> None:
    street.town = street.town.model_copy(
        update={"follow_up": street.town.follow_up.model_copy(update={"offered": False})}
    )
    served(street, bot)
    assert street.all(FollowUp) == []


def test_it_is_not_offered_where_danger_showed_or_a_person_is_asked_for(street: Street, bot: FakeRasa) -> None:
    street.hand_in("i want to die")
    street.clock.forward(minutes=20)
    served(street, bot)
    assert street.all(FollowUp) == []
    street.claim(resolve=True)
    street.clock.forward(minutes=20)
    served(street, bot)
    assert street.all(FollowUp) == []


def test_it_is_not_offered_while_a_person_is_asked_for(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "escalate", "reason": "asked_for_person", "level": "routine"})
    street.text("i want to talk to a person")
    served(street, bot)
    assert street.all(FollowUp) == []


# --- consent -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "answer", "code"), [
    ("i need some food please", "YES", "en"), ("i need some food please", "Yes, thanks!", "en"),
    ("necesito comida por favor", "Sí", "es"), ("necesito comida por favor", "si por favor", "es"),
])  # fmt: skip
def test_a_yes_is_kept_with_the_words_it_was_given_to(
    street: Street, bot: FakeRasa, body: str, answer: str, code: str
) -> None:
    served(street, bot, body)
    asked_of_bot = len(bot.requests)
    assert street.text(answer) == [texts.say("follow_up_agreed", code, days=2)]
    assert len(bot.requests) == asked_of_bot
    consent, row, heard = street.one(Consent), street.follow_up(), street.all(Message)[-2]
    assert (consent.purpose, consent.given, consent.wording, consent.language) == ("follow_up", True, OFFER[code], code)
    assert consent.version == consents.version_of("follow_up", code, OFFER[code])
    assert (consent.at, consent.message_id, consent.ended_at) == (street.clock(), heard.id, None)
    assert (heard.text, heard.handled_by) == (answer, "follow_up")
    assert (row.state, row.consent_id, row.due_at) == ("agreed", consent.id, street.clock() + timedelta(days=2))


def test_a_no_right_after_the_yes_takes_it_back(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    assert street.text("no") == [texts.say("follow_up_declined", "en")]
    assert [(row.given, row.end_reason) for row in street.all(Consent)] == [(True, "withdrawn"), (False, None)]
    street.clock.forward(days=2)
    assert (street.sweep(), street.follow_up().state) == ([], "declined")


@pytest.mark.parametrize("between", ["thanks", "do you have diapers"])
def test_a_no_later_on_is_the_bots(street: Street, bot: FakeRasa, between: str) -> None:
    agreed(street, bot)
    assert street.text(between) == ["ok"]
    assert street.text("no") == ["ok"]
    assert street.follow_up().state == "agreed"


def test_another_wording_has_another_version() -> None:
    assert consents.version_of("follow_up", "en", "May we?") != consents.version_of("follow_up", "en", "May we.")


def test_a_no_is_kept_too_and_it_is_not_offered_again_for_thirty_days(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    assert street.text("no thanks") == [texts.say("follow_up_declined", "en")]
    assert (street.one(Consent).given, street.follow_up().state) == (False, "declined")
    for days, offers in ((29, 1), (2, 2)):
        suggest(bot, {"command": "close"}, text="bye")
        street.text("thank you, bye now")
        street.clock.forward(days=days)
        served(street, bot)
        assert len(street.all(FollowUp)) == offers


@pytest.mark.parametrize("body", ["ok", "k", "thanks", "yes but not at night", "do you have diapers"])
def test_what_is_neither_yes_nor_no_goes_to_the_bot_and_is_no_consent(street: Street, bot: FakeRasa, body: str) -> None:
    served(street, bot)
    assert street.text(body) == ["ok"]
    assert street.all(Consent) == []
    assert street.menu() == "follow_up_offer"  # it may still be answered
    street.hand_in("yes")
    assert street.one(Consent).given


def test_a_number_is_about_the_list_and_no_consent(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    [told] = street.text("2")
    assert told.startswith("2) ")
    assert street.all(Consent) == []
    assert street.menu() == "follow_up_offer"
    street.hand_in("yes")
    assert street.one(Consent).given


def test_the_offer_can_be_answered_after_thanks_closed_the_conversation(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    suggest(bot, {"command": "close"}, text="bye")
    street.text("thank you, bye now")
    assert street.text("yes") == [texts.say("follow_up_agreed", "en", days=2)]
    assert len(street.all(Conversation)) == 2


def test_an_offer_that_nobody_answered_in_a_day_is_no_consent(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    street.clock.forward(days=1)
    street.sweep()
    assert street.follow_up().state == "no_answer"
    assert street.text("yes") == ["ok"]
    assert street.all(Consent) == []


def test_who_cannot_read_the_offer_gets_it_in_the_other_language(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    listed, *asked_again = street.text("español")
    assert "1) Despensa Demo Town" in listed  # the list is in their language, too
    assert asked_again == [OFFER["es"]]
    assert street.text("sí") == [texts.say("follow_up_agreed", "es", days=2)]


def test_a_no_to_the_offer_is_no_stop_and_a_stop_is_no_answer(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    street.hand_in("NO MAS")
    assert (street.follow_up().state, street.follow_up().result) == ("void", "do_not_contact")
    assert street.all(Consent) == []


# --- asked when it is due ------------------------------------------------------------------------------------------


def test_nothing_is_queued_ahead_and_it_is_asked_once_when_due(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    before = len(street.all(Delivery))
    street.clock.forward(days=1, hours=23, minutes=59)
    assert (street.sweep(), len(street.all(Delivery))) == ([], before)
    street.clock.forward(minutes=1)
    assert len(street.sweep()) == 1
    assert street.send() == [question("en")]
    row, delivery_row = street.follow_up(), street.all(Delivery)[-1]
    assert (row.state, row.question_message_id, delivery_row.priority) == ("asked", delivery_row.message_id, 3)
    assert (street.one(Consent).end_reason, street.sweep(), street.send()) == ("used", [], [])


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_question_says_who_asks_and_how_to_stop_and_not_what_was_asked_for(code: str) -> None:
    first, *rest = question(code).splitlines()
    assert "Demo Town" in first
    assert ("STOP" if code == "en" else "ALTO") in first
    assert not [need for need in ("food", "comida", "shelter", "violen", "salud", "health") if need in "".join(rest)]


@pytest.mark.parametrize(("answered", "due"), [
    (local(2026, 11, 23, 20, 0), local(2026, 11, 25, 20, 0)),
    (local(2026, 11, 23, 22, 0), local(2026, 11, 26, 8, 0)),
    (local(2026, 11, 23, 2, 0), local(2026, 11, 25, 8, 0)),
    (local(2027, 3, 12, 20, 0), local(2027, 3, 14, 20, 0)),  # clocks go forward: 47 hours
    (local(2027, 3, 11, 22, 0), local(2027, 3, 14, 8, 0)),  # the night of 13 March has 23 hours
    (local(2026, 10, 30, 20, 0), local(2026, 11, 1, 20, 0)),  # clocks go back: 49 hours
    (local(2026, 10, 29, 22, 0), local(2026, 11, 1, 8, 0)),
])  # fmt: skip
def test_days_are_counted_by_the_towns_clock_and_quiet_hours_are_kept(
    street: Street, bot: FakeRasa, answered: datetime, due: datetime
) -> None:
    street.clock.at = answered
    agreed(street, bot)
    assert street.follow_up().due_at == due
    street.clock.at = due - timedelta(minutes=1)
    assert street.sweep() == []
    street.clock.at = due
    assert len(street.sweep()) == 1
    assert street.send() == [question("en")]


def test_a_worker_that_was_down_when_it_was_due_waits_for_the_morning(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.at = local(2026, 11, 25, 21, 0)
    assert street.sweep() == []
    street.clock.at = local(2026, 11, 26, 8, 0)
    assert len(street.sweep()) == 1


def test_a_retry_is_never_sent_in_quiet_hours_and_replies_are(street: Street, bot: FakeRasa) -> None:
    street.clock.at = local(2026, 11, 23, 20, 59)
    agreed(street, bot)
    street.clock.at = local(2026, 11, 25, 20, 59)
    street.sweep()
    street.carrier.failures = [BUSY]
    assert street.send() == []
    street.clock.at = local(2026, 11, 25, 21, 0)
    assert street.send() == []
    assert street.all(Delivery)[-1].status == "queued"
    assert street.text("i need a shelter now") == ["ok"]
    assert street.send() == ["ok"]
    street.clock.at = local(2026, 11, 26, 7, 59)
    assert street.send() == []
    street.clock.at = local(2026, 11, 26, 8, 0)
    assert street.send() == [question("en")]


def test_a_question_that_never_arrives_is_nobodys_alarm(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.forward(days=2)
    street.sweep()
    street.carrier.failures = [GONE]
    street.send()
    assert street.all(Delivery)[-1].status == "failed"
    assert street.all(Escalation) == []


def test_it_waits_while_they_are_writing_and_is_dropped_when_far_too_late(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.forward(days=2)
    street.text("do you have diapers")
    assert street.sweep() == []
    assert street.follow_up().due_at == street.clock() + timedelta(minutes=30)
    street.clock.forward(days=4)
    assert street.sweep() == []
    assert (street.follow_up().state, street.follow_up().void_reason) == ("void", "too_late")
    assert street.one(Consent).end_reason == "too_late"


def test_it_opens_a_conversation_where_thanks_closed_the_last_and_the_answer_finds_it(
    street: Street, bot: FakeRasa
) -> None:
    agreed(street, bot)
    suggest(bot, {"command": "close"}, text="bye")
    street.text("thank you, bye now")
    street.clock.forward(days=2)
    [conversation_id] = street.sweep()
    assert conversation_id == street.all(Conversation)[-1].id
    assert len(street.all(Conversation)) == 2
    street.text("3")
    assert street.follow_up().result == "still_trying"


def test_two_workers_ask_it_once(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.forward(days=2)
    follow_up_id, both = street.follow_up().id, Barrier(6)

    def ask(_: int) -> int | None:
        with street.database.begin() as session:
            session.connection()
            both.wait()
            return follow_ups.ask(session, street.town, follow_up_id, street.clock())

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(ask, range(6)))
    assert len([each for each in done if each is not None]) == 1
    assert street.send() == [question("en")]


def test_who_saw_an_older_state_moves_nothing(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.forward(days=2)
    with street.database.begin() as slow:
        seen = slow.scalars(select(FollowUp)).one()
        street.sweep()
        assert seen.state == "agreed"  # what it read before the other committed
        assert not follow_ups.move(slow, seen, "asked", street.clock())
        assert follow_ups.ask(slow, street.town, seen.id, street.clock()) is None
    assert street.send() == [question("en")]


# --- voided --------------------------------------------------------------------------------------------------------


def stop(street: Street, bot: FakeRasa) -> None:
    street.hand_in("STOP")


def phrase(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "opt_out"})
    street.text("please do not text me ever again")


def unsubscribed(street: Street, bot: FakeRasa) -> None:
    street.text("do you have diapers")
    street.carrier.failures = [STOPPED]
    street.send()


def emergency(street: Street, bot: FakeRasa) -> None:
    street.hand_in("he has a gun and is going to shoot me")


def emergency_that_is_over(street: Street, bot: FakeRasa) -> None:
    emergency(street, bot)
    street.claim(resolve=True)


def claim(street: Street, bot: FakeRasa) -> None:
    waiting(street, bot)
    street.claim()


def claim_that_is_over(street: Street, bot: FakeRasa) -> None:
    waiting(street, bot)
    street.claim(resolve=True)


def waiting(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "escalate", "reason": "asked_for_person", "level": "routine"})
    street.text("i want to talk to a person")


def danger_in_a_later_conversation(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "close"}, text="bye")
    street.text("thank you, bye now")
    street.hand_in("i want to die")


def not_safe(street: Street, bot: FakeRasa) -> None:
    street.hand_in("i feel so lonely and sad lately")
    street.hand_in("2")


BETWEEN: list[tuple[Callable[[Street, FakeRasa], None], str]] = [
    (stop, "opted_out"), (phrase, "opted_out"), (unsubscribed, "opted_out"), (emergency, "danger"),
    (emergency_that_is_over, "danger"), (claim, "person"), (claim_that_is_over, "person"), (waiting, "person"),
    (danger_in_a_later_conversation, "danger"), (not_safe, "danger"),
]  # fmt: skip


@pytest.mark.parametrize(("happens", "reason"), BETWEEN, ids=[happens.__name__ for happens, _ in BETWEEN])
def test_what_happens_between_voids_it(
    street: Street, bot: FakeRasa, happens: Callable[[Street, FakeRasa], None], reason: str
) -> None:
    agreed(street, bot)
    street.clock.forward(hours=5)
    happens(street, bot)
    street.send()
    street.clock.forward(days=2)
    assert street.sweep() == []
    assert question("en") not in street.send()
    assert question("en") not in street.said()
    row = street.follow_up()
    assert (row.state, row.void_reason) == ("void", reason)
    assert all(consent.ended_at is not None for consent in street.all(Consent))


def test_a_level_that_a_person_lowered_was_danger_all_the_same(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    not_safe(street, bot)
    street.claim()
    row = street.all(Escalation)[-1]
    with street.database.begin() as session:
        assert row.owner
        escalations.lower(
            session, row.id, row.epoch, row.owner, street.clock(), level=Level.ROUTINE, reason="safe_now"
        )  # fmt: skip
    street.clock.forward(days=2)
    street.sweep()
    assert street.follow_up().void_reason == "danger"


def test_start_does_not_bring_it_back(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.hand_in("STOP")
    street.hand_in("START")
    street.clock.forward(days=2)
    assert (street.sweep(), street.follow_up().state) == ([], "void")
    with street.database.begin() as session:
        contact = session.scalars(select(Conversation)).one().contact
        assert not optout.in_force(session, SMS, contact.address_hash)
        assert not consents.in_force(session, contact, consents.FOLLOW_UP)
    served(street, bot)
    assert len(street.all(FollowUp)) == 1  # nor is it offered at once to one who had just had enough


def test_yes_is_start_where_stop_is_in_force(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    street.hand_in("STOP")
    street.hand_in("YES")
    assert street.all(Consent) == []


def test_a_question_that_waits_for_the_morning_is_taken_back_by_danger(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    street.clock.forward(days=2)
    street.sweep()
    street.hand_in("i want to die")
    assert question("en") not in street.send()
    [row] = [each for each in street.all(Delivery) if each.priority == 3]
    assert (row.status, street.follow_up().state) == ("cancelled", "void")


def test_a_claim_takes_it_back_too(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    street.hand_in("4")
    street.claim()
    assert street.hand_in("1") == []
    assert street.follow_up().result == "need_other_help"


# --- answered ------------------------------------------------------------------------------------------------------


def states(street: Street) -> list[str]:
    return [row.state for row in street.all(Referral)]


def test_it_worked_and_which_service_it_was(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    assert len(states(street)) == 3
    assert street.text("yes!") == [texts.say("follow_up_which", "en")]
    assert street.text("2") == [texts.say("follow_up_thanks", "en")]
    assert states(street) == ["offered", "service_obtained", "offered"]
    assert (street.follow_up().state, street.follow_up().result) == ("answered", "got_it")
    assert street.menu() is None


def test_one_service_needs_no_second_question(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    with street.database.begin() as session:
        for row in session.scalars(select(Referral).order_by(Referral.id).offset(1)):
            session.delete(row)
    street.hand_in("yes")
    street.clock.forward(days=2)
    street.sweep()
    assert street.text("1") == [texts.say("follow_up_thanks", "en")]
    assert states(street) == ["service_obtained"]


def test_which_may_be_skipped_and_other_words_go_to_the_bot(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    street.text("1")
    assert street.text("skip") == [texts.say("follow_up_thanks", "en")]
    assert set(states(street)) == {"offered"}


@pytest.mark.parametrize(("number", "code"), list(enumerate(
    "full not_eligible documents cost transport hours language no_answer treated_badly changed_mind other".split(), 1
)))  # fmt: skip
def test_every_barrier_code_is_kept_with_the_answer_and_the_services(
    street: Street, bot: FakeRasa, number: int, code: str
) -> None:
    asked(street, bot)
    assert street.text("2") == [texts.say("follow_up_barrier", "en")]
    assert street.text(str(number)) == [texts.say("follow_up_noted", "en")]
    row = street.follow_up()
    assert (row.state, row.result, row.barrier_code) == ("answered", "need_other_help", code)
    assert {(each.state, each.barrier_code) for each in street.all(Referral)} == {("not_obtained", code)}
    assert "PERSON" in street.said()[-1]


def test_what_got_in_the_way_may_come_with_the_no(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    assert street.text("no, they were closed") == [texts.say("follow_up_noted", "en")]
    assert street.follow_up().barrier_code == "hours"


@pytest.mark.parametrize("earlier", [(), ("2",)], ids=["question", "barrier"])
def test_why_and_skip_work_under_each_question(street: Street, bot: FakeRasa, earlier: tuple[str, ...]) -> None:
    asked(street, bot)
    for body in earlier:
        street.text(body)
    before = street.said()[-1]
    assert street.text("why do you ask") == [texts.say("follow_up_why", "en"), before]
    assert street.text("SKIP") == [texts.say("follow_up_thanks", "en")]
    row = street.follow_up()
    assert (row.state, row.barrier_code) == ("answered" if earlier else "no_answer", None)
    assert street.text("skip") == ["ok"]  # no question of ours is open any more


def test_a_new_need_at_the_barrier_is_the_bots(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    street.text("2")
    assert street.text("i need a ride to the clinic") == ["ok"]
    assert street.follow_up().barrier_code is None
    assert set(states(street)) == {"not_obtained"}


@pytest.mark.parametrize("at", ["question", "barrier"])
def test_a_person_is_always_to_be_had(street: Street, bot: FakeRasa, at: str) -> None:
    asked(street, bot)
    if at == "barrier":
        street.text("2")
    assert street.text("PERSON") == [texts.say("person_asked_nobody_on_shift", "en")]
    assert (street.one(Escalation).reason, street.follow_up().state) == ("asked_for_person", "answered")


def test_danger_beats_the_digit_and_the_no(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    said = street.hand_in("no, he has a gun")
    assert len(said) == 3  # both safety texts, and that nobody is on shift
    assert all("911" in each for each in said)
    assert street.one(Escalation).level == "emergency"
    assert (street.follow_up().state, street.follow_up().void_reason, street.menu()) == ("void", "danger", None)
    assert set(states(street)) == {"offered"}


def test_a_follow_up_that_cannot_be_voided_costs_nobody_the_safety_text(
    street: Street, bot: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed(street, bot)

    def broken(session: Session, *_: Any) -> None:
        session.execute(text("SELECT no_such_column"))

    monkeypatch.setattr(follow_ups, "void", broken)
    said = street.hand_in("he has a gun and is going to shoot me")
    assert [("911" in each) for each in said] == [True] * 3
    assert street.one(Escalation).level == "emergency"
    monkeypatch.undo()
    street.clock.forward(days=2)
    assert (street.sweep(), street.follow_up().void_reason) == ([], "danger")


def test_no_answer_in_three_days_is_none_and_the_services_are_lost_from_sight(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    street.clock.forward(days=3)
    street.sweep()
    assert (street.follow_up().state, set(states(street))) == ("no_answer", {"lost"})
    assert street.text("1") == ["ok"]


def test_other_words_keep_the_question_open(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    assert street.text("who is this again") == ["ok"]
    street.text("3")
    assert street.follow_up().result == "still_trying"


def test_a_stop_as_the_answer_is_a_wish_not_to_be_contacted(street: Street, bot: FakeRasa) -> None:
    asked(street, bot)
    street.hand_in("STOP")
    assert (street.follow_up().state, street.follow_up().result) == ("void", "do_not_contact")


def test_a_yes_from_the_journal_counts_from_when_it_was_said(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    then = street.clock()
    street.clock.forward(hours=3)
    street.hand_in("yes", received_at=then, said=())
    assert street.follow_up().due_at == then + timedelta(days=2)
    assert street.send()[-1] == texts.say("follow_up_agreed", "en", days=2)


def test_a_webhook_delivered_twice_is_one_consent(street: Street, bot: FakeRasa) -> None:
    served(street, bot)
    first = street.hand_in("yes")
    street.count -= 1
    assert street.hand_in("yes") == first
    assert len(street.all(Consent)) == 1


def test_an_older_yes_gives_way_to_a_newer_one(street: Street, bot: FakeRasa) -> None:
    agreed(street, bot)
    with street.database.begin() as session:
        session.execute(update(FollowUp).values(state="no_answer"))
    suggest(bot, {"command": "close"}, text="bye")
    street.text("thank you, bye now")
    agreed_again = served(street, bot)
    assert agreed_again[-1] == OFFER["en"]
    street.hand_in("yes")
    assert [row.end_reason for row in street.all(Consent)] == ["replaced", None]
