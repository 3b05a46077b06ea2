"""Orders and quotes: every line is configured, priced, promised and confirmed, or nothing is written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, islice
from typing import Any

from django.db import IntegrityError, connection

from atoll.errors import AtollError, Issue
from atoll_web.accounts import keys as idempotency
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock, business_time, is_acting
from atoll_web.accounts.numbering import sequence, worded
from atoll_web.accounts.services import system_user
from atoll_web.bulk import MANY, Statement, exchange, uncollected
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Revision
from atoll_web.sales import states
from atoll_web.sales.answering import reason
from atoll_web.sales.committing import Target, commit, drawing, drawn, enough, likely_room, room
from atoll_web.sales.deliveries import delivery, numbered
from atoll_web.sales.errors import (
    CannotPromise,
    CustomerOnHold,
    IdempotencyKeyUsed,
    NoCustomer,
    NoLines,
    PriceDiffers,
    QuoteExpired,
    QuoteOutdated,
    QuoteWithoutDays,
    ReferenceTwice,
    UnknownCustomer,
    UnknownShopper,
    WrongOrderState,
)
from atoll_web.sales.models import Customer, Order, OrderLine, Promise
from atoll_web.sales.services.drafting import ANYBODY, MOST_UNITS, Buyer, Drafted, Drafter, NewLine, Price, raise_all
from atoll_web.sales.services.recognising import (
    KEYS_USED,
    NewOrder,
    alive,
    is_another,
    orders_of_keys,
    request_digest,
)
from atoll_web.sales.services.releasing import expire_quotes, release_expired
from atoll_web.sales.services.repromising import refuse_undated, repromise
from atoll_web.sales.snapshot import MASTER, Lock, Master, Question, Work, latest, master_of, question

__all__ = ["MOST_UNITS", "NewLine", "NewOrder", "accept_quote", "enter_order", "enter_orders", "order_in_shop", "quote"]

LONGEST_QUOTE = 90
"""Days that a quote may hold supply at most."""


def enter_order(
    *,
    actor: Actor,
    customer: str,
    lines: Sequence[NewLine],
    idempotency_key: str | None = None,
    ship_complete: bool = False,
    shown: Price | None = None,
) -> Order:
    """Take an order of one customer.

    Raises
    ------
    UnknownCustomer, CustomerOnHold, NoLines, IdempotencyKeyUsed, OrderOfKeyEnded, PriceDiffers
        Of the order.
    AtollError
        Of the line, where just one is at fault; `BadInput` with one issue for each line otherwise.
    """
    return enter(actor=actor, order=NewOrder(customer, lines, idempotency_key or "", ship_complete, shown))


@begun_again_after_deadlock
def enter_orders(
    *, actor: Actor, orders: Sequence[NewOrder], issues: Sequence[Issue] = (), is_tried: bool = False
) -> list[Order]:
    """Take orders, promised in their sequence: the same dates as one by one, in one transaction and a few statements.

    Parameters
    ----------
    issues
        Faults of the form in which they came. They are told along with all others, and nothing is entered.
    is_tried
        Whether the transaction around it takes them back, so that they need no number which others would miss.

    Raises
    ------
    ReferenceTwice
        When several have one key.
    AtollError
        As `enter_order` does; faults of all orders are told together, and nothing is written then.
    """
    return _enter(actor, orders, states.CONFIRMED, None, issues=issues, is_tried=is_tried)


def quote(
    *, actor: Actor, customer: str, lines: Sequence[NewLine], days: int, idempotency_key: str = "", ship_complete: bool = False
) -> Order:
    """Offer what `enter_order` would take: its supply and slots are held for so many days, until it is accepted or expires.

    Raises
    ------
    QuoteWithoutDays
        When it would hold for less than a day or too long; otherwise as `enter_order` does.
    """
    return enter(actor=actor, order=NewOrder(customer, lines, idempotency_key, ship_complete), quote_days=days)


@begun_again_after_deadlock
def enter(*, actor: Actor, order: NewOrder, quote_days: int | None = None) -> Order:
    """Take an order as `enter_order` does, or quote it when days are given, as `quote` does."""
    if quote_days is None:
        return alive(_enter(actor, [order], states.CONFIRMED, None)[0])
    is_held = 1 <= quote_days <= LONGEST_QUOTE
    faults = [] if is_held else [("", QuoteWithoutDays(days=quote_days, most=LONGEST_QUOTE))]
    order = replace(order, request=order.request or request_digest(order, quote_days))
    until = actor.at + timedelta(days=quote_days if is_held else 0)
    return alive(_enter(actor, [order], states.QUOTED, until, faults)[0])


@begun_again_after_deadlock
def accept_quote(*, actor: Actor, order: Order, ship_date: date | None = None) -> Order:
    """Make an order of a quote: it keeps its dates, since it held all that they rest on.

    Lines that are at risk, or whose assembly should have begun, are promised anew along with it.

    Parameters
    ----------
    ship_date
        The day on which lines may ship at the latest that cannot keep their date any more.

    Raises
    ------
    WrongOrderState
        When it is no quote.
    QuoteExpired
        When its time is over; what it held is free then.
    QuoteOutdated
        When a line would ship after its date, and after `ship_date`; nothing is changed then.
    CannotPromise
        When a line gets no date at all; nothing is changed then.
    CustomerOnHold
    """
    try:
        return _accepted(actor, order, ship_date)
    except QuoteExpired:
        expire_quotes(actor=actor)
        raise


def _accepted(actor: Actor, order: Order, ship_date: date | None) -> Order:
    with acting(actor):
        lines = OrderLine.objects.select_for_update(of=("self",)).filter(order=order, state=states.QUOTED).order_by("id")
        ids = list(lines.values_list("id", flat=True))
        row = Order.objects.select_for_update(of=("self",)).select_related("customer").get(pk=order.pk)
        if row.state == states.EXPIRED or (row.state == states.QUOTED and row.expires_at <= actor.at):
            raise QuoteExpired(order=row.number, at=row.expires_at)
        if row.state != states.QUOTED:
            raise WrongOrderState(order=row.number, state=row.state, needed=states.QUOTED)
        if row.customer.on_hold:
            raise CustomerOnHold(customer=row.customer.code)
        _promise_outdated_anew(actor, row, ids, ship_date)
        OrderLine.objects.filter(id__in=ids).update(state=states.CONFIRMED)
        row.state = states.CONFIRMED
        row.save(update_fields=["state"])
    return row


def _promise_outdated_anew(actor: Actor, order: Order, line_ids: Sequence[int], ship_date: date | None) -> None:
    """Promise those lines of a quote anew that cannot keep their date, and refuse days that nobody agreed to."""
    in_force = Promise.objects.filter(line__in=line_ids, in_force=True)
    before = list(in_force.select_related("line").order_by("line"))
    outdated = [promise.line for promise in before if promise.at_risk or promise.need_date < actor.today]
    if not outdated:
        return
    refuse_undated(repromise(actor=actor, lines=outdated).undated)
    now = dict(in_force.values_list("line_id", "ship_date"))  # also those that leave together with an outdated one may move
    moved = {old.line.position: (old.ship_date, now[old.line_id]) for old in before if now[old.line_id] > old.ship_date}
    if moved and (last := max(after for _, after in moved.values())) > (ship_date or date.min):
        raise QuoteOutdated(order=order.number, before=max(before for before, _ in moved.values()), now=last, lines=moved)


def order_in_shop(*, customer: str, email: str, line: NewLine, idempotency_key: str, shown: Price | None = None) -> Order:
    """Take the order of a customer who is not signed in but knows the code and the e-mail address. The system acts.

    Raises
    ------
    UnknownShopper
        When no customer has both.
    AtollError
        As `enter_order` does.
    """
    known = Customer.objects.filter(code=customer, email__iexact=email).exclude(email="").first()
    if known is None:
        raise UnknownShopper()
    actor = Actor(system_user(), business_time(), f"ordered in the shop by {known.code}")
    return enter_order(actor=actor, customer=known.code, lines=[line], idempotency_key=idempotency_key, shown=shown)


Faults = Sequence[tuple[str, AtollError]]
"""What is wrong, each with its place."""


def _enter(
    actor: Actor,
    orders: Sequence[NewOrder],
    state: str,
    expires_at: datetime | None,
    faults: Faults = (),
    issues: Sequence[Issue] = (),
    *,
    is_tried: bool = False,
) -> list[Order]:
    """Enter orders: a single one beside others, and once more alone if these were faster with something that it takes too."""
    if len(orders) == 1 and not is_acting() and not faults and not issues and not is_tried:
        with suppress(IntegrityError):
            return _enter_at_once(actor, orders, state, expires_at) or _enter_under(Lock.SHARED, actor, orders, state, expires_at)
    with uncollected(sum(len(order.lines) for order in orders)):
        return _enter_under(Lock.ALONE, actor, orders, state, expires_at, faults, issues, is_tried=is_tried)


class _Outdated(Exception):
    """What was read last no longer holds."""


def _enter_at_once(actor: Actor, orders: Sequence[NewOrder], state: str, expires_at: datetime | None) -> list[Order] | None:
    """Enter an order that is made by what was read last, and ask whether that still holds along with all else.

    None where nothing was read, it no longer holds, by it the order is at fault, or it is known by its key.
    """
    there, customers_found = latest(actor.today), [_read_last.get(order.customer) for order in orders]
    if there is None or None in customers_found or _has_expired(there, actor):
        return None
    customers = _customers_of(customers_found)
    if _faults(orders, {}, customers, {}):
        return None
    entry = _Entry(actor, there, customers, state, expires_at, Lock.SHARED)
    try:
        drafts = entry.draft(orders, is_alone=True)
    except AtollError:  # by what holds now, perhaps, it is none
        return None
    asked = entry.asked(orders, drafts)
    keys = [order.idempotency_key for order in orders if order.idempotency_key]
    of_keys: list[Statement] = [idempotency.lock(keys), (KEYS_USED, [keys])] if keys else []
    first = [MASTER, _of_customers(customers), *of_keys]
    with suppress(_Outdated), acting(actor, [*first, *asked.statements]) as (company, found, *rows):
        if (company, found) != (there.rows, customers_found) or any(rows[1 : len(of_keys)]):
            raise _Outdated
        return entry.enter(asked, rows[len(of_keys) :], is_last=True)
    return None


def _has_expired(there: Master, actor: Actor) -> bool:
    """Whether a quote holds supply that it should not hold any more."""
    return there.first_expiry is not None and there.first_expiry <= actor.at


def _enter_under(
    lock: Lock,
    actor: Actor,
    orders: Sequence[NewOrder],
    state: str,
    expires_at: datetime | None,
    faults: Faults = (),
    issues: Sequence[Issue] = (),
    *,
    is_tried: bool = False,
) -> list[Order]:
    """Enter those orders that are not known by their keys, and give all of them in their sequence."""
    codes = {order.customer for order in orders}
    with acting(actor, [MASTER, _of_customers(codes)]) as (company, customers_found):
        there, customers = master_of(company, actor.today), _customers_of(customers_found)
        _remember(customers_found)
        if _has_expired(there, actor):
            release_expired(actor)
        named = [order.idempotency_key for order in orders if order.idempotency_key]
        known = orders_of_keys(named)
        used = idempotency.used(actor.user, named)
        faults = [*faults, *_faults(orders, known, customers, used)]
        fresh = [order for order in orders if order.idempotency_key not in known]
        entry = _Entry(actor, there, customers, state, expires_at, lock, is_tried)
        drafts = iter(entry.draft(fresh, faults, issues, is_alone=len(orders) == 1))
        groups = [(group, list(islice(drafts, sum(len(order.lines) for order in group)))) for group in entry.together(fresh)]
        entered = []
        for group, drafted in groups:
            asked = entry.asked(group, drafted)
            entered += entry.enter(asked, exchange(asked.statements))
        known |= {row.idempotency_key: row for row in entered if row.idempotency_key}
        others = iter([row for row in entered if not row.idempotency_key])
        return [known.get(order.idempotency_key) or next(others) for order in orders]


CUSTOMERS = """
SELECT c.id, c.code, c.name, c.customer_class, c.on_hold, c.currency, coalesce(p.code, '')
FROM sales_customer c LEFT JOIN pricing_pricelist p ON p.id = c.price_list_id WHERE c.code = ANY(%s::text[])
"""


@dataclass(frozen=True, slots=True)
class _Customer:
    """A customer who orders, and on whose terms they buy."""

    row: Customer
    buyer: Buyer


def buyer_of(customer: str) -> Buyer:
    """On whose terms a customer buys; anybody's where none is named.

    Raises
    ------
    UnknownCustomer, CustomerOnHold
    """
    if not customer:
        return ANYBODY
    (rows,) = exchange([_of_customers({customer})])
    found = _customers_of(rows).get(customer)
    if found is None:
        raise UnknownCustomer(customer=customer)
    if found.row.on_hold:
        raise CustomerOnHold(customer=customer)
    return found.buyer


def buyer_or_faults(customer: str) -> tuple[Buyer, Faults]:
    """What `buyer_of` gives; anybody where it refuses, with why, so that it can be told along with other faults."""
    try:
        return buyer_of(customer), ()
    except AtollError as fault:
        return ANYBODY, [("", fault)]


_read_last: dict[str, tuple[Any, ...]] = {}
"""Rows of customers as this process has read them last, by code."""

MOST_CUSTOMERS = 10_000


def _remember(customers_found: Sequence[tuple[Any, ...]]) -> None:
    if len(_read_last) > MOST_CUSTOMERS:
        _read_last.clear()
    _read_last.update({row[1]: row for row in customers_found})


def _of_customers(codes: Iterable[str]) -> Statement:
    """Customers by code."""
    return CUSTOMERS, [sorted(codes)]


def _customers_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, _Customer]:
    fields = ["id", "code", "name", "customer_class", "on_hold", "currency"]
    return {
        row[1]: _Customer(Customer.from_db(connection.alias, fields, row[:-1]), Buyer(row[5], row[3], row[6])) for row in rows
    }


def _faults(
    orders: Sequence[NewOrder],
    known: Mapping[str, Order],
    customers: Mapping[str, _Customer],
    used: Mapping[str, AtollError],
) -> list[tuple[str, AtollError]]:
    """What is wrong with orders themselves, each with its place; one that is there already is not judged again."""
    faults: list[tuple[str, AtollError]] = []
    named = Counter(order.idempotency_key for order in orders if order.idempotency_key)
    for o, order in enumerate(orders):
        there, customer = known.get(order.idempotency_key), customers.get(order.customer)
        place = order.place or _place(o, is_alone=len(orders) == 1)
        if (times := named[order.idempotency_key]) > 1:
            faults.append((place, ReferenceTwice(reference=order.idempotency_key, times=times)))
        elif there and is_another(there, order):
            faults.append((place, IdempotencyKeyUsed(key=order.idempotency_key, order=there.number)))
        elif there:
            continue
        elif order.idempotency_key in used:
            faults.append((place, used[order.idempotency_key]))
        if customer is None:
            faults.append((place, UnknownCustomer(customer=order.customer) if order.customer else NoCustomer()))
        elif customer.row.on_hold:
            faults.append((place, CustomerOnHold(customer=order.customer)))
        if not order.lines:
            faults.append((place, NoLines()))
    return faults


def refuse_other_price(shown: Price | None, total: Decimal, currency: str) -> None:
    """Refuse to order for another price than was shown, where one was."""
    now = Price(total, currency)
    if shown is not None and shown != now:
        raise PriceDiffers(shown=str(shown), now=str(now))


def _place(o: int, *, is_alone: bool) -> str:
    """Where an order is among those that were sent."""
    return "" if is_alone else f"orders.{o}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What must be known before orders can be promised and written.

    Parameters
    ----------
    counts
        How many keys are drawn along.
    """

    orders: Sequence[NewOrder]
    drafts: Sequence[Drafted]
    counts: Mapping[str, int]
    question: Question

    @property
    def resolved(self) -> list[tuple[Revision, catalogue.Resolved]]:
        """The configurations, each with its revision."""
        return [(draft.revision, draft.resolved) for draft in self.drafts]

    @property
    def statements(self) -> list[Statement]:
        """Those whose rows `_Entry.enter` takes; what locks comes last, so that nobody waits for the others."""
        return [catalogue.known_configurations(self.resolved), drawing(self.counts), *self.question.statements]


@dataclass(frozen=True, slots=True)
class _Entry:
    """Orders on their way into the database."""

    actor: Actor
    there: Master
    customers: Mapping[str, _Customer]
    state: str
    expires_at: datetime | None
    lock: Lock
    is_tried: bool = False

    def together(self, orders: Sequence[NewOrder]) -> list[list[NewOrder]]:
        """Orders that can be promised in one call: those from which the same units are kept."""
        groups: list[tuple[str, list[NewOrder]]] = []
        for order in orders:
            of_class = self.customers[order.customer].buyer.customer_class if self.there.protections else ""
            if not groups or groups[-1][0] != of_class:
                groups.append((of_class, []))
            groups[-1][1].append(order)
        return [group for _, group in groups]

    def draft(
        self, orders: Sequence[NewOrder], faults: Faults = (), issues: Sequence[Issue] = (), *, is_alone: bool
    ) -> list[Drafted]:
        """Draft all lines; their faults and those known before are raised together."""
        lines = [
            (line.place or f"{_place(o, is_alone=is_alone)}.lines.{n}".lstrip("."), line, self._buyer(order))
            for o, order in enumerate(orders)
            for n, line in enumerate(order.lines)
        ]
        drafts, more = Drafter(self.there, self.actor.today).draft_all(lines)
        raise_all([*faults, *more], issues)
        rest = iter(drafts)
        for order in orders:
            of_order = list(islice(rest, len(order.lines)))
            refuse_other_price(order.shown, sum((draft.price for draft in of_order), Decimal(0)), of_order[0].currency)
        return drafts

    def _buyer(self, order: NewOrder) -> Buyer:
        """On whose terms its lines are priced; anybody's where the customer is not known, which is told as a fault."""
        return self.customers[order.customer].buyer if order.customer in self.customers else ANYBODY

    def asked(self, orders: Sequence[NewOrder], drafts: Sequence[Drafted]) -> "_Asked":
        """What is asked of the database before orders can be promised."""
        works = [draft.work() for draft in drafts]
        return _Asked(orders, drafts, self._keys_to_draw(orders, works), question(works, self.there, lock=self.lock))

    def enter(self, asked: "_Asked", rows: Sequence[Sequence[tuple[Any, ...]]], *, is_last: bool = False) -> list[Order]:
        """Promise and write orders, by what the database answers; `is_last` if the use case ends with it."""
        orders, drafts = asked.orders, asked.drafts
        known, fresh_rows, *others = rows
        seen, fresh = asked.question.seen(others), drawn(asked.counts, fresh_rows)
        configurations = catalogue.save_configurations(asked.resolved, known)
        places = [(o, n) for o, order in enumerate(orders) for n in range(1, len(order.lines) + 1)]
        answer = seen.delivered(
            numbered(
                [delivery(o, orders[o].lines[n - 1].delivery_group, ship_complete=orders[o].ship_complete) for o, n in places]
            )
        )
        refused = [k for k in range(len(drafts)) if not answer.is_promised[k]]
        names = {k: drafts[k].line.place or f"line {k + 1}" for k in refused}
        at = {k: drafts[k].line.place or f"lines.{k}" for k in refused}
        raise_all([(at[k], CannotPromise(what=names[k], reason=reason(seen, answer, k))) for k in refused])
        taken = seen.booked(answer)
        space = room(taken)
        space["stock_demand"] += len(drafts)
        fresh = enough(fresh, space)
        numbers = [worded("order", number) for number in fresh[sequence("order")]]
        if self.is_tried:
            numbers = [f"?{key}" for key in fresh["sales_order"]]
        references = [f"{numbers[o]}/{n}" for o, n in places]
        demands = fresh["stock_demand"][-len(drafts) :]
        targets = [Target(*ids) for ids in zip(fresh["sales_orderline"], demands, references, strict=True)]
        entered: list[Order] = []

        def written() -> Iterator[Statement]:
            """Orders and lines, made when they are wanted."""
            first = accumulate((len(order.lines) for order in orders[:-1]), initial=0)
            entered.extend(self._rows(orders, fresh["sales_order"], numbers, [drafts[k].currency for k in first]))
            yield ORDERS, [[getattr(row, name) for row in entered] for name in ORDER_FIELDS]
            yield (
                LINES,
                [
                    self.state,
                    [target.line_id for target in targets],
                    [entered[o].pk for o, _ in places],
                    [n for _, n in places],
                    configurations,
                    [draft.line.quantity for draft in drafts],
                    [draft.unit_price for draft in drafts],
                    [draft.line.request_date or self.actor.today for draft in drafts],
                    [target.demand_id for target in targets],
                    seen.filled_from_stock(answer),
                    [draft.line.delivery_group for draft in drafts],
                ],
            )

        positions = [n for _, n in places]
        said = [reason(seen, answer, k, positions) for k in range(len(drafts))]
        commit(self.actor, seen, answer, taken, targets, fresh, is_first=True, lines=written(), reasons=said, is_last=is_last)
        return entered

    def _keys_to_draw(self, orders: Sequence[NewOrder], works: Sequence[Work]) -> dict[str, int]:
        """How many keys are drawn along, before it is known what the promises rest on."""
        of_numbers = 0 if self.is_tried else len(orders)
        counts = {"sales_order": len(orders), sequence("order"): of_numbers, "sales_orderline": len(works)}
        if len(works) < MANY:  # keys that are not needed cost less than to ask again
            counts |= likely_room(works, self.there.items)
        counts["stock_demand"] = counts.get("stock_demand", 0) + len(works)
        return counts

    def _rows(
        self, orders: Sequence[NewOrder], keys: Sequence[int], numbers: Sequence[str], currencies: Sequence[str]
    ) -> list[Order]:
        """The orders as they will be written."""
        return [
            Order(
                id=key,
                number=number,
                customer=self.customers[order.customer].row,
                state=self.state,
                ordered_at=self.actor.at,
                currency=currency,
                idempotency_key=order.idempotency_key or None,
                request_digest=order.digest if order.idempotency_key else None,
                expires_at=self.expires_at,
                rank=key,
                ship_complete=order.ship_complete,
            )
            for order, key, number, currency in zip(orders, keys, numbers, currencies, strict=True)
        ]


ORDER_FIELDS = (
    *("id", "number", "customer_id", "state", "ordered_at", "currency", "idempotency_key", "request_digest", "expires_at"),
    *("rank", "ship_complete"),
)

ORDERS = """
INSERT INTO sales_order (id, number, customer_id, state, ordered_at, currency, idempotency_key, request_digest, expires_at, rank,
                         ship_complete, hold_reason)
SELECT o.id, o.number, o.customer, o.state, o.at, o.currency, o.key, o.request, o.expires, o.rank, o.complete, ''
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[], %s::float8[], %s::bool[])
     o (id, number, customer, state, at, currency, key, request, expires, rank, complete)
"""

LINES = """
INSERT INTO sales_orderline (id, order_id, position, configuration_id, quantity, unit_price, request_date, state, demand_id,
                             filled_from_stock, delivery_group)
SELECT l.id, l.of_order, l.position, l.configuration, l.quantity, l.price, l.request, %s, l.demand, l.filled, l.delivery_group
FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::numeric[], %s::date[], %s::bigint[],
            %s::bool[], %s::text[])
     l (id, of_order, position, configuration, quantity, price, request, demand, filled, delivery_group)
"""
