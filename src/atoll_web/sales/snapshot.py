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
class FreeSupply:
    """A supply of which units are free; `due` is None for what is on hand."""

    supply_id: int
    item_id: int
    kind: str
    reference: str
    due: date | None
    margin_days: int
    units: int


@dataclass(frozen=True, slots=True)
class FreeTime:
    """Minutes that an assembly line has left on a day; the keys of its row and its line, and the line's code."""

    line_day_id: int
    line_id: int
    line: str
    day: date
    minutes: int


@dataclass(frozen=True, slots=True)
class PromiseSnapshot:
    """A promise problem, with the rows behind its positions.

    Parameters
    ----------
    today
        The date of day 0.
    item_ids, supplies, times
        What stands behind each item position, supply and capacity row.
    codes
        Code of each item by key.
    """

    problem: PromiseProblem
    today: date
    item_ids: tuple[int, ...]
    supplies: tuple[FreeSupply, ...]
    times: tuple[FreeTime, ...]
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
            return f"{self._binding_supply(answer)}; assembly begins on {in_words(self.date(answer.need_day))}."
        if binding.cause is Cause.CAPACITY:
            return f"Everything is there earlier, but the assembly lines are full until {in_words(self.date(binding.day))}."
        if binding.cause is Cause.REQUEST:
            return "As late as the requested date allows, so that early supply stays free for others."
        return "Everything is there; assembly begins on the next free day."

    def _refusal(self, answer: Answer) -> str:
        if answer.binding.cause is Cause.MATERIAL:
            return f"{self.code(answer.binding.item)} is short and can neither be bought nor built"
        day = in_words(self.date(answer.binding.day))
        return f"the assembly lines have no free time for it within the planned calendar after {day}"

    def _binding_supply(self, answer: Answer) -> str:
        code, day = self.code(answer.binding.item), in_words(self.date(answer.binding.day))
        if answer.binding.supply < 0:
            return f"{code} is short and must be ordered first; it is there on {day}"
        supply = self.supplies[answer.binding.supply]
        return f"Waits for {code} from {supply.reference or supply.kind}, there on {day}"

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
                    "line": self.times[slot.row].line,
                    "day": self.times[slot.row].day.isoformat(),
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
    supplies = _free_supplies(item_ids, lock=lock)
    times = _free_times(work, today, lock=lock)
    horizon = max((times[-1].day - today).days if times else 0, company.horizon_days) + 1
    order_day = _days_between(today, days.on_or_after(today))
    tomorrow = _days_between(today, days.on_or_after(today + timedelta(days=1)))
    problem = PromiseProblem(
        requirements={at[item]: quantity for item, quantity in work.requirements.items()},
        supply_item=_integers(at[supply.item_id] for supply in supplies),
        supply_day=_integers(_usable(supply, today) for supply in supplies),
        supply_free=_integers(supply.units for supply in supplies),
        lead_days=_integers(leads[item] + order_day + 1 if item in leads else CANNOT_BE_SUPPLIED for item in item_ids),
        build_days=_integers(there.items[there.codes[item]].build_days for item in item_ids),
        working=np.array([days.works(today + timedelta(days=n)) for n in range(horizon)]),
        capacity_line=_integers(time.line_id for time in times),
        capacity_day=_integers((time.day - today).days for time in times),
        capacity_free=_integers(time.minutes for time in times),
        minutes=work.minutes,
        earliest_day=tomorrow,
        shipping_days=company.shipping_days,
        requested_day=(work.request_date - today).days if work.request_date else None,
        bills={at[item]: tuple((at[c], n) for c, n in there.bill_keys[item]) for item in item_ids if item in there.bill_keys},
    )
    return PromiseSnapshot(problem, today, item_ids, supplies, times, there.codes)


def in_words(day: date) -> str:
    """Such as ``3 Feb 2026``, as the pages write it."""
    return f"{day.day} {day:%b %Y}"


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
    list(Supply.objects.select_for_update().filter(item_id__in=item_ids, quantity__gt=0).order_by("id").values_list("id"))
    lines = AssemblyLine.objects.filter(builds__in={work.product_model_id for work in works})
    list(LineDay.objects.select_for_update().filter(line__in=lines, day__gte=today).order_by("id").values_list("id"))


def _free_supplies(item_ids: Iterable[int], *, lock: bool) -> tuple[FreeSupply, ...]:
    rows = Supply.objects.filter(item_id__in=item_ids, quantity__gt=F("allocated")).order_by("id")
    found = (rows.select_for_update() if lock else rows).values_list(
        "id", "item_id", "kind", "reference", "due", "margin_days", F("quantity") - F("allocated")
    )
    return tuple(FreeSupply(*row) for row in found)


def _free_times(work: Work, today: date, *, lock: bool) -> tuple[FreeTime, ...]:
    """What the lines that build the model have left on the days after today, by day."""
    if work.product_model_id is None:
        return ()
    lines = dict(AssemblyLine.objects.filter(builds=work.product_model_id).values_list("id", "code"))
    rows = LineDay.objects.filter(line__in=lines, day__gt=today, reserved__lt=F("capacity")).order_by("id")
    found = (rows.select_for_update() if lock else rows).values_list("id", "line_id", "day", F("capacity") - F("reserved"))
    times = (FreeTime(key, line, lines[line], day, minutes) for key, line, day, minutes in found)
    return tuple(sorted(times, key=lambda time: (time.day, time.line_id)))


def _usable(supply: FreeSupply, today: date) -> int:
    """The day from which a promise may count on a supply: its date and its margin; what is overdue, tomorrow at the earliest."""
    if supply.due is None:
        return 0
    return max((supply.due - today).days + supply.margin_days, 1)
