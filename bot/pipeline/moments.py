"""Read from a text of small letters without accents when help is wanted or something is due, in both languages.

What is over says nothing about when help is wanted, so that "he called friday" and "i have not eaten in 2 days" tell no
time; neither do a greeting ("morning"), a verb ("he sat down") or a number of something else ("las 2 niñas").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.pipeline.counts import COUNTED, Mark

_CLOCK = r"(?:(?:1[0-2]|0?[1-9])(?::\d\d)?|(?:1\d|2[0-3]):\d\d)"
_DAYS = {
    "monday": "mondays?|mon|lunes",
    "tuesday": "tuesdays?|tues?|martes",
    "wednesday": "wednesdays?|weds?|miercoles",
    "thursday": "thursdays?|thurs?|jueves",
    "friday": "fridays?|fri|viernes",
    "saturday": (
        r"saturdays?|(?<!he )(?<!she )(?<!they )(?<!just )(?<!been )(?<!who )sat(?! (?:down|prep|there|by|on|in|next|"
        r"outside|with|here|test|score|exam|at the)\b)|sabados?"
    ),
    "sunday": r"sundays?(?! (?:school|best|dress)\b)|domingos?",
}
_MONTHS = (
    "january|february|feb|march|april|may|june|july|august|september|sept|october|november|december|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_BY = "by|til|till|until|before|b4|after|around|at"
_ANTES = "hasta|antes de|despues de|a partir de|cerca de|a"
_GOES_ON = "y|con|esquina|horas|dias|noches|semanas|veces|cosas|bolsas|manos|piernas|muelas|llantas|cuadras"
_PATTERNS: dict[str, str] = {
    "now": (
        r"right now|(?<!an )(?<!the )(?<!my )(?<!as )rn(?! (?:license|program|job|school)\b)|rite now|asap|ahorita|"
        r"ahora mism\w+|abiert\w+ ahora|ahora(?=\?)|ya mismo|horita|en una hora|in an hour|here now|open now"
    ),
    "tonight": (r"tonight|tonite|2ni(?:te|ght)|(?<!, )tn(?! ?\d{5})|this evening|esta noche|hoy (?:en|por|a) la noche"),
    "night": r"overnite|overnight(?! diapers)|(?:de|por la|en la) noche|en la madrugada|at ni(?:ght|te)|nights? only",
    "tomorrow": r"tomorrow|tomorow|tomoro|tmrw|tmr|tmw|tomm?orr?ow|2morrow|(?<!la )(?<!esta )(?<!buena )manana",
    "today": r"today|2day|tday|hoy(?: mismo| dia)?|this (?:morning|mornin|afternoon|am)|esta (?:tarde|manana)",
    **{day: rf"(?:(?:el|los|este) )?(?:{words})" for day, words in _DAYS.items()},
    "weekend": r"(?:this |the )?(?:weekends?|wknd)|(?:este |los |el )?fin(?:es)? de semana|este fin|el weekend",
    "week": r"this week|next week|esta semana|la (?:proxima semana|semana que (?:viene|entra))",
    "month": (
        r"next month|el (?:proximo mes|mes que (?:viene|entra))|(?:the )?end of (?:the )?month|month end|"
        r"fin de mes"
    ),
    "by_day": (
        r"(?:in )?(?:the )?mornings?(?! (?:after|sickness)\b)|in mornings|(?:in )?(?:the )?afternoons?|"
        r"(?:in the )?evenings?|weekdays(?: only)?|"
        r"(?:en|por) las? (?:mananas?|tardes?)|durante el dia|en el dia|during the day|in the mornin|"
        r"for the day|after school|(?:before|b4) work|late night"
    ),
    "hour": (
        rf"(?:(?:{_BY}) )?(?:{_CLOCK} ?[ap]\.?m\b\.?|noon|midni(?:ght|te)|mediodia|medianoche)|"
        rf"(?:{_BY}) {_CLOCK}(?=$|[,.;?!)]| (?:and|n|y|but|so|today|tmrw|tomorrow|if|i|b4)\b)|"
        rf"(?:(?:{_ANTES}) )?las {_CLOCK}(?: de la (?:manana|tarde|noche)| ?[ap]m)?(?=$|[ ,.;?!)])"
        rf"(?! (?:{_GOES_ON}|{COUNTED})\b)"
    ),
    "date": (
        rf"(?:(?:{_BY}) )?the \d{{1,2}}(?:st|nd|rd|th)\b(?! (?:st|street|ave|avenue|floor|grade|(?:and|"
        rf"n) (?!im|i|we|my|they|its))\b)|"
        rf"(?:hasta|antes del?|para|(?<!en )(?<!bus )(?<!tomo )(?<!camion )el)(?: el)?(?: dia)? "
        rf"(?:\d{{1,2}}|primero(?! que))(?=$|[,.;?!)]| (?:de|y|que|me|nos|no|tengo|a)\b)"
    ),
    "month_named": rf"(?:in|by|til|till|until|before|on|en|para|pa|hasta) (?:{_MONTHS})(?: \d{{1,2}})?",
    "in_days": (
        r"in (?:\d{1,2}|two|three|a few) (?:days|weeks|wks|mo|months|hrs|hours)(?! (?:old|pregnant))|"
        r"(?:en|dentro de) (?:\d{1,2}|dos|tres) (?:dias|semanas|meses|horas)|48 ?(?:hrs|hours|horas)"
    ),
    "deadline": r"\d{1,2}[ -]days?(?: notice)|(?:notice|aviso|desalojo) de \d{1,2} dias",
}
_WHEN = [(code, re.compile(rf"(?<![\w'])(?:{pattern})(?!\w)")) for code, pattern in _PATTERNS.items()]
# What is over says nothing about when help is wanted, and "good morning" says no time at all.
_PAST = re.compile(
    r"(?:since|last|yesterday|good|buen[oa]s?|desde(?: ayer| anoche)?|pasad[oa]|every|each|cada|ayer|anoche|not bad|"
    r"hace|el pasado|bad|worse|siempre|tod[oa]s (?:los|las)) (?:el |la |en la |por la |a la |in the )?$"
)
_AGO = re.compile(r" (?:ago|atras|pasad[oa])\b")
_CLAUSE = re.compile(r"[.;!?,]|\b(?:and|n|but|so|need\w*|pero|y|necesit\w+|ocupo|busco)\b")
_SINCE = re.compile(r"\b(?:since (?!i\b|we\b|theres?\b)|desde que )")
# Verbs of what is over; "lost" and the like count only in the clause of the time itself.
_OVER = re.compile(
    r"\b(?:died|passed|od'?e?d|moved|filed|born|was (?:on )?$|were|called|saw|came|went|left|ran out|quit|missed|"
    r"released|got (?:shot|jumped|out|hurt|fired|robbed|released)|was \w+ed|lost|last (?:call|text|seen|time)|"
    r"naci\w*|murio|fallecio|perdi|llegue|llego|llegaron|vine|vino|salio|sali|me fui|se fue|paso|pego|llamo|vi|vimos|"
    r"empezo|termino|me corrieron|me robaron|me despidieron|ultima vez)\b"
)
_DUE = re.compile(
    r"\b(?:by|before|b4|til|till|until|for|next|this|due|is|hasta|para|pa|antes del?|este|proximo|es)(?: el| on)? $"
)
_NOT_YET = re.compile(
    r"(?:n't|\b(?:havent|hasnt|hadnt|aint|didnt|dont|not|no|nobody|never|without|nadie|nunca|nada|sin|first))\b"
)
_CALM = re.compile(
    r"\b(?:(?:im|i am|we are|not) (?:safe|ok|okay|fine|hurt|in danger)|(?:no ?one|nobody)(?:s| is) \w+|"
    r"no (?:hay )?(?:peligro|nadie)|nadie (?:esta )?(?:herid\w+|en peligro)|a salvo)\b"
)
_GREETS = re.compile(
    r"(?:morning|afternoon|evening)s?(?=$| ?[^\w\s]| (?:i|im|my|can|do|is there|ma'?am|sir|there|all|y'?all)\b)"
)
_MAKES_ENDS_MEET = re.compile(r"\b(?:lleg\w+|alcanza\w*) a $")
_DATED = frozenset((*_DAYS, "month_named", "hour", "date"))


def moments(low: str) -> Iterator[Mark]:
    """Times that a text tells, each as a code and where it stands."""
    for code, pattern in _WHEN:
        for match in pattern.finditer(low):
            if not _says_no_time(code, low, match):
                yield Mark(match.start(), match.end(), code)


def _says_no_time(code: str, low: str, match: re.Match[str]) -> bool:
    before = low[: match.start()]
    clause = _CLAUSE.split(before)[-1]
    if _PAST.search(before) or _AGO.match(low, match.end()) or _SINCE.search(clause):
        return True
    if code in _DATED:
        is_due = _DUE.search(before) or _DUE.match(f"{match[0].split(' ')[0]} ")
        return not is_due and _OVER.search(clause) is not None
    return _idle(code, low, match, clause)


def _idle(code: str, low: str, match: re.Match[str], clause: str) -> bool:
    """A word of time that is none: a greeting, a saying, how long something has not been, that nobody is in danger."""
    if code == "by_day":
        return match.start() == 0 and _GREETS.match(low) is not None
    if code == "in_days":
        return match[0].startswith(("in ", "en ")) and _NOT_YET.search(clause) is not None
    if code == "now":
        return _CALM.search(clause) is not None
    return code == "month" and _MAKES_ENDS_MEET.search(clause) is not None
