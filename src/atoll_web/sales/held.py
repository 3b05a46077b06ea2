"""What order lines hold: the supplies and slots that would be free if they gave all of it back, found without writing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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

RESERVED = "SELECT line_day_id, sum(minutes)::bigint FROM sales_slotreservation WHERE line_id = ANY(%s) GROUP BY 1"


@dataclass(frozen=True, slots=True)
class Held:
    """What lines hold.

    Parameters
    ----------
    units
        By key of the supply.
    planned
        Supplies that were planned for them alone, and are gone with them.
    minutes
        By key of the line's day.
    """

    units: Mapping[int, int]
    planned: Sequence[int]
    minutes: Mapping[int, int]


def held_by(line_ids: Sequence[int], demand_ids: Iterable[int]) -> Held:
    """Read what `stock.services.release_demands` and the release of slots would give back, one query for each level of builds."""
    (reserved,) = exchange([(RESERVED, [list(line_ids)])])
    units: dict[int, int] = {}
    gone: set[int] = set()
    level = list(demand_ids)
    while level:
        (found,) = exchange([(ALLOCATED, [level])])
        level = []
        for supply, quantity, allocated, build in found:
            units[supply] = units.get(supply, 0) + quantity
            if units[supply] == allocated:  # of a planned supply nothing else is taken
                gone.add(supply)
                level += [build] if build else []
    return Held(units, sorted(gone), dict(reserved))
