"""Takes the answers to our follow-up questions before the bot reads them; what is no answer goes on to the bot."""

import logging
from collections.abc import Callable
from datetime import timedelta

from gateway import (
    follow_up_standing,
    follow_up_words,
    follow_ups,
    keywords,
    language,
    listing,
    optout,
    referrals,
    texts,
)
from gateway.commands import escalate
from gateway.community import Community
from gateway.conversations import BOT, SMS
from gateway.models import FollowUp
from gateway.risk import Level
from gateway.scene import Scene

log = logging.getLogger(__name__)

BY = "follow_up"  # who dealt with the message, in Message.handled_by
BARRIER_MENU, WHICH_MENU = "follow_up_barrier", "follow_up_which"
DETAIL_LASTS = timedelta(days=1)

Told = tuple[list[str], str]
Hear = Callable[[Scene, Community, FollowUp], list[str] | None]


def hear(scene: Scene, community: Community, level: Level, *, concerned: bool) -> Told | None:
    """Take the answer to an open follow-up question; None when the message is none and is still to be dealt with.

    Danger goes first and ends the follow-up. STOP and its kin, a responder's thread and a number that opted out are
    none of this module's affairs. ``concerned`` is whether there is any (:data:`gateway.follow_ups.CONCERNED`).
    """
    conversation = scene.conversation
    if conversation.channel != SMS:
        return None
    if level >= Level.URGENT:
        _put_down(scene)
        if concerned:
            _void_for_danger(scene)
        return None
    menu, row = _open_question(scene, concerned=concerned)
    if menu is None or row is None or _for_others(scene):
        return None
    if language.command(scene.message.text, menu_open=False) is not None:
        if menu == follow_ups.OFFER_MENU and listing.concerns(scene):
            return None  # the list is said again in that language, and this question with it
        return [_again(scene, community, menu)], BY  # they could not read it
    told = HEAR[menu](scene, community, row)
    return None if told is None else (told, BY)


def _void_for_danger(scene: Scene) -> None:
    """Nothing that breaks in here may cost a resident the safety text: when it is due, danger is looked for again."""
    try:
        with scene.session.begin_nested():
            follow_ups.void(scene.session, scene.conversation.contact, "danger", scene.now)
    except Exception:
        log.exception("follow-up could not be voided", extra={"message_id": scene.message.id})


def _for_others(scene: Scene) -> bool:
    conversation, contact = scene.conversation, scene.conversation.contact
    return (
        conversation.handler != BOT
        or keywords.read(scene.message.text) is not None
        or optout.in_force(scene.session, contact.channel, contact.address_hash)
    )


def _open_question(scene: Scene, *, concerned: bool) -> tuple[str | None, FollowUp | None]:
    """Which question of ours waits, and the follow-up that it belongs to.

    Somebody who said thanks closed the conversation that it was asked in: it waits in their next one, too, until the
    bot has spoken there.
    """
    conversation = scene.conversation
    menu = conversation.menu_open
    if menu is None and not conversation.bot_state:
        if not concerned:
            return None, None
        row = follow_up_standing.under_way(scene.session, conversation.contact_id)
        waits = row is not None and row.state != follow_ups.AGREED
        return (_menu_of(row), row) if row is not None and waits else (None, None)
    if menu not in HEAR:
        return None, None
    row = follow_ups.latest(scene.session, conversation.contact_id)
    fits = row is not None and (_menu_of(row) == menu or (_waits_for_detail(scene, row) and menu in DETAILS))
    if not fits:
        _put_down(scene)
    return (menu, row) if fits else (None, None)


def _menu_of(row: FollowUp) -> str | None:
    return MENUS.get(row.state)


def _waits_for_detail(scene: Scene, row: FollowUp) -> bool:
    return row.state == follow_ups.ANSWERED and scene.now - row.changed_at < DETAIL_LASTS


def _put_down(scene: Scene) -> None:
    if scene.conversation.menu_open in HEAR:
        scene.conversation.menu_open = None


def _offer(scene: Scene, community: Community, row: FollowUp) -> list[str] | None:
    given = follow_up_words.consent(scene.message.text)
    if given is None:
        again = (_say(scene, "follow_up_why"), _again(scene, community, follow_ups.OFFER_MENU))
        return list(again) if follow_up_words.asks_why(scene.message.text) else None
    _put_down(scene)
    if not given:
        follow_ups.decline(scene, row)
        return [_say(scene, "follow_up_declined")]
    follow_ups.agree(scene, community, row)
    return [_say(scene, "follow_up_agreed", days=community.follow_up.days)]


def _withdraw(scene: Scene, community: Community, row: FollowUp) -> list[str] | None:
    """Only a no that comes right after the yes takes it back; later a no may answer anything."""
    _put_down(scene)
    if follow_up_words.consent(scene.message.text) is not False:
        return None
    follow_ups.decline(scene, row)
    return [_say(scene, "follow_up_declined")]


def _result(scene: Scene, community: Community, row: FollowUp) -> list[str] | None:
    if (aside := _aside(scene, community, row, follow_ups.QUESTION_MENU)) is not None:
        return aside
    meant = follow_up_words.result(scene.message.text)
    if meant is None:
        return None
    _put_down(scene)
    return RESULTS[meant](scene, row)


def _aside(scene: Scene, community: Community, row: FollowUp, menu: str) -> list[str] | None:
    """Why we ask, and the question again; or that it is passed over, which ends it without an answer."""
    if follow_up_words.asks_why(scene.message.text):
        return [_say(scene, "follow_up_why"), _again(scene, community, menu)]
    if not follow_up_words.skips(scene.message.text):
        return None
    _put_down(scene)
    follow_ups.lapse(scene.session, row.id, scene.now)
    return [_say(scene, "follow_up_thanks")]


def _got_it(scene: Scene, row: FollowUp) -> list[str]:
    told = follow_ups.told(scene.session, row)
    follow_ups.answer(scene, row, "got_it", referral=None)
    if len(told) == 1:
        follow_ups.close_referrals(scene.session, row, referrals.OBTAINED, scene.now, follow_ups.resident_of(scene))
    elif told and len({referral.message_id for referral in told}) == 1:
        scene.conversation.menu_open = WHICH_MENU
        return [_say(scene, "follow_up_which", most=len(told))]
    return [_say(scene, "follow_up_thanks")]


def _still_trying(scene: Scene, row: FollowUp) -> list[str]:
    follow_ups.answer(scene, row, "still_trying", referral=None)
    return [_say(scene, "follow_up_thanks")]


def _not_obtained(scene: Scene, row: FollowUp) -> list[str]:
    code = follow_up_words.barrier(scene.message.text)
    said_why = code in follow_up_words.codes() and not scene.message.text.strip().isdigit()
    follow_ups.answer(
        scene, row, "need_other_help", referral="not_obtained", barrier=code if said_why else None
    )  # fmt: skip
    if said_why:
        return [_say(scene, "follow_up_noted")]
    scene.conversation.menu_open = BARRIER_MENU
    return [_say(scene, "follow_up_barrier")]


def _person(scene: Scene, row: FollowUp) -> list[str]:
    follow_ups.answer(scene, row, "need_other_help", referral=None)
    return escalate(scene, {"reason": "asked_for_person"})


RESULTS: dict[str, Callable[[Scene, FollowUp], list[str]]] = {
    "got_it": _got_it,
    "still_trying": _still_trying,
    "not_obtained": _not_obtained,
    follow_up_words.PERSON: _person,
}


def _barrier(scene: Scene, community: Community, row: FollowUp) -> list[str] | None:
    if (aside := _aside(scene, community, row, BARRIER_MENU)) is not None:
        return aside
    code = follow_up_words.barrier(scene.message.text)
    _put_down(scene)
    if code is None:
        return None
    if code == follow_up_words.PERSON:
        return escalate(scene, {"reason": "asked_for_person"})
    follow_ups.note_barrier(scene, row, code)
    return [_say(scene, "follow_up_noted")]


def _which(scene: Scene, community: Community, row: FollowUp) -> list[str] | None:
    told = follow_ups.told(scene.session, row)
    number = follow_up_words.which(scene.message.text, len(told))
    _put_down(scene)
    if number is None:
        return None
    if number:
        by = follow_ups.resident_of(scene)
        referrals.move(scene.session, told[number - 1], referrals.OBTAINED, scene.now, by)
    return [_say(scene, "follow_up_thanks")]


HEAR: dict[str, Hear] = {
    follow_ups.OFFER_MENU: _offer,
    follow_ups.AGREED_MENU: _withdraw,
    follow_ups.QUESTION_MENU: _result,
    BARRIER_MENU: _barrier,
    WHICH_MENU: _which,
}
DETAILS = frozenset({BARRIER_MENU, WHICH_MENU})
MENUS = {
    follow_ups.OFFERED: follow_ups.OFFER_MENU,
    follow_ups.AGREED: follow_ups.AGREED_MENU,
    follow_ups.ASKED: follow_ups.QUESTION_MENU,
}


def _again(scene: Scene, community: Community, menu: str) -> str:
    if menu == follow_ups.QUESTION_MENU:
        return follow_ups.question(community, scene.conversation.language)
    return _say(scene, menu, days=community.follow_up.days)


def _say(scene: Scene, key: str, **values: object) -> str:
    """In the resident's language, or in both where none is known."""
    return texts.one(key, scene.conversation.language, **values)
