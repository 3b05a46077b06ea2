"""Lines whose assembly has begun hold the delivery to their date, and wait for the rest of it: all of a delivery has one date."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from atoll_web.accounts.acting import Actor
from atoll_web.bulk import exchange
from atoll_web.sales import states
from atoll_web.sales.models import Promise


class Waits(NamedTuple):
    """A line in assembly or assembled that ships later than promised before, together with others."""

    line: int
    before: date
    ship_date: date
    reason: str


def wait_for(actor: Actor, line_ids: Sequence[int]) -> list[Waits]:
    """Give lines whose assembly has begun the ship date of these lines, with which they leave, where that is later.

    What they rest on stays. Call it once the lines are promised, inside `acting`.
    """
    (rows,) = exchange([(WAITING, [list(line_ids)])]) if line_ids else ([],)
    found = {waits.line: waits for waits in map(Waits._make, rows)}
    if found:
        promises = Promise.objects.filter(line__in=found, in_force=True)
        before = list(promises)
        promises.update(in_force=False)
        Promise.objects.bulk_create(
            [
                Promise(
                    line_id=promise.line_id,
                    ship_date=found[promise.line_id].ship_date,
                    need_date=promise.need_date,
                    made_at=actor.at,
                    made_by=actor.user,
                    in_force=True,
                    at_risk=promise.at_risk,
                    reason=found[promise.line_id].reason,
                    basis=promise.basis | {"first": False},
                )
                for promise in before
            ]
        )
    return list(found.values())


WAITING = f"""
SELECT DISTINCT ON (other.id) other.id, its.ship_date, p.ship_date, CASE WHEN p.reason LIKE 'Waits for line %%' THEN p.reason
    ELSE concat('Waits for line ', l.position, ', with which it ships: ', p.reason) END
FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id JOIN sales_promise p ON p.line_id = l.id AND p.in_force
JOIN sales_orderline other ON other.order_id = o.id AND other.state IN {states.BEGUN}
JOIN sales_promise its ON its.line_id = other.id AND its.in_force
WHERE l.id = ANY(%s::bigint[]) AND its.ship_date < p.ship_date
    AND (o.ship_complete OR (l.delivery_group <> '' AND other.delivery_group = l.delivery_group))
ORDER BY other.id, p.ship_date DESC, p.reason LIKE 'Waits for line %%', l.position
"""
