"""Forms on the pages of items and purchase orders: a count, scrap, what arrived or slips. They stand here, since they move
promises.
"""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_POST

from atoll.errors import BadInput, Issue
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.models import Item
from atoll_web.forms import day, whole
from atoll_web.pages import attempt, needs, today
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine
from atoll_web.purchasing.services import Delivery
from atoll_web.sales import services
from atoll_web.stock.errors import UnknownLot
from atoll_web.stock.models import Demand, Lot
from atoll_web.words import in_words

TOLD = 20
"""Lines that a message names, with what they could have instead; *Promises at risk* lists all."""


@require_POST
@needs("count")
def count(request: HttpRequest, code: str) -> HttpResponse:
    """Bring the ledger in line with what was counted in the warehouse."""
    item = get_object_or_404(Item, code=code)
    actor = actor_now(request.user, request.POST.get("reason", "").strip())

    def use_case() -> services.Corrected:
        counted = whole(request.POST, "counted", "Counted")
        return services.count(actor=actor, item=item, counted=counted, lot=_lot(item, request.POST.get("lot", "").strip()))

    _carry_out(request, use_case, f"The ledger of {code} agrees with the count.")
    return redirect("item", code)


@require_POST
@needs("count")
def scrap(request: HttpRequest, code: str) -> HttpResponse:
    """Take unusable units out of the warehouse."""
    item = get_object_or_404(Item, code=code)
    actor = actor_now(request.user, request.POST.get("reason", "").strip())

    def use_case() -> services.Corrected:
        quantity = whole(request.POST, "quantity", "Scrapped", least=1)
        return services.scrap(actor=actor, item=item, quantity=quantity, lot=_lot(item, request.POST.get("lot", "").strip()))

    _carry_out(request, use_case, f"The units of {code} are scrapped.")
    return redirect("item", code)


@require_POST
@needs("receive")
def receive(request: HttpRequest, number: str) -> HttpResponse:
    """Book what arrived of a purchase order."""
    row = get_object_or_404(PurchaseOrder, number=number)
    actor = actor_now(request.user)

    def use_case() -> services.Corrected:
        return services.receive(actor=actor, deliveries=_deliveries(row, request.POST))

    _carry_out(request, use_case, f"What arrived of {number} is in stock; whatever waited for it rests on stock now.")
    return redirect("purchase-order", number)


@require_POST
@needs("purchase")
def slip(request: HttpRequest, number: str, line: int) -> HttpResponse:
    """Move a delivery to another day, and say what that does to builds and promises."""
    row = get_object_or_404(
        PurchaseOrderLine.objects.select_related("item", "supply__item", "order"), order__number=number, pk=line
    )
    actor = actor_now(request.user, request.POST.get("reason", "").strip())

    def use_case() -> services.Corrected:
        row.supply.due = due = day(request.POST, "due", f"New date of {row.item.code}")
        return services.slip(actor=actor, line=row, due=due)

    found = _carry_out(request, use_case, lambda: f"{row.item.code} is expected on {in_words(row.supply.due)} now.")
    if found:
        if builds := [str(build) for build in Demand.objects.filter(builds__in=found.moved).order_by("pk")]:
            messages.info(request, f"Moved along with it: {', '.join(builds)}.")
        if not found.at_risk:
            messages.info(request, "No further promise is at risk by it.")
    return redirect("purchase-order", number)


def _deliveries(row: PurchaseOrder, posted: Mapping[str, str]) -> list[Delivery]:
    """What was entered for each line; empty and zero mean that nothing came."""
    lines = row.lines.select_related("item", "supply__item", "order").order_by("pk")
    entered = [(line, posted.get(f"quantity-{line.pk}", "").strip(), f"last-{line.pk}" in posted) for line in lines]
    found = [
        Delivery(
            line,
            whole(posted, f"quantity-{line.pk}", f"Arrived of {line.item.code}") if text else 0,
            tuple(posted.get(f"numbers-{line.pk}", "").replace(",", " ").split()),
            is_last,
        )
        for line, text, is_last in entered
        if text not in {"", "0"} or is_last
    ]
    if not found:
        raise BadInput([Issue("quantity", "nothing-received", "Enter how many units arrived of at least one line.")])
    return found


def _carry_out(
    request: HttpRequest, use_case: Callable[[], services.Corrected], done: str | Callable[[], str]
) -> services.Corrected | None:
    """Do it, and say which promises are at risk from it, and what they could be instead; nothing when it was refused."""
    found: list[services.Corrected] = []
    if not attempt(request, lambda: found.append(use_case()), done):
        return None
    if hit := found[0].at_risk:
        told = services.lines_at_risk(hit[:TOLD], today(request))
        more = f" and {len(hit) - TOLD} more" if len(hit) > TOLD else ""
        lines = ", ".join(str(one.line) for one in told if one.line.pk in hit) + more
        instead = "; ".join(map(_instead, told))
        messages.warning(request, f"At risk now: {lines}. Promise them again under “Promises at risk”: {instead}.")
    if already := len(found[0].at_risk_before):
        who = "1 line that was at risk already rests" if already == 1 else f"{already} lines that were at risk already rest"
        messages.warning(request, f"{who} on it; see “Promises at risk”.")
    return found[0]


def _instead(one: services.LineAtRisk) -> str:
    if one.after is None:
        return f"for {one.line}, promised for {in_words(one.before)}, there is no other day, since {one.reason.rstrip('.')}"
    if one.after == one.before:
        return f"{one.line} could keep {in_words(one.before)}"
    return f"{one.line} would ship on {in_words(one.after)} instead of {in_words(one.before)}"


def _lot(item: Item, number: str) -> Lot | None:
    if item.tracking == "none":
        return None
    found = Lot.objects.filter(item=item, number=number).first()
    if found is None:
        raise UnknownLot(item=item.code, number=number, tracking=item.tracking)
    return found


urlpatterns = [
    path("items/<str:code>/count", count, name="count-item"),
    path("items/<str:code>/scrap", scrap, name="scrap-item"),
    path("purchase-orders/<str:number>/receive", receive, name="receive"),
    path("purchase-orders/<str:number>/<int:line>/slip", slip, name="slip"),
]
