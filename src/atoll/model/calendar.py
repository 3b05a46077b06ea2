"""Working days."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from atoll.errors import AtollError

FAR = 3660


class NoWorkingDay(AtollError):
    """The calendar has no working day within ten years after {day}. Give it at least one weekday."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekdays on which people work, and the days on which they do not.

    Parameters
    ----------
    weekdays
        Working weekdays, Monday is 0.
    holidays
        Days off within them.
    """

    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if not self.weekdays <= frozenset(range(7)):
            raise ValueError(f"Expected weekdays 0 (Monday) to 6, got {sorted(self.weekdays)}.")

    def works(self, day: date) -> bool:
        """Whether people work on the day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def days(self, first: date) -> Iterator[date]:
        """Working days from `first` on.

        Raises
        ------
        NoWorkingDay
            When ten years hold none.
        """
        day, idle = first, 0
        while True:
            if self.works(day):
                idle = 0
                yield day
            elif (idle := idle + 1) > FAR:
                raise NoWorkingDay(day=first)
            day += timedelta(days=1)

    def on_or_after(self, day: date) -> date:
        """First working day that is not before `day`."""
        return next(self.days(day))

    def add(self, day: date, working_days: int) -> date:
        """The working day `working_days` after the first working day on or after `day`."""
        days = self.days(day)
        for _ in range(working_days):
            next(days)
        return next(days)
