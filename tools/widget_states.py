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
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from sqlalchemy import select

from gateway import conversations, delivery, escalations, log_ins, offering, texts
from gateway.conversations import Inbound
from gateway.db import Database
from gateway.demo import media
from gateway.directory import demo
from gateway.door import Door
from gateway.models import Conversation, Message, Responder, Shift
from gateway.offers import NUMBERS, Question
from gateway.risk import Level
from gateway.scene import Scene
from tools.axe import VERSION, Looked, look_when_still
from tools.chromium import chromium
from tools.console_shots import keep, served

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


def both(english: str, spanish: str) -> dict[str, str]:
    """The same in both languages."""
    return {"en": english, "es": spanish}


HUNGRY = both("i need food for my family", "necesito comida para mi familia")
DANGER = both("i took all my pills", "me tomé todas las pastillas")
PERSON = both(
    "Hi, I am Ana. I read what you wrote. Are you safe right now?", "Hola, soy Ana. Leí lo que escribió. ¿Está a salvo?"
)
RECEIVED = both("Received", "Recibido")
OPEN = both("Get help by chat", "Ayuda por chat")


@dataclass
class Stage:
    """One visitor in one language, and the server at the other end."""

    context: BrowserContext
    page: Page
    url: str
    door: Door
    language: str

    def alone(self) -> None:
        """The chat in a tab of its own."""
        self.page.goto(f"{self.url}/chat/frame?language={self.language}")
        expect(self.page.get_by_role("log")).to_have_attribute("aria-busy", "false")

    def write(self, words: dict[str, str]) -> None:
        """The visitor writes, and it arrives."""
        self.page.locator("#input").fill(words[self.language])
        self.page.locator("#input").press("Enter")

    def wrote(self) -> None:
        """The visitor came and asked for food."""
        self.alone()
        self.write(HUNGRY)
        expect(self.page.locator(".resident .state").last).to_have_text(RECEIVED[self.language])

    def say(self, text: str, author: str = "bot") -> None:
        """Somebody says something to them."""
        with self.door.database.begin() as session:
            conversation, _ = self._newest(session)
            who = session.scalars(select(Responder).order_by(Responder.id)).first() if author == "responder" else None
            conversations.say(
                session, conversation, text, author, datetime.now(UTC),
                language=self.language, responder_id=who.id if who else None,
            )  # fmt: skip
            number = conversation.id
        self.door.bell.announce(number)

    def find(self) -> None:
        """The directory is asked, as the bot does."""
        with self.door.database.begin() as session:
            conversation, message = self._newest(session)
            conversation.language = self.language
            town, now = self.door.community, datetime.now(UTC)
            scene = Scene(session, conversation, message, now, town.time_zone, town)
            said = offering.find_services(scene, {"needs": ["food"], "zip": "94110"})
            conversations.say_all(session, conversation, said, "bot", now, priority=delivery.BOT, answers=message.id)
            number = conversation.id
        self.door.bell.announce(number)

    def typing(self) -> None:
        """A responder types."""
        with self.door.database.begin() as session:
            conversation, _ = self._newest(session)
            number, whose = conversation.id, conversation.contact.address_hash
        self.door.signs.responder_writes(whose, "Ana")
        self.door.bell.announce_writing(number)

    def asks(self) -> None:
        """They wait for a person, one other before them."""
        now = datetime.now(UTC)
        with self.door.database.begin() as session:
            conversation, _ = self._newest(session)
            other = Inbound(conversations.SMS, "+15555550142", f"SM-in-line-{self.language}", "hello")
            thread = conversations.thread(session, self.door.settings.keys, other, now)
            escalations.open_(session, thread, "asked_for_person", Level.ROUTINE, now)
            escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, now)
        self.say(texts.say("person_asked", self.language), "system")

    def _newest(self, session: object) -> tuple[Conversation, Message]:
        message = session.scalars(  # type: ignore[attr-defined]
            select(Message).where(Message.direction == "in").order_by(Message.id.desc())
        ).first()
        return conversations.lock(session, message.conversation_id), message  # type: ignore[arg-type]


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
    stage.page.get_by_role(
        "button", name=both("Keep going by text", "Seguir por mensaje de texto")[stage.language]
    ).click()
    expect(stage.page.locator("#move input").first).to_be_focused()


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
    "by-text": ("Going on by text", by_text),
    "photo": ("A photo, where the town allows them", photo),
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
