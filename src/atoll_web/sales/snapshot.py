"""Supplies, capacity and lead times around one order line, as a promise problem of the science."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F

from atoll.promise import CANNOT_BE_SUPPLIED, Cause, PromiseProblem
from atoll.promise import Promise as Answer
from atoll_web.accounts.models import Company
from atoll_web.catalogue.models import AssemblyLine, LineDay
from atoll_web.catalogue.snapshot import calendar_of, structure
from atoll_web.purchasing.models import SupplierItem
from atoll_web.stock.models import Supply


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
    """

    requirements: Mapping[int, int]
    minutes: int = 0
    product_model_id: int | None = None
    request_date: date | None = None


def lead_times() -> Mapping[int, int]:
    """Calendar days of each item's preferred purchase, by item key; read again only after one changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_database(), 'catalogue_item'::regclass::oid, (SELECT max(pgh_id) FROM purchasing_supplieritemevent)"
        )
        return _lead_times(*cursor.fetchone())


@lru_cache(maxsize=4)
def _lead_times(_database: str, _table: int, _version: int) -> Mapping[int, int]:
    return dict(SupplierItem.objects.filter(preferred=True).values_list("item_id", "lead_time_days"))


@dataclass(frozen=True, slots=True)
class PromiseSnapshot:
    """A promise problem, with the rows behind its positions.

    Parameters
    ----------
    today
        The date of day 0.
    item_ids, supplies, line_days
        The row behind each item position, supply and capacity row.
    codes
        Code of each item by key.
    """

    problem: PromiseProblem
    today: date
    item_ids: tuple[int, ...]
    supplies: tuple[Supply, ...]
    line_days: tuple[LineDay, ...]
    codes: Mapping[int, str]

    def date(self, day: int) -> date:
        """The date of a day."""
        return self.today + timedelta(days=day)

    def code(self, position: int) -> str:
        """The code of the item at a position."""
        return self.codes[self.item_ids[position]]

    def filled_from_stock(self) -> bool:
        """Whether all that is required is free on hand."""
        on_hand: dict[int, int] = defaultdict(int)
        rows = zip(self.problem.supply_item.tolist(), self.problem.supply_free.tolist(), self.supplies, strict=True)
        for item, free, supply in rows:
            on_hand[item] += free if supply.kind == "on hand" else 0
        return all(on_hand[item] >= quantity for item, quantity in self.problem.requirements.items())

    def reason(self, answer: Answer) -> str:
        """Why this date, in a sentence."""
        binding = answer.binding
        if not answer.is_promised:
            return self._refusal(answer)
        if binding.cause is Cause.MATERIAL:
            return f"{self._binding_supply(answer)}; assembly begins on {self.date(answer.need_day):%d %b %Y}."
        if binding.cause is Cause.CAPACITY:
            return f"Everything is there earlier, but the assembly lines are full until {self.date(binding.day):%d %b %Y}."
        if binding.cause is Cause.REQUEST:
            return "As late as the requested date allows, so that early supply stays free for others."
        return "Everything is there; assembly begins on the next free day."

    def _refusal(self, answer: Answer) -> str:
        if answer.binding.cause is Cause.MATERIAL:
            return f"{self.code(answer.binding.item)} is short and can neither be bought nor built"
        return f"the assembly lines have no free time for it within the planned calendar after {self.date(answer.binding.day)}"

    def _binding_supply(self, answer: Answer) -> str:
        code, day = self.code(answer.binding.item), f"{self.date(answer.binding.day):%d %b %Y}"
        if answer.binding.supply < 0:
            return f"{code} is short and must be ordered first; it is there on {day}"
        supply = self.supplies[answer.binding.supply]
        return f"Waits for {code} from {supply.reference or supply.get_kind_display()}, there on {day}"

    def basis(self, answer: Answer, *, is_first: bool) -> dict[str, Any]:
        """What the promise rests on, to be kept with it."""
        binding = answer.binding
        return {
            "first": is_first,
            "binding": {
                "kind": binding.cause.value,
                "item": self.code(binding.item) if binding.item >= 0 else None,
                "days": binding.days,
            },
            "supplies": [
                {
                    "item": self.code(peg.item),
                    "quantity": peg.quantity,
                    "kind": self.supplies[peg.supply].kind,
                    "reference": self.supplies[peg.supply].reference,
                    "due": self._due(peg.supply),
                }
                for peg in answer.pegs
            ],
            "planned": [
                {"item": self.code(p.item), "quantity": p.quantity, "due": self.date(p.day).isoformat(), "build": p.is_build}
                for p in answer.planned
            ],
            "slots": [
                {
                    "line": self.line_days[slot.row].line.code,
                    "day": self.line_days[slot.row].day.isoformat(),
                    "minutes": slot.minutes,
                }
                for slot in answer.slots
            ],
        }

    def _due(self, supply: int) -> str | None:
        due = self.supplies[supply].due
        return due.isoformat() if due else None


def snapshot(work: Work, today: date, *, lock: bool) -> PromiseSnapshot:
    """Read all that a promise depends on.

    Parameters
    ----------
    lock
        Lock supplies and line days, in the order of their keys, for a promise that will be committed.
    """
    there, leads = structure(), lead_times()
    item_ids = _reachable(work.requirements, there.bill_keys)
    at = {item: position for position, item in enumerate(item_ids)}
    company = Company.objects.get()
    days = calendar_of(company)
    supplies = _supplies(item_ids, lock=lock)
    line_days = _line_days(work, today, lock=lock)
    horizon = max((line_days[-1].day - today).days if line_days else 0, company.horizon_days) + 1
    order_day = _days_between(today, days.on_or_after(today))
    tomorrow = _days_between(today, days.on_or_after(today + timedelta(days=1)))
    problem = PromiseProblem(
        requirements={at[item]: quantity for item, quantity in work.requirements.items()},
        supply_item=_integers(at[supply.item_id] for supply in supplies),
        supply_day=_integers(_usable(supply, today) for supply in supplies),
        supply_free=_integers(supply.quantity - supply.allocated for supply in supplies),
        lead_days=_integers(leads[item] + order_day + 1 if item in leads else CANNOT_BE_SUPPLIED for item in item_ids),
        build_days=_integers(there.items[there.codes[item]].build_days for item in item_ids),
        working=np.array([days.works(today + timedelta(days=n)) for n in range(horizon)]),
        capacity_line=_integers(row.line_id for row in line_days),
        capacity_day=_integers((row.day - today).days for row in line_days),
        capacity_free=_integers(row.capacity - row.reserved for row in line_days),
        minutes=work.minutes,
        earliest_day=tomorrow,
        shipping_days=company.shipping_days,
        requested_day=(work.request_date - today).days if work.request_date else None,
        bills={at[parent]: tuple((at[c], n) for c, n in there.bill_keys[parent]) for parent in item_ids if parent in there.bill_keys},
    )
    return PromiseSnapshot(problem, today, item_ids, supplies, line_days, there.codes)


def _integers(values: Iterable[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)


def _days_between(first: date, last: date) -> int:
    return (last - first).days


def _reachable(requirements: Iterable[int], bills: Mapping[int, tuple[tuple[int, int], ...]]) -> tuple[int, ...]:
    """The required items and all that they can be built from, at any depth."""
    found: dict[int, None] = {}
    waiting = list(requirements)
    while waiting:
        item = waiting.pop()
        if item not in found:
            found[item] = None
            waiting.extend(component for component, _ in bills.get(item, ()))
    return tuple(sorted(found))


def lock(works: Iterable[Work], today: date) -> None:
    """Lock all that several promises may touch, before the first of them is made.

    One after the other they would lock the days of one line before the supplies of the next, and two writers could wait in
    a circle. Full days are locked too, since a promise that is given up frees them.
    """
    works = list(works)
    item_ids = _reachable({item for work in works for item in work.requirements}, structure().bill_keys)
    _supplies(item_ids, lock=True)
    lines = AssemblyLine.objects.filter(builds__in={work.product_model_id for work in works})
    list(LineDay.objects.select_for_update().filter(line__in=lines, day__gte=today).order_by("id").values_list("id"))


def _supplies(item_ids: Iterable[int], *, lock: bool) -> tuple[Supply, ...]:
    rows = Supply.objects.filter(item_id__in=item_ids, quantity__gt=0).order_by("id")
    return tuple(rows.select_for_update() if lock else rows)


def _line_days(work: Work, today: date, *, lock: bool) -> tuple[LineDay, ...]:
    if work.product_model_id is None:
        return ()
    rows = LineDay.objects.filter(line__builds=work.product_model_id, day__gt=today, reserved__lt=F("capacity")).select_related("line")
    if lock:
        list(LineDay.objects.filter(id__in=rows.values("id")).order_by("id").select_for_update().values_list("id"))
    return tuple(rows.order_by("day", "line_id"))


def _usable(supply: Supply, today: date) -> int:
    """The day from which a promise may count on a supply: its date and its margin; what is overdue, tomorrow at the earliest."""
    if supply.due is None:
        return 0
    return max((supply.due - today).days + supply.margin_days, 1)
