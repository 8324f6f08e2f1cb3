"""What a resident wrote, made safe to look at: marked, isolated, and with nothing hidden in it."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from gateway.web.console_evidence import PLAIN, _pieces, marked, snippet, spans


def card(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "earlier": False} | more


class Drawn(HTMLParser):
    """What a browser would show: the letters, the letters that are marked, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.letters, self.marked = "", ""
        self.tags: set[str] = set()
        self._open: list[str] = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.letters += data
        if "mark" in self._open:
            self.marked += data


def test_what_is_taken_for_plain_hides_nothing() -> None:
    plain = [letter for letter in map(chr, range(0x3000)) if PLAIN.fullmatch(letter)]
    assert set("aZ ñÁ¿¡«»'’“”…—\n") <= set(plain)
    assert "".join(_pieces("".join(plain))) == "".join(escape(each) for each in plain)


def test_words_are_marked_where_they_stand() -> None:
    assert marked("i took all my pills", [(2, 19)]) == '<bdi dir="auto">i <mark>took all my pills</mark></bdi>'


def test_overlapping_cards_make_one_mark() -> None:
    assert spans([card(5, 9), card(0, 6), card(20, 99), card(3, 3), card(0, 4, earlier=True)], 30) == [(0, 9), (20, 30)]


def test_the_mark_is_made_on_the_raw_text_and_not_on_the_escaped_one() -> None:
    text = "<b>&</b> pills"
    assert "<mark>pills</mark>" in marked(text, [(9, 14)])
    assert marked(text, [(0, 3)]) == '<bdi dir="auto"><mark>&lt;b&gt;</mark>&amp;&lt;/b&gt; pills</bdi>'


@pytest.mark.parametrize(
    ("letter", "shown"),
    [
        ("\u200b", "ZWSP"),
        ("\u202e", "RLO"),
        ("\u2066", "LRI"),
        ("\ufeff", "BOM"),
        ("\x07", "U+0007"),
        ("\u2028", "U+2028"),
        ("\u3164", "U+3164"),
        ("\U000e0041", "U+E0041"),
        ("\u200d", "ZWJ"),
        ("\r", "U+000D"),
    ],
)
def test_what_cannot_be_seen_is_named(letter: str, shown: str) -> None:
    html = marked(f"ki{letter}ll")
    assert letter not in html
    assert f">{shown}</span>" in html


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "❤️‍🔥", "1️⃣", "👍🏽", "mañana ¿sí?", "cafe\u0301", "a\nb\tc", "שלום", "↔️"])
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert "unseen" not in marked(text)
    assert Drawn(marked(text)).letters == text


def test_a_pile_of_marks_is_cut() -> None:
    html = marked("a" + "\u0301" * 40 + "b")
    assert html.count("\u0301") == 4
    assert "+36" in html


def test_a_snippet_shows_what_fired_in_one_line() -> None:
    text = "x" * 200 + "\nmy pills " + "y" * 200
    at = text.index("pills")
    drawn = Drawn(snippet(text, [card(at, at + 5)]))
    assert drawn.marked == "pills"
    assert drawn.letters.startswith("…")
    assert drawn.letters.endswith("…")
    assert "\n" not in drawn.letters
    assert len(drawn.letters) < 140


def test_a_snippet_without_a_card_is_the_beginning() -> None:
    assert Drawn(snippet("quiero hablar con alguien", [])).letters == "quiero hablar con alguien"


TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, places=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=5))
def test_any_text_with_any_cards_is_drawn_as_text(text: str, places: list[tuple[int, int]]) -> None:
    findings = [card(*place) for place in places]
    for html in (marked(text, spans(findings, len(text))), snippet(text, findings)):
        drawn = Drawn(html)
        assert drawn.tags <= {"bdi", "mark", "span"}
        assert not {"\u202e", "\u200b", "\x00", "\u2066"} & set(html)


@given(text=st.text(alphabet="ab <>&\"'ñé", max_size=40), place=st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_exactly_the_words_are_marked(text: str, place: tuple[int, int]) -> None:
    drawn = Drawn(marked(text, spans([card(*place)], len(text))))
    assert drawn.letters == text
    assert drawn.marked == text[place[0] : place[1]]
