"""The REST interface, version 1. The apps' `api.py` hold the operations; this puts them together and words what goes wrong."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from atoll.errors import AtollError
from atoll_web import door
from atoll_web.accounts import errors as accounts
from atoll_web.accounts.api import router as accounts_router
from atoll_web.accounts.services import user_of_token
from atoll_web.assembly import errors as assembly
from atoll_web.assembly.api import router as assembly_router
from atoll_web.assembly.kits_api import router as kits_router
from atoll_web.catalogue import errors as catalogue
from atoll_web.catalogue.api import router as catalogue_router
from atoll_web.catalogue.lines_api import router as lines_router
from atoll_web.catalogue.revisions_api import router as revisions_router
from atoll_web.planning import errors as planning
from atoll_web.planning.api import router as planning_router
from atoll_web.purchasing import errors as purchasing
from atoll_web.purchasing.api import router as purchasing_router
from atoll_web.runs import services as runs
from atoll_web.runs.api import router as runs_router
from atoll_web.sales import errors as sales
from atoll_web.sales.api import router as sales_router
from atoll_web.sales.changes_api import router as changes_router
from atoll_web.sales.configure_api import router as configure_router
from atoll_web.sales.corrections_api import router as corrections_router
from atoll_web.sales.keys_api import router as keys_router
from atoll_web.sales.notices_api import router as notices_router
from atoll_web.sales.promise_api import router as promise_router
from atoll_web.sales.proposals_api import router as re_promises_router
from atoll_web.stock import errors as stock
from atoll_web.stock.api import router as stock_router

logger = logging.getLogger(__name__)

STATUS: dict[type[AtollError], int] = {
    door.NotAllowed: 403,
    door.NotFound: 404,
    accounts.UnknownUser: 404,
    accounts.UnknownToken: 404,
    catalogue.UnknownModel: 404,
    accounts.KeyUsed: 409,
    accounts.NoCompany: 409,
    accounts.TokenNameTaken: 409,
    assembly.BillChanged: 409,
    assembly.NoLongerPlanned: 409,
    assembly.KitsGone: 409,
    assembly.NoKitProposal: 409,
    assembly.NotFinished: 409,
    assembly.NotLeft: 409,
    assembly.NotYetPromised: 409,
    assembly.OrderHeld: 409,
    assembly.UnitNotFinished: 409,
    assembly.WrongState: 409,
    catalogue.StillInUse: 409,
    catalogue.DraftChanged: 409,
    catalogue.NotADraft: 409,
    catalogue.ObsoleteItem: 409,
    catalogue.RevisionNameTaken: 409,
    catalogue.EndItemTaken: 409,
    planning.NotProposed: 409,
    purchasing.ReceivedBeyondOrder: 409,
    runs.NotCancellable: 409,
    sales.CannotPromise: 409,
    sales.CustomerOnHold: 409,
    sales.IdempotencyKeyUsed: 409,
    sales.NotCancellable: 409,
    sales.OrderOfKeyEnded: 409,
    sales.PriceDiffers: 409,
    sales.LineNotChangeable: 409,
    sales.NotChangeable: 409,
    sales.NotDead: 409,
    sales.NotHeld: 409,
    sales.NothingToPromise: 409,
    sales.QuoteExpired: 409,
    sales.QuoteOutdated: 409,
    sales.ShipsComplete: 409,
    sales.DeliveryGroupLeft: 409,
    sales.NoLongerOffered: 409,
    sales.SubscriptionNameTaken: 409,
    sales.WrongOrderState: 409,
    sales.NotInBook: 409,
    sales.NotProposed: 409,
    sales.NothingToPropose: 409,
    sales.ProposalOutdated: 409,
    stock.AlreadyReversed: 409,
    stock.DuplicateLot: 409,
    stock.NotEnoughStock: 409,
    stock.Shortage: 409,
}
"""What refusals mean to HTTP; all others are faults of the request: 422."""

UNFIT = re.compile("[\0\ud800-\udfff]")
"""Characters that the database does not hold: NUL, and halves of others."""

View = Callable[..., HttpResponse]


def for_whoever_is_known(view: View) -> View:
    """Show the schema to those who have a token or are signed in; lead others to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        is_known = scheme.lower() == "bearer" and user_of_token(secret) is not None
        return view(request, **kwargs) if is_known else login_required(view)(request, **kwargs)

    return guarded


class _Interface(NinjaAPI):
    """Its document is made once: that takes a second, and it stays the same."""

    document: OpenAPISchema | None = None

    def get_openapi_schema(self, **asked: Any) -> OpenAPISchema:
        self.document = self.document or super().get_openapi_schema(**asked)
        return self.document


api = _Interface(
    title="Atoll",
    version="1",
    description=(
        "Configure, promise, order, plan, purchase, assemble and ship. Sign in with a token "
        "(`Authorization: Bearer SECRET`) or with a session. Money and costs are decimal numbers written as text."
    ),
    urls_namespace="api",
    auth=[door.Token(), door.Session()],
    docs_decorator=for_whoever_is_known,
)

api.add_router("", accounts_router, tags=["accounts"])
api.add_router("", catalogue_router, tags=["catalogue"])
api.add_router("", revisions_router, tags=["revisions"])
api.add_router("", lines_router, tags=["capacity"])
api.add_router("", configure_router, tags=["configure"])
api.add_router("", changes_router, tags=["sales"])
api.add_router("", sales_router, tags=["sales"])
api.add_router("", keys_router, tags=["keys"])
api.add_router("", notices_router, tags=["notices"])
api.add_router("", promise_router, tags=["promises"])
api.add_router("", re_promises_router, tags=["sales"])
api.add_router("", corrections_router, tags=["stock"])
api.add_router("", stock_router, tags=["stock"])
api.add_router("", purchasing_router, tags=["purchasing"])
api.add_router("", planning_router, tags=["planning"])
api.add_router("", assembly_router, tags=["assembly"])
api.add_router("", kits_router, tags=["assembly"])
api.add_router("", runs_router, tags=["runs"])


@api.exception_handler(AtollError)
def refused(request: HttpRequest, error: AtollError) -> HttpResponse:
    """The domain refused."""
    return api.create_response(request, door.refusal(error), status=STATUS.get(type(error), 422))


@api.exception_handler(ValidationError)
def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The request does not have the form that is asked for; every fault names its field."""
    faults = [
        {"source": _path(fault["loc"]), "code": fault["type"].replace("_", "-"), "message": fault["msg"], "hint": ""}
        for fault in error.errors
    ]
    message = f"{len(faults)} fault(s) in the request: {faults[0]['source']}: {faults[0]['message']}"
    return _answer(request, 422, "bad-request", message, issues=faults)


@api.exception_handler(HttpError)
def not_served(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Not signed in, no CSRF token, or no JSON."""
    if error.status_code == 401:
        message = "Nobody is signed in." if str(error) == "Unauthorized" else str(error)
        hint = "Send the header `Authorization: Bearer SECRET` with a token from `atoll token create`, or sign in."
        return _answer(request, 401, "not-signed-in", message, hint)
    if error.status_code == 403:
        return _answer(request, 403, "csrf-failed", str(error), "Send the cookie `csrftoken` as header `X-CSRFToken`.")
    if isinstance(cause := error.__cause__, ValueError):  # no JSON, or no text
        return _answer(request, error.status_code, "bad-request", f"{error}: {cause}.", "Send one JSON document in UTF-8.")
    return _answer(request, error.status_code, "bad-request", str(error))


@api.exception_handler(IntegrityError)
def overtaken(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    """A constraint of the database stood in the way: somebody else was faster, or a service let something through."""
    logger.warning("The database refused a request to %s", request.path, exc_info=error)
    return _answer(request, 409, "overtaken", "This no longer fits what others wrote meanwhile.", "Read it again and repeat it.")


@api.exception_handler(DataError)
def out_of_range(request: HttpRequest, error: DataError) -> HttpResponse:
    """A number or a text that no column of the database can hold."""
    return _not_kept(request, next(iter(str(error).splitlines()), "out of range"))


@api.exception_handler(UnicodeEncodeError)
def not_text(request: HttpRequest, error: UnicodeEncodeError) -> HttpResponse:
    """A text with half of a character."""
    return _not_kept(request, "half of a character")


def _not_kept(request: HttpRequest, reason: str) -> HttpResponse:
    fields = list(_unfit(json.loads(request.body or "null")))
    issues = [{"source": field, "code": "out-of-range", "message": "This cannot be kept.", "hint": ""} for field in fields]
    message = f"A value cannot be kept: {reason}{f' ({fields[0]})' if fields else ''}."
    hint = "Send smaller numbers, and text without NUL and halves of characters."
    return _answer(request, 422, "out-of-range", message, hint, issues)


def _unfit(value: Any, field: str = "") -> Iterator[str]:
    """Fields of a body that no column of the database can hold."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _unfit(part, f"{field}.{name}".strip("."))
    if (isinstance(value, int) and abs(value) >= 1 << 31) or (isinstance(value, str) and UNFIT.search(value)):
        yield field


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """A body that is not read to its end."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1_000_000
    return _answer(request, 413, "too-large", f"The request has more than {most} MB.", "Send it in parts.")


def failed(request: HttpRequest) -> HttpResponse:
    """Something failed on our side, as the log says: programs are told in a document, people on a page."""
    if not request.path.startswith("/api/"):
        return server_error(request)
    return _answer(
        request,
        500,
        "failed",
        "Something failed on our side; nothing was half written.",
        "Try again, or look into the server's log.",
    )


def tell_unserved(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that tells of an address or a method below /api/ which no operation serves as of any other refusal."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith("/api/") or response.get("Content-Type", "").startswith("application/json"):
            return response
        if response.status_code == 404:
            return _answer(request, 404, "unknown-address", f"There is nothing at {request.path}.", "See /api/v1/docs.")
        if response.status_code == 405:
            allowed = response["Allow"]
            response = _answer(request, 405, "method-not-allowed", f"{request.method} is not served here.", f"Use {allowed}.")
            response["Allow"] = allowed
        return response

    return answer


def _answer(
    request: HttpRequest, status: int, code: str, message: str, hint: str = "", issues: Sequence[dict] = ()
) -> HttpResponse:
    body = {"code": code, "message": message, "hint": hint, "facts": {}, "issues": list(issues)}
    return api.create_response(request, body, status=status)


def _path(location: tuple) -> str:
    """The field as the client wrote it: without where it was looked for and the name of the parameter that holds a body."""
    parts = [str(part) for part in location]
    return ".".join(parts[2:] if parts[0] == "body" and len(parts) > 2 else parts[1:] or parts)
