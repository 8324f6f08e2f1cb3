"""Takes the pictures of the README and of ``docs/`` from a demo that runs on this machine.

``python -m tools.screenshots [FOLDER]``; the demo is the one of FRONTDOOR_VAR. A fresh one gives the best pictures:
residents text, a responder is added, one thread is claimed and answered.
"""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from tools.chromium import chromium

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 200_000  # bytes; a picture in the repository is copied with every clone
NARROW, WIDE, THREAD = (360, 740), (1100, 720), {"width": 1100, "height": 1150}
# A phone as tall as its conversation, so that a still picture shows all of it.
TALL = ".phone { height: %drem !important; max-height: none !important; }"
PHONES = {"es": "+15555550111", "en": "+15555550122"}
WAITING = (
    ("+15555550141", ("can a person call me",)),
    ("+15555550142", ("me van a desalojar mañana y tengo dos niños, quiero hablar con una persona",)),
    ("+15555550143", ("i took all my pills",)),
    ("+15555550144", ("mi esposo me pega, no sé qué hacer",)),
)
SPOKEN = {
    "es": (("necesito comida para mis hijos, 94110", "SÍ o NO"), ("no", r"1\) ")),
    "en": (
        ("need a place to sleep tonight, 94103", "YES or NO"),
        ("no", "someone else"),
        ("me", r"1\) "),
    ),
}
CHAT = {"en": ("Get help by chat", "need food today", "no", "me", "94110"),
        "es": ("Ayuda por chat", "necesito comida hoy", "no", "para mí", "94110")}  # fmt: skip
SECONDS = 30.0


class Demo:
    """The demo that runs: its addresses, a phone for each resident, and one new responder."""

    def __init__(self) -> None:
        kept = json.loads((Path(os.environ.get("FRONTDOOR_VAR", ROOT / "var")) / "running.json").read_text())
        self.url, self._standin = kept["url"], kept["standin_url"]
        self.handsets = f"{self._standin}/"

    def text(self, number: str, body: str, expected: str = "") -> None:
        """Text from a phone, and wait until a text in which ``expected`` stands came back."""
        before = len(self._got(number))
        httpx.post(f"{self._standin}/_standin/inbound", json={"from": number, "body": body}, timeout=30)
        until = time.monotonic() + SECONDS
        while not any(re.search(expected, each["body"]) for each in self._got(number)[before:]):
            if time.monotonic() > until:
                raise TimeoutError(f"no {expected!r} came to {number}")
            time.sleep(0.2)

    def responder(self, name: str) -> tuple[str, str]:
        """Add a responder; returns email and password."""
        email = f"{name.split(maxsplit=1)[0].lower()}-{secrets.token_hex(3)}@example.org"
        argv = [str(Path(sys.executable).with_name("frontdoor")), "responder", "add", email, "--name", name]
        said = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        return email, said.split("password: ")[1].split()[0]

    def _got(self, number: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self._standin}/_standin/messages", params={"to": number}, timeout=30)
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found


class Camera:
    """A browser that keeps what it sees under a name."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    @contextmanager
    def window(self, size: tuple[int, int], **more: Any) -> Iterator[Page]:
        """A browser window of its own, so many pixels wide and high."""
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        yield context.new_page()
        context.close()

    def keep(self, page: Page, name: str, **how: Any) -> bytes:
        """Take a picture. Raises ``ValueError`` when it is too large to keep."""
        picture = page.screenshot(path=self._folder / f"{name}.png", animations="disabled", caret="initial", **how)
        if len(picture) > LARGEST:
            raise ValueError(f"{name}.png has {len(picture)} bytes, more than {LARGEST}")
        sys.stdout.write(f"{name}.png  {len(picture) // 1000} kB\n")
        return picture


def handsets(camera: Camera, demo: Demo) -> bytes:
    """Two phones, one conversation in each language."""
    for language, turns in SPOKEN.items():
        for body, expected in turns:
            demo.text(PHONES[language], body, expected)
    with camera.window((900, 1170), bypass_csp=True) as page:
        page.goto(demo.handsets)
        page.locator(".phone").nth(2).get_by_role("button", name="Remove").click()
        page.add_style_tag(content=TALL % 58)
        expect(page.locator(".bubble")).to_have_count(12)
        page.evaluate("document.activeElement.blur()")
        camera.keep(page, "handset")
    with camera.window((440, 1000), bypass_csp=True) as page:
        page.goto(demo.handsets)
        page.add_style_tag(content=TALL % 42)
        phone = page.locator(".phone").first
        expect(phone.locator(".bubble")).to_have_count(5)
        return phone.screenshot()


def console(camera: Camera, demo: Demo) -> bytes:
    """The queue, then a thread that is claimed and answered, wide and narrow; returns the wide queue."""
    for number, bodies in WAITING:
        for body in bodies:
            demo.text(number, body)
    email, password = demo.responder("Ana Reyes")
    with camera.window(WIDE) as page, camera.window(NARROW) as phone:
        for each in (page, phone):
            each.goto(f"{demo.url}/console/")
            each.get_by_label("Email").fill(email)
            each.get_by_label("Password").fill(password)
            each.get_by_role("button", name="Log in").click()
            expect(each.locator("#live-word")).to_have_text("Live")
        expect(page.locator("#queue .row")).to_have_count(len(WAITING))
        queue = camera.keep(page, "queue")
        camera.keep(phone, "queue-360")
        page.set_viewport_size(THREAD)  # type: ignore[arg-type]  # a plain dictionary is what it takes
        page.locator("#queue .row a").first.click()
        page.get_by_role("button", name="Claim").click()
        page.locator("#text").fill("I am Ana. I am here with you. Is somebody near you who can help?")
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".message.responder .delivery")).to_have_text("Delivered")
        camera.keep(page, "thread")
        phone.goto(page.url)
        expect(phone.locator("#live-word")).to_have_text("Live")
        camera.keep(phone, "thread-360")
    return queue


def chat(camera: Camera, demo: Demo, language: str) -> None:
    """The town's page with the chat open, a short conversation in it."""
    launcher, *turns = CHAT[language]
    with camera.window((1000, 720)) as page:
        page.goto(f"{demo.url}/?language={language}")
        page.get_by_role("button", name=launcher).click()
        frame = page.frame_locator("iframe")
        for said in turns:
            answers = frame.locator(".message.bot").count()
            frame.locator("#input").fill(said)
            frame.locator("#input").press("Enter")
            expect(frame.locator(".message.bot").nth(answers)).to_be_visible()
        expect(frame.locator(".message.bot .text").last).to_contain_text("1)")
        camera.keep(page, f"chat-{language}")


def overview(camera: Camera, queue: bytes, phone: bytes) -> None:
    """The queue and a phone side by side: the README's picture."""
    pictures = [f"data:image/png;base64,{base64.b64encode(each).decode()}" for each in (queue, phone)]
    with camera.window((1180, 640)) as page:
        page.set_content(
            '<body style="margin:0;padding:20px;display:flex;gap:20px;align-items:flex-start;background:#e8ecee">'
            f'<img src="{pictures[0]}" style="width:760px;border-radius:10px;box-shadow:0 4px 18px #0003">'
            f'<img src="{pictures[1]}" style="width:344px;border-radius:10px;box-shadow:0 4px 18px #0003">'
        )
        camera.keep(page, "overview")


def main(folder: Path) -> int:
    """Take every picture into ``folder``; returns the exit status."""
    expect.set_options(timeout=SECONDS * 1000)
    with chromium() as browser:
        folder.mkdir(parents=True, exist_ok=True)
        demo = Demo()
        camera = Camera(browser, folder)
        phone = handsets(camera, demo)
        overview(camera, console(camera, demo), phone)
        for language in CHAT:
            chat(camera, demo, language)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"))
