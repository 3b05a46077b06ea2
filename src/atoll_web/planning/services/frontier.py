"""The work of a stock optimisation: what was learned, the frontier of inventory value against order fill rate, and the levels of
each of its points."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from time import monotonic
from typing import Any

import numpy as np

from atoll.model.system import Floats, Integers
from atoll.plots import FrontierPoint, frontier, to_svg
from atoll.simulate import Estimate, Policy
from atoll.stocking.bound import Bound, certified_gap
from atoll.stocking.builds_as_orders import with_builds_as_orders
from atoll.stocking.built_ahead import ROUNDS, StockedLevels, draw_built_ahead, measure, optimise_built_ahead
from atoll.stocking.fcfs import UnattainableService
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.order_mix import evidence
from atoll.stocking.service_cut import ServiceCuts
from atoll_web.accounts.acting import Actor, acting
from atoll_web.catalogue.models import Item
from atoll_web.planning.models import LevelProposal
from atoll_web.planning.snapshot.company_system import CompanySystem, company_system
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run

LEAST_TARGET, MOST_TARGET = 0.3, 0.99

ASK_EVERY = 0.5
"""Seconds between two looks whether somebody asked for a stop."""


def targets(service: float, around: Iterable[float]) -> list[float]:
    """Targets of a frontier: what was asked for, then those so far from it."""
    others = (round(service + step, 4) for step in around)
    return [service, *(target for target in others if LEAST_TARGET <= target <= MOST_TARGET)]


class _Progress:
    """Reports progress within a part of the work, and asks now and then whether to stop."""

    def __init__(self, report: runs.Report) -> None:
        self.report, self.start, self.size = report, 0.0, 1.0
        self.share, self.words, self.stopped, self.asked = 0.0, "Learning from orders and receipts", False, 0.0

    def part(self, number: int, parts: int) -> None:
        self.start, self.size = number / parts, 1 / parts

    def tell(self, share: float, words: str) -> None:
        self.share, self.words, self.asked = self.start + share * self.size, words, 0.0
        self.stop()

    def stop(self) -> bool:
        if not self.stopped and monotonic() - self.asked > ASK_EVERY:
            self.stopped, self.asked = not self.report(self.share, self.words), monotonic()
        return self.stopped


def optimised(actor: Actor, run: Run, report: runs.Report) -> Mapping[str, Any]:
    """Find the frontier of a run, write the levels of its points as proposals, and tell the rest as the run's result."""
    asked, seed, progress = run.parameters, run.seed or 0, _Progress(report)
    progress.tell(0.0, progress.words)
    company = company_system(
        actor.today, samples=asked["samples"], seed=seed, holding_rate=asked["holding_rate"], stop=progress.stop
    )
    now = _in_force(company, asked["window"], seed, progress)
    found = _searched(company, asked, seed, progress)
    _propose(actor, run, company, [levels for levels, _ in found])
    points = [_frontier_point(company, *one) for one in found]
    return {
        "stopped": progress.stopped,
        "why_it_ended": found[0][0].why if found else "stopped before any levels were found",
        "learned": _learned(company),
        "now": now,
        "frontier": sorted(points, key=lambda point: point["target"]),
        "demand": _demand(company),
        "items": _items(company),
    }


def _searched(
    company: CompanySystem, asked: Mapping[str, Any], seed: int, progress: _Progress
) -> list[tuple[StockedLevels, Bound]]:
    """Levels and the bound of each target that the search came to. Those beside the one asked for may be out of reach."""
    system, lot, window, stop = company.learned.system, company.learned.lot, asked["window"], progress.stop
    samples = draw_built_ahead(system, lot=lot, seed=seed, stop=stop)
    cuts = ServiceCuts.draw(system, window=window, lot=lot, seed=seed + 3, stop=stop)
    wanted, found = targets(asked["service"], asked["around"]), list[tuple[StockedLevels, Bound]]()
    for number, target in enumerate(wanted):
        if stop():
            break
        progress.part(number, len(wanted))
        try:
            levels = optimise_built_ahead(
                system, target, window=window, lot=lot, seed=seed, samples=samples, stop=stop, tell=progress.tell
            )
        except UnattainableService:
            if number == 0:
                raise
            continue
        if levels.is_settled or (levels.tries and not found):
            found.append((levels, cuts.bound(target, stop=stop)))
    return found


def _in_force(company: CompanySystem, window: float, seed: int, progress: _Progress) -> dict[str, Any]:
    """What the levels in force cost and serve."""
    policy = Policy(company.level, lot=company.learned.lot)
    now = measure(company.learned.system, policy, window=window, seed=seed + 2, rounds=ROUNDS[:2], stop=progress.stop)
    return _point(company, now.window_service, np.asarray(now.inventory.mean), company.level)


def _demand(company: CompanySystem) -> list[dict[str, Any]]:
    return [
        {
            "model": model.model,
            "units_a_day": model.daily_units,
            "order_lines": len(model.ordered),
            "different": len({bill for bill, _ in model.ordered}),
        }
        for model in company.models
    ]


def _learned(company: CompanySystem) -> dict[str, Any]:
    system = company.learned.system
    return {
        "order_lines": company.order_lines,
        "never_ordered_before": company.learned.new_share,
        "ordered_ahead": company.ahead_share,
        "components": len(system.components),
        "configurations": len(system.products),
        "lead_times_from_receipts": sum(code in company.receipts for code in system.components),
    }


def _items(company: CompanySystem) -> dict[str, dict[str, Any]]:
    seen = evidence(company.models, company.learned)
    return {
        code: asdict(one) | {"receipts": company.receipts.get(code, 0)}
        for code, one in zip(company.learned.system.components, seen, strict=True)
    }


def _point(company: CompanySystem, service: Estimate, inventory: Floats, level: Integers) -> dict[str, Any]:
    low, high = service.interval()
    return {
        "order_fill_rate": float(service.mean),
        "low": float(low),
        "high": float(high),
        "inventory_value": float(company.learned.value @ inventory),
        "level_value": float(company.learned.value @ level),
    }


def _frontier_point(company: CompanySystem, found: StockedLevels, bound: Bound) -> dict[str, Any]:
    point = {"target": found.target} | _point(company, found.service, found.inventory, found.level)
    years = 365 / float((company.learned.system.holding * 365 / company.learned.value).max())  # cost a day to value
    gap = certified_gap(float(found.holding_cost.mean), float(found.holding_cost.se), bound)
    known = np.isfinite(gap)
    return point | {"bound_value": bound.low * years, "gap": gap if known else None, "bound_method": bound.method}


def _propose(actor: Actor, run: Run, company: CompanySystem, found: Sequence[StockedLevels]) -> None:
    """A level of each item for each target. Planning orders below the base stock, so reorder point + 1 is the base stock."""
    flat, lot = with_builds_as_orders(company.learned.system), company.learned.lot
    keys, in_force = _stocked(flat.components)
    rows = []
    for i, takes in enumerate(takes_of_components(flat)):
        code, lead = flat.components[i], float(flat.lead_time[i])
        demand = demand_during(takes, lead, flat.demand_lead_times)
        for levels in found:
            level = max(0, int(levels.level[i] - lot[i] + 1))
            row = LevelProposal(
                run=run,
                target=levels.target,
                item_id=keys[code],
                before=in_force[code],
                base_stock=level,
                daily_demand=float(flat.component_rate[i]),
                lead_time_days=lead,
                cover=(level - demand.mean) / demand.deviation if demand.deviation else 0.0,
            )
            rows.append(row)
    with acting(actor):
        LevelProposal.objects.filter(run=run).delete()  # of a worker that died
        LevelProposal.objects.bulk_create(rows)


def _stocked(codes: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Key and base stock of each item."""
    rows = Item.objects.filter(code__in=list(codes)).values_list("code", "pk", "policy__base_stock")
    return {code: key for code, key, _ in rows}, {code: level or 0 for code, _, level in rows}


def frontier_picture(run: Run, currency: str, target: float) -> str:
    """The frontier of a run as SVG, the point of a target marked."""
    result = run.result or {}
    points = {point["target"]: _drawn(point) for point in result["frontier"]}
    return to_svg(frontier(list(points.values()), _drawn(result["now"]), currency, chosen=points.get(target)))


def _drawn(point: Mapping[str, Any]) -> FrontierPoint:
    named = (point[name] for name in ("order_fill_rate", "low", "high", "inventory_value"))
    return FrontierPoint(*named, point.get("bound_value"))
