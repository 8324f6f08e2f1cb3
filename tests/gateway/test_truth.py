"""What is said of people and of pictures is true: who is on shift, how long others waited, who we are, what is kept."""

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import escalations, media, silence, texts, turns, waits
from gateway.commands import Scene, nobody_on_shift, person_asked, person_asked_each
from gateway.conversations import SMS, WEBCHAT, Inbound, thread
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Delivery, Escalation, Message, Responder, Shift
from gateway.receiving import receive
from gateway.risk import Level
from gateway.settings import Settings
from gateway.web.chat import replies
from gateway.web.sms import translate
from tests.conftest import ACCOUNT_SID, RESIDENT, Clock, Phone
from tests.gateway.road import rows

pytestmark = pytest.mark.slow  # many conversations on the real store

ROOT = Path(__file__).resolve().parents[2]
URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
PICTURE = media.reference(URL, "image/jpeg", ACCOUNT_SID)
NOBODY = {texts.both("nobody_on_shift_danger", code) for code in ("en", "es")}
PICTURE_TOLD = {code: texts.say("media_with_words", code) for code in ("en", "es")}


class Street:
    """One resident, and people who come on shift and take threads on."""

    def __init__(self, database: Database, settings: Settings, door: Door, clock: Clock) -> None:
        self.database, self.keys, self.town, self.clock = database, settings.keys, door.community, clock
        self.count = 0

    def text(self, body: str, channel: str = SMS, **more: Any) -> list[str]:
        self.count += 1
        inbound = Inbound(channel, RESIDENT, f"SM{self.count:032x}", body, **more)
        with self.database.begin() as session:
            return receive(session, self.keys, self.town, inbound, self.clock()).replies

    def on_shift(self) -> Responder:
        day = timedelta(days=1)
        with self.database.begin() as session:
            person = Responder(email="ana@demo.example", name="Ana", role="responder", password_hash="-",
                               languages=["en"], created_at=self.clock())  # fmt: skip
            session.add(person)
            session.flush()
            session.add(Shift(responder_id=person.id, starts_at=self.clock() - day, ends_at=self.clock() + day))
        return person

    def claim(self, person: Responder) -> None:
        [row] = rows(self.database, Escalation)
        with self.database.begin() as session:
            escalations.claim(session, row.id, row.epoch, person, self.clock())

    def waited(self, minutes: float, level: Level = Level.ROUTINE, ago: float = 60, *, taken: bool = True) -> None:
        """Somebody else asked for a person ``ago`` minutes ago and was taken on after ``minutes``."""
        self.count += 1
        opened = self.clock() - timedelta(minutes=ago)
        with self.database.begin() as session:
            other = Inbound(SMS, f"+1555557{self.count:04d}", f"SM{self.count:032x}", "hello")
            conversation = thread(session, self.keys, other, opened)
            row = escalations.open_(session, conversation, "asked_for_person", level, opened)
            if taken:
                row.claimed_at = opened + timedelta(minutes=minutes)

    def usual(self, level: Level = Level.ROUTINE) -> int | None:
        with self.database.begin() as session:
            return waits.usual(session, level, self.clock())

    def scene(self) -> Iterator[Scene]:
        with self.database.begin() as session:
            message = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).first()
            assert message is not None
            conversation = session.get_one(Conversation, message.conversation_id)
            yield Scene(session, conversation, message, self.clock())


@pytest.fixture
def street(database: Database, settings: Settings, door: Door, clock: Clock) -> Street:
    return Street(database, settings, door, clock)


# --- danger with nobody on shift -------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["i want to kill myself", "me tome todas las pastillas", "help", "he hit me tonight"])
def test_danger_with_nobody_on_shift_says_so_and_names_the_lines(street: Street, body: str) -> None:
    said = street.text(body)
    [truth] = [text for text in said if text in NOBODY]
    assert truth.count("911") == truth.count("988") == 2
    assert said.index(truth) == 2  # the safety texts come first


def test_with_somebody_on_shift_the_safety_texts_stand_alone(street: Street) -> None:
    street.on_shift()
    assert len(street.text("i want to kill myself")) == 2


def test_a_responder_who_reads_is_enough_whatever_the_rota_says(street: Street) -> None:
    street.text("i want to kill myself")
    person = street.on_shift()
    street.claim(person)
    street.clock.forward(days=3)
    assert len(street.text("i took all my pills")) == 2


def test_no_and_no_answer_to_the_check_question_are_told_the_same(street: Street) -> None:
    street.text("i feel so lonely and sad lately")
    assert set(street.text("no")) & NOBODY
    street.clock.forward(hours=1)
    with street.database.begin() as session:
        for row in session.scalars(select(Conversation)):
            row.menu_open, row.check_asked_at = "check", street.clock() - timedelta(minutes=4)
        silence.watch(session, street.town, street.clock())
    assert [m.text in NOBODY for m in rows(street.database, Message)][-1]


# --- HELP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["HELP", "ayuda", "SOS", "info", "Help!", "AYUDA."])
@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("staffed", [False, True])
def test_help_names_the_service_a_person_and_the_way_out(street: Street, word: str, held: bool, staffed: bool) -> None:
    if held:
        street.text("i want to kill myself")
        street.claim(street.on_shift())
    elif staffed:
        street.on_shift()
    said = "\n".join(street.text(word))
    for needed in (street.town.name, "PERSON ", "PERSONA", "STOP", "ALTO"):
        assert needed in said
    if not held:
        assert {"911", "988"} <= set(said.replace(".", " ").replace(",", " ").split())


def test_help_from_the_journal_is_not_answered_twice(street: Street) -> None:
    from gateway.receiving import provisional  # noqa: PLC0415

    street.on_shift()
    street.text("necesito comida")
    for word in ("HELP", "AYUDA"):
        inbound = Inbound(SMS, RESIDENT, f"SM{word:0>32}", word)
        told = provisional(street.town, inbound)
        assert street.town.name in "\n".join(told.replies)
        assert street.text(word, received_at=street.clock(), said=tuple(told.replies), level=told.level.value)
    assert [row.status for row in rows(street.database, Delivery) if row.status == "queued"] == []


def test_the_service_is_not_named_where_the_wrong_person_may_read(street: Street) -> None:
    street.on_shift()
    street.text("my husband beats me")
    said = "\n".join(street.text("help"))
    fresh = rows(street.database, Escalation)[0]
    assert fresh.level in {"urgent", "emergency"}
    assert (street.town.name in said) is ("1-800-799-7233" not in said)


@pytest.mark.parametrize("word", ["INFO", "info", "Ayuda", "HELP"])
def test_who_asks_for_help_on_a_page_hears_how_to_reach_a_person(street: Street, word: str) -> None:
    said = "\n".join(street.text(word, channel=WEBCHAT))
    assert street.town.name in said
    assert "PERSON" in said
    assert "PERSONA" in said
    assert "911" in said
    assert "STOP" not in said
    assert "ALTO" not in said


def test_on_a_page_a_responder_answers_a_cry_for_help_themselves(street: Street) -> None:
    street.text("help", channel=WEBCHAT)
    street.claim(street.on_shift())
    assert street.text("info", channel=WEBCHAT) == []
    assert street.text("STOP", channel=WEBCHAT) == []


# --- waits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ([1, 2, 3, 4, 5], 5),
        ([1, 2, 6, 40, 50], 15),
        ([4, 4, 5.5, 9, 9, 20], 15),
        ([20] * 5, 30),
        ([31] * 5, None),
        ([1, 1, 1, 1], None),
        ([], None),
    ],
)
def test_the_usual_wait_is_what_most_waited_rounded_up(street: Street, minutes: list[float], told: int | None) -> None:
    street.on_shift()
    for each in minutes:
        street.waited(each)
    assert street.usual() == told


def test_nobody_on_call_means_no_figure(street: Street) -> None:
    for _ in range(6):
        street.waited(1)
    assert street.usual() is None


def test_only_the_last_six_hours_and_the_same_level_count(street: Street) -> None:
    street.on_shift()
    for _ in range(5):
        street.waited(1, ago=361)
        street.waited(1, Level.URGENT)
    assert street.usual() is None
    assert street.usual(Level.URGENT) == 5


def test_who_still_waits_counts_once_they_waited_longer(street: Street) -> None:
    street.on_shift()
    for _ in range(5):
        street.waited(1)
    street.waited(0, ago=2, taken=False)
    assert street.usual() == 5
    for _ in range(6):
        street.waited(0, ago=50, taken=False)
    assert street.usual() is None


@pytest.mark.parametrize("code", ["en", "es"])
def test_who_asks_for_a_person_is_told_what_others_waited(street: Street, code: str) -> None:
    street.on_shift()
    street.text({"en": "i need food please", "es": "necesito comida por favor"}[code])
    for scene in street.scene():
        assert person_asked(scene) == texts.say("person_asked", code)
    for _ in range(5):
        street.waited(7)
    for scene in street.scene():
        assert person_asked(scene) == texts.say("person_asked_wait", code, minutes=15)


# --- no silent English -----------------------------------------------------------------------------------------------


def test_where_no_language_was_heard_both_are_said(street: Street) -> None:
    street.text("94110")
    for scene in street.scene():
        assert scene.conversation.language is None
        assert person_asked_each(scene) == texts.each("person_asked_nobody_on_shift", None)
        assert turns._failed(scene) == texts.each("person_asked_nobody_on_shift", None)
        assert nobody_on_shift(scene.session, scene.conversation, scene.now) == [texts.both("nobody_on_shift_danger")]


@pytest.mark.parametrize(("answer", "key"), [("1", "safety_check_thanks"), ("3", "person_asked_nobody_on_shift")])
def test_an_answer_to_the_question_in_both_languages_is_answered_in_both(street: Street, answer: str, key: str) -> None:
    street.text("94110")
    with street.database.begin() as session:
        row = session.scalars(select(Conversation)).one()
        row.menu_open, row.check_asked_at = "check", street.clock()
    assert street.text(answer) == texts.each(key, None)


def test_web_chat_without_a_store_says_both_where_the_language_is_not_known(door: Door) -> None:
    from gateway.receiving import provisional  # noqa: PLC0415

    def told(body: str, **facts: str) -> list[str]:
        inbound = Inbound(WEBCHAT, "visitor", "web:1", body, facts=facts)
        return [each["text"] for each in replies(provisional(door.community, inbound), inbound)]

    assert told("94110") == texts.each("bot_delayed", None)
    assert told("94110", language="es") == [texts.say("bot_delayed", "es")]
    assert told("i need a place to sleep") == [texts.say("bot_delayed", "en")]


# --- pictures --------------------------------------------------------------------------------------------------------


def test_a_picture_with_words_is_told_about_once_and_the_words_go_on(street: Street) -> None:
    assert street.text("this is my eviction letter, need help with rent", media=(PICTURE,)) == [PICTURE_TOLD["en"]]
    assert street.text("and here is page two of the letter", media=(PICTURE,)) == []
    [first, *_] = rows(street.database, Message)
    assert first.handled_at is None
    assert rows(street.database, Conversation)[0].pending_since is not None
    told = [m for m in rows(street.database, Message) if m.direction == "out"]
    assert [m.ordinal for m in told] == [90]  # the first places are the bot's, which answers the same message


def test_a_picture_under_danger_is_told_about_after_the_safety_texts(street: Street) -> None:
    street.on_shift()
    said = street.text("i want to kill myself", media=(PICTURE,))
    assert said[2:] == [PICTURE_TOLD["en"]]
    assert "988" in said[0]


def test_a_picture_under_a_responder_is_told_about_once(street: Street) -> None:
    street.text("i want to kill myself")
    street.claim(street.on_shift())
    assert street.text("", media=(PICTURE,)) == [PICTURE_TOLD["en"]]
    assert street.text("look", media=(PICTURE,)) == []


def test_a_picture_with_sadness_does_not_cost_the_question(street: Street) -> None:
    said = street.text("i feel so lonely and sad lately", media=(PICTURE,))
    assert said == [PICTURE_TOLD["en"], texts.say("safety_check", "en")]
    street.text("1")
    assert rows(street.database, Conversation)[0].pending_since is not None


def test_who_opted_out_is_told_nothing_of_a_picture(street: Street) -> None:
    street.text("ALTO")
    assert street.text("mire esto por favor", media=(PICTURE,)) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://api.twilio.com/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com.evil.example/2010-04-01/Accounts/{sid}/Messages/MM1/Media/ME1",
        "https://api.twilio.com@evil.example/2010-04-01/Accounts/{sid}/Messages/MM1",
        "https://evil.example/?https://api.twilio.com/2010-04-01/Accounts/{sid}/",
        "https://api.twilio.com:8443/2010-04-01/Accounts/{sid}/Messages/MM1",
        "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/MM1",
        "https://api.twilio.com/2010-04-01/Accounts/{sid}/../../../admin",
        "https://api.twilio.com\\@evil.example/2010-04-01/Accounts/{sid}/x",
        "https://[::1/2010-04-01/Accounts/{sid}/",
        "https://api.twilio.com:port/2010-04-01/Accounts/{sid}/",
        "https://аpi.twilio.com/2010-04-01/Accounts/{sid}/Messages/MM1",
        "file:///etc/passwd",
        "//api.twilio.com/2010-04-01/Accounts/{sid}/",
        "https://169.254.169.254/latest/meta-data",
        "x",
        URL + "\x00",
    ],
)
def test_an_address_elsewhere_is_dropped_and_the_attachment_counted(phone: Phone, database: Database, url: str) -> None:
    assert phone.text("", NumMedia="1", MediaUrl0=url.format(sid=ACCOUNT_SID)).status_code == 200
    [message] = [m for m in rows(database, Message) if m.direction == "in"]
    assert message.media == [{"url": None, "host_ok": False, "type": None, "state": "quarantined"}]


def test_ours_is_kept_with_its_type() -> None:
    form = {
        "MessageSid": "MM1",
        "AccountSid": ACCOUNT_SID,
        "From": RESIDENT,
        "NumMedia": "3",
        "MediaUrl0": URL,
        "MediaContentType0": " Image/JPEG ",
        "MediaUrl1": "",
        "MediaUrl2": "https://evil.example/x.png",
        "MediaContentType2": "image/png",
    }
    ours, foreign = translate(form).media
    assert ours == {"url": URL, "host_ok": True, "type": "image/jpeg", "state": "quarantined"}
    assert foreign == {"url": None, "host_ok": False, "type": "image/png", "state": "quarantined"}


def test_a_bare_address_of_an_old_journal_is_kept_and_marked_as_checked_by_nobody(street: Street) -> None:
    street.text("look at this letter", media=(URL, "https://x/\x00"))
    [kept] = [m.media for m in rows(street.database, Message) if m.direction == "in"]
    assert kept == [
        {"url": URL, "host_ok": False, "type": None, "state": "quarantined"},
        {"url": "https://x/\ufffd", "host_ok": False, "type": None, "state": "quarantined"},
    ]


def test_a_reference_survives_the_journal(door: Door, database: Database) -> None:
    inbound = Inbound(SMS, RESIDENT, "SM" + "1" * 32, "look at this", media=(PICTURE,))
    door.journal.append(inbound, datetime.now().astimezone(), [], "none")
    assert door.acceptor.drain() == 1
    [message] = [m for m in rows(database, Message) if m.direction == "in"]
    assert message.media == [PICTURE]
    [told] = [m for m in rows(database, Message) if m.direction == "out"]
    assert told.text == PICTURE_TOLD["en"]


HTTP = {"httpx", "requests", "urllib3", "aiohttp"}


def _reaches(path: Path) -> bool:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return bool({name.split(".")[0] for name in names} & HTTP) or bool({"urllib.request", "http.client"} & names)


def test_nothing_that_reads_a_picture_can_open_its_address() -> None:
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "gateway").rglob("*.py") if _reaches(path)}
    known = [path for path in found if "/demo/" not in path and "/clients/" not in path]
    assert known == [] or all("media" not in (ROOT / path).read_text().lower() for path in known), known
    for path in found:
        assert "gateway.media" not in (ROOT / path).read_text()
        assert "from gateway import media" not in (ROOT / path).read_text()
