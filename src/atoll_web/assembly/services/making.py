"""Use cases of assembly: build ahead, release on order, kit, assemble, ship; every function takes whole sets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.db.models import Q

from atoll_web.accounts.acting import Actor, acting
from atoll_web.accounts.numbering import numbers
from atoll_web.assembly import states
from atoll_web.assembly.errors import BillChanged, NotYetPromised, OrderHeld, WrongState
from atoll_web.assembly.models import AsBuilt, BuildOrder, FinalAssemblyOrder, KitLine
from atoll_web.catalogue.models import Item
from atoll_web.sales import states as sales_states
from atoll_web.sales.errors import ShipsComplete
from atoll_web.sales.models import Order, OrderLine, Shipment, ShippedUnit
from atoll_web.stock import services as stock
from atoll_web.stock.models import Demand, Lot, Supply
from atoll_web.stock.services import Piece

TO_RELEASE = Q(state=sales_states.CONFIRMED, order__hold_reason="", order__customer__on_hold=False)
"""Order lines that may be released once their kits are there."""


def open_builds(*, actor: Actor, supplies: Sequence[Supply]) -> list[BuildOrder]:
    """Make build orders of planned supplies; what they consume is allocated already.

    Raises
    ------
    BillChanged
        When a build was planned by a bill that has changed since; nothing is opened then.
    """
    with acting(actor):
        outdated = stock.outdated_builds()
        if changed := sorted({supply.item.code for supply in supplies if supply.pk in outdated}):
            raise BillChanged(items=", ".join(changed))
        locked = [s for s in stock.lock_supplies(s.item_id for s in supplies) if s.pk in {x.pk for x in supplies}]
        orders = [
            BuildOrder(number=number, item_id=supply.item_id, quantity=supply.quantity, supply=supply, made_at=actor.at)
            for number, supply in zip(numbers("build_order", len(locked)), locked, strict=True)
        ]
        for order, supply in zip(orders, locked, strict=True):
            supply.kind, supply.reference = "build", order.number
        Supply.objects.bulk_update(locked, ["kind", "reference"])
        BuildOrder.objects.bulk_create(orders)
        demands = list(Demand.objects.filter(builds__in=locked))
        by_supply = {order.supply_id: order.number for order in orders}
        for demand in demands:
            demand.reference = by_supply[demand.builds_id]
        Demand.objects.bulk_update(demands, ["reference"])
    return orders


def kit_builds(*, actor: Actor, orders: Sequence[BuildOrder]) -> None:
    """Lay out the components of build orders, all or nothing.

    Raises
    ------
    Shortage, WrongState
        Nothing is laid out then.
    """
    with acting(actor):
        rows = _locked(BuildOrder, orders, states.PLANNED)
        demands = {d.builds_id: d for d in Demand.objects.filter(builds__in=[row.supply_id for row in rows])}
        picked = stock.issue(actor, list(demands.values()))
        KitLine.objects.bulk_create(
            [_kit_line(piece, build_order=row) for row in rows for piece in picked[demands[row.supply_id].pk]]
        )
        BuildOrder.objects.filter(id__in=[row.pk for row in rows]).update(state=states.KITTED)


def complete_builds(*, actor: Actor, orders: Sequence[BuildOrder]) -> None:
    """Book built subassemblies into stock, with what went into each; what waited for them now rests on stock."""
    with acting(actor):
        rows = _locked(BuildOrder, orders, states.KITTED)
        supplies = {s.pk: s for s in Supply.objects.select_related("item").filter(id__in=[row.supply_id for row in rows])}
        consumed = _consume(actor, KitLine.objects.filter(build_order__in=rows).select_related("build_order"))
        arrivals = [stock.Arrival(supplies[row.supply_id], row.quantity, row.number) for row in rows]
        units = stock.arrive(actor, arrivals, source="production")
        AsBuilt.objects.bulk_create(
            chain.from_iterable(_as_built(made, consumed[row.number]) for row, made in zip(rows, units, strict=True))
        )
        BuildOrder.objects.filter(id__in=[row.pk for row in rows]).update(state=states.COMPLETED)


def release(*, actor: Actor, lines: Sequence[OrderLine]) -> list[FinalAssemblyOrder]:
    """Release confirmed lines to their assembly line. All they take must be on hand.

    Raises
    ------
    NotYetPromised, OrderHeld, Shortage
        Nothing is released then.
    """
    with acting(actor):
        rows = lock_to_release(lines)
        stock.refuse_short([row.demand for row in rows])
        orders = FinalAssemblyOrder.objects.bulk_create(
            [
                FinalAssemblyOrder(number=number, order_line=row, released_at=actor.at)
                for number, row in zip(numbers("assembly_order", len(rows)), rows, strict=True)
            ]
        )
        OrderLine.objects.filter(id__in=[row.pk for row in rows]).update(state=sales_states.IN_ASSEMBLY)
        Order.objects.filter(id__in=[row.order_id for row in rows], state=sales_states.CONFIRMED).update(
            state=sales_states.IN_ASSEMBLY
        )
    return orders


def lock_to_release(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines as they stand now, locked: confirmed, and nobody holds their orders or customers back.

    Raises
    ------
    NotYetPromised, OrderHeld
    """
    rows = list(
        OrderLine.objects.select_for_update(of=("self",))
        .select_related("demand", "order__customer")
        .filter(id__in=[line.pk for line in lines])
        .order_by("id")
    )
    for row in rows:
        if row.state != sales_states.CONFIRMED:
            raise NotYetPromised(line=str(row), state=row.state)
        if row.order.hold_reason or row.order.customer.on_hold:
            reason = row.order.hold_reason or f"customer {row.order.customer} is on hold"
            raise OrderHeld(line=str(row), reason=reason)
    return rows


def kit(*, actor: Actor, orders: Sequence[FinalAssemblyOrder]) -> None:
    """Lay out all that the assembly orders take, oldest lots first.

    Raises
    ------
    Shortage, WrongState
        Nothing is laid out then.
    """
    with acting(actor):
        rows = _locked(FinalAssemblyOrder, orders, states.RELEASED)
        demands = {row.pk: row.order_line.demand for row in _with_lines(rows)}
        picked = stock.issue(actor, list(demands.values()))
        KitLine.objects.bulk_create(
            [_kit_line(piece, assembly_order=row) for row in rows for piece in picked[demands[row.pk].pk]]
        )
        FinalAssemblyOrder.objects.filter(id__in=[row.pk for row in rows]).update(state=states.KITTED)


def complete(*, actor: Actor, orders: Sequence[FinalAssemblyOrder]) -> None:
    """Book assembled units with their serial numbers and what went into each."""
    with acting(actor):
        rows = _with_lines(_locked(FinalAssemblyOrder, orders, states.KITTED))
        consumed = _consume(actor, KitLine.objects.filter(assembly_order__in=rows).select_related("assembly_order"))
        units = stock.make_lots(actor, [(_end_item(row), row.order_line.quantity, row.number, ()) for row in rows])
        places = stock.locations()
        stock.move(actor, chain.from_iterable(units), source=places["production"], destination=places["finished"])
        AsBuilt.objects.bulk_create(
            chain.from_iterable(_as_built(made, consumed[row.number]) for row, made in zip(rows, units, strict=True))
        )
        FinalAssemblyOrder.objects.filter(id__in=[row.pk for row in rows]).update(state=states.COMPLETED, completed_at=actor.at)
        OrderLine.objects.filter(assembly_order__in=rows).update(state=sales_states.ASSEMBLED)


def ship(*, actor: Actor, lines: Sequence[OrderLine]) -> list[Shipment]:
    """Send assembled lines to their customers, one shipment for each order.

    Raises
    ------
    WrongState
        When a line is not assembled; nothing is shipped then.
    ShipsComplete
        When others of an order that ships complete would stay behind.
    """
    with acting(actor):
        rows = _locked(OrderLine, lines, sales_states.ASSEMBLED)
        _take_turns({row.order_id for row in rows})
        _refuse_to_part(rows)
        shipments = _make_shipments(actor, {row.order_id for row in rows})
        units = _finished_units(rows)
        ShippedUnit.objects.bulk_create(
            [
                ShippedUnit(shipment=shipments[row.order_id], line=row, unit_id=piece.lot_id)
                for row in rows
                for piece in units[row.pk]
            ]
        )
        places = stock.locations()
        stock.move(actor, chain.from_iterable(units.values()), source=places["finished"], destination=places["customer"])
        OrderLine.objects.filter(id__in=[row.pk for row in rows]).update(state=sales_states.SHIPPED, shipped_on=actor.today)
        waiting = OrderLine.objects.filter(order__in=shipments).exclude(state__in=[sales_states.SHIPPED, sales_states.CANCELLED])
        Order.objects.filter(id__in=shipments).exclude(lines__in=waiting).update(state=sales_states.SHIPPED)
    return list(shipments.values())


def _refuse_to_part(rows: Sequence[OrderLine]) -> None:
    """Refuse to ship lines without the rest of an order that ships complete."""
    orders = Order.objects.filter(id__in={row.order_id for row in rows}, ship_complete=True)
    rest = OrderLine.objects.filter(order__in=orders).exclude(id__in=[row.pk for row in rows])
    waiting = rest.exclude(state=sales_states.CANCELLED).select_related("order").order_by("order", "position")
    if left := list(waiting):
        raise ShipsComplete(order=left[0].order.number, waiting=sum(line.order_id == left[0].order_id for line in left))


def _take_turns(order_ids: set[int]) -> None:
    """Whoever ships other lines of these orders waits, or sees them shipped: one of the two ships the last line."""
    list(Order.objects.select_for_update(no_key=True).filter(id__in=order_ids).order_by("id"))


def _make_shipments(actor: Actor, order_ids: set[int]) -> dict[int, Shipment]:
    rows = [
        Shipment(number=number, order_id=order, at=actor.at, user=actor.user)
        for number, order in zip(numbers("shipment", len(order_ids)), sorted(order_ids), strict=True)
    ]
    return {row.order_id: row for row in Shipment.objects.bulk_create(rows)}


def _finished_units(rows: Sequence[OrderLine]) -> dict[int, list[Piece]]:
    """The units that were assembled for each line, ready to leave; the shipment's ledger reference is the order line."""
    origin = dict(FinalAssemblyOrder.objects.filter(order_line__in=rows).values_list("number", "order_line"))
    names = {row.pk: str(row) for row in OrderLine.objects.filter(id__in=[r.pk for r in rows]).select_related("order")}
    units: dict[int, list[Piece]] = defaultdict(list)
    for lot, item, number in Lot.objects.filter(origin__in=origin).values_list("id", "item", "origin").order_by("id"):
        line = origin[number]
        units[line].append(Piece(item, 1, names[line], lot))
    return units


def _locked(model, orders, needed: str):
    """The rows as they stand now, locked; refused when one of them is in another state."""
    rows = list(model.objects.select_for_update(of=("self",)).filter(id__in=[order.pk for order in orders]).order_by("id"))
    for row in rows:
        if row.state != needed:
            raise WrongState(order=str(row), state=row.state, needed=needed)
    return rows


def _with_lines(rows: Sequence[FinalAssemblyOrder]) -> list[FinalAssemblyOrder]:
    """The same orders with their lines, demands and end items, in one query."""
    return list(
        FinalAssemblyOrder.objects.filter(id__in=[row.pk for row in rows])
        .select_related("order_line__demand", "order_line__configuration__revision__product_model__end_item")
        .order_by("id")
    )


def _end_item(order: FinalAssemblyOrder) -> Item:
    return order.order_line.configuration.revision.product_model.end_item


def _kit_line(piece: Piece, **order: FinalAssemblyOrder | BuildOrder) -> KitLine:
    return KitLine(item_id=piece.item_id, lot_id=piece.lot_id, quantity=piece.quantity, **order)


def _consume(actor: Actor, kit_lines: Iterable[KitLine]) -> dict[str, list[Piece]]:
    """Take the laid-out pieces into production, by the number of their order."""
    consumed: dict[str, list[Piece]] = defaultdict(list)
    for line in kit_lines:
        number = str(line.assembly_order or line.build_order)
        consumed[number].append(Piece(line.item_id, line.quantity, number, line.lot_id))
    places = stock.locations()
    stock.move(actor, chain.from_iterable(consumed.values()), source=places["line"], destination=places["production"])
    return consumed


def _as_built(units: Sequence[Piece], consumed: Sequence[Piece]) -> Iterator[AsBuilt]:
    """Share out the pieces of a kit over its units: each unit gets its part of every item, serial by serial."""
    by_item: dict[int, list[Piece]] = defaultdict(list)
    for piece in consumed:
        by_item[piece.item_id].append(piece)
    for item, pieces in by_item.items():
        per_unit = sum(piece.quantity for piece in pieces) // len(units)
        queue = [[piece.lot_id, piece.quantity] for piece in reversed(pieces)]
        for unit in units:
            yield from _filled(unit, item, per_unit, queue)


def _filled(unit: Piece, item: int, wanted: int, queue: list[list[int | None]]) -> Iterator[AsBuilt]:
    while wanted:
        lot, held = queue[-1]
        taken = min(held, wanted)
        wanted -= taken
        queue[-1][1] -= taken
        if not queue[-1][1]:
            queue.pop()
        yield AsBuilt(unit_id=unit.lot_id, item_id=item, lot_id=lot, quantity=taken)
