"""The triggers that make balances, on-hand supply and allocated quantities follow from the rows which they sum up.

Those work on whole statements: one aggregate per statement, rows locked in the order of their keys. The others refuse what would
make the sums, the lots or the dates of builds wrong.
"""

import pgtrigger

from atoll_web.accounts.triggers import BY_HAND, Protect, for_each_statement

REFUSE_WRONG_MOVE = """
IF EXISTS (
    SELECT 1 FROM new_moves m JOIN catalogue_item i ON i.id = m.item_id LEFT JOIN stock_lot lot ON lot.id = m.lot_id
    WHERE (i.tracking = 'none') <> (m.lot_id IS NULL) OR lot.item_id <> m.item_id OR (i.tracking = 'serial' AND m.quantity <> 1)
) THEN
    RAISE EXCEPTION 'a numbered item moves by its own lots, a serial number alone' USING ERRCODE = 'check_violation';
END IF;
IF EXISTS (
    SELECT 1 FROM new_moves m JOIN stock_move before ON before.id = m.reverses_id
    WHERE (m.item_id, m.quantity, m.source_id, m.destination_id)
        <> (before.item_id, before.quantity, before.destination_id, before.source_id) OR m.lot_id IS DISTINCT FROM before.lot_id
) THEN
    RAISE EXCEPTION 'a reversing move is the opposite of the one before' USING ERRCODE = 'check_violation';
END IF;
"""

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

IF EXISTS (
    SELECT 1 FROM (
        SELECT DISTINCT m.lot_id FROM new_moves m JOIN stock_location l ON l.id = m.source_id AND NOT {physical}
    ) arrived
    JOIN stock_lot lot ON lot.id = arrived.lot_id
    CROSS JOIN LATERAL (SELECT SUM(b.quantity) AS units FROM stock_balance b WHERE b.lot_id = lot.id) there
    WHERE there.units > lot.quantity
) THEN
    RAISE EXCEPTION 'a lot cannot be there with more units than it has' USING ERRCODE = 'check_violation';
END IF;

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

keep_balances = for_each_statement(
    "keep_balances",
    pgtrigger.Insert,
    pgtrigger.Referencing(new="new_moves"),
    REFUSE_WRONG_MOVE + KEEP_BALANCES.format(physical="(l.kind IN ('stock', 'line', 'finished'))"),
)

lot_is_of_a_numbered_item = pgtrigger.Trigger(
    name="lot_is_of_a_numbered_item",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="new_rows"),
    func="""
    IF EXISTS (
        SELECT 1 FROM new_rows lot JOIN catalogue_item i ON i.id = lot.item_id
        WHERE i.tracking = 'none' OR (i.tracking = 'serial' AND lot.quantity <> 1)
    ) THEN
        RAISE EXCEPTION 'only a numbered item has lots, and a serial number is a lot of one unit'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)

tracking_stays = pgtrigger.Trigger(
    name="tracking_stays",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("tracking"),
    condition=pgtrigger.Q(old__tracking__df=pgtrigger.F("new__tracking")),
    func="""
    IF EXISTS (SELECT 1 FROM stock_move WHERE item_id = NEW.id) THEN
        RAISE EXCEPTION 'item % has moved by %, so its tracking stays', NEW.code, OLD.tracking USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
    """,
)

on_hand_follows_ledger = [
    Protect(
        name="on_hand_begins_with_a_move",
        operation=pgtrigger.Insert,
        condition=pgtrigger.Condition(f"NEW.kind = 'on hand' AND {BY_HAND}"),
    ),
    Protect(
        name="on_hand_follows_ledger",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            f"'on hand' IN (OLD.kind, NEW.kind) AND (OLD.kind, OLD.quantity) <> (NEW.kind, NEW.quantity) AND {BY_HAND}"
        ),
    ),
    Protect(name="on_hand_stays", operation=pgtrigger.Delete, condition=pgtrigger.Condition("OLD.kind = 'on hand'")),
]

BUILD_WAITS = """
IF EXISTS (
    SELECT 1 FROM stock_demand d
    JOIN stock_requirement r ON r.demand_id = d.id
    JOIN stock_allocation a ON a.requirement_id = r.id
    JOIN stock_supply s ON s.id = a.supply_id
    WHERE {affected} AND d.builds_id IS NOT NULL AND s.due > d.need_date
) OR EXISTS (
    SELECT 1 FROM stock_demand d JOIN stock_supply s ON s.id = d.builds_id WHERE {affected} AND s.due < d.need_date
) THEN
    RAISE EXCEPTION 'a build cannot begin before its components are due, nor be due before it begins; move its dates too'
        USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""
"""Builds move along with the supplies that they wait for, so that a slip reaches the promises through any number of levels."""


def _build_waits(
    operation: pgtrigger.Operation, affected: str, condition: pgtrigger.Condition | None = None
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="build_waits",
        when=pgtrigger.After,
        operation=operation,
        condition=condition,
        timing=pgtrigger.Deferred,
        func=BUILD_WAITS.format(affected=affected),
    )


build_waits_for_supply = _build_waits(pgtrigger.UpdateOf("due"), "s.id = NEW.id")
build_waits_from_need_date = _build_waits(
    pgtrigger.UpdateOf("need_date"), "d.id = NEW.id", pgtrigger.Condition("NEW.builds_id IS NOT NULL")
)

build_is_due_after_it_begins = for_each_statement(
    "build_is_due_after_it_begins",
    pgtrigger.Insert,
    pgtrigger.Referencing(new="new_rows"),
    """
    IF EXISTS (SELECT 1 FROM new_rows d JOIN stock_supply s ON s.id = d.builds_id WHERE s.due < d.need_date) THEN
        RAISE EXCEPTION 'a build cannot be due before it begins' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)
"""A new build has no components yet; those that come are looked at as they are allocated."""

MAY_TAKE = """
SELECT line.component_id, line.quantity, successor.item_id
FROM catalogue_billline line CROSS JOIN LATERAL (
    WITH RECURSIVE successor (item_id, rank) AS (
        SELECT line.component_id, 0
        UNION ALL
        SELECT i.replaced_by_id, rank + 1 FROM successor JOIN catalogue_item i ON i.id = successor.item_id
        WHERE i.replaced_by_id IS NOT NULL AND rank < 100
    )
    SELECT item_id FROM successor
    UNION
    SELECT unnest(line.alternates)
) successor
WHERE line.parent_id = {parent}
"""
"""What a build may take for each line of its bill: the component, its successors and its alternates."""

OUTDATED_BUILDS = f"""
SELECT s.id FROM stock_supply s JOIN stock_demand d ON d.builds_id = s.id
WHERE s.kind = 'planned' AND CASE WHEN EXISTS (
    SELECT 1 FROM (SELECT component_id, quantity FROM catalogue_billline WHERE parent_id = s.item_id) line
    FULL JOIN (SELECT item_id, quantity FROM stock_requirement WHERE demand_id = d.id) r ON r.item_id = line.component_id
    WHERE r.quantity IS DISTINCT FROM line.quantity * s.quantity
) THEN NOT EXISTS (
    WITH RECURSIVE kit (place, item_id, units) AS (
        SELECT row_number() OVER (ORDER BY item_id), item_id, quantity::bigint FROM stock_requirement WHERE demand_id = d.id
    ), choice (line, place, units) AS (
        SELECT dense_rank() OVER (ORDER BY component_id), kit.place, may_take.quantity::bigint * s.quantity
        FROM ({MAY_TAKE.format(parent="s.item_id")}) may_take LEFT JOIN kit USING (item_id)
    ), rest (line, units) AS (
        SELECT 0::bigint, ARRAY(SELECT units FROM kit ORDER BY place)
        UNION
        SELECT choice.line, rest.units[:place - 1] || rest.units[place] - choice.units || rest.units[place + 1:]
        FROM rest JOIN choice ON choice.line = rest.line + 1 AND rest.units[place] >= choice.units
    )
    SELECT 1 FROM rest WHERE 0 = ALL(units) AND line = (SELECT coalesce(max(line), 0) FROM choice)
) ELSE false END
"""
"""Builds that are planned and nobody has opened, whose kit is no longer what their bill says.

That is looked at exactly, where the kit has other items than the bill: each line takes one item for all its units, and these
add up to the kit. What is left of it line by line is kept once, in however many ways it came about.
"""

OVER_REQUIREMENT = "r.quantity - r.issued < (SELECT SUM(x.quantity) FROM stock_allocation x WHERE x.requirement_id = r.id)"


def look_for(one_by_one: str, together: str) -> str:
    """Look whether a query over new rows finds any, which `FOUND` says then; the query is written in two ways.

    Parameters
    ----------
    one_by_one
        Looks up each new row by itself: `OFFSET 0` keeps the planner from joining whole tables, which it does where it cannot
        know that the rows are few.
    together
        Joins; for very many rows (`atoll_web.bulk.planned_for`).
    """
    return f"""
IF current_setting('enable_nestloop')::boolean THEN
    PERFORM 1 FROM ({one_by_one}) found LIMIT 1;
ELSE
    PERFORM 1 FROM ({together}) found LIMIT 1;
END IF;
"""


def refuse_over_requirement(key: str) -> str:
    """Refuse where a requirement, whose key is in a column of the new rows, has more than it requires."""
    return f"""
IF EXISTS (
    SELECT 1 FROM new_rows CROSS JOIN LATERAL (
        SELECT {OVER_REQUIREMENT} AS is_over FROM stock_requirement r WHERE r.id = new_rows.{key} OFFSET 0
    ) found
    WHERE found.is_over
) THEN
    RAISE EXCEPTION 'a requirement has more allocated and issued than it requires' USING ERRCODE = 'check_violation';
END IF;
"""


issued_within_requirement = for_each_statement(
    "issued_within_requirement",
    pgtrigger.Update,
    pgtrigger.Referencing(old="old_rows", new="new_rows"),
    refuse_over_requirement("id") + "RETURN NULL;",
)

KEEP_ALLOCATED = """
WITH change AS (
    SELECT supply_id, SUM(quantity) AS quantity FROM ({rows}) r GROUP BY 1 HAVING SUM(quantity) <> 0
), locked AS MATERIALIZED (
    SELECT s.id, change.quantity FROM stock_supply s JOIN change ON s.id = change.supply_id ORDER BY s.id FOR NO KEY UPDATE OF s
)
UPDATE stock_supply s SET allocated = s.allocated + locked.quantity FROM locked WHERE s.id = locked.id;
"""
"""Locked first: an `UPDATE` writes in the order in which its plan finds the rows, and two at once would wait for each other."""

REFUSE_MISSING = """
IF EXISTS (SELECT 1 FROM new_rows a WHERE NOT EXISTS (SELECT 1 FROM stock_{named} t WHERE t.id = a.{named}_id)) THEN
    RAISE EXCEPTION 'an allocation names a {named} that is not there' USING ERRCODE = 'foreign_key_violation';
END IF;
"""

WRONG = "r.item_id <> s.item_id OR (d.builds_id IS NOT NULL AND s.due > d.need_date)"

IS_OF_OTHERS = "r.xmin <> pg_current_xact_id()::xid"
"""Whether others can see a requirement; what this transaction has written itself they cannot."""

ONE_BY_ONE = f"""
SELECT 1 FROM new_rows LEFT JOIN LATERAL (
    SELECT r.id, {{unsure}} OR {WRONG} OR {OVER_REQUIREMENT} AS is_wrong
    FROM stock_requirement r JOIN stock_demand d ON d.id = r.demand_id JOIN stock_supply s ON s.id = new_rows.supply_id
    WHERE r.id = new_rows.requirement_id OFFSET 0
) found ON true
WHERE found.id IS NULL OR found.is_wrong
"""

TOGETHER = f"""
SELECT 1 FROM new_rows LEFT JOIN stock_requirement r ON r.id = new_rows.requirement_id
LEFT JOIN stock_demand d ON d.id = r.demand_id LEFT JOIN stock_supply s ON s.id = new_rows.supply_id
LEFT JOIN (
    SELECT requirement_id, SUM(quantity) AS units FROM stock_allocation
    WHERE requirement_id IN (SELECT requirement_id FROM new_rows) GROUP BY 1
) taken ON taken.requirement_id = r.id
WHERE r.id IS NULL OR s.id IS NULL OR {{unsure}} OR {WRONG} OR r.quantity - r.issued < taken.units
"""

REFUSE_WRONG_ALLOCATION = f"""
{look_for(ONE_BY_ONE.format(unsure=IS_OF_OTHERS), TOGETHER.format(unsure=IS_OF_OTHERS))}
IF FOUND THEN
    PERFORM 1 FROM stock_requirement r WHERE r.id IN (SELECT requirement_id FROM new_rows) AND {IS_OF_OTHERS}
    ORDER BY r.id FOR NO KEY UPDATE;
    {look_for(ONE_BY_ONE.format(unsure="false"), TOGETHER.format(unsure="false"))}
    IF FOUND THEN
        {REFUSE_MISSING.format(named="requirement")}
        {REFUSE_MISSING.format(named="supply")}
        {refuse_over_requirement("requirement_id")}
        IF EXISTS (
            SELECT 1 FROM new_rows a
            JOIN stock_requirement r ON r.id = a.requirement_id JOIN stock_supply s ON s.id = a.supply_id
            WHERE r.item_id <> s.item_id
        ) THEN
            RAISE EXCEPTION 'a requirement cannot be met by the supply of another item' USING ERRCODE = 'check_violation';
        END IF;
        RAISE EXCEPTION 'a build cannot rest on what is due after it begins' USING ERRCODE = 'check_violation';
    END IF;
END IF;
"""
"""All is checked in one pass, as long as nobody else can see the requirements. Those that others see are locked and looked at
again: two writers who allocate for the same take turns, and neither can allocate for one that is gone. What is wrong is
looked at once more, for the words.
"""

ADDED = "SELECT supply_id, quantity FROM new_rows"
TAKEN = "SELECT supply_id, -quantity AS quantity FROM old_rows"

keep_allocated = [
    for_each_statement(
        "allocated",
        pgtrigger.Insert,
        pgtrigger.Referencing(new="new_rows"),
        KEEP_ALLOCATED.format(rows=ADDED) + REFUSE_WRONG_ALLOCATION + "RETURN NULL;",
    ),
    for_each_statement(
        "released",
        pgtrigger.Delete,
        pgtrigger.Referencing(old="old_rows"),
        KEEP_ALLOCATED.format(rows=TAKEN) + "RETURN NULL;",
    ),
    for_each_statement(
        "reallocated",
        pgtrigger.Update,
        pgtrigger.Referencing(old="old_rows", new="new_rows"),
        KEEP_ALLOCATED.format(rows=f"{ADDED} UNION ALL {TAKEN}") + REFUSE_WRONG_ALLOCATION + "RETURN NULL;",
    ),
]
