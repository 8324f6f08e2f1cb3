"""What may keep listed hours from holding: holidays, days with other hours, closures."""

from dataclasses import dataclass
from datetime import date, datetime, time

from gateway.directory import holidays


@dataclass(frozen=True)
class Closure:
    """Closed from one aware moment to another, whatever the schedules say; without an end until further notice."""

    start: datetime
    end: datetime | None = None

    def covers(self, when: datetime) -> bool:
        """Whether it holds at an aware moment; the end itself is outside."""
        return self.start <= when and (self.end is None or when < self.end)


@dataclass(frozen=True)
class SpecialDays:
    """Days, the last included, whose hours stand in for the listed ones; closed all day without hours."""

    first: date
    last: date
    opens_at: time | None = None
    closes_at: time | None = None


@dataclass(frozen=True)
class Exceptions:
    """The exceptions of one place.

    On a day of the ``calendar`` a listed opening is doubtful. ``closed_on`` are the codes of the holidays on which the
    publisher says to be closed; they take the calendar's place. Later ones of ``special`` go before earlier ones.
    """

    calendar: holidays.Calendar = holidays.FEDERAL
    closed_on: frozenset[str] | None = None
    special: tuple[SpecialDays, ...] = ()
    closures: tuple[Closure, ...] = ()

    @property
    def of_the_place(self) -> bool:
        """Whether any of them is the place's own, so that even one that never closes may be closed."""
        return bool(self.closed_on or self.special or self.closures)

    def closed_at(self, when: datetime) -> bool:
        """Whether a closure covers an aware moment."""
        return any(closure.covers(when) for closure in self.closures)

    def special_on(self, day: date) -> SpecialDays | None:
        """The special hours of a day."""
        return next((days for days in reversed(self.special) if days.first <= day <= days.last), None)

    def doubted_on(self, day: date) -> str | None:
        """The code of the holiday that makes listed hours doubtful on this day."""
        return self.calendar.on(day) if self.closed_on is None else None

    def closed_all(self, day: date) -> bool:
        """Whether the publisher says to be closed on this day's holiday."""
        return bool(self.closed_on) and holidays.Calendar(self.closed_on or frozenset()).on(day) is not None


ORDINARY = Exceptions()
