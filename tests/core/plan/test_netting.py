"""Netting plans what is missing, when it is missing, and passes the need down through the bills."""

from collections import Counter
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atoll.plan import BillsInACircle, MaterialPlan, NettingProblem, plan_material, plan_with_rescheduling


def problem(requirements: list[list[int]], **given: object) -> NettingProblem:
    """Items without stock, receipts, safety stock, lead time, lots and bill unless given."""
    m, p = len(requirements), len(requirements[0])
    usual: dict[str, object] = {"receipts": [[0] * p] * m, "on_hand": [0] * m, "safety_stock": [0] * m, "lead_time": [0] * m}
    usual |= {"minimum": [1] * m, "multiple": [1] * m, "bill": [[0] * m] * m}
    rows = {"requirements": requirements, **usual, **given}
    return NettingProblem(**{name: np.array(values, dtype=np.int64) for name, values in rows.items()})


def table(plan: MaterialPlan, item: int = 0) -> dict[str, list[int]]:
    """The rows of one item that have something in them."""
    rows = plan.of(item)
    names = ("gross", "receipts", "projected", "net", "planned_receipts", "planned_releases")
    return {name: getattr(rows, name).tolist() for name in names if getattr(rows, name).any()}


def cells(units: np.ndarray) -> dict[tuple[int, int], int]:
    """Units by item and period, where there are any."""
    return {(item, period): int(units[item, period]) for item, period in np.argwhere(units).tolist()}


def test_the_basic_record_of_the_textbook() -> None:
    """Vollmann, Berry, Whybark and Jacobs, Manufacturing Planning and Control, the basic MRP record: lot 50, lead time 1."""
    plan = plan_material(
        problem([[0, 10, 0, 40, 10]], receipts=[[50, 0, 0, 0, 0]], on_hand=[4], lead_time=[1], minimum=[50], multiple=[50])
    )
    assert table(plan) == {
        "gross": [0, 10, 0, 40, 10],
        "receipts": [50, 0, 0, 0, 0],
        "projected": [54, 44, 44, 4, 44],
        "net": [0, 0, 0, 0, 6],
        "planned_receipts": [0, 0, 0, 0, 50],
        "planned_releases": [0, 0, 0, 50, 0],
    }


def test_the_seat_subassembly_of_the_textbook() -> None:
    """Krajewski and Ritzman, Operations Management, resource planning, item C (seat subassembly): lot 230, lead time 2 weeks."""
    plan = plan_material(
        problem(
            [[150, 0, 0, 120, 0, 150, 120, 0]],
            receipts=[[230, 0, 0, 0, 0, 0, 0, 0]],
            on_hand=[37],
            lead_time=[2],
            minimum=[230],
            multiple=[230],
        )
    )
    rows = table(plan)
    assert rows["projected"] == [117, 117, 117, 227, 227, 77, 187, 187]
    assert rows["planned_receipts"] == [0, 0, 0, 230, 0, 0, 230, 0]
    assert rows["planned_releases"] == [0, 230, 0, 0, 230, 0, 0, 0]


def test_gross_to_net_goes_down_the_levels_like_the_snow_shovel() -> None:
    """Vollmann et al.: 100 shovels; top handle assembly takes a top handle, two nails and a bracket assembly, which
    takes a bracket and a coupling. Gross 100, 75, 150, 75, 48, 48 become net 75, 28, 96, 48, 33, 0."""
    bill = np.zeros((6, 6), dtype=int)
    bill[[1, 2, 3], 0] = [1, 2, 1]
    bill[[4, 5], 3] = 1
    receipts = [[0], [25], [50], [0], [0], [15]]
    plan = plan_material(problem([[100], [0], [0], [0], [0], [0]], receipts=receipts, on_hand=[25, 22, 4, 27, 15, 39], bill=bill))
    assert plan.gross.ravel().tolist() == [100, 75, 150, 75, 48, 48]
    assert plan.net.ravel().tolist() == [75, 28, 96, 48, 33, 0]


def test_the_published_plan_without_constraints_of_frepple() -> None:
    """frePPLe's test constraints_leadtime_1, third solve (github.com/frePPLe/frepple, commit f7cce22, MIT), days from 2008-12-26.

    End items are needed 7 on 2009-01-02 and 14 on 2009-01-10 and take 7 days; 15 subassemblies and 20 pieces of material are
    there. A subassembly takes a day and twelve hours a unit: 4 days for the 6 that are missing. Without constraints frePPLe plans
    into the past, so period 0 is the day of the first start.
    """
    requirements = np.zeros((3, 16), dtype=int)
    requirements[0, [7, 15]] = 7, 14
    bill = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    plan = plan_material(problem(requirements.tolist(), on_hand=[0, 15, 20], lead_time=[7, 4, 0], bill=bill))
    assert cells(plan.planned_releases) == {(0, 0): 7, (0, 8): 14, (1, 4): 6}
    assert [plan.projected[1, day] for day in (0, 7, 8)] == [8, 8, 0]  # subassemblies: 15 - 7, then + 6 - 14
    assert plan.projected[2, -1] == 14


def test_the_published_lot_and_safety_stock_of_frepple() -> None:
    """frePPLe's test safety_stock, buffers of item 3 (commit f7cce22, MIT): at least 50 in steps of 3, 20 to keep: 51 bought.

    Item A keeps 10 and feeds B, which keeps 20: 30 of A are bought. frePPLe delivers after the lead time of 4 days; here the same
    quantities are needed at once and reported as past due.
    """
    plan = plan_material(
        problem(
            [[0] * 9, [0] * 9, [0] * 9],
            safety_stock=[20, 20, 10],
            lead_time=[4, 4, 4],
            minimum=[50, 1, 1],
            multiple=[3, 1, 1],
            bill=[[0, 0, 0], [0, 0, 0], [0, 1, 0]],
        )
    )
    assert plan.past_due.tolist() == [51, 20, 30]


def test_what_should_have_been_released_already_is_past_due_and_its_components_are_needed_now() -> None:
    plan = plan_material(problem([[0, 6, 4], [0, 0, 0]], lead_time=[2, 0], bill=[[0, 0], [3, 0]]))
    assert plan.past_due.tolist() == [6, 0]
    assert plan.planned_releases[0].tolist() == [4, 0, 0]
    assert plan.gross[1].tolist() == [30, 0, 0]


def test_rescheduling_moves_receipts_before_it_orders_more() -> None:
    late = problem([[0, 8, 0, 9]], receipts=[[0, 0, 5, 0]], on_hand=[4])
    assert plan_material(late).planned_receipts.tolist() == [[0, 4, 0, 4]]
    plan = plan_with_rescheduling(late)
    assert (plan.receipts.tolist(), plan.planned_receipts.tolist()) == ([[0, 5, 0, 0]], [[0, 0, 0, 8]])


def test_a_circle_is_refused_and_its_items_are_named() -> None:
    with pytest.raises(BillsInACircle, match=r"\[1, 2\]"):
        plan_material(problem([[1]] * 4, bill=[[0, 0, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0]]))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"minimum": [0]}, "minimum >= 1"),
        ({"lead_time": [-2]}, "lead_time >= 0, got -2"),
        ({"on_hand": [1, 2]}, "on_hand of shape"),
        ({"receipts": [[1, 2]]}, "receipts of shape"),
    ],
)
def test_impossible_input_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        problem([[1, 2, 3]], **wrong)


@st.composite
def problems(draw: st.DrawFn, *, lot_for_lot: bool = False) -> NettingProblem:
    m, p = draw(st.integers(1, 5)), draw(st.integers(1, 7))

    def matrix(top: int) -> list[list[int]]:
        return draw(st.lists(st.lists(st.integers(0, top), min_size=p, max_size=p), min_size=m, max_size=m))

    def vector(low: int, top: int) -> list[int]:
        return draw(st.lists(st.integers(low, top), min_size=m, max_size=m))

    order = draw(st.permutations(range(m)))
    bill = np.zeros((m, m), dtype=int)
    for upper, parent in enumerate(order):
        for component in order[upper + 1 :]:
            bill[component, parent] = draw(st.sampled_from([0, 0, 1, 2]))
    lots = {} if lot_for_lot else {"minimum": vector(1, 9), "multiple": vector(1, 5)}
    stock = {"on_hand": vector(-3, 20), "safety_stock": vector(0, 5)}
    return problem(matrix(6), receipts=matrix(4), lead_time=vector(0, 4), bill=bill, **stock, **lots)


@given(problems())
def test_nothing_is_lost_between_the_rows(p: NettingProblem) -> None:
    for plan in (plan_material(p), plan_with_rescheduling(p)):
        flow = plan.receipts + plan.planned_receipts - plan.gross
        assert (plan.projected == p.on_hand[:, None] + np.cumsum(flow, axis=1)).all()
        assert (plan.planned_receipts.sum(axis=1) >= plan.planned_releases.sum(axis=1) + plan.past_due).all()


@given(problems())
def test_gross_requirements_are_demand_and_what_the_parents_take(p: NettingProblem) -> None:
    plan = plan_material(p)
    taken = plan.planned_releases.copy()
    taken[:, 0] += plan.past_due
    assert (plan.gross == p.requirements + p.bill @ taken).all()


@given(problems())
def test_the_projection_never_falls_below_safety_stock_and_lots_are_whole(p: NettingProblem) -> None:
    plan = plan_material(p)
    assert (plan.projected >= p.safety_stock[:, None]).all()
    lots = plan.planned_receipts
    assert ((lots == 0) | (lots >= p.minimum[:, None])).all()
    assert (lots % p.multiple[:, None] == 0).all()


@given(problems(lot_for_lot=True), st.data())
def test_more_on_hand_never_raises_what_is_planned_by_any_period(p: NettingProblem, data: st.DataObject) -> None:
    item = data.draw(st.integers(0, len(p.on_hand) - 1))
    richer = problem(
        p.requirements.tolist(),
        receipts=p.receipts,
        on_hand=p.on_hand + np.eye(len(p.on_hand), dtype=int)[item] * data.draw(st.integers(1, 9)),
        safety_stock=p.safety_stock,
        lead_time=p.lead_time,
        bill=p.bill,
    )
    before, after = (np.cumsum(plan_material(each).planned_receipts, axis=1) for each in (p, richer))
    assert (after <= before).all()


def planned_unit_by_unit(p: NettingProblem) -> dict[tuple[int, int], int]:
    """The slow, obvious plan: item by item, period by period, a lot grows unit by unit until nothing is missing."""
    planned: dict[tuple[int, int], int] = {}
    taken_by_builds: Counter[tuple[int, int]] = Counter()
    waiting = set(range(len(p.on_hand)))
    while waiting:
        item = next(i for i in sorted(waiting) if not any(p.bill[i, parent] for parent in waiting))
        waiting.remove(item)
        there = int(p.on_hand[item] - p.safety_stock[item])
        for period, arriving in enumerate(p.receipts[item].tolist()):
            there += arriving - int(p.requirements[item, period]) - taken_by_builds[item, period]
            lot = 0
            while there + lot < 0 or (lot and (lot < p.minimum[item] or lot % p.multiple[item])):
                lot += 1
            there += lot
            if lot:
                planned[item, period] = lot
                for component, per in enumerate(p.bill[:, item].tolist()):
                    taken_by_builds[component, max(period - int(p.lead_time[item]), 0)] += per * lot
    return planned


@given(problems())
def test_it_agrees_with_planning_unit_by_unit(p: NettingProblem) -> None:
    assert cells(plan_material(p).planned_receipts) == planned_unit_by_unit(p)


@given(problems())
def test_rescheduling_orders_only_when_all_that_is_on_order_is_used(p: NettingProblem) -> None:
    plan = plan_with_rescheduling(p)
    for planned, moved, asked in zip(plan.planned_receipts.tolist(), plan.receipts.tolist(), p.receipts.tolist(), strict=True):
        first = next((t for t, units in enumerate(planned) if units), len(planned))
        assert first == len(planned) or list(accumulate(moved))[first] == sum(asked)
