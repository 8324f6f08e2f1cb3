"""A console in use, for pictures of it and for whoever must look at every page: nothing that a page shows is missing.

Residents write through the acceptor, as webhooks do, and are screened; people work through the pages' own forms.
"""

import csv
import io
import re
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage

from gateway import (
    conversations,
    credentials,
    dispatch_links,
    dispatches,
    escalations,
    import_process,
    labels,
    log_ins,
    referral_links,
    referrals,
    teams,
)
from gateway.conversations import SMS, Inbound
from gateway.directory import demo
from gateway.door import Door
from gateway.models import (
    Assessment,
    Conversation,
    Drill,
    Escalation,
    Message,
    Referral,
    Responder,
    SearchLog,
    Shift,
    TeamMember,
)
from gateway.models.directory import Location, Service
from gateway.risk import Level

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HOUR = timedelta(hours=1)
PEOPLE = (
    ("Ana Reyes", "admin"),
    ("Ben Ochoa", "responder"),
    ("Soledad Ruiz", "supervisor"),
    ("Eda Lee", "directory_editor"),
)
# Number, words, and how many minutes ago they were written.
WAITING = (
    ("+15555550141", "can a person call me", 42),
    ("+15555550142", "me van a desalojar mañana y tengo dos niños, quiero hablar con una persona", 25),
    ("+15555550143", "i took all my pills", 3),
    ("+15555550144", "mi esposo me pega, no sé qué hacer", 9),
)
HELD, OTHERS, ENDED = "+15555550145", "+15555550146", "+15555550147"
EARLIER = "last spring you found us a pantry, thank you. i want to talk to a person"
SAID = "i want to die and my brother has his gun here"
DISPATCH: dict[str, Any] = {
    "has": ["place", "place_confirmed", "consent", "checklist", "safety_flags", "team", "what_to_know"],
    "place": "12 Oak St, back door", "place_confirmed": "yes", "consent": "given", "q_weapon": "no",
    "safety_flags": ["dog"], "team": "street", "what_to_know": "Ring twice. They speak Spanish.",
}  # fmt: skip
OFFERED = "Demo Town Food Pantry"
CARES = "Free food for families. Come early: the line is long."
LIST = {
    "organization": [{"id": "o1", "name": "Harbor Pantry", "description": "Food for all"}],
    "service": [{"id": "s1", "organization_id": "o1", "name": "Pantry", "status": "active", "description": CARES},
                {"id": "s2", "organization_id": "o1", "name": "Showers", "status": "active", "description": ""}],
    "location": [{"id": "l1", "organization_id": "o1", "name": "Main hall", "location_type": "physical",
                  "latitude": "37.76", "longitude": "-122.42"}],
    "service_at_location": [{"id": "a1", "service_id": "s1", "location_id": "l1"},
                            {"id": "a2", "service_id": "s2", "location_id": "l1"}],
    "phone": [{"id": "p1", "location_id": "l1", "number": "call us", "type": "voice"}],
}  # fmt: skip


class Visitor:
    """A person who works in the console, by its forms."""

    def __init__(self, client: FlaskClient, name: str, email: str, password: str) -> None:
        self.client, self.name, self.email, self.password = client, name, email, password
        # Tries of many log-ins from one address would be held against all of them.
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{1 + secrets.randbelow(250)}"
        self.post("/console/log-in", at="/console/log-in", email=email, password=password)

    def post(self, path: str, at: str = "/console/account", **form: Any) -> str:
        """Submit a form; where it led. Raises ``ValueError`` when it was refused."""
        found = TOKEN.search(self.client.get(at).text)
        answer = self.client.post(path, data={"csrf_token": unescape(found[1]) if found else ""} | form)
        if answer.status_code >= 400:  # noqa: PLR2004 - HTTP
            raise ValueError(f"{path}: {answer.status_code}")
        return answer.headers.get("Location", "") or answer.text


@dataclass
class ConsoleTown:
    """Who works there, and what the addresses of the pages need to know."""

    door: Door
    app: Flask
    people: dict[str, Visitor] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def fill(self) -> "ConsoleTown":
        """Everything, once, into an empty store."""
        with self.door.database.begin() as session:
            demo.load_demo(session, now())
        for name, role in PEOPLE:
            self._person(name, role)
        self._on_shift()
        self._lately()
        self._threads()
        self._held()
        self._links()
        self._duty()
        self._directory()
        self._everybody()
        return self

    def speaks(self, language: str) -> None:
        """Let everybody read the console in this language."""
        with self.door.database.begin() as session:
            session.execute(update(Responder).values(locale=language))
        self.numbers["language"] = language

    def _person(self, name: str, role: str) -> None:
        email, password = f"{name.split(maxsplit=1)[0].lower()}@example.org", secrets.token_urlsafe(12)
        with self.door.database.begin() as session:
            log_ins.create_responder(session, email, name, role, password, now())
        self.people[name.split(maxsplit=1)[0]] = Visitor(self.app.test_client(), name, email, password)

    def _write(self, number: str, text: str, minutes: float = 0, *, asks: bool = True) -> int:
        """A resident writes, so long ago, and asks for a person; returns the thread, 0 where nobody is asked."""
        at = now() - timedelta(minutes=minutes)
        self.door.acceptor.accept(Inbound(SMS, number, "SM" + secrets.token_hex(16), text))
        with self.door.database.begin() as session:
            message = session.scalars(select(Message).where(Message.text == text).order_by(Message.id.desc())).one()
            # What was answered at once stands behind it.
            answered = (Message.conversation_id == message.conversation_id, Message.id > message.id)
            session.execute(update(Message).where(*answered).values(created_at=at))
            message.created_at = at
            session.execute(update(Assessment).where(Assessment.message_id == message.id).values(created_at=at))
            conversation = session.get_one(Conversation, message.conversation_id)
            row = escalations.of_conversation(session, conversation.id)
            if row is None and asks:
                row = escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, at, message.id)
            if row is not None and row.message_id == message.id:
                row.opened_at = row.waiting_since = at
            return row.id if row is not None else 0

    def _lately(self) -> None:
        """Last week's messages in which nothing was found, for the sample, and what was searched for."""
        week = labels.last_week(now())
        start, _ = labels.span_of(week, now())
        self.numbers["week"] = week
        for minutes, text in enumerate(("good morning, is the library open", "what time does the pool close")):
            ago = (now() - start).total_seconds() / 60 - minutes - 1
            self._write("+15555550139", text, ago, asks=False)
        line = {"at": now() - 30 * HOUR, "zone": "Mission", "zip3": "941", "language": "es", "channel": "sms"}
        with self.door.database.begin() as session:
            for need, offered, reason, times in (
                ("food", 3, None, 31),
                ("shelter", 0, "none", 18),
                ("shelter", 2, None, 9),
            ):
                for _ in range(times):
                    session.add(SearchLog(**line, needs=[need], offered=offered, reason=reason, declined=False))

    def _threads(self) -> None:
        """What waits, what Ben holds, and an emergency that he ended: somebody else must look at it."""
        for number, text, minutes in WAITING:
            self._write(number, text, minutes)
        ben = self.people["Ben"]
        mine = self.numbers["bens"] = self._write(OTHERS, "they cut our power off and my insulin is in the fridge", 14)
        ben.post(f"/console/threads/{mine}/claim", epoch="0", over="yes")
        ben.post(f"/console/threads/{mine}/reply", epoch="1", text="I am Ben. How long has it been off?")
        ended = self._write(ENDED, "my father has chest pain and cannot breathe", 55)
        ben.post(f"/console/threads/{ended}/claim", epoch="0", over="yes")
        ben.post(f"/console/threads/{ended}/resolve", epoch="1", disposition="handed_to_911")

    def _held(self) -> None:
        """The thread whose page is shown: it has all that a thread can have."""
        ana = self.people["Ana"]
        before = self._write(HELD, EARLIER, 60 * 24 * 90)
        ana.post(f"/console/threads/{before}/claim", epoch="0", over="yes")
        ana.post(f"/console/threads/{before}/resolve", epoch="1", disposition="helped")
        with self.door.database.begin() as session:
            conversations.close(session, session.get_one(Escalation, before).conversation, "idle", now())
        row = self.numbers["escalation_id"] = self._write(HELD, SAID, 12)
        there = f"/console/threads/{row}"
        ana.post(f"{there}/claim", epoch="0", over="yes")
        ana.post(f"{there}/reply", epoch="1", text="I am Ana. I am here with you. Are you alone right now?")
        self._write(HELD, "he is in the kitchen. please no police", 8)
        ana.post(f"{there}/notes", text="@Soledad I stay with them. Can you find the address of the last visit?")
        with self.door.database.begin() as session:
            conversation = session.get_one(Escalation, row).conversation
            conversation.answers = {"place": "12 Oak St", "zip": "94110", "people": "2"}
            [key] = session.execute(select(Service.dataset, Service.id).where(Service.name == OFFERED))
            self.numbers["service"] = f"{key[0]}:{key[1]}"
            offer = referrals.Offer(self.numbers["service"], OFFERED, "food")
            referrals.refer(session, conversation, None, [offer], now())
        self.numbers["handoff_id"] = last(ana.post(f"{there}/handoffs", to="911"))
        with self.door.database.begin() as session:
            teams.add(session, self.door.settings.keys, self.door.community, "street", "Nia", "+15555550161", now())
        self.numbers["dispatch_id"] = last(ana.post(f"{there}/dispatches"))
        ana.post(f"/console/dispatches/{self.numbers['dispatch_id']}/edit", version="1", **DISPATCH)

    def _links(self) -> None:
        """What links open without a log-in: a team on its way to Ben's thread, a provider's question, and a card."""
        ben = self.people["Ben"]
        sent = last(ben.post(f"/console/threads/{self.numbers['bens']}/dispatches"))
        ben.post(f"/console/dispatches/{sent}/edit", version="1", **DISPATCH | {"what_to_know": "Her insulin is warm."})
        at_any_hour = [each.model_copy(update={"hours": None}) for each in self.door.community.teams]
        town, keys = self.door.community.model_copy(update={"teams": tuple(at_any_hour)}), self.door.settings.keys
        with self.door.database.begin() as session:
            asks, nia = session.get_one(Responder, self.ids["Ben Ochoa"]), session.scalars(select(TeamMember)).one()
            made = dispatches.send(session, town, sent, 2, asks, now(), self.door.settings.public_url)
            team = self.numbers["team"] = dispatch_links.make(session, made, nia, now())
            referral = session.scalars(select(Referral)).one()
            for purpose in (referral_links.PROVIDER, referral_links.CARD):
                self.numbers[purpose] = referral_links.token(keys, purpose, referral, now())
        for verb, eta in (("accept", "15"), ("go", "")):
            self.app.test_client().post(f"/t/{team}", data={"verb": verb, "eta": eta, "version": "2"})

    def _on_shift(self) -> None:
        """Who is there now, and who comes tomorrow."""
        with self.door.database.begin() as session:
            ids = self.ids = dict(session.execute(select(Responder.name, Responder.id)).all())
            for name, start, end in (("Ana Reyes", -2, 6), ("Ben Ochoa", -1, 5), ("Ben Ochoa", 22, 30)):
                begins, ends = now() + start * HOUR, now() + end * HOUR
                heard = now() if start < 0 else None
                session.add(Shift(responder_id=ids[name], starts_at=begins, ends_at=ends, sound_heard_at=heard))

    def _duty(self) -> None:
        """Whom somebody asks to swap, a rota, a drill that failed, a rest that was asked for, and a broadcast."""
        sol, ben, ids = self.people["Soledad"], self.people["Ben"], self.ids
        with self.door.database.begin() as session:
            session.add(Drill(started_at=now() - 9 * HOUR, finished_at=now() - 8 * HOUR, outcome="failed", detail={}))
            later = session.scalars(select(Shift.id).where(Shift.starts_at > now())).one()
        ben.post(f"/console/shifts/{later}/swap", of=str(ids["Ana Reyes"]), note="My son has a school play")
        ben.post("/console/rest/debrief")
        night = {"starts": "22:00", "ends": "06:00", "from": now().date().isoformat(), "weeks": "2", "until": ""}
        sol.post("/console/rota", who=str(ids["Soledad Ruiz"]), day=["MO", "WE", "FR"], **night)
        sol.post("/console/broadcasts", text="Rain tonight: the warming center on 5th opens at 7 pm.", lasts="60")

    def _directory(self) -> None:
        """A correction that waits, and a list that was read and waits for a yes."""
        eda = self.people["Eda"]
        there, home = "/console/directory/", "/console/directory/imports"
        said = {"kind": "wrong", "about": "hours", "note": "On Fridays they now close at 3 pm."}
        self.people["Ben"].post(f"{there}wrong", id=self.numbers["service"], **said)
        file = FileStorage(io.BytesIO(packed(LIST)), "county.zip")
        self.numbers["job_id"] = last(eda.post(home, at=there, dataset="county", file=file))
        import_process.work(self.door.database, self.door.settings.var, None)
        with self.door.database.begin() as session:
            [place] = session.execute(select(Location.dataset, Location.id).limit(1))
            self.numbers["place"] = f"{place[0]}:{place[1]}"

    def _everybody(self) -> None:
        """Somebody who was invited, and somebody whose log-in has two steps."""
        ana, ben = self.people["Ana"], self.people["Ben"]
        said = ana.post("/console/people/invite", email="eva@example.org", name="Eva Cruz", role="responder")
        link = re.search(r'id="the-link" value="[^"]*/join/([^"]+)"', said)
        self.numbers["invitation"] = link[1] if link else ""
        keys = self.door.settings.keys
        with self.door.database.begin() as session:
            who = session.scalars(select(Responder).where(Responder.email == ben.email)).one()
            token, secret = credentials.totp_begin(session, keys, who, now())
            if not credentials.totp_confirm(session, keys, who, token, TOTP(secret).now(), now()):
                raise ValueError("no second step was set up")


def now() -> datetime:
    """The true time: the pages use it too."""
    return datetime.now(UTC)


def last(path: str) -> int:
    """The number at the end of where a form led."""
    return int(path.rpartition("/")[2])


def packed(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """A list as the county sends it: a ZIP of CSV files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for kind, objects in rows.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list({column: None for row in objects for column in row}))
            writer.writeheader()
            writer.writerows(objects)
            made.writestr(f"county/{kind}.csv", text.getvalue())
    return body.getvalue()
