"""Which needs a service meets, read from the publisher's own taxonomy, names and descriptions."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from psycopg import Connection

from gateway.directory.report import ImportFailed

MAPPING = Path(__file__).parent / "needs.yml"
TAXONOMY = "Front Door needs"  # a taxonomy of this name says outright what a service meets
BY_TERM, BY_NAME, BY_TEXT = 3, 2, 1  # how sure
ALSO = "also"  # an attribute's value for a need that is met on the side
BATCH = 2_000


def fold(text: str) -> str:
    """Small letters without accents, single blanks."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


class Mapping:
    """The editable mapping, ready to be asked."""

    def __init__(self, path: Path = MAPPING) -> None:
        """Read the file. Raises :class:`ImportFailed` when it is broken."""
        try:
            rules = yaml.safe_load(path.read_text(encoding="utf-8"))
            self.codes = [(str(code).upper(), need) for need, rule in rules.items() for code in rule.get("codes", [])]
            words = [(str(w), need) for need, rule in rules.items() for ws in rule["words"].values() for w in ws]
        except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise ImportFailed([f"{path.name} cannot be read: {type(error).__name__} {error}"]) from error
        self.needs = tuple(rules)
        self._needs: dict[str, set[str]] = defaultdict(set)
        for word, need in words:
            self._needs[fold(word)].add(need)
        self._stems = {word[:-1]: needs for word, needs in self._needs.items() if word.endswith("*")}
        # Longest first: the first alternative that fits wins, and it hides the shorter ones inside it.
        ordered = sorted(self._needs, key=lambda word: (-len(word), word))
        patterns = [re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) + r"\b" for w in ordered]
        self._pattern = re.compile(r"\b(?:" + "|".join(patterns) + ")")

    def in_text(self, *texts: str | None) -> set[str]:
        """Needs whose words stand in the texts."""
        found: set[str] = set()
        for text in texts:
            for word in self._pattern.findall(fold(text)) if text else ():
                found |= self._of(word)
        return found

    def of_code(self, code: str | None) -> set[str]:
        """Needs whose taxonomy codes begin this one; the longest beginning decides."""
        fits = [(len(start), need) for start, need in self.codes if code and code.upper().startswith(start)]
        longest = max(fits, default=(0, ""))[0]
        return {need for length, need in fits if length == longest}

    def _of(self, word: str) -> set[str]:
        if word in self._needs:
            return self._needs[word]
        stems = [stem for stem in self._stems if word.startswith(stem)]
        return self._stems[max(stems, key=len)] if stems else set()


@cache
def standard() -> Mapping:
    """The mapping that ships with the product."""
    return Mapping()


def tag(connection: Connection[Any], dataset: str, mapping: Mapping) -> None:
    """Write anew which needs each service of a dataset meets. Outright statements decide alone."""
    connection.execute("DELETE FROM service_need WHERE dataset = %s", (dataset,))
    connection.execute("DROP TABLE IF EXISTS found_need")
    connection.execute("CREATE TEMP TABLE found_need (service_id text, need text, weight int) ON COMMIT DROP")
    _copy(connection, _outright(connection, dataset, mapping))
    said = {row[0] for row in connection.execute("SELECT DISTINCT service_id FROM found_need")}
    _copy(connection, _by_term(connection, dataset, mapping, said))
    for batch in _in_batches(_by_words(connection, dataset, mapping, said)):
        _copy(connection, batch)
    connection.execute(
        "INSERT INTO service_need (dataset, service_id, need, weight)"
        " SELECT %s, service_id, need, max(weight) FROM found_need GROUP BY service_id, need",
        (dataset,),
    )


Found = tuple[str, str, int]


def _outright(connection: Connection[Any], dataset: str, mapping: Mapping) -> list[Found]:
    rows = connection.execute(
        "SELECT a.link_id, lower(t.code), a.value FROM attribute a"
        " JOIN taxonomy_term t ON (t.dataset, t.id) = (a.dataset, a.taxonomy_term_id)"
        " LEFT JOIN taxonomy x ON (x.dataset, x.id) = (t.dataset, t.taxonomy_id)"
        " JOIN service s ON (s.dataset, s.id) = (a.dataset, a.link_id)"
        " WHERE a.dataset = %s AND a.link_entity = 'service' AND coalesce(x.name, t.taxonomy) = %s",
        (dataset, TAXONOMY),
    )
    return [(row[0], row[1], BY_TEXT if row[2] == ALSO else BY_TERM) for row in rows if row[1] in mapping.needs]


def _by_term(connection: Connection[Any], dataset: str, mapping: Mapping, said: set[str]) -> Iterator[Found]:
    """A term counts for its own name and code and for those of all wider terms."""
    terms = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(
            "SELECT id, code, name, parent_id FROM taxonomy_term WHERE dataset = %s", (dataset,)
        )
    }
    needs = {term: _of_term(term, terms, mapping) for term in terms}
    rows = connection.execute(
        "SELECT DISTINCT coalesce(l.service_id, s.id), a.taxonomy_term_id FROM attribute a"
        " LEFT JOIN service_at_location l"
        " ON a.link_entity = 'service_at_location' AND (l.dataset, l.id) = (a.dataset, a.link_id)"
        " LEFT JOIN service s ON a.link_entity = 'service' AND (s.dataset, s.id) = (a.dataset, a.link_id)"
        " WHERE a.dataset = %s AND coalesce(l.service_id, s.id) IS NOT NULL",
        (dataset,),
    ).fetchall()
    for service, term in rows:
        if service not in said:
            yield from ((service, need, BY_TERM) for need in needs[term])


def _of_term(term: str, terms: dict[str, tuple[str | None, str, str | None]], mapping: Mapping) -> set[str]:
    found: set[str] = set()
    seen: set[str] = set()
    above: str | None = term
    while above in terms and above not in seen:
        seen.add(above)
        code, name, parent = terms[above]
        found |= mapping.of_code(code) | mapping.in_text(name)
        above = parent
    return found


def _by_words(connection: Connection[Any], dataset: str, mapping: Mapping, said: set[str]) -> Iterator[Found]:
    with connection.cursor("services_by_words") as rows:  # a server-side cursor: 50,000 descriptions stay there
        rows.itersize = BATCH
        rows.execute(
            "SELECT s.id, s.name, s.alternate_name, s.description, s.eligibility_description, o.name FROM service s"
            " LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id) WHERE s.dataset = %s",
            (dataset,),
        )
        for service, name, other, *texts in rows:
            if service in said:
                continue
            named = mapping.in_text(name, other)
            yield from ((service, need, BY_NAME) for need in named)
            yield from ((service, need, BY_TEXT) for need in mapping.in_text(*texts) - named)


def _in_batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    for item in found:
        batch.append(item)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


def _copy(connection: Connection[Any], found: Iterable[Found]) -> None:
    rows = list(found)
    with connection.cursor() as cursor, cursor.copy("COPY found_need (service_id, need, weight) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
