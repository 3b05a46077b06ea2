"""What subscribers are told of, and the triggers that write it down in the transaction in which it happens.

Each works on a whole statement, and does nothing while nobody subscribes. Who writes a promise, ends a line or ships needs not
think of it.
"""

import pgtrigger

from atoll_web.accounts.triggers import for_each_statement

WEBHOOK, EMAIL = "webhook", "e-mail"
CHANNELS = (WEBHOOK, EMAIL)

EVENTS = {
    "promise.made": "An order or quote has been promised",
    "promise.changed": "A line has been promised anew, or was changed",
    "promise.at_risk": "What a promise rests on is late, lost or changed",
    "promise.cancelled": "An order or quote was cancelled, or a line of it removed",
    "quote.accepted": "A quote became an order",
    "quote.expired": "The time of a quote is over",
    "order.shipped": "Units left for the customer",
}
"""Events by name. Facts come with each: the order, its customer, and the lines concerned."""

CUSTOMER_EVENTS = tuple(event for event in EVENTS if event != "promise.at_risk")
"""What customers are told by e-mail: they learn of a new date once there is one."""

TELL = """
IF NOT EXISTS (SELECT 1 FROM sales_subscription WHERE active) THEN
    RETURN NULL;
END IF;
WITH told AS ({rows}), event AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, told.event, o.id AS order_id, c.email, jsonb_build_object(
        'order', o.number, 'customer', c.code, 'currency', o.currency, 'ship_complete', o.ship_complete,
        'expires_at', o.expires_at, 'lines', jsonb_agg(jsonb_build_object(
            'position', line.position, 'state', line.state, 'model', m.code, 'revision', r.name, 'choices', k.values,
            'quantity', line.quantity, 'unit_price', line.unit_price::text, 'request_date', line.request_date,
            'delivery_group', line.delivery_group
        ) || told.facts ORDER BY line.position)
    ) AS facts
    FROM told JOIN sales_orderline line ON line.id = told.line_id JOIN sales_order o ON o.id = line.order_id
    JOIN sales_customer c ON c.id = o.customer_id JOIN catalogue_configuration k ON k.id = line.configuration_id
    JOIN catalogue_revision r ON r.id = k.revision_id JOIN catalogue_productmodel m ON m.id = r.product_model_id
    GROUP BY told.event, o.id, c.id
)
INSERT INTO sales_notice (event_id, event, subscription_id, order_id, facts, at, state, attempts, due_at, fault)
SELECT event.id, event.event, s.id, event.order_id, event.facts,
       COALESCE(NULLIF(current_setting('atoll.at', true), '')::timestamptz, clock_timestamp()),
       'waiting', 0, clock_timestamp(), ''
FROM event JOIN sales_subscription s ON s.active AND event.event = ANY(s.events) AND (s.channel = 'webhook' OR event.email <> '')
ORDER BY event.order_id, event.event, s.id;
IF FOUND THEN
    PERFORM procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', 'sales.deliver', 0, NULL, NULL, '{{}}'::jsonb, NULL)
    ]::procrastinate_job_to_defer_v1[]);
END IF;
RETURN NULL;
"""

PROMISED = """
    SELECT p.line_id, CASE WHEN before.id IS NULL THEN 'promise.made' ELSE 'promise.changed' END AS event,
           jsonb_build_object('ship_date', p.ship_date, 'ship_date_before', before.ship_date, 'reason', p.reason) AS facts
    FROM new_rows p LEFT JOIN LATERAL (
        SELECT b.id, b.ship_date, b.at_risk FROM sales_promise b WHERE b.line_id = p.line_id AND b.id < p.id
        ORDER BY b.id DESC LIMIT 1
    ) before ON true
    WHERE before.id IS NULL OR before.ship_date <> p.ship_date OR (before.at_risk AND NOT p.at_risk) OR EXISTS (
        SELECT 1 FROM sales_orderchange c WHERE c.line_id = p.line_id AND c.recorded_at >= now()
    )
"""
"""A promise that is made anew with the date that it had is no news, unless it is no longer at risk or its line is another one."""

AT_RISK = """
    SELECT n.line_id, 'promise.at_risk' AS event, jsonb_build_object('ship_date', n.ship_date, 'reason', n.reason) AS facts
    FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE n.in_force AND n.at_risk AND NOT o.at_risk
"""

ENDED_OR_ACCEPTED = """
    SELECT n.id AS line_id, CASE n.state WHEN 'cancelled' THEN 'promise.cancelled' WHEN 'expired' THEN 'quote.expired'
                            ELSE 'quote.accepted' END AS event,
           COALESCE((SELECT jsonb_build_object('ship_date', p.ship_date, 'reason', p.reason) FROM sales_promise p
                     WHERE p.line_id = n.id AND p.in_force), '{}') AS facts
    FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE o.state IN ('quoted', 'confirmed') AND n.state IN ('cancelled', 'expired')
       OR o.state = 'quoted' AND n.state = 'confirmed'
"""

SHIPPED = """
    SELECT u.line_id, 'order.shipped' AS event,
           jsonb_build_object('shipment', s.number, 'serials', jsonb_agg(lot.number ORDER BY lot.id)) AS facts
    FROM new_rows u JOIN sales_shipment s ON s.id = u.shipment_id JOIN stock_lot lot ON lot.id = u.unit_id
    GROUP BY u.line_id, s.number
"""

NEW = pgtrigger.Referencing(new="new_rows")
OLD_AND_NEW = pgtrigger.Referencing(old="old_rows", new="new_rows")

promise_is_made_or_at_risk = [
    for_each_statement("promise_is_told", pgtrigger.Insert, NEW, TELL.format(rows=PROMISED)),
    for_each_statement("risk_is_told", pgtrigger.Update, OLD_AND_NEW, TELL.format(rows=AT_RISK)),
]
line_ends_or_is_accepted = for_each_statement("end_is_told", pgtrigger.Update, OLD_AND_NEW, TELL.format(rows=ENDED_OR_ACCEPTED))
units_are_shipped = for_each_statement("shipment_is_told", pgtrigger.Insert, NEW, TELL.format(rows=SHIPPED))
