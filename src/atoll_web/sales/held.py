"""What order lines hold, each of them: the supplies and slots that would be free if they gave all of it back; and who of them may
stay as it is. It is found without writing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from atoll_web.bulk import exchange, uncollected
from atoll_web.purchasing.snapshot import COMES_TOO_LATE

ALLOCATED = """
SELECT r.demand_id, s.id, a.quantity, CASE WHEN s.kind = 'planned' THEN s.allocated END, d.id
FROM stock_requirement r
JOIN stock_allocation a ON a.requirement_id = r.id
JOIN stock_supply s ON s.id = a.supply_id
LEFT JOIN stock_demand d ON d.builds_id = s.id
WHERE r.demand_id = ANY(%s::bigint[]) AND r.issued = 0
ORDER BY r.demand_id, s.id
"""

PEGS_OF_KITS = """
SELECT r.demand_id, r.id, r.quantity, b.quantity, s.id, a.quantity, CASE WHEN s.kind = 'planned' THEN s.allocated END, d.id
FROM stock_requirement r
JOIN stock_demand k ON k.id = r.demand_id
JOIN stock_supply b ON b.id = k.builds_id
JOIN stock_allocation a ON a.requirement_id = r.id
JOIN stock_supply s ON s.id = a.supply_id
LEFT JOIN stock_demand d ON d.builds_id = s.id
WHERE r.demand_id = ANY(%s::bigint[])
ORDER BY r.id, s.due NULLS FIRST, s.id
"""

EXPIRED = """
SELECT l.id, l.demand_id FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
WHERE o.state = 'quoted' AND o.expires_at <= %s AND l.state = 'quoted'
"""

RESERVED = "SELECT line_id, line_day_id, minutes FROM sales_slotreservation WHERE line_id = ANY(%s::bigint[])"

PROMISED = "SELECT line_id, ship_date, need_date FROM sales_promise WHERE in_force AND line_id = ANY(%s::bigint[])"

NOT_INTACT = f"""
WITH RECURSIVE marked (line) AS MATERIALIZED (
    SELECT line_id FROM sales_promise WHERE in_force AND (at_risk OR ship_date < %s) AND line_id = ANY(%s::bigint[])
), rests (line, demand) AS (
    SELECT line, demand FROM unnest(%s::bigint[], %s::bigint[]) l (line, demand) WHERE line NOT IN (SELECT line FROM marked)
    UNION
    SELECT rests.line, d.id FROM rests JOIN stock_requirement r ON r.demand_id = rests.demand
    JOIN stock_allocation a ON a.requirement_id = r.id JOIN stock_demand d ON d.builds_id = a.supply_id
), lacking AS (
    SELECT DISTINCT r.demand_id FROM (SELECT DISTINCT demand FROM rests) known
    JOIN stock_demand d ON d.id = known.demand
    JOIN stock_requirement r ON r.demand_id = d.id
    LEFT JOIN stock_allocation a ON a.requirement_id = r.id
    LEFT JOIN stock_supply s ON s.id = a.supply_id
    LEFT JOIN stock_demand kit ON kit.builds_id = s.id
    GROUP BY r.id
    HAVING r.quantity > r.issued + coalesce(sum(a.quantity), 0)
        OR bool_or({COMES_TOO_LATE.format(due="s.due", need="d.need_date", today="%s")})
        OR bool_or(s.kind = 'planned' AND kit.id IS NULL AND NOT EXISTS (
            SELECT FROM purchasing_supplieritem sold WHERE sold.item_id = s.item_id AND sold.preferred
        ))
)
SELECT rests.line FROM rests JOIN lacking ON lacking.demand_id = rests.demand
UNION
SELECT line FROM marked
"""
"""Lines that lack something, at any level, or rest on what comes after it is needed, and those whose promise is at risk or past.

What nobody sells any more and is not ordered yet does not come.
"""

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
        WHERE p.until IS NULL OR p.until >= %s
        UNION ALL SELECT id, safety_stock FROM catalogue_item WHERE safety_stock > 0
    ) each (item_id, units) GROUP BY 1
)
"""
"""As `kept`: safety stock, and what is kept of each item for classes today, beyond what their orders hold already."""


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
    units: int = 0

    def add(self, peg: _Peg) -> None:
        """The next one."""
        self.pegs.append(peg)
        self.units += peg.units

    def give_back(self, left: int) -> Iterator[_Peg]:
        """What goes, the latest first, when so many units are still built."""
        excess = self.units - -(-self.required * left // self.built)
        while excess > 0:
            supply, units, allocated, kit = self.pegs.pop()
            gone = min(units, excess)
            excess -= gone
            self.units -= gone
            if gone < units:
                self.pegs.append(_Peg(supply, units - gone, allocated, kit))
            yield _Peg(supply, gone, allocated, kit)


@dataclass(slots=True)
class HeldByLine:
    """What one line holds.

    Parameters
    ----------
    units
        By key of the supply, without what is only planned; through builds planned for it, at any depth.
    minutes
        By key of the line's day.
    ship_date, need_date
        Of its promise; None when it gave back all that it held since it was looked for.
    is_intact
        Whether all it holds, planned supplies included, comes in time, so that its promise may stay as it is.
    has_planned
        Whether it rests on planned supplies.
    """

    ship_date: date | None
    need_date: date | None
    is_intact: bool
    has_planned: bool = False
    units: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    minutes: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """What lines hold.

    Parameters
    ----------
    lines
        Each of them in the order asked for.
    planned
        Planned supplies, which go with the lines or shrink to what others take: nothing of them becomes free.
    demands
        Keys of the demands that hold all of it.
    """

    lines: Sequence[HeldByLine]
    planned: Sequence[int]
    demands: Sequence[int] = ()

    @property
    def units(self) -> Mapping[int, int]:
        """Of all lines by key of the supply, without what is only planned."""
        return _sums(line.units for line in self.lines)

    @property
    def minutes(self) -> Mapping[int, int]:
        """Of all lines by key of the line's day."""
        return _sums(line.minutes for line in self.lines)


def _sums(parts: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for part in parts:
        for key, amount in part.items():
            sums[key] += amount
    return dict(sums)


def intact(line_ids: Sequence[int], demand_ids: Sequence[int], today: date) -> set[int]:
    """Keys of the lines whose promise may stay as it is: all that they rest on is there or comes in time."""
    asked = NOT_INTACT, [today, list(line_ids), list(line_ids), list(demand_ids), today, today]
    (rows,) = exchange([asked])
    return {*line_ids}.difference(line for (line,) in rows)


def held_by(line_ids: Sequence[int], demand_ids: Sequence[int], today: date | None = None) -> Held:
    """Read what `stock.services.release_demands` and the release of slots would give back, one query for each level of builds.

    Who has not locked the lines may find that one of them was cancelled meanwhile: it holds nothing then.

    Parameters
    ----------
    demand_ids
        The demand of each line.
    today
        Where it matters who may stay as it is; nobody does when not given.
    """
    reserved, promised = exchange([(RESERVED, [list(line_ids)]), (PROMISED, [list(line_ids)])])
    stay = intact(line_ids, demand_ids, today) if today else frozenset[int]()
    dates = {line: (ship, need) for line, ship, need in promised}
    found = {line: HeldByLine(*dates.get(line, NEVER), line in stay and line in dates) for line in line_ids}
    for line, day, minutes in reserved:
        found[line].minutes[day] = minutes
    with uncollected(len(line_ids)):
        planned = _give_back(demand_ids, {demand: found[line] for line, demand in zip(line_ids, demand_ids, strict=True)})
    return Held([found[line] for line in line_ids], planned, demand_ids)


def _give_back(demand_ids: Sequence[int], of_demand: Mapping[int, HeldByLine]) -> list[int]:
    """Tell each line what its demand holds; returns the planned supplies."""
    left: dict[int, int] = {}
    parts: dict[int, list[_Part]] = {}
    back = _whole(demand_ids)
    while back:
        parts |= _parts(sorted({kit for *_, kit in back if kit is not None} - parts.keys()))
        below: list[_Given] = []
        for demand, supply, given, allocated, kit in back:
            if allocated is None:
                of_demand[demand].units[supply] += given
                continue
            of_demand[demand].has_planned = True
            left[supply] = still = left.get(supply, allocated) - given
            for part in parts.get(kit, ()) if kit is not None else ():
                below += [(demand, *peg) for peg in part.give_back(still)]
        back = below
    return sorted(left)


def held_by_expired(at: datetime) -> Held:
    """What quotes still hold although their time is over."""
    (rows,) = exchange([(EXPIRED, [at])])
    return held_by([line for line, _ in rows], [demand for _, demand in rows])


NEVER = (None, None)

_Given = tuple[int, int, int, int | None, int | None]
"""A demand, and what it gives back as a `_Peg` has it: of very many rows none is made."""


def _whole(demands: Sequence[int]) -> list[_Given]:
    """All that demands hold."""
    (rows,) = exchange([(ALLOCATED, [list(demands)])]) if demands else ([],)
    return rows


def _parts(kits: Sequence[int]) -> dict[int, list[_Part]]:
    """What kits of builds take, item by item."""
    found: dict[int, dict[int, _Part]] = {kit: {} for kit in kits}
    (rows,) = exchange([(PEGS_OF_KITS, [list(kits)])]) if kits else ([],)
    for kit, requirement, required, built, *peg in rows:
        found[kit].setdefault(requirement, _Part(required, built)).add(_Peg(*peg))
    return {kit: [*of_kit.values()] for kit, of_kit in found.items()}
