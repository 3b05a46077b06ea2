"""An order with all that stands behind it as one JSON document, which the database puts together: one statement for any order.

Rows of assembly are named here although sales lies below it: the document tells what was built for a line.
"""

from atoll_web.bulk import exchange

DETAIL = """
SELECT json_build_object(
    'number', o.number, 'customer', c.code, 'state', o.state, 'ordered_at', o.ordered_at, 'currency', o.currency,
    'promise_date', (SELECT max(p.ship_date) FROM sales_promise p JOIN sales_orderline l ON l.id = p.line_id
                     WHERE l.order_id = o.id AND p.in_force),
    'at_risk', EXISTS (SELECT 1 FROM sales_promise p JOIN sales_orderline l ON l.id = p.line_id
                       WHERE l.order_id = o.id AND p.in_force AND p.at_risk),
    'ship_complete', o.ship_complete, 'hold_reason', o.hold_reason, 'idempotency_key', o.idempotency_key,
    'expires_at', o.expires_at,
    'pdf', CASE WHEN o.expires_at IS NOT NULL THEN '/api/v1/quotes/' || o.number || '/pdf' END,
    'lines', (SELECT coalesce(json_agg(json_build_object(
        'position', l.position, 'model', m.code, 'revision', r.name, 'values', k.values, 'quantity', l.quantity,
        'unit_price', round(l.unit_price, 2)::text, 'request_date', l.request_date, 'state', l.state,
        'delivery_group', l.delivery_group,
        'filled_from_stock', l.filled_from_stock, 'shipped_on', l.shipped_on,
        'shipped_units', (SELECT count(*) FROM sales_shippedunit x WHERE x.line_id = l.id),
        'promises', (SELECT coalesce(json_agg(json_build_object(
            'ship_date', p.ship_date, 'need_date', p.need_date, 'made_at', p.made_at, 'made_by', u.username,
            'in_force', p.in_force, 'at_risk', p.at_risk, 'reason', p.reason, 'basis', p.basis
        ) ORDER BY p.id), '[]') FROM sales_promise p JOIN accounts_user u ON u.id = p.made_by_id WHERE p.line_id = l.id),
        'requirements', (SELECT coalesce(json_agg(json_build_object(
            'item', i.code, 'quantity', q.quantity, 'issued', q.issued,
            'allocations', (SELECT coalesce(json_agg(json_build_object(
                'item', i.code, 'quantity', a.quantity, 'supply', s.id, 'kind', s.kind, 'reference', s.reference, 'due', s.due
            ) ORDER BY a.id), '[]')
                FROM stock_allocation a JOIN stock_supply s ON s.id = a.supply_id WHERE a.requirement_id = q.id)
        ) ORDER BY i.code), '[]')
            FROM stock_requirement q JOIN catalogue_item i ON i.id = q.item_id WHERE q.demand_id = l.demand_id),
        'slots', (SELECT coalesce(json_agg(json_build_object('line', a.code, 'day', d.day, 'minutes', t.minutes)
            ORDER BY t.line_day_id), '[]')
            FROM sales_slotreservation t JOIN catalogue_lineday d ON d.id = t.line_day_id
            JOIN catalogue_assemblyline a ON a.id = d.line_id WHERE t.line_id = l.id),
        'levers', (SELECT coalesce(json_agg(json_build_object(
            'kind', v.kind, 'words', v.words, 'cost', round(v.cost, 2)::text, 'currency', v.currency,
            'days_earlier', v.days_earlier
        ) ORDER BY v.id), '[]') FROM sales_levertaken v WHERE v.line_id = l.id),
        'assembly_order', f.number,
        'as_built', (SELECT coalesce(json_agg(json_build_object(
            'serial', lot.number,
            'contents', (SELECT coalesce(json_agg(json_build_object(
                'item', i.code, 'lot', part.number, 'quantity', b.quantity
            ) ORDER BY b.id), '[]') FROM assembly_asbuilt b JOIN catalogue_item i ON i.id = b.item_id
                LEFT JOIN stock_lot part ON part.id = b.lot_id WHERE b.unit_id = lot.id)
        ) ORDER BY lot.id), '[]') FROM stock_lot lot WHERE f.number IS NOT NULL AND lot.origin = f.number)
    ) ORDER BY l.position), '[]')
        FROM sales_orderline l JOIN catalogue_configuration k ON k.id = l.configuration_id
        JOIN catalogue_revision r ON r.id = k.revision_id JOIN catalogue_productmodel m ON m.id = r.product_model_id
        LEFT JOIN assembly_finalassemblyorder f ON f.order_line_id = l.id WHERE l.order_id = o.id)
)::text
FROM sales_order o JOIN sales_customer c ON c.id = o.customer_id WHERE o.number = %s
"""


def order_detail(number: str) -> str | None:
    """The document of an order; None when there is none of this number."""
    (rows,) = exchange([(DETAIL, [number])])
    return str(rows[0][0]) if rows else None
