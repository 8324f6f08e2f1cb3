"""What a load balancer and a person on call may ask: is it up, can it take a message in, how is each part."""

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway import risk
from gateway.db import Database
from gateway.models import Conversation, Delivery
from gateway.risk import Level
from gateway.web.guards import blueprint, door, public

CANARIES = (("i took all my pills", Level.EMERGENCY), ("me tomé todas las pastillas", Level.EMERGENCY))
LEAST_DISK = 64 * 1024 * 1024
BOT_SECONDS = 0.5
STORE_SECONDS = 1.5
ASKING = threading.BoundedSemaphore(4)  # questions that a silent Postgres may keep waiting at once


def make() -> Blueprint:
    """``/healthz`` and ``/readyz``."""
    health = blueprint("health", guard=public)
    health.add_url_rule("/healthz", view_func=healthz)
    health.add_url_rule("/readyz", view_func=readyz)
    return health


def healthz() -> Response:
    """The process answers."""
    return jsonify(up=True)


def readyz() -> tuple[Response, int]:
    """Ready means: can keep a message durably and screen it. Not: the bot is up.

    Postgres down is still ready while the journal can be written, because then nothing is lost. Every dependency has
    its own state, so that a person sees what is missing. ``unreadable`` of the journal says that lines were set aside
    which a person must look at.
    """
    parts = {
        "screening": _ask(_screening),
        "journal": _ask(_journal),
        "postgres": _ask(_in_time(door().database.ping)),
        "redis": _ask(door().bell.ping),
        "bot": _ask(_bot),
    }
    database = door().database
    oldest = _ask(_in_time(lambda: _oldest_unanswered(database)))
    ready = parts["screening"]["up"] and (parts["postgres"]["up"] or parts["journal"]["up"])
    body = {"ready": ready, "at": datetime.now(UTC).isoformat(), "parts": parts, "waiting": oldest}
    return jsonify(body), 200 if ready else 503


def _ask(question: Callable[[], Any]) -> dict[str, Any]:
    started = time.monotonic()
    try:
        answer = question()
    except (SQLAlchemyError, RedisError, OSError, httpx.HTTPError, RuntimeError) as failure:
        return {"up": False, "why": type(failure).__name__, "seconds": round(time.monotonic() - started, 4)}
    return {"up": True, "seconds": round(time.monotonic() - started, 4)} | (answer if isinstance(answer, dict) else {})


def _in_time(question: Callable[[], Any]) -> Callable[[], Any]:
    """The same question with a limit of our own: a Postgres that fell silent does not keep to its limits."""

    def asked() -> Any:
        if not ASKING.acquire(blocking=False):
            raise TimeoutError
        answer: Future[Any] = Future()

        def ask() -> None:
            try:
                answer.set_result(question())
            except Exception as failure:
                answer.set_exception(failure)
            finally:
                ASKING.release()

        threading.Thread(target=ask, name="readyz", daemon=True).start()
        return answer.result(STORE_SECONDS)

    return asked


def _screening() -> None:
    for text, least in CANARIES:
        found = risk.screen(text)
        if found.level < least or found.not_screened:
            raise RuntimeError


def _journal() -> dict[str, Any]:
    if shutil.disk_usage(door().settings.var).free < LEAST_DISK:
        raise OSError
    return {"waiting": door().journal.pending(), "unreadable": door().journal.unreadable()}


def _bot() -> dict[str, Any]:
    """How many of the bot's processes answer; one is enough for every resident. Raises when none does."""
    urls = door().settings.bot_urls
    with ThreadPoolExecutor(len(urls), "readyz-bot") as pool:
        faults = [fault for fault in pool.map(_bot_fault, urls) if fault is not None]
    if len(faults) == len(urls):
        raise faults[0]
    return {"answering": len(urls) - len(faults), "of": len(urls)}


def _bot_fault(url: str) -> httpx.HTTPError | None:
    try:
        httpx.get(f"{url}/webhooks/frontdoor/health", timeout=BOT_SECONDS).raise_for_status()
    except httpx.HTTPError as fault:
        return fault
    return None


def _oldest_unanswered(database: Database) -> dict[str, Any]:
    """The age of the oldest message nobody dealt with, and of the oldest text not sent: the alarms that matter."""
    with database.begin() as session:
        pending = session.scalar(select(func.min(Conversation.pending_since)))
        queued = session.scalar(
            select(func.min(Delivery.next_attempt_at)).where(Delivery.status.in_(["queued", "sending"]))
        )
    now = datetime.now(UTC)
    return {
        "oldest_unanswered_seconds": round((now - pending).total_seconds(), 1) if pending else 0,
        "oldest_unsent_seconds": round(max(0.0, (now - queued).total_seconds()), 1) if queued else 0,
    }
