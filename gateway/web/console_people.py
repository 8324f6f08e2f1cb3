"""The people who work here: who may, as what, and the links by which they come in; for admins."""

from collections.abc import Callable, Iterable

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway import credentials, invitations, log_ins, people
from gateway.errors import Refused
from gateway.web import account_words, guards
from gateway.web.clock import now
from gateway.web.console_entry import go, let_in, welcome
from gateway.web.console_rules import apply_rules

HOME = "/console/people"


def make(note_seen: Callable[[], None]) -> list[Blueprint]:
    """The admins' page, and the one where who was invited comes in."""
    blueprint = guards.blueprint("console_people", guard=guards.admin, url_prefix=HOME)
    apply_rules(blueprint)
    blueprint.before_request(note_seen)
    blueprint.add_url_rule("", "everybody", everybody)
    for path, name, act in (
        ("/invite", "invite", invite),
        ("/invitations/<int:invitation_id>/withdraw", "withdraw", withdraw),
        ("/<int:responder_id>/role", "role", role),
        ("/<int:responder_id>/reset", "reset", reset),
        ("/<int:responder_id>/log-out", "log_out", log_out),
        ("/<int:responder_id>/deactivate", "deactivate", deactivate),
        ("/<int:responder_id>/activate", "activate", activate),
    ):
        blueprint.add_url_rule(path, name, act, methods=["POST"])
    way_in = guards.blueprint("console_join", guard=guards.public, url_prefix="/console")
    apply_rules(way_in)
    way_in.add_url_rule("/join/<token>", "join", join)
    way_in.add_url_rule("/join/<token>", "accept", accept, methods=["POST"])
    return [blueprint, way_in]


def everybody() -> ResponseReturnValue:
    """Who works here, and who is invited."""
    done = request.args.get("done", "")
    return _draw(done=done if done in account_words.DONE else "")


def invite() -> ResponseReturnValue:
    """Invite somebody; the link is shown once."""
    form = request.form
    email, name, wanted = form.get("email", ""), form.get("name", ""), form.get("role", "")
    languages = tuple(form.getlist("languages")) or invitations.LANGUAGES
    return _link(lambda db: invitations.invite(db, g.responder, email, name, wanted, now(), languages))


def reset(responder_id: int) -> ResponseReturnValue:
    """A link by which somebody sets their way in anew; shown once."""
    return _link(lambda db: invitations.reset(db, g.responder, responder_id, now()))


def withdraw(invitation_id: int) -> ResponseReturnValue:
    """Make a link worthless."""
    return _do("withdrawn", lambda db: invitations.revoke(db, g.responder, invitation_id, now()))


def role(responder_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    wanted = request.form.get("role", "")
    return _do("role", lambda db: people.change_role(db, g.responder, responder_id, wanted, now()))


def log_out(responder_id: int) -> ResponseReturnValue:
    """Log somebody out everywhere."""

    def act(db: Session) -> None:
        people.log_out(db, g.responder, responder_id, now())

    return _do("logged_out", act)


def deactivate(responder_id: int) -> ResponseReturnValue:
    """End somebody's time here."""
    return _do("deactivated", lambda db: people.deactivate(db, g.responder, responder_id, now()))


def activate(responder_id: int) -> ResponseReturnValue:
    """Let somebody work here again."""
    return _do("activated", lambda db: people.activate(db, g.responder, responder_id, now()))


def join(token: str) -> ResponseReturnValue:
    """Show who was invited where a password is chosen."""
    return _door(token)


def accept(token: str) -> ResponseReturnValue:
    """Come in, with the password that was chosen; next is the second step."""
    chosen = request.form.get("password", "")
    if chosen != request.form.get("again", ""):
        return _door(token, problem="not_the_same", status=400)
    try:
        with guards.door().database.begin() as db:
            who = invitations.accept(db, token, chosen, now())
            opened, kept = let_in(db, who, log_ins.PASSWORD)
    except Refused as refused:
        return _door(token, problem=refused.code, status=refused.status)
    return welcome(go(url_for("console_account.account")), opened, kept)


def _door(token: str, *, problem: str | None = None, status: int = 200) -> tuple[str, int]:
    with guards.door().database.begin() as db:
        found = invitations.find(db, token, now())
        page = render_template(
            "console/join.html", invitation=found, token=token, problem=problem, naming=account_words.WORDS
        )
    return page, status if found is not None else 404


def _link(make_link: Callable[[Session], str]) -> ResponseReturnValue:
    try:
        with guards.door().database.begin() as db:
            token = make_link(db)
    except Refused as refused:
        return _problem(refused)
    # The configured address, never the Host header: that one is the sender's to choose.
    link = guards.door().settings.public_url + url_for("console_join.join", token=token)
    return _draw(link=link)


def _do(done: str, act: Callable[[Session], Iterable[int] | None]) -> ResponseReturnValue:
    """One act in one transaction; whose thread went back to the queue is told."""
    door = guards.door()
    try:
        with door.database.begin() as db:
            changed = act(db)
    except Refused as refused:
        return _problem(refused)
    for conversation_id in changed or ():
        door.bell.announce(conversation_id)
        door.bell.ring_for_texts(conversation_id)
    return go(url_for("console_people.everybody", done=done))


def _problem(refused: Refused) -> ResponseReturnValue:
    if refused.code not in account_words.PROBLEMS:
        raise refused
    return _draw(problem=refused.code, status=refused.status)


def _draw(*, status: int = 200, **more: object) -> tuple[str, int]:
    with guards.door().database.begin() as db:
        rows = [
            (who, credentials.factors(db, who.id), len(log_ins.living(db, who.id, now())))
            for who in people.everybody(db)
        ]
        page = render_template(
            "console/people.html", rows=rows, waiting=invitations.waiting(db, now()), roles=log_ins.ROLES,
            naming=account_words.WORDS, required=guards.must_be_strong(), **more,
        )  # fmt: skip
    return page, status
