"""What the gateway adds to the dialogue: time away, what the bot missed, the fallback menu, and how a talk ends."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import asides, delivery, escalations, lapsing, leases, menu, texts, turns
from gateway.clients.rasa import Rasa
from gateway.community import Community
from gateway.conversations import SMS, WEBCHAT, Inbound, hand_over
from gateway.db import Database
from gateway.door import Door
from gateway.keys import Keys
from gateway.models import Conversation, Delivery, Escalation, Message, OptOut
from gateway.receiving import receive
from gateway.risk import Level
from tests import demo_town
from tests.conftest import RESIDENT, Clock
from tests.fakes.fake_rasa import NONSENSE, FakeRasa, echo, good

pytestmark = pytest.mark.slow  # many conversations on the real store

DOWN = NONSENSE["http 503"]
TEAM = {"command": "request_team", "needs": ["welfare_check"], "place": "the library on 24th", "zip": None}
MEDIATION = {"command": "open_mediation", "need": "dispute", "zip": None}


class Resident:
    """One resident who writes, and a worker that answers at the time of a clock."""

    def __init__(self, database: Database, keys: Keys, town: Community, url: str, clock: Clock) -> None:
        self.database, self.keys, self.town, self.url, self.clock = database, keys, town, url, clock
        self.channel, self.count = SMS, 0

    def says(self, body: str) -> list[str]:
        """Write, be answered, and read what was said."""
        self.count += 1
        inbound = Inbound(self.channel, RESIDENT, f"SM{self.count:032x}", body)
        with self.database.begin() as session:
            receive(session, self.keys, self.town, inbound, self.clock())
        before = len(self.heard())
        self.work()
        return self.heard()[before:]

    def work(self) -> None:
        """Answer whatever waits; each time with a new client, so that no breaker stays open."""
        with self.database.begin() as session:
            lease = leases.take(session, "test")
        assert lease is not None
        rasa = Rasa(self.url, "s")
        while turns.answer_next(self.database, rasa, self.town, lease, self.clock) is not None:
            pass
        rasa.close()

    def heard(self) -> list[str]:
        """Everything that was said to the resident."""
        with self.database.begin() as session:
            return list(session.scalars(select(Message.text).where(Message.direction == "out").order_by(Message.id)))

    def all(self, table: Any) -> list[Any]:
        """Every row of a table, oldest first."""
        with self.database.begin() as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def conversation(self) -> Conversation:
        """The newest conversation."""
        last = self.all(Conversation)[-1]
        assert isinstance(last, Conversation)
        return last


@pytest.fixture
def resident(database: Database, door: Door, bot: FakeRasa, clock: Clock) -> Resident:
    return Resident(database, door.settings.keys, door.community, bot.url, clock)


def suggest(bot: FakeRasa, *commands: dict[str, Any]) -> None:
    """The bot answers with these commands and no text of its own."""
    bot.behave = lambda r: (200, json.dumps(good(r, commands=list(commands)) | {"messages": []}).encode())


@pytest.fixture
def directory(database: Database, now: datetime) -> None:
    with database.begin() as session:
        demo_town.lay(session, now)


# Away


def test_the_bot_is_told_how_long_it_was_away(resident: Resident, bot: FakeRasa) -> None:
    resident.says("i need food please")
    resident.clock.forward(hours=11, minutes=59)
    resident.says("hello again")
    resident.clock.forward(days=3)
    resident.says("hello again my friend")
    assert [request["away_hours"] for request in bot.requests] == [0, 11, 72]


def test_an_outage_in_between_does_not_make_the_question_young(resident: Resident, bot: FakeRasa) -> None:
    resident.says("i need food please")
    resident.clock.forward(days=2)
    bot.behave = DOWN
    resident.says("hello is anybody there")
    bot.behave = echo
    resident.clock.forward(minutes=1)
    resident.says("hello are you there")
    assert bot.requests[-1]["away_hours"] == 48


@pytest.mark.parametrize(("hours", "state"), [(11, {"turns": 1}), (13, None)])
def test_after_thanks_what_was_told_is_kept_for_half_a_day(
    resident: Resident, bot: FakeRasa, hours: int, state: dict[str, int] | None
) -> None:
    suggest(bot, {"command": "close"})
    resident.says("thank you, goodbye")
    assert resident.conversation().close_reason == "resident_done"
    resident.clock.forward(hours=hours)
    bot.behave = echo
    resident.says("one more thing, i need a lawyer")
    assert len(resident.all(Conversation)) == 2
    assert bot.requests[-1]["state"] == state


# What was told to the fallback menu


def test_what_the_menu_could_not_serve_is_read_by_the_bot(resident: Resident, bot: FakeRasa) -> None:
    resident.says("i need some help with food")
    bot.behave = DOWN
    resident.says("94103")
    bot.behave = echo
    resident.says("hello?")
    assert bot.requests[-1]["text"] == "94103\nhello?"
    resident.says("thank you")
    assert bot.requests[-1]["text"] == "thank you"


def test_what_the_menu_served_is_not_asked_again(resident: Resident, bot: FakeRasa) -> None:
    bot.behave = DOWN
    resident.says("i need some help please")
    resident.says("2 kids need diapers")
    bot.behave = echo
    resident.says("thank you very much")
    assert bot.requests[-1]["text"] == "i need some help please\nthank you very much"


def test_what_was_told_half_a_day_ago_is_asked_anew(resident: Resident, bot: FakeRasa) -> None:
    bot.behave = DOWN
    resident.says("i need some help with food")
    bot.behave = echo
    resident.clock.forward(hours=13)
    resident.says("good morning, are you there")
    assert bot.requests[-1]["text"] == "good morning, are you there"


def test_a_long_story_told_to_the_menu_does_not_outgrow_a_text(resident: Resident, bot: FakeRasa) -> None:
    bot.behave = DOWN
    resident.says("i need food, in the beginning: " + "rice and beans, " * 90)
    resident.says("and the list goes on: " + "bread and milk, " * 60)
    bot.behave = echo
    resident.says("are you there")
    told = bot.requests[-1]["text"]
    assert told.endswith("\nare you there")
    assert "goes on" in told
    assert "beginning" not in told
    assert len(told) <= asides.LONGEST


def test_a_zip_told_to_the_menu_is_used_with_the_next_number(
    resident: Resident, bot: FakeRasa, directory: None
) -> None:
    bot.behave = DOWN
    resident.says("necesito comida, 94110")
    resident.says("uno")
    last = resident.conversation().last_search
    assert last is not None
    assert (last["needs"], last["zip"]) == (["food"], "94110")


# The menu: free text beats a digit


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("2 kids need diapers", ["baby"]),
        ("2 niños necesitan pañales", ["baby"]),
        ("1", ["food"]),
        ("one", ["food"]),
        ("la primera", ["food"]),
        ("el 2", ["shelter"]),
        ("the second one", ["shelter"]),
        ("número 3 por favor", ["health"]),
        ("6, 94110", ["hygiene"]),
        ("3 de nosotros tenemos hambre", ["food"]),
        ("i need a lawyer, 94110", ["legal"]),
    ],
)
def test_a_number_is_a_choice_only_where_it_is_all_that_is_said(
    resident: Resident, bot: FakeRasa, text: str, needs: list[str]
) -> None:
    bot.behave = DOWN
    resident.says("i need some help please")
    resident.says(text)
    last = resident.conversation().last_search
    assert last is not None
    assert last["needs"] == needs


@pytest.mark.parametrize("text", ["2 kids need diapers", "one second", "1 or 2", "tengo 2", "94110", "2 3", ""])
def test_what_is_no_choice_goes_to_the_bot_when_it_is_back(text: str) -> None:
    assert not menu.applies(menu.OPEN, text)


def test_after_the_outage_free_text_under_the_menu_goes_to_the_bot(resident: Resident, bot: FakeRasa) -> None:
    bot.behave = DOWN
    resident.says("i need some help please")
    bot.behave = echo
    assert "2 kids need diapers" in resident.says("2 kids need diapers")[0]


# Endings


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("level", ["urgent", "emergency"])
def test_a_yes_to_the_safety_question_gets_the_signed_texts_in_both_languages(
    resident: Resident, bot: FakeRasa, language: str, level: str
) -> None:
    suggest(bot, {"command": "escalate", "reason": "danger_said", "level": level, "need": None})
    said = resident.says({"en": "yes they are", "es": "sí, así es"}[language])
    if resident.conversation().language is None:
        said = resident.says({"en": "1", "es": "2"}[language])
    safety, nobody = texts.safety((), level, language, resident.town), texts.both("nobody_on_shift_danger", language)
    assert said == [*safety, nobody]
    assert all("911" in text and "988" in text for text in said)
    assert resident.all(Escalation)[0].level == level
    urgent = [row.priority for row in resident.all(Delivery) if row.message.text in said]
    assert urgent == [delivery.EMERGENCY] * 3  # before every text of the bot, and a claim does not cancel them


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_team_is_asked_for_with_place_and_who_may_come(resident: Resident, bot: FakeRasa, language: str) -> None:
    resident.clock.at = datetime.fromisoformat("2026-11-24T20:00:00+00:00")  # noon in the town
    suggest(bot, TEAM)
    said = resident.says({"en": "please check on my neighbor", "es": "por favor vayan a ver a mi vecina"}[language])
    who = resident.town.teams[0].who
    assert "the library on 24th" in said[0]
    assert {"en": who.en, "es": who.es}[language] in said[0]
    assert said[1] == texts.say("person_asked_nobody_on_shift", language)
    row = resident.all(Escalation)[0]
    assert (row.reason, row.level) == ("team_request", "routine")


def test_at_night_the_truth_is_said_about_the_team(resident: Resident, bot: FakeRasa) -> None:
    resident.clock.at = datetime.fromisoformat("2026-11-24T10:00:00+00:00")  # two in the morning
    suggest(bot, TEAM)
    assert "not out at this hour" in resident.says("please check on my neighbor")[0]


@pytest.mark.parametrize("change", [{"zip": "10001"}, {"needs": ["dispute"]}])
def test_where_no_team_goes_that_is_said_and_a_person_still_reads_it(
    resident: Resident, bot: FakeRasa, change: dict[str, Any]
) -> None:
    suggest(bot, TEAM | change)
    said = resident.says("please check on my neighbor")
    assert said[0] == texts.say("team_none", "en", place="the library on 24th")
    assert resident.all(Escalation)[0].reason == "team_request"


def test_mediation_names_who_and_keeps_the_other_side_out(resident: Resident, bot: FakeRasa) -> None:
    suggest(bot, MEDIATION)
    said = resident.says("my neighbor is too loud at night")
    assert "Demo Mediation Center" in said[0]
    assert "555-555-0112" in said[0]
    assert "tell the other side nothing" in said[0]
    assert resident.all(Escalation)[0].reason == "mediation"


@pytest.mark.parametrize("staffed", [True, False])
@pytest.mark.parametrize("command", [TEAM, MEDIATION])
def test_where_a_text_is_not_safe_no_detail_is_written(
    resident: Resident, bot: FakeRasa, command: dict[str, Any], staffed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.paging.somebody_on_call", lambda *_: staffed)
    suggest(bot, command, {"command": "record", "field": "safe_to_text", "value": "no"})
    [said] = resident.says("please check on my neighbor")
    assert said == texts.say("not_safe_to_text" if staffed else "not_safe_to_text_nobody_on_shift", "en")
    assert staffed or ("911" in said and "988" in said)
    assert resident.conversation().answers == {"safe_to_text": "no"}
    assert len(resident.all(Escalation)) == 1


def test_a_matter_of_the_city_goes_to_its_own_line(resident: Resident, bot: FakeRasa) -> None:
    suggest(bot, {"command": "refer_elsewhere", "kind": "city"})
    assert "Demo 311: 311" in resident.says("there is a pothole on my street")[0]
    assert resident.all(Escalation) == []


def test_outside_the_area_the_search_is_done_and_the_truth_said_once(
    resident: Resident, bot: FakeRasa, directory: None
) -> None:
    suggest(bot, {"command": "find_services", "needs": ["food"], "zip": "60608", "place": None, "for_whom": None})
    first = resident.says("i need food please, 60608")
    assert first[0] == texts.say("outside_area", "en", zip="60608", name="Demo Town Front Door")
    assert "1) " in first[1]
    assert first[2:] == [texts.say("follow_up_offer", "en", days=2)]
    assert len(resident.says("i need food please, 60608")) == 1


def test_a_sentence_that_wants_no_more_texts_hears_the_truth_on_web_chat(resident: Resident, bot: FakeRasa) -> None:
    resident.channel = WEBCHAT
    suggest(bot, {"command": "opt_out"})
    assert resident.says("hello, about this chat") == [texts.say("opt_out_web", "en")]
    assert resident.conversation().closed_at is None
    assert resident.all(OptOut) == []


def test_eight_needs_and_every_field_are_one_answer(resident: Resident, bot: FakeRasa) -> None:
    told = ["food", "shelter", "housing", "health", "utilities", "legal", "jobs", "pets"]
    fields = ["screen_safety", "for_whom", "zip", "place", "team_consent", "mediation_consent", "safe_to_text"]
    records = [{"command": "record", "field": "need", "value": need} for need in told]
    records += [{"command": "record", "field": field, "value": "x"} for field in fields]
    find = {"command": "find_services", "needs": told, "zip": "94110", "place": None, "for_whom": "self"}
    suggest(bot, *records, find)
    resident.says("we have nothing at all, please help us")
    conversation = resident.conversation()
    assert conversation.last_search is not None
    assert conversation.last_search["needs"] == told
    assert set(conversation.answers) == {"needs", *fields}
    assert conversation.answers["needs"] == told


# Silence


def lapse(resident: Resident) -> int:
    """One sweep."""
    with resident.database.begin() as session:
        return lapsing.lapse(session, resident.clock())


def test_what_nobody_goes_on_with_ends_without_a_word(resident: Resident, bot: FakeRasa) -> None:
    resident.says("i need food please")
    said = resident.heard()
    resident.clock.forward(days=13, hours=23)
    assert lapse(resident) == 0
    resident.clock.forward(hours=2)
    assert lapse(resident) == 1
    assert (resident.conversation().close_reason, resident.heard()) == ("silence", said)
    assert lapse(resident) == 0
    resident.says("hello i need food again")
    assert len(resident.all(Conversation)) == 2
    assert (bot.requests[-1]["state"], bot.requests[-1]["away_hours"]) == (None, 0)


def test_what_a_person_holds_or_was_asked_for_stays_open(resident: Resident) -> None:
    resident.says("i need food please")
    with resident.database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, resident.clock())
    resident.clock.forward(days=30)
    assert lapse(resident) == 0
    with resident.database.begin() as session:
        session.scalars(select(Escalation)).one().status = escalations.RESOLVED
        hand_over(session, session.scalars(select(Conversation)).one(), resident.clock())
    assert lapse(resident) == 0


def test_what_still_waits_for_an_answer_stays_open(resident: Resident) -> None:
    with resident.database.begin() as session:
        receive(session, resident.keys, resident.town, Inbound(SMS, RESIDENT, "SM0", "i need food"), resident.clock())
    resident.clock.at += timedelta(days=30)
    assert lapse(resident) == 0
