"""Kits from units that others hold: the limits against a maximum flow, and the new pegging keeps every day."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from atoll.promise import Kits, Pegging, best_purchase, exchanged, kit_limits, releasing_most, shortages
from atoll.promise.kitting import WaitingOrders

Supply = tuple[int, int, int]
"""Item, day and free units."""
Peg = tuple[int, int, int]
"""Order, supply and units."""


def pegging(supplies: list[Supply], pegs: list[Peg], need_day: list[int]) -> Pegging:
    columns = np.array(supplies, dtype=np.int64).reshape(-1, 3).T, np.array(pegs, dtype=np.int64).reshape(-1, 3).T
    return Pegging(*columns[0], *columns[1], np.array(need_day, dtype=np.int64))


def waiting(there: Pegging) -> WaitingOrders:
    """All orders as candidates, in turn."""
    n = len(there.need_day)
    limits, ones = kit_limits(there, np.arange(n)), np.ones(n, dtype=np.int64)
    return WaitingOrders(
        on_hand=limits.on_hand,
        start=limits.start,
        item=limits.item,
        quantity=limits.quantity,
        units=ones,
        margin=np.ones(n),
        bottleneck_minutes=ones,
        due_day=ones,
        waiting_days=ones,
        priority=ones,
        entry=np.arange(n),
        component=limits.component,
    )


def fits(there: Pegging, chosen: np.ndarray) -> bool:
    orders = waiting(there)
    return bool((orders.taken(chosen) <= orders.on_hand).all())


def flow_fits(there: Pegging, chosen: np.ndarray) -> bool:
    """Whether supplies can be shared out so that kits are on hand and no other peg is worse than it may be: by maximum flow."""
    s, p = len(there.supply_day), len(there.order)
    units = there.supply_free.copy()
    np.add.at(units, there.supply, there.quantity)
    last = np.where(chosen[there.order], 0, there.last_day)
    edges = [(0, 1 + k, int(units[k])) for k in range(s)] + [(1 + s + q, 1 + s + p, int(there.quantity[q])) for q in range(p)]
    edges += [
        (1 + k, 1 + s + q, int(there.quantity[q]))
        for k, q in product(range(s), range(p))
        if there.supply_item[k] == there.item[q] and there.supply_day[k] <= last[q]
    ]
    source, target, capacity = (np.array(column, dtype=np.int32) for column in zip(*edges, strict=True))
    graph = csr_array((capacity, (source, target)), shape=(s + p + 2, s + p + 2), dtype=np.int32)
    return bool(maximum_flow(graph, 0, s + p + 1).flow_value == there.quantity.sum())


@st.composite
def peggings(draw: st.DrawFn) -> Pegging:
    """Up to 5 orders of 2 items, each with stock on hand and up to 3 later supplies; some rest on supplies that are late."""
    supplies = [
        (item, day, draw(st.integers(0, 2))) for item in (0, 1) for day in (0, *draw(st.lists(st.integers(1, 6), max_size=3)))
    ]
    n = draw(st.integers(1, 5))
    pegs = draw(
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, len(supplies) - 1), st.integers(1, 3)), min_size=1, max_size=10)
    )
    return pegging(supplies, pegs, draw(st.lists(st.integers(-2, 9), min_size=n, max_size=n)))


@given(peggings())
def test_the_limits_allow_exactly_what_a_maximum_flow_can_share_out(there: Pegging) -> None:
    for flags in product((False, True), repeat=len(there.need_day)):
        chosen = np.array(flags)
        assert fits(there, chosen) == flow_fits(there, chosen), flags


@given(peggings())
def test_the_new_pegging_gives_whole_kits_and_nobody_else_a_supply_that_is_too_late(there: Pegging) -> None:
    for flags in product((False, True), repeat=len(there.need_day)):
        chosen = np.array(flags)
        if not fits(there, chosen):
            with pytest.raises(ValueError, match="Expected"):
                exchanged(there, chosen)
            continue
        after = exchanged(there, chosen)
        assert (after.supply_day[after.supply[chosen[after.order]]] == 0).all()
        assert total(after) == total(there)
        assert (units(after) == units(there)).all()
        for order in np.flatnonzero(~chosen):
            late_before, late_after = late(there, order), late(after, order)
            assert late_after == late_before


def total(there: Pegging) -> dict[tuple[int, int], int]:
    """Units by order and item."""
    found: dict[tuple[int, int], int] = {}
    for order, item, quantity in zip(there.order.tolist(), there.item.tolist(), there.quantity.tolist(), strict=True):
        found[order, item] = found.get((order, item), 0) + quantity
    return found


def units(there: Pegging) -> np.ndarray:
    held = there.supply_free.copy()
    np.add.at(held, there.supply, there.quantity)
    return held


def late(there: Pegging, order: int) -> dict[int, int]:
    """Units of an order by supply, of those supplies that come after its day."""
    rows = (there.order == order) & (there.supply_day[there.supply] > np.maximum(there.need_day[order], 0))
    found: dict[int, int] = {}
    for supply, quantity in zip(there.supply[rows].tolist(), there.quantity[rows].tolist(), strict=True):
        found[supply] = found.get(supply, 0) + quantity
    return found


CHAIN = pegging([(0, 0, 0), (0, 3, 0), (0, 8, 0)], [(0, 2, 1), (1, 0, 1), (2, 1, 1)], [20, 5, 10])
"""Order 1 holds the unit on hand until day 5, order 2 that of day 3 until day 10, order 0 waits for that of day 8."""


def test_room_for_a_holder_is_made_by_moving_another_to_a_still_later_supply() -> None:
    after = exchanged(CHAIN, np.array([True, False, False]))
    assert sorted(zip(after.order.tolist(), after.supply.tolist(), strict=True)) == [(0, 0), (1, 1), (2, 2)]


def test_an_order_that_cannot_wait_keeps_its_unit() -> None:
    """Order 1 needs the unit on day 2, before the next one comes."""
    there = pegging([(0, 0, 0), (0, 3, 0)], [(0, 1, 1), (1, 0, 1)], [20, 2])
    assert [fits(there, np.array(flags)) for flags in ((True, False), (False, True), (True, True))] == [False, True, False]


def test_the_limits_of_a_hundred_thousand_pegs_are_found() -> None:
    """A thousand items, each with a unit on hand and on every day of a month, of which a hundred orders hold one each."""
    items, days, n = 1_000, 31, 100
    chance = np.random.default_rng(1)
    there = Pegging(
        supply_item=np.repeat(np.arange(items), days),
        supply_day=np.tile(np.arange(days), items),
        supply_free=np.ones(items * days, dtype=np.int64),
        order=np.tile(np.arange(n), items),
        supply=np.repeat(np.arange(items) * days, n) + chance.integers(0, days, items * n),
        quantity=np.ones(items * n, dtype=np.int64),
        need_day=chance.integers(0, 90, n),
    )
    limits = kit_limits(there, np.arange(n))
    assert (limits.component[:items] == np.arange(items)).all()


def test_a_bought_unit_lifts_all_limits_of_its_component() -> None:
    """Order 0 needs the unit on hand on day 1, so the others lack all they want, though the first limit leaves one unit."""
    there = pegging([(0, 0, 0), (0, 3, 0), (0, 9, 0)], [(0, 0, 1), (1, 1, 1), (2, 2, 2)], [1, 4, 20])
    orders = waiting(there)
    nothing = Kits(np.zeros(3, dtype=bool), orders.on_hand, np.zeros_like(orders.on_hand), 0.0, 3.0)
    assert orders.on_hand.tolist() == [1, 0]
    short = shortages(orders, nothing)
    assert (short.order.tolist(), short.item.tolist(), short.units.tolist()) == ([1, 2], [0, 0], [1, 2])
    found = best_purchase(orders, nothing, budget=1)
    assert (found.units.tolist(), found.released.tolist(), found.bound) == ([1], [True, True, False], 2)
    assert best_purchase(orders, nothing, budget=3).released.tolist() == [True, True, True]
    (most,) = releasing_most(orders, nothing)
    assert (most.item, most.units, most.orders.tolist()) == (0, 3, [1, 2])
