"""What became of a request whose answer was lost: looked up by its idempotency key, without sending it again."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from atoll_web.accounts import keys
from atoll_web.door import answers
from atoll_web.sales.detail import order_detail
from atoll_web.sales.models import Order

router = Router()


class CarriedOut(Schema):
    """A request that was carried out."""

    request: str = Field(description="Its method and address; empty for an order or quote, which may have come in otherwise")
    order: str = Field(description="Number of the order or quote that was entered; empty for other requests")
    at: datetime = Field(description="When; of an order the business time")
    status: int
    answer: Any = Field(description="What it was answered; of an order or quote, as it is now")


class KeyOut(Schema):
    """What became of the requests with a key."""

    key: str
    carried_out: list[CarriedOut] = Field(description="Empty where none was: then it can be sent again with the same key")


@router.get("/keys/{path:key}", response=answers(KeyOut))
def look_up_key(request: HttpRequest, key: str) -> dict[str, Any]:
    """Tell what was carried out with an idempotency key: an order or quote that was entered with it, another request of yours.

    Waits for a request with the key that is under way. Keys of orders are kept for good, others for 30 days.
    """
    keys.wait_for(key)
    return {"key": key, "carried_out": [*_entered(key), *_answered(request, key)]}


def _entered(key: str) -> Iterator[dict[str, Any]]:
    for order in Order.objects.filter(idempotency_key=key):
        answer = json.loads(order_detail(order.number))
        yield {"request": "", "order": order.number, "at": order.ordered_at, "status": 201, "answer": answer}


def _answered(request: HttpRequest, key: str) -> Iterator[dict[str, Any]]:
    for row in keys.answers_of(request.auth, key):
        yield {"request": row.request, "order": "", "at": row.at, "status": row.status, "answer": json.loads(row.answer)}
