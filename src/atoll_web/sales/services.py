"""Use cases of sales: inquire, order, promise, promise anew, cancel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Max

from atoll.errors import AtollError, BadInput, Issue
from atoll.model.company import Customer as CustomerValue
from atoll.promise import Peg, PlannedSupply, plan_build, promise
from atoll.promise import Promise as Answer
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock, business_time
from atoll_web.accounts.models import Company
from atoll_web.accounts.numbering import numbers
from atoll_web.accounts.services import system_user
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Configuration, Item, LineDay
from atoll_web.sales import states
from atoll_web.sales.errors import (
    CannotPromise,
    CustomerOnHold,
    IdempotencyKeyUsed,
    NoLines,
    NotCancellable,
    NothingToPromise,
    QuantityNotPositive,
    RequestDateInThePast,
    RequestDateTooFar,
    UnknownCustomer,
    UnknownShopper,
)
from atoll_web.sales.models import Customer, Order, OrderLine, Promise, SlotReservation
from atoll_web.sales.snapshot import PromiseSnapshot, Work, lock, snapshot
from atoll_web.stock import services as stock
from atoll_web.stock.models import Demand, Supply

MOST_UNITS = 100_000
"""Beyond this a quantity is taken for a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """What a customer asks for: a model, choices by feature, units, and a day (empty: as soon as possible)."""

    model: str
    choices: Mapping[str, Any]
    quantity: int = 1
    request_date: date | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The answer to an inquiry; nothing is reserved.

    Parameters
    ----------
    values
        The complete configuration, defaults included.
    filled_from_stock
        Whether all it takes is free on hand now.
    """

    model: str
    values: Mapping[str, Any]
    unit_price: Decimal
    quantity: int
    ship_date: date
    need_date: date
    reason: str
    filled_from_stock: bool


def save_customers(actor: Actor, customers: Iterable[CustomerValue]) -> None:
    """Write customers, new ones and changed ones, by their code."""
    fields = ["name", "customer_class", "country", "email"]
    rows = [Customer(code=c.code, **{name: getattr(c, name) for name in fields}) for c in customers]
    with acting(actor):
        Customer.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=fields)


def inquire(*, line: NewLine, today: date) -> Inquiry:
    """Price and promise date of a configured line; reserves and writes nothing.

    Raises
    ------
    QuantityNotPositive, RequestDateInThePast, RequestDateTooFar, UnknownModel, ModelNotOrderable, InvalidConfiguration,
    CannotPromise
        With the facts.
    """
    _check_line(line, today, _last_day(today))
    revision = catalogue.orderable_revision(line.model, today)
    resolved = catalogue.resolve(revision, line.choices, today, line.quantity)
    work = Work(
        {item: quantity * line.quantity for item, quantity in resolved.bill.items()},
        resolved.minutes * line.quantity,
        revision.product_model_id,
        line.request_date,
    )
    seen = snapshot(work, today, lock=False)
    answer = _answer(seen, line.model)
    return Inquiry(
        model=line.model,
        values=resolved.values,
        unit_price=resolved.unit_price,
        quantity=line.quantity,
        ship_date=seen.date(answer.ship_day),
        need_date=seen.date(answer.need_day),
        reason=seen.reason(answer),
        filled_from_stock=seen.filled_from_stock(),
    )


@begun_again_after_deadlock
def enter_order(*, actor: Actor, customer: str, lines: Sequence[NewLine], idempotency_key: str | None = None) -> Order:
    """Take an order: every line is configured, priced, promised and confirmed, or nothing is written.

    Parameters
    ----------
    idempotency_key
        The client's own word for this order; sent again, it gets the same order instead of a second one, also when it is
        sent twice at the same time.

    Raises
    ------
    UnknownCustomer, CustomerOnHold, NoLines, IdempotencyKeyUsed
        Of the order.
    AtollError
        Of the line, where just one is at fault; `BadInput` with one issue for each line otherwise.
    """
    with acting(actor):
        if idempotency_key and (known := _order_of_key(idempotency_key, customer)):
            return known
        order = Order.objects.create(
            number=numbers("order", 1)[0],
            customer=_customer(customer),
            ordered_at=actor.at,
            currency=Company.objects.get().currency,
            idempotency_key=idempotency_key or None,
        )
        rows = _write_lines(actor, order, lines)
        if len(rows) > 1:
            lock((_work(row) for row in rows), actor.today)
        for row in rows:
            _confirm(actor, row)
        order.state = states.CONFIRMED
        order.save(update_fields=["state"])
    return order


def order_in_shop(*, customer: str, email: str, line: NewLine, idempotency_key: str) -> Order:
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
    return enter_order(actor=actor, customer=known.code, lines=[line], idempotency_key=idempotency_key)


def _order_of_key(key: str, customer: str) -> Order | None:
    """The order of an idempotency key, if there is one. Another writer with the same key waits until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"order {key}"])
    known = Order.objects.select_related("customer").filter(idempotency_key=key).first()
    if known and known.customer.code != customer:
        raise IdempotencyKeyUsed(key=key, order=known.number)
    return known


def _customer(code: str) -> Customer:
    found = Customer.objects.filter(code=code).first()
    if found is None:
        raise UnknownCustomer(customer=code)
    if found.on_hold:
        raise CustomerOnHold(customer=code)
    return found


def _write_lines(actor: Actor, order: Order, lines: Sequence[NewLine]) -> list[OrderLine]:
    """Draft lines with their configurations; the faults of all lines are raised together."""
    if not lines:
        raise NoLines()
    last, drafts, faults = _last_day(actor.today), [], []
    for position, line in enumerate(lines, start=1):
        try:
            _check_line(line, actor.today, last)
            revision = catalogue.orderable_revision(line.model, actor.today)
            drafts.append((position, line, revision, catalogue.resolve(revision, line.choices, actor.today, line.quantity)))
        except AtollError as fault:
            faults.append((position, fault))
    if len(faults) == 1:
        raise faults[0][1]
    if faults:
        raise BadInput(Issue(f"line {position}", fault.code, str(fault), fault.hint) for position, fault in faults)
    # Writers of an equal configuration wait for each other, so all write theirs in the same order.
    in_order = sorted(drafts, key=lambda draft: (draft[2].pk, draft[3].key))
    saved = {
        position: catalogue.save_configuration(actor=actor, revision=revision, resolved=resolved)
        for position, _, revision, resolved in in_order
    }
    return OrderLine.objects.bulk_create(
        [_draft_line(actor, order, n, line, saved[n], resolved.unit_price) for n, line, _, resolved in drafts]
    )


def _check_line(line: NewLine, today: date, last: date) -> None:
    if not 1 <= line.quantity <= MOST_UNITS:
        raise QuantityNotPositive(quantity=line.quantity, most=MOST_UNITS)
    if line.request_date is not None and line.request_date < today:
        raise RequestDateInThePast(day=line.request_date, today=today)
    if line.request_date is not None and line.request_date > last:
        raise RequestDateTooFar(day=line.request_date, last=last)


def _last_day(today: date) -> date:
    return LineDay.objects.aggregate(last=Max("day"))["last"] or today


def _draft_line(
    actor: Actor, order: Order, position: int, line: NewLine, configuration: Configuration, unit_price: Decimal
) -> OrderLine:
    return OrderLine(
        order=order,
        position=position,
        configuration=configuration,
        quantity=line.quantity,
        unit_price=unit_price,
        request_date=line.request_date or actor.today,
    )


def _confirm(actor: Actor, line: OrderLine) -> None:
    """Promise a draft line and commit what the promise rests on."""
    seen = snapshot(_work(line), actor.today, lock=True)
    line.filled_from_stock = seen.filled_from_stock()
    answer = _answer(seen, str(line))
    line.demand = Demand.objects.create(kind="order line", reference=str(line), need_date=seen.date(answer.need_day))
    line.state = states.CONFIRMED
    line.save(update_fields=["demand", "state", "filled_from_stock"])
    _commit(actor, line, seen, answer, is_first=True)


def _work(line: OrderLine) -> Work:
    configuration = line.configuration
    bill = configuration.order_bill.values_list("item_id", "quantity")
    return Work(
        {item: quantity * line.quantity for item, quantity in bill},
        configuration.minutes * line.quantity,
        configuration.revision.product_model_id,
        line.request_date,
    )


def _answer(seen: PromiseSnapshot, what: str) -> Answer:
    answer = promise(seen.problem)
    if not answer.is_promised:
        raise CannotPromise(what=what, reason=seen.reason(answer))
    return answer


def _commit(actor: Actor, line: OrderLine, seen: PromiseSnapshot, answer: Answer, *, is_first: bool) -> Promise:
    """Write what a promise rests on: allocations, planned supplies, slots, and the promise itself."""
    requirements = {seen.item_ids[item]: quantity for item, quantity in seen.problem.requirements.items()}
    _allocate(seen, line.demand, requirements, answer.pegs, answer.planned)
    SlotReservation.objects.bulk_create(
        [SlotReservation(line=line, line_day_id=seen.times[slot.row].line_day_id, minutes=slot.minutes) for slot in answer.slots]
    )
    return Promise.objects.create(
        line=line,
        ship_date=seen.date(answer.ship_day),
        need_date=seen.date(answer.need_day),
        made_at=actor.at,
        made_by=actor.user,
        reason=seen.reason(answer),
        basis=seen.basis(answer, is_first=is_first),
    )


def _allocate(
    seen: PromiseSnapshot, demand: Demand, requirements: Mapping[int, int], pegs: Sequence[Peg], planned: Sequence[PlannedSupply]
) -> None:
    """Peg a demand on what is there, and on supplies planned for it."""
    rows = [(seen.item_ids[plan.item], _write_planned(seen, plan).pk, plan.quantity) for plan in planned]
    there = [(seen.item_ids[peg.item], seen.supplies[peg.supply].supply_id, peg.quantity) for peg in pegs]
    stock.allocate(demand, requirements, there + rows)


def _write_planned(seen: PromiseSnapshot, plan: PlannedSupply) -> Supply:
    """A supply that nobody has ordered yet; for a build, with the demand for its components."""
    supply = Supply.objects.create(
        item_id=seen.item_ids[plan.item], kind="planned", quantity=plan.quantity, due=seen.date(plan.day), reference="planned"
    )
    if plan.is_build:
        demand = Demand.objects.create(
            kind="build order", reference=f"build {supply.pk}", need_date=seen.date(plan.start_day), builds=supply
        )
        requirements = {seen.item_ids[item]: quantity for item, quantity in plan.requirements}
        _allocate(seen, demand, requirements, plan.pegs, plan.planned)
    return supply


def plan_into_stock(actor: Actor, item: Item, quantity: int) -> Supply:
    """Plan a build ahead: its components are allocated, and its date is the earliest that they allow. Call it inside `acting`.

    Raises
    ------
    CannotPromise
        When a component can neither be bought nor built.
    """
    seen = snapshot(Work({item.pk: quantity}), actor.today, lock=True)
    plan = plan_build(seen.problem, seen.item_ids.index(item.pk), quantity)
    if plan is None:
        raise CannotPromise(what=f"a build of {quantity} × {item}", reason="a component can neither be bought nor built")
    return _write_planned(seen, plan)


@begun_again_after_deadlock
def repromise(*, actor: Actor, lines: Sequence[OrderLine] | None = None) -> list[Promise]:
    """Promise lines anew whose supply slipped, keeping each date that can be kept.

    Parameters
    ----------
    lines
        Confirmed lines; all those at risk or overdue when not given. Earlier promises go first.

    Returns
    -------
    list of Promise
        The new promises. A line keeps its promise date where other supply allows it.

    Raises
    ------
    NothingToPromise
        When a given line is not confirmed or its assembly has begun.
    """
    with acting(actor):
        chosen = lines if lines is not None else lines_to_promise_anew(actor.today)
        rows = list(
            OrderLine.objects.select_for_update(of=("self",))
            .select_related("demand", "configuration__revision")
            .filter(id__in=[line.pk for line in chosen])
            .order_by("id")
        )
        for row in rows:
            if row.state != states.CONFIRMED:
                raise NothingToPromise(line=str(row), state=row.state)
        lock(map(_work, rows), actor.today)
        before = {promise.line_id: promise for promise in Promise.objects.filter(line__in=rows, in_force=True)}
        rows.sort(key=lambda row: (before[row.pk].ship_date, row.pk))
        return [_promise_anew(actor, row, before[row.pk]) for row in rows]


def lines_to_promise_anew(today: date) -> list[OrderLine]:
    """Confirmed lines whose promise is at risk, or whose assembly should have begun but lacks something."""
    at_risk = OrderLine.objects.filter(state=states.CONFIRMED, promises__in_force=True, promises__at_risk=True)
    due = OrderLine.objects.filter(state=states.CONFIRMED, demand__need_date__lte=today).select_related("demand")
    short = stock.shortages(line.demand for line in due)
    return sorted({*at_risk, *(line for line in due if line.demand_id in short)}, key=lambda line: line.pk)


def _promise_anew(actor: Actor, line: OrderLine, before: Promise) -> Promise:
    """Give back what the line holds and promise it again, not earlier than before: others may need what is early."""
    work = _work(line)
    stock.release_demands([line.demand])
    SlotReservation.objects.filter(line=line).delete()
    Promise.objects.filter(pk=before.pk).update(in_force=False)
    seen = snapshot(replace(work, request_date=before.ship_date), actor.today, lock=True)
    answer = _answer(seen, str(line))
    line.demand.need_date = seen.date(answer.need_day)
    line.demand.save(update_fields=["need_date"])
    return _commit(actor, line, seen, answer, is_first=False)


def last_assembly_day(line: OrderLine) -> date:
    """The day of a line's last slot."""
    return line.slots.aggregate(last=Max("line_day__day"))["last"]


@begun_again_after_deadlock
def cancel(*, actor: Actor, order: Order) -> Order:
    """Cancel an order whose assembly has not begun; all that it holds is free at once.

    Raises
    ------
    NotCancellable
        When it is in assembly, shipped or cancelled.
    """
    with acting(actor):
        # Lines before their order, as whatever assembles and ships them does.
        rows = OrderLine.objects.select_for_update(of=("self",)).select_related("demand")
        lines = list(rows.filter(order=order).order_by("id"))
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.state not in {states.DRAFT, states.CONFIRMED}:
            raise NotCancellable(order=row.number, state=row.state)
        lock(map(_work, lines), actor.today)
        stock.release_demands([line.demand for line in lines if line.demand])
        SlotReservation.objects.filter(line__in=lines).delete()
        Promise.objects.filter(line__in=lines, in_force=True).update(in_force=False)
        OrderLine.objects.filter(order=row).update(state=states.CANCELLED)
        row.state = states.CANCELLED
        row.save(update_fields=["state"])
    return row
