"""What every text must be, as functions that say what is wrong with one: readable, in usted, kind, without a promise.

Sources: plain language at grade 6 (house, `language.md`), Flesch-Kincaid; INFLESZ for Spanish (Barrio-Cantalejo 2008),
"fairly easy" from 65, over Szigriszt-Pazos (1993).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import textstat

from gateway.language import detect
from gateway.segments import count
from gateway.wording_hints import sentences, szigriszt
from tools.all_texts import BOT, DIRECTORY, GATEWAY, SAFETY, TOWN, WIDGET, Pair, all_texts

HARDEST_GRADE = 6
FAIRLY_EASY = 65
MOST_SEGMENTS = 2
# What stands in the place of each placeholder while a text is measured: a plain word, or the longest that may come.
NAME, COMMUNITY = "Demo Town Front Door", "Riverton Community Cares"
SHORT_NAME = "Ana"  # a long name makes no sentence harder
FEWEST_WORDS = 4  # with fewer, no language can be heard
NUMBERS = {"place": "94110", "spot": "94110", "zip": "94110", "line": "311", "code": "4127", "time": "22:30"}
FILLED = {
    "en": {"community_name": COMMUNITY, "heard": "help with bills and food", "first": "food",
           "second": "a place to sleep", "call_911": "Call or text 911 now.", **NUMBERS},
    "es": {"community_name": COMMUNITY, "heard": "ayuda con recibos y comida", "first": "comida",
           "second": "dónde dormir", "call_911": "Llame o mande un texto al 911 ahora.", **NUMBERS},
}  # fmt: skip


@dataclass(frozen=True)
class Text:
    """One text in one language, as it may be read."""

    source: str
    name: str
    language: str
    words: str

    @property
    def key(self) -> str:
        """How lists of exceptions call it."""
        return f"{self.source}.{self.name}.{self.language}"


def every_text() -> Iterator[Text]:
    """Every text of every source, with its placeholders filled in."""
    for pair in all_texts():
        for language in sorted(pair.wording):
            yield Text(pair.source, pair.name, language, filled(pair, language))


def filled(pair: Pair, language: str) -> str:
    """A text with something plain in each of its places."""
    values = FILLED.get(language, {})
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found.group(1), NAME), pair.wording[language])


def _words(*listed: str) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(listed)})\b", re.IGNORECASE)


STIGMA = _words(
    *("addicts?", "abusers?", "junkies?", "clean", "dirty", "homeless", "commit(ted)? suicide", "refused"),
    *("non-?compliant", "frequent flyer", "crazy", "insane", "illegals?", "victims?"),
    *("adict[oa]s?", "drogadict[oa]s?", "drogad[oa]s?", "loc[oa]s?", "ilegal(es)?", "víctimas?", "vagabund[oa]s?"),
    *("indigentes?", "se suicidó", "suicidarse", "cometer suicidio"),
)
PROMISE = _words(
    *("will be (ok|fine|safe)", "we will help", "promise", "guarantee", "confidential(ly)?", "private(ly)?", "secret"),
    *("anonymous(ly)?", "prometemos", "garantizamos", "todo va a estar bien", "confidencial(es)?", "privad[oa]s?"),
    *("secret[oa]s?", "an[oó]nim[oa]s?"),
)
WHY = _words("why", "por qué")
TO_A_FRIEND = _words(
    *("tú", "te", "ti", "contigo", "tus?", "tienes", "puedes", "puedas", "quieres", "necesitas", "estás", "eres"),
    *("sabes", "llama", "responde", "manda", "dinos", "escríbenos", "busca", "usa", "elige", "vos", "vosotros"),
)
# "Busca" is also what somebody else does: "que busca ayuda" tells, "Busca ayuda" orders.
TELLS_OF_OTHERS = re.compile(r"\bque busca\b|\bresponde una computadora\b", re.IGNORECASE)


def too_hard(text: Text) -> str | None:
    """English above grade 6, or Spanish that is not fairly easy."""
    words = text.words.replace(COMMUNITY, SHORT_NAME)
    if text.language == "en":
        grade = textstat.flesch_kincaid_grade(sentences(words))
        return f"grade {grade:.1f}" if grade > HARDEST_GRADE else None
    ease = szigriszt(words)
    return f"INFLESZ {ease:.0f}" if ease < FAIRLY_EASY else None


def to_a_friend(text: Text) -> str | None:
    """Spanish that says tú or vos."""
    found = TO_A_FRIEND.search(TELLS_OF_OTHERS.sub("", text.words)) if text.language == "es" else None
    return f"not usted: {found.group()}" if found else None


def unkind(text: Text) -> str | None:
    """Words that put people down."""
    found = STIGMA.search(text.words)
    return f"stigma: {found.group()}" if found else None


def promises(text: Text) -> str | None:
    """What nobody can promise."""
    found = PROMISE.search(text.words)
    return f"a promise: {found.group()}" if found else None


def asks_why(text: Text) -> str | None:
    """ "Why" puts people on trial."""
    found = WHY.search(text.words)
    return f"asks why: {found.group()}" if found else None


def in_another_language(text: Text) -> str | None:
    """A text that stands under the wrong language; a few words have no language of their own."""
    words = text.words.replace(NAME, "").replace(COMMUNITY, "")
    if len(words.split()) < FEWEST_WORDS:
        return None
    found = detect(words)
    return f"reads as {found.lang}" if found.lang not in {text.language, "und"} else None


def too_long(text: Text) -> str | None:
    """More segments than two."""
    cost = count(text.words)
    return f"{cost.segments} segments ({cost.encoding}, {cost.units} units)" if cost.segments > MOST_SEGMENTS else None


def several_questions(text: Text) -> str | None:
    """More than one question in one text."""
    asked = text.words.count("?")
    return f"{asked} questions" if asked > 1 else None


Check = Callable[[Text], str | None]
EVERYWHERE: tuple[Check, ...] = (to_a_friend, unkind, promises, asks_why, in_another_language)
# What is a whole message, and not a label or a part of one.
MESSAGES = (GATEWAY, SAFETY, BOT)
OF_MESSAGES: tuple[Check, ...] = (too_hard, too_long)
OF_THE_BOT: tuple[Check, ...] = (several_questions,)
PARTS = {DIRECTORY: "parts of a list of services", TOWN: "a name", WIDGET: "labels of a page"}


def is_part(text: Text) -> bool:
    """Whether this is only ever read inside something else: a need's name, the way to call 911, a label."""
    return text.source in PARTS or text.name.startswith(("utter_name_", "call."))


def checks_of(text: Text) -> tuple[Check, ...]:
    """What this text must pass. A label of a page that makes a sentence must be readable too."""
    if is_part(text):
        is_sentence = text.source == WIDGET and len(re.findall(r"[.?!]", text.words)) > 1
        return (*EVERYWHERE, too_hard) if is_sentence else EVERYWHERE
    return (*EVERYWHERE, *OF_MESSAGES, *(OF_THE_BOT if text.source == BOT else ()))


def faults(text: Text) -> Iterator[tuple[str, str]]:
    """The name of each check that a text does not pass, and what is wrong."""
    for check in checks_of(text):
        if (found := check(text)) is not None:
            yield check.__name__, found
