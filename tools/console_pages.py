"""Every page of the console: where it is in a town that is in use, what it is for, and what is no page of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask

from tools.console_town import ConsoleTown

INSIDE, NOBODY, HALF_INSIDE = "inside", "nobody", "half inside"


@dataclass(frozen=True)
class Shown:
    """One page: the name of its picture, one line for a reader, the numbers in its address, and who looks at it.

    ``wanted`` are names of ``ConsoleTown.numbers`` that stand in the path; ``query`` gives each question its such name.
    """

    name: str
    line: str
    wanted: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    seen_by: str = INSIDE


PAGES = {
    "console.queue": Shown("queue", "The queue: most dangerous first, then who has waited longest."),
    "console.thread": Shown(
        "thread", "A thread: who has it, what was said, why it was raised, and the reply.", ("escalation_id",)
    ),
    "console_handoff.shown": Shown(
        "handoff", "The 911 packet: what to read aloud, with the source of each fact.", ("handoff_id",)
    ),
    "console_handoff.printed": Shown("handoff-print", "The same on paper.", ("handoff_id",)),
    "console_dispatch.shown": Shown(
        "dispatch", "A team is sent: the checklist, the place, who goes and what they should know.", ("dispatch_id",)
    ),
    "console_referrals.told": Shown(
        "services-told", "Which services the resident was told of, and what came of it.", ("escalation_id",)
    ),
    "console_looks.due": Shown("looks", "Second looks: emergencies that somebody else ended."),
    "console_board.page": Shown("board", "A supervisor's board: who waits, what to see to, who is there."),
    "console_broadcasts.page": Shown("broadcasts", "A message to everybody at work, and who has read it."),
    "console_shifts.page": Shown("shifts", "Your shifts, swaps, and the test of your sound."),
    "console_rota.page": Shown("rota", "The rota of all, the gaps in it, and the nightly drills."),
    "console_rest.page": Shown("rest", "Breaks, a talk after a hard thread, themes that you rather leave to others."),
    "console_sample.week": Shown("sample", "The weekly sample: messages in which nothing was found.", ("week",)),
    "console_gaps.table": Shown("gaps", "Needs that were not met, without anybody's name."),
    "console_directory.found": Shown("directory", "The directory, and what is wrong or old in it."),
    "console_directory.service": Shown(
        "service", "One service: all that residents are told.", query=(("id", "service"),)
    ),
    "console_directory.place": Shown("place", "One place, and closing all that is there.", query=(("id", "place"),)),
    "console_editor.edit": Shown("directory-edit", "A record, Spanish beside English.", query=(("id", "service"),)),
    "console_editor.new": Shown("directory-new", "A service that no list has."),
    "console_editor.corrections": Shown("corrections", "What somebody said is wrong, to be decided."),
    "console_imports.listed": Shown("imports", "A new list from the county is sent in."),
    "console_imports.job": Shown("import", "What a list would change, before anybody says yes.", ("job_id",)),
    "console_people.everybody": Shown("people", "Who may log in, as what, and who was invited."),
    "console_account.account": Shown(
        "account", "Your account: second steps, phone, language, where you are logged in."
    ),
    "log_in.form": Shown("log-in", "The way in.", seen_by=NOBODY),
    "log_in.second": Shown("second-step", "The second step of it.", seen_by=HALF_INSIDE),
    "console_join.join": Shown("join", "Somebody who was invited chooses a password.", ("token",), seen_by=NOBODY),
}
"""By endpoint, in the order in which they are shown."""

NO_PAGES = {
    "console.colleagues": "a part of the thread",
    "console.inbox": "a part of every page",
    "console.picture": "a file",
    "console.picture_glance": "a file",
    "console.queue_rows": "a part of the queue",
    "console.rows": "a part of the queue",
    "console.signs": "a part of the thread",
    "console.thread_live": "a part of the thread",
    "console.thread_newest": "a part of the thread",
    "console_board.hands": "a part of the board",
    "console_board.live": "a part of the board",
    "console_files.manifest": "a file",
    "console_files.worker": "a file",
    "console_gaps.as_csv": "a file",
    "console_handoff.downloaded": "a file",
    "console_handoff.news": "a part of the 911 packet",
    "console_imports.difference": "a file",
    "console_imports.progress": "a part of an import",
    "console_live.events": "a stream",
    "console_sample.latest": "leads to the sample of a week",
    "log_in.outside": "leads away",
    "log_in.outside_back": "leads on",
}
"""What a browser asks for under /console that nobody sees by itself, and why not."""


def endpoints(app: Flask) -> set[str]:
    """Every endpoint of the console that answers a GET."""
    rules = [rule for rule in app.url_map.iter_rules() if str(rule).startswith("/console")]
    return {rule.endpoint for rule in rules if "GET" in (rule.methods or set())}


def addresses(town: ConsoleTown) -> Iterator[tuple[Shown, str]]:
    """Each page and its path in this town."""
    with town.app.test_request_context():
        for endpoint, page in PAGES.items():
            path = town.app.url_for(endpoint, **{name: town.numbers[name] for name in page.wanted})
            query = urlencode({name: town.numbers[given] for name, given in page.query})
            yield page, path.removeprefix("http://localhost") + (f"?{query}" if query else "")
