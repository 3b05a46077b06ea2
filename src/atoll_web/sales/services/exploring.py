"""What can be promised for a basket, why, how surely, and what would be faster. Nothing is reserved or written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from atoll.promise import Promises, Step, Wanted, after, explain, promise, promise_complete
from atoll_web.sales.answering import instead, reason
from atoll_web.sales.errors import CannotPromise, NoLines, TooManyLines
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine, raise_all
from atoll_web.sales.services.entering import buyer_or_faults
from atoll_web.sales.services.levers import Faster, OtherChoice, Question, faster, other_choices
from atoll_web.sales.services.sureness import Sureness, Surenesses
from atoll_web.sales.snapshot import Lock, PromiseSnapshot, master, snapshot

MOST_LINES = 50
"""Lines of a basket that are explored together; orders may have more."""


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
class LineExplored:
    """A line of the basket with its date. A quantity is promised as a whole."""

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


@dataclass(frozen=True, slots=True)
class Explored:
    """The answer for a basket.

    Parameters
    ----------
    complete_on
        The day on which all lines can ship together.
    """

    lines: tuple[LineExplored, ...]
    complete_on: date
    currency: str

    @property
    def total(self) -> Decimal:
        """Price of the basket."""
        return sum((line.price for line in self.lines), Decimal(0))


def explore(*, lines: Sequence[NewLine], today: date, customer: str = "", ship_complete: bool = False) -> Explored:
    """Price, dates, reasons, sureness and faster ways for the lines of a basket, served in their order.

    Parameters
    ----------
    customer
        On whose terms; empty for anybody's.
    ship_complete
        All lines on one day, as late as it allows.

    Raises
    ------
    NoLines, TooManyLines, UnknownCustomer, CustomerOnHold, CannotPromise
        And what `inquire` raises of a line; the faults of all lines together.
    """
    if not lines:
        raise NoLines()
    if len(lines) > MOST_LINES:
        raise TooManyLines(lines=len(lines), most=MOST_LINES)
    there, (terms, of_customer) = master(today), buyer_or_faults(customer)
    drafter = Drafter(there, today)
    places = [f"lines.{n}" for n in range(len(lines))]
    drafts, faults = drafter.draft_all([(place, line, terms) for place, line in zip(places, lines, strict=True)])
    if of_customer:
        raise_all([*of_customer, *faults])
    raise_all(faults)
    others = [other_choices(draft, drafter, terms) for draft in drafts]
    also = {item for choices in others for other in choices for item in other.drafted.work().touches()}
    also |= {item for draft in drafts for substitutes in draft.resolved.substitutes.values() for item in substitutes}
    works, over = [draft.work() for draft in drafts], there.held_by_expired()
    seen = snapshot(works, today, lock=Lock.NOTHING, there=there, also=also, given_back=over)
    complete = promise_complete(seen.availability, seen.wanted)
    answer = complete if ship_complete else promise(seen.availability, seen.wanted)
    refused = [k for k in range(len(drafts)) if not answer.is_promised[k]]
    raise_all([(places[k], CannotPromise(what=lines[k].model, reason=reason(seen, answer, k))) for k in refused])
    basket = _Basket(seen, others, drafter, terms, Surenesses(seen, answer, there))
    return Explored(tuple(basket.explored(drafts, answer)), seen.date(complete.ship_day.max()), drafts[0].currency)


@dataclass(frozen=True, slots=True)
class _Basket:
    """A basket that can be promised."""

    seen: PromiseSnapshot
    others: Sequence[tuple[OtherChoice, ...]]
    drafter: Drafter
    buyer: Buyer
    surenesses: Surenesses

    def explored(self, drafts: Sequence[Drafted], answer: Promises) -> Iterator[LineExplored]:
        """Each line from what those before it leave."""
        there, filled = self.seen.availability, self.seen.filled_from_stock(answer)
        taken = [dict[str, str]() for _ in drafts]
        for k, item, other in instead(self.seen, answer):
            taken[k][item] = other
        for k, draft in enumerate(drafts):
            wanted = self.seen.wanted.line(k)
            alone = promise(there, Wanted.of([wanted]))
            yield LineExplored(
                line=draft.line,
                values=draft.resolved.values,
                unit_price=draft.unit_price,
                currency=draft.currency,
                ship_date=self.seen.date(answer.ship_day[k]),
                need_date=self.seen.date(answer.need_day[k]),
                reason=reason(self.seen, answer, k),
                filled_from_stock=filled[k],
                binding=self._binding(answer, k),
                path=tuple(self._path(answer, k)),
                instead=taken[k],
                sureness=self.surenesses.of(k),
                faster=faster(Question(draft, self.others[k], self.buyer, self.drafter, self.seen, wanted, there, alone)),
            )
            there = after(there, alone)

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
