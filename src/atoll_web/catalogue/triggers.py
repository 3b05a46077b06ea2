"""Triggers of the catalogue: no item contains itself, an order bill never grows."""

import pgtrigger

BILLS = 4_711_001  # an advisory lock that nothing else takes

bill_without_cycle = pgtrigger.Trigger(
    name="bill_without_cycle",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func=f"""
    PERFORM pg_advisory_xact_lock({BILLS});  -- two writers could each add one half of a cycle that the other does not see yet
    IF EXISTS (
        WITH RECURSIVE below(item_id) AS (
            SELECT NEW.component_id
            UNION
            SELECT line.component_id FROM catalogue_billline line JOIN below ON line.parent_id = below.item_id
            WHERE line.id <> NEW.id
        )
        SELECT 1 FROM below WHERE item_id = NEW.parent_id
    ) THEN
        RAISE EXCEPTION 'item % would contain itself', NEW.parent_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
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
