"""What would make a line earlier: levers, each tried alone or together with others, with the day and the cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from types import MappingProxyType

import numpy as np

from atoll.promise.availability import Availability
from atoll.promise.deliver import promise_complete, splits
from atoll.promise.promises import Promises
from atoll.promise.serving import promise, promise_each
from atoll.promise.tables import Integers
from atoll.promise.wanted import Wanted, WantedLine

FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Substitution:
    """Take another item for a required one, at a difference in price."""

    item: int
    by: int
    cost: Decimal = FREE


@dataclass(frozen=True, slots=True)
class OtherOption:
    """Choose another option: other requirements, and the difference in price.

    Parameters
    ----------
    name
        What the caller calls it.
    minutes
        Work of final assembly with it.
    """

    name: str
    requirements: Mapping[int, int]
    minutes: int
    cost: Decimal = FREE
    alternatives: Mapping[int, Sequence[int]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Overtime:
    """Work some minutes longer on a day of an assembly line; only the minutes that the line takes of them are paid."""

    line: int
    day: int
    minutes: int
    cost_per_minute: Decimal


@dataclass(frozen=True, slots=True)
class Expediting:
    """Have a supply so many days earlier, at a cost, though not before the given day."""

    supply: int
    days: int
    cost: Decimal
    not_before: int = 0


@dataclass(frozen=True, slots=True)
class ExpressPurchase:
    """Buy an item so that it is usable after so many days, at a cost.

    Parameters
    ----------
    units
        How many there are then for whoever comes first; as many as anybody needs when not given.
    """

    item: int
    days: int
    cost: Decimal
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Splitting:
    """Deliver a part of the line first, of so many equal units; its day is that of the first part."""

    units: int
    cost: Decimal = FREE


Pulled = Overtime | Expediting | ExpressPurchase
"""Levers that change what can be promised from."""


@dataclass(frozen=True, slots=True)
class Together:
    """Several levers that are pulled at once: what they cost is added up."""

    levers: tuple[Pulled, ...]


Lever = Substitution | OtherOption | Overtime | Expediting | ExpressPurchase | Together | Splitting


@dataclass(frozen=True, slots=True)
class Improvement:
    """A lever that makes a line earlier.

    Parameters
    ----------
    ship_day
        The new day; with a split that of the first part.
    days_earlier
        Against the line without any lever.
    cost
        What it costs more; negative where it is cheaper.
    first_units, rest_day
        Units of the first delivery of a split, and the day of the second; 0 and −1 for any other lever.
    """

    lever: Lever
    ship_day: int
    days_earlier: int
    cost: Decimal
    first_units: int = 0
    rest_day: int = -1


def improvements(availability: Availability, line: WantedLine, levers: Sequence[Lever]) -> tuple[Improvement, ...]:
    """What each lever makes of a line's ship day. The day that it requests stays: to be ready before it is no better.

    Returns
    -------
    tuple of Improvement
        Those that are earlier than the line without any, by day and cost. A line that cannot be promised at all counts as one day
        after the calendar.

    Raises
    ------
    ValueError
        When a lever names an item that the line does not require, a supply that does not exist, or negative days or minutes.
    """
    variants = [lever for lever in levers if isinstance(lever, Substitution | OtherOption)]
    answers = promise_each(availability, Wanted.of([line, *(_variant(line, lever) for lever in variants)]))
    now = int(answers.ship_day[0]) if answers.is_promised[0] else availability.last_day + 1
    tried = [
        Improvement(lever, int(day), now - int(day), lever.cost)
        for lever, day in zip(variants, answers.ship_day[1:], strict=True)
    ]
    for lever in levers:
        if isinstance(lever, Overtime | Expediting | ExpressPurchase | Together):
            with_it = applied(availability, lever)
            answer = promise(with_it, Wanted.of([line]))
            paid = sum((_cost(availability, one, answer, with_it) for one in pulled(lever)), FREE)
            tried.append(Improvement(lever, int(answer.ship_day[0]), now - int(answer.ship_day[0]), paid))
        elif isinstance(lever, Splitting):
            tried += _in_parts(availability, line, lever, now)
    found = [improvement for improvement in tried if 0 <= improvement.ship_day < now]
    return tuple(sorted(found, key=lambda improvement: (improvement.ship_day, improvement.cost)))


def _in_parts(availability: Availability, line: WantedLine, lever: Splitting, now: int) -> Iterable[Improvement]:
    """Both parts for the requested day: with as many units first as each day allows."""
    found = {}
    for split in splits(availability, line, lever.units):
        parts = [replace(split.lines.line(n), requested_day=line.requested_day) for n in range(2)]
        answer = promise(availability, Wanted.of(parts))
        if answer.is_promised.all():
            first, rest = answer.ship_day.tolist()
            found[first] = Improvement(lever, first, now - first, lever.cost, split.first_units, rest)
    return found.values()


def delivery_improvements(availability: Availability, wanted: Wanted, k: int, levers: Sequence[Lever]) -> tuple[Improvement, ...]:
    """What each lever of one line alone makes of the day on which all lines ship together.

    Parameters
    ----------
    k
        The line whose levers they are.

    Returns
    -------
    tuple of Improvement
        Those with which all ship earlier, by day and cost. A split is none: both parts ship with the whole. A delivery that
        cannot be promised at all counts as one day after the calendar.

    Raises
    ------
    ValueError
        As `improvements` does.
    """
    now = _day_of_all(promise_complete(availability, wanted), availability)
    tried = []
    for lever, there, lines in _delivered(availability, wanted, k, levers, now):
        answer = promise_complete(there, lines)
        day = _day_of_all(answer, availability)
        if isinstance(lever, Substitution | OtherOption):
            paid = lever.cost
        else:
            paid = sum((_cost(availability, one, answer, there) for one in pulled(lever)), FREE)
        tried.append(Improvement(lever, day, now - day, paid))
    found = [improvement for improvement in tried if improvement.ship_day < now]
    return tuple(sorted(found, key=lambda improvement: (improvement.ship_day, improvement.cost)))


def _delivered(
    availability: Availability, wanted: Wanted, k: int, levers: Sequence[Lever], now: int
) -> Iterator[tuple[Substitution | OtherOption | Pulled | Together, Availability, Wanted]]:
    """Each lever that may help, with what can be promised from, and the lines, once it is taken."""
    lines = [wanted.line(n) for n in range(len(wanted))]
    others = promise_complete(availability, Wanted.of([*lines[:k], *lines[k + 1 :]]))
    holds_up = not len(others) or _day_of_all(others, availability) < now
    for lever in levers:
        if isinstance(lever, Substitution | OtherOption) and holds_up:  # no line is less in the way than one that is not there
            yield lever, availability, Wanted.of([*lines[:k], _variant(lines[k], lever), *lines[k + 1 :]])
        elif isinstance(lever, Overtime | Expediting | ExpressPurchase | Together):
            yield lever, applied(availability, lever), wanted


def _day_of_all(promises: Promises, availability: Availability) -> int:
    return int(promises.ship_day.max()) if promises.is_promised.all() else availability.last_day + 1


def needed(availability: Availability, line: WantedLine, levers: Sequence[Pulled]) -> tuple[Pulled, ...]:
    """Those of some levers without any of which a line would ship later than with all of them; the last are left out first.

    Overtime that the line takes nothing of is left out.

    Raises
    ------
    ValueError
        As `improvements` does.
    """
    wanted = Wanted.of([line])
    with_all = applied(availability, Together(tuple(levers)))
    answer = promise(with_all, wanted)
    kept = [one for one in levers if not isinstance(one, Overtime) or overtime_taken(availability, one, answer, with_all)]
    for lever in reversed(tuple(kept)):
        without = tuple(one for one in kept if one is not lever)
        fewer = promise(applied(availability, Together(without)), wanted)
        if fewer.is_promised[0] and fewer.ship_day[0] <= answer.ship_day[0]:
            kept.remove(lever)
    return tuple(kept)


def pulled(lever: Pulled | Together) -> tuple[Pulled, ...]:
    """The levers that are pulled with one."""
    return lever.levers if isinstance(lever, Together) else (lever,)


def _cost(availability: Availability, lever: Pulled, answer: Promises, longer: Availability) -> Decimal:
    """What a lever costs when promises made with it are kept; of overtime only the minutes that they take."""
    if isinstance(lever, Overtime):
        return overtime_taken(availability, lever, answer, longer) * lever.cost_per_minute
    return lever.cost


def applied(availability: Availability, lever: Pulled | Together) -> Availability:
    """What can be promised from once this is done.

    Raises
    ------
    ValueError
        When the lever names an item or supply that does not exist, or negative days or minutes.
    """
    if isinstance(lever, Together):
        return reduce(applied, lever.levers, availability)
    if isinstance(lever, Overtime):
        return _with_overtime(availability, lever)
    return _expedited(availability, lever) if isinstance(lever, Expediting) else _bought_express(availability, lever)


def overtime_taken(
    availability: Availability,
    lever: Overtime,
    answer: Promises,
    longer: Availability | None = None,
    lines: Integers | None = None,
) -> int:
    """Minutes that promises made with overtime take beyond what the day has anyway.

    Parameters
    ----------
    longer
        What they were made from; when not given, `availability` with this lever alone.
    lines
        Positions of the lines whose minutes count; all when not given. They are those served first.
    """
    longer = longer or _with_overtime(availability, lever)
    counts = np.isin(answer.slot_row, _rows(longer, lever))
    if lines is not None:
        counts &= np.isin(answer.slot_line, lines)
    taken = int(answer.slot_minutes[counts].sum())
    return max(taken - int(availability.capacity_free[_rows(availability, lever)].sum()), 0)


def _variant(line: WantedLine, lever: Substitution | OtherOption) -> WantedLine:
    if isinstance(lever, OtherOption):
        return replace(line, requirements=lever.requirements, minutes=lever.minutes, alternatives=lever.alternatives)
    if lever.item not in line.requirements:
        raise ValueError(f"Expected a required item to substitute, got {lever.item}.")
    others = {item: quantity for item, quantity in line.requirements.items() if item != lever.item}
    others[lever.by] = others.get(lever.by, 0) + line.requirements[lever.item]
    return replace(line, requirements=others)


def _with_overtime(availability: Availability, lever: Overtime) -> Availability:
    """More minutes on a line day; a day on which the line does not work yet becomes one."""
    if lever.minutes < 0 or lever.day < 0:
        raise ValueError("Expected minutes and day of overtime >= 0.")
    free = availability.capacity_free.copy()
    rows = _rows(availability, lever)
    free[rows[:1]] += lever.minutes
    if len(rows):
        return replace(availability, capacity_free=free, bills=availability.structure)
    place = int(np.searchsorted(availability.capacity_day, lever.day, side="right"))
    return replace(
        availability,
        capacity_line=np.insert(availability.capacity_line, place, lever.line),
        capacity_day=np.insert(availability.capacity_day, place, lever.day),
        capacity_free=np.insert(free, place, lever.minutes),
        bills=availability.structure,
    )


def _rows(availability: Availability, lever: Overtime) -> Integers:
    return np.flatnonzero((availability.capacity_line == lever.line) & (availability.capacity_day == lever.day))


def _expedited(availability: Availability, lever: Expediting) -> Availability:
    if not 0 <= lever.supply < len(availability.supply_day) or lever.days < 0:
        raise ValueError(f"Expected a supply and days >= 0, got supply {lever.supply} and {lever.days} days.")
    days = availability.supply_day.copy()
    days[lever.supply] = min(days[lever.supply], max(days[lever.supply] - lever.days, lever.not_before))
    return replace(availability, supply_day=days, bills=availability.structure)


def _bought_express(availability: Availability, lever: ExpressPurchase) -> Availability:
    if not 0 <= lever.item < availability.items or lever.days < 0:
        raise ValueError(f"Expected an item and days >= 0, got item {lever.item} and {lever.days} days.")
    if lever.units is not None:
        return replace(
            availability,
            supply_item=np.append(availability.supply_item, lever.item),
            supply_day=np.append(availability.supply_day, lever.days),
            supply_free=np.append(availability.supply_free, lever.units),
            bills=availability.structure,
        )
    leads = availability.lead_days.copy()
    leads[lever.item] = lever.days if leads[lever.item] < 0 else min(leads[lever.item], lever.days)
    return replace(availability, lead_days=leads, bills=availability.structure)
