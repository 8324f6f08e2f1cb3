"""An order is read in both languages and with slips; what may be words is never taken for an order, nor the reverse."""

import pytest

from gateway.relay_words import Said, read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CLAIM 41", Said("claim", 41)),
        ("claim41", Said("claim", 41)),
        (" Claim #41. ", Said("claim", 41)),
        ("Reclamar 41", Said("claim", 41)),
        ("¡RECLAMAR: 41!", Said("claim", 41)),
        ("claim", Said("claim")),
        ("41", Said("number", 41)),
        ("#4127.", Said("number", 4127)),
        ("41: On my way", Said("named", 41, "On my way")),
        ("41 : ¿Está bien?", Said("named", 41, "¿Está bien?")),
        ("41:NOTE this", Said("named", 41, "NOTE this")),
        ("10:30 is fine", Said("plain", None, "10:30 is fine")),
        ("41 Elm Street", Said("plain", None, "41 Elm Street")),
        ("5", Said("plain", None, "5")),
        ("I can claim 41 for you", Said("plain", None, "I can claim 41 for you")),
        ("claim 41 please", Said("unclear", None, "claim 41 please")),
        ("NOTE Speaks Q'eqchi'.", Said("note", None, "Speaks Q'eqchi'.")),
        ("Nota 41: Él está solo", Said("note", 41, "Él está solo")),
        ("nota: sola", Said("note", None, "sola")),
        ("note 41 Elm Street", Said("note", None, "41 Elm Street")),
        ("NOTE", Said("note")),
        ("notes are here", Said("plain", None, "notes are here")),
        ("DONE referred", Said("done", None, "referred")),
        ("listo 41 Not_In_Danger", Said("done", 41, "not_in_danger")),
        ("Done.", Said("done")),
        ("Listo, ya llamé al médico", Said("done", None, "ya llame al medico")),
        ("BACK", Said("back")),
        ("devolver 41", Said("back", 41)),
        ("Back in two minutes", Said("unclear", None, "Back in two minutes")),
        ("HELP", Said("help")),
        ("¡Ayuda!", Said("help")),
        ("Help is on the way", Said("unclear", None, "Help is on the way")),
        ("ayúdame", Said("plain", None, "ayúdame")),
        ("STOP", Said("stop")),
        ("Alto", Said("stop")),
        ("START", Said("start")),
        ("please stop", Said("plain", None, "please stop")),
        ("", Said("plain")),
    ],
)
def test_it_reads(text: str, said: Said) -> None:
    assert read(text) == said


def test_yes_is_start_only_where_texts_are_stopped() -> None:
    assert read("YES") == Said("plain", None, "YES")
    assert read("YES", stopped=True) == Said("start")


def test_words_are_no_part_of_what_is_shown_in_a_trace() -> None:
    assert "secret" not in repr(read("41: secret"))
