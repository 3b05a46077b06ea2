"""What promises take is told as rows, each pair once."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.promise import Availability, Wanted, WantedLine, booked, promise
from tests.core.promise.cases import availabilities, wanted_lines

Taker = int | tuple[int, int, int]
"""An order line, or a build by item, day and first day."""


@settings(max_examples=150)
@given(availabilities(days=25, most_free=20), st.lists(wanted_lines(most_units=9), max_size=8))
def test_rows_are_the_sums_of_pegs_plans_and_bills(a: Availability, lines: list[WantedLine]) -> None:
    wanted, supplies = Wanted.of(lines), len(a.supply_item)
    p = promise(a, wanted)
    rows = booked(wanted, p, supplies)

    def planned(q: int) -> tuple[int, int, int]:
        return int(p.plan_item[q]), int(p.plan_day[q]), int(p.plan_start_day[q]) if p.plan_is_build[q] else -1

    def taker(line: int, plan: int) -> Taker:
        return line if plan < 0 else planned(plan)

    units: Counter[tuple[int, int, int]] = Counter()
    required: Counter[tuple[Taker, int]] = Counter()
    allocated: Counter[tuple[Taker, int, Taker]] = Counter()
    for k in range(len(lines)):
        for r in range(wanted.start[k], wanted.start[k + 1]):
            required[k, int(p.requirement_item[r])] += int(wanted.quantity[r])
    for q in range(len(p.plan_line)):
        units[planned(q)] += int(p.plan_quantity[q])
        allocated[taker(p.plan_line[q], p.plan_parent[q]), int(p.plan_item[q]), planned(q)] += int(p.plan_quantity[q])
        for item, quantity in p.requirements(q):
            required[planned(q), item] += quantity
    for peg in range(len(p.peg_line)):
        to = taker(p.peg_line[peg], p.peg_plan[peg])
        allocated[to, int(p.peg_item[peg]), int(p.peg_supply[peg])] += int(p.peg_quantity[peg])

    of_supply = [*zip(rows.supply_item.tolist(), rows.supply_day.tolist(), rows.supply_start_day.tolist(), strict=True)]
    assert len(set(of_supply)) == len(of_supply)
    assert dict(zip(of_supply, rows.supply_quantity.tolist(), strict=True)) == units
    assert [of_supply[place] for place in rows.plan_supply] == [planned(q) for q in range(len(p.plan_line))]
    assert [of_supply[place] for place in rows.build_supply] == [key for key in of_supply if key[2] >= 0]
    demands: list[Taker] = [*range(len(lines)), *(of_supply[place] for place in rows.build_supply)]
    pairs = [(demands[d], item) for d, item in zip(rows.requirement_demand, rows.requirement_item.tolist(), strict=True)]
    assert dict(zip(pairs, rows.requirement_quantity.tolist(), strict=True)) == required
    names: list[Taker] = [*range(supplies), *of_supply]
    taken = [(*pairs[r], names[s]) for r, s in zip(rows.allocation_requirement, rows.allocation_supply, strict=True)]
    assert len(set(pairs)) == len(pairs)
    assert len(set(taken)) == len(taken)
    assert dict(zip(taken, rows.allocation_quantity.tolist(), strict=True)) == allocated
    assert np.all(np.diff(rows.allocation_requirement) >= 0)
