"""How often the right service is among the first three: blind questions to the two real directories.

    python -m bench.directory_questions [--file tests/directory/tuning_questions.tsv] [--misses] [--json figures.json]

Each directory is imported into a store of its own and asked its questions (``tests/directory/questions.tsv``) at their
own moment. Four roads: from the text alone, as a search beside a thread reads a responder's free words; the same as
when the question "where are you?" was answered with the place that the text names; what a resident's own message
becomes (:func:`gateway.offering.as_searched`), with needs as the gateway reads them, topics and the rest from the text,
and no free words; and the same with the needs that the bot's trained model hears in that text (:mod:`bench.heard`),
which is what really happens. In the last, a text in which the bot hears no need finds nothing: it asks. Without a
trained model that road is left out, and that is said.

A share is given with its 95 % Wilson interval. ``none`` is right when nothing at all is offered. A place of several
meanings is asked back: that is no hit. How many of those would be one after the answer, if the resident means one of
the choices, is counted beside, and so is how often a service was offered that must never be. Where the reference data
are not on this machine nothing is measured, and that is said.

Of the blind questions only shares are for reading. ``tuning_questions.tsv`` is there to mend search by: with
``--misses`` the texts of those that were missed are printed, too. ``invented_questions.tsv`` asks eight directories
that we made up, which are always there.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from bench import NOTHING_TRAINED
from gateway import offering, schema, services
from gateway.db import Database
from gateway.directory import asking, gazetteer, needs, place
from gateway.directory.gazetteer import Town
from gateway.directory.holidays import FEDERAL
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed
from gateway.directory.search import search
from gateway.directory.wanted import Found, Wanted
from gateway.models import Conversation, Message
from gateway.risk_report import wilson
from gateway.scene import SAID, Scene
from gateway.settings import sqlalchemy_url
from gateway.written import Said

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "directory" / "questions.tsv"
TUNING = QUESTIONS.with_name("tuning_questions.tsv")
INVENTED = QUESTIONS.with_name("invented")
SHARED = Path(os.environ.get("FRONTDOOR_SHARED", ROOT.parent / "shared")) / "data" / "hsds"
NONE = "none"
NEVER = frozenset(f"sanmateo_raw {number}" for number in range(20, 24))  # defunct, not active, and two tests
GOAL = 0.9
ROADS = ("text", "text, place asked", "resident's, needs read", "resident's, needs heard")
OF_RESIDENTS = ROADS[2:]
BOT = ROOT / ".venv-bot" / "bin" / "python"
Heard = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Source:
    """A directory: where it lies under the reference data, its clock's time zone, and the community that it serves.

    Of a ``county`` the community's ZIP codes are those of the county, else those of the whole state.
    """

    path: str
    zone: str
    community: str
    state: str
    county: str | None = None


SOURCES = {
    "sanmateo": Source("sanmateo-ohana/hsds3", "America/Los_Angeles", "San Mateo County", "CA", "San Mateo County"),
    "sanmateo_raw": Source("sanmateo-ohana", "America/Los_Angeles", "San Mateo County", "CA", "San Mateo County"),
    "ilao": Source("ilao/hsds3", "America/Chicago", "Illinois", "IL"),
} | {
    f"invented{number}": Source(str(INVENTED / f"{number}.json"), "America/Chicago", "Peoria", "IL", "Peoria County")
    for number in range(1, 5)
}
SOURCES |= {
    "invented5": Source(str(INVENTED / "5"), "America/Los_Angeles", "Tulare County", "CA", "Tulare County"),
    "invented6": Source(str(INVENTED / "6"), "America/Los_Angeles", "Yakima County", "WA", "Yakima County"),
    "invented7": Source(str(INVENTED / "7"), "America/Denver", "Bernalillo County", "NM", "Bernalillo County"),
    "invented8": Source(str(INVENTED / "8"), "America/New_York", "Durham County", "NC", "Durham County"),
}


@dataclass(frozen=True)
class Question:
    """One question, and the ids of the services any of which is right; none of them where nothing is."""

    id: str
    dataset: str
    language: str
    style: str
    text: str
    place: str
    when: datetime
    right: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """What was found for a question by one road: ids of the first three, and whether the place was asked back.

    ``after`` says whether it is a hit once the right one of the choices is chosen.
    """

    question: str
    road: str
    found: tuple[str, ...]
    asked_back: bool
    hit: bool
    after: bool


def questions(file: Path = QUESTIONS) -> list[Question]:
    """All questions; lines that begin with # say what they are."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(
            (line for line in stream if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        return [_question(row) for row in rows]


def _question(row: dict[str, str]) -> Question:
    when = datetime.fromisoformat(row["when"]).replace(tzinfo=ZoneInfo(SOURCES[row["dataset"]].zone))
    right = frozenset() if row["right"] == NONE else frozenset(row["right"].split("|"))
    return Question(row["id"], row["dataset"], row["lang"], row["style"], row["text"], row["place"], when, right)


def heard_by_bot(asked: Sequence[Question]) -> Heard | None:
    """The needs that the trained model hears in each question, by its id; None where nothing is trained."""
    if not BOT.exists():
        return None
    told = [{"text": one.text, **asking.named_needs(one.text, one.language)._asdict()} for one in asked]
    done = subprocess.run(
        [BOT, "-m", "bench.heard"], input=json.dumps(told), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode == NOTHING_TRAINED:
        return None
    done.check_returncode()
    return {one.id: tuple(needs) for one, needs in zip(asked, json.loads(done.stdout), strict=True)}


def wanted_of(
    session: Session, question: Question, road: str, town: Town | None = None, heard: Heard | None = None
) -> Wanted:
    """What the gateway itself reads of a text; by the other roads the named place was asked for and given, too."""
    source = SOURCES[question.dataset]
    read = asking.wanted(
        session, question.text, needs.standard(), town, question.language, question.when.astimezone(UTC), source.zone
    )
    if road != ROADS[0] and question.place:
        code = place.zip_in(question.place)
        read = replace(read, zip=code, place=None if code else question.place)
    if heard is not None and road == ROADS[3]:
        read = replace(read, needs=heard[question.id])
    return _of_resident(session, question, read) if road in OF_RESIDENTS else read


def _of_resident(session: Session, question: Question, read: Wanted) -> Wanted:
    """The same as a resident's search has it: the facts that the bot hears, and topics, but none of the free words."""
    asked = {"needs": read.needs, "zip": read.zip, "place": read.place}
    heard = Conversation(language=question.language, answers={"ages": ",".join(map(str, read.ages))})
    when, home = question.when.astimezone(UTC), SOURCES[question.dataset].zone
    scene = Scene(session, heard, Message(), when, home, made_out={SAID: [Said(1, question.text)]})
    asked["also"] = offering.also(scene, asked)
    return offering.as_searched(scene, asked, when=read.when)


def town_of(source: Source) -> Town | None:
    """The community around a directory, as search knows it."""
    zips = frozenset(
        one.zip for one in place.all_zips() if one.state == source.state and source.county in {None, one.county}
    )
    return gazetteer.town_of(source.community, source.state, zips, None, FEDERAL)


def ask(
    database: Database, question: Question, road: str, town: Town | None = None, heard: Heard | None = None
) -> Answer:
    """Search for one question at its moment."""
    home = SOURCES[question.dataset].zone

    def found_for(wanted: Wanted) -> Found:
        with database.begin() as session:
            return search(session, wanted, question.when.astimezone(UTC), limit=3, home=home, town=town)

    with database.begin() as session:
        wanted = wanted_of(session, question, road, town, heard)
    is_asked_back = road == ROADS[3] and not wanted.needs
    found = Found([], 0, None) if is_asked_back else found_for(wanted)
    chosen = [found_for(replace(wanted, chosen=choice)) for choice in found.places]
    hits = [_hits(question, one) for one in chosen]
    after = (any if question.right else all)(hits) if hits else False
    return Answer(question.id, road, _ids(found), bool(hits), not hits and _hits(question, found), after)


def _ids(found: Found) -> tuple[str, ...]:
    return tuple(service.id.partition(":")[2] for service in found.services)


def _hits(question: Question, found: Found) -> bool:
    return bool(question.right & set(_ids(found))) if question.right else not found.services


def groups(question: Question) -> Iterator[str]:
    """The rows of the table in which a question counts."""
    yield "all"
    yield f"language {question.language}"
    yield f"dataset {question.dataset}"
    yield f"style {question.style}"
    yield f"{question.language}, {question.style}"
    yield "place said" if question.place else "no place said"
    yield "none is right" if not question.right else "some are right"


def table(asked: Sequence[Question], answers: Sequence[Answer]) -> str:
    """Shares by group and road."""
    by_id = {question.id: question for question in asked}
    hits: dict[str, dict[str, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        for group in groups(by_id[answer.question]):
            hits[group][answer.road].append(answer)
    roads = [road for road in ROADS if any(answer.road == road for answer in answers)]
    lines = [f"{'':22}" + "".join(f"{road:>34}" for road in roads)]
    for group in sorted(hits, key=lambda name: (name != "all", name)):
        lines.append(f"{group:22}" + "".join(f"{_share(hits[group][road]):>34}" for road in roads))
    for name, counts in (("place was asked back", "asked_back"), ("right after that", "after")):
        figures = (sum(getattr(answer, counts) for answer in hits["all"][road]) for road in roads)
        lines.append(f"{name:22}" + "".join(f"{count:>34}" for count in figures))
    never = (sum(_never(by_id[answer.question], answer) for answer in hits["all"][road]) for road in roads)
    lines.append(f"{'must not be offered':22}" + "".join(f"{count:>34}" for count in never))
    return "\n".join(lines)


def missed(asked: Sequence[Question], answers: Sequence[Answer], *, blind: bool) -> Iterator[str]:
    """Lines with what was missed by each road: ids, and texts unless nobody may read them."""
    texts = {question.id: question.text for question in asked}
    for road in ROADS:
        ids = [one.question for one in answers if one.road == road and not one.hit]
        yield f"missed, {road}: {' '.join(ids)}\n"
        yield from () if blind else (f"  {key} {texts[key]}\n" for key in ids)


def _never(question: Question, answer: Answer) -> bool:
    return any(f"{question.dataset} {found}" in NEVER for found in answer.found)


def _share(answers: Sequence[Answer]) -> str:
    right, count = sum(answer.hit for answer in answers), len(answers)
    low, high = wilson(right, count)
    return f"{right:3} of {count:3} = {right / max(1, count):.2f} [{low:.2f}, {high:.2f}]"


def measure(asked: Sequence[Question], heard: Heard | None = None) -> tuple[list[Answer], list[str]]:
    """The answers to all questions whose directory could be taken in, and why the others could not."""
    roads = ROADS if heard is not None else ROADS[:3]
    answers: list[Answer] = []
    left_out: list[str] = []
    with tempfile.TemporaryDirectory(prefix="front-door-bench-") as given:
        Path(given).chmod(0o711)
        postgres = services.start_postgres(Path(given))
        try:
            for name, source in SOURCES.items():
                ours = [question for question in asked if question.dataset == name]
                if not ours:
                    continue
                with closing(_empty(postgres.url, name)) as database:
                    try:
                        import_path(database, SHARED / source.path, ours[0].when, dataset=name)
                    except ImportFailed as failure:
                        left_out.append(f"{len(ours)} questions to {name} were not asked: {failure.faults[0]}")
                        continue
                    town = town_of(source)
                    answers += [ask(database, question, road, town, heard) for question in ours for road in roads]
        finally:
            postgres.stop()
    return answers, left_out


def _empty(url: str, name: str) -> Database:
    engine = create_engine(sqlalchemy_url(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    database = Database(engine.url.set(database=name).render_as_string(hide_password=False), statement_ms=0)
    engine.dispose()
    schema.upgrade(database)
    return database


def main(arguments: list[str] | None = None) -> int:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=QUESTIONS, help="other questions than the blind ones")
    parser.add_argument("--misses", action="store_true", help="also what was missed; of blind questions the ids alone")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    asked = questions(given.file)
    missing = sorted({name for name in (one.dataset for one in asked) if not (SHARED / SOURCES[name].path).exists()})
    if missing:
        sys.stdout.write(f"nothing was measured: {', '.join(missing)} is not at {SHARED}\n")
        return 0
    heard = heard_by_bot(asked)
    answers, left_out = measure(asked, heard)
    left_out += [] if heard is not None else ["the bot was not asked: nothing is trained (make train)"]
    sys.stdout.write(f"right service among the first three, share [95 % interval]; goal {GOAL}\n")
    sys.stdout.write("\n".join([table(asked, answers), *left_out]) + "\n")
    if given.misses:
        sys.stdout.writelines(missed(asked, answers, blind=given.file.resolve() == QUESTIONS))
    if given.json:
        rows: list[dict[str, Any]] = [asdict(answer) for answer in answers]
        given.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
