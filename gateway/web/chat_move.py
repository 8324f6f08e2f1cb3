"""Going on by text, at the edge: what the page says of it, a visitor's number, and the code that came there."""

import re
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from gateway import moving, texts
from gateway.errors import Refused
from gateway.web import widget_words
from gateway.web.chat import chat_token, given_json, keep_nowhere
from gateway.web.guards import blueprint, door

LONGEST_NUMBER, LONGEST_CODE = 40, 20  # letters, with what people put between digits
US_NUMBER = re.compile(r"\+1[0-9]{10}")
WORDS = (
    *("lead", "number", "safe", "agree", "ask", "sent", "hint", "code", "go_on", "again", "done", "later"),
    *("bad_phone", "not_safe", "not_agree", "too_many_codes", "wrong_code", "no_code", "thread_open", "opted_out"),
)
AGREED = ("lead", "agree")  # the words that a visitor says yes to
STATUS = {moving.WRONG_CODE: 400, moving.NO_CODE: 409, moving.THREAD_OPEN: 409, moving.OPTED_OUT: 409}


def make() -> Blueprint:
    """The routes of a visitor who wants to go on by text."""
    moves = blueprint("chat_move", guard=chat_token, url_prefix="/chat")
    moves.add_url_rule("/phone", view_func=words, methods=["GET"])
    moves.add_url_rule("/phone", view_func=number, methods=["POST"])
    moves.add_url_rule("/phone/code", view_func=code, methods=["POST"])
    moves.after_request(keep_nowhere)
    return moves


def words() -> Response:
    """What the page says and asks, in one language: the visitor says yes to these very words."""
    return jsonify(_words(_language(request.args.get("language"))))


def number() -> tuple[Response, int]:
    """Send a code to a number, where texts may go to it; the answer is the same where they may not."""
    given = given_json()
    language, typed = _language(given.get("language")), given.get("number")
    if not isinstance(typed, str) or not 0 < len(typed) <= LONGEST_NUMBER:
        raise Refused(400, "bad_phone")
    moving.number_of(typed)  # what is wrong is told in the order in which it is asked
    for name in ("safe", "agree"):
        if given.get(name) is not True:
            raise Refused(400, f"not_{name}")
    said = _words(language)
    wish = moving.Wish(g.visitor, typed, language, "\n".join(said[name] for name in AGREED))
    found = door()
    with found.database.begin() as session:
        moving.begin(session, found.settings.keys, found.community, wish, datetime.now(UTC))
    found.bell.ring_for_texts(0)  # no conversation's: it only wakes who sends
    return jsonify(sent=True), 202


def code() -> Response:
    """Move the conversation to the number that the right code came to. A wrong one is counted, so it is no exception
    until that is written."""
    typed = given_json().get("code")
    if not isinstance(typed, str) or len(typed) > LONGEST_CODE or not typed.isascii():
        raise Refused(400, moving.WRONG_CODE)
    found, now = door(), datetime.now(UTC)
    with found.database.begin() as session:
        outcome, moved = moving.confirm(session, found.settings.keys, found.community, g.visitor, typed, now)
    if moved is None:
        raise Refused(STATUS[outcome], outcome)
    found.bell.announce(moved)
    found.bell.ring_for_texts(moved)
    return jsonify(moved=True)


def _words(language: str) -> dict[str, str]:
    town = door().community
    values = {"name": town.called(language), "number": _shown(town.sms_number)}
    return {key: widget_words.say(language, f"by_text_{key}", **values) for key in WORDS}


def _shown(number: str) -> str:
    """A number as people of this country write it."""
    return f"{number[2:5]}-{number[5:8]}-{number[8:]}" if US_NUMBER.fullmatch(number) else number


def _language(asked: Any) -> str:
    return asked if asked in texts.LANGUAGES else texts.LANGUAGES[0]
