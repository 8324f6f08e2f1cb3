"""Train the bot's model when, and only when, something that it is made from has changed."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bot import interpreter

_STEP_MARKS = ("Starting to train component", "Finished training component", "Restored component")


class _Steps(logging.Handler):
    """Prints a line with the elapsed time for each step that Rasa reports."""

    def __init__(self, begun: float) -> None:
        super().__init__(logging.INFO)
        self._begun = begun

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(_STEP_MARKS):
            say(f"{text} ", self._begun)


def say(text: str, begun: float) -> None:
    """One line of progress with the seconds since the start."""
    out = sys.__stdout__ or sys.stdout
    out.write(f"  {time.monotonic() - begun:5.1f} s  {text.strip()}\n")
    out.flush()


def main(arguments: list[str] | None = None) -> int:
    """`python -m bot.train [--check] [--force]`: 0 when a current model exists (now), 1 when not, 2 on failure."""
    parser = argparse.ArgumentParser(prog="python -m bot.train", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether training is needed (exit 1 when it is)")
    parser.add_argument("--force", action="store_true", help="train even if the model is current")
    options = parser.parse_args(arguments)
    interpreter.require()
    from bot import models

    target = models.wanted()
    if target.exists() and not options.force:
        sys.stdout.write(f"The model is current: models/{target.name}\n")
        return 0
    if options.check:
        sys.stdout.write(f"Training is needed: models/{target.name} does not exist.\n")
        return 1
    return _train(target)


def _train(target: Path) -> int:
    from bot import models, quiet

    begun = time.monotonic()
    quiet.environment()
    models.MODELS.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("RASA_CACHE_DIRECTORY", str(models.MODELS / ".cache"))
    say("loading Rasa (about 15 s)", begun)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=models.MODELS) as folder:
        made = _run_rasa(folder, begun)
        if made is None or models.wanted() != target:
            sys.stderr.write("Training made no model, or the files changed meanwhile. Run it again.\n")
            return 2
        os.replace(made, target)
    models.prune(target)
    say(f"models/{target.name}, {target.stat().st_size / 1e6:.1f} MB", begun)
    return 0


def _run_rasa(folder: str, begun: float) -> str | None:
    from bot import quiet

    os.chdir(interpreter.ROOT)
    if str(interpreter.ROOT) not in sys.path:
        sys.path.insert(0, str(interpreter.ROOT))
    import rasa.model_training
    import rasa.shared.utils.io

    quiet.logs(private=False)
    hooks = logging.getLogger("rasa.engine.training.hooks")
    hooks.setLevel(logging.INFO)
    hooks.propagate = False
    hooks.addHandler(_Steps(begun))
    say("reading the data", begun)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints where the model lies, which is not where it will lie
        result = rasa.model_training.train(
            domain="domain.yml", config="config.yml", training_files="bot/data", output=folder, fixed_model_name="model"
        )
    shutil.rmtree(interpreter.ROOT / ".rasa", ignore_errors=True)
    return result.model


if __name__ == "__main__":
    sys.exit(main())
