"""Lines that hold something already: who may stay as it is does, and gives way only to one who becomes earlier by it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.promise import (
    Allotment,
    Availability,
    Holdings,
    Policy,
    Promises,
    Share,
    Terms,
    Wanted,
    WantedLine,
    leave,
    promise,
    promise_complete,
    repromise,
    rush,
)
from atoll.promise.booking import booked
from tests.core.promise.cases import availabilities, wanted_lines

HORIZON = 40


def book(lines: list[dict[int, int]], supplies: list[tuple[int, int, int]], **fields: object) -> tuple[Availability, Wanted]:
    rows = np.array(supplies, dtype=np.int64).reshape(-1, 3)
    there = Availability(
        supply_item=rows[:, 0],
        supply_day=rows[:, 1],
        supply_free=rows[:, 2],
        working=np.ones(HORIZON, dtype=np.bool_),
        **{"lead_days": np.full(4, 20), "build_days": np.array([0, 0, 0, 2])} | fields,  # type: ignore[arg-type]
    )
    return there, Wanted.of(WantedLine(line) for line in lines)


def held(promises: Promises, day: np.ndarray, asked: np.ndarray) -> Holdings:
    """What promises take, and count on from the days of their supplies; their plans are planned supplies."""
    lines = len(promises)
    pairs, units = np.unique(np.stack((promises.peg_line, promises.peg_supply)), axis=1, return_inverse=True)
    has_planned = np.isin(np.arange(lines), promises.plan_line)
    return Holdings(
        start=np.searchsorted(pairs[0], np.arange(lines + 1)),
        supply=pairs[1],
        quantity=np.bincount(units.ravel(), weights=promises.peg_quantity, minlength=pairs.shape[1]).astype(np.int64),
        day=day[pairs[1]],
        slot_start=np.searchsorted(promises.slot_line, np.arange(lines + 1)),
        slot_row=promises.slot_row,
        slot_minutes=promises.slot_minutes,
        is_intact=promises.is_promised,
        is_whole=~has_planned,
        due_day=np.where(promises.is_promised, promises.ship_day, HORIZON),
        need_day=promises.need_day,
        floor_day=np.minimum(asked, np.where(promises.is_promised, promises.ship_day, HORIZON)),
    )


def test_units_that_a_line_holds_are_usable_for_it_without_the_margin_that_others_add() -> None:
    """The purchase comes on day 3, and whoever is promised from it now would wait until day 8; a new one comes on day 20."""
    there, wanted = book([{0: 1, 1: 1}, {0: 1}], [(0, 8, 2), (1, 5, 1)])
    first = promise(book([{0: 1, 1: 1}, {0: 1}], [(0, 3, 2), (1, 3, 1)])[0], wanted)
    holdings = replace(held(first, np.array([3, 5]), wanted.requested_day), is_intact=np.zeros(2, dtype=np.bool_))
    assert promise(there, wanted).ship_day.tolist() == [8, 8]
    assert promise(there, wanted, holdings=holdings).ship_day.tolist() == [5, 3]


def test_time_of_today_is_there_for_the_line_that_holds_it_and_for_nobody_else() -> None:
    capacity = {
        "capacity_line": np.zeros(3, dtype=np.int64),
        "capacity_day": np.arange(3),
        "capacity_free": np.array([60, 60, 60]),
    }
    there, _ = book([], [], **capacity)
    wanted = Wanted.of([WantedLine({}, minutes=60, lines=(0,))] * 2)
    first = promise(there, wanted)
    holdings = replace(held(first, np.empty(0), wanted.requested_day), is_intact=np.zeros(2, dtype=np.bool_))
    now = replace(there, earliest_day=1, bills=there.structure)
    assert promise(now, wanted, holdings=holdings).ship_day.tolist() == [0, 1]
    assert promise(now, wanted.in_order(np.array([1, 0]), wanted.requested_day)).ship_day.tolist() == [1, 2]
    swapped = promise(now, wanted.in_order(np.array([1, 0]), wanted.requested_day), holdings=holdings.in_order(np.array([1, 0])))
    assert swapped.ship_day.tolist() == [1, 0]


@settings(max_examples=80)
@given(
    availabilities(days=25, most_free=9),
    st.lists(st.tuples(wanted_lines(most_units=4), st.integers(-1, 1)), min_size=1, max_size=5),
)
def test_deliveries_that_are_promised_anew_have_one_date_and_need_not_be_later(
    a: Availability, asked: list[tuple[WantedLine, int]]
) -> None:
    """Nothing has changed, and each line has what it holds first. Lines that cannot be had are left out."""
    alone = promise(a, Wanted.of(line for line, _ in asked)).is_promised.tolist()
    sound = sorted((one for one, is_sound in zip(asked, alone, strict=True) if is_sound), key=lambda one: one[1])
    wanted, delivery = Wanted.of(line for line, _ in sound), np.array([number for _, number in sound], dtype=np.int64)
    first = promise_complete(a, wanted, delivery)
    if not first.is_promised.all():
        return
    holdings = held(first, a.supply_day, wanted.requested_day).given_back()
    again = Allotment(Terms.of(a, holdings)).promise(
        replace(wanted, requested_day=first.ship_day), np.zeros(len(wanted), dtype=np.int64), delivery
    )
    assert again.is_promised.all()
    assert (again.ship_day <= first.ship_day).all()
    for number in {*delivery.tolist()} - {-1}:
        assert len({*again.ship_day[delivery == number].tolist()}) == 1


def test_lines_of_a_delivery_stand_one_after_the_other() -> None:
    there, wanted = book([{0: 1}] * 3, [(0, 0, 3)])
    with pytest.raises(ValueError, match="one after the other"):
        Allotment(there).promise(wanted, np.zeros(3, dtype=np.int64), np.array([0, -1, 0]))
    with pytest.raises(ValueError, match="of 3 lines, got 2"):
        promise_complete(there, wanted, np.array([0, 0]))


def test_a_rush_takes_what_nobody_holds_before_what_others_hold() -> None:
    """Both supplies are in time for the line in a hurry, which is held back by another item; the first one is held."""
    there, wanted = book([{0: 1}, {0: 1, 1: 1}], [(0, 2, 1), (0, 4, 1), (1, 5, 1)])
    first = promise(there, wanted)
    holdings = held(first, there.supply_day, wanted.requested_day)
    assert first.ship_day.tolist() == [2, 5]
    found = rush(there, wanted, holdings.due_day, np.ones(2), np.array([1]), holdings=holdings)
    assert (found.after.tolist(), found.stays.tolist(), found.bound, found.leaving) == ([2, 5], [True, True], 0, 0)


def test_a_line_with_an_alternative_gets_what_another_holds_of_the_item_itself_where_that_is_earlier() -> None:
    """Of what nobody holds the alternative comes on day 10; the item itself, on day 3, is held by the second line."""
    there, _ = book([], [(0, 3, 1), (1, 10, 1)])
    wanted = Wanted.of([WantedLine({0: 1}, alternatives={0: [1]}), WantedLine({0: 1})])
    first = promise(there, wanted, order=np.array([1, 0]))
    assert first.ship_day.tolist() == [10, 3]
    holdings = held(first, there.supply_day, wanted.requested_day)
    assert promise(there, wanted, holdings=holdings).ship_day.tolist() == [3, 20]


def test_a_line_gives_way_to_one_that_becomes_earlier_and_is_told_so() -> None:
    there, wanted = book([{0: 1}, {0: 1}], [(0, 2, 1)])
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    found = rush(there, wanted, holdings.due_day, np.ones(2), np.array([1]), holdings=holdings)
    assert (found.after.tolist(), found.stays.tolist(), found.value, found.leaving) == ([20, 2], [False, False], 18, 0)


def test_a_planned_supply_that_a_new_purchase_could_not_replace_is_not_given_up() -> None:
    """Ordered anew it would come on day 20; what was planned comes on day 12."""
    there, wanted = book([{0: 1}], [], lead_days=np.full(4, 12))
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    later = replace(there, lead_days=np.full(4, 20), bills=there.structure)
    for policy in Policy:
        found = repromise(later, wanted, holdings.due_day, np.ones(1), policy, holdings=holdings)
        assert (found.after.tolist(), found.stays.tolist(), found.bound) == ([12], [True], 0)


def test_who_may_stay_gives_way_under_keep_where_it_keeps_its_day_all_the_same() -> None:
    """The first line lost its unit. The second, due on day 25, holds one and could have a new one on day 20."""
    there, wanted = book([{0: 1}, {0: 1}], [(0, 0, 1)])
    holdings = held(
        promise(there, Wanted.of([WantedLine({0: 1}, requested_day=3), WantedLine({0: 1}, requested_day=25)])),
        there.supply_day,
        np.array([3, 25]),
    )
    holdings = replace(
        holdings,
        start=np.array([0, 0, 1]),
        supply=np.array([0]),
        quantity=np.array([1]),
        day=np.array([0]),
        is_intact=np.array([False, True]),
    )
    lines = wanted.in_order(np.arange(2), np.array([3, 25]))
    found = repromise(there, lines, np.array([3, 25]), np.ones(2), Policy.KEEP, holdings=holdings)
    assert (found.after.tolist(), found.stays.tolist(), found.value) == ([3, 25], [False, False], 0)
    assert leave(there, lines, np.array([3, 25]), np.ones(2), holdings=holdings).after.tolist() == [20, 25]


def test_the_bound_counts_what_a_line_holds_that_may_stay_with_planned_supplies() -> None:
    """One unit of item 0 for two lines; who holds it rests on a purchase still to be made as well. Anew it comes on day 20."""
    there, wanted = book([{0: 1, 1: 1}, {0: 1}], [(0, 0, 1)], lead_days=np.array([20, 12, 20, 20]))
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    holdings = replace(holdings, is_intact=np.array([True, False]), due_day=np.array([12, 5]), floor_day=np.array([-1, -1]))
    assert holdings.is_whole.tolist() == [False, False]
    found = repromise(there, wanted, np.array([12, 5]), np.ones(2), holdings=holdings)
    assert (found.after.tolist(), found.value, found.leaving) == ([20, 0], 8, 15)
    assert found.bound == pytest.approx(8, rel=0.02)


def test_the_bound_counts_what_planned_builds_hold_of_lines_that_may_stay() -> None:
    """The only unit of item 0 is held for a planned build of the first line; the second, due on day 5, buys one for day 20."""
    there, wanted = book([{3: 1}, {0: 1}], [(0, 0, 1)], bills={3: ((0, 1),)})
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    holdings = replace(holdings, is_intact=np.array([True, False]), due_day=np.array([2, 5]), floor_day=np.array([-1, -1]))
    found = repromise(there, wanted, np.array([2, 5]), np.array([3.0, 1.0]), holdings=holdings)
    assert (found.after.tolist(), found.value, round(found.bound, 3)) == ([2, 20], 15, 15)


def test_a_line_that_may_stay_is_not_counted_late_where_it_could_not_be_promised_anew_in_time() -> None:
    """What it waits for is planned for day 12, and would come on day 20 anew; the unit of the other line is three days late."""
    there, wanted = book([{0: 1}, {1: 1}], [(1, 4, 1)], lead_days=np.array([12, 20, 20, 20]))
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    later = replace(there, supply_day=there.supply_day + 3, lead_days=np.full(4, 20), bills=there.structure)
    holdings = replace(holdings, day=holdings.day + 3, is_intact=np.array([True, False]))
    found = repromise(later, wanted, holdings.due_day, np.ones(2), holdings=holdings)
    assert (found.after.tolist(), found.value, round(found.bound, 3)) == ([12, 7], 3, 3)


TRADE, RETAIL = 0, 1


def test_of_what_is_free_as_much_is_kept_for_a_class_as_its_lines_do_not_hold() -> None:
    """Trade holds 3 of its 5 units, and 5 of 8 are free: retail, served before it, finds 3."""
    there, wanted = book([{0: 3}, {0: 3}, {0: 1}], [(0, 1, 8)])
    holdings = held(
        promise(there, wanted.in_order(np.array([0]), wanted.requested_day)), there.supply_day, wanted.requested_day[:1]
    )
    holdings = replace(
        holdings.in_order(np.array([0, 0, 0])),
        start=np.array([0, 0, 0, 1]),
        is_intact=np.array([False, False, True]),
        **first(holdings),
    )
    wanted = wanted.in_order(np.array([1, 2, 0]), wanted.requested_day)
    due, weight, of_class = np.array([1, 20, 1]), np.ones(3), {"classes": np.array([RETAIL, RETAIL, TRADE])}
    for policy in Policy:
        found = repromise(there, wanted, due, weight, policy, holdings=holdings, **of_class, shares=(Share(0, TRADE, 5),))
        assert (found.after.tolist(), found.stays.tolist()) == ([1, 20, 1], [False, False, True])


def test_a_rush_takes_from_nobody_what_is_kept_for_its_class() -> None:
    """Trade holds the only unit, which is kept for it; the rush of retail has to wait, that of trade does not."""
    there, wanted = book([{0: 1}, {0: 1}], [(0, 2, 1)])
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    asked = there, wanted, holdings.due_day, np.ones(2), np.array([1])
    for classes, after in (([TRADE, RETAIL], [2, 20]), ([TRADE, TRADE], [20, 2])):
        found = rush(*asked, holdings=holdings, classes=np.array(classes), shares=(Share(0, TRADE, 1),))
        assert found.after.tolist() == after


def test_a_line_keeps_what_it_holds_of_units_that_are_kept_for_others() -> None:
    """Of 8 units, all kept for trade since, retail holds 4; its other line, which holds none, has to wait."""
    there, wanted = book([{0: 4}, {0: 4}], [(0, 0, 8)])
    holdings = held(
        promise(there, wanted.in_order(np.array([0]), wanted.requested_day)), there.supply_day, wanted.requested_day[:1]
    )
    holdings = replace(holdings.in_order(np.array([0, 0])).given_back(), start=np.array([0, 1, 1]), **first(holdings))
    of_class = {"classes": np.array([RETAIL, RETAIL]), "shares": (Share(0, TRADE, 8),)}
    for policy in Policy:
        found = repromise(there, wanted, np.array([0, 0]), np.ones(2), policy, holdings=holdings, **of_class)
        assert found.after.tolist() == [0, 20]


def test_units_that_a_class_gives_back_count_for_its_share_so_that_others_may_take_earlier_ones() -> None:
    """Trade holds two units that slipped, for which two of the four on hand are free for retail; then trade takes the others."""
    there, wanted = book([{0: 2}, {0: 2}], [(0, 0, 4), (0, 9, 2)])
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day).given_back()
    holdings = replace(holdings, start=np.array([0, 0, 1]), supply=np.array([1]), quantity=np.array([2]), day=np.array([9]))
    of_class = {"classes": np.array([RETAIL, TRADE]), "shares": (Share(0, TRADE, 4),)}
    found = repromise(there, wanted, np.array([6, 5]), np.ones(2), holdings=holdings, **of_class)
    assert (found.after.tolist(), found.value, found.bound, found.leaving) == ([0, 0], 0, 0, 3)


def first(holdings: Holdings) -> dict[str, np.ndarray]:
    """The units of the first line."""
    return {name: getattr(holdings, name)[: holdings.start[1]] for name in ("supply", "quantity", "day")}


def test_what_is_held_must_be_counted_as_free() -> None:
    there, wanted = book([{0: 1}], [(0, 0, 1)])
    holdings = held(promise(there, wanted), there.supply_day, wanted.requested_day)
    with pytest.raises(ValueError, match="counted as free"):
        promise(replace(there, supply_free=np.zeros(1, dtype=np.int64), bills=there.structure), wanted, holdings=holdings)
    with pytest.raises(ValueError, match="one number of lines"):
        replace(holdings, need_day=np.zeros(3, dtype=np.int64))


@st.composite
def healthy(draw: st.DrawFn) -> tuple[Availability, Wanted, Holdings, np.ndarray]:
    """Lines that were promised one after the other; since then margins came up, purchases take longer and today is over."""
    n = draw(st.integers(1, 6))
    supplies = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(1, 4)), max_size=8))
    minutes = draw(st.sampled_from((0, 50)))
    requirements = st.dictionaries(st.integers(0, 3), st.integers(1, 3), min_size=1, max_size=3)
    lines = Wanted.of(
        WantedLine(
            draw(requirements),
            minutes=draw(st.integers(0, 120)) if minutes else 0,
            lines=(0,),
            requested_day=draw(st.integers(-1, 25)),
            alternatives={} if draw(st.booleans()) else {2: (0,)},
        )
        for _ in range(n)
    )
    days = np.arange(HORIZON if minutes else 0)
    capacity = {"capacity_line": 0 * days, "capacity_day": days, "capacity_free": np.full(len(days), minutes)}
    there, _ = book(
        [],
        supplies,
        bills={3: ((0, 1), (1, 2))},
        alternates=draw(st.sampled_from(({}, {(3, 1): [2]}))),
        lead_days=np.full(4, draw(st.sampled_from((6, 15)))),
        **capacity,
    )
    first = promise(there, lines)
    taken = np.zeros(len(days), dtype=np.int64)
    np.add.at(taken, first.slot_row, first.slot_minutes)
    margin = np.where(there.supply_day > 0, draw(st.integers(0, 5)), 0)
    now = replace(
        there,
        supply_day=there.supply_day + margin,
        lead_days=there.lead_days + draw(st.integers(0, 4)),
        capacity_free=np.where(days < 1, taken, there.capacity_free),
        earliest_day=1,
        bills=there.structure,
    )
    weight = np.array(draw(st.lists(st.integers(1, 5), min_size=n, max_size=n)), dtype=float)
    return now, lines, held(first, there.supply_day, lines.requested_day), weight


@st.composite
def shares(draw: st.DrawFn) -> tuple[Share, ...]:
    """Units of some items that are kept for one of three classes, or as safety stock; often none."""
    drawn = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.integers(0, 6)), max_size=3))
    return tuple(Share(item, of_class, units) for item, of_class, units in drawn)


@settings(max_examples=80)
@given(healthy(), shares(), st.integers(0, 5))
def test_where_nothing_is_wrong_nobody_becomes_late_but_for_one_who_becomes_earlier(
    case: tuple[Availability, Wanted, Holdings, np.ndarray], kept: tuple[Share, ...], hurried: int
) -> None:
    there, lines, holdings, weight = case
    can = np.flatnonzero(holdings.is_intact)
    lines, holdings, weight = lines.in_order(can, lines.requested_day), holdings.in_order(can), weight[can]
    due, of_class = holdings.due_day, {"classes": np.arange(len(can)) % 3, "shares": kept}
    for policy in Policy:
        found = repromise(there, lines, due, weight, policy, holdings=holdings, **of_class)
        assert found.bound == found.leaving == 0
        if policy is Policy.FIFO:
            assert not found.days_late.any() or (found.after < due).any()
        else:
            assert found.stays.all()
            assert (found.after == due).all()
    if len(can):
        ahead = np.array([hurried % len(can)])
        found = rush(there, lines, due, weight, ahead, holdings=holdings, **of_class)
        assert found.after[ahead[0]] <= due[ahead[0]]
        assert not found.days_late.any() or found.after[ahead[0]] < due[ahead[0]]


@settings(max_examples=80)
@given(healthy(), shares(), st.data())
def test_when_something_slips_the_best_is_no_worse_than_leaving_all_and_under_keep_no_healthy_line_moves(
    case: tuple[Availability, Wanted, Holdings, np.ndarray], kept: tuple[Share, ...], data: st.DataObject
) -> None:
    there, lines, holdings, weight = case
    slip = np.zeros(len(there.supply_day), dtype=np.int64)
    if len(slip):
        slip[data.draw(st.integers(0, len(slip) - 1))] = data.draw(st.integers(1, 9))
    there = replace(there, supply_day=there.supply_day + slip, bills=there.structure)
    day = holdings.day + slip[holdings.supply]
    line = np.repeat(np.arange(len(lines)), np.diff(holdings.start))
    late = np.bincount(line, weights=slip[holdings.supply], minlength=len(lines)) > 0
    holdings = replace(holdings, day=day, is_intact=holdings.is_intact & ~late)
    due, of_class = holdings.due_day, {"classes": np.arange(len(lines)) % 3, "shares": kept}
    left = leave(there, lines, due, weight, holdings=holdings, **of_class)
    assert left.stays[holdings.is_intact].all()
    for policy in Policy:
        found = repromise(there, lines, due, weight, policy, holdings=holdings, **of_class)
        assert found.leaving == left.value
        assert found.bound <= found.value + 1e-6
        if policy is not Policy.FIFO:
            assert found.value <= left.value
        if policy is Policy.KEEP:
            assert not found.days_late[holdings.is_intact].any()
        stays = found.stays
        own, slots = stays[line], stays[np.repeat(np.arange(len(lines)), np.diff(holdings.slot_start))]
        taken = sums(found.promises.peg_supply, found.promises.peg_quantity, len(slip))
        assert (taken + sums(holdings.supply[own], holdings.quantity[own], len(slip)) <= there.supply_free).all()
        minutes = sums(found.promises.slot_row, found.promises.slot_minutes, len(there.capacity_free))
        minutes += sums(holdings.slot_row[slots], holdings.slot_minutes[slots], len(minutes))
        assert (minutes <= there.capacity_free).all()
        booked(found.served, found.promises, len(slip))


def sums(rows: np.ndarray, amounts: np.ndarray, length: int) -> np.ndarray:
    return np.bincount(rows, weights=amounts, minlength=length).astype(np.int64)
