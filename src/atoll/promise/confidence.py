"""How sure a promise is when suppliers may be late."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from atoll.promise.availability import Availability
from atoll.promise.promises import Promises
from atoll.promise.tables import CANNOT_BE_SUPPLIED, LAST_DAY, Integers

Floats = NDArray[np.float64]

NEVER = -LAST_DAY
"""A day on which nothing comes."""

TAIL = 1e-6
"""The part of a tail of delays that is left out."""

NEGLIGIBLE = 1e-3
"""Where at most this part of all deliveries is late by so much, they tell nothing of one that is."""


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

    def day(self, level: float) -> int:
        """The fewest days by which it has come with at least this probability."""
        place = int(np.searchsorted(np.cumsum(self.probability), level - 1e-12))
        return int(self.days[min(place, len(self.days) - 1)])

    def from_day(self, day: int) -> "Lateness":
        """The same, counted from another day: that of a supply which is due on this one."""
        return Lateness(self.days + day, self.probability)


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
    most = 1 if stop == 1 or on_time == 1 else math.ceil(math.log(TAIL) / math.log(1 - stop))
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


def later_than(lateness: Lateness, days: int) -> Lateness:
    """The lateness of a delivery that is late by more than so many days already, counted from the same day.

    Exact while such deliveries are known (`NEGLIGIBLE`). Beyond that, by Laplace's rule of succession: what did not come on n
    days comes on the next one with probability 1 / (n + 2), and so on each day after it; the longer it is late, the less sure.

    Parameters
    ----------
    days
        Days that have passed without it; negative ones before it is due.

    Examples
    --------
    >>> lateness = Lateness(np.array([0, 1, 5]), np.array([0.5, 0.3, 0.2]))
    >>> overdue = later_than(lateness, 0)
    >>> overdue.days.tolist(), overdue.probability.tolist()
    ([1, 5], [0.6, 0.4])
    >>> later_than(lateness, 5).day(0.5)  # on each day with 1 / 8, as it did not come on six
    11
    """
    left = lateness.days > days
    share = lateness.probability[left].sum()
    if share > NEGLIGIBLE:
        return Lateness(lateness.days[left], lateness.probability[left] / share)
    unseen = stated_lateness(0, max(days, 0) + 3)
    return Lateness(days + unseen.days[1:], unseen.probability[1:])


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


@dataclass(frozen=True, slots=True)
class OpenBuild:
    """A build that somebody planned or opened before, and that waits for its components.

    Parameters
    ----------
    build_days
        Working days that it takes.
    supplies
        Keys of the supplies that its components come from.
    """

    build_days: int
    supplies: Sequence[int]


NO_BUILDS: Mapping[int, OpenBuild] = MappingProxyType({})


def confidence(
    availability: Availability,
    promises: Promises,
    k: int,
    supplies: Mapping[int, Lateness],
    purchases: Mapping[int, Lateness],
    builds: Mapping[int, OpenBuild] = NO_BUILDS,
) -> Confidence:
    """The probability that a promised line ships by each day, given what it is pegged on.

    Assumes that supplies are late independently of each other, that planned purchases of one item come as one order, that a
    late build begins when its last component is there, and that assembly finds time when it begins later and takes as long. A
    line is never shipped before its promised day.

    Parameters
    ----------
    supplies
        Days from day 0 on which supplies come, by their position; the others are certain. What only builds wait for has any
        other key.
    purchases
        Lateness of purchases that are still to be ordered, by item; the others are certain.
    builds
        What supplies wait for that are built, by the same keys.

    Raises
    ------
    ValueError
        When the line is not promised.

    Notes
    -----
    Exact under these assumptions: the line ships by a day just when every supply is there by the latest day which the builds
    above it allow, so the probability is the product over supplies of those of being there by then.
    """
    if not promises.is_promised[k]:
        raise ValueError(f"Expected a promised line, got line {k}.")
    calendar = availability.tables.working_day
    days, begins = _days_and_begins(calendar, int(promises.ship_day[k]), int(promises.need_day[k]))
    pegged, allowed = _planned(availability, promises, k, begins)
    probability = _by(_latest_days(calendar, pegged, builds), supplies, len(days))
    for item, lateness in allowed.items():
        if item in purchases:
            probability *= purchases[item].at_most(lateness)
    return Confidence(days, probability)


def standing_confidence(
    working_day: Integers,
    ship_day: int,
    need_day: int,
    pegs: Iterable[int],
    supplies: Mapping[int, Lateness],
    builds: Mapping[int, OpenBuild] = NO_BUILDS,
) -> Confidence:
    """The probability that a line whose promise stands ships by each day, by what it is pegged on today, day 0.

    Assumes what `confidence` does, and that assembly has not begun: what should have begun before today begins today.

    Parameters
    ----------
    working_day
        Rising, from the day on which assembly should begin or before; negative ones are over.
    pegs
        Keys of the supplies that the line takes.
    """
    days, begins = _days_and_begins(working_day, ship_day, need_day)
    latest = _latest_days(working_day, [(supply, begins) for supply in pegs], builds)
    return Confidence(days, np.where(begins >= 0, _by(latest, supplies, len(days)), 0.0))


def _by(latest: Mapping[int, Integers], supplies: Mapping[int, Lateness], days: int) -> Floats:
    """The probability that all supplies are there by the latest days that are allowed."""
    probability = np.ones(days)
    for supply, latest_days in latest.items():
        if supply in supplies:
            probability *= supplies[supply].at_most(latest_days)
    return probability


def _planned(
    availability: Availability, promises: Promises, k: int, begins: Integers
) -> tuple[list[tuple[int, Integers]], dict[int, Integers]]:
    """For each ship day the latest days for what a line and the builds planned for it take, and for each item still to be
    purchased the most days that it may be late.
    """
    allowed: dict[int, Integers] = {}
    due = {-1: begins}
    for q in np.flatnonzero(promises.plan_line == k).tolist():
        item, needed = int(promises.plan_item[q]), due[int(promises.plan_parent[q])]
        if promises.plan_is_build[q]:
            due[q] = _starts(availability.tables.working_day, needed, int(availability.build_days[item]))
        else:
            lateness = needed - int(promises.plan_day[q])
            allowed[item] = np.minimum(allowed[item], lateness) if item in allowed else lateness
    pegs = np.flatnonzero(promises.peg_line == k).tolist()
    return [(int(promises.peg_supply[p]), due[int(promises.peg_plan[p])]) for p in pegs], allowed


def _latest_days(
    calendar: Integers, pegged: Iterable[tuple[int, Integers]], builds: Mapping[int, OpenBuild]
) -> dict[int, Integers]:
    """For each ship day the latest one on which each supply may come, what builds wait for included."""
    latest: dict[int, Integers] = {}
    open_pegs = [*pegged]
    while open_pegs:
        supply, needed = open_pegs.pop()
        latest[supply] = np.minimum(latest[supply], needed) if supply in latest else needed
        if (build := builds.get(supply)) is not None:
            starts = _starts(calendar, needed, build.build_days)
            open_pegs += [(part, starts) for part in build.supplies]
    return latest


def _days_and_begins(calendar: Integers, ship_day: int, need_day: int) -> tuple[Integers, Integers]:
    """Days of shipment, and for each the one on which assembly begins: the promised one, and so many working days later."""
    days = calendar[np.searchsorted(calendar, ship_day) :]
    first = np.searchsorted(calendar, need_day)
    begins = calendar[first : first + len(days)].copy()
    begins[:1] = need_day
    return days, begins


def _starts(calendar: Integers, due: Integers, build_days: int) -> Integers:
    """The last day on which a build can begin to be usable by each day; long before all of them where there is none."""
    places = np.searchsorted(calendar, due, side="right") - 1 - build_days
    return np.where(places >= 0, calendar[np.maximum(places, 0)], NEVER)
