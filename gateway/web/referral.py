"""Pages that a signed link opens, without a log-in: a card to print, and one question to a provider.

Whatever is wrong with a link, the answer is the same: somebody who guesses learns nothing.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from gateway import referral_card, referral_links, referrals, texts
from gateway.models import Conversation, Referral
from gateway.referral_links import CARD, PROVIDER
from gateway.web import guards
from gateway.web.clock import now

POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
# What a provider can tap: what it became, and what was in the way.
BARRIERS = ("full", "not_eligible", "documents", "language", "changed_mind", "other")
STATES = (referrals.CONTACTED, referrals.CONNECTED, referrals.OBTAINED)


def make() -> Blueprint:
    """The card, its text for a voice, and the provider's page."""
    blueprint = guards.blueprint("referral", guard=guards.public)
    blueprint.after_request(_harden)
    add = blueprint.add_url_rule
    add("/r/thanks", "thanks", thanks)
    add("/r/<token>", "provider", provider)
    add("/r/<token>", "answer", answer, methods=["POST"])
    add("/card/<token>", "card", card)
    add("/card/<token>/aloud.txt", "aloud", aloud)
    return blueprint


def provider(token: str) -> ResponseReturnValue:
    """Ask what came of a referral. Mail programs open links by themselves, so looking changes nothing."""
    with guards.door().database.begin() as session:
        row = _answerable(session, token)
        if row is None:
            return _gone()
        left = referrals.open_to(row, referrals.PROVIDER)
        code = referral_links.reference(guards.door().settings.keys, row)
        states = [state for state in STATES if state in left]
        barriers = BARRIERS if referrals.NOT_OBTAINED in left else ()
        return _page("provider.html", service=row.name or "", code=code, states=states, barriers=barriers)


def answer(token: str) -> ResponseReturnValue:
    """Keep what a provider says, once for each state."""
    said, _, barrier = request.form.get("what", "").partition(":")
    if barrier and barrier not in BARRIERS:
        return _gone()
    with guards.door().database.begin() as session:
        row = _answerable(session, token)
        if row is None:
            return _gone()
        if (said == referrals.NOT_OBTAINED) is not bool(barrier):
            return _gone()
        by = referrals.By(referrals.PROVIDER)
        if not referrals.move(session, row, said, now(), by, barrier=barrier or None):
            return _gone()
    return redirect(url_for("referral.thanks", language=_language()), 303)


def thanks() -> ResponseReturnValue:
    """Say that it was kept; this page is about nothing and nobody."""
    return _page("thanks.html")


def card(token: str) -> ResponseReturnValue:
    """The card as a page to print: in the resident's language, in the other one, or in both."""
    cards = _drawn(token)
    if not cards:
        return _gone()
    drawn = [(each, Markup(referral_card.svg(each) or "")) for each in cards]  # noqa: S704 - drawn by us, of digits
    return _page("card.html", language=cards[0].language, cards=drawn, token=token)


def aloud(token: str) -> ResponseReturnValue:
    """The card as plain text, for a voice to read."""
    cards = _drawn(token)
    if not cards:
        return _gone()
    said = "\n\n".join("\n".join(referral_card.aloud(each)) for each in cards)
    response = Response(said + "\n", mimetype="text/plain")
    response.headers["Content-Language"] = ", ".join(each.language for each in cards)
    return response


def _answerable(session: Session, token: str) -> Referral | None:
    """The referral of a provider's link, while the provider may still say something."""
    row = _opened(session, PROVIDER, token)
    return row if row is not None and referral_links.provider_may_answer(session, row) else None


def _drawn(token: str) -> list[referral_card.Card]:
    """The card in each language that it is wanted in; nothing where the token opens none."""
    with guards.door().database.begin() as session:
        row = _opened(session, CARD, token)
        if row is None:
            return []
        printer = _printer(session)
        return [printer.draw(row, language) for language in _languages(session, row)]


def _printer(session: Session) -> referral_card.Printer:
    door = guards.door()
    return referral_card.Printer(session, door.settings.keys, door.community, now())


def _opened(session: Session, purpose: str, token: str) -> Referral | None:
    return referral_links.opened(session, guards.door().settings.keys, purpose, token, now())


def _languages(session: Session, row: Referral) -> tuple[str, ...]:
    """As asked for; else the language that the resident writes, or both where it is neither."""
    asked = request.args.get("language") or session.get_one(Conversation, row.conversation_id).language
    return (asked,) if asked in texts.LANGUAGES else texts.LANGUAGES


def _language() -> str:
    """The language of a provider's page: as asked for, or as their browser says."""
    asked = request.args.get("language", "")
    return asked if asked in texts.LANGUAGES else request.accept_languages.best_match(texts.LANGUAGES) or "en"


def _page(template: str, *, language: str | None = None, **values: object) -> Response:
    language = language or _language()
    other = next(code for code in texts.LANGUAGES if code != language)
    return make_response(
        render_template(f"referral/{template}", language=language, other=other, say=_say(language), **values)
    )


def _say(language: str) -> object:
    return lambda key, **values: texts.say(key, language, **values)


def _gone() -> tuple[Response, int]:
    return _page("gone.html"), 404


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
