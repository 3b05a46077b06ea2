"""Pages of the order book: its sequence, rush orders, and proposals of new promises with before and after."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import (
    DecimalField,
    F,
    Func,
    IntegerField,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from atoll.errors import AtollError
from atoll_web.accounts.acting import actor_now
from atoll_web.forms import whole
from atoll_web.lists import Column, Facet, Flag, ListPage, Request
from atoll_web.pages import attempt, check, document, needs, sentences
from atoll_web.sales import services, states, tasks
from atoll_web.sales.errors import NothingMoved
from atoll_web.sales.models import Order, OrderLine, Promise, Proposal, ProposedPromise
from atoll_web.sales.services import Policy, Weighing

CHANGES = 200
"""Changed lines on the page of a proposal; the list has all."""

NOTHING_YET = "Nothing is changed yet: look at before and after, then accept or discard."


def booked() -> QuerySet[Order]:
    """Open orders with their place in the book; the places count all of it, whatever is filtered."""
    places = {key: place for place, key in enumerate(services.book().values_list("id", flat=True), 1)}
    # An object is searched by halves; an array would be gone through for each order.
    place = Func(Value(places, JSONField()), Cast("id", TextField()), function="jsonb_extract_path_text")
    open_lines = OrderLine.objects.filter(order=OuterRef("pk"), state__in=states.HOLDING).order_by().values("order")
    promises = Promise.objects.filter(line__order=OuterRef("pk"), in_force=True, line__state__in=states.HOLDING)
    price = DecimalField(max_digits=16, decimal_places=2)
    return (
        services.book()
        .select_related("customer")
        .annotate(
            place=Cast(place, IntegerField()),
            units=Subquery(open_lines.annotate(found=Sum("quantity")).values("found")),
            value=Subquery(open_lines.annotate(found=Sum(F("quantity") * F("unit_price"), output_field=price)).values("found")),
            asked=Subquery(open_lines.annotate(found=Min("request_date")).values("found")),
            promised=Subquery(promises.order_by("-ship_date").values("ship_date")[:1]),
            at_risk=Subquery(promises.order_by("-at_risk").values("at_risk")[:1]),
        )
    )


ORDER_BOOK = ListPage(
    name="order-book",
    title="Order book",
    rows=booked,
    template="sales/order_book.html",
    columns=(
        Column("place", "Place", kind="number", sort="rank"),
        Column("number", "Order", kind="document"),
        Column("state", "State", kind="state"),
        Column("at_risk", "At risk", kind="flag"),
        Column("customer", "Customer", value="customer.name", link=lambda row: reverse("customer", args=[row.customer.code])),
        Column("priority", "Priority", kind="number", value="customer.priority"),
        Column("units", "Units", kind="number"),
        Column("value", "Value", kind="money"),
        Column("currency", "Currency"),
        Column("asked", "Asked for", kind="date"),
        Column("promised", "Promised", kind="date"),
    ),
    facets=(Facet("customer", "Customer", "customer__code", "customer__name"), Facet("state", "State")),
    flags=(Flag("at_risk", "At risk", Q(at_risk=True)),),
    search=("number", "customer__name"),
    order="place",
    intro="Open orders in the sequence in which they are served. Give one another place and see who becomes late.",
    empty="No order is open. What is in assembly keeps what it has.",
)


def proposals() -> QuerySet[Proposal]:
    """Proposals of new promises."""
    return Proposal.objects.select_related("run__created_by", "rush")


RE_PROMISES = ListPage(
    name="re-promises",
    title="New promises",
    rows=proposals,
    template="sales/re_promises.html",
    columns=(
        Column("id", "Proposal", link=lambda row: reverse("re-promise", args=[row.pk])),
        Column("state", "State", kind="state"),
        Column("policy", "Policy"),
        Column("rush", "Rush order", kind="document", value="rush.number", sort="rush__number"),
        Column("weighing", "Weighed by"),
        Column("days_late", "Weighted days late", kind="number"),
        Column("bound", "At least", kind="number"),
        Column("made_by", "Asked for by", value="run.created_by.username"),
        Column("made_at", "On", kind="moment", value="run.created_at"),
    ),
    facets=(Facet("state", "State"), Facet("policy", "Policy")),
    order="-id",
    intro="Who is in order stays as it is, the others are promised anew. Nothing is changed until a proposal is applied.",
    empty="Nothing was proposed yet.",
)


def proposed_promises() -> QuerySet[ProposedPromise]:
    """Before and after of each line of each proposal."""
    return ProposedPromise.objects.select_related("line__order__customer", "proposal")


def difference(row: ProposedPromise) -> str:
    """What becomes of a line, in a word."""
    if row.after is None:
        return "no date"
    return "later" if row.after > row.before else "earlier" if row.after < row.before else "kept"


PROPOSED_PROMISES = ListPage(
    name="proposed-promises",
    title="Promises before and after",
    rows=proposed_promises,
    columns=(
        Column("proposal", "Proposal", value="proposal_id", link=lambda row: reverse("re-promise", args=[row.proposal_id])),
        Column("place", "Served", kind="number", value=lambda row: row.place + 1, sort="place"),
        Column("line", "Line", kind="document", value=lambda row: str(row.line), sort="line__order__number"),
        Column("customer", "Customer", value="line.order.customer.name"),
        Column("before", "Before", kind="date"),
        Column("after", "After", kind="date"),
        Column("difference", "Difference", kind="state", value=difference),
        Column("weight", "Cost of a day", kind="number"),
    ),
    facets=(Facet("proposal", "Proposal", "proposal_id"),),
    flags=(
        Flag("later", "Later", Q(after__gt=F("before"))),
        Flag("earlier", "Earlier", Q(after__lt=F("before"))),
        Flag("none", "No date", Q(after=None)),
    ),
    search=("line__order__number", "line__order__customer__name"),
    order="place",
)


def order_book(request: HttpRequest) -> HttpResponse:
    """The list; sent places are tried: who would become later is shown, and nothing is saved yet."""
    return move(request) if request.method == "POST" else ORDER_BOOK.page(request)


@needs(*services.PROPOSING)
def move(request: HttpRequest) -> HttpResponse:
    """Try other places. Refused, the page comes back with all that were typed, and every fault."""
    typed = {name.removeprefix("place-"): text.strip() for name, text in request.POST.items() if name.startswith("place-")}
    places: dict[str, int] = {}
    refused: list[str] = []
    for number, text in typed.items():
        if text != request.POST.get(f"was-{number}"):
            try:
                places[number] = whole(request.POST, f"place-{number}", f"Place of {number}", least=1)
            except AtollError as fault:
                refused += sentences(fault)
    try:
        if not places and not refused:
            raise NothingMoved()
        ranks = services.moved_ranks(places) if places else {}
        if not refused:
            made = tasks.request_proposal(actor=actor_now(request.user), policy=Policy.SEQUENCE, ranks=ranks)
            messages.success(request, NOTHING_YET)
            return redirect("re-promise", made.pk)
    except NothingMoved as fault:
        refused = refused or sentences(fault)
    except AtollError as fault:
        refused += sentences(fault)
    seen = {"list": Request(ORDER_BOOK, request), "typed": typed, "refused": refused}
    return render(request, ORDER_BOOK.template, seen, status=422)


@require_POST
@needs(*services.PROPOSING)
def propose(request: HttpRequest) -> HttpResponse:
    """Propose new promises for all open lines."""
    try:
        policy, weighing = Policy(request.POST.get("policy", "")), Weighing(request.POST.get("weighing", Weighing.PRIORITY))
    except ValueError:
        raise Http404 from None
    actor = actor_now(request.user)
    return _proposed(request, lambda: tasks.request_proposal(actor=actor, policy=policy, weighing=weighing), "re-promises")


@require_POST
@needs(*services.PROPOSING)
def rush(request: HttpRequest, number: str) -> HttpResponse:
    """See who makes way when an order is served before all others."""
    order = get_object_or_404(Order, number=number)
    return _proposed(request, lambda: tasks.request_rush(actor=actor_now(request.user), order=order), "order", number)


def _proposed(request: HttpRequest, ask: Callable[[], Proposal], otherwise: str, *args: str) -> HttpResponse:
    made: list[Proposal] = []
    done = attempt(request, lambda: made.append(ask()), NOTHING_YET)
    return redirect("re-promise", made[0].pk) if done else redirect(otherwise, *args)


def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """A proposal: what it changes, and what it costs."""
    row = get_object_or_404(proposals(), pk=pk)
    is_shown = ~Q(after=F("before")) | Q(after=None) | Q(line__order=row.rush_id)  # whose order is in a hurry looks for it
    changed = proposed_promises().filter(is_shown, proposal=row)
    rows = changed.order_by((F("after") - F("before")).desc(nulls_first=True), "place")[:CHANGES]
    moved = {int(key) for key in row.ranks}
    seen = {
        "proposal": row,
        "figures": _figures(row),
        "rows": [(r, difference(r), abs((r.after - r.before).days) if r.after else None) for r in rows if r.after],
        "undated": [(r, row.reasons.get(r.line_id, "")) for r in rows if not r.after],
        "is_one_move": bool(row.ranks),
        "in_vain": (row.run.result or {}).get("in_vain", False),
        "moved": Order.objects.filter(id__in=moved).order_by("number") if not row.rush else (),
        "is_open": row.state == states.COMPUTING,
        "may_apply": any(request.user.may(capability) for capability in services.applied_by(row)),
    }
    return render(request, "sales/re_promise.html", seen)


def _figures(row: Proposal) -> dict[str, float | None]:
    found = row.run.result or {}
    changed = [found.get(name, 0) for name in ("later", "earlier", "without_a_date")]
    kept = found.get("lines", 0) - sum(changed)
    return dict(zip(("later", "earlier", "no_date", "kept"), (*changed, kept), strict=True)) | {"leaving": found.get("leaving")}


def proposal_document(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for programs, with every line."""
    row = get_object_or_404(proposals(), pk=pk)
    reasons = row.reasons
    lines = [
        {"line": str(r.line), "before": r.before, "after": r.after, "need_date": r.need_date, "difference": difference(r)}
        | {"reason": reasons.get(r.line_id, "")}
        for r in proposed_promises().filter(proposal=row).order_by("place")
    ]
    fields = ("id", "state", "policy", "weighing", "days_late", "bound", "run_id")
    return document(
        {name: getattr(row, name) for name in fields}
        | {"rush": row.rush and row.rush.number, "figures": _figures(row), "lines": lines}
    )


@require_POST
@needs(*services.PROPOSING)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Give all lines their new promises, or none."""
    row = get_object_or_404(proposals(), pk=pk)
    check(request, *services.applied_by(row))
    actor = actor_now(request.user, f"{row} of new promises")
    attempt(request, lambda: services.apply_proposal(actor=actor, proposal=row), "The new promises are in force.")
    return redirect("re-promise", pk)


@require_POST
@needs(*services.PROPOSING)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Let everything stay as it is."""
    row = get_object_or_404(proposals(), pk=pk)
    actor = actor_now(request.user)
    attempt(request, lambda: services.discard_proposal(actor=actor, proposal=row), "Discarded: every promise stays as it was.")
    return redirect("re-promise", pk)


urlpatterns = [
    path("order-book", order_book, name="order-book"),
    *ORDER_BOOK.urls(),
    path("order-book/move", require_POST(move), name="move-orders"),
    *RE_PROMISES.urls(),
    path("re-promises/propose", propose, name="propose"),
    path("re-promises/<int:pk>.json", proposal_document, name="re-promise-json"),
    path("re-promises/<int:pk>", proposal, name="re-promise"),
    path("re-promises/<int:pk>/apply", apply, name="apply-re-promise"),
    path("re-promises/<int:pk>/discard", discard, name="discard-re-promise"),
    *PROPOSED_PROMISES.urls(),
    path("orders/<str:number>/rush", rush, name="rush-order"),
]
