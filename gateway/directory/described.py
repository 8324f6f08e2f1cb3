"""What a service is likely for by what its texts tell, beside what they name (:mod:`gateway.directory.learned`)."""

import re
from itertools import islice

from gateway.directory import learned, topics
from gateway.directory.topics import Topics

# The chances from which on it counts as about what no word of it names, and as surely about that.
LIKELY, SURE = 0.4, 0.6
SENTENCE = re.compile(r"[.;:!?\n]+")
# What a sentence says of the house and not of what it does, or that it does not do.
OF_THE_HOUSE = re.compile(
    r"\b(?:(?:do|does|is|are|can|will) ?not|cannot|don't|doesn't|must|required?|rules?|accompanied|parking|spanish"
    r"|speaks?|no (?:ofrece\w*|da|damos|dan|se|hay|atiende\w*|acepta\w*)|deben?|requier\w+|habla\w*|espanol|español)\b",
    re.I,
)
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
    told = (one for one in SENTENCE.split(text or "") if len(one.split()) >= LEAST_WORDS)
    return [one for one in islice(told, SENTENCES) if not OF_THE_HOUSE.search(one)]


def _joined(name: str, description: str | None) -> str:
    return f"{name}. {description}" if description else name
