"""Reads whether a text asks in a sentence not to be texted any more; the bare words STOP and ALTO are keywords."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from gateway.risk.cards import CardError, new_compiler, read_words
from gateway.risk.letters import View
from gateway.risk.matching import any_match
from gateway.risk.pattern import Compiled, PatternError
from gateway.risk.spelling import Spelling, read_spelling
from gateway.risk.views import views_of

HERE = Path(__file__).parent
FILE = "phrases.yml"
LONGEST = 1600  # characters read: Twilio's longest text
MARKS = re.compile(r"[.,;:!?¡¿…\n\r]+|\s[-–—]+\s")
ENDS = " $"


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one file, ready to run."""

    clause: tuple[Compiled, ...]
    whole: tuple[Compiled, ...]
    reported: tuple[Compiled, ...]
    spelling: Spelling

    def asked_in(self, text: str) -> bool:
        """Whether the text, or one whole sentence of it, is the wish."""
        plain = MARKS.sub(" ", text)
        views = views_of(plain, self.spelling)
        if _said(self.reported, views):
            return False  # "stop texting me I told him": they tell of what was said to somebody else
        return _said((*self.whole, *self.clause), views) or any(
            _said(self.clause, views_of(each, self.spelling)) for each in clauses(text) if each.strip() != plain.strip()
        )


def _said(patterns: Sequence[Compiled], views: Sequence[View]) -> bool:
    return any(any_match(patterns, view.text) for view in views)


def asks_to_stop(text: str) -> bool:
    """Whether somebody asks, in a sentence of their own, not to be texted any more (47 CFR 64.1200(a)(10)).

    The wish must be a whole sentence of the text, alone or beside others: "ya no me escriban, me quiero morir" is one,
    "stop him texting me" is none. Raises :class:`CardError` when the phrases cannot be read.
    """
    return phrases().asked_in(text[:LONGEST])


def clauses(text: str) -> Iterator[str]:
    """The sentences of a text, as its marks part them."""
    return (each for each in MARKS.split(text) if each.strip())


@cache
def phrases() -> Phrases:
    """The phrases as they stand in the file, read once per process. Raises :class:`CardError`."""
    return read_phrases(HERE / FILE)


def read_phrases(path: Path) -> Phrases:
    """The phrases of one file. Raises :class:`CardError`, naming the fault, when it cannot be read."""
    written: Mapping[str, Any] = read_words(path)
    compiler = new_compiler()

    def of(*names: str) -> list[str]:
        return [phrase for name in names for code in ("en", "es") for phrase in written[name][code]]

    try:
        around = "[" + "|".join(of("open")) + "]", "[" + "|".join(of("close")) + "]"
        after = " (" + "|".join(of("next")) + ")"
        told = [*product(of("ask"), (ENDS, after)), *product(of("ask_at_end"), (ENDS,))]
        clause = [compiler.compile(_wish(around, ask, end)) for ask, end in told]
        whole, reported = ([compiler.compile(each) for each in of(name)] for name in ("whole", "reported"))
    except (PatternError, KeyError) as fault:
        raise CardError([f"{path.name}: {fault}"]) from fault
    spelling = read_spelling(read_words(HERE / "risk" / "spelling.yml"), frozenset(compiler.vocabulary))
    return Phrases(tuple(clause), tuple(whole), tuple(reported), spelling)


def _wish(around: tuple[str, str], ask: str, end: str) -> str:
    opening, closing = around
    return f"^ {' '.join([opening] * 3)} {ask} {' '.join([closing] * 2)}{end}"
