"""The company: its calendar, its assembly lines, its customers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from atoll.model.calendar import Calendar


@dataclass(frozen=True, slots=True)
class AssemblyLine:
    """A line on which final assembly is done.

    Parameters
    ----------
    minutes_per_day
        Capacity of a working day.
    models
        Codes of the product models that it builds.
    overtime_minutes, overtime_rate
        Minutes that people can work longer on a day on which the line works, and what each of them costs.
    weekday_minutes
        Capacity of Monday to Sunday where the line has a week of its own; empty for `minutes_per_day` on each weekday on which
        the company works. Holidays are free either way.
    exceptions
        Capacity of single days on which it works otherwise, 0 where it is closed; they come before holidays.
    """

    code: str
    name: str
    minutes_per_day: int
    models: tuple[str, ...]
    overtime_minutes: int = 0
    overtime_rate: Decimal = Decimal(0)
    weekday_minutes: tuple[int, ...] = ()
    exceptions: Mapping[date, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.minutes_per_day < 1:
            raise ValueError(f"Expected minutes_per_day >= 1 for {self.code}, got {self.minutes_per_day}.")
        if self.overtime_minutes < 0 or self.overtime_rate < 0:
            raise ValueError(f"Expected overtime >= 0 for {self.code}.")
        if len(self.weekday_minutes) not in (0, 7) or min((*self.weekday_minutes, *self.exceptions.values()), default=0) < 0:
            raise ValueError(f"Expected no weekday_minutes or seven for {self.code}, and none below 0.")


ORDINARY = 2
"""The priority of a customer of whom nothing else is said."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who orders.

    Parameters
    ----------
    currency
        What they pay in; empty for the company's own.
    price_list
        Code of a list of their own; empty for that of their class, if it has one.
    priority
        1 is served first where orders compete.
    """

    code: str
    name: str
    customer_class: str = ""
    country: str = ""
    email: str = ""
    currency: str = ""
    price_list: str = ""
    priority: int = ORDINARY

    def __post_init__(self) -> None:
        if self.priority < 1:
            raise ValueError(f"Expected priority >= 1 for {self.code}, got {self.priority}.")


@dataclass(frozen=True, slots=True)
class Company:
    """What holds for the whole company.

    Parameters
    ----------
    start
        First business date of its records.
    shipping_days
        Working days from the last day of assembly to shipment.
    minute_rate
        What a minute of work costs, for the cost roll-up; 0 leaves labour out.
    """

    name: str
    currency: str
    start: date
    calendar: Calendar
    lines: tuple[AssemblyLine, ...]
    shipping_days: int = 0
    minute_rate: Decimal = Decimal(0)
