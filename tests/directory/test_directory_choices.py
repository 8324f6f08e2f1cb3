"""The next word after a list of services, in both languages; and what must not be taken for one."""

import json
import subprocess
import sys

import pytest

from gateway.directory import choices
from gateway.directory.choices import Choice
from tests.conftest import ROOT

READ = {
    "1": Choice("detail", (1,)),
    " 2. ": Choice("detail", (2,)),
    "#3": Choice("detail", (3,)),
    "2)": Choice("detail", (2,)),
    "el 2": Choice("detail", (2,)),
    "La segunda": Choice("detail", (2,)),
    "the first one": Choice("detail", (1,)),
    "número 3 por favor": Choice("detail", (3,)),
    "1 and 3": Choice("detail", (1, 3)),
    "1 y 2": Choice("detail", (1, 2)),
    "more about 2": Choice("detail", (2,)),
    "info 1": Choice("detail", (1,)),
    "más sobre el 2": Choice("detail", (2,)),
    "MORE": Choice("more"),
    "more please": Choice("more"),
    "Más": Choice("more"),
    "mas opciones": Choice("more"),
    "otros": Choice("more"),
    "open now": Choice("open_now"),
    "which ones are open now?": Choice("open_now"),
    "what's open": Choice("open_now"),
    "¿Cuáles están abiertos ahora?": Choice("open_now"),
    "abierto ahorita": Choice("open_now"),
    "closer": Choice("closer"),
    "anything closer to me?": Choice("closer"),
    "más cerca": Choice("closer"),
    "hay algo más cerca de mí": Choice("closer"),
    "map": Choice("map"),
    "Map 2": Choice("map", (2,)),
    "2 map": Choice("map", (2,)),
    "mapa del 3": Choice("map", (3,)),
    "¿Dónde queda el 1?": Choice("map", (1,)),
    "directions to 2": Choice("map", (2,)),
    "call": Choice("call"),
    "call 2": Choice("call", (2,)),
    "llamar al 3": Choice("call", (3,)),
    "teléfono del segundo": Choice("call", (2,)),
}
NOT_READ = (
    "2 kids need diapers",
    "i need 1 bed",
    "no más",
    "no more texts",
    "ya no más mensajes",
    "call me",
    "call 911",
    "llámeme",
    "call 9-1-1",
    "94110",
    "cerca",
    "cerca del hospital",
    "los dos",
    "the two of us",
    "I am at map store",
    "yes",
    "sí",
    "no",
    "ok",
    "help",
    "person",
    "somebody hit me 2",
    "i open at 9",
    "0",
    "12",
    "",
    "😀",
    "is there more food somewhere near the big map of town where i can call somebody for 2 people",
)


@pytest.mark.parametrize("text", READ)
def test_a_word_after_the_list_is_read(text: str) -> None:
    assert choices.read(text) == READ[text]


@pytest.mark.parametrize("text", NOT_READ)
def test_anything_else_goes_on_to_the_bot(text: str) -> None:
    assert choices.read(text) is None


def test_open_alone_asks_what_is_open() -> None:
    assert choices.read("open") == choices.read("abierto") == Choice("open_now")


def test_numbers_are_read_as_the_bot_reads_them() -> None:
    """The bot's reader cannot be imported here, so that both are asked."""
    said = [text for text in (*READ, *NOT_READ) if "#" not in text and ")" not in text]
    code = (
        "import sys, json; from bot.ordinals import chosen_numbers;"
        "print(json.dumps([chosen_numbers(text) for text in json.loads(sys.argv[1])]))"
    )
    python = ROOT / ".venv-bot/bin/python"
    run = subprocess.run(
        [str(python) if python.exists() else sys.executable, "-c", code, json.dumps(said)],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=120,
    )  # fmt: skip
    theirs = [tuple(numbers) for numbers in json.loads(run.stdout)]
    assert {t: choices.numbers_in(t) for t in said} == dict(zip(said, theirs, strict=True))
