"""Says what was found: three services in one text, or a fuller list on a web page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway import segments, texts
from gateway.directory.hours_words import hours_words, words
from gateway.directory.hours_words import say as _say
from gateway.directory.place import zip_in
from gateway.directory.wanted import Found, FoundService

__all__ = ["SMS", "hours_words", "render", "words"]

SMS = "sms"
MOST_SEGMENTS = {"en": 2, "es": 3}
FAR = 10  # from here on, tenths of a mile tell nothing
LONGEST_PLACE = 24


@dataclass(frozen=True)
class Detail:
    """How much is told of each service; ``name`` and ``address`` are the most characters for each.

    ``plain`` drops every letter that GSM-7 lacks, ``city`` says the place as city and ZIP instead of the ZIP alone.
    """

    name: int
    address: int = 0
    text: bool = False
    miles: bool = False
    hours: bool = True
    city: bool = False
    plain: bool = False


# From the fullest to the barest; the first that fits is sent. The number to call is never cut.
DETAILS = (
    Detail(60, address=60, text=True, miles=True, city=True),
    Detail(44, address=40, text=True, miles=True),
    Detail(44, address=40, miles=True),
    Detail(44, address=32),
    Detail(36, address=24),
    Detail(44),
    Detail(32),
    Detail(22),
    Detail(22, hours=False),
    Detail(22, hours=False, plain=True),
)
IN_FULL = Detail(200, address=120, text=True, miles=True, city=True)


def render(found: Found, language: str, channel: str, own_names: Mapping[str, str] | None = None) -> list[str]:
    """The texts that answer a search. ``own_names`` are the town's own names for its ZIP codes: "Riverside 94110".

    By SMS it is one text of at most two segments in English and three in Spanish; Spanish letters that GSM-7 lacks
    lose their accent, because one of them would cut a segment from 160 characters to 70.
    """
    found = _in_own_words(found, own_names or {})
    if not found.services:
        nothing = texts.say("no_more_services" if found.offset else "no_services", language)
        return ["\n".join([*_place(found, language, unknown_only=True), nothing])]
    if channel != SMS:
        return [_in_full(found, language)]
    for detail in DETAILS:
        text = segments.gsm_safe(_in_brief(found, language, detail))
        text = _plain(text) if detail.plain else text
        if segments.count(text).segments <= MOST_SEGMENTS[language]:
            break
    return [text]


def _in_brief(found: Found, language: str, detail: Detail) -> str:
    header = list(_place(found, language, city=detail.city)) or [texts.say("services_header", language)]
    items = [
        f"{number}) {_brief(service, language, found.at, detail)}" for number, service in enumerate(found.services, 1)
    ]
    return "\n".join([*header, *items, texts.say("services_footer", language)])


def _brief(service: FoundService, language: str, now: datetime | None, detail: Detail) -> str:
    facts = [_shorten(service.name, detail.name), _ways(service, language, detail)]
    if detail.address and service.address:
        facts.append(_shorten(service.address, detail.address))
    if detail.miles and service.distance_miles is not None:
        facts.append(_miles(service, language))
    if detail.hours:
        facts.append(hours_words(service.open_state, language, now, can_call=service.phone is not None))
    return ", ".join(fact for fact in facts if fact)


def _in_full(found: Found, language: str) -> str:
    header = [texts.say("services_header", language), *_place(found, language)]
    items = ["\n".join(_lines(number, service, language, found.at)) for number, service in enumerate(found.services, 1)]
    return "\n\n".join(["\n".join(header), *items, texts.say("services_footer", language)])


def _lines(number: int, service: FoundService, language: str, now: datetime | None) -> Iterator[str]:
    yield f"{number}) {service.name}"
    if ways := _ways(service, language, IN_FULL):
        yield ways
    where = ", ".join(part for part in (service.address, service.city) if part)
    miles = _miles(service, language) if service.distance_miles is not None else ""
    if where or miles:
        yield f"{where} ({miles})" if where and miles else where or miles
    yield hours_words(service.open_state, language, now, can_call=service.phone is not None)
    if service.url:
        yield service.url


def _ways(service: FoundService, language: str, detail: Detail) -> str:
    """How to reach it: the number whole, the text line where there is room or nothing else, a web address at last."""
    ways = []
    if service.phone:
        ways.append(f"{service.phone} ({service.phone_note})" if service.phone_note else service.phone)
    if service.text_number and (detail.text or not ways):
        key = "text_word" if service.text_word else "text_number"
        ways.append(_say(key, language, word=service.text_word or "", number=service.text_number))
    return ", ".join(ways) or service.url or ""


def _in_own_words(found: Found, own_names: Mapping[str, str]) -> Found:
    """The same, with the place called what the town calls it where the ZIP code is the town's own."""
    code = zip_in(found.place_understood or "")
    name = own_names.get(code or "")
    return replace(found, place_understood=f"{name} {code}") if name else found


def _place(found: Found, language: str, *, city: bool = True, unknown_only: bool = False) -> Iterator[str]:
    """How a given place was read is always said; most of all when it was not understood."""
    if found.place_understood is None and found.place_asked:
        yield _say("place_unknown", language, place=_shorten(found.place_asked, LONGEST_PLACE))
    elif found.place_understood and not unknown_only:
        code = None if city else zip_in(found.place_understood)
        yield _say("near", language, place=code or found.place_understood)


def _miles(service: FoundService, language: str) -> str:
    miles = service.distance_miles or 0.0
    return _say("miles", language, miles=f"{miles:.1f}" if miles < FAR else f"{miles:.0f}")


def _shorten(text: str, most: int) -> str:
    """Cut at a word's end, first what stands in brackets or after a dash; one long word is cut where it must be."""
    text = " ".join(text.split())
    for mark in (" (", " - ", " – ", ": ", ", "):
        if len(text) > most:
            text = text.split(mark)[0]
    if len(text) <= most:
        return text
    cut = text[: most + 1].rsplit(" ", 1)[0] if " " in text[: most + 1] else text[:most]
    return cut.rstrip(" ,.-&/")


def _plain(text: str) -> str:
    """Only what GSM-7 has: the last resort for a name in another script."""
    return "".join(letter for letter in text if letter in segments.ALPHABET)
