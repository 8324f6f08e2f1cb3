"""However a word is spelled it is read, and what was read can be found again in the words as typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.risk import Level, screen
from gateway.risk.cards import HERE, read_words
from gateway.risk.letters import tokens_of
from gateway.risk.screening import screener
from gateway.risk.spelling import repair
from gateway.risk.views import views_of

SPELLING = screener()._spelling
ANYTHING = st.text(st.characters(), max_size=200)
TYPED = st.text(st.sampled_from("aeikmlnoqrstuy ., !?'’@$*013\u200b\u200d\u0301ÁñЕᴋ🔫💊🏽\ufe0f"), max_size=120)


@pytest.mark.parametrize(
    "typed",
    [
        "I want to kill myself",
        "i WANT to KILL myself!!!",
        "i want to kiiiiill myself",
        "i wanna k!ll myself",
        "i w4nt to k1ll mys3lf",
        "i want to \u200bki\u200dll my\u2060self",
        "i want to k\u0456ll mys\u0435lf",
        "i want to ｋｉｌｌ myself",
        "i want to k.i.l.l myself",
        "i want to k i l l myself",
        "\u202ei want to kill myself\u202c",
        "#iwannakillmyself",
        "i wanna kms",
        "me quiero matar",
        "ME QUIERO MATAR",
        "quiero morír",
        "kiero morir",
        "quiero m o r i r",
        "#quieromorir",
        "ya no kero vibir",
        "quiero suisidarme",
        "toy pensando en matarme",
        "i want to ki11 myself",
        "i want to k*ll myself",
        "i wanna d!3",
        "k1er0 m0r1r",
        "i want to \u1d0bɪʟʟ ᴍʏsᴇʟꜰ",
        "i want to 🅺🅸🅻🅻 myself",
        "i want to ⓚⓘⓛⓛ myself",
        "i want to 𝓴𝓲𝓵𝓵 myself",
        "🇮 🇼🇦🇳🇹 🇹🇴 🇩🇮🇪",
        "i want to ki\u3164ll myself",
        "i want to k\u0301\u0302i\u0303l\u0304l myself",
        "i want to kil\u00adl my\u034fself",
        "\u2067quiero \u202emorir\u202c\u2069",
        "i want to k-i-l-l myself",
        "i want to k_i_l_l myself",
        "i want to k,i,l,l myself",
        "i want to k...i...l...l myself",
        "i want to k 1 l l myself",
        "q u i e r o   m o r i r",
        "i want to kill my self",
        "i feel sui cidal",
        "wannakillmyself",
        "iwanttodie",
        "quieromorir",
        "#YaNoQuieroVivir",
        "i feel suicdal",
        "im sucicidal",
        "kiero morrir",
        "qiero morirmee",
        "boi a matarme",
        "me boy a matar",
        "kiero suisidarrme",
        "me quiero matal",
    ],
)
def test_spellings_of_a_wish_to_die_are_all_read(typed: str) -> None:
    assert screen(typed).level >= Level.URGENT


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ok… I took  ALL my pills, bye", "I took  ALL my pills"),
        ("Señor: «me tomé todas las pastillas»", "me tomé todas las pastillas"),
        ("hey \u200bi want to k.i.l.l myself", "want to k.i.l.l myself"),
        ("mi bebé no respira", "no respira"),
    ],
)
def test_the_evidence_is_the_words_as_typed(typed: str, words: str) -> None:
    findings = screen(typed).findings
    assert words in {typed[each.start : each.end] for each in findings}
    assert all(each.words == typed[each.start : each.end] for each in findings)


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        ("i want to 🔫 myself", Level.URGENT),
        ("i want to 🪢 myself", Level.URGENT),
        ("quiero 💀", Level.URGENT),
        ("i took all my 💊💊💊", Level.EMERGENCY),
        ("me tomé un frasco de 💊", Level.EMERGENCY),
        ("hes got a 🔫", Level.EMERGENCY),
        ("tiene una 🔪", Level.EMERGENCY),
        ("my house is on 🔥", Level.EMERGENCY),
        ("im 🤰🏽 and theres 🩸\ufe0f everywhere", Level.EMERGENCY),
        ("🆘", Level.URGENT),
        ("9️⃣1️⃣1️⃣", Level.URGENT),
    ],
)
def test_emoji_are_read_as_what_they_show(typed: str, level: Level) -> None:
    assert screen(typed).level >= level


@pytest.mark.parametrize(
    "typed",
    [
        "this song is 🔥🔥",
        "im dead 💀💀💀",
        "good morning ☀️🌸",
        "👨‍🚒 thank you",
        "love you ❤️‍🔥",
        "🏴‍☠️ party saturday",
        "new baby 👶 at home",
    ],
)
def test_emoji_that_decorate_are_silent(typed: str) -> None:
    assert screen(typed).level is Level.NONE


def test_an_emoji_is_found_again_with_its_skin_and_all_its_repetitions() -> None:
    tokens = tokens_of("a 🤰🏽 b 💊\ufe0f💊", SPELLING.pictures.known)
    assert [(token.text, token.start, token.end) for token in tokens] == [
        ("a", 0, 1),
        ("🤰", 2, 4),
        ("b", 5, 6),
        ("💊", 7, 9),
        ("💊", 9, 10),
    ]
    typed = "ok i took all my 💊💊\ufe0f💊 bye"
    finding = screen(typed).findings[0]
    assert typed[finding.start : finding.end] == finding.words == "i took all my 💊💊\ufe0f💊"
    assert "read as: i took all my pills" in finding.notes


def test_every_emoji_has_words_in_both_languages() -> None:
    written = read_words(HERE / "pictures.yml")
    for table in ("things", "in_place", "deeds"):
        for emoji, words in written[table].items():
            assert len(emoji) == 1
            assert len(words) == 2
            assert all(word.isascii() and word.isalpha() and word.islower() for each in words for word in each.split())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("overdsing", "overdosing"),
        ("ovredose", "overdose"),
        ("brething", "breathing"),
        ("uncouncsious", "unconscious"),
        ("strangeld", "strangled"),
        ("respria", "respira"),
        ("anbulansia", "ambulancia"),
        ("pariedno", "pariendo"),
        ("corason", "corazon"),
        ("emerjensia", "emergencia"),
        ("aorcarme", "ahorcarme"),
        ("alluda", "ayuda"),
        ("bibir", "vivir"),
        ("despielta", "despierta"),
        ("quemao", "quemado"),
    ],
)
def test_slips_are_repaired_towards_words_that_the_cards_know(typed: str, meant: str) -> None:
    assert meant in SPELLING.known
    assert repair(typed, SPELLING.english, SPELLING) == [meant]


@pytest.mark.parametrize(
    "plain",
    [
        "dinner",
        "diner",
        "mudarnos",
        "marranos",
        "velador",
        "planchando",
        "sinning",
        "boxes",
        "veces",
        "vapes",
        "cobrandome",
    ]
    + ["rayaron", "listerine", "trapeado", "guadalupe", "brayan"],
)
def test_a_plain_word_is_not_taken_for_a_dangerous_one(plain: str) -> None:
    assert repair(plain, SPELLING.english, SPELLING) == [plain]
    assert repair(plain, SPELLING.spanish, SPELLING) == [plain]


def test_a_match_that_needed_repair_says_so() -> None:
    assert screen("i feel suicdal").findings[0].notes == ("read as: feel suicidal",)
    assert screen("i feel suicidal").findings[0].notes == ()


def spelled_otherwise(word: str, way: str) -> str:
    middle = len(word) // 2
    return {
        "as it is": word,
        "loud": word.upper(),
        "spaced": " ".join(word) if len(word) > 2 else word,
        "dotted": ".".join(word) if len(word) > 2 else word,
        "wide": "".join(chr(ord(char) + 0xFEE0) for char in word),
        "hidden": "\u200b".join(word),
        "marked": "\u0301".join(word) + "\u0301",
        "long": word[:middle] + word[middle] * 4 + word[middle:],
        "swapped": word if len(word) < 7 else word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :],
    }[way]


WAYS = ["as it is", "loud", "wide", "hidden", "marked", "long", "swapped"]


@given(
    st.sampled_from(["i want to kill myself", "quiero suicidarme", "me tome todas las pastillas", "i feel suicidal"]),
    st.lists(st.sampled_from(WAYS), min_size=6, max_size=6),
    st.sampled_from(["", "hola, ", "🔥 ok… ", "pls\n", "«"]),
    st.sampled_from(["", " bye", " 😭😭", "…gracias", "»"]),
)
@settings(max_examples=150, deadline=None)
def test_however_it_is_spelled_the_evidence_is_a_stretch_of_the_text(
    words: str, ways: list[str], before: str, after: str
) -> None:
    typed = " ".join(spelled_otherwise(word, way) for word, way in zip(words.split(), ways, strict=False))
    text = before + typed + after
    assessment = screen(text)
    assert assessment.level >= Level.URGENT
    for found in assessment.findings:
        assert found.words == text[found.start : found.end]
        assert not found.words[0].isspace()
        assert not found.words[-1].isspace()
    assert any(found.words in typed for found in assessment.findings)


@pytest.mark.parametrize("way", ["spaced", "dotted"])
def test_letters_pulled_apart_are_each_found_in_their_own_place(way: str) -> None:
    typed = spelled_otherwise("quieromorir", way)
    spanish = views_of("ya " + typed, SPELLING)[-1]
    assert [token.text for token in spanish.tokens] == ["ya", "quiero", "morir"]
    assert [(token.start, token.end) for token in spanish.tokens] == [(0, 2), (3, 14), (15, 24)]


@given(st.one_of(ANYTHING, TYPED))
@settings(max_examples=150, deadline=None)
def test_every_token_of_every_view_points_into_the_raw_text(raw: str) -> None:
    for view in views_of(raw, SPELLING):
        before = 0
        for index, token in enumerate(view.tokens):
            assert token.text
            assert 0 <= token.start < token.end <= len(raw)
            assert token.start >= before
            before = token.start
            start = view.start_of(index)
            assert view.text[start : start + len(token.text) + 1] == " " + token.text
            assert view.raw_range(start, start + len(token.text) + 1) == (token.start, token.end)
        assert view.text.isascii()


@given(st.lists(st.sampled_from(["quiero", "food", "pañal", "911", "Él", "don't", "niño"]), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_plain_words_keep_their_exact_places(words: list[str]) -> None:
    raw = "  ".join(words)
    assert [raw[token.start : token.end] for token in tokens_of(raw)] == words


def test_a_repair_never_hides_the_plain_reading() -> None:
    names = [view.name for view in views_of("k onda, u ok?", SPELLING)]
    assert names == ["plain", "english shorthand", "spanish shorthand"]
    assert [view.name for view in views_of("hello there", SPELLING)] == ["plain"]
