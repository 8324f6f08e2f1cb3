"""SMS at the edge: Twilio's form in, TwiML out, receipts in. It only translates."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Response, g

from gateway import delivery, media, notifying
from gateway.clients import twilio_notices
from gateway.conversations import SMS, Inbound
from gateway.web.guards import blueprint, door, twilio_signed

MOST_MEDIA = 10  # Twilio's own limit for one MMS
LONGEST_COUNT = 4  # digits
FACTS = ("OptOutType", "NumSegments")


def make() -> Blueprint:
    """The webhook routes, which only Twilio may call."""
    sms = blueprint("sms", guard=twilio_signed, url_prefix="/sms")
    sms.add_url_rule("/inbound", view_func=inbound, methods=["POST"])
    sms.add_url_rule("/status", view_func=status, methods=["POST"])
    return sms


def inbound() -> Response:
    """Take one text; what must be said at once rides in this very answer, as TwiML."""
    receipt = door().acceptor.accept(translate(g.form))
    return twiml(receipt.replies)


def status() -> Response:
    """Take one delivery receipt. An unknown text is no error: Twilio would only repeat it."""
    form = g.form
    code = form.get("ErrorCode", "")
    number = int(code) if code.isdecimal() and len(code) < 7 else None  # noqa: PLR2004 - Twilio's codes have five digits
    said = form.get("MessageStatus") or form.get("SmsStatus", "")
    if not delivery.is_news(said):
        return Response(status=204)
    database, now = door().database, datetime.now(UTC)
    if said == "delivered":
        with database.asking() as connection:
            if delivery.arrived(connection, form["MessageSid"], now):
                return Response(status=204)
    with database.begin() as session:
        if not notifying.receipt(session, form["MessageSid"], said, number, twilio_notices.why(number), now):
            delivery.receipt(session, form["MessageSid"], said, number, now)
    return Response(status=204)


def translate(form: dict[str, str]) -> Inbound:
    """Twilio's checked form in our words."""
    count = form.get("NumMedia", "0")
    places = range(min(int(count), MOST_MEDIA) if count.isdecimal() and len(count) < LONGEST_COUNT else 0)
    return Inbound(
        channel=SMS,
        address=form["From"],
        provider_id=form["MessageSid"],
        text=form.get("Body", ""),
        media=tuple(
            media.reference(form[f"MediaUrl{place}"], form.get(f"MediaContentType{place}"), form["AccountSid"])
            for place in places
            if form.get(f"MediaUrl{place}")
        ),
        facts={name: form[name] for name in FACTS if name in form},
    )


def twiml(replies: list[str]) -> Response:
    """An answer that makes Twilio send each reply as a text of its own; none when there is nothing to say yet."""
    said = "".join(f"<Message>{escape(_allowed(reply))}</Message>" for reply in replies)
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}</Response>', mimetype="text/xml")


def _allowed(text: str) -> str:
    """XML 1.0 has no room for control characters."""
    return "".join(char for char in text if char >= " " or char in "\n\t")
