"""Component supply period by period: look ahead over a fan of scenarios, decide, see what is demanded, begin again."""

from dataclasses import dataclass

import numpy as np

from atoll.model.supply_plan import CapacityPlan
from atoll.model.system import Floats
from atoll.plan.demand_fan import demand_fan
from atoll.plan.supply_program import Foresight, SupplyDecision, SupplyProgram


@dataclass(frozen=True, slots=True, eq=False)
class SupplyOutcome:
    """What a planner did on a path of demand, and what came of it.

    Parameters
    ----------
    make, stock
        Components made in each period, and in stock at its end with those that were made; shape (n, m).
    sell, lost
        End items sold and lost; shape (n, k).
    profit
        Of each period: sales − cost of components − lost sales − holding of the stock at the end; shape (n,).
    """

    make: Floats
    stock: Floats
    sell: Floats
    lost: Floats
    profit: Floats


class RollingPlanner:
    """Decides period by period; what it has seen of demand goes into the scenarios of later periods.

    Parameters
    ----------
    plan
        Its paths are not looked at.
    foresight
        How far to look; as usual if None.
    season
        Periods of a season; the history begins with one.
    seed
        Of the scenarios.
    """

    def __init__(self, plan: CapacityPlan, *, foresight: Foresight | None = None, season: int = 12, seed: int = 0) -> None:
        self._foresight = foresight or Foresight()
        self._program = SupplyProgram(plan, self._foresight)
        self._season, self._rng, self._seen = season, np.random.default_rng(seed), plan.history

    def decide(self, on_hand: Floats, demand: Floats) -> SupplyDecision:
        """What to sell and to make in the next period, when its demand is known.

        Parameters
        ----------
        on_hand
            Components in stock; shape (m,).
        demand
            Of the end items; shape (k,).
        """
        self._seen = np.column_stack([self._seen, demand])
        look = self._foresight
        fan = demand_fan(self._seen, season=self._season, periods=look.periods, paths=look.paths, rng=self._rng)
        return self._program.decide(on_hand, demand, fan)


def follow(plan: CapacityPlan, planner: RollingPlanner, path: Floats) -> SupplyOutcome:
    """Let a planner decide on each period of a path of demand; shape (k, n).

    What is sold before a component would run out is cut back to what there is, and what is made to the capacity of the machines,
    so that rounding of the solver never counts.
    """
    stock, kept = plan.on_hand, []
    for demand in path.T:
        decision = planner.decide(stock, demand)
        wanted = np.minimum(decision.sell, demand)
        sell = wanted * _share(stock, plan.quantity.explode(wanted, len(plan.cost)))
        make = decision.make * _share(plan.capacity, decision.make @ plan.machine_time)
        stock = np.maximum(stock - plan.quantity.explode(sell, len(plan.cost)), 0.0) + make
        lost = demand - sell
        profit = plan.price @ sell - plan.cost @ make - plan.lost_cost @ lost - plan.holding @ stock
        kept.append((make, stock, sell, lost, profit))
    return SupplyOutcome(*(np.array(values) for values in zip(*kept, strict=True)))


def _share(limit: Floats, used: Floats) -> float:
    """Largest share, up to 1, of what is used that keeps all limits."""
    return float(np.divide(limit, used, out=np.ones(len(used)), where=used > limit).min(initial=1.0))
