"""Why this date: the chain from the ship day down to the supply that comes last."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises
from atoll.promise.tables import NOBODY


class Step(StrEnum):
    """What a link of the chain is."""

    SHIPMENT = "shipment"
    ASSEMBLY = "assembly"
    BUILD = "build"
    SUPPLY = "supply"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Link:
    """One step on the way to the ship day.

    Parameters
    ----------
    day
        The day on which it is done: the units are usable, the work is finished, the goods are shipped.
    start_day
        The day on which it begins; of a supply or a purchase, `day`.
    wait_days
        Days between this and the beginning of the step above it; 0 where that one waits for nothing else.
    item, supply, line, quantity
        What it is about: an item with units, the supply, the assembly line; −1 for none.
    """

    step: Step
    day: int
    start_day: int
    wait_days: int = 0
    item: int = NOBODY
    supply: int = NOBODY
    line: int = NOBODY
    quantity: int = 0


def explain(availability: Availability, promises: Promises, k: int) -> tuple[Link, ...]:
    """The critical path of a promised line: shipment, assembly, what comes last for it, what comes last for that, and so on.

    Where material binds it leads to the binding item. What is taken beside it may come later still: a promise that is far away
    takes supply as late as it can, so that early supply stays free for others.

    Returns
    -------
    tuple of Link
        From the ship day down. The first link with `wait_days` above a weekend is where more supply would not help: there the
        line waits for capacity, or for the day that the customer wants.

    Raises
    ------
    ValueError
        When the line is not promised.
    """
    if not promises.is_promised[k]:
        raise ValueError(f"Expected a promised line, got line {k}.")
    rows = promises.slot_row[promises.slot_line == k]
    need, ship = int(promises.need_day[k]), int(promises.ship_day[k])
    chain = [Link(Step.SHIPMENT, ship, ship)]
    if len(rows):
        end = int(availability.capacity_day[rows[-1]])
        line = int(availability.capacity_line[rows[-1]])
        chain.append(Link(Step.ASSEMBLY, end, need, ship - end, line=line))
    parent, start, binding = NOBODY, need, _binding_plans(promises, k)
    while (found := _latest(availability, promises, k, parent, start, binding)) is not None:
        link, parent = found
        chain.append(link)
        if link.step is not Step.BUILD:
            break
        start = link.start_day
    return tuple(chain)


def _binding_plans(promises: Promises, k: int) -> frozenset[int]:
    """The plans of a line for its binding item, and the builds that take it at any depth."""
    item, found = promises.binding(k).item, set[int]()
    of_line = promises.plan_line == k
    ways = promises.peg_plan[(promises.peg_line == k) & (promises.peg_item == item)].tolist()
    ways += np.flatnonzero(of_line & (promises.plan_item == item)).tolist()
    for plan in ways:
        while plan != NOBODY and plan not in found:
            found.add(plan)
            plan = int(promises.plan_parent[plan])
    return frozenset(found)


def _latest(
    availability: Availability, promises: Promises, k: int, parent: int, start: int, binding: frozenset[int]
) -> tuple[Link, int] | None:
    """What comes last of all that a line, or a build of it, takes, the binding item first; and its plan."""
    pegs = np.flatnonzero((promises.peg_line == k) & (promises.peg_plan == parent)).tolist()
    plans = np.flatnonzero((promises.plan_line == k) & (promises.plan_parent == parent)).tolist()
    links = [(_planned(promises, q, start), q) for q in plans] + [
        (_supplied(availability, promises, p, start), NOBODY) for p in pegs
    ]
    item = promises.binding(k).item
    return max(links, key=lambda pair: (pair[1] in binding or pair[0].item == item, pair[0].day), default=None)


def _planned(promises: Promises, q: int, start: int) -> Link:
    step, day = Step.BUILD if promises.plan_is_build[q] else Step.PURCHASE, int(promises.plan_day[q])
    quantity, item = int(promises.plan_quantity[q]), int(promises.plan_item[q])
    return Link(step, day, int(promises.plan_start_day[q]), start - day, item=item, quantity=quantity)


def _supplied(availability: Availability, promises: Promises, p: int, start: int) -> Link:
    supply, quantity = int(promises.peg_supply[p]), int(promises.peg_quantity[p])
    day = int(availability.supply_day[supply])
    return Link(Step.SUPPLY, day, day, start - day, item=int(promises.peg_item[p]), supply=supply, quantity=quantity)
