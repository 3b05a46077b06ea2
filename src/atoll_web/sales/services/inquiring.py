"""Dates without an order: inquiries, and builds ahead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from atoll.configure import Margin
from atoll.errors import AtollError
from atoll.promise import plan_build, promise
from atoll_web.accounts.acting import Actor
from atoll_web.bulk import exchange, together
from atoll_web.catalogue.models import Item
from atoll_web.sales.answering import reason
from atoll_web.sales.committing import Target, keys, pegging, room
from atoll_web.sales.errors import CannotPromise
from atoll_web.sales.services.drafting import Buyer, Drafted, Drafter, NewLine, raise_all
from atoll_web.sales.services.entering import Faults, buyer_or_faults
from atoll_web.sales.snapshot import (
    MASTER,
    Lock,
    Master,
    PromiseSnapshot,
    Question,
    Work,
    latest,
    master,
    question,
    snapshot,
)
from atoll_web.stock.models import Supply


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The answer to an inquiry; nothing is reserved.

    Parameters
    ----------
    values
        The complete configuration, defaults included.
    margin
        What is left of the unit price over material and labour. Nobody outside should see it.
    filled_from_stock
        Whether all it takes is free on hand now.
    on_terms
        Whether the customer pays another price than the product model says, in which the differences of options are.
    """

    model: str
    values: Mapping[str, Any]
    unit_price: Decimal
    currency: str
    margin: Margin
    quantity: int
    ship_date: date
    need_date: date
    reason: str
    filled_from_stock: bool
    on_terms: bool


def inquire(*, line: NewLine, today: date, customer: str = "") -> Inquiry:
    """Price and promise date of a configured line; reserves and writes nothing.

    Parameters
    ----------
    customer
        On whose terms; empty for anybody's. Units that are protected for customers of other classes are left to them.

    Raises
    ------
    UnknownCustomer, CustomerOnHold, QuantityNotPositive, RequestDateInThePast, RequestDateTooFar, UnknownModel,
    ModelNotOrderable, InvalidConfiguration, CannotPromise
        With the facts.
    BadInput
        When several things are wrong, with all of them.
    """
    buyer, faults = buyer_or_faults(customer)
    drafted, seen = (None if faults else _at_once(line, today, buyer)) or _one_by_one(line, today, buyer, faults)
    answer = promise(seen.availability, seen.wanted)
    if not answer.is_promised[0]:
        raise CannotPromise(what=line.model, reason=reason(seen, answer, 0))
    return Inquiry(
        model=line.model,
        values=drafted.resolved.values,
        unit_price=drafted.unit_price,
        currency=drafted.currency,
        margin=drafted.margin,
        quantity=line.quantity,
        ship_date=seen.date(answer.ship_day[0]),
        need_date=seen.date(answer.need_day[0]),
        reason=reason(seen, answer, 0),
        filled_from_stock=seen.filled_from_stock(answer)[0],
        on_terms=drafted.on_terms,
    )


def available(*, item: Item, today: date, customer_class: str = "") -> dict[date | None, int]:
    """Units available to promise of what is there or on its way, cumulated by the days from which promises count on it.

    What is on hand has no day. What is protected for others is left to them.
    """
    there, work = master(today), Work({item.pk: 1}, customer_class=customer_class)
    seen = snapshot([work], today, lock=Lock.NOTHING, there=there, given_back=there.held_by_expired())
    of_item = seen.availability.supply_item == seen.items.at[item.pk]
    days, free = seen.availability.supply_day[of_item], seen.availability.supply_free[of_item]
    return {seen.date(day) if day else None: int(free[days <= day].sum()) for day in sorted({0, *days.tolist()})}


def _at_once(line: NewLine, today: date, buyer: Buyer) -> tuple[Drafted, PromiseSnapshot] | None:
    """All in one exchange, if what is to be promised can be told by what was read last, and that still holds."""
    there = latest(today)
    if there is None:
        return None
    try:
        drafted = Drafter(there, today).draft(line, buyer)
    except AtollError:  # by what holds now, perhaps, it is none
        return None
    asked = _question(drafted, there)
    master_rows, *rows = exchange([MASTER, *asked.statements])
    return (drafted, asked.seen(rows)) if master_rows == there.rows else None


def _one_by_one(line: NewLine, today: date, buyer: Buyer, faults: Faults) -> tuple[Drafted, PromiseSnapshot]:
    there = master(today)
    drafts, more = Drafter(there, today).draft_all([("", line, buyer)])
    raise_all([*faults, *more])
    (drafted,) = drafts
    asked = _question(drafted, there)
    return drafted, asked.seen(exchange(asked.statements))


def _question(drafted: Drafted, there: Master) -> Question:
    return question([drafted.work()], there, lock=Lock.NOTHING, given_back=there.held_by_expired())


def plan_into_stock(actor: Actor, item: Item, quantity: int) -> Supply:
    """Plan a build ahead: its components are allocated, and its date is the earliest that they allow. Call it inside `acting`.

    Raises
    ------
    CannotPromise
        When a component can neither be bought nor built.
    """
    seen = snapshot([Work({item.pk: quantity})], actor.today, lock=Lock.ALONE)
    answer = plan_build(seen.availability, seen.items.at[item.pk], quantity)
    if not answer.is_promised[0]:
        raise CannotPromise(what=f"a build of {quantity} × {item}", reason=reason(seen, answer, 0))
    taken = seen.booked(answer)
    fresh = keys(room(taken))
    exchange([together(pegging(seen, answer, taken, [Target(0, 0)], fresh))])
    return Supply.objects.get(pk=fresh["stock_supply"][taken.plan_supply[0]])
