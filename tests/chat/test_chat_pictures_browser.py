"""A photo sent from the chat in a real browser: made small on the device, on its way once, shown as sent, readable."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import FilePayload, FrameLocator, Page, Route, expect
from sqlalchemy import func, select

from gateway.door import Door
from gateway.models import Message, Upload
from tests.chat.pictured import allowing, drawn
from tests.chat.test_chat_browser import findings, opened, picture

__all__ = ["allowing"]  # pytest finds fixtures by their names
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WORDS = {
    "en": ("Add a photo", "Photo", "Received", "We cannot open that photo", "Not sent yet", "did not go through"),
    "es": ("Agregar una foto", "Foto", "Recibido", "No podemos abrir esa foto", "Todavía no", "no se pudo enviar"),
}
LARGE: FilePayload = {"name": "IMG_0001.png", "mimeType": "image/png", "buffer": drawn("PNG", (3000, 2000))}
NONE: FilePayload = {"name": "IMG_0002.HEIC", "mimeType": "image/heic", "buffer": b"\0\0\0\x18ftypheic\0\0"}


@pytest.fixture
def town(allowing: Flask) -> Door:
    """The parts of the application that is served."""
    found: Door = allowing.extensions["front_door"]
    return found


@pytest.fixture
def site(allowing: Flask, serve: Callable[[Flask], str]) -> str:
    """The address of a town that allows pictures."""
    return serve(allowing)


def choose(frame: FrameLocator, file: FilePayload) -> None:
    frame.locator("#picture").set_input_files(file)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_photo_is_made_small_and_sent(page: Page, site: str, town: Door, language: str) -> None:
    add, photo, received, *_ = WORDS[language]
    frame = opened(page, site, language)
    expect(frame.get_by_text(add)).to_be_visible()
    frame.locator("#picture").focus()  # it is the button of a keyboard too, and shows that it is
    assert frame.locator(".photo").evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    choose(frame, LARGE)
    own = frame.locator(".message.resident")
    expect(own.locator(".text")).to_have_text(photo)
    expect(own.locator(".state")).to_have_text(received)
    expect(frame.locator(".message.system").last).to_be_visible()
    assert not findings(page)
    picture(page, f"photo-{language}")
    with town.database.begin() as session:
        sealed = session.scalars(select(Upload.sealed)).one()
    sent = town.settings.keys.open_bytes(sealed)
    with Image.open(io.BytesIO(sent)) as small:
        assert (small.format, small.size, dict(small.getexif())) == ("JPEG", (1600, 1067), {})
    page.reload()
    again = page.frame_locator("iframe")
    expect(again.locator(".message.resident .text")).to_have_text(photo)
    expect(again.locator(".message.resident")).to_have_count(1)
    again.locator("#language").click()
    other = WORDS["es" if language == "en" else "en"]
    expect(again.locator(".message.resident .text")).to_have_text(other[1])


def test_what_the_browser_cannot_read_is_said_and_not_sent(page: Page, site: str, town: Door) -> None:
    frame = opened(page, site)
    choose(frame, NONE)
    expect(frame.locator("#status")).to_contain_text(WORDS["en"][3])
    expect(frame.locator(".message.resident")).to_have_count(0)
    with town.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_cut_connection_sends_it_once_all_the_same(page: Page, site: str, town: Door) -> None:
    frame = opened(page, site)
    cut: list[Route] = []

    def lose(route: Route) -> None:
        """The first arrives, and its answer gets lost."""
        if cut:
            route.continue_()
            return
        cut.append(route)
        route.fetch()
        route.abort()

    page.route("**/chat/pictures", lose)
    choose(frame, LARGE)
    state = frame.locator(".message.resident .state")
    expect(state).to_have_text(WORDS["en"][2])
    assert cut
    expect(frame.locator(".message.resident")).to_have_count(1)
    with town.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 1


def test_a_photo_that_is_refused_says_so_and_writes_nothing_into_the_field(page: Page, site: str) -> None:
    page.route("**/chat/pictures", lambda route: route.fulfill(status=413, json={"error": "too_large"}))
    frame = opened(page, site)
    choose(frame, LARGE)
    expect(frame.locator(".message.resident .state")).to_contain_text(WORDS["en"][5])
    expect(frame.locator("#input")).to_have_value("")
