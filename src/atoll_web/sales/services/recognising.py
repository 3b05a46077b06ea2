"""Requests that were sent before: what an order asks for, told from others by its digest and known by its idempotency key."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

from atoll_web.accounts import keys
from atoll_web.accounts.models import User
from atoll_web.bulk import exchange
from atoll_web.sales import states
from atoll_web.sales.errors import IdempotencyKeyUsed, OrderOfKeyEnded
from atoll_web.sales.models import Order
from atoll_web.sales.services.drafting import NewLine, Price


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What one customer asks for.

    Parameters
    ----------
    idempotency_key
        The client's own word for this order; sent again, it gets the same order instead of a second one, also when it is
        sent twice at the same time.
    ship_complete
        Promise one date for all lines, whatever their delivery groups; otherwise one for each group and each line of none.
    shown
        What all lines were said to cost together; the order is refused if they cost something else.
    request
        Digest of the request that the key is sent with, where that asks for more than the order tells.
    place
        Where it was read, for which a fault of it is told.
    """

    customer: str
    lines: Sequence[NewLine]
    idempotency_key: str = ""
    ship_complete: bool = False
    shown: Price | None = None
    request: str = ""
    place: str = ""

    @property
    def digest(self) -> str:
        """What tells the request from another one with the same key."""
        return self.request or request_digest(self)


def request_digest(order: NewOrder, quote_days: int | None = None, levers: Sequence[str] = ()) -> str:
    """Digest of all that is asked for, the key and the places of its lines apart."""
    lines = [
        (
            *(line.model, sorted((f, _texts(value)) for f, value in line.choices.items()), line.quantity, line.request_date),
            *(lever, *filter(None, [line.delivery_group])),  # without a group as it was before there were any
        )
        for line, lever in zip_longest(order.lines, levers, fillvalue="")
    ]
    asked = json.dumps([order.customer, lines, order.ship_complete, quote_days], default=str)
    return blake2b(asked.encode(), digest_size=16).hexdigest()


def _texts(value: Any) -> list[str]:
    """A choice as texts in one order, by which files of different kinds agree."""
    return sorted(map(str, value)) if isinstance(value, list | tuple) else [str(value)]


def known_order(user: User, order: NewOrder) -> Order | None:
    """What became of the order when its key was sent before, if it was; a second writer with the key waits for the first."""
    named = [order.idempotency_key] if order.idempotency_key else []
    if there := orders_of_keys(named).get(order.idempotency_key):
        if is_another(there, order):
            raise IdempotencyKeyUsed(key=order.idempotency_key, order=there.number)
        return alive(there)
    for refusal in keys.used(user, named).values():
        raise refusal
    return None


def is_another(there: Order, order: NewOrder) -> bool:
    """Whether the order of a key was asked for by another request."""
    return there.customer.code != order.customer or there.request_digest not in (None, order.digest)


def alive(order: Order) -> Order:
    """The order, unless its key was sent so late that it has ended meanwhile."""
    if order.state in (states.CANCELLED, states.EXPIRED):
        raise OrderOfKeyEnded(key=order.idempotency_key, order=order.number, state=order.state)
    return order


KEYS_USED = """
SELECT 1 FROM unnest(%s::text[]) k (key)
WHERE EXISTS (SELECT FROM sales_order o WHERE o.idempotency_key = k.key)
    OR EXISTS (SELECT FROM accounts_answeredrequest r WHERE r.key = k.key)
"""
"""A row for each key that an order or another request has."""


def orders_of_keys(idempotency_keys: Sequence[str]) -> dict[str, Order]:
    """Orders by their keys. Another writer with one of the keys waits until this transaction ends."""
    if not idempotency_keys:
        return {}
    exchange([keys.lock(idempotency_keys)])
    return {o.idempotency_key: o for o in Order.objects.select_related("customer").filter(idempotency_key__in=idempotency_keys)}
