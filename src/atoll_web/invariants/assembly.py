"""Invariant 5: what was assembled is recorded as built."""

from atoll_web.invariants.promise import TAKEN
from atoll_web.invariants.query import Query

UNITS = """
SELECT u.id, u.item_id, u.quantity, u.number, f.number AS order_number, l.id AS line_id, l.configuration_id,
    NULL::bigint AS build_id
FROM assembly_finalassemblyorder f JOIN stock_lot u ON u.origin = f.number JOIN sales_orderline l ON l.id = f.order_line_id
UNION ALL
SELECT u.id, u.item_id, u.quantity, u.number, b.number, NULL, NULL, b.id
FROM assembly_buildorder b JOIN stock_lot u ON u.origin = b.number
"""
"""Units, or lots of them, that came out of an assembly or build order."""

RIGHT_CONTENTS = f"""
SELECT u.id AS unit_id, t.item_id, t.quantity
FROM ({UNITS}) u JOIN ({TAKEN}) t ON t.line_id = u.line_id
UNION ALL
SELECT u.id, r.item_id, r.quantity / b.quantity * u.quantity
FROM ({UNITS}) u JOIN assembly_buildorder b ON b.id = u.build_id
JOIN stock_demand d ON d.builds_id = b.supply_id JOIN stock_requirement r ON r.demand_id = d.id
"""
"""What must be in a unit: the order bill with the alternates taken, or for a unit built ahead its share of the build's kit."""

QUERIES = (
    Query(
        "assembly_order_has_its_units",
        5,
        "A completed final assembly order has a unit of the model's end item for each unit ordered; a kitted one has fewer.",
        "SELECT 1 FROM assembly_finalassemblyorder",
        """
        SELECT concat(f.number, ' (', f.state, ') of ', l.quantity, ' units has ', count(u.id))
        FROM assembly_finalassemblyorder f JOIN sales_orderline l ON l.id = f.order_line_id
        JOIN catalogue_configuration c ON c.id = l.configuration_id JOIN catalogue_revision v ON v.id = c.revision_id
        JOIN catalogue_productmodel p ON p.id = v.product_model_id
        LEFT JOIN stock_lot u ON u.origin = f.number
        GROUP BY f.id, l.quantity, p.end_item_id
        HAVING (f.state = 'completed') <> (count(u.id) = l.quantity) OR count(u.id) > l.quantity
            OR (f.state = 'released' AND count(u.id) > 0) OR bool_or(u.item_id <> p.end_item_id) OR bool_or(u.quantity <> 1)
        """,
    ),
    Query(
        "build_order_has_its_units",
        5,
        "A completed build order has numbered units of its item for its whole quantity; an open one has none.",
        "SELECT 1 FROM assembly_buildorder",
        """
        SELECT concat(b.number, ' (', b.state, ') of ', b.quantity, ' units has ', coalesce(sum(u.quantity), 0))
        FROM assembly_buildorder b LEFT JOIN stock_lot u ON u.origin = b.number
        GROUP BY b.id
        HAVING coalesce(sum(u.quantity), 0) <> CASE WHEN b.state = 'completed' THEN b.quantity ELSE 0 END
            OR bool_or(u.item_id <> b.item_id)
        """,
    ),
    Query(
        "unit_contains_its_bill",
        5,
        "The as-built record of each unit holds what its order bill, or the kit of its build, says, and nothing else.",
        "SELECT DISTINCT unit_id, item_id FROM assembly_asbuilt",
        f"""
        WITH is_built AS (SELECT unit_id, item_id, sum(quantity) AS quantity FROM assembly_asbuilt GROUP BY 1, 2)
        SELECT concat('unit ', coalesce(a.unit_id, r.unit_id), ' contains ', coalesce(a.quantity, 0), ' of item ',
                      coalesce(a.item_id, r.item_id), ' instead of ', coalesce(r.quantity, 0))
        FROM is_built a FULL JOIN ({RIGHT_CONTENTS}) r ON r.unit_id = a.unit_id AND r.item_id = a.item_id
        WHERE coalesce(a.quantity, 0) <> coalesce(r.quantity, 0)
        """,
    ),
    Query(
        "contents_name_their_lots",
        5,
        "What is built in of a numbered item is recorded with a lot of that item, and a unit never contains itself.",
        "SELECT 1 FROM assembly_asbuilt",
        """
        SELECT concat('unit ', a.unit_id, ' contains ', i.code, ' (', i.tracking, ') from lot ', coalesce(lot.number, 'none'))
        FROM assembly_asbuilt a JOIN catalogue_item i ON i.id = a.item_id LEFT JOIN stock_lot lot ON lot.id = a.lot_id
        WHERE (i.tracking = 'none') <> (a.lot_id IS NULL) OR lot.item_id <> a.item_id OR a.lot_id = a.unit_id
        """,
    ),
    Query(
        "lot_is_built_in_once",
        5,
        "A lot counts as used what the as-built records took of it, at most its quantity: no serial number is in two units.",
        "SELECT 1 FROM stock_lot",
        """
        SELECT concat('lot ', lot.number, ' of ', lot.quantity, ' units says ', lot.used, ' used and is built in ',
                      coalesce(sum(a.quantity), 0), ' times')
        FROM stock_lot lot LEFT JOIN assembly_asbuilt a ON a.lot_id = lot.id
        GROUP BY lot.id HAVING coalesce(sum(a.quantity), 0) <> lot.used OR coalesce(sum(a.quantity), 0) > lot.quantity
        """,
    ),
    Query(
        "serial_number_is_one_unit",
        5,
        "A lot of an item that is told apart by serial numbers is one unit.",
        "SELECT 1 FROM stock_lot lot JOIN catalogue_item i ON i.id = lot.item_id WHERE i.tracking = 'serial'",
        """
        SELECT concat('serial number ', lot.number, ' of ', i.code, ' is ', lot.quantity, ' units')
        FROM stock_lot lot JOIN catalogue_item i ON i.id = lot.item_id WHERE i.tracking = 'serial' AND lot.quantity <> 1
        """,
    ),
    Query(
        "what_was_built_in_left_the_lines",
        5,
        "The ledger took from the lines into production what the as-built records hold, lot by lot.",
        "SELECT DISTINCT item_id, lot_id FROM assembly_asbuilt",
        """
        SELECT concat('item ', coalesce(a.item_id, m.item_id), ' lot ', coalesce(a.lot_id, m.lot_id), ': ',
                      coalesce(a.quantity, 0), ' built in, ', coalesce(m.quantity, 0), ' taken')
        FROM (SELECT item_id, lot_id, sum(quantity) AS quantity FROM assembly_asbuilt GROUP BY 1, 2) a
        FULL JOIN (
            SELECT m.item_id, m.lot_id, sum(CASE WHEN s.kind = 'line' THEN m.quantity ELSE -m.quantity END) AS quantity
            FROM stock_move m JOIN stock_location s ON s.id = m.source_id JOIN stock_location d ON d.id = m.destination_id
            WHERE (s.kind, d.kind) IN (('line', 'production'), ('production', 'line'))
            GROUP BY 1, 2
        ) m ON m.item_id = a.item_id AND coalesce(m.lot_id, 0) = coalesce(a.lot_id, 0)
        WHERE coalesce(a.quantity, 0) <> coalesce(m.quantity, 0)
        """,
    ),
    Query(
        "kit_is_what_was_required",
        5,
        "What was laid out for an order is what its demand requires; an order that is not kitted has nothing laid out.",
        "SELECT DISTINCT assembly_order_id, build_order_id, item_id FROM assembly_kitline",
        """
        WITH orders AS (
            SELECT f.number, f.state, l.demand_id FROM assembly_finalassemblyorder f
            JOIN sales_orderline l ON l.id = f.order_line_id
            UNION ALL
            SELECT b.number, b.state, d.id FROM assembly_buildorder b JOIN stock_demand d ON d.builds_id = b.supply_id
        ), kit AS (
            SELECT coalesce(f.number, b.number) AS number, k.item_id, sum(k.quantity) AS quantity
            FROM assembly_kitline k LEFT JOIN assembly_finalassemblyorder f ON f.id = k.assembly_order_id
            LEFT JOIN assembly_buildorder b ON b.id = k.build_order_id
            GROUP BY 1, 2
        ), wanted AS (
            SELECT o.number, r.item_id, r.quantity FROM orders o JOIN stock_requirement r ON r.demand_id = o.demand_id
            WHERE o.state IN ('kitted', 'completed')
        )
        SELECT concat(coalesce(k.number, w.number), ' has ', coalesce(k.quantity, 0), ' of item ',
                      coalesce(k.item_id, w.item_id), ' laid out instead of ', coalesce(w.quantity, 0))
        FROM kit k FULL JOIN wanted w ON w.number = k.number AND w.item_id = k.item_id
        WHERE coalesce(k.quantity, 0) <> coalesce(w.quantity, 0)
        """,
    ),
)
