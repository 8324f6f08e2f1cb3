"""How often a log-in may be tried: counted in Redis for all processes, in this one alone while Redis is down."""

import logging
import time
from typing import Any

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PATIENCE: dict[str, Any] = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
# OWASP ASVS 5, V6.3.1. Per account and address, so that a stranger elsewhere cannot lock out somebody on duty; who
# goes on failing waits longer.
PER_ACCOUNT = (RateLimitItemPerMinute(5, 5), RateLimitItemPerHour(15, 1), RateLimitItemPerHour(40, 12))
# One address that tries many accounts (a shelter's or a county's whole office may share one address).
PER_ADDRESS = RateLimitItemPerMinute(60, 5)
LOOKS = RateLimitItemPerMinute(600, 5)  # each leaves a row in the store for a day


class Tries:
    """The tries that are left."""

    def __init__(self, redis_url: str) -> None:
        self._shared = MovingWindowRateLimiter(RedisStorage(redis_url, **PATIENCE))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def take(self, account: str, address: str | None) -> int:
        """Use up one try of this account; 0 when there was one, else the seconds until the next.

        ``address`` is None in a browser that is known: there no stranger's failures count.
        """
        if address and not self._either("test", PER_ADDRESS, "address", address):
            return self._wait(PER_ADDRESS, "address", address)
        for limit in PER_ACCOUNT:
            if not self._either("hit", limit, "account", account):
                return self._wait(limit, "account", account)
        return 0

    def knock(self, address: str) -> int:
        """Use up one look at the door from this address, which names no account; the seconds to wait, or 0.

        Who failed too often from there waits; to look costs little, as a whole office may share the address.
        """
        if not self._either("test", PER_ADDRESS, "address", address):
            return self._wait(PER_ADDRESS, "address", address)
        return 0 if self._either("hit", LOOKS, "knock", address) else self._wait(LOOKS, "knock", address)

    def failed(self, address: str) -> None:
        """Only failures count against an address: many people may share it."""
        self._either("hit", PER_ADDRESS, "address", address)

    def forgive(self, account: str) -> None:
        """The log-in was right: earlier slips no longer count."""
        for limiter in (self._shared, self._own):
            for limit in PER_ACCOUNT:
                try:
                    limiter.clear(limit, "account", account)
                except RedisError:
                    log.warning("log-in tries are counted in this process alone")
                    break

    def _wait(self, limit: RateLimitItem, *identifiers: str) -> int:
        try:
            ends = self._shared.get_window_stats(limit, *identifiers).reset_time
        except RedisError:
            ends = self._own.get_window_stats(limit, *identifiers).reset_time
        return max(1, int(ends - time.time()) + 1)

    def _either(self, verb: str, limit: RateLimitItem, *identifiers: str) -> bool:
        try:
            return bool(getattr(self._shared, verb)(limit, *identifiers))
        except RedisError:
            return bool(getattr(self._own, verb)(limit, *identifiers))
