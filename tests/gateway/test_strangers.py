"""Who writes neither English nor Spanish is answered in their own language at once, and a person is asked."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from gateway import escalations, strangers, texts, turns
from gateway.clients.rasa import Rasa
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.leases import take
from gateway.models import AuditEntry, Conversation, Delivery, Escalation, Message, OptOut, Responder, Shift
from gateway.receiving import receive
from gateway.settings import Settings
from tests.conftest import RESIDENT, Clock, Phone
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.road import rows, sid

pytestmark = pytest.mark.slow  # many conversations on the real store

NINE = {
    "ht": "mwen bezwen manje pou pitit mwen",
    "vi": "tôi cần một chỗ ngủ tối nay",
    "zh": "我需要食物和住处",
    "pt": "preciso de um lugar para dormir esta noite",
    "ar": "أحتاج إلى طعام لأطفالي",
    "tl": "kailangan ko ng pagkain para sa mga anak ko",
    "ru": "мне нужна еда для детей",
    "ko": "오늘 밤 잘 곳이 필요해요",
    "fr": "j'ai besoin d'un endroit pour dormir ce soir",
}
BY_NAME = {"ht": "Kreyòl", "vi": "tieng viet", "zh": "中文", "pt": "português", "ru": "I speak Russian only"}
SAID = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
NOBODY = [texts.say("interpreter_asked_nobody_on_shift", code) for code in ("en", "es")]


class Street:
    """One resident's texts, and a worker that answers them with a bot that repeats what it read."""

    def __init__(self, database: Database, settings: Settings, door: Door, bot: FakeRasa, clock: Clock) -> None:
        self.database, self.settings, self.door, self.bot, self.clock = database, settings, door, bot, clock
        self.count = 0

    def text(self, body: str, channel: str = SMS, **facts: str) -> list[str]:
        """Send one text; what is answered at once."""
        self.count += 1
        inbound = Inbound(channel, RESIDENT, sid(self.count), body, facts=facts)
        with self.database.begin() as session:
            return receive(session, self.settings.keys, self.door.community, inbound, self.clock()).replies

    def work(self) -> None:
        with self.database.begin() as session:
            lease = take(session, "t")
        with closing(Rasa(self.bot.url, "s")) as rasa:
            while lease and turns.answer_next(self.database, rasa, self.door.community, lease, self.clock) is not None:
                pass

    def said(self) -> list[str]:
        return [message.text for message in rows(self.database, Message) if message.direction == "out"]

    def ask(self, body: str) -> list[str]:
        """Send one text; all that is said because of it."""
        before = len(self.said())
        self.text(body)
        self.work()
        return self.said()[before:]

    def handled(self) -> list[str | None]:
        return [message.handled_by for message in rows(self.database, Message) if message.direction == "in"]

    @property
    def conversation(self) -> Conversation:
        found: Conversation = rows(self.database, Conversation)[-1]
        return found

    @property
    def heard(self) -> str | None:
        other: str | None = (self.conversation.language_memory or {}).get("other")
        return other

    def read_by_bot(self) -> list[str]:
        return [request["text"] for request in self.bot.requests]


@pytest.fixture
def street(database: Database, settings: Settings, door: Door, clock: Clock) -> Any:
    bot = FakeRasa()
    yield Street(database, settings, door, bot, clock)
    bot.stop()


@pytest.fixture
def on_shift(database: Database, clock: Clock) -> Callable[[], None]:
    def begin() -> None:
        with database.begin() as session:
            ana = Responder(
                email="a@d.example", name="Ana", role="responder", password_hash="-", languages=[], created_at=clock()
            )
            session.add(ana)
            session.flush()
            hour = timedelta(hours=1)
            session.add(Shift(responder_id=ana.id, starts_at=clock() - hour, ends_at=clock() + hour))

    return begin


def test_all_nine_are_prepared() -> None:
    assert strangers.lines().keys() == NINE.keys()


@pytest.mark.parametrize(("iso", "text"), NINE.items())
def test_each_language_is_answered_in_the_webhook_in_its_own_words_then_in_ours(
    phone: Phone, database: Database, iso: str, text: str
) -> None:
    answer = phone.text(text)
    assert answer.status_code == 200
    said = [unescape(found) for found in SAID.findall(answer.text)]
    assert said == [strangers.lines()[iso].nobody_on_shift, *NOBODY]
    [row] = rows(database, Escalation)
    assert (row.reason, row.level, row.status) == ("interpreter", "routine", "waiting")
    [conversation] = rows(database, Conversation)
    assert conversation.language is None
    assert conversation.language_memory["other"] == iso
    assert conversation.pending_since is None
    [entry] = [entry for entry in rows(database, AuditEntry) if entry.act == "interpreter"]
    assert (entry.subject_id, entry.detail) == (row.id, {"language": iso})


def test_with_somebody_on_shift_the_line_does_not_say_that_nobody_is(
    street: Street, on_shift: Callable[[], None]
) -> None:
    on_shift()
    said = street.text(NINE["ru"])
    assert said == [strangers.lines()["ru"].asked, *(texts.say("interpreter_asked", code) for code in ("en", "es"))]


def test_the_line_is_said_once_and_again_when_a_new_request_is_opened(street: Street, on_shift: Any) -> None:
    assert len(street.text(NINE["ht"])) == 3
    assert street.text("mwen gen twa timoun ak mwen") == []
    assert street.handled() == ["interpreter", "interpreter"]
    assert len(rows(street.database, Escalation)) == 1
    on_shift()
    with street.database.begin() as session:
        [ana] = session.query(Responder).all()
        row = session.query(Escalation).one()
        escalations.claim(session, row.id, row.epoch, ana, street.clock())
        escalations.resolve(session, row.id, row.epoch, ana, "helped", street.clock())
    assert street.text("mwen bezwen manje anko tanpri")[0] == strangers.lines()["ht"].asked
    assert [row.status for row in rows(street.database, Escalation)] == ["resolved", "waiting"]


def test_a_later_spanish_message_goes_on_normally_and_the_code_stays(street: Street) -> None:
    street.text(NINE["ht"])
    assert street.ask("necesito comida para mis hijos") == ["echo 1: necesito comida para mis hijos"]
    assert street.conversation.language == "es"
    assert street.heard == "ht"


def test_two_words_are_enough_where_the_language_was_heard_before(street: Street) -> None:
    street.text(NINE["ht"])
    street.ask("i need food for my kids")
    assert street.ask("mwen grangou") == []
    assert street.handled() == ["interpreter", "bot", "interpreter"]


def test_the_next_conversation_is_told_anew(street: Street) -> None:
    street.text(NINE["ht"])
    with street.database.begin() as session:
        session.query(Escalation).delete()
        session.query(Conversation).update({"closed_at": street.clock(), "close_reason": "test"})
    assert len(street.text(NINE["ht"])) == 3


@pytest.mark.parametrize(("iso", "name"), BY_NAME.items())
def test_a_language_is_asked_for_by_name_and_as_often_as_they_like(street: Street, iso: str, name: str) -> None:
    street.ask("necesito comida para mis hijos")
    for _ in range(2):
        assert street.text(name) == [strangers.lines()[iso].nobody_on_shift, NOBODY[1], NOBODY[0]]
    assert street.conversation.language == "es"
    assert street.heard == iso
    assert len(rows(street.database, Escalation)) == 1


def test_a_language_without_a_line_gets_english_and_spanish_and_is_not_named(street: Street) -> None:
    assert street.text("मुझे आज रात खाना चाहिए") == NOBODY
    assert street.heard == "hi"
    assert "Hindi" not in " ".join(street.said())


@pytest.mark.parametrize("greeting", ["cam on", "oi", "preciso de comida", "Bonjou", "salamat po", "spasibo"])
def test_a_greeting_opens_it_at_first_contact_only(street: Street, greeting: str) -> None:
    assert len(street.text(greeting)) == 3
    assert street.heard is not None


@pytest.mark.parametrize("word", ["obrigado", "merci", "bonjour", "cam on"])
def test_a_word_of_another_language_is_no_stranger_in_a_talk_that_is_under_way(street: Street, word: str) -> None:
    street.ask("i need food for my kids")
    assert street.ask(word) == [f"echo 2: {word}"]
    assert rows(street.database, Escalation) == []


def test_a_sentence_of_another_language_is(street: Street) -> None:
    street.ask("i need food for my kids")
    assert street.text("mwen pa pale angle, mwen bezwen yon moun")[0] == strangers.lines()["ht"].nobody_on_shift
    assert len(street.bot.requests) == 1


@pytest.mark.parametrize("yes", ["yes", "si", "Wi", "sim", "ok", "да", "obrigado", "شكراً", "không"])
def test_a_yes_to_the_line_answers_no_question_of_the_bot(street: Street, yes: str) -> None:
    street.ask("i need food for my kids")
    street.text(NINE["ru"])
    before = street.conversation.language_memory
    assert street.ask(yes) == []
    assert len(street.bot.requests) == 1
    assert street.conversation.language_memory == before


def test_hindi_is_no_in_tagalog_and_a_language_elsewhere(street: Street) -> None:
    street.text(NINE["tl"])
    assert street.text("Hindi") == []
    assert street.heard == "tl"
    street.ask("i need food for my kids")
    assert street.text("hindi") == NOBODY
    assert street.heard == "hi"


def test_a_yes_at_first_contact_sets_no_language(street: Street) -> None:
    street.text(NINE["vi"])
    street.text("yes")
    assert street.conversation.language is None
    street.ask("i need food for my kids")
    assert street.ask("yes") == ["echo 2: yes"]


def test_danger_in_a_mixed_text_is_answered_as_danger(street: Street) -> None:
    said = street.text("mwen grangou anpil, i want to kill myself")
    assert "988" in said[0]
    assert rows(street.database, Escalation)[0].reason == "risk"
    assert strangers.lines()["ht"].nobody_on_shift not in said


def test_a_stranger_in_an_open_danger_is_told_and_the_level_stays(street: Street) -> None:
    street.text("i want to kill myself")
    level = rows(street.database, Escalation)[0].level
    assert level != "routine"
    assert len(street.text(NINE["ru"])) == 3
    [row] = rows(street.database, Escalation)
    assert (row.reason, row.level) == ("risk", level)
    assert street.heard == "ru"


def test_distress_is_asked_about_first_and_the_line_comes_after_the_answer(street: Street) -> None:
    assert street.text("me sinto triste e sozinho, nao aguento mais") == [texts.both("safety_check")]
    assert street.ask("sim") == [strangers.lines()["pt"].nobody_on_shift, *NOBODY]
    assert street.read_by_bot() == []
    assert street.heard == "pt"
    [row] = rows(street.database, Escalation)
    assert row.reason == "check_unanswered"


@pytest.mark.parametrize(
    "stop", ["Стоп", "停止", "sispann", "arrêt", "Dừng lại.", "توقف", "수신거부", "itigil na", "sair"]
)
def test_stop_in_their_language_is_stop(street: Street, stop: str) -> None:
    street.text(NINE["ru"])
    street.text(stop)
    [row] = rows(street.database, OptOut)
    assert row.ended_at is None
    [confirmation] = [row for row in rows(street.database, Delivery) if row.confirms_stop]
    assert confirmation.status == "queued"
    assert street.text(NINE["ru"]) == []


def test_no_line_when_a_person_has_the_conversation(street: Street, on_shift: Any) -> None:
    street.text(NINE["ru"])
    on_shift()
    with street.database.begin() as session:
        row, ana = session.query(Escalation).one(), session.query(Responder).one()
        escalations.claim(session, row.id, row.epoch, ana, street.clock())
    assert street.text("中文") == []
    assert street.text(NINE["zh"]) == []


def test_letters_in_no_language_open_no_interpreter_and_lose_nothing(street: Street) -> None:
    menu = [texts.say("ask_language", "en")]
    assert street.ask("94110") == menu
    assert street.ask("k") == menu
    assert rows(street.database, Escalation) == []
    assert street.ask("2") == ["echo 1: 94110"]
    assert street.conversation.language == "es"


def test_a_sentence_after_the_menu_brings_what_came_before_it(street: Street) -> None:
    street.ask("94110")
    street.ask("24th and Mission")
    street.ask("necesito un doctor")
    street.ask("y comida")
    assert street.read_by_bot() == ["94110\n24th and Mission\nnecesito un doctor", "y comida"]


def test_who_cannot_be_understood_three_times_gets_a_person_but_no_interpreter(street: Street) -> None:
    for text in ("94110", "👍"):
        street.ask(text)
    assert street.ask("7") == texts.each("person_asked_nobody_on_shift", None)
    assert [row.reason for row in rows(street.database, Escalation)] == ["bot_could_not_help"]
    assert street.ask("415") == [texts.say("ask_language", "en")]


def test_one_word_of_another_language_in_answer_to_the_menu_is_enough(street: Street) -> None:
    assert street.ask("comida gratis") != []
    fresh = "hilfe"
    assert strangers.lines().get("de") is None
    with street.database.begin() as session:
        session.query(Conversation).update({"language": None, "language_memory": {}, "menu_open": "language"})
    assert street.text(fresh) == NOBODY
    assert street.heard == "de"


def test_the_note_on_a_switch_is_said_before_the_bot_and_in_both_languages(street: Street) -> None:
    street.ask("necesito ayuda con la renta")
    said = street.ask("i need a place to sleep tonight")
    assert said == [texts.say("language_switched", "en"), "echo 2: i need a place to sleep tonight"]
    assert re.findall(r"\w+ ESPAÑOL", said[0]) == ["text ESPAÑOL", "mande ESPAÑOL"]


@pytest.mark.parametrize("said", ["i want to kill myself tonight", "i cant take it anymore, i feel so alone"])
def test_no_note_where_the_bot_does_not_answer(street: Street, said: str) -> None:
    street.ask("necesito ayuda con la renta")
    street.text(said)
    assert street.conversation.language == "en"
    assert texts.say("language_switched", "en") not in street.said()


def test_thanks_and_stop_turn_no_conversation_and_bring_no_note(street: Street) -> None:
    street.ask("necesito ayuda con la renta")
    street.text("thanks")
    street.text("STOP")
    assert street.conversation.language == "es"
    assert texts.say("language_switched", "en") not in street.said()


def test_no_note_right_after_danger(street: Street) -> None:
    street.ask("necesito ayuda con la renta")
    street.text("me quiero matar")
    street.ask("i need a place to sleep tonight")
    assert street.conversation.language == "en"
    assert texts.say("language_switched", "en") not in street.said()


def test_the_page_of_a_web_visitor_is_no_language_under_way(street: Street) -> None:
    said = street.text("bonjou mwen bezwen ed", WEBCHAT, language="en")
    assert said == [strangers.lines()["ht"].nobody_on_shift, *NOBODY]
    assert street.conversation.language is None


def test_the_same_text_again_gets_the_same_answer_and_changes_nothing(phone: Phone, database: Database) -> None:
    first, again = (phone.text(NINE["ar"], sid=sid(1)) for _ in range(2))
    assert first.data == again.data
    assert len(rows(database, Escalation)) == 1
    assert len(rows(database, Message)) == 4


def test_a_text_out_of_the_journal_is_answered_after_all(street: Street) -> None:
    waited = Inbound(SMS, RESIDENT, sid(1), NINE["ko"], received_at=street.clock(), said=())
    with street.database.begin() as session:
        receipt = receive(session, street.settings.keys, street.door.community, waited, street.clock())
    assert receipt.replies == []
    assert street.said() == [strangers.lines()["ko"].nobody_on_shift, *NOBODY]
    assert [row.status for row in rows(street.database, Delivery)] == ["queued"] * 3
    assert len(rows(street.database, Escalation)) == 1


def test_a_failure_in_reading_the_language_costs_no_answer(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("gateway.language.detect", broken)
    monkeypatch.setattr("gateway.language.asked_other", broken)
    assert street.text("i need food") == []
    assert street.handled() == [None]
