"""Supplies, capacity and lead times around order lines, as a promise problem of the science."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from atoll.model.calendar import Calendar
from atoll.promise import (
    AS_SOON_AS_POSSIBLE,
    CANNOT_BE_SUPPLIED,
    LAST_DAY,
    MOST_UNITS,
    Allotment,
    Availability,
    Booking,
    Holdings,
    Promises,
    Share,
    Terms,
    Wanted,
    WantedLine,
    booked,
    promise,
    promise_complete,
)
from atoll.promise import Structure as Bills
from atoll_web.accounts.acting import business_time
from atoll_web.accounts.errors import NoCompany
from atoll_web.bulk import MANY, Statement, exchange
from atoll_web.catalogue.models import Item
from atoll_web.catalogue.snapshot import VERSION_COLUMNS, VERSIONS, Released, Structure, known
from atoll_web.purchasing.models import SupplierItem
from atoll_web.purchasing.snapshot import SUPPLIER_OF_OVERDUE, margin_days, usable_days
from atoll_web.sales.held import HELD_BY_CLASSES, Held, HeldByLine, held_by, held_by_expired
from atoll_web.sales.models import OrderLine


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be promised.

    Parameters
    ----------
    requirements
        Units by item key.
    minutes
        Work of final assembly; 0 for a build ahead, which needs no line.
    product_model_id
        The model, which decides the lines that can build it; None for a build ahead.
    request_date
        The day asked for; None for as soon as possible.
    alternates
        By required item: keys of the items that may take its place, the best first.
    customer_class
        For whom: units that are kept for other classes are left; None for a build ahead, which may take all.
    """

    requirements: Mapping[int, int]
    minutes: int = 0
    product_model_id: int | None = None
    request_date: date | None = None
    alternates: Mapping[int, Sequence[int]] = field(default_factory=dict)
    customer_class: str | None = None

    def touches(self) -> set[int]:
        """Keys of all items that may be taken."""
        return {*self.requirements}.union(*self.alternates.values())


class Kept(NamedTuple):
    """Units of an item that promises leave: for customers of a class, or as safety stock, of which the class is empty."""

    customer_class: str
    item_id: int
    units: int

    def is_left_by(self, customer_class: str | None) -> bool:
        """Whether orders of a class leave these units."""
        return customer_class is not None and (not self.customer_class or self.customer_class != customer_class)


class FreeSupply(NamedTuple):
    """A row of a supply of which units are free; `due` is None for what is on hand, `supplier_id` unless it is overdue."""

    supply_id: int
    item_id: int
    kind: str
    reference: str
    due: date | None
    margin_days: int
    units: int
    supplier_id: int | None


class FreeTime(NamedTuple):
    """A row of minutes that an assembly line has left on a day, counted from today; the keys of the row and of the line."""

    line_day_id: int
    line_id: int
    day: int
    minutes: int


@dataclass(frozen=True, slots=True)
class PromiseSnapshot:
    """What can be promised from, what is wanted, and the rows behind their positions.

    Parameters
    ----------
    today
        The date of day 0.
    items
        The items behind the positions.
    supplies
        What stands behind each supply.
    lines
        Code of each assembly line by key.
    classes, shares
        Number of the class of each line and units kept for classes, where lines are of several or hold something; otherwise
        `availability` has only what the lines may take.
    kept
        Units that are kept when the first line is promised, and are left by some of the lines.
    overdue
        Days by which purchases are overdue, by the position of their supply.
    holdings
        What the lines hold, or held until it was given back, where that was asked for.
    """

    availability: Availability
    wanted: Wanted
    today: date
    items: "Items"
    supplies: Sequence[FreeSupply]
    lines: Mapping[int, str]
    overdue: Mapping[int, int]
    _times: Sequence[tuple[int, int, int, int]]
    classes: np.ndarray
    shares: Sequence[Share]
    kept: Sequence[Kept]
    works: Sequence[Work]
    holdings: Holdings | None = None

    def delivered(self, delivery: np.ndarray | None) -> Promises:
        """Promise lines of one class that hold nothing, in their order: each on its own, or with those of its delivery."""
        if delivery is None:
            return promise(self.availability, self.wanted)
        return promise_complete(self.availability, self.wanted, delivery)

    def promised(self, delivery: np.ndarray | None = None, *, floor_day: np.ndarray | None = None) -> Promises:
        """Promise the lines in their order, each from what its class may take, and from what it holds or held on its own terms.

        Parameters
        ----------
        delivery
            Number of the delivery of each line, −1 for none; those of one follow each other. None when not given.
        floor_day
            No customer is told an earlier day, where lines hold something; that of the holdings when not given.
        """
        there: Availability | Terms = self.availability
        if self.holdings is not None:
            held = self.holdings.given_back()
            there = Terms.of(there, held if floor_day is None else replace(held, floor_day=floor_day))
        return Allotment(there, self.shares).promise(self.wanted, self.classes, delivery)

    def left_by(self, k: int) -> list[Kept]:
        """Units that are kept from a line."""
        return [kept for kept in self.kept if kept.is_left_by(self.works[k].customer_class)]

    def date(self, day: int) -> date:
        """The date of a day."""
        return self.today + timedelta(days=int(day))

    def time(self, row: int) -> FreeTime:
        """What stands behind a line day."""
        return FreeTime._make(self._times[row])

    def code(self, position: int) -> str:
        """The code of the item at a position."""
        return self.items.codes[self.items.ids[position]]

    def booked(self, promises: Promises) -> Booking:
        """What promises take, as rows to be stored."""
        return booked(self.wanted, promises, len(self.supplies))

    def filled_from_stock(self, promises: Promises) -> list[bool]:
        """For each line, whether all it requires is free on hand when its turn comes."""
        on_hand = {place for place, supply in enumerate(self.supplies) if supply.kind == "on hand"}
        units = self.availability.supply_free.tolist()
        free = {self.items.at[self.supplies[place].item_id]: units[place] for place in on_hand}
        taken: dict[int, list[tuple[int, int]]] = {}
        pegs = (promises.peg_line, promises.peg_item, promises.peg_supply, promises.peg_quantity)
        for line, item, supply, units in zip(*(column.tolist() for column in pegs), strict=True):
            if supply in on_hand:
                taken.setdefault(line, []).append((item, units))
        columns = (self.wanted.start, promises.requirement_item, self.wanted.quantity)
        start, items, quantities = (column.tolist() for column in columns)
        filled = []
        for line, (first, last) in enumerate(pairwise(start)):
            filled.append(all(free.get(items[r], 0) >= quantities[r] for r in range(first, last)))
            for item, units in taken.get(line, ()):
                free[item] -= units
        return filled


@dataclass(frozen=True, slots=True)
class Items:
    """All items as the science counts them, shared while nothing changes.

    Parameters
    ----------
    ids, keys, at, codes
        Key of the item at each position, as an array too, and the other way round; codes by key.
    left_units
        Base-stock level of each item: what orders that may wait leave to those that cannot. All there is where none is set.
    lead_days
        Calendar days of each item's preferred purchase, its margin included; −1 where it cannot be bought.
    margin_days
        The days of these that promises add for an unsteady supplier; 0 for what is built.
    bills
        Of the items that are built.
    successors
        By position of an obsolete item: those of its successors, the first one first.
    """

    ids: Sequence[int]
    keys: np.ndarray
    at: Mapping[int, int]
    codes: Mapping[int, str]
    lead_days: np.ndarray
    margin_days: np.ndarray
    build_days: np.ndarray
    left_units: np.ndarray
    bills: Bills
    successors: Mapping[int, Sequence[int]]
    _below: dict[int, frozenset[int]] = field(default_factory=dict)

    def reachable(self, keys: Iterable[int]) -> list[int]:
        """The items of these keys with their successors, and all that they can be built from, at any depth."""
        return sorted(frozenset[int]().union(*(self._reach(key) for key in keys)))

    def _reach(self, key: int) -> frozenset[int]:
        if key not in self._below:
            first, last = self.bills.start[self.at[key] : self.at[key] + 2]
            parts = [*self.bills.component[first:last].tolist(), *self.successors.get(self.at[key], ())]
            self._below[key] = frozenset({key}).union(*(self._reach(self.ids[position]) for position in parts))
        return self._below[key]


MASTER: Statement = (
    f"""
SELECT {VERSIONS}, (SELECT max(pgh_id) FROM purchasing_supplieritemevent), (SELECT max(pgh_id) FROM purchasing_supplierevent),
       (SELECT max(pgh_id) FROM planning_stockpolicyevent),
       c.weekdays, c.holidays, c.horizon_days, c.shipping_days, c.currency, (SELECT max(day) FROM catalogue_lineday),
       (SELECT min(expires_at) FROM sales_order WHERE state = 'quoted'), EXISTS (SELECT 1 FROM pricing_pricelist),
       ARRAY(SELECT ROW(customer_class, item_id, quantity) FROM sales_protection)
FROM accounts_company c
""",
    (),
)


@dataclass(frozen=True, slots=True)
class Master:
    """What changes rarely: items, the calendar from a day on, and what holds for all orders.

    Parameters
    ----------
    rows, today
        What the statement `MASTER` gave, and the date of day 0.
    working
        Whether people work on each day of the horizon.
    order_day, earliest_day
        The first working days from today on and after today.
    last_day
        The last day for which there is capacity.
    first_expiry
        When the first of the quotes expires.
    protections
        Units that are kept for classes of customers, or as safety stock.
    """

    rows: Sequence[tuple[Any, ...]]
    today: date
    structure: Structure
    released: Released
    items: Items
    working: np.ndarray
    order_day: int
    earliest_day: int
    shipping_days: int
    currency: str
    last_day: date | None
    first_expiry: datetime | None
    has_price_lists: bool
    protections: Sequence[Kept]

    def held_by_expired(self) -> Held | None:
        """What quotes hold whose time is over, if there are any: it is given back before the next order is promised."""
        if self.first_expiry is None or self.first_expiry.date() > self.today:
            return None
        now = business_time()
        return held_by_expired(now if now.date() == self.today else datetime.combine(self.today, time(), UTC))


def master(today: date) -> Master:
    """Items, lead times and calendar, read again only after one of them changed."""
    (rows,) = exchange([MASTER])
    return master_of(rows, today)


def master_of(rows: Sequence[tuple[Any, ...]], today: date) -> Master:
    """What the rows of the statement `MASTER` say."""
    there = latest(today)
    if there is None or there.rows != rows:
        there = _latest[today] = _read(rows, today)
    return there


_latest: dict[date, Master] = {}


def latest(today: date) -> Master | None:
    """What this process has read last. It holds only if the statement `MASTER`, sent along, gives the same rows."""
    return _latest.get(today)


def _read(rows: Sequence[tuple[Any, ...]], today: date) -> Master:
    if not rows:
        raise NoCompany()
    if len(_latest) >= MOST_DAYS:
        _latest.clear()
    (row,) = rows
    of_what_is_sold, of_suppliers, of_levels, weekdays, holidays, horizon_days, *rest, protections = row[VERSION_COLUMNS:]
    days = Calendar(frozenset(weekdays), frozenset(holidays))
    there, released = known(row[:VERSION_COLUMNS])
    kept = [Kept(of_class, int(item), int(units)) for of_class, item, units in protections]  # rows come as texts
    kept += [Kept("", there.keys[code], item.safety_stock) for code, item in there.items.items() if item.safety_stock]
    items = _items(there, (of_what_is_sold, of_suppliers, of_levels))
    return Master(rows, today, there, released, items, *_working(days, today, horizon_days), *rest, kept)


@lru_cache(maxsize=16)
def _working(days: Calendar, today: date, horizon_days: int) -> tuple[np.ndarray, int, int]:
    working = np.array([days.works(today + timedelta(days=n)) for n in range(horizon_days + 1)])
    tomorrow = days.on_or_after(today + timedelta(days=1))
    return working, (days.on_or_after(today) - today).days, (tomorrow - today).days


_known: dict[tuple[Any, ...], tuple[Structure, Items]] = {}


def _items(there: Structure, version: tuple[int | None, ...]) -> Items:
    """Equal structures are one object, which is kept beside what was made of it."""
    key = (id(there), version)
    if key not in _known:
        _known.clear()
        _known[key] = (there, _make_items(there))
    return _known[key][1]


def _make_items(there: Structure) -> Items:
    ids = sorted(there.codes)
    at = {item: position for position, item in enumerate(ids)}
    sold = SupplierItem.objects.filter(preferred=True, item__active=True)
    levels = dict(Item.objects.filter(policy__isnull=False).values_list("id", "policy__base_stock"))
    rows = sold.values_list("item_id", "lead_time_days", "supplier__on_time", "supplier__mean_delay_days")
    leads = {item: (days, margin_days(*of_supplier)) for item, days, *of_supplier in rows}
    bills = {
        at[parent]: tuple((at[component], per) for component, per in bill)
        for parent, bill in there.bill_keys.items()
        if parent not in there.obsolete
    }
    return Items(
        ids=ids,
        keys=_integers(ids),
        at=at,
        codes=there.codes,
        build_days=_integers(min(there.items[there.codes[item]].build_days, LAST_DAY) for item in ids),
        left_units=_integers(levels.get(item, MOST_UNITS) for item in ids),
        lead_days=_integers(sum(leads.get(item, (CANNOT_BE_SUPPLIED,))) for item in ids),
        margin_days=_integers(leads[item][1] if item in leads and at[item] not in bills else 0 for item in ids),
        bills=Bills.of(bills, len(ids)),
        successors={at[item]: [at[other] for other in _successors(there, item)] for item in there.obsolete},
    )


def _successors(there: Structure, item: int) -> list[int]:
    """What takes the place of an obsolete item, and of that in turn, up to what is in use."""
    found = [item]
    while (following := there.obsolete.get(found[-1])) is not None and following not in found:
        found.append(following)
    return found[1:]


NOBODY = -1
"""The number of the class for which safety stock is kept."""

MOST_DAYS = 8
"""Days for which the master data are remembered: the business day, and at midnight the next one."""


class Lock(Enum):
    """What of assembly lines and supplies is kept for a transaction until it ends, in SQL for the lines and the supplies."""

    NOTHING = ("", "")
    """For answers that reserve nothing."""

    SHARED = (", pg_advisory_xact_lock_shared(hashtextextended('assembly line ' || l.id, 0))", "")
    """Others may promise at the same time. What two of them take together beyond what is there, constraints refuse the second."""

    ALONE = (", pg_advisory_xact_lock(hashtextextended('assembly line ' || l.id, 0))", "FOR NO KEY UPDATE")
    """Nobody else promises on these lines, nor takes these supplies: what is promised can be written."""


SUPPLIES = f"""
SELECT id, item_id, kind, reference, due, margin_days, quantity - allocated, {SUPPLIER_OF_OVERDUE}
FROM stock_supply s WHERE item_id = ANY(%s::bigint[]) AND is_free ORDER BY id {{lock}}
"""

LINES = """
SELECT l.id, l.code, l.productmodel_id {lock} FROM (
    SELECT l.id, l.code, b.productmodel_id
    FROM catalogue_assemblyline l JOIN catalogue_assemblyline_builds b ON b.assemblyline_id = l.id
    WHERE b.productmodel_id = ANY(%s::bigint[]) ORDER BY l.id
) l
"""
"""Whoever takes time of a line locks the line first, by a lock for which those who want it alone and those who share it queue
in one line: its days are read, chosen and reserved by one alone, or by those who share it and let the constraints decide.

Those who wait for it look at the supplies only afterwards. Who waited for supplies would look at each of them once more.
"""

SUPPLIES_GIVEN_BACK = f"""
SELECT s.id, s.item_id, s.kind, s.reference, s.due, s.margin_days, s.quantity - s.allocated + coalesce(held.units, 0),
       {SUPPLIER_OF_OVERDUE}
FROM stock_supply s LEFT JOIN unnest(%s::bigint[], %s::bigint[]) held (id, units) ON held.id = s.id
WHERE ((s.item_id = ANY(%s::bigint[]) AND s.is_free) OR s.id = ANY(%s::bigint[])) AND s.id <> ALL(%s::bigint[])
ORDER BY s.id
"""
"""Without the planned supplies that go with those who held them."""

TIMES_GIVEN_BACK = """
SELECT d.id, d.line_id, d.day - %s,
    least(d.capacity - d.reserved + coalesce(held.minutes, 0), CASE WHEN d.day = %s THEN own.minutes END)
FROM catalogue_lineday d LEFT JOIN unnest(%s::bigint[], %s::bigint[]) held (id, minutes) ON held.id = d.id
LEFT JOIN unnest(%s::bigint[], %s::bigint[]) own (id, minutes) ON own.id = d.id
WHERE d.line_id IN (SELECT assemblyline_id FROM catalogue_assemblyline_builds WHERE productmodel_id = ANY(%s::bigint[]))
    AND (d.day > %s OR (d.day = %s AND own.minutes > 0)) AND d.capacity - d.reserved + coalesce(held.minutes, 0) > 0
ORDER BY d.day, d.line_id
"""
"""Of today what the lines themselves hold or held: there is no other time that anybody could still be promised."""

OPEN_SUPPLIES = """
SELECT id FROM stock_supply WHERE item_id = ANY(%s::bigint[]) AND quantity > 0 ORDER BY id FOR NO KEY UPDATE
"""

HELD_AND_FREE_SUPPLIES = """
WITH RECURSIVE held (id) AS (
    SELECT a.supply_id FROM stock_requirement r JOIN stock_allocation a ON a.requirement_id = r.id
    WHERE r.demand_id = ANY(%s::bigint[])
    UNION
    SELECT a.supply_id FROM held JOIN stock_demand d ON d.builds_id = held.id
    JOIN stock_requirement r ON r.demand_id = d.id JOIN stock_allocation a ON a.requirement_id = r.id
)
SELECT id FROM stock_supply WHERE id IN (
    SELECT id FROM held UNION SELECT id FROM stock_supply WHERE item_id = ANY(%s::bigint[]) AND is_free
) ORDER BY id FOR NO KEY UPDATE
"""
"""Those of the items that have something free, and what demands hold through any number of levels of builds."""

TIMES = """
SELECT id, line_id, day - %s, capacity - reserved FROM catalogue_lineday
WHERE line_id IN (SELECT assemblyline_id FROM catalogue_assemblyline_builds WHERE productmodel_id = ANY(%s::bigint[]))
    AND day > %s AND reserved < capacity
ORDER BY day, line_id
"""

NOTHING_OWN: Mapping[str, Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the database before order lines can be promised.

    Parameters
    ----------
    kept, own
        Units that are kept from some of those who ask, and what each class of these held before.
    held
        What each of those who ask holds, or held before, where it is promised on its own terms.
    statements
        Those whose rows `seen` takes, in this order.
    """

    works: Sequence[Work]
    there: Master
    kept: Sequence[Kept]
    own: Mapping[str, Mapping[int, int]]
    statements: Sequence[Statement]
    held: Held | None = None

    def seen(self, rows: Sequence[Sequence[tuple[Any, ...]]]) -> PromiseSnapshot:
        """What the rows say."""
        lines, supplies, times, *of_classes = rows
        items, today = self.there.items, self.there.today
        builders: dict[int, list[int]] = {}
        for line, _, model, *_ in lines:
            builders.setdefault(model, []).append(line)
        availability = _availability(self.there, today, supplies, times)
        holdings = _holdings(self.held.lines, self.works, availability, supplies, times, today) if self.held else None
        classes, shares, kept = np.zeros(len(self.works), dtype=np.int64), (), self._still_kept(*of_classes)
        if kept:
            classes, shares = self._shares(kept, {row[0]: place for place, row in enumerate(supplies)})
            if holdings is None and not classes.any():
                availability, shares = Allotment(availability, shares).seen_by(0), ()
        return PromiseSnapshot(
            availability,
            Wanted.of(_wanted(work, items, builders, today) for work in self.works),
            today,
            items,
            [*map(FreeSupply._make, supplies)],
            {line: code for line, code, *_ in lines},
            {place: (today - row[4]).days for place, row in enumerate(supplies) if row[7] is not None},
            times,
            classes,
            shares,
            kept,
            self.works,
            holdings,
        )

    def _still_kept(self, held: Sequence[tuple[Any, ...]] = ()) -> list[Kept]:
        """What is kept, less what orders of the class hold of it already."""
        used = {(of_class, item): int(units) for of_class, item, units in held}
        kept = [k._replace(units=k.units - used.get((k.customer_class, k.item_id), 0)) for k in self.kept]
        return [k for k in kept if k.units > 0]

    def _shares(self, kept: Sequence[Kept], places: Mapping[int, int]) -> tuple[np.ndarray, tuple[Share, ...]]:
        """Numbers for the classes of the lines, that of the first being 0, and what is kept with them."""
        number = {of_class: n for n, of_class in enumerate(dict.fromkeys(work.customer_class for work in self.works))}
        shares = []
        for one in kept:
            others = Counter[int]()
            for of_class, units in self.own.items():
                if one.is_left_by(of_class):
                    others.update({places[supply]: of_supply for supply, of_supply in units.items() if supply in places})
            of_class = number.setdefault(one.customer_class, len(number)) if one.customer_class else NOBODY
            shares.append(Share(self.there.items.at[one.item_id], of_class, one.units, others))
        return _integers(number[work.customer_class] for work in self.works), tuple(shares)


def question(
    works: Sequence[Work],
    there: Master,
    *,
    lock: Lock,
    also: Iterable[int] = (),
    given_back: Held | None = None,
    own: Mapping[str, Mapping[int, int]] = NOTHING_OWN,
    held: Held | None = None,
    held_before: Held | None = None,
) -> Question:
    """Ask for all that promises for some order lines depend on, in the order in which they are to be served.

    Parameters
    ----------
    lock
        What is locked for promises that will be committed: assembly lines and then supplies, each in the order of their keys.
    also
        Keys of further items whose supplies are wanted.
    given_back
        What others hold, and counts as free although it is held: nothing is written, and nothing is locked.
    own
        What lines of these held, as `own_units` gives it: they may have it again, whoever else units are kept for.
    held
        What the lines hold, each on its own terms: it counts as free for them as in `given_back`.
    held_before
        What the lines held until they gave it back, in this transaction.
    """
    keys = there.items.reachable(set(also).union(*(work.touches() for work in works)))
    models = sorted({work.product_model_id for work in works if work.product_model_id is not None})
    kept = _kept_from(works, keys, there) if there.protections else []
    if kept and lock is Lock.SHARED:
        lock = Lock.ALONE  # no constraint knows what is kept for others
    back, own_time = given_back or held, held or held_before
    statements = _statements(keys, models, there.today, lock=lock, back=back, own_time=own_time)
    if of_classes := [one for one in kept if one.customer_class]:
        items, classes = sorted({one.item_id for one in of_classes}), sorted({one.customer_class for one in of_classes})
        statements = (*statements, (HELD_BY_CLASSES, [items, [*back.demands] if back else [], classes]))
    return Question(works, there, kept, own, statements, own_time)


def _kept_from(works: Sequence[Work], keys: Sequence[int], there: Master) -> list[Kept]:
    """What is kept of items that may be taken, from some of those who would take them."""
    classes, items = {work.customer_class for work in works}, {*keys}
    return [kept for kept in there.protections if kept.item_id in items and any(map(kept.is_left_by, classes))]


def own_units(works: Sequence[Work], rows: Sequence[OrderLine], there: Master) -> Mapping[str, Mapping[int, int]]:
    """Units by customer class and supply that order lines hold, where any units are kept; read before they give it back."""
    if not there.protections or not rows:
        return NOTHING_OWN
    held = held_by([row.pk for row in rows], [row.demand_id for row in rows])
    of_class: dict[str, Counter[int]] = {}
    for work, line in zip(works, held.lines, strict=True):
        of_class.setdefault(work.customer_class or "", Counter()).update(line.units)
    return of_class


def snapshot(
    works: Sequence[Work],
    today: date,
    *,
    lock: Lock,
    there: Master | None = None,
    also: Iterable[int] = (),
    given_back: Held | None = None,
    own: Mapping[str, Mapping[int, int]] = NOTHING_OWN,
    held: Held | None = None,
    held_before: Held | None = None,
) -> PromiseSnapshot:
    """Read all that promises for some order lines depend on. `question` says what it takes.

    Parameters
    ----------
    there
        What `master` gave, where it is known already.
    """
    there = there or master(today)
    back = {"given_back": given_back, "own": own, "held": held, "held_before": held_before}
    asked = question(works, there, lock=lock, also=also, **back)
    return asked.seen(exchange(asked.statements))


def _statements(
    keys: list[int], models: list[int], today: date, *, lock: Lock, back: Held | None, own_time: Held | None
) -> tuple[Statement, ...]:
    of_lines, of_supplies = lock.value
    lines = (LINES.format(lock=of_lines), [models])
    supplies: Statement = (SUPPLIES.format(lock=of_supplies), [today, keys])
    if back:
        units = back.units
        supplies = (SUPPLIES_GIVEN_BACK, [today, list(units), list(units.values()), keys, list(units), list(back.planned)])
    if not back and not own_time:
        return lines, supplies, (TIMES, [today, models, today])
    minutes, own = back.minutes if back else {}, own_time.minutes if own_time else {}
    of_days = [list(minutes), list(minutes.values()), list(own), list(own.values())]
    return lines, supplies, (TIMES_GIVEN_BACK, [today, today, *of_days, models, today, today])


def _holdings(
    held: Sequence[HeldByLine],
    works: Sequence[Work],
    availability: Availability,
    supplies: Sequence[tuple],
    times: Sequence[tuple],
    today: date,
) -> Holdings:
    """What each line holds, by the rows of its supplies and line days, on the dates of these without their margins.

    What somebody else took since it was read is left out; the line is not intact then.
    """
    due = [0 if row[4] is None else (row[4] - today).days for row in supplies]
    day = [d if d >= 0 else usable for d, usable in zip(due, availability.supply_day.tolist(), strict=True)]
    taken = _Rows({row[0]: at for at, row in enumerate(supplies)}, availability.supply_free)
    booked = _Rows({row[0]: at for at, row in enumerate(times)}, availability.capacity_free)
    units, minutes = [taken.of(line.units) for line in held], [booked.of(line.minutes) for line in held]
    rows = [row for of_line in units for row, _ in of_line]
    ship = np.array([max((line.ship_date - today).days, 0) for line in held], dtype=np.int64)
    asked = (max((work.request_date - today).days, 0) if work.request_date else AS_SOON_AS_POSSIBLE for work in works)
    is_there = [len(of_line) == len(line.units) for line, of_line in zip(held, units, strict=True)]
    has_slots = [len(of_line) == len(line.minutes) for line, of_line in zip(held, minutes, strict=True)]
    is_intact = np.array([line.is_intact for line in held], dtype=np.bool_) & np.array(is_there, dtype=np.bool_)
    has_planned = np.array([line.has_planned for line in held], dtype=np.bool_)
    return Holdings(
        start=_integers(accumulate(map(len, units), initial=0)),
        supply=_integers(rows),
        quantity=_integers(quantity for of_line in units for _, quantity in of_line),
        day=_integers(day[row] for row in rows),
        slot_start=_integers(accumulate(map(len, minutes), initial=0)),
        slot_row=_integers(row for of_line in minutes for row, _ in of_line),
        slot_minutes=_integers(amount for of_line in minutes for _, amount in of_line),
        is_intact=is_intact,
        is_whole=~has_planned & np.array(has_slots, dtype=np.bool_),
        due_day=ship,
        need_day=_integers((line.need_date - today).days for line in held),
        floor_day=np.minimum(_integers(asked), ship),
    )


class _Rows:
    """Rows of what is free, of which lines hold a part."""

    def __init__(self, places: Mapping[int, int], free: np.ndarray) -> None:
        self.places, self.left = places, free.tolist()

    def of(self, held: Mapping[int, int]) -> list[tuple[int, int]]:
        """Row and amount of what one line holds, without what is not there any more."""
        found = []
        for key, amount in held.items():
            row = self.places.get(key)
            if row is not None and self.left[row] >= amount:
                self.left[row] -= amount
                found.append((row, amount))
        return found


def lock(works: Iterable[Work], today: date, demands: Iterable[int]) -> None:
    """Lock all that promises for some order lines touch, before what they hold is given back and they are promised anew.

    Parameters
    ----------
    demands
        Keys of the demands that give back what they hold.
    """
    works = list(works)
    keys = master(today).items.reachable(set[int]().union(*(work.touches() for work in works)))
    models = sorted({work.product_model_id for work in works if work.product_model_id is not None})
    # Very many lines hold most of what is there, which takes longer to find than to lock.
    supplies = (OPEN_SUPPLIES, [keys]) if len(works) >= MANY else (HELD_AND_FREE_SUPPLIES, [[*demands], keys])
    of_lines, _ = Lock.ALONE.value
    exchange([(LINES.format(lock=of_lines), [models]), supplies])


def _availability(there: Master, today: date, supplies: Sequence[tuple], times: Sequence[tuple]) -> Availability:
    leads, at = there.items.lead_days, there.items.at
    _, line, day, minutes = np.array(times, dtype=np.int64).reshape(-1, 4).T.copy()
    return Availability(
        supply_item=_integers(at[row[1]] for row in supplies),
        supply_day=_integers(usable_days(((row[1], row[4], row[5], row[7]) for row in supplies), today)),
        supply_free=_integers(row[6] for row in supplies),
        lead_days=np.where(leads >= 0, np.minimum(leads + there.order_day + 1, LAST_DAY), CANNOT_BE_SUPPLIED),
        build_days=there.items.build_days,
        left_units=there.items.left_units,
        bills=there.items.bills,
        working=there.working,
        capacity_line=line,
        capacity_day=day,
        capacity_free=minutes,
        earliest_day=there.earliest_day,
        shipping_days=there.shipping_days,
    )


def _wanted(work: Work, items: Items, builders: Mapping[int, Sequence[int]], today: date) -> WantedLine:
    return WantedLine(
        {items.at[item]: quantity for item, quantity in work.requirements.items()},
        work.minutes,
        builders.get(work.product_model_id, ()),
        max((work.request_date - today).days, 0) if work.request_date else AS_SOON_AS_POSSIBLE,
        alternatives(work, items),
    )


def alternatives(work: Work, items: Items) -> dict[int, list[int]]:
    """By position of a required item: what may be taken for it, its alternates and then its successors."""
    found = {items.at[item]: [items.at[other] for other in others] for item, others in work.alternates.items()}
    for place in items.successors and {items.at[item] for item in work.requirements} & items.successors.keys():
        found[place] = list(dict.fromkeys((*found.get(place, ()), *items.successors[place])))
    return found


def _integers(values: Iterable[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)
