"""Orders are changed before their assembly begins: lines become others, come, and go."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.db import transaction

from atoll.errors import AtollError
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import Statement, exchange
from atoll_web.catalogue import services as catalogue
from atoll_web.sales import states
from atoll_web.sales.answering import reason
from atoll_web.sales.committing import Target, commit, keys, room
from atoll_web.sales.deliveries import delivery, numbered
from atoll_web.sales.errors import (
    CannotPromise,
    ChangeMoved,
    CurrencyDiffers,
    CustomerOnHold,
    DeliveryGroupLeft,
    LastLine,
    LineNotChangeable,
    NamedTwice,
    NoSuchLine,
    NotChangeable,
    NothingToChange,
    QuoteExpired,
)
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.sales.services.begun import wait_for_open_lines
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine, Under, raise_all
from atoll_web.sales.services.entering import LINES
from atoll_web.sales.services.releasing import agreed, demands_of, give_back, locked_lines, release_expired, works
from atoll_web.sales.snapshot import Lock, Master, Work, lock, master, own_units, snapshot


class By(StrEnum):
    """What a changed line is checked and priced by."""

    OWN = "own"
    """Its own revision, with the rules and prices of the day on which it was ordered: only what changes is priced anew."""
    TODAY = "today"
    """The revision that is ordered today, with today's rules and prices."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """What becomes of a line. What is not named stays.

    Parameters
    ----------
    choices
        New value by feature; None gives a choice up, so that the usual value counts.
    delivery_group
        The lines with which it leaves; empty for none.
    """

    position: int
    choices: Mapping[str, Any] = field(default_factory=dict)
    quantity: int | None = None
    request_date: date | None = None
    by: By = By.OWN
    delivery_group: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line before and after a change.

    Parameters
    ----------
    what
        ``changed``, ``added``, ``removed``, or ``moved``: only its date is another, since it ships together with one of those.
    price_before, price
        Of all its units.
    ship_date_before, ship_date
        None where the line was not there before, or is not there any more.
    """

    position: int
    what: str
    price_before: Decimal
    price: Decimal
    ship_date_before: date | None
    ship_date: date | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of an order comes to."""

    number: str
    currency: str
    lines: tuple[ChangedLine, ...]

    @property
    def price_difference(self) -> Decimal:
        """What the customer pays more."""
        return sum((line.price - line.price_before for line in self.lines), Decimal(0))

    @property
    def mark(self) -> str:
        """Another one wherever anything of it is another."""
        return sha256(repr(self).encode()).hexdigest()


@begun_again_after_deadlock
def change_order(
    *,
    actor: Actor,
    order: Order,
    lines: Sequence[LineChange] = (),
    added: Sequence[NewLine] = (),
    removed: Sequence[int] = (),
    shown: str | None = None,
) -> Changed:
    """Change an order or quote: all of it, or nothing.

    Lines that change give back what they hold and are promised anew, those that come are promised, and those that go are
    cancelled. All lines that ship together with one of these, or did before, are promised anew together; of those, lines whose
    assembly has begun keep what they have, and none of the others ships before them: where these are later, they wait for them.

    Parameters
    ----------
    removed
        Positions of lines.
    shown
        Mark of what somebody was shown that it comes to; None where nobody was shown anything.

    Raises
    ------
    ChangeMoved
        When it comes to something else than was shown.
    NotChangeable, QuoteExpired, CustomerOnHold, LastLine
        Of the order.
    NoSuchLine, NamedTwice, LineNotChangeable, NothingToChange, CurrencyDiffers, DeliveryGroupLeft, CannotPromise
        Of a line, as are all refusals of `enter_order`; `BadInput` with one issue for each line where several are at fault.
    """
    with acting(actor):
        there = master(actor.today)
        if there.first_expiry and there.first_expiry <= actor.at:
            release_expired(actor)
        rows = locked_lines([order.pk])
        row = Order.objects.select_for_update(of=("self",)).select_related("customer__price_list").get(pk=order.pk)
        found = _Change(actor, there, row, rows).carry_out(lines, added, removed)
        if shown not in (None, found.mark):
            raise ChangeMoved(order=row.number)
    return found


@begun_again_after_deadlock
def preview_change(
    *,
    actor: Actor,
    order: Order,
    lines: Sequence[LineChange] = (),
    added: Sequence[NewLine] = (),
    removed: Sequence[int] = (),
) -> Changed:
    """What `change_order` would come to: it is tried, and taken back. Refuses what that refuses."""
    with transaction.atomic():
        found = change_order(actor=actor, order=order, lines=lines, added=added, removed=removed)
        transaction.set_rollback(True)
    return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A line that is to be promised: a row that is there or None, what it becomes (None: stays), and its work.

    Parameters
    ----------
    place, path
        Its position in the order, and where it is in the request; empty for one that only moves with the others.
    waits_for
        A line whose assembly has begun, with which it ships later than it is asked for; None where there is none.
    """

    place: int
    row: OrderLine | None
    draft: Drafted | None
    work: Work
    path: str = ""
    waits_for: OrderLine | None = None

    @property
    def delivery_group(self) -> str:
        """What it names from now on."""
        return self.draft.line.delivery_group if self.draft else self.row.delivery_group


@dataclass(frozen=True, slots=True)
class _Change:
    """An order on its way to become another; its lines and itself are locked."""

    actor: Actor
    there: Master
    order: Order
    rows: Sequence[OrderLine]

    def carry_out(self, lines: Sequence[LineChange], added: Sequence[NewLine], removed: Sequence[int]) -> Changed:
        """Check, give back, promise, write."""
        self._refuse()
        at = {row.position: row for row in self.rows}
        faults = self._faults(at, lines, removed)
        if (lines or added) and self.order.customer.on_hold:
            faults.insert(0, ("", CustomerOnHold(customer=self.order.customer.code)))
        faulty = {place for place, _ in faults}
        gone = [at[position] for n, position in enumerate(removed) if f"removed.{n}" not in faulty]
        wanted = self._wanted(at, lines, added, gone, faults)
        if gone and not added and all(row in gone or row.state == states.CANCELLED for row in self.rows):
            raise LastLine(order=self.order.number)
        held = [*gone, *(one.row for one in wanted if one.row)]
        before = dict(Promise.objects.filter(line__in=held, in_force=True).values_list("line_id", "ship_date"))
        works_held = works(held)
        lock([*works_held, *(one.work for one in wanted)], self.actor.today, demands_of(held))
        own = own_units(works_held, held, self.there)
        give_back(held)
        self._end(gone, bool(added))
        after = self._promise(wanted, own) if wanted else []
        left = [ChangedLine(r.position, "removed", r.quantity * r.unit_price, Decimal(0), before[r.pk], None) for r in gone]
        seen = [_seen(one, before, promised) for one, promised in zip(wanted, after, strict=True)]
        lines_now = sorted([*left, *seen, *self._waiting()], key=lambda line: line.position)
        return Changed(self.order.number, self.order.currency, tuple(lines_now))

    def _refuse(self) -> None:
        order = self.order
        if order.state == states.EXPIRED:
            raise QuoteExpired(order=order.number, at=order.expires_at)
        if order.state not in (states.QUOTED, states.CONFIRMED, states.IN_ASSEMBLY):
            raise NotChangeable(order=order.number, state=order.state)

    def _faults(
        self, at: Mapping[int, OrderLine], lines: Sequence[LineChange], removed: Sequence[int]
    ) -> list[tuple[str, AtollError]]:
        """What is wrong with the positions that are named, each with its place."""
        faults: list[tuple[str, AtollError]] = []
        places = [(f"lines.{n}", change.position) for n, change in enumerate(lines)]
        places += [(f"removed.{n}", position) for n, position in enumerate(removed)]
        named: set[int] = set()
        for place, position in places:
            row = at.get(position)
            if row is None:
                faults.append((place, NoSuchLine(order=self.order.number, position=position)))
            elif row.state not in states.HOLDING:
                faults.append((place, LineNotChangeable(line=f"{self.order.number}/{position}", state=row.state)))
            elif position in named:
                faults.append((place, NamedTwice(position=position)))
            named.add(position)
        return faults

    def _wanted(
        self,
        at: Mapping[int, OrderLine],
        lines: Sequence[LineChange],
        added: Sequence[NewLine],
        gone: Sequence[OrderLine],
        faults: list[tuple[str, AtollError]],
    ) -> list[_Wanted]:
        """Lines that are to be promised, in the order of their positions; their faults are raised with those that are known."""
        drafter, buyer = Drafter(self.there, self.actor.today), Buyer.of(self.order.customer)
        found, faulty = [], {place for place, _ in faults}
        last = max((row.position for row in self.rows), default=0)
        asked = [(f"lines.{n}", change.position, change) for n, change in enumerate(lines)]
        asked += [(f"added.{n}", last + n + 1, line) for n, line in enumerate(added)]
        for place, position, change in asked:
            if place in faulty:
                continue
            row = at.get(position)
            try:
                draft = drafter.draft(change, buyer) if row is None else self._draft(drafter, buyer, row, change)
                if draft.currency != self.order.currency:
                    raise CurrencyDiffers(order=self.order.number, currency=self.order.currency, now=draft.currency)
                self._refuse_to_join(draft.line.delivery_group)
                found.append(_Wanted(position, row, draft, draft.work(), place))
            except AtollError as fault:
                faults.append((place, fault))
        raise_all(faults)
        left = [*gone, *(one.row for one in found if one.row)]
        deliveries = {self._delivery(row.delivery_group) for row in left} | {self._delivery(one.delivery_group) for one in found}
        named, deliveries = {row.pk for row in left}, deliveries - {None}
        holding = [row for row in self.rows if row.state in states.HOLDING and row.pk not in named]
        others = [row for row in holding if self._delivery(row.delivery_group) in deliveries]
        found += [_Wanted(row.position, row, None, work) for row, work in zip(others, works(others), strict=True)]
        return self._not_before_begun(sorted(found, key=lambda one: one.place))

    def _not_before_begun(self, wanted: Sequence[_Wanted]) -> list[_Wanted]:
        """The same, none asked for earlier than those ship that leave with them and whose assembly has begun."""
        begun = {row.pk: row for row in self.rows if row.state in states.BEGUN and self._delivery(row.delivery_group) is not None}
        if not begun:
            return [*wanted]
        days = Promise.objects.filter(line__in=begun, in_force=True).order_by("ship_date").values_list("ship_date", "line_id")
        last = {self._delivery(begun[key].delivery_group): (day, begun[key]) for day, key in days}
        found = []
        for one in wanted:
            day, row = last.get(self._delivery(one.delivery_group), (self.actor.today, None))
            waits = row is not None and day > max(one.work.request_date or self.actor.today, self.actor.today)
            found.append(replace(one, work=replace(one.work, request_date=day), waits_for=row) if waits else one)
        return found

    def _delivery(self, group: str) -> Hashable | None:
        """What the lines of a group of this order share with those that leave together with them."""
        return delivery(self.order.pk, group, ship_complete=self.order.ship_complete)

    def _refuse_to_join(self, group: str) -> None:
        if group and any(row.delivery_group == group and row.state == states.SHIPPED for row in self.rows):
            raise DeliveryGroupLeft(order=self.order.number, group=group)

    def _draft(self, drafter: Drafter, buyer: Buyer, row: OrderLine, change: LineChange) -> Drafted:
        """What a line becomes. A request date that is over was kept or missed; the earliest date counts then."""
        revision = row.configuration.revision
        choices = {code: value for code, value in {**row.configuration.values, **change.choices}.items() if value is not None}
        asked = change.request_date or (row.request_date if row.request_date > self.actor.today else None)
        quantity = row.quantity if change.quantity is None else change.quantity
        group = row.delivery_group if change.delivery_group is None else change.delivery_group
        may_take = agreed([row.pk]).get(row.pk, ())
        line = NewLine(revision.product_model.code, choices, quantity, asked, agreed=may_take, delivery_group=group)
        under = Under(revision, self.order.ordered_at.date()) if change.by is By.OWN else None
        draft = drafter.draft(line, buyer, under)
        is_same = draft.revision.pk == revision.pk and draft.resolved.key == row.configuration.key
        is_same = is_same and (line.quantity, line.delivery_group) == (row.quantity, row.delivery_group)
        if is_same and change.request_date in (None, row.request_date):
            raise NothingToChange(position=row.position)
        return draft

    def _end(self, gone: Sequence[OrderLine], is_more: bool) -> None:
        """Cancel lines; when all that is left has been shipped, so is the order."""
        OrderLine.objects.filter(id__in=[row.pk for row in gone]).update(state=states.CANCELLED)
        if gone and not is_more and all(row in gone or row.state in (states.CANCELLED, states.SHIPPED) for row in self.rows):
            Order.objects.filter(pk=self.order.pk).update(state=states.SHIPPED)

    def _promise(self, wanted: Sequence[_Wanted], own: Mapping[str, Mapping[int, int]]) -> list[tuple[date, str]]:
        """Promise lines and write what they are now; their dates, with the reasons."""
        seen = snapshot(
            [one.work for one in wanted],
            self.actor.today,
            lock=Lock.ALONE,
            there=self.there,
            own=own,
        )
        answer = seen.delivered(numbered([self._delivery(one.delivery_group) for one in wanted]))
        places = [one.place for one in wanted]
        said = [_waits(one, reason(seen, answer, k, places), answer.binding(k).cause) for k, one in enumerate(wanted)]
        refused = [k for k in range(len(wanted)) if not answer.is_promised[k]]
        names = [f"line {place}" for place in places]
        raise_all([(wanted[k].path or names[k], CannotPromise(what=names[k], reason=said[k])) for k in refused])
        added = sum(one.row is None for one in wanted)
        taken = seen.booked(answer)
        space = room(taken)
        fresh = keys(space | {"stock_demand": space["stock_demand"] + added, "sales_orderline": added})
        new = iter(zip(fresh["sales_orderline"], fresh["stock_demand"][space["stock_demand"] :], strict=True))
        targets = [
            Target(one.row.pk, one.row.demand_id, is_new=False)
            if one.row
            else Target(*next(new), f"{self.order.number}/{one.place}")
            for one in wanted
        ]
        lines = self._lines(wanted, targets, seen.filled_from_stock(answer))
        commit(self.actor, seen, answer, taken, targets, fresh, is_first=False, lines=lines, reasons=said)
        return [(seen.date(day), words) for day, words in zip(answer.ship_day, said, strict=True)]

    def _waiting(self) -> list[ChangedLine]:
        """Let lines whose assembly has begun wait for what leaves with them now."""
        at = {row.pk: row for row in self.rows if row.state in states.BEGUN}
        return [
            ChangedLine(row.position, "moved", price, price, waits.before, waits.ship_date, waits.reason)
            for waits in (wait_for_open_lines(self.actor, [self.order.pk]) if at else ())
            for row in [at[waits.line]]
            for price in [row.quantity * row.unit_price]
        ]

    def _lines(self, wanted: Sequence[_Wanted], targets: Sequence[Target], filled: Sequence[bool]) -> list[Statement]:
        """Write what lines are now, and give the statement that writes new ones.

        Changes are written before the promises, so that their triggers know that these are of other lines than before.
        """
        drafts = [(k, one.draft) for k, one in enumerate(wanted) if one.draft]
        kept = catalogue.save_configurations([(draft.revision, draft.resolved) for _, draft in drafts])
        rows = [
            (
                targets[k].line_id,
                self.order.pk,
                wanted[k].place,
                configuration,
                draft.line.quantity,
                draft.unit_price,
                draft.line.request_date or (wanted[k].row.request_date if wanted[k].row else self.actor.today),
                targets[k].demand_id,
                filled[k],
                draft.line.delivery_group,
            )
            for (k, draft), configuration in zip(drafts, kept, strict=True)
        ]
        is_new = {target.line_id: target.is_new for target in targets}
        new = [list(column) for column in zip(*(row for row in rows if is_new[row[0]]), strict=True)]
        old = [list(column) for column in zip(*(row for row in rows if not is_new[row[0]]), strict=True)]
        state = states.QUOTED if self.order.state == states.QUOTED else states.CONFIRMED
        if old:
            exchange([(CHANGED, [old[0], *old[3:7], *old[8:]])])
        return [(LINES, [state, *new])] if new else []


def _waits(one: _Wanted, words: str, cause: str) -> str:
    """Why a line has its date: the reason, or that it waits for a line whose assembly has begun."""
    row = one.waits_for
    if row is None or cause != "request":
        return words
    return f"Waits for line {row.position}, with which it ships and which is {row.state}."


def _seen(one: _Wanted, before: Mapping[int, date], promised: tuple[date, str]) -> ChangedLine:
    ship_date, words = promised
    row, draft = one.row, one.draft
    old = row.quantity * row.unit_price if row else Decimal(0)
    new = draft.line.quantity * draft.unit_price if draft else old
    what = "moved" if draft is None else "changed" if row else "added"
    return ChangedLine(one.place, what, old, new, before[row.pk] if row else None, ship_date, words)


CHANGED = """
UPDATE sales_orderline l SET configuration_id = c.configuration, quantity = c.quantity, unit_price = c.price,
       request_date = c.request, filled_from_stock = c.filled, delivery_group = c.delivery_group
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[], %s::date[], %s::bool[], %s::text[])
     c (id, configuration, quantity, price, request, filled, delivery_group)
WHERE l.id = c.id
"""
