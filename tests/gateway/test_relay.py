"""A thread is worked from any phone: every order, and no words that reach another thread than the meant one."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway import (
    attendance,
    escalations,
    notes,
    optout,
    owner_phones,
    ownership,
    receiving,
    relay,
    relay_lines,
    risk,
    silence,
    stopping,
)
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.db import Database
from gateway.models import AuditEntry, Closing, Escalation, Message, Note, Notice, OptOut, RelayText, Responder
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.night import ANA, BEN, CAM, Night

pytestmark = pytest.mark.slow

ROSA, LUIS = "+15555550141", "+15555550142"


class Relay(Night):
    """Texts of responders and of residents, as the acceptor takes them."""

    texts = 0

    def hear(self, number: str, text: str, sid: str | None = None, **more: Any) -> str | None:
        """What a phone is answered at once; None when its text went the residents' road."""
        type(self).texts += 1
        inbound = Inbound(SMS, number, sid or f"SM{self.texts:032x}", text, **more)
        with self.database.begin() as session:
            told = relay.hear(session, self.keys, self.community, inbound, self.at)
        if told is None:
            return None
        assert len(told.replies) <= 1
        return "".join(told.replies)

    def write(self, text: str, number: str = ROSA, **more: Any) -> None:
        """A resident writes."""
        type(self).texts += 1
        inbound = Inbound(SMS, number, f"SM{self.texts:032x}", text, **more)
        with self.database.begin() as session:
            told = receiving.receive(session, self.keys, self.community, inbound, self.at)
            assert told.conversation_id is not None
            assert told.message_id is not None
            if relay_lines.is_wanted(session, told.conversation_id):
                relay_lines.pass_on(session, told.conversation_id, told.message_id, self.at)

    def code(self, row: int) -> int:
        """By which number it is called."""
        code = self.row(row).code
        assert code is not None
        return code

    def told(self, row: int) -> list[str]:
        """What people of the team said to the resident of this thread."""
        wanted = select(Message.text).where(
            Message.conversation_id == self.row(row).conversation_id, Message.author == "responder"
        )
        with self.database.begin() as session:
            return list(session.scalars(wanted.order_by(Message.id)))

    def relayed(self) -> list[str]:
        """What came to phones from residents."""
        return [each.text for each in self.notices("relay")]

    def watch(self) -> None:
        """The sweep."""
        with self.database.begin() as session:
            relay_lines.watch(session, self.community, self.at)

    def acts(self, act: str) -> list[dict[str, Any]]:
        """The details of what was written down."""
        with self.database.begin() as session:
            return list(session.scalars(select(AuditEntry.detail).where(AuditEntry.act == act).order_by(AuditEntry.id)))


@pytest.fixture
def night(database: Database, settings: Settings) -> Relay:
    return Relay(database, settings.keys)


@pytest.fixture
def one(night: Relay) -> int:
    """Ana owns Rosa's thread by text."""
    night.with_phone("Ana Lu", ANA)
    row = night.open(Level.URGENT, ROSA)
    assert "is yours" in str(night.hear(ANA, f"CLAIM {night.code(row)}"))
    return row


@pytest.fixture
def two(night: Relay, one: int) -> int:
    """And Luis's, claimed after it."""
    night.at += timedelta(seconds=5)
    row = night.open(Level.URGENT, LUIS)
    assert "is yours" in str(night.hear(ANA, f"{night.code(row)}"))
    night.at += timedelta(seconds=5)
    return row


@pytest.mark.parametrize("words", ["CLAIM {}", "claim{}", "Reclamar {}", "{}", "#{}."])
def test_a_claim_by_text_is_the_consoles_claim(night: Relay, words: str) -> None:
    ana = night.with_phone("Ana", ANA)
    row = night.open()
    assert "is yours" in str(night.hear(ANA, words.format(night.code(row))))
    now = night.row(row)
    assert (now.status, now.owner_id, now.owner_means, now.epoch) == ("claimed", ana, "sms", 1)
    assert [each["command"] for each in night.acts("relay")] == ["claim" if words[0] in "Ccr Re" else "number"]


@pytest.mark.parametrize(
    ("level", "here", "taken"),
    [(Level.ROUTINE, True, False), (Level.ROUTINE, False, True), (Level.URGENT, True, True)],
)
@pytest.mark.parametrize("why", ["full", "resting"])
def test_who_holds_enough_leaves_a_routine_thread_to_who_has_room(
    night: Relay, why: str, level: Level, here: bool, taken: bool
) -> None:
    ana, ben = night.with_phone("Ana", ANA, capacity=1), night.with_phone("Ben", BEN)
    if why == "full":
        night.hear(ANA, f"CLAIM {night.code(night.open(Level.ROUTINE, LUIS))}")
    else:
        night.rest(ana)
    row = night.open(level, ROSA)
    if here:
        with night.database.begin() as session:
            attendance.beat(session, ben, night.at)
    for order in ("CLAIM {}", "{}"):
        answer = str(night.hear(ANA, order.format(night.code(row))))
        assert ("a colleague has room" in answer) is not taken
        assert ("is yours" in answer or "to " in answer) is taken
    assert night.row(row).owner_id == (ana if taken else None)
    assert night.acts("over_capacity") == ([{"why": why}] if taken else [])
    assert [each["refused"] for each in night.acts("relay")][-2:] == ([None] if taken else [why]) * 2


def test_a_claim_without_a_number_names_who_waits(night: Relay) -> None:
    night.with_phone("Ana", ANA, locale="es")
    assert "Nadie espera" in str(night.hear(ANA, "RECLAMAR"))
    code = night.code(night.open())
    assert str(code) in str(night.hear(ANA, "reclamar"))
    assert "Nadie espera" in str(night.hear(ANA, "reclamar 9876"))


def test_many_claim_at_once_and_one_wins(night: Relay) -> None:
    names = ["Ana", "Ben", "Cam", "Dee", "Eli", "Flo"]
    numbers = [f"+1555555013{index}" for index in range(6)]
    people = dict(zip(numbers, names, strict=True))
    for number, name in people.items():
        night.with_phone(name, number)
    row = night.open()
    night.climb_without_sending()
    code, answers, ready = night.code(row), dict.fromkeys(numbers, ""), threading.Barrier(6)

    def claim(number: str) -> None:
        ready.wait()
        answers[number] = str(night.hear(number, f"CLAIM {code}", sid=f"SM9{number[1:]}"))

    threads = [threading.Thread(target=claim, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [number for number, answer in answers.items() if "is yours" in answer]
    assert [each for number, each in answers.items() if number != winner] == [
        f"{code} is taken: {people[winner]} has it. Thank you."
    ] * 5
    assert night.row(row).epoch == 1
    assert {each.state for each in night.notices("page")} == {"cancelled"}
    assert len(night.notices("page")) == 6


def test_the_last_words_come_with_a_claim_and_new_ones_follow(night: Relay) -> None:
    night.with_phone("Ana", ANA)
    for words in ("one", "two", "three", "four"):
        night.write(words)
    row = night.open(Level.URGENT, ROSA)
    code = night.code(row)
    night.hear(ANA, f"CLAIM {code}")
    assert night.relayed() == [f"{code}: two", f"{code}: three", f"{code}: four"]
    night.write("five", media=({"url": "x"},))
    night.write("i want to die")
    night.write("x" * 1600)
    assert night.relayed()[3:] == [
        f"{code}: five (with a picture: open the console)",
        f"{code} (may be in danger): i want to die",
        f"{code}: {'x' * 1500}",
        f"{code}: {'x' * 100}",
    ]
    assert ROSA[2:] not in " ".join(night.relayed())


def test_words_come_to_no_phone_of_who_works_at_the_console(night: Relay) -> None:
    ana = night.with_phone("Ana", ANA)
    row = night.open(Level.URGENT, ROSA)
    with night.database.begin() as session:
        escalations.claim_waiting(session, row, session.get_one(Responder, ana), night.at, "console")
    night.write("hello")
    assert night.relayed() == []
    assert "is yours" in str(night.hear(ANA, f"CLAIM {night.code(row)}"))  # on the way out, with the phone
    assert len(night.relayed()) == 1


def test_plain_words_go_to_the_only_thread(night: Relay, one: int) -> None:
    assert night.hear(ANA, "Hello, I am Ana. ¿Está sola?") == ""
    assert night.told(one) == ["Hello, I am Ana. ¿Está sola?"]
    assert night.row(one).first_reply_at == night.at
    assert night.acts("reply")[0]["by"] == "sms"


def test_the_same_text_again_changes_nothing_and_is_answered_alike(night: Relay, one: int) -> None:
    first = night.hear(ANA, "hello", sid="SMx")
    assert night.hear(ANA, "hello", sid="SMx") == first
    asked = night.hear(ANA, "NOTE alone", sid="SMy")
    assert night.hear(ANA, "NOTE alone", sid="SMy") == asked
    assert night.told(one) == ["hello"]
    with night.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Note)) == 1


def test_with_several_the_named_one_gets_them(night: Relay, one: int, two: int) -> None:
    assert night.hear(ANA, f"{night.code(one)}: to Rosa") == ""
    assert night.hear(ANA, "to Rosa again") == f"Sent to {night.code(one)}."
    assert night.hear(ANA, f"{night.code(two)}: to Luis") == ""
    assert (night.told(one), night.told(two)) == (["to Rosa", "to Rosa again"], ["to Luis"])


def test_who_has_several_reads_to_whom_unnamed_words_went(night: Relay, one: int, two: int) -> None:
    assert night.hear(ANA, "on my way") == f"Sent to {night.code(two)}."
    assert night.hear(ANA, f"{night.code(one)}: and to you") == ""
    assert night.told(two) == ["on my way"]


def test_back_asks_nothing_where_one_thread_is_left(night: Relay, one: int, two: int) -> None:
    night.write("are you there", ROSA)
    assert "Which one?" in str(night.hear(ANA, "BACK"))
    assert "waits for somebody else" in str(night.hear(ANA, f"BACK {night.code(two)}"))
    assert str(night.hear(ANA, "BACK")).startswith(f"{night.code(one)} waits for somebody else")
    assert night.row(one).status == "waiting"


def test_words_that_may_be_an_answer_to_another_thread_are_asked_about_and_kept(
    night: Relay, one: int, two: int
) -> None:
    night.write("where are you", ROSA)  # the line is Luis's, and Rosa writes
    asked = str(night.hear(ANA, "around the corner"))
    assert asked.startswith("Not sent yet")
    assert f"{night.code(one)}, {night.code(two)}" in asked
    assert "Not sent yet" in str(night.hear(ANA, "at the door"))
    assert (night.told(one), night.told(two)) == ([], [])
    assert "were sent" in str(night.hear(ANA, str(night.code(one))))
    assert (night.told(one), night.told(two)) == (["around the corner", "at the door"], [])
    assert night.hear(ANA, "now plain") == f"Sent to {night.code(one)}."
    assert night.told(one)[-1] == "now plain"


def test_kept_words_wait_ten_minutes_sealed_and_are_not_dropped_silently(night: Relay, one: int, two: int) -> None:
    night.write("where are you", ROSA)
    night.hear(ANA, "canary")
    with night.database.begin() as session:
        [kept] = [each.kept for each in session.scalars(select(RelayText)) if each.kept]
    assert b"canary" not in kept
    night.at += relay_lines.KEPT_FOR
    night.watch()
    night.watch()
    assert [each.text[:26] for each in night.notices("answer")] == ["We did not send your words"]
    assert "What you text now" in str(night.hear(ANA, str(night.code(one))))
    assert night.told(one) == []


def test_words_after_a_thread_was_lost_go_to_no_other(night: Relay, one: int, two: int) -> None:
    with night.database.begin() as session:  # the one that was named last goes back by a clock
        ownership.lapse(session, two, night.row(two).epoch, night.row(two).owner_id, night.at, "silent")
    assert str(night.hear(ANA, "meant for Luis")).startswith("Not sent yet")
    assert night.told(one) == night.told(two) == []
    night.watch()
    assert [each.text for each in night.notices("answer")] == [
        f"{night.code(two)} is not yours any more. What you text does not go there now."
    ]
    assert "were sent" not in str(night.hear(ANA, str(night.code(two))))  # it waits, so this claims it
    assert night.row(two).status == "claimed"
    assert night.told(two) == []


def test_words_for_somebody_elses_thread_reach_nobody(night: Relay, one: int) -> None:
    night.with_phone("Ben", BEN)
    code = night.code(one)
    assert night.hear(BEN, f"{code}: hello") == f"{code} is not yours now. Nothing was sent or changed."
    assert night.hear(BEN, f"NOTE {code}: hello") == f"{code} is not yours now. Nothing was sent or changed."
    assert "nobody to write to" in str(night.hear(BEN, "hello"))
    assert night.told(one) == []


def test_words_of_danger_are_not_sent_before_a_yes(night: Relay, one: int) -> None:
    code = night.code(one)
    asked = str(night.hear(ANA, "i want to kill myself"))
    assert "988" in asked
    assert "911" in asked
    assert night.told(one) == []
    assert "were sent" in str(night.hear(ANA, str(code)))
    assert night.told(one) == ["i want to kill myself"]


@pytest.mark.parametrize(
    "words",
    [
        *("Are you thinking about suicide?", "do you want to kill yourself", "¿Está pensando en suicidarse?"),
        *("¿Tiene un arma?", "Hi, this is Ben. I am here. Are you alone?"),
    ],
)
def test_what_is_asked_of_who_is_in_danger_goes_at_once(night: Relay, one: int, words: str) -> None:
    assert risk.screen(words).level >= Level.URGENT
    assert night.hear(ANA, words) in (None, "")
    assert night.told(one) == [words]


@pytest.mark.parametrize(
    "words",
    ["do you hear me? i want to die", "Are you there? he is here with a gun", "quiero morir", "do i want to die?"],
)
def test_what_may_be_their_own_danger_is_asked_about(night: Relay, one: int, words: str) -> None:
    assert "988" in str(night.hear(ANA, words))
    assert night.told(one) == []


def test_danger_named_for_one_thread_is_not_sent_to_another(night: Relay, one: int, two: int) -> None:
    night.hear(ANA, f"{night.code(one)}: i want to kill myself")
    assert "What you text now" in str(night.hear(ANA, str(night.code(two))))
    assert night.told(one) == night.told(two) == []
    night.hear(ANA, str(night.code(one)))
    assert (len(night.told(one)), night.told(two)) == (1, [])


def test_danger_of_who_has_no_thread_and_behind_an_order_is_answered(night: Relay) -> None:
    night.with_phone("Ana", ANA)
    for words in ("i want to kill myself", "41: i want to kill myself", "back i want to kill myself"):
        assert "988" in str(night.hear(ANA, words))


def test_a_note_is_for_the_team(night: Relay, one: int) -> None:
    assert "is kept" in str(night.hear(ANA, "NOTE speaks only Mam"))
    assert "words" in str(night.hear(ANA, "NOTA"))
    with night.database.begin() as session:
        assert session.scalars(select(Note.text)).all() == ["speaks only Mam"]
    assert night.told(one) == []
    assert night.row(one).owner_means == "sms"


def test_orders_without_a_number_are_asked_about_with_several(night: Relay, one: int, two: int) -> None:
    night.write("hello", ROSA)
    for order in ("BACK", "DONE referred", "NOTE alone"):
        assert "Which one" in str(night.hear(ANA, order))
    assert night.row(one).status == night.row(two).status == "claimed"


@pytest.mark.parametrize("words", ["DONE referred", "listo Referred", "done {} referred"])
def test_done_closes_with_the_towns_word(night: Relay, one: int, words: str) -> None:
    code = night.code(one)
    listed = str(night.hear(ANA, "DONE"))
    assert "referred" in listed
    assert night.row(one).status == "claimed"
    assert night.hear(ANA, words.format(code)) == f"{code} is closed. Thank you."
    with night.database.begin() as session:
        assert session.scalars(select(Closing.disposition)).all() == ["referred"]
    assert "nobody to write to" in str(night.hear(ANA, "hello"))


def test_done_waits_for_danger_that_was_not_answered(night: Relay, one: int) -> None:
    night.at += timedelta(seconds=9)
    night.write("i took all my pills to die")
    assert "new words of danger" in str(night.hear(ANA, "DONE referred"))
    assert night.row(one).status == "claimed"


def test_done_after_a_stop_in_danger_waits_for_what_came_of_a_call(night: Relay) -> None:
    night.with_phone("Ana Lu", ANA)
    night.with_phone("Ben", BEN)
    row = night.open(Level.URGENT, ROSA)
    night.hear(ANA, f"CLAIM {night.code(row)}")
    with night.database.begin() as session:
        stopping.stop(session, session.get_one(Escalation, row).conversation, "keyword", night.at)
    assert "Please call first" in str(night.hear(ANA, "DONE helped"))
    with night.database.begin() as session:
        ben = session.scalars(select(Responder).where(Responder.name == "Ben")).one()
        notes.add(session, row, ben, "I know her", night.at)
    assert "Please call first" in str(night.hear(ANA, "DONE helped")), "a colleague's note is no call"
    night.hear(ANA, "NOTE called, she is with her sister")
    assert str(night.hear(ANA, "DONE helped")).endswith("is closed. Thank you.")


def test_a_note_is_no_answer_to_danger_where_texts_may_go(night: Relay, one: int) -> None:
    night.at += timedelta(seconds=9)
    night.write("i took all my pills to die")
    night.hear(ANA, "NOTE seen")
    assert "new words of danger" in str(night.hear(ANA, "DONE referred"))


def test_done_that_the_console_would_refuse_changes_nothing(night: Relay, one: int, monkeypatch: Any) -> None:
    from gateway import dispatches  # noqa: PLC0415 - only here
    from gateway.errors import Refused  # noqa: PLC0415

    def out(_session: object, _escalation_id: int) -> None:
        raise Refused(409, "team_is_out")

    monkeypatch.setattr(dispatches, "refuse_while_out", out)
    assert "can not be closed" in str(night.hear(ANA, "DONE referred"))
    assert night.row(one).status == "claimed"


@pytest.mark.parametrize("words", ["BACK", "devolver", "back {}"])
def test_back_lets_it_wait_for_others(night: Relay, one: int, words: str) -> None:
    code = night.code(one)
    assert "somebody else" in str(night.hear(ANA, words.format(code)))
    assert (night.row(one).status, night.row(one).owner_means) == ("waiting", None)
    night.watch()
    assert night.notices("answer") == []
    assert "not yours" in str(night.hear(ANA, f"BACK {code}"))


def test_what_begins_as_an_order_reaches_nobody(night: Relay, one: int) -> None:
    for words in ("Back in a minute", "Ayuda en camino", "claim 41 please"):
        assert "Not sent and not done" in str(night.hear(ANA, words))
    assert night.told(one) == []
    assert night.hear(ANA, f"{night.code(one)}: Back in a minute") == ""
    assert night.told(one) == ["Back in a minute"]
    assert "CLAIM" in str(night.hear(ANA, "HELP"))


def test_who_may_not_be_texted_is_not_and_the_responder_is_told_to_call(night: Relay, one: int) -> None:
    with night.database.begin() as session:
        optout.stop(session, SMS, night.keys.hash(ROSA), "resident", night.at)
    for words in ("hello", f"{night.code(one)}: hello"):
        assert "Please call" in str(night.hear(ANA, words))
    assert night.told(one) == []


def test_where_texts_are_unsafe_none_is_sent(night: Relay, one: int) -> None:
    with night.database.begin() as session:
        conversation = session.get_one(Escalation, one).conversation
        conversation.answers = {"safe_to_text": "no"}
    assert "Please call" in str(night.hear(ANA, "hello"))
    assert night.told(one) == []


def test_what_turns_a_line_around_does_not_come_to_a_phone(night: Relay, one: int) -> None:
    night.write("\u202ehelp\u202c pl\u200bease \u2067now\u2069 👩\u200d👧")
    assert night.relayed()[-1].endswith(": help please now 👩\u200d👧")


def test_pictures_are_not_passed_on_and_that_is_said(night: Relay, one: int) -> None:
    assert "Pictures" in str(night.hear(ANA, "look", media=({"url": "x"},)))
    assert "Pictures" in str(night.hear(ANA, "", media=({"url": "x"},)))
    assert night.told(one) == ["look"]


def test_a_colleague_off_shift_is_a_resident(night: Relay) -> None:
    ben = night.person("Ben", phone=False)
    row = night.open()
    with night.database.begin() as session:
        from gateway import phones  # noqa: PLC0415 - only here

        phones.set_verified(session, night.keys, ben, BEN, night.at)
    code = night.code(row)
    for words in ("i want to die", "HELP", str(code), "CLAIM", "BACK"):
        assert night.hear(BEN, words) is None
    assert night.hear(BEN, f"CLAIM {code}") == night.hear(BEN, "CLAIM 9876").replace("9876", str(code))
    assert "not on shift" in str(night.hear(BEN, f"CLAIM {code}"))
    assert night.row(row).status == "waiting"
    assert night.hear(CAM, f"CLAIM {code}") is None
    night.shift(ben)
    assert "is yours" in str(night.hear(BEN, f"CLAIM {code}"))


def test_who_was_paged_off_shift_may_claim_that_one_and_nothing_else(night: Relay) -> None:
    zoe = night.person("Zoe", role="supervisor", phone=False)
    with night.database.begin() as session:
        from gateway import phones  # noqa: PLC0415 - only here

        phones.set_verified(session, night.keys, zoe, CAM, night.at)
    row, other = night.open(), night.open(number=LUIS)
    night.climb_without_sending()
    with night.database.begin() as session:
        from gateway.models import Page  # noqa: PLC0415

        for page in session.scalars(select(Page).where(Page.escalation_id == other)):
            session.delete(page)
    assert "not on shift" in str(night.hear(CAM, f"CLAIM {night.code(other)}"))
    assert night.row(other).status == "waiting"
    assert night.hear(CAM, "i want to die") is None
    assert "is yours" in str(night.hear(CAM, f"CLAIM {night.code(row)}"))
    assert night.hear(CAM, "Hello, I am Zoe") == ""  # she owns it, so she is heard


def test_an_unproved_number_an_editor_and_a_closed_account_are_residents(night: Relay) -> None:
    ana = night.with_phone("Ana", ANA)
    change: list[Callable[[Responder], None]] = [
        lambda row: setattr(row, "phone_verified_at", None),
        lambda row: setattr(row, "role", "directory_editor"),
        lambda row: setattr(row, "active", False),
    ]
    assert night.hear(ANA, "HELP") is not None
    for each in change:
        with night.database.begin() as session:
            each(session.get_one(Responder, ana))
        assert night.hear(ANA, "HELP") is None
        with night.database.begin() as session:
            row = session.get_one(Responder, ana)
            row.phone_verified_at, row.role, row.active = night.at, "responder", True


@pytest.mark.parametrize(("level", "locale"), [(Level.URGENT, "en"), (Level.ROUTINE, "es")])
def test_who_works_by_phone_is_told_of_a_stop(night: Relay, level: Level, locale: str) -> None:
    night.with_phone("Ana Lu", ANA, locale=locale)
    row = night.open(level, ROSA)
    night.hear(ANA, f"CLAIM {night.code(row)}")
    with night.database.begin() as session:
        stopping.stop(session, session.get_one(Escalation, row).conversation, "keyword", night.at)
    [told] = night.relayed()
    words = "please call" if level is Level.URGENT else ": no le podemos escribir"
    assert told.startswith(str(night.code(row)) if locale == "en" else f"El {night.code(row)}")
    assert words in told
    night.at += timedelta(minutes=9)
    assert night.hear(ANA, "hello")
    assert night.told(row) == []
    assert night.row(row).owner_acted_at == night.at  # who tries is there
    night.at += timedelta(minutes=9)
    night.hear(ANA, str(night.code(row)))
    assert night.row(row).owner_acted_at == night.at


@pytest.mark.parametrize(("means", "told"), [("sms", 1), ("voice", 1), ("console", 0)])
def test_who_works_by_phone_is_told_once_of_a_silence_in_danger(night: Relay, one: int, means: str, told: int) -> None:
    night.write("i took all my pills")
    with night.database.begin() as session:
        session.get_one(Escalation, one).owner_means = means
    before = len(night.relayed())
    for _ in range(3):
        night.at += timedelta(minutes=6)
        with night.database.begin() as session:
            silence.watch(session, night.community, night.at)
    assert [each.partition(" ")[2] for each in night.relayed()[before:]] == [
        "may be in danger and has not written for 10 minutes. Please write or call."
    ] * told


def test_an_owner_by_phone_whose_phone_takes_no_texts_is_called(night: Relay, one: int) -> None:
    with night.database.begin() as session:
        row = session.get_one(Escalation, one)
        assert row.owner is not None
        row.owner.texts_stopped_at = night.at
        assert owner_phones.tell(session, row, "relay_stop", night.at)
        row.owner.phone_verified_at = None
        assert not owner_phones.tell(session, row, "relay_stop", night.at)
        row.owner_means = "console"
        row.owner.phone_verified_at = night.at
        assert not owner_phones.tell(session, row, "relay_stop", night.at)
    [told] = night.notices("relay")
    assert (told.means, told.text.split(" wants")[0]) == ("voice", " ".join(str(night.code(one))))


@pytest.mark.parametrize(("words", "answer"), [("STOP", ""), ("Alto", "You will get no more texts")])
def test_stop_ends_the_pages_by_text_and_the_supervisor_sees_it(night: Relay, words: str, answer: str) -> None:
    ana = night.with_phone("Ana", ANA)
    night.with_phone("Zoe", CAM, role="supervisor")
    assert str(night.hear(ANA, words)).startswith(answer)
    with night.database.begin() as session:
        assert session.get_one(Responder, ana).texts_stopped_at == night.at
        assert session.scalars(select(OptOut)).one().ended_at is None
    assert [each.text[:3] for each in night.notices("texts_stopped")] == ["Ana"]
    night.hear(ANA, "YES")
    with night.database.begin() as session:
        assert session.get_one(Responder, ana).texts_stopped_at is None
        assert session.scalars(select(OptOut)).one().ended_at is not None


def test_stop_off_shift_ends_the_pages_and_is_a_residents_stop_too(night: Relay) -> None:
    ana = night.with_phone("Ana", ANA)
    night.at += timedelta(hours=13)
    assert night.hear(ANA, "STOP") is None
    with night.database.begin() as session:
        assert session.get_one(Responder, ana).texts_stopped_at == night.at


def test_a_drill_is_answered_as_one_and_no_words_go_there(night: Relay) -> None:
    night.with_phone("Ana", ANA)
    row = night.open()
    with night.database.begin() as session:
        session.get_one(Escalation, row).drill = True
    assert "drill" in str(night.hear(ANA, f"CLAIM {night.code(row)}"))
    assert night.row(row).owner_means == "sms"
    assert "nobody to write to" in str(night.hear(ANA, "hello"))


def test_a_text_out_of_the_journal_is_answered_by_a_text(night: Relay) -> None:
    night.with_phone("Ana", ANA)
    code = night.code(night.open())
    assert night.hear(ANA, f"CLAIM {code}", said=()) == ""
    assert [each.text.partition(".")[0] for each in night.notices("answer")] == [f"{code} is yours"]


def test_nothing_that_comes_by_web_chat_is_heard_as_a_responders(night: Relay, one: int) -> None:
    with night.database.begin() as session:
        inbound = Inbound(WEBCHAT, ANA, "web-1", "CLAIM 41")
        assert relay.hear(session, night.keys, night.community, inbound, night.at) is None


def test_every_text_is_written_down_with_what_came_of_it(night: Relay, one: int) -> None:
    night.hear(ANA, "hello")
    night.hear(ANA, "41: hello")
    night.hear(ANA, "back soon")
    with night.database.begin() as session:
        kept = [(each.command, each.refused) for each in session.scalars(select(RelayText).order_by(RelayText.id))]
        total = session.scalar(select(func.count()).select_from(Notice).where(Notice.kind == "answer"))
    assert kept == [("claim", None), ("plain", None), ("named", "not_yours"), ("unclear", "unclear")]
    assert len(night.acts("relay")) == 4
    assert total == 0
