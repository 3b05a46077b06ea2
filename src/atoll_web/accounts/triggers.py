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
