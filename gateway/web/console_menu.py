"""What the menu of the console leads to, by role."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.escalations import SUPERVISING
from gateway.log_ins import ROLES
from gateway.marking import N_
from gateway.models.people import EDITOR


@dataclass(frozen=True)
class Entry:
    """One line of the menu: where it leads, what it is called, and the roles that its guard lets in."""

    endpoint: str
    label: str
    roles: Iterable[str]


ENTRIES = [
    Entry("console_board.page", N_("Board"), SUPERVISING),
    Entry("console_broadcasts.page", N_("Broadcasts"), {*ROLES} - {EDITOR}),
    Entry("console_directory.found", N_("Directory"), ROLES),
    Entry("console_shifts.page", N_("Shifts"), {*ROLES} - {EDITOR}),
    Entry("console_rota.page", N_("Rota and drills"), SUPERVISING),
    Entry("console_rest.page", N_("Rest"), {*ROLES} - {EDITOR}),
    Entry("console_looks.due", N_("Second looks"), {*ROLES} - {EDITOR}),
    Entry("console_sample.latest", N_("Weekly sample"), SUPERVISING),
    Entry("console_gaps.table", N_("Needs that were not met"), {EDITOR, *SUPERVISING}),
    Entry("console_people.everybody", N_("People"), {"admin"}),
    Entry("console_account.account", N_("Your account"), ROLES),
]
"""Every line, in the order in which they stand."""


def menu(role: str) -> list[Entry]:
    """The lines that a person of this role may follow."""
    return [entry for entry in ENTRIES if role in entry.roles]
