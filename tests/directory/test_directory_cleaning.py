"""A cell becomes plain text, and a number what its writer meant."""

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory import values
from gateway.directory.cleaning import is_nothing, plain_text, storable


@pytest.mark.parametrize(
    ("given_text", "plain"),
    [
        ("<p>Free <b>food</b>&nbsp;for all<br/>Bring ID</p>", "Free food for all\nBring ID"),
        ("R&amp;D &lt;b&gt;bold&lt;/b&gt;", "R&D bold"),
        ("<ul><li>Soup</li><li>Bread</li></ul>", "Soup\nBread"),
        ('See <a href="https://example.org/x">our page</a>.', "See our page (https://example.org/x)."),
        ('<a href="mailto:ana@example.org">ana@example.org</a>', "ana@example.org"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("a<script>alert('b')</script>c<style>p{}</style>d", "acd"),
        ("a<!--[if mso]>x<![endif]-->b<br>c", "ab\nc"),
        ("<span style='color:red'>Ni&ntilde;os</span>", "Niños"),
        ("Ages <18 years & >5", "Ages <18 years & >5"),
        ("Write to <ana@example.org>", "Write to <ana@example.org>"),
        ("AT&T; Q&A", "AT&T; Q&A"),
        ("two\n\nparagraphs", "two\n\nparagraphs"),
        ("&#0;&#xD800;a", "��a"),
    ],
)
def test_mark_up_is_read_as_on_its_page(given_text: str, plain: str) -> None:
    assert plain_text(given_text) == plain
    assert plain_text(plain) == plain


@given(st.text(alphabet="<>/abp!- &;#x1sript\n=\"'", max_size=200))
def test_what_is_plain_can_be_stored_and_stays(text: str) -> None:
    plain = plain_text(text)
    assert storable(plain) == plain
    assert "<script>" not in plain.lower() or "<script>" not in text.lower()


@pytest.mark.parametrize("piece", ["<", "<a ", "<script>", "<!--", "&", "</p", "<p " + "x" * 50, "&amp;lt;"])
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    plain_text(text)
    assert time.process_time() - started < 10  # a quadratic reading would take hours


@pytest.mark.parametrize("text", ["NULL", "null", "N/A", "n/a", "#REF!", "-", "\\N", "NaN"])
def test_some_words_mean_that_a_cell_is_empty(text: str) -> None:
    assert is_nothing(text)


@pytest.mark.parametrize("text", ["None", "no", "0", "none needed", "N/A for children", "free"])
def test_other_words_say_something(text: str) -> None:
    assert not is_nothing(text)


def test_halves_of_letters_cannot_be_stored() -> None:
    assert storable("a\ud800b\x00c🍎") == "a?bc🍎"


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        (("location", "latitude"), "37,75", 37.75),
        (("location", "longitude"), "-122,419", -122.419),
        (("location", "longitude"), -122, -122.0),
        (("translation", "language"), "Spanish", "es"),
        (("translation", "language"), "es-MX", "es"),
        (("translation", "language"), "ES", "es"),
        (("translation", "object"), "Services", "service"),
        (("attribute", "link_entity"), "Service At Location", "service_at_location"),
    ],
)
def test_some_columns_are_read_in_their_own_way(column: tuple[str, str], written: object, read: object) -> None:
    assert values.OWN[column](written) == read


@pytest.mark.parametrize(
    ("written", "read"), [("$1,000.50", "1000.50"), ("10,50", "10.50"), ("1,000", "1000.00"), ("-5", "-5.00")]
)
def test_a_comma_is_for_thousands_or_for_cents(written: str, read: str) -> None:
    assert str(values.READ[values.Decimal](written)) == read


@pytest.mark.parametrize("written", ["$5-$10", "1,00,0", "free", "NaN", "1e30", "five"])
def test_what_is_no_amount_is_none(written: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        values.READ[values.Decimal](written)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("25/12/2025", date(2025, 12, 25)),
        ("31.12.2025", date(2025, 12, 31)),
        ("12/25/2025", date(2025, 12, 25)),
        ("20251225", date(2025, 12, 25)),
        ("Dec 25, 2025", date(2025, 12, 25)),
        ("46016", date(2025, 12, 25)),
        ("1766678400", date(2025, 12, 25)),
        ("1766678400000", date(2025, 12, 25)),
        ("2025-12-25T10:00:00Z", date(2025, 12, 25)),
    ],
)
def test_days_are_read_as_many_write_them(written: str, day: date) -> None:
    assert values.READ[date](written) == day
    assert values.READ[datetime](written).astimezone(UTC).date() == day
