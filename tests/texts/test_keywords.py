"""STOP, START and HELP count as whole messages only; a sentence is never swallowed by a keyword."""

import pytest

from gateway.keywords import Keyword, read

OUT = "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT ALTO PARAR PARE BASTA CANCELAR BAJA".split()
BACK = ["START", "UNSTOP", "INICIAR", "COMENZAR"]
HELP = ["HELP", "INFO", "AYUDA", "SOS"]
EXPECTED = [
    *((word, Keyword.STOP) for word in [*OUT, "NO MAS"]),
    *((word, Keyword.START) for word in BACK),
    *((word, Keyword.HELP) for word in HELP),
]


@pytest.mark.parametrize(("word", "keyword"), EXPECTED)
@pytest.mark.parametrize(
    "dress", ["{}", " {} \n", "{}.", "{}!!", "¡{}!", "«{}»".replace("«", '"').replace("»", '"'), "({})"]
)
def test_a_word_counts_in_any_dress(word: str, keyword: Keyword, dress: str) -> None:
    for form in (word, word.lower(), word.capitalize()):
        assert read(dress.format(form)) is keyword


@pytest.mark.parametrize("text", ["no más", "No  Más.", "NO MÁS", "stop\u200b", "ＳＴＯＰ"])
def test_accents_widths_and_hidden_letters_do_not_count(text: str) -> None:
    assert read(text) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    [
        "stop, I want to die",
        "STOP HITTING ME",
        "make it stop",
        "quit my job",
        "i want to end it",
        "the end",
        "cancel my visit",
        "basta ya de vivir",
        "no mas por favor me pega",
        "ayuda mi hijo no respira",
        "help me",
        "sos mi amigo",
        "info about food",
        "",
        " ",
        "...",
        "🙂",
        "stopp",
        "s t o p",
        "ALTO 12",
        "end of the month",
    ],
)
def test_a_sentence_is_no_keyword(text: str) -> None:
    assert read(text) is None
    assert read(text, opted_out=True) is None


def test_yes_opts_in_only_after_an_opt_out() -> None:
    assert read("Yes!") is None
    assert read("Yes!", opted_out=True) is Keyword.START
    assert read("yes please", opted_out=True) is None
    assert read("STOP", opted_out=True) is Keyword.STOP
