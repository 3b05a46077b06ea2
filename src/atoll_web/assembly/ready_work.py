"""The page of ready work: what can be released, laid out, assembled and shipped today."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from atoll_web.assembly import services, states
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.assembly.pages import assemblies, builds, order_lines
from atoll_web.pages import today
from atoll_web.sales import states as sales_states
from atoll_web.sales.deliveries import delivery_of
from atoll_web.sales.models import OrderLine
from atoll_web.stock import services as stock
from atoll_web.stock.models import Lot

TASKS = 40
"""Tasks of each step on the page; the lists have all."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is ready to be done, and the button that does it.

    Parameters
    ----------
    units
        How many it is done with; None for all.
    """

    number: str
    words: str
    day: date | None
    action: str
    button: str
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Tasks of one kind, for those who have the capability."""

    title: str
    capability: str
    tasks: list[Task]
    total: int


def work(request: HttpRequest) -> HttpResponse:
    """What is ready to be done today: release, lay out kits, assemble, ship. Each user's own steps come first."""
    day = today(request)
    lines, kits, waiting = _clear(day)
    steps = [
        _step("To assemble", "assemble", [*map(_complete_assembly, _open(states.KITTED)), *map(_complete_build, _under_way())]),
        _step("Kits to lay out", "kit", [*map(_kit_assembly, _open(states.RELEASED)), *map(_kit_build, kits)]),
        _step("Orders to release to the lines", "release", [_release(line) for line in lines]),
        _step("To ship", "ship", [*_shipments()]),
    ]
    steps.sort(key=lambda step: not request.user.may(step.capability))
    return render(request, "assembly/work.html", {"steps": steps, "waiting": waiting[:TASKS], "day": day})


def _step(title: str, capability: str, tasks: list[Task]) -> Step:
    return Step(title, capability, sorted(tasks, key=lambda task: (task.day or date.max, task.number))[:TASKS], len(tasks))


def _clear(day: date) -> tuple[list[OrderLine], list[BuildOrder], list[tuple[Any, dict[str, int]]]]:
    """Order lines and builds whose day has come: those for which everything is on hand, and what the others lack."""
    lines = list(order_lines().filter(services.TO_RELEASE, demand__need_date__lte=day))
    kits = list(builds().filter(state=states.PLANNED, supply__consumes__need_date__lte=day))
    demands = {row: row.demand for row in lines} | {row: row.supply.consumes for row in kits}
    missing = stock.shortages(demands.values())
    waiting = [(row, missing[demand.pk]) for row, demand in demands.items() if demand.pk in missing]
    return (
        [row for row in lines if row.demand_id not in missing],
        [row for row in kits if row.supply.consumes.pk not in missing],
        waiting,
    )


def _open(state: str) -> QuerySet[FinalAssemblyOrder]:
    return assemblies().filter(state=state)


def _under_way() -> QuerySet[BuildOrder]:
    return builds().filter(state=states.KITTED)


def _finished() -> QuerySet[OrderLine]:
    """Lines of which units can leave: `finished` ones that are here. Of a delivery, when all its lines are finished."""
    here = Lot.objects.filter(origin=OuterRef("assembly_order__number"), shipped=None).order_by().values("origin")
    together = Q(order__ship_complete=True) | (Q(delivery_group=OuterRef("delivery_group")) & ~Q(delivery_group=""))
    behind = OrderLine.objects.filter(together, order=OuterRef("order"))
    behind = behind.exclude(state__in=[sales_states.ASSEMBLED, sales_states.CANCELLED])
    return (
        order_lines()
        .filter(promises__in_force=True, state__in=[sales_states.IN_ASSEMBLY, sales_states.ASSEMBLED])
        .annotate(ship_date=F("promises__ship_date"), finished=Subquery(here.annotate(units=Count("pk")).values("units")))
        .filter(~Exists(behind), finished__gt=0)
        .order_by("order", "position")
    )


def _shipments() -> Iterator[Task]:
    """What can leave: lines, parts of lines, and whole deliveries."""
    found: dict[Hashable, list[OrderLine]] = {}
    for line in _finished():
        found.setdefault(delivery_of(line) or line.pk, []).append(line)
    for lines in found.values():
        yield _ship_together(lines) if delivery_of(lines[0]) else _ship(lines[0])


def _what(line: OrderLine) -> str:
    return f"{_units(line)} for {line.order.customer.name}"


def _units(line: OrderLine) -> str:
    return f"{line.quantity} × {line.configuration.revision.product_model.name}"


def _complete_assembly(row: FinalAssemblyOrder) -> Task:
    return Task(row.number, _what(row.order_line), row.day, reverse("complete-assembly", args=[row.number]), "Assembled")


def _complete_build(row: BuildOrder) -> Task:
    words = f"{row.quantity} × {row.item.name}"
    return Task(row.number, words, row.supply.due, reverse("complete-build", args=[row.number]), "Built")


def _kit_assembly(row: FinalAssemblyOrder) -> Task:
    return Task(row.number, _what(row.order_line), row.day, reverse("kit-assembly", args=[row.number]), "Lay out kit")


def _kit_build(row: BuildOrder) -> Task:
    words = f"{row.quantity} × {row.item.name}"
    return Task(row.number, words, row.supply.consumes.need_date, reverse("kit-build", args=[row.number]), "Lay out kit")


def _release(line: OrderLine) -> Task:
    return Task(str(line), _what(line), line.demand.need_date, reverse("release-line", args=[line.pk]), "Release")


def _ship(line: OrderLine) -> Task:
    action = reverse("ship-line", args=[line.pk])
    if line.finished == line.quantity:
        return Task(str(line), _what(line), line.ship_date, action, "Ship")
    button = f"Ship {line.finished} of {line.quantity}"
    return Task(str(line), _what(line), line.ship_date, action, button, units=line.finished)


def _ship_together(lines: list[OrderLine]) -> Task:
    """Lines that leave together; the address is that of the first of them."""
    order, action = lines[0].order, reverse("ship-line", args=[lines[0].pk])
    words = f"{', '.join(map(_units, lines))} for {order.customer.name}, together"
    number = order.number if order.ship_complete else ", ".join(map(str, lines))
    return Task(number, words, max(line.ship_date for line in lines), action, "Ship")


urlpatterns = [path("work", work, name="work")]
