"""All open lines are promised anew: who keeps its day, what it costs in all, and how far that is from the best possible."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, milp

from atoll.promise import Availability, Policy, Repromise, Wanted, WantedLine, lateness_bound, promise, repromise

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


def test_weights_and_days_must_fit_the_lines() -> None:
    with pytest.raises(ValueError, match="Expected 1 due days"):
        propose(there([]), wanted({0: 1}), [], [], Policy.FIFO)
    with pytest.raises(ValueError, match="weight >= 0"):
        propose(there([]), wanted({0: 1}), [1], [-1], Policy.FIFO)


@st.composite
def changed(draw: st.DrawFn, *, simple: bool = False) -> tuple[Availability, Wanted, np.ndarray, np.ndarray]:
    """Up to 4 lines with builds, alternatives, alternates in bills and minutes; `simple` ones only take bought items."""
    n = draw(st.integers(1, 4))
    supply = st.tuples(st.integers(0, 2 if simple else 3), st.integers(0, 12), st.integers(1, 4))
    supplies = draw(st.lists(supply, max_size=6))
    minutes = 0 if simple else draw(st.sampled_from((0, 50)))
    bills = {} if simple else {3: ((0, 1), (1, 2))}
    alternates = {(3, 1): [2]} if bills and draw(st.booleans()) else {}
    requirements = st.dictionaries(st.integers(0, 2 if simple else 3), st.integers(1, 3), min_size=1, max_size=3)
    lines = [
        WantedLine(
            draw(requirements),
            minutes=draw(st.integers(0, 120)) if minutes else 0,
            lines=(0,),
            alternatives={} if simple or draw(st.booleans()) else {2: (0,)},
        )
        for _ in range(n)
    ]
    due = draw(st.lists(st.integers(0, 15), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    lead = draw(st.sampled_from((-1, 9, 20)))
    return (
        there(supplies, lead=lead, minutes=minutes, bills=bills, alternates=alternates),
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


def shuffled(lines: Wanted, order: tuple[int, ...]) -> Wanted:
    return Wanted.of(
        WantedLine(
            {int(lines.item[r]): int(lines.quantity[r]) for r in range(lines.start[j], lines.start[j + 1])},
        )
        for j in order
    )


@settings(max_examples=40)
@given(changed(simple=True))
def test_the_bound_is_below_every_order_of_service_and_near_the_linear_relaxation(
    case: tuple[Availability, Wanted, np.ndarray, np.ndarray],
) -> None:
    """HiGHS solves the same relaxation and its whole-number form with a variable for each line and day."""
    supply, lines, due, weight = case
    bound = lateness_bound(supply, lines, due, weight, evaluations=100).value
    exact, relaxed = by_highs(supply, lines, due, weight)
    values = []
    for order in permutations(range(len(lines))):
        some = list(order)
        found = promise(supply, shuffled(lines, order))
        ship = np.where(found.is_promised, found.ship_day, HORIZON)
        values.append(float((weight[some] * np.maximum(0, ship - due[some])).sum()))
    assert exact == pytest.approx(min(values), abs=1e-6)
    assert bound <= relaxed + 1e-4
    assert relaxed - bound <= 0.05 * relaxed + 0.05
    proposal = repromise(supply, lines, due, weight)
    assert proposal.value >= exact - 1e-6


def by_highs(supply: Availability, lines: Wanted, due: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """The least weighted lateness, whole and relaxed: cumulative units taken of bought items never exceed what has arrived."""
    n, days = len(lines), HORIZON + 1
    cost = (weight[:, None] * np.maximum(0, np.arange(days) - due[:, None])).ravel()
    rows, most, can = [], [], np.ones((n, days))
    for item in range(3):
        lead = int(supply.lead_days[item])
        for day in range(HORIZON if lead < 0 else lead):
            row = np.zeros((n, days))
            for j in range(n):
                of = slice(lines.start[j], lines.start[j + 1])
                row[j, : day + 1] = lines.quantity[of][lines.item[of] == item].sum()
            arrived = supply.supply_free[(supply.supply_item == item) & (supply.supply_day <= day)].sum()
            can[row[:, day] > arrived, day] = 0  # not even alone
            rows.append(row.ravel())
            most.append(arrived)
    once = np.kron(np.eye(n), np.ones(days))
    relaxed = linprog(
        cost, A_ub=np.array(rows), b_ub=most, A_eq=once, b_eq=np.ones(n), bounds=np.stack((0 * can.ravel(), can.ravel()), 1)
    )
    constraints = [(np.array(rows), -np.inf, np.array(most)), (once, 1, 1)]
    exact = milp(cost, constraints=constraints, integrality=np.ones(len(cost)), bounds=(0, 1))
    return float(exact.fun), float(relaxed.fun)
