"""Makes a question to the directory of what a resident wrote and of the facts that were heard before."""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Facts
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gateway.directory import (
    eligibility,
    gazetteer,
    learned,
    likely,
    mentioned,
    mistyped,
    place,
    said,
    topics,
    unsure,
    whom,
)
from gateway.directory.folding import fold
from gateway.directory.gazetteer import Town
from gateway.directory.needs import NOT_BY_WORDS, Mapping, standard
from gateway.directory.phrases import Hit, words_in
from gateway.directory.wanted import Wanted

if TYPE_CHECKING:
    from gateway.community import Community

TONIGHT = time(20)
SERVED = {"pregnant": "pregnant", "animal": "pets", "disabled": "disabled"}  # what the bot hears -> who is served
SENIORS, OLD = "#seniors", 60
YOUTH, TEENS = "#youth_people", (13, 20)
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
VIOLENCE, SHELTER = "domestic_violence", "shelter"
BEDS = frozenset(("beds", "a bed", "need a bed", "bed for my", "camas", "una cama"))  # and no furniture, for the night
PEOPLE_COME = NOT_BY_WORDS - {VIOLENCE}
# He drinks, comes to her work, holds the bills, took her car.
TOLD_OF_VIOLENCE = frozenset(("jobs", "other", "substance_use", "utilities"))
WHO_NEEDS = frozenset(("baby", "youth", "seniors", "veterans"))  # that say who somebody is: never beside a need by that
GUESSED_IN, LEAST_WORDS = 8, 3  # so many of the newest texts, each of so many words
NEAR = 5  # words
HAD = r"already (?:have|got|had)|ya (?:tengo|tenemos)"
REFUSING = re.compile(
    rf"\b(?:not|(?:dont|do not|didnt|no longer) (?:need|want|mean)|{HAD}|instead of|rather than"
    r"|no (?:quiero|queremos|necesito|necesitamos|ocupo|busco|es|era|pedi)|en (?:vez|lugar) de)"
    r"(?: (?:a|an|the|any|some|my|more|for|para|un|una|el|la|los|las|mas|de|que))*$"
)
ARTICLES = frozenset("a an any el la las los mi my some the un una unos unas".split())
GOING_ON = frozenset("de del for ni nor o of or para".split())
HAVING = re.compile(rf"\b(?:{HAD})\b")  # what follows it may be what is wrong
LACKING = frozenset("hay ay tengo tenemos tiene tienen puedo me nos se".split())  # "comida no hay" asks for food
PETS = re.compile(
    r"\b(?:with|con|and|y|bring|got|have|tengo) (?:my|a|mi|un|una|mis|\d) (?:\w+ )?"
    r"(?:dogs?|cats?|pets?|perr|gat|mascot)"
)


def load(community: "Community | None") -> None:
    """Read now what the first search would read: it takes seconds, which no conversation should wait for."""
    place.load()
    gazetteer.cities()
    gazetteer.town(community)
    load_words(community)


def load_words(community: "Community | None") -> None:
    """The part of it that each text needs which comes in (:func:`named_needs`)."""
    tags = tags_of(community)
    mistyped.mender(tags, tags.topics)
    mistyped.most_frequent()
    learned.net()


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
    mended = _mended(without(text, named), language, mapping)
    told = list(_hits(mended, mapping))
    asked = [hit for hit, *_ in told]
    meant = _meant(asked) & about.by_code.keys()
    ages = said.ages_in(text)
    guess = likely.about(mapping, mended, told)
    found = meant | _by_age(ages) | guess.keys()
    return Wanted(
        needs=_needs(mapping, found, asked),
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
        guessed=_unsure(guess, meant),
        known_topics=about,
        words=_left(about, mended, asked),
    )


def _meant(hits: Iterable[Hit]) -> set[str]:
    return {meaning for hit in hits for meaning in hit.meanings}


def _needs(mapping: Mapping, found: set[str], asked: Iterable[Hit]) -> tuple[str, ...]:
    """The needs that were named, and those of topics none of whose needs was; and legal help where a matter of law is
    named by another need: who says "apartment" and "throw me out" needs a lawyer no less than a home."""
    about, named = mapping.topics, _meant(asked) & set(mapping.needs)
    unnamed = (topic for topic in found if not about.needs_of([topic]) & named)
    by_law = {LAW} & about.needs_of(found)
    return tuple(sorted(named | about.needs_of(unnamed) | by_law))


def topics_and_guesses(
    texts: Iterable[str],
    needs: Iterable[str],
    language: str = "en",
    tags: Mapping | None = None,
    ages: Sequence[int] = (),
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The topics of these needs that texts name, oldest text first, or that the newest are likely about, and those that
    say of no need whom it is for; the old and the young by their age. Beside them those that are guessed and not so
    sure that they leave anything out. ``tags`` are the town's words for needs and topics; without them ours are meant.
    """
    mapping = tags or standard()
    about, wanted_needs = mapping.topics, set(needs)
    read = [(text, list(_hits(text, mapping))) for text in (_mended(text, language, mapping) for text in texts)]
    meant = _by_age(ages).union(*(_meant(hit for hit, _ in _not_refused(hits)) for _, hits in read))
    meant &= about.by_code.keys()
    guess: dict[str, float] = {}
    for text, hits in read[-GUESSED_IN:]:
        if len(text.split()) >= LEAST_WORDS:
            guess |= likely.about(mapping, text, hits)
    whom_for = about.of_kind(meant, topics.WHO)
    named = sorted(
        t
        for t in meant | guess.keys()
        if t in whom_for or not about.by_code[t].needs or about.by_code[t].needs & wanted_needs
    )
    return tuple(named), tuple(t for t in _unsure(guess, meant) if t in named)


def _unsure(guess: Facts[str, float], meant: set[str]) -> tuple[str, ...]:
    return tuple(sorted(code for code, chance in guess.items() if chance < likely.ALONE and code not in meant))


def _by_age(ages: Sequence[int]) -> set[str]:
    if ages and max(ages) >= OLD:
        return {SENIORS}
    return {YOUTH} if ages and TEENS[0] <= min(ages) and max(ages) <= TEENS[1] else set()


class NamedNeeds(NamedTuple):
    """The needs that a text names, and those that it may: by words that as often tell something else
    (:mod:`gateway.directory.unsure`)."""

    named: list[str]
    hinted: list[str]


def named_needs(text: str, language: str = "en", tags: Mapping | None = None) -> NamedNeeds:
    """The needs that a resident's own text names, or is likely about; not what they say they do not want.

    Of needs for which people go out, and of violence at home, the directory's words are no judge.
    """
    mapping = tags or standard()
    mended = _mended(text, language, mapping)
    told = list(_hits(mended, mapping))
    hits, guess = list(_not_refused(told)), likely.about(mapping, mended, told)
    sure, maybe = (likely.needs(mapping, guess, least) - NOT_BY_WORDS for least in (likely.NAMED, likely.HINTED))
    named = sorted({*_nameable(mapping, list(unsure.without(hits))), *sure})
    hinted = sorted({*_nameable(mapping, [hit for hit, _ in hits]), *maybe})
    return NamedNeeds(named, [need for need in hinted if need not in named])


def _mended(text: str, language: str, mapping: Mapping) -> str:
    return mistyped.mender(mapping, mapping.topics).mended(text, language)


def also_named(
    texts: Sequence[str], needs: Sequence[str], place: str | None, language: str = "en", tags: Mapping | None = None
) -> list[str]:
    """The needs that the newest of these texts that names any names beside those that were heard: where the bot took a
    text for something else, its own words find the right service all the same.

    Of what is called ``place`` nothing counts ("near the library"), beside violence at home not what only tells of
    it, and no furniture where a bed for the night is looked for. Nothing is added where somebody is to go out, where
    a text after it takes a need back, nor that help is for the old or the young.
    """
    mapping = tags or standard()
    if not needs or not PEOPLE_COME.isdisjoint(needs):
        return []
    for text in reversed(texts):
        mended = _mended(without(text, place), language, mapping)
        hits = list(_hits(mended, mapping))
        told = ((hit, phrase) for hit, phrase in _not_refused(hits) if SHELTER not in needs or phrase not in BEDS)
        sure = list(unsure.without(told))
        guess = _beside_by_guess(mapping, likely.about(mapping, mended, hits), needs)
        named = sorted({*_nameable(mapping, sure), *guess})
        if named:
            return _beside(needs, named, _matters(mapping, sure) | guess)
        if any(refused for _, _, refused in hits):
            break
    return []


def _beside_by_guess(mapping: Mapping, guess: dict[str, float], heard: Sequence[str]) -> set[str]:
    """The needs of what a text is likely about, where none of them was heard: who feels hopeless looks for no diapers
    because that may be of a birth, and who looks for a bed for no furniture."""
    found = likely.needs(mapping, guess, likely.SEARCHED) - NOT_BY_WORDS
    found -= {unsure.NAMELESS} if SHELTER in heard else set()
    return set() if found & set(heard) else found


def _matters(mapping: Mapping, hits: Iterable[Hit]) -> set[str]:
    """The needs of what is named in particular: a day care is a matter, a baby is somebody."""
    return mapping.topics.needs_of(mapping.topics.of_kind(_meant(hits), ""))


def _beside(heard: Sequence[str], named: Sequence[str], matters: set[str]) -> list[str]:
    beside = [need for need in named if need not in heard and (need in matters or need not in WHO_NEEDS)]
    if VIOLENCE in heard:
        beside = [need for need in beside if need not in TOLD_OF_VIOLENCE]
    others = [need for need in beside if need != unsure.NAMELESS or need in matters]
    return others or (beside if not set(heard) & set(named) else [])


def _nameable(mapping: Mapping, hits: Sequence[Hit]) -> list[str]:
    return [need for need in _needs(mapping, _meant(hits), hits) if need not in NOT_BY_WORDS]


def hits_in(text: str, language: str, mapping: Mapping) -> Iterator[tuple[Hit, str]]:
    """The needs and topics that a text names and does not refuse, each with the words that name it."""
    return _not_refused(_hits(_mended(text, language, mapping), mapping))


def _not_refused(hits: Iterable[tuple[Hit, str, bool]]) -> Iterator[tuple[Hit, str]]:
    return ((hit, phrase) for hit, phrase, refused in hits if not refused)


def _hits(mended: str, mapping: Mapping) -> Iterator[likely.Told]:
    """All that a text in mended words names, with the words that do, and whether it is what they do not want."""
    words = words_in(mended)
    refused: set[int] = set()
    found = (*mapping.topics.in_question(mended), *mapping.hits_in_question(mended))
    for hit in sorted(found, key=lambda hit: hit.start):
        taken_back = _refused(words, hit) or _goes_on(words, hit, refused)
        refused |= set(range(hit.start, hit.end)) if taken_back and not _had(words, hit) else set()
        yield hit, " ".join(words[hit.start : hit.end]), taken_back


def _had(words: Sequence[str], hit: Hit) -> bool:
    """Whether they say that they have it: "ya tengo corte para el desalojo" refuses no help against an eviction."""
    return HAVING.search(" ".join(words[max(0, hit.start - NEAR) : hit.start])) is not None


def _goes_on(words: Sequence[str], hit: Hit, refused: set[int]) -> bool:
    """Whether the words stand within, or go on with, what was refused: "no necesito un abogado de migracion"."""
    before = hit.start - 1
    while before >= 0 and words[before] in ARTICLES:
        before -= 1
    goes_on = before > 0 and words[before] in GOING_ON and before - 1 in refused
    return goes_on or hit.start in refused


def _refused(words: Sequence[str], hit: Hit) -> bool:
    """Whether somebody says of these words that it is not what they need: "not food", "comida no"."""
    behind = words[hit.end : hit.end + 2]
    if behind[:1] == ["no"] and LACKING.isdisjoint(behind):
        return True
    return REFUSING.search(" ".join(words[max(0, hit.start - NEAR) : hit.start])) is not None


def _served(text: str, mended: str, found: set[str]) -> tuple[str, ...]:
    said_so = eligibility.words("serves").in_text(text, mended)
    pets = ("pets",) if PETS.search(fold(text)) else ()
    asked_for = (*(who for who in said_so if who in WHO), *pets, *served_by(sorted(found)), *_gender([text]))
    return tuple(dict.fromkeys(asked_for))


def served_by(topics_named: Iterable[str]) -> tuple[str, ...]:
    """Who is served, by the topics that say who is asking."""
    return tuple(SERVED_BY[topic] for topic in topics_named if topic in SERVED_BY)


def _gender(texts: Sequence[str], for_whom: str | None = None) -> tuple[str, ...]:
    found = whom.gender(texts, for_whom)
    return (found,) if found else ()


def without(text: str, named: str | None) -> str:
    """The text without the place that it names, so that "Redwood City" asks for no service of that name, folded."""
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
