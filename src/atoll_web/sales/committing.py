"""What promises rest on, written for any number of lines at once: demands, pegging, planned supplies, slots, the promises."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from atoll_web.accounts.acting import Actor
from atoll_web.bulk import MANY, Statement, exchange, planned_for, together
from atoll_web.sales.answering import bases, reason

if TYPE_CHECKING:
    from atoll.promise import Promises
    from atoll_web.sales.snapshot import Items, PromiseSnapshot, Work

NOBODY = -1

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
SELECT p.id, p.item, 'planned', p.quantity, 0, p.due, 0, 'planned'
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[]) p (id, item, quantity, due)
"""

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


def room(seen: "PromiseSnapshot", promises: "Promises") -> dict[str, int]:
    """How many keys `pegging` takes at most, besides those of the lines' own demands."""
    _, first = np.unique(_places(promises), return_index=True)
    built = promises.plan_item[first[promises.plan_is_build[first]]]
    bills = seen.items.bills
    parts = int((bills.start[built + 1] - bills.start[built]).sum())
    return {
        "stock_supply": len(first),
        "stock_demand": len(built),
        "stock_requirement": len(promises.requirement_item) + parts,
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
    targets: Sequence[Target],
    fresh: Keys,
    *,
    is_first: bool,
    lines: Iterable[Statement] = (),
) -> None:
    """Write promises of order lines with all that they rest on. Every line must be promised. Call it inside `acting`.

    Parameters
    ----------
    targets
        What each line of the promises is for.
    fresh
        Keys for what `room` says.
    is_first
        Whether the lines had no promise before.
    lines
        Statements that write the order lines, sent between their demands and their promises; of very many lines while the
        database writes what was sent before.
    """
    stock, promised = pegging(seen, promises, targets, fresh), _promised(actor, seen, promises, targets, is_first=is_first)
    with planned_for(len(targets)):
        if len(targets) < MANY:
            exchange([together([*stock, *lines, *promised])])
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
    actor: Actor, seen: "PromiseSnapshot", promises: "Promises", targets: Sequence[Target], *, is_first: bool
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
        [reason(seen, promises, k) for k in range(len(targets))],
        [json.dumps(basis) for basis in bases(seen, promises, is_first=is_first)],
    ]
    yield PROMISES, [actor.at, actor.user.pk, *columns]


@dataclass(frozen=True, slots=True)
class Sums:
    """Quantities added up by pairs of keys; `first` and `second` rise together."""

    first: np.ndarray
    second: np.ndarray
    quantity: np.ndarray

    @classmethod
    def of(cls, first: np.ndarray, second: np.ndarray, quantity: np.ndarray) -> "Sums":
        """The sums; pairs without a first key are left out."""
        named = np.flatnonzero(first > 0)
        rising = named[np.lexsort((second[named], first[named]))]
        first, second = first[rising], second[rising]
        begins = np.flatnonzero((np.diff(first, prepend=0) != 0) | (np.diff(second, prepend=0) != 0))
        return cls(first[begins], second[begins], np.add.reduceat(quantity[rising], begins) if begins.size else quantity[rising])


def pegging(seen: "PromiseSnapshot", promises: "Promises", targets: Sequence[Target], fresh: Keys) -> list[Statement]:
    """Statements that write demands and planned supplies, the first plan with the first key, and allocate.

    A target without a demand takes nothing itself: of a build ahead only what is planned for it is written.
    """
    place = _places(promises)
    supplies = np.array(fresh["stock_supply"], dtype=np.int64)[place]
    builds = np.flatnonzero(promises.plan_is_build)
    kits = np.zeros(len(supplies), dtype=np.int64)
    kits[builds] = np.array(fresh["stock_demand"], dtype=np.int64)[np.unique(place[builds], return_inverse=True)[1]]
    demands = np.array([target.demand_id for target in targets], dtype=np.int64)
    ids = np.array(seen.items.ids, dtype=np.int64)

    required = _required(seen, promises, demands, kits, ids)
    requirement = np.array(fresh["stock_requirement"][: len(required.quantity)], dtype=np.int64)
    demand, item, supply, quantity = _taken(seen, promises, demands, kits, supplies, ids)
    at = np.searchsorted(required.first * ids[-1] + required.second, demand * ids[-1] + item)
    allocated = Sums.of(np.where(demand > 0, np.append(requirement, 0)[at], 0), supply, quantity)
    statements: list[Statement] = [
        (PLANNED, _planned(seen, promises, supplies, place, ids)),
        (DEMANDS, _demands(seen, promises, targets, kits, supplies)),
        (
            NEED_DATES,
            _columns([(t.demand_id, seen.date(promises.need_day[k])) for k, t in enumerate(targets) if not t.is_new], 2),
        ),
        (REQUIREMENTS, [column.tolist() for column in (requirement, required.first, required.second, required.quantity)]),
        (ALLOCATIONS, [column.tolist() for column in (allocated.first, allocated.second, allocated.quantity)]),
    ]
    return [statement for statement in statements if statement[1][0]]


def _places(promises: "Promises") -> np.ndarray:
    """Which planned supply each plan becomes: those of an item for one day are one, of builds those that begin together too."""
    found: dict[tuple[int, int, int], int] = {}
    begins = np.where(promises.plan_is_build, promises.plan_start_day, NOBODY)
    keys = zip(promises.plan_item.tolist(), promises.plan_day.tolist(), begins.tolist(), strict=True)
    return np.fromiter((found.setdefault(key, len(found)) for key in keys), dtype=np.int64)


def _planned(
    seen: "PromiseSnapshot", promises: "Promises", supplies: np.ndarray, place: np.ndarray, ids: np.ndarray
) -> list[list[object]]:
    """Columns of the planned supplies."""
    _, first = np.unique(place, return_index=True)
    units = np.zeros(len(first), dtype=np.int64)
    np.add.at(units, place, promises.plan_quantity)
    return [
        supplies[first].tolist(),
        ids[promises.plan_item[first]].tolist(),
        units.tolist(),
        _dates(seen, promises.plan_day[first]),
    ]


def _required(seen: "PromiseSnapshot", promises: "Promises", demands: np.ndarray, kits: np.ndarray, ids: np.ndarray) -> Sums:
    """Units by demand and item: what the lines take, and what builds take."""
    wanted = seen.wanted
    of_line = np.repeat(demands, np.diff(wanted.start))
    builds = np.flatnonzero(kits)
    bills = seen.items.bills
    sizes = bills.start[promises.plan_item[builds] + 1] - bills.start[promises.plan_item[builds]]
    parts = np.concatenate([np.empty(0, np.int64), *(np.arange(*bills.start[i : i + 2]) for i in promises.plan_item[builds])])
    return Sums.of(
        np.concatenate((of_line, np.repeat(kits[builds], sizes))),
        ids[np.concatenate((promises.requirement_item, bills.component[parts]))],
        np.concatenate((wanted.quantity, bills.per[parts] * np.repeat(promises.plan_quantity[builds], sizes))),
    )


def _taken(
    seen: "PromiseSnapshot",
    promises: "Promises",
    demands: np.ndarray,
    kits: np.ndarray,
    supplies: np.ndarray,
    ids: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Demand, item, supply and units of all that is taken: from supplies that are there, and from planned ones."""
    there = np.array([supply.supply_id for supply in seen.supplies], dtype=np.int64)
    plan = np.concatenate((promises.peg_plan, promises.plan_parent))
    line = np.concatenate((promises.peg_line, promises.plan_line))
    return (
        np.where(plan < 0, demands[line], np.append(kits, 0)[plan]),
        ids[np.concatenate((promises.peg_item, promises.plan_item))],
        np.concatenate((there[promises.peg_supply], supplies)),
        np.concatenate((promises.peg_quantity, promises.plan_quantity)),
    )


def _demands(
    seen: "PromiseSnapshot", promises: "Promises", targets: Sequence[Target], kits: np.ndarray, supplies: np.ndarray
) -> list[list[object]]:
    """Columns of new demands: those of lines, and the kits of builds."""
    rows = [
        (target.demand_id, "order line", target.reference, seen.date(promises.need_day[k]), 0)
        for k, target in enumerate(targets)
        if target.is_new and target.demand_id
    ]
    rows += [
        (int(kits[q]), "build order", f"build {supplies[q]}", seen.date(promises.plan_start_day[q]), int(supplies[q]))
        for q in _first_of_each(kits)
    ]
    return _columns(rows, 5)


def _first_of_each(keys: np.ndarray) -> list[int]:
    """Places where keys are met for the first time; 0 is none."""
    named, first = np.unique(keys, return_index=True)
    return first[named > 0].tolist()


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _dates(seen: "PromiseSnapshot", days: np.ndarray) -> list[date]:
    return [seen.date(day) for day in days.tolist()]
