"""What a responder says of a dispatch, each field made clean; what is on no list is refused, not dropped."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway import teams
from gateway.community import Community
from gateway.community_duty import Team
from gateway.dispatch_states import DRAFTED, UNANSWERED
from gateway.errors import Refused
from gateway.models import Dispatch, Escalation

GIVEN, REFUSED, NOT_ASKED, NO_ANSWER = "given", "refused", "not_asked", "no_answer"
CONSENTS = (GIVEN, REFUSED, NO_ANSWER, NOT_ASKED)
EXACT, NEAR, AREA = "exact", "near", "area"
PRECISIONS = (EXACT, NEAR, AREA)
FLAGS = ("weapon", "violence", "dog", "crowd", "traffic", "dark", "stairs", "infection", "needles")
YES, NO, UNKNOWN = "yes", "no", "unknown"
# Why a team goes although an answer of the checklist speaks against it. A supervisor says so.
OVERRIDES = ("scene_checked", "others_with_them", "answer_wrong", "nobody_else")
ELIGIBLE, OVERRIDDEN = "eligible", "overridden"
DISPOSITIONS = ("helped", "declined", "not_found", "taken_to_care", "handed_to_911", "other")
"""How it ended, as the team or a responder says."""
LONGEST = {"place": 200, "people": 120, "what_to_know": 600, "consent_reason": 200}
TEAM_IS_TOLD = frozenset(
    ("place", "place_confirmed", "place_precision", "needs", "safety_flags", "people", "languages", "what_to_know")
)
BEFORE_SENDING = frozenset(("team", "consent", "consent_reason", "checklist", "reason_codes", "roles_wanted"))


def cleaned(community: Community, dispatch: Dispatch, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that change something, ready to be kept.

    Raises :class:`Refused` for a field that may not be changed (any more) and for a value that is on no list.
    """
    allowed = TEAM_IS_TOLD | (BEFORE_SENDING if dispatch.state in {DRAFTED, UNANSWERED} else frozenset())
    if not set(changes) <= allowed:
        raise Refused(400, "dispatch_field")
    made = {name: _clean(community, name, given) for name, given in changes.items()}
    return {name: value for name, value in made.items() if value != getattr(dispatch, name)}


def _clean(community: Community, name: str, given: Any) -> Any:
    if name in LONGEST:
        words = " ".join(str(given or "").replace("\x00", "").split())[: LONGEST[name]]
        return words if name == "place" else words or None
    if name == "place_confirmed":
        return bool(given)
    return _CLEANERS[name](community, given)


def _one_of(*listed: str) -> Callable[[Community, Any], str]:
    def clean(_community: Community, given: Any) -> str:
        if given not in listed:
            raise Refused(400, "dispatch_field")
        return str(given)

    return clean


def _some_of(listed: Callable[[Community], tuple[str, ...]]) -> Callable[[Community, Any], list[str]]:
    def clean(community: Community, given: Any) -> list[str]:
        known = listed(community)
        if not set(given) <= set(known):
            raise Refused(400, "dispatch_field")
        return [each for each in known if each in given]

    return clean


def _team(community: Community, given: Any) -> str:
    if teams.by_code(community, str(given)) is None:
        raise Refused(400, "no_such_team")
    return str(given)


def _checklist(_community: Community, given: Any) -> list[dict[str, str]]:
    if not set(given.values()) <= {YES, NO, UNKNOWN}:
        raise Refused(400, "dispatch_field")
    return [{"code": str(code)[:40], "answer": answer} for code, answer in sorted(given.items())]


_CLEANERS: dict[str, Callable[[Community, Any], Any]] = {
    "team": _team,
    "consent": _one_of(*CONSENTS),
    "place_precision": _one_of(*PRECISIONS),
    "checklist": _checklist,
    "safety_flags": _some_of(lambda _: FLAGS),
    "reason_codes": _some_of(lambda _: OVERRIDES),
    "needs": _some_of(lambda town: tuple(dict.fromkeys(need for team in town.teams for need in team.needs))),
    "languages": _some_of(lambda town: tuple(dict.fromkeys(code for team in town.teams for code in team.languages))),
    "roles_wanted": _some_of(lambda town: tuple(dict.fromkeys(role for team in town.teams for role in team.roles))),
}


def prefilled(community: Community, row: Escalation) -> dict[str, Any]:
    """What the thread itself says: the place, the leave, who is there and which language they speak."""
    told = row.conversation.answers
    known = {need for team in community.teams for need in team.needs}
    speaks = row.conversation.language
    languages = {code for team in community.teams for code in team.languages}
    consent = {"yes": GIVEN, "no": REFUSED}.get(str(told.get("team_consent")), NOT_ASKED)
    return {
        "place": " ".join(str(told.get("place") or told.get("zip") or "").split())[: LONGEST["place"]],
        "needs": [need for need in told.get("needs") or [] if need in known],
        "consent": consent,
        "consent_message_id": (row.conversation.answers_told.get("team_consent") or {}).get("message_id"),
        "people": str(told["people"])[: LONGEST["people"]] if told.get("people") else None,
        "languages": [speaks] if speaks in languages else [],
    }


def speaks_against(team: Team, dispatch: Dispatch) -> list[str]:
    """The questions of the checklist whose answers say that this team does not go."""
    given = {each["code"]: each["answer"] for each in dispatch.checklist}
    refusing = {True: YES, False: NO}
    return [
        each.code
        for each in team.checklist
        if each.refuses is not None and given.get(each.code) == refusing[each.refuses]
    ]


def unanswered(team: Team, dispatch: Dispatch) -> list[str]:
    """The questions that must be answered first and are not. "Not known" is an answer."""
    given = {each["code"] for each in dispatch.checklist}
    return [each.code for each in team.checklist if each.required and each.code not in given]
