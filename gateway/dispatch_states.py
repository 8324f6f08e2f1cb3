"""How far a mobile team has come: the states of a dispatch, and the verbs that lead from one to the next.

A verb that changes no state (``MARKS``) only keeps a time: a team that asks for more help is still where it is.
"""

DRAFTED, ASSIGNED, UNANSWERED, ACCEPTED = "drafted", "assigned", "unanswered", "accepted"
EN_ROUTE, ON_SCENE, TRANSPORT = "en_route", "on_scene", "transport"
CLEAR, CANCELLED, DECLINED = "clear", "cancelled", "declined"
ENDED = frozenset((CLEAR, CANCELLED, DECLINED))
ASKED = frozenset((ASSIGNED, UNANSWERED))
BEFORE_SCENE = (ASSIGNED, UNANSWERED, ACCEPTED, EN_ROUTE)
OUT = frozenset((EN_ROUTE, ON_SCENE, TRANSPORT))
"""While it is in one of these, a team is heard of again and again."""
RUNNING = frozenset((*BEFORE_SCENE, *OUT))
"""While it is in one of these, its thread is not closed."""
STOPPED = frozenset((CANCELLED, DECLINED))
"""Told not to go; it may be on its way all the same."""
HEARD_OF = frozenset((ACCEPTED, *OUT))
"""While it is in one of these, a clock runs until it is heard of."""

# (state before, verb) -> state after. Anything else is refused.
TRANSITIONS = {
    (DRAFTED, "send"): ASSIGNED,
    (UNANSWERED, "send"): ASSIGNED,
    (ASSIGNED, "miss"): UNANSWERED,
    (ASSIGNED, "accept"): ACCEPTED,
    (UNANSWERED, "accept"): ACCEPTED,
    (ACCEPTED, "go"): EN_ROUTE,
    (EN_ROUTE, "arrive"): ON_SCENE,
    (ON_SCENE, "transport"): TRANSPORT,
    (ON_SCENE, "clear"): CLEAR,
    (TRANSPORT, "clear"): CLEAR,
    (ON_SCENE, "done"): CLEAR,
    (TRANSPORT, "done"): CLEAR,
    (DRAFTED, "cancel"): CANCELLED,
    **{(state, "cancel"): CANCELLED for state in BEFORE_SCENE},
    **{(state, "decline"): DECLINED for state in BEFORE_SCENE},
}
# verb -> the states in which it may be said again and again; nothing moves.
MARKS = {
    "seen": RUNNING,
    "more_help": OUT,
    "sos": RUNNING,
    "check_in": HEARD_OF,
    "destination": frozenset((TRANSPORT,)),
}
# The same for a team that was told not to go: who is in danger may say so while the link works.
LATE_MARKS = {"sos": STOPPED}
TEAM_VERBS = ("accept", "decline", "go", "arrive", "transport", "clear")
TEAM_MARKS = ("seen", "more_help", "sos", "check_in", "destination")
# verb -> the column that keeps when; for a mark as for a move.
TIMES = {
    "send": "assigned_at", "accept": "accepted_at", "go": "en_route_at", "arrive": "on_scene_at",
    "transport": "transport_at", "clear": "clear_at", "done": "clear_at", "more_help": "more_help_at", "sos": "sos_at",
    "destination": "destination_at",
}  # fmt: skip


def after(state: str, verb: str) -> str | None:
    """The state that ``verb`` leads to from ``state`` (the same for a mark); None where it may not be said."""
    if verb in MARKS:
        return state if state in MARKS[verb] | LATE_MARKS.get(verb, frozenset()) else None
    return TRANSITIONS.get((state, verb))


def team_may(state: str) -> tuple[str, ...]:
    """What a team may press in this state, as its page shows it."""
    return tuple(verb for verb in (*TEAM_VERBS, *TEAM_MARKS) if after(state, verb) is not None)
