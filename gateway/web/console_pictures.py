"""Pictures that came with a text: asking for one, and pressing to see it, which is written down before it is shown."""

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import attachments
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_acts import after

# Should a browser ever open one by itself: no script, no form, no other origin, nothing loaded.
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
THREAD = "/threads/<int:escalation_id>"


def add_routes(blueprint: Blueprint) -> None:
    """Open the routes; what is written down goes by POST."""
    add = blueprint.add_url_rule
    add(f"{THREAD}/messages/<int:message_id>/attachments/<int:place>", "want_picture", want, methods=["POST"])
    add(f"{THREAD}/pictures/<int:attachment_id>/look", "look_at_picture", look, methods=["POST"])
    add(f"{THREAD}/pictures/<int:attachment_id>", "picture", picture)
    add(f"{THREAD}/pictures/<int:attachment_id>/glance", "picture_glance", glance)


def want(escalation_id: int, message_id: int, place: int) -> ResponseReturnValue:
    """Ask for what came with a message; the worker fetches it, and the page then reads itself again."""
    with guards.door().database.begin() as session:
        made = attachments.want(session, escalation_id, message_id, place, g.responder, now())
        conversation_id = made.conversation_id
    guards.door().bell.announce(conversation_id)
    return after(escalation_id, leave=False)


def look(escalation_id: int, attachment_id: int) -> ResponseReturnValue:
    """Write down that this person looks, and show the picture: in its place, or by itself where no script runs."""
    with guards.door().database.begin() as session:
        row = attachments.look(session, escalation_id, attachment_id, g.responder, now())
        session.expunge(row)
    if "HX-Request" not in request.headers:
        return redirect(url_for("console.picture", escalation_id=escalation_id, attachment_id=attachment_id), 303)
    return render_template("console/picture_seen.html", row=row, escalation_id=escalation_id)


def picture(escalation_id: int, attachment_id: int) -> Response:
    """The picture, for who pressed within the last minute."""
    door = guards.door()
    with door.database.begin() as session:
        found = attachments.shown(session, door.settings.keys, escalation_id, attachment_id, g.responder, now())
    return _as_picture(found, f"picture-{attachment_id}.jpg")


def glance(escalation_id: int, attachment_id: int) -> Response:
    """The picture's colours, for who is on the thread."""
    door = guards.door()
    with door.database.begin() as session:
        found = attachments.glance(session, door.settings.keys, escalation_id, attachment_id, g.responder)
    return _as_picture(found, f"glance-{attachment_id}.jpg")


def _as_picture(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="image/jpeg")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
