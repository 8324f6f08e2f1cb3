"""JSON logs with ids only, and Sentry with a scrubber: no number and no word of a resident leaves through either."""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import structlog

from gateway.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

# Fields that a log line may carry besides its own text. Everything else is dropped, not masked: what is not on the
# list cannot leak.
ALLOWED = frozenset(
    "timestamp level event logger process status code route conversation message_id escalation delivery responder "
    "seconds child count reason attempt error_code epoch lease pid port where".split()
)
NUMBER = re.compile(r"\+?\d[\d\s().-]{6,}\d")
# What Sentry's own collection may add to a report.
NOTHING: Any = {
    "user_info": False,
    "http_bodies": [],
    "cookies": {"mode": "off"},
    "url_query_params": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}, "response": {"mode": "off"}},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
    "frame_context_lines": 0,
}
KEPT_IN_SENTRY = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "transaction")


def start(settings: Settings, process: str) -> None:
    """Set up the logs of this process, and Sentry when ``SENTRY_DSN`` is set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_shared(process)],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                only_allowed,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "twilio", "twilio.http_client", "urllib3", "alembic", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    watch_crashes()
    if settings.sentry_dsn:
        start_sentry(settings.sentry_dsn, process, settings.mode)


def watch_crashes() -> None:
    """Log what nobody caught instead of letting Python print it: its text may quote a resident.

    Whoever put a hook of their own there first keeps it (a test run does).
    """
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda died: _log_crash(died.exc_type, died.exc_value, died.exc_traceback)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_crash


def _log_crash(kind: type[BaseException], failure: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    crash = (kind, failure, trace) if failure is not None else None
    logging.getLogger("gateway").critical("a thread died", exc_info=crash)


def _shared(process: str) -> list[Any]:
    def name_process(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        where_it_broke,
        name_process,
    ]


def where_it_broke(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep of an exception its type and the places it went through; its text may quote a resident."""
    failure = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if failure is True:
        failure = sys.exc_info()
    if not failure or not failure[0]:
        return line
    places, frame = [], failure[2]
    while frame is not None:
        places.append(f"{frame.tb_frame.f_globals.get('__name__', '?')}:{frame.tb_lineno}")
        frame = frame.tb_next
    line["reason"], line["where"] = failure[0].__name__, places[-8:]
    return line


def only_allowed(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list, and anything in the text that looks like a number."""
    kept = {key: value for key, value in line.items() if key in ALLOWED}
    kept["event"] = NUMBER.sub("#", str(kept.get("event", "")))
    return kept


def start_sentry(dsn: str, process: str, environment: str) -> None:
    """Report crashes to Sentry, scrubbed: no bodies, numbers, locals, source lines or breadcrumbs."""
    import sentry_sdk  # noqa: PLC0415 - most installations have no Sentry, and the acceptor must be up at once
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        data_collection=NOTHING,
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        server_name=process,
        before_send=scrub,
        # What is caught and logged as an error is reported as well; of the log line itself nothing leaves.
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
    )


def scrub(event: "Event", _hint: "Hint") -> "Event":
    """Build the report anew from what may leave: the exception's type and the places it went through."""
    whole: dict[str, Any] = dict(event)
    kept: dict[str, Any] = {key: whole[key] for key in KEPT_IN_SENTRY if key in whole}
    kept["transaction"] = None
    kept["exception"] = {
        "values": [_scrub_exception(value) for value in (whole.get("exception") or {}).get("values", [])]
    }
    return kept  # type: ignore[return-value]


def _scrub_exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    names = ("filename", "function", "lineno", "module", "in_app")
    return {
        "type": value.get("type"),
        "value": None,
        "module": value.get("module"),
        "stacktrace": {"frames": [{name: frame.get(name) for name in names} for frame in frames]},
    }
