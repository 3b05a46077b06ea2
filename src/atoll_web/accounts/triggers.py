"""Database triggers that several apps put on their tables."""

from collections.abc import Iterable
from dataclasses import dataclass

import pgtrigger

RECORD_CHANGES = """
INSERT INTO accounts_statechange (entity, entity_id, from_state, to_state, user_id, at, recorded_at, reason)
SELECT TG_TABLE_NAME, n.id, {old}, n.state,
       NULLIF(current_setting('atoll.user', true), '')::bigint,
       NULLIF(current_setting('atoll.at', true), '')::timestamptz,
       clock_timestamp(), COALESCE(current_setting('atoll.reason', true), '')
FROM {rows} ORDER BY n.id;
RETURN NULL;
"""

NEVER_IGNORED = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE AS 'SELECT false'
"""
"""Each of pgtrigger's triggers asks first whether it is switched off, by a function that catches errors and takes as long as the
trigger itself. No trigger of ours may be switched off, so the planner may know the answer. Each new trigger brings the function
again, so this comes after all migrations.
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
            condition=pgtrigger.Condition(f"NEW.state NOT IN ({starts})"),
            func="RAISE EXCEPTION '% cannot start in state %', TG_TABLE_NAME, NEW.state USING ERRCODE = 'check_violation';",
        ),
        pgtrigger.Trigger(
            name="state_changes",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("state"),
            condition=pgtrigger.Condition(f"OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({pairs})"),
            func="""
            RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, OLD.state, NEW.state
                USING ERRCODE = 'check_violation';
            """,
        ),
        for_each_statement(
            "state_recorded_at_start",
            pgtrigger.Insert,
            pgtrigger.Referencing(new="new_rows"),
            RECORD_CHANGES.format(old="''", rows="new_rows n"),
        ),
        for_each_statement(
            "state_recorded",
            pgtrigger.Update,
            pgtrigger.Referencing(old="old_rows", new="new_rows"),
            RECORD_CHANGES.format(old="o.state", rows="new_rows n JOIN old_rows o ON o.id = n.id AND o.state <> n.state"),
        ),
    ]


def for_each_statement(
    name: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing, func: str
) -> pgtrigger.Trigger:
    """A trigger that runs once for all rows of a statement."""
    return pgtrigger.Trigger(
        name=name, level=pgtrigger.Statement, when=pgtrigger.After, operation=operation, referencing=referencing, func=func
    )


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names rows of a table.

    Parameters
    ----------
    column
        Field of the model, without ``_id``.
    lasts
        Whether rows of the table hardly ever go. They are not locked then: who deletes one waits until nobody writes.
    """

    column: str
    table: str
    lasts: bool = False

    @property
    def is_doubtful(self) -> str:
        """SQL that says whether new rows name what is not there, or what others can take away: not what this transaction made."""
        own = "" if self.lasts else " AND t.xmin = pg_current_xact_id()::xid"
        found = f"SELECT 1 FROM {self.table} t WHERE t.id = n.{self.column}_id{own}"
        return f"EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS ({found}))"

    @property
    def refused(self) -> str:
        """SQL that holds what new rows name, if others can take it away, and refuses what is not there."""
        lock = f"""
        PERFORM 1 FROM {self.table} t WHERE t.id IN (SELECT {self.column}_id FROM new_rows) ORDER BY t.id FOR KEY SHARE;"""
        return f"""{"" if self.lasts else lock}
        IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (SELECT 1 FROM {self.table} t WHERE t.id = n.{self.column}_id)) THEN
            RAISE EXCEPTION '%.{self.column} names a row of {self.table} that is not there', TG_TABLE_NAME
                USING ERRCODE = 'foreign_key_violation';
        END IF;"""


def refers_to(*references: Reference) -> list[pgtrigger.Trigger]:
    """Triggers that hold references as foreign keys do, but for all rows of a statement at once.

    The database checks a foreign key row by row, which is most of the work where rows come by the hundred thousand. The
    columns of the model have no constraint then (`db_constraint=False`), and the tables that they refer to have `named_by`.
    """
    is_doubtful = " OR ".join(reference.is_doubtful for reference in references)
    refused = "".join(reference.refused for reference in references)
    return [
        for_each_statement(
            "references_are_there",
            pgtrigger.Insert,
            pgtrigger.Referencing(new="new_rows"),
            f"""
    IF {is_doubtful} THEN{refused}
    END IF;
    RETURN NULL;
    """,
        ),
        ReadOnly(name="references_stay", fields=[reference.column for reference in references]),
    ]


def named_by(table: str, column: str, *, lasts: bool = False) -> pgtrigger.Trigger:
    """The trigger of a table whose rows may not go while a row of another table names them in a column.

    Parameters
    ----------
    lasts
        As of `Reference`: it waits for all who write to the other table, and lets nobody begin until it ends.
    """
    wait = f"\n        LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;" if lasts else ""
    return for_each_statement(
        f"named_by_{table}",
        pgtrigger.Delete,
        pgtrigger.Referencing(old="old_rows"),
        f"""{wait}
        IF EXISTS (SELECT 1 FROM {table} r JOIN old_rows o ON o.id = r.{column}_id) THEN
            RAISE EXCEPTION 'a row of % is still named in {table}.{column}', TG_TABLE_NAME
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN NULL;
        """,
    )
