"""How much danger screening finds in rows that were written blind: `python -m bench.risk_recall [--misses]`.

The rows in ``tests/risk/held_back*`` were written from the level guide alone, by writers who saw neither the cards nor
the rows of the net, and neither was tuned on them. The totals of the first set were looked at all the while the net was
made, those of the second and third a few times at the end; the fourth came last, from a writer who had only the levels
and the names of the kinds, after every row of the net but one round was learned.
Intervals are Wilson's, 95 %.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway import risk_report
from gateway.risk import Level, screen
from tools.net import RISK_TESTS, Row, read_rows

SETS = ("held_back", "held_back_second", "held_back_third", "held_back_fourth")


@dataclass(frozen=True)
class Read:
    """One row and the level it was given."""

    language: str
    row: Row
    given: Level

    @property
    def dangerous(self) -> bool:
        """Whether the writer meant danger."""
        return self.row.level >= Level.URGENT

    @property
    def harmless(self) -> bool:
        """Whether no alarm could be defended."""
        return max(self.row.accepted) <= Level.ROUTINE


def read_all(name: str) -> list[Read]:
    """Screen every row of a set; the earlier texts of a split message are given as its context."""
    found = []
    for path in sorted((RISK_TESTS / name).glob("*.tsv")):
        for row in read_rows(path):
            found.append(Read(path.stem, row, screen(row.text, row.earlier).level))
    return found


def share(hits: Iterable[bool]) -> str:
    """A share with its interval, and of how many."""
    got = list(hits)
    return f"{risk_report.share(sum(got), len(got))} of {len(got)}"


def measures(rows: list[Read]) -> list[tuple[str, str]]:
    """The figures that design asks for."""
    gravest = [each for each in rows if each.row.level is Level.EMERGENCY]
    return [
        ("danger found", share(each.given >= Level.URGENT for each in rows if each.dangerous)),
        ("911 found as at least urgent", share(each.given >= Level.URGENT for each in gravest)),
        ("911 found as 911", share(each.given is Level.EMERGENCY for each in gravest)),
        ("false alarms on harmless rows", share(each.given >= Level.URGENT for each in rows if each.harmless)),
        ("false alarms on everyday rows", share(each.given >= Level.URGENT for each in rows if is_everyday(each))),
        (
            "needless 911",
            share(each.given is Level.EMERGENCY for each in rows if Level.EMERGENCY not in each.row.accepted),
        ),
    ]


def is_everyday(each: Read) -> bool:
    """Whether the row is ordinary traffic, not written to be mistaken."""
    return each.harmless and each.row.functionality in {"ordinary", "resource_request", "gratitude_chitchat"}


def main() -> int:
    """Print the tables of each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--misses", action="store_true", help="also print what was missed: then the rows are blind no more"
    )
    wants_misses = parser.parse_args().misses
    for name in SETS:
        rows = read_all(name)
        sys.stdout.write(f"\n== {name}: {len(rows)} rows\n")
        sys.stdout.writelines(tables(rows))
        if wants_misses:
            sys.stdout.writelines(
                f"{each.row.level} given {each.given} [{each.row.functionality}] {each.row.text}\n"
                for each in rows
                if not right(each)
            )
    return 0


def tables(rows: list[Read]) -> Iterator[str]:
    """The figures in all and by language, then by kind."""
    of = {"all": rows} | {code: [each for each in rows if each.language == code] for code in ("en", "es")}
    for name, some in of.items():
        yield f"\n{name}\n"
        yield from (f"  {what:32s} {figure}\n" for what, figure in measures(some))
    yield "\nright by kind (danger: at least urgent; harmless: below urgent), en and es\n"
    for kind in sorted({each.row.functionality for each in rows}):
        figures = [share(right(each) for each in of[code] if each.row.functionality == kind) for code in ("en", "es")]
        yield f"  {kind:26s} {figures[0]:34s} {figures[1]}\n"


def right(each: Read) -> bool:
    """Danger found, or harmless left alone; where both could be defended, either."""
    if each.dangerous:
        return each.given >= Level.URGENT
    return each.given < Level.URGENT or not each.harmless


if __name__ == "__main__":
    sys.exit(main())
