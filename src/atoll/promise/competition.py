"""What open order lines compete for: scarce items and assembly minutes, day by day."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import Availability
from atoll.promise.holdings import Holdings, Terms
from atoll.promise.serving import earliest_days
from atoll.promise.tables import NOBODY, Integers
from atoll.promise.wanted import Wanted, members, starts_at

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """What lines take of the resources when they stay as they are.

    Parameters
    ----------
    start, resource, day, amount
        Line ``j`` takes ``amount`` of ``resource`` from ``day`` on at the places ``start[j]`` to ``start[j + 1]``; shapes
        (n + 1,), (s,), (s,), (s,).
    ship_day
        Day of shipment of a line that stays; −1 where it may not, or takes no less than anew; shape (n,).
    """

    start: Integers
    resource: Integers
    day: Integers
    amount: Floats
    ship_day: Integers

    def sample(self, lines: Integers) -> "Stays":
        """Those of some lines."""
        rows, start = members(self.start, lines), starts_at(self.start, lines)
        return Stays(start, self.resource[rows], self.day[rows], self.amount[rows], self.ship_day[lines])


@dataclass(frozen=True, slots=True, eq=False)
class Competition:
    """Open lines and the resources they take: the items first, then the minutes of sets of assembly lines.

    Units of an item that are not taken on a day are there on the next; minutes are not.

    Parameters
    ----------
    items
        Number of items: that of the first resource that is not one.
    start, resource, amount
        Line ``j`` takes ``amount`` of ``resource`` at the places ``start[j]`` to ``start[j + 1]``, items before minutes; shapes
        (n + 1,), (r,), (r,).
    supply
        What becomes usable of each resource on each day; float64, shape (resources, days).
    limited
        Whether a resource is limited up to each day: a bought item is not from its lead time on; bool, shape (resources, days).
    built, bill_start, component, per
        Items with a bill, parents before components; the components and quantity per of ``built[b]`` at the places
        ``bill_start[b]`` to ``bill_start[b + 1]``.
    build_start
        Last day on which a build of each can begin to be usable on each day, −1 where there is none; shape (built, days).
    first_day, due_day
        The day before which the material of each line cannot be there, and the last day on which assembly ends in time, or the
        first day where that is later; shape (n,) each.
    ship_day
        Day of shipment when assembly ends on each day; the last one is that of lines never promised; shape (days + 1,).
    stays
        What lines take that may stay as they are.
    """

    items: int
    start: Integers
    resource: Integers
    amount: Floats
    supply: Floats
    limited: NDArray[np.bool_]
    built: Integers
    bill_start: Integers
    component: Integers
    per: Integers
    build_start: Integers
    first_day: Integers
    due_day: Integers
    ship_day: Integers
    stays: Stays

    @property
    def of_builds(self) -> tuple[Integers, Integers, Integers, Integers, Integers]:
        """What is known of builds, item by item."""
        return self.built, self.bill_start, self.component, self.per, self.build_start

    def sample(self, lines: Integers) -> "Competition":
        """Some of the lines, and as large a part of the supply."""
        rows, part = members(self.start, lines), len(lines) / len(self.first_day)
        return replace(
            self,
            start=starts_at(self.start, lines),
            resource=self.resource[rows],
            amount=self.amount[rows],
            supply=self.supply * part,
            first_day=self.first_day[lines],
            due_day=self.due_day[lines],
            stays=self.stays.sample(lines),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What lines take of resources, and what there is of these by day."""

    line: Integers
    resource: Integers
    amount: Integers
    supply: Floats


def competition(availability: Availability, wanted: Wanted, due_day: Integers, terms: Terms | None = None) -> Competition:
    """The lines and what they compete for. On some terms a line that rests on planned supplies too may stay with what it holds.

    Requirements and components with alternatives are left out, which can only make a bound lower. A line that is never promised
    counts as shipped on the day after the horizon.
    """
    days = availability.last_day + 1
    sets = _sets(wanted)
    items, minutes = _items(availability, wanted, days), _minutes(availability, wanted, days, sets)
    line = np.concatenate((items.line, minutes.line))
    by_line = np.argsort(line, kind="stable")
    supply = np.concatenate((items.supply, minutes.supply))
    bills = availability.structure
    built = np.flatnonzero(bills.rank != NOBODY)
    built = built[np.argsort(bills.rank[built])]
    rows, parent = members(bills.start, built), np.repeat(np.arange(len(built)), np.diff(bills.start)[built])
    fixed = ~bills.replaceable[rows]  # a component that others can take the place of limits nobody by itself
    rows, parent = rows[fixed], parent[fixed]
    ship_day = _ship_days(availability, days)
    first_day = np.minimum(_first_material_days(availability, wanted, days), days)
    return Competition(
        items=availability.items,
        start=np.searchsorted(line[by_line], np.arange(len(wanted) + 1)),
        resource=np.concatenate((items.resource, minutes.resource))[by_line],
        amount=np.concatenate((items.amount, minutes.amount))[by_line].astype(np.float64),
        supply=supply,
        limited=_limited(availability, supply),
        built=built,
        bill_start=np.searchsorted(parent, np.arange(len(built) + 1)),
        component=bills.component[rows],
        per=bills.per[rows],
        build_start=_build_starts(availability, built, days),
        first_day=first_day,
        due_day=np.minimum(np.maximum(np.searchsorted(ship_day, due_day, side="right") - 1, first_day), days),
        ship_day=ship_day,
        stays=_stays(availability, wanted, days, sets, terms),
    )


def _fixed(wanted: Wanted) -> Integers:
    """Rows of the requirements that only one item can meet."""
    return np.flatnonzero(np.diff(wanted.alternative_start) == 0)


def _line_of(wanted: Wanted) -> Integers:
    return np.repeat(np.arange(len(wanted)), np.diff(wanted.start))


def _items(availability: Availability, wanted: Wanted, days: int) -> _Rows:
    fixed, supply = _fixed(wanted), np.zeros((availability.items, days))
    known = availability.supply_day < days
    place = availability.supply_item[known], availability.supply_day[known]
    np.add.at(supply, place, availability.supply_free[known])
    return _Rows(_line_of(wanted)[fixed], wanted.item[fixed], wanted.quantity[fixed], supply)


_Sets = list[frozenset[int]]
"""Sets of assembly lines that some order line may use."""


def _may_use(wanted: Wanted) -> dict[int, frozenset[int]]:
    """The assembly lines that each order line with work may use."""
    starts = wanted.line_start
    works = np.flatnonzero(wanted.minutes > 0).tolist()
    return {j: frozenset(wanted.line_key[starts[j] : starts[j + 1]].tolist()) for j in works}


def _sets(wanted: Wanted) -> _Sets:
    may_use = _may_use(wanted).values()
    return sorted({*may_use, frozenset().union(*may_use)}, key=lambda keys: (len(keys), sorted(keys)))


def _minutes(availability: Availability, wanted: Wanted, days: int, sets: _Sets) -> _Rows:
    """Of each set of assembly lines that some order line may use: whoever may use nothing else takes its minutes there."""
    supply = np.zeros((len(sets), days))
    for number, keys in enumerate(sets):
        rows = np.isin(availability.capacity_line, list(keys)) & (availability.capacity_day >= availability.earliest_day)
        np.add.at(supply[number], availability.capacity_day[rows], availability.capacity_free[rows])
    within = {keys: [number for number, larger in enumerate(sets) if keys <= larger] for keys in sets}
    pairs = [(j, number) for j, keys in _may_use(wanted).items() for number in within[keys]]
    line, number_of_set = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return _Rows(line, availability.items + number_of_set, wanted.minutes[line], supply)


def _stays(availability: Availability, wanted: Wanted, days: int, sets: _Sets, terms: Terms | None) -> Stays:
    """Of lines that hold planned supplies too, which nobody competes for, or others than they would take: units and minutes."""
    lines = len(wanted)
    if terms is None:
        nothing = np.zeros(0, dtype=np.int64)
        return Stays(np.zeros(lines + 1, dtype=np.int64), nothing, nothing, np.zeros(0), np.full(lines, NOBODY))
    held = terms.holdings
    may_stay = held.is_intact & (~held.is_whole | _hold_others(availability, wanted, held))
    line, at = (np.repeat(np.arange(lines), np.diff(start)) for start in (held.start, held.slot_start))
    units, slots = np.flatnonzero(may_stay[line]), np.flatnonzero(may_stay[at])
    item, day = availability.supply_item[held.supply[units]], availability.supply_day[terms.own[units]]
    rows = [(line[units], item, day, held.quantity[units])]
    for number, keys in enumerate(sets, availability.items):
        there = slots[np.isin(availability.capacity_line[held.slot_row[slots]], list(keys))]
        slot_day = availability.capacity_day[held.slot_row[there]]
        rows.append((at[there], np.full(len(there), number), slot_day, held.slot_minutes[there]))
    taken = [np.concatenate(column) for column in zip(*rows, strict=True)]
    order = np.argsort(taken[0], kind="stable")
    line, resource, day, amount = (column[order[taken[2][order] < days]] for column in taken)
    ship_day = np.where(may_stay, np.maximum(held.due_day, 0), NOBODY)
    return Stays(np.searchsorted(line, np.arange(lines + 1)), resource, day, amount.astype(np.float64), ship_day)


def _hold_others(availability: Availability, wanted: Wanted, held: Holdings) -> NDArray[np.bool_]:
    """Whether lines hold less of an item than they require of it alone."""
    fixed, line = _fixed(wanted), np.repeat(np.arange(len(wanted)), np.diff(held.start))
    requires = _line_of(wanted)[fixed] * availability.items + wanted.item[fixed]
    holds = line * availability.items + availability.supply_item[held.supply]
    pair, at = np.unique(np.concatenate((requires, holds)), return_inverse=True)
    lacks = np.bincount(at, weights=np.concatenate((wanted.quantity[fixed], -held.quantity)), minlength=len(pair)) > 0
    others = np.zeros(len(wanted), dtype=np.bool_)
    others[pair[lacks] // availability.items] = True
    return others


def _limited(availability: Availability, supply: Floats) -> NDArray[np.bool_]:
    limited = np.ones(supply.shape, dtype=np.bool_)
    bought = np.flatnonzero((availability.structure.rank == NOBODY) & (availability.lead_days >= 0))
    limited[bought] = np.arange(supply.shape[1]) < availability.lead_days[bought, None]
    return limited


def _build_starts(availability: Availability, built: Integers, days: int) -> Integers:
    working = np.flatnonzero(availability.working)
    last = np.searchsorted(working, np.arange(days), side="right") - 1
    place = last[None, :] - availability.build_days[built, None]
    start = np.append(working, NOBODY)[np.where(place >= 0, place, len(working))]
    return np.where(start < availability.earliest_day, NOBODY, start)


def _ship_days(availability: Availability, days: int) -> Integers:
    """Day of shipment by last day of assembly; the day after the horizon for those too late, and for who is never promised."""
    working = np.flatnonzero(availability.working)
    place = np.searchsorted(working, np.arange(days)) + availability.shipping_days
    return np.append(np.append(working, days)[np.minimum(place, len(working))], days)


def _first_material_days(availability: Availability, wanted: Wanted, days: int) -> Integers:
    """A day before which no material of a line can be there, even if it had everything for itself."""
    fixed = _fixed(wanted)
    pairs, place = np.unique(np.stack((wanted.item[fixed], wanted.quantity[fixed])), axis=1, return_inverse=True)
    found = earliest_days(availability, pairs[0], pairs[1])
    first = np.full(len(wanted), availability.earliest_day)
    np.maximum.at(first, _line_of(wanted)[fixed], np.where(found < 0, days, found)[place.reshape(-1)])
    return first
