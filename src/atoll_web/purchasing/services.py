"""Use cases of purchasing: what is ordered from whom, what arrives, and what arrives late."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from atoll.model.calendar import Calendar
from atoll.model.item import LONGEST_LEAD_DAYS
from atoll.model.item import Supplier as SupplierValue
from atoll.model.item import SupplierItem as SupplierItemValue
from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.accounts.numbering import numbers
from atoll_web.bulk import update_each
from atoll_web.catalogue.errors import ObsoleteItem
from atoll_web.catalogue.models import Item
from atoll_web.catalogue.snapshot import calendar
from atoll_web.purchasing import states
from atoll_web.purchasing.errors import (
    CannotExpedite,
    DateInThePast,
    DateTooFar,
    LeadTimeTooLong,
    NoSupplier,
    QuantityNotPositive,
    ReceivedBeyondOrder,
)
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine, Receipt, Supplier, SupplierItem
from atoll_web.purchasing.snapshot import margin_days
from atoll_web.stock import correcting
from atoll_web.stock import services as stock
from atoll_web.stock.models import Supply


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an item to buy.

    Parameters
    ----------
    replaces
        The supplies planned before that the purchase takes over.
    source
        Where to buy, read with its supplier; where it is preferred when not given.
    """

    item: Item
    quantity: int
    replaces: tuple[Supply, ...] = ()
    source: SupplierItem | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units of a purchase order line that arrived.

    Parameters
    ----------
    numbers
        The supplier's serial or lot numbers, if they are known.
    is_last
        Whether the others that were ordered will not come.
    """

    line: PurchaseOrderLine
    quantity: int
    numbers: tuple[str, ...] = ()
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """What deliveries came to.

    Parameters
    ----------
    demands
        Keys of the demands that lost units which will not come.
    """

    receipts: Sequence[Receipt]
    demands: Sequence[int]


def save_suppliers(actor: Actor, suppliers: Iterable[SupplierValue], sold: Iterable[SupplierItemValue]) -> None:
    """Write suppliers and what they sell; the first supplier of an item that is named is the preferred one."""
    with acting(actor):
        Supplier.objects.bulk_create(
            [
                Supplier(code=s.code, name=s.name, country=s.country, on_time=s.on_time, mean_delay_days=s.mean_delay_days)
                for s in suppliers
            ],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["name", "country", "on_time", "mean_delay_days"],
        )
        supplier_keys = dict(Supplier.objects.values_list("code", "id"))
        item_keys = dict(Item.objects.values_list("code", "id"))
        preferred = set(SupplierItem.objects.filter(preferred=True).values_list("item__code", flat=True))
        rows = []
        for value in sold:
            rows.append(
                SupplierItem(
                    supplier_id=supplier_keys[value.supplier],
                    item_id=item_keys[value.item],
                    price=value.price,
                    lead_time_days=value.lead_time_days,
                    minimum_quantity=value.minimum_quantity,
                    multiple=value.multiple,
                    expedited_days=value.expedited_days if value.expedited_days >= 0 else None,
                    expedite_cost=value.expedite_cost,
                    preferred=value.item not in preferred,
                )
            )
            preferred.add(value.item)
        SupplierItem.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["supplier", "item"],
            update_fields=["price", "lead_time_days", "minimum_quantity", "multiple", "expedited_days", "expedite_cost"],
        )


def preferred_sources(items: Iterable[Item]) -> dict[int, SupplierItem]:
    """Where each item is bought, by item key.

    Raises
    ------
    NoSupplier
        For the first item that nobody sells.
    """
    wanted = {item.pk: item for item in items}
    found = {row.item_id: row for row in SupplierItem.objects.filter(item__in=wanted, preferred=True).select_related("supplier")}
    if missing := [item.code for pk, item in wanted.items() if pk not in found]:
        raise NoSupplier(item=", ".join(sorted(missing)))
    return found


@begun_again_after_deadlock
def order(*, actor: Actor, wanted: Sequence[Wanted], expedited: bool = False) -> list[PurchaseOrder]:
    """Send purchase orders, one to each supplier. Quantities are raised to the supplier's minimum and multiple.

    What promises rested on planned supplies rests on the purchase from then on.

    Parameters
    ----------
    expedited
        Have them brought as fast as the suppliers can.

    Raises
    ------
    NoSupplier, QuantityNotPositive, CannotExpedite, ObsoleteItem, LeadTimeTooLong
        Nothing is ordered then.
    """
    for want in wanted:
        if want.quantity < 1:
            raise QuantityNotPositive(item=want.item.code, quantity=want.quantity)
        if not want.item.active:
            raise ObsoleteItem(item=want.item.code, successor=want.item.replaced_by or "another item")
    with acting(actor):
        stock.lock_supplies(want.item.pk for want in wanted)
        preferred = preferred_sources(want.item for want in wanted if want.source is None)
        by_supplier: dict[Supplier, list[tuple[Wanted, SupplierItem]]] = defaultdict(list)
        for want in wanted:
            source = want.source or preferred[want.item.pk]
            by_supplier[source.supplier].append((want, source))
        made = PurchaseOrder.objects.bulk_create(
            [
                PurchaseOrder(number=number, supplier=supplier, ordered_at=actor.at)
                for number, supplier in zip(numbers("purchase_order", len(by_supplier)), by_supplier, strict=True)
            ]
        )
        _write_lines(actor, made, by_supplier, expedited)
    return made


def _write_lines(
    actor: Actor,
    orders: list[PurchaseOrder],
    wanted: dict[Supplier, list[tuple[Wanted, SupplierItem]]],
    expedited: bool,
) -> None:
    days = calendar()
    pairs = [(order, want, source) for order in orders for want, source in wanted[order.supplier]]
    supplies = Supply.objects.bulk_create(
        [
            Supply(
                item=want.item,
                kind="purchase",
                quantity=rounded_up(want.quantity, source.minimum_quantity, source.multiple),
                due=due_when_ordered(source, actor.today, days, expedited=expedited),
                margin_days=margin(source.supplier),
                reference=order.number,
            )
            for order, want, source in pairs
        ]
    )
    PurchaseOrderLine.objects.bulk_create(
        [
            PurchaseOrderLine(
                order=order,
                item=want.item,
                quantity=supply.quantity,
                price=source.price,
                first_due=supply.due,
                supply=supply,
            )
            for (order, want, source), supply in zip(pairs, supplies, strict=True)
        ]
    )
    replaced = [(old, supply) for (_, want, _), supply in zip(pairs, supplies, strict=True) for old in want.replaces]
    for old, supply in replaced:
        if old.due < supply.due:
            stock.slip(old, supply.due)
    stock.transfer([(old.pk, supply.pk, old.quantity) for old, supply in replaced])
    Supply.objects.filter(id__in=[old.pk for old, _ in replaced], allocated=0).delete()


def due_when_ordered(source: SupplierItem, on: date, days: Calendar, *, expedited: bool = False) -> date:
    """The day for which a supplier confirms what is ordered on a day.

    Raises
    ------
    CannotExpedite
        When it is to be expedited and the supplier does not.
    LeadTimeTooLong
        When its lead time is none that anybody can mean.
    """
    if expedited and source.expedited_days is None:
        raise CannotExpedite(item=source.item.code)
    lead = source.expedited_days if expedited else source.lead_time_days
    if lead > LONGEST_LEAD_DAYS:
        raise LeadTimeTooLong(supplier=source.supplier.code, item=source.item.code, days=lead, most=LONGEST_LEAD_DAYS)
    return days.on_or_after(on + timedelta(days=lead))


def expedited_due(line: PurchaseOrderLine, source: SupplierItem, today: date, days: Calendar) -> date:
    """The day on which an open order line can be there when its supplier is asked today to be fast; tomorrow at the earliest."""
    fast = due_when_ordered(source, line.order.ordered_at.date(), days, expedited=True)
    return max(fast, days.on_or_after(today + timedelta(days=1)))


@begun_again_after_deadlock
def expedite(*, actor: Actor, line: PurchaseOrderLine) -> date:
    """Have an open order line brought as fast as its supplier can; the new date.

    Raises
    ------
    CannotExpedite
        When the supplier does not, or it would not come any earlier.
    """
    with acting(actor):
        source = SupplierItem.objects.select_related("item").filter(supplier=line.order.supplier_id, item=line.item_id).first()
        due = source and expedited_due(line, source, actor.today, calendar())
        stock.lock_supplies([line.item_id])
        line.supply.refresh_from_db()
        if due is None or due >= line.supply.due or not line.supply.quantity:
            raise CannotExpedite(item=line.item.code)
        stock.slip(line.supply, due)
    return due


def rounded_up(quantity: int, minimum: int, multiple: int) -> int:
    """The smallest quantity not below the one asked for that the supplier sells."""
    return -(-max(quantity, minimum) // multiple) * multiple


def margin(supplier: Supplier) -> int:
    """Days that a promise adds to this supplier's dates."""
    return margin_days(supplier.on_time, supplier.mean_delay_days)


@begun_again_after_deadlock
def slip(*, actor: Actor, line: PurchaseOrderLine, due: date) -> set[int]:
    """The supplier moves a delivery to another day. Promises which it no longer keeps are marked at risk.

    Returns
    -------
    set
        Keys of all supplies that moved, builds which wait for this delivery included.

    Raises
    ------
    DateInThePast, DateTooFar
    """
    if due < actor.today:
        raise DateInThePast(day=due, today=actor.today)
    if due > (last := actor.today + timedelta(days=LONGEST_LEAD_DAYS)):
        raise DateTooFar(day=due, today=actor.today, last=last)
    with acting(actor):
        return stock.slip(line.supply, due)


@begun_again_after_deadlock
def receive(*, actor: Actor, deliveries: Sequence[Delivery]) -> Received:
    """Book what arrived: into the ledger, onto the lines, and over to the demands that waited for it.

    Of a line whose last delivery this is nothing is to come any more; those who need its units last lose what is missing.

    Raises
    ------
    ReceivedBeyondOrder, QuantityNotPositive, LotsDoNotMatch, DuplicateLot
        Nothing is received then.
    """
    with acting(actor):
        lines = _lock_lines(deliveries)
        arrived = [delivery for delivery in deliveries if delivery.quantity]
        stock.arrive(
            actor,
            [stock.Arrival(d.line.supply, d.quantity, d.line.order.number, d.numbers) for d in arrived],
            source="supplier",
        )
        for delivery in arrived:
            lines[delivery.line.pk].received += delivery.quantity
        ended = [lines[key] for key in {delivery.line.pk for delivery in deliveries if delivery.is_last}]
        for line in ended:
            line.missing = line.quantity - line.received
        update_each([*lines.values()], ["received", "missing"])
        demands = correcting.end_supplies([line.supply_id for line in ended])
        _close_orders({line.order_id for line in lines.values()})
        receipts = Receipt.objects.bulk_create(
            [Receipt(line=d.line, quantity=d.quantity, at=actor.at, user=actor.user) for d in arrived]
        )
    return Received(receipts, demands)


def _lock_lines(deliveries: Sequence[Delivery]) -> dict[int, PurchaseOrderLine]:
    """The lines as they stand now, checked against what arrives."""
    arriving: dict[int, int] = defaultdict(int)
    for delivery in deliveries:
        if delivery.quantity < (0 if delivery.is_last else 1):
            raise QuantityNotPositive(item=delivery.line.item.code, quantity=delivery.quantity)
        arriving[delivery.line.pk] += delivery.quantity
    rows = PurchaseOrderLine.objects.select_for_update(of=("self",)).select_related("order").filter(id__in=arriving)
    lines = {line.pk: line for line in rows.order_by("id")}
    for key, quantity in arriving.items():
        line = lines[key]
        to_come = line.quantity - line.received - line.missing
        if quantity > to_come:
            raise ReceivedBeyondOrder(line=str(line), open=to_come, asked=quantity)
    return lines


def _close_orders(order_ids: set[int]) -> None:
    """An order of which nothing is to come any more is received. Those who receive other lines of it take turns here."""
    list(PurchaseOrder.objects.select_for_update(no_key=True).filter(id__in=order_ids).order_by("id"))
    open_orders = set(
        PurchaseOrderLine.objects.filter(order__in=order_ids, supply__quantity__gt=0).values_list("order", flat=True)
    )
    PurchaseOrder.objects.filter(id__in=order_ids - open_orders, state=states.SENT).update(state=states.RECEIVED)
