"""Tell what is no answer: a sentence sent before its end ("no tengo"), a doubt about something else. Pure."""

from __future__ import annotations

import re

from bot.pipeline.plain import plain

_LEAD = r"(?:(?:pues|es que|oiga|mire|hola|hi|hello|hey|so|well|yo|nosotros|the thing is|ya|si|yes|no|aqui) )*"
# Each of these lacks what it is about. "No hay" and "I do not" are whole, and answer a question of yes or no.
_LACKS = re.compile(
    rf"{_LEAD}(?:"
    r"no (?:tengo|tenemos|tiene|tienen|traigo|puedo|podemos|encuentro|encontramos|consigo|hallo|se donde|me dejan)"
    r"|(?:tengo|tenemos|necesito|necesitamos|ocupo|ocupamos|quiero|quisiera|busco|buscamos|me urge|ando buscando)"
    r"|(?:i|we) (?:dont|do not|aint|havent|have not) (?:have|got|got any|have any|have no|know where)"
    r"|(?:i|we) (?:cant|cannot|can not) (?:find|get|afford|pay)"
    r"|(?:i|we|im|were|i am|we are) (?:need|want|have|got|looking for|trying to find|trying to get|really need)"
    r"|(?:i|we) have (?:no|a|my)"
    r")"
)


# Unsure of something else than of what was asked: of where to go, of a ZIP code.
_DOUBTS = re.compile(
    r"\b(?:no (?:estoy segur[oa]|se)|not sure|dont know|do not know|idk)(?: (?:de|about|of))? "
    r"(?:a ?donde|donde|como|que hacer|cual|cuando|cuanto|quien|where|how|what to|which|when|who|(?:the|my|mi|el|la) "
    r"(?:zip|address|street|codigo|direccion|calle))\b"
)


def doubts_something_else(text: str) -> bool:
    """Whether a message tells of a doubt that is none about being safe: "no estoy seguro de donde ir"."""
    return _DOUBTS.search(plain(text)) is not None


def breaks_off(text: str) -> bool:
    """Whether a message ends where the thing that it speaks of should stand."""
    return _LACKS.fullmatch(plain(text)) is not None
