"""Use cases of the stocking workbench: levels optimised for an order fill rate, applied as a proposal; strategies compared."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Abs, Coalesce

from atoll.model.system import AssemblySystem
from atoll.simulate import Policy
from atoll.stocking.strategies import compare_strategies, described
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.planning.errors import NotAnOptimisation, NothingProposed
from atoll_web.planning.models import LevelProposal, StockPolicy
from atoll_web.planning.services.frontier import optimised
from atoll_web.planning.snapshot.company_system import company_system
from atoll_web.runs import services as runs
from atoll_web.runs import states as run_states
from atoll_web.runs.models import Run

OPTIMISATION = "stock optimisation"
"""Kind of the runs that propose base-stock levels."""

HOLDING_RATE = 0.2
SAMPLES = 2000
"""Configurations drawn of each model to optimise for: levels fit what was drawn. With 250 of each, 16 of the 342 components of
the computer maker were in none of them, and the levels found for 90 % of the orders served 87.6 %; with 2,000 they serve 90.2 %.
"""

SAMPLES_TO_COMPARE = 250
"""Configurations drawn of each model to see what given levels serve, which that many tell without bias."""

AROUND = (-0.06, 0.04, -0.12, 0.07)
"""Targets beside the one asked for, which make the frontier; the nearest first."""

WRITE_OFF_DAYS = 180.0


def request_optimisation(
    *,
    actor: Actor,
    service: float,
    window: float = 0.0,
    holding_rate: float = HOLDING_RATE,
    samples: int = SAMPLES,
    around: Sequence[float] = AROUND,
    seed: int = 1,
) -> Run:
    """Ask for levels with which so large a share of the orders is complete within a window, to be found by `optimise`.

    Parameters
    ----------
    around
        Further points of the frontier, as differences from the share.
    """
    parameters = {
        "service": service,
        "window": window,
        "holding_rate": holding_rate,
        "samples": samples,
        "around": list(around),
    }
    return runs.create(actor=actor, kind=OPTIMISATION, parameters=parameters, seed=seed)


def optimise(*, actor: Actor, run: Run) -> Run:
    """Carry out an optimisation: a frontier of inventory value against order fill rate, and levels for each of its points.

    Raises
    ------
    NoForecast, UnattainableService
    """
    return runs.carry_out(actor=actor, run=run, work=lambda report: optimised(actor, run, report))


@begun_again_after_deadlock
def apply_levels(*, actor: Actor, run: Run, target: float, items: Iterable[int] | None = None) -> int:
    """Put the levels of a target in force, those of some items or all that are not; how many.

    Raises
    ------
    NothingProposed, NotAnOptimisation
    """
    with acting(actor):
        if run.kind != OPTIMISATION or run.state not in {run_states.DONE, run_states.CANCELLED}:
            raise NotAnOptimisation(run=run.pk, state=run.state)
        rows = proposals_of(run, target).exclude(in_force=F("base_stock")).order_by("item_id")
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


def proposals_of(run: Run, target: float) -> QuerySet[LevelProposal]:
    """The levels of a target that a run proposes to change, the largest change of value first.

    Each row tells the level that is in force now beside the one before the run.
    """
    money = DecimalField(max_digits=16, decimal_places=2)
    change = ExpressionWrapper((F("base_stock") - F("before")) * F("item__cost"), output_field=money)
    rows = LevelProposal.objects.filter(run=run, target=target).select_related("item")
    told = rows.annotate(change=change, in_force=Coalesce("item__policy__base_stock", 0))
    changing = told.exclude(Q(before=F("base_stock")) & Q(in_force=F("base_stock")))
    return changing.order_by(Abs("change").desc(), "item__code")


def stock_in_value(
    *, today: date, seed: int = 1, samples: int = SAMPLES_TO_COMPARE, holding_rate: float = HOLDING_RATE
) -> tuple[AssemblySystem, Policy]:
    """The company's system and its levels in force; holding a unit costs its value, so costs are values of stock. Reads only."""
    company = company_system(today, samples=samples, seed=seed, holding_rate=holding_rate)
    learned = company.learned
    return replace(learned.system, holding=learned.value), Policy(company.level, lot=learned.lot)


def compare_company(
    *, today: date, seed: int = 1, horizon: float = 0.0, samples: int = SAMPLES_TO_COMPARE, holding_rate: float = HOLDING_RATE
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
    return described(found) | {"orders_learned_from": company.order_lines}
