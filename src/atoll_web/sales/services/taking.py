"""An order or a quote of explored lines with the levers that were chosen for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.db.models import F

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import exchange
from atoll_web.catalogue.models import Item
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine
from atoll_web.sales import states
from atoll_web.sales.errors import NeedsAnOrder, NoLongerOffered
from atoll_web.sales.models import LeverTaken, Order
from atoll_web.sales.services.drafting import NewLine
from atoll_web.sales.services.entering import enter_order, known_order, quote
from atoll_web.sales.services.exploring import Explored, explore
from atoll_web.sales.services.levers import Faster

WORK_LONGER = """
UPDATE catalogue_lineday d SET capacity = d.capacity + %s, overtime = d.overtime + %s
FROM catalogue_assemblyline l WHERE d.id = %s AND l.id = d.line_id AND d.overtime + %s <= l.overtime_minutes RETURNING d.id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of a basket, and the key of the lever that makes it earlier; empty for none."""

    line: NewLine
    lever: str = ""


@begun_again_after_deadlock
def take(
    *,
    actor: Actor,
    customer: str,
    asked: Sequence[Asked],
    quote_days: int | None = None,
    idempotency_key: str = "",
    ship_complete: bool = False,
) -> Order:
    """Order what was explored, or quote it when days are given. Levers are looked for anew and pulled in the same transaction.

    Raises
    ------
    NoLongerOffered
        When a lever is not offered any more, or a line would ship later than it was said to.
    NeedsAnOrder
        When a quote is to hold what spends the company's money.
    AtollError
        As `explore`, `enter_order` and `quote` do. Nothing is written then.
    """
    if not any(one.lever for one in asked):
        return _entered(actor, customer, [one.line for one in asked], quote_days, idempotency_key, ship_complete)
    with acting(actor):
        if (there := known_order(idempotency_key, customer)) is not None:
            return there
        chosen = _chosen(actor, customer, asked, ship_complete)
        if quote_days is not None:
            _refuse_spending(chosen.values())
        for lever in chosen.values():
            _pull(actor, lever)
        parts = [chosen[k].lines if k in chosen else (one.line,) for k, one in enumerate(asked)]
        order = _entered(actor, customer, [line for part in parts for line in part], quote_days, idempotency_key, ship_complete)
        _record(order, parts, chosen)
    return order


def _entered(
    actor: Actor, customer: str, lines: Sequence[NewLine], quote_days: int | None, idempotency_key: str, ship_complete: bool
) -> Order:
    if quote_days is not None:
        return quote(
            actor=actor,
            customer=customer,
            lines=lines,
            days=quote_days,
            idempotency_key=idempotency_key,
            ship_complete=ship_complete,
        )
    return enter_order(actor=actor, customer=customer, lines=lines, idempotency_key=idempotency_key, ship_complete=ship_complete)


def _chosen(actor: Actor, customer: str, asked: Sequence[Asked], ship_complete: bool) -> dict[int, Faster]:
    """The levers by the place of their line."""
    lines = [one.line for one in asked]
    found: Explored = explore(lines=lines, today=actor.today, customer=customer, ship_complete=ship_complete)
    chosen = {}
    for k, one in enumerate(asked):
        if one.lever:
            offered = {lever.key: lever for lever in found.at[k + 1].faster}
            if one.lever not in offered:
                raise NoLongerOffered(key=one.lever, line=f"line {k + 1}")
            chosen[k] = offered[one.lever]
    return chosen


def _refuse_spending(levers: Iterable[Faster]) -> None:
    for lever in levers:
        if lever.needs_order:
            raise NeedsAnOrder(words=lever.words)


def _pull(actor: Actor, lever: Faster) -> None:
    """Do what the lever says: work longer, have an order brought sooner, buy express."""
    if lever.pull is None:
        return
    if lever.kind == states.OVERTIME:
        minutes = lever.pull.amount
        (worked,) = exchange([(WORK_LONGER, [minutes, minutes, lever.pull.key, minutes])])
        if not worked:  # others took the overtime of that day meanwhile
            raise NoLongerOffered(key=lever.key, line=lever.words)
    elif lever.kind == states.EXPEDITE:
        line = PurchaseOrderLine.objects.select_related("order", "item", "supply").get(pk=lever.pull.key)
        purchasing.expedite(actor=actor, line=line)
    else:
        item = Item.objects.get(pk=lever.pull.key)
        purchasing.order(actor=actor, wanted=[purchasing.Wanted(item, lever.pull.amount)], expedited=True)


def _record(order: Order, parts: Sequence[Sequence[NewLine]], chosen: Mapping[int, Faster]) -> None:
    """Keep the levers with the first line that they are for, which must ship as early as was said."""
    rows = list(order.lines.filter(promises__in_force=True).annotate(ships=F("promises__ship_date")).order_by("position"))
    first = list(accumulate((len(part) for part in parts), initial=0))
    for k, lever in chosen.items():
        if rows[first[k]].ships > max(lever.ship_date, lever.lines[0].request_date or lever.ship_date):
            raise NoLongerOffered(key=lever.key, line=f"line {k + 1}")
    LeverTaken.objects.bulk_create(
        LeverTaken(
            line=rows[first[k]],
            kind=lever.kind,
            words=lever.words,
            cost=lever.cost,
            currency=lever.currency,
            days_earlier=lever.days_earlier,
            **_substitute(lever),
        )
        for k, lever in chosen.items()
    )


def _substitute(lever: Faster) -> dict[str, int]:
    """The item and its substitute, which the line may take from now on whenever it is promised anew."""
    if lever.kind != states.SUBSTITUTE:
        return {}
    item, substitute = lever.lines[0].agreed[-1]
    return {"item_id": item, "substitute_id": substitute}
