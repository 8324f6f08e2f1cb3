"""Calls to responders at the edge: Twilio's forms in, TwiML out. It only translates; see :mod:`gateway.phone_calls`."""

from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, g, url_for

from gateway import phone_calls
from gateway.phone_calls import Answer
from gateway.web.clock import now
from gateway.web.guards import blueprint, door, twilio_call_signed

PATIENCE_MS = 5_000  # a key waits for a crowd that claims too; Twilio waits 15 s
KEY_SECONDS = 8
SPOKEN = {"en": "en-US", "es": "es-US"}  # Twilio, "TwiML Voice: Say", attribute language


def make() -> Blueprint:
    """The webhooks of calls, which only Twilio may call."""
    voice = blueprint("voice", guard=twilio_call_signed, url_prefix="/voice")
    voice.add_url_rule("/<int:notice_id>", "answered", answered, methods=["POST"])
    voice.add_url_rule("/<int:notice_id>/key", "key", key, methods=["POST"])
    voice.add_url_rule("/<int:notice_id>/status", "status", status, methods=["POST"])
    return voice


def answered(notice_id: int) -> Response:
    """Somebody picked up: what the call says."""
    with door().database.begin(patience_ms=PATIENCE_MS) as session:
        answer = phone_calls.picked_up(session, notice_id, g.form["CallSid"], now())
    return _twiml(notice_id, answer)


def key(notice_id: int) -> Response:
    """A key was pressed."""
    with door().database.begin(patience_ms=PATIENCE_MS) as session:
        answer = phone_calls.pressed(
            session, door().community, notice_id, g.form["CallSid"], g.form.get("Digits", ""), now()
        )
    if answer.conversation_id is not None:
        door().bell.announce(answer.conversation_id)
        door().bell.ring_for_texts(answer.conversation_id)
    return _twiml(notice_id, answer)


def status(notice_id: int) -> Response:
    """How far a call came."""
    with door().database.begin(patience_ms=PATIENCE_MS) as session:
        phone_calls.receipt(session, notice_id, g.form["CallSid"], g.form.get("CallStatus", ""), now())
    return Response(status=204)


def _twiml(notice_id: int, answer: Answer) -> Response:
    said = '<Pause length="1"/>'.join(_say(line, answer.language) for line in answer.lines)
    if answer.asks:
        action = quoteattr(door().settings.public_url + url_for("voice.key", notice_id=notice_id))
        said = (
            f'<Gather input="dtmf" numDigits="1" timeout="{KEY_SECONDS}" method="POST" action={action}>{said}</Gather>'
            f"{_say(answer.after, answer.language)}"
        )
    whole = f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}<Hangup/></Response>'
    return Response(whole, mimetype="text/xml")


def _say(line: str, language: str) -> str:
    return f"<Say language={quoteattr(SPOKEN[language])}>{escape(line)}</Say>"
