"""How urgent a welfare check is, by fixed words: "not seen for days, does not open, 82, lives alone" is not routine.

Somebody whom no one has seen may lie where they fell (domain.md 1.1: someone worried about another wants a person now).
Rules only raise: what they do not find stays routine, and a person reads it all the same.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from gateway.language.letters import fold, normal
from gateway.risk import Level

NEED = "welfare_check"
OLD = 65  # years
FRAIL_ACCESS = frozenset(("homebound", "memory", "breathing", "illness", "disabled", "wheelchair", "walking", "blind"))

_DAYS = (
    r"(?:(?:[2-9]|\d\d|two|three|four|five|six|seven|ten|a few|several|(?:a )?couple(?: of)?|many) days|days|"
    r"a week|weeks|(?:1|one|two|2|3) weeks?|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
)
_DIAS = (
    r"(?:(?:[2-9]|\d\d|dos|tres|cuatro|cinco|seis|siete|diez|varios|unos|muchos) dias|dias|(?:una|1|la) semana|semanas|"
    r"toda la semana|el (?:lunes|martes|miercoles|jueves|viernes|sabado|domingo))"
)
UNSEEN = re.compile(
    r"\b(?:not|no ?one|nobody|never|havent|hasnt|have not|has not|aint|didnt|dont|since|last (?:seen|heard)|missing|"
    rf"no sign|no word)\b[^.!?]{{0,60}}\b{_DAYS}\b"
    rf"|\b{_DAYS}\b[^.!?]{{0,20}}\b(?:since|without (?:a word|seeing))\b"
    rf"|\b(?:mail|newspapers?|papers|packages)\b[^.!?]{{0,25}}\b(?:piling|pile|stack\w*|full|building)\b"
    rf"|\b(?:no|nadie|ni|nunca|sin|desde|ultima vez)\b[^.!?]{{0,60}}\b{_DIAS}\b"
    rf"|\b(?:hace|lleva|llevan|van|tiene) (?:como |ya )?{_DIAS}\b[^.!?]{{0,40}}\b(?:no|sin|nadie|ni)\b"
    r"|\bno ha recogido\b[^.!?]{0,20}\b(?:correo|cartas|periodico)\b"
    r"|\b(?:correo|buzon|cartas|periodicos?)\b[^.!?]{0,30}\b(?:llen[oa]|acumul\w+|junt\w+|amonton\w+)\b"
)
SILENT = re.compile(
    r"\b(?:not|wont|doesnt|does not|isnt|isn t|aint|hasnt|didnt|no)\b (?:\w+ ){0,2}(?:answer\w*|pick\w* up|respond\w*|"
    r"reply\w*|opening|open|come to)\b"
    r"|\bno (?:me |le |nos |ha )?(?:contest\w+|respond\w+|abr\w+|coge|agarra|levanta|atiende)\b"
)
FRAIL = re.compile(
    r"\b(?:elderly|old (?:man|lady|woman|guy|neighbou?r)|older|senior|grand(?:ma|pa|mother|father)|"
    r"(?:lives?|living|all) (?:by (?:him|her)self|alone)|on (?:his|her) own|sick|ill|diabet\w+|insulin|heart|stroke|"
    r"oxygen|"
    r"seizures?|dementia|alzheimer\w*|cancer|dialysis|wheelchair|disabled|blind|fell|falls|smell\w*|flies|moaning|"
    r"bab(?:y|ies)|pregnant|"
    r"viejit[oa]|ancian[oa]|abuel(?:it)?[oa]|mayor|vive sol[oa]|esta sol[oa]|enferm[oa]|diabet\w+|insulina|"
    r"corazon|marcapasos|derrame|oxigeno|epilep\w+|demencia|cancer|dialisis|silla de ruedas|discapacitad[oa]|cieg[oa]|"
    r"se cayo|se cae|huele|olor|moscas|queji\w+|bebe|embarazada)\b"
)
_YEARS = re.compile(r"\b(6[5-9]|[7-9]\d|10[0-5])\b(?! ?(?:st|nd|rd|th|dollars|dolares|mission|ave|calle)\b)")


def level(said: Collection[str], told: Mapping[str, Any]) -> Level:
    """``urgent`` where two of three things come together, else ``routine``: unseen for days, no answer, frail.

    ``said`` are the texts of the conversation, ``told`` what the screening kept of them (ages in years and limits).
    """
    words = " . ".join(_plain(text) for text in said)
    signs = (UNSEEN.search(words), SILENT.search(words), FRAIL.search(words) or _is_frail(words, told))
    return Level.URGENT if sum(bool(sign) for sign in signs) > 1 else Level.ROUTINE


def _is_frail(words: str, told: Mapping[str, Any]) -> bool:
    ages = [int(age) for age in str(told.get("ages") or "").split(",") if age.isdigit()]
    limits = set(str(told.get("access") or "").split(","))
    return any(age >= OLD for age in ages) or bool(limits & FRAIL_ACCESS) or _YEARS.search(words) is not None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.!?]+", " ", fold(normal(text)).replace("'", "")).strip()
