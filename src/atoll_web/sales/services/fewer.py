"""How many units could be had where not all of them can be promised."""

from dataclasses import dataclass
from datetime import date

from atoll.promise import largest_part
from atoll_web.sales.services.drafting import Drafter, NewLine
from atoll_web.sales.services.entering import buyer_of
from atoll_web.sales.snapshot import Lock, master, snapshot


@dataclass(frozen=True, slots=True)
class Fewer:
    """So many units, and the day on which they would ship."""

    quantity: int
    ship_date: date


def fewer_units(*, line: NewLine, today: date, customer: str = "") -> Fewer | None:
    """The most units of a line that can be promised as soon as possible; None where not one can. Nothing is reserved.

    Raises
    ------
    AtollError
        As `inquire` does of a line that is at fault.
    """
    there, terms = master(today), buyer_of(customer)
    drafted = Drafter(there, today).draft(line, terms)
    seen = snapshot([drafted.work()], today, lock=Lock.NOTHING, there=there)
    found = largest_part(seen.availability, seen.wanted.line(0), line.quantity)
    return found and Fewer(found.units, seen.date(found.day))
