"""A picture from the web chat, where the town allows them: taken in under seal, and told to the bot as one by text.

The page makes a small JPEG of it first, so that little is sent and nothing of where and when it was taken. Whatever is
sent, its first bytes must be those of a picture, and nothing here opens it (:mod:`gateway.pictures`).
"""

import threading
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, g, jsonify, request

from gateway import media, pictures, uploads
from gateway.conversations import WEBCHAT, Inbound
from gateway.errors import Refused
from gateway.web import chat_pace
from gateway.web.chat import UUID, accepted, chat_token, keep_nowhere, provider_id
from gateway.web.guards import blueprint, door

MOST_BYTES = 2 * 1024 * 1024
SLOW_PHONES = 2  # whose pictures may be on their way at once: each holds a thread, which texts wait for
AGAIN_AFTER = 3
HANDS = "chat_pictures"


def make() -> Blueprint:
    """The one route of a visitor who sends a picture."""
    made = blueprint("chat_pictures", guard=chat_token, url_prefix="/chat")
    made.add_url_rule("/pictures", view_func=take, methods=["POST"])
    made.after_request(keep_nowhere)
    made.record(lambda state: state.app.extensions.setdefault(HANDS, threading.BoundedSemaphore(SLOW_PHONES)))
    return made


def take() -> tuple[Response, int]:
    """Keep a picture and accept the message that it is; the answer is that of a text."""
    if not door().community.widget.pictures:
        raise Refused(404, "not_found")
    client_id = request.headers.get("X-Client-Id", "")
    if not UUID.fullmatch(client_id):
        raise Refused(400, "bad_id")
    if request.content_length is None:
        raise Refused(411, "length_required")
    if request.content_length > MOST_BYTES:
        raise Refused(413, "too_large")
    named = provider_id(g.visitor, client_id)
    counted = _is_known(named)
    if not counted:
        chat_pace.room_for_picture(g.visitor)
    content = _read()
    kind = pictures.kind(content)
    if kind not in pictures.SHOWN:
        raise Refused(415, "no_picture")
    if not counted:
        chat_pace.picture_in_turn(g.visitor)
    with door().database.begin() as session:
        number = uploads.keep(session, door().settings.keys, named, kind, content, datetime.now(UTC))
    spoken = request.headers.get("Content-Language")
    facts = {"language": spoken} if spoken in {"en", "es"} else {}
    inbound = Inbound(WEBCHAT, g.visitor, named, "", facts=facts, media=(media.uploaded(number, kind),))
    receipt = door().acceptor.accept(inbound)
    answer = accepted(receipt, inbound, client_id)
    answer["message"]["pictures"] = len(inbound.media)
    return jsonify(answer), 201


def _is_known(named: str) -> bool:
    """A picture whose answer got lost comes again, and counts once."""
    with door().database.begin() as session:
        return uploads.known(session, named)


def _read() -> bytes:
    hands: threading.BoundedSemaphore = current_app.extensions[HANDS]
    if not hands.acquire(blocking=False):
        raise Refused(429, "too_many_requests", after=AGAIN_AFTER)
    try:
        request.max_content_length = MOST_BYTES
        return request.get_data(cache=False)
    finally:
        hands.release()
