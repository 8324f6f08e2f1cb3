"""What helps to write a reply: the draft that is kept, the hints on its words, the ready replies in both languages."""

from flask import Blueprint, g, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from gateway import drafts, escalations, reply_pairs, wording_hints
from gateway.errors import Refused
from gateway.marking import N_
from gateway.models import Escalation, Message
from gateway.web import guards
from gateway.web.clock import now
from gateway.web.console_thread import LONGEST_REPLY, SAME_REPLY_WITHIN

LONGEST_DRAFT = 2 * LONGEST_REPLY  # one that is too long to be sent is still somebody's work
GROUPS = {"hello": N_("To begin"), "ask": N_("To ask"), "tell": N_("To tell"), "end": N_("To end")}
PLACES = {"place": N_("Place")}


def add_routes(blueprint: Blueprint) -> None:
    """Open the route that keeps a draft, and give the reply's form its ready replies."""
    blueprint.record(_prepare)
    blueprint.add_url_rule("/threads/<int:escalation_id>/draft", "draft", draft, methods=["POST"])


def _prepare(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(reply_pairs=reply_pairs.every, pair_groups=GROUPS, pair_places=PLACES)


def draft(escalation_id: int) -> ResponseReturnValue:
    """Keep what is being written, and answer with the hints on it. Only the owner of a thread writes in it."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    with guards.door().database.begin() as session:
        row = session.get(Escalation, escalation_id)
        if row is None:
            raise Refused(404, "no_such_escalation")
        if row.status != escalations.CLAIMED or row.owner_id != g.responder.id:
            raise Refused(403, "not_your_thread")
        # A draft that was on its way while its own reply was sent would come back as if it were still to be sent.
        sent = select(Message.id).where(
            Message.conversation_id == row.conversation_id,
            Message.responder_id == g.responder.id,
            Message.text == text.strip(),
            Message.created_at > now() - SAME_REPLY_WITHIN,
        )
        if session.scalar(sent.limit(1)) is None:
            drafts.keep(session, row.conversation_id, g.responder.id, text[:LONGEST_DRAFT], now())
        language = row.conversation.language
    return render_template("console/hints.html", hints=wording_hints.hints(text, language))
