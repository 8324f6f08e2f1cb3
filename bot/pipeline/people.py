"""Read from a text whether help is sought for the writer ("self") or for someone else ("other")."""

from __future__ import annotations

import re

_KIN = (
    "kids?|son|sons|daughters?|child|children|baby|babies|newborn|toddler|teen|teenager|mom|moms|mother|mama|dad|father|"
    "parents?|wife|husband|partner|girlfriend|boyfriend|gf|bf|friends?|homie|neighbors?|neighbours?|brothers?|sisters?|"
    "sibling|grandma|grandmother|grandpa|grandfather|grandparents|grandson|granddaughter|grandkids|family|cousin|aunt|"
    "uncle|niece|nephew|roommate|coworker|student|patient|man|woman|guy|lady|person|girl|boy|kid|elder|"
    "hijos?|hijas?|ninos?|ninas?|bebe|bebes|mama|mami|papa|papi|madre|padre|padres|papas|esposo|esposa|marido|mujer|"
    "pareja|novio|novia|amigo|amiga|amigos|amigas|vecino|vecina|vecinos|hermano|hermana|hermanos|hermanas|abuelo|abuela|"
    "abuelos|abuelita|abuelito|nieto|nieta|nietos|familia|primo|prima|tio|tia|sobrino|sobrina|suegra|suegro|cunado|"
    "cunada|companero|companera|senor|senora|muchacho|muchacha|joven|chamaco|chavo|hijito|hijita|alguien|"
    "carnal|carnala|compa|compadre|comadre|pana|cuate|morro|morra|mijo|mija|viejito|viejita|bro|sis|folks|in laws"
)
_WHOSE = (
    "my|our|his|her|their|a|an|the|some|this|that|mi|mis|un|una|unos|unas|nuestro|nuestra|nuestros|su|sus|el|la|los|"
    "las|este|esta|ese|esa"
)
_VERBS = (
    "needs?|is|are|has|have|was|got|lost|cant|cannot|doesnt|dont|wants?|feels?|hasnt|isnt|"
    "necesitan?|esta|estan|tiene|tienen|quiere|quieren|perdio|no|anda|busca|se|fue|ocupa|le|les|sufre|vive"
)
_STRANGER = "man|woman|guy|lady|person|senor|senora|hombre|mujer|persona|muchacho"

_OTHER = [
    re.compile(rf"\b(?:for|para|pa|4)\s+(?:{_WHOSE})\s+(?:\w+\s+){{0,2}}?(?:{_KIN})\b"),
    re.compile(rf"\b(?:my|mi|mis|our|a|un|una|the|la|el)\s+(?:\w+\s+)?(?:{_KIN})\s+(?:{_VERBS})\b"),
    re.compile(r"\b(?:for|para|pa|4)\s+(?:someone|somebody|him|her|them|ella|ellos|ellas|alguien|otra persona|otro)\b"),
    re.compile(r"\b(?:someone else|somebody else|another person|otra persona|alguien mas)\b"),
    re.compile(r"\b(?:not for me|no es (?:para|pa) mi|no (?:para|pa) mi)\b"),
    re.compile(rf"\b(?:worried about|check on|help)\s+(?:{_WHOSE})\s+(?:\w+\s+)?(?:{_KIN})\b"),
    re.compile(rf"\b(?:preocupad[oa] por|ayudar a)\s+(?:{_WHOSE})\s+(?:\w+\s+)?(?:{_KIN})\b"),
    re.compile(rf"\b(?:there is|theres|there s|hay)\s+(?:a|an|un|una)\s+(?:\w+\s+)?(?:{_STRANGER})\b"),
]
_NOT_SELF = re.compile(r"\b(?:not for me|no es (?:para|pa) mi|no (?:para|pa) mi)\b")
_SELF = [
    re.compile(r"\b(?:for me|for myself|its me|just me|for us|me and my|my kids and (?:me|i)|myself)\b"),
    re.compile(r"\b(?:(?:para|pa) nosotros|(?:para|pa) mi y|solo yo|yo mismo|yo misma)\b"),
    re.compile(rf"\b(?:para|pa) mi\b(?!\s+(?:\w+\s+)?(?:{_KIN})\b)"),
]
_SELF_TOLD = re.compile(
    r"\b(?:i am|im|ive|i have no|i have nowhere|i dont have|i lost|i cant|i got|we are|were being"
    r"|we dont have|my rent|"
    r"my lights?|my power|my landlord|estoy|soy|tengo|no tenemos|me quede|me quedo|me siento|me van a|me cortaron|"
    r"me corrieron|me echaron|perdi|duermo|vivo|estamos|somos|mi renta|mi luz)\b"
)
_LEAD = r"^(?:(?:its|it is|es|for|para|no|yes|si|pa|solo|just)\s+)*"
_ALONE_OTHER = re.compile(
    rf"{_LEAD}(?:(?:{_WHOSE})\s+)?(?:\w+\s+)?"
    rf"(?:{_KIN}|someone|other|else|otro|otra|otra persona|them|him|her|ella)$"
)
_ALONE_SELF = re.compile(
    rf"{_LEAD}(?:me|mi|yo|myself|us|i|nosotros|both|both of us|ambos|los dos|mi mismo|mi misma|mine|self|"
    r"you me|soy yo)$"
)


_ALONE_US = re.compile(
    rf"{_LEAD}(?:me|mi|yo|myself|us|i|nosotros) (?:and|y|n|con|with) (?:(?:{_WHOSE}|\d+|two|three|four"
    rf"|dos|tres|cuatro) )*"
    rf"(?:\w+ )?(?:{_KIN})$|{_LEAD}(?:(?:{_WHOSE}) )?(?:\w+ )?(?:{_KIN}) (?:and|y|n) (?:me|i|yo|mi)$"
)


def names_people(words: str) -> bool:
    """Whether a plain text names people and nothing else: "my brother", "mi y mi carnal", "us"."""
    return any(pattern.match(words) for pattern in (_ALONE_SELF, _ALONE_OTHER, _ALONE_US))


def for_whom(words: str, *, asked: bool, about_need: bool) -> str | None:
    """ "self", "other" or None; `words` is a plain text, `asked` whether this was the question just put.

    `about_need`: the message also tells a need, so that "tengo hambre" can mean the writer.
    """
    if asked and (_ALONE_SELF.match(words) or _ALONE_US.match(words)):
        return "self"
    if not _NOT_SELF.search(words) and any(pattern.search(words) for pattern in _SELF):
        return "self"
    if any(pattern.search(words) for pattern in _OTHER) or (asked and _ALONE_OTHER.match(words)):
        return "other"
    if (asked or about_need) and _SELF_TOLD.search(words):
        return "self"
    return None
