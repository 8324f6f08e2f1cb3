"""A yes, a no, or neither, to a question of consent. Pure; only a clear yes is one: who is in doubt is asked again."""

from __future__ import annotations

import re

from bot.actions.said import Said
from bot.pipeline.plain import plain

YES, NO = "yes", "no"
UNCLEAR = "unclear"
"""Asked twice and answered with something else both times: no yes, and no wish to be left alone either."""
_NOT = re.compile(r"\b(?:not|isnt|unsafe|dont|never|no)\b")
_STARTS_YES = re.compile(r"^(?:yes|yeah|yep|yup|sure|ok|okay|sip|claro|dale|por supuesto|of course|please do)\b")
# "Si" without its accent is also "if", and "ya" is also "already": what follows them must say which it is.
_SI = re.compile(
    r"^si(?:$| (?:si|claro|ok|okay|por|porfa\w*|favor|gracias|dale|bueno|de|acuerdo|es|esta|estoy|estamos|acepto|"
    r"quiero|queremos|necesito|vengan|venga|ven|vayan|vaya|manden\w*|mande\w*|envien\w*|envie\w*|digan\w*|diga\w*|"
    r"ayuden\w*|puede|pueden|seguro|senora?|yes|please|aqui|en|al|cerca|doy|solo))\b"
)
_SI_ALONE = re.compile(r"^\W*s(?:\u00ed\b|i\u0301|i\s*[,.!])", re.IGNORECASE)
_YA = re.compile(r"^ya(?:$| (?:yes|sure|ok|okay|please|pls|thanks|thats|its|go|you|do|i do))\b")
# A yes that is taken back or hedged in the same breath.
_RESERVED = re.compile(
    r"\b(?:but|pero|aunque|though|although|unless|except|excepto|depends?|depende|only if|solo si|a menos|later|"
    r"luego|despues)\b"
)
# Who tells that somebody else has the phone has not said that a text is safe.
_READ_BY_OTHERS = re.compile(
    r"\b(?:he|she|they|husband|wife|boyfriend|girlfriend|partner|ex|mom|mother|dad|father|boss|marido|esposo|esposa|"
    r"novio|novia|pareja|mama|papa|jefe|el|ella)\b.{0,20}"
    r"\b(?:reads?|checks?|sees?|has|looks?|uses?|lee|leen|ve|revisa|mira|tiene|usa|agarra)\b"
)
_SURE = frozenset(("affirm", "acknowledge"))
# Who does not know whether a text is safe to send is taken at the safer word.
_UNSURE_OR_SKIPPED = {"unsure": NO, "skip": "skipped"}


def read_consent(said: Said, question: str) -> str | None:
    """ "yes", "no" or "skipped" as the answer to a question of yes or no; None when the message is no answer.

    "I am fine" (``safe``) is a yes to whether a text is safe, and to nothing else.
    """
    words = plain(said.text)
    if said.intent in ("deny", *_UNSURE_OR_SKIPPED):
        return _UNSURE_OR_SKIPPED.get(said.intent, NO)
    if _NOT.search(words):
        return NO if words.split()[0] in ("no", "nope", "nah") or "safe" in words or "segur" in words else None
    if _RESERVED.search(words) or _READ_BY_OTHERS.search(words):
        return None
    if words.startswith(("si ", "ya ")) or words in ("si", "ya"):
        return YES if _SI.match(words) or _YA.match(words) or _SI_ALONE.match(said.text) else None
    if said.intent in _SURE or _STARTS_YES.match(words):
        return YES
    return YES if said.intent == "safe" and question == "text_ok" else None


_REFUSES_COMPANY = re.compile(
    r"\b(?:no|dont|do not|not|never|nobody|nadie|tampoco)\b.{0,24}"
    r"\b(?:send|come|coming|visit|manden?|mandar|vengan?|venir|envien?|enviar|team|equipo)\b"
)


def refuses_company(text: str) -> bool:
    """Whether a message says that nobody is to come, whatever question it stands under."""
    return _REFUSES_COMPANY.search(plain(text)) is not None
