"""Orders come in by the batch, from files and programs: all are entered, or every fault is told with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, Max, Sum

from atoll.errors import AtollError, BadInput, Issue
from atoll_web.accounts.acting import Actor
from atoll_web.sales.models import Order, OrderLine, Promise
from atoll_web.sales.services.entering import NewOrder, enter_orders
from atoll_web.sales.services.reading import read_orders

FIELD_OF_FAULT = {
    "quantity-not-positive": "quantity",
    "request-date-in-the-past": "request_date",
    "request-date-too-far": "request_date",
    "unknown-model": "model",
    "model-not-orderable": "model",
    "unknown-customer": "customer",
    "customer-on-hold": "customer",
    "idempotency-key-used": "order",
    "cannot-promise": "model",
    "no-lines": "lines",
}
"""Where a fault is; all others are of the choices."""


@dataclass(frozen=True, slots=True)
class EnteredOrder:
    """An order that a file asked for.

    Parameters
    ----------
    ship_date
        Of its last line; None once it is cancelled or expired.
    was_known
        Whether an order of this reference was entered before.
    """

    reference: str
    number: str
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
        With every fault, its line and its column; nothing is entered then.
    """
    return enter_batch(actor=actor, orders=read_orders(text, actor.today))


def preview_import(*, actor: Actor, text: str) -> list[EnteredOrder]:
    """What `import_orders` would enter: it is tried, and taken back. Refuses what that refuses."""
    with transaction.atomic():
        found = import_orders(actor=actor, text=text)
        transaction.set_rollback(True)
    return found


def enter_batch(*, actor: Actor, orders: Sequence[NewOrder]) -> list[EnteredOrder]:
    """Enter orders whose lines say where they were read.

    Raises
    ------
    BadInput
        With every fault, also when there is only one.
    """
    references = [order.idempotency_key for order in orders if order.idempotency_key]
    known = set(Order.objects.filter(idempotency_key__in=references).values_list("idempotency_key", flat=True))
    try:
        rows = enter_orders(actor=actor, orders=orders)
    except AtollError as error:
        faults = error if isinstance(error, BadInput) else error.__cause__
        if not isinstance(faults, BadInput):
            raise
        raise BadInput(_in_its_field(issue) for issue in faults.issues) from None
    return _entered(rows, known)


def _in_its_field(issue: Issue) -> Issue:
    """A fault of a line, at the field in which it is. Features have columns of their own or share one."""
    field = FIELD_OF_FAULT.get(issue.code, "choices")
    is_path = issue.source.startswith("orders.")
    if is_path and field in ("order", "customer", "lines"):  # fields of the order
        source = f"{issue.source.rpartition('.lines.')[0] or issue.source}.{'reference' if field == 'order' else field}"
    else:
        source = f"{issue.source}.{field}" if is_path else f"{issue.source}, column {field}"
    return Issue(source, issue.code, issue.message, issue.hint)


def _entered(rows: Sequence[Order], known: set[str]) -> list[EnteredOrder]:
    lines = OrderLine.objects.filter(order__in=[row.pk for row in rows]).order_by("order_id").values_list("order_id")
    counts = {order: found for order, *found in lines.annotate(n=Count("id"), total=Sum(F("quantity") * F("unit_price")))}
    promises = Promise.objects.filter(line__order__in=counts, in_force=True).order_by("line__order_id")
    dates = dict(promises.values_list("line__order_id").annotate(last=Max("ship_date")))
    return [
        EnteredOrder(
            reference=row.idempotency_key or "",
            number=row.number,
            customer=row.customer.code,
            lines=counts[row.pk][0],
            total=counts[row.pk][1],
            currency=row.currency,
            ship_date=dates.get(row.pk),
            was_known=row.idempotency_key in known,
        )
        for row in rows
    ]
