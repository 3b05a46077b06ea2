"""Use cases of planning: stock levels from forecasts, what to buy and to build, releasing it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from atoll.configure import Bond, OptionShares, bonds, marginals_of, shares_from_history, shares_from_marginals
from atoll.model.calendar import Calendar
from atoll.model.product import Feature
from atoll.plan import MaterialPlan, plan_material, replenish_levels
from atoll.promise import available_to_promise
from atoll.stocking import base_stock_levels
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import update_each
from atoll_web.catalogue.models import Item, ProductModel, Revision
from atoll_web.catalogue.snapshot import calendar, configurator, product_model
from atoll_web.planning import states
from atoll_web.planning.errors import NotProposed
from atoll_web.planning.models import Forecast, PlannedOrder, StockPolicy
from atoll_web.planning.snapshot import AHEAD, Positions, demand_rates, ordered_configurations, positions, weeks_ahead
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrder
from atoll_web.runs import services as runs
from atoll_web.runs.models import Run
from atoll_web.sales import services as sales
from atoll_web.stock.models import Supply

REVIEW_DAYS = 1
"""Planning runs once a working day."""

REPLENISHMENT = "replenishment"
"""Kind of the runs that propose orders."""


WEEKS = 12
"""Weeks of the time-phased table."""


@dataclass(frozen=True, slots=True)
class TimePhased:
    """The time-phased table of an item.

    Parameters
    ----------
    weeks
        The Monday of each week.
    plan
        Rows of the table, one number a week.
    available
        Cumulative available to promise, by week, beyond the safety stock.
    """

    weeks: tuple[date, ...]
    plan: MaterialPlan
    available: np.ndarray


def time_phased(*, item: Item, today: date, weekdays: int) -> TimePhased:
    """Net an item over the coming weeks, from all that is known to be required of it and its parents; reads only.

    Parameters
    ----------
    weekdays
        Working days of a week.
    """
    now = weeks_ahead(item.pk, today, WEEKS, weekdays)
    i = now.at[item.pk]
    available = available_to_promise(int(now.problem.on_hand[i]), now.receipts[i], now.commitments[i])
    available = np.maximum(available - item.safety_stock, np.minimum(available, 0))
    return TimePhased(now.weeks, plan_material(now.problem).of(i), available)


def set_forecasts(*, actor: Actor, forecasts: Mapping[str, tuple[float, float]]) -> None:
    """Write how many units of each product model are expected a week, and how lumpy its orders are."""
    keys = dict(ProductModel.objects.values_list("code", "id"))
    with acting(actor):
        Forecast.objects.bulk_create(
            [
                Forecast(product_model_id=keys[code], weekly_units=units, units_per_order=lumpiness)
                for code, (units, lumpiness) in forecasts.items()
            ],
            update_conflicts=True,
            unique_fields=["product_model"],
            update_fields=["weekly_units", "units_per_order"],
        )


def set_stock_policies(*, actor: Actor, item_fill_rate: float, samples: int = 300, seed: int = 1) -> Run:
    """Compute the base-stock level of every item from the forecasts, and put it in force.

    Parameters
    ----------
    item_fill_rate
        Share of the demand for each item that is to be met from stock, between 0 and 1.
    samples
        Configurations drawn of each model to learn what it takes.

    Raises
    ------
    NoForecast
        When no model has a forecast.
    """
    parameters = {"item_fill_rate": item_fill_rate, "samples": samples}
    run = runs.create(actor=actor, kind="stock policies", parameters=parameters, seed=seed)
    return runs.carry_out(actor=actor, run=run, work=lambda _report: _set_policies(actor, item_fill_rate, samples, seed))


def _set_policies(actor: Actor, item_fill_rate: float, samples: int, seed: int) -> Mapping[str, Any]:
    rates = demand_rates(actor.today, samples, seed)
    levels = base_stock_levels(rates.rate, rates.variance, rates.lead_days, review_days=REVIEW_DAYS, target=item_fill_rate)
    with acting(actor):
        StockPolicy.objects.bulk_create(
            [
                StockPolicy(item_id=item, base_stock=level, daily_demand=rate, lead_time_days=lead)
                for item, level, rate, lead in zip(
                    rates.item_ids.tolist(), levels.tolist(), rates.rate.tolist(), rates.lead_days.tolist(), strict=True
                )
            ],
            update_conflicts=True,
            unique_fields=["item"],
            update_fields=["base_stock", "daily_demand", "lead_time_days"],
        )
    return {"items": len(levels), "units": int(levels.sum())}


def request_plan(*, actor: Actor) -> Run:
    """Ask for a planning run, to be carried out by `plan`."""
    return runs.create(actor=actor, kind=REPLENISHMENT, parameters={"on": actor.today.isoformat()})


def plan(*, actor: Actor, run: Run | None = None) -> Run:
    """Propose what to build and to buy so that every inventory position is back at its base-stock level.

    Parameters
    ----------
    run
        The run that was asked for; a new one when not given.
    """
    run = run or request_plan(actor=actor)
    return runs.carry_out(actor=actor, run=run, work=lambda _report: _propose(actor, run))


def _propose(actor: Actor, run: Run) -> Mapping[str, Any]:
    now = positions(actor.today)
    need = replenish_levels(now.inventory_position, now.level, now.minimum, now.multiple, now.bill)
    quantity = np.where(now.is_built, need, need + now.planned)
    chosen = np.flatnonzero(quantity > 0)
    items = Item.objects.in_bulk(now.item_ids[chosen].tolist())
    days = calendar()
    proposals = [_proposal(run, now, i, items[int(now.item_ids[i])], int(quantity[i]), actor, days) for i in chosen.tolist()]
    with acting(actor):
        PlannedOrder.objects.filter(state=states.PROPOSED).update(state=states.DISCARDED)
        PlannedOrder.objects.bulk_create(proposals)
    return {"proposals": len(chosen), "builds": int(now.is_built[chosen].sum()), "units": int(quantity.sum())}


def _proposal(run: Run, now: Positions, i: int, item: Item, quantity: int, actor: Actor, days: Calendar) -> PlannedOrder:
    tomorrow, arrival = (actor.today + timedelta(days=n) for n in (1, int(now.lead_days[i])))
    return PlannedOrder(
        run=run,
        item=item,
        kind="build" if now.is_built[i] else "purchase",
        quantity=quantity,
        pegged=0 if now.is_built[i] else int(now.planned[i]),
        due=days.add(tomorrow, item.build_days) if now.is_built[i] else days.on_or_after(arrival),
    )


@begun_again_after_deadlock
def release_purchases(*, actor: Actor, planned: Sequence[PlannedOrder]) -> list[PurchaseOrder]:
    """Buy what was proposed. What promises rested on planned supply that comes about then rests on the purchase.

    Raises
    ------
    NotProposed, NoSupplier
        Nothing is ordered then.
    """
    with acting(actor):
        rows = _locked(planned, "purchase")
        waiting: dict[int, list[Supply]] = defaultdict(list)
        arrival = {row.item_id: row.due for row in rows}
        supplies = Supply.objects.filter(kind="planned", item__in=arrival, quantity__gt=0, consumes=None)
        for supply in supplies:
            if supply.due <= arrival[supply.item_id] + AHEAD:
                waiting[supply.item_id].append(supply)
        orders = purchasing.order(
            actor=actor,
            wanted=[
                purchasing.Wanted(
                    row.item,
                    max(row.quantity, sum(supply.quantity for supply in waiting[row.item_id])),
                    tuple(waiting[row.item_id]),
                )
                for row in rows
            ],
        )
        number = {line.item_id: order.number for order in orders for line in order.lines.all()}
        _released(rows, {row.pk: number[row.item_id] for row in rows})
    return orders


@begun_again_after_deadlock
def plan_builds(*, actor: Actor, planned: Sequence[PlannedOrder]) -> list[Supply]:
    """Plan the proposed builds into stock: each gets its components allocated and the date on which it can be done.

    What is planned goes with the last order that rests on it, so that assembly opens build orders of them at once.

    Raises
    ------
    NotProposed, CannotPromise
        Nothing is planned then.
    """
    with acting(actor):
        rows = _locked(planned, "build")
        supplies = [sales.plan_into_stock(actor, row.item, row.quantity) for row in rows]
        _released(rows, {row.pk: f"supply {supply.pk}" for row, supply in zip(rows, supplies, strict=True)})
    return supplies


def _locked(planned: Sequence[PlannedOrder], kind: str) -> list[PlannedOrder]:
    rows = list(
        PlannedOrder.objects.select_for_update(of=("self",))
        .filter(id__in=[row.pk for row in planned], kind=kind)
        .select_related("item")
        .order_by("id")
    )
    for row in rows:
        if row.state != states.PROPOSED:
            raise NotProposed(order=str(row), state=row.state)
    return rows


def _released(rows: Sequence[PlannedOrder], references: Mapping[int, str]) -> None:
    for row in rows:
        row.state, row.reference = states.RELEASED, references[row.pk]
    update_each(rows, ["state", "reference"])


MOST_SAMPLES = 400
"""Configurations drawn to fit a model's stated shares to."""


@dataclass(frozen=True, slots=True)
class SharesSeen:
    """How often the options of a revision are taken.

    Parameters
    ----------
    orders
        Order lines that the shares are learned from; 0 where they are those that the model states.
    bonds
        All pairs of options of different features, the most closely bound first.
    """

    revision: Revision
    orders: int
    shares: OptionShares
    bonds: tuple[Bond, ...]


def option_shares(*, revision: Revision, today: date, from_orders: bool) -> SharesSeen:
    """The matrix of option shares of a revision: from past orders, smoothed, or from the shares that the model states."""
    if not from_orders:
        shares = _stated_shares(revision.digest, revision, today)
        return SharesSeen(revision, 0, shares, bonds(shares))
    past = ordered_configurations(revision.product_model)
    shares = shares_from_history(product_model(revision), past)
    return SharesSeen(revision, len(past), shares, bonds(shares))


def features_of(revision: Revision) -> tuple[Feature, ...]:
    """The features of a revision, with their options."""
    return product_model(revision).features


@lru_cache(maxsize=16)
def _stated_shares(_digest: str, revision: Revision, today: date) -> OptionShares:
    """Fitted once a day, as it takes a second; the digest tells revisions of different databases apart."""
    model, engine, rng = product_model(revision), configurator(revision, today), np.random.default_rng(0)
    samples = [engine.sample(rng) for _ in range(MOST_SAMPLES)]
    return shares_from_marginals(model, samples, marginals_of(model))
