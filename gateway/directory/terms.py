"""What ``frontdoor directory needs`` does: shows which needs each term means, lets a town change that, tags anew."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import importing, indexing, needs, staging, term_file
from gateway.directory.term_file import Key, Line

SHOWN = 60
USED = """
SELECT a.taxonomy_term_id, count(DISTINCT coalesce(l.service_id, a.link_id)) FROM attribute a
LEFT JOIN service_at_location l ON a.link_entity = 'service_at_location' AND (l.dataset, l.id) = (a.dataset, a.link_id)
WHERE a.dataset = %s AND a.link_entity IN ('service', 'service_at_location') GROUP BY a.taxonomy_term_id
"""
TAGS = "SELECT service_id, need, weight FROM service_need WHERE dataset = :dataset"


def listed(session: Session, tags: needs.Mapping) -> list[Line]:
    """Every term of every set that a service has, once: first those that mean no need, and of these the most used."""
    connection = staging.driver(session)
    found: dict[Key, Line] = {}
    for dataset in _datasets(session):
        terms = needs.terms_of(connection, dataset)
        used = dict(connection.execute(USED, (dataset,)).fetchall())
        for identity, term in terms.items():
            if term.taxonomy == needs.TAXONOMY or identity not in used:
                continue
            line = _line(identity, terms, used[identity], tags)
            before = found.get(line.key)
            found[line.key] = line._replace(services=line.services + (before.services if before else 0))
    return sorted(found.values(), key=lambda line: (bool(line.now), -line.services, line.taxonomy, line.term))


def show(database: Database, tags: needs.Mapping) -> Iterator[str]:
    """The terms as lines."""
    with database.begin() as session:
        lines = listed(session, tags)
    idle = [line for line in lines if not line.now]
    yield f"{len(lines):,} terms, {len(idle):,} of them mean no need ({sum(line.services for line in idle):,} uses)"
    for line in lines[:SHOWN]:
        meant = ", ".join(sorted(line.now)) or "–"
        yield f"  {line.services:>7,}  {_named(line):<60.60}  {meant}{'' if line.needs is None else ' (yours)'}"
    if len(lines) > SHOWN:
        yield f"  … and {len(lines) - SHOWN:,} more: give a FILE to have all of them"


def write(database: Database, words: Path | None, file: Path) -> Iterator[str]:
    """Write the file, or bring it up to date: what the town said stays, new terms are added.

    ``words`` is the town's file of needs. Raises :class:`gateway.directory.report.ImportFailed` where the file that is
    there cannot be read.
    """
    tags = read(words, file if file.exists() else None)
    with database.begin() as session:
        lines = listed(session, tags)
    there = {line.key for line in lines}
    waiting = [_unused(key, meant) for key, meant in tags.terms.items() if key not in there]
    term_file.write(file, [*lines, *waiting])
    yield f"{len(lines):,} terms are in {file}, {sum(not line.now for line in lines):,} of them mean no need"
    if waiting:
        yield f"{len(waiting):,} of your terms are in no list now; they stay in the file"


def read(words: Path | None, file: Path | None, about: Path | None = None) -> needs.Mapping:
    """The town's words, terms and topics as they are in their files now."""
    return needs.Mapping(*filter(None, [words]), terms=file, about=about)


def apply(database: Database, tags: needs.Mapping) -> Iterator[str]:
    """Tag every set anew, each in a transaction of its own, and index those in which something changed."""
    with database.begin() as session:
        datasets = _datasets(session)
    for number, dataset in enumerate(datasets, start=1):
        with database.begin() as session:
            changed = _tag(session, dataset, tags)
        told = f"{changed:,} services meet other needs now" if changed else "nothing changed"
        yield f"{number} of {len(datasets)}: {dataset}, {told}"


def _tag(session: Session, dataset: str, tags: needs.Mapping) -> int:
    """Returns how many services meet other needs than before."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    importing.take_turn(session)
    connection = staging.driver(session)
    before = _met(session, dataset)
    needs.tag(connection, dataset, tags)
    after = _met(session, dataset)
    changed = {service for service in before.keys() | after.keys() if before.get(service) != after.get(service)}
    if changed:
        indexing.build(connection, dataset)
    return len(changed)


def _met(session: Session, dataset: str) -> dict[str, frozenset[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for row in session.execute(text(TAGS), {"dataset": dataset}):
        found[row.service_id].add((row.need, row.weight))
    return {service: frozenset(met) for service, met in found.items()}


def _line(identity: str, terms: dict[str, needs.Wider], used: int, tags: needs.Mapping) -> Line:
    term = terms[identity]
    now = frozenset(need for need in needs.of_term(identity, terms, tags) if not needs.is_topic(need))
    said = tags.of_term(term.taxonomy, term.code, term.name)
    return Line(term.taxonomy or "", term.code or "", term.name, used, now, said)


def _unused(key: Key, meant: frozenset[str]) -> Line:
    taxonomy, name = key
    return Line(taxonomy, "", name, 0, frozenset(), meant)


def _named(line: Line) -> str:
    return " ".join(part for part in (line.taxonomy, line.code, line.term) if part)


def _datasets(session: Session) -> list[str]:
    return list(session.scalars(text("SELECT DISTINCT dataset FROM service ORDER BY dataset")))
