"""Writes ``docs/texts.md``: every text that a resident may read, in both languages, with what each costs as SMS.

``python -m tools.texts_page`` brings the page up to date; a test fails when it is not, and when a text of more than two
segments has no note here that says why.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from gateway import safety
from gateway.directory.answers import MOST_SEGMENTS as OF_SERVICES
from gateway.escalations import DISPOSITIONS
from gateway.segments import Segments, count
from gateway.yaml_files import read_yaml
from tools.all_texts import (
    BOT,
    DIRECTORY,
    GATEWAY,
    LANGUAGES,
    ROOT,
    SAFETY,
    SOURCES,
    TOWN,
    WIDGET,
    Pair,
    all_texts,
)
from tools.pages import bring_up_to_date, table

PAGE = ROOT / "docs" / "texts.md"
BEGIN = "<!-- from here to the end: written by `python -m tools.texts_page` -->"
MOST_SEGMENTS = 2
# Said in both languages in one text where no language is known, or where only one text may be sent.
IN_BOTH = (
    "help_footer", "media_only", "media_with_words", "nobody_on_shift_danger", "opt_in_confirm", "opt_out_confirm",
    "opt_out_confirm_risk", "responder_joined", "responder_left", "safety_check",
)  # fmt: skip
NOTES = {
    "gateway.nobody_on_shift_danger.both": "Beside a safety text, in both languages as that is, while nobody can read.",
    "gateway.safety_check.both": "Asked once, of somebody in distress whose language nobody knows yet.",
    "services.es": "Three services with number, address and hours, in longer words; barer forms are tried first.",
}
# The longest that may stand in each place.
COMMUNITY, PERSON = "Riverton Community Cares", "Maria Guadalupe Hernandez"
NAMES = {"responder": PERSON, "dispatch": "a nurse and a peer worker, no police"}
PLACE = "the corner of 24th Street and Mission, by the library"
AND = {"en": " and ", "es": " y "}
HEADS = {
    GATEWAY: "What the gateway says",
    SAFETY: "In danger",
    BOT: "What the bot says",
    DIRECTORY: "Words in a list of services",
    WIDGET: "The chat on a web page",
    TOWN: "What residents see the service called",
}
MARKS = str.maketrans({"|": r"\|", "<": r"\<", "*": r"\*"})


class Said(NamedTuple):
    """One text as it goes out at its longest: its key, the language or ``both``, and its words."""

    key: str
    language: str
    words: str

    @property
    def cost(self) -> Segments:
        """What it costs as SMS."""
        return count(self.words)

    @property
    def note(self) -> str | None:
        """Why it may cost more than two segments."""
        return NOTES.get(f"{self.key}.{self.language}")


def by_sms() -> Iterator[Said]:
    """Every text that is ever sent as an SMS, at its longest."""
    for pair in all_texts():
        if pair.source in {GATEWAY, SAFETY, BOT} and not is_part(pair):
            said = {code: longest(pair, code) for code in LANGUAGES}
            yield from (Said(pair.key, code, said[code]) for code in LANGUAGES)
            if pair.source == GATEWAY and pair.name in IN_BOTH:
                yield Said(pair.key, "both", "\n".join(said.values()))


def is_part(pair: Pair) -> bool:
    """Whether it is only ever read inside another text."""
    return pair.name.startswith(("utter_name_", "call.", "services_header", "services_footer"))


def longest(pair: Pair, language: str) -> str:
    """A text with the longest value in each of its places."""
    names = sorted(need_names(language), key=len)
    calls = ways_to_call()
    values = {
        "name": next((who for start, who in NAMES.items() if pair.name.startswith(start)), COMMUNITY),
        "colleague": PERSON,
        "person": PERSON,
        "responder": PERSON,
        "codes": "4127, 4128, 4129",
        "ends": ", ".join(DISPOSITIONS),
        "community_name": COMMUNITY,
        "heard": AND[language].join(names[-2:]),
        "place": PLACE,
        "spot": PLACE,
        "zip": "94110",
        "line": "415-555-0100",
        "service": "Demo Town Food Pantry",  # on a page, not in a text
        "reference": "K7RM4X",
        "code": "4 1 2 7",
        "time": "22:30",
        "days": "14",
        "most": "3",
        "minutes": "120",
        "what": "place, what to know",
        "link": "https://door.town.example/t/JZOOgatNxUepRBDtxVOcEg",
        "first": names[-1],
        "second": names[-2],
        "call_911": max((words[language] for words in calls.values()), key=len),
    }
    return re.sub(r"\{(\w+)\}", lambda place: values.get(place.group(1), place.group(0)), pair.wording[language])


@cache
def ways_to_call() -> dict[str, dict[str, str]]:
    """The ways to say "call 911"."""
    ways: dict[str, dict[str, str]] = read_yaml(ROOT / SOURCES[SAFETY])["call"]
    return ways


@cache
def need_names(language: str) -> list[str]:
    """What the needs are called."""
    return [pair.wording[language] for pair in all_texts() if pair.name.startswith("utter_name_")]


def brought_up_to_date(page: str) -> str:
    """The page with the texts as they are now. Raises ``ValueError`` when it has no place for them."""
    before, begun, _ = page.partition(BEGIN)
    if not begun:
        raise ValueError(f"{PAGE.name}: the marker of the written part is missing")
    return "\n".join([before + BEGIN, "", *written(), ""])


def written() -> Iterator[str]:
    """The lines of the written part."""
    costs = {(said.key, said.language): said for said in by_sms()}
    yield from _dear(costs.values())
    for source, head in HEADS.items():
        yield from ("", f"## {head}", "", f"From `{SOURCES[source]}`.", "")
        yield from table(
            ("text", "English", "Español"),
            (
                (f"`{pair.name}`", *(_cell(pair.wording[code], costs.get((pair.key, code))) for code in LANGUAGES))
                for pair in all_texts()
                if pair.source == source
            ),
        )


def _dear(sent: Iterable[Said]) -> Iterator[str]:
    """What costs more than two segments, and why."""
    yield from ("## More than two segments", "")
    rows = [(f"`{said.key}`", said.language, _price(said.cost), said.note or "") for said in sent if _is_dear(said)]
    services = ("a list of services", "es", f"up to {OF_SERVICES['es']} segments", NOTES["services.es"])
    yield from table(("text", "language", "cost", "why"), [*rows, services])


def _is_dear(said: Said) -> bool:
    return said.cost.segments > MOST_SEGMENTS


def _cell(words: str, said: Said | None) -> str:
    lines = words.translate(MARKS).splitlines()
    return "<br>".join([*lines, f"*{_price(said.cost)}*"] if said else lines)


def _price(cost: Segments) -> str:
    return f"{safety.segments(cost.segments)}, {cost.encoding}, {cost.units} units"


def main() -> None:
    """Write the page, and say whether it had to change."""
    bring_up_to_date(PAGE, brought_up_to_date)


if __name__ == "__main__":
    main()
