"""Cells that mean the same with every publisher are told in plain words of both languages."""

from dataclasses import replace

import pytest

from gateway.directory import cells, facts
from gateway.yaml_files import read_yaml
from tests.directory.test_directory_answers import PANTRY

TOLD = [
    ("None.", "cost", "Free", "Gratis"),
    ("None", "who", "anyone", "todas las personas"),
    ("None. For: Any age.", "who", "anyone", "todas las personas"),
    ("For: a senior (60 years or older)", "who", "a senior (60 years or older)", "a senior (60 years or older)"),
    ("None for most services", "who", "None for most services", "None for most services"),
    ("No wait.", "wait", "none", "no hay"),
    ("wheelchair; disabled_parking", "access", "wheelchair; parking for people with disabilities",
     "silla de ruedas; estacionamiento para personas con discapacidad"),
    ("$5 a visit", "cost", "$5 a visit", "$5 a visit"),
    (None, "cost", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "about", "en", "es"), TOLD)
def test_a_cell_in_both_languages(cell: str | None, about: str, en: str | None, es: str | None) -> None:
    assert cells.told(cell, about, "en") == en
    assert cells.told(cell, about, "es") == es


def test_every_cell_is_written_as_it_is_looked_up_and_stands_once() -> None:
    for about, entries in read_yaml(cells.FILE).items():
        listed = [cell for entry in entries for cell in entry["cells"]]
        assert len(listed) == len(set(listed)), about
        assert all(cells.told(cell, about, code) == entry[code]
                   for entry in entries for cell in entry["cells"] for code in ("en", "es"))  # fmt: skip


def test_details_tell_them() -> None:
    known = replace(
        PANTRY, fees="None.", eligibility="None", wait_time="Varies.", how_to_apply="Walk in or apply by phone."
    )
    assert facts.told(known, "cost", "", "es") == ["Costo: Gratis"]
    assert facts.told(known, "who", "", "en") == ["For: anyone"]
    assert facts.told(known, "apply", "", "es") == ["Para pedir ayuda: Vaya, o llame", "Espera: no es siempre igual"]
