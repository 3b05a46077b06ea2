"""What receipts teach about suppliers: the distribution of their lateness, and when what they send can be counted on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from atoll.promise import LAST_DAY, Lateness, later_than, learned_lateness, stated_lateness
from atoll_web.bulk import exchange

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


SUPPLIER_OF_OVERDUE = """CASE WHEN s.kind = 'purchase' AND s.due < %s THEN (
    SELECT o.supplier_id FROM purchasing_purchaseorderline l JOIN purchasing_purchaseorder o ON o.id = l.order_id
    WHERE l.supply_id = s.id
) END"""
"""For a supply `s` and the date of today: the key of the supplier whose delivery is overdue."""


COMES_TOO_LATE = "({due} > {need} OR ({due} < {today} AND {need} <= {today}))"
"""In SQL: whether what is due on a day comes after it is needed. What is overdue comes tomorrow at the earliest, as `usable_days`
says too; it holds what rests on it already until then, while a new promise waits for the day on which it is likely to have come.
"""


def usable_days(supplies: Iterable[tuple[int, date | None, int, int | None]], today: date) -> list[int]:
    """The day, counted from today, from which a promise may count on each supply.

    That is its date and its margin; for what is overdue the day by which it will have come as likely as a steady supplier is on
    time, not before tomorrow and its margin. `punctuality` is only asked where something is overdue.

    Parameters
    ----------
    supplies
        Key of the item, date (None for what is on hand), margin in days, and what `SUPPLIER_OF_OVERDUE` says.
    """
    days, punctual = [], None
    for item, due, margin, supplier in supplies:
        day = 0 if due is None else max((due - today).days + margin, 1)
        if due is not None and supplier is not None:
            punctual = punctual or punctuality()
            day = max(day, 1 + margin, punctual.counted_on(supplier, item, (due - today).days))
        days.append(min(day, LAST_DAY))
    return days
