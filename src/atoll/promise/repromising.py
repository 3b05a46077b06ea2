"""New promises for all open order lines after something has changed: a late receipt, scrap, a rush order."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from atoll.promise.allotment import Allotment, Share
from atoll.promise.availability import Availability
from atoll.promise.competition import Floats
from atoll.promise.lateness_bound import lateness_bound
from atoll.promise.promises import Promises
from atoll.promise.tables import Integers
from atoll.promise.wanted import AS_SOON_AS_POSSIBLE, Wanted

FIRST_STEP, MOST_DAYS, LEAST_WEIGHT = 0.3, 10, 0.1
"""Share of its days late by which a line moves at first, days late that count at most, least weight relative to the mean."""

MOST_ROUNDS = 8
"""Rounds in which lines may still turn out to keep their days."""


class Policy(StrEnum):
    """Whose promise gives way."""

    KEEP = "keep"
    FIFO = "fifo"
    LEAST_LATENESS = "least lateness"


@dataclass(frozen=True, slots=True, eq=False)
class Repromise:
    """A proposal for all open lines, by their position.

    Parameters
    ----------
    sequence
        Positions of the lines in the order in which they are served.
    served
        The lines with their requested days as they are served; `promises` answers them one by one.
    promises
        The new promises in the order of service, with all that they rest on.
    before, after
        The day each line is due, and its new day. Where the goods are ready earlier, that is the day its customer asked for or
        the due day, whichever comes first; for a line that cannot be promised it is the day after the horizon; shape (n,).
    weight
        Cost of one day late; shape (n,).
    bound
        What the weighted lateness of no proposal can be below.
    """

    sequence: Integers
    served: Wanted
    promises: Promises
    before: Integers
    after: Integers
    weight: Floats
    bound: float

    @property
    def days_late(self) -> Integers:
        """Days by which each line becomes later; 0 where its day is kept or earlier."""
        return np.asarray(np.maximum(0, self.after - self.before))

    @property
    def is_promised(self) -> NDArray[np.bool_]:
        """Whether each line has a new promise at all."""
        promised = np.empty(len(self.sequence), dtype=np.bool_)
        promised[self.sequence] = self.promises.is_promised
        return promised

    @property
    def value(self) -> float:
        """Weighted days late of all lines."""
        return float(self.weight @ self.days_late)

    @property
    def gap(self) -> float:
        """How far the value may be above the best possible, as a share of it."""
        return (self.value - self.bound) / self.value if self.value > 0 else 0.0


def repromise(
    availability: Availability,
    wanted: Wanted,
    due_day: Integers,
    weight: Floats,
    policy: Policy = Policy.LEAST_LATENESS,
    *,
    evaluations: int = 30,
    rounds: int = 4,
    classes: Integers | None = None,
    shares: Sequence[Share] = (),
) -> Repromise:
    """Promise all open lines anew.

    Assumptions: those of `promise`, which dates each line; nothing that is open holds anything in `availability`, what has
    begun is not among the lines.

    Parameters
    ----------
    wanted
        The lines in order of entry, with the ship days that their customers asked for.
    due_day
        Present promise of each line; for one that has none yet the day it asked for; int64, shape (n,).
    weight
        Cost of one day late of each line, such as its priority or margin, >= 0; float64, shape (n,).
    policy
        KEEP: who can keep its day in order of the days, keeps it; the others get the earliest of what is left. FIFO: served
        in order of entry. LEAST_LATENESS: the least weighted days late that were found, never more than the other two.
    evaluations
        Effort of the bound, see `lateness_bound`.
    rounds
        Orders of service that are tried beyond those of the policies, for LEAST_LATENESS.
    classes, shares
        Number of the class of each line, int64, shape (n,), and the units that are kept for classes. The bound does not know
        of them, so it holds as well.

    Returns
    -------
    Repromise
        With a bound that holds for every policy. Nothing is written: it is a proposal.

    Notes
    -----
    The lines are served in the order of the days that they would choose at the prices of the relaxation, which knows who
    competes for what. Then those that came out late wait longer or move forward, the less the more they weigh, as long as that
    helps. The result is the same every time.

    Examples
    --------
    One unit is left of two; the second line's day costs more.

    >>> from atoll.promise import WantedLine
    >>> there = Availability(
    ...     supply_item=np.array([0]), supply_day=np.array([0]), supply_free=np.array([1]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=np.ones(20, dtype=np.bool_),
    ... )
    >>> proposal = repromise(there, Wanted.of([WantedLine({0: 1})] * 2), np.array([2, 2]), np.array([1.0, 5.0]))
    >>> proposal.after, proposal.value, round(proposal.bound, 3)
    (array([8, 0]), 6.0, 6.0)
    """
    if not len(wanted) == len(due_day) == len(weight):
        raise ValueError(f"Expected {len(wanted)} due days and weights, got {len(due_day)} and {len(weight)}.")
    if (weight < 0).any():
        raise ValueError(f"Expected weight >= 0, got {weight.min()}.")
    bound = lateness_bound(availability, wanted, due_day, weight, evaluations=evaluations)
    trial = _Trial(Allotment(availability, shares), wanted, _classes(classes, wanted), due_day, weight, bound.value)
    if policy is Policy.FIFO:
        return trial.serve(np.arange(len(wanted)), wanted.requested_day)
    if policy is Policy.KEEP:
        return _keeping(trial)
    improved = _waiting(trial, _improving(trial, bound.day, rounds))
    found = [trial.serve(np.arange(len(wanted)), wanted.requested_day), _keeping(trial), improved]
    return min(found, key=lambda proposal: proposal.value)


def rush(
    availability: Availability,
    wanted: Wanted,
    due_day: Integers,
    weight: Floats,
    ahead: Integers,
    *,
    classes: Integers | None = None,
    shares: Sequence[Share] = (),
) -> Repromise:
    """Promise some lines before all others and as soon as possible; the others keep their days where they still can.

    Parameters
    ----------
    ahead
        Positions of the lines that are in a hurry, the first one first; int64.

    Returns
    -------
    Repromise
        As `repromise` gives it for all lines; the other parameters are those of it.

    Examples
    --------
    One unit is on hand, the next can be there on day 8. The line that was to have it makes way.

    >>> from atoll.promise import WantedLine
    >>> there = Availability(
    ...     supply_item=np.array([0]), supply_day=np.array([0]), supply_free=np.array([1]),
    ...     lead_days=np.array([8]), build_days=np.array([0]), working=np.ones(20, dtype=np.bool_),
    ... )
    >>> rush(there, Wanted.of([WantedLine({0: 1})] * 2), np.array([2, 8]), np.ones(2), np.array([1])).after
    array([8, 0])
    """
    soon, of_class = np.full(len(wanted), AS_SOON_AS_POSSIBLE), _classes(classes, wanted)
    allotment = Allotment(availability, shares)
    left = allotment.after(allotment.promise(wanted.in_order(ahead, soon), of_class[ahead]), of_class[ahead])
    others = np.setdiff1d(np.arange(len(wanted)), ahead)
    behind = repromise(
        left.availability,
        wanted.in_order(others, wanted.requested_day),
        due_day[others],
        weight[others],
        Policy.KEEP,
        evaluations=1,
        classes=of_class[others],
        shares=left.shares,
    )
    requested = soon.copy()
    requested[others[behind.sequence]] = behind.served.requested_day
    bound = lateness_bound(availability, wanted, due_day, weight)
    trial = _Trial(allotment, wanted, of_class, due_day, weight, bound.value)
    return trial.serve(np.concatenate((ahead, others[behind.sequence])), requested)


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """The open lines, to be served in any order."""

    allotment: Allotment
    wanted: Wanted
    classes: Integers
    due_day: Integers
    weight: Floats
    bound: float

    def serve(self, sequence: Integers, requested_day: Integers) -> Repromise:
        """Promise the lines in this order, for requested days by their position."""
        served = self.wanted.in_order(sequence, requested_day)
        promises = self.allotment.promise(served, self.classes[sequence])
        after = np.empty(len(sequence), dtype=np.int64)
        after[sequence] = np.where(promises.is_promised, promises.ship_day, self.allotment.availability.last_day + 1)
        after = np.maximum(after, np.minimum(self.wanted.requested_day, self.due_day))
        return Repromise(sequence, served, promises, self.due_day, after, self.weight, self.bound)


def _keeping(trial: _Trial) -> Repromise:
    """Serve by present days those who can keep them, and behind them the others.

    Who cannot keep its day even alone with what is left takes nothing from who can; who could, had not one before it failed, is
    asked again.
    """
    left, kept = trial.allotment, np.empty(0, dtype=np.int64)
    undecided = np.argsort(trial.due_day, kind="stable")

    def wanted(lines: Integers) -> tuple[Wanted, Integers]:
        return trial.wanted.in_order(lines, trial.due_day), trial.classes[lines]

    for _ in range(MOST_ROUNDS):
        undecided = _on_time(trial, undecided, left.days_alone(*wanted(undecided)))
        if not len(undecided):
            break
        able = _on_time(trial, undecided, left.promise(*wanted(undecided)).ship_day)
        found = left.promise(*wanted(able))
        if len(_on_time(trial, able, found.ship_day)) < len(able):  # builds may have fallen differently
            break
        left, kept = left.after(found, trial.classes[able]), np.concatenate((kept, able))
        undecided = undecided[~np.isin(undecided, able)]
    gives_way = ~np.isin(np.arange(len(trial.wanted)), kept)
    others = np.flatnonzero(gives_way)
    sequence = np.concatenate((kept, others[np.argsort(trial.due_day[others], kind="stable")]))
    return trial.serve(sequence, np.where(gives_way, trial.wanted.requested_day, trial.due_day))


def _on_time(trial: _Trial, lines: Integers, ship_day: Integers) -> Integers:
    """Those of the lines that are promised, which a ship day of −1 is not, by the day they are due."""
    return lines[(ship_day >= 0) & (ship_day <= trial.due_day[lines])]


def _classes(classes: Integers | None, wanted: Wanted) -> Integers:
    """One class for all lines where none are told."""
    return np.zeros(len(wanted), dtype=np.int64) if classes is None else classes


def _improving(trial: _Trial, day: Floats, rounds: int) -> Repromise:
    """Serve in the order of some days; then let the late lines wait or move forward, in ever smaller steps, while it helps."""
    soon = np.full(len(day), AS_SOON_AS_POSSIBLE)
    relative = trial.weight / max(float(trial.weight.sum()) / max(len(day), 1), LEAST_WEIGHT)
    key, step = day, FIRST_STEP
    best = trial.serve(np.lexsort((trial.due_day, -trial.weight, key)), soon)
    for _ in range(rounds):
        moved = key + step * np.minimum(best.days_late, MOST_DAYS) / np.maximum(relative, LEAST_WEIGHT)
        proposal = trial.serve(np.lexsort((trial.due_day, -trial.weight, moved)), soon)
        if proposal.value < best.value:
            best, key = proposal, moved
        else:
            step *= -0.5
    return best


def _waiting(trial: _Trial, proposal: Repromise) -> Repromise:
    """The same order of service, each line as late as its new day allows where all still can: early supply stays free."""
    waiting = trial.serve(proposal.sequence, np.where(proposal.is_promised, proposal.after, AS_SOON_AS_POSSIBLE))
    return waiting if waiting.is_promised.all() and (waiting.after <= proposal.after).all() else proposal
