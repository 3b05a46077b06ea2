"""Promised lines that can be worked out by hand."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from atoll.promise import (
    CANNOT_BE_SUPPLIED,
    Cause,
    Peg,
    PlannedSupply,
    Promise,
    Structure,
    Wanted,
    WantedLine,
    earliest_days,
    plan_build,
    promise,
    promise_each,
)
from tests.core.promise.cases import availability, integers

LEADS = [10, 10, 10, 10]


def answer(requirements: dict[int, int], supplies: list[tuple[int, int, int]] = [], **fields: object) -> Promise:  # noqa: B006
    """The promise of one line of 60 minutes on line 0."""
    line = {name: fields.pop(name) for name in ("minutes", "requested_day", "alternatives") if name in fields}
    there = availability(supplies, **{"leads": LEADS, **fields})
    wanted = WantedLine(requirements, **{"minutes": 60, "lines": (0,), **line})
    return promise(there, Wanted.of([wanted])).line(0)


def test_what_is_on_hand_is_assembled_on_the_next_day() -> None:
    found = answer({0: 2}, [(0, 0, 5)])
    assert (found.ship_day, found.need_day, found.pegs) == (1, 1, (Peg(0, 0, 2),))
    assert found.binding.cause is Cause.NOTHING


def test_a_short_item_waits_for_the_purchase_that_brings_enough() -> None:
    found = answer({0: 5}, [(0, 0, 2), (0, 3, 2), (0, 8, 9)])
    assert found.need_day == 8
    assert (found.binding.cause, found.binding.item, found.binding.supply, found.binding.day) == (Cause.MATERIAL, 0, 2, 8)


def test_a_new_purchase_is_planned_when_it_is_earlier_than_waiting() -> None:
    found = answer({0: 5}, [(0, 0, 2), (0, 30, 9)])
    assert found.need_day == 10
    assert found.planned == (PlannedSupply(0, 3, 10, 10),)
    assert (found.binding.cause, found.binding.supply) == (Cause.MATERIAL, -1)


def test_a_short_subassembly_is_built_from_its_components() -> None:
    found = answer({0: 3}, [(0, 0, 1), (1, 0, 9), (2, 4, 9)], bills={0: ((1, 1), (2, 2))})
    (build,) = found.planned
    assert (build.quantity, build.start_day, build.day) == (2, 4, 7)  # day 5 and 6 are a weekend
    assert Counter({peg.item: peg.quantity for peg in build.pegs}) == {1: 2, 2: 4}
    assert found.need_day == 7
    assert (found.binding.item, found.binding.supply) == (2, 2)


def test_what_is_taken_is_named_also_where_the_day_before_lacks_something_else() -> None:
    """Item 0 comes on day 8. To have it on day 7, item 1 would be bought for a build of it, which takes longer."""
    found = answer({0: 1}, [(0, 8, 1)], bills={0: ((1, 1),)})
    assert (found.binding.item, found.binding.supply, found.binding.day) == (0, 0, 8)


def test_a_build_leaves_late_components_to_the_line_and_takes_early_ones() -> None:
    """Two of item 1 on day 0 for the build, two on day 2 for the line itself; the other way round both would be later."""
    found = answer({0: 1, 1: 2}, [(1, 0, 2), (1, 2, 2)], bills={0: ((1, 2),)}, leads=[-1, -1])
    assert found.need_day == 2
    assert found.pegs == (Peg(1, 1, 2),)
    assert found.planned[0].pegs == (Peg(1, 0, 2),)


def test_builds_go_down_any_number_of_levels() -> None:
    found = answer({0: 1}, [(3, 0, 1)], bills={0: ((1, 1),), 1: ((2, 1),), 2: ((3, 1),)})
    assert found.need_day == 4
    assert found.planned[0].planned[0].planned[0].pegs == (Peg(3, 0, 1),)


def test_a_subassembly_that_comes_later_than_what_it_is_built_of_would_be_needed_binds() -> None:
    """Item 1 would have to be there before day 8 for a build; the line takes the subassembly that comes then."""
    found = answer({0: 1}, [(0, 8, 1)], bills={0: ((1, 1),)}, leads=[-1, 10])
    assert (found.need_day, found.pegs) == (8, (Peg(0, 0, 1),))
    assert (found.binding.cause, found.binding.item, found.binding.supply, found.binding.day) == (Cause.MATERIAL, 0, 0, 8)


def test_a_build_binds_by_what_comes_last_for_it_rather_than_the_units_taken_beside_it() -> None:
    """One subassembly on day 4, and one built from item 1, which comes on day 3 and takes until day 7."""
    found = answer({0: 2}, [(0, 4, 1), (1, 3, 1)], bills={0: ((1, 1),)}, build_days=integers([2, 1, 1, 1]))
    assert found.need_day == 7
    assert (found.binding.item, found.binding.supply, found.binding.day) == (1, 1, 3)


def test_a_build_from_what_is_there_binds_by_the_time_that_it_takes() -> None:
    found = answer({0: 1}, [(1, 0, 1)], bills={0: ((1, 1),)})
    assert (found.need_day, found.binding.item, found.binding.supply, found.binding.day) == (2, 0, -1, 2)


def test_assembly_that_takes_several_days_is_held_back_by_its_line() -> None:
    found = answer({0: 1}, [(0, 0, 5)], capacity=[(0, 1, 20), (0, 2, 20), (0, 3, 20)])
    assert (found.need_day, found.ship_day) == (1, 3)
    assert (found.binding.cause, found.binding.line, found.binding.day, found.binding.days) == (Cause.CAPACITY, 0, 3, 2)


def test_a_full_line_moves_the_order_and_is_named() -> None:
    found = answer({0: 1}, [(0, 0, 5)], capacity=[(0, 1, 0), (0, 2, 0), (0, 3, 100)])
    assert (found.need_day, found.binding.cause, found.binding.line, found.binding.days) == (3, Cause.CAPACITY, 0, 2)


def test_long_work_goes_on_over_the_following_days() -> None:
    found = answer({0: 1}, [(0, 0, 5)], capacity=[(0, 1, 30), (0, 2, 10), (0, 3, 100)])
    assert [(slot.row, slot.minutes) for slot in found.slots] == [(0, 30), (1, 10), (2, 20)]
    assert (found.need_day, found.ship_day) == (1, 3)


def test_a_later_request_takes_the_latest_supply_and_slot_that_still_meet_it() -> None:
    found = answer({0: 1}, [(0, 0, 5), (0, 14, 5)], requested_day=17)
    assert (found.ship_day, found.pegs) == (17, (Peg(0, 1, 1),))
    assert found.binding.cause is Cause.REQUEST


def test_a_line_that_may_wait_leaves_what_is_on_hand_to_those_that_cannot() -> None:
    """A new order of item 0 is there on day 10, a week and more before it is needed."""
    found = answer({0: 1}, [(0, 0, 1)], requested_day=25)
    assert (found.ship_day, found.pegs, found.planned) == (25, (), (PlannedSupply(0, 1, 10, 10),))


def test_what_is_ordered_anew_comes_some_weeks_before_it_is_needed() -> None:
    assert answer({0: 1}, [(0, 0, 1)], requested_day=53).planned == (PlannedSupply(0, 1, 25, 25),)


def test_what_would_be_ordered_anew_too_shortly_before_it_is_needed_is_taken_from_stock() -> None:
    assert answer({0: 1}, [(0, 0, 1)], requested_day=16).pegs == (Peg(0, 0, 1),)
    assert answer({0: 1}, [(0, 0, 1)], leads=[CANNOT_BE_SUPPLIED], requested_day=25).pegs == (Peg(0, 0, 1),)


def test_a_line_that_may_wait_takes_what_is_there_beyond_the_units_left_to_others() -> None:
    found = answer({0: 4}, [(0, 0, 5)], requested_day=25, left_units=integers([3, 0, 0, 0]))
    assert (found.pegs, found.planned) == ((Peg(0, 0, 2),), (PlannedSupply(0, 2, 10, 10),))


def test_a_line_that_may_wait_takes_receipts_that_come_when_a_new_order_would() -> None:
    found = answer({0: 2}, [(0, 0, 1), (0, 11, 1)], requested_day=25)
    assert (found.pegs, found.planned) == ((Peg(0, 1, 1),), (PlannedSupply(0, 1, 10, 10),))


def test_a_line_that_may_wait_leaves_subassemblies_and_their_components_too() -> None:
    there = {"bills": {0: ((1, 2),)}, "leads": [-1, 10]}
    found = answer({0: 1}, [(0, 0, 1), (1, 0, 2)], requested_day=25, build_days=integers([1, 1]), **there)
    assert found.pegs == ()
    (build,) = found.planned
    assert (build.day, build.planned) == (11, (PlannedSupply(1, 2, 10, 10),))


def test_late_work_leaves_the_spare_minutes_on_its_first_day() -> None:
    found = answer({}, capacity=[(0, 1, 30), (0, 2, 40), (0, 3, 40)], requested_day=3)
    assert [(slot.row, slot.minutes) for slot in found.slots] == [(1, 20), (2, 40)]


def test_a_line_without_assembly_waits_for_its_requested_working_day() -> None:
    assert answer({0: 1}, [(0, 0, 5)], minutes=0, requested_day=6).ship_day == 4


def test_a_request_that_cannot_be_met_gets_the_earliest_date() -> None:
    assert answer({0: 1}, [(0, 8, 5)], requested_day=2).ship_day == 8


def test_shipping_days_are_working_days() -> None:
    assert answer({0: 1}, [(0, 4, 5)], shipping_days=1).ship_day == 7


def test_an_alternative_is_taken_only_where_it_is_earlier() -> None:
    late, early = [(0, 9, 5), (1, 2, 5)], [(0, 0, 5), (1, 0, 5)]
    assert answer({0: 1}, late, alternatives={0: (1,)}).pegs == (Peg(1, 1, 1),)
    assert answer({0: 1}, early, alternatives={0: (1,)}).pegs == (Peg(0, 0, 1),)


def test_the_preferred_item_is_taken_when_the_line_must_wait_for_time_anyway() -> None:
    found = answer({0: 1}, [(0, 2, 5), (1, 0, 5)], alternatives={0: (1,)}, capacity=[(0, 3, 60)])
    assert (found.need_day, found.pegs) == (3, (Peg(0, 0, 1),))


def test_many_requirements_with_alternatives_are_improved_one_by_one() -> None:
    """Twelve requirements with an alternative each are 4,096 combinations."""
    supplies = [(item, 20, 9) for item in range(12)] + [(item, 2, 9) for item in range(12, 24)]
    alternatives = {item: (item + 12,) for item in range(12)}
    found = answer(dict.fromkeys(range(12), 1), supplies, leads=[-1] * 24, alternatives=alternatives)
    assert found.need_day == 2


def test_what_nobody_can_supply_is_refused_and_named() -> None:
    found = answer({0: 1, 1: 2}, [(0, 0, 5)], leads=[10, CANNOT_BE_SUPPLIED])
    assert (found.is_promised, found.binding.cause, found.binding.item) == (False, Cause.MATERIAL, 1)
    assert (found.ship_day, found.pegs, found.planned, found.slots) == (-1, (), (), ())


def test_a_component_that_comes_after_the_calendar_is_refused_as_such() -> None:
    found = answer({0: 1}, leads=[500])
    assert (found.is_promised, found.binding.cause, found.binding.item) == (False, Cause.HORIZON, 0)


def test_a_horizon_without_capacity_is_refused() -> None:
    found = answer({0: 1}, [(0, 0, 5)], capacity=[])
    assert (found.is_promised, found.binding.cause) == (False, Cause.CAPACITY)


@pytest.mark.parametrize("working", [[], [False] * 30])
def test_a_calendar_without_working_days_is_refused(working: list[bool]) -> None:
    for minutes in (0, 60):
        found = answer({0: 1}, [(0, 0, 5)], minutes=minutes, working=np.array(working, dtype=np.bool_))
        assert (found.is_promised, found.binding.cause) == (False, Cause.HORIZON)


def test_a_line_that_needs_nothing_and_no_work_ships_on_the_first_working_day() -> None:
    assert answer({}, minutes=0).ship_day == 1


def test_each_line_alone_may_rest_on_the_same_units() -> None:
    there = availability([(0, 0, 3)], leads=LEADS)
    lines = Wanted.of([WantedLine({0: 3}, 60, (0,))] * 2)
    assert promise_each(there, lines).ship_day.tolist() == [1, 1]
    assert promise(there, lines).ship_day.tolist() == [1, 10]


def test_arrays_that_are_too_short_are_made_longer() -> None:
    """4,000 supplies of one unit are 4,000 pegs of one line."""
    there = availability([(0, 0, 1)] * 4_000 + [(1, 0, 1)], leads=LEADS)
    found = promise(there, Wanted.of([WantedLine({1: 1}), WantedLine({0: 4_000}), WantedLine({1: 1})]))
    assert found.ship_day.tolist() == [1, 1, 10]
    assert (len(found.peg_supply), len(set(found.peg_supply.tolist()))) == (4_001, 4_001)


def test_a_deep_bill_with_many_ways_is_planned() -> None:
    """Each of 9 levels takes one of each of the two items below it: 2 ** 9 ways to the lowest one."""
    bills = {item: ((item + 1, 1), (item + 2, 1)) for item in range(9)}
    found = answer({0: 1}, [(9, 0, 999), (10, 0, 999)], bills=bills, leads=[-1] * 11, build_days=integers([1] * 11))
    assert found.is_promised
    assert found.need_day == 14  # nine working days after day 1, with two weekends between


def test_a_build_ahead_ignores_what_is_on_hand_of_the_item_itself() -> None:
    there = availability([(0, 0, 50), (1, 0, 9)], leads=LEADS, bills={0: ((1, 1),)}, shipping_days=3)
    (plan,) = plan_build(there, 0, 4).line(0).planned
    assert (plan.quantity, plan.start_day, plan.day, plan.pegs) == (4, 1, 2, (Peg(1, 1, 4),))


def test_a_build_ahead_of_what_cannot_be_had_is_refused_and_names_it() -> None:
    there = availability([], leads=[10, CANNOT_BE_SUPPLIED], bills={0: ((1, 1),)})
    assert not plan_build(there, 0, 1).is_promised[0]
    assert plan_build(there, 0, 1).binding_item[0] == 1


def test_builds_for_a_line_take_the_alternate_of_a_component_that_is_there_earliest() -> None:
    """Item 0 is built of two of item 1, or 2, or 3: of 1 there is one on day 2, of 2 there are two on day 6, of 3 on day 4."""
    there = availability(
        [(1, 2, 1), (2, 6, 2), (3, 4, 2)],
        leads=[CANNOT_BE_SUPPLIED, 20, 20, 20],
        bills={0: ((1, 2),)},
        alternates={(0, 1): [2, 3]},
    )
    found = promise(there, Wanted.of([WantedLine({0: 1}), WantedLine({0: 1}), WantedLine({0: 1})]))
    assert found.need_day.tolist() == [7, 8, 22]
    assert [dict(found.requirements(q)) for q in range(3)] == [{3: 2}, {2: 2}, {1: 2}]
    assert len(set(found.plan_variant[:3].tolist())) == 3
    late = promise(there, Wanted.of([WantedLine({0: 1}, requested_day=60)]))
    assert dict(late.requirements(0)) == {1: 2}  # what is preferred is there by then too


@pytest.mark.parametrize("alternates", [{(0, 2): [1]}, {(0, 1): [9]}, {(0, 1): [0]}])
def test_alternates_that_make_no_sense_are_refused(alternates: dict) -> None:
    with pytest.raises(ValueError, match="Expected"):
        availability([], leads=[1, 1, 1], bills={0: ((1, 2),)}, alternates=alternates)


def test_earliest_days_take_nothing() -> None:
    there = availability([(0, 3, 5)], leads=[10, CANNOT_BE_SUPPLIED])
    assert earliest_days(there, integers([0, 0, 0, 1]), integers([5, 5, 6, 1])).tolist() == [3, 3, 10, -1]


def test_an_availability_is_not_changed_by_promises() -> None:
    there = availability([(0, 0, 3)], leads=LEADS)
    promise(there, Wanted.of([WantedLine({0: 3}, 60, (0,))]))
    assert promise(there, Wanted.of([WantedLine({0: 3}, 60, (0,))])).ship_day[0] == 1


def test_a_structure_serves_many_availabilities() -> None:
    bills = {0: ((1, 1), (2, 2))}
    there = availability([(1, 0, 9), (2, 0, 9)], leads=LEADS, bills=bills)
    again = replace(there, bills=Structure.of(bills, 4))
    lines = Wanted.of([WantedLine({0: 2}, 60, (0,))])
    assert promise(again, lines).line(0) == promise(there, lines).line(0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"supplies": [(0, 0, -1)]}, "supply_free"),
        ({"supplies": [(9, 0, 1)]}, "supply_item"),
        ({"supplies": [(0, -1, 1)]}, "supply_day"),
        ({"supplies": [(0, 0, 1 << 60), (0, 0, 1 << 60)]}, "sum of supply_free"),
        ({"supplies": [(0, 0, 1 << 60), (0, 0, 1)]}, "sum of supply_free"),
        ({"capacity": [(0, 1, -5)]}, "capacity_free"),
        ({"capacity": [(0, 1, 1 << 60), (0, 2, 1)]}, "sum of capacity_free"),
        ({"leads": [-2]}, "lead_days"),
        ({"build_days": integers([-1])}, "build_days"),
        ({"build_days": integers([1, 1])}, "one length"),
        ({"bills": {0: ()}}, "with components"),
        ({"bills": {0: ((0, 1),)}}, "without a cycle"),
        ({"bills": {0: ((7, 1),)}}, "items from 0"),
        ({"shipping_days": -1}, "shipping_days"),
        ({"left_units": integers([-1])}, "left_units"),
        ({"left_units": integers([1, 1])}, "one length"),
    ],
)
def test_absurd_availabilities_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        availability(**{"supplies": [], "leads": [1], **fields})


@pytest.mark.parametrize(
    "line", [WantedLine({0: 0}), WantedLine({0: 1 << 61}), WantedLine({0: 1}, -1), WantedLine({0: 1}, requested_day=-2)]
)
def test_absurd_lines_are_refused(line: WantedLine) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Wanted.of([line])


def test_units_that_do_not_fit_through_all_levels_are_refused() -> None:
    there = availability([], leads=LEADS, bills={0: ((1, 1_000_000),), 1: ((2, 1_000_000),)})
    with pytest.raises(ValueError, match="through all levels"):
        promise(there, Wanted.of([WantedLine({0: 2_000_000})]))


def test_items_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="items from 0 to 3"):
        promise(availability([], leads=LEADS), Wanted.of([WantedLine({4: 1})]))
