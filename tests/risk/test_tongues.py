"""The clearest phrases of danger in languages that the cards do not read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import strangers
from gateway.risk import CardError, Level, screen
from gateway.risk.net import ROWS
from gateway.risk.tongues import read_tongues
from gateway.texts import safety_texts

pytestmark = pytest.mark.slow

TONGUES = read_tongues()
DANGER = {
    "ht": [("mwen vle mouri", "urgent"), ("li pa ka respire ditou", "emergency"), ("Mari m ap bat mwen", "urgent")],
    "vi": [("tôi muốn chết", "urgent"), ("toi muon chet", "urgent"), ("anh ấy có súng", "emergency")],
    "zh": [("我不想活了", "urgent"), ("救命！他拿着刀", "emergency"), ("我丈夫 打我", "urgent")],
    "pt": [("Eu quero morrer, não aguento mais", "urgent"), ("ela nao acorda", "emergency"), ("ele me bate", "urgent")],
    "ar": [("أريدُ أن أموت", "urgent"), ("ابني لا يتنفس", "emergency"), ("زوجي يضربني", "urgent")],
    "tl": [("gusto ko nang mamatay", "urgent"), ("hindi siya humihinga po", "emergency")],
    "ru": [("Я не хочу жить", "urgent"), ("она не дышит", "emergency"), ("муж меня бьёт", "urgent")],
    "ko": [("죽고 싶어요", "urgent"), ("엄마가 숨을 안 쉬어요", "emergency"), ("남편이 때려요", "urgent")],
    "fr": [("je veux mourir", "urgent"), ("il ne respire plus", "emergency"), ("mon mari m'a frappée", "urgent")],
}
HARMLESS = [
    *("preciso de comida para meus filhos", "j'ai besoin d'un lit ce soir", "tôi cần chỗ ngủ", "нужна еда для детей"),
    *("我需要食物", "kailangan ko ng pagkain", "mwen bezwen manje", "أحتاج إلى طعام", "밥이 필요해요"),
    *("need food for my kids", "necesito comida para mis hijos", "hola", "", "94110", "😀"),
]


def test_each_language_that_has_a_line_has_every_kind_of_danger() -> None:
    told = {(phrase.rule.name, phrase.language) for phrase in TONGUES.phrases}
    names = {phrase.rule.name for phrase in TONGUES.phrases}
    assert told == {(name, iso) for name in names for iso in strangers.lines()}
    assert {each.rule.category for each in TONGUES.phrases} <= {category for category, _ in safety_texts().order}


@pytest.mark.parametrize(("text", "level"), [pair for pairs in DANGER.values() for pair in pairs])
def test_danger_is_heard_and_shown_where_it_stands(text: str, level: str) -> None:
    found = screen(text)
    assert found.level == level
    [finding, *_] = [each for each in found.findings if each.card_id.startswith("tongue.")]
    assert text[finding.start : finding.end] == finding.words
    assert finding.words.strip() == finding.words != ""


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_danger_is_none(text: str) -> None:
    assert list(TONGUES.findings(text)) == []
    assert screen(text).level is Level.NONE


def test_no_phrase_is_one_of_english_or_spanish() -> None:
    """On every row that the net learned from as harmless, none fires."""
    rows = [line.split("\t") for path in sorted(ROWS.glob("*.tsv")) for line in path.read_text("utf-8").splitlines()]
    calm = [row[-1] for row in rows if row[0] == "none"]
    assert len(calm) > 1000
    assert [text for text in calm if list(TONGUES.findings(text))] == []


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    for finding in TONGUES.findings(text):
        assert 0 <= finding.start < finding.end <= len(text)


def test_a_file_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "tongues.yml"
    path.write_text(
        "a:\n  level: urgent\n"
        "b:\n  level: calm\n  category: help\n  why_en: x\n  why_es: x\n  phrases: {fr: [au secours]}\n"
        'c:\n  level: urgent\n  category: help\n  why_en: x\n  why_es: x\n  phrases: {fr: ["!"]}\n',
        encoding="utf-8",
    )
    with pytest.raises(CardError) as told:
        read_tongues(path)
    assert [fault.split(":")[1].strip() for fault in told.value.faults] == ["a", "b", "c"]
