"""The pages at the entrance: sign in, home, search."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from atoll_web.accounts.models import User
from atoll_web.accounts.roles import Role
from atoll_web.assembly import states as assembly_states
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue.models import Item, ProductModel
from atoll_web.pages import company_of, today
from atoll_web.planning import states as planning_states
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing import states as purchasing_states
from atoll_web.purchasing.models import PurchaseOrder, PurchaseOrderLine, Supplier
from atoll_web.sales import states
from atoll_web.sales.models import Customer, Order, Shipment, ShippedUnit
from atoll_web.sales.pages import order_lines
from atoll_web.stock.models import Lot

WORK_OF_ROLE = {
    Role.SALES: "configures, promises and enters orders",
    Role.PLANNER: "decides what to build and to buy",
    Role.BUYER: "orders from suppliers",
    Role.ASSEMBLER: "builds subassemblies and products",
    Role.WAREHOUSE: "receives, kits and ships",
    Role.MANAGER: "reads the figures and may do everything",
    Role.ADMIN: "keeps users and master data",
}
"""What each demonstration user does, in the order of the sign-in page."""


class SignIn(LoginView):
    """Name and password; in a demonstration also one button for each role."""

    template_name = "atoll/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"roles": WORK_OF_ROLE}


@require_POST
@login_not_required
def sign_in_as(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as a role of a demonstration, without a password."""
    company = company_of(request)
    if company is None or not company.is_demo or role not in WORK_OF_ROLE:
        raise PermissionDenied("Only a demonstration company lets you in without a password.")
    user = get_object_or_404(User, username=role, is_active=True)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    target = request.POST.get("next", "")
    return redirect(target if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()) else "home")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number on the home page of some roles, leading to the list behind it."""

    name: str
    words: str
    roles: frozenset[Role]
    page: str
    query: str = ""

    def waits_for(self, roles: frozenset[str]) -> bool:
        """Whether somebody with these roles sees it; managers and admins see all."""
        return bool(roles & (self.roles | {Role.MANAGER, Role.ADMIN}))


SALES, PLANNER, BUYER = frozenset({Role.SALES}), frozenset({Role.PLANNER}), frozenset({Role.BUYER})
ASSEMBLER, WAREHOUSE = frozenset({Role.ASSEMBLER}), frozenset({Role.WAREHOUSE})

FIGURES = (
    Figure("open", "order lines to be shipped", SALES | PLANNER, "orders", "open=1"),
    Figure("risky", "promises at risk", SALES | PLANNER, "orders", "at_risk=1"),
    Figure("delayed", "open lines later than first promised", SALES | PLANNER, "orders", "late=1&open=1"),
    Figure("to_buy", "purchases proposed", BUYER | PLANNER, "proposals", ""),
    Figure("to_build", "builds proposed", PLANNER, "proposals", ""),
    Figure("overdue", "deliveries overdue", BUYER, "purchase-orders", "overdue=1"),
    Figure("arriving", "deliveries due today", BUYER | WAREHOUSE, "purchase-orders", "arriving=1"),
    Figure("builds_waiting", "builds not begun", ASSEMBLER | PLANNER, "build-orders", "state=planned"),
    Figure("builds_kitted", "builds under way", ASSEMBLER, "build-orders", "state=kitted"),
    Figure("to_kit", "assembly orders to kit", WAREHOUSE, "assembly-orders", "state=released"),
    Figure("to_assemble", "assembly orders to complete", ASSEMBLER, "assembly-orders", "state=kitted"),
    Figure("to_ship", "lines to ship", WAREHOUSE, "orders", "state=assembled"),
)

ATTENTION_ROWS = 10


def home(request: HttpRequest) -> HttpResponse:
    """What waits for the roles of the user."""
    counts, roles = _counts(today(request)), request.user.role_names
    figures = [
        (counts[figure.name], figure.words, f"{reverse(figure.page)}?{figure.query}".rstrip("?"))
        for figure in FIGURES
        if figure.waits_for(roles)
    ]
    troubled = order_lines().filter(Q(at_risk=True) | Q(late=True, is_open=True)).order_by("promise_date", "pk")[:ATTENTION_ROWS]
    return render(request, "atoll/home.html", {"figures": figures, "troubled": troubled})


def _counts(day: date) -> dict[str, int]:
    """Every figure; one query for each kind of document."""
    due = Q(supply__quantity__gt=0)
    return (
        order_lines()
        .filter(Q(is_open=True) | Q(at_risk=True))
        .aggregate(
            open=Count("pk", filter=Q(is_open=True)),
            risky=Count("pk", filter=Q(at_risk=True)),
            delayed=Count("pk", filter=Q(late=True, is_open=True)),
            to_ship=Count("pk", filter=Q(state=states.ASSEMBLED)),
        )
        | PurchaseOrderLine.objects.filter(order__state=purchasing_states.SENT).aggregate(
            overdue=Count("pk", filter=due & Q(supply__due__lt=day)), arriving=Count("pk", filter=due & Q(supply__due=day))
        )
        | PlannedOrder.objects.filter(state=planning_states.PROPOSED).aggregate(
            to_buy=Count("pk", filter=Q(kind="purchase")), to_build=Count("pk", filter=Q(kind="build"))
        )
        | BuildOrder.objects.aggregate(
            builds_waiting=Count("pk", filter=Q(state=assembly_states.PLANNED)),
            builds_kitted=Count("pk", filter=Q(state=assembly_states.KITTED)),
        )
        | FinalAssemblyOrder.objects.aggregate(
            to_kit=Count("pk", filter=Q(state=assembly_states.RELEASED)),
            to_assemble=Count("pk", filter=Q(state=assembly_states.KITTED)),
        )
    )


@dataclass(frozen=True, slots=True)
class Findable:
    """Things that the search field finds.

    Parameters
    ----------
    fields
        Where the text is looked for; the first one is the number or code, which leads straight to the page when it is equal.
    page, key
        The page of a row, and the value that its address has.
    """

    title: str
    rows: Callable[[], QuerySet[Any]]
    fields: tuple[str, ...]
    page: str
    key: Callable[[Any], str]
    words: Callable[[Any], str] = str

    def find(self, text: str) -> list[Model]:
        """The rows whose number begins with the text, and those whose name has it."""
        number, *names = self.fields
        wanted = Q(**{f"{number}__istartswith": text}) | Q(**{f"{number}__iendswith": text})
        for field in names:
            wanted |= Q(**{f"{field}__icontains": text})
        return list(self.rows().filter(wanted).order_by(number)[:MOST_FOUND])

    def hit(self, row: Any) -> tuple[str, str, str]:
        """The number of a row, words for it, and its address."""
        value: Any = row
        for part in self.fields[0].split("__"):
            value = getattr(value, part)
        return value, self.words(row), reverse(self.page, args=[self.key(row)])


MOST_FOUND = 20

FINDABLE = (
    Findable("Orders", lambda: Order.objects.select_related("customer"), ("number",), "order", str, lambda o: o.customer.name),
    Findable("Items", Item.objects.all, ("code", "name"), "item", str, lambda row: row.name),
    Findable("Customers", Customer.objects.all, ("code", "name"), "customer", str, lambda row: row.name),
    Findable("Product models", ProductModel.objects.all, ("code", "name"), "model", str, lambda row: row.name),
    Findable("Suppliers", Supplier.objects.all, ("code", "name"), "supplier", str, lambda row: row.name),
    Findable(
        "Purchase orders",
        lambda: PurchaseOrder.objects.select_related("supplier"),
        ("number",),
        "purchase-order",
        str,
        lambda row: row.supplier.name,
    ),
    Findable(
        "Build orders", lambda: BuildOrder.objects.select_related("item"), ("number",), "build-order", str, lambda b: b.item.name
    ),
    Findable("Assembly orders", FinalAssemblyOrder.objects.all, ("number",), "assembly-order", str, lambda row: row.state),
    Findable(
        "Shipments",
        lambda: Shipment.objects.select_related("order"),
        ("number",),
        "order",
        lambda row: row.order.number,
        lambda row: row.order.number,
    ),
    Findable(
        "Serial numbers shipped",
        lambda: ShippedUnit.objects.select_related("unit", "line__order"),
        ("unit__number",),
        "order",
        lambda row: row.line.order.number,
        lambda row: f"shipped with {row.line.order.number}",
    ),
    Findable(
        "Serial and lot numbers",
        lambda: Lot.objects.select_related("item"),
        ("number",),
        "lot",
        lambda lot: lot.pk,
        lambda lot: f"{lot.item.name} from {lot.origin}" if lot.origin else lot.item.name,
    ),
)


def search(request: HttpRequest) -> HttpResponse:
    """Find by number or name; a single hit, or the one with exactly this number, is opened at once."""
    text = request.GET.get("q", "").strip().replace("\x00", "")
    found = [(kind.title, [kind.hit(row) for row in kind.find(text)]) for kind in FINDABLE] if text else []
    hits = [hit for _, group in found for hit in group]
    exact = [hit for hit in hits if hit[0].casefold() == text.casefold()]
    if exact or len(hits) == 1:
        return redirect((exact or hits)[0][2])
    return render(request, "atoll/search.html", {"find": text, "found": [(title, group) for title, group in found if group]})


urlpatterns = [
    path("", home, name="home"),
    path("search", search, name="search"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:role>", sign_in_as, name="sign-in-as"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
]
