"""Order lines that wait for their assembly, and who holds what of the supplies of their items, as a problem of the science."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from atoll.promise import Builds, Pegging, WaitingOrders, kit_limits
from atoll_web.bulk import exchange, exchange_at_one_instant
from atoll_web.catalogue.snapshot import structure
from atoll_web.purchasing.snapshot import LATE, Late, late_ones, usable_days
from atoll_web.sales.held import STILL_KEPT
from atoll_web.sales.snapshot import integers

LINES = """
WITH worth AS (
    SELECT DISTINCT ON (c.code) c.code, r.rate FROM pricing_currency c JOIN pricing_exchangerate r ON r.currency_id = c.id
    WHERE r.valid_from <= %s ORDER BY c.code, r.valid_from DESC
), revision AS MATERIALIZED (
    SELECT r.id, r.product_model_id, worth.rate
    FROM catalogue_revision r LEFT JOIN worth ON worth.code = r.document ->> 'currency'
)
SELECT l.id, concat(o.number, '/', l.position), l.demand_id, c.name, m.name, l.quantity, d.need_date, p.ship_date, o.ordered_at,
       c.priority, o.rank, l.state = 'confirmed' AND o.hold_reason = '' AND NOT c.on_hold,
       l.quantity * (l.unit_price / COALESCE(paid.rate, 1) - k.cost / COALESCE(r.rate, 1)),
       COALESCE((
           SELECT sum(slot.minutes) FROM sales_slotreservation slot JOIN catalogue_lineday day ON day.id = slot.line_day_id
           JOIN catalogue_assemblyline a ON a.id = day.line_id WHERE slot.line_id = l.id AND a.code = %s
       ), 0)
FROM sales_orderline l
JOIN sales_order o ON o.id = l.order_id JOIN sales_customer c ON c.id = o.customer_id
JOIN catalogue_configuration k ON k.id = l.configuration_id JOIN revision r ON r.id = k.revision_id
JOIN catalogue_productmodel m ON m.id = r.product_model_id
JOIN stock_demand d ON d.id = l.demand_id JOIN sales_promise p ON p.line_id = l.id AND p.in_force
LEFT JOIN worth paid ON paid.code = o.currency
WHERE l.state IN ('quoted', 'confirmed')
ORDER BY l.id
"""
"""Lines whose assembly has not begun. Whatever is not confirmed, or held, only exchanges what it holds.

A rate is units of a currency for one of the company's own, which has none. Documents are large, and each is looked into once.
"""

PEGS = """
SELECT r.demand_id, r.id, a.supply_id, a.quantity
FROM sales_orderline l
JOIN stock_requirement r ON r.demand_id = l.demand_id JOIN stock_allocation a ON a.requirement_id = r.id
WHERE l.state IN ('quoted', 'confirmed') AND (%s::bigint[] IS NULL OR r.item_id = ANY(%s))
ORDER BY r.id, a.supply_id
"""

SUPPLIES = f"""
{STILL_KEPT}
SELECT s.id, s.item_id, i.code, i.cost, s.kind, s.reference, s.due, s.margin_days, s.quantity - s.allocated - CASE
    WHEN s.kind = 'on hand' THEN LEAST(COALESCE(k.units, 0), s.quantity - s.allocated)
    ELSE 0
END, {LATE}
FROM stock_supply s JOIN catalogue_item i ON i.id = s.item_id LEFT JOIN kept k ON k.item_id = s.item_id
WHERE s.quantity > 0 AND (%s::bigint[] IS NULL OR s.item_id = ANY(%s))
ORDER BY s.id
"""
"""Open supplies with their free units; those that are kept for a class of customers are not free on hand."""

LOST = """
SELECT l.demand_id, r.id, r.item_id, i.code, i.cost, r.quantity - r.issued - COALESCE(sum(a.quantity), 0)::integer
FROM sales_orderline l
JOIN stock_requirement r ON r.demand_id = l.demand_id JOIN catalogue_item i ON i.id = r.item_id
LEFT JOIN stock_allocation a ON a.requirement_id = r.id
WHERE l.state IN ('quoted', 'confirmed') AND (%s::bigint[] IS NULL OR r.item_id = ANY(%s))
GROUP BY l.id, r.id, i.id HAVING r.quantity - r.issued > COALESCE(sum(a.quantity), 0)
ORDER BY r.id
"""
"""Units that lines need and nothing is allocated for: what they had was scrapped, miscounted or will not come."""


HORIZON_DAYS = 30
"""Lines whose assembly begins later are not released yet, if nothing else is asked for, nor do they wait."""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """An order line whose assembly has not begun; `is_ready` unless it is a quote or held. `margin` in the company's currency."""

    id: int
    name: str
    demand_id: int
    customer: str
    model: str
    quantity: int
    need_date: date
    ship_date: date
    ordered_on: date
    priority: int
    rank: float
    is_ready: bool
    margin: Decimal
    bottleneck_minutes: int

    def waited_days(self, today: date) -> int:
        """Days since it could be released: since its order, or since its assembly was `HORIZON_DAYS` ahead."""
        return max((today - max(self.ordered_on, self.need_date - timedelta(days=HORIZON_DAYS))).days, 0)


@dataclass(frozen=True, slots=True)
class OpenSupply:
    """A supply of units that are not all gone, or what lines lost of an item.

    `due` is None for what is on hand, `late` what it waits for in vain.
    """

    id: int
    item_id: int
    code: str
    cost: Decimal
    kind: str
    reference: str
    due: date | None
    margin_days: int
    free: int
    late: Sequence[Late] = ()

    @property
    def is_lost(self) -> bool:
        """Whether it only stands for what never comes."""
        return self.kind == "lost"

    @classmethod
    def lost(cls, item_id: int, code: str, cost: Decimal) -> "OpenSupply":
        """What lines hold of an item that lost their units."""
        return cls(-item_id, item_id, code, cost, "lost", "", date.max, 0, 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The pegging of waiting lines, and the rows behind its positions.

    Parameters
    ----------
    codes, costs
        Code and standard cost of each item, by its position.
    requirements
        Key of the requirement of each peg.
    """

    today: date
    lines: Sequence[WaitingLine]
    supplies: Sequence[OpenSupply]
    codes: Sequence[str]
    costs: Sequence[Decimal]
    requirements: Sequence[int]
    pegging: Pegging

    def candidates(self, within_days: int) -> np.ndarray:
        """Positions of the lines that may be released, of those whose assembly begins within so many days."""
        days = self.pegging.need_day
        ready = np.array([line.is_ready for line in self.lines], dtype=np.bool_)
        return np.flatnonzero(ready & (days <= within_days))

    def orders(self, candidates: np.ndarray) -> WaitingOrders:
        """The candidates as waiting orders, limited by what all the others need in time."""
        limits, lines = kit_limits(self.pegging, candidates), [self.lines[place] for place in candidates.tolist()]
        in_turn = sorted(range(len(lines)), key=lambda place: (lines[place].rank, lines[place].id))
        entry = np.empty(len(lines), dtype=np.int64)
        entry[in_turn] = np.arange(len(lines))
        return WaitingOrders(
            on_hand=limits.on_hand,
            start=limits.start,
            item=limits.item,
            quantity=limits.quantity,
            units=integers(line.quantity for line in lines),
            margin=np.array([float(line.margin) for line in lines]),
            bottleneck_minutes=integers(line.bottleneck_minutes for line in lines),
            due_day=integers((line.ship_date - self.today).days for line in lines),
            waiting_days=integers(line.waited_days(self.today) for line in lines),
            priority=integers(line.priority for line in lines),
            entry=entry,
            component=limits.component,
        )


def waiting(today: date, *, items: Iterable[int] | None = None, bottleneck: str = "") -> Waiting:
    """Read all lines whose assembly has not begun, with what they hold and what they lost, as they stand at one instant.

    Whoever writes by it locks his lines and the supplies of their items before. Then only lines and supplies can come and go
    meanwhile that have nothing to do with these, and they are left out.

    Parameters
    ----------
    items
        Keys of the only items that matter; all when not given.
    bottleneck
        Code of the assembly line whose minutes count.
    """
    keys = None if items is None else sorted(set(items))
    of_items = ((PEGS, [keys, keys]), (SUPPLIES, [today, today, today, today, keys, keys]), (LOST, [keys, keys]))
    found = exchange_at_one_instant([(LINES, [today, bottleneck]), *of_items])
    lines = [WaitingLine(*row[:8], row[8].date(), *row[9:]) for row in found[0]]
    lost = {row[2]: OpenSupply.lost(*row[2:5]) for row in found[3]}
    supplies = [*(OpenSupply(*row[:-1], late_ones(row[-1])) for row in found[2]), *lost.values()]
    at_line: Mapping[int, int] = {line.demand_id: at for at, line in enumerate(lines)}
    at_supply = {supply.id: at for at, supply in enumerate(supplies)}
    rows = [*found[1], *((demand, requirement, lost[item].id, units) for demand, requirement, item, *_, units in found[3])]
    pegs = [row for row in rows if row[0] in at_line and row[2] in at_supply]
    at_item = {key: at for at, key in enumerate(dict.fromkeys(supply.item_id for supply in supplies))}
    facts = {supply.item_id: supply for supply in supplies}
    pegging = Pegging(
        supply_item=integers(at_item[supply.item_id] for supply in supplies),
        supply_day=integers(usable_days(((s.due, s.margin_days, s.late) for s in supplies), today)),
        supply_free=integers(supply.free for supply in supplies),
        order=integers(at_line[row[0]] for row in pegs),
        supply=integers(at_supply[row[2]] for row in pegs),
        quantity=integers(row[3] for row in pegs),
        need_day=integers((line.need_date - today).days for line in lines),
    )
    codes, costs = [facts[key].code for key in at_item], [facts[key].cost for key in at_item]
    return Waiting(today, lines, supplies, codes, costs, [row[1] for row in pegs], pegging)


SET_ASIDE = """
SELECT i.code, (sum(r.issued) + COALESCE(sum(held.units), 0))::bigint
FROM stock_demand d JOIN stock_supply b ON b.id = d.builds_id AND b.quantity > 0
JOIN stock_requirement r ON r.demand_id = d.id JOIN catalogue_item i ON i.id = r.item_id
LEFT JOIN LATERAL (
    SELECT sum(a.quantity) AS units FROM stock_allocation a JOIN stock_supply s ON s.id = a.supply_id
    WHERE a.requirement_id = r.id AND s.kind = 'on hand'
) held ON true
GROUP BY i.code
"""
"""Units on hand that builds hold, and those that are laid out for them already."""

SOLD = """
SELECT i.code FROM purchasing_supplieritem s JOIN catalogue_item i ON i.id = s.item_id WHERE s.preferred AND i.active
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where more units of items come from: those of the waiting lines, and those that they can be built from.

    Parameters
    ----------
    codes, costs
        Code and standard cost of each item by its position; those of `Waiting` come first.
    is_sold
        Whether somebody sells each item; bool, shape (c,).
    """

    codes: Sequence[str]
    costs: Sequence[Decimal]
    is_sold: np.ndarray
    builds: Builds


def sources(there: Waiting) -> Sources:
    """Read how what waiting lines lack can be built and bought."""
    known, (aside, sold) = structure(), exchange([(SET_ASIDE, []), (SOLD, [])])
    bills = {code: bill for code, bill in known.bills.items() if known.keys[code] not in known.obsolete}
    codes = list(there.codes)
    at = {code: place for place, code in enumerate(codes)}
    for code in codes:  # which grow while they are gone through
        for line in bills.get(code, ()):
            if line.item not in at:
                at[line.item] = len(codes)
                codes.append(line.item)
    lines = [(at[code], at[line.item], line.quantity) for code in codes for line in bills.get(code, ())]
    parent, component, per = np.array(lines, dtype=np.int64).reshape(-1, 3).T
    units = dict(aside)
    return Sources(
        codes=codes,
        costs=[known.items[code].cost for code in codes],
        is_sold=np.isin(codes, [code for (code,) in sold]),
        builds=Builds(parent, component, per, integers(units.get(code, 0) for code in codes)),
    )
