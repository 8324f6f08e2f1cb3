"""Segments are counted as a carrier bills them, and a text is brought near to GSM-7 without losing a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.segments import ALPHABET, EXTENSION, count, gsm_safe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 0)),
        ("a", ("GSM-7", 1, 1)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("ñ¿¡éàü" * 26, ("GSM-7", 156, 1)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("€" * 81, ("GSM-7", 162, 2)),
        # 152 letters and an escape pair: the pair does not fit in what is left of the first segment.
        ("a" * 152 + "€" + "a" * 153, ("GSM-7", 307, 3)),
        ("á" * 70, ("UCS-2", 70, 1)),
        ("á" * 71, ("UCS-2", 71, 2)),
        ("á" * 134, ("UCS-2", 134, 2)),
        ("á" * 135, ("UCS-2", 135, 3)),
        ("🙂" * 35, ("UCS-2", 70, 1)),
        ("🙂" * 36, ("UCS-2", 72, 2)),
        # 33 pairs in each segment of 67 units, never half a pair.
        ("🙂" * 67, ("UCS-2", 134, 3)),
    ],
)
def test_known_prices(text: str, expected: tuple[str, int, int]) -> None:
    assert count(text) == expected


@given(st.text(alphabet=st.sampled_from(sorted(ALPHABET | EXTENSION)), max_size=700))
def test_what_the_alphabet_has_stays_as_it_is(text: str) -> None:
    assert gsm_safe(text) == text
    assert count(text).encoding == "GSM-7"


@given(st.text(max_size=400))
def test_a_safe_text_stays_safe_and_segments_hold_all_units(text: str) -> None:
    safe = gsm_safe(text)
    assert gsm_safe(safe) == safe
    counted = count(text)
    room = {"GSM-7": 153, "UCS-2": 67}[counted.encoding]
    assert counted.units <= max(counted.segments * room, 160)
    assert counted.segments >= 1 or not text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("¿Dónde está la niña? ¡Aquí, en el café!", "¿Donde esta la niña? ¡Aqui, en el café!"),
        ("ÁÍÓÚ áíóú ÑñÜü Éé à", "AIOU aiou ÑñÜü Éé à"),
        ("“Hi” – it’s 5 o‘clock…", "\"Hi\" - it's 5 o'clock..."),
        ("n\u0303 e\u0301", "ñ é"),
        ("no\u00a0break\u200b", "no break"),
        ("🙂 救", "🙂 救"),
    ],
)
def test_only_what_the_alphabet_lacks_is_rewritten(text: str, safe: str) -> None:
    assert gsm_safe(text) == safe
