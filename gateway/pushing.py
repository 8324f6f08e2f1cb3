"""The means "push": a notice to all browsers of a responder at once; one that takes it is enough.

A push carries the fixed words of a page, the number of the thread and where it is read: no name and no word of a
resident. Whoever clicks passes the log-in.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway import delivery, means, push_devices
from gateway.db import Database
from gateway.means import Leaving, Outcome, Sender

ALL_SECONDS = 8.0  # for all browsers together, well below the time that a try holds its notice
OK, GONE, LATER = "ok", "gone", "later"
READ_AT = "/console/threads/{}"


class Answer(Protocol):
    """What a push service said: ok, gone, later or refused, and when it may be asked again."""

    @property
    def what(self) -> str:
        """One of these words."""

    @property
    def after(self) -> float | None:
        """Seconds, where it said so."""


class Pusher(Protocol):
    """What hands a push over; :class:`gateway.clients.push.Push` does."""

    def send(  # noqa: PLR0913 - which browser, what, and how long it is of use
        self, endpoint: str, point: bytes, secret: bytes, words: bytes, *, seconds: int, topic: str
    ) -> Answer:
        """Hand one over. Raises nothing for what a push service may do."""


@dataclass(frozen=True)
class Device:
    """One browser, read out of the database so that nothing stays locked while it rings."""

    id: int
    endpoint: str = field(repr=False)
    point: bytes = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Told:
    """What came of one browser."""

    device: Device
    what: str
    after: float | None = None


def by_push(
    database: Database, push: Pusher, clock: Callable[[], datetime] | None = None, patience: float = ALL_SECONDS
) -> Sender:
    """The means "push". A try whose answer was lost is sent again: the second replaces the first on the screen."""

    def ring(leaving: Leaving) -> Outcome:
        with database.begin() as session:
            rows = push_devices.of(session, leaving.responder_id) if leaving.responder_id else []
            devices = [
                Device(row.id, row.endpoint, push_devices.point_of(row.p256dh), push_devices.secret_of(row.auth))
                for row in rows
            ]
        if not devices:
            return means.failed(means.NO_DEVICE, permanent=True)
        told = _to_all(push, devices, leaving, patience)
        with database.begin() as session:
            now = clock() if clock else delivery.clock(session)
            for each in sorted(told, key=lambda one: one.device.id):
                if each.what == OK:
                    push_devices.took(session, each.device.id, now)
                else:
                    push_devices.failed(session, each.device.id, each.device.endpoint, now, gone=each.what == GONE)
        return _outcome(told)

    return ring


def words(leaving: Leaving) -> bytes:
    """What a browser is told, as JSON (gateway/static/console/push_worker.js reads it)."""
    to = READ_AT.format(leaving.escalation_id) if leaving.escalation_id is not None else "/console/"
    told = {"body": leaving.text, "language": leaving.language, "to": to, "tag": _tag(leaving)}
    return json.dumps(told, ensure_ascii=False).encode()


def _tag(leaving: Leaving) -> str:
    """What a later push about the same thread replaces."""
    return f"thread-{leaving.escalation_id}" if leaving.escalation_id is not None else f"notice-{leaving.notice_id}"


def _to_all(push: Pusher, devices: Sequence[Device], leaving: Leaving, patience: float) -> list[Told]:
    packed = words(leaving)

    def one(device: Device) -> Told:
        answer = push.send(
            device.endpoint, device.point, device.secret, packed, seconds=leaving.seconds_left, topic=_tag(leaving)
        )
        return Told(device, answer.what, answer.after)

    pool = ThreadPoolExecutor(len(devices), thread_name_prefix="push")
    try:
        asked = {pool.submit(one, device): device for device in devices}
        wait(asked, timeout=patience)
        return [_told(future, device) for future, device in asked.items()]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _told(future: Future[Told], device: Device) -> Told:
    return future.result() if future.done() and future.exception() is None else Told(device, LATER)


def _outcome(told: Sequence[Told]) -> Outcome:
    if any(each.what == OK for each in told):
        return means.sent(None)
    if all(each.what == GONE for each in told):
        return means.failed(means.NO_DEVICE, permanent=True)
    waits = [each.after for each in told if each.what == LATER]
    if not waits:
        return means.failed("rejected", permanent=True)
    return means.failed("busy", permanent=False, after=min((each for each in waits if each is not None), default=None))
