"""Time-phased netting (material requirements planning) through all levels of the bills."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from atoll.plan.level import items_by_level
from atoll.plan.replenishment import lot_size

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NettingProblem:
    """What is required, on hand and on order of m items over p periods; all arrays are int64.

    Parameters
    ----------
    requirements
        Independent demand by period: customer orders, forecast; shape (m, p), in units.
    receipts
        Scheduled receipts: open orders by the period in which they arrive; shape (m, p), in units.
    on_hand
        Units at the start of period 0; shape (m,). Negative for backorders.
    safety_stock
        Units below which the projection shall not fall; shape (m,).
    lead_time
        Periods from release to receipt L; shape (m,).
    minimum, multiple
        Smallest lot and the step of its quantity, at least 1; shape (m,).
    bill
        Quantity per, shape (m, m): ``bill[i, j]`` units of `i` go into one `j`.
    """

    requirements: Integers
    receipts: Integers
    on_hand: Integers
    safety_stock: Integers
    lead_time: Integers
    minimum: Integers
    multiple: Integers
    bill: Integers

    def __post_init__(self) -> None:
        m, p = self.requirements.shape
        shapes: dict[str, tuple[int, ...]] = {"receipts": (m, p), "bill": (m, m)}
        shapes |= dict.fromkeys(("on_hand", "safety_stock", "lead_time", "minimum", "multiple"), (m,))
        for name, shape in shapes.items():
            if (found := getattr(self, name).shape) != shape:
                raise ValueError(f"Expected {name} of shape {shape}, got {found}.")
        least = {"requirements": 0, "receipts": 0, "safety_stock": 0, "lead_time": 0, "minimum": 1, "multiple": 1, "bill": 0}
        for name, bound in least.items():
            if (values := getattr(self, name)).min(initial=bound) < bound:
                raise ValueError(f"Expected {name} >= {bound}, got {values.min()}.")


@dataclass(frozen=True, slots=True)
class MaterialPlan:
    """The rows of the time-phased table, each of shape (m, p) in units; ``plan.of(item)`` has those of one item.

    Parameters
    ----------
    gross
        Gross requirements: independent demand, and what the planned orders of the parents take.
    receipts
        Scheduled receipts.
    projected
        Projected available at the end of each period, the planned receipts included.
    net
        Net requirements: what is missing before lots are formed.
    planned_receipts, planned_releases
        Planned orders, by the period in which they arrive and in which they must be released.
    past_due
        Units that should have been released before period 0; shape (m,). Their components are required in period 0.
    """

    gross: Integers
    receipts: Integers
    projected: Integers
    net: Integers
    planned_receipts: Integers
    planned_releases: Integers
    past_due: Integers

    def of(self, item: int) -> Self:
        """The rows of one item, each of shape (p,)."""
        return type(self)(*(getattr(self, name)[item] for name in self.__slots__))


def plan_material(problem: NettingProblem) -> MaterialPlan:
    """Plan orders so that no item's projected available falls below its safety stock, parents before components.

    Assumptions: a planned order arrives when it is needed, even when it should have been released before period 0; such
    releases are reported as `past_due`, and somebody has to expedite. Lead times do not depend on quantities. Scheduled
    receipts stay where they are; `plan_with_rescheduling` moves them.

    Raises
    ------
    BillsInACircle
        When an item contains itself.

    Notes
    -----
    In period t of an item, with PA the projected available and SS the safety stock::

        net(t) = max(0, gross(t) + SS − PA(t − 1) − receipts(t))
        PA(t)  = PA(t − 1) + receipts(t) + lot(net(t)) − gross(t)

    and a lot that arrives in t is released in t − L. See Orlicky, *Material Requirements Planning* (1975); Vollmann, Berry,
    Whybark and Jacobs, *Manufacturing Planning and Control for Supply Chain Management*, ch. 7. The work is proportional to m p
    for the netting and to m² p for the explosion, in array operations over all items of one level.

    Examples
    --------
    A bike takes two wheels. Six bikes are needed in period 2, one is there; wheels come by the dozen.

    >>> def integers(*values): return np.array(values)
    >>> plan = plan_material(NettingProblem(
    ...     requirements=integers([0, 0, 6], [0, 0, 0]), receipts=integers([0, 0, 0], [0, 0, 0]),
    ...     on_hand=integers(1, 0), safety_stock=integers(0, 0), lead_time=integers(1, 1),
    ...     minimum=integers(1, 12), multiple=integers(1, 12), bill=integers([0, 0], [2, 0])))
    >>> plan.of(0).planned_releases
    array([0, 5, 0])
    >>> plan.of(1).planned_releases, plan.of(1).projected
    (array([12,  0,  0]), array([0, 2, 2]))
    """
    return _plan(problem, move_receipts=False)


def plan_with_rescheduling(problem: NettingProblem) -> MaterialPlan:
    """The same after every scheduled receipt has been moved to the period in which its first unit is needed.

    Moving what is on order comes before ordering more, and what is not needed within the horizon is left out. Receipts of an
    item are used in the order in which they stand, and are not split.
    """
    return _plan(problem, move_receipts=True)


def _plan(problem: NettingProblem, *, move_receipts: bool) -> MaterialPlan:
    rows = {name: np.zeros_like(problem.requirements) for name in MaterialPlan.__slots__ if name != "past_due"}
    plan = MaterialPlan(**rows, past_due=np.zeros_like(problem.on_hand))
    plan.gross[:] = problem.requirements
    plan.receipts[:] = problem.receipts
    for items in items_by_level(problem.bill):
        if move_receipts:
            plan.receipts[items] = _moved(problem, items, plan)
        _net(problem, items, plan)
        _offset(problem, items, plan)
        released = plan.planned_releases[items]
        if released.shape[1]:
            released[:, 0] += plan.past_due[items]
        plan.gross[:] += problem.bill[:, items] @ released
    return plan


def periods_of_need(problem: NettingProblem, items: Integers, gross: Integers) -> Integers:
    """For each scheduled receipt of some items, the first period in which stock and earlier receipts do not suffice; p for never.

    Parameters
    ----------
    gross
        Gross requirements of all items; shape (m, p).

    Returns
    -------
    array of int64, shape (len(items), p)
        In the place of each scheduled receipt; what stands where there is none has no meaning.
    """
    missing = problem.safety_stock[items, None] - problem.on_hand[items, None] + np.cumsum(gross[items], axis=1)
    missing = np.maximum.accumulate(missing, axis=1)
    receipts = problem.receipts[items]
    earlier = np.cumsum(receipts, axis=1) - receipts
    return np.array(
        [np.searchsorted(row, units, side="right") for row, units in zip(missing, earlier, strict=True)], dtype=np.int64
    ).reshape(receipts.shape)


def _moved(problem: NettingProblem, items: Integers, plan: MaterialPlan) -> Integers:
    """The scheduled receipts of one level, each in its period of need."""
    needed = periods_of_need(problem, items, plan.gross)
    receipts = problem.receipts[items]
    row, due = np.nonzero((receipts > 0) & (needed < receipts.shape[1]))
    moved = np.zeros_like(receipts)
    np.add.at(moved, (row, needed[row, due]), receipts[row, due])
    return moved


def _net(problem: NettingProblem, items: Integers, plan: MaterialPlan) -> None:
    """Net requirements, lots and projection of the items of one level, whose gross requirements are complete."""
    available = problem.on_hand[items]
    for t in range(plan.gross.shape[1]):
        available = available + plan.receipts[items, t] - plan.gross[items, t]
        net = np.maximum(problem.safety_stock[items] - available, 0)
        lots = lot_size(net, problem.minimum[items], problem.multiple[items])
        available = available + lots
        plan.net[items, t], plan.planned_receipts[items, t], plan.projected[items, t] = net, lots, available


def _offset(problem: NettingProblem, items: Integers, plan: MaterialPlan) -> None:
    """Releases, a lead time before the receipts."""
    for lead in np.unique(problem.lead_time[items]).tolist():
        same = items[problem.lead_time[items] == lead]
        receipts = plan.planned_receipts[same]
        plan.planned_releases[same, : max(receipts.shape[1] - lead, 0)] = receipts[:, lead:]
        plan.past_due[same] = receipts[:, :lead].sum(axis=1)
