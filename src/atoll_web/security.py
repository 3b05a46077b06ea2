"""What browsers are told to refuse, and that nothing is shown to people who are not signed in.

Pages hold no inline script and no inline style, so the policy allows neither. Django's own middleware sets the other headers:
nosniff, referrer, opener, frames.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

POLICY: Mapping[str, str] = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

BACK_OFFICE: Mapping[str, str] = POLICY | {
    # Unfold's Alpine evaluates the expressions of its attributes, and its scroll bars and columns carry style attributes.
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
}

PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


def secure_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that gives every answer its Content-Security-Policy, unless the view has set one."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = BACK_OFFICE if request.path.startswith("/admin/") else POLICY
        response.headers.setdefault("Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in policy.items()))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return answer


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that refuses the character NUL, which no text in the database can hold and nobody types.

    The API refuses it itself, in its own form; a body that was read as a form could not be read as a document any more.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return get_response(request)
        sent = (value for form in (request.GET, request.POST) for _, values in form.lists() for value in values)
        if "\0" in request.path or any("\0" in value for value in sent):
            raise SuspiciousOperation("The request holds the character NUL.")
        return get_response(request)

    return answer


class SignInRequired(LoginRequiredMiddleware):
    """Lead people who are not signed in to the sign-in page. The API refuses programs itself, since it takes tokens."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Let the API decide for its own addresses."""
        if request.path.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
