"""Who is told what of a dispatch: the resident in their own language, the team by a link, responders by what rings.

Nothing here names a place or repeats a resident's words; a link opens the page that does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from gateway import (
    conversations,
    delivery,
    dispatch_links,
    ladder,
    notices,
    optout,
    paging,
    reaching,
    spoken,
    teams,
    texts,
)
from gateway.community import Community
from gateway.community_duty import Team
from gateway.means import PUSH, SMS, VOICE
from gateway.models import Conversation, Dispatch, Escalation, Responder

KIND = "team"
SOS, SOON, LATER = 0, 1, 2  # priorities of notices, the lowest first
WHAT = {
    "place": {"en": "place", "es": "lugar"},
    "place_precision": {"en": "place", "es": "lugar"},
    "place_confirmed": {"en": "place", "es": "lugar"},
    "needs": {"en": "what is needed", "es": "lo que se necesita"},
    "safety_flags": {"en": "safety", "es": "seguridad"},
    "people": {"en": "people", "es": "personas"},
    "languages": {"en": "languages", "es": "idiomas"},
    "what_to_know": {"en": "what to know", "es": "lo que debe saber"},
}
"""What the team is told has changed, by the column that has."""


def code(row: Escalation) -> str:
    """How a thread is called on a phone."""
    return str(row.code or row.id)


def coming(  # noqa: PLR0913 - who is told what
    session: Session, conversation: Conversation, dispatch: Dispatch, team: Team, now: datetime, minutes: int | None
) -> bool:
    """Tell the resident who comes, how they look, about when (in ``minutes``, if the team said so just now), and how to
    say no; false where nothing may be sent."""
    key = "dispatch_on_way" if dispatch.en_route_at else "dispatch_coming"
    about = "dispatch_minute" if minutes == 1 else "dispatch_minutes"
    keys = [key, *(["dispatch_looks"] if team.looks else ()), *([about] if minutes else ()), "dispatch_say_no"]

    def words(language: str) -> str:
        looks = team.looks.said_in(language) if team.looks else ""
        return " ".join(
            texts.say(
                each,
                language,
                name=looks if each == "dispatch_looks" else team.who.said_in(language),
                minutes=minutes,
            )
            for each in keys
        )

    said = _say(session, conversation, now, [words(language) for language in _languages(conversation)])
    if said:
        dispatch.told_resident_at = now
    return said


def resident(session: Session, conversation: Conversation, key: str, now: datetime) -> bool:
    """Say one fixed text to the resident; false where nothing may be sent."""
    return _say(session, conversation, now, [texts.say(key, language) for language in _languages(conversation)])


def team(  # noqa: PLR0913 - who is told what, and where the page is
    session: Session,
    row: Escalation,
    dispatch: Dispatch,
    key: str,
    now: datetime,
    public_url: str,
    changed: Iterable[str] = (),
) -> int:
    """Text a link of their own to everybody in the team; returns how many."""
    names, people = list(changed), teams.members(session, dispatch.team)
    for member in people:
        language = language_of(member.languages)
        what = ", ".join(dict.fromkeys(WHAT[name][language] for name in names))
        link = f"{public_url}/t/{dispatch_links.make(session, dispatch, member, now)}"
        text = texts.say(key, language, code=code(row), link=link, what=what)
        notices.queue(
            session, kind=KIND, means="sms", text=text, language=language, now=now, member_id=member.id,
            escalation_id=row.id, priority=SOON,
        )  # fmt: skip
    return len(people)


def stop(  # noqa: PLR0913 - who is told what
    session: Session, row: Escalation, team_code: str, key: str, now: datetime, *, but: int | None = None
) -> None:
    """Text everybody in a team not to go, but the one member who said so."""
    for member in [each for each in teams.members(session, team_code) if each.id != but]:
        language = language_of(member.languages)
        notices.queue(
            session, kind=KIND, means="sms", text=texts.say(key, language, code=code(row)), language=language, now=now,
            member_id=member.id, escalation_id=row.id, priority=SOON,
        )  # fmt: skip


def supervisors(session: Session, community: Community, row: Escalation, key: str, now: datetime) -> int:
    """Tell all supervisors, and the owner of the thread, by text and push, and by a call where the town's ladder for
    such a thread calls supervisors; returns how many supervisors and others were reached.

    All who are on shift as well while nobody owns it, and instead where no supervisor but the owner can be reached:
    the owner alone is whom the team left waiting.
    """
    calls = any((rung.means, rung.whom) == (VOICE, "supervisors") for rung in ladder.rungs_of(community, row))
    means = (SMS, PUSH, VOICE) if calls else (SMS, PUSH)
    found = reaching.supervisors(session)
    others = [each for each in found if each.id != row.owner_id]
    told = _ring(session, row, others, key, now, means, SOON)
    if row.owner is not None and row.owner.active:
        _ring(session, row, [row.owner], key, now, means, SOON)
    if row.owner_id is None or not told:
        known = {each.id for each in found} | {row.owner_id}
        on_shift = [each for each in paging.on_call(session, now) if each.id not in known]
        told += _ring(session, row, on_shift, key, now, means, SOON)
    return told


def everybody(session: Session, row: Escalation, key: str, now: datetime) -> int:
    """Call, text and push to all who are on shift and all supervisors, at once; returns how many."""
    people = {each.id: each for each in [*paging.on_call(session, now), *reaching.supervisors(session)]}
    return _ring(session, row, list(people.values()), key, now, (VOICE, SMS, PUSH), SOS)


def language_of(known: Sequence[str]) -> str:
    """The language in which somebody is written to: their first of ours."""
    return next((each for each in known if each in texts.LANGUAGES), "en")


def _ring(  # noqa: PLR0913 - who is told what, and how
    session: Session,
    row: Escalation,
    people: Sequence[Responder],
    key: str,
    now: datetime,
    means: Sequence[str],
    priority: int,
) -> int:
    reached = set()
    for responder in people:
        for each in [way for way in means if reaching.why_not(session, responder, way) is None]:
            number = spoken.thread(code(row), aloud=each == VOICE)
            notices.queue(
                session, kind=KIND, means=each, text=texts.say(key, responder.locale, code=number),
                language=responder.locale, now=now, responder_id=responder.id, escalation_id=row.id, priority=priority,
            )  # fmt: skip
            reached.add(responder.id)
    return len(reached)


def _languages(conversation: Conversation) -> tuple[str, ...]:
    known = conversation.language
    return (known,) if known in texts.LANGUAGES else texts.LANGUAGES


def _say(session: Session, conversation: Conversation, now: datetime, parts: Sequence[str]) -> bool:
    if optout.why_no_text(session, conversation):
        return False
    for text in parts:
        conversations.say(session, conversation, text, "system", now, priority=delivery.RESPONDER)
    return True
