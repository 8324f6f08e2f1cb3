"""Tell a question about a listed place, which its number or a call answers, from a new request. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.actions.said import Known, Said
from bot.pipeline.plain import plain
from bot.pipeline.trouble import tells_trouble

_THEY = r"(?:they|it|that|this|the place|those|these)"
_ASKS = re.compile(
    rf"^(?:(?:and|so|ok|okay|but|y|pero|oiga|disculpe|entonces) )*(?:"
    rf"(?:at )?(?:what|wat|wut) (?:time|hours?|days?)(?: .*)?|(?:whats|what is|what are|what r) (?:the"
    rf"|their|there) "
    rf"(?:hours?|phone|number|address|schedule|website)(?: .*)?|hours"
    rf"|when (?:do|does|is|are|will|r) {_THEY} .*|how (?:far|long|late|much)(?: (?:is|does|do|will|are"
    rf"|of|away)\b.*)?"
    rf"|(?:do|does|is|are|will|can|r|did) {_THEY} (?:open|opened|closed?|free|far|take|accept|allow"
    rf"|have|speak|serve|cost|"
    rf"charge|need|require|ask|safe|wheelchair|walk|still|help|let|want|give)\b.*"
    rf"|(?:do|will) (?:i|we) (?:need|have to|gotta)\b.*|(?:can|may|could) (?:i|we) (?:bring|walk in"
    rf"|just go|go|show up|call)\b.*"
    rf"|what (?:do|should) (?:i|we) (?:bring|need|say)\b.*"
    rf"|(?:a |hasta |desde )?que (?:hora|horario|horas|dias?)\b.*|(?:cual|cuales) (?:es|son) (?:el|la|los|su|sus) "
    rf"(?:horario|telefono|numero|direccion|horas)\b.*|horarios?"
    rf"|cuando (?:abren?|cierran?|estan?|atienden)\b.*|(?:esta|queda|quedan) (?:muy )?(?:lejos|cerca|retirado)\b.*"
    rf"|que tan (?:lejos|cerca|retirado)\b.*|cuanto (?:cuesta|cobran?|vale|dura|tarda|me cobran)\b.*"
    rf"|(?:es|son) (?:gratis|gratuit[oa]s?|segur[oa]s?)\b.*|(?:piden|necesito llevar|tengo que llevar"
    rf"|que (?:llevo|necesito llevar"
    rf"|tengo que llevar|piden|ocupo llevar))\b.*|(?:aceptan|reciben|dejan|hablan|atienden|cobran"
    rf"|abren|cierran|permiten)\b.*"
    rf"|(?:necesito|ocupo|hay que hacer|tengo que hacer|hago) (?:una )?cita\b.*|puedo (?:llegar|ir"
    rf"|llevar|llamar|entrar)\b.*"
    rf")$"
)


def aside(known: Known, said: Said, names_need: Callable[[str], bool]) -> str | None:
    """What is said to a message about services that were just given, though it looks like a new request; else None.

    `names_need` tells whether a text names a need; it is asked last, for it costs more than the rest.
    """
    if not known.served or known.open_question or said.zip or said.place:
        return None
    if asks_about_listed(said.text):
        return "utter_listed"
    complains = known.needs and tells_trouble(plain(said.text)) and not names_need(said.text)
    return "utter_complaint_more" if complains else None


def asks_about_listed(text: str) -> bool:
    """Whether a message asks for the hours, the way, the price or the rules of a place that was just listed."""
    return _ASKS.match(plain(text)) is not None
