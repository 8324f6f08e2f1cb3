"""Turns what is printed into what is read out loud: digits one by one, days and streets in full. Pure: text to text."""

import re

DIGITS = re.compile(r"(?<![\d:/])\+?\d[\d-]{4,}\d(?!\d)|(?<!\d)(?:211|311|911|988)(?!\d)")
TIME = re.compile(r"\b(\d{1,2})(?::(\d\d))?(am|pm)\b")
NOON, EVENING = 12, 7
DAYS = {
    "en": dict(zip("Mon Tue Wed Thu Fri Sat Sun".split(),
                   "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(), strict=True)),
    "es": dict(zip("lun mar mié jue vie sáb dom".split(),
                   "lunes martes miércoles jueves viernes sábado domingo".split(), strict=True)),
}  # fmt: skip
STREETS = {
    "St": "Street", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Ln": "Lane",
    "Ct": "Court", "Pl": "Place", "Hwy": "Highway", "Pkwy": "Parkway", "Ste": "Suite", "Apt": "Apartment",
    "Fl": "Floor", "Bldg": "Building",
}  # fmt: skip
# "St Mary Ave" is no street called Street Mary: the word must end the street.
STREET = re.compile(rf"(?<=[\w,] )({'|'.join(STREETS)})\b\.?(?=,|$| #| \d| (?:{'|'.join(STREETS)}|[NSEW])\b)")


def number(text: str) -> str:
    """A number to dial, digit by digit with rests: "4 1 5, 5 5 5, 0 1 0 1"."""
    return DIGITS.sub(lambda found: ", ".join(" ".join(part) for part in found[0].strip("+").split("-")), text)


def hours(text: str, language: str) -> str:
    """Hours as the directory says them ("Mon-Fri 9am-4:30pm"), with nothing shortened."""
    days = DAYS[language]
    to = " a " if language == "es" else " to "
    text = re.sub(r"(?<=\w)-(?=\w)", to, text)
    text = re.sub("|".join(rf"\b{short}\b" for short in days), lambda found: days[found[0]], text)
    return TIME.sub(lambda found: _time(found, language), text).replace("&", "y" if language == "es" else "and")


def address(text: str) -> str:
    """An address with its street in full: "500 Oak Street, Suite 4"."""
    return STREET.sub(lambda found: STREETS[found[1]], text).replace("#", "number ")


def letters(code: str) -> str:
    """A code, letter by letter."""
    return ", ".join(code)


def thread(code: object, *, aloud: bool) -> str:
    """The number of a thread, as it is written or, ``aloud``, digit by digit: "4 1"."""
    return " ".join(str(code)) if aloud else str(code)


def _time(found: re.Match[str], language: str) -> str:
    minutes = f":{found[2]}" if found[2] else ""
    if language == "en":
        return f"{found[1]}{minutes} {found[3][0]} m"
    hour, morning = int(found[1]), found[3] == "am"
    if hour == NOON:
        return f"{hour}{minutes} {'de la noche' if morning else 'del día'}"
    part = "mañana" if morning else "tarde" if hour < EVENING else "noche"
    return f"{hour}{minutes} de la {part}"
