"""Plays a script through the front door: signed posts into the real app, the real bot, real Postgres, a clock that
the script moves. Only the carrier is ours: it writes down what it was given."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from flask import Flask
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from gateway import conversations, delivery, escalations, follow_ups, lapsing, quiet_hours, sending, silence, turns
from gateway.acceptor import PAUSE_SECONDS
from gateway.clients.bell import Bell
from gateway.clients.rasa import Rasa
from gateway.db import Database
from gateway.directory import demo
from gateway.door import Door
from gateway.errors import SmsFailed
from gateway.leases import take
from gateway.models import Conversation, Escalation, Responder, Shift
from gateway.settings import Settings
from tests.conftest import Clock, Phone
from tests.conversations import ends, moves
from tests.conversations.script import MONDAY_NOON, Script, Turn, local
from tools.transcripts import COMPUTER, EVENT, NOTE, RESIDENT, RESPONDER, Line, Transcript

NOBODY_LISTENS = "127.0.0.1:9"
NAME = "Ana"
A_BUSY_MACHINE = 60.0
CUT_OFF = text(  # a worker of the autovacuum may not be ended by us, and goes by itself
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND backend_type = 'client backend'"
)
SWEEPS = 4  # of one wait: what falls due in the middle of it is done before what falls due at its end


@dataclass
class Played:
    """What came of a script: the lines as they were, and everything that was not as the script says."""

    script: Script
    lines: list[Line] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def transcript(self) -> Transcript:
        """The same for the page."""
        script = self.script
        return Transcript(script.title, script.about, script.language, script.messy, script.danger, tuple(self.lines))

    def __str__(self) -> str:
        told = [f"  {line.who:>9}: {line.text}" for line in self.lines]
        return "\n".join([self.script.name, *told, *(f"  FAULT {fault}" for fault in self.faults)])


class Carrier:
    """What takes texts away: keeps them in order, or refuses for now while it is down."""

    def __init__(self) -> None:
        self.down = False
        self.taken: list[tuple[str, str]] = []

    def send(self, to: str, body: str) -> str:
        """Take one text."""
        if self.down:
            raise SmsFailed(None, retryable=True)
        self.taken.append((to, body))
        return "SM" + secrets.token_hex(16)

    def find(self, to: str, body: str, since: datetime) -> str | None:
        """Whether a text was taken."""
        return "SM" + secrets.token_hex(16) if (to, body) in self.taken else None


class Street:
    """One town that residents text to, for as many scripts as there are, one after the other."""

    def __init__(self, app: Flask, settings: Settings, bot_url: str, bot_secret: str, postgres_url: str) -> None:
        self.app, self.settings = app, settings
        self.door: Door = app.extensions["front_door"]
        self.database = Database(settings.database_url)
        self.clock = Clock(local(MONDAY_NOON))
        self.door.acceptor.clock = self.clock
        self.door.acceptor.patience = A_BUSY_MACHINE
        self.carrier = Carrier()
        self.answering = Rasa(bot_url, bot_secret, seconds=A_BUSY_MACHINE)
        self.down: set[str] = set()
        self._postgres_url = postgres_url
        self._played: dict[str, Played] = {}
        self._number = 300
        demo.load_demo(self.database, self.clock())

    def close(self) -> None:
        """Give back what is held open."""
        self.answering.close()
        self.database.close()

    def play(self, script: Script) -> Played:
        """Play a script, once: the same again gives what came of it the first time."""
        if script.name not in self._played:
            self._played[script.name] = _Play(self, script).through()
        return self._played[script.name]

    def clear(self, script: Script) -> None:
        """An empty mailbox, everything up, the clock where the script begins."""
        with self.database.begin() as session:
            session.execute(text("TRUNCATE contacts, opt_outs, responders CASCADE"))
        self.clock.at = script.starts
        self.carrier.taken.clear()
        self.shift(on=script.shift)

    def phone(self) -> Phone:
        """A number that nobody wrote from before."""
        self._number += 1
        return Phone(self.app.test_client(), self.settings, f"+1555555{self._number:04d}")

    def shift(self, *, on: bool) -> None:
        """Whether somebody of the team is on call from now on."""
        with self.database.begin() as session:
            session.execute(text("DELETE FROM shifts"))
            if on:
                start = self.clock() - timedelta(hours=1)
                session.add(Shift(responder_id=self._responder(session).id, starts_at=start,
                                  ends_at=start + timedelta(days=60)))  # fmt: skip

    def act(self, responder_does: str, say: str = "") -> None:
        """What the one person of the team does in the console, about the escalation that is open."""
        with self.database.begin() as session:
            row = session.scalars(select(Escalation).where(Escalation.status != escalations.RESOLVED)).one()
            person, now = self._responder(session), self.clock()
            if responder_does == "claim":
                escalations.claim(session, row.id, row.epoch, person, now)
            elif responder_does == "release":
                escalations.release(session, row.id, row.epoch, person, now)
            elif responder_does == "resolve":
                escalations.resolve(session, row.id, row.epoch, person, say, now)
            else:
                conversations.say(session, row.conversation, say, conversations.RESPONDER, now,
                                  priority=delivery.RESPONDER, responder_id=person.id)  # fmt: skip
                escalations.replied(row, now)

    def set_down(self, part: str) -> None:
        """Take one part away."""
        self.down.add(part)
        self.carrier.down = "carrier" in self.down
        if part == "redis":
            self.door.acceptor._bell = Bell(f"redis://{NOBODY_LISTENS}")
        if part == "store":
            self._connections(allowed=False)

    def set_up(self, part: str) -> None:
        """Bring it back, and let what waited for it be done."""
        self.down.discard(part)
        self.carrier.down = "carrier" in self.down
        if part == "redis":
            self.door.acceptor._bell = self.door.bell
        if part == "store":
            self._connections(allowed=True)
            time.sleep(PAUSE_SECONDS)  # for so long the way in does not try a store that was down
            deadline = time.monotonic() + A_BUSY_MACHINE
            while self.door.journal.pending() and time.monotonic() < deadline:
                self.door.acceptor.drain()
                time.sleep(0.05)

    def sweep(self) -> None:
        """What the worker does by itself when time has passed, in its order, unless it is down."""
        if "worker" in self.down:
            return
        community, now = self.door.community, self.clock()
        with self.database.begin() as session:
            silence.watch(session, community, now)
            for follow_up_id in follow_ups.due(session, community, now):
                follow_ups.ask(session, community, follow_up_id, now)
            for follow_up_id in follow_ups.unanswered(session, now):
                follow_ups.lapse(session, follow_up_id, now)
            lapsing.lapse(session, now)

    def work(self) -> None:
        """Turns and sending, until nothing waits."""
        if self.down & {"worker", "store"}:
            return
        with contextlib.ExitStack() as closing:
            rasa = self.answering
            if "bot" in self.down:
                rasa = Rasa(f"http://{NOBODY_LISTENS}", "nobody")
                closing.callback(rasa.close)
            while lease := self._lease():
                while turns.answer_next(self.database, rasa, self.door.community, lease, self.clock) is not None:
                    pass
        while sending.send_next(self.database, self.carrier, self.settings.keys, self.clock, quiet=self._quiet):
            if self.carrier.down:
                return

    def _quiet(self, at: datetime) -> bool:
        return quiet_hours.covers(self.door.community, at)

    def _lease(self) -> Any:
        with self.database.begin() as session:
            return take(session, "street")

    def _responder(self, session: Session) -> Responder:
        found = session.scalar(select(Responder))
        if found is None:
            found = Responder(email="ana@demo.example", name=NAME, role="responder", password_hash="-",
                              languages=["en", "es"], created_at=self.clock())  # fmt: skip
            session.add(found)
            session.flush()
        return found

    def _connections(self, *, allowed: bool) -> None:
        """Postgres itself stays; this one database lets nobody in and breaks what is open."""
        name = make_url(self.settings.database_url).database
        with (
            contextlib.closing(Database(self._postgres_url)) as server,
            server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"))
            if not allowed:
                connection.execute(CUT_OFF, {"name": name})


class _Play:
    """One script under way."""

    def __init__(self, street: Street, script: Script) -> None:
        self.street, self.script = street, script
        self.played = Played(script)
        self.language = script.language
        self._last_form: dict[str, str] | None = None
        self._words: set[str] = set()
        street.clear(script)
        self.phone = street.phone()

    def through(self) -> Played:
        """Every turn, and then the end."""
        try:
            for number, turn in enumerate(self.script.turns, start=1):
                self._turn(turn, f"turn {number}")
            with self.street.database.begin() as session:
                fault = ends.missing(session, self.script, self.played.made, self._last_text())
            self.played.faults += [fault] if fault else []
        finally:
            for part in sorted(self.street.down):
                self.street.set_up(part)
        return self.played

    def _turn(self, turn: Turn, where: str) -> None:
        self.language = turn.language or self.language
        said = list(self._happens(turn))
        if turn.note:
            self._line(NOTE, turn.note)
        made = list(moves.folded((self._named(each) for each in said), self.language))
        self.played.made += made
        if tuple(made) != turn.moves:
            self._fault(where, f"expected {list(turn.moves)}, made {made}")
        if turn.texts and not made and not turn.note:
            self._fault(where, "nothing was said, and no note says why")
        if "store" not in self.street.down:
            with self.street.database.begin() as session:
                self._check(session, turn, where)

    def _happens(self, turn: Turn) -> Iterator[str]:
        street = self.street
        if turn.texts:
            for words in turn.texts:
                yield from self._say(words, photo=turn.act == "photo")
        elif turn.act == "again":
            self._tell(turn)
            yield from self._post(self._last_form or {})
        elif turn.act == "wait":
            yield from self._wait(turn)
        elif turn.act in {"down", "up"}:
            self._tell(turn)
            {"down": street.set_down, "up": street.set_up}[turn.act](turn.value)
        elif turn.act == "shift":
            self._tell(turn)
            street.shift(on=turn.value == "on")
        else:
            self._responds(turn)
        yield from self._works()

    def _responds(self, turn: Turn) -> None:
        if turn.act == "reply":
            self._words |= {turn.value}
        else:
            self._tell(turn)
        self.street.act(turn.act, turn.value)

    def _say(self, words: str, *, photo: bool) -> Iterator[str]:
        more = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media/ME1"} if photo else {}
        self._last_form = self.phone.form(words, **more)
        self._line(RESIDENT, words or "(a photo)")
        yield from self._post(self._last_form)

    def _post(self, form: dict[str, str]) -> Iterator[str]:
        response = self.phone.post(form)
        if response.status_code != 200:
            self._fault("post", f"answered with {response.status_code}")
            return
        for message in ElementTree.fromstring(response.text):
            yield self._told(message.text or "")

    def _wait(self, turn: Turn) -> Iterator[str]:
        self._tell(turn)
        for _ in range(SWEEPS):
            self.street.clock.at += turn.span / SWEEPS
            if "store" not in self.street.down:
                self.street.sweep()
            yield from self._works()

    def _works(self) -> Iterator[str]:
        seen = len(self.street.carrier.taken)
        self.street.work()
        for to, body in self.street.carrier.taken[seen:]:
            if to == self.phone.number:
                yield self._told(body)

    def _told(self, said: str) -> str:
        self._line(RESPONDER if said in self._words else COMPUTER, said)
        return said

    def _named(self, said: str) -> str:
        return moves.PERSON if said in self._words else moves.named(said, self.language)

    def _check(self, session: Session, turn: Turn, where: str) -> None:
        conversation = session.scalar(select(Conversation).order_by(Conversation.id.desc()).limit(1))
        if turn.searched is not None:
            search = (conversation.last_search if conversation else None) or {}
            for key, value in turn.searched.items():
                if (search.get(key) or "nothing") != value:
                    self._fault(where, f"searched with {key} {search.get(key)!r}, not {value!r}")
        if turn.escalation is not None:
            row = escalations.of_conversation(session, conversation.id) if conversation else None
            found = f"{row.reason} {row.level}" if row else "none"
            if found != turn.escalation:
                self._fault(where, f"escalation {found!r}, not {turn.escalation!r}")

    def _last_text(self) -> str:
        return next((line.text for line in reversed(self.played.lines) if line.who in {COMPUTER, RESPONDER}), "")

    def _tell(self, turn: Turn) -> None:
        self._line(EVENT, f"{turn.act} {turn.value}")

    def _line(self, who: str, words: str) -> None:
        self.played.lines.append(Line(self.street.clock(), who, words))

    def _fault(self, where: str, what: str) -> None:
        self.played.faults.append(f"{where}: {what}")
