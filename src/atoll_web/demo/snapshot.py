"""The figures of a played business, read from the rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

KINDS = ("component", "subassembly", "in process", "finished")
"""Where money lies: components and subassemblies in the warehouse, kits on the lines, finished units before they leave."""

MOST_DELAYING = 10

ORDERS = "SELECT state, count(*) FROM sales_order GROUP BY 1 ORDER BY 1"
"""Orders by state."""

FILL_RATE = """
SELECT date_trunc('week', ordered_at AT TIME ZONE 'UTC')::date, sum(filled::int), sum(in_time::int), count(*) FROM (
    SELECT o.ordered_at, bool_and(line.filled_from_stock) AS filled,
           bool_and(line.filled_from_stock OR (line.request_date > (o.ordered_at AT TIME ZONE 'UTC')::date
                                               AND first.binding IS DISTINCT FROM 'material')) AS in_time
    FROM sales_order o JOIN sales_orderline line ON line.order_id = o.id
    JOIN (
        SELECT DISTINCT ON (line_id) line_id, basis -> 'binding' ->> 'kind' AS binding FROM sales_promise ORDER BY line_id, id
    ) first ON first.line_id = line.id
    WHERE line.state IN ('confirmed', 'in assembly', 'assembled', 'shipped')
    GROUP BY o.id
) orders
GROUP BY 1 ORDER BY 1
"""
"""Orders by the week in which they came: those for which everything was free on hand when they were confirmed; those and the ones
that asked for a later day and which no item kept from it; and all."""

ON_TIME = """
SELECT avg(on_time::int), count(*) FROM (
    SELECT bool_and(line.state = 'shipped' AND line.shipped_on <= first.ship_date) AS on_time, max(first.ship_date) AS promised
    FROM sales_orderline line
    JOIN (
        SELECT DISTINCT ON (line_id) line_id, ship_date FROM sales_promise ORDER BY line_id, id
    ) first ON first.line_id = line.id
    WHERE line.state <> 'cancelled'
    GROUP BY line.order_id
) orders
WHERE promised <= %(last)s
"""
"""Share of the orders promised up to a day that were shipped completely on or before their first promise; their number."""

RESPONSE = """
WITH orders AS (
    SELECT max(line.shipped_on) - (o.ordered_at AT TIME ZONE 'UTC')::date AS days, max(line.shipped_on) AS shipped_on,
           bool_and(line.request_date = (o.ordered_at AT TIME ZONE 'UTC')::date) AS at_once
    FROM sales_order o JOIN sales_orderline line ON line.order_id = o.id
    WHERE o.state = 'shipped'
    GROUP BY o.id
)
SELECT {group}, percentile_cont(0.5) WITHIN GROUP (ORDER BY days), percentile_cont(0.95) WITHIN GROUP (ORDER BY days), count(*)
FROM orders {condition} GROUP BY 1 ORDER BY 1
"""
"""Days from order to shipment: median and 95 % quantile of the shipped orders, by a group of them."""

AT_ONCE = "WHERE at_once"
"""Orders that asked for no later day."""

INVENTORY = """
SELECT (m.at AT TIME ZONE 'UTC')::date AS day,
       CASE place.kind WHEN 'stock' THEN item.kind WHEN 'line' THEN 'in process' ELSE 'finished' END AS kind,
       sum(CASE WHEN place.id = m.destination_id THEN m.quantity ELSE -m.quantity END
           * CASE WHEN place.kind = 'finished' THEN configuration.cost ELSE item.cost END)
FROM stock_move m
JOIN stock_location place ON place.id IN (m.source_id, m.destination_id) AND place.kind IN ('stock', 'line', 'finished')
JOIN catalogue_item item ON item.id = m.item_id
LEFT JOIN stock_lot lot ON lot.id = m.lot_id AND place.kind = 'finished'
LEFT JOIN assembly_finalassemblyorder assembly ON assembly.number = lot.origin
LEFT JOIN sales_orderline line ON line.id = assembly.order_line_id
LEFT JOIN catalogue_configuration configuration ON configuration.id = line.configuration_id
GROUP BY 1, 2
"""
"""Change of the inventory's value by day and kind, at standard cost."""

SHIPPED_COST = """
SELECT coalesce(sum(line.quantity * configuration.cost), 0), coalesce(sum(line.quantity * line.unit_price / coalesce(
           (SELECT paid.rate FROM pricing_exchangerate paid JOIN pricing_currency currency ON currency.id = paid.currency_id
            WHERE currency.code = o.currency AND paid.valid_from <= o.ordered_at::date ORDER BY paid.valid_from DESC LIMIT 1),
           1)), 0),
       coalesce(sum(line.quantity), 0)
FROM sales_orderline line JOIN sales_order o ON o.id = line.order_id
JOIN catalogue_configuration configuration ON configuration.id = line.configuration_id
WHERE line.state = 'shipped'
"""
"""Standard cost, price and units of all that was shipped, in the company's currency; a rate is units of another for one of it."""

CHANGED = """
SELECT count(*) FILTER (WHERE number > 1), count(*) FILTER (WHERE number > 1 AND ship_date > before),
       count(*) FILTER (WHERE number > 1 AND ship_date = before)
FROM (
    SELECT ship_date, row_number() OVER line AS number, lag(ship_date) OVER line AS before
    FROM sales_promise WINDOW line AS (PARTITION BY line_id ORDER BY id)
) promises
"""
"""Promises made anew; those of them with a later date, and with the same date on other supply."""

DELAYING = """
SELECT item.code, item.name, count(*) AS orders, sum((basis -> 'binding' ->> 'days')::int) AS days
FROM sales_promise promise JOIN catalogue_item item ON item.code = basis -> 'binding' ->> 'item'
WHERE basis -> 'binding' ->> 'kind' = 'material'
GROUP BY 1, 2 ORDER BY days DESC, item.code LIMIT %(most)s
"""
"""Items that were the last to come for a promise, by the days that they added."""

LINES = """
SELECT line.code, sum(day.reserved), sum(day.capacity)
FROM catalogue_lineday day JOIN catalogue_assemblyline line ON line.id = day.line_id
WHERE day.day >= %(first)s AND day.day <= %(last)s GROUP BY 1 ORDER BY 1
"""
"""Minutes reserved and minutes of capacity of each assembly line."""

COUNTS = """
SELECT (SELECT count(*) FROM purchasing_purchaseorder), (SELECT count(*) FROM assembly_buildorder WHERE state = 'completed'),
       (SELECT count(*) FROM stock_move), (SELECT count(*) FROM assembly_asbuilt), (SELECT count(*) FROM catalogue_configuration)
"""
"""Purchase orders, completed builds, moves, as-built records, configurations."""

LATE_DELIVERIES = """
SELECT count(*), count(*) FILTER (WHERE first < (r.at AT TIME ZONE 'UTC')::date)
FROM (
    SELECT min(r.at) AS at, l.first_due AS first
    FROM purchasing_receipt r JOIN purchasing_purchaseorderline l ON l.id = r.line_id GROUP BY l.id
) r
"""
"""Purchase order lines delivered, and those of them delivered after the date that was confirmed first."""


@dataclass(frozen=True, slots=True)
class Delaying:
    """An item that promises had to wait for.

    Parameters
    ----------
    orders
        Promises for which it was the last to come.
    days
        Days by which it moved them, in all.
    """

    item: str
    name: str
    orders: int
    days: int


@dataclass(frozen=True, slots=True)
class Response:
    """Days from order to shipment of a group of shipped orders."""

    median: float
    p95: float
    orders: int


@dataclass(frozen=True, slots=True)
class Filled:
    """Orders for which everything was free on hand when they were confirmed, those that had it when they wanted it, and all."""

    filled: int
    in_time: int
    orders: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a played business came to.

    Parameters
    ----------
    first, last
        First and last day of the play.
    orders
        Orders by state.
    filled_by_week
        Orders filled from stock, by the Monday of the week in which they came.
    on_time_in_full
        Share of orders, None where there is none to judge.
    promised_orders
        Orders that were promised within the play, on which `on_time_in_full` rests.
    response, response_at_once
        Of all shipped orders, and of those wanted as soon as possible.
    response_by_week
        Of those wanted as soon as possible, by the Monday of the week of shipment.
    inventory
        Value at the end of each day, shape (days, kinds), kinds as in `KINDS`.
    """

    first: date
    last: date
    orders: Mapping[str, int]
    filled_by_week: Mapping[date, Filled]
    on_time_in_full: float | None
    promised_orders: int
    response: Response | None
    response_at_once: Response | None
    response_by_week: Mapping[date, Response]
    inventory: np.ndarray
    shipped_cost: float
    shipped_price: float
    shipped_units: int
    promises_made_anew: int
    promises_later: int
    promises_kept: int
    delaying: tuple[Delaying, ...]
    line_load: Mapping[str, float]
    counts: Mapping[str, int]

    @property
    def order_fill_rate(self) -> float | None:
        """Share of all orders that were filled from stock, None where there is none."""
        return self._share_of_orders(lambda week: week.filled)

    @property
    def in_time_rate(self) -> float | None:
        """Share of all orders that had everything when they wanted it, None where there is none."""
        return self._share_of_orders(lambda week: week.in_time)

    def _share_of_orders(self, counted: Callable[[Filled], int]) -> float | None:
        orders = sum(week.orders for week in self.filled_by_week.values())
        return sum(counted(week) for week in self.filled_by_week.values()) / orders if orders else None

    @property
    def days(self) -> int:
        """Calendar days of the play."""
        return (self.last - self.first).days + 1

    @property
    def mean_inventory(self) -> float:
        """Mean value over the days."""
        return float(self.inventory.sum(axis=1).mean())

    @property
    def turns(self) -> float | None:
        """Yearly cost of what was shipped over the mean inventory value."""
        mean = self.mean_inventory
        return self.shipped_cost * 365 / self.days / mean if mean else None


def figures(first: date, last: date) -> Figures:
    """Read the figures of the business from one day to another."""
    on_time, promised = _row(ON_TIME, last=last)
    cost, price, units = _row(SHIPPED_COST)
    anew, later, kept = _row(CHANGED)
    names = ("purchase_orders", "builds", "moves", "as_built", "configurations")
    delivered, late = _row(LATE_DELIVERIES)
    return Figures(
        first=first,
        last=last,
        orders=dict(_rows(ORDERS)),
        filled_by_week={week: Filled(*counts) for week, *counts in _rows(FILL_RATE)},
        on_time_in_full=_share(on_time),
        promised_orders=promised,
        response=_responses("'all'", "").get("all"),
        response_at_once=_responses("'at once'", AT_ONCE).get("at once"),
        response_by_week=_responses("date_trunc('week', shipped_on)::date", AT_ONCE),
        inventory=_inventory(first, last),
        shipped_cost=float(cost),
        shipped_price=float(price),
        shipped_units=units,
        promises_made_anew=anew,
        promises_later=later,
        promises_kept=kept,
        delaying=tuple(Delaying(*row) for row in _rows(DELAYING, most=MOST_DELAYING)),
        line_load={code: reserved / capacity for code, reserved, capacity in _rows(LINES, first=first, last=last)},
        counts=dict(zip(names, _row(COUNTS), strict=True)) | {"deliveries": delivered, "late_deliveries": late},
    )


def _responses(group: str, condition: str) -> dict[Any, Response]:
    rows = _rows(RESPONSE.format(group=group, condition=condition))
    return {key: Response(float(median), float(p95), orders) for key, median, p95, orders in rows}


def _inventory(first: date, last: date) -> np.ndarray:
    """Value at the end of each day by kind."""
    changes = np.zeros(((last - first).days + 1, len(KINDS)))
    for day, kind, change in _rows(INVENTORY):
        place = min(max((day - first).days, 0), len(changes) - 1)
        changes[place, KINDS.index(kind)] += float(change)
    return changes.cumsum(axis=0)


def _share(value: Any) -> float | None:
    return None if value is None else float(value)


def _rows(query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _row(query: str, **parameters: Any) -> tuple[Any, ...]:
    return _rows(query, **parameters)[0]
