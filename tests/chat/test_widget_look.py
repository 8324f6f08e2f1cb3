"""The town's own look of the chat: in its files and their names, on the page, and under what a visitor needs."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from gateway import community
from gateway.demo.previews import previews
from gateway.web import widget_files, widget_look
from tests.chat.test_chat_browser import OPEN, findings, picture, write

pytestmark = pytest.mark.slow

PLUM = """[widget]
accent = { light = "#7b2d5b", dark = "#e8a5cb" }
position = "left"
bottom = 96
hours = true
greeting = { en = "Welcome to <Plum> & Co.", es = "Le damos la bienvenida a <Plum>." }
"""


@pytest.fixture
def plum(another: Callable[..., Flask], tmp_path: Path) -> Flask:
    """The demo town in other clothes."""
    town = tmp_path / "town.toml"
    town.write_text(re.sub(r"\[widget\]\n(?:.*\S.*\n)+", PLUM, community.EXAMPLE.read_text(), count=1))
    return another(community_file=town)


def edition_of(client: FlaskClient) -> str:
    found = re.search(r"/chat/files/([0-9a-f]{12})/chat\.js", client.get("/chat/frame").text)
    assert found
    return found[1]


def test_colours_and_corner_are_in_the_files_and_change_their_names(client: FlaskClient, plum: Flask) -> None:
    other = plum.test_client()
    theirs, ours = edition_of(other), edition_of(client)
    assert theirs != ours, "or a browser would keep the colours of yesterday for a year"
    assert other.get(f"/chat/files/{theirs}/chat.js").cache_control.immutable
    page = other.get("/chat/frame").text
    assert "--main:#7b2d5b" in page
    assert "--main:#e8a5cb" in page
    assert "#0b5563" not in page + other.get("/chat/embed.js").text
    button = other.get("/chat/embed.js").text
    assert '"light":"#7b2d5b"' in button
    assert '"side":"left"' in button
    assert '"bottom":96' in button
    assert button != client.get("/chat/embed.js").text
    assert not other.get(f"/chat/files/{ours}/chat.js").cache_control.immutable, "of another edition: not kept"


@pytest.mark.parametrize("language", ["en", "es"])
def test_greeting_and_planned_hours_stand_before_what_the_chat_says(plum: Flask, language: str) -> None:
    page = plum.test_client().get(f"/chat/frame?language={language}").text
    shown = re.findall(r"<p [^>]*>(.*?)</p>", page[page.index('class="hello"') :])
    greeting = {"en": "Welcome to &lt;Plum&gt; &amp; Co.", "es": "Le damos la bienvenida a &lt;Plum&gt;."}
    hours = {
        "en": "People are meant to answer day and night.",
        "es": "Suele haber personas para responder de día y de noche.",
    }
    assert shown[0] == greeting[language]
    assert shown[2] == hours[language]
    assert {"en": "A computer answers first", "es": "Primero responde una computadora"}[language] in shown[1]


def test_a_town_that_wants_neither_says_neither(client: FlaskClient) -> None:
    assert "meant to answer" not in client.get("/chat/frame").text


def test_previews_are_for_demos_only(client: FlaskClient, another: Callable[..., Flask]) -> None:
    assert list(previews()) == ["dark", "harbor", "mesa"]
    for code, preview in previews().items():
        page = client.get("/demo", query_string={"look": code, "language": "es"}).text
        assert f"/chat/embed.js?look={code}" in page
        assert preview.title.es in page
        assert f'"frame":"frame?look={code}"' in client.get(f"/chat/embed.js?look={code}").text
    assert "Harbor County Connect" in client.get("/chat/frame?look=harbor").text
    assert "9am to 5pm" in client.get("/chat/frame?look=harbor").text
    real = another(mode="production").test_client()
    assert "Harbor" not in real.get("/chat/frame?look=harbor").text
    assert real.get("/chat/embed.js?look=harbor").data == real.get("/chat/embed.js").data
    assert client.get("/chat/embed.js?look=nobody").data == client.get("/chat/embed.js").data


def test_a_preview_shows_one_scheme_whatever_the_device_prefers() -> None:
    plain, dark = widget_look.PLAIN, widget_look.PLAIN._replace(preview="dark", scheme="dark")
    assert "(prefers-color-scheme" in widget_files.style(plain).text
    assert "prefers-color-scheme" not in widget_files.style(dark).text
    for file in widget_files.files(dark).values():
        assert "prefers-color-scheme" not in file.content.decode()


def button(page: Page, language: str) -> Locator:
    return page.get_by_role("button", name=OPEN[language])


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize("look", ["", "dark", "harbor", "mesa"])
def test_every_look_can_be_read_and_used(page: Page, site: str, look: str, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{site}/demo?language={language}" + (f"&look={look}" if look else ""))
    expect(button(page, language)).to_be_visible()
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = button(page, language).bounding_box()
    assert box
    assert (box["x"] < width / 2) == (look == "harbor" or width == 320)
    assert page.viewport_size
    assert 740 - (box["y"] + box["height"]) == pytest.approx(96 if look == "mesa" else 16, abs=1)
    picture(page, f"look-{look or 'own'}-{language}-{width}-page")
    button(page, language).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#input")).to_be_focused()
    write(frame, {"en": "hello there, i need food", "es": "hola, necesito comida"}[language])
    expect(frame.locator(".resident .state")).to_have_text({"en": "Received", "es": "Recibido"}[language])
    assert findings(page) == []
    picture(page, f"look-{look or 'own'}-{language}-{width}")


@pytest.mark.e2e
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_towns_colours_are_seen_and_high_contrast_wins(
    page: Page, serve: Callable[[Flask], str], plum: Flask, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{serve(plum)}/chat/frame")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    send = page.locator(".send")
    main = {"light": "rgb(123, 45, 91)", "dark": "rgb(232, 165, 203)"}[scheme]
    expect(send).to_have_css("background-color", main)
    assert findings(page) == []
    send.hover()
    expect(send).not_to_have_css("background-color", main)
    assert findings(page) == []
    page.locator("#options").click()
    page.locator("#contrast").click()
    plain = {"light": "rgb(0, 0, 0)", "dark": "rgb(255, 255, 255)"}[scheme]
    expect(send).to_have_css("background-color", plain)
    for own in (main, "rgb(123, 45, 91)"):
        assert not page.evaluate(COLOURED, own), "nothing is left of the town's colours"
    assert findings(page) == []


# Whether any element is drawn in this colour.
COLOURED = """own => [...document.querySelectorAll('body *')].some((each) => {
  const style = getComputedStyle(each);
  const edge = style.borderStyle === 'none' ? null : style.borderColor;
  return [style.color, style.backgroundColor, edge].includes(own);
})"""


@pytest.mark.e2e
def test_a_devices_own_colours_win_over_the_towns(browser: Browser, serve: Callable[[Flask], str], plum: Flask) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{serve(plum)}/chat/frame")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    assert not page.evaluate(COLOURED, "rgb(123, 45, 91)")
    expect(page.locator(".send")).to_have_css("border-top-style", "solid")
    context.close()


@pytest.mark.e2e
def test_greeting_and_hours_follow_the_language(
    context: BrowserContext, serve: Callable[[Flask], str], plum: Flask
) -> None:
    page = context.new_page()
    page.goto(f"{serve(plum)}/chat/frame?language=en")
    hello = page.locator(".hello p")
    expect(hello.first).to_have_text("Welcome to <Plum> & Co.")
    page.get_by_role("button", name="Español").click()
    expect(hello.first).to_have_text("Le damos la bienvenida a <Plum>.")
    expect(hello.nth(2)).to_have_text("Suele haber personas para responder de día y de noche.")
