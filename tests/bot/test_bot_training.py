"""Training happens when it is needed and only then, and the trained model understands rows that it never saw."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.bot.bot_server import PYTHON, ROOT, BotServer

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]

HELD_BACK = Path(__file__).parent / "held_back.tsv"
# Well below what was measured (see the printed table), so that a fall is noticed and noise is not.
LEAST_F1 = {"en": 0.90, "es": 0.85}
LEAST_OUT_OF_SCOPE = 0.85
KNOWN_TO_VALIDATION = (
    "is not used in any story or rule",  # our texts are said by actions; test_bot_data checks that each one is
    "Slot auto-fill has been removed",  # said of every domain with a form
    "training data consisting of lookup tables",  # our own reader takes them
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the bot's environment, from the repository's root."""
    return subprocess.run(
        [str(PYTHON), *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )  # fmt: skip


def test_a_current_model_is_not_trained_again(trained: None) -> None:
    models = {path: path.stat().st_mtime_ns for path in (ROOT / "models").glob("*.tar.gz")}
    assert run("-m", "bot.train", "--check").returncode == 0
    done = run("-m", "bot.train")
    assert done.returncode == 0
    assert "current" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in (ROOT / "models").glob("*.tar.gz")} == models


def test_any_change_of_data_configuration_or_pipeline_asks_for_training(tmp_path: Path) -> None:
    script = """
import json, shutil, sys
from pathlib import Path
from bot import models
copy = Path(sys.argv[1])
for name in ("config.yml", "domain.yml"):
    shutil.copy(models.ROOT / name, copy / name)
shutil.copytree(models.ROOT / "bot", copy / "bot")
seen = [models.fingerprint(copy)]
for name in ("config.yml", "domain.yml", "bot/data/needs/food.yml", "bot/pipeline/reader.py"):
    with (copy / name).open("a") as out:
        out.write("# changed")
    seen.append(models.fingerprint(copy))
(copy / "bot/data/needs/new.yml").write_text("nlu: []")
seen.append(models.fingerprint(copy))
with (copy / "bot/actions/form.py").open("a") as out:
    out.write("# the model does not depend on actions")
print(json.dumps([seen, models.fingerprint(copy), models.fingerprint()]))
"""
    done = run("-c", script, str(tmp_path))
    assert done.returncode == 0, done.stderr
    seen, after_action, here = json.loads(done.stdout)
    assert seen[0] == here
    assert len(set(seen)) == 6
    assert after_action == seen[-1]


def test_old_models_are_pruned(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from bot import models
models.MODELS = Path(sys.argv[1])
for number in range(5):
    path = models.MODELS / f"frontdoor-{number}.tar.gz"
    path.write_bytes(b"")
    os.utime(path, (number, number))
other = models.MODELS / "someone-elses.tar.gz"
other.write_bytes(b"")
models.prune(models.MODELS / "frontdoor-1.tar.gz")
print(sorted(p.name for p in models.MODELS.iterdir()))
"""
    done = run("-c", script, str(tmp_path))
    assert done.stdout.strip() == "['frontdoor-1.tar.gz', 'frontdoor-4.tar.gz', 'someone-elses.tar.gz']"


def test_the_model_is_kept_without_pickle(trained: None) -> None:
    listed = subprocess.run(
        ["tar", "tzf", str(max((ROOT / "models").glob("*.tar.gz"), key=lambda p: p.stat().st_mtime))],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "votes.skops" in listed
    assert "words.json" in listed
    assert ".pkl" not in listed


def test_rasas_own_validation_finds_nothing_but_what_is_known() -> None:
    """`rasa data validate` exits 0 with warnings, so what it prints is read as well."""
    done = run("-m", "rasa", "data", "validate", "--data", "bot/data")
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "No story structure conflicts found" in told
    warnings = [line for line in told.splitlines() if "UserWarning" in line]
    assert [line for line in warnings if not any(known in line for known in KNOWN_TO_VALIDATION)] == []


def test_rows_never_seen_are_understood_in_both_languages(bot: BotServer) -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    outside: list[bool] = []
    for row in HELD_BACK.read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            continue
        wanted, language, text = row.split("\t")
        told = bot.turn(text, language=language).intent
        right[language].append(told == wanted)
        counts[language, wanted][0 if told == wanted else 2] += 1
        if told != wanted:
            counts[language, told][1] += 1
        if wanted == "out_of_scope":
            outside.append(told in ("out_of_scope", "nlu_fallback"))
    for language in ("en", "es"):
        # Only intents that have rows: the fallback has none of its own, its misses count against the wanted one.
        scores = [2 * t / (2 * t + f + m) for (lang, _), (t, f, m) in counts.items() if lang == language and t + m]
        f1 = sum(scores) / len(scores)
        accuracy = sum(right[language]) / len(right[language])
        print(f"\n{language}: {len(right[language])} rows, accuracy {accuracy:.3f}, macro F1 {f1:.3f}")  # noqa: T201
        assert f1 >= LEAST_F1[language]
    assert sum(outside) / len(outside) >= LEAST_OUT_OF_SCOPE
