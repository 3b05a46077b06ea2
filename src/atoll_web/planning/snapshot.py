"""Stock, supply and demand as arrays for planning."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection

from atoll.configure import order_bill
from atoll.plan import exploded
from atoll_web.catalogue.models import BillLine, Item
from atoll_web.catalogue.services import orderable_revision
from atoll_web.catalogue.snapshot import configurator, product_model, structure
from atoll_web.planning.errors import NoForecast
from atoll_web.planning.models import Forecast, StockPolicy
from atoll_web.purchasing.models import SupplierItem

POSITIONS = """
SELECT i.id,
       COALESCE((SELECT SUM(s.quantity) FROM stock_supply s WHERE s.item_id = i.id AND s.quantity > 0), 0),
       COALESCE((SELECT SUM(s.quantity) FROM stock_supply s WHERE s.item_id = i.id AND s.kind = 'planned'), 0),
       COALESCE((SELECT SUM(r.quantity - r.issued) FROM stock_requirement r WHERE r.item_id = i.id AND r.issued < r.quantity), 0)
FROM catalogue_item i
WHERE i.active AND i.kind <> 'end item'
ORDER BY i.code
"""
"""Supply, the part of it that is only planned, and open requirements of each item."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Where each item stands; all arrays are int64 of shape (m,), in units.

    Parameters
    ----------
    item_ids
        Keys of the items.
    supply
        On hand, ordered and planned.
    planned
        The part of the supply that is not ordered yet.
    required
        Open requirements of customer orders and builds.
    level
        Base-stock level.
    is_built
        Whether the item is built from components.
    bill
        Quantity per, shape (m, m): `bill[i, j]` units of `i` go into one `j`.
    minimum, multiple
        How the item is bought; 1 for built items.
    lead_days
        Calendar days of its purchase; 0 for built items.
    """

    item_ids: np.ndarray
    supply: np.ndarray
    planned: np.ndarray
    required: np.ndarray
    level: np.ndarray
    is_built: np.ndarray
    bill: np.ndarray
    minimum: np.ndarray
    multiple: np.ndarray
    lead_days: np.ndarray

    @property
    def inventory_position(self) -> np.ndarray:
        """On hand + on order − backorders."""
        return self.supply - self.required


def positions() -> Positions:
    """Read the positions of all items that are stocked."""
    with connection.cursor() as cursor:
        cursor.execute(POSITIONS)
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 4)
    at = {item: index for index, item in enumerate(rows[:, 0].tolist())}
    level, minimum, multiple, lead = (np.full(len(at), start, dtype=np.int64) for start in (0, 1, 1, 0))
    for item, base_stock in StockPolicy.objects.values_list("item_id", "base_stock"):
        if item in at:
            level[at[item]] = base_stock
    sources = SupplierItem.objects.filter(preferred=True).values_list("item_id", "minimum_quantity", "multiple", "lead_time_days")
    for item, least, step, days in sources:
        if item in at:
            minimum[at[item]], multiple[at[item]], lead[at[item]] = least, step, days
    bill = np.zeros((len(at), len(at)), dtype=np.int64)
    for parent, component, quantity in BillLine.objects.values_list("parent_id", "component_id", "quantity"):
        if parent in at and component in at:
            bill[at[component], at[parent]] = quantity
    return Positions(
        item_ids=rows[:, 0],
        supply=rows[:, 1],
        planned=rows[:, 2],
        required=rows[:, 3],
        level=level,
        is_built=bill.any(axis=0),
        bill=bill,
        minimum=minimum,
        multiple=multiple,
        lead_days=lead,
    )


@dataclass(frozen=True, slots=True)
class DemandRates:
    """What the forecasts make of each stocked item; arrays of shape (m,).

    Parameters
    ----------
    item_ids
        Keys of the items (int64).
    rate, variance
        Mean and variance of the units demanded in one calendar day (float64).
    lead_days
        Calendar days until an order placed by the daily planning is usable (int64).
    """

    item_ids: np.ndarray
    rate: np.ndarray
    variance: np.ndarray
    lead_days: np.ndarray


def demand_rates(today: date, samples: int, seed: int) -> DemandRates:
    """Demand for every item from the models' forecasts, by drawing configurations under the option shares.

    Drawing, rather than multiplying shares, respects the rules and knows which orders take a stocked subassembly.

    Raises
    ------
    NoForecast
        When no model has a forecast.
    """
    forecasts = list(Forecast.objects.select_related("product_model").order_by("product_model__code"))
    if not forecasts:
        raise NoForecast()
    items = list(Item.objects.filter(active=True).exclude(kind="end item").order_by("code"))
    at = {item.code: index for index, item in enumerate(items)}
    rate, variance = np.zeros(len(items)), np.zeros(len(items))
    streams = np.random.SeedSequence(seed).spawn(len(forecasts))
    for forecast, stream in zip(forecasts, streams, strict=True):
        usage = _usage(forecast, at, today, samples, np.random.default_rng(stream))
        daily = forecast.weekly_units / 7
        rate += daily * usage.mean(axis=0)
        variance += daily * forecast.units_per_order * (usage**2).mean(axis=0)
    bills = np.zeros((len(items), len(items)))
    for parent, component, quantity in BillLine.objects.values_list("parent__code", "component__code", "quantity"):
        bills[at[component], at[parent]] = quantity
    return DemandRates(
        item_ids=np.array([item.pk for item in items], dtype=np.int64),
        rate=exploded(rate, bills),
        variance=exploded(variance, bills**2),
        lead_days=_lead_days(items),
    )


def _usage(forecast: Forecast, at: dict[str, int], today: date, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Units of each item in drawn configurations, shape (samples, m)."""
    revision = orderable_revision(forecast.product_model.code, today)
    engine, model = configurator(revision, today), product_model(revision)
    there = structure()
    usage = np.zeros((samples, len(at)))
    for row in usage:
        for line in order_bill(model, engine.sample(rng), there.bills, there.items).lines:
            row[at[line.item]] += line.quantity
    return usage


def _lead_days(items: list[Item]) -> np.ndarray:
    """Purchase lead time with the supplier's mean delay, or the build days in calendar days."""
    bought = {
        row.item_id: row.lead_time_days + round((1 - row.supplier.on_time) * row.supplier.mean_delay_days)
        for row in SupplierItem.objects.filter(preferred=True).select_related("supplier")
    }
    return np.array([bought.get(item.pk, -(-item.build_days * 7 // 5)) for item in items], dtype=np.int64)
