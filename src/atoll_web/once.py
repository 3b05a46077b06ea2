"""Operations of the API that are carried out once for each idempotency key, however often they are sent."""

import json
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Annotated, Any

from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, RawPostDataException
from ninja import Field, Header
from ninja.decorators import decorate_view
from ninja.utils import contribute_operation_args

from atoll.errors import AtollError
from atoll_web.accounts import keys
from atoll_web.accounts.acting import begun_again_after_deadlock
from atoll_web.accounts.errors import KeysDiffer, KeyUsed, UnreadableKey
from atoll_web.accounts.models import AnsweredRequest
from atoll_web.bulk import exchange
from atoll_web.door import Input

MOST_OF_KEY = AnsweredRequest._meta.get_field("key").max_length

HEADER = Header(
    None,
    alias="Idempotency-Key",
    max_length=MOST_OF_KEY,
    description="Your own word for this request, in printable ASCII: sent again, also at the same time, it is carried out once "
    "and answered the same. Sent with another request it is refused. `GET /api/v1/keys/{key}` tells what became of it",
)

IdempotencyKey = Annotated[str | None, HEADER]


class Repeatable(Input):
    """A request that can be sent again with the same key."""

    idempotency_key: str | None = Field(
        None, min_length=1, max_length=MOST_OF_KEY, description="In place of the header `Idempotency-Key`; may be any text"
    )


def key_of(header: str | None, payload: Repeatable | None) -> str:
    """The key of a request, from its header or its body; empty for none.

    Raises
    ------
    UnreadableKey
        When there is a header that is no key. The server hands on what is not ASCII as an empty text.
    KeysDiffer
        When header and body say different keys.
    """
    if header is not None and not (header.strip() and header.isascii() and header.isprintable()):
        raise UnreadableKey(most=MOST_OF_KEY)
    body = payload.idempotency_key if payload else None
    if header and body and header != body:
        raise KeysDiffer(header=header, body=body)
    return header or body or ""


View = Callable[..., Any]


def once(view: View) -> View:
    """Carry an operation out once for each key, and answer the first answer to whoever sends the key again.

    What it answered is written down in the transaction that carries it out; a refusal is not, and takes back all but what
    `AtollError.is_kept` keeps.
    """

    @wraps(view)
    def carried_out(request: HttpRequest, *, idempotency_key: str | None, **given: Any) -> Any:
        key = key_of(idempotency_key, given.get("payload"))
        if not key:
            return view(request, **given)
        request.keyed = {"user": request.auth, "key": key, "request": _address(request), "digest": _digest(request)}
        if (there := keys.answered(**request.keyed)) is not None:
            request.keyed = None
            return HttpResponse(there.answer, content_type="application/json; charset=utf-8", status=there.status)
        _refuse_key_of_order(key)
        try:
            answer = view(request, **given)
        except AtollError as refusal:
            if refusal.is_kept:
                request.keyed = None  # or it would be taken back with the rest
            raise
        connection.check_constraints()  # what would be refused at the end is told like all else
        return answer

    contribute_operation_args(carried_out, "idempotency_key", str | None, HEADER)
    return decorate_view(_written_down)(carried_out)


ORDER_OF_KEY = "SELECT number FROM sales_order WHERE idempotency_key = %s"
"""By its table, since apps below sales carry out requests once as well."""


def _refuse_key_of_order(key: str) -> None:
    """Raise `KeyUsed` when an order or quote has a key, which is locked."""
    (rows,) = exchange([(ORDER_OF_KEY, [key])])
    for (number,) in rows:
        raise KeyUsed(key=key, request=f"order {number}")


def _written_down(run: View) -> View:
    """Around an operation, where its answer is ready: one transaction for its effect and its answer."""

    @wraps(run)
    def in_one_transaction(request: HttpRequest, **given: Any) -> HttpResponse:
        body = _body(request)  # in which characters of the name may be escaped
        may_have_key = "Idempotency-Key" in request.headers or b"idempotency_key" in body or b"\\u" in body
        return answered(request, **given) if may_have_key else run(request, **given)

    @begun_again_after_deadlock
    def answered(request: HttpRequest, **given: Any) -> HttpResponse:
        request.keyed = None
        with transaction.atomic():
            response = run(request, **given)
            if request.keyed and response.status_code >= 400:
                transaction.set_rollback(True)
            elif request.keyed:
                text = response.content.decode()
                AnsweredRequest.objects.create(**request.keyed, status=response.status_code, answer=text)
        return response

    return in_one_transaction


def _address(request: HttpRequest) -> str:
    return f"{request.method} {request.get_full_path()}"


def _body(request: HttpRequest) -> bytes:
    """What was sent; nothing where it cannot be read, which is told where the operation reads it."""
    try:
        return request.body
    except (RawPostDataException, RequestDataTooBig):
        return b""


def _digest(request: HttpRequest) -> str:
    """Digest of the body, the key apart, which may come in the header the next time."""
    body = json.loads(_body(request) or "{}") or {}
    asked = json.dumps({name: value for name, value in body.items() if name != "idempotency_key"}, sort_keys=True)
    return blake2b(asked.encode(), digest_size=16).hexdigest()
