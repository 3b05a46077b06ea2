"""What promises rest on, written for any number of lines at once: demands, pegging, planned supplies, slots, the promises."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from atoll_web.accounts.acting import Actor, exchange_last
from atoll_web.bulk import MANY, Statement, exchange, planned_for, together
from atoll_web.sales.answering import bases, reason

if TYPE_CHECKING:
    from atoll.promise import Booking, Promises
    from atoll_web.sales.snapshot import Items, PromiseSnapshot, Work

ANALYSED = "ANALYZE stock_demand, stock_requirement, stock_allocation, stock_supply, sales_order, sales_orderline, sales_promise"

DEMANDS = """
INSERT INTO stock_demand (id, kind, reference, need_date, builds_id)
SELECT d.id, d.kind, d.reference, d.need, NULLIF(d.builds, 0)
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::bigint[]) d (id, kind, reference, need, builds)
"""

NEED_DATES = """
UPDATE stock_demand d SET need_date = n.need FROM unnest(%s::bigint[], %s::date[]) n (id, need) WHERE d.id = n.id
"""

PLANNED = """
INSERT INTO stock_supply (id, item_id, kind, quantity, allocated, due, margin_days, reference)
SELECT p.id, p.item, 'planned', p.quantity, 0, p.usable - p.margin, p.margin, 'planned'
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::date[]) p (id, item, quantity, margin, usable)
"""
"""A purchase is due before its margin, as it will be when it is sent."""

REQUIREMENTS = """
INSERT INTO stock_requirement (id, demand_id, item_id, quantity, issued)
SELECT r.id, r.demand, r.item, r.quantity, 0
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) r (id, demand, item, quantity)
"""

ALLOCATIONS = """
INSERT INTO stock_allocation (requirement_id, supply_id, quantity)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
"""

SLOTS = """
INSERT INTO sales_slotreservation (line_id, line_day_id, minutes) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
"""

PROMISES = """
INSERT INTO sales_promise (line_id, ship_date, need_date, made_at, made_by_id, in_force, at_risk, reason, basis)
SELECT p.line, p.ship, p.need, %s, %s, true, false, p.reason, p.basis
FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::text[], %s::jsonb[]) p (line, ship, need, reason, basis)
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What a promise is for.

    Parameters
    ----------
    line_id
        Key of the order line; 0 for a build ahead, which has none.
    demand_id, reference
        Key of its demand, and how a new one is called.
    is_new
        Whether the demand is still to be written.
    """

    line_id: int
    demand_id: int
    reference: str = ""
    is_new: bool = True


Keys = Mapping[str, Sequence[int]]
"""Fresh keys by table."""


def keys(counts: Mapping[str, int]) -> Keys:
    """Fresh keys for so many rows of each table, so that rows which name each other can be written together.

    Numbers of documents are drawn along by the name of their sequence.
    """
    (rows,) = exchange([drawing(counts)])
    return drawn(counts, rows)


def drawing(counts: Mapping[str, int]) -> Statement:
    """The statement by which `keys` are drawn, to be sent along with others."""
    found = ", ".join(f"ARRAY(SELECT nextval('{_sequence(table)}') FROM generate_series(1, %s))" for table in counts)
    return f"SELECT {found}", [*counts.values()]


def drawn(counts: Mapping[str, int], rows: Sequence[tuple[Any, ...]]) -> Keys:
    """The keys that its rows bring."""
    ((*found,),) = rows
    return dict(zip(counts, found, strict=True))


def enough(there: Keys, counts: Mapping[str, int]) -> Keys:
    """Keys that were drawn before, and more where they are fewer than these."""
    missing = {table: more for table, count in counts.items() if (more := count - len(there.get(table, ()))) > 0}
    if not missing:
        return there
    return {**there, **{table: [*there.get(table, ()), *found] for table, found in keys(missing).items()}}


def _sequence(table: str) -> str:
    return table if table.startswith("number_of") else f"{table}_id_seq"


def room(taken: "Booking") -> dict[str, int]:
    """How many keys `pegging` takes, besides those of the lines' own demands."""
    return {
        "stock_supply": len(taken.supply_item),
        "stock_demand": len(taken.build_supply),
        "stock_requirement": len(taken.requirement_item),
    }


def likely_room(works: Iterable["Work"], items: "Items") -> dict[str, int]:
    """What `room` says where each subassembly that lines can touch is built once: a guess, before they are promised."""
    per = np.diff(items.bills.start)
    counts = {"stock_supply": 0, "stock_demand": 0, "stock_requirement": 0}
    for work in works:
        reached = [items.at[key] for key in items.reachable(work.touches())]
        counts["stock_supply"] += len(reached)
        counts["stock_demand"] += int(np.count_nonzero(per[reached]))
        counts["stock_requirement"] += len(work.requirements) + int(per[reached].sum())
    return counts


def commit(
    actor: Actor,
    seen: "PromiseSnapshot",
    promises: "Promises",
    taken: "Booking",
    targets: Sequence[Target],
    fresh: Keys,
    *,
    is_first: bool,
    lines: Iterable[Statement] = (),
    is_last: bool = False,
    reasons: Sequence[str] = (),
) -> None:
    """Write promises of order lines with all that they rest on. Every line must be promised. Call it inside `acting`.

    Parameters
    ----------
    taken
        What `PromiseSnapshot.booked` says.
    targets
        What each line of the promises is for.
    fresh
        Keys for what `room` says.
    is_first
        Whether the lines had no promise before.
    lines
        Statements that write the order lines, sent between their demands and their promises; of very many lines while the
        database writes what was sent before.
    is_last
        Whether the use case ends with it.
    reasons
        Of the dates, in words; those of the promises when not given.
    """
    stock = pegging(seen, promises, taken, targets, fresh)
    promised = _promised(actor, seen, promises, targets, reasons, is_first=is_first)
    with planned_for(len(targets)):
        if len(targets) < MANY:
            (exchange_last if is_last else exchange)([together([*stock, *lines, *promised])])
        else:
            exchange(_in_two_parts(stock, chain(lines, promised)))
    if len(targets) >= MANY:  # or what is checked at the end would be planned for few rows
        with connection.cursor() as cursor:
            cursor.execute(ANALYSED)


def _in_two_parts(first: Iterable[Statement], then: Iterable[Statement]) -> Iterator[Statement]:
    """Statements, and one of those that are only made while the database works on the last of them."""
    yield from first
    yield together(then)


def _promised(
    actor: Actor,
    seen: "PromiseSnapshot",
    promises: "Promises",
    targets: Sequence[Target],
    reasons: Sequence[str],
    *,
    is_first: bool,
) -> Iterator[Statement]:
    """Statements that reserve slots and write the promises, made when they are wanted."""
    rows = zip(promises.slot_line.tolist(), promises.slot_row.tolist(), promises.slot_minutes.tolist(), strict=True)
    reserved = [(targets[k].line_id, seen.time(row).line_day_id, minutes) for k, row, minutes in rows]
    if reserved:
        yield SLOTS, _columns(reserved, 3)
    columns = [
        [target.line_id for target in targets],
        _dates(seen, promises.ship_day),
        _dates(seen, promises.need_day),
        reasons or [reason(seen, promises, k) for k in range(len(targets))],
        [json.dumps(basis) for basis in bases(seen, promises, is_first=is_first)],
    ]
    yield PROMISES, [actor.at, actor.user.pk, *columns]


def pegging(
    seen: "PromiseSnapshot", promises: "Promises", taken: "Booking", targets: Sequence[Target], fresh: Keys
) -> list[Statement]:
    """Statements that write demands and planned supplies, and allocate.

    A target without a demand takes nothing itself: of a build ahead only what is planned for it is written.
    """
    ids = seen.items.keys
    planned = np.array(fresh["stock_supply"][: len(taken.supply_item)], dtype=np.int64)
    kits = np.array(fresh["stock_demand"][: len(taken.build_supply)], dtype=np.int64)
    requirements = np.array(fresh["stock_requirement"][: len(taken.requirement_item)], dtype=np.int64)
    supplies = np.concatenate((np.array([supply.supply_id for supply in seen.supplies], dtype=np.int64), planned))
    demands = np.concatenate((np.array([target.demand_id for target in targets], dtype=np.int64), kits))[taken.requirement_demand]
    required = [requirements, demands, ids[taken.requirement_item], taken.requirement_quantity]
    at = taken.allocation_requirement
    allocated = [requirements[at], supplies[taken.allocation_supply], taken.allocation_quantity]
    if not demands.all():
        allocated = [column[demands[at] > 0] for column in allocated]
        required = [column[demands > 0] for column in required]
    supply_columns = [planned, ids[taken.supply_item], taken.supply_quantity, seen.items.margin_days[taken.supply_item]]
    statements: list[Statement] = [
        (PLANNED, [*(column.tolist() for column in supply_columns), _dates(seen, taken.supply_day)]),
        (DEMANDS, _demands(seen, promises, taken, targets, kits, planned)),
        (
            NEED_DATES,
            _columns([(t.demand_id, seen.date(promises.need_day[k])) for k, t in enumerate(targets) if not t.is_new], 2),
        ),
        (REQUIREMENTS, [column.tolist() for column in required]),
        (ALLOCATIONS, [column.tolist() for column in allocated]),
    ]
    return [statement for statement in statements if statement[1][0]]


def _demands(
    seen: "PromiseSnapshot",
    promises: "Promises",
    taken: "Booking",
    targets: Sequence[Target],
    kits: np.ndarray,
    planned: np.ndarray,
) -> list[list[object]]:
    """Columns of new demands: those of lines, and the kits of builds."""
    rows: list[tuple[object, ...]] = [
        (target.demand_id, "order line", target.reference, seen.date(promises.need_day[k]), 0)
        for k, target in enumerate(targets)
        if target.is_new and target.demand_id
    ]
    builds = zip(
        kits.tolist(), planned[taken.build_supply].tolist(), taken.supply_start_day[taken.build_supply].tolist(), strict=True
    )
    rows += [(kit, "build order", f"build {supply}", seen.date(day), supply) for kit, supply, day in builds]
    return _columns(rows, 5)


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _dates(seen: "PromiseSnapshot", days: np.ndarray) -> list[date]:
    return [seen.date(day) for day in days.tolist()]
