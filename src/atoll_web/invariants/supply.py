"""Invariant 2: supply is never over-allocated, and every supply is what its documents say."""

from atoll_web.invariants.query import Query

ON_HAND = """
SELECT m.item_id, sum(CASE WHEN l.id = m.destination_id THEN m.quantity ELSE -m.quantity END) AS quantity
FROM stock_move m JOIN stock_location l ON l.kind = 'stock' AND l.id IN (m.source_id, m.destination_id)
GROUP BY 1
"""

QUERIES = (
    Query(
        "on_hand_is_ledger",
        2,
        "The on-hand supply of an item is what the ledger holds in its stock locations; no item in stock lacks one.",
        "SELECT 1 FROM stock_supply WHERE kind = 'on hand'",
        f"""
        SELECT concat('item ', coalesce(s.item_id, m.item_id), ' has ', coalesce(s.quantity::text, 'no supply'),
                      ' on hand and ', coalesce(m.quantity, 0), ' in the ledger')
        FROM (SELECT * FROM stock_supply WHERE kind = 'on hand') s FULL JOIN ({ON_HAND}) m ON m.item_id = s.item_id
        WHERE coalesce(s.quantity, 0) <> coalesce(m.quantity, 0) OR s.id IS NULL
        """,
    ),
    Query(
        "supply_not_over_allocated",
        2,
        "The allocations on a supply sum to its allocated quantity, which is at most its quantity.",
        "SELECT 1 FROM stock_supply",
        """
        SELECT concat('supply ', s.id, ' of ', s.quantity, ' units says ', s.allocated, ' allocated and has ',
                      coalesce(sum(a.quantity), 0))
        FROM stock_supply s LEFT JOIN stock_allocation a ON a.supply_id = s.id
        GROUP BY s.id HAVING coalesce(sum(a.quantity), 0) <> s.allocated OR coalesce(sum(a.quantity), 0) > s.quantity
        """,
    ),
    Query(
        "requirement_not_over_allocated",
        2,
        "The allocations of a requirement, with what is issued, are at most its quantity.",
        "SELECT 1 FROM stock_requirement",
        """
        SELECT concat('requirement ', r.id, ' of ', r.quantity, ' units, ', r.issued, ' issued, has ',
                      coalesce(sum(a.quantity), 0), ' allocated')
        FROM stock_requirement r LEFT JOIN stock_allocation a ON a.requirement_id = r.id
        GROUP BY r.id HAVING coalesce(sum(a.quantity), 0) + r.issued > r.quantity
        """,
    ),
    Query(
        "what_is_named_is_there",
        2,
        "What rows name without a foreign key is there: demands, items, requirements, supplies, customers, orders, lines, users.",
        "SELECT 1 FROM stock_requirement UNION ALL SELECT 1 FROM stock_allocation UNION ALL SELECT 1 FROM sales_orderline",
        """
        SELECT concat('requirement ', r.id, ' names demand ', r.demand_id, ' and item ', r.item_id)
        FROM stock_requirement r LEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN catalogue_item i ON i.id = r.item_id
        WHERE d.id IS NULL OR i.id IS NULL
        UNION ALL
        SELECT concat('allocation ', a.id, ' names requirement ', a.requirement_id, ' and supply ', a.supply_id)
        FROM stock_allocation a
        LEFT JOIN stock_requirement r ON r.id = a.requirement_id LEFT JOIN stock_supply s ON s.id = a.supply_id
        WHERE r.id IS NULL OR s.id IS NULL
        UNION ALL
        SELECT concat('order line ', l.id, ' names order ', l.order_id, ' and customer ', o.customer_id)
        FROM sales_orderline l LEFT JOIN sales_order o ON o.id = l.order_id LEFT JOIN sales_customer c ON c.id = o.customer_id
        WHERE o.id IS NULL OR c.id IS NULL
        UNION ALL
        SELECT concat('promise ', p.id, ' names order line ', p.line_id, ' and user ', p.made_by_id)
        FROM sales_promise p LEFT JOIN sales_orderline l ON l.id = p.line_id LEFT JOIN accounts_user u ON u.id = p.made_by_id
        WHERE l.id IS NULL OR u.id IS NULL
        UNION ALL
        SELECT concat('slot ', s.id, ' names order line ', s.line_id)
        FROM sales_slotreservation s LEFT JOIN sales_orderline l ON l.id = s.line_id WHERE l.id IS NULL
        """,
    ),
    Query(
        "allocation_within_an_item",
        2,
        "A requirement is met by supplies of its own item, at least one unit from each.",
        "SELECT 1 FROM stock_allocation",
        """
        SELECT concat('allocation ', a.id, ' of ', a.quantity, ' units pegs item ', r.item_id, ' on item ', s.item_id)
        FROM stock_allocation a JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id
        WHERE r.item_id <> s.item_id OR a.quantity <= 0
        """,
    ),
    Query(
        "purchase_supply_is_still_to_come",
        2,
        "The supply of a purchase order line is what was ordered and neither came nor ended short; of a closed order, nothing.",
        "SELECT 1 FROM purchasing_purchaseorderline",
        """
        SELECT concat(o.number, ' line ', l.id, ': ', l.quantity, ' ordered, ', l.received, ' received, ', l.missing,
                      ' missing, supply of ', s.quantity)
        FROM purchasing_purchaseorderline l
        JOIN purchasing_purchaseorder o ON o.id = l.order_id JOIN stock_supply s ON s.id = l.supply_id
        WHERE s.quantity <> CASE WHEN o.state = 'cancelled' THEN 0 ELSE l.quantity - l.received - l.missing END
           OR (o.state = 'received' AND s.quantity > 0) OR s.kind <> 'purchase' OR s.item_id <> l.item_id
        """,
    ),
    Query(
        "received_is_sum_of_receipts",
        2,
        "What a purchase order line counts as received is the sum of its receipts.",
        "SELECT 1 FROM purchasing_purchaseorderline",
        """
        SELECT concat('purchase order line ', l.id, ': ', l.received, ' received, receipts of ', coalesce(sum(r.quantity), 0))
        FROM purchasing_purchaseorderline l LEFT JOIN purchasing_receipt r ON r.line_id = l.id
        GROUP BY l.id HAVING coalesce(sum(r.quantity), 0) <> l.received
        """,
    ),
    Query(
        "receipt_is_in_the_ledger",
        2,
        "What was received of an item on a purchase order came from the supplier in the ledger.",
        "SELECT DISTINCT order_id, item_id FROM purchasing_purchaseorderline",
        """
        SELECT concat(coalesce(l.number, m.reference), ': ', coalesce(l.quantity, 0), ' of item ',
                      coalesce(l.item_id, m.item_id), ' received, ', coalesce(m.quantity, 0), ' in the ledger')
        FROM (
            SELECT o.number, l.item_id, sum(r.quantity) AS quantity
            FROM purchasing_receipt r
            JOIN purchasing_purchaseorderline l ON l.id = r.line_id JOIN purchasing_purchaseorder o ON o.id = l.order_id
            GROUP BY 1, 2
        ) l FULL JOIN (
            SELECT m.reference, m.item_id, sum(m.quantity) AS quantity
            FROM stock_move m JOIN stock_location s ON s.id = m.source_id AND s.kind = 'supplier'
            WHERE m.reverses_id IS NULL
            GROUP BY 1, 2
        ) m ON m.reference = l.number AND m.item_id = l.item_id
        WHERE coalesce(l.quantity, 0) <> coalesce(m.quantity, 0)
        """,
    ),
    Query(
        "build_supply_is_still_to_come",
        2,
        "The supply of a build order is its whole quantity until it is completed, and nothing from then on.",
        "SELECT 1 FROM assembly_buildorder",
        """
        SELECT concat(b.number, ' is ', b.state, ' with ', b.quantity, ' units and a supply of ', s.quantity)
        FROM assembly_buildorder b JOIN stock_supply s ON s.id = b.supply_id
        WHERE s.quantity <> CASE WHEN b.state IN ('completed', 'cancelled') THEN 0 ELSE b.quantity END
           OR s.kind <> 'build' OR s.item_id <> b.item_id
        """,
    ),
)
