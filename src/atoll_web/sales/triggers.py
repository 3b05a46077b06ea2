"""Triggers of promises: capacity is not overbooked, a confirmed line has a promise, a slip marks what rests on it."""

import pgtrigger

from atoll_web.accounts.triggers import for_each_statement
from atoll_web.sales.states import PROMISED

KEEP_RESERVED = """
WITH change AS (
    SELECT line_day_id, SUM(minutes) AS minutes FROM ({rows}) r GROUP BY 1 HAVING SUM(minutes) <> 0
), locked AS MATERIALIZED (
    SELECT t.id, change.minutes FROM catalogue_lineday t JOIN change ON t.id = change.line_day_id ORDER BY t.id FOR UPDATE OF t
)
UPDATE catalogue_lineday t SET reserved = t.reserved + locked.minutes FROM locked WHERE t.id = locked.id;
RETURN NULL;
"""

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

confirmed_line_has_promise = pgtrigger.Trigger(
    name="confirmed_line_has_promise",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
    timing=pgtrigger.Deferred,
    func=LINE_AGREES_WITH_PROMISE.format(line="id") + "RETURN NULL;",
)

promise_is_of_confirmed_line = pgtrigger.Trigger(
    name="promise_is_of_confirmed_line",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("in_force"),
    timing=pgtrigger.Deferred,
    func=LINE_AGREES_WITH_PROMISE.format(line="line_id") + "RETURN NULL;",
)

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
