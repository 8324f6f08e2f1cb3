"""The lines for those who write neither English nor Spanish: complete, short, truthful, and nobody's promise."""

import re

import pytest
import yaml

from gateway import strangers, texts
from gateway.language import detect
from gateway.segments import count

LINES = strangers.lines()
EACH = [(iso, which) for iso in LINES for which in ("asked", "nobody_on_shift")]
# What a promise would be made of: will, soon, minutes.
PROMISE = re.compile(
    r"\b(ap jwenn|pral|byento|minit|sẽ|sắp|phút|vai|vamos|logo|minutos|malapit|minuto|скоро|минут\w*|найд[её]м|"
    r"bientôt|minutes|trouverons)\b|马上|馬上|很快|分钟|分鐘|会找到|會找到|قريب|دقائق|سوف|سنجد|곧|분 안에|찾아 드리겠"
)
NOBODY = {
    "ht": "pa gen moun", "vi": "không có ai", "zh": "无人值班", "pt": "não há ninguém", "ar": "لا يوجد أحد",
    "tl": "walang naka-duty", "ru": "никто не дежурит", "ko": "근무자가 없습니다", "fr": "personne n'est de service",
}  # fmt: skip


@pytest.mark.parametrize("iso", LINES)
def test_every_line_waits_for_a_speaker_to_read_it(iso: str) -> None:
    assert LINES[iso].review == texts.AWAITING
    assert LINES[iso].stop


def test_the_file_holds_nothing_else() -> None:
    raw = yaml.safe_load((texts.FOLDER / texts.OTHER_LANGUAGES).read_text(encoding="utf-8"))
    assert {key for row in raw.values() for key in row} == {"review", "asked", "nobody_on_shift", "stop"}


@pytest.mark.parametrize(("iso", "which"), EACH)
def test_a_line_is_in_its_language_and_names_911(iso: str, which: str) -> None:
    line = getattr(LINES[iso], which)
    assert detect(line).lang == f"other:{iso}"
    assert "911" in line
    assert not PROMISE.search(line), PROMISE.search(line)
    assert "{" not in line


@pytest.mark.parametrize(("iso", "which"), EACH)
def test_a_line_fits(iso: str, which: str) -> None:
    cost = count(getattr(LINES[iso], which))
    print(f"{iso} {which}: {cost.segments} ({cost.encoding}, {cost.units} units)")  # noqa: T201 - the list, with -rP
    assert 1 <= cost.segments <= (3 if which == "nobody_on_shift" and cost.encoding == "UCS-2" else 2)


@pytest.mark.parametrize("iso", LINES)
def test_nobody_on_shift_is_said_where_it_is_so_and_only_there(iso: str) -> None:
    assert NOBODY[iso] in LINES[iso].nobody_on_shift
    assert NOBODY[iso] not in LINES[iso].asked


@pytest.mark.parametrize("key", sorted(strangers.KEYS.values()))
@pytest.mark.parametrize("code", ["en", "es"])
def test_ours_beside_it_say_the_same(key: str, code: str) -> None:
    said = texts.say(key, code)
    assert "911" in said
    assert {"en": "interpreter", "es": "intérprete"}[code] in said


def test_no_stop_word_is_a_yes_or_a_greeting() -> None:
    for line in LINES.values():
        for word in line.stop:
            assert not strangers.acknowledges(word), word
            assert detect(word).by != "phrase", word


@pytest.mark.parametrize("text", ["stop hitting me", "no", "por favor", "pare el carro", "停", "", "dung", "fin"])
def test_what_is_no_wish_to_stop(text: str) -> None:
    assert not strangers.stops(text)
