"""Finished units leave for the customers: whole lines, or parts of them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from django.db.models import Count

from atoll_web.accounts.acting import Actor, acting, begun_again_after_deadlock
from atoll_web.accounts.numbering import numbers
from atoll_web.assembly.errors import LeavesTwice, NotFinished, UnitNotFinished, WrongState
from atoll_web.assembly.models import FinalAssemblyOrder
from atoll_web.sales import states
from atoll_web.sales.deliveries import delivery_of
from atoll_web.sales.errors import ShipsComplete
from atoll_web.sales.models import Order, OrderLine, Shipment, ShippedUnit
from atoll_web.stock import services as stock
from atoll_web.stock.models import Lot
from atoll_web.stock.services import Piece


def ship(*, actor: Actor, lines: Sequence[OrderLine]) -> list[Shipment]:
    """Send assembled lines to their customers, with all their units that have not left yet; as `ship_parts` does.

    Raises
    ------
    WrongState
        When a line is not assembled; nothing is shipped then.
    ShipsComplete
    """
    return ship_parts(actor=actor, parts=[Part(line) for line in lines])


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line that leave.

    Parameters
    ----------
    units
        How many, those that were finished first; None for all of a line that is assembled.
    serials
        The numbers of those that were packed, instead of how many.
    """

    line: OrderLine
    units: int | None = None
    serials: Sequence[str] = ()


@begun_again_after_deadlock
def ship_parts(*, actor: Actor, parts: Sequence[Part]) -> list[Shipment]:
    """Send finished units to their customers, one shipment for each order. With its last unit a line is shipped.

    Raises
    ------
    LeavesTwice, WrongState, NotFinished, UnitNotFinished
        When units are not finished or have left already; nothing is shipped then.
    ShipsComplete
        When others would stay behind that leave together with them.
    """
    with acting(actor):
        rows = _lines_with_units(parts)
        _take_turns({row.order_id for row in rows})
        leaving = _leaving(rows, parts)
        whole = [row for row in rows if row.shipped + len(leaving[row.pk]) == row.quantity]
        _refuse_to_part(rows, whole)
        shipments = _make_shipments(actor, {row.order_id for row in rows})
        # a line is shipped before its last units are written, which the database compares with it
        OrderLine.objects.filter(id__in=[row.pk for row in whole]).update(state=states.SHIPPED, shipped_on=actor.today)
        ShippedUnit.objects.bulk_create(
            [
                ShippedUnit(shipment=shipments[row.order_id], line=row, unit_id=piece.lot_id)
                for row in rows
                for piece in leaving[row.pk]
            ]
        )
        places = stock.locations()
        stock.move(actor, chain.from_iterable(leaving.values()), source=places["finished"], destination=places["customer"])
        waiting = OrderLine.objects.filter(order__in=shipments).exclude(state__in=[states.SHIPPED, states.CANCELLED])
        Order.objects.filter(id__in=shipments).exclude(lines__in=waiting).update(state=states.SHIPPED)
    return list(shipments.values())


def _lines_with_units(parts: Sequence[Part]) -> list[OrderLine]:
    """The lines as they stand now, locked, with `shipped` units; those that leave as a whole are assembled."""
    keys = Counter(part.line.pk for part in parts)
    if twice := [part.line for part in parts if keys[part.line.pk] > 1]:
        raise LeavesTwice(line=str(twice[0]))
    locked = list(OrderLine.objects.select_for_update().filter(id__in=keys).order_by("id").values_list("id", flat=True))
    found = OrderLine.objects.select_related("order").filter(id__in=locked)
    rows = list(found.annotate(shipped=Count("shipped_units")).order_by("id"))
    whole = {part.line.pk for part in parts if part.units is None and not part.serials}
    for row in rows:
        if row.pk in whole and row.state != states.ASSEMBLED:
            raise WrongState(order=str(row), state=row.state, needed=states.ASSEMBLED)
    return rows


def _refuse_to_part(rows: Sequence[OrderLine], whole: Sequence[OrderLine]) -> None:
    """Refuse to ship lines without the rest of their deliveries."""
    leaving = {key: row for row in rows if (key := delivery_of(row)) is not None}
    rest = OrderLine.objects.filter(order__in={row.order_id for row in leaving.values()}).exclude(state=states.CANCELLED)
    waiting = Counter(map(delivery_of, rest.exclude(id__in=[row.pk for row in whole]).select_related("order")))
    for key, row in leaving.items():
        if waiting[key]:
            what = f"order {row.order.number}"
            what = what if row.order.ship_complete else f"delivery group {row.delivery_group} of {what}"
            raise ShipsComplete(what=what[0].upper() + what[1:], order=row.order.number, waiting=waiting[key])


def _take_turns(order_ids: set[int]) -> None:
    """Whoever ships other lines of these orders waits, or sees them shipped: one of the two ships the last line."""
    list(Order.objects.select_for_update(no_key=True).filter(id__in=order_ids).order_by("id"))


def _make_shipments(actor: Actor, order_ids: set[int]) -> dict[int, Shipment]:
    rows = [
        Shipment(number=number, order_id=order, at=actor.at, user=actor.user)
        for number, order in zip(numbers("shipment", len(order_ids)), sorted(order_ids), strict=True)
    ]
    return {row.order_id: row for row in Shipment.objects.bulk_create(rows)}


def _leaving(rows: Sequence[OrderLine], parts: Sequence[Part]) -> dict[int, list[Piece]]:
    """The units of each line that leave."""
    there, names = _finished_units(rows), {row.pk: str(row) for row in rows}
    found: dict[int, list[Piece]] = {}
    for part in parts:
        key, finished = part.line.pk, there[part.line.pk]
        if part.serials:
            if unknown := [number for number in part.serials if number not in finished]:
                there_are = ", ".join(finished) or "none is"
                raise UnitNotFinished(numbers=", ".join(unknown), line=names[key], finished=there_are)
            found[key] = [finished[number] for number in dict.fromkeys(part.serials)]
        else:
            units = len(finished) if part.units is None else part.units
            if not 1 <= units <= len(finished):
                raise NotFinished(line=names[key], finished=len(finished), asked=units)
            found[key] = list(finished.values())[:units]
    return found


def _finished_units(rows: Sequence[OrderLine]) -> dict[int, dict[str, Piece]]:
    """The units of each line that can leave, by number; the shipment's ledger reference is the order line."""
    origin = dict(FinalAssemblyOrder.objects.filter(order_line__in=rows).values_list("number", "order_line"))
    names = {row.pk: str(row) for row in rows}
    units: dict[int, dict[str, Piece]] = defaultdict(dict)
    here = Lot.objects.filter(origin__in=origin, shipped=None).order_by("id")
    for lot, item, number, made_by in here.values_list("id", "item", "number", "origin"):
        line = origin[made_by]
        units[line][number] = Piece(item, 1, names[line], lot)
    return units
