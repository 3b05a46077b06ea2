"""Pages of notices: what was told to whom, what did not arrive, and sending it again."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll_web.accounts.acting import actor_now
from atoll_web.lists import Column, Facet, Flag, ListPage
from atoll_web.pages import attempt, document, needs
from atoll_web.sales import services, states
from atoll_web.sales.models import Notice
from atoll_web.sales.notices import EVENTS

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
    empty="Nobody has been told of anything yet. Subscribe a program over the API, or let customers be written to.",
)


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
    *NOTICES.urls(),
    path("notices/<int:key>.json", notice_document, name="notice-json"),
    path("notices/<int:key>", notice, name="notice"),
    path("notices/<int:key>/resend", resend, name="resend-notice"),
]
