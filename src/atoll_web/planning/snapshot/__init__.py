"""Stock, supply and demand as arrays for planning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection

from atoll.configure import Configuration
from atoll.plan import NettingProblem, exploded
from atoll_web.catalogue.models import BillLine, Item, ProductModel
from atoll_web.planning.errors import NoForecast
from atoll_web.planning.models import Forecast, StockPolicy
from atoll_web.planning.snapshot.company_system import drawn_bills
from atoll_web.purchasing.models import SupplierItem
from atoll_web.sales.models import OrderLine
from atoll_web.sales.states import CANCELLED

AHEAD = timedelta(days=14)
"""Units that nobody has ordered yet are bought when only their lead time and so long is left: time for weekends, margins of
unsteady suppliers, and a purchase that is released late."""

POSITIONS = """
SELECT i.id,
       COALESCE((SELECT SUM(s.quantity) FROM stock_supply s WHERE s.item_id = i.id AND s.quantity > 0), 0),
       COALESCE((
           SELECT SUM(s.quantity) FROM stock_supply s LEFT JOIN purchasing_supplieritem b ON b.item_id = s.item_id AND b.preferred
           WHERE s.item_id = i.id AND s.quantity > 0 AND s.kind = 'planned' AND s.due <= %s + COALESCE(b.lead_time_days, 0)
       ), 0),
       COALESCE((SELECT SUM(r.quantity - r.issued) FROM stock_requirement r WHERE r.item_id = i.id AND r.issued < r.quantity), 0)
FROM catalogue_item i
WHERE i.active AND i.kind <> 'end item'
ORDER BY i.code
"""
"""Supply, the part of it that is only planned and whose time to be ordered has come, and open requirements of each item."""


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
        The part of the supply that is not ordered yet although its time has come.
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


def positions(today: date) -> Positions:
    """Read the positions of all items that are stocked."""
    with connection.cursor() as cursor:
        cursor.execute(POSITIONS, [today + AHEAD])
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
    usage = np.zeros((samples, len(at)))
    for row, bill in zip(usage, drawn_bills(forecast.product_model.code, today, samples, rng), strict=True):
        for item, units in bill:
            row[at[item]] += units
    return usage


def _lead_days(items: list[Item]) -> np.ndarray:
    """Purchase lead time with the supplier's mean delay, or the build days in calendar days."""
    bought = {
        row.item_id: row.lead_time_days + round((1 - row.supplier.on_time) * row.supplier.mean_delay_days)
        for row in SupplierItem.objects.filter(preferred=True).select_related("supplier")
    }
    return np.array([bought.get(item.pk, -(-item.build_days * 7 // 5)) for item in items], dtype=np.int64)


NETTED = """
WITH RECURSIVE above (id) AS (
    SELECT %s::bigint
    UNION
    SELECT line.parent_id FROM above JOIN catalogue_billline line ON line.component_id = above.id
)
SELECT i.id, i.build_days, COALESCE(s.quantity, 0),
       COALESCE(b.minimum_quantity, 1), COALESCE(b.multiple, 1), COALESCE(b.lead_time_days, -1),
       EXISTS (SELECT FROM catalogue_billline line WHERE line.parent_id = i.id)::int
FROM above JOIN catalogue_item i ON i.id = above.id
LEFT JOIN stock_supply s ON s.item_id = i.id AND s.kind = 'on hand'
LEFT JOIN purchasing_supplieritem b ON b.item_id = i.id AND b.preferred
ORDER BY i.id
"""
"""Build days, units on hand, how it is bought and whether it is built, of an item and all that it goes into; lead time -1 where
nobody sells it."""

FLOWS = """
SELECT item_id, GREATEST((day - %s) / 7, 0) AS week, is_planned::int, sum(received), sum(required)
FROM (
    SELECT s.item_id, s.due, s.quantity, 0, s.kind = 'planned'
    FROM stock_supply s
    WHERE s.quantity > 0 AND s.item_id = ANY(%s)
    UNION ALL
    SELECT r.item_id, d.need_date, 0, r.quantity - r.issued, b.kind IS NOT DISTINCT FROM 'planned'
    FROM stock_requirement r
    JOIN stock_demand d ON d.id = r.demand_id
    LEFT JOIN stock_supply b ON b.id = d.builds_id
    WHERE r.issued < r.quantity AND r.item_id = ANY(%s)
) flow (item_id, day, received, required, is_planned)
WHERE day < %s
GROUP BY 1, 2, 3
"""
"""Item, week from a Monday on, whether nobody has ordered them yet, units received, and units required, before another Monday."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Requirements and receipts by week.

    Parameters
    ----------
    weeks
        The Monday of each week, the present one first; p of them. What should have happened before counts in the first.
    problem
        The item and all that it goes into, without what is only planned: netting plans that itself.
    at
        Row of each item's key in the problem.
    receipts, commitments
        With what is planned for promises, as promising sees it; int64 of shape (m, p), in units.
    """

    weeks: tuple[date, ...]
    problem: NettingProblem
    at: dict[int, int]
    receipts: np.ndarray
    commitments: np.ndarray


def weeks_ahead(item_id: int, today: date, periods: int, weekdays: int) -> Weeks:
    """Read what netting an item needs; what lies beyond the last week is left out.

    Parameters
    ----------
    item_id
        Key of the item.
    weekdays
        Working days of a week, by which build days become weeks.
    """
    monday = today - timedelta(days=today.weekday())
    with connection.cursor() as cursor:
        cursor.execute(NETTED, [item_id])
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 7)
        keys = rows[:, 0].tolist()
        cursor.execute(FLOWS, [monday, keys, keys, monday + timedelta(weeks=periods)])
        item, week, is_planned, *units = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 5).T
    at = {item: i for i, item in enumerate(keys)}
    firm, planned = flows = np.zeros((2, 2, len(at), periods), dtype=np.int64)
    flows[is_planned, :, np.searchsorted(rows[:, 0], item), week] = np.transpose(units)
    bill = np.zeros((len(at), len(at)), dtype=np.int64)
    lines = BillLine.objects.filter(component__in=keys, parent__in=keys)
    for parent, component, quantity in lines.values_list("parent_id", "component_id", "quantity"):
        bill[at[component], at[parent]] = quantity
    bought_weeks, built_weeks = -(-rows[:, 5] // 7), -(-rows[:, 1] // weekdays)
    problem = NettingProblem(
        requirements=firm[1],
        receipts=firm[0],
        on_hand=rows[:, 2],
        safety_stock=np.zeros(len(at), dtype=np.int64),
        lead_time=np.where((rows[:, 6] == 1) | (rows[:, 5] < 0), built_weeks, bought_weeks),
        minimum=rows[:, 3],
        multiple=rows[:, 4],
        bill=bill,
    )
    weeks = tuple(monday + timedelta(weeks=t) for t in range(periods))
    return Weeks(weeks, problem, at, *(firm + planned))


MOST_LINES = 20_000
"""Latest order lines that option shares are learned from."""


def ordered_configurations(product_model: ProductModel) -> list[Configuration]:
    """What customers ordered of a model, the same as often as it was ordered; cancelled lines do not count."""
    lines = OrderLine.objects.filter(configuration__revision__product_model=product_model).exclude(state=CANCELLED)
    rows = lines.order_by("-id").values_list("configuration_id", "configuration__values")[:MOST_LINES]
    made: dict[int, Configuration] = {}
    return [made.setdefault(key, _configuration(product_model.code, values)) for key, values in rows]


def _configuration(model: str, values: Mapping[str, Any]) -> Configuration:
    kept = tuple((code, tuple(value) if isinstance(value, list) else value) for code, value in values.items())
    return Configuration(model, "", kept, "")
