"""The lines that can still be promised anew, read for all of them at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q

from atoll_web.accounts.models import Company
from atoll_web.bulk import exchange
from atoll_web.pricing.snapshot import exchange_rates
from atoll_web.sales import states
from atoll_web.sales.deliveries import TOGETHER
from atoll_web.sales.models import OrderLine
from atoll_web.sales.services.releasing import works
from atoll_web.sales.snapshot import Work

LEAST_MARGIN = 1.0
"""In the company's currency: a line that earns nothing still counts."""

ORDINARY = 2
"""The priority whose days weigh 1; those of the one before it weigh 2, those of the one after it a half."""


class Weighing(StrEnum):
    """What a day late costs."""

    PRIORITY = "priority"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that is quoted or confirmed, and whose assembly has not begun.

    Parameters
    ----------
    before
        The ship date of its promise.
    is_held_to_it
        Whether lines ship with it whose assembly has begun, so that it does not ship earlier.
    """

    row: OrderLine
    before: date
    work: Work
    is_held_to_it: bool = False

    @property
    def place(self) -> tuple[float, int, int]:
        """Its place in the sequence of the order book."""
        return self.row.order.rank, self.row.order_id, self.row.position


FIELDS = (
    "position",
    "quantity",
    "unit_price",
    "request_date",
    "delivery_group",
    "demand_id",
    "order__number",
    "order__rank",
    "order__currency",
    "order__ship_complete",
    "order__customer__priority",
    "configuration__cost",
)


def open_lines(line_ids: Sequence[int] | None = None, *, lock: bool = False) -> list[OpenLine]:
    """Those of the lines that are open, or all that are, in order of entry; with `lock`, nobody else changes them meanwhile."""
    found = OrderLine.objects.filter(state__in=states.HOLDING)
    if line_ids is not None:
        found = found.filter(id__in=line_ids)
    if lock:
        found = OrderLine.objects.filter(id__in=list(found.select_for_update().order_by("id").values_list("id", flat=True)))
    together = Q(order__ship_complete=True) | (Q(delivery_group=OuterRef("delivery_group")) & ~Q(delivery_group=""))
    begun = OrderLine.objects.filter(together, order=OuterRef("order"), state__in=states.BEGUN)
    promised = found.filter(promises__in_force=True).annotate(before=F("promises__ship_date"), is_held_to_it=Exists(begun))
    rows = list(promised.select_related("order__customer", "configuration").only(*FIELDS).order_by("order_id", "position"))
    return [OpenLine(row, row.before, work, row.is_held_to_it) for row, work in zip(rows, works(rows), strict=True)]


WITH_THEIR_DELIVERIES = f"""
SELECT unnest(%s::bigint[])
UNION
SELECT other.id FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id JOIN sales_orderline other ON other.order_id = o.id
WHERE l.id = ANY(%s::bigint[]) AND l.state IN {states.HOLDING} AND other.state = ANY(%s::text[]) AND {TOGETHER}
"""


def with_their_deliveries(line_ids: Sequence[int], others: Sequence[str] = states.HOLDING) -> list[int]:
    """These lines, and those in the states of `others` (open ones) that leave together with those of them that are open."""
    (rows,) = exchange([(WITH_THEIR_DELIVERIES, [list(line_ids), list(line_ids), list(others)])])
    return [line for (line,) in rows]


def weights(lines: Sequence[OpenLine], weighing: Weighing, today: date) -> list[float]:
    """What a day late of each line costs: by the priority of its customer, or its margin in the company's currency."""
    if weighing is Weighing.PRIORITY:
        return [2.0 ** (ORDINARY - line.row.order.customer.priority) for line in lines]
    margin = _margin(today)
    return [max(margin(line), LEAST_MARGIN) for line in lines]


def _margin(today: date) -> Callable[[OpenLine], float]:
    rates = exchange_rates(Company.objects.values_list("currency", flat=True).get(), today)

    def margin(line: OpenLine) -> float:
        row = line.row
        price = row.unit_price / rates.get(row.order.currency, Decimal(1))
        return float(row.quantity * (price - row.configuration.cost))

    return margin
