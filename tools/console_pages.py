"""Every page of the console, and those that links open: where each is in a town in use, what for; and what is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask

from tools.console_town import ConsoleTown

INSIDE, NOBODY, HALF_INSIDE = "inside", "nobody", "half inside"
PLACES = ("/console", "/t/", "/r/", "/card/")  # the chat's own pages are in ``tools.widget_states``
IN_LANGUAGE = (("language", "language"),)


@dataclass(frozen=True)
class Shown:
    """One page: the name of its picture, one line for a reader, the numbers in its address, and who looks at it.

    ``wanted`` are names of ``ConsoleTown.numbers`` that stand in the path; ``query`` gives each question its such name,
    ``link`` is the one of the token, where a link opens the page.
    """

    name: str
    line: str
    wanted: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    seen_by: str = INSIDE
    link: str | None = None


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
    "console_join.join": Shown(
        "join", "Somebody who was invited chooses a password.", seen_by=NOBODY, link="invitation"
    ),
    "team.page": Shown(
        "team",
        "A mobile team on its way, by a link: the place, what to know, and one press for each step.",
        query=IN_LANGUAGE,
        seen_by=NOBODY,
        link="team",
    ),
    "referral.provider": Shown(
        "provider",
        "A provider is asked, by a link, what came of a referral.",
        query=IN_LANGUAGE,
        seen_by=NOBODY,
        link="provider",
    ),
    "referral.thanks": Shown("provider-thanks", "Thanks to the provider.", query=IN_LANGUAGE, seen_by=NOBODY),
    "referral.card": Shown(
        "card",
        "A card in large print, for whoever goes there without a phone.",
        query=IN_LANGUAGE,
        seen_by=NOBODY,
        link="card",
    ),
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
    "referral.aloud": "the words of the card alone, for a voice",
    "team.mark": "a part of the team's page",
}
"""What else a browser asks for under :data:`PLACES` that nobody sees by itself, and why not."""


def endpoints(app: Flask) -> set[str]:
    """Every endpoint under :data:`PLACES` that answers a GET."""
    rules = [rule for rule in app.url_map.iter_rules() if str(rule).startswith(PLACES)]
    return {rule.endpoint for rule in rules if "GET" in (rule.methods or set())}


def addresses(town: ConsoleTown) -> Iterator[tuple[Shown, str]]:
    """Each page and its path in this town."""
    with town.app.test_request_context():
        for endpoint, page in PAGES.items():
            given = {name: town.numbers[name] for name in page.wanted}
            if page.link is not None:
                given["token"] = town.numbers[page.link]
            path = town.app.url_for(endpoint, **given)
            query = urlencode({name: town.numbers[asked] for name, asked in page.query})
            yield page, path.removeprefix("http://localhost") + (f"?{query}" if query else "")
