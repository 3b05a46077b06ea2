"""Promised lines keep the earliest or the latest date, exactly, and rest on what is free."""

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.promise import (
    CANNOT_BE_SUPPLIED,
    Availability,
    Cause,
    Promises,
    Wanted,
    WantedLine,
    after,
    earliest_days,
    material_days,
)
from atoll.promise import promise as promise
from tests.core.promise import oracle
from tests.core.promise.cases import assume_few_units, availabilities, wanted_lines


def check_rests_on_what_is_free(a: Availability, lines: list[WantedLine], p: Promises) -> None:
    """Every requirement is met by the need day, every kit by its start, and nothing is taken twice."""
    assert np.all(np.bincount(p.peg_supply, p.peg_quantity, len(a.supply_free)) <= a.supply_free)
    assert np.all(np.bincount(p.slot_row, p.slot_minutes, len(a.capacity_free)) <= a.capacity_free)
    assert np.all(p.peg_quantity > 0)
    assert np.all(p.slot_minutes > 0)
    assert np.all(a.supply_item[p.peg_supply] == p.peg_item)
    for q in range(len(p.plan_line)):
        check_plan(a, p, q)
    r = 0
    for k, line in enumerate(lines):
        items = p.requirement_item[r : r + len(line.requirements)].tolist()
        r += len(line.requirements)
        check_line(a, line, items, p, k)


def there(p: Promises, k: int, parent: int) -> Counter[int]:
    """Units that a line, or a build of it, has got by item."""
    got: Counter[int] = Counter()
    for s in np.flatnonzero((p.peg_line == k) & (p.peg_plan == parent)):
        got[int(p.peg_item[s])] += int(p.peg_quantity[s])
    for q in np.flatnonzero((p.plan_line == k) & (p.plan_parent == parent)):
        got[int(p.plan_item[q])] += int(p.plan_quantity[q])
    return got


def required(bill: tuple[tuple[int, int], ...], quantity: int) -> Counter[int]:
    """Units by item for so many builds."""
    units: Counter[int] = Counter()
    for component, per in bill:
        units[component] += per * quantity
    return units


def last_day(a: Availability, p: Promises, k: int, parent: int) -> int:
    """The day on which the last of it is there."""
    pegs = p.peg_supply[(p.peg_line == k) & (p.peg_plan == parent)]
    plans = p.plan_day[(p.plan_line == k) & (p.plan_parent == parent)]
    return max([*a.supply_day[pegs].tolist(), *plans.tolist()], default=0)


def check_plan(a: Availability, p: Promises, q: int) -> None:
    item, k = int(p.plan_item[q]), int(p.plan_line[q])
    assert p.plan_parent[q] < q
    assert p.plan_is_build[q] == (item in a.bills)
    if item not in a.bills:
        parent = p.plan_parent[q]
        needed = p.need_day[k] if parent < 0 else p.plan_start_day[parent]
        assert 0 <= a.lead_days[item] <= p.plan_day[q] == p.plan_start_day[q] <= needed
        assert p.need_day[k] > a.near_days or p.plan_day[q] == a.lead_days[item]
        return
    assert there(p, k, q) == Counter(dict(p.requirements(q)))
    assert any(there(p, k, q) == required(bill, int(p.plan_quantity[q])) for bill in {tuple(b[item]) for b in oracle.kits(a)})
    ready = max(last_day(a, p, k, q), a.earliest_day)
    assert p.plan_start_day[q] == oracle.after_work(a, ready, 0)
    assert p.plan_day[q] == oracle.after_work(a, ready, int(a.build_days[item]))


def check_line(a: Availability, line: WantedLine, items: list[int], p: Promises, k: int) -> None:
    rows = p.slot_row[p.slot_line == k]
    if not p.is_promised[k]:
        assert not there(p, k, -1)
        assert not len(rows)
        assert p.ship_day[k] == p.need_day[k] == -1
        return
    wanted: Counter[int] = Counter()
    for item, taken in zip(line.requirements, items, strict=True):
        assert taken in (item, *line.alternatives.get(item, ()))
        wanted[taken] += line.requirements[item]
    assert there(p, k, -1) == wanted
    assert last_day(a, p, k, -1) <= p.need_day[k]
    assert p.slot_minutes[p.slot_line == k].sum() == line.minutes
    if line.minutes:
        assert len(set(a.capacity_line[rows].tolist())) == 1
        assert set(a.capacity_line[rows].tolist()) <= set(line.lines)
        assert np.all(np.diff(a.capacity_day[rows]) > 0)
        assert a.capacity_day[rows[0]] == p.need_day[k]
    end = int(a.capacity_day[rows[-1]]) if line.minutes else int(p.need_day[k])
    assert p.ship_day[k] == oracle.after_work(a, end, a.shipping_days)
    check_binding(p, k)


def check_binding(p: Promises, k: int) -> None:
    """A line waits for material that it takes, and for the supply of it that is named."""
    binding = p.binding(k)
    if binding.cause is Cause.MATERIAL:
        taken = set(zip(p.peg_item[p.peg_line == k].tolist(), p.peg_supply[p.peg_line == k].tolist(), strict=True))
        planned = zip(p.plan_item[p.plan_line == k].tolist(), p.plan_day[p.plan_line == k].tolist(), strict=True)
        assert (binding.item, binding.supply) in taken or (binding.item, binding.day) in planned


@settings(max_examples=1000)
@given(availabilities(), wanted_lines())
def test_no_date_is_earlier_and_none_that_meets_the_request_is_later(a: Availability, line: WantedLine) -> None:
    assume_few_units(a, line, 9)
    p = promise(a, Wanted.of([line]))
    best = oracle.dates(a, line)
    if best.latest_need >= 0:
        assert (p.need_day[0], bool(p.ship_day[0] <= line.requested_day)) == (best.latest_need, True)
    else:
        assert p.ship_day[0] == best.earliest_ship
    check_rests_on_what_is_free(a, [line], p)


@settings(max_examples=150)
@given(availabilities(days=25, most_free=20), st.lists(wanted_lines(most_units=9), max_size=8))
def test_many_lines_in_one_call_get_what_they_get_one_by_one(a: Availability, lines: list[WantedLine]) -> None:
    batch = promise(a, Wanted.of(lines))
    check_rests_on_what_is_free(a, lines, batch)
    for k, line in enumerate(lines):
        alone = promise(a, Wanted.of([line]))
        assert alone.line(0) == batch.line(k)
        a = after(a, alone)


@settings(max_examples=80)
@given(availabilities(days=25, most_free=20), st.lists(wanted_lines(most_units=9), min_size=2, max_size=6), st.randoms())
def test_lines_served_in_another_order_are_told_in_their_own(a: Availability, lines: list[WantedLine], chance: Random) -> None:
    order = list(range(len(lines)))
    chance.shuffle(order)
    told = promise(a, Wanted.of(lines), order=np.array(order))
    served = promise(a, Wanted.of(lines[k] for k in order))
    check_rests_on_what_is_free(a, lines, told)
    assert [told.line(k) for k in order] == [served.line(place) for place in range(len(order))]


@settings(max_examples=150)
@given(availabilities(most_free=9), wanted_lines(most_units=9), st.data())
def test_more_supply_never_makes_a_line_later(a: Availability, line: WantedLine, data: st.DataObject) -> None:
    line = replace(line, requested_day=-1)
    more = data.draw(st.lists(st.integers(0, 5), min_size=len(a.supply_free), max_size=len(a.supply_free)))
    before = promise(a, Wanted.of([line]))
    richer = promise(replace(a, supply_free=a.supply_free + np.array(more, dtype=np.int64)), Wanted.of([line]))
    if before.is_promised[0]:
        assert 0 <= richer.ship_day[0] <= before.ship_day[0]


@settings(max_examples=150)
@given(availabilities(), st.integers(0, 5), st.integers(1, 3))
def test_the_earliest_day_of_an_item_is_its_material_day(a: Availability, item: int, quantity: int) -> None:
    line = WantedLine({item: quantity})
    assume_few_units(a, line, 9)
    (day,) = earliest_days(a, np.array([item]), np.array([quantity]))
    by_day = [d for d in range(20) if oracle.can_be_there(a, {item: quantity}, d)]
    assert day == min(by_day, default=CANNOT_BE_SUPPLIED)


@settings(max_examples=150)
@given(availabilities(), wanted_lines())
def test_the_material_day_of_a_line_is_that_of_its_best_alternatives(a: Availability, line: WantedLine) -> None:
    assume_few_units(a, line, 9)
    by_day = [d for d in range(20) if any(oracle.can_be_there(a, wanted, d) for wanted in oracle.choices(line))]
    assert material_days(a, Wanted.of([line, line])).tolist() == [min(by_day, default=CANNOT_BE_SUPPLIED)] * 2
