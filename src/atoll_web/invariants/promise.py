"""Invariant 3: a confirmed order line has a promise that says what it rests on, and a slip marks it."""

from atoll_web.invariants.query import Query
from atoll_web.sales.states import BEGUN, HOLDING, PROMISED

TAKEN = f"""
SELECT l.id AS line_id, p.id AS promise_id, coalesce(taken.id, b.item_id) AS item_id, sum(b.quantity) AS quantity,
    sum(b.quantity * l.quantity) AS in_all
FROM sales_orderline l LEFT JOIN sales_promise p ON p.line_id = l.id AND p.in_force
JOIN catalogue_orderbillline b ON b.configuration_id = l.configuration_id JOIN catalogue_item own ON own.id = b.item_id
LEFT JOIN catalogue_item taken ON taken.code = p.basis -> 'instead' ->> own.code
WHERE l.state IN {PROMISED}
GROUP BY l.id, p.id, coalesce(taken.id, b.item_id)
"""
"""What the promise in force takes for each order line, for one unit and for all: its order bill, with the alternates that the
promise says it takes instead."""

QUERIES = (
    Query(
        "confirmed_line_has_one_promise",
        3,
        "An order line that is quoted, confirmed or further has one promise in force; any other has none.",
        "SELECT 1 FROM sales_orderline",
        f"""
        SELECT concat('order line ', l.id, ' (', l.state, ') has ', count(p.id), ' promises in force')
        FROM sales_orderline l LEFT JOIN sales_promise p ON p.line_id = l.id AND p.in_force
        GROUP BY l.id HAVING count(p.id) <> CASE WHEN l.state IN {PROMISED} THEN 1 ELSE 0 END
        """,
    ),
    Query(
        "line_requires_its_order_bill",
        3,
        "A promised order line requires its order bill, with the alternates taken, times its quantity, no more and no less.",
        f"SELECT 1 FROM sales_orderline WHERE state IN {PROMISED}",
        f"""
        SELECT concat('order line ', coalesce(b.line_id, r.line_id), ' requires ', coalesce(r.quantity, 0), ' of item ',
                      coalesce(b.item_id, r.item_id), ' instead of ', coalesce(b.in_all, 0))
        FROM ({TAKEN}) b FULL JOIN (
            SELECT l.id AS line_id, r.item_id, r.quantity
            FROM sales_orderline l JOIN stock_requirement r ON r.demand_id = l.demand_id
        ) r ON r.line_id = b.line_id AND r.item_id = b.item_id
        WHERE coalesce(b.in_all, 0) <> coalesce(r.quantity, 0)
        """,
    ),
    Query(
        "only_alternates_are_taken_instead",
        3,
        "What a promise takes instead of an item of the order bill is its alternate, an agreed substitute or a successor.",
        "SELECT 1 FROM sales_promise WHERE in_force",
        """
        WITH RECURSIVE successor (item_id, id) AS (
            SELECT id, replaced_by_id FROM catalogue_item WHERE replaced_by_id IS NOT NULL
            UNION
            SELECT s.item_id, i.replaced_by_id FROM successor s JOIN catalogue_item i ON i.id = s.id
            WHERE i.replaced_by_id IS NOT NULL
        )
        SELECT concat('promise ', p.id, ' takes ', i.value, ' for ', i.key)
        FROM sales_promise p JOIN sales_orderline l ON l.id = p.line_id CROSS JOIN LATERAL jsonb_each_text(p.basis -> 'instead') i
        LEFT JOIN catalogue_item own ON own.code = i.key LEFT JOIN catalogue_item taken ON taken.code = i.value
        LEFT JOIN catalogue_orderbillalternate a
            ON a.configuration_id = l.configuration_id AND a.item_id = own.id AND a.alternate_id = taken.id
        LEFT JOIN successor s ON s.item_id = own.id AND s.id = taken.id
        WHERE p.in_force AND s.id IS NULL AND (a.id IS NULL OR (a.on_request AND NOT EXISTS (
            SELECT 1 FROM sales_levertaken t WHERE t.line_id = l.id AND t.item_id = own.id AND t.substitute_id = taken.id
        )))
        """,
    ),
    Query(
        "requirement_is_covered",
        3,
        "What a build ahead or an order line requires is allocated or issued in full, unless the line's promise is at risk.",
        "SELECT 1 FROM stock_requirement",
        """
        SELECT concat('requirement ', r.id, ' of ', d.reference, ': ', r.quantity, ' of item ', r.item_id, ', ', r.issued,
                      ' issued, ', coalesce(sum(a.quantity), 0), ' allocated')
        FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_allocation a ON a.requirement_id = r.id
        WHERE NOT EXISTS (
            SELECT 1 FROM sales_orderline l JOIN sales_promise p ON p.line_id = l.id AND p.in_force AND p.at_risk
            WHERE l.demand_id = d.id
        )
        GROUP BY r.id, d.reference HAVING coalesce(sum(a.quantity), 0) + r.issued <> r.quantity
        """,
    ),
    Query(
        "promise_names_its_supplies",
        3,
        "Each promise in force names supplies for exactly what its order line takes.",
        "SELECT 1 FROM sales_promise WHERE in_force",
        f"""
        SELECT concat('promise ', coalesce(b.id, n.id), ' names ', coalesce(n.quantity, 0), ' of ', coalesce(b.code, n.code),
                      ' instead of ', coalesce(b.quantity, 0))
        FROM (
            SELECT t.promise_id AS id, i.code, t.in_all AS quantity FROM ({TAKEN}) t JOIN catalogue_item i ON i.id = t.item_id
            WHERE t.promise_id IS NOT NULL
        ) b FULL JOIN (
            SELECT p.id, named ->> 'item' AS code, sum((named ->> 'quantity')::bigint) AS quantity
            FROM sales_promise p, jsonb_array_elements((p.basis -> 'supplies') || (p.basis -> 'planned')) named
            WHERE p.in_force
            GROUP BY 1, 2
        ) n ON n.id = b.id AND n.code = b.code
        WHERE coalesce(b.quantity, 0) <> coalesce(n.quantity, 0)
        """,
    ),
    Query(
        "promise_names_its_slots",
        3,
        "Each promise in force names assembly slots for the minutes that its order line takes.",
        "SELECT 1 FROM sales_promise WHERE in_force",
        """
        SELECT concat('promise ', p.id, ' names slots of ', named.minutes, ' minutes instead of ', c.minutes * l.quantity)
        FROM sales_promise p JOIN sales_orderline l ON l.id = p.line_id
        JOIN catalogue_configuration c ON c.id = l.configuration_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum((slot ->> 'minutes')::bigint), 0) AS minutes FROM jsonb_array_elements(p.basis -> 'slots') slot
        ) named
        WHERE p.in_force AND named.minutes <> c.minutes * l.quantity
        """,
    ),
    Query(
        "promise_agrees_with_its_slots",
        3,
        "A promise in force needs all on the day of its first slot, as its line's demand says, and ships on or after its last.",
        "SELECT 1 FROM sales_promise WHERE in_force",
        """
        SELECT concat('promise ', p.id, ' needs ', p.need_date, ' and ships ', p.ship_date, ', demand ', d.need_date,
                      ', slots ', min(day.day), ' to ', max(day.day))
        FROM sales_promise p JOIN sales_orderline l ON l.id = p.line_id LEFT JOIN stock_demand d ON d.id = l.demand_id
        LEFT JOIN sales_slotreservation s ON s.line_id = l.id LEFT JOIN catalogue_lineday day ON day.id = s.line_day_id
        WHERE p.in_force
        GROUP BY p.id, d.need_date
        HAVING p.need_date IS DISTINCT FROM d.need_date OR p.need_date <> min(day.day) OR p.ship_date < max(day.day)
        """,
    ),
    Query(
        "delivery_has_one_date",
        3,
        "All lines of a delivery that have not left have promises in force for one date.",
        "SELECT 1 FROM sales_orderline",
        f"""
        SELECT concat('order ', o.number, NULLIF(concat(' group ', g.name), ' group '), ' ships on ',
                      string_agg(DISTINCT p.ship_date::text, ', '))
        FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id JOIN sales_promise p ON p.line_id = l.id AND p.in_force
        CROSS JOIN LATERAL (SELECT CASE WHEN o.ship_complete THEN '' ELSE l.delivery_group END AS name) g
        WHERE l.state IN {(*HOLDING, *BEGUN)} AND (o.ship_complete OR g.name <> '')
        GROUP BY o.id, g.name HAVING count(DISTINCT p.ship_date) > 1
        """,
    ),
    Query(
        "slip_marks_promise",
        3,
        "A promise in force that rests on a supply due after its need date is marked at risk.",
        "SELECT 1 FROM sales_promise WHERE in_force",
        """
        SELECT DISTINCT concat('promise ', p.id, ' needs on ', d.need_date, ' what supply ', s.id, ' brings on ', s.due)
        FROM sales_promise p JOIN sales_orderline l ON l.id = p.line_id JOIN stock_demand d ON d.id = l.demand_id
        JOIN stock_requirement r ON r.demand_id = d.id JOIN stock_allocation a ON a.requirement_id = r.id
        JOIN stock_supply s ON s.id = a.supply_id
        WHERE p.in_force AND NOT p.at_risk AND s.due > d.need_date
        """,
    ),
    Query(
        "build_waits_for_its_components",
        3,
        "A build ahead begins no earlier than the supplies that it rests on are due, and yields no earlier than it begins.",
        "SELECT 1 FROM stock_demand WHERE builds_id IS NOT NULL",
        """
        SELECT DISTINCT concat('build ', d.reference, ' begins on ', d.need_date, ' and rests on supply ', s.id, ' of ',
                               s.due)
        FROM stock_demand d JOIN stock_requirement r ON r.demand_id = d.id JOIN stock_allocation a ON a.requirement_id = r.id
        JOIN stock_supply s ON s.id = a.supply_id
        WHERE d.builds_id IS NOT NULL AND s.due > d.need_date
        UNION
        SELECT concat('build ', d.reference, ' begins on ', d.need_date, ' and yields on ', y.due)
        FROM stock_demand d JOIN stock_supply y ON y.id = d.builds_id WHERE y.due < d.need_date
        """,
    ),
)
