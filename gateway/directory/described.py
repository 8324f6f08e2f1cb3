"""What a service is likely for by what its texts tell, beside what they name (:mod:`gateway.directory.learned`)."""

import re

from gateway.directory import learned, topics
from gateway.directory.topics import Topics

# The chances from which on it counts as about what no word of it names, and as surely about that.
LIKELY, SURE = 0.4, 0.6
SENTENCE = re.compile(r"[.;:!?\n]+")
SENTENCES, LEAST_WORDS = 12, 4  # so many sentences of a text are read, each of so many words


def mentioned(known: Topics, told: set[str], name: str, description: str | None) -> set[str]:
    """The topics that a sentence of the description is surely about, not saying whom it is for; and of a service whose
    texts name nothing in particular (``told``) the one that all of it is likely about."""
    found = {code for sentence in _sentences(description) for code in _about(known, sentence, SURE)}
    found -= known.of_kind(found, topics.WHO)
    return found if known.of_kind(told, "") else found | _about(known, _joined(name, description), LIKELY)


def surely(known: Topics, named: set[str], told: set[str], name: str, description: str | None) -> set[str]:
    """The topic that a service is for whose name tells nothing (``named``), where its text names it (``told``) and is
    surely about it."""
    if any(not code.startswith(topics.MARK) for code in named) or known.of_kind(named, ""):
        return set()
    return _about(known, _joined(name, description), SURE) & told


def _about(known: Topics, text: str, least: float) -> set[str]:
    return {code for code, chance in learned.guesses(text)[:1] if chance >= least and code in known.by_code}


def _sentences(text: str | None) -> list[str]:
    return [one for one in SENTENCE.split(text or "") if len(one.split()) >= LEAST_WORDS][:SENTENCES]


def _joined(name: str, description: str | None) -> str:
    return f"{name}. {description}" if description else name
