"""What all pages share: the frame around them, permission at the door, refusals in words, the `.json` twin.

A page is a function in its app's `pages.py`, which ends with `urlpatterns`. Reading is open to everybody signed in; a view that
changes something carries `@require_POST` and `@needs("capability")` and calls a use case through `attempt`, which turns a refusal
into a message. The page of one object has its number in the address, `/orders/SO-000001`, and a twin, `/orders/SO-000001.json`,
made of the same values; put the twin's path first. How to make a list page is told in `atoll_web.lists`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from atoll.errors import AtollError, BadInput
from atoll_web import door
from atoll_web.accounts.models import Company
from atoll_web.accounts.roles import Role

View = Callable[..., HttpResponse]

NAVIGATION = (
    (
        "Sell",
        {Role.SALES},
        (
            ("Configure", "configure"),
            ("Basket", "basket"),
            ("Quotes", "quotes"),
            ("Orders", "orders"),
            ("Import orders", "import-orders"),
            ("Customers", "customers"),
            ("Notices", "notices"),
            ("Order book", "order-book"),
            ("Product models", "models"),
        ),
    ),
    (
        "Plan",
        {Role.PLANNER},
        (
            ("This morning", "morning"),
            ("Proposals", "proposals"),
            ("Promises at risk", "risks"),
            ("New promises", "re-promises"),
            ("Capacity", "capacity"),
            ("Forecasts", "forecasts"),
            ("Stocking workbench", "workbench"),
            ("Stock policies", "stock-policies"),
        ),
    ),
    ("Buy", {Role.BUYER}, (("Purchase orders", "purchase-orders"), ("Suppliers", "suppliers"))),
    (
        "Build and ship",
        {Role.ASSEMBLER, Role.WAREHOUSE},
        (
            ("Ready work", "work"),
            ("Clear to build", "clear-to-build"),
            ("Assembly orders", "assembly-orders"),
            ("Build orders", "build-orders"),
            ("Shipments", "shipments"),
        ),
    ),
    ("Stock", {Role.WAREHOUSE, Role.BUYER, Role.PLANNER}, (("Items", "items"), ("Stock ledger", "moves"), ("Lots", "lots"))),
    ("Computations", set[Role](), (("Runs", "runs"),)),
)
"""Groups of the menu: title, roles that see it first, and title and name of the address of each page."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every template; the company is read when the template asks for it."""
    return {
        "company": SimpleLazyObject(lambda: company_of(request)),
        "today": lambda: today(request),
        "navigation": SimpleLazyObject(lambda: navigation(request)),
    }


def navigation(request: HttpRequest) -> list[tuple[str, Any]]:
    """The groups of the menu, those of the user's own work first."""
    roles = request.user.role_names if request.user.is_authenticated else frozenset()
    return [(title, pages) for title, of, pages in sorted(NAVIGATION, key=lambda group: not roles & group[1])]


def company_of(request: HttpRequest) -> Company | None:
    """The company, read once for a request."""
    if not hasattr(request, "company"):
        request.company = Company.objects.first()
    return request.company


def today(request: HttpRequest) -> date:
    """The business date."""
    company = company_of(request)
    return (company and company.business_date) or datetime.now(UTC).date()


def check(request: HttpRequest, *capabilities: str) -> None:
    """Refuse users whose roles allow none of the capabilities."""
    if not any(request.user.may(capability) for capability in capabilities):
        roles = ", ".join(sorted(request.user.role_names)) or "no role"
        raise PermissionDenied(
            f"Your user {request.user} ({roles}) may look at everything, but not do this: {' or '.join(capabilities)}."
        )


def needs(*capabilities: str) -> Callable[[View], View]:
    """Let only users whose roles allow one of the capabilities through this door."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            check(request, *capabilities)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def attempt(request: HttpRequest, use_case: Callable[[], Any], done: str | Callable[[], str]) -> bool:
    """Carry out a use case; what came of it is a message on the next page.

    Parameters
    ----------
    done
        What to say when it is done; a function where the words depend on what came of it. Nothing is said by empty ones.

    Returns
    -------
    bool
        False when it was refused.
    """
    try:
        use_case()
    except AtollError as refusal:
        for sentence in sentences(refusal):
            messages.error(request, sentence)
        return False
    if words := done if isinstance(done, str) else done():
        messages.success(request, words)
    return True


def sentences(refusal: AtollError) -> list[str]:
    """A refusal in words, every fault of it."""
    if isinstance(refusal, BadInput):
        return [str(replace(issue, source=_spoken(issue.source))) for issue in refusal.issues]
    return [f"{refusal} {refusal.hint}".strip()]


def _spoken(path: str) -> str:
    """The path of a field as people count: ``lines.0.quantity`` is line 1, quantity."""
    line, _, field = path.removeprefix("lines.").partition(".")
    if not path.startswith("lines.") or not line.isdecimal():
        return path
    return f"line {int(line) + 1}" + (f", {field}" if field else "")


def document(content: Mapping[str, Any]) -> JsonResponse:
    """The `.json` twin of a page."""
    return JsonResponse(content, json_dumps_params={"indent": 1, "ensure_ascii": False})


class Refusals:
    """Middleware: a refusal that no view has dealt with becomes a page, or a document for programs, that says it in words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer with status 422."""
        if not isinstance(exception, AtollError):
            return None
        if request.path.endswith(".json"):
            return JsonResponse(door.refusal(exception), status=422)
        return render(request, "atoll/refused.html", {"sentences": sentences(exception)}, status=422)
