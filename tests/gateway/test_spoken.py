"""What is read out loud has no short forms, and numbers are read digit by digit."""

import pytest

from gateway import spoken


@pytest.mark.parametrize(("printed", "said"), [
    ("415-555-0101", "4 1 5, 5 5 5, 0 1 0 1"),
    ("1-800-222-1222 x5", "1, 8 0 0, 2 2 2, 1 2 2 2 x5"),
    ("988", "9 8 8"),
    ("Call 211 to find another one.", "Call 2 1 1 to find another one."),
    ("text HOME to 741741", "text HOME to 7 4 1 7 4 1"),
    ("500 Oak", "500 Oak"),
])  # fmt: skip
def test_a_number_is_read_digit_by_digit(printed: str, said: str) -> None:
    assert spoken.number(printed) == said


@pytest.mark.parametrize(("language", "printed", "said"), [
    ("en", "Mon-Fri 9am-4:30pm", "Monday to Friday 9 a m to 4:30 p m"),
    ("en", "1st & 3rd Sat 10am-noon", "1st and 3rd Saturday 10 a m to noon"),
    ("en", "Mon, Wed noon-midnight", "Monday, Wednesday noon to midnight"),
    ("en", "Sun: call for hours", "Sunday: call for hours"),
    ("es", "lun-vie 9am-4:30pm", "lunes a viernes 9 de la mañana a 4:30 de la tarde"),
    ("es", "sáb 12pm-8pm", "sábado 12 del día a 8 de la noche"),
    ("es", "1er y 3er mié 10am-1pm", "1er y 3er miércoles 10 de la mañana a 1 de la tarde"),
    ("es", "dom 8pm-12am", "domingo 8 de la noche a 12 de la noche"),
])  # fmt: skip
def test_hours_are_read_in_full(language: str, printed: str, said: str) -> None:
    assert spoken.hours(printed, language) == said


@pytest.mark.parametrize(("printed", "said"), [
    ("500 Oak St., Ste 4, Riverton 94110", "500 Oak Street, Suite 4, Riverton 94110"),
    ("1 St Mary Ave #3", "1 St Mary Avenue number 3"),
    ("24th & Mission Blvd", "24th & Mission Boulevard"),
])  # fmt: skip
def test_an_address_is_read_in_full(printed: str, said: str) -> None:
    assert spoken.address(printed) == said


def test_a_code_is_read_letter_by_letter() -> None:
    assert spoken.letters("K7Q") == "K, 7, Q"
