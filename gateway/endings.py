"""How a screening ends where no list of services is the answer: a team, a mediator, another line. What is said then.

Only the truth of the moment is said: who *may* come, whether they are out at this hour, and what a person does first.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from gateway import texts
from gateway.community import Community, Team
from gateway.directory.place import zip_in
from gateway.language.letters import fold, normal

CITY = "city"
LONGEST_PLACE = 60  # characters of a place that are read back in one text
_NO_TEAM = re.compile(
    r"(?:please |por favor )?"
    r"(?:no(?: al?| el| the| a)? (?:team|equipo)"
    r"|(?:i |we )?(?:dont|do not) (?:want|need) (?:a|the|your) team"
    r"|no (?:quiero|necesito|queremos) (?:al? |el |un |su )?equipo"
    r"|cancel(?:en)? (?:the|el|al) (?:team|equipo)"
    r"|(?:dont|do not) (?:come|send (?:anyone|anybody|somebody|someone|them|people|(?:a|the|your) team))"
    r"|(?:que )?(?:ya )?no (?:quiero que )?(?:vengan?|manden?|envien?)(?: a)?(?: nadie|(?: el| al)? equipo)?)"
    r"(?: anymore| any more)?(?: please| thanks| thank you| por favor| gracias)?"
)
TOLD_OUTSIDE = "told_outside"  # the ZIP code of which the resident was told once that it is outside


def team(  # noqa: PLR0913 - who is asked for, where to, when, and how that is told
    community: Community, needs: Collection[str], place: str, code: str | None, now: datetime, lang: str
) -> str:
    """What is said when a team was asked for: the place, who may come, and whether they are out at this hour.

    ``now`` is an aware time; the teams' hours are local to the town.
    """
    shown = " ".join(place.split())[:LONGEST_PLACE]
    fit = community.teams_for(needs, code)
    if not fit:
        return texts.say("team_none", lang, place=shown)
    out = [each for each in fit if each.is_out(now.astimezone(community.clock))]
    return texts.say("team_may_come" if out else "team_not_out", lang, place=shown, name=_who(out or fit, lang))


def says_no_team(text: str) -> bool:
    """Whether a whole message says no to a team that was sent, as our own text tells people to; in both languages."""
    return _NO_TEAM.fullmatch(re.sub(r"[^a-z0-9]+", " ", fold(normal(text)).replace("'", "")).strip()) is not None


def mediation(community: Community, lang: str) -> str:
    """What is said when somebody was asked to step in between two sides."""
    if community.mediation is None:
        return texts.say("mediation_none", lang)
    who = community.mediation.who.said_in(lang)
    line = community.mediation.line
    if line is None:
        return texts.say("mediation_asked", lang, name=who)
    return texts.say("mediation_asked_line", lang, name=who, line=spoken(line))


def elsewhere(community: Community, lang: str) -> str:
    """Which line takes a matter of the city."""
    return texts.say("elsewhere_city", lang, name=community.elsewhere.name, line=spoken(community.elsewhere.number))


def outside(community: Community | None, answers: dict[str, Any], code: str | None, lang: str) -> list[str]:
    """Said once of a ZIP code that is none of the town's, before whatever is found there; it stops no search."""
    known = zip_in(code) if code else None
    if community is None or known is None or known in community.zips or answers.get(TOLD_OUTSIDE) == known:
        return []
    return [texts.say("outside_area", lang, zip=known, name=community.called(lang))]


def spoken(line: str) -> str:
    """A number as it is dialled by hand: +15555550112 is 555-555-0112, and 311 stays as it is."""
    digits = line.removeprefix("+1")
    return digits if digits == line else f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def _who(teams: Collection[Team], lang: str) -> str:
    return next(iter(teams)).who.said_in(lang)
