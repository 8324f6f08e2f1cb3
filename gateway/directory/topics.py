"""What a need is about in particular ("divorce", "home-delivered meals"), read from services and from questions alike.

A topic is kept where needs are kept, under its name after a ``#``: the same index finds the nearest of a topic.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway.directory import topic_file
from gateway.directory.phrases import Hit, Phrases, words_in

FILE = Path(__file__).parent / "topics.yml"
MARK = "#"  # no need begins with it
WHO, GENERAL, HOW = "who", "general", "how"


@dataclass(frozen=True)
class Topic:
    """``code`` is what is stored; ``kind`` is ``who`` (whom it is for), ``how`` (how it is reached), ``general``
    (decides little) or nothing.

    ``needs`` are those to which it belongs, ``large`` those that a service for it meets at large, ``under`` the codes
    of wider topics.
    """

    code: str
    needs: frozenset[str]
    large: frozenset[str]
    under: frozenset[str]
    kind: str = ""


class Topics:
    """The topics of a file, ready to be looked for: ours, and a town's own laid over them.

    ``met_at_large`` are the needs that some topic meets whatever is needed in particular.
    """

    def __init__(self, town: Path | None = None, needs: Collection[str] = (), path: Path = FILE) -> None:
        """Read the files; ``needs`` are those that a town's topics may name.

        Raises :class:`ImportFailed` with all that is wrong in the town's file.
        """
        written = topic_file.read(path)
        if town:
            topic_file.lay_over(written, town, needs)
        self.by_code = {MARK + name: _topic(name, rule) for name, rule in written.items()}
        self.met_at_large = frozenset(need for topic in self.by_code.values() for need in topic.large)
        self._offered = Phrases(_phrases(written, ("words",)))
        self._asked = Phrases(_phrases(written, ("words", "asked")))

    @property
    def words(self) -> frozenset[str]:
        """Every word by which a topic is known."""
        return self._asked.words

    @property
    def stems(self) -> frozenset[str]:
        """Those of them after which any ending may stand."""
        return self._asked.stems

    def in_text(self, *texts: str | None) -> set[str]:
        """Codes of the topics that a publisher's texts name."""
        return self._offered.in_text(*texts)

    def in_question(self, text: str) -> list[Hit]:
        """The topics that a resident's words name, and the words that name them."""
        return list(self._asked.hits(words_in(text)))

    def needs_of(self, codes: Iterable[str]) -> set[str]:
        """The needs to which topics belong."""
        return {need for code in codes if code in self.by_code for need in self.by_code[code].needs}

    def wider(self, codes: Iterable[str]) -> set[str]:
        """The topics above these."""
        return {above for code in codes if code in self.by_code for above in self.by_code[code].under}

    def at_large(self, codes: Iterable[str]) -> set[str]:
        """The needs that a service for these topics meets at large."""
        return {need for code in codes if code in self.by_code for need in self.by_code[code].large}

    def of_kind(self, codes: Iterable[str], *kinds: str) -> set[str]:
        """Those of the topics that are of one of these kinds; ``""`` are the plain ones."""
        return {code for code in codes if code in self.by_code and self.by_code[code].kind in kinds}


@cache
def standard() -> Topics:
    """The topics that ship with the product."""
    return Topics()


def _topic(name: str, rule: topic_file.Rule) -> Topic:
    return Topic(
        MARK + name,
        frozenset(rule.get("needs", ())),
        frozenset(rule.get("large", ())),
        frozenset(MARK + above for above in rule.get("under", ())),
        rule.get("kind", ""),
    )


def _phrases(written: dict[str, topic_file.Rule], keys: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    for name, rule in written.items():
        for key in keys:
            for words in (rule.get(key) or {}).values():
                for word in words:
                    yield str(word), MARK + name
