"""Which items of a menu a message names: "1", "one", "la primera", "el 2", "1 and 4". A sentence names none."""

from __future__ import annotations

import re

from bot.pipeline.plain import plain

_NUMBERS = {
    1: ("1", "one", "first", "1st", "uno", "una", "primero", "primera", "primer"),
    2: ("2", "two", "second", "2nd", "dos", "segundo", "segunda"),
    3: ("3", "three", "third", "3rd", "tres", "tercero", "tercera", "tercer"),
    4: ("4", "four", "fourth", "4th", "cuatro", "cuarto", "cuarta"),
    5: ("5", "five", "fifth", "5th", "cinco", "quinto", "quinta"),
    6: ("6", "six", "sixth", "6th", "seis", "sexto", "sexta"),
    7: ("7", "seven", "seventh", "7th", "siete", "septimo", "septima"),
    8: ("8", "eight", "eighth", "8th", "ocho", "octavo", "octava"),
    9: ("9", "nine", "ninth", "9th", "nueve", "noveno", "novena"),
}
_VALUES = {word: number for number, words in _NUMBERS.items() for word in words}
# "los dos" and "the two" mean both, so an article in the plural makes no number.
_BEFORE = r"(?:(?:the|el|la|number|numero|num|option|opcion|choice|answer|respuesta|es|its)\s+){0,3}"
_AFTER = r"(?:\s+(?:one|please|pls|por favor|porfa|option|opcion))?"
_NUMBER = "|".join(sorted(_VALUES, key=len, reverse=True))
_ONE = re.compile(rf"{_BEFORE}({_NUMBER}){_AFTER}")
_BETWEEN = re.compile(r"\s*(?:,|;|/|&|\+|\band\b|\by\b|\be\b|\n)\s*")
_DIGITS_ONLY = re.compile(r"[1-9](?:\s+[1-9])+")


def as_digits(text: str, menu: list[str] | None) -> str:
    """The text as the menu's digits, when all of it names items of the open menu; else the text as it is."""
    if not menu:
        return text
    chosen = chosen_numbers(text)
    return " ".join(str(number) for number in chosen) if chosen else text


def chosen_numbers(text: str) -> list[int]:
    """The numbers that the whole message names, in its order; none when it says anything else."""
    parts = [plain(part) for part in _BETWEEN.split(text.strip())]
    parts = [part for part in parts if part]
    if len(parts) == 1 and _DIGITS_ONLY.fullmatch(parts[0]):
        return [int(digit) for digit in parts[0].split()]
    numbers = []
    for part in parts:
        match = _ONE.fullmatch(part)
        if match is None:
            return []
        numbers.append(_VALUES[match.group(1)])
    return numbers
