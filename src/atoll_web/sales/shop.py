"""The shop: the same configurator for people who are not signed in, without what only the house knows."""

from dataclasses import replace

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll.errors import AtollError
from atoll_web.catalogue.configuring import read_choices
from atoll_web.catalogue.models import Revision
from atoll_web.catalogue.services import orderable_revision, orderable_revisions
from atoll_web.catalogue.words import in_words
from atoll_web.pages import company_of, sentences, today
from atoll_web.sales import services
from atoll_web.sales.configure import Page, choose, order_key, price_shown, read_state, seen_under
from atoll_web.sales.errors import PriceDiffers
from atoll_web.sales.models import Order, OrderLine

SHOP = Page("shop-model", "shop-order", "sales/shop.html", trusts_codes=False)

ORDERED = "ordered_in_shop"
"""Where the session keeps the key of the order just placed."""


@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """What can be bought."""
    revisions = [revision for revision in orderable_revisions(today(request)) if revision.product_model.in_shop]
    return render(request, "sales/shop_index.html", {"revisions": revisions})


@login_not_required
def model(request: HttpRequest, code: str) -> HttpResponse:
    """Configure without signing in: price and date, but nothing of cost, stock or suppliers."""
    revision = _in_shop(request, code)
    response = choose(request, revision, SHOP, _context(request, code))
    if request.GET or request.method == "POST":
        response["X-Robots-Tag"] = "noindex"  # there are more configurations than a search engine can ever read
    return response


def _in_shop(request: HttpRequest, code: str) -> Revision:
    try:
        revision = orderable_revision(code, today(request))
    except AtollError:
        raise Http404(f"{code} is not in the shop.") from None
    if not revision.product_model.in_shop:
        raise Http404(f"{code} is not in the shop.")
    return revision


def _context(request: HttpRequest, code: str) -> dict[str, object]:
    return {
        "is_shop": True,
        "staff_address": reverse("configure-model", args=[code]),
        "not_indexed": bool(request.GET),
        "email": request.POST.get("email", "").strip(),
    }


@require_POST
@login_not_required
def order(request: HttpRequest, code: str) -> HttpResponse:
    """Order in a demonstration, as the customer of a code and e-mail address."""
    revision, day = _in_shop(request, code), today(request)
    company = company_of(request)
    if company is None or not company.is_demo:
        return redirect(f"{reverse('sign-in')}?next={reverse('configure-model', args=[code])}")
    state, context = read_state(request.POST), _context(request, code)
    try:
        line = state.line(code, read_choices(revision, state.texts))
        placed = services.order_in_shop(
            customer=state.customer,
            email=str(context["email"]),
            line=line,
            idempotency_key=order_key(request),
            shown=price_shown(request),
        )
    except AtollError as refusal:
        is_known = isinstance(refusal, PriceDiffers)  # which only those are told who have named the address too
        found = seen_under(revision, state, day, replace(SHOP, trusts_codes=is_known)) | {"refused": sentences(refusal)}
        return render(request, SHOP.whole, context | found, status=422)
    request.session[ORDERED] = placed.pk
    return redirect("shop-thanks")


@login_not_required
def thanks(request: HttpRequest) -> HttpResponse:
    """The order that was just placed in this browser."""
    placed = Order.objects.filter(pk=request.session.get(ORDERED)).first()
    if placed is None:
        return redirect("shop")
    rows = OrderLine.objects.filter(order=placed).select_related("configuration__revision__product_model")
    lines = [
        {
            "quantity": row.quantity,
            "name": row.configuration.revision.product_model.name,
            "choices": in_words(row.configuration.revision.document, row.configuration.values),
            "price": row.unit_price,
            "ship_date": row.promises.get(in_force=True).ship_date,
        }
        for row in rows
    ]
    return render(request, "sales/shop_thanks.html", {"order": placed, "lines": lines})


urlpatterns = [
    path("shop", index, name="shop"),
    path("shop/thanks", thanks, name="shop-thanks"),
    path("shop/<str:code>", model, name="shop-model"),
    path("shop/<str:code>/order", order, name="shop-order"),
]
