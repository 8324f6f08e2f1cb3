"""The look of the chat in the town's file: a colour in which words cannot be read, like any fault, ends the start."""

import itertools
import re
from datetime import time
from pathlib import Path

import pytest

from gateway.colours import contrast, mixed
from gateway.community import EXAMPLE, CommunityError, Staffed, load
from gateway.community_fields import DAYS
from gateway.community_widget import SURFACES, Accent, Widget
from gateway.web import widget_files, widget_look
from gateway.web.staffed_words import meant

CSS = (widget_files.FOLDER / "frame.css").read_text()


def town_with(folder: Path, section: str) -> Path:
    """The demo town's file with another [widget] section."""
    facts = re.sub(r"\[widget\]\n(?:.*\S.*\n)+", f"[widget]\n{section}\n", EXAMPLE.read_text(), count=1)
    file = folder / "town.toml"
    file.write_text(facts)
    return file


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.478),
        ("#0b5563", "#0b5563", 1),
    ],
)
def test_contrast_is_what_the_standard_says(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


def test_the_surfaces_are_those_of_the_style() -> None:
    light, dark = CSS.split("@media (prefers-color-scheme: dark)")[:2]
    for part, scheme in ((light, "light"), (dark, "dark")):
        found = dict(re.findall(r"--(page|theirs|ink): (#\w+);", part))
        assert (found["page"], found["theirs"]) == SURFACES[scheme]  # type: ignore[index]
        assert found["ink"] == widget_look.INK[scheme]  # type: ignore[index]


def test_every_fault_of_the_look_is_told_at_once(tmp_path: Path) -> None:
    wrong = (
        'accent = { light = "#f0b400", dark = "#0B5563" }\nposition = "top"\nbottom = 4\ncolor = "red"\n'
        'greeting = { en = "Hello" }'
    )
    with pytest.raises(CommunityError) as caught:
        load(town_with(tmp_path, wrong))
    told = "\n".join(caught.value.faults)
    for field in ("accent.light", "accent.dark", "position", "bottom", "color", "greeting.es"):
        assert f"town.toml: widget.{field}: " in told, field
    assert "#f0b400 has a contrast of 1.67:1 on the chat's #eef3f5, and words need at least 4.5:1" in told
    assert "#0b5563 has a contrast of 1.70:1 on the chat's #232b30" in told


def test_what_is_proposed_instead_is_taken(tmp_path: Path) -> None:
    with pytest.raises(CommunityError) as caught:
        load(town_with(tmp_path, 'accent = { light = "#f0b400", dark = "#5a1e8c" }'))
    light, dark = re.findall(r"(#\w+) would do", "\n".join(caught.value.faults))
    accent = load(town_with(tmp_path, f'accent = {{ light = "{light}", dark = "{dark}" }}')).widget.accent
    assert (accent.light, accent.dark) == (light, dark)


@pytest.mark.parametrize("colour", ["red", "#fff", "#0b556", "#0b5563ff", "rgb(0,0,0)", "#0b5563; } body { all: unset"])
def test_a_colour_is_six_digits_and_nothing_else(tmp_path: Path, colour: str) -> None:
    with pytest.raises(CommunityError, match="six digits"):
        load(town_with(tmp_path, f'accent = {{ light = "{colour}", dark = "#8fd3e0" }}'))


def test_a_town_without_the_section_looks_as_before(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text(re.sub(r"\[widget\]\n(?:.*\S.*\n)+", "", EXAMPLE.read_text(), count=1))
    assert load(file).widget == Widget()
    assert widget_look.of(load(file).widget) == widget_look.PLAIN


def test_what_is_made_of_any_colour_that_is_taken_can_be_read() -> None:
    """Every accent at the edge of what is taken, in many hues: the hover of a button, and words on the tint."""
    steps = ("00", "33", "66", "99", "cc", "ff")
    colours = ["#" + "".join(parts) for parts in itertools.product(steps, repeat=3)]
    readable = {
        scheme: [each for each in colours if min(contrast(each, under) for under in SURFACES[scheme]) >= 4.5]
        for scheme in SURFACES
    }
    assert all(len(found) > 30 for found in readable.values())
    for scheme, (page, _) in SURFACES.items():
        for main in readable[scheme]:
            assert contrast(mixed(main, widget_look.INK[scheme], widget_look.DEEPER), page) >= 4.5
    for light in readable["light"]:
        assert contrast(widget_look.INK["light"], mixed(light, SURFACES["light"][0], widget_look.TINT)) >= 4.5
        assert contrast(widget_look.INK["dark"], mixed(light, SURFACES["dark"][0], widget_look.DARK_TINT)) >= 4.5


def test_the_built_in_look_is_one_that_would_be_taken() -> None:
    built_in = Widget().accent
    assert Accent(light=built_in.light, dark=built_in.dark) == built_in
    assert load(None).widget == Widget(), "the example shows what stands without it"


@pytest.mark.parametrize(
    ("days", "en", "es"),
    [
        (DAYS[:5], "Monday to Friday", "lunes a viernes"),
        (DAYS, "every day", "todos los días"),
        (("sun", "sat"), "Saturday and Sunday", "sábado y domingo"),
        (("mon", "wed", "fri"), "Monday, Wednesday, and Friday", "lunes, miércoles y viernes"),
        (("tue",), "Tuesday", "martes"),
    ],
)
def test_hours_are_said_as_a_plan(days: tuple[str, ...], en: str, es: str) -> None:
    staffed = Staffed(days=days, start=time(9), end=time(17, 30))  # type: ignore[arg-type]
    assert meant(staffed, "en") == f"People are meant to answer {en}, 9am to 5:30pm. You can write at any time."
    told = f"Suele haber personas para responder: {es}, de 9am a 5:30pm. Puede escribir a cualquier hora."
    assert meant(staffed, "es") == told


def test_day_and_night_is_a_plan_too() -> None:
    assert meant(Staffed(always=True), "en") == "People are meant to answer day and night."
    assert meant(Staffed(always=True), "es") == "Suele haber personas para responder de día y de noche."
