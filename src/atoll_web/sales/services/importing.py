"""Orders come in by the batch, from files and programs: all are entered, or every fault is told with its place."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, Max, Sum

from atoll.errors import AtollError, BadInput, Issue
from atoll_web.accounts.acting import Actor, begun_again_after_deadlock
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.sales.services.entering import NewOrder, enter_orders
from atoll_web.sales.services.reading import read_orders


@dataclass(frozen=True, slots=True)
class EnteredOrder:
    """An order that a file asked for.

    Parameters
    ----------
    number
        Empty for one that is only tried.
    ship_date
        Of its last line; None once it is cancelled or expired.
    was_known
        Whether an order of this reference was entered before.
    """

    reference: str
    number: str
    state: str
    customer: str
    lines: int
    total: Decimal
    currency: str
    ship_date: date | None
    was_known: bool


def import_orders(*, actor: Actor, text: str) -> list[EnteredOrder]:
    """Enter the orders of a CSV or JSON text in one transaction; an order whose reference is known stays as it is.

    Raises
    ------
    BadInput
        With every fault of form and content, its line and its column; nothing is entered then.
    """
    orders, issues = read_orders(text, actor.today)
    return enter_batch(actor=actor, orders=orders, issues=issues)


@begun_again_after_deadlock
def preview_import(*, actor: Actor, text: str) -> list[EnteredOrder]:
    """What `import_orders` would enter: it is tried, and taken back. Refuses what that refuses."""
    with transaction.atomic():
        orders, issues = read_orders(text, actor.today)
        found = enter_batch(actor=actor, orders=orders, issues=issues, is_tried=True)
        transaction.set_rollback(True)
    return [order if order.was_known else replace(order, number="") for order in found]


def enter_batch(
    *, actor: Actor, orders: Sequence[NewOrder], issues: Sequence[Issue] = (), is_tried: bool = False
) -> list[EnteredOrder]:
    """Enter orders that say, as do their lines, where they were read.

    Parameters
    ----------
    issues
        Faults of form, with which nothing is entered.
    is_tried
        Whether it is taken back afterwards; then no order numbers are used up.

    Raises
    ------
    BadInput
        With every fault, also when there is only one.
    """
    references = [order.idempotency_key for order in orders if order.idempotency_key]
    known = set(Order.objects.filter(idempotency_key__in=references).values_list("idempotency_key", flat=True))
    try:
        rows = enter_orders(actor=actor, orders=orders, issues=issues, is_tried=is_tried)
    except AtollError as error:
        faults = error if isinstance(error, BadInput) else error.__cause__
        if not isinstance(faults, BadInput):
            raise
        raise BadInput(sorted(_without_sequels(faults.issues, {*issues}), key=_numbers)) from None
    return _entered(rows, known)


def _without_sequels(issues: Sequence[Issue], of_form: Set[Issue]) -> Iterator[Issue]:
    """Faults without those that are only told since their field could not be read."""
    unread = {issue.source for issue in of_form if not issue.source.endswith("choices")}
    for issue in issues:
        path = issue.source.split(".")
        if issue in of_form or unread.isdisjoint(".".join(path[:n]) for n in range(1, len(path) + 1)):
            yield issue


def _numbers(issue: Issue) -> list[int]:
    """What brings faults into the order in which they stand in the file."""
    return [int(number) for number in re.findall(r"\d+", issue.source)]


def _entered(rows: Sequence[Order], known: set[str]) -> list[EnteredOrder]:
    lines = OrderLine.objects.filter(order__in=[row.pk for row in rows]).order_by("order_id").values_list("order_id")
    counts = {order: found for order, *found in lines.annotate(n=Count("id"), total=Sum(F("quantity") * F("unit_price")))}
    promises = Promise.objects.filter(line__order__in=counts, in_force=True).order_by("line__order_id")
    dates = dict(promises.values_list("line__order_id").annotate(last=Max("ship_date")))
    return [
        EnteredOrder(
            reference=row.idempotency_key or "",
            number=row.number,
            state=row.state,
            customer=row.customer.code,
            lines=counts[row.pk][0],
            total=counts[row.pk][1],
            currency=row.currency,
            ship_date=dates.get(row.pk),
            was_known=row.idempotency_key in known,
        )
        for row in rows
    ]
