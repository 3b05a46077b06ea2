"""How sure a promise is when suppliers may be late."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises
from atoll.promise.tables import CANNOT_BE_SUPPLIED, Integers

Floats = NDArray[np.float64]

NEGLIGIBLE = 1e-3
"""The part of a tail of delays that is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Lateness:
    """Distribution of the days by which a supply comes after its day; negative days are early.

    Parameters
    ----------
    days
        Rising; int64, shape (l,).
    probability
        Of each; float64, shape (l,), with the sum 1.
    """

    days: Integers
    probability: Floats

    def __post_init__(self) -> None:
        if len(self.days) != len(self.probability) or not len(self.days) or np.any(np.diff(self.days) <= 0):
            raise ValueError("Expected rising days and as many probabilities.")
        if self.probability.min() < 0 or abs(self.probability.sum() - 1) > 1e-9:
            raise ValueError(f"Expected probabilities with the sum 1, got {self.probability.sum()}.")

    def at_most(self, days: Integers) -> Floats:
        """Probability of at most so many days, for each of them."""
        cumulative = np.concatenate(([0.0], np.cumsum(self.probability)))
        chances: Floats = cumulative[np.searchsorted(self.days, days, side="right")]
        return np.minimum(chances, 1.0)


def stated_lateness(on_time: float, mean_delay_days: float) -> Lateness:
    """The lateness of deliveries of which a share is on time and the others are late by a geometric number of days.

    Parameters
    ----------
    on_time
        Share that comes on its day, 0 to 1.
    mean_delay_days
        Mean delay of the others; at least a day.

    Examples
    --------
    >>> lateness = stated_lateness(0.75, 1)
    >>> lateness.days.tolist(), lateness.probability.tolist()
    ([0, 1], [0.75, 0.25])
    """
    stop = 1 / max(mean_delay_days, 1.0)
    most = 1 if stop == 1 or on_time == 1 else math.ceil(math.log(NEGLIGIBLE) / math.log(1 - stop))
    delays = np.arange(1, most + 1)
    share = stop * (1 - stop) ** (delays - 1)
    return Lateness(np.arange(most + 1), np.append(on_time, (1 - on_time) * share / share.sum()))


def learned_lateness(delays: Sequence[int], prior: Lateness, weight: float) -> Lateness:
    """What was seen, drawn towards a prior that counts as so many sightings: the mean of a Dirichlet posterior.

    Parameters
    ----------
    delays
        Days by which each delivery came late; negative days are early.
    weight
        Sightings that the prior counts for; above 0.

    Raises
    ------
    ValueError
        When the weight is not above 0.

    Examples
    --------
    >>> prior = Lateness(np.array([0]), np.array([1.0]))
    >>> learned = learned_lateness([0, 2, 2], prior, weight=1)
    >>> learned.days.tolist(), learned.probability.tolist()
    ([0, 2], [0.5, 0.5])
    """
    if weight <= 0:
        raise ValueError(f"Expected weight > 0, got {weight}.")
    seen = Counter(delays)
    days = np.union1d(prior.days, np.fromiter(seen, dtype=np.int64, count=len(seen)))
    counted = np.array([seen[day] for day in days.tolist()], dtype=np.float64)
    expected = np.zeros(len(days))
    expected[np.searchsorted(days, prior.days)] = prior.probability
    mixed = counted + weight * expected
    return Lateness(days, mixed / mixed.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Confidence:
    """The probability that a line ships by each day.

    Parameters
    ----------
    days
        The promised ship day and the working days after it; int64, shape (t,).
    probability
        That it has shipped by then, never falling; float64, shape (t,).
    """

    days: Integers
    probability: Floats

    def day(self, level: float) -> int:
        """The first day by which it ships with at least this probability; `CANNOT_BE_SUPPLIED` when the calendar ends before."""
        place = int(np.searchsorted(self.probability, level - 1e-12))
        return int(self.days[place]) if place < len(self.days) else CANNOT_BE_SUPPLIED


def confidence(
    availability: Availability, promises: Promises, k: int, supplies: Mapping[int, Lateness], purchases: Mapping[int, Lateness]
) -> Confidence:
    """The probability that a promised line ships by each day, given what it is pegged on.

    Assumes that supplies are late independently of each other, that planned purchases of one item come as one order, that a
    late build begins when its last component is there, and that assembly finds time when it begins later and takes as long. A
    line is never shipped before its promised day.

    Parameters
    ----------
    supplies
        Lateness of supplies, by their position; the others are certain.
    purchases
        Lateness of purchases that are still to be ordered, by item; the others are certain.

    Raises
    ------
    ValueError
        When the line is not promised.

    Notes
    -----
    Exact under these assumptions: the line ships by a day just when every supply is there by the latest day which the builds
    above it allow, so the probability is the product over supplies of those of being that late at most.
    """
    if not promises.is_promised[k]:
        raise ValueError(f"Expected a promised line, got line {k}.")
    calendar = availability.tables.working_day
    days = calendar[np.searchsorted(calendar, promises.ship_day[k]) :]
    allowed = _allowed_lateness(availability, promises, k, len(days))
    probability = np.ones(len(days))
    for (is_purchase, position), lateness in allowed.items():
        known = (purchases if is_purchase else supplies).get(position)
        if known is not None:
            probability *= known.at_most(lateness)
    return Confidence(days, probability)


def _allowed_lateness(availability: Availability, promises: Promises, k: int, days: int) -> dict[tuple[bool, int], Integers]:
    """For each ship day the most days that each supply, and each item still to be purchased, may be late."""
    allowed: dict[tuple[bool, int], Integers] = {}

    def allow(source: tuple[bool, int], lateness: Integers) -> None:
        allowed[source] = np.minimum(allowed[source], lateness) if source in allowed else lateness

    due = {-1: _begins(availability, promises, k, days)}
    for q in np.flatnonzero(promises.plan_line == k).tolist():
        item, needed = int(promises.plan_item[q]), due[int(promises.plan_parent[q])]
        if promises.plan_is_build[q]:
            due[q] = _starts(availability, needed, int(availability.build_days[item]))
        else:
            allow((True, item), needed - int(promises.plan_day[q]))
    for p in np.flatnonzero(promises.peg_line == k).tolist():
        supply = int(promises.peg_supply[p])
        allow((False, supply), due[int(promises.peg_plan[p])] - int(availability.supply_day[supply]))
    return allowed


def _begins(availability: Availability, promises: Promises, k: int, days: int) -> Integers:
    """The day on which assembly begins for each ship day: the promised one, and so many working days later."""
    calendar = availability.tables.working_day
    first = np.searchsorted(calendar, promises.need_day[k])
    begins = calendar[first : first + days].copy()
    begins[:1] = promises.need_day[k]
    return begins


def _starts(availability: Availability, due: Integers, build_days: int) -> Integers:
    """The last day on which a build can begin to be usable by each day."""
    calendar = availability.tables.working_day
    places = np.searchsorted(calendar, due, side="right") - 1 - build_days
    return np.where(places >= 0, calendar[np.maximum(places, 0)], -1)
