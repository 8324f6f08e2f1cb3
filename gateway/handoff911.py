"""The facts of the 911 packet: what is known, who said it and when, and what is not known; nothing is guessed.

What stands in it comes from the resident's own words, from what they told the screening, from the town's file, or from
a responder who says so by name. Where a number was issued, and a carrier's ZIP code, say nothing of where somebody is
(FCC; 988 says the same of itself), so neither is a place here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import handoff_words
from gateway.community import AnsweringPoint, Community
from gateway.conversations import phone_contact
from gateway.models import Assessment, Conversation, Escalation, Message, Responder
from gateway.risk import Level

WORDS, QUOTE, CODES = "words", "quote", "codes"
RESIDENT, SCREENING, RESPONDER = "resident", "screening", "responder"
CARRIER, NOBODY = "carrier", "nobody"
# What may be told, in the order in which a call taker wants to know it.
NAMES = ("place", "caller", "callback", "what", "about", "weapons", "people", "medical", "access", "language", "age")
NEED = "need"
# What 988 and 211 are told: enough to go on talking, and no more.
LESS = ("caller", "callback", "what", "about", "language", NEED)
EMERGENCY = "911"
ON_FILE = "on file"  # stands where the number would: the packet keeps none
RECENT = timedelta(hours=24)  # before the thread was opened; what is older is another story
MOST_MESSAGES, MOST_QUOTES = 200, 3
LONGEST_QUOTE = 240  # characters
SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+")
WEAPON_CARD = "violence.weapon"
MEDICAL = frozenset(("medical", "overdose", "poison", "self_harm", "withdrawal"))
YOUNG = frozenset(("child",))
WELFARE = "welfare_check"
PRIVATE_NEEDS = frozenset(("substance_use", "naloxone", "syringe_pickup"))
SUBSTANCE = PRIVATE_NEEDS | {"overdose", "withdrawal"}
Said = Sequence[tuple[Message, Assessment | None]]


@dataclass(frozen=True)
class Fact:
    """One thing that is known, or (``value`` None) that is not.

    ``kind`` says what the value is: words, a quote of the resident's, or codes joined by commas. ``source`` is
    resident, screening (the rule cards), responder, carrier or nobody; ``by`` names the responder. ``confirmed``
    is whether a person asked back; ``asked`` whether what is not known was asked for. ``meaning`` is what a rule card
    says that a quote means, by language.
    """

    name: str
    value: str | None = None
    kind: str = WORDS
    source: str = NOBODY
    by: str | None = None
    at: datetime | None = None
    confirmed: bool = False
    asked: bool = False
    language: str | None = None
    message_id: int | None = None
    meaning: dict[str, str] | None = None

    def said_in(self, language: str) -> str | None:
        """The value in plain words of ``"en"`` or ``"es"``; a quote stays in the resident's own language."""
        if self.value is None or self.kind != CODES:
            return self.value
        return ", ".join(handoff_words.value(code.strip(), language) for code in self.value.split(","))

    def to_dict(self) -> dict[str, Any]:
        """The fact as it is kept in a packet."""
        kept = {key: value for key, value in asdict(self).items() if value not in (None, False)}
        return kept | ({"at": self.at.isoformat()} if self.at else {})

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> "Fact":
        """The fact that :meth:`to_dict` made. Raises ``TypeError`` or ``ValueError`` when it is none."""
        return cls(**kept | ({"at": datetime.fromisoformat(kept["at"])} if kept.get("at") else {}))


def what_was_said(session: Session, row: Escalation) -> Said:
    """What the resident wrote about this, newest first, with what screening made of each."""
    found = session.execute(
        select(Message, Assessment)
        .outerjoin(Assessment, Assessment.message_id == Message.id)
        .where(
            Message.conversation_id == row.conversation_id,
            Message.direction == "in",
            Message.created_at > row.opened_at - RECENT,
        )
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
    )
    return [(message, assessment) for message, assessment in found]


def facts(row: Escalation, said: Said, responder: Responder, now: datetime) -> list[Fact]:
    """Everything that may be told of a thread, each kind at least once: not to know is a fact too."""
    conversation = row.conversation
    found = [
        *_place(conversation, said),
        Fact("caller", responder.name, source=RESPONDER, by=responder.name, at=now, confirmed=True),
        _callback(conversation, said),
        *_what(row, said),
        _about(conversation, said),
        *_quotes("weapons", said, cards=(WEAPON_CARD,)),
        _told(conversation, "people", "people", kind=CODES),
        *_quotes("medical", said, categories=MEDICAL),
        *_or_written(_told(conversation, "access", "access", kind=CODES), said),
        *_languages(conversation, said),
        *_ages(conversation, said),
        _told(conversation, NEED, "needs", kind=CODES),
    ]
    return [each for each in found if each.value is not None or each.name != NEED]


def categories(row: Escalation, said: Said) -> list[str]:
    """What the screen found in the thread, the gravest first, and a check on somebody that was asked for."""
    findings = [each for _, assessment in said if assessment for each in assessment.findings]
    found = [each["category"] for each in sorted(findings, key=_rank, reverse=True) if each.get("category")]
    asked = row.conversation.answers.get("needs") or []
    return list(dict.fromkeys([*found, *(need for need in asked if need in PRIVATE_NEEDS or need == WELFARE)]))


def is_substance(kinds: Iterable[str]) -> bool:
    """Whether a thread speaks of substance use, which may be told on only as 42 CFR Part 2 says."""
    return not SUBSTANCE.isdisjoint(kinds)


def names_for(to: str) -> tuple[str, ...]:
    """The kinds of facts that 911, 988 or 211 is told."""
    return (*NAMES, NEED) if to == EMERGENCY else LESS


def answering_point(community: Community, zip_code: str | None) -> tuple[AnsweringPoint, bool]:
    """The 911 centre of a place, and whether the place is known to be the town's.

    Outside our zones it is the town's all the same: it can transfer the call, as a call to 911 itself would end at the
    responder's own centre.
    """
    zone = community.zone_of(zip_code) if zip_code else None
    return (zone.psap if zone and zone.psap else community.psap), zone is not None


def newest(known: Iterable[Fact], name: str) -> Fact:
    """What holds of one kind: what a responder found out last, else what was found first; else that it is not known,
    and whether it was asked for."""
    of_kind = [each for each in known if each.name == name]
    told = [each for each in of_kind if each.value is not None]
    by_person = [each for each in told if each.source == RESPONDER]
    asked = [each for each in of_kind if each.asked]
    return (by_person[-1:] or told[:1] or asked[:1] or [Fact(name)])[0]


def unknown(known: Sequence[Fact]) -> list[Fact]:
    """The kinds of which nothing is known, in order."""
    held = [newest(known, name) for name in NAMES]
    return [each for each in held if each.value is None]


def with_number(known: Iterable[Fact], number: str | None) -> list[Fact]:
    """The same facts with the number to call back, for a page that may show it."""
    return [
        replace(each, value=number) if each.name == "callback" and each.value == ON_FILE and number else each
        for each in known
    ]


def excerpt(text: str, start: int = 0, end: int = 0, most: int = LONGEST_QUOTE) -> str:
    """At most so many characters of a text around the words that matter, on one line."""
    if len(text) <= most:
        return " ".join(text.split())
    middle = (start + end) // 2
    low = min(max(0, middle - most // 2), len(text) - most)
    cut = " ".join(text[low : low + most].split())
    return ("…" if low else "") + cut + ("…" if low + most < len(text) else "")


def _place(conversation: Conversation, said: Said) -> Iterator[Fact]:
    """The place as the resident typed it, and the ZIP code; each unconfirmed until a responder says otherwise.

    Who was never asked, since a person took over at once, may have written of a place all the same.
    """
    asked = _slot(conversation, "place_asked") is not None or _slot(conversation, "requested_slot") in {"place", "spot"}
    stated = _told(conversation, "place", "place", asked=asked)
    yield from _or_written(stated, said)
    zip_code = _told(conversation, "place", "zip")
    if zip_code.value is not None:
        yield replace(zip_code, value=f"ZIP {zip_code.value}")


def _callback(conversation: Conversation, said: Said) -> Fact:
    """The number that the texts come from, or that a web visitor proved: what a carrier says, so nobody can say who
    answers there."""
    if phone_contact(conversation).address_sealed is None:
        return Fact("callback")
    first = said[-1][0].created_at if said else conversation.opened_at
    return Fact("callback", ON_FILE, source=CARRIER, at=first)


def _what(row: Escalation, said: Said) -> list[Fact]:
    """The gravest words first, then the newest; what opened the thread where no card fired."""
    grave = [(message, worst) for message, assessment in said if (worst := _worst(assessment)) is not None]
    grave.sort(key=lambda pair: (-Level(pair[1]["level"]).rank, -pair[0].id))
    if grave:
        return [_quote("what", message, worst) for message, worst in grave[:MOST_QUOTES]]
    opened = next((message for message, _ in said if message.id == row.message_id), said[0][0] if said else None)
    return [_quote("what", opened)] if opened is not None and opened.text.strip() else [Fact("what")]


def _about(conversation: Conversation, said: Said) -> Fact:
    told = _told(conversation, "about", "for_whom", kind=CODES, asked=_slot(conversation, "for_whom") == "skipped")
    if told.value is not None:
        return told
    for message, assessment in said:
        worst = _worst(assessment)
        if worst is not None and worst.get("who", "unsaid") != "unsaid":
            return Fact("about", worst["who"], CODES, SCREENING, at=message.created_at, message_id=message.id)
    return told


def _quotes(
    name: str, said: Said, *, cards: Sequence[str] = (), categories: frozenset[str] = frozenset()
) -> list[Fact]:
    """What the resident wrote of something: where a card fired for it, and where its words stand."""
    found = []
    for message, assessment in said:
        findings = assessment.findings if assessment else []
        fired = [each for each in findings if each.get("card_id") in cards or each.get("category") in categories]
        fired = [each for each in fired if not each.get("earlier")]
        if fired or handoff_words.mentions(name, message.text):
            found.append(_quote(name, message, max(fired, key=_rank, default=None)))
    return found[:MOST_QUOTES] or [Fact(name)]


def _or_written(told: Fact, said: Said) -> list[Fact]:
    """What the screening was told; else the sentences that speak of it, for a script has no room for the rest."""
    if told.value is not None:
        return [told]
    found = []
    for message, _ in said:
        sentences = [each for each in SENTENCES.split(message.text) if handoff_words.mentions(told.name, each)]
        if sentences:
            found.append(replace(_quote(told.name, message), value=excerpt(" ".join(sentences))))
    return found[:MOST_QUOTES] or [told]


def _languages(conversation: Conversation, said: Said) -> Iterator[Fact]:
    """What they write in, a third language that was heard, and what they say that they speak."""
    other = (conversation.language_memory or {}).get("other")
    heard = [code for code in (other, conversation.language) if code]
    at = said[0][0].created_at if said else conversation.opened_at
    spoken = _told(conversation, "language", "speaks", kind=CODES)
    if spoken.value is not None:
        yield spoken
    if heard:
        yield Fact("language", ",".join(dict.fromkeys(heard)), CODES, SCREENING, at=at)
    elif spoken.value is None:
        yield spoken


def _ages(conversation: Conversation, said: Said) -> list[Fact]:
    """Ages as they were told, and words of a child's; whose age it is only the words tell."""
    told = _told(conversation, "age", "ages", kind=CODES)
    quotes = [each for each in _quotes("age", said, categories=YOUNG) if each.value is not None]
    return ([told] if told.value is not None or not quotes else []) + quotes


def _told(conversation: Conversation, name: str, field: str, *, kind: str = WORDS, asked: bool = False) -> Fact:
    """One answer to the screening; who told it, in which message and when, where that was kept."""
    kept = conversation.answers.get(field)
    value = ",".join(map(str, kept)) if isinstance(kept, list) else kept
    if not isinstance(value, str) or not value.strip():
        return Fact(name, asked=asked)
    told = (conversation.answers_told or {}).get(field) or {}
    at = datetime.fromisoformat(told["at"]) if told.get("at") else None
    return Fact(name, value.strip(), kind, told.get("by", RESIDENT), at=at, message_id=told.get("message_id"))


def _quote(name: str, message: Message, finding: dict[str, Any] | None = None) -> Fact:
    where = (int(finding["start"]), int(finding["end"])) if finding else (0, 0)
    meaning = {"en": finding["why_en"], "es": finding["why_es"]} if finding and finding.get("why_en") else None
    return Fact(
        name, excerpt(message.text, *where), QUOTE, RESIDENT, at=message.created_at, language=message.language,
        message_id=message.id, meaning=meaning,
    )  # fmt: skip


def _worst(assessment: Assessment | None) -> dict[str, Any] | None:
    """The gravest finding of a message itself, if it is danger."""
    findings = assessment.findings if assessment else []
    danger = [each for each in findings if Level(each["level"]) >= Level.URGENT and not each.get("earlier")]
    return max(danger, key=_rank, default=None)


def _rank(finding: dict[str, Any]) -> int:
    return Level(finding["level"]).rank


def _slot(conversation: Conversation, name: str) -> Any:
    """What the bot remembers: whether it asked, as it keeps that nowhere else."""
    return ((conversation.bot_state or {}).get("slots") or {}).get(name)
