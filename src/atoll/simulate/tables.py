"""A system and a policy as the tables that the event simulation reads."""

from dataclasses import dataclass

import numpy as np

from atoll.model.system import AssemblySystem, Booleans, Floats, Integers, Shortage, Window
from atoll.simulate.demand import OrderPath
from atoll.simulate.policy import Allocation, Policy
from atoll.simulate.state import (
    CLAIM,
    ENTRY,
    EVENT,
    FCFS,
    ITEM,
    KIND,
    LINE,
    NO_HOLDBACK,
    NONE,
    SLOT,
    TRACKING,
    WORLD,
    Calendar,
    State,
    Table,
)

CODES = {
    Allocation.FCFS: FCFS,
    Allocation.NO_HOLDBACK: NO_HOLDBACK,
    Allocation.PRIORITY: NO_HOLDBACK,
    Allocation.TRACKING: TRACKING,
}


@dataclass(frozen=True, slots=True, eq=False)
class OrderKinds:
    """The different orders of a path: so many units of a product, at once or later.

    Parameters
    ----------
    product, units
        Of each kind.
    is_ahead
        Whether orders of each kind come before they want their units.
    kind
        The kind of each order.
    """

    product: Integers
    units: Integers
    is_ahead: Booleans
    kind: Integers

    @classmethod
    def of(cls, path: OrderPath, products: int) -> "OrderKinds":
        """The kinds of a path; simply the products where all orders are for one unit."""
        is_ahead = path.ahead > 0
        if not is_ahead.any() and (not len(path.units) or path.units.max() == 1):
            ones = np.ones(products, dtype=np.int64)
            return cls(np.arange(products), ones, np.zeros(products, dtype=bool), path.product)
        most = int(path.units.max()) + 1
        code = 2 * (path.product * most + path.units)
        kinds, kind = np.unique(code + is_ahead if len(is_ahead) else code, return_inverse=True)
        pairs = kinds // 2
        return cls(pairs // most, pairs % most, kinds % 2 == 1, kind.astype(np.int64))


def blank_state(
    system: AssemblySystem, policy: Policy, orders: OrderKinds, window: Window, batches: int, *, at_orders: bool
) -> State:
    """The tables from which each replication starts, with no order in them."""
    kinds, lines = _kinds_and_lines(system, policy, orders)
    world = _world(system, policy, window, batches, at_orders=at_orders)
    items, nothing = _items(system, policy, len(orders.product)), np.zeros((0, 0))
    return State(
        world,
        items,
        kinds,
        lines,
        slots=np.zeros(0, dtype=SLOT),
        claims=np.zeros(0, dtype=CLAIM),
        calendar=Calendar(
            np.zeros(0, dtype=EVENT), np.zeros(0, dtype=ENTRY), np.full(int(items["lane"].max()) + 1, NONE, dtype=np.int64)
        ),
        lead=np.zeros(0),
        area=nothing,
        sold=nothing,
        shipped=np.zeros(0),
        stations=np.zeros(0),
        builds=np.zeros((0, 2), dtype=np.int64),
    )


def _kinds_and_lines(system: AssemblySystem, policy: Policy, orders: OrderKinds) -> tuple[Table, Table]:
    """All kinds of orders and after them those of the builds, and their lines."""
    bill, built = system.quantity, system.subassembly
    makes = np.flatnonzero(np.diff(built.start))
    count = np.concatenate((np.diff(bill.start)[orders.product], np.diff(built.start)[makes]))
    of_orders, of_builds = _lines(bill.start, orders.product), _lines(built.start, makes)
    customers = len(orders.product)
    kinds = np.zeros(len(count), dtype=KIND)
    kinds["end"] = np.cumsum(count)
    kinds["begin"] = kinds["end"] - count
    kinds["makes"] = NONE
    kinds["makes"][customers:] = makes
    kinds["rank"][:customers] = _rank(system, policy)[orders.product]
    kinds["rank"][customers:] = len(system.products) if _is_ranked(policy) else 0
    kinds["cost"][:customers] = system.order_cost[orders.product] * orders.units
    kinds["is_ahead"][:customers] = orders.is_ahead
    kinds["assembly_time"][:customers] = system.assembly_time[orders.product]
    lines = np.zeros(int(count.sum()), dtype=LINE)
    lines["item"] = np.concatenate((bill.item[of_orders], built.item[of_builds]))
    multiple = np.repeat(np.concatenate((orders.units, policy.lot[makes])), count)
    lines["units"] = np.concatenate((bill.units[of_orders], built.units[of_builds])) * multiple
    lines["is_key"] = system.key[lines["item"]]
    lines["is_key"][len(of_orders) :] = True  # a build needs all its parts
    if policy.reserve is not None:
        lines["reserve"][: len(of_orders)] = policy.reserve[bill.parent[of_orders], bill.item[of_orders]]
    return kinds, lines


def _lines(start: Integers, parents: Integers) -> Integers:
    """The entries of some parents, one parent after the other."""
    count = np.diff(start)[parents]
    before = np.concatenate(([0], np.cumsum(count)[:-1])) if len(count) else count
    return np.asarray(np.arange(int(count.sum())) - np.repeat(before, count) + np.repeat(start[parents], count))


def _is_ranked(policy: Policy) -> bool:
    return policy.allocation in (Allocation.PRIORITY, Allocation.TRACKING)


def _rank(system: AssemblySystem, policy: Policy) -> Integers:
    """Rank of each product; builds come after all of them."""
    if not _is_ranked(policy):
        return np.zeros(len(system.products), dtype=np.int64)
    if policy.rank is not None:
        return policy.rank
    rank = np.empty(len(system.products), dtype=np.int64)
    rank[np.argsort(-system.order_cost, kind="stable")] = np.arange(len(system.products))
    return rank


def _items(system: AssemblySystem, policy: Policy, customers: int) -> Table:
    """How each component is replenished; the kinds of builds come after so many of customers' orders."""
    is_built = np.diff(system.subassembly.start) > 0
    items = np.zeros(len(system.components), dtype=ITEM)
    for name in ("level", "lot", "review"):
        items[name] = getattr(policy, name)
    items["built"] = np.where(is_built, customers + np.cumsum(is_built) - 1, NONE)
    items["is_capacitated"] = system.supply.capacitated
    items["lead_time"] = system.lead_time
    items["lane"] = _lanes(system)
    return items


def _lanes(system: AssemblySystem) -> Integers:
    """The lane of each component's receipts, which come in the order in which they are planned; `NONE` where they may cross."""
    supply = system.supply
    if supply.is_fixed and not supply.capacitated.any():
        return np.unique(supply.lead_time, return_inverse=True)[1].astype(np.int64)
    own = np.arange(len(system.components))
    return np.where(supply.capacitated | supply.is_fixed | (not supply.may_cross), own, NONE)


def _world(system: AssemblySystem, policy: Policy, window: Window, batches: int, *, at_orders: bool) -> Table:
    """What holds for the whole system."""
    world = np.zeros(1, dtype=WORLD)
    is_lost = system.shortage is Shortage.LOST
    world["allocation"] = NO_HOLDBACK if is_lost else CODES[policy.allocation]
    world["is_lost"] = is_lost
    world["may_cross"] = system.supply.may_cross
    world["is_fixed"] = system.supply.is_fixed
    world["at_orders"] = at_orders
    world["stations"] = system.stations
    world["batches"] = batches
    world["warm_up"], world["end"] = window.warm_up, window.end
    return world


def stock_rows(replications: int, batches: int, components: int) -> Floats:
    """Room for a figure of each component in each batch, with a row before the warm-up and one after the end."""
    return np.zeros((replications, batches + 2, components))
