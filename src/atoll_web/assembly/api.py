"""Proposals that are released, build orders ahead, final assembly orders, kitting, completing, shipping."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from atoll.errors import BadInput, Issue
from atoll_web.assembly import services
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.door import Input, NotFound, Paging, actor_for, answers
from atoll_web.once import Repeatable, once
from atoll_web.planning.models import PlannedOrder
from atoll_web.sales.models import OrderLine, Shipment
from atoll_web.stock.models import Lot, Supply

router = Router()


class KitLineOut(Schema):
    """A lot, or untracked units, laid out for an order."""

    item: str = Field(alias="item.code")
    lot: str | None
    quantity: int

    @staticmethod
    def resolve_lot(line: object) -> str | None:
        """Lot or serial number."""
        return line.lot.number if line.lot else None


class BuildOut(Schema):
    """A subassembly built ahead of orders."""

    number: str
    item: str = Field(alias="item.code")
    quantity: int
    state: str = Field(description="planned, kitted, completed or cancelled")
    supply: int = Field(alias="supply_id")
    start: date | None = Field(description="The day on which its components must be there")
    due: date | None = Field(alias="supply.due")
    kit: list[KitLineOut]

    @staticmethod
    def resolve_start(order: BuildOrder) -> date | None:
        """Need date of what it consumes."""
        return order.supply.consumes.need_date if hasattr(order.supply, "consumes") else None


class AssemblyOut(Schema):
    """The order to assemble what a customer's line asks for."""

    number: str
    line: str = Field(description="Order and position, such as SO-000042/1")
    model: str = Field(alias="order_line.configuration.revision.product_model.code")
    quantity: int = Field(alias="order_line.quantity")
    state: str = Field(description="released, kitted or completed")
    finished: int = Field(description="Units that are assembled")
    released_at: datetime = Field(description="Business time")
    completed_at: datetime | None
    kit: list[KitLineOut]

    @staticmethod
    def resolve_line(order: FinalAssemblyOrder) -> str:
        """Order and position."""
        return str(order.order_line)


class ShipmentOut(Schema):
    """Units that left for a customer."""

    number: str
    order: str = Field(alias="order.number")
    at: datetime = Field(description="Business time")
    units: list[str] = Field(description="Serial numbers")

    @staticmethod
    def resolve_units(shipment: Shipment) -> list[str]:
        """Serial numbers, in the order of the units."""
        return [row.unit.number for row in shipment.units.all()]


class BuildsIn(Repeatable):
    """Planned supplies to open as build orders."""

    supplies: list[int] = Field(min_length=1, description="`id` of each planned supply")


class LinesIn(Repeatable):
    """Order lines by order and position."""

    lines: list[str] = Field(min_length=1, description="Such as SO-000042/1")


class PartIn(Input):
    """Finished units of an order line that leave: how many, or which."""

    line: str = Field(description="Order and position, such as SO-000042/1")
    units: int | None = Field(None, description="So many, those finished first; all when neither units nor serials are given")
    serials: list[str] = Field([], description="Serial numbers of the units that were packed")


class ShipIn(Repeatable):
    """What leaves: whole lines that are assembled, parts of lines, or both."""

    lines: list[str] = Field([], description="Lines of which all that has not left yet leaves, such as SO-000042/1")
    parts: list[PartIn] = []


class ReleaseIn(Repeatable):
    """Proposals to carry out."""

    proposals: list[int] = Field(min_length=1, description="`id` of each proposal")


class ReleaseOut(Schema):
    """What came of the proposals."""

    purchase_orders: list[str]
    build_orders: list[str]


@router.get("/build-orders", response=answers(list[BuildOut]))
@paginate(Paging)
def list_builds(request: HttpRequest, state: str | None = None, item: str | None = None) -> QuerySet[BuildOrder]:
    """List build orders, the newest first."""
    wanted = {name: value for name, value in (("state", state), ("item__code", item)) if value}
    return _builds().filter(**wanted)


@router.get("/build-orders/{number}", response=answers(BuildOut))
def get_build(request: HttpRequest, number: str) -> BuildOrder:
    """Show a build order with its kit."""
    return _build(number)


@router.post("/build-orders", response=answers(list[BuildOut], 201))
@once
def open_builds(request: HttpRequest, payload: BuildsIn) -> Status[list[BuildOrder]]:
    """Open build orders of planned builds."""
    actor = actor_for(request, "plan")
    supplies = Supply.objects.filter(id__in=payload.supplies, kind="planned", consumes__isnull=False)
    if missing := set(payload.supplies) - {supply.pk for supply in supplies}:
        raise NotFound(what="planned build with the supply", name=min(missing), where="GET /api/v1/supplies?kind=planned")
    made = services.open_builds(actor=actor, supplies=list(supplies))
    return Status(201, list(_builds().filter(id__in=[order.pk for order in made])))


@router.post("/proposals/release", tags=["planning"], response=answers(ReleaseOut))
@once
def release_proposals(request: HttpRequest, payload: ReleaseIn) -> dict:
    """Buy and build what was proposed: all of these proposals, or none.

    Purchases take the capability `purchase`, builds take `plan`.
    """
    rows = {row.pk: row for row in PlannedOrder.objects.filter(id__in=payload.proposals)}
    if missing := set(payload.proposals) - rows.keys():
        raise NotFound(what="proposal", name=min(missing), where="GET /api/v1/proposals")
    capabilities = {"build": "plan", "purchase": "purchase"}
    actors = [actor_for(request, capabilities[kind]) for kind in sorted({row.kind for row in rows.values()})]
    made = services.release_proposals(actor=actors[0], planned=list(rows.values()))
    return {
        "purchase_orders": [order.number for order in made.purchases],
        "build_orders": [order.number for order in made.builds],
    }


@router.post("/build-orders/{number}/kit", response=answers(BuildOut))
@once
def kit_build(request: HttpRequest, number: str, payload: Repeatable | None = None) -> BuildOrder:
    """Lay out the components of a build order; all of them are on hand, or nothing is taken."""
    services.kit_builds(actor=actor_for(request, "kit"), orders=[_build(number)])
    return _build(number)


@router.post("/build-orders/{number}/complete", response=answers(BuildOut))
@once
def complete_build(request: HttpRequest, number: str, payload: Repeatable | None = None) -> BuildOrder:
    """Book the built units into stock, with what went into each."""
    services.complete_builds(actor=actor_for(request, "assemble"), orders=[_build(number)])
    return _build(number)


@router.get("/assembly-orders", response=answers(list[AssemblyOut]))
@paginate(Paging)
def list_assemblies(request: HttpRequest, state: str | None = None) -> QuerySet[FinalAssemblyOrder]:
    """List final assembly orders, the newest first."""
    return _assemblies().filter(state=state) if state else _assemblies()


@router.get("/assembly-orders/{number}", response=answers(AssemblyOut))
def get_assembly(request: HttpRequest, number: str) -> FinalAssemblyOrder:
    """Show a final assembly order with its kit."""
    return _assembly(number)


@router.post("/assembly-orders", response=answers(list[AssemblyOut], 201))
@once
def release(request: HttpRequest, payload: LinesIn) -> Status[list[FinalAssemblyOrder]]:
    """Release confirmed order lines for final assembly. All that they take must be on hand."""
    actor = actor_for(request, "release")
    made = services.release(actor=actor, lines=_order_lines(payload.lines))
    return Status(201, assemblies_of(made))


@router.post("/assembly-orders/{number}/kit", response=answers(AssemblyOut))
@once
def kit(request: HttpRequest, number: str, payload: Repeatable | None = None) -> FinalAssemblyOrder:
    """Lay out all that an assembly order takes, the oldest lots first."""
    services.kit(actor=actor_for(request, "kit"), orders=[_assembly(number)])
    return _assembly(number)


@router.post("/assembly-orders/{number}/complete", response=answers(AssemblyOut))
@once
def complete(
    request: HttpRequest, number: str, units: int | None = None, payload: Repeatable | None = None
) -> FinalAssemblyOrder:
    """Book assembled units with their serial numbers and what went into each: all that are left, or so many `units`."""
    services.complete(actor=actor_for(request, "assemble"), orders=[_assembly(number)], units=units)
    return _assembly(number)


@router.post("/shipments", response=answers(list[ShipmentOut], 201))
@once
def ship(request: HttpRequest, payload: ShipIn) -> Status[list[Shipment]]:
    """Send finished units to their customers, one shipment for each order: whole lines, or parts of them."""
    actor = actor_for(request, "ship")
    if not payload.lines and not payload.parts:
        raise BadInput([Issue("lines", "nothing-to-ship", "Name at least one line in `lines` or `parts`.")])
    asked = [*payload.parts, *(PartIn(line=name) for name in payload.lines)]
    lines = {str(line): line for line in _order_lines(part.line for part in asked)}
    parts = [services.Part(lines[part.line], part.units, part.serials) for part in asked]
    made = services.ship_parts(actor=actor, parts=parts)
    rows = Shipment.objects.filter(id__in=[shipment.pk for shipment in made])
    return Status(201, list(rows.select_related("order").prefetch_related("units__unit")))


def _builds() -> QuerySet[BuildOrder]:
    return BuildOrder.objects.select_related("item", "supply__consumes").prefetch_related("kit__item", "kit__lot")


def _build(number: str) -> BuildOrder:
    found = _builds().filter(number=number).first()
    if found is None:
        raise NotFound(what="build order", name=number, where="GET /api/v1/build-orders")
    return found


def _assemblies() -> QuerySet[FinalAssemblyOrder]:
    rows = FinalAssemblyOrder.objects.select_related("order_line__order", "order_line__configuration__revision__product_model")
    lots = Lot.objects.filter(origin=OuterRef("number")).order_by().values("origin").annotate(found=Count("pk"))
    counted = rows.annotate(finished=Coalesce(Subquery(lots.values("found")), 0))
    return counted.defer("order_line__configuration__revision__document").prefetch_related("kit__item", "kit__lot")


def assemblies_of(orders: Iterable[FinalAssemblyOrder]) -> list[FinalAssemblyOrder]:
    """The same orders as the API shows them."""
    return list(_assemblies().filter(id__in=[order.pk for order in orders]))


def _assembly(number: str) -> FinalAssemblyOrder:
    found = _assemblies().filter(number=number).first()
    if found is None:
        raise NotFound(what="final assembly order", name=number, where="GET /api/v1/assembly-orders")
    return found


def _order_lines(names: Iterable[str]) -> list[OrderLine]:
    """Order lines by order and position."""
    wanted = dict.fromkeys(names)
    orders = {name.rpartition("/")[0] for name in wanted}
    rows = {str(row): row for row in OrderLine.objects.select_related("order").filter(order__number__in=orders)}
    if missing := sorted(wanted.keys() - rows.keys()):
        raise NotFound(what="order line", name=missing[0], where="GET /api/v1/orders")
    return [rows[name] for name in wanted]
