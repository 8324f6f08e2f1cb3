"""How Spanish sounds: words that are pronounced alike in America share a key, however they are spelled."""

from __future__ import annotations

import re

_STEPS = (
    (re.compile("qu(?=[ei])|q"), "k"),
    (re.compile("gu(?=[ei])"), "G"),  # the g of guerra, not of gente
    (re.compile("g(?=[ei])|x(?=ic)"), "j"),
    (re.compile("[cs]h"), "C"),
    (re.compile("h"), ""),
    (re.compile("ll|^i(?=e)"), "y"),
    (re.compile("v"), "b"),
    (re.compile("c(?=[ei])|z|x"), "s"),
    (re.compile("c"), "k"),
    (re.compile("^(gu|w|u)(?=[aeio])"), "w"),
    (re.compile("y$"), "i"),
    (re.compile("(?<=a)d(?=[oa]s?$)"), ""),  # quemao, in the Caribbean and far beyond
    (re.compile("n(?=[bp])"), "m"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def sound_key(word: str) -> str:
    """The word as it sounds, roughly: 'kiero' and 'quiero', 'ija' and 'hija', 'emerjensia' and 'emergencia' are one."""
    for pattern, letter in _STEPS:
        word = pattern.sub(letter, word)
    return word
