"""Promises for order lines asked of the database: the statements, and what their rows say."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np

from atoll.promise import AS_SOON_AS_POSSIBLE, CANNOT_BE_SUPPLIED, LAST_DAY, Allotment, Availability, Share, Wanted, WantedLine
from atoll_web.bulk import Statement, exchange
from atoll_web.purchasing.snapshot import late_ones, usable_days
from atoll_web.sales.held import HELD_BY_CLASSES, Held, held_by
from atoll_web.sales.models import OrderLine
from atoll_web.sales.snapshot.holdings import holdings_of
from atoll_web.sales.snapshot.master import Items, Kept, Master, integers, master
from atoll_web.sales.snapshot.problem import FreeSupply, PromiseSnapshot, Work
from atoll_web.sales.snapshot.statements import Lock, statements

NOTHING_OWN: Mapping[str, Mapping[int, int]] = MappingProxyType({})

NOBODY = -1
"""The number of the class for which safety stock is kept."""


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
        supplies = [(*row[:7], late_ones(row[7])) for row in supplies]
        availability = _availability(self.there, today, supplies, times)
        holdings = holdings_of(self.held.lines, self.works, availability, supplies, times, today) if self.held else None
        classes, shares, kept = np.zeros(len(self.works), dtype=np.int64), (), self._still_kept(*of_classes)
        whole = None
        if kept:
            classes, shares = self._shares(kept, {row[0]: place for place, row in enumerate(supplies)})
            if holdings is None and not classes.any():
                whole = Allotment(availability, shares)
                availability, shares = whole.seen_by(0), ()
        return PromiseSnapshot(
            availability,
            Wanted.of(_wanted(work, items, builders, today) for work in self.works),
            today,
            items,
            [*map(FreeSupply._make, supplies)],
            {line: code for line, code, *_ in lines},
            {place: late for place, row in enumerate(supplies) if (late := [one for one in row[7] if one.is_overdue])},
            times,
            classes,
            shares,
            kept,
            self.works,
            holdings,
            whole,
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
        return integers(number[work.customer_class] for work in self.works), tuple(shares)


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
    asked = statements(keys, models, there, lock=lock, back=back, own_time=own_time)
    if of_classes := [one for one in kept if one.customer_class]:
        items, classes = sorted({one.item_id for one in of_classes}), sorted({one.customer_class for one in of_classes})
        asked = (*asked, (HELD_BY_CLASSES, [items, [*back.demands] if back else [], classes]))
    return Question(works, there, kept, own, asked, own_time)


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


def _availability(there: Master, today: date, supplies: Sequence[tuple], times: Sequence[tuple]) -> Availability:
    leads, at = there.items.lead_days, there.items.at
    _, line, day, minutes = np.array(times, dtype=np.int64).reshape(-1, 4).T.copy()
    return Availability(
        supply_item=integers(at[row[1]] for row in supplies),
        supply_day=integers(usable_days(((row[4], row[5], row[7]) for row in supplies), today)),
        supply_free=integers(row[6] for row in supplies),
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
