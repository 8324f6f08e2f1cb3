"""The safety texts await a signature, which counts for the words that were read alone, and the page shows them."""

import logging
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from gateway import safety, texts
from gateway.app import open_door, refuse_faulty_texts
from gateway.cli import main
from gateway.community import EXAMPLE, Community, SignOff, load
from gateway.settings import Settings
from tools import safety_page


@pytest.fixture
def town() -> Community:
    return load(None)


def signed(town: Community, version: str) -> Community:
    signature = SignOff(name="Ana Ruiz", role="Medical director", date=date(2026, 12, 1), version=version)
    return town.model_copy(update={"safety_sign_off": signature})


def test_nothing_is_signed_until_a_town_signs(town: Community) -> None:
    assert not safety.signed(town)
    assert safety.state(town) == "awaiting clinical sign-off"


def test_a_signature_names_who_gave_it(town: Community) -> None:
    read = signed(town, safety.version())
    assert safety.signed(read)
    assert safety.state(read) == "signed by Ana Ruiz, Medical director, 2026-12-01"


def test_a_signature_under_other_words_does_not_count(town: Community) -> None:
    read = signed(town, "0123456789ab")
    assert not safety.signed(read)
    assert safety.state(read).startswith("awaiting clinical sign-off: ")
    assert "Ana Ruiz" in safety.state(read)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Get out now and stay out.", "Get out now."),
        ("Salga ahora y no vuelva a entrar.", "Salga ahora."),
        ("Call or text 911 now.", "Text 911 now."),
        ("[threat, violence]", "[threat, distress]"),
    ],
)
def test_every_change_of_what_is_said_or_when_changes_the_version(old: str, new: str, tmp_path: Path) -> None:
    words = (texts.FOLDER / texts.SAFETY).read_text(encoding="utf-8")
    path = tmp_path / "safety.yml"
    path.write_text(words, encoding="utf-8")
    assert safety.version_of(texts.read_safety(path)) == safety.version()
    assert words.count(old) == 1
    path.write_text(words.replace(old, new), encoding="utf-8")
    assert safety.version_of(texts.read_safety(path)) != safety.version()


def test_a_town_signs_in_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    commented = EXAMPLE.read_text(encoding="utf-8")
    block = commented[commented.index("# [safety_sign_off]") :]
    given = block.replace("# ", "").replace("the version that frontdoor safety prints", safety.version())
    path.write_text(commented + given, encoding="utf-8")
    assert safety.signed(load(path))


@pytest.mark.parametrize("wrong", [{"version": "latest"}, {"date": "soon"}, {"name": ""}, {"role": None}, {"by": "x"}])
def test_half_a_signature_is_refused(wrong: dict[str, object]) -> None:
    whole = {"name": "Ana Ruiz", "role": "Nurse", "date": "2026-12-01", "version": "0123456789ab"}
    SignOff.model_validate(whole)
    with pytest.raises(ValidationError):
        SignOff.model_validate(whole | wrong)


def test_the_command_prints_all_of_it(town: Community) -> None:
    ran = CliRunner().invoke(main, ["safety"], env={"FRONTDOOR_COMMUNITY": ""})
    assert ran.exit_code == 0, ran.output
    assert ran.output.startswith(f"safety texts: awaiting clinical sign-off\nversion {safety.version()}, Demo Town\n")
    told = texts.safety_texts()
    for level, named in told.levels.items():
        for name, text in named.items():
            assert f"== {level} / {name}" in ran.output
            for code in texts.LANGUAGES:
                assert texts.filled(text, code, town).splitlines()[0] in ran.output
    assert re.search(r"^Español: \d segments?, GSM-7, \d+ units$", ran.output, re.MULTILINE)
    assert "== not_screened" in ran.output
    assert "{" not in ran.output


def test_the_command_reads_the_towns_file(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8").replace("text_to_911 = false", "text_to_911 = true"))
    ran = CliRunner().invoke(main, ["safety"], env={"FRONTDOOR_COMMUNITY": str(path)})
    assert "Call or text 911 now." in ran.output
    assert "mande un texto al 911" not in ran.output
    missing = CliRunner().invoke(main, ["safety", "--community", str(tmp_path / "none.toml")])
    assert missing.exit_code == 1
    assert "no such file" in missing.output


def test_the_start_says_that_the_texts_await_a_signature(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    refuse_faulty_texts()
    with caplog.at_level(logging.INFO, logger="gateway.app"):
        open_door(settings).close()
    assert "safety texts: awaiting clinical sign-off" in caplog.messages


def test_the_page_shows_the_texts_as_they_are() -> None:
    assert safety_page.brought_up_to_date(safety_page.PAGE.read_text(encoding="utf-8")) == safety_page.PAGE.read_text(
        encoding="utf-8"
    ), "run: .venv/bin/python -m tools.safety_page"


def test_the_page_keeps_what_was_written_by_hand() -> None:
    page = f"# By hand\n\n{safety_page.BEGIN}\nof yesterday\n{safety_page.END}\n\nmore\n"
    fresh = safety_page.brought_up_to_date(page)
    assert fresh.startswith("# By hand\n")
    assert fresh.endswith("\n\nmore\n")
    assert "of yesterday" not in fresh
    assert f"`{safety.version()}`" in fresh
    with pytest.raises(ValueError, match="markers"):
        safety_page.brought_up_to_date("# By hand\n")
