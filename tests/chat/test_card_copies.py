"""One service of a list can be kept: saved and printed from its card, without the rest of what was said."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway.door import Door
from tests.chat.conftest import PHONE
from tests.chat.test_chat_browser import findings
from tests.chat.test_chat_cards import directory, served
from tests.chat.test_widget_options import VOICE, alone

__all__ = ["directory"]
pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.usefixtures("directory")]
WORDS = {
    "en": ("hello, i need food, 94110", "Save a copy", "Print"),
    "es": ("hola, necesito comida, 94110", "Guardar una copia", "Imprimir"),
}


def listed(page: Page, site: str, door: Door, language: str = "en") -> list[str]:
    """The names of three services that are told in a chat of its own."""
    page.set_viewport_size(PHONE)
    alone(page, site, language)
    page.locator("#input").fill(WORDS[language][0])
    page.locator("#input").press("Enter")
    expect(page.locator(".resident .state")).to_have_text({"en": "Received", "es": "Recibido"}[language])
    served(door)
    expect(page.locator(".card")).to_have_count(3)
    return page.locator(".card b").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_card_saves_itself_alone(page: Page, site: str, door: Door, tmp_path: Path, language: str) -> None:
    names = listed(page, site, door, language)
    _, save, cut = WORDS[language]
    second = page.locator(".card").nth(1)
    button = second.get_by_role("button", name=f"{save}: {names[1].removeprefix('2) ')}", exact=True)
    with page.expect_download() as saved:
        button.click()
    saved.value.save_as(tmp_path / "copy.txt")
    text = (tmp_path / "copy.txt").read_text(encoding="utf-8")
    assert text.startswith(names[1])
    assert second.get_by_role("link").first.inner_text() in text  # the number to call
    assert not [other for other in (names[0], names[2], WORDS[language][0], save, cut) if other in text]


def test_a_card_prints_itself_alone_and_the_chat_is_whole_again(page: Page, site: str, door: Door) -> None:
    names = listed(page, site, door)
    page.evaluate("window.print = () => (window.printed = document.querySelectorAll('.card.alone').length)")
    page.locator(".card").nth(2).get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print")
    expect(page.locator(".card:visible")).to_have_count(1)
    expect(page.locator(".card:visible b")).to_have_text(names[2])
    expect(page.locator(".card:visible a").first).to_be_visible()
    for left_out in (".resident", ".from", ".listed > .line", ".card button", ".urgent"):
        expect(page.locator(f"{left_out}:visible")).to_have_count(0)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".card:visible")).to_have_count(3)
    expect(page.locator(".resident:visible")).to_have_count(1)
    expect(page.locator(".card button:visible")).to_have_count(0)


def test_the_buttons_are_no_part_of_a_copy_of_all_nor_read_aloud(
    page: Page, site: str, door: Door, tmp_path: Path
) -> None:
    page.add_init_script(VOICE)
    names = listed(page, site, door)
    page.locator("#options").click()
    with page.expect_download() as saved:
        page.locator("#save").click()
    saved.value.save_as(tmp_path / "copy.txt")
    text = (tmp_path / "copy.txt").read_text(encoding="utf-8")
    page.locator("#aloud").click()
    said = " ".join(words for _, words, _ in page.evaluate("window.speechSynthesis.said"))
    for kept in (text, said):
        assert all(name in kept for name in names)
        assert "Save a copy" not in kept
    expect(page.locator(".card button:visible")).to_have_count(6)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_buttons_change_their_language_and_are_large_enough(
    page: Page, site: str, door: Door, language: str
) -> None:
    names = listed(page, site, door, language)
    other = "es" if language == "en" else "en"
    page.locator("#language").click()
    first = page.locator(".card").first
    expect(first.get_by_role("button", name=f"{WORDS[other][1]}: {names[0][3:]}")).to_have_text(WORDS[other][1])
    expect(first.locator("button").first).to_have_attribute("lang", other)
    heights = page.locator(".card button").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
