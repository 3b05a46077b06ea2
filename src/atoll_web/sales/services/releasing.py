"""What orders and quotes hold is given back: they are cancelled, or their time is over."""

from collections.abc import Iterable, Sequence

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.bulk import among, planned_for
from atoll_web.catalogue.models import Configuration, OrderBillAlternate, OrderBillLine
from atoll_web.sales import states
from atoll_web.sales.errors import NotCancellable
from atoll_web.sales.models import LeverTaken, Order, OrderLine, Promise, SlotReservation
from atoll_web.sales.services.drafting import with_agreed
from atoll_web.sales.snapshot import Work, lock
from atoll_web.stock import services as stock

BILL_FIELDS = ("configuration_id", "item_id", "quantity")


@begun_again_after_deadlock
def cancel(*, actor: Actor, order: Order) -> Order:
    """Cancel an order or quote whose assembly has not begun; all that it holds is free at once.

    Raises
    ------
    NotCancellable
        When it is in assembly, shipped, expired or cancelled.
    """
    with acting(actor):
        lines = locked_lines([order.pk])
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.state not in {states.DRAFT, *states.HOLDING}:
            raise NotCancellable(order=row.number, state=row.state)
        _end(actor, [row], lines, states.CANCELLED)
    return row


@begun_again_after_deadlock
def expire_quotes(*, actor: Actor) -> list[Order]:
    """End the quotes whose time is over; what they held is free at once."""
    with acting(actor):
        return release_expired(actor)


def release_expired(actor: Actor) -> list[Order]:
    """End the quotes whose time is over, as the first step of whatever promises. Call it inside `acting`."""
    over = Order.objects.filter(state=states.QUOTED, expires_at__lte=actor.at)
    if not over.exists():
        return []
    lines = locked_lines(list(over.values_list("id", flat=True)))
    orders = list(over.select_for_update().filter(id__in={line.order_id for line in lines}).order_by("id"))
    ids = {order.pk for order in orders}
    _end(actor, orders, [line for line in lines if line.order_id in ids], states.EXPIRED)
    return orders


def locked_lines(order_ids: Sequence[int]) -> list[OrderLine]:
    """Lines of orders, locked before their orders, as whatever assembles and ships them does."""
    rows = OrderLine.objects.select_for_update(of=("self",)).select_related("configuration__revision__product_model", "demand")
    return list(rows.defer("configuration__revision__document").filter(order__in=order_ids).order_by("id"))


def _end(actor: Actor, orders: Sequence[Order], lines: Sequence[OrderLine], state: str) -> None:
    lock(works(lines), actor.today, demands_of(lines))
    give_back(lines)
    OrderLine.objects.filter(id__in=[line.pk for line in lines]).exclude(state=states.CANCELLED).update(state=state)
    Order.objects.filter(id__in=[order.pk for order in orders]).update(state=state)
    for order in orders:
        order.state = state


def demands_of(lines: Iterable[OrderLine]) -> list[int]:
    """Keys of the demands of those lines that have one."""
    return [line.demand_id for line in lines if line.demand_id]


def give_back(lines: Sequence[OrderLine]) -> None:
    """Free supplies and slots of lines, and end their promises. Lock them before."""
    with planned_for(len(lines)):
        stock.release_demands(demands_of(lines))
        keys = among(line.pk for line in lines)
        SlotReservation.objects.filter(line__in=keys)._raw_delete("default")
        Promise.objects.filter(line__in=keys, in_force=True).update(in_force=False)


def works(lines: Sequence[OrderLine]) -> list[Work]:
    """What each line takes, as its order bill says; promised anew it may take other alternates than before."""
    keys = {line.configuration_id for line in lines}
    configurations = among(keys)
    made = {
        key: (minutes, model)
        for key, minutes, model in Configuration.objects.filter(id__in=configurations).values_list(
            "id", "minutes", "revision__product_model_id"
        )
    }
    bills: dict[int, dict[int, int]] = {key: {} for key in keys}
    for key, item, per in OrderBillLine.objects.filter(configuration__in=configurations).values_list(*BILL_FIELDS):
        bills[key][item] = per
    alternates: dict[int, dict[int, list[int]]] = {key: {} for key in keys}
    substitutes: dict[int, dict[int, list[int]]] = {key: {} for key in keys}
    rows = OrderBillAlternate.objects.filter(configuration__in=configurations).order_by("rank")
    for key, item, alternate, on_request in rows.values_list("configuration_id", "item_id", "alternate_id", "on_request"):
        (substitutes if on_request else alternates)[key].setdefault(item, []).append(alternate)
    asked = agreed([line.pk for line in lines if substitutes[line.configuration_id]])
    of_orders = Order.objects.filter(id__in=among(line.order_id for line in lines))
    classes = dict(of_orders.values_list("id", "customer__customer_class"))
    return [
        Work(
            {item: per * line.quantity for item, per in bills[key].items()},
            minutes * line.quantity,
            model,
            line.request_date,
            with_agreed(alternates[key], substitutes[key], asked[line.pk]) if line.pk in asked else alternates[key],
            classes[line.order_id],
        )
        for line in lines
        for key in [line.configuration_id]
        for minutes, model in [made[key]]
    ]


def agreed(line_ids: Sequence[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Items with their substitutes that somebody agreed to, by line."""
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    if line_ids:
        rows = LeverTaken.objects.filter(line__in=line_ids, kind=states.SUBSTITUTE).order_by("id")
        for line, item, substitute in rows.values_list("line_id", "item_id", "substitute_id"):
            found[line] = (*found.get(line, ()), (item, substitute))
    return found
