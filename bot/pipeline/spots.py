"""Places that the tagger did not see or cut short: crossings, house numbers, what one is near, towns. Pure."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bot.pipeline.edges import NO_NAMES, UPPER, named
from bot.pipeline.plain import unaccented
from bot.pipeline.tagger import towns

_KINDS = (
    r"park|library|church|plaza|mall|bridge|clinic|airport|market|walmart|target|mcdonald'?s|safeway"
    r"|walgreens|cvs|costco|"
    r"home depot|train station|bus station|bus stop|bart station|bart|station|greyhound station"
    r"|greyhound|laundromat|"
    r"gas station|underpass|overpass|river|creek|pier|beach|campus|courthouse|city hall|fairgrounds"
    r"|stadium|parking lot|"
    r"post office|dmv|ymca|rec center|community center|starbucks|7[ -]?eleven|burger king|taco bell|dollar tree|"
    r"dollar general|rv park|trailer park|skate park|boat ramp|playground|motel ?6|food bank|armory"
    r"|high school|college|hospital"
)
_KINDS_ES = (
    r"parque|biblioteca|iglesia|plaza|puente|mercado|terminal|estacion de (?:bus|tren|bart|autobuses)"
    r"|estacion|parada del? "
    r"(?:bus|camion|autobus|\d+)|gasolinera|lavanderia|walmart|target|costco|mcdonald'?s|safeway"
    r"|walgreens|cvs|home depot|"
    r"bart|mall|centro|playa|cancha|muelle|alcaldia|pulga|oxxo|7[ -]?eleven|mision|embarcadero"
    r"|consulado|kinder|taqueria|"
    r"tienda|panaderia|clinica"
)
_NEARBY_ES = (
    r"colegio|supermercado|aeropuerto|cementerio|hospital|escuela|secundaria|prepa|universidad|zoologico|correo"
)
"""Kinds that are places only for who is near them: "en la escuela" tells what happened there."""
_BESIDE = (
    r"at|by|near|behind|outside(?: of)?|in front of|across from|next to|under|around|off|close to"
    r"|beside|inside|down by"
)
_BESIDE_ES = (
    r"cerca del?|afuera del?|fuera del?|frente al?|enfrente del?|detras del?|atras del?|debajo del?"
    r"|abajo del?|junto al?|"
    r"al lado del?|a un lado del?|a la vuelta del?|(?:por|x) donde esta|entre|por (?:el lado|el rumbo|ahi cerca) del?|"
    r"del lado del?|rumbo al?|a la altura del?|a (?:una|dos|2|tres|3) cuadras? del?|pegado al?|cerquita del?|"
    r"en medio del?|por ahi del?|dentro del?|adentro del?|en frente del?|llegando al?|saliendo del?|serca del?|bajo|"
    r"tras"
)
BESIDE = (
    rf"{_BESIDE}|off of|below|past|along|(?:the )?corner of|corner|(?:por |en )?(?:la )?esquina(?: de| con)?|"
    r"frente al?|por atras del?|" + _BESIDE_ES
)
"""Words that lead to a place, in small letters without accents: "behind", "a la vuelta de"."""
_END = (
    r"(?= *(?:$|[,.;!?]|(?:ahorita|ahora|hoy|porfa|por favor|porfavor|xfa|urgente|please|pls|plz|rn|now|today|asap|"
    r"right now|gracias|thanks)\b))"
)
_ON = r"(?: (?:on|at|off) (?:\d{1,3}(?:st|nd|rd|th)?|[a-z]{3,})(?: (?:st|street|ave|avenue|blvd|rd))?" + _END + ")?"
_OF = r"(?: (?:de|en) (?:(?:la|el|calle|avenida) )*(?:\d{1,3}|[a-z]{4,})" + _END + ")?"
_NO_STREET = (
    "the|my|our|your|his|her|their|i|we|you|me|this|that|it|a|an|in|on|at|to|for|with|no|not|need|have|is|are|and"
)
_NO_CALLE = "mi|mis|su|sus|no|el|los|las|un|una|es|me|que|se|de|del|en|y|con|para|por|hay|tengo|necesito|estoy|soy|yo"
_NO_THING = (
    "of|de|dollars?|bucks|years?|yrs?|min|mins|minutes?|days?|people|kids|hours?|hrs|more|months?|weeks?|feet|blocks?|miles|"
    "por|personas?|anos?|anitos|pesos|dolares|dias?|horas?|meses|semanas?|cuadras?|needles|syringes|jeringas|agujas|here|"
    "something|ayud\\w+|cumplidos|times|veces|percent|block|nights?|noches?|ninos|hijos|cats|dogs|tents|bags|boxes"
)
_NAME = rf"(?!(?:{_NO_STREET})\b)[a-z0-9']{{2,}}"
_CALLE = rf"(?:la )?(?!(?:{_NO_CALLE})\b)[a-z0-9]{{2,}}"
_STREET = r"(?: (?:st|street|ave|avenue|blvd|rd))?"
_ROAD = r"(?:i-?|hwy |highway |route |us )"
_CROSSING = r"(?: (?:bridge|overpass|underpass|freeway|exit|ramp))"
_PATTERNS = (
    # "at turk n hyde", "entre la 24 y mission"
    rf"\b(?:at|on|near|by|corner of|between) ({_NAME} (?:and|n|&) {_NAME}(?: (?:st|street|ave))?){_END}",
    (
        rf"\b(?:en|por|cerca de|esquina(?: de| con)?|entre) (?!\d+ y \d+\b|la calle (?:y|con)\b)"
        rf"({_CALLE} (?:y|con) {_CALLE}){_END}"
    ),
    # "sobre Capp con la 21"
    rf"\b((?!(?:calle|dia|cita|carta|renta)\b){_CALLE} con la \d{{1,3}}){_END}",
    # "la Capp con 22", "calle Alabama y 23"
    (
        rf"\b((?:la|calle) (?!(?:{_NO_CALLE}|casa|noche|calle|renta|luz|cita|carta|mesa|vida|edad)\b)"
        rf"[a-z]{{3,}} (?:y|con) \d{{1,3}}){_END}"
    ),
    # "550 jones"
    rf"(?:^|[,.;]|\bat|\bon|\ben) ?((?!911\b)\d{{2,5}} (?!(?:{_NO_THING})\b)[a-z]{{4,}}{_STREET}){_END}",
    # "vivo en la 19", "por la sexta"
    (
        rf"\b(?:en|por|cerca de|hasta|sobre) (la (?:\d{{1,3}}|segunda|tercera|cuarta|quinta|sexta|septima"
        rf"|octava|novena)){_END}"
    ),
    # "under the 101 bridge", "off hwy 20"
    (
        rf"\b(?:under|below|off|underneath|by|near|on) ((?:the )?(?:{_ROAD}\d{{2,3}}"
        rf"|\d{{2,3}}(?={_CROSSING}\b)){_CROSSING}?){_END}"
    ),
    rf"\b(?:under|below|off|underneath) (the \d{{2,3}}){_END}",
    rf"\b(?:{_BESIDE}) ((?:the |da )?(?:{_KINDS}){_ON})\b",
    rf"\b(?:{_BESIDE_ES}) ((?:el |la |los |las )?(?:{_KINDS_ES}|{_NEARBY_ES}){_OF})\b",
    rf"\b(?:en|por|x) ((?:el |la )(?:{_KINDS_ES}|metro|hospital general){_OF}){_END}",
    r"\b(?:en|por|x) (el (?:centro de la ciudad|(?:sur|norte|este|oeste|centro) de (?!la\b)[a-z]{4,}(?: [a-z]{4,})?))"
    + _END,
)
_SPOTS = tuple(re.compile(pattern) for pattern in _PATTERNS)
_TOWN = re.compile(
    r"\b(?:in|near|around|en|cerca de|soy de|somos de|(?:im|i'm|i am|we are|we're|were) from|vivo en|aqui en) "
    r"(?:downtown |east |west |north |south )?((?:[a-z]+ ?){1,3})"
)
# Before the last word: whoever goes there, comes from there or is called so is not asking there.
_NO_TOWN = re.compile(
    r"(?:\b(?:to|from|a|de|hasta|desde|para|los|las|mi|my|the|un|una|mr|mrs|ms|is|soy|named|called"
    r"|llama|llamo|con|with|of|y|and|"
    r"el|la|por|for|san|santa|st|on|en|in|name|no|not|son|hi|hello|hey|hola|gracias|thanks|ok) )$"
)
_ARTICLE = re.compile(r"(?:la|el|los|las|del|de) ")
_WITH_ARTICLE = frozenset(("los angeles", "las vegas", "el paso", "el monte", "el cajon", "los gatos", "la puente"))
_AFTER_TOWN = re.compile(
    r" *(?:$|[,.;!?]|(?:and|y|with|for|pls|please|rn|now|con|para|tonight|but|pero|no|hoy|right|area|asap)\b)"
)
_LONGEST_TOWN = 3
_LEAST_LETTERS = 5
"""Of a town's name that is taken for one where nothing before it says that it is a place."""
_WORDS_FILE = Path(__file__).parent / "town_words.txt"

_NO_NAME = frozenset(f"{_NO_STREET}|{_NO_CALLE}|im|he|she|they|who|or|but|pero|sin|somos|esta|nos".split("|"))
_CROSSES = r"(?:and|y|n|&|con|x)"
_LEFT = re.compile(
    rf"(?:\b(?:at|on|near|by|en|por|de|esquina|entre|corner of|outside) |, )"
    rf"((?:la |the )?([a-z0-9']{{2,}}) {_CROSSES} (?:la |the )?)$"
)
_RIGHT = re.compile(rf" {_CROSSES} (?:la |the )?\d{{1,3}}(?:st|nd|rd|th|ra|da|ta)?{_END}")
# "el vecino de la Capp [con 22] pone música": "la" and a name is a street, and the number the one that crosses it.
_OF_LA = re.compile(r"(?:la|calle|la calle) [a-z]{3,}")
_NUMBER_RIGHT = re.compile(
    rf" (?:y|con) (?:la )?\d{{1,3}}(?![\w:/$%])(?! (?:{_NO_THING}|ninas?|hijas?|perros?|gatos?|[ap]m|de la)\b)"
)
# A street with a number is crossed by a name as well: "4th [n brannan]", "la calle 24 [con capp]".
_NUMBERED = re.compile(r"(?:la )?(?:calle )?\d{1,3}(?:st|nd|rd|th|e?ra|da|ta)?(?: (?:st|street|ave|avenue))?")
_NAME_RIGHT = re.compile(rf" {_CROSSES} (?:la |the )?(?:{_NAME})(?: (?:st|street|ave|avenue|blvd|rd))?{_END}")
# The spot before a street or town that was found alone: "at the truck stop in [barstow]", "en la salida de [la 99]".
_STOPS = rf"{_KINDS}|truck stop|rest (?:stop|area)|bus depot|depot|motel|hotel|er|emergency room"
_STOPS_ES = rf"{_KINDS_ES}|metro|salida|entrada|hotel|motel|hospital|banco|central|deposito|callejon|apartamentos"
_SPOT_LEFT = re.compile(
    rf"\b(?:{_BESIDE}|from) (?:the |da |our |an? )?((?:[a-z']+ )?(?:{_STOPS}) (?:in|on|at|off|by|and) (?:the )?)$|"
    rf"\b(?:en|por|(?:estacionamiento|bano) del?|{_BESIDE_ES}) "
    rf"((?:el |la |los |las )?(?:{_STOPS_ES}) (?:de|del|en|con) (?:la |el )?)$|"
    r"\b(?:en|por|de|sobre) (la (?!(?:calle|casa|noche|tarde|escuela|clinica|iglesia|misma|basura|banqueta|acera|"
    r"esquina|ropa|luz|renta|cita|corte|comida|ayuda)\b)[a-z0-9]{2,} en )$"
)
_STATES = "ca|tx|nv|az|wa|ny|nj|fl|ga|nc|sc|md|tn|ky|mo|mn|wi|il|ut|nm|ks|nd|sd|mt|wy|ct|ri|nh|vt|wv|ak|dc"
_MORE_RIGHT = re.compile(rf",? (?:{_STATES}){_END}| (?:by|at|near|off) exit \d{{1,3}}\b")
_KIND_BEHIND = re.compile(
    r" (?:st|street|ave|avenue|blvd|hotel|motel|inn|jail|church|park|library|exit|station|center"
    r"|hospital|school|plaza|mall|"
    r"terminal|apartments|apts|projects|campus|bridge|market|clinic|shelter|pantry)\b"
)
_FEW_WORDS = 2
# Spanish writes few words with capitals: after "en" or "por" they are a name, and seldom one of anything but a place.
_CAPITAL = re.compile(
    rf"(?:\b(?:[Ee]n|[Pp]or|[Cc]erca del?|[Hh]asta|[Dd]esde|[Vv]ivo en)|\bx) ((?:(?:la|el|las|los) )?{UPPER}[\w']+"
    rf"(?: (?:(?:de|del|y|con) (?:la |las |los |el )?)?{UPPER}[\w']+)*)"
)
_STAYS = r"estoy|toy|ando|anda|andan|andamos|vivo|vive|vivimos|estamos|tamos|me quedo|queda|duermo|duerme|paso"
_ROUND = re.compile(
    rf"\b(?:{_STAYS}) (?:(?:aqui|aca|ahi|alla|ahorita|siempre|casi|mas o menos) )?(?:por|x) "
    r"((?:la|el) (?!(?:calle|casa|noche|manana|tarde|dia|momento|mundo|trabajo|ciudad|vida|mal|bien|mismo|rumbo|lado|"
    r"comida|renta|ayuda|luz|libre|ropa|despensa|cita|visa|droga)\b)"
    r"[a-z0-9]{2,})" + _END
)


def spot(text: str) -> str | None:
    """The words of a text that stand where a place stands, in its own spelling; None when there are none."""
    low = unaccented(text)
    if len(low) != len(text):
        return None
    found = next((match for pattern in _SPOTS if (match := pattern.search(low))), None)
    found = found or _ROUND.search(low) or _capitals(text, low)
    begin, end = found.span(1) if found else _town(low) or (0, 0)
    return text[begin:end] or None


def _capitals(text: str, low: str) -> re.Match[str] | None:
    """A name in capitals after a Spanish "en" or "por", in a text that has small letters too."""
    matches = () if text.isupper() or text.istitle() else _CAPITAL.finditer(text)
    return next((match for match in matches if not NO_NAMES.match(low, match.start(1))), None)


def _town(low: str) -> tuple[int, int] | None:
    """Where the town stands that follows "in" or "near", or that the text ends with; the longest name first."""
    for match in _TOWN.finditer(low):
        words = match.group(1).split()
        for length in range(min(_LONGEST_TOWN, len(words)), 0, -1):
            name = " ".join(words[:length])
            end = match.start(1) + len(name)
            if _is_town(name) and _AFTER_TOWN.match(low, end):
                return match.start(1), end
    return _last_town(low)


def _last_town(low: str) -> tuple[int, int] | None:
    spans = [match.span() for match in re.finditer(r"[a-z]+", low)]
    for length in range(min(_LONGEST_TOWN, len(spans) - 1), 0, -1):
        begin, end = spans[-length][0], spans[-1][1]
        name = low[begin:end]
        if len(name) >= _LEAST_LETTERS and _is_town(name) and not _NO_TOWN.search(low[:begin]):
            return begin, end
    return None


def _is_town(name: str) -> bool:
    # "La luz" is a town in New Mexico, and what somebody cannot pay.
    return name in towns() and name not in words_first() and (name in _WITH_ARTICLE or not _ARTICLE.match(name))


@cache
def words_first() -> frozenset[str]:
    """Names of towns that residents use as words of other things, from the rows to learn from."""
    return frozenset(_WORDS_FILE.read_text(encoding="utf-8").split())


def whole(text: str, found: str) -> str:
    """A place that was cut short, as long as it is: "castro y market" of "market", "the St Vincent pantry"."""
    low, begin = unaccented(text), text.find(found)
    if len(low) != len(text) or begin < 0 or not found:
        return found
    end = begin + len(found)
    left = _LEFT.search(low[:begin])
    if left and left.group(2) not in _NO_NAME and len(found.split()) <= _FEW_WORDS:
        begin = left.start(1)
    end = _crossed(low, begin, end)
    if behind := _KIND_BEHIND.match(low, end) or _MORE_RIGHT.match(low, end):
        end = behind.end()
    if spot_left := _SPOT_LEFT.search(low[:begin]):
        begin = spot_left.start(spot_left.lastindex or 0)
    begin, end = named(text, low, begin, end)
    return text[begin:end]


def _crossed(low: str, begin: int, end: int) -> int:
    """Where the crossing ends, one street of which was found."""
    found = low[begin:end]
    right = None if re.search(rf"\b{_CROSSES}\b", found) else _RIGHT.match(low, end)
    if not right and _OF_LA.fullmatch(found):
        right = _NUMBER_RIGHT.match(low, end)
    elif not right and _NUMBERED.fullmatch(found):
        right = _NAME_RIGHT.match(low, end)
    return right.end() if right else end
