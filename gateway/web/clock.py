"""The time at which a page acts."""

from datetime import UTC, datetime


def now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)
