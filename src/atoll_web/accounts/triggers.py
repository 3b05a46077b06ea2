"""Database triggers that several apps put on their tables."""

from collections.abc import Iterable

import pgtrigger

RECORD_CHANGE = """
INSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)
VALUES (TG_TABLE_NAME, NEW.id, {old}, NEW.state,
        NULLIF(current_setting('atoll.user', true), '')::bigint,
        NULLIF(current_setting('atoll.at', true), '')::timestamptz,
        clock_timestamp(), COALESCE(current_setting('atoll.reason', true), ''));
RETURN NEW;
"""

BY_HAND = "pg_trigger_depth() = 0"
"""Condition of a trigger: the statement comes from a program or a person, not from another trigger."""


class _AsConstraint:
    """What the trigger refuses is refused as by a constraint, so that pages and API tell it as such."""

    def get_func(self, model):
        refusal = f"% refuses to {str(self.operation).lower()}: {self.name}"
        return f"RAISE EXCEPTION '{refusal}', TG_TABLE_NAME USING ERRCODE = 'check_violation';"


class Protect(_AsConstraint, pgtrigger.Protect):
    """Rows that are never written in this way, or not under this condition."""


class ReadOnly(_AsConstraint, pgtrigger.ReadOnly):
    """Columns that never change."""


emptied_with_company = pgtrigger.Trigger(
    name="emptied_with_company",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Truncate,
    func="""
    IF EXISTS (SELECT 1 FROM accounts_company) THEN
        RAISE EXCEPTION '% can only be emptied together with the company and all else', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
    """,
)
"""TRUNCATE passes by the triggers of rows, so it may take the whole business in one statement, but never a part of it."""


def kept_by_trigger(column: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse to write a column by hand: it starts at zero, and another trigger sums it up from other rows."""
    refuse = f"RAISE EXCEPTION '%.{column} is a sum that a trigger keeps', TG_TABLE_NAME USING ERRCODE = 'check_violation';"
    return [
        pgtrigger.Trigger(
            name=f"{column}_starts_at_zero",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            condition=pgtrigger.Condition(f'NEW."{column}" <> 0 AND {BY_HAND}'),
            func=refuse,
        ),
        pgtrigger.Trigger(
            name=f"{column}_is_a_sum",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(f'NEW."{column}" <> OLD."{column}" AND {BY_HAND}'),
            func=refuse,
        ),
    ]


def state_machine(*, initial: Iterable[str], transitions: Iterable[tuple[str, str]]) -> list[pgtrigger.Trigger]:
    """Triggers that hold the column `state` to the given pairs and record each change with the acting user.

    A change outside `atoll_web.accounts.acting.acting` is refused, since the journal demands a user.
    """
    starts = ", ".join(f"'{state}'" for state in sorted(initial))
    pairs = ", ".join(f"('{a}', '{b}')" for a, b in sorted(transitions))
    return [
        pgtrigger.Trigger(
            name="state_starts",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            func=f"""
            IF NEW.state NOT IN ({starts}) THEN
                RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="state_changes",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("state"),
            func=f"""
            IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({pairs}) THEN
                RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="state_recorded_at_start",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            func=RECORD_CHANGE.format(old="''"),
        ),
        pgtrigger.Trigger(
            name="state_recorded",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
            func=RECORD_CHANGE.format(old="OLD.state"),
        ),
    ]
