"""Languages other than English and Spanish: asked for by name, given away by a greeting, and heard when it is sure."""

import pytest

from gateway.language import Detection, Memory, asked_other, detect, name, others, stranger, tables
from gateway.language.guessing import CANDIDATES
from gateway.language.letters import SCRIPTS, TELLING

ASKED = {
    "kreyol": "ht",
    "Kreyòl ayisyen": "ht",
    "no english, kreyol": "ht",
    "mwen pale kreyol": "ht",
    "tiếng Việt": "vi",
    "TIENG VIET": "vi",
    "vietnamese interpreter please": "vi",
    "中文": "zh",
    "中文。": "zh",
    "廣東話": "zh",
    "i speak cantonese": "zh",
    "português": "pt",
    "Portugues por favor": "pt",
    "habla portugues?": "pt",
    "العربية": "ar",
    "need an interpreter in arabic": "ar",
    "Tagalog": "tl",
    "do you have someone who speaks tagalog": "tl",
    "русский": "ru",
    "по-русски": "ru",
    "한국어": "ko",
    "français": "fr",
    "hola, frances por favor": "fr",
    "no hablo ingles ni espanol, solo mam": "mam",
    "is there anyone who speaks somali": "so",
    "हिन्दी": "hi",
    "ខ្មែរ": "km",
    # At the end of a sentence that asks us for it.
    "need it in russian": "ru",
    "text me in tagalog": "tl",
    "can we do this in korean": "ko",
    "Can u write to me in haitian creole pls": "ht",
    "I'd prefer to continue in Arabic, if possible.": "ar",
    "please answer in german": "de",
    "cambiar a portugués": "pt",
    "puede hablarme en portugués?": "pt",
    "puede escribirme en frances": "fr",
    "se puede en tagalo?": "tl",
    "hay interprete de quiché": "quc",
    "hay alguien q hable mixteco": "mix",
    "someone who speak mixteco?": "mix",
    "yo nomas hablo criollo haitiano": "ht",
    "lengua de señas por video?": "ase",
    "i need a sign language interpreter": "ase",
    "russian if u have it": "ru",
}
NOT = [
    *("no hablo ingles", "no english", "english", "español", "i need a person", "necesito un interprete", "mam"),
    *("yes mam", "Frances", "german", "chino", "chinese food", "french fries", "my neighbor is haitian", "polish"),
    *("clases de portugues", "", "1", "👍", "russian roulette", "la doctora habla frances", "brazil"),
    *("my neighbor speaks korean", "can you help me find food in korean town", "i need food in spanish harlem"),
    *("quiero comida china", "my mom only reads vietnamese books", "can we do this in spanish"),
    *(
        "puede escribir en inglés",
        "cambiar a español",
        "he wrote it in russian",
        "how do you say cheers in japanese",
        "need english for a job, i speak amharic",
        "el vecino habla portugues",
    ),
]
GREETINGS = {
    "cam on": "vi",
    "oi": "pt",
    "Oi!": "pt",
    "preciso de comida": "pt",
    "bonjou": "ht",
    "m bezwen yon kote": "ht",
    "salamat po": "tl",
    "kumusta": "tl",
    "spasibo": "ru",
    "mahadsanid": "so",
    "obrigado": "pt",
    "annyeonghaseyo": "ko",
    "xie xie": "zh",
    "shukran": "ar",
    "j'ai faim": "fr",
}
NO_GREETINGS = ["come on", "preciso comida", "alo", "chao", "socorro", "salam", "merci hospital", "mercy", "salute"]


@pytest.mark.parametrize(("text", "iso"), ASKED.items())
def test_a_language_is_asked_for_by_any_of_its_names(text: str, iso: str) -> None:
    assert asked_other(text) == iso


@pytest.mark.parametrize("text", NOT)
def test_what_only_mentions_one_asks_for_none(text: str) -> None:
    assert asked_other(text) is None


def test_ordinary_words_name_no_language() -> None:
    common = [word for word, scores in tables.words().items() if max(scores.get("en", -9), scores.get("es", -9)) > -4.3]
    named = {iso for word in common if (iso := asked_other(word))}
    taken = {word for word in common if asked_other(word)}
    assert taken <= {called for _, called_so in others._listed().values() for called in called_so}
    assert named <= {"fr", "zh", "ru", "ja", "it", "de", "ko", "el", "ar", "nl", "pt"}


@pytest.mark.parametrize(("text", "iso"), GREETINGS.items())
def test_a_greeting_tells(text: str, iso: str) -> None:
    assert detect(text).lang == f"other:{iso}"


@pytest.mark.parametrize("text", NO_GREETINGS)
def test_what_others_say_too_is_no_greeting(text: str) -> None:
    assert detect(text).by != "phrase"


def test_every_language_that_can_be_detected_has_a_name_for_responders() -> None:
    found = {iso for *_, iso in SCRIPTS} | {iso for *_, iso in TELLING} | set(CANDIDATES) | set(tables.LANGUAGES)
    assert {iso for iso in found - {"en", "es"} if name(iso) is None} == set()
    assert name("ht") == "Haitian Creole"
    assert name("xx") is None


def test_the_lists_are_written_as_they_should_be() -> None:
    for line in tables.content("languages.txt"):
        assert len(line.split("|")) == 3, line
    phrases = others._all_phrases()
    assert len({phrase for _, phrase in phrases}) == len(phrases)
    assert all(phrase and name(iso) for iso, phrase in phrases)


@pytest.mark.parametrize(
    ("text", "known", "asked", "iso"),
    [
        ("мне", True, False, "ru"),
        ("obrigado", False, False, "pt"),
        ("obrigado", True, False, None),
        ("hilfe", False, False, None),
        ("hilfe", False, True, "de"),
        ("ich brauche hilfe bitte", False, False, "de"),
        ("mwen grangou", True, False, None),
        ("mwen bezwen manje pou pitit mwen", True, False, "ht"),
        ("i need food", False, True, None),
        ("k", False, True, None),
        ("94110", False, True, None),
    ],
)
def test_how_sure_it_must_be_depends_on_what_is_known(text: str, known: bool, asked: bool, iso: str | None) -> None:
    assert stranger(detect(text), known=known, asked=asked) == iso


def test_a_weak_margin_is_not_enough_in_a_talk_that_is_under_way() -> None:
    weak, plain = (Detection("other:pt", margin, words=5) for margin in (1.5, 1.6))
    assert stranger(weak, known=True) is None
    assert stranger(plain, known=True) == "pt"


@pytest.mark.parametrize("text", ["my name is Nguyễn", "i live with mr. nguyễn in an apartment"])
def test_one_vietnamese_name_makes_no_vietnamese_text(text: str) -> None:
    assert detect(text).lang == "en"


@pytest.mark.parametrize("text", ["kenbem", "okouran kenbew", "bezwenm"])
def test_creole_words_with_a_pronoun_at_their_end_are_known(text: str) -> None:
    assert tables.scores(text.rsplit(maxsplit=1)[-1])[1]
    assert detect(text).lang == "other:ht"


def test_what_was_told_stays_with_the_conversation_and_not_with_the_next() -> None:
    told = Memory("es", strong=True).told_in("ht")
    assert Memory.from_dict(told.to_dict()) == told
    assert Memory.asked_for("en").after(told) == Memory("en", strong=True, locked=True, other="ht")
    assert told.for_next() == Memory("es", strong=True)
    assert Memory.from_dict({"lang": "es", "other": 7}).other is None
