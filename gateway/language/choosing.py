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
    ("ingresa", "ingreso", "especial", "especie", "esposa", "esposo", "islands", "single", "singles", "espacio", "spinach",
     "England".lower(), "ingresar", "engine", "engines", "polish", "publish", "spinal", "splash", "squash", "spouse",
     "espalda", "estan", "ingle", "angles", "ensena", "espana", "pasanos")
)  # fmt: skip
GREETING = r"(?:(?:hola|hi|hello|hey|buenas|buenos dias|buenas tardes|ok|okay|si|yes|no|gracias|perdon|sorry|please|por favor) )*"
LEAD = (
    r"(?:(?:can|could) (?:you|u|we|i) (?:please )?(?:speak|talk|write|text|have|get)(?: to me)?(?: this)? ?(?:in )?|"
    r"do (?:you|u) (?:speak|have|talk) |(?:se )?hablan? |hablas |(?:puede|pueden|puedo|podemos) (?:hablar|escribir|escribirme|hablarme)(?: en)? |"
    r"(?:lo )?(?:quiero|prefiero|quisiera|necesito)(?: (?:hablar|escribir|hablarlo|todo))?(?: en)? |(?:solo )?hablo |"
    r"(?:switch|change)(?: it)? to |(?:cambiar?|cambie|cambielo)(?: el idioma)? al? |(?:cambiar?|cambie) en |"
    r"i (?:only )?(?:speak|want|prefer|need) |i (?:would like|d like) |(?:solo |only )?(?:en|in|para|for) )?"
)
TAIL = r"(?: (?:please|pls|plz|por favor|porfa|porfavor|xfa|gracias|thanks|thank you|now|ahora|only|solamente))*"
REQUEST = re.compile(rf"{GREETING}{LEAD}(?P<name>[a-z]+){TAIL}")


def command(text: str, menu_open: bool = False) -> str | None:
    """The language that the whole message asks for, if it is nothing but such a request.

    "no hablo ingles" and "clases de ingles" ask for nothing. ``menu_open`` says that our last text was the language
    menu: only then do 1 and 2 count.
    """
    plain = re.sub(r"[^a-z0-9]+", " ", fold(normal(text))).strip()
    if menu_open and plain in MENU:
        return MENU[plain]
    if plain in SHORT:
        return SHORT[plain]
    asked = REQUEST.fullmatch(plain)
    return _named(asked["name"]) if asked and not _denied(plain) else None


def _denied(plain: str) -> bool:
    return re.search(r"\b(?:no|dont|not|ni)\b.*\b(?:hablo|speak|quiero|want)\b", plain) is not None


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
