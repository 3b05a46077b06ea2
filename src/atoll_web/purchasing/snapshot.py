"""What receipts teach about suppliers: the distribution of their lateness."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from atoll.promise import Lateness, learned_lateness, stated_lateness
from atoll_web.bulk import exchange

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

    def of(self, supplier: int, item: int) -> Lateness:
        """The lateness of an item from a supplier."""
        return self.items.get((supplier, item)) or self.suppliers[supplier]


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
