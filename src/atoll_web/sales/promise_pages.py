"""The promise page: a date, its reason, how sure it is and what would be faster; one click orders or quotes it. And quotes."""

from dataclasses import replace
from datetime import date
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
from atoll_web.forms import day, whole
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, document, needs, sentences, today
from atoll_web.sales import services, states
from atoll_web.sales.configure import State, order_key, posted, price_shown, read_state
from atoll_web.sales.errors import NoCustomer, QuoteOutdated
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
    model, fewer = revision.product_model, None if line else _fewer(request, revision, state)
    undated = replace(state, request_date="").address()
    return {
        "model": model,
        "state": state,
        "shown": state.address(),
        "ask": f"{reverse('promise', args=[model.code])}?{undated and undated + '&'}",
        "line": line,
        "faster": faster,
        "choices": line and in_words(revision.document, line.values),
        "refusal": refusal,
        "fewer": fewer,
        "fewer_address": fewer
        and f"{reverse('promise', args=[model.code])}?{replace(state, quantity=str(fewer.quantity)).address()}",
        "refused": [],
        "customers": Customer.objects.filter(on_hold=False).only("code", "name"),
        "idempotency_key": uuid4().hex,
        "quoted_days": request.POST.get("days", QUOTED_DAYS),
        "configure_address": f"{reverse('configure-model', args=[model.code])}?{state.address()}",
    }


def _fewer(request: HttpRequest, revision: Revision, state: State) -> services.Fewer | None:
    """How many units could be had, of a line of which not all can."""
    try:
        line = state.line(revision.product_model.code, read_choices(revision, state.texts))
        found = services.fewer_units(line=line, today=today(request), customer=state.customer)
    except AtollError:  # it is at fault itself, which is told already
        return None
    return found if found and found.quantity < line.quantity else None


@posted("promise")
@needs("order")
def take(request: HttpRequest, model: str) -> HttpResponse:
    """Order or quote the line, with a lever where one was chosen. Refused, the page comes back with the reason.

    Or look what it is for the customer that is chosen now.
    """
    actor = actor_now(request.user)
    revision, state = orderable_revision(model, actor.today), read_state(request.POST)
    if request.POST.get("take") == "look":
        return redirect(f"{reverse('promise', args=[model])}?{state.address()}")
    what, _, lever = request.POST.get("take", "order").partition(" ")
    refused = [] if state.customer else sentences(NoCustomer())
    try:
        days = whole(request.POST, "days", "A quote holds for", least=1, most=services.LONGEST_QUOTE) if what == "quote" else None
    except AtollError as refusal:
        refused += sentences(refusal)
    if refused:
        return render(request, "sales/promise.html", _seen(request, revision, state) | {"refused": refused}, status=422)
    try:
        order = services.take(
            actor=actor,
            customer=state.customer,
            asked=[services.Asked(state.line(model, read_choices(revision, state.texts)), lever)],
            quote_days=days,
            idempotency_key=order_key(request),
            shown=price_shown(request),
        )
    except AtollError as refusal:
        seen = _seen(request, revision, state) | {"refused": sentences(refusal)}
        return render(request, "sales/promise.html", seen, status=422)
    return redirect("order", order.number)


@require_POST
@needs("order")
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Make an order of a quote. Where it would ship later than quoted, the next page asks whether the customer agrees."""
    row = get_object_or_404(quotes(), number=number)
    actor, address = actor_now(request.user), reverse("order", args=[number])
    asked = request.POST.get("ship_date")
    later: list[date] = []

    def use_case() -> None:
        try:
            agreed = day(request.POST, "ship_date", "Ships on") if asked else None
            services.accept_quote(actor=actor, order=row, ship_date=agreed)
        except QuoteOutdated as refusal:
            later.append(refusal.now)
            raise

    attempt(request, use_case, f"{number} is ordered; {'it ships by the new day' if asked else 'its dates stay as quoted'}.")
    return redirect(f"{address}?ship_date={later[0]}" if later else address)


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
