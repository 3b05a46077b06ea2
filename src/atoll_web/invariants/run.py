"""Invariant 6: every computation is a run, with what went in and what came out."""

from atoll_web.invariants.query import Query

QUERIES = (
    Query(
        "run_says_what_it_computes",
        6,
        "A run has a kind, parameters, and the person who asked for it.",
        "SELECT 1 FROM runs_run",
        """
        SELECT concat('run ', r.id, ' has kind "', r.kind, '" and parameters ', r.parameters)
        FROM runs_run r LEFT JOIN accounts_user u ON u.id = r.created_by_id
        WHERE r.kind = '' OR jsonb_typeof(r.parameters) <> 'object' OR u.id IS NULL
        """,
    ),
    Query(
        "run_is_done_with_its_result",
        6,
        "A run that is done has a result, and its progress is complete.",
        "SELECT 1 FROM runs_run WHERE state = 'done'",
        """
        SELECT concat('run ', id, ' is done with progress ', progress, ' and result ', coalesce(result::text, 'none'))
        FROM runs_run WHERE state = 'done' AND (result IS NULL OR jsonb_typeof(result) = 'null' OR progress <> 1)
        """,
    ),
    Query(
        "run_ends_after_it_begins",
        6,
        "A run that began has a beginning, a run that ended has an end, and the end is not before the beginning.",
        "SELECT 1 FROM runs_run",
        """
        SELECT concat('run ', id, ' (', state, ') began ', coalesce(started_at::text, 'never'), ' and ended ',
                      coalesce(ended_at::text, 'never'))
        FROM runs_run
        WHERE ended_at < started_at OR (state IN ('running', 'done', 'failed') AND started_at IS NULL)
           OR (state IN ('done', 'failed') AND ended_at IS NULL) OR (state IN ('queued', 'running') AND ended_at IS NOT NULL)
           OR progress NOT BETWEEN 0 AND 1
        """,
    ),
)
