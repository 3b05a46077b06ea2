"""What changes rarely: items, lead times and the calendar, remembered until one of them changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from atoll.model.calendar import Calendar
from atoll.promise import CANNOT_BE_SUPPLIED, LAST_DAY, MOST_UNITS, Bill
from atoll.promise import Structure as Bills
from atoll_web.accounts.acting import business_time
from atoll_web.accounts.errors import NoCompany
from atoll_web.bulk import Statement, exchange
from atoll_web.catalogue.models import Item
from atoll_web.catalogue.snapshot import VERSION_COLUMNS, VERSIONS, Released, Structure, known
from atoll_web.purchasing.models import SupplierItem
from atoll_web.purchasing.snapshot import margin_days
from atoll_web.sales.held import Held, held_by_expired


class Kept(NamedTuple):
    """Units of an item that promises leave: for customers of a class, or as safety stock, of which the class is empty."""

    customer_class: str
    item_id: int
    units: int

    def is_left_by(self, customer_class: str | None) -> bool:
        """Whether orders of a class leave these units."""
        return customer_class is not None and (not self.customer_class or self.customer_class != customer_class)


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
            bills = self.bills
            first, last = bills.start[self.at[key] : self.at[key] + 2]
            others = bills.alternate[bills.alternate_start[first] : bills.alternate_start[last]].tolist()
            parts = [*bills.component[first:last].tolist(), *others, *self.successors.get(self.at[key], ())]
            self._below[key] = frozenset({key}).union(*(self._reach(self.ids[position]) for position in parts))
        return self._below[key]


MASTER: Statement = (
    f"""
SELECT {VERSIONS}, (SELECT max(pgh_id) FROM purchasing_supplieritemevent), (SELECT max(pgh_id) FROM purchasing_supplierevent),
       (SELECT max(pgh_id) FROM planning_stockpolicyevent),
       c.weekdays, c.holidays, c.horizon_days, c.shipping_days, c.currency, (SELECT max(day) FROM catalogue_lineday),
       (SELECT min(expires_at) FROM sales_order WHERE state = 'quoted'), EXISTS (SELECT 1 FROM pricing_pricelist),
       ARRAY(SELECT ROW(customer_class, item_id, quantity, coalesce(until::text, '')) FROM sales_protection)
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
        The last day for which there is capacity, at the latest that of the horizon: where it was cut, days beyond it are still
        open for those who booked them, and for nobody else.
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
    shipping_days, currency, last_day, *rest = rest
    last_day = last_day and min(last_day, today + timedelta(days=horizon_days))
    days = Calendar(frozenset(weekdays), frozenset(holidays))
    there, released = known(row[:VERSION_COLUMNS])
    kept = [  # rows come as texts
        Kept(of_class, int(item), int(units))
        for of_class, item, units, until in protections
        if not until or until >= today.isoformat()
    ]
    kept += [Kept("", there.keys[code], item.safety_stock) for code, item in there.items.items() if item.safety_stock]
    items = _items(there, (of_what_is_sold, of_suppliers, of_levels))
    reach = (*_working(days, today, horizon_days), shipping_days, currency, last_day)
    return Master(rows, today, there, released, items, *reach, *rest, kept)


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
    alternates = {
        (at[parent], at[component]): [at[other] for other in others]
        for (parent, component), others in there.alternate_keys.items()
        if at[parent] in bills
    }
    successors = _without_circles(
        {at[item]: [at[other] for other in _successors(there, item)] for item in there.obsolete}, bills, alternates
    )
    return Items(
        ids=ids,
        keys=integers(ids),
        at=at,
        codes=there.codes,
        build_days=integers(min(there.items[there.codes[item]].build_days, LAST_DAY) for item in ids),
        left_units=integers(levels.get(item, MOST_UNITS) for item in ids),
        lead_days=integers(sum(leads.get(item, (CANNOT_BE_SUPPLIED,))) for item in ids),
        margin_days=integers(leads[item][1] if item in leads and at[item] not in bills else 0 for item in ids),
        bills=Bills.of(bills, len(ids), _alternates(bills, alternates, successors)),
        successors=successors,
    )


Places = Mapping[int, Sequence[int]]
OfComponents = Mapping[tuple[int, int], Sequence[int]]


def _alternates(bills: Mapping[int, Bill], alternates: OfComponents, successors: Places) -> OfComponents:
    """What may be taken for each component: its alternates, then its successors."""
    found = {}
    for parent in bills if alternates or successors else ():
        for component, _ in bills[parent]:
            others = dict.fromkeys((*alternates.get((parent, component), ()), *successors.get(component, ())))
            if others:
                found[parent, component] = [*others]
    return found


def _without_circles(successors: Places, bills: Mapping[int, Bill], alternates: OfComponents) -> Places:
    """Successors, without those that are made of the item which they replace, at any depth."""
    parts = {
        parent: [part for component, _ in bill for part in (component, *alternates.get((parent, component), ()))]
        for parent, bill in (bills.items() if successors else ())
    }
    kept = {}
    for item, others in successors.items():
        kept[item] = [other for other in others if item not in _below(other, parts)]
        parts[item] = [*parts.get(item, ()), *kept[item]]
    return kept


def _below(item: int, parts: Places) -> set[int]:
    """An item and what it may be made of, at any depth."""
    found, left = {item}, [item]
    while left:
        further = {*parts.get(left.pop(), ())} - found
        found |= further
        left += further
    return found


def _successors(there: Structure, item: int) -> list[int]:
    """What takes the place of an obsolete item, and of that in turn, up to what is in use."""
    found = [item]
    while (following := there.obsolete.get(found[-1])) is not None and following not in found:
        found.append(following)
    return found[1:]


MOST_DAYS = 8
"""Days for which the master data are remembered: the business day, and at midnight the next one."""


def integers(values: Iterable[int]) -> np.ndarray:
    """An array of whole numbers."""
    return np.fromiter(values, dtype=np.int64)
