"""Where a place ends that is named in Spanish: what belongs to a landmark's name, and what only stands there. Pure.

Spanish says first what a thing is and then its name: "la iglesia san antonio", "el walmart de la king". Who finds
only one half has half of the place. And what lies in a street is no part of it: "la basura de la 16" is at "la 16".
"""

from __future__ import annotations

import re

from bot.pipeline.plain import unaccented
from bot.pipeline.tagger import towns

UPPER = r"[A-Z\u00c1\u00c9\u00cd\u00d3\u00da\u00d1]"
"""A capital letter of English or Spanish, in a pattern."""
_END = r"(?= *(?:$|[,.;!?)]))"
_THE = r"(?:(?:el|la|los|las) )?"
_NUMBER = r"\d{1,3}(?:e?ra|da|ta|va|na|st|nd|rd|th)?"
_NAMED = (
    r"iglesia|capilla|parroquia|templo|catedral|mision|escuela|primaria|secundaria|preparatoria|prepa|kinder|colegio|"
    r"guarderia|universidad|mercado|supermercado|mercadito|panaderia|taqueria|tienda|restaurante|farmacia|lavanderia|"
    r"gasolinera|carniceria|swap ?meet|pulga|parque|parquecito|plaza|playa|rio|lago|arroyo|puente|callejon|muelle|"
    r"cancha|alberca|jardin|campo|metro|bart|estacion|parada|terminal|freeway|salida|hospital|hotel|motel|biblioteca|"
    r"edificio|apartamentos|centro comercial|teatro|cine|estadio|museo|correo"
)
_STORES = r"walmart|target|costco|safeway|walgreens|cvs|oxxo|7[ -]?eleven|home depot|mcdonald'?s|burger king|starbucks"
# "escuela [everett]", "el rio [guadalupe]", "las tiendas de [alum rock]".
_KIND_LEFT = re.compile(
    rf"(?<![\w'])({_THE}(?:{_NAMED}) |"
    rf"{_THE}(?:tiendas|puente|pulga|condado|barrio|estacion|plaza|parque) del? (?:la )?)$"
)
_SIDE_LEFT = re.compile(r"(?<![\w'])((?:east|west|north|south|little|lake|mount|fort|port|old|new) )$")
# "la biblioteca [central]", "la iglesia [san antonio]", "el walmart [de la king]", "el puente [de la 101]".
_WHICH = r"(?: publica| municipal)? (?:principal|central|general|municipal|publica|main|nacional|vieja|viejo)\b"
_SAINT = r" (?:de )?(?:san|santa|santo|saint|st) [a-z]{3,}(?: [a-z]{3,})?"
_OF_STREET = rf" (?:de|en|sobre) (?:la )?(?:calle |avenida )?{_NUMBER}(?: (?:y|con) (?:la )?[a-z0-9]{{2,}})?"
_OF_NAME = r" (?:del?|en) (?:la |el |los |las )?[a-z]{3,}(?: [a-z]{3,})?"
_NO_NAME = (
    r"(?! (?:del? |en )?(?:(?:mi|mis|su|sus|tu|un|una|unos|la|el|los|las) )?(?:casa|calle|noche|manana|tarde|dia|"
    r"frente|lado|esquina|carro|ciudad|hoy|ahorita|ahora|aqui|aca|ahi|alla|arriba|abajo|atras|enfrente|cerca|hace|"
    r"nuevo|vez|repente|verdad|mi|mis|su|sus|un|una|que|lunes|martes|miercoles|jueves|viernes|sabado|domingo)\b)"
)
_KIND_ENDS = re.compile(rf"(?:^| )(?:{_NAMED}|{_STORES})$")
_RIGHT = re.compile(rf"(?:{_WHICH}|{_NO_NAME}(?:{_SAINT}|{_OF_STREET}|{_OF_NAME}){_END})")
_CAPITALS = re.compile(rf" (?:(?:del?|la|el|los|las) )*{UPPER}[\w']+(?: {UPPER}[\w']+)*")
# Things in a street: "la basura de la 16", "el bano de la 24 con folsom", "la banqueta de la calle capp".
_LYING = (
    r"basura|basurero|bote|fila|cola|lavabo|banqueta|acera|vereda|asiento|banca|arbusto|mata|jardinera|piso|suelo|"
    r"alcantarilla|cuneta"
)
_THINGS = (
    rf"{_LYING}|bano|puerta|escalera|grada|coladera|pasto|zacate|arena|carpa|pared|lado|parte|altura|cuadra|bloque|"
    r"porton|poste|jeringa|aguja|senor|senora|esquina|zona|area|rumbo|centro"
)
_ORDINALS = r"primera|segunda|tercera|cuarta|quinta|sexta|septima|octava|novena|decima"
_STREET = rf"(?:la )?(?:calle|avenida|ave?|blvd|{_NUMBER}|{_ORDINALS}|[a-z]+ (?:y|con) (?:la )?[a-z0-9]+)\b"
_A = r"(?:(?:el|la|los|las|un|una) )?"
_THING_LEFT = re.compile(
    rf"{_A}(?:{_THINGS})e?s? (?:de|en|sobre|con) (?={_STREET})|"
    rf"{_A}(?:{_LYING})e?s? (?:del |(?:de|en) )(?=(?:el |la )?[a-z]{{3,}})"
)
NO_NAMES = re.compile(
    r"(?:la |el |las |los )?(?:dios|favor|facebook|whatsapp|google|internet|ingles|espanol|medi|medicare|medicaid|"
    r"covid|ebt|snap|wic|ssi|uber|lyft|venmo|zelle|cash|navidad|estados unidos|eeuu|usa|us|lunes|martes|miercoles|"
    r"jueves|viernes|sabado|domingo|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre|narcan|ice|dui|va|dmv|nicu|uci|armada|darien|tijuana|cuba|mexico|honduras|guatemala|venezuela|"
    r"nicaragua|el salvador|colombia|peru|ecuador|cal(?:works|fresh|aim)|"
    r"(?:section|seccion)(?: (?:8|ocho))?|shock|legal aid(?: .*)?|covered|union libre|instagram|craigslist|tiktok|"
    r"youtube|indeed|seguro)\b"
)
"""Names with capitals that stand where places stand, and are none, or none that anybody is sent to."""


def unlittered(words: str) -> str:
    """A street without the thing that lies or stands there: "la 16 y valencia" of "la basura de la 16 y valencia"."""
    low = unaccented(words)
    match = _THING_LEFT.match(low) if len(low) == len(words) else None
    return words[match.end() :] if match else words


def named(text: str, low: str, begin: int, end: int) -> tuple[int, int]:
    """Where the whole landmark stands, of which a kind or a name was found: "la escuela [everett]"."""
    if _KIND_ENDS.search(low[begin:end]) and (right := _RIGHT.match(low, end) or _capitals(text, end)):
        end = right.end()
    left = _SIDE_LEFT.search(low[:begin])
    if left and left.group(1) + low[begin:end] in towns():
        begin = left.start(1)
    if left := _KIND_LEFT.search(low[:begin]):
        begin = left.start(1)
    return begin, end


def _capitals(text: str, end: int) -> re.Match[str] | None:
    return None if text.isupper() or text.istitle() else _CAPITALS.match(text, end)
