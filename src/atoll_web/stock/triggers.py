"""The triggers that make balances, on-hand supply and allocated quantities follow from the rows which they sum up.

All of them work on whole statements: one aggregate per statement, rows locked in the order of their keys.
"""

import pgtrigger

KEEP_BALANCES = """
INSERT INTO stock_balance (item_id, location_id, lot_id, quantity, physical)
SELECT DISTINCT side.item_id, side.location_id, side.lot_id, 0, side.physical
FROM (
    SELECT m.item_id, m.destination_id AS location_id, CASE WHEN {physical} THEN m.lot_id END AS lot_id, {physical} AS physical
    FROM new_moves m JOIN stock_location l ON l.id = m.destination_id
    UNION ALL
    SELECT m.item_id, m.source_id, CASE WHEN {physical} THEN m.lot_id END, {physical}
    FROM new_moves m JOIN stock_location l ON l.id = m.source_id
) side
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING;

WITH side AS (
    SELECT m.item_id, m.destination_id AS location_id, CASE WHEN {physical} THEN m.lot_id END AS lot_id, m.quantity
    FROM new_moves m JOIN stock_location l ON l.id = m.destination_id
    UNION ALL
    SELECT m.item_id, m.source_id, CASE WHEN {physical} THEN m.lot_id END, -m.quantity
    FROM new_moves m JOIN stock_location l ON l.id = m.source_id
), change AS (
    SELECT item_id, location_id, lot_id, SUM(quantity) AS quantity FROM side GROUP BY 1, 2, 3
), locked AS MATERIALIZED (
    SELECT b.id, change.quantity
    FROM stock_balance b JOIN change
      ON b.item_id = change.item_id AND b.location_id = change.location_id AND b.lot_id IS NOT DISTINCT FROM change.lot_id
    ORDER BY b.item_id, b.location_id, b.lot_id
    FOR UPDATE OF b
)
UPDATE stock_balance b SET quantity = b.quantity + locked.quantity FROM locked WHERE b.id = locked.id;

INSERT INTO stock_supply (item_id, kind, quantity, allocated, margin_days, reference)
SELECT DISTINCT m.item_id, 'on hand', 0, 0, 0, ''
FROM new_moves m JOIN stock_location l ON l.kind = 'stock' AND l.id IN (m.source_id, m.destination_id)
ORDER BY 1
ON CONFLICT DO NOTHING;

WITH change AS (
    SELECT m.item_id, SUM(CASE WHEN l.id = m.destination_id THEN m.quantity ELSE -m.quantity END) AS quantity
    FROM new_moves m JOIN stock_location l ON l.kind = 'stock' AND l.id IN (m.source_id, m.destination_id)
    GROUP BY 1
), locked AS MATERIALIZED (
    SELECT s.id, change.quantity
    FROM stock_supply s JOIN change ON s.item_id = change.item_id AND s.kind = 'on hand'
    ORDER BY s.id
    FOR UPDATE OF s
)
UPDATE stock_supply s SET quantity = s.quantity + locked.quantity FROM locked WHERE s.id = locked.id;
RETURN NULL;
"""

keep_balances = pgtrigger.Trigger(
    name="keep_balances",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="new_moves"),
    func=KEEP_BALANCES.format(physical="(l.kind IN ('stock', 'line', 'finished'))"),
)

KEEP_ALLOCATED = """
{refuse}
WITH change AS (
    SELECT requirement_id, SUM(quantity) AS quantity FROM ({rows}) r GROUP BY 1 HAVING SUM(quantity) <> 0
), locked AS MATERIALIZED (
    SELECT t.id, change.quantity FROM stock_requirement t JOIN change ON t.id = change.requirement_id ORDER BY t.id FOR UPDATE OF t
)
UPDATE stock_requirement t SET allocated = t.allocated + locked.quantity FROM locked WHERE t.id = locked.id;

WITH change AS (
    SELECT supply_id, SUM(quantity) AS quantity FROM ({rows}) r GROUP BY 1 HAVING SUM(quantity) <> 0
), locked AS MATERIALIZED (
    SELECT t.id, change.quantity FROM stock_supply t JOIN change ON t.id = change.supply_id ORDER BY t.id FOR UPDATE OF t
)
UPDATE stock_supply t SET allocated = t.allocated + locked.quantity FROM locked WHERE t.id = locked.id;
RETURN NULL;
"""

REFUSE_OTHER_ITEM = """
IF EXISTS (
    SELECT 1 FROM new_rows a
    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id
    WHERE r.item_id <> s.item_id
) THEN
    RAISE EXCEPTION 'a requirement cannot be met by the supply of another item' USING ERRCODE = 'check_violation';
END IF;
"""

ADDED = "SELECT requirement_id, supply_id, quantity FROM new_rows"
TAKEN = "SELECT requirement_id, supply_id, -quantity AS quantity FROM old_rows"


def _keep_allocated(name: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing, rows: str, refuse: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=KEEP_ALLOCATED.format(rows=rows, refuse=refuse),
    )


keep_allocated = [
    _keep_allocated("allocated", pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), ADDED, REFUSE_OTHER_ITEM),
    _keep_allocated("released", pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"), TAKEN, ""),
    _keep_allocated(
        "reallocated",
        pgtrigger.Update,
        pgtrigger.Referencing(old="old_rows", new="new_rows"),
        f"{ADDED} UNION ALL {TAKEN}",
        REFUSE_OTHER_ITEM,
    ),
]
