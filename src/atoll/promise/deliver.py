"""How a basket is delivered: all lines on one day, or one line in two parts. A day for each line is what `promise` gives."""

from dataclasses import dataclass, replace

import numpy as np

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises
from atoll.promise.result import Cause
from atoll.promise.serving import promise, promise_each
from atoll.promise.wanted import AS_SOON_AS_POSSIBLE, Wanted, WantedLine


def promise_complete(availability: Availability, wanted: Wanted) -> Promises:
    """Promise lines that ship together: on the earliest day on which all can, each assembled as late as that day allows.

    Where lines request days, they ship together not before the latest of those.

    Returns
    -------
    Promises
        All ship on the day of the whole, also where one is finished earlier. A line that could ship earlier has the cause
        `DELIVERY`, unless it is the one that requests that day. When a line is refused, the basket cannot ship complete.

    Notes
    -----
    Every day is tried from the first on which each line alone could ship. Those that could ship last are served first, since they
    have the least choice. The day is the earliest possible when lines do not compete for supply or time; otherwise it is one
    that holds, not later than the last of them served in their order.
    """
    requested = int(wanted.requested_day.max(initial=AS_SOON_AS_POSSIBLE))
    soonest = promise(availability, _requested(wanted, AS_SOON_AS_POSSIBLE))
    if not len(wanted) or not soonest.is_promised.all():
        return soonest
    alone = promise_each(availability, _requested(wanted, AS_SOON_AS_POSSIBLE))
    last, order = int(soonest.ship_day.max()), np.argsort(-alone.ship_day, kind="stable")
    for day in range(max(int(alone.ship_day.max()), requested), max(last, requested) + 1):
        together = promise(availability, _requested(wanted, day), order=order)
        if together.is_promised.all() and together.ship_day.max() <= day:
            return _delivered(together, soonest, wanted)
    return soonest


BINDING = ("cause", "binding_item", "binding_supply", "binding_line", "binding_day", "binding_days")


def _delivered(together: Promises, soonest: Promises, wanted: Wanted) -> Promises:
    """All ship on the last day; lines that did not request it wait for the others, unless they could not be earlier anyway."""
    day = together.ship_day.max()
    waits = (wanted.requested_day < day) & ((together.cause == Cause.REQUEST.code) | (together.ship_day < day))
    binds = waits & (soonest.ship_day >= day)
    found = {name: np.where(binds, getattr(soonest, name), getattr(together, name)) for name in BINDING}
    found["cause"] = np.where(waits & ~binds, Cause.DELIVERY.code, found["cause"])
    return replace(together, ship_day=np.full_like(together.ship_day, day), **found)


@dataclass(frozen=True, slots=True)
class Split:
    """A line in two deliveries.

    Parameters
    ----------
    first_units, first_day
        What ships first, and when.
    rest_units, rest_day
        What follows, and when.
    lines
        The two lines that `promises` answers.
    """

    first_units: int
    first_day: int
    rest_units: int
    rest_day: int
    lines: Wanted
    promises: Promises


def splits(availability: Availability, line: WantedLine, units: int, *, most: int = 3) -> tuple[Split, ...]:
    """Ways to deliver a part of a line earlier than all of it, each with as many units as its first day allows.

    Parameters
    ----------
    line
        Of so many `units`; each requires the same.
    most
        The most ways to look at; those with the earliest first day.

    Returns
    -------
    tuple of Split
        By first day. The rest always follows later, and none is worse in both days and units than another; empty where no part
        ships earlier than the whole.

    Raises
    ------
    ValueError
        When the requirements are not a multiple of the units.
    """
    _refuse_unequal(line, units)
    whole = promise(availability, Wanted.of([replace(line, requested_day=AS_SOON_AS_POSSIBLE)]))
    limit = int(whole.ship_day[0]) if whole.is_promised[0] else availability.last_day + 1
    found: list[Split] = []
    first = 1
    while first < units and len(found) < most:
        day = _first_day(availability, line, units, first)
        if not 0 <= day < limit:
            break
        first = _most_units(availability, line, units, first, day)
        if (split := _split(availability, line, units, first)) is not None:
            found.append(split)
        first += 1
    found = [s for s in found if s.first_day < s.rest_day]  # what a large part leaves may be there before it
    return tuple(s for s in found if not any(_is_better(other, s) for other in found))


@dataclass(frozen=True, slots=True)
class Part:
    """So many units of a line, and the day on which they ship."""

    units: int
    day: int


def largest_part(availability: Availability, line: WantedLine, units: int) -> Part | None:
    """The most units of a line that can be promised at all, and the earliest day for so many; None where not one can.

    Parameters
    ----------
    line
        Of so many `units`; each requires the same.

    Raises
    ------
    ValueError
        When the requirements are not a multiple of the units.
    """
    _refuse_unequal(line, units)
    if (whole := _first_day(availability, line, units, units)) >= 0:
        return Part(units, whole)
    if _first_day(availability, line, units, 1) < 0:
        return None
    most = _most_units(availability, line, units, 1, availability.last_day)
    return Part(most, _first_day(availability, line, units, most))


def _refuse_unequal(line: WantedLine, units: int) -> None:
    if units < 1 or any(quantity % units for quantity in line.requirements.values()):
        raise ValueError(f"Expected requirements of {units} equal units.")


def _requested(wanted: Wanted, day: int) -> Wanted:
    return replace(wanted, requested_day=np.full(len(wanted), day, dtype=np.int64))


def _part(line: WantedLine, units: int, part: int) -> WantedLine:
    """Some units of a line, as soon as possible; minutes are rounded up."""
    return replace(
        line,
        requirements={item: quantity // units * part for item, quantity in line.requirements.items()},
        minutes=-(-line.minutes * part // units),
        requested_day=AS_SOON_AS_POSSIBLE,
    )


def _first_day(availability: Availability, line: WantedLine, units: int, part: int) -> int:
    return int(promise(availability, Wanted.of([_part(line, units, part)])).ship_day[0])


def _most_units(availability: Availability, line: WantedLine, units: int, part: int, day: int) -> int:
    """The most units that ship by a day on which `part` of them do. More units are never earlier, so halves are tried."""
    too_many = units
    while too_many - part > 1:
        middle = (part + too_many) // 2
        if 0 <= _first_day(availability, line, units, middle) <= day:
            part = middle
        else:
            too_many = middle
    return part


def _split(availability: Availability, line: WantedLine, units: int, part: int) -> Split | None:
    lines = Wanted.of([_part(line, units, part), _part(line, units, units - part)])
    promises = promise(availability, lines)
    if not promises.is_promised.all():
        return None
    first, rest = promises.ship_day.tolist()
    return Split(part, first, units - part, rest, lines, promises)


def _is_better(one: Split, other: Split) -> bool:
    """Whether one is no worse in its days and units and better in some."""
    mine = one.first_day, -one.first_units, one.rest_day
    theirs = other.first_day, -other.first_units, other.rest_day
    return mine != theirs and all(a <= b for a, b in zip(mine, theirs, strict=True))
