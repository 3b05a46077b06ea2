"""How a basket is delivered: lines together on one day, or one line in two parts. A day for each line is what `promise` gives."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises
from atoll.promise.result import Cause
from atoll.promise.serving import begun, ended, go_on, promise
from atoll.promise.tables import ANSWER, NOBODY, REQUEST, Integers, Records, State
from atoll.promise.wanted import AS_SOON_AS_POSSIBLE, Wanted, WantedLine

BINDING = ("cause", "binding_item", "binding_supply", "binding_line", "binding_day", "binding_days")


def promise_complete(availability: Availability, wanted: Wanted, delivery: Integers | None = None) -> Promises:
    """Promise lines that ship together: on the earliest day on which all can, each assembled as late as that day allows.

    Where lines of a delivery request days, they ship together not before the latest of those.

    Parameters
    ----------
    delivery
        Number of the delivery of each line, −1 for a line that ships on its own; int64, shape (k,). A delivery is served in the
        place of its first line. All lines are one delivery when not given.

    Returns
    -------
    Promises
        All of a delivery ship on the day of the whole, also where one is finished earlier. A line that could ship earlier has the
        cause `DELIVERY`, unless it is the one that requests that day. When a line is refused, its delivery cannot ship complete.

    Raises
    ------
    ValueError
        As `promise` does, and when there is not one delivery for each line.

    Notes
    -----
    Every day is tried from the first on which each line alone could ship. Those that could ship last are served first, since they
    have the least choice. The day is the earliest possible when lines do not compete for supply or time; otherwise it is one
    that holds, not later than the last of them served in their order.

    Examples
    --------
    The first and the last line ship together once item 1 is there, the second one at once.

    >>> there = Availability(
    ...     supply_item=np.array([0, 1]), supply_day=np.array([0, 5]), supply_free=np.array([9, 9]),
    ...     lead_days=np.array([8, 8]), build_days=np.array([0, 0]), working=np.ones(20, dtype=np.bool_),
    ... )
    >>> lines = Wanted.of([WantedLine({0: 1}), WantedLine({0: 1}), WantedLine({1: 1})])
    >>> promise_complete(there, lines, np.array([0, -1, 0])).ship_day
    array([5, 0, 5])
    """
    if delivery is None:
        delivery = np.zeros(len(wanted), dtype=np.int64)
    if len(delivery) != len(wanted):
        raise ValueError(f"Expected deliveries of {len(wanted)} lines, got {len(delivery)}.")
    state = begun(availability, wanted, np.arange(len(wanted)), keeps=len(wanted))
    state.order["turn"][:-1] = in_turn(delivery)
    answer = ended(availability, deliver(state, delivery, 0, len(wanted)), is_by_line=False)
    return replace(answer, delivery=delivery)


def in_turn(delivery: Integers) -> Integers:
    """Positions of lines in the order in which they are served: those of a delivery one after the other, where its first one is.

    Examples
    --------
    >>> in_turn(np.array([-1, 7, -1, 7, 3]))
    array([0, 1, 3, 2, 4])
    """
    _, first, number = np.unique(delivery, return_index=True, return_inverse=True)
    return np.argsort(np.where(delivery == NOBODY, np.arange(len(delivery)), first[number]), kind="stable")


def deliver(state: State, delivery: Integers, first: int, end: int) -> State:
    """Serve the turns from `first` to before `end`, as `go_on` does, those of one delivery together.

    Parameters
    ----------
    delivery
        Number of the delivery of each line, −1 for none. The lines of one have their turns one after the other.
    """
    of_turn = delivery[state.order["turn"][first:end]]
    bounds = (np.flatnonzero(of_turn[1:] != of_turn[:-1]) + first + 1).tolist()
    for begin, stop in pairwise([first, *bounds, end] if first < end else []):
        state = (_together if of_turn[begin - first] != NOBODY else go_on)(state, begin, stop)
    return state


def _together(state: State, first: int, end: int) -> State:
    """Serve the turns of one delivery, on the first day that holds; as soon as possible where one of them is refused."""
    lines = state.order["turn"][first:end].copy()
    requested = state.order["requested_day"][lines]
    wish = int(requested.max())
    alone = _tried(state, first, end, lines, AS_SOON_AS_POSSIBLE, is_alone=True).answer[lines]
    there = _tried(state, first, end, lines, AS_SOON_AS_POSSIBLE)
    soonest = there.answer[lines]
    if not soonest["is_promised"].all():
        return there
    by_choice, last = lines[np.argsort(-alone["ship_day"], kind="stable")], int(soonest["ship_day"].max())
    for day in range(max(int(alone["ship_day"].max()), wish), max(last, wish) + 1):
        there = _tried(state, first, end, by_choice, day)
        together = there.answer[lines]
        if together["is_promised"].all() and together["ship_day"].max() <= day:
            there.answer[lines] = _delivered(together, soonest, requested)
            return there
    there = _tried(state, first, end, lines, AS_SOON_AS_POSSIBLE)
    there.answer[lines] = _delivered(soonest, soonest, requested)
    return there


SERVING_CHANGES = ("now", "item", "supply", "line_day")
"""What serving changes and the next trial needs as it was; rows that a trial has written are overwritten."""


def _tried(state: State, first: int, end: int, lines: Integers, day: int, *, is_alone: bool = False) -> State:
    """The state once turns are served for a requested day, their lines in some order, or each as if it were the only one."""
    trial = state._replace(**{name: getattr(state, name).copy() for name in SERVING_CHANGES})
    if is_alone:
        trial.now["keeps"] = 0
    trial.order["turn"][first:end] = lines
    trial.order["requested_day"][lines] = day
    trial.answer[lines] = UNANSWERED
    trial = go_on(trial, first, end)
    trial.now["keeps"] = state.now["keeps"]
    return trial


UNANSWERED = np.full(1, NOBODY, dtype=ANSWER)
UNANSWERED[["is_promised", "stays", "binding_days"]] = 0


def _delivered(together: Records, soonest: Records, requested: Integers) -> Records:
    """All ship on the last day; lines that did not request it wait for the others, unless they could not be earlier anyway."""
    answer, day = together.copy(), together["ship_day"].max()
    waits = (requested < day) & ((together["cause"] == REQUEST) | (together["ship_day"] < day))
    binds = waits & (soonest["ship_day"] >= day)
    for name in BINDING:
        answer[name] = np.where(binds, soonest[name], together[name])
    answer["cause"][waits & ~binds] = Cause.DELIVERY.code
    answer["ship_day"] = day
    return answer


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
