"""Invariant 5, the part about customers: what was shipped was assembled for them, and has left."""

from atoll_web.invariants.query import Query

QUERIES = (
    Query(
        "shipped_line_has_its_units",
        5,
        "A shipped order line has its quantity of shipped units; one in assembly or assembled has fewer, any other none.",
        "SELECT 1 FROM sales_orderline",
        """
        SELECT concat('order line ', l.id, ' (', l.state, ') of ', l.quantity, ' units has ', count(s.id), ' shipped')
        FROM sales_orderline l LEFT JOIN sales_shippedunit s ON s.line_id = l.id
        GROUP BY l.id
        HAVING (l.state = 'shipped') <> (count(s.id) = l.quantity) OR count(s.id) > l.quantity
            OR (count(s.id) > 0 AND l.state NOT IN ('in assembly', 'assembled', 'shipped'))
        """,
    ),
    Query(
        "shipped_unit_was_assembled_for_its_line",
        5,
        "Each shipped unit came out of its own line's assembly order, in a shipment of that line's order.",
        "SELECT 1 FROM sales_shippedunit",
        """
        SELECT concat('unit ', u.number, ' from ', u.origin, ' in ', s.number)
        FROM sales_shippedunit x JOIN stock_lot u ON u.id = x.unit_id JOIN sales_shipment s ON s.id = x.shipment_id
        JOIN sales_orderline l ON l.id = x.line_id
        LEFT JOIN assembly_finalassemblyorder f
            ON f.order_line_id = l.id AND f.number = u.origin AND f.state IN ('kitted', 'completed')
        WHERE f.id IS NULL OR s.order_id <> l.order_id
        """,
    ),
    Query(
        "shipped_unit_left_the_ledger",
        5,
        "The ledger took each shipped unit from the finished ones to the customer, and no unit that was not shipped.",
        "SELECT 1 FROM sales_shippedunit",
        """
        SELECT concat('unit ', lot.number, ': ', count(DISTINCT x.id), ' times shipped, ', coalesce(max(m.quantity), 0),
                      ' units at the customer')
        FROM (
            SELECT lot_id, sum(CASE WHEN l.id = m.destination_id THEN m.quantity ELSE -m.quantity END) AS quantity
            FROM stock_move m JOIN stock_location l ON l.kind = 'customer' AND l.id IN (m.source_id, m.destination_id)
            GROUP BY 1
        ) m FULL JOIN sales_shippedunit x ON x.unit_id = m.lot_id
        LEFT JOIN stock_lot lot ON lot.id = coalesce(x.unit_id, m.lot_id)
        GROUP BY coalesce(x.unit_id, m.lot_id), lot.number
        HAVING count(DISTINCT x.id) <> coalesce(max(m.quantity), 0)
        """,
    ),
    Query(
        "shipped_order_is_complete",
        5,
        "An order is shipped when all its lines are shipped or cancelled and one at least is shipped, and only then.",
        "SELECT 1 FROM sales_order",
        """
        SELECT concat(o.number, ' is ', o.state, ' with ', count(*) FILTER (WHERE l.state = 'shipped'), ' of ', count(l.id),
                      ' lines shipped')
        FROM sales_order o LEFT JOIN sales_orderline l ON l.order_id = o.id
        GROUP BY o.id
        HAVING (o.state = 'shipped') <> (coalesce(bool_and(l.state IN ('shipped', 'cancelled')), false)
            AND coalesce(bool_or(l.state = 'shipped'), false))
        """,
    ),
    Query(
        "delivery_left_together",
        5,
        "Of an order that ships complete, and of a delivery group, all lines that are not cancelled are shipped, or no unit is.",
        "SELECT 1 FROM sales_order",
        """
        SELECT concat(number, ' ', delivery_group, ' has ', count(*) FILTER (WHERE state = 'shipped'), ' of ', count(*),
                      ' lines shipped, and ', sum(units), ' units')
        FROM (
            SELECT o.number, l.state, CASE WHEN o.ship_complete THEN '' ELSE l.delivery_group END AS delivery_group,
                   (SELECT count(*) FROM sales_shippedunit u WHERE u.line_id = l.id) AS units
            FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id AND l.state <> 'cancelled'
            WHERE o.ship_complete OR l.delivery_group <> ''
        ) leaves
        GROUP BY number, delivery_group
        HAVING count(*) FILTER (WHERE state = 'shipped') NOT IN (0, count(*)) OR (bool_or(state <> 'shipped') AND sum(units) > 0)
        """,
    ),
    Query(
        "line_changed_before_its_assembly",
        5,
        "What an order line asks for was changed before its assembly began, if it was.",
        "SELECT 1 FROM sales_orderchange WHERE line_id IS NOT NULL",
        """
        SELECT concat('order line ', c.line_id, ' changed at ', c.recorded_at, ', in assembly since ', j.recorded_at)
        FROM sales_orderchange c JOIN accounts_statechange j
          ON j.entity = 'sales_orderline' AND j.entity_id = c.line_id AND j.to_state = 'in assembly'
        WHERE c.recorded_at > j.recorded_at
        """,
    ),
    Query(
        "line_follows_its_assembly_order",
        5,
        "An order line is in assembly once its assembly order is released, assembled once that is completed, and not before.",
        "SELECT 1 FROM sales_orderline",
        """
        SELECT concat('order line ', l.id, ' is ', l.state, ', its assembly order ', coalesce(f.state, 'missing'))
        FROM sales_orderline l LEFT JOIN assembly_finalassemblyorder f ON f.order_line_id = l.id
        WHERE CASE WHEN l.state IN ('assembled', 'shipped') THEN f.state IS DISTINCT FROM 'completed'
                   WHEN l.state = 'in assembly' THEN coalesce(f.state, 'missing') NOT IN ('released', 'kitted')
                   ELSE f.id IS NOT NULL END
        """,
    ),
)
