"""Reads a message that asks for a language: ESPAÑOL, english please, or a digit while the menu is open."""

import re

from gateway.language.letters import fold, normal

MENU = {"1": "en", "2": "es"}
SHORT = {"esp": "es", "es": "es", "span": "es", "eng": "en", "ing": "en"}
SPANISH, ENGLISH = ("espanol", "spanish", "castellano"), ("english", "ingles")
NAMES = dict.fromkeys(SPANISH, "es") | dict.fromkeys(ENGLISH, "en")
SLIPS = 2
SLIP_LENGTHS = range(6, 10)
SLIP_STARTS = "eisp"
# Ordinary words that lie within two slips of a language's name.
NO_SLIPS = frozenset(
    "angles engine engines england ensena espacio espada espalda espana especial especie esposa esposo estan ingle "
    "ingresa ingresar ingreso islands pasanos polish publish single singles spinach spinal splash spouse squash".split()
)
GREETINGS = (
    "hola hi hello hey buenas ok okay si yes no gracias perdon sorry please".split(),
    ("buenos dias", "buenas tardes", "buenas noches", "good morning", "por favor"),
)
LEADS = (
    r"(?:can|could) (?:you|u|we|i) (?:please )?(?:speak|talk|write|text|have|get)(?: to me)?(?: this)?(?: in)?",
    r"do (?:you|u) (?:speak|have|talk)",
    r"(?:se )?hablan?|hablas",
    r"(?:puede|pueden|puedo|podemos) (?:hablar|escribir|escribirme|hablarme)(?: en)?",
    r"(?:lo )?(?:quiero|prefiero|quisiera|necesito)(?: (?:hablar|escribir|hablarlo|todo))?(?: en)?",
    r"(?:solo )?hablo",
    r"(?:hable|hableme|escriba|escribame|hablame|escribeme)(?: en)?",
    r"(?:speak|talk|write|text)(?: to)?(?: me)?(?: in)?",
    r"(?:switch|change)(?: it)? to",
    r"(?:cambiar?|cambie|cambielo)(?: el idioma)? (?:al?|en)",
    r"i (?:only )?(?:speak|want|prefer|need)|i (?:would like|d like)",
    r"(?:solo |only )?(?:en|in|para|for)",
)
GREETING = rf"(?:(?:{'|'.join((*GREETINGS[1], *GREETINGS[0]))}) )*"
LEAD = rf"(?:(?:{'|'.join(LEADS)}) )?"
TAIL = r"(?: (?:please|pls|plz|por favor|porfa|porfavor|xfa|gracias|thanks|thank you|now|ahora|only|solamente))*"
# "no english" refuses it; "no, english please" asks for it.
DENIAL = re.compile(r"\b(?:no|not|ni|dont) +\w")
REQUEST = re.compile(rf"{GREETING}{LEAD}(?P<name>[a-z]+){TAIL}")


def command(text: str, menu_open: bool = False) -> str | None:
    """The language that the whole message asks for, if it is nothing but such a request.

    "no hablo ingles" and "clases de ingles" ask for nothing. ``menu_open`` says that our last text was the language
    menu: only then do 1 and 2 count.
    """
    folded = fold(normal(text)).replace("'", "")
    plain = re.sub(r"[^a-z0-9]+", " ", folded).strip()
    if menu_open and plain in MENU:
        return MENU[plain]
    if plain in SHORT:
        return SHORT[plain]
    asked = REQUEST.fullmatch(plain)
    return _named(asked["name"]) if asked and not DENIAL.search(folded) else None


def _named(word: str) -> str | None:
    if word in NAMES:
        return NAMES[word]
    if word in NO_SLIPS or len(word) not in SLIP_LENGTHS or word[0] not in SLIP_STARTS:
        return None
    near = [(distance, name) for name in NAMES if (distance := _slips(word, name)) <= SLIPS]
    return NAMES[min(near)[1]] if near else None


def _slips(one: str, other: str) -> int:
    """The letters to add, drop, change or swap with a neighbour to make one word of the other."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
