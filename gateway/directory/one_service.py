"""Says what is known of one service: its details, where it is, how to call it."""

import re
from collections.abc import Callable, Iterator, Sequence

from gateway import segments
from gateway.directory import choices, facts, freshness
from gateway.directory.addresses import street_of
from gateway.directory.answers import MOST_SEGMENTS, SMS, hours_of, shorten, text_line
from gateway.directory.hours_words import say, words
from gateway.directory.stored import Asking
from gateway.directory.wanted import FoundService

LONGEST_NAME, LONGEST_ADDRESS = 60, 64
FACT_SIZES = (200, 120, 70, 50, 36, 24)  # of an answer to one question, by what there is room for
LONGEST_PAGE = 4_000
NUMBER_GOES_ON = re.compile(r"[\s()./-]*\d")
NUMBER_AT_END = re.compile(r"[\s()./$+-]*\d[\d\s()./,-]*$")
LONGEST_FACT = 90  # of a text; on a page all of it is told
LEAST = 24  # characters; less of a sentence tells nothing
LONGEST_WEB = 80
UNIT = re.compile(r"(?i)[,;#(]\s*.*$|\s(?:apt|suite|ste|unit|room|rm|floor|piso|depto)\b.*$")
Link = Callable[[float | None, float | None, str | None], str | None]
NO_MAP = frozenset({"domestic_violence"})  # a link in a thread that another may read shows where somebody went


def detail(service: FoundService, number: int, week: str, asking: Asking, channel: str) -> str:
    """Name, phone, address and hours, and then as much of papers, cost, for whom and what to ask as there is room.

    By SMS it is at most two segments in English and three in Spanish; a number is never cut.
    """
    language = asking.language
    first = shorten(f"{number}) {service.name}", LONGEST_NAME)
    lines = [first, *_reach(service, language), _now(service, asking)]
    more = [week, *_more(service, language)]
    if channel == SMS:
        more = [line if line in {week, service.url} else _cut(line, LONGEST_FACT) for line in more]
    return _fitted([line for line in lines if line], [line for line in more if line], language, channel)


def answer(services: Sequence[tuple[int, FoundService, str]], kind: str, asking: Asking, channel: str) -> str:
    """What is known of one question (:mod:`gateway.directory.facts`) of each service: its number, it and its week.

    What is not known is said, with whom to ask. By SMS it is as long as :func:`detail` may be.
    """
    lines, sizes = [""], FACT_SIZES if channel == SMS else (LONGEST_PAGE,)
    for most in sizes:
        lines = [line for each in services for line in _answered(*each, kind, asking, most, alone=len(services) == 1)]
        if channel != SMS or _fits(list(map(segments.gsm_only, lines)), asking.language):
            break
    more = []
    if len(services) == 1:
        [(_, service, week)] = services
        rest = facts.told(service, kind, week, asking.language)[1:]
        more = [*(_cut(line, LONGEST_FACT) if channel == SMS else line for line in rest)]
        more += _phones(service, asking.language)
    return _fitted(lines, more, asking.language, channel)


def _answered(  # noqa: PLR0913 - a service, what was asked of it and by whom, and the room
    number: int, service: FoundService, week: str, kind: str, asking: Asking, most: int, *, alone: bool
) -> list[str]:
    """Its name and the answer: two lines where it stands alone, else one."""
    known = facts.told(service, kind, week, asking.language)
    told = known[0] if known else _not_known(service, asking.language)
    if kind == choices.HOURS:  # half of a week would be a wrong one
        told = "; ".join([_now(service, asking), *(line for line in known if len(line) <= most)])
    else:
        told = _cut(told, most)
    name = shorten(f"{number}) {service.name}", LONGEST_NAME if alone else LEAST)
    return [name, told] if alone else [f"{name}: {told}"]


def _cut(text: str, most: int) -> str:
    """The beginning of a text, without a number that would be cut in two."""
    text = " ".join(text.split())
    cut = shorten(text, most)
    if len(cut) < len(text) and NUMBER_GOES_ON.match(text, len(cut)):
        cut = NUMBER_AT_END.sub("", cut)
    return cut


def map_of(service: FoundService, link: Link, asking: Asking, channel: str) -> str:
    """The address and a plain link to the place; none where the address is private or a need asks for care."""
    language = asking.language
    lines = [shorten(service.name, LONGEST_NAME), *_where(service, language)]
    url = link_of(service, link, asking)
    if service.address_public:
        lines.append(url or say("no_map", language))
    return _fitted([*lines, *([] if url else _phones(service, language))], [], language, channel)


def link_of(service: FoundService, link: Link, asking: Asking) -> str | None:
    """The link to the place, if there may be one: none where any of the needs that were asked for calls for care.

    ``link`` makes it of latitude and longitude, else of the address.
    """
    if not service.address_public or NO_MAP & {service.need, *asking.needs}:
        return None
    return link(service.latitude, service.longitude, address_of(service))


def address_of(service: FoundService) -> str | None:
    """A street with a number, its city and ZIP code, as a map finds it; None for what names no house."""
    street = street_of(service.address) if service.address else None
    if street is None or street.number is None or not (service.city or service.postal_code):
        return None
    house = UNIT.sub("", service.address or "").strip(" ,.-")
    city = " ".join(part for part in (service.city, service.postal_code) if part)
    return f"{house}, {city}"


def call(service: FoundService, asking: Asking, channel: str) -> str:
    """The number to call, whether somebody is there now, and what to ask."""
    language = asking.language
    lines = [shorten(service.name, LONGEST_NAME), *_phones(service, language)]
    if service.phone is None and service.text_number is None:
        lines.append(say("no_phone", language))
        lines += _where(service, language)
    more = _ask(service, language) if service.phone else []
    return _fitted([*lines, _now(service, asking)], more, language, channel)


def _reach(service: FoundService, language: str) -> Iterator[str]:
    yield from _phones(service, language)
    yield from _where(service, language)


def _phones(service: FoundService, language: str) -> Iterator[str]:
    if service.phone:
        note = f" ({service.phone_note})" if service.phone_note and len(service.phone_note) <= LEAST else ""
        yield say("call_number", language, number=service.phone) + note
    if line := text_line(service, language):
        yield line


def _where(service: FoundService, language: str) -> Iterator[str]:
    if not service.address_public:
        yield say("no_address", language)
    elif where := ", ".join(part for part in (service.address, service.city) if part):
        yield shorten(where, LONGEST_ADDRESS)


def _now(service: FoundService, asking: Asking) -> str:
    return hours_of(service, asking.language, asking.now)


def _more(service: FoundService, language: str) -> Iterator[str]:
    """In the order in which somebody who goes there needs it."""
    if service.alert:
        yield say("alert", language, alert=service.alert)
    if line := not_said(service, language):
        yield line
    yield from facts.told(service, choices.PAPERS, "", language)
    yield from _ask(service, language) if service.phone else ()
    for kind in (choices.WHO, choices.COST, choices.APPLY, choices.ACCESS):
        yield from facts.told(service, kind, "", language)
    if service.url and len(service.url) <= LONGEST_WEB:
        yield service.url
    if line := freshness.checked(service, language):
        yield line


def not_said(service: FoundService, language: str) -> str | None:
    """That one should call first, for what they asked for and the directory does not say; None where it says it all."""
    named = [say(f"fact_{fact}", language) for fact in service.call_first if f"fact_{fact}" in words()]
    key = "call_first_not_known" if service.phone else "ask_first_not_known"
    return say(key, language, facts=", ".join(named)) if named else None


def _not_known(service: FoundService, language: str) -> str:
    return say("not_known_call" if service.phone else "not_known", language)


def _ask(service: FoundService, language: str) -> list[str]:
    strange = service.languages and language not in service.languages
    spanish = language == "es" and not service.languages
    return [say("ask_when_calling", language), *([say("say_language", language)] if strange or spanish else [])]


def _fitted(lines: list[str], more: list[str], language: str, channel: str) -> str:
    """All lines and what there is room for of the others, the last of them shortened; on a page everything."""
    if channel != SMS:
        return "\n".join([*lines, *more])
    lines = [segments.gsm_only(line) for line in lines]
    while not _fits(lines, language) and any(map(_spare, lines)):
        longest = max(range(len(lines)), key=lambda number: _spare(lines[number]))
        lines[longest] = shorten(lines[longest], len(lines[longest]) * 2 // 3)
    for line in (segments.gsm_only(line) for line in more):
        room = line
        while not _fits([*lines, room], language) and len(room) > LEAST:
            room = shorten(room, len(room) * 3 // 4) if not _whole(line) else ""
        if room and _fits([*lines, room], language):
            lines.append(room)
    return "\n".join(lines)


def _fits(lines: list[str], language: str) -> bool:
    return segments.count("\n".join(lines)).segments <= MOST_SEGMENTS[language]


def _spare(line: str) -> int:
    """How much may be taken from a line: nothing of one with a number or an address of the web."""
    return 0 if _whole(line) or len(line) <= LEAST else len(line)


def _whole(line: str) -> bool:
    return "http" in line or sum(letter.isdigit() for letter in line) >= LEAST // 4
