"""Triggers of orders and promises: capacity is not overbooked, a confirmed line has a promise, a slip or an engineering change
marks what rests on it, what is changed is recorded and only while it may be.
"""

import pgtrigger

from atoll_web.accounts.triggers import for_each_statement
from atoll_web.sales.states import CANCELLED, DRAFT, HOLDING, IN_ASSEMBLY, PROMISED, SHIPPED
from atoll_web.stock.triggers import OUTDATED_BUILDS

KEEP_RESERVED = """
WITH change AS (
    SELECT line_day_id, SUM(minutes) AS minutes FROM ({rows}) r GROUP BY 1 HAVING SUM(minutes) <> 0
), locked AS MATERIALIZED (
    SELECT t.id, change.minutes FROM catalogue_lineday t JOIN change ON t.id = change.line_day_id
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE catalogue_lineday t SET reserved = t.reserved + locked.minutes,
    overload = LEAST(t.overload, GREATEST(t.reserved + LEAST(locked.minutes, 0) - t.capacity, 0))
FROM locked WHERE t.id = locked.id;
RETURN NULL;
"""
"""Locked first, as `KEEP_ALLOCATED` of `atoll_web.stock.triggers` says. What leaves an overloaded day is not free for others."""

ADDED = "SELECT line_day_id, minutes FROM new_rows"
TAKEN = "SELECT line_day_id, -minutes AS minutes FROM old_rows"


keep_reserved = [
    for_each_statement("reserved", pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), KEEP_RESERVED.format(rows=ADDED)),
    for_each_statement("freed", pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"), KEEP_RESERVED.format(rows=TAKEN)),
    for_each_statement(
        "reserved_anew",
        pgtrigger.Update,
        pgtrigger.Referencing(old="old_rows", new="new_rows"),
        KEEP_RESERVED.format(rows=f"{ADDED} UNION ALL {TAKEN}"),
    ),
]

LINE_AGREES_WITH_PROMISE = f"""
IF EXISTS (
    SELECT 1 FROM sales_orderline line WHERE line.id = NEW.{{line}} AND (line.state IN {PROMISED})
        <> EXISTS (SELECT 1 FROM sales_promise p WHERE p.line_id = line.id AND p.in_force)
) THEN
    RAISE EXCEPTION 'order line % is confirmed without a promise in force, or has one without being confirmed', NEW.{{line}}
        USING ERRCODE = 'check_violation';
END IF;
"""

confirmed_line_has_promise = [
    for_each_statement(
        "line_is_made_with_its_promise",
        pgtrigger.Insert,
        pgtrigger.Referencing(new="new_rows"),
        f"""
        IF EXISTS (
            SELECT 1 FROM new_rows line
            WHERE line.state IN {PROMISED} AND NOT EXISTS (SELECT 1 FROM sales_promise p WHERE p.line_id = line.id AND p.in_force)
        ) THEN
            RAISE EXCEPTION 'a line is made as confirmed without a promise in force' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="confirmed_line_has_promise",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),
        timing=pgtrigger.Deferred,
        func=LINE_AGREES_WITH_PROMISE.format(line="id") + "RETURN NULL;",
    ),
]
"""A confirmed line is written by the same statement as its promise; one that is confirmed later, by the same transaction."""

promise_is_of_confirmed_line = [
    for_each_statement(
        "promise_is_made_for_confirmed_line",
        pgtrigger.Insert,
        pgtrigger.Referencing(new="new_rows"),
        f"""
        IF EXISTS (
            SELECT 1 FROM new_rows p JOIN sales_orderline line ON line.id = p.line_id
            WHERE p.in_force AND line.state NOT IN {PROMISED}
        ) THEN
            RAISE EXCEPTION 'a promise is made for a line that is not confirmed' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="promise_is_of_confirmed_line",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("in_force"),
        timing=pgtrigger.Deferred,
        func=LINE_AGREES_WITH_PROMISE.format(line="line_id") + "RETURN NULL;",
    ),
]

REFUSE_LATE_SUPPLY = """
IF EXISTS (
    SELECT 1 FROM new_rows p
    JOIN sales_orderline line ON line.id = p.line_id
    JOIN stock_demand d ON d.id = line.demand_id
    JOIN stock_requirement r ON r.demand_id = d.id
    JOIN stock_allocation a ON a.requirement_id = r.id
    JOIN stock_supply s ON s.id = a.supply_id
    WHERE p.in_force AND NOT p.at_risk AND s.due > d.need_date
) THEN
    RAISE EXCEPTION 'a promise rests on a supply that is due after its need date' USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""

promise_rests_on_what_is_in_time = [
    for_each_statement("rests_in_time", pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), REFUSE_LATE_SUPPLY),
    for_each_statement(
        "still_rests_in_time", pgtrigger.Update, pgtrigger.Referencing(old="old_rows", new="new_rows"), REFUSE_LATE_SUPPLY
    ),
]
"""Its allocations are written before a promise."""

MARK_WHAT_RESTS_ON = """
WITH RECURSIVE hit (supply_id) AS (
    {supplies}
    UNION
    SELECT d.builds_id FROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id
    JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_demand d ON d.id = r.demand_id
    WHERE d.builds_id IS NOT NULL
)
UPDATE sales_promise p SET at_risk = true
FROM hit JOIN stock_allocation a ON a.supply_id = hit.supply_id JOIN stock_requirement r ON r.id = a.requirement_id
JOIN sales_orderline line ON line.demand_id = r.demand_id
WHERE p.line_id = line.id AND p.in_force AND NOT p.at_risk;
RETURN NULL;
"""
"""Promises that rest on supplies, through any number of levels of builds."""

OUTDATED = f"""
SELECT s.id FROM stock_supply s JOIN ({OUTDATED_BUILDS}) o ON o.id = s.id
WHERE s.item_id IN (SELECT parent_id FROM {{rows}})
"""

bill_marks_promises = [
    for_each_statement(
        f"{name}_line_marks_promises", operation, referencing, MARK_WHAT_RESTS_ON.format(supplies=OUTDATED.format(rows=rows))
    )
    for name, operation, referencing, rows in (
        ("new", pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), "new_rows"),
        ("changed", pgtrigger.Update, pgtrigger.Referencing(old="old_rows", new="new_rows"), "new_rows"),
        ("former", pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"), "old_rows"),
    )
]
"""A promise that rests on a build which is planned by a bill that has changed is made anew; an opened one keeps its bill."""

NOBODY_ORDERED = "FROM stock_supply s WHERE s.item_id = NEW.id AND s.kind = 'planned' AND s.quantity > 0"

obsolete_item_marks_promises = pgtrigger.Trigger(
    name="obsolete_item_marks_promises",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("active"),
    condition=pgtrigger.Q(old__active=True, new__active=False),
    func=f"""
    IF EXISTS (
        SELECT 1 {NOBODY_ORDERED} AND EXISTS (
            SELECT 1 FROM stock_allocation a JOIN stock_requirement r ON r.id = a.requirement_id
            JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply b ON b.id = d.builds_id
            WHERE a.supply_id = s.id AND b.kind = 'build'
        )
    ) THEN
        RAISE EXCEPTION 'a build order waits for units of % nobody ordered; order them before it is obsolete', NEW.code
            USING ERRCODE = 'check_violation';
    END IF;
    {MARK_WHAT_RESTS_ON.format(supplies=f"SELECT s.id {NOBODY_ORDERED}")}
    """,
)
"""What is there or ordered of an obsolete item is used up; what is only planned will not come."""

slip_marks_promises = pgtrigger.Trigger(
    name="slip_marks_promises",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("due"),
    condition=pgtrigger.Q(new__due__gt=pgtrigger.F("old__due")),
    func="""
    UPDATE sales_promise p SET at_risk = true
    FROM sales_orderline line
    JOIN stock_demand d ON d.id = line.demand_id
    JOIN stock_requirement r ON r.demand_id = d.id
    JOIN stock_allocation a ON a.requirement_id = r.id
    WHERE a.supply_id = NEW.id AND p.line_id = line.id AND p.in_force AND NOT p.at_risk AND d.need_date < NEW.due;
    RETURN NULL;
    """,
)

overload_marks_promises = pgtrigger.Trigger(
    name="overload_marks_promises",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("capacity"),
    condition=pgtrigger.Q(new__overload__gt=0, new__capacity__lt=pgtrigger.F("old__capacity")),
    func=f"""
    UPDATE sales_promise p SET at_risk = true
    FROM (
        SELECT s.line_id, sum(s.minutes) OVER (ORDER BY line.state IN {HOLDING}, s.id) AS taken
        FROM sales_slotreservation s JOIN sales_orderline line ON line.id = s.line_id WHERE s.line_day_id = NEW.id
    ) held
    WHERE p.line_id = held.line_id AND p.in_force AND NOT p.at_risk AND held.taken > NEW.capacity;
    RETURN NULL;
    """,
)
"""What is in assembly stays, then whoever reserved first; those whose minutes do not fit any more are promised anew."""

TERMS = ("configuration_id", "quantity", "unit_price", "request_date", "delivery_group")
"""What a line asks for; the rest of its row follows from what becomes of it."""

TERMS_DIFFER = f"ROW({', '.join(f'OLD.{t}' for t in TERMS)}) IS DISTINCT FROM ROW({', '.join(f'NEW.{t}' for t in TERMS)})"

RECORD_CHANGE = """
INSERT INTO sales_orderchange (order_id, line_id, before, after, user_id, at, recorded_at, reason)
VALUES ({order}, {line}, jsonb_build_object({before}), jsonb_build_object({after}),
        NULLIF(current_setting('atoll.user', true), '')::bigint, NULLIF(current_setting('atoll.at', true), '')::timestamptz,
        clock_timestamp(), COALESCE(current_setting('atoll.reason', true), ''));
RETURN NULL;
"""

line_stays_once_assembly_begins = pgtrigger.Trigger(
    name="line_stays_once_assembly_begins",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf(*TERMS),
    condition=pgtrigger.Condition(f"OLD.state NOT IN {(DRAFT, *HOLDING)} AND {TERMS_DIFFER}"),
    func="""
    RAISE EXCEPTION 'order line % is %, so what it asks for stays', NEW.id, OLD.state USING ERRCODE = 'check_violation';
    """,
)

line_change_is_recorded = pgtrigger.Trigger(
    name="line_change_is_recorded",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf(*TERMS),
    condition=pgtrigger.Condition(TERMS_DIFFER),
    func=RECORD_CHANGE.format(
        order="NEW.order_id",
        line="NEW.id",
        before=", ".join(f"'{name}', OLD.{name}" for name in TERMS),
        after=", ".join(f"'{name}', NEW.{name}" for name in TERMS),
    ),
)

hold_is_recorded = pgtrigger.Trigger(
    name="hold_is_recorded",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("hold_reason"),
    condition=pgtrigger.Condition("OLD.hold_reason <> NEW.hold_reason"),
    func=RECORD_CHANGE.format(
        order="NEW.id", line="NULL", before="'hold_reason', OLD.hold_reason", after="'hold_reason', NEW.hold_reason"
    ),
)

held_line_is_not_released = pgtrigger.Trigger(
    name="held_line_is_not_released",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("state"),
    condition=pgtrigger.Condition(f"NEW.state = '{IN_ASSEMBLY}' AND OLD.state <> NEW.state"),
    func="""
    PERFORM 1 FROM sales_order o JOIN sales_customer c ON c.id = o.customer_id
    WHERE o.id = NEW.order_id AND (o.hold_reason <> '' OR c.on_hold) FOR SHARE;
    IF FOUND THEN
        RAISE EXCEPTION 'order line % is not released, as its order is held or its customer on hold', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
    """,
)

line_leaves_with_its_last_unit = for_each_statement(
    "line_leaves_with_its_last_unit",
    pgtrigger.Insert,
    pgtrigger.Referencing(new="new_rows"),
    f"""
    IF EXISTS (
        SELECT 1 FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
        CROSS JOIN LATERAL (SELECT count(*) AS shipped FROM sales_shippedunit u WHERE u.line_id = l.id) units
        WHERE l.id IN (SELECT line_id FROM new_rows) AND (
            units.shipped > l.quantity OR (units.shipped = l.quantity) <> (l.state = '{SHIPPED}')
            OR ((o.ship_complete OR l.delivery_group <> '') AND l.state <> '{SHIPPED}')
        )
    ) THEN
        RAISE EXCEPTION 'a line is shipped with its last unit, and of one that ships complete with others no unit leaves before'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)

shipped_line_has_its_units = pgtrigger.Trigger(
    name="shipped_line_has_its_units",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("state"),
    timing=pgtrigger.Deferred,
    condition=pgtrigger.Condition(f"NEW.state = '{SHIPPED}' AND OLD.state <> NEW.state"),
    func="""
    IF (SELECT count(*) FROM sales_shippedunit u WHERE u.line_id = NEW.id) <> NEW.quantity THEN
        RAISE EXCEPTION 'order line % is shipped without all its units', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)

ORDER_ENDS_WITH_ITS_LINES = f"""
IF EXISTS (
    SELECT 1 FROM sales_order o WHERE o.id = NEW.{{order}} AND (o.state = '{SHIPPED}') <> (
        EXISTS (SELECT 1 FROM sales_orderline l WHERE l.order_id = o.id AND l.state = '{SHIPPED}')
        AND NOT EXISTS (SELECT 1 FROM sales_orderline l WHERE l.order_id = o.id AND l.state NOT IN ('{SHIPPED}', '{CANCELLED}'))
    )
) THEN
    RAISE EXCEPTION 'order % is shipped when all its lines are shipped or cancelled, and only then', NEW.{{order}}
        USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


def _ends_together(name: str, order: str, condition: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Condition(condition),
        func=ORDER_ENDS_WITH_ITS_LINES.format(order=order),
    )


order_ends_with_its_lines = _ends_together("order_ends_with_its_lines", "id", f"NEW.state = '{SHIPPED}'")
lines_end_with_their_order = _ends_together(
    "lines_end_with_their_order", "order_id", f"NEW.state IN ('{SHIPPED}', '{CANCELLED}')"
)

SHIPS_WITH = """
SELECT 1 FROM sales_order o JOIN sales_orderline other ON other.order_id = o.id
WHERE o.id = NEW.order_id AND other.id <> NEW.id
    AND (o.ship_complete OR (NEW.delivery_group <> '' AND other.delivery_group = NEW.delivery_group))
"""
"""The other lines of a line's delivery."""

delivery_leaves_together = pgtrigger.Trigger(
    name="delivery_leaves_together",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("state"),
    timing=pgtrigger.Deferred,
    condition=pgtrigger.Condition(f"NEW.state = '{SHIPPED}'"),
    func=f"""
    IF EXISTS ({SHIPS_WITH} AND other.state NOT IN ('{SHIPPED}', '{CANCELLED}')) THEN
        RAISE EXCEPTION 'order line % leaves before the rest of what ships complete with it', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)

line_joins_before_its_delivery_leaves = pgtrigger.Trigger(
    name="line_joins_before_its_delivery_leaves",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("delivery_group"),
    condition=pgtrigger.Condition(f"NEW.delivery_group <> '' AND NEW.state <> '{SHIPPED}'"),
    func=f"""
    IF EXISTS ({SHIPS_WITH} AND other.state = '{SHIPPED}') THEN
        RAISE EXCEPTION 'delivery group % has left without order line %', NEW.delivery_group, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)
