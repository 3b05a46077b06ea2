"""A lower bound on the weighted lateness of all open lines together, from prices of what is scarce."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from atoll.native import native
from atoll.promise.availability import Availability
from atoll.promise.competition import Competition, Floats, competition
from atoll.promise.tables import Integers
from atoll.promise.wanted import Wanted

TEMPERATURES = (0.5, 0.15, 0.05, 0.015)
"""Share of the mean weight by which a choice is smoothed, falling."""

SMOOTH = 0.05
"""The same for the days that lines would choose."""

COLD = 1e-9
"""Almost no smoothing."""

NEGLIGIBLE = 20.0
"""Days dearer by so many temperatures are left out; exp(−20) is 2e-9."""

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
    """

    value: float
    day: Floats


def lateness_bound(
    availability: Availability, wanted: Wanted, due_day: Integers, weight: Floats, *, evaluations: int = 30
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
    evaluations
        Evaluations of the prices for each of four temperatures; more give a better bound.

    Notes
    -----
    Lagrangian relaxation of cumulative supply. With prices ``p_i(t) >= 0`` that never rise in time, are 0 once an item can be
    bought, and for an item that can be built are at most the price of its components on the day when the build must begin,
    every feasible plan costs at least

    ``sum_j min_t [w_j late_j(t) + sum_i a_ij p_i(t)] - sum_i sum_k q_ik p_i(d_ik)``,

    since what is taken of an item on a day arrived no later, when it was no cheaper (Fisher 1981, doi:10.1287/mnsc.27.1.1). Any
    such prices give a valid bound. Good ones are found by L-BFGS-B on the dual smoothed by a soft minimum (Nesterov 2005,
    doi:10.1007/s10107-004-0552-5), whose limit is the linear relaxation with a variable for each line and day. The result is
    the same every time. Time per evaluation grows with requirements times days.
    """
    rivals = competition(availability, wanted, due_day)
    ascent = _Ascent(rivals, due_day, weight)
    scale = float(weight[weight > 0].mean()) if (weight > 0).any() else 1.0
    prices = np.zeros(int(ascent.is_free.sum()))
    best = LatenessBound(ascent.certified(prices), rivals.first_day.astype(np.float64))
    for temperature in TEMPERATURES:
        prices = _climbed(ascent, prices, temperature * scale, evaluations)
        if (value := ascent.certified(prices)) > best.value:
            best = LatenessBound(value, ascent.days(prices, SMOOTH * scale))
    return best


def _climbed(ascent: "_Ascent", prices: Floats, temperature: float, evaluations: int) -> Floats:
    if not len(prices):
        return prices
    ascent.temperature = temperature
    limits = {"maxiter": evaluations, "maxfun": evaluations}
    found = minimize(ascent, prices, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(prices), options=limits)
    return np.asarray(found.x)


class _Ascent:
    """The smoothed dual as a function of how much each price falls after each day, in units of a mean requirement."""

    def __init__(self, rivals: Competition, due_day: Integers, weight: Floats) -> None:
        self.rivals, self.due_day, self.weight, self.temperature = rivals, due_day, weight, 1.0
        resources, days = rivals.supply.shape
        self.most = np.bincount(rivals.resource, weights=rivals.amount, minlength=resources)
        takers = np.bincount(rivals.resource, minlength=resources).astype(np.float64)
        for item, (components, per) in zip(rivals.built.tolist(), rivals.bills, strict=True):
            self.most[components] += per * self.most[item]
            takers[components] += takers[item]
        self.scale = np.divide(takers, self.most, out=np.zeros(resources), where=self.most > 0)[:, None]
        self.is_free = rivals.limited & (self.scale > 0)
        self.day, self.taken = np.empty(len(rivals.first_day)), np.zeros((resources, days + 1))

    def __call__(self, falls: Floats) -> tuple[float, Floats]:
        """Minus the smoothed dual, and its gradient."""
        price = self._price(falls)
        value = self._respond(price, self.temperature)
        surplus = self.taken[:, :-1] - self.rivals.supply
        for b, item in enumerate(self.rivals.built.tolist()):
            value += self._build(b, item, price, surplus)
        slope = np.cumsum(surplus, axis=1) * self.scale
        return -value, -slope[self.is_free]

    def certified(self, falls: Floats) -> float:
        """The bound itself: almost no smoothing, which errs to the safe side, and prices that are valid."""
        return self._respond(self._capped(falls), COLD)

    def days(self, falls: Floats, temperature: float) -> Floats:
        """The mean day that each line chooses."""
        self._respond(self._capped(falls), temperature)
        return self.day.copy()

    def _capped(self, falls: Floats) -> Floats:
        """Prices of which those of built items are at most those of their components."""
        price = self._price(falls)
        for b, item in reversed(list(enumerate(self.rivals.built.tolist()))):
            can = self.rivals.build_start[b] >= 0
            price[item, :-1][can] = np.minimum(price[item, :-1][can], self._component_price(b, price)[can])
        return price

    def _price(self, falls: Floats) -> Floats:
        fall = np.zeros(self.rivals.supply.shape)
        fall[self.is_free] = falls
        fall *= self.scale
        price = np.zeros(self.taken.shape)
        price[:, :-1] = np.cumsum(fall[:, ::-1], axis=1)[:, ::-1]
        return price

    def _respond(self, price: Floats, temperature: float) -> float:
        r = self.rivals
        self.taken[:] = 0.0
        lines = r.start, r.resource, r.amount, r.first_day, r.ship_day, self.due_day, self.weight
        return float(_choose(*lines, price, temperature, self.taken, self.day) - (price[:, :-1] * r.supply).sum())

    def _component_price(self, b: int, price: Floats) -> Floats:
        """What the components of a unit cost when it must be usable on each day; 0 where there is no time to build."""
        components, per = self.rivals.bills[b]
        start = self.rivals.build_start[b]
        return np.where(start >= 0, per @ price[components][:, start], 0.0)

    def _build(self, b: int, item: int, price: Floats, surplus: Floats) -> float:
        """As many builds as could ever be needed choose their days or none; what they take and give is added to `surplus`."""
        usable = np.flatnonzero(self.rivals.build_start[b] >= 0)
        if self.most[item] <= 0 or not len(usable):
            return 0.0
        size = 1 / self.scale[item, 0]
        cost = size * (self._component_price(b, price) - price[item, :-1])[usable]
        least = min(0.0, float(cost.min()))
        share = np.exp((least - cost) / self.temperature)
        total = float(share.sum() + np.exp(least / self.temperature))
        units = self.most[item] * share / total
        surplus[item, usable] -= units
        components, per = self.rivals.bills[b]
        for component, each in zip(components.tolist(), per.tolist(), strict=True):
            np.add.at(surplus[component], self.rivals.build_start[b, usable], each * units)
        return float(self.most[item] / size * (least - self.temperature * np.log(total)))


def _choose_days(
    start: Integers,
    resource: Integers,
    amount: Floats,
    first_day: Integers,
    ship_day: Integers,
    due_day: Integers,
    weight: Floats,
    price: Floats,
    temperature: float,
    taken: Floats,
    day: Floats,
) -> float:
    """Soft minimum over the days of each line; what is taken is added to `taken`, and the mean day written."""
    days, total = price.shape[1] - 1, 0.0
    cost = np.empty(days + 1)
    for j in range(len(first_day)):
        first = end = first_day[j]
        least = np.inf
        # Later days cost at least their lateness, so they are looked at only while that is not too much.
        while end <= days and weight[j] * max(0, ship_day[end] - due_day[j]) <= least + NEGLIGIBLE * temperature:
            begin, end = end, min(end + BLOCK, days + 1)
            for t in range(begin, end):
                cost[t] = weight[j] * max(0, ship_day[t] - due_day[j])
            for r in range(start[j], start[j + 1]):
                for t in range(begin, end):
                    cost[t] += amount[r] * price[resource[r], t]
            least = min(least, cost[begin:end].min())
        weights = 0.0
        mean = 0.0
        for t in range(first, end):
            cost[t] = np.exp((least - cost[t]) / temperature)
            weights += cost[t]
            mean += cost[t] * t
        total += least - temperature * np.log(weights)
        day[j] = mean / weights
        for r in range(start[j], start[j + 1]):
            each = amount[r] / weights
            for t in range(first, end):
                taken[resource[r], t] += each * cost[t]
    return total


_choose = native(_choose_days)
