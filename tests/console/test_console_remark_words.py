"""What an import remarks is told in the language of the console: every sentence, with the cells that it is about."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import gettext

from gateway.web import import_words, remark_words

DIRECTORY = Path(remark_words.__file__).parents[1] / "directory"
REAL = [
    ("closes_at '4:00 PM' read as 16:00", "closes_at '4:00 PM' se leyó como 16:00"),
    ("freq was empty, read as WEEKLY", "freq estaba vacío; se leyó como WEEKLY"),
    ("status 'Odd' is none that HSDS knows; read as inactive", "status 'Odd' no existe en HSDS; se leyó como inactivo"),
    ("address_1 'Hidden' read as a place that is not told", "address_1 'Hidden' se leyó como un lugar que no se dice"),
    ("a.csv is not UTF-8; it was read as UTF-16", "a.csv no está en UTF-8; se leyó como UTF-16"),
    ("organization, name missing", "falta organization, name"),
    ("there is no taxonomy_term 12; kept without it", "no hay taxonomy_term 12; se guardó sin eso"),
    ("the files were read as Ohana", "los archivos se leyeron como Ohana"),
    ("phones.csv, rows with contact_id, about a person", "phones.csv, filas con contact_id: datos de una persona"),
]  # fmt: skip


def written(node: ast.expr) -> Iterator[str]:
    """The sentences that an expression may be, with a word in place of each cell."""
    if isinstance(node, ast.IfExp):
        yield from (*written(node.body), *written(node.orelse))
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "cell" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def remarks(tree: ast.AST) -> Iterator[str]:
    """All that a module of the directory remarks: what it notes and keeps, and why it refuses."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="append", value=value), args=[said]):
                named = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
                if named in {"notes", "kept"}:
                    yield from written(said)
            case ast.Call(func=ast.Name(id="Remark"), args=[_, _, said]):
                yield from written(said)
            case ast.Assign(targets=[ast.Attribute(attr="refused")], value=said):
                yield from written(said)


SAID = sorted({said for file in DIRECTORY.glob("*.py") for said in remarks(ast.parse(file.read_text()))})
# Made of parts that are sentences themselves.
MADE_UP = {"cell was left out: cell", "cell cell"}


@pytest.mark.parametrize(("english", "told"), REAL)
def test_a_remark_is_told_in_spanish_and_stays_in_english(app: Flask, english: str, told: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert remark_words.told(english) == told
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert remark_words.told(english) == english


def test_all_that_is_remarked_has_its_sentence(app: Flask) -> None:
    assert len(SAID) > 40
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert {said for said in SAID if remark_words.told(said) == said} == MADE_UP


def test_a_remark_of_a_towns_own_stays_and_breaks_nothing(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        for own in ("Row colour: means nothing", "100 %(n)s", "", "\n"):
            assert remark_words.told(own) == own
        assert remark_words.told("name '50 % off' read as empty") == "name '50 % off' se leyó como vacío"


def test_the_tabs_of_the_changes_hold_one_and_several(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert [gettext(name) for name in import_words.MARKS.values()] == ["Bajas", "Cambios", "Altas"]


@pytest.mark.parametrize(("mark", "one", "several"), [
    ("gone", "1 baja", "2 bajas"), ("changed", "1 cambio", "2 cambios"), ("new", "1 alta", "2 altas"),
])  # fmt: skip
def test_one_and_several_have_their_own_words(app: Flask, mark: str, one: str, several: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        draw = app.jinja_env.from_string("{{ _(word, n=count) }}").render
        assert draw(word=import_words.counted(mark, 1), count="1") == one
        assert draw(word=import_words.counted(mark, 2), count="2") == several
