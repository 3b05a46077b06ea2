"""Invariant 7: state changes go through the pairs of `states.py`, with the acting user recorded."""

from collections.abc import Iterator

from atoll_web.assembly import states as assembly
from atoll_web.assembly.models import BuildOrder, FinalAssemblyOrder
from atoll_web.catalogue import states as catalogue
from atoll_web.catalogue.models import Revision
from atoll_web.invariants.query import Query
from atoll_web.planning import states as planning
from atoll_web.planning.models import PlannedOrder
from atoll_web.purchasing import states as purchasing
from atoll_web.purchasing.models import PurchaseOrder
from atoll_web.runs import states as runs
from atoll_web.runs.models import Run
from atoll_web.sales import states as sales
from atoll_web.sales.models import Order, OrderLine, Proposal

MACHINES = {
    Run: (runs.INITIAL, runs.TRANSITIONS),
    Revision: (catalogue.INITIAL, catalogue.TRANSITIONS),
    PurchaseOrder: (purchasing.INITIAL, purchasing.TRANSITIONS),
    Order: (sales.INITIAL, sales.ORDER_TRANSITIONS),
    OrderLine: (sales.INITIAL, sales.LINE_TRANSITIONS),
    Proposal: ({sales.COMPUTING}, sales.PROPOSAL_TRANSITIONS),
    PlannedOrder: (planning.INITIAL, planning.TRANSITIONS),
    BuildOrder: ({assembly.PLANNED}, assembly.BUILD_TRANSITIONS),
    FinalAssemblyOrder: ({assembly.RELEASED}, assembly.ASSEMBLY_TRANSITIONS),
}
"""The states in which the rows of a table start, and the changes that they may make."""

TABLES = tuple(model._meta.db_table for model in MACHINES)
CURRENT = " UNION ALL ".join(f"SELECT '{table}' AS entity, id AS entity_id, state FROM {table}" for table in TABLES)
CHAIN = """
SELECT *, lag(to_state, 1, '') OVER (PARTITION BY entity, entity_id ORDER BY id) AS state_before,
       row_number() OVER (PARTITION BY entity, entity_id ORDER BY id DESC) AS from_last
FROM accounts_statechange
"""


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Every change that is allowed, by table; a row that starts comes from the empty state."""
    for model, (initial, transitions) in MACHINES.items():
        for before, after in [*(("", state) for state in initial), *transitions]:
            yield model._meta.db_table, before, after


ALLOWED = ", ".join(f"('{table}', '{before}', '{after}')" for table, before, after in sorted(_pairs()))

QUERIES = (
    Query(
        "last_recorded_state_is_the_state",
        7,
        "Every row with a state has it as the last one in the journal.",
        CURRENT,
        f"""
        SELECT concat(c.entity, ' ', c.entity_id, ' is ', c.state, ' and was last recorded as ',
                      coalesce(j.to_state, 'nothing'))
        FROM ({CURRENT}) c LEFT JOIN ({CHAIN}) j ON j.entity = c.entity AND j.entity_id = c.entity_id AND j.from_last = 1
        WHERE j.to_state IS DISTINCT FROM c.state
        """,
    ),
    Query(
        "change_is_allowed",
        7,
        "Every recorded change is one of the pairs of its table.",
        "SELECT 1 FROM accounts_statechange",
        f"""
        SELECT concat(entity, ' ', entity_id, ' went from ', coalesce(nullif(from_state, ''), 'nothing'), ' to ', to_state)
        FROM accounts_statechange WHERE (entity, from_state, to_state) NOT IN ({ALLOWED})
        """,
    ),
    Query(
        "chain_of_changes_is_unbroken",
        7,
        "Every recorded change begins in the state in which the one before ended.",
        "SELECT 1 FROM accounts_statechange",
        f"""
        SELECT concat(entity, ' ', entity_id, ' was ', coalesce(nullif(state_before, ''), 'nothing'), ' and left ',
                      from_state)
        FROM ({CHAIN}) chain WHERE from_state <> state_before
        """,
    ),
    Query(
        "change_has_its_user",
        7,
        "Every recorded change names the user who made it, its business time, and when it was recorded.",
        "SELECT 1 FROM accounts_statechange",
        """
        SELECT concat(c.entity, ' ', c.entity_id, ' became ', c.to_state, ' by nobody')
        FROM accounts_statechange c LEFT JOIN accounts_user u ON u.id = c.user_id
        WHERE u.id IS NULL OR c.at IS NULL OR c.recorded_at IS NULL
        """,
    ),
)
