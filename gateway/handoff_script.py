"""What a responder reads aloud to 911, 988 or 211: a minute at most, the place first, and what is not known."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway import handoff_words
from gateway.community import Community
from gateway.handoff911 import EMERGENCY, LESS, ON_FILE, QUOTE, Fact, newest, unknown

MOST_WORDS = 150  # a minute, at the pace at which a call taker can type
LENGTHS = (18, 12, 8, 5, 3)  # words of one value: the longest that leave the whole within a minute
SAME_DAY = timedelta(hours=12)
MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "es": "ene feb mar abr may jun jul ago sep oct nov dic".split(),
}
ZIP = re.compile(r"(?:^|[ ,])(\d{5})$")  # at the end: a house number stands before the street


def script(known: Sequence[Fact], community: Community, language: str, to: str = EMERGENCY) -> list[str]:
    """The lines, in the order in which they are read, of at most :data:`MOST_WORDS` spoken words.

    ``language`` (``"en"`` or ``"es"``) is the one that the other side speaks; quotes stay in the resident's, with
    what the rule cards say that they mean. A responder who dials 911 reaches their own centre, so a script for 911
    opens with the town, the state and the place.
    """
    for most in LENGTHS:
        lines = _lines(known, community, language, to, most)
        if sum(map(spoken_words, lines)) <= MOST_WORDS:
            return lines
    return lines


def spoken_words(line: str) -> int:
    """How many words it takes to read a line: a long number is read digit by digit."""
    return sum(len(re.sub(r"\D", "", word)) if _is_number(word) else 1 for word in re.findall(r"\S+", line))


def local(at: datetime, community: Community, language: str) -> str:
    """A time of day as it is said in the town: 10:12 PM in English, 22:12 in Spanish."""
    there = at.astimezone(community.clock)
    return there.strftime("%H:%M") if language == "es" else there.strftime("%I:%M %p").lstrip("0")


def digits(number: str) -> str:
    """A US number in the groups in which it is read."""
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return "-".join(found.groups()) if found else number


def _lines(known: Sequence[Fact], community: Community, language: str, to: str, most: int) -> list[str]:
    lines = _place(known, community, language, most) if to == EMERGENCY else []
    lines.append(_caller(known, community, language, most))
    lines += _callback(known, language)
    lines += _what(known, community, language, most)
    repeated = _repeated(known)
    if repeated and to == EMERGENCY:
        names = ", ".join(handoff_words.name(each, language) for each in repeated)
        lines.append(handoff_words.line("same_words", language, names=names))
    others = ("about", "weapons", "people", "medical", "access", "language", "age") if to == EMERGENCY else LESS[3:]
    lines += [line for name in others if name not in repeated for line in _value(newest(known, name), language, most)]
    return lines + (_not_known(known, language) if to == EMERGENCY else [])


def _repeated(known: Sequence[Fact]) -> list[str]:
    """The kinds of which the very words speak that are read aloud already: nobody has time to hear them twice."""
    what = newest(known, "what")
    held = [newest(known, name) for name in ("weapons", "medical", "age")]
    return [each.name for each in held if each.kind == QUOTE and each.value is not None and each.value == what.value]


def _place(known: Sequence[Fact], community: Community, language: str, most: int) -> list[str]:
    town, state = _short(community.name, most), community.state
    zip_code, place = zip_of(known), newest(known, "place")
    if zip_code and community.zone_of(zip_code) is None:
        opening = handoff_words.line("place_outside", language, zip=zip_code, town=town, state=state)
    else:
        opening = handoff_words.line("place_town", language, town=town, state=state)
    stated = place.said_in(language) or (f"ZIP {zip_code}" if zip_code else None)
    if stated is None:
        return [opening, handoff_words.line("place_unknown", language)]
    if place.kind == QUOTE and place.value == newest(known, "what").value:
        return [opening, handoff_words.line("place_there", language)]
    if place.kind == QUOTE:
        return [opening, handoff_words.line("place_words", language, quote=_quoted(place, most))]
    key = "place_confirmed" if place.confirmed else "place_stated"
    return [opening, handoff_words.line(key, language, place=_short(stated, most))]


def zip_of(known: Sequence[Fact]) -> str | None:
    """The ZIP code that the resident or a responder told, if one did; one in words that nobody read is none."""
    places = [each for each in known if each.name == "place" and each.kind != QUOTE]
    found = [match[1] for each in places if (match := ZIP.search(each.value or ""))]
    return found[-1] if found else None


def _caller(known: Sequence[Fact], community: Community, language: str, most: int) -> str:
    name = newest(known, "caller").value or "-"
    return handoff_words.line(
        "caller", language, name=_short(name, most), service=_short(community.called(language), most)
    )


def _callback(known: Sequence[Fact], language: str) -> list[str]:
    number = newest(known, "callback").value
    if number is None:
        return [handoff_words.line("callback_none", language)]
    return [] if number == ON_FILE else [handoff_words.line("callback", language, number=digits(number))]


def _what(known: Sequence[Fact], community: Community, language: str, most: int) -> list[str]:
    fact = newest(known, "what")
    if fact.value is None:
        return []
    if fact.kind != QUOTE:
        return [handoff_words.line("what_said", language, value=_short(fact.value, most))]
    lines = [handoff_words.line("what", language, at=_at(fact, known, community, language), quote=_quoted(fact, most))]
    if fact.meaning and fact.language != language:
        lines.append(handoff_words.line("meaning", language, why=_short(fact.meaning[language], most)))
    return lines


def _at(fact: Fact, known: Sequence[Fact], community: Community, language: str) -> str:
    """When it was written: the day too, where that is not today's."""
    if fact.at is None:
        return "-"
    now, there = newest(known, "caller").at, fact.at.astimezone(community.clock)
    time = local(fact.at, community, language)
    if now is not None and now - fact.at < SAME_DAY:
        return handoff_words.line("at_time", language, time=time)
    month = MONTHS[language][there.month - 1]
    day = f"{there.day} {month}" if language == "es" else f"{month} {there.day}"
    return handoff_words.line("at_day", language, day=day, time=time)


def _value(fact: Fact, language: str, most: int) -> list[str]:
    value = fact.said_in(language)
    if value is None:
        return []
    said = (
        handoff_words.line("they_wrote", language, quote=_quoted(fact, most))
        if fact.kind == QUOTE
        else _short(value, most).rstrip(".")
    )
    return [handoff_words.line(fact.name, language, value=said)]


def _not_known(known: Sequence[Fact], language: str) -> list[str]:
    lines = []
    missing = [each for each in unknown(known) if each.name != "callback"]  # that there is no number was said above
    for key, asked in (("not_asked", False), ("no_answer", True)):
        names = [handoff_words.name(each.name, language) for each in missing if each.asked == asked]
        if names:
            lines.append(handoff_words.line(key, language, names=", ".join(names)))
    return lines


def _quoted(fact: Fact, most: int) -> str:
    return f"“{_short((fact.value or '').replace('“', '').replace('”', ''), most)}”"


def _short(value: str, most: int) -> str:
    """At most so many spoken words of a value."""
    kept: list[str] = []
    for word in value.split():
        if sum(map(spoken_words, kept)) + spoken_words(word[:40]) > most:
            return " ".join(kept) + " …"
        kept.append(word[:40])
    return " ".join(kept)


def _is_number(word: str) -> bool:
    return len(re.sub(r"\D", "", word)) > 4 and re.fullmatch(r"\W*[\d()+.-]+\W*", word) is not None  # noqa: PLR2004
