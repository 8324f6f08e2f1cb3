"""Makes a question to the directory of what a resident wrote and of the facts that were heard before."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Facts
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gateway.directory import eligibility, gazetteer, mentioned, mistyped, place, said, topics, whom
from gateway.directory.folding import fold
from gateway.directory.gazetteer import Town
from gateway.directory.needs import Mapping, standard
from gateway.directory.phrases import Hit, words_in
from gateway.directory.wanted import Wanted

if TYPE_CHECKING:
    from gateway.community import Community

TONIGHT = time(20)
SERVED = {"pregnant": "pregnant", "animal": "pets", "disabled": "disabled"}  # what the bot hears -> who is served
SENIORS, OLD = "#seniors", 60
LAW = "legal"
TELLING = -4.2  # log10 of its share in a language from which on a word says nothing of what is looked for
SERVED_BY = {  # topics that say who is asking -> who is served
    "#veterans": "veteran",
    "#lgbtq": "lgbtq",
    "#hiv": "hiv",
    "#disability": "disabled",
    "#homeless_people": "homeless",
    "#immigration": "immigrant",
    "#reentry": "reentry",
    "#pregnancy": "pregnant",
    "#mothers": "family",
    "#children_people": "family",
}
# The words of a gender also name mothers, fathers and parents of whom somebody speaks: whom.py reads it closer.
WHO = ("pregnant", "veteran", "family", "lgbtq", "immigrant", "reentry", "disabled", "hiv")
PETS = re.compile(
    r"\b(?:with|con|and|y|bring|got|have|tengo) (?:my|a|mi|un|una|mis|\d) (?:\w+ )?"
    r"(?:dogs?|cats?|pets?|perr|gat|mascot)"
)


def load(community: "Community | None") -> None:
    """Read now what the first search would read: it takes seconds, which no conversation should wait for."""
    place.load()
    gazetteer.cities()
    gazetteer.town(community)
    tags = tags_of(community)
    mistyped.mender(tags, tags.topics)


def tags_of(community: "Community | None") -> Mapping:
    """A town's words for needs and topics, or ours."""
    return community.directory.tags if community else standard()


def facts(
    answers: Facts[str, Any],
    now: datetime,
    home: str | None,
    texts: Sequence[str] = (),
    for_whom: str | None = None,
) -> dict[str, Any]:
    """The fields of :class:`Wanted` that the facts of a conversation fill: ages, who they are, languages, access, when;
    and of their own ``texts``, oldest first, gender, missing papers and what they can pay.

    A day on which something is due, by these texts, is not when help is wanted. ``for_whom`` is ``self`` or ``other``.
    ``answers`` holds each fact as codes with commas between, as the bot hears them; what is none of them is left out.
    """
    ages = tuple(int(age) for age in _codes(answers, "ages") if age.isdigit() and int(age) <= said.OLDEST)
    heard = _codes(answers, "access")
    found: dict[str, Any] = {
        "ages": ages,
        "serves": (*(SERVED[code] for code in heard if code in SERVED), *_gender(texts, for_whom)),
        "languages": tuple(code for code in _codes(answers, "speaks") if code != "en"),
        "access": tuple(code for code in heard if eligibility.helps(code)),
        "cost": "free" if whom.nothing_to_pay(texts) else None,
        "lacks": whom.lacks(texts),
        "when": None if any(map(said.due_in, texts)) else moment(_codes(answers, "when"), now, home),
    }
    return {name: value for name, value in found.items() if value}


def moment(codes: tuple[str, ...], now: datetime, home: str | None) -> datetime | None:
    """The moment that is meant by "tonight", "tomorrow" or a day's name; None for now, and for what names no moment."""
    here = now.astimezone(ZoneInfo(home)) if home else now
    for code in codes:
        if code in {"tonight", "night"}:
            evening = datetime.combine(here.date(), TONIGHT, here.tzinfo)
            return evening if evening > here else None
        days = 1 if code == "tomorrow" else _days_to(code, here)
        if days:
            return datetime.combine(here.date() + timedelta(days=days), said.AT_MORNING, here.tzinfo)
    return None


def wanted(  # noqa: PLR0913 - what is asked, and by whom, where and when
    session: Session,
    text: str,
    mapping: Mapping,
    town: Town | None,
    language: str = "en",
    now: datetime | None = None,
    home: str | None = None,
) -> Wanted:
    """A question of free words: needs, topics, ZIP or place, whom it is for and when, and the telling words left."""
    code = place.zip_in(text)
    named = None if code else mentioned.named_in(session, text, town, language)
    about = mapping.topics
    mended = mistyped.mender(mapping, about).mended(_without(text, named), language)
    hits = about.in_question(mended)
    found = {topic for hit in hits for topic in hit.meanings}
    asked = [*hits, *mapping.hits_in_question(mended)]
    ages = said.ages_in(text)
    found |= {SENIORS} if ages and max(ages) >= OLD else set()
    return Wanted(
        needs=_needs(about, found, {need for hit in asked for need in hit.meanings if need in mapping.needs}),
        zip=code,
        place=named,
        language=language,
        text=text,
        ages=ages,
        serves=_served(text, mended, found),
        cost="free" if whom.nothing_to_pay([text]) else None,
        lacks=whom.lacks([text]),
        when=said.moment_in(text, now, home) if now else None,
        open_only=said.open_in(text),
        topics=tuple(sorted(found)),
        known_topics=about,
        words=_left(about, mended, asked),
    )


def _needs(about: topics.Topics, found: set[str], named: set[str]) -> tuple[str, ...]:
    """The needs that were named, and those of topics none of whose needs was; and legal help where a matter of law is
    named by another need: who says "apartment" and "throw me out" needs a lawyer no less than a home."""
    unnamed = (topic for topic in found if not about.needs_of([topic]) & named)
    by_law = {LAW} & about.needs_of(found)
    return tuple(sorted(named | about.needs_of(unnamed) | by_law))


def topics_of(
    texts: Iterable[str], needs: Iterable[str], language: str = "en", tags: Mapping | None = None
) -> tuple[str, ...]:
    """The topics of these needs that texts name, and those that say of no need whom it is for. ``tags`` are the town's
    words for needs and topics; without them ours are meant."""
    mapping = tags or standard()
    about = mapping.topics
    mended = (mistyped.mender(mapping, about).mended(text, language) for text in texts)
    named = {topic for text in mended for hit in about.in_question(text) for topic in hit.meanings}
    wanted_needs = set(needs)
    return tuple(sorted(t for t in named if not about.by_code[t].needs or about.by_code[t].needs & wanted_needs))


def _served(text: str, mended: str, found: set[str]) -> tuple[str, ...]:
    said_so = eligibility.words("serves").in_text(text, mended)
    pets = ("pets",) if PETS.search(fold(text)) else ()
    by_topic = (SERVED_BY[topic] for topic in sorted(found) if topic in SERVED_BY)
    return tuple(dict.fromkeys((*(who for who in said_so if who in WHO), *pets, *by_topic, *_gender([text]))))


def _gender(texts: Sequence[str], for_whom: str | None = None) -> tuple[str, ...]:
    found = whom.gender(texts, for_whom)
    return (found,) if found else ()


def _without(text: str, named: str | None) -> str:
    """The text without the place that it names, so that "Redwood City" asks for no service of that name."""
    words = " ".join(words_in(text))
    return f" {words} ".replace(f" {' '.join(words_in(named))} ", " ").strip() if named else words


def _left(about: topics.Topics, mended: str, asked: list[Hit]) -> tuple[str, ...]:
    """The words that no need explains and no topic that says more than "children" does."""
    words = words_in(mended)
    telling = [hit for hit in asked if hit.meanings - about.of_kind(hit.meanings, topics.GENERAL)]
    told = {number for hit in telling for number in range(hit.start, hit.end)}
    left = (word for number, word in enumerate(words) if number not in told and not word.isdigit())
    return tuple(word for word in left if not mistyped.ordinary(word, TELLING))


def _codes(answers: Facts[str, Any], name: str) -> tuple[str, ...]:
    told = answers.get(name)
    return tuple(code.strip() for code in told.split(",") if code.strip()) if isinstance(told, str) else ()


def _days_to(code: str, here: datetime) -> int:
    day = said.weekday("saturday" if code == "weekend" else code)
    return 0 if day is None else (day - here.weekday()) % len(said.DAYS)
