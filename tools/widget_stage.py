"""What the states of ``tools.widget_states`` are made with: a visitor in a browser, and the server at the other end."""

from dataclasses import dataclass
from datetime import UTC, datetime

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import conversations, delivery, escalations, offering, texts
from gateway.conversations import Inbound
from gateway.door import Door
from gateway.models import Conversation, Message, Notice, Responder
from gateway.risk import Level
from gateway.scene import Scene


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

    def code(self) -> str:
        """The code that was sent last."""
        with self.door.database.begin() as session:
            sent = session.scalars(select(Notice).where(Notice.kind == "phone_code").order_by(Notice.id.desc())).first()
            return "".join(filter(str.isdigit, sent.text or ""))[:6] if sent else ""

    def _newest(self, session: Session) -> tuple[Conversation, Message]:
        newest = select(Message).where(Message.direction == "in").order_by(Message.id.desc()).limit(1)
        message = session.scalars(newest).one()
        return conversations.lock(session, message.conversation_id), message
