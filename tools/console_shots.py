"""Takes the pictures of docs/console.md: every page of the console and of links, from a town that is in use.

    .venv/bin/python -m tools.console_shots [folder]

Starts stores and a server of its own, fills them, and stops them again. Pictures have few colours, to stay small.
"""

import io
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from gateway import create_app, schema, services
from gateway.db import Database
from gateway.keys import Keys
from gateway.settings import Settings
from gateway.web.chat import LIVE as CHAT
from gateway.web.console_live import LIVE
from gateway.web.console_log_in import COOKIE
from tools.chromium import chromium
from tools.console_pages import HALF_INSIDE, INSIDE, NOBODY, PAGES, Shown, addresses
from tools.console_town import ConsoleTown

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images" / "console"
PAGE = ROOT / "docs" / "console.md"
WIDE, NARROW, TALLEST = 1000, 360, 1400
COLOURS = 48
ALL_OF_THEM = 2_000_000  # bytes; pictures in the repository are copied with every clone
# In both languages, and on a phone.
IN_SPANISH = ("queue", "thread", "handoff", "board", "shifts", "directory-edit", "provider", "card")
ON_A_PHONE = ("queue", "thread", "team")
# What asks for its reader by name stands on every page, and is shown once.
# A sheet, as a live page may put them there anew before the picture is taken.
NO_NEWS = """const sheet = new CSSStyleSheet();
sheet.replaceSync("#inbox, #sound { display: none !important; }");
document.adoptedStyleSheets = [sheet];"""
INTRO = """# Every page of the console

What responders, supervisors, editors of the directory and admins see. The town is made up: nobody wrote this. What each
role may open is in [accounts](accounts.md); how to work with it in [for responders](responders.md) and
[for supervisors](supervising.md). Everything is there in Spanish too, fits on a phone and follows the colours that a
browser asks for. The last four are opened by a link, without a log-in: for a mobile team, a provider and a resident.
The chat is in [the states of the chat](widget-states.md). `python -m tools.console_shots` takes these pictures and
writes this page.
"""


@contextmanager
def town() -> Iterator[tuple[ConsoleTown, str]]:
    """A town in use, and the address at which its console is."""
    with served() as (app, url):
        yield ConsoleTown(app.extensions["front_door"], app).fill(), url


@contextmanager
def served(town: Path | None = None) -> Iterator[tuple[Flask, str]]:
    """The application of a town, else of the demo's, on empty stores of its own, and its address."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="front-door-shots-")))
        folder.chmod(0o711)  # Postgres runs under an account of its own where we are root
        postgres, redis = services.start_postgres(folder / "postgres"), services.start_redis(folder / "redis")
        stack.callback(postgres.stop)
        stack.callback(redis.stop)
        database = Database(postgres.url)
        stack.callback(database.close)
        schema.upgrade(database)
        app = create_app(replace(made_up(folder, postgres.url, redis.url), community_file=town))
        door = app.extensions["front_door"]
        stack.callback(door.close)
        door.acceptor.patience = 60.0
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        stack.callback(app.extensions[LIVE].stop)
        stack.callback(app.extensions[CHAT].stop)
        yield app, f"http://127.0.0.1:{server.server_port}"


def made_up(folder: Path, postgres: str, redis: str) -> Settings:
    """Settings as in a demo, whose texts go nowhere."""
    return Settings(
        mode="demo", var=folder, host="127.0.0.1", port=8080, public_url="http://127.0.0.1:8080", database_url=postgres,
        redis_url=redis, twilio_account_sid="AC" + "0" * 32, twilio_auth_tokens=("a" * 32,),
        twilio_number="+15555550100", twilio_api_url=None, bot_url="http://127.0.0.1:9", bot_secret="s" * 32,
        keys=Keys("h" * 32, (Fernet.generate_key().decode(),), "c" * 32), community_file=None, sentry_dsn=None,
    )  # fmt: skip


class Camera:
    """Windows of each kind of reader in one language, and where pictures are kept."""

    def __init__(self, browser: Browser, url: str, there: ConsoleTown, language: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        there.speaks(language)
        contexts = {who: browser.new_context(locale=language) for who in (INSIDE, NOBODY, HALF_INSIDE)}
        cookie, ben = there.people["Ana"].client.get_cookie(COOKIE), there.people["Ben"]
        contexts[INSIDE].add_cookies([{"name": COOKIE, "value": cookie.value if cookie else "", "url": url}])
        self._pages = {who: context.new_page() for who, context in contexts.items()}
        half = self._pages[HALF_INSIDE]
        half.goto(f"{url}/console/log-in")
        half.locator("[name=email]").fill(ben.email)
        half.locator("[name=password]").fill(ben.password)
        half.locator("[name=password]").press("Enter")
        half.wait_for_url("**/log-in/second*")

    def take(self, shown: Shown, path: str, name: str, width: int) -> int:
        """Keep a picture of a page; returns its bytes. Raises ``ValueError`` when the page is refused."""
        page: Page = self._pages[shown.seen_by]
        page.set_viewport_size({"width": width, "height": 800})
        answer = page.goto(self._url + path)
        if answer is None or not answer.ok:
            raise ValueError(f"{path} was refused")
        if page.locator("script[src*='console.js']").count():
            page.locator("body[data-ready='1']").wait_for()
            page.locator("#live.on").wait_for()
        if shown.name not in ON_A_PHONE:
            page.evaluate(NO_NEWS)
        height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
        return keep(page.screenshot(animations="disabled"), self._folder / f"{name}.png")


def keep(taken: bytes, file: Path) -> int:
    """Keep a picture with few colours; returns its bytes."""
    few = Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
    return file.stat().st_size


def names(shown: Shown) -> Iterator[tuple[str, str, int]]:
    """The pictures of a page: name, language and width."""
    yield shown.name, "en", WIDE
    if shown.name in ON_A_PHONE:
        yield f"{shown.name}-360", "en", NARROW
        yield f"{shown.name}-360-es", "es", NARROW
    if shown.name in IN_SPANISH:
        yield f"{shown.name}-es", "es", WIDE


def written() -> str:
    """The page that shows all pictures."""
    lines = [INTRO]
    for shown in PAGES.values():
        lines.append(f"## {shown.line}\n")
        lines += [f"![{shown.line}](images/console/{name}.png)\n" for name, _, _ in names(shown)]
    return "\n".join(lines)


def main(folder: Path = FOLDER) -> int:
    """Take every picture into ``folder`` and write the page that shows them; returns the exit status."""
    size = 0
    with chromium() as browser, town() as (there, url):
        folder.mkdir(parents=True, exist_ok=True)
        for language in ("en", "es"):
            camera = Camera(browser, url, there, language, folder)
            for shown, path in addresses(there):
                for name, spoken, width in names(shown):
                    if spoken == language:
                        size += camera.take(shown, path, name, width)
    sys.stdout.write(f"{size // 1000} kB in {folder}\n")
    if folder == FOLDER:
        PAGE.write_text(written(), encoding="utf-8")
    return int(size > ALL_OF_THEM)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) if len(sys.argv) > 1 else main())
