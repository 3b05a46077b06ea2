"""Build orders, final assembly orders and lots with all that stands behind them, as documents for pages and `.json` twins."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from atoll_web.assembly.models import AsBuilt, BuildOrder, FinalAssemblyOrder
from atoll_web.assembly.services import ClearToBuild
from atoll_web.assembly.snapshot import WaitingLine
from atoll_web.door import plain
from atoll_web.purchasing.models import PurchaseOrder
from atoll_web.sales.deliveries import delivery_of
from atoll_web.sales.models import ShippedUnit, SlotReservation
from atoll_web.sales.pegging import pegging
from atoll_web.sales.record import as_built
from atoll_web.stock.models import Allocation, Lot, Move

Document = dict[str, Any]

MOVES = 50
"""Moves shown of a lot; the ledger has all."""


def build_record(order: BuildOrder) -> Document:
    """A build order; it comes with its item, its supply and the demand which that consumes."""
    kit = order.supply.consumes
    waiting = Allocation.objects.filter(supply=order.supply).select_related("requirement__demand")
    return {
        "number": order.number,
        "state": order.state,
        "item": order.item.code,
        "name": order.item.name,
        "quantity": order.quantity,
        "made_at": order.made_at,
        "kit_date": kit.need_date,
        "due": order.supply.due,
        "pegs": [peg.as_dict() | {"name": peg.name} for peg in pegging(kit.pk)] if order.state == "planned" else [],
        "kit": _kit(order.kit.all()),
        "waiting": [
            {"for": str(row.requirement.demand), "units": row.quantity, "need_date": row.requirement.demand.need_date}
            for row in waiting.order_by("requirement__demand__need_date", "pk")
        ],
        "units": _units(order.number),
    }


def assembly_record(order: FinalAssemblyOrder) -> Document:
    """A final assembly order; it comes with its line, order, customer and model."""
    line = order.order_line
    slots = SlotReservation.objects.filter(line=line).select_related("line_day__line").order_by("line_day__day")
    promise = line.promises.filter(in_force=True).first()
    units = _units(order.number)
    shipped = ShippedUnit.objects.filter(line=line).count()
    return {
        "number": order.number,
        "state": order.state,
        "line": {"id": line.pk, "order": line.order.number, "position": line.position, "state": line.state},
        "customer": {"code": line.order.customer.code, "name": line.order.customer.name},
        "model": line.configuration.revision.product_model.code,
        "model_name": line.configuration.revision.product_model.name,
        "quantity": line.quantity,
        "ship_date": promise and promise.ship_date,
        "released_at": order.released_at,
        "completed_at": order.completed_at,
        "slots": [{"line": slot.line_day.line.code, "day": slot.line_day.day, "minutes": slot.minutes} for slot in slots],
        "pegs": [peg.as_dict() | {"name": peg.name} for peg in pegging(line.demand_id)] if order.state == "released" else [],
        "kit": _kit(order.kit.all()),
        "units": units,
        "finished": len(units),
        "shipped": shipped,
        "to_make": line.quantity - len(units),
        "to_ship": len(units) - shipped,
        "leaves_in_parts": delivery_of(line) is None and len(units) > shipped and line.quantity > 1,
    }


def _kit(rows: Any) -> list[Document]:
    """What was laid out, one entry for each item with its numbers."""
    found: dict[str, Document] = {}
    for row in rows.select_related("item", "lot").order_by("item__code", "pk"):
        entry = found.setdefault(row.item.code, {"item": row.item.code, "name": row.item.name, "quantity": 0, "lots": []})
        entry["quantity"] += row.quantity
        if row.lot:
            entry["lots"].append({"id": row.lot.pk, "number": row.lot.number, "quantity": row.quantity})
    return list(found.values())


def _units(number: str) -> list[Document]:
    """The units that an order made, with what went into each."""
    lots = list(Lot.objects.filter(origin=number).order_by("pk"))
    contents = as_built(lot.pk for lot in lots)
    return [{"id": lot.pk, "serial": lot.number, "quantity": lot.quantity, "contents": contents[lot.pk]} for lot in lots]


def lot_record(lot: Lot) -> Document:
    """A lot or serial number, its genealogy both ways; it comes with its item."""
    moves = Move.objects.filter(lot=lot).select_related("source", "destination", "user")[:MOVES]
    supplier = PurchaseOrder.objects.filter(number=lot.origin).values_list("supplier__code", "supplier__name").first()
    places = lot.balances.filter(physical=True, quantity__gt=0).select_related("location")
    return {
        "number": lot.number,
        "item": lot.item.code,
        "name": lot.item.name,
        "tracking": lot.item.tracking,
        "quantity": lot.quantity,
        "used": lot.used,
        "origin": lot.origin,
        "supplier": supplier and {"code": supplier[0], "name": supplier[1]},
        "made_at": lot.made_at,
        "places": [{"place": row.location.name, "quantity": row.quantity} for row in places],
        "contents": as_built([lot.pk])[lot.pk],
        "went_into": went_into([lot.pk])[lot.pk],
        "shipped": _shipped([lot.pk]).get(lot.pk),
        "moves": [
            {
                "at": move.at,
                "quantity": move.quantity,
                "from": move.source.name,
                "to": move.destination.name,
                "reference": move.reference,
                "user": move.user.username,
            }
            for move in moves
        ],
    }


def went_into(lots: Iterable[int]) -> Mapping[int, list[Document]]:
    """The units that lots were built into, and those that these went into, up to the customer; one query for each level."""
    level, found = set(lots), defaultdict[int, list[Document]](list)
    entries: dict[int, list[Document]] = defaultdict(list)
    while level:
        rows = AsBuilt.objects.filter(lot__in=level).select_related("unit__item").order_by("unit")
        level = set()
        for row in rows:
            unit = row.unit
            entry = {
                "id": unit.pk,
                "item": unit.item.code,
                "name": unit.item.name,
                "serial": unit.number,
                "origin": unit.origin,
                "quantity": row.quantity,
                "shipped": None,
                "went_into": found[unit.pk],
            }
            found[row.lot_id].append(entry)
            entries[unit.pk].append(entry)
            level.add(unit.pk)
    for unit_id, shipment in _shipped(entries).items():
        for entry in entries[unit_id]:
            entry["shipped"] = shipment
    return found


def _shipped(lots: Iterable[int]) -> dict[int, Document]:
    """Where units went that left the house."""
    rows = ShippedUnit.objects.filter(unit__in=list(lots)).select_related("shipment__order__customer")
    return {
        row.unit_id: {
            "shipment": row.shipment.number,
            "at": row.shipment.at,
            "order": row.shipment.order.number,
            "customer": row.shipment.order.customer.name,
            "customer_code": row.shipment.order.customer.code,
        }
        for row in rows
    }


def clear_to_build_record(seen: ClearToBuild) -> Document:
    """What is clear to build."""
    return {
        "within_days": seen.within_days,
        "lines": [{**waiting_line_record(row.line), "group": row.group, "missing": dict(row.missing)} for row in seen.lines],
        "releasing_most": [
            {**plain(found), "purchases": [{"order": number, "due": due.isoformat()} for number, due in found.purchases]}
            for found in seen.releasing
        ],
        "best_purchase": plain(seen.shopping),
    }


def waiting_line_record(line: WaitingLine) -> Document:
    """A line that waits for its assembly."""
    return {
        "line": line.name,
        "customer": line.customer,
        "model": line.model,
        "quantity": line.quantity,
        "assembly": line.need_date.isoformat(),
        "promised": line.ship_date.isoformat(),
    }
