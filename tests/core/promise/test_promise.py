"""A promise is the earliest date that supply and capacity allow, and rests on what is free."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.promise import CANNOT_BE_SUPPLIED, Cause, Peg, PlannedSupply, PromiseProblem, plan_build, promise

WEEKS = np.array([day % 7 < 5 for day in range(140)])


def problem(
    requirements: dict[int, int],
    supplies: list[tuple[int, int, int]] = [],  # noqa: B006 -- never changed
    *,
    leads: list[int] = [10, 10, 10, 10],  # noqa: B006
    free: dict[int, int] | None = None,
    **fields: object,
) -> PromiseProblem:
    """Supplies as (item, day, free units); capacity as free minutes by day of one line, 100 on each working day unless given."""
    rows = np.array(supplies, dtype=np.int64).reshape(-1, 3)
    capacity = free if free is not None else {day: 100 for day in range(1, 100) if WEEKS[day]}
    return PromiseProblem(
        requirements=requirements,
        supply_item=rows[:, 0],
        supply_day=rows[:, 1],
        supply_free=rows[:, 2],
        lead_days=np.array(leads, dtype=np.int64),
        build_days=np.ones(len(leads), dtype=np.int64),
        working=WEEKS,
        capacity_line=np.zeros(len(capacity), dtype=np.int64),
        capacity_day=np.array(sorted(capacity), dtype=np.int64),
        capacity_free=np.array([capacity[day] for day in sorted(capacity)], dtype=np.int64),
        **{"minutes": 60, "earliest_day": 1, **fields},
    )


def test_what_is_on_hand_is_assembled_on_the_next_day() -> None:
    answer = promise(problem({0: 2}, [(0, 0, 5)]))
    assert (answer.ship_day, answer.need_day, answer.pegs) == (1, 1, (Peg(0, 0, 2),))
    assert answer.binding.cause is Cause.NOTHING


def test_a_short_item_waits_for_the_purchase_that_brings_enough() -> None:
    answer = promise(problem({0: 5}, [(0, 0, 2), (0, 3, 2), (0, 8, 9)]))
    assert answer.need_day == 8
    assert answer.pegs[-1].supply in {0, 1, 2}
    assert (answer.binding.cause, answer.binding.item, answer.binding.supply) == (Cause.MATERIAL, 0, 2)


def test_a_new_purchase_is_planned_when_it_is_earlier_than_waiting() -> None:
    answer = promise(problem({0: 5}, [(0, 0, 2), (0, 30, 9)], leads=[10]))
    assert answer.need_day == 10
    assert answer.planned == (PlannedSupply(0, 3, 10, 10),)


def test_a_short_subassembly_is_built_from_its_components() -> None:
    answer = promise(problem({0: 3}, [(0, 0, 1), (1, 0, 9), (2, 4, 9)], bills={0: ((1, 1), (2, 2))}))
    (build,) = answer.planned
    assert (build.quantity, build.start_day, build.day) == (2, 4, 7)  # day 5 and 6 are a weekend
    assert Counter({peg.item: peg.quantity for peg in build.pegs}) == {1: 2, 2: 4}
    assert answer.need_day == 7


def test_builds_go_down_any_number_of_levels() -> None:
    bills = {0: ((1, 1),), 1: ((2, 1),), 2: ((3, 1),)}
    answer = promise(problem({0: 1}, [(3, 0, 1)], bills=bills))
    assert answer.need_day == 4
    assert answer.planned[0].planned[0].planned[0].pegs == (Peg(3, 0, 1),)


def test_a_full_line_moves_the_order_and_is_named() -> None:
    answer = promise(problem({0: 1}, [(0, 0, 5)], free={1: 0, 2: 0, 3: 100}))
    assert (answer.need_day, answer.binding.cause) == (3, Cause.CAPACITY)


def test_long_work_goes_on_over_the_following_days() -> None:
    answer = promise(problem({0: 1}, [(0, 0, 5)], free={1: 30, 2: 10, 3: 100}))
    assert [slot.minutes for slot in answer.slots] == [30, 10, 20]
    assert (answer.need_day, answer.ship_day) == (1, 3)


def test_a_later_request_takes_the_latest_supply_and_slot_that_still_meet_it() -> None:
    answer = promise(problem({0: 1}, [(0, 0, 5), (0, 14, 5)], requested_day=17))
    assert (answer.ship_day, answer.pegs) == (17, (Peg(0, 1, 1),))
    assert answer.binding.cause is Cause.REQUEST


def test_a_request_that_cannot_be_met_gets_the_earliest_date() -> None:
    assert promise(problem({0: 1}, [(0, 8, 5)], requested_day=2)).ship_day == 8


def test_shipping_days_are_working_days() -> None:
    assert promise(problem({0: 1}, [(0, 4, 5)], shipping_days=1)).ship_day == 7


def test_what_nobody_can_supply_is_refused_and_named() -> None:
    answer = promise(problem({0: 1, 1: 2}, [(0, 0, 5)], leads=[10, CANNOT_BE_SUPPLIED]))
    assert (answer.is_promised, answer.binding.cause, answer.binding.item) == (False, Cause.MATERIAL, 1)


def test_a_horizon_without_capacity_is_refused() -> None:
    answer = promise(problem({0: 1}, [(0, 0, 5)], free={}))
    assert (answer.is_promised, answer.binding.cause) == (False, Cause.CAPACITY)


def test_a_build_ahead_ignores_what_is_on_hand_of_the_item_itself() -> None:
    plan = plan_build(problem({0: 4}, [(0, 0, 50), (1, 0, 9)], bills={0: ((1, 1),)}), 0, 4)
    assert plan is not None
    assert (plan.quantity, plan.start_day, plan.day) == (4, 1, 2)


def test_quantities_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="quantity >= 1"):
        problem({0: 0})


supplies = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30), st.integers(0, 6)), max_size=25)
requirements = st.dictionaries(st.integers(0, 2), st.integers(1, 6), min_size=1)
capacities = st.dictionaries(st.integers(1, 40).filter(lambda day: bool(WEEKS[day])), st.integers(0, 90), max_size=20)
BILLS = {2: ((3, 1), (4, 2))}


@st.composite
def problems(draw: st.DrawFn) -> PromiseProblem:
    return problem(
        draw(requirements),
        draw(supplies),
        leads=draw(st.lists(st.integers(-1, 25), min_size=6, max_size=6)),
        free={**draw(capacities), 45: 500},
        bills=BILLS,
        requested_day=draw(st.none() | st.integers(1, 40)),
        near_days=draw(st.sampled_from([0, 7, 100])),
    )


def all_plans(plans: tuple[PlannedSupply, ...]) -> Iterator[PlannedSupply]:
    for plan in plans:
        yield plan
        yield from all_plans(plan.planned)


def supplied_by(p: PromiseProblem, item: int, quantity: int, day: int) -> bool:
    """The slow, obvious question: can so many units of a purchased item be there by a day?"""
    there = sum(free for i, d, free in zip(p.supply_item, p.supply_day, p.supply_free, strict=True) if i == item and d <= day)
    return bool(there >= quantity or 0 <= p.lead_days[item] <= day)


def met_by(p: PromiseProblem, item: int, quantity: int, day: int) -> bool:
    """The same for an item that may be built: every number of built units is tried on every day."""
    if item not in p.bills:
        return supplied_by(p, item, quantity, day)
    there = sum(f for i, d, f in zip(p.supply_item, p.supply_day, p.supply_free, strict=True) if i == item and d <= day)
    short = max(quantity - int(there), 0)
    starts = [d for d in range(p.earliest_day, day + 1) if p.working[d]]
    return not short or any(
        all(supplied_by(p, part, per * short, start) for part, per in p.bills[item])
        for start, end in pairwise(starts)
        if end <= day
    )


@given(problems())
@settings(max_examples=300, deadline=None)
def test_no_supply_is_pegged_beyond_what_is_free(p: PromiseProblem) -> None:
    answer = promise(p)
    taken = Counter[int]()
    for group in (answer.pegs, *(plan.pegs for plan in all_plans(answer.planned))):
        for peg in group:
            assert p.supply_item[peg.supply] == peg.item
            taken[peg.supply] += peg.quantity
    assert all(units <= p.supply_free[supply] for supply, units in taken.items())


@given(problems())
@settings(max_examples=300, deadline=None)
def test_all_that_is_required_is_there_when_assembly_begins(p: PromiseProblem) -> None:
    answer = promise(p)
    if not answer.is_promised:
        return
    met = Counter[int]()
    for peg in answer.pegs:
        assert p.supply_day[peg.supply] <= answer.need_day
        met[peg.item] += peg.quantity
    for plan in answer.planned:
        assert plan.day <= answer.need_day
        met[plan.item] += plan.quantity
    assert met == Counter(p.requirements)
    assert sum(slot.minutes for slot in answer.slots) == p.minutes
    assert all(slot.minutes <= p.capacity_free[slot.row] for slot in answer.slots)


@given(problems())
@settings(max_examples=300, deadline=None)
def test_earliest_means_earliest(p: PromiseProblem) -> None:
    """Against the obvious oracle: no earlier day has material for each requirement and a free line."""
    answer = promise(p)
    possible = [
        day
        for day in range(p.earliest_day, 46)
        if all(met_by(p, item, quantity, day) for item, quantity in p.requirements.items())
    ]
    starts = [day for day in possible if _ends(p, day)]
    if not starts:
        assert not answer.is_promised
    elif p.requested_day is None:
        assert answer.ship_day == min(_ends(p, day) for day in starts)
    else:
        meeting = [day for day in starts if _ends(p, day) <= p.requested_day]
        assert answer.ship_day <= p.requested_day if meeting else answer.ship_day == min(_ends(p, day) for day in starts)


def _ends(p: PromiseProblem, start: int) -> int:
    """The day on which work that may begin on a day is done; 0 when the horizon is too short."""
    left = p.minutes
    for day, free in zip(p.capacity_day.tolist(), p.capacity_free.tolist(), strict=True):
        if day >= start:
            left -= free
            if left <= 0:
                return int(day)
    return 0
