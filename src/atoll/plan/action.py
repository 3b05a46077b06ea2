"""Action messages: what a person should do about each supply so that the plan comes true."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from atoll.plan.netting import MaterialPlan, NettingProblem, periods_of_need, plan_with_rescheduling


class Action(StrEnum):
    """What to do about a supply."""

    RELEASE = "release"
    EXPEDITE = "expedite"
    DEFER = "defer"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class ActionMessage:
    """One thing to do, about one supply.

    Parameters
    ----------
    due
        Period in which the supply arrives as things stand; for a release, when it is released now.
    needed
        Period in which it is needed; the end of the horizon when it is not needed within it.
    """

    action: Action
    item: int
    quantity: int
    due: int
    needed: int


def action_messages(problem: NettingProblem) -> tuple[ActionMessage, ...]:
    """Messages that turn what is on order into the plan with rescheduling, by item and period.

    Planned orders whose time has come are released; those that should have been released earlier arrive too late by
    ``due − needed`` periods. A scheduled receipt that is needed earlier, later or not at all within the horizon is expedited,
    deferred or cancelled. Whoever follows all the messages about scheduled receipts gets none about them the next time.

    Examples
    --------
    >>> def integers(*values): return np.array(values)
    >>> messages = action_messages(NettingProblem(
    ...     requirements=integers([0, 8, 0, 9]), receipts=integers([0, 0, 5, 0]), on_hand=integers(4), safety_stock=integers(0),
    ...     lead_time=integers(3), minimum=integers(1), multiple=integers(1), bill=integers([0])))
    >>> [(m.action.value, m.quantity, m.due, m.needed) for m in messages]
    [('expedite', 5, 2, 1), ('release', 8, 3, 3)]
    """
    plan = plan_with_rescheduling(problem)
    messages = [*_about_receipts(problem, plan), *_releases(problem, plan)]
    return tuple(sorted(messages, key=lambda message: (message.item, message.needed, message.due)))


def _about_receipts(problem: NettingProblem, plan: MaterialPlan) -> Iterator[ActionMessage]:
    m, p = problem.receipts.shape
    needed = periods_of_need(problem, np.arange(m), plan.gross)
    for item, due in np.argwhere((problem.receipts > 0) & (needed != np.arange(p))).tolist():
        period = int(needed[item, due])
        action = Action.CANCEL if period == p else Action.EXPEDITE if period < due else Action.DEFER
        yield ActionMessage(action, item, int(problem.receipts[item, due]), due, period)


def _releases(problem: NettingProblem, plan: MaterialPlan) -> Iterator[ActionMessage]:
    """Planned orders that are needed no later than a lead time from now."""
    periods = np.arange(problem.receipts.shape[1])
    for item, period in np.argwhere((plan.planned_receipts > 0) & (periods <= problem.lead_time[:, None])).tolist():
        yield ActionMessage(Action.RELEASE, item, int(plan.planned_receipts[item, period]), int(problem.lead_time[item]), period)
