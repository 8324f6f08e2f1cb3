"""Keep Rasa silent: no telemetry, no noise, and never a word that a resident wrote in any log."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "LOG_LEVEL": "WARNING",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    "SANIC_BACKLOG": "256",
}

# Third-party modules whose deprecations concern Rasa's own authors, not us.
_NOISY_MODULES = (
    *("google", "pkg_resources", "rasa", "rasa_sdk", "sanic", "sanic_jwt", "sanic_routing", "tensorflow", "keras"),
    *("tensorflow_addons", "jax", "matplotlib", "numpy", "packaging", "pykwalify", "ruamel", "sklearn", "sqlalchemy"),
    *("websockets", "aiohttp", "apscheduler", "dask", "distutils", "flatbuffers", "joblib", "scipy", "setuptools"),
    *("skops", "typeguard", "sanic_cors"),
)

_KNOWN_MESSAGES = (
    r"pkg_resources is deprecated",
    r"the load_module\(\) method is deprecated",
    # Said by Rasa of every domain that has a form; it is about an upgrade from Rasa 2.
    r"\s*Slot auto-fill has been removed in 3\.0",
    # Our own readers take the lookup tables and the marked words, which Rasa cannot know.
    r"\s*You have defined training data consisting of (lookup tables|entity examples)",
)

_OWN_PREFIX = "bot"


@dataclass
class Turn:
    """What is known of the turn under way: its id, for the log, and whether anything in Rasa failed."""

    turn_id: str
    failed: bool = False


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
"""The turn that this task works on. Rasa swallows exceptions, so its log is where a failure shows."""


class IdsOnly(logging.Formatter):
    """One line with place, severity and ids; of foreign records never the message, which may quote a resident."""

    def format(self, record: logging.LogRecord) -> str:
        turn = current_turn.get()
        parts = [
            self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            record.levelname,
            record.name,
            f"{record.module}:{record.lineno}",
        ]
        if turn is not None:
            parts.append(f"turn={turn.turn_id}")
        if record.name.split(".")[0] == _OWN_PREFIX:
            parts.append(record.getMessage())
        if record.exc_info and record.exc_info[0] is not None:
            parts.append(f"exception={record.exc_info[0].__name__}")
        return " ".join(parts)


class FailureSensor(logging.Handler):
    """Marks the current turn as failed when Rasa logs that it went on without an action.

    Rasa answers HTTP 200 with an empty list when the action server is down or an action raises; the record it
    logs at ERROR (or WARNING, for the circuit breaker) is the only sign.
    """

    def emit(self, record: logging.LogRecord) -> None:
        turn = current_turn.get()
        if turn is not None:
            turn.failed = True


def environment() -> None:
    """Set what has to be set before Rasa or TensorFlow are imported. An operator's own values win."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    known_warnings()


def logs(*, private: bool = True) -> None:
    """Send every log record, Rasa's, Sanic's and Python's warnings, through `IdsOnly` on standard error.

    `private=False` is for training, where no resident's word can be met and the messages are of use.

    Must be called after Rasa was imported: its import sets filters and handlers of its own.
    """
    _structlog_to_logging()
    out = logging.StreamHandler(sys.stderr)
    if private:
        out.setFormatter(IdsOnly())
    root = logging.getLogger()
    root.handlers = [out]
    root.setLevel(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        if logger.level < logging.WARNING:
            logger.setLevel(logging.NOTSET if name.split(".")[0] == _OWN_PREFIX else logging.WARNING)
    logging.getLogger(_OWN_PREFIX).setLevel(logging.INFO)
    sensor = FailureSensor(logging.WARNING)
    for name in ("rasa.core.processor", "rasa.core.actions", "rasa.core.nlg", "rasa.core.policies"):
        logging.getLogger(name).addHandler(sensor)
    known_warnings()


def known_warnings() -> None:
    """Silence the deprecations of Rasa's own dependencies, and send every other warning to the log."""
    logging.captureWarnings(True)
    for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
        for module in _NOISY_MODULES:
            warnings.filterwarnings("ignore", category=category, module=rf"{module}(\..*)?$")
    for message in _KNOWN_MESSAGES:
        warnings.filterwarnings("ignore", message=message)


def _structlog_to_logging() -> None:
    import structlog

    def event_only(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
        return str(event.get("event", ""))

    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, event_only],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,
    )
