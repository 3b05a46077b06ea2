"""Baskets, splits, kept units, confidence, levers and explanations rest on promises."""

from dataclasses import replace
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atoll.promise import (
    Availability,
    Cause,
    Expediting,
    ExpressPurchase,
    Lateness,
    OpenBuild,
    OtherOption,
    Overtime,
    Part,
    Promises,
    Split,
    Splitting,
    Step,
    Substitution,
    Together,
    Wanted,
    WantedLine,
    after,
    applied,
    confidence,
    delivery_improvements,
    explain,
    improvements,
    largest_part,
    later_than,
    learned_lateness,
    needed,
    overtime_taken,
    promise,
    promise_complete,
    splits,
    standing_confidence,
    stated_lateness,
    withheld,
)
from atoll.promise.confidence import NEGLIGIBLE
from tests.core.promise.cases import assume_few_units, availabilities, availability, integers, wanted_lines
from tests.core.promise.oracle import after_work, dates

LEADS = [10, 10, 10, 10]


def lines(*requirements: dict[int, int], **fields: object) -> Wanted:
    return Wanted.of([WantedLine(needs, **{"minutes": 60, "lines": (0,), **fields}) for needs in requirements])


def test_lines_that_ship_together_wait_for_the_last_and_take_the_latest_slots() -> None:
    there = availability([(0, 0, 5), (0, 8, 5), (1, 9, 5)], leads=LEADS)
    together = promise_complete(there, lines({0: 1}, {1: 1}))
    assert together.ship_day.tolist() == [9, 9]
    assert together.need_day.tolist() == [8, 9]  # 100 minutes a day hold one of them and 40 minutes of the other
    assert together.peg_supply.tolist() == [1, 2]


def test_lines_that_ship_together_wait_for_the_day_that_the_customer_wants() -> None:
    there = availability([(0, 0, 5), (1, 0, 5)], leads=LEADS)
    assert promise_complete(there, lines({0: 1}, {1: 1}, requested_day=16)).ship_day.tolist() == [16, 16]


def test_a_line_of_a_delivery_says_whether_it_holds_it_up_or_waits() -> None:
    there = availability([(0, 0, 5), (1, 9, 5)], leads=LEADS)
    causes = [str(promise_complete(there, lines({0: 1}, {1: 1})).binding(k).cause) for k in range(2)]
    assert causes == ["delivery", "material"]
    wished = Wanted.of([WantedLine({0: 1}, 60, (0,), requested_day=16), WantedLine({1: 1}, 60, (0,))])
    assert [str(promise_complete(there, wished).binding(k).cause) for k in range(2)] == ["request", "delivery"]
    assert promise_complete(there, lines({0: 1})).binding(0).cause is Cause.NOTHING


def test_a_line_that_is_finished_before_the_delivery_ships_with_it() -> None:
    """The first line's own assembly line has no time after day 1; the second waits for item 1 until day 9."""
    there = availability([(0, 0, 5), (1, 9, 5)], leads=LEADS)
    free = np.where((there.capacity_line == 0) & (there.capacity_day > 1), 0, there.capacity_free)
    first, second = WantedLine({0: 1}, 60, (0,)), WantedLine({1: 1})
    together = promise_complete(replace(there, capacity_free=free), Wanted.of([first, second]))
    assert together.ship_day.tolist() == [9, 9]
    assert together.need_day.tolist() == [1, 9]
    assert [str(together.binding(k).cause) for k in range(2)] == ["delivery", "material"]


def test_what_helps_a_delivery_is_what_helps_its_last_line() -> None:
    """Items 0 and 1 come on days 4 and 9: only what makes the second line earlier helps. Day 5 is a Saturday."""
    there, both = availability([(0, 4, 5), (1, 9, 5), (2, 0, 5)], leads=LEADS), lines({0: 1}, {1: 1})
    assert delivery_improvements(there, both, 0, [Substitution(0, 2), Splitting(2)]) == ()
    found = delivery_improvements(there, both, 1, [Substitution(1, 2), Expediting(1, 4, Decimal(7)), Splitting(2)])
    day = int(promise_complete(there, both).ship_day.max())
    assert [(one.ship_day, one.days_earlier, one.cost) for one in found] == [(4, day - 4, 0), (7, day - 7, 7)]


@settings(max_examples=60)
@given(availabilities(days=25, most_free=9), st.lists(wanted_lines(most_units=5), min_size=1, max_size=3))
def test_a_delivery_of_one_line_is_improved_like_the_line(a: Availability, wanted: list[WantedLine]) -> None:
    line = wanted[0]
    levers = [ExpressPurchase(item, 0, Decimal(1)) for item in line.requirements]
    alone, delivered = improvements(a, line, levers), delivery_improvements(a, Wanted.of([line]), 0, levers)
    assert [one.ship_day for one in alone] == [one.ship_day for one in delivered]


def test_a_basket_with_a_line_that_cannot_be_had_is_not_complete() -> None:
    together = promise_complete(availability([(0, 0, 5)], leads=[1, -1]), lines({0: 1}, {1: 1}))
    assert together.is_promised.tolist() == [True, False]


@settings(max_examples=80)
@given(availabilities(days=25, most_free=9), st.lists(wanted_lines(most_units=5), min_size=1, max_size=4))
def test_a_basket_ships_no_later_together_than_its_last_line_alone(a: Availability, wanted: list[WantedLine]) -> None:
    basket = Wanted.of([replace(line, requested_day=-1) for line in wanted])
    apart, together = promise(a, basket), promise_complete(a, basket)
    if apart.is_promised.all():
        assert together.is_promised.all()
        assert together.ship_day.max() <= apart.ship_day.max()
    after(a, together)  # refuses what was taken twice


def one_after_the_other(a: Availability, wanted: list[WantedLine], delivery: list[int]) -> dict[str, list[int]]:
    """The slow way: each delivery and each other line in a call of its own, from what those before it left."""
    found: dict[str, list[int]] = {name: [0] * len(wanted) for name in ("is_promised", "ship_day", "need_day", "cause")}
    done: set[int] = set()
    for k, number in enumerate(delivery):
        if k in done:
            continue
        members = [k] if number < 0 else [n for n, other in enumerate(delivery) if other == number]
        lines = Wanted.of([wanted[n] for n in members])
        answer = promise(a, lines) if number < 0 else promise_complete(a, lines)
        for name, values in found.items():
            for n, value in zip(members, getattr(answer, name).tolist(), strict=True):
                values[n] = value
        done.update(members)
        a = after(a, answer)
    return found


@settings(max_examples=150)
@given(
    availabilities(days=25, most_free=9),
    st.lists(st.tuples(wanted_lines(most_units=5), st.integers(-1, 2)), min_size=1, max_size=7),
)
def test_deliveries_are_promised_as_one_after_the_other_would_be(a: Availability, asked: list[tuple[WantedLine, int]]) -> None:
    wanted, delivery = [line for line, _ in asked], [number for _, number in asked]
    found = promise_complete(a, Wanted.of(wanted), integers(delivery))
    slow = one_after_the_other(a, wanted, delivery)
    assert {name: getattr(found, name).tolist() for name in slow} == slow
    for number in {*delivery} - {-1}:
        members = [k for k, other in enumerate(delivery) if other == number]
        if found.is_promised[members].all():
            assert len({*found.ship_day[members].tolist()}) == 1
    after(a, found)  # refuses what was taken twice


@settings(max_examples=60)
@given(availabilities(), wanted_lines(most_units=1), wanted_lines(most_units=1))
def test_lines_that_do_not_compete_ship_together_on_the_day_that_the_slow_oracle_knows(
    a: Availability, one: WantedLine, other: WantedLine
) -> None:
    """With enough for both of all that is there at all, it is the later one of the days on which each could ship alone."""
    lines = [replace(line, requested_day=-1, minutes=0) for line in (one, other)]
    for line in lines:
        assume_few_units(a, line, 3)
    plenty = replace(a, supply_free=np.where(a.supply_free > 0, 6, 0), bills=a.structure)
    days = [dates(replace(plenty, bills=a.bills), line).earliest_ship for line in lines]
    assert promise_complete(plenty, Wanted.of(lines)).ship_day.tolist() == ([max(days)] * 2 if min(days) >= 0 else days)


def test_a_part_ships_before_the_rest() -> None:
    there = availability([(0, 0, 6), (0, 3, 4)], leads=LEADS)
    found = splits(there, WantedLine({0: 20}), 10)
    assert [(s.first_units, s.first_day, s.rest_units, s.rest_day) for s in found] == [(3, 1, 7, 10), (5, 3, 5, 10)]


@settings(max_examples=60)
@given(availabilities(days=20, most_free=9), st.integers(1, 9))
def test_the_largest_part_is_the_most_that_can_be_promised(a: Availability, units: int) -> None:
    def day(part: int) -> int:
        wanted = WantedLine({1: 2 * part, 3: part}, minutes=10 * part, lines=(0, 1))
        return int(promise(a, Wanted.of([wanted])).ship_day[0])

    found = largest_part(a, WantedLine({1: 2 * units, 3: units}, minutes=10 * units, lines=(0, 1)), units)
    possible = [part for part in range(1, units + 1) if day(part) >= 0]
    assert found == (Part(max(possible), day(max(possible))) if possible else None)


def test_of_what_nobody_supplies_only_what_is_there_can_be_had() -> None:
    there = availability([(0, 0, 6), (0, 3, 4)], leads=[-1])
    assert largest_part(there, WantedLine({0: 24}), 12) == Part(5, 3)
    assert largest_part(there, WantedLine({0: 24}), 1) is None


def test_the_rest_of_a_split_never_comes_before_its_first_part() -> None:
    """Ten units fill day 15 and take what comes then, so the five others could have what is on hand: that is no such split."""
    there = availability([(0, 0, 8), (0, 15, 20)], leads=[40] * 4)
    found = splits(there, WantedLine({0: 15}, minutes=150, lines=(0,)), 15)
    assert [(s.first_units, s.first_day, s.rest_units, s.rest_day) for s in found] == [(8, 1, 7, 15)]


def test_a_line_that_is_there_at_once_is_not_split() -> None:
    assert splits(availability([(0, 0, 20)], leads=LEADS), WantedLine({0: 20}), 10) == ()


def test_only_equal_units_are_split() -> None:
    with pytest.raises(ValueError, match="equal units"):
        splits(availability([], leads=LEADS), WantedLine({0: 5}), 2)


@settings(max_examples=60)
@given(availabilities(days=20, most_free=9), st.integers(2, 9))
def test_a_split_has_as_many_units_as_its_first_day_allows(a: Availability, units: int) -> None:
    line = WantedLine({0: units, 3: 2 * units}, minutes=10 * units, lines=(0, 1))

    def day(part: int) -> int:
        wanted = WantedLine({0: part, 3: 2 * part}, minutes=10 * part, lines=(0, 1))
        return int(promise(a, Wanted.of([wanted])).ship_day[0])

    found: tuple[Split, ...] = splits(a, line, units, most=2)
    for split in found:
        assert split.first_units + split.rest_units == units
        assert split.first_day < split.rest_day
        assert day(split.first_units) == split.first_day
        assert split.first_units == max(part for part in range(1, units) if 0 <= day(part) <= split.first_day)


def test_kept_units_are_taken_from_the_earliest_supplies() -> None:
    there = availability([(0, 9, 5), (1, 0, 2), (0, 0, 3)], leads=LEADS)
    assert withheld(there, {0: 4, 1: 99}).supply_free.tolist() == [4, 0, 0]
    assert promise(withheld(there, {0: 4}), lines({0: 3})).ship_day[0] == 9


def test_nothing_is_kept_below_zero() -> None:
    with pytest.raises(ValueError, match="kept"):
        withheld(availability([], leads=LEADS), {0: -1})


LATE = Lateness(integers([0, 3]), np.array([0.75, 0.25]))
VERY_LATE = Lateness(integers([-1, 0, 7]), np.array([0.1, 0.5, 0.4]))


def test_independent_supplies_multiply() -> None:
    there = availability([(0, 8, 5), (1, 8, 5)], leads=LEADS)
    promises = promise(there, lines({0: 1, 1: 1}))
    sure = confidence(there, promises, 0, {0: LATE.from_day(8), 1: VERY_LATE.from_day(8)}, {})
    by_day = dict(zip(sure.days.tolist(), sure.probability.round(9).tolist(), strict=True))
    assert (by_day[8], by_day[9], by_day[11], by_day[15]) == (0.45, 0.45, 0.6, 1.0)
    assert (sure.day(0.5), sure.day(0.95)) == (11, 15)


def test_a_late_purchase_moves_the_build_that_waits_for_it() -> None:
    """The purchase is there on day 10, the build on 11; three days late are Sunday, so the build begins on Monday, day 14."""
    there = availability([], leads=[-1, 10], bills={0: ((1, 1),)})
    promises = promise(there, lines({0: 1}))
    sure = confidence(there, promises, 0, {}, {1: LATE})
    assert (promises.ship_day[0], sure.probability[0], sure.day(0.95)) == (11, 0.75, 15)


def test_a_late_purchase_moves_the_build_that_waits_for_it_whoever_planned_that() -> None:
    """As before, but the build was planned by somebody else: it is a supply on day 11 that waits for a purchase."""
    there = availability([(0, 11, 1)], leads=[-1, 10], bills={0: ((1, 1),)})
    promises = promise(there, lines({0: 1}))
    sure = confidence(there, promises, 0, {-7: LATE.from_day(10)}, {}, {0: OpenBuild(1, [-7])})
    assert (promises.ship_day[0], sure.probability[0], sure.day(0.95)) == (11, 0.75, 15)


def test_a_supply_below_two_builds_is_late_for_both_at_once() -> None:
    """Two items on day 8 are built from the same delivery on day 7: they are late together, not independently."""
    there = availability([(0, 8, 1), (1, 8, 1)], leads=LEADS, bills={0: ((2, 1),), 1: ((2, 1),)})
    promises = promise(there, lines({0: 1, 1: 1}))
    both = {0: OpenBuild(1, [-1]), 1: OpenBuild(1, [-1])}
    assert confidence(there, promises, 0, {-1: LATE.from_day(7)}, {}, both).probability[0] == 0.75


def test_a_distribution_has_the_sum_1() -> None:
    with pytest.raises(ValueError, match="sum 1"):
        Lateness(integers([0, 1]), np.array([0.5, 0.4]))


@settings(max_examples=100)
@given(availabilities(days=20, most_free=4), wanted_lines(most_units=4, with_alternatives=False))
def test_confidence_is_that_of_every_outcome_played(a: Availability, line: WantedLine) -> None:
    """Each combination of delays is dated forward through the same pegs and plans."""
    line = replace(line, minutes=0, requested_day=-1)
    p = promise(a, Wanted.of([line]))
    if not p.is_promised[0]:
        return
    used = sorted(set(p.peg_supply.tolist()))[:4]
    sure = confidence(a, p, 0, {s: LATE.from_day(int(a.supply_day[s])) for s in used}, {})
    chances = dict.fromkeys(sure.days.tolist(), 0.0)
    for delays in product(*(zip(LATE.days.tolist(), LATE.probability.tolist(), strict=True) for _ in used)):
        day = played(a, p, dict(zip(used, (days for days, _ in delays), strict=True)))
        for ship in chances:
            chances[ship] += float(np.prod([chance for _, chance in delays])) * (0 <= day <= ship)
    assert np.allclose(sure.probability, list(chances.values()))


@settings(max_examples=100)
@given(availabilities(days=20, most_free=4), wanted_lines(most_units=4, with_alternatives=False))
def test_a_promise_is_as_sure_when_it_stands_as_when_it_is_made(a: Availability, line: WantedLine) -> None:
    """Its plans are open builds and purchases of others then, with keys beyond those of the supplies."""
    line = replace(line, minutes=0, requested_day=-1)
    p = promise(a, Wanted.of([line]))
    if not p.is_promised[0]:
        return
    key = len(a.supply_item) + np.arange(len(p.plan_line))
    parts: dict[int, list[int]] = {q: [] for q in range(-1, len(key))}
    for parent, supply in zip(p.peg_plan.tolist(), p.peg_supply.tolist(), strict=True):
        parts[parent].append(supply)
    for q, parent in enumerate(p.plan_parent.tolist()):
        parts[parent].append(int(key[q]))
    supplies = {supply: LATE.from_day(int(a.supply_day[supply])) for supply in p.peg_supply.tolist()}
    bought = [q for q in range(len(key)) if not p.plan_is_build[q]]
    late, purchases = dict(supplies), dict[int, Lateness]()
    if len({int(p.plan_item[q]) for q in bought}) == len(bought):  # purchases of one item come as one order
        purchases = {int(p.plan_item[q]): VERY_LATE for q in bought}
        late |= {int(key[q]): VERY_LATE.from_day(int(p.plan_day[q])) for q in bought}
    builds = {int(key[q]): OpenBuild(int(a.build_days[p.plan_item[q]]), parts[q]) for q in range(len(key)) if p.plan_is_build[q]}
    calendar = np.flatnonzero(a.working)
    stands = standing_confidence(calendar, int(p.ship_day[0]), int(p.need_day[0]), parts[-1], late, builds)
    made = confidence(a, p, 0, supplies, purchases)
    assert np.array_equal(stands.days, made.days)
    assert np.allclose(stands.probability, made.probability)


def test_what_should_have_begun_begins_today() -> None:
    """It should have begun the day before yesterday, day −2, and ship on day −1."""
    week = np.arange(-2, 5)
    sure = standing_confidence(week, -1, -2, [0], {0: Lateness(integers([2]), np.array([1.0]))})
    assert sure.days.tolist() == [-1, 0, 1, 2, 3, 4]
    assert sure.probability.tolist() == [0, 0, 0, 0, 1, 1]
    assert standing_confidence(week, -1, -2, [0], {}).day(0.95) == 1


@given(st.lists(st.tuples(st.integers(-5, 20), st.integers(1, 9)), min_size=1), st.integers(-8, 30))
def test_what_is_late_already_is_late_by_a_conditional_distribution(sighted: list[tuple[int, int]], passed: int) -> None:
    """Exact where such deliveries are known: P(late by at most d | by more than p) = P(by p < … ≤ d) / P(by more than p)."""
    days = integers(sorted({day for day, _ in sighted}))
    weight = np.array([sum(units for at, units in sighted if at == day) for day in days.tolist()], dtype=np.float64)
    lateness = Lateness(days, weight / weight.sum())
    left = later_than(lateness, passed)
    assert left.days.min() > passed
    before = lateness.at_most(integers([passed]))[0]
    if 1 - before > NEGLIGIBLE:
        asked = np.arange(passed, 25)
        assert np.allclose(left.at_most(asked), (lateness.at_most(asked) - before) / (1 - before))


def test_the_longer_nothing_is_known_of_such_delays_the_less_sure_it_is() -> None:
    punctual = stated_lateness(1, 0)
    days = [later_than(punctual, passed).day(0.9) - passed for passed in range(1, 30)]
    assert days == sorted(days)
    assert (days[0], later_than(punctual, 0).at_most(integers([1]))[0]) == (9, pytest.approx(1 / 3, abs=1e-5))


def test_a_geometric_delay_forgets_how_long_it_lasts() -> None:
    lateness = stated_lateness(0.95, 2)
    assert [later_than(lateness, passed).day(0.9) - passed for passed in range(5)] == [4] * 5


def played(a: Availability, p: Promises, late: dict[int, int]) -> int:
    """The ship day when supplies are late by so many days; −1 after the calendar."""
    ready = {-1: int(p.need_day[0]), **dict.fromkeys(range(len(p.plan_line)), a.earliest_day)}
    for parent, supply in zip(p.peg_plan.tolist(), p.peg_supply.tolist(), strict=True):
        ready[parent] = max(ready[parent], int(a.supply_day[supply]) + late.get(supply, 0))
    for q in reversed(range(len(p.plan_line))):
        is_build, item, parent = p.plan_is_build[q], int(p.plan_item[q]), int(p.plan_parent[q])
        day = after_work(a, ready[q], int(a.build_days[item])) if is_build else int(p.plan_day[q])
        ready[parent] = max(ready[parent], day if day >= 0 else 10_000)
    return after_work(a, ready[-1], a.shipping_days)


def test_the_critical_path_goes_down_to_the_last_supply() -> None:
    there = availability([(1, 0, 9), (2, 8, 9)], leads=LEADS, bills={0: ((1, 1), (2, 1))}, shipping_days=1)
    promises = promise(there, lines({0: 1, 1: 1}))
    chain = explain(there, promises, 0)
    assert [(link.step, link.day, link.start_day, link.wait_days) for link in chain] == [
        (Step.SHIPMENT, 10, 10, 0),
        (Step.ASSEMBLY, 9, 9, 1),
        (Step.BUILD, 9, 8, 0),
        (Step.SUPPLY, 8, 8, 0),
    ]
    assert (chain[-1].item, chain[-1].supply) == (2, 1)


def test_the_critical_path_ends_at_a_purchase_that_is_still_to_be_made() -> None:
    there = availability([(1, 0, 9)], leads=LEADS)
    chain = explain(there, promise(there, lines({0: 2, 1: 1})), 0)
    assert (chain[-1].step, chain[-1].item, chain[-1].quantity, chain[-1].day) == (Step.PURCHASE, 0, 2, 10)


def test_the_critical_path_leads_to_what_holds_the_line_back_where_several_come_last() -> None:
    there = availability([(0, 10, 9)], leads=LEADS)
    promises = promise(there, lines({0: 1, 1: 1}))
    assert promises.binding(0).item == 0
    assert [(link.step, link.item) for link in explain(there, promises, 0)][2:] == [(Step.SUPPLY, 0)]

    there = availability([(1, 8, 9)], leads=[-1, 10, 8, 10], bills={0: ((1, 1), (2, 1))})
    promises = promise(there, lines({0: 1}))
    chain = explain(there, promises, 0)[2:]
    assert [link.step for link in chain] == [Step.BUILD, Step.SUPPLY]
    assert promises.binding(0).item in {link.item for link in chain}


def test_the_critical_path_leads_to_what_holds_the_line_back_where_something_else_is_taken_later() -> None:
    """Item 0 can be bought by day 20, a Sunday; assembly is on day 21, and of item 1 it takes what comes that day."""
    there = availability([(1, 0, 9), (1, 21, 9)], leads=[20, 40, 40, 40])
    promises = promise(there, lines({0: 1, 1: 1}))
    assert promises.peg_supply.tolist() == [1]
    assert [(link.step, link.item) for link in explain(there, promises, 0)][2:] == [(Step.PURCHASE, 0)]


@settings(max_examples=120)
@given(availabilities(days=25, most_free=4), st.lists(wanted_lines(most_units=5), min_size=1, max_size=3))
def test_where_material_binds_its_item_is_on_the_critical_path(a: Availability, wanted: list[WantedLine]) -> None:
    promises = promise(a, Wanted.of(wanted))
    for k in np.flatnonzero(promises.is_promised).tolist():
        binding = promises.binding(k)
        if binding.cause is Cause.MATERIAL and binding.day >= 0:  # else another supply that comes as late took its place
            assert binding.item in {link.item for link in explain(a, promises, k)}


def test_each_lever_is_tried_alone_and_only_what_is_earlier_is_told() -> None:
    there = availability([(0, 8, 4), (1, 0, 9), (0, 2, 1)], leads=LEADS, capacity=[(0, day, 40) for day in range(1, 30)])
    line = WantedLine({0: 4}, minutes=40, lines=(0,))
    levers = [
        Substitution(0, by=1, cost=Decimal("2.50")),
        Substitution(0, by=2),
        OtherOption("blue", {3: 1}, minutes=40),
        OtherOption("small", {0: 1}, minutes=80, cost=Decimal(-5)),
        Expediting(0, days=3, cost=Decimal(90)),
        Expediting(0, days=30, cost=Decimal(200), not_before=4),
        Overtime(0, 8, 100, Decimal(1)),
        Splitting(4),
    ]
    found = improvements(there, line, levers)
    assert [(i.lever, i.ship_day, i.days_earlier, i.cost, i.first_units) for i in found] == [
        (levers[0], 1, 7, Decimal("2.50"), 0),
        (levers[7], 2, 6, Decimal(0), 1),
        (levers[3], 3, 5, Decimal(-5), 0),
        (levers[5], 4, 4, Decimal(200), 0),
        (levers[4], 7, 1, Decimal(90), 0),
    ]


def test_overtime_is_paid_by_the_minutes_that_are_taken_of_it() -> None:
    there = availability([(0, 0, 4)], leads=LEADS, capacity=[(0, 2, 40), (0, 4, 40)])
    line = WantedLine({0: 4}, minutes=60, lines=(0,))
    longer, new_day = Overtime(0, 2, 100, Decimal("0.50")), Overtime(0, 1, 30, Decimal(2))
    found = improvements(there, line, [longer, new_day])
    assert [(i.lever, i.ship_day, i.cost) for i in found] == [(longer, 2, Decimal(10)), (new_day, 2, Decimal(60))]


def test_overtime_of_those_served_first_is_what_they_take_beyond_the_day() -> None:
    """Day 2 has 40 minutes, and 100 of overtime; three lines of 30 minutes begin as soon as they can."""
    there, lever = availability([(0, 0, 9)], leads=LEADS, capacity=[(0, 2, 40)]), Overtime(0, 2, 100, Decimal(1))
    longer = applied(there, lever)
    answer = promise(longer, Wanted.of([WantedLine({0: 1}, minutes=30, lines=(0,))] * 3))
    taken = [overtime_taken(there, lever, answer, longer, lines=np.arange(n)) for n in range(4)]
    assert taken == [0, 0, 20, 50]
    assert overtime_taken(there, lever, answer) == 50


def test_nothing_is_better_that_is_only_ready_before_the_requested_day() -> None:
    """Promised for day 9 without a lever, and for day 2 at the soonest with one. Days 5 and 6 are a weekend."""
    there = availability([(0, 0, 2), (1, 9, 4)], leads=[-1, 9, 2])
    levers = [Substitution(1, 2), Expediting(1, 7, Decimal(5)), ExpressPurchase(1, 2, Decimal(7)), Splitting(2)]
    for requested, days in ((-1, [2, 2, 2]), (4, [4, 4, 4]), (9, []), (20, [])):
        line = WantedLine({0: 2, 1: 2}, requested_day=requested)
        assert [one.ship_day for one in improvements(there, line, levers)] == days
    assert needed(there, WantedLine({0: 1, 1: 2}, requested_day=9), levers[1:3]) == ()
    early = availability([(0, 0, 1), (0, 3, 2), (0, 9, 3)], leads=[9])
    for requested, parts in ((-1, [(1, 1), (3, 3)]), (2, [(2, 1), (3, 3)]), (4, [(4, 3)]), (9, [])):
        found = improvements(early, WantedLine({0: 6}, requested_day=requested), [Splitting(6)])
        assert [(one.ship_day, one.first_units) for one in found] == parts


def test_a_lever_makes_possible_what_was_not() -> None:
    there = availability([], leads=[-1, 3])
    found = improvements(there, WantedLine({0: 1}, 60, (0,)), [Substitution(0, by=1)])
    assert (found[0].ship_day, found[0].days_earlier) == (3, there.last_day + 1 - 3)


def test_levers_that_name_nothing_are_refused() -> None:
    there = availability([], leads=[1, 1])
    for lever in (Substitution(1, by=0), Expediting(5, 1, Decimal(1)), Overtime(0, 1, -5, Decimal(1))):
        with pytest.raises(ValueError, match="Expected"):
            improvements(there, WantedLine({0: 1}), [lever])


def test_an_express_purchase_is_there_after_its_own_days() -> None:
    there = availability([], leads=[9, -1])
    plain, bought = ExpressPurchase(0, 4, Decimal(7)), ExpressPurchase(1, 3, Decimal(2))
    (found,) = improvements(there, WantedLine({0: 1}), [plain])
    now = promise(there, Wanted.of([WantedLine({0: 1})]))
    assert (found.ship_day, found.days_earlier, found.cost) == (4, int(now.ship_day[0]) - 4, 7)
    assert promise(applied(there, plain), Wanted.of([WantedLine({0: 1})])).ship_day[0] == 4
    assert improvements(there, WantedLine({1: 1}), [bought])[0].ship_day == 3  # what nobody sold before
    two = applied(there, replace(plain, units=2))
    assert promise(two, Wanted.of([WantedLine({0: 1})] * 3)).ship_day.tolist() == [4, 4, 9]
    with pytest.raises(ValueError, match="item"):
        improvements(there, WantedLine({0: 1}), [ExpressPurchase(2, 1, Decimal(0))])


def test_what_suppliers_state_is_a_geometric_tail() -> None:
    stated = stated_lateness(0.8, 4)
    assert stated.probability[0] == 0.8
    assert stated.days @ stated.probability == pytest.approx(0.2 * 4, rel=0.03)  # but for the tail that is left out
    assert stated_lateness(1, 0).at_most(np.array([-1, 0])).tolist() == [0, 1]


@given(st.lists(st.integers(-5, 40), max_size=60), st.floats(0, 1), st.floats(0, 20), st.floats(0.1, 50))
def test_learned_lateness_lies_between_the_prior_and_what_was_seen(
    delays: list[int], on_time: float, mean: float, weight: float
) -> None:
    prior = stated_lateness(on_time, mean)
    learned = learned_lateness(delays, prior, weight)
    days = np.arange(-6, 200)
    seen = np.array([np.mean([d <= day for d in delays]) for day in days]) if delays else prior.at_most(days)
    mixed = (len(delays) * seen + weight * prior.at_most(days)) / (len(delays) + weight)
    assert np.allclose(learned.at_most(days), mixed)


def test_a_prior_without_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        learned_lateness([1], stated_lateness(1, 0), 0)


@given(st.lists(wanted_lines(), max_size=3))
def test_a_line_comes_out_of_the_arrays_as_it_went_in(wanted: list[WantedLine]) -> None:
    together = Wanted.of(wanted)
    again = Wanted.of(together.line(k) for k in range(len(together)))
    for name in ("start", "item", "quantity", "minutes", "line_key", "requested_day", "alternative_start", "alternative_item"):
        assert getattr(again, name).tolist() == getattr(together, name).tolist()


def test_levers_that_help_only_together_are_pulled_together_and_no_more_of_them_than_it_takes() -> None:
    there = availability([], leads=LEADS)
    line = WantedLine({0: 1, 1: 1}, minutes=60, lines=(0,))
    express = [ExpressPurchase(item, 3, Decimal(10 + item)) for item in range(3)]
    assert improvements(there, line, express) == ()
    both = Together(tuple(express[:2]))
    assert [(i.ship_day, i.cost) for i in improvements(there, line, [both])] == [(3, 21)]
    assert needed(there, line, express) == both.levers


def test_overtime_of_several_days_is_paid_for_the_minutes_that_are_taken_of_each() -> None:
    """Day 1 is full and day 2 does not exist yet: both get 30 minutes, of which the line takes 30 and 20."""
    there = availability([(0, 0, 9)], leads=LEADS, capacity=[(0, 1, 0), (0, 9, 100)])
    line = WantedLine({0: 1}, minutes=50, lines=(0,))
    days = tuple(Overtime(0, day, 30, Decimal(2)) for day in (1, 2, 3))
    assert needed(there, line, days) == days[:2]
    assert [(i.ship_day, i.cost) for i in improvements(there, line, [Together(days[:2])])] == [(2, 100)]
