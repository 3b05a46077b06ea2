"""Triggers of assembly: numbered items are recorded with their lots, none is used twice, and an order is
assembled when its line is released.
"""

import pgtrigger

from atoll_web.sales.states import ASSEMBLED, IN_ASSEMBLY, SHIPPED

ASSEMBLING = (IN_ASSEMBLY, ASSEMBLED, SHIPPED)
"""States of an order line that has an assembly order."""

lot_used = pgtrigger.Trigger(
    name="lot_used",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="new_rows"),
    func="""
    IF EXISTS (
        SELECT 1 FROM new_rows a JOIN catalogue_item i ON i.id = a.item_id LEFT JOIN stock_lot lot ON lot.id = a.lot_id
        WHERE (i.tracking = 'none') <> (a.lot_id IS NULL) OR lot.item_id <> a.item_id OR a.lot_id = a.unit_id
    ) THEN
        RAISE EXCEPTION 'what is built in of a numbered item names a lot of it' USING ERRCODE = 'check_violation';
    END IF;
    WITH change AS (
        SELECT lot_id, SUM(quantity) AS quantity FROM new_rows WHERE lot_id IS NOT NULL GROUP BY 1
    ), locked AS MATERIALIZED (
        SELECT t.id, change.quantity FROM stock_lot t JOIN change ON t.id = change.lot_id ORDER BY t.id FOR UPDATE OF t
    )
    UPDATE stock_lot t SET used = t.used + locked.quantity FROM locked WHERE t.id = locked.id;
    RETURN NULL;
    """,
)

released_with_its_line = pgtrigger.Trigger(
    name="released_with_its_line",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func=f"""
    IF NOT EXISTS (SELECT 1 FROM sales_orderline l WHERE l.id = NEW.order_line_id AND l.state IN {ASSEMBLING}) THEN
        RAISE EXCEPTION 'assembly order % is of an order line that is not released', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)
"""What may be released is decided where the line goes into assembly."""
