"""Units that are kept for classes of order lines: used up by what a class takes, and left by all others."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.promise import (
    Allotment,
    Availability,
    Promises,
    Share,
    Wanted,
    WantedLine,
    after,
    promise,
    promise_each,
    repromise,
    rush,
)
from tests.core.promise.cases import availabilities, availability, integers, wanted_lines

LEADS = [10, 10, 10, 10]
TRADE, RETAIL = 0, 1


def lines(*units: int) -> Wanted:
    return Wanted.of(WantedLine({0: quantity}) for quantity in units)


def test_what_a_class_takes_counts_against_its_share() -> None:
    """Of 8 units 5 are kept for trade. When trade has taken 5, retail may have the other 3; before, only 3 as well."""
    allotment = Allotment(availability([(0, 0, 8)], leads=LEADS), (Share(0, TRADE, 5),))
    assert allotment.promise(lines(5, 3, 1), integers([TRADE, RETAIL, RETAIL])).ship_day.tolist() == [1, 1, 10]
    assert allotment.promise(lines(4, 3), integers([RETAIL, TRADE])).ship_day.tolist() == [10, 1]


def test_safety_stock_is_left_by_every_class() -> None:
    allotment = Allotment(availability([(0, 0, 8)], leads=LEADS), (Share(0, -1, 5),))
    assert allotment.promise(lines(3, 1, 1), integers([TRADE, RETAIL, TRADE])).ship_day.tolist() == [1, 10, 10]


def test_what_lines_of_other_classes_gave_back_they_may_have_again() -> None:
    there = availability([(0, 0, 8)], leads=LEADS)
    kept = Share(0, TRADE, 8)
    assert Allotment(there, (kept,)).promise(lines(6), integers([RETAIL])).ship_day[0] == 10
    held = Allotment(there, (replace(kept, others={0: 6}),))
    assert held.promise(lines(6, 1), integers([RETAIL, RETAIL])).ship_day.tolist() == [1, 10]


def test_a_share_of_a_component_is_used_up_by_builds() -> None:
    """Item 1 is built of one unit of item 0; three of four of those are kept for trade, which builds two."""
    there = availability([(0, 0, 4)], leads=LEADS, bills={1: ((0, 1),)}, build_days=integers([0, 1, 0, 0]))
    wanted = Wanted.of(WantedLine({1: units}) for units in (2, 1, 1))
    found = Allotment(there, (Share(0, TRADE, 3),)).promise(wanted, integers([TRADE, RETAIL, RETAIL]))
    assert [day >= 10 for day in found.ship_day.tolist()] == [False, False, True]


def test_a_rush_order_leaves_what_is_kept_for_others() -> None:
    there = availability([(0, 0, 8)], leads=LEADS)
    due, weight, ahead, classes = integers([10]), np.ones(1), integers([0]), integers([RETAIL])
    assert rush(there, lines(6), due, weight, ahead).after.tolist() == [1]
    assert rush(there, lines(6), due, weight, ahead, classes=classes, shares=(Share(0, TRADE, 8),)).after.tolist() == [10]


def still_kept(share: Share, found: Promises, of_class: int) -> Share:
    if share.of_class != of_class:
        return share
    used = found.peg_quantity[found.peg_item == share.item].sum() + found.plan_quantity[found.plan_item == share.item].sum()
    return replace(share, units=max(share.units - int(used), 0))


@settings(max_examples=60)
@given(
    availabilities(days=25, most_free=9),
    st.lists(wanted_lines(most_units=4), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.integers(0, 9)), max_size=3),
    st.data(),
)
def test_lines_of_several_classes_are_promised_as_one_by_one(a: Availability, wanted: list[WantedLine], kept, data) -> None:
    classes = integers([data.draw(st.integers(0, 2)) for _ in wanted])
    shares = tuple(Share(item, of_class, units) for item, of_class, units in kept if item < a.items)
    together = Allotment(a, shares).promise(Wanted.of(wanted), classes)
    there, left, alone = a, shares, []
    for of_class, line in zip(classes.tolist(), wanted, strict=True):
        found = promise(Allotment(there, left).seen_by(of_class), Wanted.of([line]))
        there, left = after(there, found), tuple(still_kept(share, found, of_class) for share in left)
        alone.append(found)
    for name in ("ship_day", "need_day", "is_promised", "peg_supply", "peg_quantity", "plan_quantity"):
        assert getattr(together, name).tolist() == np.concatenate([getattr(one, name) for one in alone]).tolist()
    for name in ("peg_line", "plan_line"):
        assert np.bincount(getattr(together, name), minlength=len(alone)).tolist() == [len(getattr(one, name)) for one in alone]
    after(a, together)  # refuses what was taken twice
    for share in shares:
        if share.of_class == -1:
            kept_there = min(share.units, int(a.supply_free[a.supply_item == share.item].sum()))
            assert after(a, together).supply_free[a.supply_item == share.item].sum() >= kept_there


@settings(max_examples=40)
@given(availabilities(days=25, most_free=9), st.lists(wanted_lines(most_units=4), min_size=1, max_size=5))
def test_nothing_changes_where_nothing_is_kept(a: Availability, wanted: list[WantedLine]) -> None:
    basket, classes = Wanted.of(wanted), integers([k % 2 for k in range(len(wanted))])
    due, weight = integers([20] * len(wanted)), np.ones(len(wanted))
    never = (Share(0, 7, 0),)
    plain, shared = repromise(a, basket, due, weight), repromise(a, basket, due, weight, classes=classes, shares=never)
    assert plain.after.tolist() == shared.after.tolist()
    alone = Allotment(a, never).serve(basket, classes, np.arange(len(wanted)), keeps=0)
    assert alone.ship_day.tolist() == promise_each(a, basket).ship_day.tolist()
