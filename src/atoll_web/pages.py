"""What all pages share: the frame around them, permission at the door, refusals in words, the `.json` twin.

A page is a function in its app's `pages.py`, which ends with `urlpatterns`. Reading is open to everybody signed in; a view that
changes something carries `@require_POST` and `@needs("capability")` and calls a use case through `attempt`, which turns a refusal
into a message. The page of one object has its number in the address, `/orders/SO-000001`, and a twin, `/orders/SO-000001.json`,
made of the same values; put the twin's path first. How to make a list page is told in `atoll_web.lists`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from atoll.errors import AtollError, BadInput
from atoll_web.accounts.models import Company

View = Callable[..., HttpResponse]

NAVIGATION = (
    ("Sell", (("Configure", "configure"), ("Orders", "orders"), ("Customers", "customers"), ("Product models", "models"))),
)
"""Groups of the menu: title and name of the address of each page."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every template; the company is read when the template asks for it."""
    return {
        "company": SimpleLazyObject(lambda: company_of(request)),
        "today": lambda: today(request),
        "navigation": NAVIGATION,
    }


def company_of(request: HttpRequest) -> Company | None:
    """The company, read once for a request."""
    if not hasattr(request, "company"):
        request.company = Company.objects.first()
    return request.company


def today(request: HttpRequest) -> date:
    """The business date."""
    company = company_of(request)
    return (company and company.business_date) or datetime.now(UTC).date()


def needs(capability: str) -> Callable[[View], View]:
    """Let only users whose roles allow the capability through this door."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.may(capability):
                roles = ", ".join(sorted(request.user.role_names)) or "no role"
                raise PermissionDenied(
                    f"Your user {request.user} ({roles}) may look at everything, but not do this: {capability}."
                )
            return view(request, *args, **kwargs)

        return guarded

    return guard


def attempt(request: HttpRequest, use_case: Callable[[], Any], done: str) -> bool:
    """Carry out a use case; what came of it is a message on the next page.

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
    messages.success(request, done)
    return True


def sentences(refusal: AtollError) -> list[str]:
    """A refusal in words, every fault of it."""
    if isinstance(refusal, BadInput):
        return [str(issue) for issue in refusal.issues]
    return [f"{refusal} {refusal.hint}".strip()]


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
            return JsonResponse({"error": {"code": exception.code, "messages": sentences(exception)}}, status=422)
        return render(request, "atoll/refused.html", {"sentences": sentences(exception)}, status=422)
