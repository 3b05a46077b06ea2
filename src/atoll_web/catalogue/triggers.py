"""Triggers of the catalogue: no item contains itself, an order bill never grows, days of lines follow the calendar."""

import pgtrigger

BILLS = 4_711_001  # an advisory lock that nothing else takes

bill_without_cycle = pgtrigger.Trigger(
    name="bill_without_cycle",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func=f"""
    PERFORM pg_advisory_xact_lock({BILLS});  -- two writers could each add one half of a cycle that the other does not see yet
    IF NEW.component_id = ANY(NEW.alternates) OR EXISTS (
        SELECT 1 FROM unnest(NEW.alternates) a (id) LEFT JOIN catalogue_item i ON i.id = a.id GROUP BY a.id
        HAVING count(*) > 1 OR count(i.id) = 0
    ) THEN
        RAISE EXCEPTION 'alternates of item % are other items that exist, each once', NEW.component_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        WITH RECURSIVE below(item_id) AS (
            SELECT unnest(NEW.component_id || NEW.alternates)
            UNION
            SELECT unnest(line.component_id || line.alternates)
            FROM catalogue_billline line JOIN below ON line.parent_id = below.item_id
            WHERE line.id <> NEW.id
        )
        SELECT 1 FROM below WHERE item_id = NEW.parent_id
    ) THEN
        RAISE EXCEPTION 'item % would contain itself', NEW.parent_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
    """,
)

alternate_stays = pgtrigger.Trigger(
    name="alternate_stays",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete,
    func="""
    IF EXISTS (SELECT 1 FROM catalogue_billline WHERE OLD.id = ANY(alternates)) THEN
        RAISE EXCEPTION 'item % is an alternate in a bill', OLD.code USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
    """,
)

WRITTEN_AT_ONCE = """
    IF EXISTS (
        SELECT 1 FROM {table} line
        WHERE line.configuration_id IN (SELECT configuration_id FROM new_rows) AND line.id NOT IN (SELECT id FROM new_rows)
    ) THEN
        RAISE EXCEPTION 'an order bill never changes once it is written' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """


def _written_at_once(name: str, table: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=WRITTEN_AT_ONCE.format(table=table),
    )


order_bill_is_written_at_once = _written_at_once("order_bill_is_written_at_once", "catalogue_orderbillline")
alternates_are_written_at_once = _written_at_once("alternates_are_written_at_once", "catalogue_orderbillalternate")

LOCK_LINES = """
pg_advisory_xact_lock(hashtextextended('assembly line ' || l.id, 0))
FROM (SELECT id FROM catalogue_assemblyline ORDER BY id) l
"""
"""Whoever promises on a line has this lock too, so that no capacity goes that was read as free by somebody who is alone."""

KEEP_CALENDAR = """
WITH span AS (
    SELECT c.weekdays, c.holidays, t.today,
           GREATEST(t.today + c.horizon_days, {until}::date, (SELECT max(day) FROM catalogue_lineday)) AS last
    FROM accounts_company c
    CROSS JOIN LATERAL (SELECT COALESCE(c.business_date, (now() AT TIME ZONE 'UTC')::date) AS today) t
), wanted AS MATERIALIZED (
    SELECT l.id AS line_id, d.day, COALESCE(
        e.minutes,
        CASE WHEN d.day = ANY(s.holidays) THEN 0 END,
        l.weekday_minutes[d.weekday + 1],
        CASE WHEN d.weekday = ANY(s.weekdays) THEN l.minutes_per_day ELSE 0 END
    ) AS minutes
    FROM span s
    CROSS JOIN LATERAL generate_series(0, s.last - s.today) n
    CROSS JOIN LATERAL (SELECT s.today + n AS day, extract(isodow FROM s.today + n)::int - 1 AS weekday) d
    CROSS JOIN catalogue_assemblyline l
    LEFT JOIN catalogue_lineexception e ON e.line_id = l.id AND e.day = d.day
), locked AS MATERIALIZED (
    SELECT d.id, w.minutes FROM catalogue_lineday d JOIN wanted w ON w.line_id = d.line_id AND w.day = d.day
    WHERE d.capacity - d.overtime <> w.minutes OR (w.minutes = 0 AND d.overtime = 0 AND d.reserved = 0)
    ORDER BY d.id FOR NO KEY UPDATE OF d
), closed AS (
    DELETE FROM catalogue_lineday d USING locked w
    WHERE d.id = w.id AND w.minutes = 0 AND d.overtime = 0 AND d.reserved = 0
), changed AS (
    UPDATE catalogue_lineday d
    SET capacity = w.minutes + d.overtime, overload = GREATEST(d.reserved - w.minutes - d.overtime, 0) FROM locked w
    WHERE d.id = w.id AND NOT (w.minutes = 0 AND d.overtime = 0 AND d.reserved = 0)
)
INSERT INTO catalogue_lineday (line_id, day, capacity, overtime, reserved, overload)
SELECT w.line_id, w.day, w.minutes, 0, 0, 0 FROM wanted w
WHERE w.minutes > 0 AND NOT EXISTS (SELECT 1 FROM catalogue_lineday d WHERE d.line_id = w.line_id AND d.day = w.day)
ORDER BY w.day, w.line_id ON CONFLICT DO NOTHING
"""
"""Opens the days of all lines from today to the horizon, and brings those that are open in line with the calendar.

A day's minutes are those of its exception, none on a holiday, those of the line's own week, or on a weekday of the company those
of the line's working day. A day without minutes has no row, unless orders hold time on it: their minutes beyond the new capacity
are an overload, which shrinks as they leave. Overtime that was agreed stays. Rows are locked in the order of their keys, as
reservations lock them.
"""

KEPT = f"PERFORM {LOCK_LINES}; {KEEP_CALENDAR.format(until='NULL')}; RETURN NULL;"

company_keeps_calendar = pgtrigger.Trigger(
    name="company_keeps_calendar",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("weekdays", "holidays", "horizon_days", "business_date"),
    condition=pgtrigger.AnyChange("weekdays", "holidays", "horizon_days", "business_date"),
    func=KEPT,
)
line_keeps_calendar = pgtrigger.Trigger(
    name="line_keeps_calendar",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("minutes_per_day", "weekday_minutes"),
    func=KEPT,
)
exception_keeps_calendar = pgtrigger.Trigger(
    name="exception_keeps_calendar",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func=KEPT,
)
