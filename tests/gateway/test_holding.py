"""After danger the bot steps back: each further message gets words that fit, none twice in a row, none that promise."""

from datetime import timedelta

import pytest

from gateway import holding, texts, turns
from gateway.models import Responder, Shift
from tests.gateway.turn_street import Street

pytestmark = pytest.mark.slow

DANGER = {"en": "he is going to kill me, he has a gun", "es": "me va a matar, tiene una pistola"}


def on_shift(street: Street) -> None:
    with street.database.begin() as session:
        ana = Responder(email="a@d.example", name="Ana", role="responder", password_hash="-", languages=[],
                        created_at=street.clock())  # fmt: skip
        session.add(ana)
        session.flush()
        hour = timedelta(hours=1)
        session.add(Shift(responder_id=ana.id, starts_at=street.clock() - hour, ends_at=street.clock() + hour))


def key_of(said: list[str], code: str) -> str:
    [text] = said
    keys = ("person_asked", "person_asked_nobody_on_shift", "nobody_on_shift_danger")
    return next(
        key for key in (*keys, *(k for k in texts.keys() if k.startswith("holding_"))) if texts.say(key, code) == text
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *[(text, "place") for text in ("we are behind the walmart", "1220 oak st apt 4", "afuera del target")],
        *[(text, "place") for text in ("estoy en la calle 24", "está cerca de la iglesia", "corner of 5th and main")],
        *[(text, "here") for text in ("hello?", "is anyone there", "hola??", "hay alguien ahí?", "cuánto tardan")],
        *[(text, "hard") for text in ("im scared", "what do i do", "please", "tengo miedo", "¿qué hago?", "ayúdeme")],
        *[(text, "okay") for text in ("ok", "thanks", "si", "gracias", "no")],
        *[
            (text, None)
            for text in (
                "comida",
                "food please",
                "comida por favor",
                "im in danger",
                "estoy en peligro",
                "he is my brother",
                "94110",
                "",
            )
        ],
    ],
)
def test_what_a_message_is(text: str, kind: str | None) -> None:
    assert holding.meaning(text) == kind


@pytest.mark.parametrize("code", ["en", "es"])
def test_the_answer_fits_and_is_never_the_same_twice_in_a_row(street: Street, code: str) -> None:
    on_shift(street)
    street.text(DANGER[code])
    messages = {
        "en": ["he is so angry", "hello?", "hello??", "im scared", "corner of 5th and main", "ok", "ok", "so", "so"],
        "es": [
            "trae a su primo",
            "hola?",
            "hay alguien?",
            "tengo miedo",
            "en la esquina de la 24",
            "ok",
            "ok",
            "y",
            "y",
        ],
    }[code]
    told = []
    for message in messages:
        street.clock.at += timedelta(seconds=5)
        told.append(key_of(street.ask(message), code))
    assert told[0] == "person_asked"
    assert told[1] == "holding_here"
    assert told[3:6] == ["holding_hard", "holding_place", "holding_okay"]
    assert told.count("person_asked") == 1
    assert all(first != second for first, second in zip(told, told[1:], strict=False))


def test_with_nobody_on_shift_no_text_speaks_as_if_somebody_read_it(street: Street) -> None:
    street.text(DANGER["en"])
    told = [key_of(street.ask(text), "en") for text in ("he is so angry", "hello?", "so", "and", "well")]
    assert "person_asked_nobody_on_shift" in told
    assert not {"person_asked", "holding_kept", "holding_here"} & set(told)


def test_where_the_phone_may_be_read_by_the_one_who_is_feared_nothing_tells_of_it(street: Street) -> None:
    on_shift(street)
    street.text("my husband hits me")
    assert key_of(street.ask("im scared"), "en") == "person_asked"
    assert key_of(street.ask("im scared"), "en") != "holding_hard"


def test_who_said_that_they_are_not_safe_is_not_greeted_by_the_bot(street: Street) -> None:
    """The bot steps back then, too; what they were asked about it reads later, with their next words."""
    on_shift(street)
    street.text("i feel so lonely and sad lately, lost my job and need food")
    street.text("no")
    assert key_of(street.ask("ok"), "en") == "holding_okay"
    assert street.handled() == ["check_asked", "safety", "hold"]
    street.clock.at += turns.HOLD + timedelta(seconds=1)
    street.ask("can you look for it")
    assert street.handled()[-1] == "bot"
    assert street.rasa is not None


def test_words_that_cannot_be_read_cost_no_answer(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    on_shift(street)
    street.text(DANGER["en"])
    monkeypatch.setattr(holding, "sayings", lambda: None)
    assert key_of(street.ask("hello?"), "en") == "person_asked"
    assert key_of(street.ask("hello?"), "en") == "holding_kept"
