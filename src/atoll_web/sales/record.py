"""An order with all that stands behind it, as one document: its page and its `.json` twin show the same values.

Rows of assembly are reached by their relations, since sales knows nothing of the apps above it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject

from atoll_web.accounts.models import StateChange
from atoll_web.catalogue.words import in_words
from atoll_web.sales import states
from atoll_web.sales.deliveries import delivery_of
from atoll_web.sales.models import LeverTaken, Order, OrderLine, Promise, ShippedUnit, SlotReservation
from atoll_web.stock.models import Allocation, Lot

Document = dict[str, Any]

LEVER = ("kind", "words", "cost", "currency", "days_earlier")
"""What is told of something that was done so that a line ships earlier."""

KITTED = "kitted"
"""State of an assembly order whose kit is laid out."""


def order_record(order: Order) -> Document:
    """The order; `order` comes with its customer."""
    levers = LeverTaken.objects.filter(line=OuterRef("pk")).values(fields=JSONObject(**{name: name for name in LEVER}))
    lines = list(
        order.lines.select_related("configuration__revision__product_model", "assembly_order", "demand")
        .annotate(taken_levers=ArraySubquery(levers))
        .order_by("position")
    )
    promises, allocations, slots, kits = _promises(lines), _allocations(lines), _slots(lines), _kits(lines)
    units, shipped = _units(lines), _shipped(lines)
    return {
        "number": order.number,
        "state": order.state,
        "customer": {"code": order.customer.code, "name": order.customer.name},
        "ordered_at": order.ordered_at,
        "currency": order.currency,
        "total": sum(line.unit_price * line.quantity for line in lines),
        "ship_complete": order.ship_complete,
        "hold_reason": order.hold_reason,
        "is_cancellable": order.state in {states.DRAFT, *states.HOLDING},
        "is_open": order.state in states.OPEN,
        "is_quote": order.state == states.QUOTED,
        "expires_at": order.expires_at,
        "can_be_rushed": any(line.state in states.HOLDING for line in lines),
        "lines": [
            _line(line)
            | {
                "ships_with": _ships_with(line, lines),
                "promises": promises[line.pk],
                "asked_for": asked_for(line.request_date, promises[line.pk][-1]["made_at"]) if promises[line.pk] else None,
                "levers": [lever | {"cost": Decimal(str(lever["cost"]))} for lever in line.taken_levers],
                "allocations": allocations[line.demand_id],
                "slots": slots[line.pk],
                "kit": kits[line.pk],
                "units": units[line.pk],
                "shipments": shipped[line.pk],
                "shipped_units": sum(len(shipment["serials"]) for shipment in shipped[line.pk]),
            }
            for line in lines
        ],
        "changes": _changes(order),
        "journal": _journal(order, lines),
    }


def _ships_with(line: OrderLine, lines: Sequence[OrderLine]) -> list[int]:
    """Positions of the other lines with which a line leaves together."""
    others = [other for other in lines if other is not line and states.CANCELLED not in (line.state, other.state)]
    return [other.position for other in others if delivery_of(other) == delivery_of(line) is not None]


def asked_for(request_date: date, entered: datetime) -> date | None:
    """The day that the customer asked for; None for as soon as possible, kept as the day on which the line was entered."""
    return request_date if request_date > entered.date() else None


def _line(line: OrderLine) -> Document:
    configuration = line.configuration
    revision = configuration.revision
    assembly = getattr(line, "assembly_order", None)
    return {
        "position": line.position,
        "model": revision.product_model.code,
        "model_name": revision.product_model.name,
        "revision": revision.name,
        "choices": [
            {"feature": chosen.feature, "value": chosen.value, "name": chosen.name, "words": chosen.words}
            for chosen in in_words(revision.document, configuration.values)
        ],
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "price": line.unit_price * line.quantity,
        "state": line.state,
        "is_changeable": line.state in states.HOLDING,
        "request_date": line.request_date,
        "delivery_group": line.delivery_group,
        "filled_from_stock": line.filled_from_stock,
        "shipped_on": line.shipped_on,
        "assembly_order": assembly
        and {
            "number": assembly.number,
            "state": assembly.state,
            "released_at": assembly.released_at,
            "completed_at": assembly.completed_at,
        },
    }


def _promises(lines: Sequence[OrderLine]) -> Mapping[int, list[Document]]:
    """All promises of each line, the one in force (or the last one) first."""
    found: dict[int, list[Document]] = defaultdict(list)
    for promise in Promise.objects.filter(line__in=lines).select_related("made_by").order_by("-id"):
        found[promise.line_id].append(
            {
                "ship_date": promise.ship_date,
                "need_date": promise.need_date,
                "reason": promise.reason,
                "made_at": promise.made_at,
                "made_by": promise.made_by.username,
                "in_force": promise.in_force,
                "at_risk": promise.at_risk,
                "basis": promise.basis,
            }
        )
    return found


def _allocations(lines: Sequence[OrderLine]) -> Mapping[int | None, list[Document]]:
    """What each line's promise rests on now: nothing any more when its kit is laid out."""
    found: dict[int | None, list[Document]] = defaultdict(list)
    holding = [line.demand_id for line in lines if line.state in (*states.HOLDING, states.IN_ASSEMBLY)]
    rows = Allocation.objects.filter(requirement__demand__in=holding)
    latest_first = (F("supply__due").desc(nulls_last=True), "requirement__item__code")
    for row in rows.select_related("requirement", "supply__item").order_by(*latest_first):
        found[row.requirement.demand_id].append(
            {
                "item": row.supply.item.code,
                "name": row.supply.item.name,
                "quantity": row.quantity,
                "kind": row.supply.kind,
                "reference": row.supply.reference,
                "due": row.supply.due,
            }
        )
    return found


def _slots(lines: Sequence[OrderLine]) -> Mapping[int, list[Document]]:
    found: dict[int, list[Document]] = defaultdict(list)
    rows = SlotReservation.objects.filter(line__in=lines).select_related("line_day__line").order_by("line_day__day", "id")
    for slot in rows:
        found[slot.line_id].append({"line": slot.line_day.line.code, "day": slot.line_day.day, "minutes": slot.minutes})
    return found


def _kits(lines: Sequence[OrderLine]) -> Mapping[int, list[Document]]:
    """What is laid out for each line whose kit waits for assembly."""
    kitted = [line.pk for line in lines if getattr(line, "assembly_order", None) and line.assembly_order.state == KITTED]
    kit = "assembly_order__kit__"
    fields = ("item__code", "item__name", "quantity", "lot__number", "lot")
    rows = OrderLine.objects.filter(pk__in=kitted, assembly_order__kit__isnull=False).order_by(f"{kit}id")
    found: dict[int, list[Document]] = defaultdict(list)
    for line, code, name, quantity, serial, lot in rows.values_list("pk", *(kit + field for field in fields)):
        found[line].append({"item": code, "name": name, "quantity": quantity, "serial": serial, "lot": lot})
    return found


def _units(lines: Sequence[OrderLine]) -> Mapping[int, list[Document]]:
    """The units that were assembled for each line, with what went into them."""
    origin = {line.assembly_order.number: line.pk for line in lines if getattr(line, "assembly_order", None)}
    found: dict[int, list[Document]] = defaultdict(list)
    lots = list(Lot.objects.filter(origin__in=origin).order_by("id"))
    contents = as_built(lot.pk for lot in lots)
    for lot in lots:
        found[origin[lot.origin]].append({"serial": lot.number, "lot": lot.pk, "contents": contents[lot.pk]})
    return found


def as_built(units: Iterable[int]) -> Mapping[int, list[Document]]:
    """What went into units, and into their subassemblies at any depth; one query for each level."""
    level, contents = set(units), defaultdict[int, list[Document]](list)
    lot_fields = ("contents__lot", "contents__lot__number", "contents__lot__quantity")
    fields = ("contents__item__code", "contents__item__name", "contents__quantity", *lot_fields)
    while level:
        rows = Lot.objects.filter(pk__in=level, contents__isnull=False).order_by("contents__item__code", "contents__id")
        level = set()
        for unit, code, name, quantity, lot, number, lot_quantity in rows.values_list("pk", *fields):
            contents[unit].append(
                {
                    "item": code,
                    "name": name,
                    "quantity": quantity,
                    "serial": number,
                    "lot": lot,
                    "lot_quantity": lot_quantity,
                    "contents": contents[lot] if lot else [],
                }
            )
            level |= {lot} - {None}
    return contents


def _shipped(lines: Sequence[OrderLine]) -> Mapping[int, list[Document]]:
    """Shipments of each line, with the serial numbers that left."""
    found: dict[int, dict[str, Document]] = defaultdict(dict)
    for row in ShippedUnit.objects.filter(line__in=lines).select_related("shipment__user", "unit").order_by("id"):
        shipment = row.shipment
        entry = found[row.line_id].setdefault(
            shipment.number, {"number": shipment.number, "at": shipment.at, "user": shipment.user.username, "serials": []}
        )
        entry["serials"].append(row.unit.number)
    return defaultdict(list, {line: list(entries.values()) for line, entries in found.items()})


def _changes(order: Order) -> list[Document]:
    """What was changed of the order and its lines: only what differs, the last change first."""
    return [
        {
            "at": change.at,
            "user": change.user.username,
            "what": f"{order.number}/{change.line.position}" if change.line else order.number,
            "changes": [
                {"name": name.removesuffix("_id").replace("_", " "), "before": before, "after": change.after[name]}
                for name, before in change.before.items()
                if before != change.after[name]
            ],
            "reason": change.reason,
        }
        for change in order.changes.select_related("user", "line")
    ]


def _journal(order: Order, lines: Sequence[OrderLine]) -> list[Document]:
    """Who changed the state of the order, its lines and their assembly orders, when and why."""
    assembly = {line.assembly_order.pk: line.assembly_order.number for line in lines if getattr(line, "assembly_order", None)}
    names = {
        Order._meta.db_table: {order.pk: order.number},
        OrderLine._meta.db_table: {line.pk: f"{order.number}/{line.position}" for line in lines},
        "assembly_finalassemblyorder": assembly,
    }
    of = Q()
    for table, keys in names.items():
        of |= Q(entity=table, entity_id__in=keys)
    return [
        {
            "at": change.at,
            "user": change.user.username,
            "what": names[change.entity][change.entity_id],
            "from": change.from_state,
            "to": change.to_state,
            "reason": change.reason,
        }
        for change in StateChange.objects.filter(of).select_related("user").order_by("-id")
    ]
