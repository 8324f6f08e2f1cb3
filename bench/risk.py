"""How long screening takes: a message, 1,600 characters, ten thousand messages at the command line, and a larger deck.

``python -m bench.risk`` needs no demo and no database. The messages are the cards' own tests, nearly half of them
harmless.
"""

import argparse
import dataclasses
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.residents import percentile
from gateway.risk.cards import HERE, Card, Deck, read_words
from gateway.risk.matching import Matcher
from gateway.risk.pattern import Compiled, Compiler
from gateway.risk.scope import Scoper
from gateway.risk.screening import Screener, build

ROUNDS = 3
LONG = 1600  # characters, the most that a text message holds
SHORT = 50  # characters; shorter messages are joined with the next
LINES = 10_000
TIMES_AS_MANY = (1, 6, 24)
WORD = re.compile(r"(?<![{\w*])[a-zñáéíóú]{5,}(?![\w}*])")


def messages(deck: Deck) -> list[str]:
    """Messages of about sixty characters in no order."""
    said = sorted({example.text for card in deck.cards for example in (*card.fire, *card.silent)})
    random.Random(1).shuffle(said)
    out: list[str] = []
    for text in said:
        if out and len(out[-1]) < SHORT:
            out[-1] += ", " + text
        else:
            out.append(text)
    return out


def long_messages(short: list[str]) -> list[str]:
    """Messages of 1,600 characters."""
    joined = ". ".join(short * 4)
    return [joined[start : start + LONG] for start in range(0, len(joined) - LONG, LONG)]


def milliseconds(screener: Screener, texts: list[str]) -> list[float]:
    """What each text takes of one core, the best of three rounds: what else the machine does is left out."""
    best = [float("inf")] * len(texts)
    for _ in range(ROUNDS):
        for at, text in enumerate(texts):
            start = time.thread_time()
            screener.screen(text)
            best[at] = min(best[at], (time.thread_time() - start) * 1000)
    return best


def grown(real: Screener, times: int) -> Screener:
    """A screener of so many times the cards: copies whose longer words are others that the cards know."""
    deck, compiler = real.deck, real.deck.compiler
    words = sorted(word for word in compiler.vocabulary if WORD.fullmatch(word))
    dice = random.Random(times)

    def otherwise(patterns: tuple[Compiled, ...]) -> tuple[Compiled, ...]:
        return tuple(compiler.compile(WORD.sub(lambda _: dice.choice(words), each.source)) for each in patterns)

    def copy(card: Card, number: int) -> Card:
        patterns = {language: otherwise(group) for language, group in card.patterns.items()}
        return dataclasses.replace(card, id=f"{card.id}.{number}", patterns=patterns)

    cards = (*deck.cards, *(copy(card, number) for number in range(1, times) for card in deck.cards))
    return on_cards(real, cards, compiler)


def on_cards(real: Screener, cards: tuple[Card, ...], compiler: Compiler) -> Screener:
    """A screener like the real one that has these cards."""
    deck = Deck(cards, compiler, f"{len(cards)} cards")
    scoper = Scoper(read_words(HERE / "scope.yml"), compiler)
    circumstances = real._circumstances
    return Screener(deck, scoper, real._spelling, Matcher(cards), time.thread_time, circumstances=circumstances)


def at_the_command_line(short: list[str]) -> float:
    """Seconds that ``frontdoor screen`` takes for ten thousand messages, its start included."""
    rows = (json.dumps({"id": number, "text": short[number % len(short)]}) for number in range(LINES))
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "screen"],
        input="\n".join(rows),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    if done.stdout.count("\n") != LINES:
        raise SystemExit("frontdoor screen did not answer every line")
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a table and, with ``--json``, the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    real = build()
    load = time.perf_counter() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    short = messages(real.deck)
    long = long_messages(short)
    out, results = sys.stdout, []
    out.write(f"{len(short)} messages of {statistics.mean(map(len, short)):.0f} characters, {len(long)} of {LONG}\n")
    out.write(f"start {load:.2f} s, {memory} MB\n")
    out.write("cards  patterns  a message p50/p99 ms  1,600 characters p50/p99 ms\n")
    for times in TIMES_AS_MANY:
        subject = real if times == 1 else grown(real, times)
        taken = [milliseconds(subject, texts) for texts in (short, long)]
        figures = [round(of, 2) for each in taken for of in (statistics.median(each), percentile(each, 99))]
        patterns = sum(len(group) for card in subject.deck.cards for group in card.patterns.values())
        results.append({"cards": len(subject.deck.cards), "patterns": patterns, "ms": figures})
        out.write(
            f"{len(subject.deck.cards):5}  {patterns:8}  {figures[0]:9} / {figures[1]:<8}"
            f"  {figures[2]:15} / {figures[3]:<8}\n"
        )
        out.flush()
    lines = at_the_command_line(short)
    out.write(f"{LINES} messages through frontdoor screen: {lines:.1f} s\n")
    if given.json:
        figures_in_all = {"load_s": load, "memory_mb": memory, "decks": results, "lines_s": lines}
        given.json.write_text(json.dumps(figures_in_all, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
