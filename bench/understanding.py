"""What telling the intent costs, by kind of model: `.venv-bot/bin/python -m bench.understanding` (some five minutes).

Each kind learns all rows of bot/data with the bot's own counters and sentence vectors. A process of its own then loads
the weights and reads the held-back rows one by one, which gives accuracy, memory and processor time of the model alone,
without any reading of words and places around it.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC

from bot.pipeline import vote
from bot.pipeline.plain import unaccented
from bot.pipeline.spelling import accents, spelled
from bot.quiet import environment
from tests.bot.held_back import all_rows, blind_rows
from tools.nlu_rows import DATA, MARKED, Row, taught

environment()

KINDS: dict[str, tuple[tuple[bool, bool, float], ...]] = {
    "nothing: libraries alone": (),
    "meaning: sentence vectors": ((False, True, 1.0),),
    "letters and words": ((True, False, 0.5),),
    "letters, words and meaning": ((True, True, 1.0),),
    "taken: mean of the last two": ((True, False, 0.5), (True, True, 1.0)),
}
"""For each kind its votes: whether one counts runs of letters and words, whether it takes vectors, and C."""


def fit(kind: str) -> dict[str, Any]:
    """Learn every row; the weights, what the counters know, and the processor seconds it took, encoding included."""
    rows = [
        (MARKED.sub(r"\1", text), intent)
        for intent, languages in taught(DATA.glob("*/*.yml")).items()
        for texts in languages.values()
        for text in texts
    ]
    texts, names = [text for text, _ in rows], [name for _, name in rows]
    begun = time.process_time()
    counters = vote._counters() if any(runs for runs, _, _ in KINDS[kind]) else []
    counted = [counter.fit_transform([unaccented(text) for text in texts]) for counter in counters]
    known_accents = accents(texts)
    written_out = [spelled(text, known_accents) for text in texts]
    meaning = [csr_matrix(vote.vectors(written_out, 1.5))] if any(meant for _, meant, _ in KINDS[kind]) else []
    votes = []
    for runs, meant, strength in KINDS[kind]:
        matrix = hstack([*(counted if runs else []), *(meaning if meant else [])]).tocsr()
        fitted = LinearSVC(C=strength, class_weight=vote.weights(names), random_state=7).fit(matrix, names)
        votes.append((runs, meant, fitted.coef_.T.astype(np.float32), fitted.intercept_))
    known = [(json.dumps(list(c.get_feature_names_out())), c.idf_) for c in counters]
    seconds = time.process_time() - begun
    return {"names": sorted(set(names)), "known": known, "accents": known_accents, "votes": votes, "seconds": seconds}


def serve(path: Path) -> dict[str, Any]:
    """Load a model and read the held-back rows, each alone: what it told, the time of each, and the memory."""
    model = pickle.loads(path.read_bytes())  # our own file of a minute ago
    counters = vote._counters(model["known"]) if model["known"] else []
    votes = [(runs, meant, vote._Linear(w, b, 5.0)) for runs, meant, w, b in model["votes"]]
    del model["votes"]
    told, took = [], []
    for row in all_rows() if votes else []:
        begun = time.process_time()
        places, values = np.array([], dtype=int), np.array([], dtype=np.float32)
        if counters:
            counted = hstack([c.transform([unaccented(row.text)]) for c in counters]).tocsr()
            places, values = counted.indices, counted.data
            width = counted.shape[1]
        meaning = (
            vote.vectors([spelled(row.text, model["accents"])], 1.5)[0]
            if any(meant for _, meant, _ in votes)
            else np.array([])
        )
        shares = 0.0
        for runs, meant, linear in votes:
            first = width if runs else 0
            at = np.concatenate([places if runs else [], first + np.arange(len(meaning)) if meant else []]).astype(int)
            shares = shares + linear.shares(at, np.concatenate([values if runs else [], meaning if meant else []]))
        told.append(model["names"][int(np.argmax(shares))])
        took.append((time.process_time() - begun) * 1000)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    memory = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    return {"told": told, "took": took, "memory": memory}


def macro_f1(rows: list[Row], told: list[str]) -> float:
    """Mean F1 over the intents that have rows; any of several needs is right."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row, name in zip(rows, told, strict=True):
        wanted = name if name in row.intents else row.intents[0]
        counts[wanted][0 if name == wanted else 2] += 1
        if name != wanted:
            counts[name][1] += 1
    scores = [2 * t / (2 * t + f + m) for t, f, m in counts.values() if t + m]
    return sum(scores) / len(scores)


def line(kind: str, path: Path) -> str:
    """One line of the table."""
    done = subprocess.run([sys.executable, "-m", "bench.understanding", "--serve", str(path)], stdout=-1, check=True)
    read, model = json.loads(done.stdout), pickle.loads(path.read_bytes())
    if not read["told"]:
        return f"| {kind} | | | | | {read['memory']} | |"
    rows, blind = all_rows(), {row.text for row in blind_rows()}
    found = []
    for chosen in (blind, {row.text for row in rows}):
        for language in ("en", "es"):
            pairs = [
                (r, t) for r, t in zip(rows, read["told"], strict=True) if r.language == language and r.text in chosen
            ]
            found.append(f"{macro_f1([row for row, _ in pairs], [name for _, name in pairs]):.3f}")
    weights = sum(w.nbytes + b.nbytes for _, _, w, b in model["votes"]) / 1e6
    middle, slow = np.percentile(read["took"], [50, 95])
    return (
        f"| {kind} | {found[0]} / {found[1]} | {found[2]} / {found[3]} | {model['seconds']:.0f} s | {weights:.0f} MB | "
        f"{read['memory']} MB | {middle:.1f} / {slow:.1f} ms |"
    )


def main() -> None:
    """Print the table, or with `--serve` what one model does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", type=Path)
    if path := parser.parse_args().serve:
        sys.stdout.write(json.dumps(serve(path)))
        return
    sys.stdout.write("| model | blind en / es | all en / es | training | weights | memory | p50 / p95 |\n")
    with tempfile.TemporaryDirectory() as folder:
        for number, kind in enumerate(KINDS):
            path = Path(folder) / f"{number}.pkl"
            path.write_bytes(pickle.dumps(fit(kind)))
            sys.stdout.write(line(kind, path) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
