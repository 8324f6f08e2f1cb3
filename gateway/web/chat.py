"""Web chat at the edge: JSON in, JSON and server-sent events out. It only translates.

A visitor is a random token that this installation signed; nothing is stored until they write, and then only a keyed
hash of it. So a visitor can come in, write, and be told what to do in danger while Postgres is down.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from gateway import language, texts
from gateway.clients.bell import CHANGED, WRITING
from gateway.community import Community
from gateway.conversations import WEBCHAT, Inbound, with_contact
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Assessment, Contact, Conversation, Message, Responder
from gateway.receiving import Receipt
from gateway.risk import Level
from gateway.web import cards, chat_pace, chat_signs
from gateway.web.chat_missed import Missed
from gateway.web.guards import blueprint, door, public
from gateway.web.idle_streams import IdleStreams
from gateway.web.live import BEAT_SECONDS, POLLS_AT_ONCE, Event, Live

log = logging.getLogger(__name__)

LONGEST_TEXT = 1_600  # as long as the longest SMS that Twilio takes: one road, one length
BODY_BYTES = 16 * 1024
PAGE = 200
SECRET_BYTES = 16
PROOF_LETTERS = 32  # 128 bits of the hash
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\.[0-9a-f]{32}")
NUMBER = re.compile(r"[0-9]{1,18}")
LIVE = "live"
KNOWN_OWNERS = 4_096


def make() -> list[Blueprint]:
    """The routes of the widget: one that anybody may call, and those that need a visitor's token."""
    visitors = blueprint("chat", guard=public, url_prefix="/chat")
    visitors.add_url_rule("/visitors", view_func=new_visitor, methods=["POST"])
    messages = blueprint("chat_messages", guard=chat_token, url_prefix="/chat")
    messages.add_url_rule("/messages", view_func=send, methods=["POST"])
    messages.add_url_rule("/messages", view_func=history, methods=["GET"])
    messages.add_url_rule("/stream", view_func=stream, methods=["GET"])
    messages.add_url_rule("/writing", view_func=chat_signs.writing, methods=["POST"])
    messages.add_url_rule("/left", view_func=chat_signs.left, methods=["POST"])
    messages.add_url_rule("/place", view_func=chat_signs.place, methods=["GET"])
    for made in (visitors, messages):
        made.after_request(keep_nowhere)
    messages.record(_open_live)
    messages.record(chat_pace.prepare)
    return [visitors, messages]


def chat_token() -> None:
    """Only a visitor with a token of ours; ``g.visitor`` is the token. Absent and wrong are answered alike."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not is_token(door().settings.keys, token):
        raise Refused(404, "not_found")
    g.visitor = token


def new_visitor() -> tuple[Response, int]:
    """A token for a visitor who is about to write."""
    given_json()
    return jsonify(token=new_token(door().settings.keys)), 201


def send() -> tuple[Response, int]:
    """Take one message; what must be said at once rides in this very answer."""
    given = given_json()
    inbound = translate(g.visitor, given)
    chat_pace.in_turn(g.visitor, inbound.text)
    receipt = door().acceptor.accept(inbound)
    return jsonify(accepted(receipt, inbound, given["id"])), 201


def history() -> Response:
    """What was said to and by this visitor after message number ``after``, oldest first, and who writes to them now."""
    after, visitor = _number(request.args.get("after", "0")), door().settings.keys.hash(g.visitor)
    writes = chat_signs.who_writes(visitor)
    found = [event.body for event in said_after(door().database, visitor, after, door().community)]
    answered = any(said["author"] == "responder" for said in found if isinstance(said, dict))
    return jsonify(messages=found, more=len(found) == PAGE, writing=None if answered else writes)


def stream() -> Response:
    """The same, as it is said and while it is written; resumes after ``Last-Event-ID``."""
    live: Live = current_app.extensions[LIVE]
    database, town, visitor = door().database, door().community, door().settings.keys.hash(g.visitor)
    last = _number(request.headers.get("Last-Event-ID", "0"))
    signs = chat_signs.Look(door().signs, visitor)

    def look(after: int) -> list[Event]:
        said = said_after(database, visitor, after, town)
        return [*said, *signs(max([after, *(event.id for event in said)]))]

    return live.answer(look, last, about=visitor)


def new_token(keys: Keys) -> str:
    """A random token, signed: so that a made-up one is known as such without asking the store."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return f"{secret}.{_proof(keys, secret)}"


def is_token(keys: Keys, token: str) -> bool:
    """Whether this installation made this token."""
    secret, _, proof = token.partition(".")
    return bool(TOKEN.fullmatch(token)) and hmac.compare_digest(proof, _proof(keys, secret))


def translate(visitor: str, given: dict[str, Any]) -> Inbound:
    """The widget's JSON in our words. Raises :class:`Refused` when it is not as agreed."""
    text, client_id = given.get("text"), given.get("id")
    if not isinstance(client_id, str) or not UUID.fullmatch(client_id):
        raise Refused(400, "bad_id")
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "no_text")
    if len(text) > LONGEST_TEXT:
        raise Refused(400, "too_long")
    seen_in = given.get("language")
    facts = {"language": seen_in} if seen_in in {"en", "es"} else {}
    if facts and given.get("chosen") is True:
        facts["chosen"] = seen_in
    return Inbound(
        channel=WEBCHAT,
        address=visitor,
        provider_id=provider_id(visitor, client_id),
        text=text,
        facts=facts,
    )


def provider_id(visitor: str, client_id: str) -> str:
    """By what a message is known, however often its page sends it."""
    return "web:" + door().settings.keys.hash(f"{visitor} {client_id}")


def accepted(receipt: Receipt, inbound: Inbound, client_id: str) -> dict[str, Any]:
    """What a page is told of what it sent, under the id that the page gave it."""
    message = {
        "id": receipt.message_id,
        "client_id": client_id,
        "author": "resident",
        "text": inbound.text,
        "kept": True,
        "answer_expected": receipt.needs_bot,
    }
    return {"message": message, "replies": replies(receipt, inbound)}


def replies(receipt: Receipt, inbound: Inbound) -> list[dict[str, Any]]:
    """What the visitor is told at once. While the store is down, at least that their words are kept."""
    said = receipt.replies
    if not said and receipt.conversation_id is None:
        known = _spoken(inbound.text) or inbound.facts.get("language")
        said = [texts.say("bot_delayed", known)] if known else texts.each("bot_delayed", None)
    now = datetime.now(UTC).isoformat()
    return [
        {
            "id": None,
            "answers": receipt.message_id,
            "ordinal": ordinal,
            "author": "system",
            "text": text,
            "language": _tongue(text),
            "time": now,
            "alert": receipt.level >= Level.URGENT,
        }
        for ordinal, text in enumerate(said)
    ]


def said_after(database: Database, visitor: str, after: int, town: Community) -> list[Event]:
    """Up to 200 messages of all conversations with this visitor, in the order of acceptance; also what was texted in
    those that went on by text, and nothing of other conversations with that number."""
    with database.begin() as session:
        rows = session.execute(_thread(visitor, after)).all()
        services = _services(session, [row[0] for row in rows], town)
        return [Event(row[0].id, _view(row, services.get(row[0].id))) for row in rows]


def _services(session: Session, said: list[Message], town: Community) -> dict[int, list[cards.Card]]:
    """The cards of each list; without them the page shows its text, so nothing that breaks in here may cost that."""
    if not cards.lists(said):
        return {}
    try:
        with session.begin_nested():
            return cards.of(session, said, town, datetime.now(UTC))
    except Exception:
        log.exception("cards could not be made")
        return {}


def _thread(visitor: str, after: int) -> Select[Message, str, str, datetime | None]:
    return (
        select(Message, Responder.name, Assessment.level, Conversation.closed_at)
        .join(Conversation, Message.conversation_id == Conversation.id)
        .join(Contact, with_contact(Contact.id))
        .outerjoin(Responder, Message.responder_id == Responder.id)
        .outerjoin(Assessment, and_(Assessment.message_id == Message.answers_id, Message.in_webhook))
        .where(Contact.channel == WEBCHAT, Contact.address_hash == visitor, Message.id > after)
        .order_by(Message.id)
        .limit(PAGE)
    )


def _view(row: Row[Message, str, str, datetime | None], services: list[cards.Card] | None) -> dict[str, Any]:
    message, responder, level, closed = row
    # Safety texts are said in both languages, who writes another gets a line in that, and responders write as they
    # like; the bot keeps to the conversation's.
    heard = _tongue(message.text) if message.in_webhook or responder else None
    return {
        "id": message.id,
        "answers": message.answers_id,
        "ordinal": message.ordinal,
        "author": message.author,
        "responder": responder.split()[0] if responder else None,
        "text": message.text,
        "pictures": len(message.media or ()),
        "services": services,
        "offers": None if closed else message.offers,
        "language": heard or message.language,
        "time": message.created_at.isoformat(),
        "alert": message.in_webhook and level in {Level.URGENT.value, Level.EMERGENCY.value},
    }


def _spoken(text: str) -> str | None:
    """Which of our two languages a text is in; unknown for one that is in both, or in neither."""
    found = language.detect(text).lang
    return found if found in {"en", "es"} else None


def _tongue(text: str) -> str | None:
    """The ISO code of the language that a text is in, for the page that shows it; unknown for one in two or none."""
    found = language.detect(text).lang.removeprefix("other:")
    return None if found in {"und", "mixed"} else found


def given_json() -> dict[str, Any]:
    """The body of a request, which is one object. Raises :class:`Refused` when it is not as agreed."""
    if request.mimetype != "application/json":
        raise Refused(415, "not_json")
    if request.content_length is None:
        raise Refused(411, "length_required")
    if request.content_length > BODY_BYTES:
        raise Refused(413, "too_large")
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Refused(400, "not_an_object")
    return given


def _number(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise Refused(400, "bad_number")
    return int(text)


def _proof(keys: Keys, secret: str) -> str:
    return keys.hash(f"visitor {secret}")[:PROOF_LETTERS]


def keep_nowhere(response: Response) -> Response:
    """No answer to a visitor stays in any store on the way."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _open_live(state: BlueprintSetupState) -> None:
    opened: Door = state.app.extensions["front_door"]
    live = Live(
        opened.bell,
        _visitors(opened.database),
        topics=(CHANGED, WRITING),
        idle=IdleStreams(BEAT_SECONDS, opened.signs.pages_open, POLLS_AT_ONCE),
        missed=Missed(opened.database),
    )
    live.stop_with_process()
    state.app.extensions[LIVE] = live


def _visitors(database: Database) -> Callable[[int], str | None]:
    """Whose conversation it is: asked once for each, however many streams are open."""

    @lru_cache(maxsize=KNOWN_OWNERS)
    def whose(conversation_id: int) -> str | None:
        wanted = (
            select(Contact.address_hash)
            .join(Conversation, with_contact(Contact.id))
            .where(Conversation.id == conversation_id, Contact.channel == WEBCHAT)
        )
        with database.begin() as session:
            return session.scalar(wanted)

    return whose
