"""All open lines are promised anew: who keeps its day, what it costs in all, and how far that is from the best possible."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import milp

from atoll.promise import (
    Availability,
    Holdings,
    Policy,
    Repromise,
    Share,
    Wanted,
    WantedLine,
    earliest_days,
    lateness_bound,
    promise,
    repromise,
)
from atoll.promise.competition import competition
from atoll.promise.lateness_program import lateness_program

HORIZON = 30


def there(supplies: list[tuple[int, int, int]], *, lead: int = 20, minutes: int = 0, **fields: object) -> Availability:
    """Supplies as (item, day, units) of items 0 to 3; one assembly line with so many minutes on each day, if any."""
    rows = np.array(supplies, dtype=np.int64).reshape(-1, 3)
    days = np.arange(1, HORIZON if minutes else 1)
    return Availability(
        supply_item=rows[:, 0],
        supply_day=rows[:, 1],
        supply_free=rows[:, 2],
        lead_days=np.full(4, lead),
        build_days=np.array([0, 0, 0, 2]),
        working=np.ones(HORIZON, dtype=np.bool_),
        capacity_line=np.zeros(len(days), dtype=np.int64),
        capacity_day=days,
        capacity_free=np.full(len(days), minutes),
        **fields,  # type: ignore[arg-type]
    )


def wanted(*lines: dict[int, int], requested: int = -1) -> Wanted:
    return Wanted.of(WantedLine(line, requested_day=requested) for line in lines)


def propose(supply: Availability, lines: Wanted, due: list[int], weight: list[float], policy: Policy) -> Repromise:
    return repromise(supply, lines, np.array(due), np.array(weight, dtype=np.float64), policy)


def test_a_late_receipt_moves_one_line_the_first_by_fifo_the_lightest_by_weight() -> None:
    """Five units are there, five come on day 9 instead of day 3. The last line is worth ten times the first."""
    supply, lines = there([(0, 0, 5), (0, 9, 5)]), wanted({0: 5}, {0: 5})
    fifo = propose(supply, lines, [3, 3], [1, 10], Policy.FIFO)
    assert (fifo.after.tolist(), fifo.days_late.tolist(), fifo.value) == ([0, 9], [0, 6], 60)
    best = propose(supply, lines, [3, 3], [1, 10], Policy.LEAST_LATENESS)
    assert (best.after.tolist(), best.value) == ([9, 0], 6)
    assert best.bound == pytest.approx(6, rel=0.01)


def test_who_cannot_keep_its_day_steps_back_behind_those_who_can() -> None:
    """The large line is due first and cannot be whole before day 9: it takes nothing from the two small ones."""
    kept = propose(there([(0, 0, 4), (0, 9, 4)]), wanted({0: 6}, {0: 2}, {0: 2}), [2, 4, 5], [1, 1, 1], Policy.KEEP)
    assert kept.after.tolist() == [20, 4, 5]
    assert kept.sequence.tolist() == [1, 2, 0]


def test_goods_that_are_ready_earlier_do_not_move_the_day_the_customer_asked_for() -> None:
    proposal = propose(there([(0, 0, 1)]), wanted({0: 1}, requested=12), [15], [1], Policy.LEAST_LATENESS)
    assert proposal.after.tolist() == [12]


def test_a_line_that_cannot_be_promised_counts_as_shipped_after_the_horizon() -> None:
    proposal = propose(there([], lead=-1), wanted({0: 1}), [10], [2], Policy.KEEP)
    assert not proposal.is_promised.any()
    assert (proposal.after.tolist(), proposal.value, round(proposal.bound, 3)) == ([30], 40, 40)


def test_nothing_open_is_nothing_late() -> None:
    proposal = propose(there([]), wanted(), [], [], Policy.LEAST_LATENESS)
    assert (proposal.value, proposal.bound, proposal.gap) == (0, 0, 0)


def test_a_subassembly_is_no_dearer_than_its_components() -> None:
    """Item 3 is built from two of item 0 in two days; four units of item 0 make two, and the third waits for day 10."""
    supply = there([(0, 0, 4), (0, 10, 9)], bills={3: ((0, 2),)})
    proposal = propose(supply, wanted({3: 1}, {3: 1}, {3: 1}), [2, 2, 2], [1, 1, 1], Policy.LEAST_LATENESS)
    assert sorted(proposal.after.tolist()) == [2, 2, 12]
    assert proposal.bound == pytest.approx(10, rel=0.05)


def test_minutes_of_assembly_are_scarce_too() -> None:
    """Four lines of 60 minutes due on day 1, with 60 minutes a day: 0 + 1 + 2 + 3 days late, the heaviest first."""
    supply = there([], minutes=60)
    lines = Wanted.of(WantedLine({}, minutes=60, lines=(0,)) for _ in range(4))
    proposal = propose(supply, lines, [1, 1, 1, 1], [1, 4, 2, 3], Policy.LEAST_LATENESS)
    assert proposal.after.tolist() == [4, 1, 3, 2]
    assert proposal.value == 1 * 3 + 2 * 2 + 3 * 1
    assert proposal.bound == pytest.approx(10, rel=0.02)


def test_the_bound_knows_that_no_line_is_late_in_part() -> None:
    """Three units for two lines of two each: one of them waits for day 20, whatever shares a linear program gives them."""
    proposal = propose(there([(0, 0, 3)]), wanted({0: 2}, {0: 2}), [2, 2], [1, 1], Policy.LEAST_LATENESS)
    assert (proposal.value, round(proposal.bound, 3)) == (18, 18)


def test_the_bound_knows_that_no_build_is_made_in_part() -> None:
    """A build takes two of item 0; three of these make one, and the second waits for day 10 and its two days."""
    supply = there([(0, 0, 3), (0, 10, 9)], bills={3: ((0, 2),)})
    proposal = propose(supply, wanted({3: 1}, {3: 1}), [2, 2], [1, 1], Policy.LEAST_LATENESS)
    assert (sorted(proposal.after.tolist()), round(proposal.bound, 3)) == ([2, 12], 10)


def test_weights_and_days_must_fit_the_lines() -> None:
    with pytest.raises(ValueError, match="Expected 1 due days"):
        propose(there([]), wanted({0: 1}), [], [], Policy.FIFO)
    with pytest.raises(ValueError, match="weight >= 0"):
        propose(there([]), wanted({0: 1}), [1], [-1], Policy.FIFO)


@st.composite
def changed(
    draw: st.DrawFn, *, simple: bool = False, alternatives: bool = True, minutes: bool = True
) -> tuple[Availability, Wanted, np.ndarray, np.ndarray]:
    """Up to 4 lines with builds, alternatives, alternates in bills and minutes; `simple` ones only take bought items."""
    n = draw(st.integers(1, 4))
    supply = st.tuples(st.integers(0, 2 if simple else 3), st.integers(0, 12), st.integers(1, 4))
    supplies = draw(st.lists(supply, max_size=6))
    minutes_a_day = 0 if simple or not minutes else draw(st.sampled_from((0, 50)))
    bills = {} if simple else {3: ((0, 1), (1, 2))}
    alternates = {(3, 1): [2]} if bills and alternatives and draw(st.booleans()) else {}
    requirements = st.dictionaries(st.integers(0, 2 if simple else 3), st.integers(1, 3), min_size=1, max_size=3)
    lines = [
        WantedLine(
            draw(requirements),
            minutes=draw(st.integers(0, 120)) if minutes_a_day else 0,
            lines=(0,),
            alternatives={2: (0,)} if alternatives and not simple and draw(st.booleans()) else {},
        )
        for _ in range(n)
    ]
    due = draw(st.lists(st.integers(0, 15), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    lead = draw(st.sampled_from((-1, 9, 20)))
    return (
        there(supplies, lead=lead, minutes=minutes_a_day, bills=bills, alternates=alternates),
        Wanted.of(lines),
        np.array(due),
        np.array(weight, dtype=float),
    )


@settings(max_examples=60)
@given(changed())
def test_no_order_of_service_is_better_than_the_bound_and_the_least_lateness_no_worse_than_a_rule(
    case: tuple[Availability, Wanted, np.ndarray, np.ndarray],
) -> None:
    supply, lines, due, weight = case
    proposals = {policy: repromise(supply, lines, due, weight, policy, evaluations=15) for policy in Policy}
    for proposal in proposals.values():
        assert sorted(proposal.sequence.tolist()) == list(range(len(lines)))
        assert proposal.bound <= proposal.value + 1e-6
        again = promise(supply, proposal.served)
        assert (again.ship_day == proposal.promises.ship_day).all()
    assert proposals[Policy.LEAST_LATENESS].value == min(proposal.value for proposal in proposals.values())


@settings(max_examples=40)
@given(changed(simple=True))
def test_the_whole_number_program_is_the_best_order_of_service(
    case: tuple[Availability, Wanted, np.ndarray, np.ndarray],
) -> None:
    """Of bought items, where nothing else is wanted: HiGHS proves that no order of service is better than the best of all."""
    supply, lines, due, weight = case
    exact = by_highs(supply, lines, due, weight, whole=True)
    assert exact == pytest.approx(min(values(supply, lines, due, weight)), abs=1e-6)
    assert repromise(supply, lines, due, weight).value >= exact - 1e-6


@settings(max_examples=100)
@given(changed(alternatives=False, minutes=False))
def test_the_program_of_what_is_scarce_costs_as_much_as_that_of_all_items_and_days(
    case: tuple[Availability, Wanted, np.ndarray, np.ndarray],
) -> None:
    supply, lines, due, weight = case
    program = lateness_program(competition(supply, lines, due), due, weight)
    assert program.value == pytest.approx(by_highs(supply, lines, due, weight, whole=True), abs=1e-4)
    assert program.value <= min(values(supply, lines, due, weight)) + 1e-6


@settings(max_examples=80)
@given(changed(alternatives=False))
def test_the_bound_is_below_every_order_of_service_and_near_the_linear_program(
    case: tuple[Availability, Wanted, np.ndarray, np.ndarray],
) -> None:
    """HiGHS solves a linear relaxation with a variable for each line and day, builds and minutes included."""
    supply, lines, due, weight = case
    bound = lateness_bound(supply, lines, due, weight, evaluations=100).value
    relaxed = by_highs(supply, lines, due, weight)
    assert bound <= min(values(supply, lines, due, weight)) + 1e-4
    assert relaxed - bound <= 0.05 * relaxed + 0.05


def test_where_the_program_would_be_too_large_the_prices_alone_bound_what_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    supply, lines = there([(0, 0, 5), (0, 9, 5)]), wanted({0: 5}, {0: 5})
    due, weight = np.array([3, 3]), np.array([1.0, 10.0])
    monkeypatch.setattr("atoll.promise.lateness_program.MOST_ENTRIES", 0)
    assert lateness_program(competition(supply, lines, due), due, weight).value == pytest.approx(0, abs=1e-6)
    assert 0 < lateness_bound(supply, lines, due, weight).value <= 6
    assert propose(supply, lines, [3, 3], [1, 10], Policy.LEAST_LATENESS).value == 6


def test_a_line_that_stays_with_another_item_than_it_would_take_is_not_counted_as_if_it_took_its_own() -> None:
    """Line 0 holds a unit of 1 for its own item 0, which nobody has, and stays; of lines 1 and 2 one has the unit of 2."""
    numbers, whole = np.zeros(0, dtype=np.int64), np.array([True, True, True])
    holdings = Holdings(
        start=np.array([0, 1, 1, 2]),
        supply=np.array([0, 1]),
        quantity=np.array([1, 1]),
        day=np.array([0, 0]),
        slot_start=np.zeros(4, dtype=np.int64),
        slot_row=numbers,
        slot_minutes=numbers,
        is_intact=np.array([True, False, True]),
        is_whole=whole,
        due_day=np.full(3, 3),
        need_day=np.full(3, 3),
        floor_day=np.full(3, -1),
    )
    supply, lines = there([(1, 0, 1), (2, 0, 1)]), wanted({0: 1}, {2: 1}, {2: 1})
    best = repromise(supply, lines, np.full(3, 3), np.array([1.0, 10.0, 1.0]), holdings=holdings)
    assert best.stays.tolist() == [True, False, False]
    assert best.bound <= best.value == 17


def values(supply: Availability, lines: Wanted, due: np.ndarray, weight: np.ndarray) -> list[float]:
    """Weighted days late of every order of service."""
    found = []
    for order in permutations(range(len(lines))):
        some = np.array(order, dtype=np.int64)
        promises = promise(supply, lines.in_order(some, lines.requested_day))
        ship = np.where(promises.is_promised, promises.ship_day, HORIZON)
        found.append(float((weight[some] * np.maximum(0, ship - due[some])).sum()))
    return found


def by_highs(supply: Availability, lines: Wanted, due: np.ndarray, weight: np.ndarray, *, whole: bool = False) -> float:
    """The least weighted lateness with a variable for each line and day, and for the builds of item 3 by day.

    Units taken of an item up to a day never exceed what has arrived and was built, and what has no lead time left is bought;
    minutes of a day are those of the day. A line takes nothing before the first day on which it could have each item alone.
    """
    n, days, items = len(lines), HORIZON + 1, 4
    take = np.zeros((items, n))
    np.add.at(take, (lines.item, np.repeat(np.arange(n), np.diff(lines.start))), lines.quantity)
    lead = [HORIZON if supply.lead_days[i] < 0 or i in supply.bills else int(supply.lead_days[i]) for i in range(items)]
    arrived = np.zeros((items, days))
    np.add.at(arrived, (supply.supply_item, supply.supply_day), supply.supply_free)
    until, on = np.tril(np.ones((days, days))), np.eye(days)
    start = np.zeros((days, days))  # builds begin two days before
    start[np.arange(days - 2), np.arange(2, days)] = 1
    rows, most = [], []
    for item in range(items):
        per = dict(supply.bills.get(3, ())).get(item, 0)
        builds = -until if item == 3 else per * until @ start
        limit = slice(0, min(lead[item], HORIZON))
        rows.append(np.hstack((np.kron(take[item], until), builds))[limit])
        most.append((until @ arrived[item])[limit])
    if len(supply.capacity_free):
        free = np.zeros(days)
        np.add.at(free, supply.capacity_day, supply.capacity_free)
        rows.append(np.hstack((np.kron(lines.minutes, on), np.zeros((days, days))))[:HORIZON])
        most.append(free[:HORIZON])
    first = [max((alone(supply, i, int(take[i, j])) for i in range(items) if take[i, j]), default=0) for j in range(n)]
    can = np.arange(days) >= np.minimum(np.array(first), HORIZON)[:, None]
    can_build = np.arange(days) >= (2 if 3 in supply.bills else days)
    upper = np.concatenate((can.ravel(), np.where(can_build, np.inf, 0.0)))
    late = (weight[:, None] * np.maximum(0, np.arange(days) - due[:, None])).ravel()
    once = np.hstack((np.kron(np.eye(n), np.ones(days)), np.zeros((n, days))))
    found = milp(
        np.concatenate((late, np.zeros(days))),
        constraints=[(np.vstack(rows), -np.inf, np.concatenate(most)), (once, 1, 1)],
        integrality=np.full(len(upper), int(whole)),
        bounds=(0, upper),
    )
    return float(found.fun)


def alone(supply: Availability, item: int, units: int) -> int:
    """First day on which so many units of an item can be there."""
    day = int(earliest_days(supply, np.array([item]), np.array([units]))[0])
    return HORIZON if day < 0 else day


def test_minutes_that_nobody_can_use_do_not_help_later() -> None:
    """The material of all four comes on day 10; the minutes of the days before it are of no use."""
    supply = there([(0, 10, 4)], minutes=60)
    lines = Wanted.of(WantedLine({0: 1}, minutes=60, lines=(0,)) for _ in range(4))
    proposal = propose(supply, lines, [10, 10, 10, 10], [1, 1, 1, 1], Policy.LEAST_LATENESS)
    assert sorted(proposal.after.tolist()) == [10, 11, 12, 13]
    assert proposal.bound == pytest.approx(6, rel=0.02)


def test_units_that_nobody_can_take_do_not_lower_the_bound() -> None:
    """Two of three units are safety stock; of four units kept for a class its line takes one."""
    kept = (Share(0, -1, 2), Share(1, 1, 4))
    supply, lines = there([(0, 0, 3), (1, 0, 4)]), wanted({0: 1}, {0: 2}, {1: 1}, {1: 1})
    due, weight = np.zeros(4, dtype=np.int64), np.ones(4)
    proposal = repromise(supply, lines, due, weight, classes=np.array([0, 0, 1, 0]), shares=kept)
    assert proposal.after.tolist() == [0, 20, 0, 20]
    assert proposal.bound == pytest.approx(40)
