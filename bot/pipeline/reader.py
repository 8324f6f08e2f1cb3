"""Read a message in the light of the question that is open: menu digits, places, needs by their words, danger."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.pipeline import facts, more_needs, sources
from bot.pipeline.people import for_whom, names_people
from bot.pipeline.places import as_place, place, zip_code
from bot.pipeline.plain import plain, unaccented
from bot.pipeline.tagger import Span, Tagger
from bot.pipeline.tagger import train as train_tagger
from bot.pipeline.tongue import spoken
from bot.pipeline.trouble import tells_trouble
from bot.pipeline.vote import IN_CLAUSES

_FILE = "words.json"
_TAGGER = "places.crfsuite"
_NEED = "need_"
_FALLBACK = "nlu_fallback"
# Intents that mean little by themselves: a need told by its words in the same message counts for more.
_WEAK = frozenset(
    (_FALLBACK, "greet", "affirm", "deny", "acknowledge", "safe", "inform", "out_of_scope", "thanks", "bye", "unsure")
)
# Intents that interrupt a question about the place when the text is not clearly a place.
_INTERRUPTS = frozenset(
    (
        *("ask_person", "more", "another_place", "change_language", "why_ask", "about_program", "thanks", "bye"),
        *("stop_texts", "skip", "affirm", "deny", "acknowledge", "unsure", "greet", "safe", "other_need"),
    )
)
_SURE = 0.5
_LIKELY = 0.4
_VERY_SURE = 0.65
# Nobody is to be cut off by a guess; what asks for no more texts plainly was heard at the door (gateway/phrases.yml).
_SURE_OF_STOP = 0.8
# Intents with a meaning of their own, which a place or a word in the same message changes only where they are unsure.
_MEANT = frozenset(("out_of_scope", "thanks", "bye", "safe"))

# What "that place was full" may be taken for.
_NO_TROUBLE = frozenset(
    (
        "nlu_fallback",
        "greet",
        "inform",
        "out_of_scope",
        "complaint",
        "acknowledge",
        "deny",
        "more",
        "another_place",
        "bye",
    )
)

# A "no" that stands for itself: before a mark, or before words that begin something else.
_SAYS_NO = re.compile(
    r"^\W*(?:(?:nobody|no one|nadie)\b|(?:no|nope|nah)(?:\s*[,.;:!\n\u2026-]|\s+(?:no|nobody|nadie|but|just|only|i|im|"
    r"we|were|its|thanks?|ty|thank|sir|maam|everyone|everybody|all|pero|solo|solamente|nomas|gracias|nada|ninguno|"
    r"necesito|necesitamos|ocupo|ocupamos|quiero|queremos|busco|buscamos|es para|senor|senora|todos|todo)\b))"
)


@dataclass
class Reading:
    """What is found in one message: the intent with its confidence, and named values."""

    text: str
    words: str
    open_question: str | None
    menu: list[str]
    intent: str
    confidence: float
    found: dict[str, list[str]] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def decide(self, intent: str, confidence: float = 1.0) -> None:
        """Settle the intent; a decision made by exact words has confidence 1."""
        self.intent = intent
        self.confidence = max(confidence, self.confidence) if intent == self.intent else confidence

    def add(self, name: str, value: str) -> None:
        """Note a value once."""
        values = self.found.setdefault(name, [])
        if value not in values:
            values.append(value)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ContextReader(GraphComponent):  # type: ignore[misc]
    """The last word on a message. Its word lists are the `lookup` tables beside the examples in bot/data."""

    def __init__(
        self, storage: ModelStorage, resource: Resource, words: dict[str, list[str]], tagger: Tagger | None = None
    ) -> None:
        self._storage = storage
        self._resource = resource
        self._tagger = tagger
        self._words = words
        self._exact = {w: name[6:] for name, listed in words.items() if name.startswith("exact_") for w in listed}
        # `words_food` tells a need; `mark_life`, `mark_calm`, … tell something else about the message.
        spoken = [
            (w, name.replace("words_", "need ").replace("mark_", "mark "))
            for name, listed in words.items()
            if name.startswith(("words_", "mark_"))
            for w in listed
        ]
        # Longest first, so that "food stamps" is benefits before "food" is food.
        self._spoken = [
            (re.compile(rf"\b{re.escape(w)}\b"), name) for w, name in sorted(spoken, key=lambda item: -len(item[0]))
        ]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train again when any file of this folder changes."""
        return sources.fingerprint()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ContextReader:
        """A reader without words; `train` gives it some."""
        return cls(model_storage, resource, {})

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the word lists of the lookup tables as JSON, and learn places from the rows where they are marked."""
        words: dict[str, list[str]] = {}
        for table in training_data.lookup_tables:
            words.setdefault(table["name"], []).extend(plain(w) for w in table["elements"])
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(words, ensure_ascii=False, sort_keys=True), encoding="utf-8")
            train_tagger(_marked(training_data), folder / _TAGGER)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ContextReader:
        """A reader with the words it was trained with."""
        with model_storage.read_from(resource) as folder:
            words = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            tagger = Tagger(folder / _TAGGER)
        return cls(model_storage, resource, words, tagger)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples pass through unchanged."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Settle intent and entities of each message."""
        for message in messages:
            reading = self.read(message)
            intent = {"name": reading.intent, "confidence": reading.confidence}
            message.set(INTENT, intent, add_to_output=True)
            message.set(ENTITIES, _entities(reading), add_to_output=True)
        return messages

    def read(self, message: Message) -> Reading:
        """Everything that one message says, given the question that is open (in the message's metadata)."""
        context = message.get("metadata") or {}
        text = message.get(TEXT) or ""
        intent = message.get(INTENT) or {}
        reading = Reading(
            text=text,
            words=plain(text),
            open_question=context.get("open"),
            menu=list(context.get("menu") or []),
            intent=intent.get("name") or _FALLBACK,
            confidence=float(intent.get("confidence") or 0.0),
        )
        best = _best(message.get(INTENT_RANKING_KEY) or [])
        self._find_words(reading)
        exact = self._exact.get(reading.words)
        if _is_menu_answer(reading):
            _choose(reading)
        elif exact:
            reading.decide(exact)
        elif reading.intent == "stop_texts" and reading.confidence < _SURE_OF_STOP:
            reading.decide(_FALLBACK, reading.confidence)
        words = more_needs.Words(context.get("named") or [], context.get("hinted") or [])
        self._find_language(reading, is_more=bool(words.named) and exact is None)
        if "stop" in reading.marks:
            reading.decide("stop_texts")
        _find_needs(reading, is_exact=exact is not None)
        if reading.confidence < 1.0:
            more_needs.by_clauses(reading, message.get(IN_CLAUSES) or [])
            more_needs.by_words(reading, words, doubts_danger=best == "danger")
        if context.get("served") and exact is None:
            _find_trouble(reading)
        _find_people(reading)
        reading.found.update({name: [value] for name, value in facts.told(reading.text).items()})
        _find_no(reading)
        _find_danger(reading, best)
        if reading.intent not in ("danger", "change_language", "stop_texts") and exact is None:
            _find_place(reading, self._tagger.places(reading.text) if self._tagger else [])
        return reading

    def _find_words(self, reading: Reading) -> None:
        rest = reading.words
        needs: list[tuple[int, str]] = []
        for pattern, name in self._spoken:
            match = pattern.search(rest)
            if match is None:
                continue
            rest = pattern.sub(lambda m: "_" * len(m.group(0)), rest)
            kind, _, value = name.partition(" ")
            if kind == "need":
                needs.append((match.start(), value))
            else:
                reading.marks.append(value)
        reading.needs = list(dict.fromkeys(need for _, need in sorted(needs)))

    def _find_language(self, reading: Reading, *, is_more: bool) -> None:
        if is_more or _tells_more(reading):
            # "We speak Spanish, food in 94110": the language is kept beside the rest, never instead of it.
            language = spoken(reading.words)
            if language:
                reading.add("answer_in", language)
            if reading.intent == "change_language":
                reading.decide(_FALLBACK, 0.0)
            return
        for language in ("en", "es"):
            if f"language_{language}" in reading.marks or reading.intent == f"language_{language}":
                reading.decide("change_language")
                reading.add("language", language)
        if reading.intent == "change_language" and "language" not in reading.found:
            # "change the language" without saying to which: there are only two.
            reading.add("language", "other")


def _tells_more(reading: Reading) -> bool:
    """Whether a message tells a need or a ZIP code, so that a language named in it is not all that it says."""
    is_need = reading.intent.startswith(_NEED) and reading.confidence >= _LIKELY
    return is_need or bool(reading.needs) or zip_code(reading.text) is not None


def _is_menu_answer(reading: Reading) -> bool:
    digits = [word for word in reading.words.split() if word not in ("and", "y", "e")]
    return bool(reading.menu and digits) and all(re.fullmatch(r"[1-9]", digit) for digit in digits)


def _choose(reading: Reading) -> None:
    """Take the menu's items for the digits; a digit that was not offered is not understood."""
    digits = [int(d) for d in reading.words.split() if d.isdigit()]
    chosen = [reading.menu[d - 1] for d in digits if d <= len(reading.menu)]
    if not chosen:
        reading.decide(_FALLBACK, 0.0)
        return
    reading.found.clear()
    for item in chosen:
        if item in ("self", "other"):
            reading.add("for_whom", item)
            reading.decide("inform")
        elif item == "something_else":
            reading.decide("other_need")
        else:
            reading.add("need", item)
            reading.decide(_NEED + item)


def _find_needs(reading: Reading, *, is_exact: bool) -> None:
    spoken = reading.needs
    if reading.intent.startswith(_NEED):
        code = reading.intent[len(_NEED) :]
        if code not in spoken and (not spoken or reading.confidence >= _LIKELY):
            reading.add("need", code)
        elif code in spoken:
            reading.confidence = max(reading.confidence, _SURE)
        else:
            reading.decide(_NEED + spoken[0], _SURE)
    elif spoken and _is_weak(reading) and not is_exact:
        reading.decide(_NEED + spoken[0], _SURE)
    if reading.intent.startswith(_NEED):
        for code in spoken:
            reading.add("need", code)


def _is_weak(reading: Reading) -> bool:
    is_meant = reading.intent in _MEANT and reading.confidence >= _VERY_SURE
    return reading.intent in _WEAK and not is_meant


def _find_trouble(reading: Reading) -> None:
    """ "That place was full" after a list of services tells that it did not help, whatever else it looks like."""
    is_new = bool(reading.found.get("need")) or zip_code(reading.text) is not None
    if not reading.open_question and not is_new and reading.intent in _NO_TROUBLE and tells_trouble(reading.words):
        reading.decide("complaint")


def _find_people(reading: Reading) -> None:
    if reading.intent in ("ask_person", "danger") and reading.confidence >= 1.0:
        return
    # "My brother" in answer to "what place" tells for whom, and no place.
    asked = reading.open_question == "for_whom" or (reading.open_question == "place" and names_people(reading.words))
    who = for_whom(reading.words, asked=asked, about_need=reading.intent.startswith(_NEED))
    if who and "for_whom" not in reading.found:
        reading.add("for_whom", who)
        if asked and (reading.intent in _WEAK or reading.intent == "unsure"):
            reading.decide("inform", _SURE)
        elif reading.intent == _FALLBACK:
            reading.decide("inform", _SURE)


def _find_no(reading: Reading) -> None:
    """ "No, I just need food" answers the safety question and tells a need; "no food" and "no tengo comida" do not."""
    tells_news = reading.intent.startswith(_NEED) or reading.intent == "inform"
    says_no = _SAYS_NO.match(unaccented(reading.text)) is not None
    if reading.open_question == "safety" and tells_news and (says_no or "calm" in reading.marks):
        reading.add("answer", "no")


def _find_danger(reading: Reading, best: str | None) -> None:
    """Raise on doubt (domain.md 1.1): words of danger, or danger as the best of several unsure guesses."""
    is_calm = "calm" in reading.marks
    if ("life" in reading.marks or "harm" in reading.marks) and not is_calm:
        reading.decide("danger")
    elif reading.intent == _FALLBACK and best == "danger" and not is_calm:
        reading.decide("danger", _SURE)
    if reading.intent == "danger" and "life" in reading.marks:
        reading.add("life", "yes")


def _best(ranking: list[dict[str, Any]]) -> str | None:
    """The likeliest real intent, behind the fallback that may stand first."""
    return next((r["name"] for r in ranking if r["name"] != _FALLBACK), None)


def _find_place(reading: Reading, told: list[str]) -> None:
    code = zip_code(reading.text)
    words = place(reading.text, told)
    asked = reading.open_question == "place"
    if code:
        reading.add("zip", code)
    if asked and (code or words):
        words = as_place(reading.text) or words
    elif asked and not _interrupts(reading) and "for_whom" not in reading.found:
        words = as_place(reading.text)
    if words:
        reading.add("place", words)
    # "Flights to Lima" names a place and still is nothing that we do.
    is_outside = reading.intent == "out_of_scope" and reading.confidence >= _LIKELY and not code
    is_weak = _is_weak(reading) and not is_outside
    is_all = bool(words) and _says_nothing_but(reading, words or "")
    if (code or words) and (is_weak or is_all or (asked and reading.intent != "another_place")):
        reading.found.pop("need", None) if (asked and words) or is_all else None
        reading.decide("inform", _SURE)


def _says_nothing_but(reading: Reading, words: str) -> bool:
    """Whether a message is a place and no more; a need that is guessed from the name of a street is none."""
    is_guess = reading.intent.startswith(_NEED) and reading.confidence < _VERY_SURE and not reading.needs
    return is_guess and plain(words) == reading.words


def _interrupts(reading: Reading) -> bool:
    if reading.intent in _INTERRUPTS:
        return reading.confidence >= _SURE or len(reading.words.split()) <= 1
    return reading.intent.startswith(_NEED) and (reading.confidence >= _VERY_SURE or bool(reading.needs))


def _marked(training_data: TrainingData) -> list[tuple[str, list[Span]]]:
    """Texts of the rows whose places are marked, where they name any, with where these stand."""
    return [
        (example.get(TEXT), [(e["start"], e["end"]) for e in example.get(ENTITIES) or [] if e["entity"] == "place"])
        for example in training_data.intent_examples
        if example.get(TEXT) and ((example.get("metadata") or {}).get("intent") or {}).get("places") == "marked"
    ]


def _entities(reading: Reading) -> list[dict[str, Any]]:
    return [
        {"entity": name, "value": value, "start": 0, "end": 0, "extractor": "ContextReader"}
        for name, values in reading.found.items()
        for value in values
    ]
