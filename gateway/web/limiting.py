"""How often one address may ask, counted for all processes together."""

import logging
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from limits import RateLimitItem
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PATIENCE: dict[str, Any] = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 world, as a machine that speaks IPv6 alone sees it


def whose(address: str | None) -> IPv4Address | IPv6Address | None:
    """By what the requests from an address are counted; None for no address.

    One host takes as many addresses of its IPv6 network (/64) as it likes, so the network counts, as the one IPv4
    address of a house does. IPv4 written as IPv6 is IPv4: else all of it would be one network.
    """
    try:
        given = ip_address(address or "")
    except ValueError:
        return None
    if isinstance(given, IPv4Address) or given.is_loopback:
        return given
    if given in TRANSLATED:
        return IPv4Address(int(given) & 0xFFFFFFFF)
    return given.ipv4_mapped or IPv6Address(int(given) >> 64 << 64)


class Pace:
    """One limit, counted in Redis; in this process alone while Redis is down."""

    def __init__(self, redis_url: str, limit: RateLimitItem, name: str) -> None:
        self.limit = limit
        self._name = name
        self._shared = MovingWindowRateLimiter(RedisStorage(redis_url, **PATIENCE))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, who: str) -> int:
        """Use up one request of ``who``; the seconds to wait when none is left, else 0."""
        return self._counted(self._hit, who)

    def untouched(self, who: str) -> bool:
        """Whether ``who`` has used up nothing of the present window."""
        return self._counted(self._left, who) == self.limit.amount

    def full(self, who: str) -> int:
        """The seconds until ``who`` has a request left, 0 when one is left now; uses up nothing."""
        return self._counted(self._until_room, who)

    def _counted(self, count: Callable[[MovingWindowRateLimiter, str], int], who: str) -> int:
        try:
            return count(self._shared, who)
        except RedisError:
            log.warning("%s is counted in this process alone", self._name)
            return count(self._own, who)

    def _left(self, limiter: MovingWindowRateLimiter, who: str) -> int:
        return limiter.get_window_stats(self.limit, self._name, who).remaining

    def _hit(self, limiter: MovingWindowRateLimiter, who: str) -> int:
        return 0 if limiter.hit(self.limit, self._name, who) else self._until_room(limiter, who) or 1

    def _until_room(self, limiter: MovingWindowRateLimiter, who: str) -> int:
        stats = limiter.get_window_stats(self.limit, self._name, who)
        return 0 if stats.remaining else max(1, round(stats.reset_time - time.time()))
