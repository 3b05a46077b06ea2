"""Lines whose assembly has begun hold the delivery to their date, and wait for the rest of it: all of a delivery has one date."""

from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from atoll.promise import Cause
from atoll_web.accounts.acting import Actor
from atoll_web.bulk import exchange
from atoll_web.sales import states
from atoll_web.sales.deliveries import TOGETHER
from atoll_web.sales.models import Promise

DELIVERY = {"kind": str(Cause.DELIVERY), "item": None, "days": 0}
"""What binds a line that waits for others, as its basis says."""


class Waits(NamedTuple):
    """A line in assembly or assembled that ships later than promised before, together with others."""

    line: int
    before: date
    ship_date: date
    reason: str


def wait_for_open_lines(actor: Actor, order_ids: Collection[int]) -> list[Waits]:
    """Give lines of orders whose assembly has begun the ship date of the open ones with which they leave, where that is later.

    What they rest on stays. Where they were at risk only because those had no date, they are no more. Call it once the open lines
    are promised or gone, inside `acting`.
    """
    (rows,) = exchange([(WAITING, [list(order_ids)])]) if order_ids else ([],)
    found = [Waits._make(row) for row in rows]
    renew(actor, {one.line: {"binding": DELIVERY} for one in found}, {one.line: (one.ship_date, one.reason) for one in found})
    if order_ids:
        exchange([(RELIEVED, [list(order_ids)])])
    return found


def renew(
    actor: Actor, rests_on: Mapping[int, Mapping[str, Any]], moved: Mapping[int, tuple[date, str]] = MappingProxyType({})
) -> None:
    """Let lines whose assembly has begun keep their promises, but for a part of what they rest on, and the date and its reason.

    One that keeps its date was made when it was made before.

    Parameters
    ----------
    rests_on
        By line: what its basis says otherwise.
    moved
        By line: its date, where it is another one, and why.
    """
    promises = Promise.objects.filter(line__in=rests_on, in_force=True)
    before = list(promises) if rests_on else []
    if not before:
        return
    promises.update(in_force=False)
    Promise.objects.bulk_create(
        [
            Promise(
                line_id=promise.line_id,
                ship_date=ship_date,
                need_date=promise.need_date,
                made_at=actor.at if promise.line_id in moved else promise.made_at,
                made_by_id=actor.user.pk if promise.line_id in moved else promise.made_by_id,
                in_force=True,
                at_risk=promise.at_risk,
                reason=reason,
                basis={**promise.basis, "first": False, **rests_on[promise.line_id]},
            )
            for promise in before
            for ship_date, reason in [moved.get(promise.line_id, (promise.ship_date, promise.reason))]
        ]
    )


IS_DELIVERY = f"p.basis -> 'binding' ->> 'kind' = '{Cause.DELIVERY}'"

WAITING = f"""
SELECT DISTINCT ON (other.id) other.id, its.ship_date, p.ship_date, CASE WHEN {IS_DELIVERY} THEN p.reason
    ELSE concat('Waits for line ', l.position, ', with which it ships: ', p.reason) END
FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id AND l.state IN {states.HOLDING}
JOIN sales_promise p ON p.line_id = l.id AND p.in_force
JOIN sales_orderline other ON other.order_id = o.id AND other.state IN {states.BEGUN}
JOIN sales_promise its ON its.line_id = other.id AND its.in_force
WHERE o.id = ANY(%s::bigint[]) AND its.ship_date < p.ship_date AND {TOGETHER}
ORDER BY other.id, p.ship_date DESC, {IS_DELIVERY}, l.position
"""

RELIEVED = f"""
UPDATE sales_promise its SET at_risk = false FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id
WHERE o.id = ANY(%s::bigint[]) AND l.state IN {states.BEGUN} AND (o.ship_complete OR l.delivery_group <> '')
    AND its.line_id = l.id AND its.in_force AND its.at_risk
    AND NOT EXISTS (
        SELECT FROM sales_orderline other JOIN sales_promise p ON p.line_id = other.id AND p.in_force AND p.at_risk
        WHERE other.order_id = o.id AND other.state IN {states.HOLDING} AND {TOGETHER}
    )
    AND NOT EXISTS (
        SELECT FROM stock_requirement r WHERE r.demand_id = l.demand_id AND r.quantity > r.issued + (
            SELECT coalesce(sum(a.quantity), 0) FROM stock_allocation a JOIN stock_supply s ON s.id = a.supply_id
            WHERE a.requirement_id = r.id AND s.kind = 'on hand'
        )
    )
    AND NOT EXISTS (
        SELECT FROM sales_slotreservation t JOIN catalogue_lineday d ON d.id = t.line_day_id
        WHERE t.line_id = l.id AND d.overload > 0
    )
"""
"""Lines whose assembly has begun and that have all they take and their time: only an open line of the delivery held them up."""
