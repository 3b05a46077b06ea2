"""Invariant 3, the part about time: assembly lines are never overbooked, and each order line has the time that it takes."""

from atoll_web.invariants.query import Query
from atoll_web.sales.states import PROMISED

QUERIES = (
    Query(
        "line_day_not_overbooked",
        3,
        "The slots on a line's day sum to its reserved minutes; those of promises that are not at risk fit into its capacity.",
        "SELECT 1 FROM catalogue_lineday",
        """
        SELECT concat('line ', d.line_id, ' on ', d.day, ' of ', d.capacity, ' minutes says ', d.reserved,
                      ' reserved and has ', coalesce(sum(s.minutes), 0), ', of them at risk ',
                      coalesce(sum(s.minutes) FILTER (WHERE p.at_risk), 0))
        FROM catalogue_lineday d LEFT JOIN sales_slotreservation s ON s.line_day_id = d.id
        LEFT JOIN sales_promise p ON p.line_id = s.line_id AND p.in_force
        GROUP BY d.id HAVING coalesce(sum(s.minutes), 0) <> d.reserved
            OR coalesce(sum(s.minutes) FILTER (WHERE p.at_risk IS NOT TRUE), 0) > d.capacity
        """,
    ),
    Query(
        "slots_cover_the_work",
        3,
        "The slots of a promised order line sum to its configuration's minutes times its quantity, another has none.",
        "SELECT 1 FROM sales_orderline",
        f"""
        SELECT concat('order line ', l.id, ' (', l.state, ') takes ', c.minutes * l.quantity, ' minutes and has ',
                      coalesce(sum(s.minutes), 0))
        FROM sales_orderline l JOIN catalogue_configuration c ON c.id = l.configuration_id
        LEFT JOIN sales_slotreservation s ON s.line_id = l.id
        GROUP BY l.id, c.minutes
        HAVING coalesce(sum(s.minutes), 0) <> CASE WHEN l.state IN {PROMISED} THEN c.minutes * l.quantity ELSE 0 END
        """,
    ),
)
