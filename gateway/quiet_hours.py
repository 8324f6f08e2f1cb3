"""When the town sleeps: what nobody wrote to us for is texted outside these hours only."""

from datetime import UTC, datetime, timedelta

from gateway.community import Community


def covers(community: Community, at: datetime) -> bool:
    """Whether ``at`` lies in the town's quiet hours, by its own clock."""
    return community.quiet_hours.covers(at.astimezone(community.clock).time())


def after(community: Community, at: datetime) -> datetime:
    """``at`` itself, or the end of the quiet hours that it lies in; in UTC.

    The end is a time of day, so a night in which clocks change is an hour shorter or longer. An end that the clock
    shows twice is its second time, and one that it skips is an hour later: rather late than at night.
    """
    if not covers(community, at):
        return at.astimezone(UTC)
    here = at.astimezone(community.clock)
    date = here.date() if here.time() < community.quiet_hours.end else here.date() + timedelta(days=1)
    ends = [datetime.combine(date, community.quiet_hours.end, community.clock).replace(fold=fold) for fold in (0, 1)]
    return max(end.astimezone(UTC) for end in ends)


def days_on(community: Community, at: datetime, days: int) -> datetime:
    """The same time of day so many days later by the town's clock, moved out of the quiet hours; in UTC."""
    return after(community, (at.astimezone(community.clock) + timedelta(days=days)).astimezone(UTC))
