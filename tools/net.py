"""Trains the net under the risk rules from the rows in ``gateway/risk/net/rows`` and writes its weights: `make net`.

Every file holds ``levels <tab> functionality <tab> text``; of the levels, joined by ``|``, the first is meant and the
others could be defended; earlier texts of the same person stand before `` || ``. The net learns classes finer than
levels, which is like having several straight lines where one would not do. Thresholds are set on rows of files that
each fold's training did not see. ``--check`` only says whether the weights are older than the rows.
"""

import hashlib
import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from gateway.risk.letters import fold
from gateway.risk.level import Level
from gateway.risk.linear import LETTERS, LONGEST, LOUDEST, WORDS, divisor, features, plain
from gateway.risk.net import LEVELS, ROWS, WEIGHTS
from tools.linear import (
    COMMON,
    DIMENSIONS,
    FIRST_LOOK,
    KEPT,
    MEANING,
    SEEN,
    SHARPNESS,
    STEPS,
    Meaning,
    Runs,
    all_words,
    chosen_reader,
    fit,
    say,
    train_or_check,
    write,
)

FOLDS = 3  # of whole files: what was written together stays together
FALSE_ALARMS = 0.055  # of all harmless rows, most of which were written to be mistaken
EMERGENCY_SHARE = 0.50
ROUTINE = 0.60
MENDED = 4.0
MENDED_FILE = "mended"
RISK_TESTS = Path(__file__).parent.parent / "tests" / "risk"
WRITTEN_AS = {"911": Level.EMERGENCY, "urgent": Level.URGENT, "routine": Level.ROUTINE, "none": Level.NONE}
CATEGORY = {
    "suicide": "si_direct si_passive si_imminent negation_contrastive past_returning",
    "suicide.hint": "si_veiled goodbye",
    "suicide.means": "si_means si_plan",
    "suicide.attempt": "attempt_",
    "suicide.slang": "si_slang_euphemism",
    "third_party": "third_party_suicide",
    "self_harm": "self_harm_nssi",
    "overdose": "od_",
    "medical": "medical_emergency",
    "withdrawal": "withdrawal_",
    "exposure": "exposure_weather device_power",
    "fire": "fire_gas_trapped",
    "violence": "violence_in_progress weapon_break_in kidnapping threat_imminent",
    "threat": "threat_not_imminent",
    "partner_violence": "dv_ strangulation",
    "sexual_assault": "sexual_assault_",
    "trafficking": "trafficking",
    "child": "child_ runaway_minor_alone",
    "elder": "elder_danger",
    "psychosis": "voices_command psychosis_mania_panic",
    "distress": "distress_no_risk",
    "person": "asks_human",
}


@dataclass(frozen=True)
class Row:
    """One written example."""

    level: Level
    accepted: frozenset[Level]
    functionality: str
    text: str
    earlier: tuple[str, ...] = ()
    file: str = ""

    @property
    def whole(self) -> str:
        """The text with what the same person wrote just before."""
        return " ".join((*self.earlier, self.text))

    @property
    def category(self) -> str | None:
        """What it is about, as the safety texts name it, and a part of it; None where the functionality is silent."""
        for name, beginnings in CATEGORY.items():
            if any(self.functionality.startswith(each) for each in beginnings.split()):
                return name
        return None


def read_rows(path: Path) -> list[Row]:
    """The rows of one file. Raises ``ValueError`` with the line that is wrong."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            levels, functionality, text = line.split("\t")
            accepted = [WRITTEN_AS[level] for level in levels.split("|")]
        except (ValueError, KeyError) as fault:
            raise ValueError(f"{path.name}:{number}: not 'levels <tab> functionality <tab> text'") from fault
        *earlier, text = text.split(" || ")
        rows.append(Row(accepted[0], frozenset(accepted), functionality, text, tuple(earlier), path.stem))
    return rows


def all_rows() -> list[Row]:
    """Every row that the net learns from, in a fixed order, each text once, and none that is kept for measuring.

    Of equal texts the mended one counts. Raises ``ValueError`` when they do not agree on how dangerous they are.
    """
    rows: dict[str, Row] = {}
    for path in sorted(ROWS.glob("*.tsv"), key=lambda each: (each.stem == MENDED_FILE, each.name)):
        for row in read_rows(path):
            known = rows.setdefault(same(row.whole), row)
            if row.file == MENDED_FILE:
                rows[same(row.whole)] = row
            elif not known.accepted & row.accepted:
                raise ValueError(f"{row.text!r} has two levels, in {known.file} and {row.file}")
    kept = {same(row.whole) for path in held_back() for row in read_rows(path)}
    return [row for text, row in rows.items() if text not in kept]


def held_back() -> list[Path]:
    """The files of rows that are kept for measuring."""
    return sorted(RISK_TESTS.glob("held_back*/*.tsv"))


def same(text: str) -> str:
    """What two texts share that are the same but for their marks and repeated words; the text when it has no words."""
    words = [word for word in plain(text).split() if word.isalnum()]
    return " ".join(word for word, _ in groupby(words)) or text


def fingerprint() -> str:
    """What the weights are made of: the rows, the way they are read, and the settings above."""
    made_of = hashlib.sha256()
    for path in (*sorted(ROWS.glob("*.tsv")), *held_back(), *(COMMON / f"{code}.txt" for code in ("en", "es"))):
        made_of.update(path.read_bytes())
    made_of.update("".join(inspect.getsource(each) for each in (fold, plain, features, divisor, same)).encode())
    reading: list[object] = [LETTERS, WORDS, LONGEST, LOUDEST]
    settings: list[object] = [FOLDS, SEEN, KEPT, SHARPNESS, STEPS, FIRST_LOOK, DIMENSIONS, MEANING, FALSE_ALARMS]
    settings += [EMERGENCY_SHARE, ROUTINE, MENDED, CATEGORY]
    made_of.update(repr(reading + settings).encode())
    return made_of.hexdigest()[:16]


def weights_of(rows: Sequence[Row]) -> Any:
    """How much each row counts: a message that was once misread, and must not be again, as much as several."""
    return np.array([MENDED if row.file == MENDED_FILE else 1.0 for row in rows])


def classes_of(rows: Sequence[Row], matrix: Any) -> tuple[list[str], Any]:
    """The names of the classes, ``level.category``, and the class of each row.

    Where the functionality of a dangerous row does not say what it is about, the rows that say it are asked.
    """
    about = [row.category or "" for row in rows]
    known = [index for index, row in enumerate(rows) if row.level >= Level.URGENT and row.category]
    silent = [index for index, row in enumerate(rows) if row.level >= Level.URGENT and not row.category]
    if silent:
        guess = fit(matrix[known], np.array([about[index] for index in known]), FIRST_LOOK).predict(matrix[silent])
        for index, category in zip(silent, guess, strict=True):
            about[index] = str(category)
    named = [f"{row.level}.{category}" for row, category in zip(rows, about, strict=True)]
    names = sorted(set(named))
    return names, np.array([names.index(name) for name in named])


def by_level(chances: Any, names: Sequence[str]) -> Any:
    """The chances of classes, added up to those of the levels."""
    return np.stack(
        [chances[:, [name.split(".")[0] == level for name in names]].sum(axis=1) for level in LEVELS], axis=1
    )


def unseen_chances(rows: Sequence[Row], texts: Sequence[Runs], meant: Any, levels: Any) -> Any:
    """What each row's level looks like to a net that learned from other files."""
    from scipy.sparse import hstack

    chances = np.zeros((len(texts), len(LEVELS)))
    files = sorted({row.file for row in rows})
    fold_of = np.array([files.index(row.file) % FOLDS for row in rows])
    for part in range(FOLDS):
        say(f"fold {part + 1} of {FOLDS}")
        seen, unseen = np.flatnonzero(fold_of != part), np.flatnonzero(fold_of == part)
        taught = [texts[int(index)] for index in seen]
        reader = chosen_reader(taught, levels[seen])
        matrix = reader.matrix(taught)
        names, wanted = classes_of([rows[int(index)] for index in seen], matrix)
        model = fit(hstack([matrix, meant[seen]]).tocsr(), wanted, STEPS, weights_of(rows)[seen])
        others = reader.matrix([texts[int(index)] for index in unseen])
        chances[unseen] = by_level(model.predict_proba(hstack([others, meant[unseen]]).tocsr()), names)
    return chances


def limits(rows: Sequence[Row], chances: Any) -> dict[str, float]:
    """From where on the net speaks up: no more false alarms than we allow."""
    danger = chances[:, 2] + chances[:, 3]
    harmless = np.array([not row.accepted & {Level.URGENT, Level.EMERGENCY} for row in rows])
    urgent = float(np.quantile(danger[harmless], 1 - FALSE_ALARMS))
    return {"urgent": round(urgent, 4), "emergency_share": EMERGENCY_SHARE, "routine": ROUTINE}


def report(rows: Sequence[Row], chances: Any, at: dict[str, float]) -> dict[str, float]:
    """How well rows that were not trained on are read at these limits."""
    danger = chances[:, 2] + chances[:, 3]
    alarm = danger >= at["urgent"]
    emergency = alarm & (chances[:, 3] >= at["emergency_share"] * danger)
    level = np.array([LEVELS.index(row.level) for row in rows])
    harmless = np.array([not row.accepted & {Level.URGENT, Level.EMERGENCY} for row in rows])
    calm = np.array([Level.EMERGENCY not in row.accepted for row in rows])
    return {
        "rows": len(rows),
        "danger_found": round(float(alarm[level >= LEVELS.index(Level.URGENT)].mean()), 4),
        "emergency_found": round(float(alarm[level == LEVELS.index(Level.EMERGENCY)].mean()), 4),
        "emergency_exact": round(float(emergency[level == LEVELS.index(Level.EMERGENCY)].mean()), 4),
        "false_alarms": round(float(alarm[harmless].mean()), 4),
        "needless_emergencies": round(float(emergency[calm].mean()), 4),
    }


def train() -> None:
    """Train, set the limits, write, and say how good it is."""
    from scipy.sparse import hstack

    rows = all_rows()
    read = [plain(row.whole) for row in rows]
    say(f"{len(rows)} rows; word vectors")
    meaning = Meaning(all_words(read))
    meant = meaning.matrix(read)
    texts = [features(each) for each in read]
    levels = np.array([LEVELS.index(row.level) for row in rows])
    chances = unseen_chances(rows, texts, meant, levels)
    at = limits(rows, chances)
    measured = report(rows, chances, at)
    say("training on all rows")
    reader = chosen_reader(texts, levels)
    matrix = reader.matrix(texts)
    names, wanted = classes_of(rows, matrix)
    model = fit(hstack([matrix, meant]).tocsr(), wanted, STEPS, weights_of(rows))
    made_of = fingerprint()
    write(WEIGHTS, reader, meaning, model, {"version": made_of, "limits": at, "measured": measured, "classes": names})
    say(json.dumps(measured | at))
    say(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB, version {made_of}")


def main() -> int:
    """Train, or check."""
    return train_or_check(__doc__ or "", "make net", WEIGHTS, fingerprint, train)


if __name__ == "__main__":
    sys.exit(main())
