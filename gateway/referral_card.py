"""The card of one service, to be printed in large letters or read out loud: enough to call or go, and no need named.

Who must not be seen with it gets a card with a number alone: see :func:`gateway.referral_links.private`.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import segno
from sqlalchemy.orm import Session

from gateway import referral_links, spoken, texts
from gateway.community import Community
from gateway.directory import answers, freshness, one_service, stored
from gateway.directory.wanted import FoundService
from gateway.keys import Keys
from gateway.models import Referral

MOST_PAPERS = 6
LOCAL_DIGITS, LONG_DISTANCE_DIGITS = 10, 11
CALL, MAP, WEB = "call", "map", "web"


@dataclass(frozen=True)
class Card:
    """What stands on a card in one language. ``number`` is as it is printed, ``scan`` what the QR code holds.

    ``listed`` is False where the directory does not have the service any more: then only its name is left. ``code`` is
    None where no provider may be asked about it. ``hours`` are one line for each group of days.
    """

    language: str
    name: str
    listed: bool = True
    number: str | None = None
    to_text: str | None = None
    address: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    call_first: bool = False
    bring: tuple[str, ...] = ()
    url: str | None = None
    code: str | None = None
    scan: str | None = None
    scan_kind: str = CALL

    def say(self, key: str, **values: object) -> str:
        """One of the card's own words, in its language."""
        return texts.say(key, self.language, **values)


@dataclass(frozen=True)
class Printer:
    """What every card is made with: the open store, our keys, the town's facts, and the time."""

    session: Session
    keys: Keys
    town: Community
    now: datetime

    def draw(self, row: Referral, language: str) -> Card:
        """The card of the service that a referral is about, as the directory has it now."""
        alone = referral_links.private(self.session, row)
        nameless = texts.say("card_private_name", language)
        asking = stored.Asking(
            language,
            self.now,
            (row.need,),
            home=self.town.time_zone,
            calendar=self.town.directory.calendar,
            rules=freshness.rules_of(self.town),
        )
        told_at = {row.service_id: row.location_id}
        found = stored.by_ids(self.session, [row.service_id], asking, told_at)
        if not found:
            return Card(language, nameless if alone else row.name or nameless, listed=False)
        [service] = found
        hours = () if service.stale or service.closed else self._week(row.service_id, asking, told_at)
        card = Card(language, nameless, hours=hours, call_first=not hours, number=service.phone)
        if alone:
            return replace(card, scan=dialled(service.phone) if service.phone else None)
        kind, scan = _scan(service, self.town)
        return replace(
            card,
            name=service.name,
            number=_number(service),
            to_text=answers.text_line(service, language),
            address=_address(service),
            bring=service.documents[:MOST_PAPERS],
            url=service.url,
            code=referral_links.reference(self.keys, row),
            scan=scan,
            scan_kind=kind,
        )

    def _week(self, service_id: str, asking: stored.Asking, told_at: Mapping[str, str | None]) -> tuple[str, ...]:
        """What holds every week: a card is read on another day than it is printed."""
        said = stored.weeks(self.session, [service_id], asking, told_at).get(service_id, "")
        return tuple(line for line in said.split("; ") if line)


def svg(card: Card) -> str | None:
    """The QR code as SVG, to be put into a page; None where there is nothing to scan."""
    if card.scan is None:
        return None
    drawn = io.BytesIO()
    segno.make(card.scan, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, svgclass="qr", lineclass=None, border=4
    )
    return drawn.getvalue().decode()


def aloud(card: Card) -> Iterator[str]:
    """The card as sentences for a voice, one a line."""
    yield f"{card.name}."
    if not card.listed:
        yield spoken.number(card.say("card_gone"))
        return
    told = (
        ("card_call", spoken.number(card.number or "")),
        ("card_text", spoken.number(card.to_text or "")),
        ("card_go", spoken.address(", ".join(card.address))),
        ("card_hours", ". ".join(spoken.hours(line, card.language) for line in card.hours)),
        ("card_bring", ", ".join(card.bring)),
    )
    yield from (f"{card.say(key)}: {words}." for key, words in told if words)
    if card.call_first:
        yield card.say("card_call_first")
    yield f"{card.say('card_say')}: {card.say('card_say_words')}"
    if card.code:
        yield card.say("card_code", reference=spoken.letters(card.code))


def dialled(number: str) -> str | None:
    """The ``tel:`` address of a number as it is printed; None for what no phone can dial."""
    plain, _, extension = number.partition(" x")
    digits = re.sub(r"\D", "", plain)
    if re.search(r"[^\d\s().+-]", plain) or (extension and not extension.isdecimal()):
        return None
    after = f",{extension}" if extension else ""
    if len(digits) == LOCAL_DIGITS:
        return f"tel:+1{digits}{after}"
    if len(digits) == LONG_DISTANCE_DIGITS and digits[0] == "1":
        return f"tel:+{digits}{after}"
    return f"tel:{digits}" if re.fullmatch(r"[2-9](?:11|88)", digits) else None


def _number(service: FoundService) -> str | None:
    return f"{service.phone} ({service.phone_note})" if service.phone and service.phone_note else service.phone


def _address(service: FoundService) -> tuple[str, ...]:
    if not service.address_public:
        return ()
    city = " ".join(part for part in (service.city, service.postal_code) if part)
    return tuple(part for part in (service.address, city) if part) if service.address else ()


def _scan(service: FoundService, town: Community) -> tuple[str, str | None]:
    if service.phone and (call := dialled(service.phone)):
        return CALL, call
    if service.address_public:
        link = town.directory.map_of(service.latitude, service.longitude, one_service.address_of(service))
        if link:
            return MAP, link
    return WEB, service.url
