"""Use cases of assembly: build ahead, release on order, kit, assemble; every function takes whole sets."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType

from django.db.models import Count, Q

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.accounts.numbering import numbers
from atoll_web.assembly import states
from atoll_web.assembly.errors import BillChanged, NoLongerPlanned, NotLeft, NotYetPromised, OrderHeld, WrongState
from atoll_web.assembly.models import AsBuilt, BuildOrder, FinalAssemblyOrder, KitLine
from atoll_web.bulk import update_each
from atoll_web.catalogue.models import Item
from atoll_web.sales import states as sales_states
from atoll_web.sales.models import Order, OrderLine
from atoll_web.stock import services as stock
from atoll_web.stock.models import Demand, Lot, Supply
from atoll_web.stock.services import Piece

TO_RELEASE = Q(state=sales_states.CONFIRMED, order__hold_reason="", order__customer__on_hold=False)
"""Order lines that may be released once their kits are there."""


@begun_again_after_deadlock
def open_builds(*, actor: Actor, supplies: Sequence[Supply]) -> list[BuildOrder]:
    """Make build orders of planned supplies; what they consume is allocated already.

    Raises
    ------
    BillChanged
        When a build was planned by a bill that has changed since; nothing is opened then.
    NoLongerPlanned
        When somebody else opened one of them, or what it was planned for was cancelled; nothing is opened then.
    """
    with acting(actor):
        outdated = stock.outdated_builds()
        if changed := sorted({supply.item.code for supply in supplies if supply.pk in outdated}):
            raise BillChanged(items=", ".join(changed))
        asked = {supply.pk: supply.item.code for supply in supplies}
        locked = [s for s in stock.lock_supplies(s.item_id for s in supplies) if s.pk in asked and s.kind == "planned"]
        if gone := sorted({*asked} - {supply.pk for supply in locked}):
            raise NoLongerPlanned(items=", ".join(sorted({asked[key] for key in gone})))
        orders = [
            BuildOrder(number=number, item_id=supply.item_id, quantity=supply.quantity, supply=supply, made_at=actor.at)
            for number, supply in zip(numbers("build_order", len(locked)), locked, strict=True)
        ]
        for order, supply in zip(orders, locked, strict=True):
            supply.kind, supply.reference = "build", order.number
        update_each(locked, ["kind", "reference"])
        BuildOrder.objects.bulk_create(orders)
        demands = list(Demand.objects.filter(builds__in=locked))
        by_supply = {order.supply_id: order.number for order in orders}
        for demand in demands:
            demand.reference = by_supply[demand.builds_id]
        update_each(demands, ["reference"])
    return orders


@begun_again_after_deadlock
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


@begun_again_after_deadlock
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


@begun_again_after_deadlock
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


@begun_again_after_deadlock
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


@begun_again_after_deadlock
def complete(*, actor: Actor, orders: Sequence[FinalAssemblyOrder], units: int | None = None) -> None:
    """Book assembled units with their serial numbers and what went into each.

    Parameters
    ----------
    units
        So many of each order's, the others later; all that are left when not given.

    Raises
    ------
    WrongState, NotLeft
        Nothing is booked then.
    """
    with acting(actor):
        rows = _with_lines(_locked(FinalAssemblyOrder, orders, states.KITTED))
        spans = _spans(rows, units)
        consumed = _consume(actor, KitLine.objects.filter(assembly_order__in=rows).select_related("assembly_order"), spans)
        wanted = [(_end_item(row), spans[row.number].units, row.number, ()) for row in rows]
        made = stock.make_lots(actor, wanted)
        places = stock.locations()
        stock.move(actor, chain.from_iterable(made), source=places["production"], destination=places["finished"])
        AsBuilt.objects.bulk_create(
            chain.from_iterable(_as_built(pieces, consumed[row.number]) for row, pieces in zip(rows, made, strict=True))
        )
        done = [row.pk for row in rows if spans[row.number].is_last]
        FinalAssemblyOrder.objects.filter(id__in=done).update(state=states.COMPLETED, completed_at=actor.at)
        OrderLine.objects.filter(assembly_order__in=done).update(state=sales_states.ASSEMBLED)


@dataclass(frozen=True, slots=True)
class _Span:
    """The units `first` to `last` (not included) of so many that an order makes."""

    first: int
    last: int
    of: int

    @property
    def units(self) -> int:
        return self.last - self.first

    @property
    def is_last(self) -> bool:
        return self.last == self.of


def _spans(rows: Sequence[FinalAssemblyOrder], units: int | None) -> dict[str, _Span]:
    """Which units of each order are made now, by its number."""
    lots = Lot.objects.filter(origin__in=[row.number for row in rows]).order_by().values_list("origin")
    before = dict(lots.annotate(made=Count("pk")))
    spans = {}
    for row in rows:
        first, of = before.get(row.number, 0), row.order_line.quantity
        if units is not None and not 1 <= units <= of - first:
            raise NotLeft(order=row.number, left=of - first, asked=units)
        spans[row.number] = _Span(first, of if units is None else first + units, of)
    return spans


def _locked(model, orders, needed: str):
    """The rows as they stand now, locked; refused when one of them is in another state."""
    rows = list(model.objects.select_for_update(of=("self",)).filter(id__in=[order.pk for order in orders]).order_by("id"))
    for row in rows:
        if row.state != needed:
            raise WrongState(order=str(row), state=row.state, needed=needed)
    return rows


def _with_lines(rows: Sequence[FinalAssemblyOrder]) -> list[FinalAssemblyOrder]:
    """The same orders with their lines, demands and end items, in one query; without the large documents on the way to them."""
    made = "order_line__configuration"
    return list(
        FinalAssemblyOrder.objects.filter(id__in=[row.pk for row in rows])
        .select_related("order_line__demand", f"{made}__revision__product_model__end_item")
        .defer(f"{made}__values", f"{made}__revision__document")
        .order_by("id")
    )


def _end_item(order: FinalAssemblyOrder) -> Item:
    return order.order_line.configuration.revision.product_model.end_item


def _kit_line(piece: Piece, **order: FinalAssemblyOrder | BuildOrder) -> KitLine:
    return KitLine(item_id=piece.item_id, lot_id=piece.lot_id, quantity=piece.quantity, **order)


NO_SPANS: Mapping[str, _Span] = MappingProxyType({})


def _consume(actor: Actor, kit_lines: Iterable[KitLine], spans: Mapping[str, _Span] = NO_SPANS) -> dict[str, list[Piece]]:
    """Take the laid-out pieces into production, by the number of their order: what the spans take, where there are any."""
    consumed: dict[str, list[Piece]] = defaultdict(list)
    for line in kit_lines:
        number = str(line.assembly_order or line.build_order)
        consumed[number].append(Piece(line.item_id, line.quantity, number, line.lot_id))
    for number, span in spans.items():
        consumed[number] = list(_portion(consumed[number], span))
    places = stock.locations()
    stock.move(actor, chain.from_iterable(consumed.values()), source=places["line"], destination=places["production"])
    return consumed


def _portion(kit: Sequence[Piece], span: _Span) -> Iterator[Piece]:
    """What a span of units takes of a kit: each unit its part of every item, in the order in which it was laid out."""
    units = Counter[int]()
    for piece in kit:
        units[piece.item_id] += piece.quantity
    skip = {item: quantity // span.of * span.first for item, quantity in units.items()}
    take = {item: quantity // span.of * span.units for item, quantity in units.items()}
    for piece in kit:
        skipped = min(skip[piece.item_id], piece.quantity)
        taken = min(take[piece.item_id], piece.quantity - skipped)
        skip[piece.item_id] -= skipped
        take[piece.item_id] -= taken
        if taken:
            yield replace(piece, quantity=taken)


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
