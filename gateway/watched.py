"""Hears that somebody else reads what is texted to this phone, also where nobody asked whether texts are safe.

Who says so is still answered. What nobody asked for (a greeting by name, a follow-up) is not sent, and a person who
would write is shown the number to call instead, as after a no to the question whether texts are safe.
"""

import re

from gateway.directory.folding import fold_closed

_SEES = r"(?:reads?|checks?|sees?|watch(?:es)?|monitors?|looks? (?:at|through)|goes? through|can (?:see|read))"
_NOT = r"(?!(?:do|does|did|ca|wo)n?t\b|doesnt|dont|didnt|cannot|never|not|no\b)"
_VE = r"(?:revisan?|leen?|checan?|miran?|ven?|vigilan?|controlan?|espian?|puede (?:ver|leer|revisar))"
_PHONE = r"(?:celular|cel|telefono|mensajes|textos|whatsapp|wasap)\b"
_WRITE = r"(?:escriban?|manden?|texteen?|mensajeen?)"
_SAYS = re.compile(
    "|".join(
        (
            rf"\b(?:he|she|they|my \w+) (?:{_NOT}\w+ )?{_SEES} (?:all )?my (?:phone|cell|texts?|messages?)\b",
            r"\b(?:do not|dont|never) (?:text|txt|message|msg)(?: me)? (?:here|back here|on this|to this|at this)\b",
            r"\b(?:not|isnt|aint) safe (?:for me )?(?:to|if you) (?:get |receive )?(?:texts?|txt|messages?)\b",
            r"\bthis (?:phone|number|cell) (?:is not|isnt|aint) (?:safe|private)\b",
            rf"(?<!\bno )\bme {_VE} (?:todo )?(?:el|los|mi|mis) {_PHONE}",
            rf"\b(?:el|ella|ellos|mi \w+) {_VE} (?:todos? )?mis? {_PHONE}",
            rf"\bno (?:me )?{_WRITE}\b[\w ]{{0,20}} (?:aqui|a este (?:numero|cel\w*|telefono))\b",
            r"\bno es seguro (?:que me (?:escriban|manden)|recibir (?:mensajes|textos))\b",
            r"\beste (?:celular|cel|telefono|numero) no es (?:seguro|privado)\b",
        )
    )
)


def says_so(text: str) -> bool:
    """Whether the resident says that others read this phone, or not to text it here. Never by a guess: only plain
    words count, because a person has to call from then on."""
    return _SAYS.search(fold_closed(text)) is not None
