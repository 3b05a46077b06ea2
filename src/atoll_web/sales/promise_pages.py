"""The promise page: a date, its reason, how sure it is and what would be faster; one click orders or quotes it. And quotes."""

from typing import Any
from uuid import uuid4

from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.catalogue.configuring import read_choices
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.services import orderable_revision
from atoll_web.catalogue.words import in_words
from atoll_web.forms import whole
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, document, needs, sentences, today
from atoll_web.sales import services, states
from atoll_web.sales.configure import State, order_key, read_state
from atoll_web.sales.models import Customer, Order
from atoll_web.sales.promise_api import explored_document
from atoll_web.sales.quote_pdf import quote_pdf

QUOTED_DAYS = 14
"""That a quote holds if nothing else is entered."""


def quotes() -> QuerySet[Order]:
    """Orders that are or were quotes."""
    return (
        Order.objects.filter(expires_at__isnull=False)
        .select_related("customer")
        .annotate(total=Sum(F("lines__quantity") * F("lines__unit_price")))
    )


QUOTES = ListPage(
    name="quotes",
    title="Quotes",
    rows=quotes,
    columns=(
        Column("number", "Quote", kind="document"),
        Column("state", "State", kind="state"),
        Column("customer", "Customer", value="customer.name", link=lambda row: reverse("customer", args=[row.customer.code])),
        Column("ordered_at", "Made", kind="date"),
        Column("expires_at", "Held until", kind="moment"),
        Column("total", "Total", kind="money"),
        Column("currency", "Currency"),
    ),
    facets=(Facet("state", "State"), Facet("customer", "Customer", "customer__code", "customer__name")),
    flags=(Flag("open", "Open", Q(state=states.QUOTED)),),
    search=("number", "customer__name"),
    order="-number",
    intro="A quote holds supply and slots until it is accepted, cancelled or its time is over.",
    empty="No quotes yet. Configure a product, look at its promise and quote it.",
)


def promise(request: HttpRequest, model: str) -> HttpResponse:
    """What can be promised for a configured line, why, how surely, and what would be faster."""
    revision = orderable_revision(model, today(request))
    return render(request, "sales/promise.html", _seen(request, revision, read_state(request.GET)))


def promise_document(request: HttpRequest, model: str) -> HttpResponse:
    """The same for programs."""
    revision, state = orderable_revision(model, today(request)), read_state(request.GET)
    return document(explored_document(_explored(request, revision, state)))


def _explored(request: HttpRequest, revision: Revision, state: State) -> services.Explored:
    line = state.line(revision.product_model.code, read_choices(revision, state.texts))
    return services.explore(lines=[line], today=today(request), customer=state.customer)


def _seen(request: HttpRequest, revision: Revision, state: State) -> dict[str, Any]:
    """What the page shows; without a line where there is no promise."""
    line, refusal, faster = None, [], ()
    try:
        found = _explored(request, revision, state)
        line, faster = next(iter(found.lines), None), found.at[1].faster
        refusal = [sentence for one in found.refused for sentence in sentences(one.refusal)]
    except AtollError as error:
        refusal = sentences(error)
    model = revision.product_model
    return {
        "model": model,
        "state": state,
        "shown": state.address(),
        "line": line,
        "faster": faster,
        "choices": line and in_words(revision.document, line.values),
        "refusal": refusal,
        "refused": [],
        "customers": Customer.objects.filter(on_hold=False).only("code", "name"),
        "idempotency_key": uuid4().hex,
        "quoted_days": QUOTED_DAYS,
        "configure_address": f"{reverse('configure-model', args=[model.code])}?{state.address()}",
    }


@require_POST
@needs("order")
def take(request: HttpRequest, model: str) -> HttpResponse:
    """Order or quote the line, with a lever where one was chosen. Refused, the page comes back with the reason."""
    actor = actor_now(request.user)
    revision, state = orderable_revision(model, actor.today), read_state(request.POST)
    what, _, lever = request.POST.get("take", "order").partition(" ")
    try:
        days = whole(request.POST, "days", "A quote holds for") if what == "quote" else None
        order = services.take(
            actor=actor,
            customer=state.customer,
            asked=[services.Asked(state.line(model, read_choices(revision, state.texts)), lever)],
            quote_days=days,
            idempotency_key=order_key(request),
        )
    except AtollError as refusal:
        seen = _seen(request, revision, state) | {"refused": sentences(refusal)}
        return render(request, "sales/promise.html", seen, status=422)
    return redirect("order", order.number)


@require_POST
@needs("order")
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Make an order of a quote."""
    row = get_object_or_404(quotes(), number=number)
    actor = actor_now(request.user)
    attempt(request, lambda: services.accept_quote(actor=actor, order=row), f"{number} is ordered; its dates stay as quoted.")
    return redirect("order", number)


def printed(request: HttpRequest, number: str) -> HttpResponse:
    """The quote as a PDF."""
    row = get_object_or_404(Order.objects.select_related("customer"), number=number, expires_at__isnull=False)
    shown = {"Content-Disposition": f'inline; filename="{row.number}.pdf"'}
    return HttpResponse(quote_pdf(row), content_type="application/pdf", headers=shown)


urlpatterns = [
    path("configure/<str:model>/promise.json", promise_document, name="promise-json"),
    path("configure/<str:model>/promise", promise, name="promise"),
    path("configure/<str:model>/take", take, name="take-promise"),
    *QUOTES.urls(),
    path("quotes/<str:number>.pdf", printed, name="quote-pdf"),
    path("quotes/<str:number>/accept", accept, name="accept-quote"),
]
