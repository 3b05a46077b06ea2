"""Triggers of assembly: numbered items are recorded with their lots, none is used twice, and what is held is not released."""

import pgtrigger

from atoll_web.accounts.triggers import for_each_statement

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

held_is_not_released = for_each_statement(
    "held_is_not_released",
    pgtrigger.Insert,
    pgtrigger.Referencing(new="new_rows"),
    """
    IF EXISTS (
        SELECT 1 FROM new_rows f
        JOIN sales_orderline l ON l.id = f.order_line_id JOIN sales_order o ON o.id = l.order_id
        JOIN sales_customer c ON c.id = o.customer_id
        WHERE o.hold_reason <> '' OR c.on_hold
    ) THEN
        RAISE EXCEPTION 'an order that is held, or whose customer is on hold, is not released' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)
