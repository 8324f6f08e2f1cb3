"""Which needs a service meets, read from the publisher's own taxonomy, names and descriptions."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from psycopg import Connection

from gateway.directory import chosen, described, eligibility, term_file, topics
from gateway.directory.chosen import Which
from gateway.directory.copying import copy
from gateway.directory.folding import fold
from gateway.directory.phrases import Hit, Phrases, words_in
from gateway.directory.report import ImportFailed
from gateway.yaml_files import read_yaml

MAPPING = Path(__file__).parent / "needs.yml"
TAXONOMY = "Front Door needs"  # a taxonomy of this name says outright what a service meets
BY_TERM, BY_NAME, BY_TEXT = 3, 2, 1  # how sure
ALSO = "also"  # an attribute's value for a need that is met on the side
# Needs of which neither words nor guesses are a judge: people go out for them, or somebody is hurt at home.
NOT_BY_WORDS = frozenset(
    "domestic_violence welfare_check dispute distress_in_public syringe_pickup about_program".split()
)
READ_AT_ONCE = 200  # services: no transaction may lie idle while long texts are read
OPEN_ELIGIBILITY = re.compile(r"open.?eligibility|^oe\b", re.I)
LISTS = ("codes", "open_eligibility", "without")
BY_LANGUAGE = ("words", "asked")
TEXTS = """
SELECT s.id, termed.service_id IS NOT NULL, s.name, s.alternate_name, t.names,
       s.description, s.eligibility_description, o.name, t.texts, p.names, p.texts
FROM service s
LEFT JOIN termed ON termed.service_id = s.id
LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id)
LEFT JOIN LATERAL (
  SELECT string_agg(text, '. ' ORDER BY field, id) FILTER (WHERE field IN ('name', 'alternate_name')) AS names,
         string_agg(text, '. ' ORDER BY field, id) FILTER (WHERE field NOT IN ('name', 'alternate_name')) AS texts
  FROM translation r WHERE (r.dataset, r.object, r.object_id) = (s.dataset, 'service', s.id)) t ON true
LEFT JOIN LATERAL (
  SELECT string_agg(x.name, '. ' ORDER BY x.id) AS names, string_agg(x.description, '. ' ORDER BY x.id) AS texts
  FROM service_at_location l JOIN location x ON (x.dataset, x.id) = (l.dataset, l.location_id)
  WHERE (l.dataset, l.service_id) = (s.dataset, s.id)) p ON true
WHERE s.dataset = %(dataset)s AND (%(services)s::text[] IS NULL OR s.id = ANY(%(services)s))
"""


class Mapping:
    """The editable mapping, ready to be asked: ours, and a town's own laid over it."""

    def __init__(
        self, *towns: Path, path: Path = MAPPING, terms: Path | None = None, about: Path | None = None
    ) -> None:
        """Read the files; ``terms`` is the town's :mod:`gateway.directory.term_file`, ``about`` its own topics
        (:mod:`gateway.directory.topic_file`).

        Raises :class:`ImportFailed`, naming the file and the need, when one is broken.
        """
        rules = _read(path)
        for town in towns:
            _lay_over(rules, _read(town), town.name)
        self.needs = tuple(rules)
        self.terms = term_file.read(terms, self.needs) if terms else {}
        self.topics = topics.Topics(about, self.needs) if about else topics.standard()
        self._codes = [(code.upper(), need) for need, rule in rules.items() for code in rule["codes"]]
        self._open = {code: need for need, rule in rules.items() for code in rule["open_eligibility"]}
        self._offered = Phrases((word, need) for need, rule in rules.items() for word in rule["words"])
        self._asked = Phrases((word, need) for need, rule in rules.items() for word in (*rule["words"], *rule["asked"]))

    def in_text(self, *texts: str | None) -> set[str]:
        """Needs that a publisher's texts say are met."""
        return self._offered.in_text(*texts)

    def in_question(self, text: str) -> set[str]:
        """Needs that a resident's words ask for."""
        return {need for hit in self.hits_in_question(text) for need in hit.meanings}

    def hits_in_question(self, text: str) -> list[Hit]:
        """The same, with the words that ask for each."""
        return list(self._asked.hits(words_in(text)))

    @property
    def words(self) -> frozenset[str]:
        """Every word by which a need is known."""
        return self._asked.words

    @property
    def stems(self) -> frozenset[str]:
        """Those of them after which any ending may stand."""
        return self._asked.stems

    def of_term(self, taxonomy: str | None, code: str | None, name: str) -> frozenset[str] | None:
        """Needs that the town says a term means; None where it says nothing of it."""
        return self.terms.get(term_file.key_of(taxonomy, code, name))

    def of_code(self, code: str | None, taxonomy: str | None = None) -> set[str]:
        """Needs whose taxonomy codes begin this one; the longest beginning decides.

        Codes of figures are Open Eligibility's, unless the taxonomy has another name.
        """
        if not code:
            return set()
        if code[0].isdigit():
            return self._of_open_code(code) if not taxonomy or OPEN_ELIGIBILITY.search(taxonomy) else set()
        fits = [(len(start), need) for start, need in self._codes if code.upper().startswith(start)]
        longest = max(fits, default=(0, ""))[0]
        return {need for length, need in fits if length == longest}

    def _of_open_code(self, code: str) -> set[str]:
        parts = code.strip().split("-")
        wider = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next(({self._open[start]} for start in wider if start in self._open), set())


Rule = dict[str, list[str]]


def _read(path: Path) -> dict[str, Rule]:
    """The rules of a file by need: lists of codes and of words, those of both languages in one."""
    try:
        written = read_yaml(path)
        return {str(need): _rule(rule or {}) for need, rule in (written or {}).items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, ValueError, TypeError) as error:
        raise ImportFailed([f"{path.name} cannot be read: {type(error).__name__} {error}"]) from error


def _rule(rule: dict[str, Any]) -> Rule:
    unknown = sorted(set(rule) - {*LISTS, *BY_LANGUAGE})
    if unknown:
        raise ValueError(f"{', '.join(map(str, unknown))}: no such key; there are {', '.join((*LISTS, *BY_LANGUAGE))}")
    lists = {key: [str(one) for one in rule.get(key) or []] for key in LISTS}
    words = {key: [str(w) for ws in (rule.get(key) or {}).values() for w in ws or []] for key in BY_LANGUAGE}
    return lists | words


def _lay_over(rules: dict[str, Rule], own: dict[str, Rule], name: str) -> None:
    """Add a town's codes and words; ``without`` takes words of ours away, and a code belongs to who names it last."""
    for need, rule in own.items():
        if need not in rules:
            raise ImportFailed([f"{name}: {need!r} is no need; there are {', '.join(rules)}"])
        gone = set(map(fold, rule["without"]))
        for key in BY_LANGUAGE:
            rules[need][key] = [word for word in rules[need][key] if fold(word) not in gone] + rule[key]
        for key in ("codes", "open_eligibility"):
            for other in rules.values():
                other[key] = [code for code in other[key] if code not in rule[key]]
            rules[need][key] += rule[key]


@lru_cache(maxsize=8)
def of_town(path: Path | None, terms: Path | None = None, about: Path | None = None) -> Mapping:
    """A town's mapping, or ours where it has none of its own. Raises as :class:`Mapping` does."""
    return Mapping(*filter(None, [path]), terms=terms, about=about) if path or terms or about else standard()


@cache
def standard() -> Mapping:
    """The mapping that ships with the product."""
    return Mapping()


def tag(connection: Connection[Any], dataset: str, mapping: Mapping, services: Sequence[str] | None = None) -> None:
    """Write anew which needs each service of a dataset meets and which topics it is about, or some of the services.

    Where a publisher says the needs outright, that decides alone; topics are read all the same.
    """
    which = chosen.which(connection, dataset, services)
    connection.execute(FORGET, which)
    connection.execute("DROP TABLE IF EXISTS found_need")
    connection.execute("CREATE TEMP TABLE found_need (service_id text, need text, weight int) ON COMMIT DROP")
    copy(connection, "found_need", _outright(connection, which, mapping))
    said = {row[0] for row in connection.execute("SELECT DISTINCT service_id FROM found_need")}
    copy(connection, "found_need", _by_term(connection, which, mapping, said))
    _note_termed(connection)
    copy(connection, "found_need", _by_words(connection, which, mapping, said))
    connection.execute(
        "INSERT INTO service_need (dataset, service_id, need, weight)"
        " SELECT %s, service_id, need, max(weight) FROM found_need GROUP BY service_id, need",
        (dataset,),
    )


def _note_termed(connection: Connection[Any]) -> None:
    """Which services have a need by their terms. With a key: without one Postgres reads all of them for each of
    500,000 services, which takes longer than an hour."""
    connection.execute("DROP TABLE IF EXISTS termed")
    connection.execute(
        "CREATE TEMP TABLE termed ON COMMIT DROP AS"
        " SELECT DISTINCT service_id FROM found_need WHERE left(need, 1) <> '#'"
    )
    connection.execute("ALTER TABLE termed ADD PRIMARY KEY (service_id)")
    connection.execute("ANALYZE termed")


FORGET = """
DELETE FROM service_need
WHERE dataset = %(dataset)s AND (%(services)s::text[] IS NULL OR service_id = ANY(%(services)s))
"""
OUTRIGHT = """
SELECT a.link_id, lower(t.code), a.value FROM attribute a
JOIN taxonomy_term t ON (t.dataset, t.id) = (a.dataset, a.taxonomy_term_id)
LEFT JOIN taxonomy x ON (x.dataset, x.id) = (t.dataset, t.taxonomy_id)
JOIN service s ON (s.dataset, s.id) = (a.dataset, a.link_id)
WHERE a.dataset = %(dataset)s AND a.link_entity = 'service' AND coalesce(x.name, t.taxonomy) = %(outright)s
  AND (%(services)s::text[] IS NULL OR a.link_id = ANY(%(services)s))
"""
TERMS = """
SELECT DISTINCT coalesce(l.service_id, s.id), a.taxonomy_term_id FROM attribute a
LEFT JOIN service_at_location l ON a.link_entity = 'service_at_location' AND (l.dataset, l.id) = (a.dataset, a.link_id)
LEFT JOIN service s ON a.link_entity = 'service' AND (s.dataset, s.id) = (a.dataset, a.link_id)
WHERE a.dataset = %(dataset)s AND a.link_entity IN ('service', 'service_at_location')
  AND coalesce(l.service_id, s.id) IS NOT NULL
  AND (%(services)s::text[] IS NULL OR coalesce(l.service_id, s.id) = ANY(%(services)s))
"""
ALL_TERMS = """
SELECT t.id, t.code, t.name, t.parent_id, coalesce(x.name, t.taxonomy) FROM taxonomy_term t
LEFT JOIN taxonomy x ON (x.dataset, x.id) = (t.dataset, t.taxonomy_id) WHERE t.dataset = %s
"""
Found = tuple[str, str, int]
ABOUT_PETS = frozenset(("pets", f"{topics.MARK}pet_care"))
# Needs of people that the vaccines and the food of animals are not.
OF_PEOPLE = frozenset(("health", "food", *(topics.MARK + each for each in ("vaccines", "primary_care", "food_pantry"))))
FIND_WORK = frozenset(topics.MARK + each for each in ("job_search", "job_training"))


class Wider(NamedTuple):
    """A taxonomy term and the one above it."""

    code: str | None
    name: str
    parent_id: str | None
    taxonomy: str | None


def _outright(connection: Connection[Any], which: Which, mapping: Mapping) -> list[Found]:
    rows = connection.execute(OUTRIGHT, which | {"outright": TAXONOMY})
    return [(row[0], row[1], BY_TEXT if row[2] == ALSO else BY_TERM) for row in rows if row[1] in mapping.needs]


def _by_term(connection: Connection[Any], which: Which, mapping: Mapping, said: set[str]) -> Iterator[Found]:
    """A term counts for its own name and code and for those of all wider terms."""
    terms = terms_of(connection, which["dataset"])
    needs = {term: of_term(term, terms, mapping) for term in terms}
    rows = connection.execute(TERMS, which).fetchall()
    for service, term in rows:
        yield from ((service, need, BY_TERM) for need in needs[term] if service not in said or is_topic(need))


def terms_of(connection: Connection[Any], dataset: str) -> dict[str, Wider]:
    """The terms of a dataset by their ids."""
    rows = connection.execute(ALL_TERMS, (dataset,))
    return {row[0]: Wider(*row[1:]) for row in rows}


def of_term(term: str, terms: dict[str, Wider], mapping: Mapping) -> set[str]:
    """The needs that a term means: the town's word for it, or for the nearest wider term, beside what our rules find in
    the narrower ones; else what they find in it, or in what is wider where they find no need in it: "Rent Payment
    Assistance" under "Housing/Shelter" is no shelter."""
    found: set[str] = set()
    for identity, here in _upwards(term, terms):
        said = mapping.of_term(here.taxonomy, here.code, here.name)
        if said is not None:
            return found | said | mapping.topics.in_text(here.name)
        if all(map(is_topic, found)):
            found |= mapping.of_code(here.code or identity, here.taxonomy) | _told(mapping, here.name)
    return found


def _upwards(term: str, terms: dict[str, Wider]) -> Iterator[tuple[str, Wider]]:
    """A term and all that are wider, nearest first, with their ids."""
    seen: set[str] = set()
    above: str | None = term
    while above in terms and above not in seen:
        seen.add(above)
        yield above, terms[above]
        above = terms[above].parent_id


def _told(mapping: Mapping, *texts: str | None) -> set[str]:
    """Needs and topics that texts name, and the needs to which the topics belong."""
    about = mapping.topics.in_text(*texts)
    return mapping.in_text(*texts) | about | (mapping.topics.needs_of(about) & set(mapping.needs))


def _hinted(mapping: Mapping, told: set[str], *texts: str | None) -> set[str]:
    """What the words of residents find in the texts of a service that says in no word of publishers what it does, or
    what it is about in particular: nobody would ever be told of it."""
    about = mapping.topics
    if about.of_kind(told, "") and not all(map(is_topic, told)):
        return set()
    found: set[str] = set()
    for text in filter(None, texts):
        for hit in (*about.in_question(text), *mapping.hits_in_question(text)):
            found |= hit.meanings
    if all(map(is_topic, told)):
        return found | (about.needs_of(found) & set(mapping.needs))
    return {topic for topic in about.of_kind(found, "") if about.by_code[topic].needs & told}


def _by_the_way(named: set[str], mentioned: set[str]) -> set[str]:
    """What a description mentions and the service does not do: it vaccinates dogs, or frees people from forced work."""
    gone: set[str] = set()
    if ABOUT_PETS & named and not OF_PEOPLE & named:
        gone |= OF_PEOPLE & mentioned
    if f"{topics.MARK}trafficking" in named | mentioned and not FIND_WORK & (named | mentioned):
        gone |= {"jobs"} & mentioned
    return gone


def is_topic(need: str) -> bool:
    """Whether this is a topic that is kept among the needs."""
    return need.startswith(topics.MARK)


def _by_words(connection: Connection[Any], which: Which, mapping: Mapping, said: set[str]) -> Iterator[Found]:
    about = mapping.topics
    with connection.cursor("services_by_words") as rows:  # a server-side cursor: 50,000 descriptions stay there
        rows.itersize = READ_AT_ONCE
        rows.execute(TEXTS, which)
        for service, has_terms, name, other, names, *texts in rows:
            named = _told(mapping, name, other, names)
            mentioned = _told(mapping, *texts) | about.wider(named)
            guessed = described.mentioned(about, named | mentioned, name, texts[0])
            mentioned |= guessed | ((about.needs_of(guessed) & set(mapping.needs)) - NOT_BY_WORDS)
            mentioned -= _by_the_way(named, mentioned - named)
            if ABOUT_PETS & mentioned and "no_pets" in eligibility.words("serves").in_text(*texts):
                mentioned -= ABOUT_PETS  # a shelter that takes no dogs is no help with one
            if not has_terms:
                mentioned |= _hinted(mapping, named | mentioned, name, *texts)
                sure = described.surely(about, named, mentioned, name, texts[0])
                named |= sure | ((about.needs_of(sure) & mentioned) - NOT_BY_WORDS)
            found = [(service, need, BY_NAME) for need in named]
            found += [(service, need, BY_TEXT) for need in mentioned - named]
            yield from (one for one in found if service not in said or is_topic(one[1]))
