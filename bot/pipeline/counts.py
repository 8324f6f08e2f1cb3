"""Read numbers of people and ages from a text of small letters without accents, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_PEOPLE = 30
"""More are not one household or group: "a line of 200 people"."""
OLDEST = 105
MOST_AGES = 6
"""More numbers in a row are a list of something else."""

_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_UNIDADES = (
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_DECENAS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_SPELT = {
    **{word: number for words in (_UNITS, _UNIDADES) for number, word in enumerate(words, 1)},
    **{word: number for words in (_TENS, _DECENAS) for number, word in zip(range(20, 100, 10), words, strict=True)},
    "un": 1,
    "una": 1,
}
_FEW_WORDS = "|".join([*_UNITS[:12], *_UNIDADES[:12], "una?"])
_FEW = rf"(?:\d{{1,2}}|{_FEW_WORDS})"
_SMALL = "|".join(_UNITS[:9] + _UNIDADES[:9])
_ANY = (
    rf"(?:\d{{1,2}}|(?:{'|'.join(_TENS + _DECENAS)})(?:(?:[ -]| y )(?:{_SMALL})\b)?"
    rf"|(?:{'|'.join(_UNITS + _UNIDADES)})\b)"
)
_FREE = r"(?<![\w$#:/])(?<!\d[.-])"
"""No letter, price or half of another number stands right before."""
_END = r"(?=$|[ ,.;?!)&\n-])"

# Whom one counts.
_COUNTED = (
    "kids?|kiddos?|child|children|girls?|boys?|bab(?:y|ies)|toddlers?|teens?|teenagers?|adults?|peoples?|ppl|persons?|"
    "folks|guys|men|women|mouths|siblings|brothers|sisters|sons?|daughters?|grandkids|grandchildren|grandbabies|"
    "grandsons|granddaughters|(?:little|lil) ones|littles|students|homies|roommates|families|newborns?|infants?|"
    "seniors|vets|veterans"
)
_CONTADOS = (
    "nin[oa]s?|hij[oa]s?|bebes?|chamac[oa]s?|cham[oa]s|much?ach(?:[oa]s?|it[oa]s?)|pelad(?:it)?[oa]s?|niet[oa]s?|"
    "nen[ea]s?|chiquit[oa]s|chic[oa]s|personas?|adultos?|herman(?:it)?[oa]s|familias|jovenes|adolescentes|viejitos|"
    "ancianos|patojos|criaturas|pibes|panas|mujeres|hombres|senoras|compas|amig[oa]s|companeros|gemel[oa]s|jubilados"
)
COUNTED = f"{_COUNTED}|{_CONTADOS}"
"""Whom or what a number of people counts, as alternatives of a pattern."""
_KIND = (
    "little|lil|small|young|other|more|hungry|grown|teenage|college|older|of my|de mis|(?:of )?(?:these|those)|"
    "otr[oa]s|foster|school age"
)
_GROUP = "family|fam|household|party|group|familia|grupo|hogar"
_WE_ARE = r"we (?:are|r)|we're|there(?:'s| are|s)|somos|, son|que son|seriamos|vivimos|estamos"
_FOR = "(?:food|meals?|clothes|room|beds?|ride|shower|comida|cenas?|camas?|cobertores|ropa|mesa|table)"
# "football 4 kids" is for kids: a bare 4 counts only where something is had or listed.
_HAS = (
    r"(?:^|[,.;&+] ?|\b(?:have|has|had|got|w|w/|with|my|our|the|his|her|n|and|of|feed\w*|raise|raising|"
    r"are|is|both|all) )"
)
_PEOPLE = [
    re.compile(rf"(?:{_FREE}(?!4)|{_HAS}(?=4 ))({_FEW}) (?:(?:{_KIND}) )?(?:{_COUNTED})\b(?! olds?\b)"),
    re.compile(rf"{_FREE}({_FEW}) (?:(?:{_KIND}) )?(?:{_CONTADOS})\b"),
    re.compile(rf"\b(?:{_GROUP})(?: \w+)? (?:of|de) ({_FEW})\b"),
    re.compile(
        rf"\b(?:raising|mom of|mother of|dad of|father of|madre de|mama de|padre de) ({_FEW_WORDS}|[2-9]){_END}"
    ),
    re.compile(rf"{_FREE}({_FEW}) (?:(?:of|in) (?:us|them|all|total)|total|en total)\b"),
    re.compile(rf"(?:\b(?:we|they) )?(?<!\w)(?:{_WE_ARE})(?: como)? ({_FEW}){_END}"),
    re.compile(
        r"\b(?:los|nosotr[oa]s) (tres|cuatro|cinco|seis|siete|ocho|[3-9])(?=$|[,.;?!]| (?:en|y|quien|sin|con)\b)"
    ),
    re.compile(r"\b(?:nosotr[oa]s) (dos|2)\b"),
    re.compile(rf"\b{_FOR} (?:for|4|para|pa) ({_FEW}){_END}"),
    re.compile(
        rf"\b(?:mis|los|las|nuestr[oa]s) (?:nin[oa]s|hij[oa]s|bebes|chamac[oa]s|niet[oa]s|nen[ea]s|herman[oa]s) "
        rf"({_FEW})(?=$|[.;?!])"
    ),
    re.compile(r"\b(twins|gemel[oa]s|melliz[oa]s|morochos|triplets|trilliz[oa]s)\b"),
]
_BORN_TOGETHER = {"twins": 2, "triplets": 3, "trillizos": 3, "trillizas": 3}
_NOT_PEOPLE = re.compile(
    r" ?(?:%|(?:[ap]\.?m|days?|dias?|nights?|noches?|we?e?ks?|semanas?|months?|mos?|mes|meses|years?|yrs?|anos|anitos|"
    r"hrs?|hours?|horas?|min\w*|blocks?|cuadras?|miles?|millas|dollars|dolares|pesos|bucks|times|veces|bags?|de la|"
    r"de|bedrooms?|doors|pisos|stops?|o'?clock)\b)|[:/]\d|\.\d|-\d"
)

# Whose age is told. After these a number needs no unit: "my daughter 13", "mi mama de 80".
_PERSON = (
    "daughter|kid|child|baby|girl|boy|toddler|grandson|granddaughter|grandkid|nephew|niece|bro|brother|sis|sister|"
    "cousin|student|teen|teenager|stepson|stepdaughter|guy|mom|mother|mama|dad|father|pops|grandma|grandpa|granny|"
    "nana|grandmother|grandfather|aunt|uncle|husband|wife|neighbou?r|pastor|friend|lady|man|woman|gentleman|"
    "veteran|vet|"
    "widow|tia|tio|abuela|abuelo|youth|male|female|stepdad|stepmom|roommate|landlady"
)
_PERSONA = (
    "nin[oa]s?|nen[ea]s?|hij(?:it)?[oa]s?|bebes?|niet[oa]s?|sobrin[oa]s?|much?ach[oa]s?|chamac[oa]s?|chic[oa]s?|"
    "herman(?:it)?[oa]s?|adolescentes?|jovenes|joven|jovencit[oa]|varon(?:es)?|pelad(?:it)?[oa]s?|pibes?|chav[oa]s?|"
    "cham[oa]s?|"
    "patoj[oa]s?|cipotes?|ahijad[oa]|hijastr[oa]|estudiante|chiquit[oa]s?|gemel[oa]s|prim[oa]s?|a?mama|a?papa|ama|apa|"
    "padre|madre|abuel(?:it)?[oa]|viej(?:it)?[oa]|suegr[oa]|ti[oa]|vecin(?:it)?[oa]|espos[oa]|marido|senora?|"
    "jubilad[oa]|"
    "amig[oa]|novi[oa]|cunad[oa]|anciano|hombre|mujer|persona|primeriza|guaguita|guagua(?= de)"
)
# In Spanish "son 10" counts something, so that a son is one only behind a word that says whose.
_SON = "|".join(
    f"(?<={word} )son"
    for word in ("my", "our", "his", "her", "the", " a", "st", "er", "le", "old", "one", "year", "and")
)
_IS = (
    rf"(?:{_SON})s?(?:'s| is)?|i ?a?'?m|i am|s?he ?'?i?s|she|he|who'?s|(?:{_PERSON})s?(?:'s| is| are| r)?|one is|"
    rf"turn(?:ed|ing|s)?|"
    rf"age[ds]?|ages|"
    r"am|that'?s"
)
_TIENE = "tengo|tiene|tienen|tendra|cumpl\\w+"
_AFTER_TIENE = (
    "y|e|pero|pa|para|en|que|no|ando|anda|vive|vivo|esta|estoy|estamos|lo|la|mi|mis|mama|si|ya|hay|necesit\\w*|quien|"
    "con|busco|quiero|sin|me|fui|soy|creo|mas"
)
_LIKE = r"(?:like |only |about |maybe |now |just |over |almost |como |apenas |ya |casi |unos )?"
_LIST = rf"{_ANY}(?:(?:,? (?:and|y|n|e|or|o|to|a)|,| ?&|-) ?(?:(?:(?:el|la|un[oa]|otr[oa]) )?de )?{_ANY})*"
_BABY = "months?|mos?|mths?|meses|mes|mesecitos|weeks?|wks?|semanas?|dias|days"
# "Tiene 3 dias sin salir" tells how long, not how old.
_NOT_SINCE = r"(?! (?:que|sin|desde|en|aqui|ya|\w+[ai]e?ndo|de \w+r)\b)"
_GREW = "mayor|menor|chiquit[oa]|varon|mas chic[oa]|autista|enferm[oa]"
_NOT_LIFE = r"de|en|sin|que|\w+[ai]e?ndo|desde|atras|limpi[oa]|sobri[oa]|trabajando|aqui|juntos|casad[oa]s|con el"
_NOT_HOW_LONG = "".join(
    f"(?<!{word} )"
    for word in (
        *("inquilina", "inquilino", "cliente", "residente", "casada", "casado", "casados", "matrimonio", "servicio"),
        *("experiencia", "relacion", "contrato", "plan", "prestamo", "condena", "garantia"),
    )
)
_WITH_UNIT = [
    re.compile(rf"{_FREE}({_LIST})[ -]?(?:years?|yrs?|yr|y|{_BABY})[ -]?olds?\b"),
    re.compile(rf"{_FREE}({_LIST}) ?-?(?:y/?o|y\.o|yo|yr)\b(?! lab\b)"),
    re.compile(
        rf"(?:\b(?:{_TIENE}|{_PERSONA}|somos|mayor(?:es)?|menor(?:es)?|edad)(?: de)? {_LIKE}|^|, |"
        rf"(?<!despues )(?<!dentro ){_NOT_HOW_LONG}\bde )"
        rf"({_LIST}) (?:anos|anitos|ano)\b(?! (?:{_NOT_LIFE})\b)"
    ),
    re.compile(rf"\b(?:{_PERSONA})(?: {_GREW})? (?:de|con) {_LIKE}({_LIST}) (?:{_BABY})\b"),
    re.compile(rf"\b(?:tiene|cumplio|{_PERSONA})(?: {_GREW})? {_LIKE}({_LIST}) (?:{_BABY})\b{_NOT_SINCE}"),
    re.compile(rf"\b(?:tiene|cumplio|{_PERSONA})(?: {_GREW})?(?: de)? {_LIKE}(un) (?:ano|anito)\b{_NOT_SINCE}"),
    re.compile(
        rf"\b(?:bab(?:y|ies)|infant|newborn|grandbaby|"
        rf"twins)\b[^.!?]{{0,40}}?(?<! in)(?<!born) ({_LIST}) (?:months?|mos?|weeks|wks)\b(?! ago)"
    ),
]
_BARE = [
    re.compile(rf"\b(?:{_IS}),? \(?{_LIKE}({_LIST}){_END}"),
    re.compile(rf"\b(?:son|{_PERSON}) of ([5-9]\d){_END}"),
    re.compile(rf"\b(?:{_TIENE}) {_LIKE}({_LIST})(?=$|[,.;?!)]| (?:{_AFTER_TIENE})\b)"),
    re.compile(rf"\b(?:{_PERSONA})(?: {_GREW})?,? (?:como de |de como |de unos |como |de )?{_LIKE}({_LIST}){_END}"),
    re.compile(rf"\b(?:un[oa]|otr[oa]|grande|chic[oa]|pequen[oa]) de ({_LIST}){_END}"),
    re.compile(rf"\bedad(?: es| de|:)? ({_LIST}){_END}"),
    re.compile(rf"\b(?:mayor(?:es)?|menor(?:es)?|los|soy|arriba) de ({_LIST}){_END}"),
    re.compile(r"\b(?:over|past) ([5-9]\d)\b"),
    re.compile(r"[,.(:] ?(1[2-9]|[2-9]\d)(?=[,.)!?;]|$)"),
    re.compile(r"^(1[2-9]|[2-9]\d)(?=,| (?:n|and|y|con|w) (?!\d))"),
    re.compile(r"\bin (?:his|her|their|my|our) (?:late |early |mid )?([2-9]0)'?s\b"),
]
_NOT_AGE = re.compile(
    rf" ?(?:%|(?:[ap]\.?m|hrs?|hours?|horas?|min\w*|blocks?|cuadras?|miles?|millas|dollars|dolares|pesos|bucks|"
    rf"of us|of them|we?e?ks?|days?|months?|mos|mths|semanas?|dias?|meses|noches?|nights?|times|veces|bags?|percent|"
    rf"bedrooms?|steps?|th|st|nd|rd|in a row|years?|yrs|lbs?|pounds?|libras|degrees|grados|ft|feet|x|a can|"
    rf"cuartos?|recamaras?|habitaciones|banos?|onzas|oz|kilos?|paquetes|cajas|bolsas|galones|metros|pies|centavos|"
    rf"agujas|jeringas|asientos|(?:pa|para) (?:(?:el|la|los|las|mi) )?(?:gas|gasolina|renta|comer|comida|bus|camion|"
    rf"pasaje|pagar|luz|deposito)|en (?:el banco|la cuenta|la tarjeta|la bolsa)|"
    rf"lugares|camas|beds|{_COUNTED}|{_CONTADOS})\b)|[:/]\d|\.\d"
)
_EACH = re.compile(rf"{_ANY}|\bun\b")
_SIZED = re.compile(r"\b(?:zapat\w+|tenis|talla|sizes?|sz|shoes?|boots|calza|botas)\b[^.,;!?]*$")
# "Mis niños 2" counts them; whoever writes for themselves is no child.
_COUNT_BEHIND = re.compile(r"(?:nin[oa]s|hij[oa]s|bebes|chamac[oa]s|niet[oa]s|nen[ea]s|herman[oa]s) \w+")
_OWN_AGE = re.compile(r"tengo\b")
_YOUNGEST_WRITER = 12
_IN_MONTHS = re.compile(rf"\b(?:{_BABY})\b|\d(?:mos?|wks?)\b")
_EXPECTING = re.compile(r"pregnan|\bpreg|embaraz|\balong\b|\bdue\b|prenad")


class Mark(NamedTuple):
    """A value and where it stands."""

    begin: int
    end: int
    value: str


def people(low: str) -> Iterator[Mark]:
    """Numbers of people, each with where it is told. One alone is no number: "a man", "una persona"."""
    marks = [mark for pattern in _PEOPLE for mark in _counted(pattern, low)]
    return iter(marks if any(mark.value != "1" for mark in marks) else [])


def _counted(pattern: re.Pattern[str], low: str) -> Iterator[Mark]:
    for match in pattern.finditer(low):
        number = number_of(match[1]) or _BORN_TOGETHER.get(match[1], 2)
        if 0 < number <= MOST_PEOPLE and not _NOT_PEOPLE.match(low, match.end(1)):
            yield Mark(match.start(1), match.end(), str(number))


def ages(low: str) -> Iterator[Mark]:
    """Ages in years, several told together joined by commas. Whoever is told in weeks or months is "0"."""
    for pattern in _WITH_UNIT:
        for match in pattern.finditer(low):
            is_baby = _IN_MONTHS.search(match[0]) is not None
            if not (is_baby and _EXPECTING.search(low)):
                yield from _aged(match, is_baby=is_baby)
    for pattern in _BARE:
        for match in pattern.finditer(low):
            if not (_NOT_AGE.match(low, match.end(1)) or _is_no_age(match, low)):
                yield from _aged(match, is_baby=False)


def _is_no_age(match: re.Match[str], low: str) -> bool:
    """A bare number that counts or measures: children, or the size of a shoe."""
    numbers = [number_of(each) or 0 for each in _EACH.findall(match[1])]
    if _OWN_AGE.match(match[0]):
        return max(numbers, default=0) < _YOUNGEST_WRITER
    is_count = _COUNT_BEHIND.fullmatch(match[0]) is not None and numbers[0] < _YOUNGEST_WRITER
    return is_count or _SIZED.search(low[: match.start()]) is not None


def _aged(match: re.Match[str], *, is_baby: bool) -> Iterator[Mark]:
    years = [number for number in map(number_of, _EACH.findall(match[1])) if number]
    if 0 < len(years) <= MOST_AGES and all(number <= OLDEST for number in years):
        yield Mark(match.start(1), match.end(), "0" if is_baby else ",".join(map(str, years)))


def number_of(words: str) -> int | None:
    """The number that digits or number words tell; None when they tell none."""
    if words.isdigit():
        return int(words)
    parts = [part for part in re.split(r"[ -]", words) if part != "y"]
    numbers = [_SPELT[part] for part in parts if part in _SPELT]
    return sum(numbers) if numbers and len(numbers) == len(parts) else None
