"""New promises for all open order lines after something has changed: a late receipt, scrap, a rush order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from atoll.promise.allotment import Allotment, Share
from atoll.promise.availability import Availability
from atoll.promise.competition import Floats
from atoll.promise.holdings import Holdings, Terms
from atoll.promise.lateness_bound import LatenessBound, lateness_bound
from atoll.promise.promises import Promises
from atoll.promise.tables import Integers
from atoll.promise.wanted import AS_SOON_AS_POSSIBLE, Wanted

FIRST_STEP, MOST_DAYS, LEAST_WEIGHT = 0.3, 10, 0.1
"""Share of its days late by which a line moves at first, days late that count at most, least weight relative to the mean."""

MANY_LINES, MOST_ALONE = 20_000, 30
"""Of so many lines, as many are moved alone as there are rounds, and of fewer so many times as many at most."""

EVALUATIONS = 40
"""Effort of the bound where none is given."""

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
    leaving
        Weighted lateness of `leave`.
    """

    sequence: Integers
    served: Wanted
    promises: Promises
    before: Integers
    after: Integers
    weight: Floats
    bound: float
    leaving: float

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
    def stays(self) -> NDArray[np.bool_]:
        """Whether each line keeps its promise as it is, with all that it holds."""
        stays = np.empty(len(self.sequence), dtype=np.bool_)
        stays[self.sequence] = self.promises.stays
        return stays

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
    holdings: Holdings | None = None,
    evaluations: int = EVALUATIONS,
    rounds: int = 4,
    classes: Integers | None = None,
    shares: Sequence[Share] = (),
) -> Repromise:
    """Promise all open lines anew.

    Assumptions: those of `promise`, which dates each line; `availability` counts what open lines hold as free, what has begun is
    not among the lines.

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
    holdings
        What the lines hold, so that who may stay as it is does unless it becomes earlier or gives way to one served before it;
        under KEEP it gives way only where it keeps its day. Nothing when not given.
    evaluations
        Effort of the bound, see `lateness_bound`.
    rounds
        Orders of service that are tried beyond those of the policies, for LEAST_LATENESS.
    classes, shares
        Number of the class of each line, int64, shape (n,), and the units that are kept for classes from what others take
        anew; what they hold they keep. The bound counts those of them that nobody can take as gone.

    Returns
    -------
    Repromise
        With a bound that holds for every policy. Nothing is written: it is a proposal.

    Notes
    -----
    The lines are served in the order of the days that they would choose at the prices of the relaxation, which knows who
    competes for what, or of those in the program of what is scarce. Then those that came out late wait longer or move forward,
    the less the more they weigh, as long as that helps, and at last the costliest go ahead one by one. The result is the same
    every time.

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
    allotment = Allotment(_there(availability, holdings), shares)
    trial = _Trial(allotment, wanted, _classes(classes, wanted), due_day, weight)
    by_entry = np.arange(len(wanted))
    if policy is Policy.FIFO:
        return _measured(trial, trial.serve(by_entry, wanted.requested_day), _keeping(trial), evaluations)
    leaving = _keeping(trial)
    if policy is Policy.KEEP:
        return _measured(trial, _keeping_most(trial, leaving), leaving, evaluations)
    if holdings is not None and leaving.value == 0:
        return replace(leaving, leaving=0.0)
    bound = _bound(trial, leaving, evaluations)
    improved = _waiting(trial, _improving(trial, (bound.day, *bound.others), rounds))
    found = [trial.serve(by_entry, wanted.requested_day), improved]
    found.insert(0 if holdings else 1, _keeping_most(trial, leaving))  # of equal ones, the one that moves fewest
    return replace(min(found, key=lambda proposal: proposal.value), bound=bound.value, leaving=leaving.value)


def leave(
    availability: Availability,
    wanted: Wanted,
    due_day: Integers,
    weight: Floats,
    *,
    holdings: Holdings | None = None,
    classes: Integers | None = None,
    shares: Sequence[Share] = (),
) -> Repromise:
    """Leave everything as it is: only lines that cannot stay are promised anew, and nobody gives way to them.

    The parameters are those of `repromise`; the bound is its value.
    """
    allotment = Allotment(_there(availability, holdings), shares)
    found = _keeping(_Trial(allotment, wanted, _classes(classes, wanted), due_day, weight))
    return replace(found, bound=found.value, leaving=found.value)


def rush(
    availability: Availability,
    wanted: Wanted,
    due_day: Integers,
    weight: Floats,
    ahead: Integers,
    *,
    holdings: Holdings | None = None,
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
    allotment = Allotment(_there(availability, holdings), shares)
    trial = _Trial(allotment, wanted, _classes(classes, wanted), due_day, weight)
    return _measured(trial, _keeping(trial, ahead), _keeping(trial), EVALUATIONS)


def _classes(classes: Integers | None, wanted: Wanted) -> Integers:
    """One class for all lines where none are told."""
    return np.zeros(len(wanted), dtype=np.int64) if classes is None else classes


def _there(availability: Availability, holdings: Holdings | None) -> Availability | Terms:
    return availability if holdings is None else Terms.of(availability, holdings)


def _measured(trial: "_Trial", proposal: Repromise, leaving: Repromise, evaluations: int) -> Repromise:
    """A proposal beside what leaving everything costs, and what no proposal can be below."""
    return replace(proposal, bound=_bound(trial, leaving, evaluations).value, leaving=leaving.value)


def _bound(trial: "_Trial", leaving: Repromise, evaluations: int) -> LatenessBound:
    """A bound that holds on everybody's terms, for leaving all as it is, and without units that nobody can take."""
    if leaving.value == 0:
        return LatenessBound(0.0, trial.due_day.astype(np.float64))
    terms = None if isinstance(trial.there, Availability) else trial.there
    there = trial.there.relaxed() if isinstance(trial.there, Terms) else trial.there
    gone = trial.allotment.left_over(trial.wanted, trial.classes)
    there = replace(there, supply_free=there.supply_free - gone, bills=there.structure) if gone.any() else there
    found = lateness_bound(there, trial.wanted, trial.due_day, trial.weight, terms=terms, evaluations=evaluations)
    return replace(found, value=min(found.value, leaving.value))


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """The open lines, to be served in any order."""

    allotment: Allotment
    wanted: Wanted
    classes: Integers
    due_day: Integers
    weight: Floats

    @property
    def there(self) -> Availability | Terms:
        """What can be promised from, on the terms of whoever holds it."""
        return self.allotment.there

    def serve(self, sequence: Integers, requested_day: Integers) -> Repromise:
        """Promise the lines in this order, for requested days by their position."""
        served = self.wanted.in_order(sequence, requested_day)
        promises = self.allotment.serve(served, self.classes, sequence, keeps=len(sequence))
        after = np.empty(len(sequence), dtype=np.int64)
        after[sequence] = np.where(promises.is_promised, promises.ship_day, self.allotment.availability.last_day + 1)
        after = np.maximum(after, np.minimum(self.wanted.requested_day, self.due_day))
        return Repromise(sequence, served, promises, self.due_day, after, self.weight, bound=0.0, leaving=0.0)

    def behind(self, front: Integers, lines: Integers, requested_day: Integers, *, alone: bool = False) -> Promises:
        """Promises of those in front and of lines behind them, which are served one after the other or each `alone`."""
        sequence = np.concatenate((front, lines))
        served = self.wanted.in_order(sequence, requested_day)
        return self.allotment.serve(served, self.classes, sequence, keeps=len(front) if alone else len(sequence))

    def none_earlier(self, but: Integers) -> "_Trial":
        """The same with no line told an earlier day than now, but for some."""
        if isinstance(self.there, Availability):
            return self
        floor = self.due_day.copy()
        floor[but] = self.there.holdings.floor_day[but]
        terms = replace(self.there, holdings=replace(self.there.holdings, floor_day=floor))
        return replace(self, allotment=replace(self.allotment, there=terms))


NOBODY_AHEAD = np.empty(0, dtype=np.int64)


def _keeping(trial: _Trial, ahead: Integers = NOBODY_AHEAD, *, gives_way: bool = False) -> Repromise:
    """Serve some lines as soon as possible, then by present days those who can keep them, and behind them the others.

    Who may stay as it is does, or else `gives_way` to those due before it. Who cannot keep its day even alone with what is left
    takes nothing from who can; who could, had not one before it failed, is asked again.
    """
    trial = trial.none_earlier(ahead)
    requested = trial.due_day.copy()
    requested[ahead] = AS_SOON_AS_POSSIBLE
    undecided = np.argsort(trial.due_day, kind="stable")
    undecided = undecided[~np.isin(undecided, ahead)]
    front = ahead
    if not (gives_way or isinstance(trial.there, Availability)):
        intact = undecided[trial.there.holdings.is_intact[undecided]]
        stay = intact[trial.behind(ahead, intact, requested).stays[len(ahead) :]]
        front, undecided = np.concatenate((ahead, stay)), undecided[~np.isin(undecided, stay)]
    for _ in range(MOST_ROUNDS):
        undecided = _on_time(trial, undecided, trial.behind(front, undecided, requested, alone=True))
        able = _on_time(trial, undecided, trial.behind(front, undecided, requested))
        if not len(able) or len(_on_time(trial, able, trial.behind(front, able, requested))) < len(able):
            break  # builds may have fallen differently
        front = np.concatenate((front, able))
        undecided = undecided[~np.isin(undecided, able)]
    others = np.setdiff1d(np.arange(len(trial.wanted)), front)
    requested[others] = trial.wanted.requested_day[others]
    return trial.serve(np.concatenate((front, others[np.argsort(trial.due_day[others], kind="stable")])), requested)


def _keeping_most(trial: _Trial, leaving: Repromise) -> Repromise:
    """Let who may stay as it is give way where that helps others to keep their days and it keeps its own all the same."""
    if isinstance(trial.there, Availability) or leaving.value == 0:
        return leaving
    swapped = _keeping(trial, gives_way=True)
    harmed = (swapped.days_late > 0) & trial.there.holdings.is_intact
    return swapped if swapped.value < leaving.value and not harmed.any() else leaving


def _on_time(trial: _Trial, lines: Integers, promises: Promises) -> Integers:
    """Those of the lines, the last ones of the promises, that are promised by the day they are due."""
    behind = slice(len(promises) - len(lines), None)
    return lines[promises.is_promised[behind] & (promises.ship_day[behind] <= trial.due_day[lines])]


def _improving(trial: _Trial, days: Sequence[Floats], rounds: int) -> Repromise:
    """Serve in the order of the best of some days; then let the late lines wait or move forward, in ever smaller steps, while it
    helps, and at last one by one.
    """
    relative = trial.weight / max(float(trial.weight.sum()) / max(len(trial.weight), 1), LEAST_WEIGHT)
    best, key = min(((_in_order_of(trial, day), day) for day in days), key=lambda found: found[0].value)
    step = FIRST_STEP
    for _ in range(rounds):
        moved = key + step * np.minimum(best.days_late, MOST_DAYS) / np.maximum(relative, LEAST_WEIGHT)
        proposal = _in_order_of(trial, moved)
        if proposal.value < best.value:
            best, key = proposal, moved
        else:
            step *= -0.5
    late = np.argsort(-trial.weight * best.days_late, kind="stable")[: np.count_nonzero(trial.weight * best.days_late)]
    for j in late[: int(rounds * np.clip(MANY_LINES / max(len(key), 1), 1, MOST_ALONE))].tolist():
        moved = key.copy()
        moved[j] -= best.days_late[j] + MOST_DAYS
        proposal = _in_order_of(trial, moved) if best.days_late[j] else best
        if proposal.value < best.value:
            best, key = proposal, moved
    return best


def _in_order_of(trial: _Trial, day: Floats) -> Repromise:
    """Serve by some days, as soon as possible."""
    soon = np.full(len(day), AS_SOON_AS_POSSIBLE)
    return trial.serve(np.lexsort((trial.due_day, -trial.weight, day)), soon)


def _waiting(trial: _Trial, proposal: Repromise) -> Repromise:
    """The same order of service, each line as late as its new day allows where all still can: early supply stays free."""
    waiting = trial.serve(proposal.sequence, np.where(proposal.is_promised, proposal.after, AS_SOON_AS_POSSIBLE))
    return waiting if waiting.is_promised.all() and (waiting.after <= proposal.after).all() else proposal
