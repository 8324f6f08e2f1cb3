"""Reads free words against the words of the directory, so that a typing error still finds what was meant."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory.folding import fold

MOST_LETTERS, FEWEST_LETTERS = 80, 3
MOST_WORDS = 12
WORD = re.compile(r"[^\W_]{2,80}")
QUOTED = re.compile(r"('(?:[^']|'')+')")
NEAR = 0.3  # trigram similarity from which a word is looked at: "diapres" and "diapers" have 0.33
ALIKE = 0.72  # share of the letters that run alike from which it may be meant
READINGS = 3
# What everybody writes who looks for something says nothing of what it is.
EMPTY = frozenset(
    "need needs want wants help looking look find get getting can could where there here near nearby close around have"
    " has had got who what when how please thanks hello hola am is are my me mi mis for from with without and or not"
    " any some somewhere someone somebody place places free anyone anybody would like know give gives go going today"
    " tonight now the to do does in on at it you your we our us"
    " necesito necesita necesitamos busco buscamos buscando quiero queremos ayuda ayudar ayudeme donde hay cerca puedo"
    " puede pueden tengo tiene para por con sin una uno unos unas los las del que como cuando favor gracias gratis"
    " lugar alguien algun alguna algo hoy manana noche ahora estoy soy es mi".split()
)
NEAR_WORDS = """
SELECT asked, word, entries FROM unnest(CAST(:words AS text[])) AS asked CROSS JOIN LATERAL (
  SELECT word, sum(entries) AS entries FROM search_word WHERE word % asked AND abs(length(word) - length(asked)) < 4
  GROUP BY word ORDER BY similarity(word, asked) DESC, sum(entries) DESC LIMIT 20) AS found
"""
STEMS = """
SELECT word, coalesce((SELECT sum(entries) FROM search_word k WHERE k.word = w.word), 0)::int AS entries,
       (plainto_tsquery('simple', word) || plainto_tsquery('english', word)
        || plainto_tsquery('spanish', word))::text AS query,
       numnode(plainto_tsquery('english', word)) > 0 AND numnode(plainto_tsquery('spanish', word)) > 0 AS telling
FROM unnest(CAST(:words AS text[])) AS w(word)
"""


@dataclass(frozen=True)
class Term:
    """One word that was asked for: a ``tsquery`` of all its readings, and in about how many entries they stand.

    ``in_name`` is the same query for names alone.
    """

    word: str
    query: str
    entries: int

    @property
    def in_name(self) -> str:
        """The names of services and organizations have weight A in the index."""
        return QUOTED.sub(r"\1:A", self.query)


def words_of(*texts: str | None) -> set[str]:
    """The words that stand in the texts, folded."""
    return {word for text in texts if text for word in WORD.findall(fold(text)) if not word.isdigit()}


def read(session: Session, asked: str, well_spelled: Container[str] = ()) -> list[Term]:
    """The telling words of a resident's own, each with what it may be a misspelling of.

    Of ``well_spelled`` words none is taken for a misspelling; those that no service uses are left out.
    """
    words = list(dict.fromkeys(_telling(asked)))[:MOST_WORDS]
    if not words:
        return []
    stems = {row.word: row for row in session.execute(text(STEMS), {"words": words})}
    words = [word for word in words if stems[word].telling]
    words = [word for word in words if stems[word].entries or word not in well_spelled]
    strange = [word for word in words if not stems[word].entries and len(word) > FEWEST_LETTERS]
    near = _near(session, strange)
    others = sorted({other for found in near.values() for other in found} - stems.keys())
    if others:
        stems |= {row.word: row for row in session.execute(text(STEMS), {"words": others})}
    return [_term(word, [stems[one] for one in (word, *near.get(word, ()))]) for word in words]


def _term(word: str, readings: list[Any]) -> Term:
    return Term(word, " | ".join(f"({one.query})" for one in readings), sum(one.entries for one in readings))


def _telling(asked: str) -> Iterator[str]:
    for word in WORD.findall(fold(asked)):
        if len(word) >= FEWEST_LETTERS and word not in EMPTY and not word.isdigit():
            yield word


def _near(session: Session, words: list[str]) -> dict[str, list[str]]:
    if not words:
        return {}
    session.execute(text("SELECT set_config('pg_trgm.similarity_threshold', :near, true)"), {"near": str(NEAR)})
    found: dict[str, list[tuple[float, int, str]]] = {}
    for row in session.execute(text(NEAR_WORDS), {"words": words}):
        likeness = SequenceMatcher(None, row.asked, row.word).ratio()
        if likeness >= ALIKE:
            found.setdefault(row.asked, []).append((likeness, int(row.entries), row.word))
    return {asked: [word for _, _, word in sorted(near, reverse=True)[:READINGS]] for asked, near in found.items()}
