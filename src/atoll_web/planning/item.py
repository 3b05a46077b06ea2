"""All about an item as one document: its page and its `.json` twin show the same values."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Cast, JSONObject

from atoll_web.accounts.models import Company, User
from atoll_web.catalogue.models import BillLine, Item, ProductModel, Revision
from atoll_web.catalogue.states import RELEASED
from atoll_web.planning.services import TimePhased, time_phased
from atoll_web.stock.models import Allocation, Balance, Move, Supply
from atoll_web.stock.pages import CORRECTIONS

MOVES = 25
"""Moves on one page of the ledger."""

ROWS = (
    ("gross", "Gross requirements"),
    ("receipts", "Scheduled receipts"),
    ("projected", "Projected available"),
    ("net", "Net requirements"),
    ("planned_receipts", "Planned receipts"),
    ("planned_releases", "Planned releases"),
)
"""Rows of the time-phased table."""

FACTS = ("name", "kind", "unit", "tracking", "assembly_minutes", "build_minutes", "build_days", "safety_stock", "active")
"""What the history tells in words when it changes; the cost beside them."""

Document = dict[str, Any]


def item_record(item: Item, company: Company, today: date, *, page: int = 1) -> Document:
    """The item; `item` comes with its position, its policy, its value and the models that have it (`models_with`)."""
    is_of_item = Q(parent=item) | Q(component=item) | Q(alternates__contains=[item.pk])
    structure = list(BillLine.objects.filter(is_of_item).select_related("parent", "component"))
    moves, has_more = _moves(item, page)
    figures = ("on_hand", "allocated", "free", "on_order", "planned", "required", "projected", "base_stock", "value")
    return {
        **{name: getattr(item, name) for name in ("code", *FACTS, "cost", "attributes", *figures)},
        "currency": company.currency,
        "stock": _stock(item),
        "supplies": _supplies(item),
        "table": _table(time_phased(item=item, today=today, weekdays=len(company.weekdays))),
        "bill": _bill([line for line in structure if line.parent_id == item.pk]),
        "where_used": [_use(line, item) for line in structure if line.parent_id != item.pk],
        "models": item.models,
        "suppliers": _suppliers(item),
        "policy": {"base_stock": item.base_stock, "daily_demand": item.daily_demand, "lead_time_days": item.lead_time_days},
        "moves": moves,
        "page": page,
        "has_more_moves": has_more,
        "history": list(_history(item)),
    }


def models_with(code: str) -> ArraySubquery:
    """Product models with a released revision whose super bill has the item, for the rows of the item."""
    places: tuple[Document, ...] = (
        {"features": [{"options": [{"item": code}]}]},
        {"features": [{"item": code}]},
        {"lines": [{"item": code}]},
        {"subassemblies": [code]},
    )
    has_it = Q.create([Q(document__contains=place) for place in places], connector=Q.OR)
    released = Revision.objects.filter(has_it, product_model=OuterRef("pk"), state=RELEASED)
    return ArraySubquery(ProductModel.objects.filter(Exists(released)).values(found=JSONObject(code="code", name="name")))


def _part(item: Item, quantity: int) -> Document:
    return {"item": item.code, "name": item.name, "quantity": quantity}


def _use(line: BillLine, item: Item) -> Document:
    """What the item goes into, and the component that it may be taken for there; empty where it is the component."""
    is_component = line.component_id == item.pk
    return {**_part(line.parent, line.quantity), "alternate_of": "" if is_component else line.component.code}


def _bill(lines: Sequence[BillLine]) -> list[Document]:
    """The components, each with the codes of its alternates."""
    others = {other for line in lines for other in line.alternates}
    codes = dict(Item.objects.filter(pk__in=others).values_list("pk", "code")) if others else {}
    return [{**_part(line.component, line.quantity), "alternates": [codes[other] for other in line.alternates]} for line in lines]


def _stock(item: Item) -> list[Document]:
    """Units by place, and by lot in it."""
    places: dict[str, Document] = {}
    rows = Balance.objects.filter(item=item, physical=True, quantity__gt=0).select_related("location", "lot")
    for row in rows.order_by("location__code", "lot"):
        place = places.setdefault(row.location.code, {"place": row.location.name, "quantity": 0, "lots": []})
        place["quantity"] += row.quantity
        if row.lot:
            place["lots"].append({"id": row.lot.pk, "number": row.lot.number, "quantity": row.quantity})
    return list(places.values())


def _supplies(item: Item) -> list[Document]:
    """What is there or will be, in the order of time, with what rests on it."""
    supplies = list(Supply.objects.filter(item=item, quantity__gt=0).order_by(F("due").asc(nulls_first=True), "pk"))
    resting = defaultdict(list)
    rows = Allocation.objects.filter(supply__in=supplies).select_related("requirement__demand")
    for row in rows.order_by("requirement__demand__need_date", "pk"):
        demand = row.requirement.demand
        resting[row.supply_id].append({"for": str(demand), "units": row.quantity, "need_date": demand.need_date})
    return [
        {
            "kind": supply.kind,
            "reference": supply.reference,
            "due": supply.due,
            "quantity": supply.quantity,
            "allocated": supply.allocated,
            "free": supply.quantity - supply.allocated,
            "allocations": resting[supply.pk],
        }
        for supply in supplies
    ]


def _table(found: TimePhased) -> Document:
    """The time-phased table; `without` is what would be available if nothing more were ordered."""
    plan = found.plan
    rows = {name: getattr(plan, name).tolist() for name, _ in ROWS}
    ordered = plan.planned_receipts.cumsum()
    return {
        "weeks": list(found.weeks),
        **rows,
        "available_to_promise": found.available.tolist(),
        "without": (plan.projected - ordered).tolist(),
        "past_due": int(plan.past_due),
    }


def _suppliers(item: Item) -> list[Document]:
    fields = ("price", "lead_time_days", "minimum_quantity", "multiple", "preferred")
    return [
        {"supplier": row.supplier.code, "name": row.supplier.name, **{field: getattr(row, field) for field in fields}}
        for row in item.suppliers.select_related("supplier").order_by("-preferred", "supplier__code")
    ]


def _moves(item: Item, page: int) -> tuple[list[Document], bool]:
    """A page of the ledger, and whether an older one follows."""
    start = (page - 1) * MOVES
    rows = list(
        Move.objects.filter(item=item).select_related("lot", "source", "destination", "user", "reversed_by")[
            start : start + MOVES + 1
        ]
    )
    return [_move(row) for row in rows[:MOVES]], len(rows) > MOVES


def _move(row: Move) -> Document:
    by_hand = CORRECTIONS & {row.source.kind, row.destination.kind}
    return {
        "id": row.pk,
        "at": row.at,
        "quantity": row.quantity,
        "from": row.source.name,
        "to": row.destination.name,
        "lot": row.lot and {"id": row.lot.pk, "number": row.lot.number},
        "reference": row.reference,
        "user": row.user.username,
        "reverses": row.reverses_id,
        "is_reversible": bool(by_hand) and not hasattr(row, "reversed_by"),
    }


def _history(item: Item) -> Iterator[Document]:
    """Who changed which fact, the newest first."""
    who = User.objects.filter(pk=Cast(OuterRef("pgh_context__metadata__user"), BigIntegerField())).values("username")
    events = list(item.events.order_by("pgh_id").annotate(who=Subquery(who)))
    for before, after in reversed(list(zip([None, *events], events, strict=False))):
        yield {
            "at": after.pgh_created_at,
            "who": after.who or "",
            "words": "; ".join(_changes(before, after)) if before else "entered",
        }


def _changes(before: Any, after: Any) -> Iterable[str]:
    for name in (*FACTS, "cost"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')} from {old} to {new}"
    if before.attributes != after.attributes:
        yield "attributes"


@dataclass(frozen=True, slots=True)
class Bar:
    """One week of the chart, in its coordinates."""

    x: float
    y: float
    height: float
    units: int
    week: date
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Projected available by week as bars, and as a line what it would be if nothing more were ordered."""

    width: float
    height: float
    zero: float
    step: float
    bars: list[Bar]
    line: str
    highest: int
    lowest: int


def chart(table: Document, *, width: float = 720, height: float = 160) -> Chart:
    """Draw the table."""
    projected, without = table["projected"], table["without"]
    highest, lowest = max(*projected, *without, 1), min(*projected, *without, 0)
    scale, step = height / (highest - lowest), width / len(projected)
    zero = highest * scale
    bars = [
        Bar(
            round(t * step + 6, 1),
            round(min(zero, zero - units * scale), 1),
            round(abs(units) * scale, 1),
            units,
            week,
            units < 0,
        )
        for t, (units, week) in enumerate(zip(projected, table["weeks"], strict=True))
    ]
    points = ((t * step + step / 2, zero - units * scale) for t, units in enumerate(without))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Chart(width, height, round(zero, 1), round(step - 12, 1), bars, line, highest, lowest)
