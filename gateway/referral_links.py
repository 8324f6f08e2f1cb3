"""Links that open one page about one referral without a log-in: signed, short-lived, and without a word about anybody.

A link says nothing but the number of a referral and until when it works. A provider's link cannot open a card, nor a
card's link a provider's page.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import referrals
from gateway.keys import Keys
from gateway.models import Referral
from gateway.models.directory import Service
from gateway.models.listing import ServiceNeed

PROVIDER, CARD = "provider", "card"
LASTS = {PROVIDER: timedelta(days=14), CARD: timedelta(days=30)}
LONGEST_TOKEN = 200
# Substance use (42 CFR Part 2) and partner violence: that somebody was sent there is itself what must not be told.
PRIVATE_NEEDS = frozenset(("substance_use", "naloxone", "syringe_pickup", "domestic_violence"))
BY_NAME = 2  # ServiceNeed.weight of a need that the taxonomy or the service's name says
CODE_LETTERS = "CDFHJKLMNPRTVWX34679"  # nothing that is taken for something else, and no vowel: no word comes of it
CODE_LENGTH = 6


def token(keys: Keys, purpose: str, row: Referral, now: datetime) -> str:
    """The part of a link that opens it, good for 14 days (a provider's) or 30 (a card's) from now."""
    until = int((now + LASTS[purpose]).timestamp())
    return str(_signer(keys, purpose).dumps([row.id, until]))


def opened(session: Session, keys: Keys, purpose: str, given: str, now: datetime) -> Referral | None:
    """The referral that a token opens; None alike for one that is forged, too old, of another purpose or erased."""
    try:
        number, until = _signer(keys, purpose).loads(given) if len(given) <= LONGEST_TOKEN else (0, 0)
    except (BadData, ValueError, TypeError):
        return None
    if now >= datetime.fromtimestamp(until, UTC):
        return None
    return session.get(Referral, number)


def reference(keys: Keys, row: Referral) -> str:
    """Six letters by which a resident and a provider can mean the same referral; nothing can be worked out of them."""
    digest = hmac.new(keys.hash_key.encode(), f"referral {row.id}".encode(), hashlib.sha256).digest()
    return "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in digest[:CODE_LENGTH])


def private(session: Session, row: Referral) -> bool:
    """Whether this referral by itself tells what nobody else may know: by its need, or by what its service is for."""
    if row.need in PRIVATE_NEEDS:
        return True
    dataset, _, service_id = row.service_id.partition(":")
    meets = select(ServiceNeed.need).where(
        ServiceNeed.dataset == dataset,
        ServiceNeed.service_id == service_id,
        ServiceNeed.need.in_(PRIVATE_NEEDS),
        ServiceNeed.weight >= BY_NAME,
    )
    return session.scalar(meets.limit(1)) is not None


def provider_may_answer(session: Session, row: Referral) -> bool:
    """Whether a provider's link still opens a page: it is no private matter, and there is something left to say."""
    return bool(referrals.open_to(row, referrals.PROVIDER)) and not private(session, row)


def may_ask_provider(session: Session, row: Referral) -> bool:
    """Whether a new link may be made for a provider. What its service is for must be known, so it must be listed."""
    dataset, _, service_id = row.service_id.partition(":")
    return session.get(Service, (dataset, service_id)) is not None and provider_may_answer(session, row)


def _signer(keys: Keys, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(keys.cookie_key, salt=f"front door {purpose} link")
