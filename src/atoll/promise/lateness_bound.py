"""A lower bound on the weighted lateness of all open lines together, from prices of what is scarce."""

from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from atoll.native import native
from atoll.promise.availability import Availability
from atoll.promise.competition import Competition, Floats, competition
from atoll.promise.descent import descended
from atoll.promise.holdings import Terms
from atoll.promise.lateness_program import lateness_program
from atoll.promise.tables import Integers
from atoll.promise.wanted import Wanted

CLIMBS = ((16, 0.5, 5.0), (16, 0.15, 3.0), (4, 0.15, 2.0), (4, 0.05, 2.0), (1, 0.05, 1.5), (1, 0.015, 1.0))
"""Of how many lines one is looked at, the share of the mean weight by which a choice is smoothed, and the effort."""

COLDER = ((0.015, 1.0), (0.005, 1.0), (0.0015, 1.0))
"""What comes after these for all lines, from the best prices found: where few are late, smoothing hides them."""

ROUNDING = 1e-9
"""By this part the bound is lowered, as sums of many figures are not exact."""

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the prices of the program, on the way from those that count minutes too."""

LEAST_SAMPLE = 250
"""So many lines at least are looked at, where there are as many."""

MANY, MOST_EFFORT = 10_000, 2.0
"""Lines for which the evaluations are meant, and how many times as many there are for fewer."""

SMOOTH = 0.02
"""The share of the mean weight by which the days that lines would choose are smoothed."""

COLD = 1e-9
"""Almost no smoothing."""

NEGLIGIBLE = 20.0
"""Days dearer by so many temperatures are left out; exp(−20) is 2e-9."""

EARLY, EARLY_COST = 20, 0.7
"""Days before the last one in time that are looked at while prices are sought, and the temperatures that each of them costs."""

BLOCK = 16
"""So many days are looked at together."""


@dataclass(frozen=True, slots=True, eq=False)
class LatenessBound:
    """What no order of service can fall below.

    Parameters
    ----------
    value
        Lower bound on the weighted days late.
    day
        The day that each line would choose at the prices, smoothed; float64, shape (n,). Serving in its order is a good
        heuristic.
    others
        Such days at better prices, and in the program of what is scarce; no one of them is always the best to serve by.
    """

    value: float
    day: Floats
    others: tuple[Floats, ...] = ()


def lateness_bound(
    availability: Availability,
    wanted: Wanted,
    due_day: Integers,
    weight: Floats,
    *,
    terms: Terms | None = None,
    evaluations: int = 40,
) -> LatenessBound:
    """Bound the sum of weighted days late of any way to promise the lines.

    Assumptions, each of which can only lower the bound: a line takes material on its last day of assembly instead of the
    first, its work may be split over days and assembly lines at will, builds may take part of a unit, alternatives cost
    nothing. A line that is not promised counts as shipped on the day after the horizon.

    Parameters
    ----------
    due_day
        Day after which each line is late; shape (n,).
    weight
        Cost of one day late, >= 0; shape (n,).
    terms
        What lines hold that may stay as they are, where the availability is the one that these terms relax.
    evaluations
        Evaluations of the prices of 10,000 lines at the last step; more give a better bound. Of fewer lines, whose evaluations
        take less time, there are up to twice as many.

    Notes
    -----
    Lagrangian relaxation of the cumulative supply of items and of the minutes of each day. With prices of items ``p_i(t) >= 0``
    that never rise in time, are 0 once an item can be bought, and for an item that can be built are at most the price of its
    components on the day when the build must begin, and any prices of minutes ``p_i(t) >= 0``, every feasible plan costs at
    least

    ``sum_j min_t [w_j late_j(t) + sum_i a_ij p_i(t)] - sum_i sum_k q_ik p_i(d_ik)``,

    since what is taken of an item on a day arrived no later, when it was no cheaper, and since a line whose work is spread over
    several days could do all of it on the cheapest of them, when its material is no dearer and it is no later (Fisher 1981,
    doi:10.1287/mnsc.27.1.1). Any such prices give a valid bound. Good ones are found by `descended` on the dual smoothed by a
    soft minimum (Nesterov 2005, doi:10.1007/s10107-004-0552-5), whose limit is the linear relaxation with a variable for each
    line and day: first for a sixteenth of the lines with as much of the supply, then for a quarter, then for all. The result is
    the same every time. Time per evaluation grows with requirements times days.

    `lateness_program` leaves the minutes out and is exact otherwise. Its prices of the items and these, or some between the two,
    are where the last steps begin, and its own value, which counts whole numbers, may be the better bound. HiGHS solves the
    linear relaxation with minutes too, with a variable for each line and day, but takes half a minute for 3,000 lines; so that is
    the second method of the tests.
    """
    rivals = competition(availability, wanted, due_day, terms)
    scale = float(weight[weight > 0].mean()) if (weight > 0).any() else 1.0
    program, ascent = lateness_program(rivals, due_day, weight), _Ascent(rivals, due_day, weight)
    evaluations = round(evaluations * float(np.clip((MANY / max(len(wanted), 1)) ** 0.5, 1.0, MOST_EFFORT)))
    falls, by_due = np.zeros(rivals.supply.shape), np.argsort(due_day, kind="stable")
    for one_of, temperature, effort in CLIMBS:
        some = np.sort(by_due[:: max(min(one_of, len(by_due) // LEAST_SAMPLE), 1)])
        climbed = ascent if len(some) == len(by_due) else _Ascent(rivals.sample(some), due_day[some], weight[some])
        falls = climbed.climbed(falls, temperature * scale, round(effort * evaluations))
    day = ascent.days(falls, SMOOTH * scale)
    between = [share * program.falls + (1 - share) * falls for share in SHARES]
    value, falls = max(((ascent.certified(falls), falls) for falls in between), key=itemgetter(0))
    for temperature, effort in COLDER:
        falls = ascent.climbed(falls, temperature * scale, round(effort * evaluations))
        value = max(value, ascent.certified(falls))
    value = max(value, program.value)
    return LatenessBound(max(value - ROUNDING * max(value, 1.0), 0.0), day, (ascent.days(falls, SMOOTH * scale), program.day))


class _Ascent:
    """The smoothed dual as a function of how much each price falls after each day, in units of a mean requirement."""

    def __init__(self, rivals: Competition, due_day: Integers, weight: Floats) -> None:
        self.rivals, self.due_day, self.weight, self.temperature = rivals, due_day, weight, 1.0
        resources, days = rivals.supply.shape
        self.most = np.bincount(rivals.resource, weights=rivals.amount, minlength=resources).astype(np.float64)
        takers = np.bincount(rivals.resource, minlength=resources).astype(np.float64)
        _explode(*rivals.of_builds, self.most, takers)
        self.scale = np.divide(takers, self.most, out=np.zeros(resources), where=self.most > 0)
        self.is_free = rivals.limited & (self.scale > 0)[:, None]
        self.unit = np.broadcast_to(self.scale[:, None], rivals.supply.shape)[self.is_free]
        self.day, self.taken = np.empty(len(rivals.first_day)), np.zeros((resources, days + 1))

    def climbed(self, falls: Floats, temperature: float, evaluations: int) -> Floats:
        """Better falls of the prices from day to day."""
        self.temperature, better = temperature, np.zeros_like(falls)
        better[self.is_free] = descended(self, falls[self.is_free] / self.unit, evaluations) * self.unit
        return better

    def __call__(self, scaled: Floats) -> tuple[float, Floats]:
        """Minus the smoothed dual, and its gradient."""
        falls = np.zeros(self.rivals.supply.shape)
        falls[self.is_free] = scaled * self.unit
        price = self._price(falls)
        value = self._respond(price, self.temperature, EARLY, EARLY_COST * self.temperature)
        surplus, items = self.taken[:, :-1] - self.rivals.supply, self.rivals.items
        value += _build(*self.rivals.of_builds, price, self.most, self.scale, self.temperature, surplus)
        np.cumsum(surplus[:items], axis=1, out=surplus[:items])
        return -value, -surplus[self.is_free] * self.unit

    def certified(self, falls: Floats) -> float:
        """The bound itself: almost no smoothing, which errs to the safe side, and prices that are valid."""
        return self._respond(self._capped(falls), COLD, len(self.rivals.ship_day), 0.0)

    def days(self, falls: Floats, temperature: float) -> Floats:
        """The mean day that each line chooses."""
        self._respond(self._capped(falls), temperature, EARLY, EARLY_COST * temperature)
        return self.day.copy()

    def _capped(self, falls: Floats) -> Floats:
        """Prices of which those of built items are at most those of their components."""
        price = self._price(falls)
        _cap(*self.rivals.of_builds, price)
        return price

    def _price(self, falls: Floats) -> Floats:
        """Units that are left can be taken later, so that the price of a day is what it falls from then on; minutes cannot."""
        price, items = np.zeros(self.taken.shape), self.rivals.items
        price[:items, :-1] = np.cumsum(falls[:items, ::-1], axis=1)[:, ::-1]
        price[items:, :-1] = falls[items:]
        return price

    def _respond(self, price: Floats, temperature: float, early: int, early_cost: float) -> float:
        r = self.rivals
        self.taken[:] = 0.0
        lines = r.items, r.start, r.resource, r.amount, r.first_day, r.due_day, r.ship_day, self.due_day, self.weight
        stays = r.stays.start, r.stays.resource, r.stays.day, r.stays.amount, r.stays.ship_day
        found = _choose(*lines, *stays, price, temperature, early, early_cost, self.taken, self.day)
        return float(found - (price[:, :-1] * r.supply).sum())


@native
def _explode(
    built: Integers, start: Integers, component: Integers, per: Integers, build_start: Integers, most: Floats, takers: Floats
) -> None:
    """Add what builds of all that is required can take."""
    for b in range(len(built)):
        for at in range(start[b], start[b + 1]):
            most[component[at]] += per[at] * most[built[b]]
            takers[component[at]] += takers[built[b]]


@native
def _cap(built: Integers, start: Integers, component: Integers, per: Integers, build_start: Integers, price: Floats) -> None:
    """Lower the prices of built items to those of their components when the build must begin."""
    for b in range(len(built) - 1, -1, -1):
        for t in range(build_start.shape[1]):
            if build_start[b, t] >= 0:
                of_components = 0.0
                for at in range(start[b], start[b + 1]):
                    of_components += per[at] * price[component[at], build_start[b, t]]
                price[built[b], t] = min(price[built[b], t], of_components)


@native
def _build(
    built: Integers,
    start: Integers,
    component: Integers,
    per: Integers,
    build_start: Integers,
    price: Floats,
    most: Floats,
    scale: Floats,
    temperature: float,
    surplus: Floats,
) -> float:
    """As many builds as could ever be needed choose their days or none; what they take and give is added to `surplus`."""
    days, total = build_start.shape[1], 0.0
    cost = np.empty(days)
    for b in range(len(built)):
        item = built[b]
        if most[item] <= 0:
            continue
        least = 0.0
        for t in range(days):
            cost[t] = -price[item, t]
            for at in range(start[b], start[b + 1] if build_start[b, t] >= 0 else start[b]):
                cost[t] += per[at] * price[component[at], build_start[b, t]]
            cost[t] /= scale[item]
            if build_start[b, t] >= 0:
                least = min(least, cost[t])
        weights = np.exp(least / temperature)
        for t in range(days):
            cost[t] = np.exp((least - cost[t]) / temperature) if build_start[b, t] >= 0 else 0.0
            weights += cost[t]
        total += most[item] * scale[item] * (least - temperature * np.log(weights))
        for t in range(days):
            units = most[item] * cost[t] / weights
            if units > 0:
                surplus[item, t] -= units
                for at in range(start[b], start[b + 1]):
                    surplus[component[at], build_start[b, t]] += per[at] * units
    return total


@native
def _choose(
    items: int,
    start: Integers,
    resource: Integers,
    amount: Floats,
    first_day: Integers,
    last_in_time: Integers,
    ship_day: Integers,
    due_day: Integers,
    weight: Floats,
    stay_start: Integers,
    stay_resource: Integers,
    stay_day: Integers,
    stay_amount: Floats,
    stay_ship_day: Integers,
    price: Floats,
    temperature: float,
    early: int,
    early_cost: float,
    taken: Floats,
    day: Floats,
) -> float:
    """Soft minimum over the days of each line, and its staying; what is taken is added to `taken`, and the mean day written."""
    days, total = price.shape[1] - 1, 0.0
    cost = np.empty(days + 1)
    for j in range(len(first_day)):
        uses_minutes = start[j + 1] > start[j] and resource[start[j + 1] - 1] >= items
        first = max(first_day[j], last_in_time[j] - early) if uses_minutes else last_in_time[j]
        end, stay = first, np.inf
        if stay_ship_day[j] >= 0:
            stay = weight[j] * max(0, stay_ship_day[j] - due_day[j])
            for h in range(stay_start[j], stay_start[j + 1]):
                stay += stay_amount[h] * price[stay_resource[h], stay_day[h]]
        least = stay
        # Later days cost at least their lateness, so they are looked at only while that is not too much.
        while end <= days and weight[j] * max(0, ship_day[end] - due_day[j]) <= least + NEGLIGIBLE * temperature:
            begin, end = end, min(end + BLOCK, days + 1)
            for t in range(begin, end):
                cost[t] = weight[j] * max(0, ship_day[t] - due_day[j]) + early_cost * max(0, last_in_time[j] - t)
            for r in range(start[j], start[j + 1]):
                for t in range(begin, end):
                    cost[t] += amount[r] * price[resource[r], t]
            least = min(least, cost[begin:end].min())
        begin, last = end, first - 1
        weights = np.exp((least - stay) / temperature)
        mean = weights * last_in_time[j]
        for t in range(first, end):
            exponent = (least - cost[t]) / temperature
            if exponent < -NEGLIGIBLE:
                cost[t] = 0.0
                continue
            begin, last = min(begin, t), t
            cost[t] = np.exp(exponent)
            weights += cost[t]
            mean += cost[t] * t
        total += least - temperature * np.log(weights)
        day[j] = mean / weights
        for h in range(stay_start[j], stay_start[j + 1]):
            taken[stay_resource[h], stay_day[h]] += stay_amount[h] * np.exp((least - stay) / temperature) / weights
        for r in range(start[j], start[j + 1]):
            each = amount[r] / weights
            for t in range(begin, last + 1):
                taken[resource[r], t] += each * cost[t]
    return total
