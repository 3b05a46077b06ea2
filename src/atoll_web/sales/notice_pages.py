"""Pages of notices: who is told of what, what was told, what did not arrive, and sending it again."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.lists import Column, Facet, Flag, ListPage, Request
from atoll_web.pages import attempt, document, needs, sentences
from atoll_web.sales import services, states
from atoll_web.sales.models import Customer, Notice, Subscription
from atoll_web.sales.notices import CUSTOMER_EVENTS, EMAIL, EVENTS, WEBHOOK

NOTICES = ListPage(
    name="notices",
    title="Notices",
    rows=lambda: Notice.objects.select_related("order", "subscription").defer("facts"),
    columns=(
        Column("id", "Notice", kind="number", link=lambda row: reverse("notice", args=[row.pk])),
        Column("event", "Event"),
        Column("order", "Order", kind="document", value="order.number"),
        Column("subscription", "To", value="subscription.name"),
        Column("state", "State", kind="state"),
        Column("attempts", "Attempts", kind="number"),
        Column("at", "Happened", kind="moment"),
        Column("delivered_at", "Delivered", kind="moment"),
        Column("fault", "Last fault"),
    ),
    facets=(Facet("event", "Event"), Facet("to", "To", "subscription__name")),
    flags=(Flag("waiting", "Waiting", Q(state=states.WAITING)), Flag("dead", "Given up", Q(state=states.DEAD))),
    search=("order__number",),
    order="-id",
    intro="What programs are told by webhook and customers by e-mail. What does not arrive is sent again, then given up.",
    empty="Nobody has been told of anything yet.",
    template="sales/notices.html",
)


def notices(request: HttpRequest) -> HttpResponse:
    """The list, below those who are told."""
    told = Subscription.objects.filter(active=True).select_related("created_by")
    return render(request, NOTICES.template, {"list": Request(NOTICES, request), "told": told})


@never_cache
@needs("company")
def subscribe(request: HttpRequest, channel: str) -> HttpResponse:
    """Tell a program by webhook, whose secret is shown this once, or all customers by e-mail."""
    actor, name = actor_now(request.user), request.POST.get("name", "").strip()
    events, refused = request.POST.getlist("events"), []
    if request.method == "POST":
        try:
            if channel == EMAIL:
                services.confirm_by_email(actor=actor, name=name, events=events)
                messages.success(request, "Customers are written to from now on.")
                return redirect("notices")
            made = services.subscribe(actor=actor, name=name, url=request.POST.get("url", "").strip(), events=events)
            return render(request, "sales/subscribed.html", {"made": made})
        except AtollError as refusal:
            refused = sentences(refusal)
    of = EVENTS if channel == WEBHOOK else CUSTOMER_EVENTS
    context = {
        "is_program": channel == WEBHOOK,
        "given": request.POST,
        "events": [(event, EVENTS[event], event in events or not request.POST) for event in of],
        "reached": Customer.objects.exclude(email="").count(),
        "refused": refused,
    }
    return render(request, "sales/subscribe.html", context, status=422 if refused else 200)


@require_POST
@needs("company")
def unsubscribe(request: HttpRequest, key: int) -> HttpResponse:
    """Tell somebody no more."""
    row, actor = get_object_or_404(Subscription, pk=key), actor_now(request.user)
    done = f"{row} is told no more; what had not arrived is given up."
    attempt(request, lambda: services.unsubscribe(actor=actor, subscription=row), done)
    return redirect("notices")


def notice(request: HttpRequest, key: int) -> HttpResponse:
    """A notice with all that it says."""
    row = _notice(key)
    return render(
        request, "sales/notice.html", {"notice": row, "words": EVENTS[row.event], "is_over": row.state != states.WAITING}
    )


def notice_document(request: HttpRequest, key: int) -> HttpResponse:
    """The same for programs."""
    row = _notice(key)
    fields = ("event_id", "event", "facts", "at", "state", "attempts", "due_at", "delivered_at", "fault")
    shown: dict[str, Any] = {name: getattr(row, name) for name in fields}
    return document(shown | {"order": row.order.number, "to": row.subscription.name})


def _notice(key: int) -> Notice:
    return get_object_or_404(Notice.objects.select_related("order", "subscription"), pk=key)


@require_POST
@needs("order")
def resend(request: HttpRequest, key: int) -> HttpResponse:
    """Send it once more."""
    row, actor = _notice(key), actor_now(request.user)
    attempt(request, lambda: services.resend(actor=actor, notice=row), "It is sent again within a minute.")
    return redirect("notice", key)


urlpatterns = [
    path("notices", notices, name="notices"),
    *NOTICES.urls(),
    path("notices/subscribe", subscribe, {"channel": WEBHOOK}, name="subscribe"),
    path("notices/write-to-customers", subscribe, {"channel": EMAIL}, name="write-to-customers"),
    path("notices/subscriptions/<int:key>/end", unsubscribe, name="unsubscribe"),
    path("notices/<int:key>.json", notice_document, name="notice-json"),
    path("notices/<int:key>", notice, name="notice"),
    path("notices/<int:key>/resend", resend, name="resend-notice"),
]
