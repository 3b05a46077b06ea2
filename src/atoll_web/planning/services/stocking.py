"""Use cases of the stocking workbench: levels optimised for an order fill rate, applied as a proposal; strategies compared."""

from collections.abc import Iterable, Mapping
from datetime import date
from time import monotonic
from typing import Any

import numpy as np
from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Abs

from atoll.model.system import Floats
from atoll.plots import FrontierPoint, frontier, to_svg
from atoll.simulate import Estimate, Policy
from atoll.stocking.bound import Bound, certified_gap
from atoll.stocking.built_ahead import (
    ROUNDS,
    StockedLevels,
    built_ahead_bound,
    measure,
    optimise_built_ahead,
    with_builds_as_orders,
)
from atoll.stocking.lead_time_demand import demand_during, takes_of_components
from atoll.stocking.strategies import compare_strategies, described
from atoll_web.accounts.acting import Actor, acting
from atoll_web.catalogue.models import Item
from atoll_web.planning.errors import NotAnOptimisation, NothingProposed
from atoll_web.planning.models import LevelProposal, StockPolicy
from atoll_web.planning.snapshot.company_system import CompanySystem, company_system
from atoll_web.runs import services as runs
from atoll_web.runs import states as run_states
from atoll_web.runs.models import Run

OPTIMISATION = "stock optimisation"
"""Kind of the runs that propose base-stock levels."""

HOLDING_RATE = 0.2
SAMPLES = 250
"""Configurations drawn of each model."""

WRITE_OFF_DAYS = 180.0
MOST_ENTRIES = 8_000
"""Of the order bills; with more the bound, a linear program that cannot be stopped, would take longer than the levels."""

AROUND = (-0.10, 0.04)
"""Targets beside the one asked for, which make the frontier."""

ASK_EVERY = 0.5
"""Seconds between two looks whether somebody asked for a stop."""


def request_optimisation(
    *,
    actor: Actor,
    service: float,
    window: float = 0.0,
    holding_rate: float = HOLDING_RATE,
    samples: int = SAMPLES,
    seed: int = 1,
) -> Run:
    """Ask for levels with which so large a share of the orders is complete within a window, to be found by `optimise`."""
    parameters = {"service": service, "window": window, "holding_rate": holding_rate, "samples": samples}
    return runs.create(actor=actor, kind=OPTIMISATION, parameters=parameters, seed=seed)


def optimise(*, actor: Actor, run: Run) -> Run:
    """Carry out an optimisation: a frontier of inventory value against order fill rate, and a proposal for the target.

    Raises
    ------
    NoForecast, UnattainableService
    """
    return runs.carry_out(actor=actor, run=run, work=lambda report: _optimised(actor, run, _Progress(report)))


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


def _optimised(actor: Actor, run: Run, progress: _Progress) -> Mapping[str, Any]:
    asked, seed = run.parameters, run.seed or 0
    progress.tell(0.0, progress.words)
    company = company_system(actor.today, samples=asked["samples"], seed=seed, holding_rate=asked["holding_rate"])
    system, lot = company.learned.system, company.learned.lot
    before = measure(system, Policy(company.level, lot=lot), window=asked["window"], seed=seed + 2, rounds=ROUNDS[:2])
    targets = [asked["service"], *(t for step in AROUND if 0.3 < (t := asked["service"] + step) < 0.995)]
    found: list[tuple[StockedLevels, Bound | None]] = []
    for number, target in enumerate(targets):
        progress.part(number, len(targets))
        if progress.stop() and found:
            break
        levels = optimise_built_ahead(
            system, target, window=asked["window"], lot=lot, seed=seed, stop=progress.stop, tell=progress.tell
        )
        bounded = number == 0 and len(system.quantity.item) <= MOST_ENTRIES and not progress.stop()
        bound = built_ahead_bound(system, target, window=asked["window"]) if bounded else None
        found.append((levels, bound))
    chosen = found[0][0]
    _propose_levels(actor, run, company, chosen)
    now = _point(company, before.window_service, np.asarray(before.inventory.mean), company.level)
    return {
        "orders_learned_from": company.orders,
        "never_ordered_before": company.learned.new_share,
        "components": len(system.components),
        "configurations": len(system.products),
        "stopped": progress.stopped,
        "why_it_ended": chosen.why,
        "now": now,
        "frontier": sorted((_frontier_point(company, *one) for one in found), key=lambda point: point["target"]),
    }


def _point(company: CompanySystem, service: Estimate, inventory: Floats, level: np.ndarray) -> dict[str, Any]:
    low, high = service.interval()
    return {
        "order_fill_rate": float(service.mean),
        "low": float(low),
        "high": float(high),
        "inventory_value": float(company.learned.value @ inventory),
        "level_value": float(company.learned.value @ level),
    }


def _frontier_point(company: CompanySystem, found: StockedLevels, bound: Bound | None) -> dict[str, Any]:
    point = {"target": found.target} | _point(company, found.service, found.inventory, found.level)
    if bound is None:
        return point | {"bound_value": None, "gap": None, "bound_method": "not computed"}
    years = 365 / float((company.learned.system.holding * 365 / company.learned.value).max())  # cost a day to value
    gap = certified_gap(float(found.holding_cost.mean), float(found.holding_cost.se), bound)
    known = np.isfinite(gap)
    return point | {"bound_value": bound.value * years, "gap": gap if known else None, "bound_method": bound.method}


def _propose_levels(actor: Actor, run: Run, company: CompanySystem, found: StockedLevels) -> None:
    """Rows for the items whose level changes. Planning orders below the base stock, so reorder point + 1 is the base stock."""
    flat, lot = with_builds_as_orders(company.learned.system), company.learned.lot
    keys, in_force = _items(flat.components)
    rows = []
    for i, takes in enumerate(takes_of_components(flat)):
        code, lead = flat.components[i], float(flat.lead_time[i])
        demand = demand_during(takes, lead)
        level = max(0, int(found.level[i] - lot[i] + 1))
        cover = (level - demand.mean) / demand.deviation if demand.deviation else 0.0
        rate = float(flat.component_rate[i])
        rows.append(
            LevelProposal(
                run=run,
                item_id=keys[code],
                before=in_force.get(code, 0),
                base_stock=level,
                daily_demand=rate,
                lead_time_days=lead,
                cover=cover,
            )
        )
    with acting(actor):
        LevelProposal.objects.filter(run=run).delete()  # of a worker that died
        LevelProposal.objects.bulk_create(row for row in rows if row.before != row.base_stock)


def _items(codes: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    rows = Item.objects.filter(code__in=list(codes)).values_list("code", "pk", "policy__base_stock")
    return {code: key for code, key, _ in rows}, {code: level or 0 for code, _, level in rows}


def apply_levels(*, actor: Actor, run: Run, items: Iterable[int] | None = None) -> int:
    """Put proposed levels in force, those of some items or all; how many.

    Raises
    ------
    NothingProposed, NotAnOptimisation
    """
    with acting(actor):
        if run.kind != OPTIMISATION or run.state not in {run_states.DONE, run_states.CANCELLED}:
            raise NotAnOptimisation(run=run.pk, state=run.state)
        rows = LevelProposal.objects.select_for_update().filter(run=run, applied_at=None).order_by("item_id")
        chosen = list(rows if items is None else rows.filter(item__in=list(items)))
        if not chosen:
            raise NothingProposed(run=run.pk)
        StockPolicy.objects.bulk_create(
            [
                StockPolicy(
                    item_id=row.item_id,
                    base_stock=row.base_stock,
                    daily_demand=row.daily_demand,
                    lead_time_days=round(row.lead_time_days),
                )
                for row in chosen
            ],
            update_conflicts=True,
            unique_fields=["item"],
            update_fields=["base_stock", "daily_demand", "lead_time_days"],
        )
        LevelProposal.objects.filter(pk__in=[row.pk for row in chosen]).update(applied_at=actor.at)
    return len(chosen)


def proposals_of(run: Run) -> QuerySet[LevelProposal]:
    """The levels that a run proposes, the largest change of value first."""
    money = DecimalField(max_digits=16, decimal_places=2)
    change = ExpressionWrapper((F("base_stock") - F("before")) * F("item__cost"), output_field=money)
    rows = LevelProposal.objects.filter(run=run).select_related("item").annotate(change=change)
    return rows.order_by(Abs("change").desc(), "item__code")


def frontier_picture(run: Run, currency: str) -> str:
    """The frontier of a run as SVG."""
    result = run.result or {}
    return to_svg(frontier([_drawn(point) for point in result["frontier"]], _drawn(result["now"]), currency))


def _drawn(point: Mapping[str, Any]) -> FrontierPoint:
    named = (point[name] for name in ("order_fill_rate", "low", "high", "inventory_value"))
    return FrontierPoint(*named, point.get("bound_value"))


def compare_company(
    *, today: date, seed: int = 1, horizon: float = 0.0, samples: int = SAMPLES, holding_rate: float = HOLDING_RATE
) -> dict[str, Any]:
    """Assemble to order with the levels in force, beside make to stock and make to order, for the company; reads only."""
    company = company_system(today, samples=samples, seed=seed, holding_rate=holding_rate)
    learned = company.learned
    found = compare_strategies(
        learned.system,
        Policy(company.level, lot=learned.lot),
        seed=seed,
        known=learned.known,
        value=learned.value,
        horizon=horizon or WRITE_OFF_DAYS,
    )
    return described(found) | {"orders_learned_from": company.orders}
