"""Takes the pictures of docs/widget-states.md: every state of the chat widget, in both languages, side by side.

    .venv/bin/python -m tools.widget_states [folder]

Starts stores and a server of its own, and stops them again. What is in sight in a state is waited for, so that a state
which no longer comes about ends the work with an error.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, ViewportSize, expect

from gateway import log_ins, texts
from gateway.db import Database
from gateway.demo import media
from gateway.directory import demo
from gateway.door import Door
from gateway.models import Shift
from gateway.offers import NUMBERS, Question
from tools.axe import VERSION, Looked, look_when_still
from tools.chromium import chromium
from tools.console_shots import keep, served
from tools.widget_stage import DANGER, HUNGRY, OPEN, PERSON, RECEIVED, Stage, both
from tools.widget_troubles import TROUBLES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "images" / "widget"
PAGE = ROOT / "docs" / "widget-states.md"
SIZE: ViewportSize = {"width": 360, "height": 720}
WIDE: ViewportSize = {"width": 1100, "height": 720}
PATIENCE = 15_000  # milliseconds
INTRO = """# Every state of the chat widget

As a visitor on a phone sees them, English beside Spanish. The town is made up: nobody wrote this. How a town changes
the looks is in [the widget](widget.md), how it is heard in [with a screen reader](screen-readers.md).
`python -m tools.widget_states` takes these pictures and writes this page.

Under each picture stands what axe {version} found there, of any weight, and how many of its rules (WCAG 2.0 to 2.2, A
and AA, and its own good practice) had something to look at and were kept. What it calls serious or critical ends the
work with an error. It is a script, so it cannot look where scripts are off, and it finds only some faults: nobody who
listens to pages has tried this one yet.
"""


def in_line(stage: Stage) -> None:
    stage.wrote()
    stage.asks()
    expect(stage.page.locator("#place")).to_be_visible()


def launcher(stage: Stage) -> None:
    stage.page.goto(f"{stage.url}/?language={stage.language}")
    expect(stage.page.get_by_role("button", name=OPEN[stage.language])).to_be_visible()


def in_the_page(stage: Stage) -> None:
    launcher(stage)
    stage.page.get_by_role("button", name=OPEN[stage.language]).click()
    expect(stage.page.frame_locator("iframe").locator("#input")).to_be_focused()


def on_a_desk(stage: Stage) -> None:
    stage.page.set_viewport_size(WIDE)
    in_the_page(stage)
    frame = stage.page.frame_locator("iframe")
    frame.locator("#input").fill(HUNGRY[stage.language])
    frame.locator("#input").press("Enter")
    expect(frame.locator(".resident .state").last).to_have_text(RECEIVED[stage.language])
    stage.find()
    expect(frame.locator(".card").first).to_be_visible()


def greeting(stage: Stage) -> None:
    stage.alone()


def options(stage: Stage) -> None:
    stage.alone()
    stage.page.locator("#options").click()
    expect(stage.page.locator("#contrast")).to_be_visible()


def large(stage: Stage) -> None:
    options(stage)
    for name in ("#size", "#size", "#contrast", "#options"):
        stage.page.locator(name).click()
    expect(stage.page.locator("html")).to_have_attribute("data-contrast", "high")


def dark(stage: Stage) -> None:
    stage.page.emulate_media(color_scheme="dark")
    cards(stage)


def sending(stage: Stage) -> None:
    stage.alone()
    stage.page.route("**/chat/messages", lambda route: route.abort())
    stage.write(HUNGRY)
    expect(stage.page.locator(".resident .state")).not_to_be_empty()


def received(stage: Stage) -> None:
    stage.wrote()


def offline(stage: Stage) -> None:
    stage.wrote()
    stage.context.set_offline(True)
    stage.write(both("are you there", "¿hay alguien ahí?"))
    expect(stage.page.locator("#status")).not_to_be_empty()
    expect(stage.page.locator(".resident .state").last).to_contain_text(
        both("Not sent", "no se")[stage.language], ignore_case=True
    )


def menu(stage: Stage) -> None:
    stage.wrote()
    stage.say(Question(texts.say("menu_offer", stage.language), NUMBERS))
    expect(stage.page.locator(".offers button").first).to_be_visible()


def cards(stage: Stage) -> None:
    stage.wrote()
    stage.find()
    expect(stage.page.locator(".card").first).to_be_visible()


def danger(stage: Stage) -> None:
    stage.alone()
    stage.write(DANGER)
    expect(stage.page.locator(".message.alert").first).to_contain_text("911")


def typing(stage: Stage) -> None:
    stage.wrote()
    stage.typing()
    expect(stage.page.locator("#writing")).to_be_visible()


def person(stage: Stage) -> None:
    stage.wrote()
    stage.say(PERSON[stage.language], "responder")
    expect(stage.page.locator(".message.responder")).to_contain_text("Ana")


def by_text(stage: Stage) -> None:
    stage.wrote()
    stage.page.locator("#options").click()
    stage.page.locator("#by-text").click()
    expect(stage.page.locator("#move [name=number]")).to_be_focused()


def _fill_in(stage: Stage, name: str, text: str) -> None:
    stage.page.locator(f"#move [name={name}]").fill(text)
    stage.page.locator("#move .send").click()


def by_text_wrong(stage: Stage) -> None:
    by_text(stage)
    _fill_in(stage, "number", "12")
    expect(stage.page.locator("#wrong")).not_to_be_empty()


def by_text_code(stage: Stage) -> None:
    by_text(stage)
    for name in ("safe", "agree"):
        stage.page.locator(f"#move [name={name}]").check()
    _fill_in(stage, "number", both("(415) 555-0134", "(415) 555-0135")[stage.language])
    expect(stage.page.locator("#move [name=code]")).to_be_focused()


def by_text_wrong_code(stage: Stage) -> None:
    by_text_code(stage)
    _fill_in(stage, "code", "no")
    expect(stage.page.locator("#wrong")).not_to_be_empty()


def by_text_done(stage: Stage) -> None:
    by_text_code(stage)
    _fill_in(stage, "code", stage.code())
    expect(stage.page.locator("#move [tabindex]")).to_be_focused()


def photo(stage: Stage) -> None:
    stage.alone()
    stage.page.locator("#picture").set_input_files(
        {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": media.picture()}
    )
    expect(stage.page.locator(".resident .state").last).to_have_text(RECEIVED[stage.language])
    expect(stage.page.locator(".message.system")).to_be_visible()


def no_script(stage: Stage) -> None:
    browser = stage.context.browser
    assert browser is not None  # noqa: S101 - the context was made by one
    stage.page = browser.new_context(viewport=SIZE, java_script_enabled=False).new_page()
    stage.page.goto(f"{stage.url}/chat/frame?language={stage.language}")
    expect(stage.page.locator("noscript, .no-script").first).to_be_attached()


STATES: dict[str, tuple[str, Callable[[Stage], None]]] = {
    "launcher": ("Closed, on the town's page", launcher),
    "in-the-page": ("Opened on the town's page", in_the_page),
    "desk": ("The same on a wide screen, with services", on_a_desk),
    "greeting": ("In a tab of its own, before the first word", greeting),
    "sending": ("Written, and not taken by the server", sending),
    "received": ("Received", received),
    "menu": ("A question with its answers as buttons", menu),
    "cards": ("Services", cards),
    "danger": ("Danger in the words", danger),
    "in-line": ("In line for a person", in_line),
    "typing": ("A responder types", typing),
    "person": ("A person answers", person),
    "offline": ("Without a connection", offline),
    "options": ("Options", options),
    "large": ("Largest text and high contrast", large),
    "dark": ("Dark, where the phone asks for it", dark),
    "by-text": ("Going on by text: the number", by_text),
    "by-text-wrong": ("That is no number", by_text_wrong),
    "by-text-code": ("The code that was sent to it", by_text_code),
    "by-text-wrong-code": ("That is not the code", by_text_wrong_code),
    "by-text-done": ("From here on by text", by_text_done),
    "photo": ("A photo, where the town allows them", photo),
    **TROUBLES,
    "no-script": ("Without scripts", no_script),
}

WITH_PHOTOS = frozenset({"photo"})
UNSCRIPTED = frozenset({"no-script"})

Found = dict[str, dict[str, Looked | None]]


def written(found: Found) -> str:
    """The page that shows all pictures, and what was found in each state in each language."""
    lines = [INTRO.format(version=VERSION)]
    for name, (line, _) in STATES.items():
        pictures = [
            f"![{line}, {spoken}](images/widget/{name}-{code}.png)"
            for code, spoken in both("English", "Spanish").items()
        ]
        looked = f"| {' | '.join(_told(found[name][code]) for code in ('en', 'es'))} |\n"
        lines += [f"## {line}\n", "| English | Español |", "| --- | --- |", f"| {' | '.join(pictures)} |", looked]
    return "\n".join(lines)


def _told(looked: Looked | None) -> str:
    if looked is None:
        return ""
    wrong = ", ".join(sorted(f"{each['id']} ({each['impact']})" for each in looked.broken))
    return f"axe: {wrong or 'nothing'}; {len(looked.passed)} rules kept"


@dataclass
class Camera:
    """Where the widget is, and where its pictures are kept."""

    browser: Browser
    url: str
    door: Door
    folder: Path

    def take(self, name: str, language: str) -> Looked | None:
        """Bring one state about and keep its picture; returns what axe finds there, None where it cannot look.

        Raises ``ValueError`` for what it calls serious or critical.
        """
        context = self.browser.new_context(viewport=SIZE, locale=language, reduced_motion="reduce")
        stage = Stage(context, context.new_page(), self.url, self.door, language)
        STATES[name][1](stage)
        keep(stage.page.screenshot(animations="disabled", caret="hide"), self.folder / f"{name}-{language}.png")
        looked = look_when_still(stage.page) if name not in UNSCRIPTED else None
        stage.page.context.close()
        context.close()
        if looked and looked.grave:
            raise ValueError(f"{name} in {language}: {looked.grave}")
        return looked


def fill(app: Flask) -> Door:
    """A directory to search, and somebody who answers."""
    door: Door = app.extensions["front_door"]
    now, hour = datetime.now(UTC), timedelta(hours=1)
    with closing(Database(door.settings.database_url)) as patient, patient.begin() as session:
        demo.load_demo(session, now)
        ana = log_ins.create_responder(session, "ana@example.org", "Ana", "responder", "quiet river stone lamp", now)
        session.flush()
        session.add(Shift(responder_id=ana.id, starts_at=now - hour, ends_at=now + hour))
    return door


def take_all(browser: Browser, folder: Path, names: Iterable[str], town: Path | None = None) -> Found:
    """Take the pictures of these states in a town; returns what axe finds in each, in each language."""
    with served(town) as (app, url):
        camera = Camera(browser, url, fill(app), folder)
        return {name: {code: camera.take(name, code) for code in ("en", "es")} for name in sorted(names)}


def main(folder: Path = FOLDER) -> int:
    """Take every picture into ``folder`` and write the page that shows them; returns the exit status."""
    expect.set_options(timeout=PATIENCE)
    with chromium() as browser, tempfile.TemporaryDirectory() as place:
        folder.mkdir(parents=True, exist_ok=True)
        allowing = Path(place) / "town.toml"
        allowing.write_text(
            (ROOT / "community.example.toml").read_text().replace("pictures = false", "pictures = true")
        )
        looked = take_all(browser, folder, STATES.keys() - WITH_PHOTOS)
        looked |= take_all(browser, folder, WITH_PHOTOS, allowing)
    if folder == FOLDER:
        PAGE.write_text(written(looked), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) if len(sys.argv) > 1 else main())
