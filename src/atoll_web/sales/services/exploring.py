"""What can be promised for a basket, why, how surely, and what would be faster. Nothing is reserved or written."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from atoll.errors import AtollError
from atoll.promise import Availability, Cause, Promises, Step, Wanted, WantedLine, after, explain, promise, promise_complete
from atoll_web.catalogue.snapshot import super_bill
from atoll_web.sales.answering import instead, reason
from atoll_web.sales.deliveries import delivery, numbered
from atoll_web.sales.errors import CannotPromise, NoLines, NoLongerOffered, NotTogether, TooManyLines
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine, raise_all
from atoll_web.sales.services.entering import buyer_or_faults
from atoll_web.sales.services.levers import Delivery, Faster, Question, faster
from atoll_web.sales.services.sureness import Sureness, Surenesses
from atoll_web.sales.services.together import FREE, Part, Queue, told
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
    item, name, reference, line
        The item that comes last, what it is called, the order it comes with, or the assembly line that is full; empty for none.
    day
        From which on it no longer binds.
    """

    cause: str
    item: str
    name: str
    reference: str
    line: str
    day: date


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of the critical path: what it is, what it is about, the order that brings it, and from when to when."""

    step: str
    what: str
    reference: str
    quantity: int
    begins: date
    ends: date
    wait_days: int


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
    item
        The item that is short; empty where it is another reason.
    price
        Of all units; None of a line that is at fault.
    """

    position: int
    line: NewLine
    refusal: AtollError
    item: str = ""
    price: Decimal | None = None
    faster: tuple[Faster, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Levers that are chosen for lines of a basket, as they are when all of them are taken together.

    Parameters
    ----------
    levers
        By position of the line: its day with all that is chosen, and what it costs. What several lines need done, the first pays.
    ships
        When each line ships, by position.
    total
        What the customer pays for all of them.
    cost, currency
        What the company pays more.
    """

    levers: Mapping[int, Faster]
    ships: Mapping[int, date]
    complete_on: date | None
    total: Decimal
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Explored:
    """The answer for a basket.

    Parameters
    ----------
    lines, refused
        Those that can be promised, and the others; each knows its position.
    complete_on
        The day on which all lines can ship together; None where some cannot at all.
    chosen
        What becomes of it with the levers that were chosen; None where none was, or they cannot be taken together.
    misfit
        Why not all that was chosen can be taken.
    """

    lines: tuple[LineExplored, ...]
    refused: tuple[LineRefused, ...]
    complete_on: date | None
    currency: str
    chosen: Chosen | None = None
    misfit: AtollError | None = None

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
    levers: Sequence[str] = (),
) -> Explored:
    """Price, dates, reasons, sureness and faster ways for the lines of a basket, served in their order.

    A line that nobody can promise is refused; the others are answered as if it were not there.

    Parameters
    ----------
    customer
        On whose terms; empty for anybody's.
    ship_complete
        All lines on one day, as late as it allows; otherwise those of a delivery group.
    with_faults
        Refuse lines that are at fault as well, instead of raising what is wrong with them.
    levers
        For each line the key of the lever that is chosen, empty for none; what they come to together is told as well.

    Raises
    ------
    NoLines, TooManyLines, UnknownCustomer, CustomerOnHold
        And what `inquire` raises of a line but `CannotPromise`; the faults of all lines together.
    """
    if not lines:
        raise NoLines()
    if len(lines) > MOST_LINES:
        raise TooManyLines(lines=len(lines), most=MOST_LINES)
    there, (terms, of_customer) = master(today), buyer_or_faults(customer)
    drafter = Drafter(there, today)
    places = [f"lines.{n}" for n in range(len(lines))]
    drafts, faults = drafter.draft_all([(place, line, terms) for place, line in zip(places, lines, strict=True)])
    if of_customer or not with_faults:
        raise_all([*of_customer, *faults])
    at_fault = {places.index(place) + 1: fault for place, fault in faults}
    refused = [LineRefused(n, lines[n - 1], fault) for n, fault in at_fault.items()]
    if not drafts:
        return Explored((), tuple(refused), None, terms.currency or there.currency)
    revisions = {draft.revision.pk: draft.revision for draft in drafts}.values()
    also = {there.structure.keys[code] for revision in revisions for code in super_bill(revision, there.structure).items}
    works, over = [draft.work() for draft in drafts], there.held_by_expired()
    seen = snapshot(works, today, lock=Lock.NOTHING, there=there, also=also, given_back=over)
    wanted = [seen.wanted.line(k) for k in range(len(drafts))]
    positions = [n for n in range(1, len(lines) + 1) if n not in at_fault]
    names = [lines[0].model] if len(lines) == 1 else [f"line {n}, {lines[n - 1].model}" for n in positions]
    shared = [delivery(0, draft.line.delivery_group, ship_complete=ship_complete) for draft in drafts]
    asked = [*map(_Asked, positions, names, drafts, wanted, shared)]
    seen, sound, answer, reasons = _promised_together(seen, asked)
    basket = _Basket(seen, sound, drafter, terms, Surenesses(seen, answer, there))
    explored = tuple(sorted(basket.explored(answer), key=lambda line: line.position))
    refused += [basket.refused(answer, one, reasons[one.position]) for one in asked if one.position in reasons]
    refused.sort(key=lambda line: line.position)
    found = Explored(explored, tuple(refused), None if refused else _complete_on(seen), drafts[0].currency)
    return _with_chosen(found, basket, asked, {n: key for n, key in enumerate(levers, 1) if key})


def _with_chosen(found: Explored, basket: "_Basket", asked: Sequence["_Asked"], keys: Mapping[int, str]) -> Explored:
    """With what becomes of those lines that have a date, or get one by what is chosen for them."""
    levers, misfit = dict[int, Faster](), None
    for n, key in keys.items():
        offered = {one.key: one for one in found.at[n].faster}
        if key in offered:
            levers[n] = offered[key]
        else:
            misfit = misfit or NoLongerOffered(key=key, line=f"line {n}")
    if not levers:
        return replace(found, misfit=misfit)
    lines = {line.position for line in found.lines} | levers.keys()
    chosen = basket.chosen([one for one in asked if one.position in lines], levers)
    return replace(found, chosen=chosen, misfit=misfit or (None if chosen else NotTogether()))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A valid line of a basket, what is to be promised for it, and what it shares with its delivery."""

    position: int
    name: str
    draft: Drafted
    wanted: WantedLine
    delivery: Hashable | None


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a line cannot be promised, and the item that is short; empty for none."""

    reason: str
    item: str

    @classmethod
    def of(cls, seen: PromiseSnapshot, answer: Promises, k: int) -> "_Refused":
        item = answer.binding(k).item
        return cls(reason(seen, answer, k), seen.code(item) if item >= 0 else "")


def _promised_together(
    seen: PromiseSnapshot, asked: Sequence[_Asked]
) -> tuple[PromiseSnapshot, Sequence[_Asked], Promises, dict[int, "_Refused"]]:
    """The lines that are promised beside each other, with their promises, and why each other line is not, by position.

    Without the lines that are refused a delivery may have another day, which may leave others none: what is left is asked again.
    """
    reasons: dict[int, _Refused] = {}
    while True:
        answer = seen.delivered(numbered([one.delivery for one in asked]))
        refused = {one.position: _Refused.of(seen, answer, k) for k, one in enumerate(asked) if not answer.is_promised[k]}
        if not refused:
            return seen, asked, answer, reasons
        reasons |= refused
        asked = [one for one in asked if one.position not in refused]
        seen = replace(seen, wanted=Wanted.of(one.wanted for one in asked), works=[one.draft.work() for one in asked])


def _complete_on(seen: PromiseSnapshot) -> date | None:
    """The day on which all lines can ship together; None where one of them is refused then."""
    complete = promise_complete(seen.availability, seen.wanted)
    return seen.date(complete.ship_day.max()) if complete.is_promised.all() else None


@dataclass(frozen=True, slots=True)
class _Basket:
    """The lines of a basket that can be promised."""

    seen: PromiseSnapshot
    asked: Sequence[_Asked]
    drafter: Drafter
    buyer: Buyer
    surenesses: Surenesses

    def explored(self, answer: Promises) -> Iterator[LineExplored]:
        """Each line from what those that are served before it leave."""
        there, filled = self.seen.availability, self.seen.filled_from_stock(answer)
        taken = [dict[str, str]() for _ in self.asked]
        for k, item, other in instead(self.seen, answer):
            taken[k][item] = other
        positions = [one.position for one in self.asked]
        for members in _deliveries(answer):
            before = there
            for k in members:
                one = self.asked[k]
                draft, alone = one.draft, promise(there, Wanted.of([one.wanted]))
                waits = answer.binding(k).cause is Cause.DELIVERY
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
                    sureness=self.surenesses.of(k),
                    faster=() if waits else faster(self._question(one, there, alone, before)),
                )
                there = after(there, alone)
            if len(members) > 1:
                there = after(before, promise_complete(before, Wanted.of(self.asked[k].wanted for k in members)))

    def refused(self, answer: Promises, one: _Asked, why: _Refused) -> LineRefused:
        """A line that cannot be promised, why, and what would make it possible beside all others."""
        there = after(self.seen.availability, answer)
        alone = promise(there, Wanted.of([one.wanted]))
        refusal = CannotPromise(what=one.name, reason=why.reason)
        found = faster(self._question(one, there, alone, self._without_delivery(one)))
        levers = tuple(replace(lever, days_earlier=0, had_date=False) for lever in found)
        return LineRefused(one.position, one.draft.line, refusal, why.item, one.draft.price, levers)

    def _without_delivery(self, one: _Asked) -> Availability:
        """What all lines leave that do not ship together with one."""
        others = [other for other in self.asked if other.delivery is None or other.delivery != one.delivery]
        seen = replace(self.seen, wanted=Wanted.of(other.wanted for other in others))
        return after(seen.availability, seen.delivered(numbered([other.delivery for other in others])))

    def chosen(self, lines: Sequence[_Asked], levers: Mapping[int, Faster]) -> Chosen | None:
        """What becomes of lines with all of some levers, by position; None where one has no date then.

        What is pulled for several of them is pulled once, for all.
        """
        places = {one.position: place for place, one in enumerate(lines)}
        parts: dict[str, tuple[Part, set[int]]] = {}
        for position, lever in levers.items():
            for pull in lever.pulls:
                parts.setdefault(pull.part.key, (pull.part, set()))[1].add(places[position])
        instead = {places[position]: lever.wanted for position, lever in levers.items() if lever.wanted}
        outcome = self._queue(lines).with_levers(instead, [*parts.values()])
        if outcome is None:
            return None
        days = {one.position: [self.seen.date(day) for day in outcome.days[place]] for place, one in enumerate(lines)}
        pulls, taken = {pull.part.key: pull for pull in outcome.pulls}, dict[int, Faster]()
        for position, lever in sorted(levers.items()):
            own = tuple(pulls[pull.part.key] for pull in lever.pulls if pull.part.key in pulls)
            pulls |= {pull.part.key: replace(pull, cost=FREE) for pull in own}  # this line pays for all
            taken[position] = replace(
                lever,
                words=told(own) or lever.words,
                ship_date=days[position][0],
                rest_date=days[position][1] if lever.rest_date else None,
                days_earlier=lever.days_earlier - (days[position][0] - lever.ship_date).days if lever.had_date else 0,
                cost=sum((pull.cost for pull in own), FREE) if lever.pulls else lever.cost,
                pulls=own,
            )
        more = sum((lever.cost for lever in taken.values() if lever.is_paid_by_customer), FREE)
        return Chosen(
            levers=taken,
            ships={position: max(of_line) for position, of_line in days.items()},
            complete_on=None if (day := outcome.complete_day) is None else self.seen.date(day),
            total=sum((one.draft.price for one in lines), more),
            cost=sum((lever.cost for lever in taken.values() if not lever.is_paid_by_customer), FREE),
            currency=self.drafter.there.currency,
        )

    def _queue(self, lines: Sequence[_Asked]) -> Queue:
        return Queue(self.seen, [one.wanted for one in lines], [one.delivery for one in lines])

    def _question(self, one: _Asked, there: Availability, alone: Promises, before: Availability) -> Question:
        """What is asked about a line; `before` is what there is for all of its delivery."""
        together = None
        if one.delivery is not None:
            lines = [other for other in self.asked if other.delivery == one.delivery]
            ahead = [other.wanted for other in lines if other.position < one.position]
            together = Delivery(before, ahead, [other.wanted for other in lines if other.position > one.position])
        queued = sorted([*(other for other in self.asked if other is not one), one], key=lambda other: other.position)
        queue, place = self._queue(queued), queued.index(one)
        return Question(one.draft, self.buyer, self.drafter, self.seen, one.wanted, there, alone, queue, place, together)

    def _binding(self, answer: Promises, k: int) -> Binding:
        found, seen = answer.binding(k), self.seen
        return Binding(
            cause=str(found.cause),
            item=(code := seen.code(found.item) if found.item >= 0 else ""),
            name=self.drafter.there.structure.items[code].name if code else "",
            reference=seen.supplies[found.supply].reference if found.supply >= 0 else "",
            line=seen.lines.get(found.line, ""),
            day=seen.date(found.day),
        )

    def _path(self, answer: Promises, k: int) -> Iterator[PathStep]:
        for link in explain(self.seen.availability, answer, k):
            what = self.seen.lines.get(link.line, "") if link.step is Step.ASSEMBLY else ""
            if link.item >= 0:
                what = self.seen.code(link.item)
            reference = self.seen.supplies[link.supply].reference if link.supply >= 0 else ""
            days = self.seen.date(link.start_day), self.seen.date(link.day)
            yield PathStep(str(link.step), what, reference, link.quantity, *days, link.wait_days)


def _deliveries(answer: Promises) -> list[list[int]]:
    """The lines of each delivery, and each other line, as they are served."""
    found: dict[int, list[int]] = {}
    for k, number in enumerate(answer.delivery.tolist()):
        found.setdefault(number if number >= 0 else -1 - k, []).append(k)
    return [*found.values()]
