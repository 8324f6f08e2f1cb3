"""Says what was found: three services in one text, or a fuller list on a web page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gateway import segments, texts
from gateway.directory import freshness
from gateway.directory.hours_words import hours_words, then_words, words
from gateway.directory.hours_words import say as _say
from gateway.directory.place import zip_in
from gateway.directory.wanted import Found, FoundService

__all__ = ["SMS", "hours_words", "render", "words"]

SMS = "sms"
MOST_SEGMENTS = {"en": 2, "es": 3}
FAR = 10  # from here on, tenths of a mile tell nothing
NEAREST = 0.05  # miles; "0.0 mi" is most often a ZIP code and its own middle
LONGEST_PLACE = 24  # letters of a place that was not understood, and of any place where there is little room
LONGEST_NEAR = 60  # letters of a place at which nothing was found
LONGEST_NOTE = 30  # what to press, where there is little room
LONGEST_WEB = 60  # a web address is told whole or not at all


@dataclass(frozen=True)
class Detail:
    """How much is told of each service; ``name``, ``address``, ``note`` and ``web`` are the most characters for each.

    ``plain`` drops every letter that GSM-7 lacks or counts twice, ``city`` says the place as city and ZIP instead of
    the ZIP alone, ``bare`` leaves away what frames the list but for the place, and without ``near`` this one too unless
    it was not understood, ``warning`` is for lists that warn against going somewhere: worth more than the frame.
    """

    name: int
    address: int = 0
    text: bool = False
    miles: bool = False
    hours: bool = True
    city: bool = False
    plain: bool = False
    note: int = LONGEST_NOTE
    web: int = LONGEST_WEB
    bare: bool = False
    near: bool = True
    warning: bool = False


# From the fullest to the barest; the first that fits is sent. The number to call is never cut. The last one fits
# whatever the directory holds: numbers are at most as long as details.LONGEST_NUMBER.
DETAILS = (
    Detail(60, address=60, text=True, miles=True, city=True, note=60),
    Detail(44, address=40, text=True, miles=True),
    Detail(44, address=40, miles=True),
    Detail(44, address=32),
    Detail(36, address=24),
    Detail(44, miles=True),  # how far it is says more than the rest of a long name
    Detail(32, miles=True),
    Detail(44),
    Detail(32),
    Detail(22),
    Detail(22, bare=True, warning=True),
    Detail(22, bare=True, near=False, warning=True),
    Detail(22, hours=False),
    Detail(22, hours=False, plain=True, web=40),
    Detail(18, hours=False, plain=True, note=0, web=0),
    Detail(12, hours=False, plain=True, note=0, web=0, bare=True),
    Detail(12, hours=False, plain=True, note=0, web=0, bare=True, near=False),
)
IN_FULL = Detail(200, address=120, text=True, miles=True, city=True, note=400, web=2_000)


def render(found: Found, language: str, channel: str, own_names: Mapping[str, str] | None = None) -> list[str]:
    """The texts that answer a search. ``own_names`` are the town's own names for its ZIP codes: "Riverside 94110".

    By SMS it is one text of at most two segments in English and three in Spanish; Spanish letters that GSM-7 lacks
    lose their accent, because one of them would cut a segment from 160 characters to 70. MORE is offered only where
    there is more.
    """
    if found.places:
        return [_which_place(found, language, channel)]
    found = _in_own_words(found, own_names or {})
    if not found.services:
        return [_nothing(found, language, channel)]
    if channel != SMS:
        return [_in_full(found, language)]
    warned = any(service.stale or service.closed for service in found.services)
    for detail in DETAILS:
        if detail.warning and not warned:
            continue
        text = _in_brief(found, language, detail)
        text = segments.gsm_only(text) if detail.plain else segments.gsm_safe(text)
        if segments.count(text).segments <= MOST_SEGMENTS[language]:
            break
    return [text]


def _nothing(found: Found, language: str, channel: str) -> str:
    """That there is nothing, or nothing more: at a place that was read wrongly there may be nothing for that alone."""
    lines = list(_place(found, language, unknown_only=True))
    if found.place_understood and not found.offset:
        lines.append(_say("looked_near", language, place=_shorten(found.place_understood, LONGEST_NEAR)))
    lines.append(texts.say("no_more_services" if found.offset else "no_services", language))
    text = "\n".join(lines)
    return segments.gsm_only(text) if channel == SMS else text


def _in_brief(found: Found, language: str, detail: Detail) -> str:
    header = list(_place(found, language, city=detail.city, unknown_only=not detail.near))
    if not header and not detail.bare:
        header = [texts.say("services_header", language)]
    items = [
        f"{number}) {_brief(service, language, found.at, detail)}" for number, service in enumerate(found.services, 1)
    ]
    return "\n".join([*header, *items, _footer(found, language, bare=detail.bare)])


def _footer(found: Found, language: str, *, bare: bool = False) -> str:
    """What to reply; MORE only where there is more."""
    more = found.total > found.offset + len(found.services)
    if bare:
        return _say("bare_footer" if more else "bare_footer_end", language)
    return texts.say("services_footer" if more else "services_footer_end", language)


def _which_place(found: Found, language: str, channel: str) -> str:
    """The question which place was meant, in one segment by SMS: where names are too long they are shortened."""
    for most in (60, 40, 30, 24, 18, 12):
        named = [f"{number} {_shorten(place.name, most)}" for number, place in enumerate(found.places, 1)]
        text = "\n".join([_say("which_place", language), *named])
        if channel != SMS or segments.count(segments.gsm_safe(text)).segments <= 1:
            break
    return segments.gsm_safe(text) if channel == SMS else text


def _brief(service: FoundService, language: str, now: datetime | None, detail: Detail) -> str:
    facts = [_shorten(service.name, detail.name), _ways(service, language, detail)]
    if detail.address and service.address:
        facts.append(_shorten(service.address, detail.address))
    if detail.miles:
        facts.append(_miles(service, language))
    if detail.hours:
        facts.append(hours_of(service, language, now))
    elif _doubtful(service, detail):
        facts.append(_say("call_before", language))
    return ", ".join(fact for fact in facts if fact)


def _in_full(found: Found, language: str) -> str:
    header = [texts.say("services_header", language), *_place(found, language)]
    items = ["\n".join(_lines(number, service, language, found.at)) for number, service in enumerate(found.services, 1)]
    return "\n\n".join(["\n".join(header), *items, _footer(found, language)])


def _lines(number: int, service: FoundService, language: str, now: datetime | None) -> Iterator[str]:
    yield f"{number}) {service.name}"
    if ways := _ways(service, language, IN_FULL):
        yield ways
    where = ", ".join(part for part in (service.address, service.city) if part)
    miles = _miles(service, language)
    if where or miles:
        yield f"{where} ({miles})" if where and miles else where or miles
    yield hours_of(service, language, now)
    if service.url:
        yield service.url


def hours_of(service: FoundService, language: str, now: datetime | None) -> str:
    """Its hours, now or on the day that was asked about, or that nobody checked them for long; why it is closed for a
    while goes before them."""
    told = freshness.words(service, language)
    if told:
        return told
    can_call = service.phone is not None
    if service.asked_at is None:
        told = hours_words(service.open_state, language, now, can_call=can_call)
    else:
        told = then_words(service.open_state, language, service.asked_at, can_call=can_call)
    return f"{_closed(service.closure, language)}, {told}" if service.closed else told


def _closed(reason: str | None, language: str) -> str:
    key = f"closed_{reason}"
    return _say(key if key in words() else "closed_other", language)


def text_line(service: FoundService, language: str) -> str | None:
    """What to send to which number, if texts are taken."""
    if not service.text_number:
        return None
    key = "text_word" if service.text_word else "text_number"
    return _say(key, language, word=service.text_word or "", number=service.text_number)


def _doubtful(service: FoundService, detail: Detail) -> bool:
    """Whether its hours, which have no room, would warn against going there; who has no number cannot be called."""
    return (service.stale or service.closed) and (service.phone is not None or not detail.bare)


def _ways(service: FoundService, language: str, detail: Detail) -> str:
    """How to reach it: the number whole, the text line where there is room or nothing else, a web address at last."""
    ways = []
    if service.phone:
        note = service.phone_note if len(service.phone_note or "") <= detail.note else None
        ways.append(f"{service.phone} ({note})" if note else service.phone)
    if (texted := text_line(service, language)) and (detail.text or not ways):
        ways.append(texted)
    web = service.url if len(service.url or "") <= detail.web else None
    return ", ".join(ways) or web or ""


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
        shown = found.place_understood if city else _shorten(found.place_understood, LONGEST_PLACE)
        yield _say("near", language, place=code or shown)


def _miles(service: FoundService, language: str) -> str:
    """How far it is; nothing where that is not known, or is the same place as far as anybody can tell."""
    miles = service.distance_miles or 0.0
    if miles < NEAREST:
        return ""
    return _say("miles", language, miles=f"{miles:.1f}" if miles < FAR else f"{miles:.0f}")


def _shorten(text: str, most: int) -> str:
    """Cut at a word's end, first what stands in brackets or after a dash."""
    text = " ".join(text.split())
    for mark in (" (", " - ", " – ", ": ", ", "):
        if len(text) > most:
            text = text.split(mark)[0]
    return shorten(text, most)


def shorten(text: str, most: int) -> str:
    """Cut at a word's end; one long word is cut where it must be."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[: most + 1].rsplit(" ", 1)[0] if " " in text[: most + 1] else text[:most]
    return cut.rstrip(" ,.;:-&/(")
