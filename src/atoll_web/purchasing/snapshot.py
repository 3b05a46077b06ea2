"""What receipts teach about suppliers: the distribution of their lateness, and when what they send can be counted on."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from atoll.promise import LAST_DAY, Lateness, later_than, learned_lateness, stated_lateness
from atoll_web.bulk import exchange
from atoll_web.catalogue.snapshot import calendar

UNSTEADY = 0.9
"""A supplier below this share of punctual deliveries gets a margin of its mean delay in promises, and an overdue delivery is
counted on from the day by which this share of those that are so late have come.
"""

PRIOR_RECEIPTS = 10
"""Receipts for which what is known otherwise counts: of a supplier what they state, of an item what holds for the supplier."""

MEMORY = "2 years"
"""Older receipts teach nothing any more."""

VERSION = """
SELECT current_database(), 'purchasing_receipt'::regclass::oid, (SELECT max(id) FROM purchasing_receipt),
       (SELECT max(pgh_id) FROM purchasing_supplierevent)
"""

DELAYS = f"""
WITH receipt AS (
    SELECT o.supplier_id, l.item_id, (r.at AT TIME ZONE 'UTC')::date - l.first_due AS days, r.at
    FROM purchasing_receipt r JOIN purchasing_purchaseorderline l ON l.id = r.line_id
    JOIN purchasing_purchaseorder o ON o.id = l.order_id
)
SELECT s.id, s.on_time, s.mean_delay_days, r.item_id, array_agg(r.days)
FROM purchasing_supplier s
LEFT JOIN receipt r ON r.supplier_id = s.id AND r.at > (SELECT max(at) FROM purchasing_receipt) - interval '{MEMORY}'
GROUP BY s.id, r.item_id
"""


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How late suppliers deliver, against the dates that they confirmed first.

    Parameters
    ----------
    suppliers
        By the supplier's key.
    items
        By the keys of supplier and item, where the item was received.
    """

    suppliers: Mapping[int, Lateness]
    items: Mapping[tuple[int, int], Lateness]
    _counted_on: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def of(self, supplier: int, item: int) -> Lateness:
        """The lateness of an item from a supplier."""
        return self.items.get((supplier, item)) or self.suppliers[supplier]

    def arrival(self, supplier: int, item: int, due: int) -> Lateness:
        """Days from today on which it comes that is due on one of them, as it has not come on a day before."""
        return later_than(self.of(supplier, item), -due - 1).from_day(due)

    def counted_on(self, supplier: int, item: int, due: int) -> int:
        """The day, from today on, by which nine in ten of the deliveries have come that are overdue since the same day."""
        asked = (supplier, item, due)
        if asked not in self._counted_on:
            self._counted_on[asked] = self.arrival(*asked).day(UNSTEADY)
        return self._counted_on[asked]


def punctuality() -> Punctuality:
    """What all receipts teach, learned again only after a further one."""
    ((version,),) = exchange([(VERSION, [])])
    return _punctuality(*version)


@lru_cache(maxsize=4)
def _punctuality(*_version: object) -> Punctuality:
    (rows,) = exchange([(DELAYS, [])])
    stated = {supplier: stated_lateness(on_time, delay) for supplier, on_time, delay, _, _ in rows}
    seen: dict[int, list[int]] = defaultdict(list)
    by_item: dict[tuple[int, int], Sequence[int]] = {}
    for supplier, _, _, item, delays in rows:
        if item is not None:
            seen[supplier] += delays
            by_item[supplier, item] = delays
    suppliers = {key: learned_lateness(seen[key], prior, PRIOR_RECEIPTS) for key, prior in stated.items()}
    items = {pair: learned_lateness(delays, suppliers[pair[0]], PRIOR_RECEIPTS) for pair, delays in by_item.items()}
    return Punctuality(suppliers, items)


def margin_days(on_time: float, mean_delay_days: float) -> int:
    """Days that a promise adds to the dates of a supplier."""
    return 0 if on_time >= UNSTEADY else round(mean_delay_days)


LATE = """
CASE WHEN s.kind IN ('build', 'planned') OR (s.kind = 'purchase' AND s.due < %s) THEN (
    WITH RECURSIVE rest (id, build_days, needed) AS (
        SELECT s.id, NULL::integer, NULL::date
        UNION ALL
        SELECT a.supply_id, coalesce(rest.build_days, 0) + i.build_days, d.need_date
        FROM rest JOIN stock_demand d ON d.builds_id = rest.id
        JOIN stock_supply b ON b.id = rest.id JOIN catalogue_item i ON i.id = b.item_id
        JOIN stock_requirement r ON r.demand_id = d.id JOIN stock_allocation a ON a.requirement_id = r.id
    )
    SELECT jsonb_agg(jsonb_build_array(p.reference, p.item_id, p.due - %s, p.margin_days, (
        SELECT o.supplier_id FROM purchasing_purchaseorderline l JOIN purchasing_purchaseorder o ON o.id = l.order_id
        WHERE l.supply_id = p.id
    ), rest.build_days))
    FROM rest JOIN stock_supply p ON p.id = rest.id
    WHERE (p.kind = 'purchase' OR (p.kind = 'planned' AND NOT EXISTS (SELECT FROM stock_demand d WHERE d.builds_id = p.id)))
        AND (p.due < %s OR p.due + p.margin_days > rest.needed)
) END
"""
"""For a supply `s` and three times the date of today: the purchases, it or those that it waits for through any number of builds,
that are overdue, or with their margin come after the build for them is to begin; each as an array of what `Late` has.
"""


COMES_TOO_LATE = "({due} > {need} OR ({due} < {today} AND {need} <= {today}))"
"""In SQL: whether what is due on a day comes after it is needed. What is overdue comes tomorrow at the earliest, as `usable_days`
says too; it holds what rests on it already until then, while a new promise waits for the day on which it is likely to have come.
"""


class Late(NamedTuple):
    """A purchase that is overdue, or comes later than a build that waits for it is to begin.

    Parameters
    ----------
    due_day
        Its date, counted from today.
    supplier_id
        Empty for one that is not ordered yet.
    build_days
        Working days of the builds through which a supply waits for it; None for the supply itself.
    """

    reference: str
    item_id: int
    due_day: int
    margin_days: int
    supplier_id: int | None
    build_days: int | None

    @property
    def is_overdue(self) -> bool:
        """Whether it should have come."""
        return self.due_day < 0 and self.supplier_id is not None


def late_ones(document: str | None) -> Sequence[Late]:
    """What `LATE` says of a supply."""
    return [Late(*one) for one in json.loads(document)] if document else ()


def usable_days(supplies: Iterable[tuple[date | None, int, Sequence[Late]]], today: date) -> list[int]:
    """The day, counted from today, from which a promise may count on each supply.

    That is its date and its margin; for what is overdue the day by which it will have come as likely as a steady supplier is on
    time, not before tomorrow and its margin. A build is not there before what it waits for can be counted on, and its days of
    work are over. `punctuality` is only asked where something is overdue, and the calendar where a build waits for what is late.

    Parameters
    ----------
    supplies
        Date (None for what is on hand), margin in days, and what `LATE` says.
    """
    days, punctual, working = [], None, None
    for due, margin, late in supplies:
        day = 0 if due is None else max((due - today).days + margin, 1)
        for one in late:
            comes = max(one.due_day + one.margin_days, 1)
            if one.is_overdue:
                punctual = punctual or punctuality()
                comes = max(comes, 1 + one.margin_days, punctual.counted_on(one.supplier_id, one.item_id, one.due_day))
            if one.build_days is not None:
                working = working or calendar()
                comes = (working.add(today + timedelta(days=min(comes, LAST_DAY)), one.build_days) - today).days
            day = max(day, comes)
        days.append(min(day, LAST_DAY))
    return days
