"""Turns the net's opinion into findings, beside those of the cards: only where it is graver than what they found."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.risk.letters import tokens_of
from gateway.risk.level import Finding, Level, as_typed
from gateway.risk.linear import LONGEST
from gateway.risk.net import Net, Opinion

CARD = "net"
EXCUSED = 0.94  # where a rule has read danger and found it denied, told, laughed at or long past
FRAGMENT = 0.98  # of a message of hardly a word: "my pills" may be anything
JOINED = 0.92  # of several messages read as one, which may have nothing to do with each other
FEWEST_WORDS = 4
WHY_EN = "Beyond the rules: the words together look like danger (learned from examples)."
WHY_ES = "Más allá de las reglas: las palabras juntas parecen peligro (aprendido de ejemplos)."
CALM_EN = "The words together look like sadness or a wish for a person (learned from examples)."
CALM_ES = "Las palabras juntas parecen tristeza o deseo de hablar con alguien (aprendido de ejemplos)."
CALM = frozenset({"distress", "person"})
UNCLEAR = "unclear"
CLEAR = 0.4  # of the chance of danger: of findings with less, half are about something else
# Their texts are discreet, because who is feared may read them: where it may be that, they stay so.
DISCREET = frozenset({"partner_violence", "trafficking"})


def raised(net: Net, text: str, context: Sequence[str], level: Level, *, excused: bool = False) -> list[Finding]:
    """The findings by which the net lifts a message, or a sentence split over several, above ``level``.

    ``excused``: a rule has read danger here and found it denied, told of a film, long past, or a figure of speech.
    Then, and where this message is hardly a word, the net must be all but certain. The figures were chosen where one
    more false alarm buys the most danger found, on rows of files that a training had not seen.
    What the earlier messages say by themselves was answered when they came, and is marked as earlier.
    """
    if level is Level.EMERGENCY:
        return []
    text = text[:LONGEST]
    must_be = max(EXCUSED if excused else 0.0, FRAGMENT if len(text.split()) < FEWEST_WORDS else 0.0)
    alone = net.judge(text)
    if alone.level > level and alone.at_least(Level.URGENT) >= must_be:
        return _finding(text, alone, net.strongest(text, alone), earlier=False)
    before = " ".join(each for each in context if each.strip())
    if not before:
        return []
    joined = net.judge(f"{before} {text}")
    if joined.level <= max(level, Level.ROUTINE) or joined.at_least(Level.URGENT) < max(must_be, JOINED):
        return []
    strongest = net.strongest(f"{before} {text}", joined)
    return _finding(text, joined, strongest, earlier=net.judge(before).level >= joined.level)


def _finding(text: str, opinion: Opinion, strongest: tuple[str, ...], *, earlier: bool) -> list[Finding]:
    calm = opinion.level <= Level.ROUTINE
    if calm and opinion.category not in CALM:
        return []
    sure = calm or opinion.share >= CLEAR or opinion.category in DISCREET
    category = opinion.category if sure else UNCLEAR
    start, end = (0, 0) if earlier else _place(text, strongest)
    danger = opinion.at_least(Level.URGENT)
    return [
        Finding(
            card_id=f"{CARD}.{category}",
            level=opinion.level,
            category=category,
            start=start,
            end=end,
            words=as_typed(text, start, end),
            why_en=CALM_EN if calm else WHY_EN,
            why_es=CALM_ES if calm else WHY_ES,
            earlier=earlier,
            notes=(
                f"danger {danger:.0%}",
                "speaks for it: " + ", ".join(f"\u201c{run}\u201d" for run in strongest),
            ),
        )
    ]


def _place(text: str, runs: Sequence[str]) -> tuple[int, int]:
    """Where in the raw text the strongest of these word runs stands; the whole text when none is found as typed."""
    tokens = [token for token in tokens_of(text) if token.text.isalnum()]
    words = [token.text for token in tokens]
    for run in runs:
        wanted = run.split()
        for at in range(len(words) - len(wanted) + 1):
            if words[at : at + len(wanted)] == wanted:
                return tokens[at].start, tokens[at + len(wanted) - 1].end
    return 0, len(text)
