"""What can be promised for a basket, why, how surely, and what would be faster. Nothing is reserved or written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from atoll.errors import AtollError
from atoll.promise import (
    CANNOT_BE_SUPPLIED,
    Availability,
    Cause,
    Lateness,
    Promises,
    Step,
    Wanted,
    WantedLine,
    after,
    confidence,
    explain,
    promise,
    promise_complete,
)
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.purchasing.snapshot import Punctuality, punctuality
from atoll_web.sales.answering import instead, reason
from atoll_web.sales.errors import CannotPromise, NoLines, TooManyLines
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine, raise_all
from atoll_web.sales.services.entering import buyer_of
from atoll_web.sales.services.levers import Delivery, Faster, OtherChoice, Question, faster, other_choices
from atoll_web.sales.snapshot import Lock, PromiseSnapshot, master, snapshot

MOST_LINES = 50
"""Lines of a basket that are explored together; orders may have more."""

LEVELS = (0.5, 0.8, 0.95)
"""Probabilities for which a date is told."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What keeps a line from being earlier.

    Parameters
    ----------
    cause
        Material, capacity, request or nothing.
    item, reference, line
        The item that comes last, the order it comes with, or the assembly line that is full; empty for none.
    day
        From which on it no longer binds.
    """

    cause: str
    item: str
    reference: str
    line: str
    day: date


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of the critical path: what it is, what it is about, and from when to when."""

    step: str
    what: str
    quantity: int
    begins: date
    ends: date
    wait_days: int


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure a date is.

    Parameters
    ----------
    of_date
        The probability that the line has shipped by its date.
    dates
        By probability, the first day by which it has shipped so surely; None where the calendar ends before.
    """

    of_date: float
    dates: Mapping[float, date | None]


@dataclass(frozen=True, slots=True)
class LineExplored:
    """A line of the basket with its date. A quantity is promised as a whole.

    Parameters
    ----------
    position
        Its place in the basket, from 1.
    """

    position: int
    line: NewLine
    values: Mapping[str, Any]
    unit_price: Decimal
    currency: str
    ship_date: date
    need_date: date
    reason: str
    filled_from_stock: bool
    binding: Binding
    path: tuple[PathStep, ...]
    instead: Mapping[str, str]
    sureness: Sureness
    faster: tuple[Faster, ...]

    @property
    def price(self) -> Decimal:
        """Of all units."""
        return self.unit_price * self.line.quantity

    @property
    def days_late(self) -> int:
        """Days by which it misses the day asked for; 0 where that is met, or none was."""
        return max((self.ship_date - self.line.request_date).days, 0) if self.line.request_date else 0


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line of the basket without a date, why, and what would give it one.

    Parameters
    ----------
    price
        Of all units; None of a line that is at fault.
    """

    position: int
    line: NewLine
    refusal: AtollError
    price: Decimal | None = None
    faster: tuple[Faster, ...] = ()


@dataclass(frozen=True, slots=True)
class Explored:
    """The answer for a basket.

    Parameters
    ----------
    lines, refused
        Those that can be promised, and the others; each knows its position.
    complete_on
        The day on which all lines can ship together; None where some cannot at all.
    """

    lines: tuple[LineExplored, ...]
    refused: tuple[LineRefused, ...]
    complete_on: date | None
    currency: str

    @property
    def total(self) -> Decimal:
        """Price of what can be promised."""
        return sum((line.price for line in self.lines), Decimal(0))

    @property
    def at(self) -> dict[int, LineExplored | LineRefused]:
        """Each line by its position."""
        return {line.position: line for line in (*self.lines, *self.refused)}


def explore(
    *,
    lines: Sequence[NewLine],
    today: date,
    customer: str = "",
    ship_complete: bool = False,
    with_faults: bool = False,
) -> Explored:
    """Price, dates, reasons, sureness and faster ways for the lines of a basket, served in their order.

    A line that nobody can promise is refused; the others are answered as if it were not there.

    Parameters
    ----------
    customer
        On whose terms; empty for anybody's.
    ship_complete
        All lines on one day, as late as it allows.
    with_faults
        Refuse lines that are at fault as well, instead of raising what is wrong with them.

    Raises
    ------
    NoLines, TooManyLines, UnknownCustomer, CustomerOnHold
        And what `inquire` raises of a line but `CannotPromise`; the faults of all lines together.
    """
    if not lines:
        raise NoLines()
    if len(lines) > MOST_LINES:
        raise TooManyLines(lines=len(lines), most=MOST_LINES)
    there, terms = master(today), buyer_of(customer)
    drafter = Drafter(there, today)
    places = [line.place or f"line {n}" for n, line in enumerate(lines, 1)]
    drafts, faults = drafter.draft_all([(place, line, terms) for place, line in zip(places, lines, strict=True)])
    if not with_faults:
        raise_all(faults)
    at_fault = {places.index(place) + 1: fault for place, fault in faults}
    refused = [LineRefused(n, lines[n - 1], fault) for n, fault in at_fault.items()]
    if not drafts:
        return Explored((), tuple(refused), None, terms.currency or there.currency)
    kept = there.kept_from(terms.customer_class)
    others = [other_choices(draft, drafter, terms) for draft in drafts]
    also = {item for choices in others for other in choices for item in other.drafted.work().touches()}
    also |= {item for draft in drafts for substitutes in draft.resolved.substitutes.values() for item in substitutes}
    seen = snapshot([draft.work() for draft in drafts], today, lock=Lock.NOTHING, kept=kept, there=there, also=also)
    wanted = [seen.wanted.line(k) for k in range(len(drafts))]
    positions = [n for n in range(1, len(lines) + 1) if n not in at_fault]
    names = [lines[0].model] if len(lines) == 1 else [f"{places[n - 1]}, {lines[n - 1].model}" for n in positions]
    asked = [*map(_Asked, positions, names, drafts, others, wanted)]
    is_promised = promise(seen.availability, seen.wanted).is_promised.tolist()
    sound = [one for one, is_sound in zip(asked, is_promised, strict=True) if is_sound]
    seen = replace(seen, wanted=Wanted.of(one.wanted for one in sound))
    complete = promise_complete(seen.availability, seen.wanted)
    answer = complete if ship_complete else promise(seen.availability, seen.wanted)
    basket = _Basket(seen, sound, drafter, terms, _Suppliers(seen, answer, punctuality()), ship_complete)
    explored = tuple(basket.explored(answer))
    refused += [basket.refused(answer, one) for one, is_sound in zip(asked, is_promised, strict=True) if not is_sound]
    refused.sort(key=lambda line: line.position)
    complete_on = None if refused else seen.date(complete.ship_day.max())
    return Explored(explored, tuple(refused), complete_on, drafts[0].currency)


class _Suppliers:
    """How late what a basket rests on may come."""

    def __init__(self, seen: PromiseSnapshot, answer: Promises, punctual: Punctuality) -> None:
        self.seen, self.punctual = seen, punctual
        ids = [seen.supplies[place].supply_id for place in np.unique(answer.peg_supply).tolist()]
        self.of_supply = dict(PurchaseOrderLine.objects.filter(supply__in=ids).values_list("supply_id", "order__supplier_id"))
        self.of_item = dict(SupplierItem.objects.filter(preferred=True).values_list("item_id", "supplier_id"))

    def supplies(self, answer: Promises) -> dict[int, Lateness]:
        """Lateness of the purchases that a promise rests on, by their position, against the day with the margin."""
        found = {}
        for place in np.unique(answer.peg_supply).tolist():
            row = self.seen.supplies[place]
            supplier = self.of_supply.get(row.supply_id) if row.kind == "purchase" else None
            if row.kind == "planned" and not self._is_built(self.seen.items.at[row.item_id]):
                supplier = self.of_item.get(row.item_id)
            if supplier is not None:
                lateness = self.punctual.of(supplier, row.item_id)
                found[place] = Lateness(lateness.days - row.margin_days, lateness.probability)
        return found

    def purchases(self, answer: Promises) -> dict[int, Lateness]:
        """Lateness of what is still to be ordered, by item."""
        keys = {place: self.seen.items.ids[place] for place in np.unique(answer.plan_item[~answer.plan_is_build]).tolist()}
        return {place: self.punctual.of(self.of_item[key], key) for place, key in keys.items()}

    def _is_built(self, place: int) -> bool:
        bills = self.seen.items.bills
        return bool(bills.start[place + 1] > bills.start[place])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A valid line of a basket, its other options, and what is to be promised for it."""

    position: int
    name: str
    draft: Drafted
    others: tuple[OtherChoice, ...]
    wanted: WantedLine


@dataclass(frozen=True, slots=True)
class _Basket:
    """The lines of a basket that can be promised."""

    seen: PromiseSnapshot
    asked: Sequence[_Asked]
    drafter: Drafter
    buyer: Buyer
    suppliers: _Suppliers
    ship_complete: bool

    def explored(self, answer: Promises) -> Iterator[LineExplored]:
        """Each line from what those before it leave."""
        there, filled = self.seen.availability, self.seen.filled_from_stock(answer)
        taken = [dict[str, str]() for _ in self.asked]
        for k, item, other in instead(self.seen, answer):
            taken[k][item] = other
        positions = [one.position for one in self.asked]
        for k, one in enumerate(self.asked):
            draft, alone = one.draft, promise(there, Wanted.of([one.wanted]))
            yield LineExplored(
                position=one.position,
                line=draft.line,
                values=draft.resolved.values,
                unit_price=draft.unit_price,
                currency=draft.currency,
                ship_date=self.seen.date(answer.ship_day[k]),
                need_date=self.seen.date(answer.need_day[k]),
                reason=reason(self.seen, answer, k, positions),
                filled_from_stock=filled[k],
                binding=self._binding(answer, k),
                path=tuple(self._path(answer, k)),
                instead=taken[k],
                sureness=self._sureness(answer, k),
                faster=() if answer.binding(k).cause is Cause.DELIVERY else faster(self._question(one, there, alone)),
            )
            there = after(there, alone)

    def refused(self, answer: Promises, one: _Asked) -> LineRefused:
        """A line that cannot be promised, and what would make it possible beside all others."""
        there = after(self.seen.availability, answer)
        alone = promise(there, Wanted.of([one.wanted]))
        refusal = CannotPromise(what=one.name, reason=reason(self.seen, alone, 0))
        found = faster(self._question(one, there, alone))
        levers = tuple(replace(lever, days_earlier=0) for lever in found)
        return LineRefused(one.position, one.draft.line, refusal, one.draft.price, levers)

    def _question(self, one: _Asked, there: Availability, alone: Promises) -> Question:
        delivery = None
        if self.ship_complete:
            before = [other.wanted for other in self.asked if other.position < one.position]
            behind = [other.wanted for other in self.asked if other.position > one.position]
            delivery = Delivery(self.seen.availability, before, behind)
        return Question(one.draft, one.others, self.buyer, self.drafter, self.seen, one.wanted, there, alone, delivery)

    def _binding(self, answer: Promises, k: int) -> Binding:
        found, seen = answer.binding(k), self.seen
        return Binding(
            cause=str(found.cause),
            item=seen.code(found.item) if found.item >= 0 else "",
            reference=seen.supplies[found.supply].reference if found.supply >= 0 else "",
            line=seen.lines.get(found.line, ""),
            day=seen.date(found.day),
        )

    def _path(self, answer: Promises, k: int) -> Iterator[PathStep]:
        for link in explain(self.seen.availability, answer, k):
            what = self.seen.lines.get(link.line, "") if link.step is Step.ASSEMBLY else ""
            if link.item >= 0:
                what = self.seen.code(link.item)
            yield PathStep(
                str(link.step), what, link.quantity, self.seen.date(link.start_day), self.seen.date(link.day), link.wait_days
            )

    def _sureness(self, answer: Promises, k: int) -> Sureness:
        found = confidence(self.seen.availability, answer, k, self.suppliers.supplies(answer), self.suppliers.purchases(answer))
        days = {level: found.day(level) for level in LEVELS}
        dates = {level: None if day == CANNOT_BE_SUPPLIED else self.seen.date(day) for level, day in days.items()}
        return Sureness(float(found.probability[0]), dates)
