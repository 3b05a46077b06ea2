"""What order lines hold: the supplies and slots that would be free if they gave all of it back, found without writing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from atoll_web.bulk import exchange

ALLOCATED = """
SELECT s.id, sum(a.quantity)::bigint, CASE WHEN s.kind = 'planned' THEN s.allocated END, d.id
FROM stock_requirement r
JOIN stock_allocation a ON a.requirement_id = r.id
JOIN stock_supply s ON s.id = a.supply_id
LEFT JOIN stock_demand d ON d.builds_id = s.id
WHERE r.demand_id = ANY(%s) AND r.issued = 0
GROUP BY s.id, d.id
"""

PEGS_OF_KITS = """
SELECT r.demand_id, r.id, r.quantity, b.quantity, s.id, a.quantity, CASE WHEN s.kind = 'planned' THEN s.allocated END, d.id
FROM stock_requirement r
JOIN stock_demand k ON k.id = r.demand_id
JOIN stock_supply b ON b.id = k.builds_id
JOIN stock_allocation a ON a.requirement_id = r.id
JOIN stock_supply s ON s.id = a.supply_id
LEFT JOIN stock_demand d ON d.builds_id = s.id
WHERE r.demand_id = ANY(%s)
ORDER BY r.id, s.due NULLS FIRST, s.id
"""

EXPIRED = """
SELECT l.id, l.demand_id FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
WHERE o.state = 'quoted' AND o.expires_at <= %s AND l.state = 'quoted'
"""

RESERVED = "SELECT line_day_id, sum(minutes)::bigint FROM sales_slotreservation WHERE line_id = ANY(%s) GROUP BY 1"

HELD_BY_CLASS = """
WITH RECURSIVE held (item_id, demand_id, units) AS (
    SELECT s.item_id, r.demand_id, a.quantity::numeric
    FROM stock_supply s JOIN stock_allocation a ON a.supply_id = s.id JOIN stock_requirement r ON r.id = a.requirement_id
    WHERE s.item_id = ANY({items}) AND s.quantity > 0
    UNION ALL
    SELECT h.item_id, r.demand_id, h.units * a.quantity / b.quantity
    FROM held h JOIN stock_demand d ON d.id = h.demand_id JOIN stock_supply b ON b.id = d.builds_id
    JOIN stock_allocation a ON a.supply_id = b.id JOIN stock_requirement r ON r.id = a.requirement_id
), by_class (customer_class, item_id, units) AS (
    SELECT c.customer_class, h.item_id, round(sum(h.units))::bigint
    FROM held h JOIN sales_orderline l ON l.demand_id = h.demand_id
    JOIN sales_order o ON o.id = l.order_id JOIN sales_customer c ON c.id = o.customer_id
    WHERE l.demand_id NOT IN (SELECT unnest({without}::bigint[]))
    GROUP BY 1, 2
)
"""
"""Units of items that open orders hold, also in the kits of builds for them, by customer class, without some demands."""

HELD_BY_CLASSES = f"""
{HELD_BY_CLASS.format(items="%s::bigint[]", without="%s")}
SELECT customer_class, item_id, units FROM by_class WHERE customer_class = ANY(%s::text[])
"""

STILL_KEPT = f"""
{HELD_BY_CLASS.format(items="ARRAY(SELECT item_id FROM sales_protection)", without="'{}'")}, kept (item_id, units) AS (
    SELECT each.item_id, sum(each.units)::bigint FROM (
        SELECT p.item_id, GREATEST(p.quantity - COALESCE(h.units, 0), 0)
        FROM sales_protection p LEFT JOIN by_class h ON h.customer_class = p.customer_class AND h.item_id = p.item_id
        UNION ALL SELECT id, safety_stock FROM catalogue_item WHERE safety_stock > 0
    ) each (item_id, units) GROUP BY 1
)
"""
"""As `kept`: safety stock, and what is kept of each item for classes beyond what their orders hold already."""


class _Peg(NamedTuple):
    """Units of a supply that are given back; of a planned one, how many are allocated in all and the kit that builds it."""

    supply: int
    units: int
    allocated: int | None
    kit: int | None


@dataclass(slots=True)
class _Part:
    """What the kit of a build for several demands takes of one item, the surest first."""

    required: int
    built: int
    pegs: list[_Peg] = field(default_factory=list)

    def give_back(self, left: int) -> Iterator[_Peg]:
        """What goes, the latest first, when so many units are still built."""
        excess = sum(peg.units for peg in self.pegs) - -(-self.required * left // self.built)
        while excess > 0:
            peg = self.pegs.pop()
            gone = min(peg.units, excess)
            excess -= gone
            if gone < peg.units:
                self.pegs.append(peg._replace(units=peg.units - gone))
            yield peg._replace(units=gone)


@dataclass(frozen=True, slots=True)
class Held:
    """What lines hold.

    Parameters
    ----------
    units
        By key of the supply, without what is only planned.
    planned
        Planned supplies, which go with the lines or shrink to what others take: nothing of them becomes free.
    minutes
        By key of the line's day.
    demands
        Keys of the demands that hold all of it.
    """

    units: Mapping[int, int]
    planned: Sequence[int]
    minutes: Mapping[int, int]
    demands: Sequence[int] = ()


def held_by(line_ids: Sequence[int], demand_ids: Iterable[int]) -> Held:
    """Read what `stock.services.release_demands` and the release of slots would give back, one query for each level of builds."""
    (reserved,) = exchange([(RESERVED, [list(line_ids)])])
    demands = list(demand_ids)
    units: dict[int, int] = defaultdict(int)
    left: dict[int, int] = {}
    parts: dict[int, list[_Part]] = {}
    back = _whole(demands)
    while back:
        shrunk: dict[int, int] = {}
        for supply, given, allocated, kit in back:
            if allocated is None:
                units[supply] += given
            else:
                left[supply] = left.get(supply, allocated) - given
                if kit is not None:
                    shrunk[kit] = left[supply]
        ended = [kit for kit, still in shrunk.items() if not still and kit not in parts]
        smaller = {kit: still for kit, still in shrunk.items() if kit not in ended}
        parts |= _parts([kit for kit in smaller if kit not in parts])
        back = [
            *_whole(ended),
            *(peg for kit, still in smaller.items() for part in parts[kit] for peg in part.give_back(still)),
        ]
    return Held(dict(units), sorted(left), dict(reserved), demands)


def held_by_class(demands: Iterable[tuple[str, int]]) -> dict[str, Mapping[int, int]]:
    """Units by supply that demands hold, without what is only planned, by the customer class that is named with each."""
    of_class: dict[str, list[int]] = defaultdict(list)
    for customer_class, demand in demands:
        of_class[customer_class].append(demand)
    return {customer_class: held_by([], ids).units for customer_class, ids in of_class.items()}


def held_by_expired(at: datetime) -> Held:
    """What quotes still hold although their time is over."""
    (rows,) = exchange([(EXPIRED, [at])])
    return held_by([line for line, _ in rows], [demand for _, demand in rows])


def _whole(demands: Sequence[int]) -> list[_Peg]:
    """All that demands hold."""
    if not demands:
        return []
    (rows,) = exchange([(ALLOCATED, [list(demands)])])
    return [*map(_Peg._make, rows)]


def _parts(kits: Sequence[int]) -> dict[int, list[_Part]]:
    """What kits of builds take, item by item."""
    found: dict[int, dict[int, _Part]] = {kit: {} for kit in kits}
    (rows,) = exchange([(PEGS_OF_KITS, [list(kits)])]) if kits else ([],)
    for kit, requirement, required, built, *peg in rows:
        found[kit].setdefault(requirement, _Part(required, built)).pegs.append(_Peg._make(peg))
    return {kit: [*of_kit.values()] for kit, of_kit in found.items()}
